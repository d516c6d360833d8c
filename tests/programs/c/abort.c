// abort() traps.
// stderr: last line

#include <assert.h>
#include <stdio.h>

int main(void) {
    printf("before\n");
    fflush(stdout);
    assert(!"an assertion that fails");
}
