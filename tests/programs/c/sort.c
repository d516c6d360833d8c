// Calls through function pointers: qsort and bsearch with callbacks, tables of functions of several types.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct record {
    int key;
    double weight;
    char name[12];
};

static unsigned state = 12345;
static unsigned next_random(void) { return state = state * 1664525 + 1013904223; }

static int comparisons;
static int ascending(const void *a, const void *b) {
    comparisons++;
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}
static int descending(const void *a, const void *b) { return ascending(b, a); }
static int by_weight(const void *a, const void *b) {
    double x = ((const struct record *)a)->weight, y = ((const struct record *)b)->weight;
    return (x > y) - (x < y);
}
static int by_name(const void *a, const void *b) {
    return strcmp(((const struct record *)a)->name, ((const struct record *)b)->name);
}

static uint64_t digest(const int *numbers, int count) {
    uint64_t sum = 0;
    for (int i = 0; i < count; i++) sum = sum * 31 + (unsigned)numbers[i];
    return sum;
}

static void numbers(void) {
    enum { COUNT = 100000 };
    static int values[COUNT];
    for (int i = 0; i < COUNT; i++) values[i] = (int)next_random();
    int (*const orders[])(const void *, const void *) = {ascending, descending, ascending};
    for (int i = 0; i < 3; i++) {
        qsort(values, COUNT, sizeof *values, orders[i]);
        printf("%d %d %llu\n", values[0], values[COUNT - 1], (unsigned long long)digest(values, COUNT));
    }
    int *found = bsearch(&values[777], values, COUNT, sizeof *values, ascending);
    printf("found %d, missing %d, compared %d\n", *found == values[777],
           bsearch(&(int){3}, values, COUNT, sizeof *values, ascending) == NULL, comparisons > 0);
}

static void records(void) {
    static struct record list[50];
    for (int i = 0; i < 50; i++) {
        list[i] = (struct record){i, next_random() / 65536.0, ""};
        snprintf(list[i].name, sizeof list[i].name, "n%u", next_random() % 1000);
    }
    qsort(list, 50, sizeof *list, by_weight);
    for (int i = 0; i < 5; i++) printf("%d %.3f %s\n", list[i].key, list[i].weight, list[i].name);
    qsort(list, 50, sizeof *list, by_name);
    for (int i = 0; i < 5; i++) printf("%d %.3f %s\n", list[i].key, list[i].weight, list[i].name);
}

static int add(int a, int b) { return a + b; }
static int subtract(int a, int b) { return a - b; }
static double half(double x) { return x / 2; }
static double square(double x) { return x * x; }

int main(void) {
    numbers();
    records();
    int (*volatile binary[])(int, int) = {add, subtract};
    double (*volatile unary[])(double) = {half, square};
    for (int i = 0; i < 2; i++) printf("%d %g\n", binary[i](7, 5), unary[i](3));
    return 0;
}
