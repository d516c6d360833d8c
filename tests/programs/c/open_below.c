// Files that are opened below a directory that the program has opened itself, for reading alone: what it may do with them
// depends on the grant.
// dir: data
// dir: fixed:ro
// file: fixed/file text
// oracle: file

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void tell(const char *what, long result) { printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok"); }
#define T(call) tell(#call, call)

static void below(int directory, const char *name) {
    char text[9] = "";
    int fd;
    T(fd = openat(directory, name, O_RDONLY));
    T(read(fd, text, 8));
    printf("  \"%s\"\n", text), memset(text, 0, sizeof text);
    T(write(fd, "x", 1));
    close(fd);
    T(fd = openat(directory, name, O_WRONLY));
    if (fd >= 0) T(write(fd, "J", 1)), T(read(fd, text, 8)), close(fd);
    T(fd = openat(directory, name, O_WRONLY | O_APPEND));
    if (fd >= 0) T(write(fd, "!", 1)), close(fd);
    T(fd = openat(directory, name, O_RDWR));
    if (fd >= 0) T(read(fd, text, 8)), printf("  \"%s\"\n", text), T(ftruncate(fd, 2)), close(fd);
    T(fd = openat(directory, name, O_RDWR | O_TRUNC));
    if (fd >= 0) T(write(fd, "t", 1)), close(fd);
}

int main(void) {
    int directory, deeper, fd;
    T(mkdir("data/sub", 0755));
    T(directory = open("data/sub", O_RDONLY | O_DIRECTORY));
    T(fd = openat(directory, "new", O_CREAT | O_RDWR, 0644));
    T(write(fd, "hello", 5));
    close(fd);
    below(directory, "new");
    T(mkdirat(directory, "sub", 0755));
    T(deeper = openat(directory, "sub", O_RDONLY | O_DIRECTORY));
    T(fd = openat(deeper, "new", O_CREAT | O_EXCL | O_WRONLY, 0644));
    T(write(fd, "deep", 4));
    close(fd);
    T(renameat(directory, "new", deeper, "newer"));
    T(unlinkat(deeper, "newer", 0));
    close(deeper), close(directory);

    T(directory = open("fixed", O_RDONLY | O_DIRECTORY));
    T(openat(directory, "new", O_CREAT | O_RDWR, 0644));
    below(directory, "file");
    T(mkdirat(directory, "sub", 0755));
    T(unlinkat(directory, "file", 0));
    return 0;
}
