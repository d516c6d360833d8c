// Much of everything that has to do with files: bytes through one, entries of a directory, things to wait for. Here in small
// numbers; `cargo xtask bench load` has large ones.
// dir: data

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

static char block[65536];

static int failed(const char *what) {
    printf("%s: %s\n", what, strerror(errno));
    return 1;
}

// Writes so many megabytes and reads them again.
static int through_a_file(long megabytes) {
    long blocks = megabytes * 16, wrong = 0;
    int file = open("data/large", O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (file < 0) return failed("open");
    for (long i = 0; i < blocks; i++) {
        memset(block, i % 251, sizeof block);
        if (write(file, block, sizeof block) != sizeof block) return failed("write");
    }
    lseek(file, 0, SEEK_SET);
    for (long i = 0; i < blocks; i++) {
        if (read(file, block, sizeof block) != sizeof block) return failed("read");
        wrong += block[0] != (char)(i % 251) || block[65535] != (char)(i % 251);
    }
    close(file);
    unlink("data/large");
    printf("%ld blocks, %ld wrong\n", blocks, wrong);
    return 0;
}

static int copy(const char *from, const char *to) {
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (in < 0 || out < 0) return failed("open");
    for (long count; (count = read(in, block, sizeof block)) > 0;)
        if (write(out, block, count) != count) return failed("write");
    close(in);
    return close(out);
}

// Makes so many files, finds them all, and removes them.
static int entries(long count) {
    char name[40];
    if (mkdir("data/many", 0755)) return failed("mkdir");
    for (long i = 0; i < count; i++) {
        sprintf(name, "data/many/entry%ld", i);
        int file = open(name, O_WRONLY | O_CREAT, 0644);
        if (file < 0) return failed("open");
        close(file);
    }
    long found = 0, sum = 0;
    DIR *folder = opendir("data/many");
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.') found++, sum += atol(entry->d_name + 5);
    closedir(folder);
    for (long i = 0; i < count; i++) {
        sprintf(name, "data/many/entry%ld", i);
        if (unlink(name)) return failed("unlink");
    }
    printf("%ld entries, all: %d, %d\n", found, sum == count * (count - 1) / 2, rmdir("data/many"));
    return 0;
}

// Waits for so many things at once, of which one is ready, a thousand times.
static int pollables(int count) {
    __wasi_subscription_t *wanted = calloc(count, sizeof *wanted);
    __wasi_event_t *events = calloc(count, sizeof *events);
    long ready = 0;
    for (int i = 0; i < count; i++) {
        wanted[i].userdata = i;
        wanted[i].u.tag = __WASI_EVENTTYPE_CLOCK;
        wanted[i].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
        wanted[i].u.u.clock.timeout = i == count / 2 ? 0 : 3600000000000;
    }
    for (int round = 0; round < 1000; round++) {
        __wasi_size_t happened = 0;
        if (__wasi_poll_oneoff(wanted, events, count, &happened)) return failed("poll");
        ready += happened == 1 && events[0].userdata == count / 2;
    }
    printf("%ld times\n", ready);
    return 0;
}

int main(int argc, char **argv) {
    const char *verb = argc > 2 ? argv[1] : "";
    if (strcmp(verb, "file") == 0) return through_a_file(atol(argv[2]));
    if (strcmp(verb, "copy") == 0) return copy(argv[2], argv[3]);
    if (strcmp(verb, "entries") == 0) return entries(atol(argv[2]));
    if (strcmp(verb, "pollables") == 0) return pollables(atoi(argv[2]));
    return through_a_file(5) || entries(500) || pollables(50);
}
