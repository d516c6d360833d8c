// Loops over arrays of integers: sums, products, prefix sums, a histogram.
#include "kernel.h"

enum { COUNT = 1 << 16, ROUNDS = 2500 };
static int32_t a[COUNT], b[COUNT], c[COUNT];
static uint32_t histogram[256];

static NOINLINE int64_t dot(const int32_t *x, const int32_t *y, int count) {
    int64_t sum = 0;
    for (int i = 0; i < count; i++) sum += (int64_t)x[i] * y[i];
    return sum;
}

static NOINLINE void combine(int32_t *out, const int32_t *x, const int32_t *y, int count, int32_t factor) {
    for (int i = 0; i < count; i++) out[i] = factor * x[i] + y[i];
}

static NOINLINE int32_t prefix(int32_t *x, int count) {
    int32_t sum = 0;
    for (int i = 0; i < count; i++) x[i] = sum = (int32_t)((uint32_t)sum + (uint32_t)x[i]);
    return sum;
}

static NOINLINE void count_bytes(const int32_t *x, int count) {
    for (int i = 0; i < count; i++) histogram[x[i] & 255]++;
}

static NOINLINE int32_t largest(const int32_t *x, int count) {
    int32_t max = x[0];
    for (int i = 1; i < count; i++)
        if (x[i] > max) max = x[i];
    return max;
}

int main(void) {
    for (int i = 0; i < COUNT; i++) a[i] = (int32_t)random32() >> 8, b[i] = (int32_t)random32() >> 8;
    uint64_t checksum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        checksum += (uint64_t)dot(a, b, COUNT);
        combine(c, a, b, COUNT, round & 3);
        checksum = checksum * 31 + (uint32_t)prefix(c, COUNT);
        count_bytes(c, COUNT);
        checksum ^= (uint64_t)(uint32_t)largest(c, COUNT) << 16;
    }
    for (int i = 0; i < 256; i++) checksum = checksum * 33 + histogram[i];
    return report(checksum);
}
