// qsort and bsearch of the C library with a callback.
#include "kernel.h"

enum { COUNT = 200000 };
struct record { uint32_t key; uint32_t value; };
static struct record records[COUNT];

static int by_key(const void *a, const void *b) {
    uint32_t x = ((const struct record *)a)->key, y = ((const struct record *)b)->key;
    return x < y ? -1 : x > y;
}

static int by_value(const void *a, const void *b) {
    uint32_t x = ((const struct record *)a)->value, y = ((const struct record *)b)->value;
    return x < y ? -1 : x > y;
}

int main(void) {
    uint64_t checksum = 0;
    for (int round = 0; round < 7; round++) {
        for (uint32_t i = 0; i < COUNT; i++) records[i] = (struct record){random32(), i * 2654435761u};
        qsort(records, COUNT, sizeof *records, by_key);
        for (uint32_t i = 0; i < COUNT; i++) {
            struct record wanted = {random32(), 0};
            struct record *found = bsearch(&wanted, records, COUNT, sizeof *records, by_key);
            checksum = checksum * 31 + (found ? found->value : records[i].value);
        }
        qsort(records, COUNT, sizeof *records, by_value);
        checksum ^= records[COUNT / 3].key;
    }
    return report(checksum);
}
