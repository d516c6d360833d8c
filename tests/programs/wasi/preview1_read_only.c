// What preview1 refuses below a directory that was granted for reading only (descriptor 4), and between it and a
// writable one (descriptor 3).
// dir: writable
// dir: fixed:ro
// dir: fixed/sub:ro
// file: fixed/fixed.txt fixed
// oracle: file

#include "preview1.h"

enum { W = 3, R = 4 };

int main(void) {
    __wasi_fd_t fd, dir;
    __wasi_size_t n;
    T(open_at(W, 0, "a", __WASI_OFLAGS_CREAT, RW, 0, &fd));
    T(__wasi_fd_close(fd));
    T(open_at(R, 0, "fixed.txt", 0, RW, 0, &fd));
    T(open_at(R, 0, "fixed.txt", __WASI_OFLAGS_TRUNC, __WASI_RIGHTS_FD_READ, 0, &fd));
    T(open_at(R, 0, "new", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_READ, 0, &fd));
    T(open_at(R, 0, "fixed.txt", 0, __WASI_RIGHTS_FD_READ, 0, &fd));
    T(get(fd, 100, &n));
    printf("  %d %s\n", (int)n, buffer);
    // A core module hears BADF, a component PERM.
    printf("written: %s\n", put(fd, "x", &n) && pput(fd, "x", 0, &n) ? "refused" : "done");
    T(__wasi_fd_filestat_set_size(fd, 0));
    T(__wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_MTIM_NOW));
    T(__wasi_fd_close(fd));
    T(__wasi_path_create_directory(R, "d"));
    T(__wasi_path_unlink_file(R, "fixed.txt"));
    T(__wasi_path_remove_directory(R, "sub"));
    T(__wasi_path_rename(R, "fixed.txt", R, "x"));
    T(__wasi_path_rename(R, "fixed.txt", W, "x"));
    T(__wasi_path_rename(W, "a", R, "x"));
    T(__wasi_path_link(R, 0, "fixed.txt", W, "x"));
    T(__wasi_path_link(W, 0, "a", R, "x"));
    T(__wasi_path_symlink("a", R, "x"));
    T(__wasi_path_filestat_set_times(R, 0, "fixed.txt", 0, 0, __WASI_FSTFLAGS_MTIM_NOW));
    T(open_at(R, 0, "sub", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READ, 0, &dir));
    T(open_at(dir, 0, "new", __WASI_OFLAGS_CREAT, RW, 0, &fd));
    T(__wasi_path_create_directory(dir, "new"));
    T(__wasi_fd_filestat_set_times(dir, 0, 0, __WASI_FSTFLAGS_MTIM_NOW));
    T(__wasi_fd_close(dir));
    show(R, 0, "fixed.txt");
    return 0;
}
