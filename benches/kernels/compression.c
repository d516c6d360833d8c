// A compressor with a hash table of recent places, and its decompressor, byte by byte.
#include "kernel.h"

enum { BYTES = 1 << 20, HASH_LOG2 = 14 };
static unsigned char input[BYTES], packed[BYTES * 2], output[BYTES + 32];
static uint32_t places[1 << HASH_LOG2];

static inline uint32_t read32(const unsigned char *p) {
    uint32_t value;
    memcpy(&value, p, 4);
    return value;
}

static unsigned char *put_number(unsigned char *out, uint32_t n) {
    for (; n >= 255; n -= 255) *out++ = 255;
    *out++ = (unsigned char)n;
    return out;
}

static NOINLINE size_t pack(void) {
    memset(places, 0, sizeof places);
    unsigned char *out = packed;
    uint32_t literal = 0, i = 1;
    while (i + 8 < BYTES) {
        uint32_t sequence = read32(input + i), slot = (sequence * 2654435761u) >> (32 - HASH_LOG2);
        uint32_t from = places[slot];
        places[slot] = i;
        if (i - from > 65535 || read32(input + from) != sequence) {
            i++;
            continue;
        }
        uint32_t length = 4;
        while (i + length + 8 < BYTES && input[from + length] == input[i + length]) length++;
        out = put_number(out, i - literal);
        memcpy(out, input + literal, i - literal);
        out += i - literal;
        *out++ = (unsigned char)(i - from), *out++ = (unsigned char)((i - from) >> 8);
        out = put_number(out, length - 4);
        literal = i += length;
    }
    out = put_number(out, BYTES - literal);
    memcpy(out, input + literal, BYTES - literal);
    return (size_t)(out + (BYTES - literal) - packed);
}

static uint32_t get_number(const unsigned char **in) {
    uint32_t n = 0, byte;
    do n += byte = *(*in)++; while (byte == 255);
    return n;
}

static NOINLINE size_t unpack(size_t bytes) {
    const unsigned char *in = packed, *end = packed + bytes;
    unsigned char *out = output;
    for (;;) {
        uint32_t literals = get_number(&in);
        memcpy(out, in, literals);
        out += literals, in += literals;
        if (in >= end) return (size_t)(out - output);
        uint32_t distance = in[0] | (uint32_t)in[1] << 8;
        in += 2;
        uint32_t length = get_number(&in) + 4;
        for (const unsigned char *from = out - distance; length; length--) *out++ = *from++;
    }
}

int main(void) {
    static const char *words[] = {"the ", "linear ", "memory ", "of ", "an ", "instance ", "grows ", "by ", "pages\n"};
    size_t filled = 0;
    while (filled + 16 < BYTES) {
        uint32_t r = random32();
        const char *word = words[r % 9];
        size_t length = strlen(word);
        memcpy(input + filled, word, length);
        filled += length;
        if (r % 11 == 0) input[filled++] = (unsigned char)(r >> 8);
    }
    uint64_t checksum = 0;
    for (int round = 0; round < 90; round++) {
        size_t bytes = pack();
        if (unpack(bytes) != BYTES || memcmp(input, output, BYTES)) return 1;
        checksum = checksum * 31 + bytes + packed[bytes / 2];
        input[round * 10007] ^= (unsigned char)round;
    }
    return report(checksum);
}
