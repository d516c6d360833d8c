// The sieve of Eratosthenes, on bytes and on bits.
#include "kernel.h"

enum { LIMIT = 4000000 };
static unsigned char composite[LIMIT];
static uint32_t bits[LIMIT / 32 + 1];

static NOINLINE uint32_t by_bytes(void) {
    memset(composite, 0, sizeof composite);
    uint32_t count = 0;
    for (uint32_t i = 2; i < LIMIT; i++) {
        if (composite[i]) continue;
        count++;
        for (uint64_t j = (uint64_t)i * i; j < LIMIT; j += i) composite[j] = 1;
    }
    return count;
}

static NOINLINE uint32_t by_bits(void) {
    memset(bits, 0, sizeof bits);
    for (uint32_t i = 2; i * i < LIMIT; i++) {
        if (bits[i / 32] >> (i % 32) & 1) continue;
        for (uint32_t j = i * i; j < LIMIT; j += i) bits[j / 32] |= 1u << (j % 32);
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < LIMIT / 32; i++) count += 32 - (uint32_t)__builtin_popcount(bits[i]);
    return count - 2;
}

int main(void) {
    uint64_t checksum = 0;
    for (int round = 0; round < 28; round++) checksum = checksum * 31 + by_bytes() + by_bits();
    return report(checksum);
}
