// Arguments and environment, of all shapes.
// args: one "two words" "" ünïcödé -x --long=1 'single'
// env: A=1
// env: EMPTY=
// env: WITH_EQUALS=a=b=c
// env: UNICODE=žluťoučký

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show(const char *name) {
    const char *value = getenv(name);
    printf("%s: %s\n", name, value ? value : "(none)");
}

int main(int argc, char **argv) {
    // argv[0] is whatever the program was started as.
    printf("%d arguments\n", argc);
    for (int i = 1; i < argc; i++) printf("%d: %zu bytes [%s]\n", i, strlen(argv[i]), argv[i]);
    show("A");
    show("EMPTY");
    show("WITH_EQUALS");
    show("UNICODE");
    show("HOME");
    show("PATH");
    setenv("A", "changed", 1);
    show("A");
    unsetenv("A");
    show("A");
    return argc;
}
