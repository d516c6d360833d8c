// All that can be asked of a read-only directory and a file in it. tests/cli/embed.test compares what it says of files
// inside the executable with what it says of a granted folder.
// dir: .::/data
// file: file contents of a file\n

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

static char text[100];

static void tell(const char *what, long result) { printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : ""); }

static void positions(int file) {
    tell("read", read(file, text, 8)), printf("%.8s\n", text);
    tell("where", lseek(file, 0, SEEK_CUR));
    tell("pread", pread(file, text, 5, 9)), printf("%.5s\n", text);
    tell("past the end", pread(file, text, 5, 1000));
    tell("end", lseek(file, -5, SEEK_END));
    tell("rest", read(file, text, 100));
    tell("at the end", read(file, text, 100));
    tell("beyond", lseek(file, 1000, SEEK_SET));
    tell("read there", read(file, text, 100));
    tell("before the start", lseek(file, -1, SEEK_SET));
    tell("before the start", lseek(file, -2000, SEEK_CUR));
    tell("before the start", lseek(file, -2000, SEEK_END));
    tell("start", lseek(file, 0, SEEK_SET));
}

static void others(int file) {
    struct stat status;
    tell("fstat", fstat(file, &status));
    printf("%d %ld %d\n", S_ISREG(status.st_mode), (long)status.st_size, status.st_nlink > 0);
    tell("fsync", fsync(file));
    tell("fdatasync", fdatasync(file));
    tell("fadvise", posix_fadvise(file, 0, 10, POSIX_FADV_WILLNEED));
    tell("flags", fcntl(file, F_GETFL) & O_ACCMODE);
    struct pollfd wait = {file, POLLIN, 0};
    tell("poll", poll(&wait, 1, -1));
}

static int by_name(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static void entries(const char *path) {
    DIR *folder = opendir(path);
    static char *names[1000];
    int count = 0, folders = 0;
    for (struct dirent *entry; (entry = readdir(folder));) names[count++] = strdup(entry->d_name), folders += entry->d_type == DT_DIR;
    qsort(names, count, sizeof *names, by_name);
    printf("%d entries, %d folders: %s ... %s\n", count, folders, names[0], names[count - 1]);
    rewinddir(folder);
    printf("again: %d\n", readdir(folder) != NULL);
    closedir(folder);
}

int main(void) {
    int file = open("/data/file", O_RDONLY);
    positions(file);
    others(file);
    struct stat status;
    tell("stat", stat("/data/file", &status));
    tell("stat folder", stat("/data", &status)), printf("%d\n", S_ISDIR(status.st_mode));
    tell("none", stat("/data/none", &status));
    tell("as a folder", open("/data/file", O_RDONLY | O_DIRECTORY));
    tell("below a file", open("/data/file/x", O_RDONLY));
    int folder = open("/data", O_RDONLY | O_DIRECTORY);
    tell("read a folder", read(folder, text, 10));
    tell("openat", openat(folder, "file", O_RDONLY) >= 0);
    tell("fsync a folder", fsync(folder));
    entries("/data");
    return 0;
}
