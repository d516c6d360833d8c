// Going back to a place in a directory, which C has as a `long`: 32 bits.
// dir: many

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int rest(DIR *folder) {
    int count = 0;
    while (readdir(folder)) count++;
    return count;
}

int main(void) {
    char name[50];
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "many/%d", i);
        close(open(name, O_WRONLY | O_CREAT, 0644));
    }
    DIR *folder = opendir("many");
    for (int i = 0; i < 200; i++) readdir(folder);
    long place = telldir(folder);
    int first = rest(folder);
    seekdir(folder, place);
    int again = rest(folder);
    printf("%d %d\n", first, again);
    seekdir(folder, place);
    printf("%d\n", rest(folder));
    return 0;
}
