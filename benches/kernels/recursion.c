// Calls of a function by itself: Fibonacci, Ackermann, the towers of Hanoi.
#include "kernel.h"

static NOINLINE uint32_t fibonacci(uint32_t n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

static NOINLINE uint32_t ackermann(uint32_t m, uint32_t n) {
    if (m == 0) return n + 1;
    if (n == 0) return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

static uint64_t moves;
static NOINLINE void hanoi(int n, int from, int to, int spare) {
    if (n == 0) return;
    hanoi(n - 1, from, spare, to);
    moves = moves * 3 + (uint64_t)(from * 4 + to);
    hanoi(n - 1, spare, to, from);
}

int main(void) {
    uint64_t checksum = fibonacci(40);
    checksum = checksum * 31 + ackermann(3, 9);
    hanoi(25, 0, 1, 2);
    return report(checksum ^ moves);
}
