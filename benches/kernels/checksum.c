// CRC-32 by tables: a byte at a time, and eight bytes at a time.
#include "kernel.h"

enum { BYTES = 1 << 16, ROUNDS = 2000, TABLES = 8 };
static unsigned char data[BYTES];
static uint32_t tables[TABLES][256];

static void make_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t sum = byte;
        for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
        tables[0][byte] = sum;
    }
    for (int table = 1; table < TABLES; table++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t sum = tables[table - 1][byte];
            tables[table][byte] = sum >> 8 ^ tables[0][sum & 255];
        }
}

static NOINLINE uint32_t by_bytes(uint32_t sum) {
    for (int i = 0; i < BYTES; i++) sum = sum >> 8 ^ tables[0][(sum ^ data[i]) & 255];
    return sum;
}

static NOINLINE uint32_t by_words(uint32_t sum) {
    for (int i = 0; i < BYTES; i += 8) {
        uint32_t low = sum ^ (data[i] | data[i + 1] << 8 | data[i + 2] << 16 | (uint32_t)data[i + 3] << 24);
        uint32_t high = data[i + 4] | data[i + 5] << 8 | data[i + 6] << 16 | (uint32_t)data[i + 7] << 24;
        sum = tables[7][low & 255] ^ tables[6][low >> 8 & 255] ^ tables[5][low >> 16 & 255] ^ tables[4][low >> 24] ^
              tables[3][high & 255] ^ tables[2][high >> 8 & 255] ^ tables[1][high >> 16 & 255] ^ tables[0][high >> 24];
    }
    return sum;
}

int main(void) {
    make_tables();
    for (int i = 0; i < BYTES; i++) data[i] = random32();
    uint32_t sum = ~0u;
    for (int round = 0; round < ROUNDS; round++) sum = by_words(by_bytes(sum));
    return report(~sum);
}
