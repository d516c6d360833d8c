// A hash map with open addressing: insertions, look-ups, removals.
#include "kernel.h"

enum { LOG2 = 16, SLOTS = 1 << LOG2, MASK = SLOTS - 1 };
struct entry { uint64_t key; uint32_t value; uint32_t state; };
static struct entry *entries;

static inline uint32_t place(uint64_t key) { return (uint32_t)((key * 0x9e3779b97f4a7c15) >> (64 - LOG2)); }

static NOINLINE void insert(uint64_t key, uint32_t value) {
    uint32_t i = place(key);
    while (entries[i].state == 1 && entries[i].key != key) i = (i + 1) & MASK;
    entries[i] = (struct entry){key, value, 1};
}

static NOINLINE struct entry *find(uint64_t key) {
    for (uint32_t i = place(key); entries[i].state; i = (i + 1) & MASK)
        if (entries[i].key == key && entries[i].state == 1) return &entries[i];
    return NULL;
}

int main(void) {
    entries = calloc(SLOTS, sizeof *entries);
    uint64_t checksum = 0;
    for (int round = 0; round < 300; round++) {
        memset(entries, 0, SLOTS * sizeof *entries);
        uint64_t key = (uint64_t)round;
        for (uint32_t i = 0; i < SLOTS / 2; i++) {
            key = key * 6364136223846793005 + 1442695040888963407;
            insert(key >> 20, i);
        }
        key = (uint64_t)round;
        for (uint32_t i = 0; i < SLOTS; i++) {
            key = key * 6364136223846793005 + 1442695040888963407;
            struct entry *entry = find(key >> 20);
            if (!entry) continue;
            checksum = checksum * 31 + entry->value;
            if (i % 3 == 0) entry->state = 2;
        }
    }
    return report(checksum);
}
