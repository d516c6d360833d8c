// Every `fd_*` and `path_*` function of preview1 in one writable directory (descriptor 3), with the errors that a guest
// can provoke. Prints each call and its result.
// dir: writable
// dir: other
// component: as core

#include "preview1.h"

enum { W = 3, R = 4 };

static int entry_count(int fd) {
    static uint8_t entries[100];
    __wasi_dircookie_t cookie = 0;
    int count = 0;
    for (;;) {
        __wasi_size_t used = 0;
        if (__wasi_fd_readdir(fd, entries, sizeof entries, cookie, &used)) return -1;
        __wasi_size_t at = 0;
        while (at + sizeof(__wasi_dirent_t) <= used) {
            __wasi_dirent_t entry;
            memcpy(&entry, entries + at, sizeof entry);
            if (at + sizeof entry + entry.d_namlen > used) break;
            at += sizeof entry + entry.d_namlen;
            cookie = entry.d_next;
            count++;
        }
        if (used < sizeof entries) return count;
    }
}

static void files(void) {
    __wasi_fd_t fd, other;
    __wasi_size_t n;
    __wasi_filesize_t at;
    T(open_at(W, 0, "a", 0, RW, 0, &fd));
    T(open_at(W, 0, "a", __WASI_OFLAGS_CREAT, RW, 0, &fd));
    T(open_at(W, 0, "a", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, RW, 0, &other));
    T(put(fd, "hello world", &n));
    printf("  %d\n", (int)n);
    T(__wasi_fd_tell(fd, &at));
    printf("  %d\n", (int)at);
    T(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
    T(get(fd, 5, &n));
    printf("  %d %s\n", (int)n, buffer);
    T(__wasi_fd_seek(fd, -3, __WASI_WHENCE_END, &at));
    printf("  %d\n", (int)at);
    T(__wasi_fd_seek(fd, 1, __WASI_WHENCE_CUR, &at));
    printf("  %d\n", (int)at);
    T(get(fd, 100, &n));
    printf("  %d %s\n", (int)n, buffer);
    T(get(fd, 100, &n));
    printf("  %d\n", (int)n);
    T(__wasi_fd_seek(fd, -1, __WASI_WHENCE_SET, &at));
    T(__wasi_fd_seek(fd, -100, __WASI_WHENCE_CUR, &at));
    T(pget(fd, 3, 6, &n));
    printf("  %d %s\n", (int)n, buffer);
    T(pget(fd, 3, 1000, &n));
    printf("  %d\n", (int)n);
    T(pput(fd, "WORLD", 6, &n));
    T(pget(fd, 100, 0, &n));
    printf("  %d %s\n", (int)n, buffer);
    T(__wasi_fd_filestat_set_size(fd, 5));
    show(W, 0, "a");
    T(__wasi_fd_filestat_set_size(fd, 8));
    T(__wasi_fd_filestat_set_size(fd, ~0ull));
    show(W, 0, "a");
    T(__wasi_fd_advise(fd, 0, 10, __WASI_ADVICE_WILLNEED));
    T(__wasi_fd_sync(fd));
    T(__wasi_fd_datasync(fd));
    T(__wasi_fd_filestat_set_times(fd, 1000000001, 2000000002, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
    __wasi_filestat_t stat;
    T(__wasi_fd_filestat_get(fd, &stat));
    printf("  %llu %llu size %d\n", stat.atim, stat.mtim, (int)stat.size);
    T(__wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW));
    T(__wasi_path_filestat_set_times(W, 0, "a", 7000000000ull, 0, __WASI_FSTFLAGS_ATIM));
    T(__wasi_fd_filestat_get(fd, &stat));
    printf("  %llu %llu\n", stat.atim, stat.mtim);
    T(__wasi_path_filestat_set_times(W, FOLLOW, "a", 0, 9, __WASI_FSTFLAGS_MTIM));
    T(__wasi_path_filestat_set_times(W, FOLLOW, "none", 0, 9, __WASI_FSTFLAGS_MTIM));
    T(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND));
    T(put(fd, "!", &n));
    T(pput(fd, "?", 0, &n));
    T(__wasi_fd_fdstat_set_flags(fd, 0));
    T(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_SYNC));
    T(pget(fd, 100, 8, &n));
    printf("  %d %s\n", (int)n, buffer);
    __wasi_fdstat_t fdstat;
    T(__wasi_fd_fdstat_get(fd, &fdstat));
    printf("  type %d flags %d read %d write %d\n", fdstat.fs_filetype, fdstat.fs_flags,
           !!(fdstat.fs_rights_base & __WASI_RIGHTS_FD_READ), !!(fdstat.fs_rights_base & __WASI_RIGHTS_FD_WRITE));
    T(__wasi_fd_fdstat_set_rights(fd, 0, 0));
    T(__wasi_fd_renumber(fd, 50));
    T(__wasi_fd_renumber(50, fd));
    T(open_at(W, 0, "b", __WASI_OFLAGS_CREAT, RW, __WASI_FDFLAGS_APPEND, &other));
    T(put(other, "12", &n));
    T(__wasi_fd_seek(other, 0, __WASI_WHENCE_SET, &at));
    T(put(other, "34", &n));
    T(pget(other, 10, 0, &n));
    printf("  %d %s\n", (int)n, buffer);
    T(__wasi_fd_renumber(other, fd));
    T(get(other, 1, &n));
    T(pget(fd, 10, 0, &n));
    printf("  %d %s\n", (int)n, buffer);
    T(__wasi_fd_close(fd));
    T(__wasi_fd_close(fd));
    T(open_at(W, 0, "b", 0, __WASI_RIGHTS_FD_READ, 0, &fd));
    T(put(fd, "x", &n));
    T(__wasi_fd_filestat_set_size(fd, 0));
    T(__wasi_fd_close(fd));
    T(open_at(W, 0, "b", 0, __WASI_RIGHTS_FD_WRITE, 0, &fd));
    T(get(fd, 1, &n));
    T(__wasi_fd_close(fd));
    T(open_at(W, 0, "b", __WASI_OFLAGS_TRUNC, RW, 0, &fd));
    T(__wasi_fd_close(fd));
    show(W, 0, "b");
    T(__wasi_sock_shutdown(W, 1));
    T(__wasi_sock_shutdown(99, 1));
}

static void directories(void) {
    __wasi_fd_t fd, file;
    __wasi_size_t n;
    T(__wasi_path_create_directory(W, "d"));
    T(__wasi_path_create_directory(W, "d"));
    T(__wasi_path_create_directory(W, "d/e/"));
    T(__wasi_path_create_directory(W, "none/e"));
    T(__wasi_path_create_directory(W, ""));
    T(__wasi_path_create_directory(W, "."));
    T(__wasi_path_create_directory(W, "../x"));
    T(__wasi_path_create_directory(W, "/x"));
    T(open_at(W, 0, "d", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READ, 0, &fd));
    T(open_at(W, 0, "a", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READ, 0, &file));
    T(open_at(W, 0, "d", 0, RW, 0, &file));
    T(open_at(W, 0, "d/", 0, __WASI_RIGHTS_FD_READ, 0, &file));
    T(__wasi_fd_close(file));
    T(open_at(W, 0, "a/", 0, __WASI_RIGHTS_FD_READ, 0, &file));
    T(open_at(W, 0, "a/.", 0, __WASI_RIGHTS_FD_READ, 0, &file));
    T(open_at(W, 0, "new/", __WASI_OFLAGS_CREAT, RW, 0, &file));
    T(open_at(W, 0, "d", __WASI_OFLAGS_DIRECTORY | __WASI_OFLAGS_CREAT, RW, 0, &file));
    T(open_at(fd, 0, "e/../../a", 0, __WASI_RIGHTS_FD_READ, 0, &file));
    T(open_at(fd, 0, "..", 0, __WASI_RIGHTS_FD_READ, 0, &file));
    T(open_at(fd, 0, "e/..", 0, __WASI_RIGHTS_FD_READ, 0, &file));
    T(__wasi_fd_close(file));
    T(open_at(99, 0, "e", 0, __WASI_RIGHTS_FD_READ, 0, &file));
    T(open_at(1, 0, "e", 0, __WASI_RIGHTS_FD_READ, 0, &file));
    T(get(fd, 1, &n));
    T(put(fd, "x", &n));
    __wasi_filesize_t at;
    T(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
    T(__wasi_fd_filestat_set_size(fd, 0));
    T(__wasi_fd_sync(fd));
    char name[30];
    for (int i = 0; i < 50; i++) {
        sprintf(name, "e/file-number-%d", i);
        if (open_at(fd, 0, name, __WASI_OFLAGS_CREAT, RW, 0, &file) || __wasi_fd_close(file)) printf("failed: %d\n", i);
    }
    __wasi_fd_t e;
    T(open_at(fd, 0, "e", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READ, 0, &e));
    printf("  %d entries\n", entry_count(e));
    printf("  %d entries\n", entry_count(fd));
    printf("  %d entries\n", entry_count(99));
    T(__wasi_path_remove_directory(fd, "e"));
    for (int i = 0; i < 50; i++) {
        sprintf(name, "e/file-number-%d", i);
        if (__wasi_path_unlink_file(fd, name)) printf("failed: %d\n", i);
    }
    printf("  %d entries\n", entry_count(e));
    T(__wasi_fd_close(e));
    T(__wasi_path_unlink_file(fd, "e"));
    T(__wasi_path_unlink_file(fd, "none"));
    T(__wasi_path_remove_directory(W, "a"));
    T(__wasi_path_unlink_file(W, "a/"));
    T(__wasi_fd_close(fd));
}

static void links(void) {
    __wasi_fd_t fd;
    __wasi_size_t n;
    T(__wasi_path_symlink("a", W, "link"));
    T(__wasi_path_symlink("a", W, "link"));
    T(__wasi_path_symlink("../outside", W, "out"));
    T(__wasi_path_symlink("/etc", W, "absolute"));
    T(__wasi_path_symlink("loop2", W, "loop1"));
    T(__wasi_path_symlink("loop1", W, "loop2"));
    T(__wasi_path_symlink("nowhere", W, "dangling"));
    T(__wasi_path_symlink("d", W, "to-d"));
    show(W, 0, "link");
    show(W, FOLLOW, "link");
    show(W, FOLLOW, "out");
    show(W, FOLLOW, "loop1");
    show(W, FOLLOW, "dangling");
    show(W, FOLLOW, "to-d/");
    T(__wasi_path_readlink(W, "link", (uint8_t *)buffer, sizeof buffer, &n));
    printf("  %d %.*s\n", (int)n, (int)n, buffer);
    T(__wasi_path_readlink(W, "out", (uint8_t *)buffer, 4, &n));
    printf("  %d %.*s\n", (int)n, (int)n, buffer);
    T(__wasi_path_readlink(W, "out", (uint8_t *)buffer, 0, &n));
    T(__wasi_path_readlink(W, "a", (uint8_t *)buffer, 10, &n));
    T(__wasi_path_readlink(W, "none", (uint8_t *)buffer, 10, &n));
    T(open_at(W, 0, "link", 0, RW, 0, &fd));
    T(open_at(W, FOLLOW, "link", 0, RW, 0, &fd));
    T(__wasi_fd_close(fd));
    T(open_at(W, FOLLOW, "out", 0, RW, 0, &fd));
    T(open_at(W, FOLLOW, "loop1", 0, RW, 0, &fd));
    T(open_at(W, FOLLOW, "dangling", 0, RW, 0, &fd));
    T(open_at(W, FOLLOW, "dangling", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, RW, 0, &fd));
    T(__wasi_path_filestat_set_times(W, 0, "link", 0, 5, __WASI_FSTFLAGS_MTIM));
    __wasi_filestat_t stat;
    T(__wasi_path_filestat_get(W, 0, "link", &stat));
    printf("  %llu\n", stat.mtim);
    T(__wasi_path_filestat_get(W, FOLLOW, "link", &stat));
    printf("  %d\n", stat.mtim == 5);
    T(__wasi_path_link(W, 0, "a", W, "hard"));
    T(__wasi_path_link(W, 0, "a", W, "hard"));
    T(__wasi_path_link(W, FOLLOW, "link", W, "hard2"));
    T(__wasi_path_link(W, 0, "d", W, "hard3"));
    T(__wasi_path_link(W, 0, "a", W, "../hard"));
    T(__wasi_path_link(W, 0, "link", W, "hard-link"));
    show(W, 0, "hard");
    show(W, 0, "hard-link");
    T(__wasi_path_rename(W, "hard", W, "d/moved"));
    T(__wasi_path_rename(W, "hard", W, "d/moved"));
    T(__wasi_path_rename(W, "d", W, "d/d"));
    T(__wasi_path_rename(W, "d", W, "a"));
    T(__wasi_path_rename(W, "a", W, "d"));
    T(__wasi_path_rename(W, "a", W, "../a"));
    T(__wasi_path_rename(W, "a", W, "a2/"));
    T(__wasi_path_rename(W, "a/", W, "a3"));
    T(__wasi_path_rename(W, "d", W, "d2/"));
    T(__wasi_path_rename(W, "d2/", W, "d"));
    show(W, 0, "d/moved");
    T(__wasi_path_unlink_file(W, "d/moved"));
    T(__wasi_path_unlink_file(W, "hard-link"));
    T(__wasi_path_unlink_file(W, "link"));
    T(__wasi_path_unlink_file(W, "to-d/"));
    T(__wasi_path_unlink_file(W, "to-d"));
    T(__wasi_path_unlink_file(W, "out"));
    T(__wasi_path_unlink_file(W, "loop1"));
    T(__wasi_path_unlink_file(W, "loop2"));
    T(__wasi_path_unlink_file(W, "dangling"));
    static char long_name[400];
    memset(long_name, 'x', sizeof long_name - 1);
    T(open_at(W, 0, "", 0, RW, 0, &fd));
    T(open_at(W, 0, long_name, 0, RW, 0, &fd));
}

static void preopens(void) {
    __wasi_prestat_t prestat;
    T(__wasi_fd_prestat_get(2, &prestat));
    T(__wasi_fd_prestat_get(W, &prestat));
    int length = prestat.u.dir.pr_name_len;
    memset(buffer, 0, sizeof buffer);
    T(__wasi_fd_prestat_dir_name(W, (uint8_t *)buffer, length));
    printf("  %d %s\n", length, buffer);
    T(__wasi_fd_prestat_dir_name(W, (uint8_t *)buffer, length - 1));
    T(__wasi_fd_prestat_dir_name(1, (uint8_t *)buffer, length));
    T(__wasi_fd_prestat_get(R, &prestat));
    T(__wasi_fd_prestat_get(5, &prestat));
    __wasi_fdstat_t fdstat;
    T(__wasi_fd_fdstat_get(W, &fdstat));
    printf("  %d %d %llx %llx\n", fdstat.fs_filetype, fdstat.fs_flags, fdstat.fs_rights_base,
           fdstat.fs_rights_inheriting);
    __wasi_size_t n;
    __wasi_filesize_t at;
    T(__wasi_fd_seek(0, 0, __WASI_WHENCE_SET, &at));
    T(__wasi_fd_tell(1, &at));
    T(pput(1, "x", 0, &n));
    T(pget(0, 1, 0, &n));
    T(put(0, "x", &n));
    T(get(1, 1, &n));
    T(get(77, 1, &n));
    __wasi_filestat_t stat;
    T(__wasi_fd_filestat_get(2, &stat));
    T(__wasi_fd_advise(1, 0, 0, 0));
    T(__wasi_fd_datasync(1));
}

int main(void) {
    preopens();
    files();
    directories();
    links();
    return 0;
}
