// Flags of descriptors: what one tells that was opened with each combination, and what can be changed of it.
// forms: core
// args: all
// dir: data
// file: data/file text
// oracle: file

#include <stdlib.h>

#include "preview1.h"

static void show_flags(int flags) {
    static const char *const names[] = {"append", "dsync", "nonblock", "rsync", "sync"};
    for (int bit = 0; bit < 5; bit++)
        if (flags >> bit & 1) printf(" %s", names[bit]);
}

static __wasi_fd_t open_with(int flags) {
    __wasi_fd_t fd;
    if (open_at(3, 0, "file", 0, RW, flags, &fd)) printf("can't be opened\n"), exit(1);
    return fd;
}

static int told(__wasi_fd_t fd) {
    __wasi_fdstat_t stat;
    return __wasi_fd_fdstat_get(fd, &stat) ? 0xff : stat.fs_flags;
}

static void all(void) {
    for (int flags = 0; flags < 32; flags++) {
        __wasi_fd_t fd = open_with(flags);
        printf("asked"), show_flags(flags), printf(": told"), show_flags(told(fd)), printf("\n");
        __wasi_fd_close(fd);
    }
    static const int sync[] = {0, __WASI_FDFLAGS_DSYNC, __WASI_FDFLAGS_SYNC};
    static const int others[] = {0, __WASI_FDFLAGS_APPEND, __WASI_FDFLAGS_NONBLOCK};
    for (int i = 0; i < 9; i++) {
        for (int j = 0; j < 9; j++) {
            int opened = sync[i / 3] | others[i % 3], set = sync[j / 3] | others[j % 3];
            __wasi_fd_t fd = open_with(opened);
            int error = __wasi_fd_fdstat_set_flags(fd, set);
            printf("opened with"), show_flags(opened), printf("; set"), show_flags(set);
            printf(": %s, told", name_of(error)), show_flags(told(fd)), printf("\n");
            __wasi_fd_close(fd);
        }
    }
}

// Opens the file with flags, and waits for the end of its input, so that somebody can look at what the system knows.
static void wait_with(int flags) {
    open_with(flags);
    printf("open\n"), fflush(stdout);
    getchar();
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "all")) wait_with(atoi(argv[1]));
    else all();
    return 0;
}
