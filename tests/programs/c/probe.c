// What the sessions of tests/cli need of a guest: the first argument says what to do, the others are for it.
// args: exit 3

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

extern char **environ;

static int failed(const char *name) {
    printf("%s: %s\n", name, strerror(errno));
    return 1;
}

static int print_arguments(int argc, char **argv) {
    for (int i = 0; i < argc; i++) printf("%d [%s]\n", i, argv[i]);
    return 0;
}

static int print_environment(void) {
    for (char **variable = environ; *variable; variable++) puts(*variable);
    return 0;
}

static int print_preopens(void) {
    __wasi_prestat_t stat;
    for (int fd = 3; __wasi_fd_prestat_get(fd, &stat) == 0; fd++) {
        char name[1000] = "";
        __wasi_fd_prestat_dir_name(fd, (uint8_t *)name, stat.u.dir.pr_name_len);
        printf("%d %s\n", fd, name);
    }
    return 0;
}

static int print_file(const char *name) {
    FILE *file = fopen(name, "r");
    if (!file) return failed(name);
    for (int c; (c = getc(file)) != EOF;) putchar(c);
    return fclose(file);
}

static int write_file(const char *name, const char *text) {
    FILE *file = fopen(name, "w");
    if (!file) return failed(name);
    fputs(text, file);
    return fclose(file) ? failed(name) : 0;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static int list(const char *name) {
    DIR *folder = opendir(name);
    if (!folder) return failed(name);
    static char *names[1000];
    int count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) && count < 1000;) names[count++] = strdup(entry->d_name);
    qsort(names, count, sizeof *names, by_name);
    for (int i = 0; i < count; i++) puts(names[i]);
    return closedir(folder);
}

static int copy_input(void) {
    for (int c; (c = getchar()) != EOF;) putchar(c);
    return 0;
}

static int is(const char *wanted, const char *present) { return strcmp(wanted, present) == 0; }

int main(int argc, char **argv) {
    if (argc < 2) return print_arguments(argc, argv);
    const char *verb = argv[1], *first = argc > 2 ? argv[2] : "", *second = argc > 3 ? argv[3] : "";
    if (is(verb, "args")) return print_arguments(argc, argv);
    if (is(verb, "env")) return print_environment();
    if (is(verb, "preopens")) return print_preopens();
    if (is(verb, "cat")) return print_file(first);
    if (is(verb, "write")) return write_file(first, second);
    if (is(verb, "ls")) return list(first);
    if (is(verb, "mkdir")) return mkdir(first, 0777) ? failed(first) : 0;
    if (is(verb, "rm")) return unlink(first) ? failed(first) : 0;
    if (is(verb, "mv")) return rename(first, second) ? failed(first) : 0;
    if (is(verb, "stdin")) return copy_input();
    if (is(verb, "stderr")) return fputs("to standard error\n", stderr) < 0;
    if (is(verb, "exit")) exit(atoi(first));
    if (is(verb, "abort")) abort();
    return print_arguments(argc, argv);
}
