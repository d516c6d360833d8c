// Calls through tables of functions, of several types.
#include "kernel.h"

typedef uint32_t (*operation)(uint32_t, uint32_t);
typedef uint32_t (*step)(uint32_t);

static uint32_t add(uint32_t a, uint32_t b) { return a + b; }
static uint32_t sub(uint32_t a, uint32_t b) { return a - b; }
static uint32_t mul(uint32_t a, uint32_t b) { return a * b + 1; }
static uint32_t xor(uint32_t a, uint32_t b) { return a ^ (b << 3); }
static uint32_t rotate(uint32_t a, uint32_t b) { return (a << (b & 31)) | (a >> ((32 - b) & 31)); }
static uint32_t and(uint32_t a, uint32_t b) { return (a & b) + (a >> 5); }
static uint32_t twice(uint32_t a) { return a * 2 + 1; }
static uint32_t half(uint32_t a) { return a / 2 + 7; }
static uint32_t mix(uint32_t a) { return a ^ (a >> 13); }

static operation operations[] = {add, sub, mul, xor, rotate, and, add, mul};
static step steps[] = {twice, half, mix, half};

struct visitor { operation visit; uint32_t state; };

static NOINLINE uint32_t visit_all(struct visitor *visitors, int count, uint32_t value) {
    for (int i = 0; i < count; i++) {
        visitors[i].state = visitors[i].visit(visitors[i].state, value);
        value += visitors[i].state;
    }
    return value;
}

int main(void) {
    struct visitor visitors[16];
    for (int i = 0; i < 16; i++) visitors[i] = (struct visitor){operations[random32() % 8], (uint32_t)i};
    uint32_t value = 1;
    for (uint32_t i = 0; i < 120000000; i++) {
        value = operations[(i * 5 + (i >> 3)) & 7](value, i);
        if ((i & 3) == 0) value = steps[(i >> 2) & 3](value);
        if ((i & 63) == 0) value = visit_all(visitors, 16, value);
    }
    return report(value);
}
