// Arithmetic whose results differ between careless compilers: wide multiplication, shifts, conversions, libm, floats.

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t bits(double x) {
    uint64_t word;
    memcpy(&word, &x, 8);
    // The payload of a NaN is not determined.
    return x != x ? 0x7ff8000000000000 : word;
}

static void wide(void) {
    volatile uint64_t a = 0xfedcba9876543210, b = 0x0123456789abcdef;
    unsigned __int128 product = (unsigned __int128)a * b;
    printf("%016llx%016llx\n", (unsigned long long)(product >> 64), (unsigned long long)product);
    __int128 negative = (__int128)(int64_t)a * (int64_t)b;
    printf("%016llx%016llx\n", (unsigned long long)(negative >> 64), (unsigned long long)negative);
    unsigned __int128 quotient = product / 12345;
    printf("%016llx %llu\n", (unsigned long long)quotient, (unsigned long long)(product % 12345));
}

static void integers(void) {
    volatile int32_t min = INT32_MIN, seven = -7, two = 2;
    volatile int64_t min64 = INT64_MIN;
    volatile uint32_t shift = 37;
    printf("%d %d %d %d\n", seven / two, seven % two, min >> 3, (int)((uint32_t)min >> 3));
    printf("%u %u\n", 1u << (shift & 31), (unsigned)(0x80000001u >> (shift & 31)));
    printf("%d %d %d\n", __builtin_clz(1), __builtin_ctz(8), __builtin_popcount(0xff00ff));
    printf("%d %d\n", __builtin_clzll(1), __builtin_ctzll(1ull << 40));
    printf("%lld %lld\n", (long long)(min64 / 3), (long long)(min64 % 1000));
    printf("%u %u\n", __builtin_rotateleft32(0x12345678, 8), __builtin_rotateright32(0x12345678, 8));
    int8_t narrow = (int8_t)200;
    int16_t middle = (int16_t)70000;
    printf("%d %d\n", narrow, middle);
}

static void floats(void) {
    const double values[] = {0.0, -0.0, 1.5, -2.5, 1e-310, 1e308, 0.1, 123456.789, -1e15, INFINITY, -INFINITY, NAN};
    for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
        volatile double x = values[i];
        printf("%016llx: %016llx %016llx %016llx %016llx %016llx\n", (unsigned long long)bits(x),
               (unsigned long long)bits(floor(x)), (unsigned long long)bits(ceil(x)), (unsigned long long)bits(trunc(x)),
               (unsigned long long)bits(rint(x)), (unsigned long long)bits(sqrt(x)));
        printf("  %016llx %016llx %016llx %d\n", (unsigned long long)bits(fmin(x, 0.5)),
               (unsigned long long)bits(fmax(x, -0.5)), (unsigned long long)bits(copysign(1, x)), (float)x > 0.1f);
    }
}

static void library(void) {
    double sum = 0;
    for (int i = 1; i < 2000; i++) {
        double x = i / 100.0;
        sum += sin(x) * cos(x) + exp(-x) + log(x) + pow(x, 1.3) + atan2(x, 2) + tgamma(fmod(x, 5) + 1) + cbrt(x);
    }
    printf("%016llx %.10f\n", (unsigned long long)bits(sum), sum);
    float single = 0;
    for (int i = 1; i < 1000; i++) single += sinf(i) / i;
    printf("%.9g\n", single);
    printf("%.20g %.20g\n", strtod("0.1", 0), strtod("179769313486231580793e289", 0));
}

static int saturated(double x) { return __builtin_wasm_trunc_saturate_s_i32_f64(x); }

int main(void) {
    wide();
    integers();
    floats();
    library();
    printf("%d %d %d %d\n", saturated(1e20), saturated(-1e20), saturated(NAN), saturated(-1.9));
    return 0;
}
