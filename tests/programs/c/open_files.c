// Opens as many files as it can, up to a hundred, and closes them again, twice: what is closed makes room. The limits of
// tests/cli/limits.test end it earlier.
// dir: .

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void open_all(void) {
    static int files[100];
    int count = 0;
    while (count < 100 && (files[count] = open("./", O_RDONLY | O_DIRECTORY)) >= 0) count++;
    printf("%d, then %s\n", count, count < 100 ? strerror(errno) : "enough");
    fflush(stdout);
    for (int i = 0; i < count; i++) close(files[i]);
}

int main(void) {
    open_all();
    open_all();
    return 0;
}
