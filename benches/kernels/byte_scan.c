// Scanning of bytes: lengths, searches, counts, words.
#include "kernel.h"

enum { BYTES = 1 << 20, ROUNDS = 90 };
static char text[BYTES + 1];

static NOINLINE size_t length(const char *s) {
    const char *p = s;
    while (*p) p++;
    return (size_t)(p - s);
}

static NOINLINE const char *find(const char *s, const char *end, char wanted) {
    for (; s < end; s++)
        if (*s == wanted) return s;
    return NULL;
}

static NOINLINE size_t words(const char *s) {
    size_t count = 0;
    int inside = 0;
    for (; *s; s++) {
        int space = *s == ' ' || *s == '\n' || *s == '\t';
        count += space && inside;
        inside = !space;
    }
    return count;
}

static NOINLINE uint32_t hash(const char *s, size_t bytes) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < bytes; i++) hash = (hash ^ (unsigned char)s[i]) * 16777619u;
    return hash;
}

int main(void) {
    for (int i = 0; i < BYTES; i++) {
        uint32_t r = random32() % 64;
        text[i] = r < 8 ? ' ' : r == 8 ? '\n' : (char)('a' + r % 26);
    }
    uint64_t checksum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        checksum = checksum * 31 + length(text + round);
        for (const char *p = text; (p = find(p, text + BYTES, '\n')) != NULL; p++) checksum += (uint64_t)(p - text);
        checksum = checksum * 31 + words(text);
        checksum ^= hash(text, BYTES);
        text[(round * 977) % BYTES] = 'x';
    }
    return report(checksum);
}
