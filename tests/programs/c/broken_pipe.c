// What tests/cli/broken_pipe.test needs of a guest: it writes until that fails, and tells the error.
// args: 1

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static char bytes[4096];
    memset(bytes, 'x', sizeof bytes);
    for (int i = 0; i < atoi(argv[argc - 1]); i++) {
        if (write(1, bytes, sizeof bytes) < 0) {
            fprintf(stderr, "%s\n", strerror(errno));
            return 3;
        }
    }
    return 0;
}
