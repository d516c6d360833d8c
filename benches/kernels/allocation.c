// malloc, realloc and free of many sizes, in changing order.
#include "kernel.h"

enum { SLOTS = 4096 };

int main(void) {
    static unsigned char *blocks[SLOTS];
    static uint32_t sizes[SLOTS];
    uint64_t checksum = 0;
    for (int i = 0; i < 24000000; i++) {
        uint32_t r = random32(), slot = r % SLOTS, bytes = (r >> 12) % 16 ? 8 + (r >> 16) % 200 : 8 + (r >> 16) % 8000;
        if (blocks[slot] && (r & 0x70000000) == 0) {
            blocks[slot] = realloc(blocks[slot], bytes);
        } else if (blocks[slot]) {
            checksum = checksum * 31 + blocks[slot][0] + sizes[slot];
            free(blocks[slot]);
            blocks[slot] = NULL;
            continue;
        } else {
            blocks[slot] = malloc(bytes);
        }
        blocks[slot][0] = blocks[slot][bytes - 1] = (unsigned char)r;
        sizes[slot] = bytes;
    }
    return report(checksum);
}
