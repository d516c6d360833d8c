// What the types of preview1 don't have: unknown numbers and flags, names that aren't UTF-8, numbers at the ends of
// their range, descriptors that were closed. Each is an error; none ends the program.
// dir: data::/data
// forms: core
// oracle: file

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))
IMPORT(clock_time_get) int32_t clock_time_get(int32_t id, int64_t precision, uint64_t *time);
IMPORT(clock_res_get) int32_t clock_res_get(int32_t id, uint64_t *resolution);
IMPORT(fd_advise) int32_t fd_advise(int32_t fd, int64_t offset, int64_t length, int32_t advice);
IMPORT(fd_allocate) int32_t fd_allocate(int32_t fd, int64_t offset, int64_t length);
IMPORT(fd_close) int32_t fd_close(int32_t fd);
IMPORT(fd_fdstat_set_flags) int32_t fd_fdstat_set_flags(int32_t fd, int32_t flags);
IMPORT(fd_filestat_get) int32_t fd_filestat_get(int32_t fd, void *stat);
IMPORT(fd_filestat_set_size) int32_t fd_filestat_set_size(int32_t fd, int64_t size);
IMPORT(fd_filestat_set_times) int32_t fd_filestat_set_times(int32_t fd, int64_t atim, int64_t mtim, int32_t flags);
IMPORT(fd_pread) int32_t fd_pread(int32_t fd, void *iovs, int32_t count, int64_t offset, uint32_t *read);
IMPORT(fd_pwrite) int32_t fd_pwrite(int32_t fd, void *iovs, int32_t count, int64_t offset, uint32_t *written);
IMPORT(fd_read) int32_t fd_read(int32_t fd, void *iovs, int32_t count, uint32_t *read);
IMPORT(fd_readdir) int32_t fd_readdir(int32_t fd, void *buffer, int32_t bytes, int64_t cookie, uint32_t *used);
IMPORT(fd_renumber) int32_t fd_renumber(int32_t fd, int32_t to);
IMPORT(fd_seek) int32_t fd_seek(int32_t fd, int64_t offset, int32_t whence, uint64_t *position);
IMPORT(fd_tell) int32_t fd_tell(int32_t fd, uint64_t *position);
IMPORT(fd_write) int32_t fd_write(int32_t fd, void *iovs, int32_t count, uint32_t *written);
IMPORT(path_create_directory) int32_t path_create_directory(int32_t fd, const char *path, int32_t length);
IMPORT(path_filestat_get) int32_t path_filestat_get(int32_t fd, int32_t flags, const char *path, int32_t length, void *stat);
IMPORT(path_open)
int32_t path_open(int32_t fd, int32_t lookup, const char *path, int32_t length, int32_t oflags, int64_t rights,
                  int64_t inherited, int32_t fdflags, uint32_t *opened);
IMPORT(poll_oneoff) int32_t poll_oneoff(void *in, void *out, int32_t count, uint32_t *happened);
IMPORT(proc_raise) int32_t proc_raise(int32_t signal);
IMPORT(sock_accept) int32_t sock_accept(int32_t fd, int32_t flags, uint32_t *accepted);
IMPORT(sock_shutdown) int32_t sock_shutdown(int32_t fd, int32_t how);

#define T(call) printf("%s: %d\n", #call, call)
#define NAME(text) text, sizeof text - 1

enum { DATA = 3, RW = 1 << 1 | 1 << 6, CREATE = 1 };

static uint64_t number;
static uint32_t n, fd;
static uint64_t stat[8];
static char bytes[64];
static char huge[70000];

int main(void) {
    T(clock_time_get(4, 0, &number));
    T(clock_time_get(-1, 0, &number));
    T(clock_res_get(4, &number));
    T(path_open(DATA, 0, NAME("file"), CREATE, RW, RW, 0, &fd));
    T(path_open(DATA, 2, NAME("file"), 0, RW, RW, 0, &n));
    T(path_open(DATA, 0, NAME("file"), 0x10, RW, RW, 0, &n));
    T(path_open(DATA, 0, NAME("file"), 0, 1ll << 40, RW, 0, &n));
    T(path_open(DATA, 0, NAME("file"), 0, RW, RW, 0x20, &n));
    T(path_open(DATA, 0, NAME("\xff"), CREATE, RW, RW, 0, &n));
    T(path_open(DATA, 0, NAME("a\0b"), CREATE, RW, RW, 0, &n));
    T(path_open(DATA, 0, NAME(""), CREATE, RW, RW, 0, &n));
    memset(huge, 'x', sizeof huge);
    T(path_open(DATA, 0, huge, sizeof huge, CREATE, RW, RW, 0, &n));
    T(path_filestat_get(DATA, 4, NAME("file"), stat));
    T(path_create_directory(DATA, NAME("\xc3")));
    T(path_create_directory(-1, NAME("d")));
    T(fd_seek(fd, 0, 3, &number));
    T(fd_seek(fd, INT64_MIN, 0, &number));
    T(fd_seek(fd, INT64_MAX, 1, &number));
    T(fd_seek(fd, INT64_MIN, 1, &number));
    T(fd_seek(fd, INT64_MIN, 2, &number));
    T(fd_seek(-1, 0, 0, &number));
    T(fd_seek(fd, 0, 0, &number));
    T(fd_tell(99, &number));
    T(fd_advise(fd, 0, 0, 6));
    T(fd_advise(fd, -1, -1, 0));
    T(fd_allocate(fd, -1, 1));
    T(fd_allocate(fd, 0, 0));
    T(fd_allocate(fd, INT64_MAX, INT64_MAX));
    T(fd_filestat_set_size(fd, -1));
    T(fd_filestat_set_size(fd, INT64_MIN));
    T(fd_filestat_set_times(fd, 0, 0, 0x10));
    T(fd_filestat_set_times(fd, 0, 0, 3));
    T(fd_filestat_set_times(fd, 0, 0, 12));
    T(fd_filestat_set_times(fd, 1073741823, 1073741822, 5));
    T(fd_filestat_get(fd, stat));
    printf("%llu %llu\n", stat[5], stat[6]);
    T(fd_filestat_set_times(fd, -1, -1, 5));
    T(fd_filestat_set_times(fd, 0, 0, 5));
    T(fd_fdstat_set_flags(fd, 0x20));
    T(fd_fdstat_set_flags(fd, 2));
    T(fd_fdstat_set_flags(0, 0));
    T(fd_readdir(DATA, bytes, sizeof bytes, -1, &n));
    printf("%u bytes\n", n);
    T(fd_readdir(fd, bytes, sizeof bytes, 0, &n));
    T(fd_readdir(DATA, bytes, 0, 0, &n));
    printf("%u bytes\n", n);

    // Lists: empty, of empty buffers, more than there is room for, one buffer inside another.
    struct { void *buffer; uint32_t length; } list[100];
    for (int i = 0; i < 100; i++) list[i].buffer = bytes, list[i].length = i == 50 ? 3 : 0;
    strcpy(bytes, "abcdef");
    T(fd_write(fd, list, 0, &n));
    printf("%u bytes\n", n);
    T(fd_write(fd, list, 100, &n));
    printf("%u bytes\n", n);
    for (int i = 0; i < 100; i++) list[i].length = 1;
    T(fd_write(fd, list, 100, &n));
    printf("%s\n", n > 0 && n <= 100 ? "some" : "none");
    T(fd_pread(fd, list, 1, -1, &n));
    T(fd_pread(fd, list, 1, INT64_MAX, &n));
    T(fd_pwrite(fd, list, 1, -1, &n));
    T(fd_pwrite(fd, list, 1, INT64_MAX, &n));
    list[0].buffer = bytes, list[0].length = 4, list[1].buffer = bytes + 2, list[1].length = 4;
    T(fd_pread(fd, list, 2, 0, &n));
    printf("%u %.4s\n", n, bytes);
    list[0].length = 0;
    T(fd_read(1, list, 1, &n));
    T(fd_write(0, list, 1, &n));
    T(fd_read(DATA, list, 1, &n));

    T(proc_raise(31));
    T(proc_raise(6));
    T(sock_accept(fd, 0, &n));
    T(sock_accept(fd, 0x40, &n));
    T(sock_shutdown(fd, 4));
    static uint64_t subscription[6], event[4];
    ((uint8_t *)subscription)[8] = 3;
    T(poll_oneoff(subscription, event, 1, &n));
    ((uint8_t *)subscription)[8] = 0;
    ((uint32_t *)subscription)[4] = 9;
    T(poll_oneoff(subscription, event, 1, &n));

    T(fd_renumber(fd, fd));
    T(fd_renumber(fd, -1));
    T(fd_renumber(-1, fd));
    T(fd_renumber(DATA, fd));
    T(path_filestat_get(DATA, 0, NAME("file"), stat));
    T(path_filestat_get(fd, 0, NAME("file"), stat));
    T(fd_close(fd));
    T(fd_close(fd));
    T(fd_close(-1));
    T(fd_close(0));
    T(fd_read(0, list, 1, &n));
    return 0;
}
