// The C library's snprintf and strtod: numbers and strings through format strings.
#include "kernel.h"

int main(void) {
    uint64_t checksum = 0;
    char line[128];
    for (int i = 0; i < 400000; i++) {
        uint32_t r = random32();
        int bytes = snprintf(line, sizeof line, "%08x %-12s %d %.6f %lld", r, r & 1 ? "left" : "right", (int)r / 3,
                             (double)r / 1000.0, (long long)r * r);
        checksum = checksum * 31 + (uint64_t)bytes + (unsigned char)line[bytes - 3];
        char *end;
        double value = strtod(line + 34, &end);
        checksum += (uint64_t)(int64_t)value + (uint64_t)(end - line);
    }
    return report(checksum);
}
