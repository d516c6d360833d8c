// One thread swaps names in a granted directory: `place` between a directory and links to a directory outside, `name`
// between a file and links to a file outside. Two others do all that takes a path through these names meanwhile.
// tests/cli/attacks_threads.test has links and what they lead to; where those aren't, everything stays inside.
// forms: core
// oracle: file
// dir: box
// args: 30

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

enum { BOX = 3, FOLLOW = __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW };
#define READ (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_READDIR)
#define WRITE (READ | __WASI_RIGHTS_FD_WRITE)
static const char inside[] = "inside the box\n";

static int rounds;
static atomic_int swapping = 1, escapes;

static int open_at(int directory, int lookup, const char *path, int flags, __wasi_rights_t rights) {
    __wasi_fd_t file;
    return __wasi_path_open(directory, lookup, path, flags, rights, rights, 0, &file) ? -1 : (int)file;
}

static void escape(const char *how, const char *path) {
    if (atomic_fetch_add(&escapes, 1) < 10) dprintf(2, "%s %s\n", how, path);
}

static void move(const char *from, const char *to) { __wasi_path_rename(BOX, from, BOX, to); }

// The links are absolute and relative ones, and one that goes on through another.
static void *swap(void *unused) {
    static const char *const directories[] = {"to_outside", "to_outside_absolute", "to_outside_by_link", "to_root"};
    static const char *const files[] = {"to_secret", "to_secret_absolute", "to_secret_by_link", "to_nothing"};
    for (int round = 0; round < rounds; round++) {
        const char *link = directories[round % 4], *file = files[round % 4];
        move("place", "kept");
        move(link, "place");
        move("name", "kept_name");
        move(file, "name");
        move("place", link);
        move("kept", "place");
        move("name", file);
        move("kept_name", "name");
    }
    atomic_store(&swapping, 0);
    return unused;
}

// What can be read is what lies inside, which is empty where a name was away and a file was made in its place.
static void check_contents(int file, const char *path) {
    char text[sizeof inside];
    __wasi_iovec_t buffer = {(uint8_t *)text, sizeof text};
    __wasi_size_t count;
    if (__wasi_fd_read(file, &buffer, 1, &count) || count == 0) return;
    if (count != sizeof inside - 1 || memcmp(text, inside, count)) escape("read", path);
}

static void read_file(int directory, const char *path) {
    int file = open_at(directory, FOLLOW, path, 0, READ);
    if (file < 0) return;
    check_contents(file, path);
    __wasi_fd_close(file);
}

// Where `stat` follows a link that leads out, its size tells of it.
static void stat_file(const char *path) {
    __wasi_filestat_t stat;
    if (__wasi_path_filestat_get(BOX, FOLLOW, path, &stat)) return;
    if (stat.filetype != __WASI_FILETYPE_REGULAR_FILE || stat.size == 0) return;
    if (stat.size != sizeof inside - 1) escape("stat", path);
}

static void read_directory(const char *path) {
    int directory = open_at(BOX, FOLLOW, path, __WASI_OFLAGS_DIRECTORY, READ | __WASI_RIGHTS_PATH_OPEN);
    if (directory < 0) return;
    uint8_t entries[4096];
    __wasi_size_t count;
    if (!__wasi_fd_readdir(directory, entries, sizeof entries, 0, &count)) {
        for (__wasi_size_t i = 0; i + 13 <= count; i++) {
            if (memcmp(entries + i, "outside_marker", 13) == 0) escape("readdir", path);
        }
    }
    read_file(directory, "secret");
    read_file(directory, "../name");
    __wasi_fd_close(directory);
}

static void *read_all(void *unused) {
    static const char *const paths[] = {
        "place/secret", "./place/./secret", "place/../place/secret", "place/sub/../secret", "name", "place/../name",
    };
    while (atomic_load(&swapping)) {
        for (int i = 0; i < 6; i++) {
            read_file(BOX, paths[i]);
            stat_file(paths[i]);
        }
        read_directory("place");
        read_directory("place/");
        read_directory("place/sub/..");
    }
    return unused;
}

// What is made is looked for by the test, outside.
static void *write_all(void *unused) {
    while (atomic_load(&swapping)) {
        int file = open_at(BOX, FOLLOW, "place/created", __WASI_OFLAGS_CREAT, WRITE);
        if (file >= 0) __wasi_fd_close(file);
        file = open_at(BOX, 0, "place/exclusive", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, WRITE);
        if (file >= 0) __wasi_fd_close(file);
        // `name` may dangle: a file that is created there stays inside.
        file = open_at(BOX, FOLLOW, "name", __WASI_OFLAGS_CREAT, WRITE);
        if (file >= 0) {
            check_contents(file, "name, created");
            __wasi_fd_close(file);
        }
        __wasi_path_create_directory(BOX, "place/made");
        __wasi_path_create_directory(BOX, "place/made/deeper/");
        __wasi_path_symlink("somewhere", BOX, "place/link");
        __wasi_path_link(BOX, 0, "spare", BOX, "place/linked");
        __wasi_path_link(BOX, FOLLOW, "name", BOX, "stolen");
        read_file(BOX, "stolen");
        __wasi_path_unlink_file(BOX, "stolen");
        __wasi_path_rename(BOX, "place/created", BOX, "place/renamed");
        __wasi_path_rename(BOX, "place/outside_marker", BOX, "taken");
        __wasi_path_filestat_set_times(BOX, FOLLOW, "place/secret", 5, 5, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM);
        __wasi_path_filestat_set_times(BOX, FOLLOW, "name", 5, 5, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM);
        file = open_at(BOX, FOLLOW, "place/emptied", __WASI_OFLAGS_TRUNC, WRITE);
        if (file >= 0) __wasi_fd_close(file);
        for (int i = 0; i < 4; i++) {
            static const char *const made[] = {"place/exclusive", "place/link", "place/linked", "place/renamed"};
            __wasi_path_unlink_file(BOX, made[i]);
        }
        __wasi_path_remove_directory(BOX, "place/made/deeper");
        __wasi_path_remove_directory(BOX, "place/made");
        __wasi_path_remove_directory(BOX, "place/empty_outside");
    }
    return unused;
}

static void write_inside(const char *path) {
    int file = open_at(BOX, 0, path, __WASI_OFLAGS_CREAT, WRITE);
    __wasi_ciovec_t buffer = {(const uint8_t *)inside, sizeof inside - 1};
    __wasi_size_t count;
    if (file < 0 || __wasi_fd_write(file, &buffer, 1, &count)) abort();
    __wasi_fd_close(file);
}

int main(int count, char **arguments) {
    rounds = count > 1 ? atoi(arguments[1]) : 0;
    __wasi_path_create_directory(BOX, "place");
    __wasi_path_create_directory(BOX, "place/sub");
    write_inside("place/secret");
    write_inside("name");
    write_inside("spare");
    pthread_t threads[3];
    void *(*starts[])(void *) = {swap, read_all, write_all};
    for (int i = 0; i < 3; i++) {
        if (pthread_create(&threads[i], NULL, starts[i], NULL)) abort();
    }
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    printf("%d escapes\n", atomic_load(&escapes));
    return 0;
}
