// What the test guests of preview1 share: the calls by short names, and their results in words.

#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

static inline const char *name_of(int error) {
    switch (error) {
    case __WASI_ERRNO_SUCCESS: return "ok";
    case __WASI_ERRNO_ACCES: return "ACCES";
    case __WASI_ERRNO_AGAIN: return "AGAIN";
    case __WASI_ERRNO_BADF: return "BADF";
    case __WASI_ERRNO_BUSY: return "BUSY";
    case __WASI_ERRNO_CONNRESET: return "CONNRESET";
    case __WASI_ERRNO_EXIST: return "EXIST";
    case __WASI_ERRNO_FBIG: return "FBIG";
    case __WASI_ERRNO_ILSEQ: return "ILSEQ";
    case __WASI_ERRNO_INVAL: return "INVAL";
    case __WASI_ERRNO_IO: return "IO";
    case __WASI_ERRNO_ISDIR: return "ISDIR";
    case __WASI_ERRNO_LOOP: return "LOOP";
    case __WASI_ERRNO_MFILE: return "MFILE";
    case __WASI_ERRNO_MSGSIZE: return "MSGSIZE";
    case __WASI_ERRNO_NAMETOOLONG: return "NAMETOOLONG";
    case __WASI_ERRNO_NOENT: return "NOENT";
    case __WASI_ERRNO_NOTCAPABLE: return "NOTCAPABLE";
    case __WASI_ERRNO_NOTCONN: return "NOTCONN";
    case __WASI_ERRNO_NOTDIR: return "NOTDIR";
    case __WASI_ERRNO_NOTEMPTY: return "NOTEMPTY";
    case __WASI_ERRNO_NOTSOCK: return "NOTSOCK";
    case __WASI_ERRNO_NOTSUP: return "NOTSUP";
    case __WASI_ERRNO_NXIO: return "NXIO";
    case __WASI_ERRNO_OVERFLOW: return "OVERFLOW";
    case __WASI_ERRNO_PERM: return "PERM";
    case __WASI_ERRNO_PIPE: return "PIPE";
    case __WASI_ERRNO_ROFS: return "ROFS";
    case __WASI_ERRNO_SPIPE: return "SPIPE";
    case __WASI_ERRNO_TXTBSY: return "TXTBSY";
    case __WASI_ERRNO_XDEV: return "XDEV";
    default: return "another error";
    }
}

static int last;
#define T(call) (last = (call), printf("%s: %s\n", #call, name_of(last)), last)

#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW
#define RW (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE)

static inline __wasi_errno_t open_at(int dir, int lookup, const char *path, int oflags, __wasi_rights_t rights, int fdflags,
                              __wasi_fd_t *fd) {
    *fd = 999;
    return __wasi_path_open(dir, lookup, path, oflags, rights, rights, fdflags, fd);
}

static inline __wasi_errno_t put(int fd, const char *text, __wasi_size_t *written) {
    __wasi_ciovec_t parts[3] = {{(const uint8_t *)text, 1}, {0, 0}, {(const uint8_t *)text + 1, strlen(text) - 1}};
    __wasi_size_t total = 0;
    while (total < strlen(text)) {
        __wasi_errno_t error = __wasi_fd_write(fd, parts, 3, written);
        if (error) return error;
        total += *written;
        for (int i = 0, rest = *written; i < 3; i++) {
            int taken = rest < (int)parts[i].buf_len ? rest : (int)parts[i].buf_len;
            parts[i].buf += taken, parts[i].buf_len -= taken, rest -= taken;
        }
    }
    *written = total;
    return 0;
}

static char buffer[4096];
static inline __wasi_errno_t get(int fd, __wasi_size_t count, __wasi_size_t *got) {
    __wasi_iovec_t part = {(uint8_t *)buffer, count};
    memset(buffer, 0, sizeof buffer);
    return __wasi_fd_read(fd, &part, 1, got);
}

static inline __wasi_errno_t pget(int fd, __wasi_size_t count, __wasi_filesize_t at, __wasi_size_t *got) {
    __wasi_iovec_t part = {(uint8_t *)buffer, count};
    memset(buffer, 0, sizeof buffer);
    return __wasi_fd_pread(fd, &part, 1, at, got);
}

static inline __wasi_errno_t pput(int fd, const char *text, __wasi_filesize_t at, __wasi_size_t *written) {
    __wasi_ciovec_t part = {(const uint8_t *)text, strlen(text)};
    return __wasi_fd_pwrite(fd, &part, 1, at, written);
}

static inline void show(int dir, int lookup, const char *path) {
    __wasi_filestat_t stat;
    int error = __wasi_path_filestat_get(dir, lookup, path, &stat);
    if (error)
        printf("  %s: %s\n", path, name_of(error));
    else
        printf("  %s: type %d links %d size %d\n", path, stat.filetype, (int)stat.nlink, (int)stat.size);
}
