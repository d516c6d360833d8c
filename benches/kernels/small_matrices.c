// Products and sums of small matrices whose rows are apart: loops of known length become long expressions of loads.
#include "kernel.h"

#define SIZE 10
#define MATRICES 24

static int32_t **make(void) {
    int32_t **rows = malloc(SIZE * sizeof(int32_t *));
    for (int i = 0; i < SIZE; i++) {
        rows[i] = malloc(SIZE * sizeof(int32_t));
        for (int j = 0; j < SIZE; j++) rows[i][j] = (int32_t)(random32() & 0xff);
    }
    return rows;
}

static NOINLINE void multiply(int32_t **result, int32_t **left, int32_t **right) {
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) {
            int32_t sum = 0;
            for (int k = 0; k < SIZE; k++) sum += left[i][k] * right[k][j];
            result[i][j] = sum & 0xffff;
        }
}

static NOINLINE int64_t trace(int32_t **matrix) {
    int64_t sum = 0;
    for (int i = 0; i < SIZE; i++) sum += (int64_t)matrix[i][i] * matrix[SIZE - 1 - i][i];
    return sum;
}

int main(void) {
    int32_t **matrices[MATRICES];
    for (int i = 0; i < MATRICES; i++) matrices[i] = make();
    uint64_t checksum = 0;
    for (int round = 0; round < 300000; round++) {
        int32_t **result = matrices[round % MATRICES];
        multiply(result, matrices[(round * 7 + 1) % MATRICES], matrices[(round * 5 + 2) % MATRICES]);
        checksum = checksum * 31 + (uint64_t)trace(result);
    }
    return report(checksum);
}
