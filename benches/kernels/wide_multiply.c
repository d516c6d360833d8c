// Multiplication of 64 by 64 to 128 bits: a hash, and modular powers.
#include "kernel.h"

typedef unsigned __int128 u128;

static inline uint64_t fold(uint64_t a, uint64_t b) {
    u128 product = (u128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static NOINLINE uint64_t hash(const uint64_t *words, int count, uint64_t seed) {
    for (int i = 0; i + 1 < count; i += 2) seed = fold(words[i] ^ 0xa0761d6478bd642f, words[i + 1] ^ seed);
    return fold(seed, 0xe7037ed1a0b428db);
}

// Montgomery multiplication by an odd modulus.
static inline uint64_t montgomery(uint64_t a, uint64_t b, uint64_t modulus, uint64_t inverse) {
    u128 t = (u128)a * b;
    uint64_t m = (uint64_t)t * inverse;
    uint64_t high = (uint64_t)(((u128)m * modulus) >> 64);
    uint64_t upper = (uint64_t)(t >> 64);
    return upper >= high ? upper - high : upper - high + modulus;
}

static NOINLINE uint64_t power(uint64_t base, uint64_t exponent, uint64_t modulus, uint64_t inverse) {
    uint64_t result = base;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1) result = montgomery(result, base, modulus, inverse);
        base = montgomery(base, base, modulus, inverse);
    }
    return result;
}

int main(void) {
    static uint64_t words[4096];
    for (int i = 0; i < 4096; i++) words[i] = (uint64_t)random32() << 32 | random32();
    uint64_t modulus = 0xffffffffffffffc5, inverse = 1;
    for (int i = 0; i < 6; i++) inverse *= 2 - modulus * inverse;
    uint64_t checksum = 0;
    for (int round = 0; round < 36000; round++) {
        checksum = hash(words, 4096, checksum);
        for (int i = 0; i < 8; i++) checksum += power(words[i] ^ checksum, 0xfedcba9876543210 + (uint64_t)i, modulus, inverse);
    }
    return report(checksum);
}
