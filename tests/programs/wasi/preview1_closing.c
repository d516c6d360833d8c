// A guest that writes a byte at a time, gives descriptors each other's numbers, and closes everything it has.
// dir: data
// file: data/file contents
// forms: core
// stderr: ignored

#include "preview1.h"

int main(void) {
    __wasi_fd_t file, folder;
    __wasi_size_t n;
    setvbuf(stdout, NULL, _IOLBF, 1024);
    for (int i = 0; i < 20000; i++) {
        __wasi_ciovec_t part = {(const uint8_t *)"0123456789" + i % 10, 1};
        if (__wasi_fd_write(2, &part, 1, &n) || n != 1) printf("write %d\n", i);
    }
    T(open_at(3, 0, "file", 0, RW, 0, &file));
    T(open_at(3, 0, ".", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READ, 0, &folder));
    // Everything to everything else, also standard streams and what was granted.
    T(__wasi_fd_renumber(file, 0));
    T(get(0, 8, &n));
    printf("%s\n", buffer);
    T(__wasi_fd_renumber(0, 0));
    T(__wasi_fd_renumber(folder, 2));
    T(__wasi_fd_renumber(2, 3));
    show(3, 0, "file");
    T(__wasi_fd_renumber(3, 100));
    T(__wasi_fd_renumber(100, 3));
    T(__wasi_fd_renumber(7, 3));
    T(__wasi_fd_close(3));
    T(__wasi_fd_close(3));
    T(__wasi_fd_close(0));
    for (int fd = 4; fd < 1000; fd++) {
        if (__wasi_fd_close(fd) == 0) printf("%d was open\n", fd);
    }
    T(open_at(3, 0, "file", 0, RW, 0, &file));
    T(__wasi_fd_close(1));
    // Nobody hears that.
    T(__wasi_fd_close(1));
    return 3;
}
