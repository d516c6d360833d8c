// The Mandelbrot set in single precision, with conversions between integers and floats.
#include "kernel.h"

static NOINLINE int iterations(float cx, float cy, int most) {
    float x = 0, y = 0;
    int i = 0;
    for (; i < most && x * x + y * y < 4; i++) {
        float next = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = next;
    }
    return i;
}

int main(void) {
    uint64_t checksum = 0;
    for (int row = 0; row < 500; row++)
        for (int column = 0; column < 500; column++) {
            float cx = (float)column / 250.0f - 1.5f, cy = (float)row / 250.0f - 1.0f;
            int count = iterations(cx, cy, 1600);
            checksum = checksum * 31 + (uint64_t)(unsigned char)((float)count * 0.159f);
        }
    return report(checksum);
}
