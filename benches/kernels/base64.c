// Base64, there and back.
#include "kernel.h"

enum { BYTES = 3 << 16 };
static unsigned char plain[BYTES], again[BYTES];
static char encoded[BYTES / 3 * 4];
static signed char values[256];
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static NOINLINE void encode(void) {
    char *out = encoded;
    for (int i = 0; i < BYTES; i += 3) {
        uint32_t group = (uint32_t)plain[i] << 16 | (uint32_t)plain[i + 1] << 8 | plain[i + 2];
        *out++ = letters[group >> 18];
        *out++ = letters[group >> 12 & 63];
        *out++ = letters[group >> 6 & 63];
        *out++ = letters[group & 63];
    }
}

static NOINLINE int decode(void) {
    unsigned char *out = again;
    for (size_t i = 0; i < sizeof encoded; i += 4) {
        uint32_t group = 0;
        for (int j = 0; j < 4; j++) {
            int value = values[(unsigned char)encoded[i + (size_t)j]];
            if (value < 0) return 0;
            group = group << 6 | (uint32_t)value;
        }
        *out++ = (unsigned char)(group >> 16);
        *out++ = (unsigned char)(group >> 8);
        *out++ = (unsigned char)group;
    }
    return 1;
}

int main(void) {
    memset(values, -1, sizeof values);
    for (int i = 0; i < 64; i++) values[(unsigned char)letters[i]] = (signed char)i;
    for (int i = 0; i < BYTES; i++) plain[i] = (unsigned char)random32();
    uint64_t checksum = 0;
    for (int round = 0; round < 1600; round++) {
        encode();
        if (!decode() || memcmp(plain, again, BYTES)) return 1;
        checksum = checksum * 31 + (unsigned char)encoded[round * 7 % (int)sizeof encoded];
        plain[round % BYTES] ^= (unsigned char)round;
    }
    return report(checksum);
}
