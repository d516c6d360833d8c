// Building strings in a growing buffer: numbers to text, pieces appended, escapes.
#include "kernel.h"

struct buffer { char *bytes; size_t length, capacity; };

static NOINLINE void reserve(struct buffer *b, size_t more) {
    if (b->length + more <= b->capacity) return;
    b->capacity = (b->length + more) * 2;
    b->bytes = realloc(b->bytes, b->capacity);
}

static NOINLINE void append(struct buffer *b, const char *s) {
    size_t bytes = strlen(s);
    reserve(b, bytes);
    memcpy(b->bytes + b->length, s, bytes);
    b->length += bytes;
}

static inline void append_char(struct buffer *b, char c) {
    reserve(b, 1);
    b->bytes[b->length++] = c;
}

static NOINLINE void append_number(struct buffer *b, uint64_t n) {
    char digits[24];
    int i = sizeof digits;
    digits[--i] = 0;
    do digits[--i] = (char)('0' + n % 10); while (n /= 10);
    append(b, digits + i);
}

static NOINLINE void append_quoted(struct buffer *b, const char *s) {
    append_char(b, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') append_char(b, '\\');
        append_char(b, *s);
    }
    append_char(b, '"');
}

int main(void) {
    static const char *names[] = {"alpha", "be\"ta", "gamma\\ray", "delta of the river", "e"};
    uint64_t checksum = 0;
    for (int round = 0; round < 30; round++) {
        struct buffer b = {0};
        for (uint32_t i = 0; i < 60000; i++) {
            uint32_t r = random32();
            append(&b, "{\"id\": ");
            append_number(&b, i);
            append(&b, ", \"name\": ");
            append_quoted(&b, names[r % 5]);
            append(&b, ", \"value\": ");
            append_number(&b, (uint64_t)r * r);
            append(&b, "},\n");
        }
        for (size_t i = 0; i < b.length; i += 61) checksum = checksum * 31 + (unsigned char)b.bytes[i];
        checksum += b.length;
        free(b.bytes);
    }
    return report(checksum);
}
