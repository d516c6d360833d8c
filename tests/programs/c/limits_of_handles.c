// More pollable things at once than an instance of a component may have: it traps; one of preview1 has no handles.
// oracle: file

#include <stdio.h>
#include <stdlib.h>
#include <wasi/api.h>

int main(void) {
    enum { COUNT = 1000001 };
    __wasi_subscription_t *wanted = calloc(COUNT, sizeof *wanted);
    __wasi_event_t *events = malloc(COUNT * sizeof *events);
    __wasi_size_t count = 0;
    for (int i = 0; i < COUNT; i++) wanted[i].u.tag = __WASI_EVENTTYPE_CLOCK;
    printf("before\n");
    fflush(stdout);
    int error = __wasi_poll_oneoff(wanted, events, COUNT, &count);
    printf("%d, all of them: %d\n", error, count == COUNT);
    return 0;
}
