// More random bytes at once than the host holds for one call: a component's call traps, one of preview1 needs no copy.
// oracle: file

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <wasi/api.h>

int main(void) {
    enum { BYTES = 200 << 20 };
    uint8_t *bytes = malloc(BYTES);
    printf("before\n");
    fflush(stdout);
    int error = __wasi_random_get(bytes, BYTES);
    printf("%d, zeros: %d\n", error, !(bytes[BYTES - 1] | bytes[BYTES - 2] | bytes[BYTES - 3] | bytes[0]));
    return 0;
}
