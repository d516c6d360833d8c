// Multiplication of matrices of doubles.
#include "kernel.h"

enum { N = 320, ROUNDS = 10 };
static double a[N][N], b[N][N], c[N][N];

static NOINLINE void multiply(void) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double sum = 0;
            for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
            c[i][j] = sum;
        }
}

static NOINLINE void multiply_rows(void) {
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++)
            for (int j = 0; j < N; j++) c[i][j] += a[i][k] * b[k][j];
}

int main(void) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) a[i][j] = random32() % 1000, b[i][j] = random32() % 1000;
    uint64_t checksum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        multiply();
        multiply_rows();
        for (int i = 0; i < N; i++) checksum = checksum * 31 + (uint64_t)c[i][(i * 7 + round) % N];
    }
    return report(checksum);
}
