// Directories: make, list (more entries than one call returns), rename, remove, walk, working directory.
// dir: work::/

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECK(call) printf("%s: %s\n", #call, (call) < 0 ? strerror(errno) : "ok")

static int touch(const char *name) {
    int fd = open(name, O_WRONLY | O_CREAT, 0644);
    return fd < 0 ? -1 : close(fd);
}

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

static void list(const char *name) {
    static char lines[2000][60];
    int count = 0;
    DIR *folder = opendir(name);
    if (!folder) {
        printf("%s: %s\n", name, strerror(errno));
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder));)
        snprintf(lines[count++], 60, "%s %s", entry->d_type == DT_DIR ? "d" : entry->d_type == DT_LNK ? "l" : "f", entry->d_name);
    closedir(folder);
    qsort(lines, count, sizeof *lines, by_text);
    printf("%s has %d:", name, count);
    for (int i = 0; i < count; i++)
        if (i < 8 || i >= count - 2) printf(" %s,", lines[i]);
    puts("");
}

static void many(void) {
    CHECK(mkdir("/many", 0777));
    char name[100];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "/many/file-with-a-long-name-%04d", i);
        if (touch(name) < 0) perror(name);
    }
    list("/many");
    DIR *folder = opendir("/many");
    for (int i = 0; i < 10; i++) readdir(folder);
    rewinddir(folder);
    int all = 0;
    while (readdir(folder)) all++;
    closedir(folder);
    printf("again %d\n", all);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "/many/file-with-a-long-name-%04d", i);
        if (unlink(name) < 0) perror(name);
    }
    list("/many");
    CHECK(rmdir("/many"));
}

static void tree(void) {
    CHECK(mkdir("/a", 0777));
    CHECK(mkdir("/a", 0777));
    CHECK(mkdir("/a/b", 0777));
    CHECK(mkdir("/x/y", 0777));
    CHECK(touch("/a/b/file"));
    CHECK(symlink("b/file", "/a/link"));
    list("/a");
    list("/a/b");
    list("/a/b/file");
    CHECK(rmdir("/a/b"));
    CHECK(unlink("/a/b"));
    CHECK(rename("/a/b", "/moved"));
    list("/a");
    list("/moved");
    CHECK(rename("/moved", "/a"));
    CHECK(unlink("/moved/file"));
    CHECK(rmdir("/moved"));
    CHECK(unlink("/a/link"));
    CHECK(rmdir("/a"));
    list("/");
}

static void working_directory(void) {
    CHECK(mkdir("/home", 0777));
    CHECK(chdir("/home"));
    CHECK(touch("here"));
    char path[100];
    printf("%s\n", getcwd(path, sizeof path));
    list(".");
    list("..");
    CHECK(touch("../there"));
    CHECK(access("/there", F_OK));
    CHECK(unlink("../there"));
    CHECK(unlink("here"));
    CHECK(chdir("/"));
    CHECK(rmdir("home"));
}

int main(void) {
    many();
    tree();
    working_directory();
    return 0;
}
