// memcpy, memmove, memset and memcmp of many lengths, most of them short.
#include "kernel.h"

enum { BYTES = 1 << 16 };
static unsigned char a[BYTES + 4096], b[BYTES + 4096];

int main(void) {
    for (size_t i = 0; i < sizeof a; i++) a[i] = (unsigned char)random32();
    uint64_t checksum = 0;
    for (int i = 0; i < 40000000; i++) {
        uint32_t r = random32(), at = r % BYTES, to = (r * 2654435761u) >> 16;
        uint32_t bytes = i % 64 ? (r >> 27) + (r >> 20 & 31) : r >> 20;
        switch (i & 3) {
        case 0: memcpy(b + to, a + at, bytes); break;
        case 1: memmove(a + at + bytes / 2, a + at, bytes / 2); break;
        case 2: memset(b + to, (int)r, bytes); break;
        default: checksum += (uint64_t)(memcmp(a + at, b + to, bytes) > 0);
        }
        checksum = checksum * 31 + b[at];
    }
    return report(checksum);
}
