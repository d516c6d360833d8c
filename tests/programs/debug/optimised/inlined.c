// Built with debug information and optimised, for tests/debug.rs, which knows its lines: `part` is inlined into `total` before,
// `total` into `all` by aot, and no variable is in memory.
#include <stdio.h>

volatile int seen;

static int part(int value) {
    seen = value;
    return value * value;
}

__attribute__((noinline)) static int total(int value) {
    return part(value) + seen;
}

__attribute__((noinline)) int all(int first) {
    int sum = total(first);
    return sum + total(first + 1);
}

int main(int argc, char **argv) {
    printf("%d\n", all(argc));
    return 0;
}
