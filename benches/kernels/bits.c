// Bits: queens on a board, population counts, leading and trailing zeros, permutations of bits.
#include "kernel.h"

static NOINLINE uint32_t queens(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
    if (columns == all) return 1;
    uint32_t count = 0;
    for (uint32_t free = all & ~(columns | left | right); free; free &= free - 1) {
        uint32_t place = free & -free;
        count += queens(all, columns | place, (left | place) << 1, (right | place) >> 1);
    }
    return count;
}

static inline uint64_t reverse(uint64_t x) {
    x = (x >> 1 & 0x5555555555555555) | (x & 0x5555555555555555) << 1;
    x = (x >> 2 & 0x3333333333333333) | (x & 0x3333333333333333) << 2;
    x = (x >> 4 & 0x0f0f0f0f0f0f0f0f) | (x & 0x0f0f0f0f0f0f0f0f) << 4;
    return __builtin_bswap64(x);
}

static NOINLINE uint64_t twiddle(uint64_t seed, int rounds) {
    uint64_t sum = 0;
    for (int i = 0; i < rounds; i++) {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        uint64_t x = seed | 1;
        sum += (uint64_t)__builtin_popcountll(x) + (uint64_t)__builtin_clzll(x) * 3 + (uint64_t)__builtin_ctzll(reverse(x));
        sum = sum << 7 | sum >> 57;
    }
    return sum;
}

int main(void) {
    uint64_t checksum = queens((1u << 13) - 1, 0, 0, 0);
    checksum = checksum * 31 + twiddle(checksum, 240000000);
    return report(checksum);
}
