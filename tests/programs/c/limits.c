// Bounds on what a guest can make the host hold: descriptors, the bytes of one call, names. Each is an error, and the
// program goes on.
// dir: data
// oracle: file

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

static void descriptors(void) {
    int count = 0, fd, last = -1;
    while (count < 2000000 && (fd = open("data/file", O_RDWR | O_CREAT, 0644)) >= 0) count++, last = fd;
    int error = errno;
    printf("many descriptors: %d, then %s\n", count > 100, error == EMFILE || error == ENFILE || error == ENOMEM ? "no more" : strerror(error));
    for (int i = 4; i <= last; i++) close(i);
    printf("open again: %d\n", open("data/file", O_RDONLY) >= 0);
}

// A million slices of a megabyte: 2^40 bytes in one call, of which some may be written.
static void slices(void) {
    enum { COUNT = 1000000, BYTES = 1 << 20 };
    static __wasi_ciovec_t list[COUNT];
    static uint8_t block[BYTES];
    for (int i = 0; i < COUNT; i++) list[i] = (__wasi_ciovec_t){block, BYTES};
    __wasi_size_t written = 0;
    int fd = open("data/large", O_RDWR | O_CREAT, 0644);
    int error = __wasi_fd_write(fd, list, COUNT, &written);
    printf("a terabyte: %s\n", error || written < 0x80000000 ? "an error or a part" : "too much");
    for (int i = 0; i < COUNT; i++) list[i].buf_len = 0;
    error = __wasi_fd_write(fd, list, COUNT, &written);
    printf("nothing, a million times: %s\n", error || written == 0 ? "an error or nothing" : "something");
    ftruncate(fd, 0);
    close(fd);
}

static void names(void) {
    enum { BYTES = 10000000 };
    char *name = malloc(BYTES + 1);
    memset(name, 'x', BYTES);
    name[BYTES] = 0;
    __wasi_fd_t fd;
    int error = __wasi_path_open(3, 0, name, 0, 0, 0, 0, &fd);
    printf("a name of 10 MB: %d\n", error != 0);
    for (int i = 1; i < BYTES; i += 2) name[i] = '/';
    error = __wasi_path_open(3, 0, name, 0, 0, 0, 0, &fd);
    printf("a path of 5 million parts: %d\n", error != 0);
    free(name);
}

static void random_bytes(void) {
    enum { BYTES = 32 << 20 };
    uint8_t *bytes = malloc(BYTES);
    int error = __wasi_random_get(bytes, BYTES);
    printf("32 MB of random bytes: %s\n", error || bytes[BYTES - 1] + bytes[BYTES - 2] + bytes[BYTES - 3] ? "an error, or random" : "zeros");
}

static void subscriptions(void) {
    enum { COUNT = 100000 };
    __wasi_subscription_t *wanted = calloc(COUNT, sizeof *wanted);
    __wasi_event_t *events = malloc(COUNT * sizeof *events);
    __wasi_size_t count = 0;
    for (int i = 0; i < COUNT; i++) wanted[i].u.tag = __WASI_EVENTTYPE_CLOCK;
    int error = __wasi_poll_oneoff(wanted, events, COUNT, &count);
    printf("100,000 clocks: %s\n", error || count > 0 ? "an error, or events" : "nothing");
}

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    descriptors();
    slices();
    names();
    random_bytes();
    subscriptions();
    printf("still here\n");
    return 0;
}
