// Validation of UTF-8, and counting of characters.
#include "kernel.h"

enum { BYTES = 1 << 20 };
static unsigned char text[BYTES];

static NOINLINE long characters(const unsigned char *p, const unsigned char *end) {
    long count = 0;
    while (p < end) {
        uint32_t c = *p;
        int more = c < 0x80 ? 0 : (c & 0xe0) == 0xc0 ? 1 : (c & 0xf0) == 0xe0 ? 2 : (c & 0xf8) == 0xf0 ? 3 : -1;
        if (more < 0 || end - p <= more) return -1;
        if (more) c &= 0x3fu >> more;
        for (int i = 1; i <= more; i++) {
            if ((p[i] & 0xc0) != 0x80) return -1;
            c = c << 6 | (p[i] & 0x3f);
        }
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return -1;
        p += more + 1;
        count++;
    }
    return count;
}

static size_t put(unsigned char *p, uint32_t c) {
    if (c < 0x80) return p[0] = (unsigned char)c, 1;
    if (c < 0x800) return p[0] = (unsigned char)(0xc0 | c >> 6), p[1] = 0x80 | (c & 63), 2;
    return p[0] = (unsigned char)(0xe0 | c >> 12), p[1] = 0x80 | (c >> 6 & 63), p[2] = 0x80 | (c & 63), 3;
}

int main(void) {
    size_t bytes = 0;
    while (bytes + 4 < BYTES) {
        uint32_t r = random32();
        bytes += put(text + bytes, r % 4 ? 32 + r % 95 : r % 8 ? 0x80 + r % 0x700 : 0x3000 + r % 0x5000);
    }
    uint64_t checksum = 0;
    for (int round = 0; round < 130; round++) {
        checksum = checksum * 31 + (uint64_t)characters(text, text + bytes);
        size_t at = (size_t)round * 4099 % bytes;
        if (text[at] < 0x80) text[at] = (unsigned char)(32 + round % 95);
    }
    return report(checksum);
}
