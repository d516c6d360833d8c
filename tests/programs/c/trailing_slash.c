// Every function that takes a path, with a slash at its end: on a file, a directory, links to each, a link to nothing, and
// on nothing; and with a dot behind the slash. It is plain POSIX: the answers are those of the same program on Linux itself,
// but that POSIX has `unlink` look behind a link.
// dir: .
// oracle: file

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *word(int result) {
    if (result >= 0) return "ok";
    switch (errno) {
    case EBUSY: return "EBUSY";
    case EEXIST: return "EEXIST";
    case EINVAL: return "EINVAL";
    case EISDIR: return "EISDIR";
    case ENOENT: return "ENOENT";
    case ENOTDIR: return "ENOTDIR";
    case ENOTEMPTY: return "ENOTEMPTY";
    case EPERM: return "EPERM";
    default: return "another error";
    }
}

static int touch(const char *path) {
    int fd = open(path, O_CREAT | O_WRONLY, 0644);
    return fd < 0 ? -1 : close(fd);
}

static void clear(void) {
    static const char *const names[] = {"file", "dir", "link_file", "link_dir", "dangling", "none", "other", "full/dir"};
    for (int i = 0; i < 8; i++) unlink(names[i]), rmdir(names[i]);
    rmdir("full");
}

static void make(void) {
    clear();
    touch("file"), touch("other");
    mkdir("dir", 0755), mkdir("full", 0755), mkdir("full/dir", 0755);
    symlink("file", "link_file"), symlink("dir", "link_dir"), symlink("nowhere", "dangling");
}

static int opened(const char *path, int flags) {
    int fd = open(path, flags, 0644);
    return fd < 0 ? -1 : close(fd);
}

static const char *type(int result, const struct stat *stat) {
    if (result < 0) return word(result);
    return S_ISDIR(stat->st_mode) ? "directory" : S_ISLNK(stat->st_mode) ? "link" : "file";
}

static int listed(const char *path) {
    DIR *directory = opendir(path);
    if (!directory) return -1;
    int count = 0;
    errno = 0;
    while (readdir(directory)) count++;
    int error = errno;
    closedir(directory);
    errno = error;
    return error ? -1 : count;
}

#define SHOW(name, call) (make(), printf("  " name ": %s\n", word(call)))

static void show(const char *path) {
    struct stat status;
    char text[20];
    struct timespec times[2] = {{7, 0}, {7, 0}};
    printf("%s\n", path);
    make();
    printf("  stat: %s\n", type(stat(path, &status), &status));
    printf("  lstat: %s\n", type(lstat(path, &status), &status));
    SHOW("open", opened(path, O_RDONLY));
    SHOW("open without following", opened(path, O_RDONLY | O_NOFOLLOW));
    SHOW("open a directory", opened(path, O_RDONLY | O_DIRECTORY));
    SHOW("list", listed(path));
    SHOW("open for writing", opened(path, O_WRONLY));
    SHOW("truncate", opened(path, O_RDWR | O_TRUNC));
    SHOW("create", opened(path, O_WRONLY | O_CREAT));
    SHOW("create a new one", opened(path, O_WRONLY | O_CREAT | O_EXCL));
    SHOW("set times", utimensat(AT_FDCWD, path, times, 0));
    SHOW("set times without following", utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW));
    printf("  the link's own time: %s\n", lstat("link_dir", &status) == 0 && status.st_mtime == 7 ? "set" : "kept");
    SHOW("mkdir", mkdir(path, 0755));
    SHOW("symlink", symlink("x", path));
    SHOW("readlink", readlink(path, text, sizeof text));
    SHOW("link to it", link("file", path));
    SHOW("link from it", (unlink("other"), link(path, "other")));
    SHOW("rename a file to it", rename("other", path));
    SHOW("rename a directory to it", rename("full/dir", path));
    SHOW("rename it to a file", rename(path, "other"));
    SHOW("rename it to a directory", rename(path, "full/dir"));
    SHOW("rename it to nothing", (rmdir("full/dir"), rename(path, "full/dir")));
    SHOW("rename it to nothing with a slash", (rmdir("full/dir"), rename(path, "full/dir/")));
    SHOW("unlink", unlink(path));
    SHOW("rmdir", rmdir(path));
    printf("  afterwards: %s, %s\n", type(lstat("dir", &status), &status), type(lstat("link_dir", &status), &status));
}

int main(void) {
    static const char *const paths[] = {"file/", "dir/", "link_file/", "link_dir/", "dangling/", "none/", "dir//", "dir/.", "link_dir/.", "dir/./", "link_dir/./", "file/./", "none/./"};
    for (int i = 0; i < 13; i++) show(paths[i]);
    clear();
    return 0;
}
