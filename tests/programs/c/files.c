// Files of a granted directory: create, read, write, seek, append, truncate, times, rename, links, errors.
// dir: data::/data

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define CHECK(call) printf("%s: %s\n", #call, (call) < 0 ? strerror(errno) : "ok")

static void show(const char *name) {
    struct stat stat;
    if (lstat(name, &stat) < 0) {
        printf("  %s: %s\n", name, strerror(errno));
        return;
    }
    const char *kind = S_ISDIR(stat.st_mode) ? "directory" : S_ISREG(stat.st_mode) ? "file" : S_ISLNK(stat.st_mode) ? "link" : "?";
    printf("  %s: %s", name, kind);
    if (S_ISREG(stat.st_mode)) printf(" of %lld bytes, %d links", (long long)stat.st_size, (int)stat.st_nlink);
    puts("");
}

static void streams(void) {
    FILE *file = fopen("/data/text", "w+");
    if (!file) {
        perror("fopen");
        exit(1);
    }
    for (int i = 0; i < 1000; i++) fprintf(file, "line %d\n", i);
    printf("at %ld\n", ftell(file));
    rewind(file);
    char line[50];
    for (int i = 0; i < 500; i++) fgets(line, sizeof line, file);
    printf("%s", line);
    fseek(file, -9, SEEK_END);
    fgets(line, sizeof line, file);
    printf("%s", line);
    fseek(file, 5, SEEK_SET);
    fputs("X", file);
    fflush(file);
    rewind(file);
    fgets(line, sizeof line, file);
    printf("%s", line);
    fclose(file);
    file = fopen("/data/text", "a");
    fputs("appended\n", file);
    fclose(file);
    show("/data/text");
}

static void descriptors(void) {
    int fd = open("/data/bytes", O_RDWR | O_CREAT | O_EXCL, 0644);
    CHECK(fd);
    CHECK(open("/data/bytes", O_RDWR | O_CREAT | O_EXCL, 0644));
    char block[4096];
    for (int i = 0; i < 4096; i++) block[i] = i * 7;
    long total = 0;
    for (int i = 0; i < 40; i++) total += write(fd, block, sizeof block);
    printf("wrote %ld\n", total);
    CHECK(pwrite(fd, "0123456789", 10, 100000));
    char part[11] = "";
    CHECK(pread(fd, part, 10, 100000));
    printf("%s at %lld\n", part, (long long)lseek(fd, 0, SEEK_CUR));
    CHECK(ftruncate(fd, 50));
    show("/data/bytes");
    CHECK(ftruncate(fd, 5000));
    printf("%zd\n", pread(fd, block, 4096, 4999));
    printf("beyond the end: %zd\n", pread(fd, block, 4096, 5000));
    printf("sparse: %lld\n", (long long)lseek(fd, 1 << 20, SEEK_SET));
    CHECK(write(fd, "x", 1));
    show("/data/bytes");
    CHECK(lseek(fd, -1, SEEK_SET));
    CHECK(fsync(fd));
    CHECK(fdatasync(fd));
    CHECK(close(fd));
    CHECK(close(fd));
    fd = open("/data/bytes", O_RDONLY);
    CHECK(write(fd, "x", 1));
    CHECK(close(fd));
}

static void times(void) {
    struct timespec when[2] = {{1000000000, 500}, {1500000000, 999999999}};
    CHECK(utimensat(AT_FDCWD, "/data/text", when, 0));
    struct stat stat;
    CHECK(lstat("/data/text", &stat));
    printf("%lld.%09ld %lld.%09ld\n", (long long)stat.st_atim.tv_sec, stat.st_atim.tv_nsec,
           (long long)stat.st_mtim.tv_sec, stat.st_mtim.tv_nsec);
}

static void names(void) {
    CHECK(rename("/data/bytes", "/data/renamed"));
    show("/data/bytes");
    show("/data/renamed");
    CHECK(link("/data/renamed", "/data/second"));
    show("/data/renamed");
    CHECK(symlink("renamed", "/data/symbolic"));
    show("/data/symbolic");
    char target[50] = "";
    printf("%zd %s\n", readlink("/data/symbolic", target, sizeof target), target);
    int fd = open("/data/symbolic", O_RDONLY);
    CHECK(fd);
    close(fd);
    CHECK(open("/data/symbolic", O_RDONLY | O_NOFOLLOW) < 0 ? -1 : 0);
    CHECK(symlink("../../etc/passwd", "/data/outside"));
    CHECK(open("/data/outside", O_RDONLY));
    CHECK(unlink("/data/second"));
    CHECK(unlink("/data/second"));
    CHECK(unlink("/data/symbolic"));
    show("/data/renamed");
}

static void errors(void) {
    CHECK(open("/data/missing", O_RDONLY));
    CHECK(open("/data/missing/below", O_RDWR | O_CREAT, 0644));
    CHECK(open("/data/renamed/below", O_RDONLY));
    CHECK(open("/etc/passwd", O_RDONLY));
    CHECK(open("/data/../etc/passwd", O_RDONLY));
    CHECK(open("", O_RDONLY));
    CHECK(mkdir("/data/renamed", 0777));
    CHECK(rmdir("/data/renamed"));
    CHECK(unlink("/data/missing"));
}

int main(void) {
    streams();
    descriptors();
    times();
    names();
    errors();
    return 0;
}
