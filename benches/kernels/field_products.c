// Products modulo 2^255 - 19 of numbers in ten limbs of 26 and 25 bits in turn: twenty limbs and their sums are alive at once.
#include "kernel.h"

#define LIMBS 10

typedef struct { int32_t limbs[LIMBS]; } field;

#define FACTOR(i, j) ((i) % 2 && (j) % 2 ? 2 : 1)
#define WRAP(i, j) ((i) + (j) >= LIMBS ? 19 : 1)
#define TERM(i, j) ((int64_t)(x[i] * FACTOR(i, j)) * (y[j] * WRAP(i, j)))
#define SUM(k)                                                                                                        \
    (TERM(0, (k) % 10) + TERM(1, (k + 9) % 10) + TERM(2, (k + 8) % 10) + TERM(3, (k + 7) % 10) + TERM(4, (k + 6) % 10) + \
     TERM(5, (k + 5) % 10) + TERM(6, (k + 4) % 10) + TERM(7, (k + 3) % 10) + TERM(8, (k + 2) % 10) + TERM(9, (k + 1) % 10))

static NOINLINE void multiply(field *result, const field *a, const field *b) {
    const int32_t *x = a->limbs, *y = b->limbs;
    int64_t sums[LIMBS] = {SUM(0), SUM(1), SUM(2), SUM(3), SUM(4), SUM(5), SUM(6), SUM(7), SUM(8), SUM(9)};
    int64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        int bits = i % 2 ? 25 : 26;
        sums[i] += carry;
        carry = sums[i] >> bits;
        sums[i] -= carry << bits;
    }
    sums[0] += 19 * carry;
    sums[1] += sums[0] >> 26;
    sums[0] &= 0x3ffffff;
    for (int i = 0; i < LIMBS; i++) result->limbs[i] = (int32_t)sums[i];
}

int main(void) {
    field numbers[8];
    for (int i = 0; i < 8; i++)
        for (int limb = 0; limb < LIMBS; limb++) numbers[i].limbs[limb] = (int32_t)(random32() & 0x1ffffff);
    for (int round = 0; round < 6000000; round++) {
        field *number = &numbers[round % 8];
        multiply(number, number, &numbers[(round * 5 + 3) % 8]);
    }
    uint64_t checksum = 0;
    for (int i = 0; i < 8; i++)
        for (int limb = 0; limb < LIMBS; limb++) checksum = checksum * 31 + (uint32_t)numbers[i].limbs[limb];
    return report(checksum);
}
