// The distance between two texts, by a table of two rows.
#include "kernel.h"

enum { LENGTH = 6000 };
static char left[LENGTH + 1], right[LENGTH + 1];
static uint16_t rows[2][LENGTH + 1];

static NOINLINE uint32_t distance(const char *a, int m, const char *b, int n) {
    uint16_t *previous = rows[0], *current = rows[1];
    for (int j = 0; j <= n; j++) previous[j] = (uint16_t)j;
    for (int i = 1; i <= m; i++) {
        current[0] = (uint16_t)i;
        for (int j = 1; j <= n; j++) {
            uint16_t best = previous[j - 1] + (a[i - 1] != b[j - 1]);
            if (previous[j] + 1 < best) best = previous[j] + 1;
            if (current[j - 1] + 1 < best) best = current[j - 1] + 1;
            current[j] = best;
        }
        uint16_t *swap = previous;
        previous = current;
        current = swap;
    }
    return previous[n];
}

int main(void) {
    for (int i = 0; i < LENGTH; i++) left[i] = "acgt"[random32() % 4], right[i] = "acgt"[random32() % 4];
    uint64_t checksum = 0;
    for (int round = 0; round < 5; round++) checksum = checksum * 31 + distance(left + round, LENGTH - 5, right, LENGTH - round);
    return report(checksum);
}
