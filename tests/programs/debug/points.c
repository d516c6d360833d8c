// Built with debug information, for tests/debug.rs, which knows its lines.
#include <stdio.h>
#include <stdlib.h>

struct point {
    int x;
    int y;
    const char *name;
    struct point *next;
};

int total = 5;

int square(int value) {
    int result = value * value;
    return result;
}

int sum(struct point *first, int count) {
    int sum = 0;
    for (int i = 0; i < count; i++) {
        sum += square(first[i].x) + first[i].y;
        total++;
    }
    return sum;
}

void fail(void) {
    __builtin_trap();
}

int main(int argc, char **argv) {
    if (argc > 1)
        fail();
    struct point points[3];
    double half = 0.5;
    for (int i = 0; i < 3; i++) {
        points[i].x = i + 1;
        points[i].y = 10 * i;
        points[i].name = "point";
        points[i].next = i < 2 ? &points[i + 1] : NULL;
    }
    int result = sum(points, 3);
    printf("%d %d %.1f\n", result, total, half);
    return 0;
}
