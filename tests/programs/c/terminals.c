// Which of the standard streams are terminals; tests/cli/terminals.test gives it some.

#include <stdio.h>
#include <unistd.h>

int main(void) {
    for (int i = 0; i < 3; i++) printf("%d %s\n", i, isatty(i) ? "a terminal" : "none");
    return 0;
}
