// A tokenizer whose state lies in global variables.
#include "kernel.h"

enum { TEXT, NAME, NUMBER, STRING, ESCAPE, COMMENT, STATES };
static int state, depth, line, column;
static uint32_t token_hash, token_length;
static uint64_t checksum;
static uint32_t counts[STATES];

static NOINLINE void finish(void) {
    counts[state]++;
    checksum = checksum * 31 + token_hash + token_length * 7 + (uint32_t)depth + (uint32_t)line;
    token_hash = 0;
    token_length = 0;
    state = TEXT;
}

static NOINLINE void take(unsigned char c) {
    token_hash = token_hash * 33 + c;
    token_length++;
}

static NOINLINE void step(unsigned char c) {
    column++;
    if (c == '\n') line++, column = 0;
    switch (state) {
    case NAME:
        if ((c >= 'a' && c <= 'z') || c == '_') return take(c);
        finish();
        break;
    case NUMBER:
        if (c >= '0' && c <= '9') return take(c);
        finish();
        break;
    case STRING:
        if (c == '\\') state = ESCAPE;
        else if (c == '"') finish();
        else take(c);
        return;
    case ESCAPE:
        take(c);
        state = STRING;
        return;
    case COMMENT:
        if (c == '\n') finish();
        return;
    }
    if (c >= 'a' && c <= 'z') state = NAME, take(c);
    else if (c >= '0' && c <= '9') state = NUMBER, take(c);
    else if (c == '"') state = STRING;
    else if (c == '#') state = COMMENT;
    else if (c == '(') depth++;
    else if (c == ')' && depth > 0) depth--;
}

int main(void) {
    static unsigned char text[1 << 16];
    static const char letters[] = "abcdefghij_klmnop 0123456789 ()\n\"\" # abc xyz 42 (foo bar)";
    for (size_t i = 0; i < sizeof text; i++) text[i] = (unsigned char)letters[random32() % (sizeof letters - 1)];
    for (int round = 0; round < 1800; round++)
        for (size_t i = 0; i < sizeof text; i++) step(text[i]);
    for (int i = 0; i < STATES; i++) checksum = checksum * 31 + counts[i];
    return report(checksum + (uint64_t)column);
}
