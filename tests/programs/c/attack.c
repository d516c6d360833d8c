// What tests/cli/attacks.test and attacks_preview1.test need of a guest: every operation that takes a path, with paths
// that are meant to lead out.
// `%` and two hexadecimal digits in a path are a byte. `*COUNT` at its end repeats the last byte before it.
// args: nothing

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

// The granted directories: one that may be changed, one that may not.
enum { BOX = 3, FIXED = 4 };
#define RW (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE)
#define READ __WASI_RIGHTS_FD_READ
#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW

static const char *word(int error) {
    switch (error) {
    case 0: return "ok";
    case __WASI_ERRNO_ACCES: return "ACCES";
    case __WASI_ERRNO_BADF: return "BADF";
    case __WASI_ERRNO_BUSY: return "BUSY";
    case __WASI_ERRNO_EXIST: return "EXIST";
    case __WASI_ERRNO_ILSEQ: return "ILSEQ";
    case __WASI_ERRNO_INVAL: return "INVAL";
    case __WASI_ERRNO_ISDIR: return "ISDIR";
    case __WASI_ERRNO_LOOP: return "LOOP";
    case __WASI_ERRNO_NAMETOOLONG: return "NAMETOOLONG";
    case __WASI_ERRNO_NOENT: return "NOENT";
    case __WASI_ERRNO_NOTDIR: return "NOTDIR";
    case __WASI_ERRNO_NOTEMPTY: return "NOTEMPTY";
    case __WASI_ERRNO_NXIO: return "NXIO";
    case __WASI_ERRNO_PERM: return "PERM";
    case __WASI_ERRNO_SPIPE: return "SPIPE";
    case __WASI_ERRNO_XDEV: return "XDEV";
    default: return "another error";
    }
}

// The results of one path.
static struct { const char *operation, *result; } results[40];
static int count;
static int any_error;

static void tell(const char *operation, int error) {
    results[count].operation = operation;
    results[count++].result = any_error && error ? "refused" : word(error);
}

static int is(const char *a, const char *b) { return strcmp(a, b) == 0; }

// The most frequent result, and what has others; one word for neighbours that have the same.
static void finish(const char *path) {
    const char *most = "", *last;
    for (int i = 0, most_count = 0; i < count; i++) {
        int same = 0;
        for (int j = 0; j < count; j++) same += is(results[i].result, results[j].result);
        if (same > most_count) most = results[i].result, most_count = same;
    }
    printf("%s: %s", path, last = most);
    for (int i = 0; i < count; i++) {
        if (is(results[i].result, most)) continue;
        if (is(results[i].result, last)) printf("/%s", results[i].operation);
        else printf(", %s %s", results[i].result, results[i].operation);
        last = results[i].result;
    }
    printf("\n");
    count = 0;
}

static int open_close(int dir, int lookup, const char *path, int oflags, __wasi_rights_t rights) {
    __wasi_fd_t fd;
    int error = __wasi_path_open(dir, lookup, path, oflags, rights, rights, 0, &fd);
    if (!error) __wasi_fd_close(fd);
    return error;
}

static int look(int dir, int lookup, const char *path) {
    __wasi_filestat_t stat;
    return __wasi_path_filestat_get(dir, lookup, path, &stat);
}

static int link_text(int dir, const char *path) {
    uint8_t text[100];
    __wasi_size_t count;
    return __wasi_path_readlink(dir, path, text, sizeof text, &count);
}

static void reads(int dir, const char *path) {
    tell("open", open_close(dir, FOLLOW, path, 0, READ));
    tell("nofollow", open_close(dir, 0, path, 0, READ));
    tell("directory", open_close(dir, FOLLOW, path, __WASI_OFLAGS_DIRECTORY, READ));
    tell("stat", look(dir, FOLLOW, path));
    tell("lstat", look(dir, 0, path));
    tell("readlink", link_text(dir, path));
}

// Nothing of that may succeed where the path leads out.
static void changes(int dir, const char *path) {
    tell("write", open_close(dir, FOLLOW, path, 0, RW));
    tell("truncate", open_close(dir, FOLLOW, path, __WASI_OFLAGS_TRUNC, RW));
    tell("create", open_close(dir, FOLLOW, path, __WASI_OFLAGS_CREAT, RW));
    tell("ncreate", open_close(dir, 0, path, __WASI_OFLAGS_CREAT, RW));
    tell("exclusive", open_close(dir, FOLLOW, path, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, RW));
    tell("times", __wasi_path_filestat_set_times(dir, FOLLOW, path, 0, 1000000000, __WASI_FSTFLAGS_MTIM));
    tell("ltimes", __wasi_path_filestat_set_times(dir, 0, path, 0, 1000000000, __WASI_FSTFLAGS_MTIM));
    tell("mkdir", __wasi_path_create_directory(dir, path));
    tell("symlink", __wasi_path_symlink("x", dir, path));
    tell("link-to", __wasi_path_link(BOX, 0, "file", dir, path));
    tell("rename-to", __wasi_path_rename(BOX, "spare", dir, path));
    tell("link-from", __wasi_path_link(dir, 0, path, BOX, "linked"));
    tell("flink-from", __wasi_path_link(dir, FOLLOW, path, BOX, "followed"));
    tell("rename-from", __wasi_path_rename(dir, path, BOX, "moved"));
    tell("unlink", __wasi_path_unlink_file(dir, path));
    tell("rmdir", __wasi_path_remove_directory(dir, path));
}

static const char *decode(const char *text) {
    char *path = malloc(100000), *end = path;
    for (; *text; text++) {
        if (*text == '%') {
            char digits[3] = {text[1], text[2], 0};
            *end++ = strtol(digits, NULL, 16), text += 2;
        } else if (*text == '*') {
            int count = atoi(text + 1);
            memset(end, end[-1], count), end += count;
            break;
        } else {
            *end++ = *text;
        }
    }
    *end = 0;
    return path;
}

// Opens `place/secret` over and over while another program swaps `place` for a link that leads out.
static int look_while_swapped(int rounds) {
    int secrets = 0;
    for (int i = 0; i < rounds; i++) {
        __wasi_fd_t fd;
        char text[10] = "";
        __wasi_iovec_t part = {(uint8_t *)text, 9};
        __wasi_size_t count;
        if (__wasi_path_open(BOX, FOLLOW, "place/secret", 0, READ, READ, 0, &fd)) continue;
        __wasi_fd_read(fd, &part, 1, &count);
        secrets += strncmp(text, "inside", 6) != 0;
        __wasi_fd_close(fd);
    }
    printf("%d secrets\n", secrets);
    return 0;
}

static int swap(int rounds) {
    for (int i = 0; i < rounds; i++) {
        __wasi_path_rename(BOX, "place", BOX, "kept");
        __wasi_path_rename(BOX, "out", BOX, "place");
        __wasi_path_rename(BOX, "place", BOX, "out");
        __wasi_path_rename(BOX, "kept", BOX, "place");
    }
    return 0;
}

int main(int argc, char **argv) {
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "look") == 0) return look_while_swapped(atoi(argv[2]));
    if (strcmp(verb, "swap") == 0) return swap(atoi(argv[2]));
    any_error = strcmp(verb, "refused") == 0;
    for (int i = 2; i < argc; i++) {
        int dir = strcmp(verb, "fixed") == 0 ? FIXED : BOX;
        const char *path = decode(argv[i]);
        reads(dir, path);
        if (strcmp(verb, "read") != 0 && !any_error) changes(dir, path);
        finish(argv[i]);
    }
    return 0;
}
