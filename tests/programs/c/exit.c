// What runs when a program exits, and its code.

#include <stdio.h>
#include <stdlib.h>

static void last(void) { puts("first registered, last run"); }
static void first(void) { puts("last registered, first run"); }

__attribute__((constructor)) static void before(void) { puts("constructor"); }
__attribute__((destructor)) static void after(void) { puts("destructor"); }

int main(void) {
    atexit(last);
    atexit(first);
    fputs("in main, without newline; ", stdout);
    exit(42);
}
