// Small structures passed and returned by value, in calls that aren't inlined.
#include "kernel.h"

struct vector { float x, y, z; };
struct pair { uint64_t low, high; };
struct range { uint32_t from, to; };

static NOINLINE struct vector add(struct vector a, struct vector b) {
    return (struct vector){a.x + b.x, a.y + b.y, a.z + b.z};
}
static NOINLINE struct vector scale(struct vector a, float by) {
    return (struct vector){a.x * by, a.y * by, a.z * by};
}
static NOINLINE float product(struct vector a, struct vector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

static NOINLINE struct pair advance(struct pair p) {
    uint64_t low = p.low * 6364136223846793005 + 1;
    return (struct pair){low, p.high + (low >> 33)};
}

static NOINLINE struct range narrow(struct range r, uint32_t at) {
    uint32_t middle = r.from + (r.to - r.from) / 2;
    return at < middle ? (struct range){r.from, middle} : (struct range){middle, r.to};
}

int main(void) {
    struct vector position = {0, 0, 0}, speed = {1, 0.5f, 0.25f};
    struct pair pair = {1, 0};
    uint64_t checksum = 0;
    for (int i = 0; i < 6000000; i++) {
        position = add(position, scale(speed, 0.01f));
        if (product(position, position) > 100) speed = scale(speed, -1);
        pair = advance(pair);
        struct range range = {0, 1 << 16};
        while (range.to - range.from > 4096) range = narrow(range, (uint32_t)pair.high & 0xffff);
        checksum = checksum * 31 + range.from;
    }
    return report(checksum ^ pair.high ^ (uint64_t)(int64_t)(position.x * 1000));
}
