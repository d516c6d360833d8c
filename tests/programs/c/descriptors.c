// What tests/cli/attacks_preview1.test and errors.test need of a guest besides paths: every kind of descriptor at either end
// of `fd_renumber`, timestamps at the ends of their range, and errors that none of the other programs sees.
// args: nothing

#include "../wasi/preview1.h"
#include <stdlib.h>

enum { BOX = 3 };

static const char *const kinds[] = {"stdin", "stdout", "stderr", "granted", "file", "directory", "closed", "beyond", "all-bits"};

static __wasi_fd_t number_of(int kind, __wasi_fd_t closed) {
    __wasi_fd_t fd;
    switch (kind) {
    case 0: case 1: case 2: return kind;
    case 3: return BOX;
    case 4: open_at(BOX, 0, "file", 0, RW, 0, &fd); return fd;
    case 5: open_at(BOX, 0, "sub", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READ, 0, &fd); return fd;
    case 6: return closed;
    case 7: return 100000;
    default: return -1;
    }
}

static const char *state(__wasi_fd_t fd) {
    __wasi_prestat_t granted;
    __wasi_fdstat_t stat;
    if (__wasi_fd_fdstat_get(fd, &stat)) return "closed";
    if (__wasi_fd_prestat_get(fd, &granted) == 0) return "granted";
    switch (stat.fs_filetype) {
    case __WASI_FILETYPE_REGULAR_FILE: return "file";
    case __WASI_FILETYPE_DIRECTORY: return "directory";
    default: return "stream";
    }
}

// What is told goes to a file, since standard output may be one of both.
static int renumber(int from_kind, int to_kind) {
    __wasi_fd_t report, closed;
    open_at(BOX, 0, "report", __WASI_OFLAGS_CREAT, RW, __WASI_FDFLAGS_APPEND, &report);
    open_at(BOX, 0, "file", 0, RW, 0, &closed);
    __wasi_fd_t from = number_of(from_kind, closed), to = number_of(to_kind, closed);
    __wasi_fd_close(closed);
    int error = __wasi_fd_renumber(from, to);
    static char line[200];
    __wasi_size_t written;
    snprintf(line, sizeof line, "%s to %s: %s, %s and %s\n", kinds[from_kind], kinds[to_kind], name_of(error),
             state(from), state(to));
    return put(report, line, &written);
}

static const __wasi_timestamp_t times[] = {
    0, 1, 999999999, 1000000000, 2147483647999999999, 2147483648000000000, 4294967295999999999, 4294967296000000000,
    9223372036854775807, 9223372036854775808u, 15032385535999999999u, 15032385536000000000u, 18446744073709551615u};
enum { TIMES = sizeof times / sizeof *times };

// Where some file systems end, in 2446. They keep the last time that they have instead.
static const __wasi_timestamp_t sure = 15032385535000000000u;

static void show_times(int error, __wasi_fd_t fd) {
    __wasi_filestat_t stat;
    int later = __wasi_fd_filestat_get(fd, &stat);
    if (error || later) printf("  %s, %s\n", name_of(error), name_of(later));
    else if (stat.mtim >= sure) printf("  at least 2446\n");
    else printf("  %llu %llu\n", (unsigned long long)stat.atim, (unsigned long long)stat.mtim);
}

static void set_times(void) {
    const int both = __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM;
    __wasi_fd_t fd;
    open_at(BOX, 0, "file", 0, RW, 0, &fd);
    for (int i = 0; i < TIMES; i++) {
        printf("%llu\n", (unsigned long long)times[i]);
        show_times(__wasi_fd_filestat_set_times(fd, times[i], times[i], both), fd);
        show_times(__wasi_path_filestat_set_times(BOX, 0, "file", 5, times[i], both), fd);
    }
    for (int flags = 0; flags < 32; flags++) {
        __wasi_fd_filestat_set_times(fd, 1, 2, both);
        int error = __wasi_fd_filestat_set_times(fd, 3, 4, flags);
        int path_error = __wasi_path_filestat_set_times(BOX, 0, "file", 3, 4, flags);
        __wasi_filestat_t stat;
        __wasi_fd_filestat_get(fd, &stat);
        const char *access = stat.atim == 1 ? "kept" : stat.atim == 3 ? "set" : "now";
        const char *modification = stat.mtim == 2 ? "kept" : stat.mtim == 4 ? "set" : "now";
        printf("flags %d: %s, %s; %s and %s\n", flags, name_of(error), name_of(path_error), access, modification);
    }
}

// The folder of tests/cli/errors.test, and one on another file system.
static void provoke_errors(void) {
    const __wasi_fd_t elsewhere = BOX + 1;
    __wasi_fd_t fd, end, opened[100];
    __wasi_size_t count;
    __wasi_filestat_t stat;
    __wasi_filesize_t position;
    T(open_at(BOX, 0, "locked", 0, RW, 0, &fd));
    T(__wasi_path_remove_directory(BOX, "full"));
    T(__wasi_path_rename(BOX, "file", elsewhere, "file"));
    T(__wasi_path_link(BOX, 0, "file", elsewhere, "file"));
    T(__wasi_path_filestat_get(elsewhere, 0, "late", &stat));

    T(open_at(BOX, 0, "file", 0, RW, 0, &fd));
    T(pput(fd, "x", 1 << 20, &count));
    T(__wasi_fd_filestat_set_size(fd, 1 << 20));
    T(__wasi_fd_filestat_set_size(fd, -1));
    T(__wasi_fd_seek(fd, -1, __WASI_WHENCE_SET, &position));
    T(__wasi_fd_close(fd));

    // A pipe: nobody reads, nobody writes, nobody reads any more.
    T(open_at(BOX, 0, "fifo", 0, __WASI_RIGHTS_FD_WRITE, __WASI_FDFLAGS_NONBLOCK, &end));
    T(open_at(BOX, 0, "fifo", 0, __WASI_RIGHTS_FD_READ, __WASI_FDFLAGS_NONBLOCK, &fd));
    T(open_at(BOX, 0, "fifo", 0, __WASI_RIGHTS_FD_WRITE, __WASI_FDFLAGS_NONBLOCK, &end));
    T(get(fd, 1, &count));
    T(__wasi_fd_seek(fd, 0, __WASI_WHENCE_CUR, &position));
    T(__wasi_fd_close(fd));
    T(put(end, "text", &count));
    T(__wasi_fd_close(end));

    int number = 0;
    while (number < 100 && !(last = open_at(BOX, 0, "file", 0, RW, 0, &opened[number]))) number++;
    printf("%d more: %s\n", number, name_of(last));
}

int main(int argc, char **argv) {
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "renumber") == 0) return renumber(atoi(argv[2]), atoi(argv[3]));
    if (strcmp(verb, "times") == 0) set_times();
    if (strcmp(verb, "errors") == 0) provoke_errors();
    if (strcmp(verb, "write") == 0) T(open_at(BOX, 0, argv[2], 0, RW, 0, &(__wasi_fd_t){0}));
    return 0;
}
