// Sorting without callbacks: quicksort and heapsort of integers.
#include "kernel.h"

enum { COUNT = 400000 };
static int32_t numbers[COUNT];

static NOINLINE void quicksort(int32_t *a, int low, int high) {
    while (low < high) {
        int32_t pivot = a[(low + high) / 2];
        int i = low, j = high;
        while (i <= j) {
            while (a[i] < pivot) i++;
            while (a[j] > pivot) j--;
            if (i <= j) {
                int32_t swap = a[i];
                a[i++] = a[j];
                a[j--] = swap;
            }
        }
        if (j - low < high - i) {
            quicksort(a, low, j);
            low = i;
        } else {
            quicksort(a, i, high);
            high = j;
        }
    }
}

static NOINLINE void sift(int32_t *a, int root, int count) {
    int32_t value = a[root];
    for (int child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && a[child] < a[child + 1]) child++;
        if (a[child] <= value) break;
        a[root] = a[child];
    }
    a[root] = value;
}

static NOINLINE void heapsort_numbers(int32_t *a, int count) {
    for (int i = count / 2 - 1; i >= 0; i--) sift(a, i, count);
    for (int end = count - 1; end > 0; end--) {
        int32_t swap = a[0];
        a[0] = a[end];
        a[end] = swap;
        sift(a, 0, end);
    }
}

int main(void) {
    uint64_t checksum = 0;
    for (int round = 0; round < 13; round++) {
        for (int i = 0; i < COUNT; i++) numbers[i] = (int32_t)random32();
        if (round % 2) quicksort(numbers, 0, COUNT - 1);
        else heapsort_numbers(numbers, COUNT);
        for (int i = 0; i < COUNT; i += 1000) checksum = checksum * 31 + (uint32_t)numbers[i];
    }
    return report(checksum);
}
