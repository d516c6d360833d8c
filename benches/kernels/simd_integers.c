// Vectors of integers: a hash of four lanes, and bytes that are blended and compared.
#include "kernel.h"

typedef uint32_t words __attribute__((vector_size(16)));
typedef uint8_t bytes __attribute__((vector_size(16)));
enum { COUNT = 4096 };

static NOINLINE words hash(const words *data) {
    words state = {1, 2, 3, 4};
    for (int i = 0; i < COUNT; i++) {
        state ^= data[i];
        state *= 0x9e3779b1u;
        state = state << 13 | state >> 19;
    }
    return state;
}

static NOINLINE void blend(bytes *to, const bytes *a, const bytes *b) {
    for (int i = 0; i < COUNT; i++) {
        bytes larger = (bytes)(a[i] > b[i]);
        to[i] = ((a[i] & larger) | (b[i] & ~larger)) + (bytes){1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    }
}

int main(void) {
    static words data[COUNT], other[COUNT];
    uint32_t *a = (uint32_t *)data, *b = (uint32_t *)other;
    for (int i = 0; i < 4 * COUNT; i++) a[i] = random32(), b[i] = random32();
    uint64_t checksum = 0;
    for (int round = 0; round < 40000; round++) {
        words state = hash(data);
        blend((bytes *)other, (bytes *)data, (bytes *)other);
        other[round % COUNT] ^= state;
        data[round % COUNT] += other[0];
        checksum = checksum * 31 + (state[0] ^ state[1] ^ state[2] ^ state[3]);
    }
    return report(checksum);
}
