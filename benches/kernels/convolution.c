// Sums of 25 neighbours of each pixel of an image, in integers and in floats: expressions of as many loads.
#include "kernel.h"

#define WIDTH 512
#define HEIGHT 256

static int32_t image[HEIGHT][WIDTH], blurred[HEIGHT][WIDTH];
static double field[HEIGHT][WIDTH], smooth[HEIGHT][WIDTH];

#define ROW(from, y, x, a, b, c, d, e) \
    (from[y][(x) - 2] * a + from[y][(x) - 1] * b + from[y][x] * c + from[y][(x) + 1] * d + from[y][(x) + 2] * e)

static NOINLINE void blur(void) {
    for (int y = 2; y < HEIGHT - 2; y++)
        for (int x = 2; x < WIDTH - 2; x++)
            blurred[y][x] = (ROW(image, y - 2, x, 1, 4, 7, 4, 1) + ROW(image, y - 1, x, 4, 16, 26, 16, 4) +
                             ROW(image, y, x, 7, 26, 41, 26, 7) + ROW(image, y + 1, x, 4, 16, 26, 16, 4) +
                             ROW(image, y + 2, x, 1, 4, 7, 4, 1)) / 273;
}

static NOINLINE void smoothen(void) {
    for (int y = 2; y < HEIGHT - 2; y++)
        for (int x = 2; x < WIDTH - 2; x++)
            smooth[y][x] = ROW(field, y - 2, x, 0.004, 0.015, 0.026, 0.015, 0.004) +
                           ROW(field, y - 1, x, 0.015, 0.059, 0.095, 0.059, 0.015) +
                           ROW(field, y, x, 0.026, 0.095, 0.15, 0.095, 0.026) +
                           ROW(field, y + 1, x, 0.015, 0.059, 0.095, 0.059, 0.015) +
                           ROW(field, y + 2, x, 0.004, 0.015, 0.026, 0.015, 0.004);
}

int main(void) {
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            image[y][x] = (int32_t)(random32() & 0xffff);
            field[y][x] = image[y][x];
        }
    uint64_t checksum = 0;
    for (int round = 0; round < 80; round++) {
        blur();
        smoothen();
        for (int y = 2; y < HEIGHT - 2; y++)
            for (int x = 2; x < WIDTH - 2; x++) {
                image[y][x] ^= blurred[y][x] & 0xff;
                field[y][x] += smooth[y][x] / 1024;
            }
        checksum = checksum * 31 + (uint64_t)image[round + 2][100] + (uint64_t)field[round + 2][200];
    }
    return report(checksum);
}
