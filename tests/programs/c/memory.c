// malloc, realloc and free until there is no more; memory.grow, copies that overlap, a big stack frame.
// stderr: ignored

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned state = 1;
static unsigned next_random(void) { return state = state * 1664525 + 1013904223; }

static void allocate(void) {
    static unsigned char *blocks[500];
    static size_t sizes[500];
    uint64_t sum = 0;
    for (int round = 0; round < 20000; round++) {
        unsigned i = next_random() >> 8;
        i %= 500;
        if (blocks[i] && (next_random() & 0x10000)) {
            for (size_t k = 0; k < sizes[i]; k++) sum += blocks[i][k] == (unsigned char)i;
            free(blocks[i]);
            blocks[i] = NULL;
            continue;
        }
        size_t size = (next_random() >> 16) % 3000 + 1;
        blocks[i] = realloc(blocks[i], size);
        sizes[i] = size;
        memset(blocks[i], (int)i, size);
    }
    printf("%llu\n", (unsigned long long)sum);
    for (int i = 0; i < 500; i++) free(blocks[i]);
}

static void grow(void) {
    size_t pages = __builtin_wasm_memory_size(0);
    size_t before = __builtin_wasm_memory_grow(0, 10);
    printf("grown from %s to 10 more: %d\n", before == pages ? "the same" : "another", __builtin_wasm_memory_size(0) == pages + 10);
    unsigned char *fresh = (unsigned char *)(before << 16);
    int nonzero = 0;
    for (int i = 0; i < 10 << 16; i++) nonzero += fresh[i];
    printf("nonzero %d\n", nonzero);
    char *huge = malloc(200 << 20);
    huge[0] = 1;
    huge[(200 << 20) - 1] = 2;
    printf("%d\n", huge[0] + huge[100 << 20] + huge[(200 << 20) - 1]);
    printf("too much: %d\n", malloc(0xf0000000) == NULL);
}

static void copies(void) {
    static char bytes[10000];
    for (int i = 0; i < 10000; i++) bytes[i] = (char)(i * 31 >> 3);
    memmove(bytes + 100, bytes, 5000);
    memmove(bytes, bytes + 77, 6000);
    memcpy(bytes + 7000, bytes + 10, 2000);
    unsigned sum = 0;
    for (int i = 0; i < 10000; i++) sum = sum * 33 + (unsigned char)bytes[i];
    printf("%u %d\n", sum, memcmp(bytes, bytes + 1, 100) != 0);
}

static __attribute__((noinline)) int frame(int n) {
    volatile char large[20000];
    large[n] = 1;
    return n ? frame(n - 1) + large[n] : 0;
}

int main(void) {
    allocate();
    grow();
    copies();
    printf("%d\n", frame(2));
    return 0;
}
