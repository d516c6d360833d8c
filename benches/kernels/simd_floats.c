// Vectors of floats: a dot product, and a polynomial at many places.
#include "kernel.h"

typedef float floats __attribute__((vector_size(16)));
enum { COUNT = 4096 };

static NOINLINE floats dot(const floats *a, const floats *b) {
    floats sum = {0};
    for (int i = 0; i < COUNT; i++) sum += a[i] * b[i];
    return sum;
}

static NOINLINE void polynomial(floats *to, const floats *x) {
    for (int i = 0; i < COUNT; i++) to[i] = ((x[i] * 0.25f + 0.5f) * x[i] - 0.125f) * x[i] + 0.0625f;
}

int main(void) {
    static floats a[COUNT], b[COUNT];
    for (int i = 0; i < COUNT; i++) {
        for (int lane = 0; lane < 4; lane++) {
            a[i][lane] = (float)(random32() % 1000) / 1000;
            b[i][lane] = (float)(random32() % 1000) / 1000;
        }
    }
    uint64_t checksum = 0;
    for (int round = 0; round < 40000; round++) {
        floats sum = dot(a, b);
        polynomial(round & 1 ? a : b, round & 1 ? b : a);
        checksum = checksum * 31 + (uint64_t)(int64_t)(sum[0] + sum[1] + sum[2] + sum[3]);
    }
    return report(checksum);
}
