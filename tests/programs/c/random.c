// Random numbers: not all the same, spread over all values; lengths up to what one call refuses.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    static unsigned char bytes[100000];
    unsigned counts[256] = {0};
    for (int at = 0; at < 100000; at += 250)
        if (getentropy(bytes + at, 250)) perror("getentropy");
    for (int i = 0; i < 100000; i++) counts[bytes[i]]++;
    int rare = 0, frequent = 0;
    for (int i = 0; i < 256; i++) rare += counts[i] < 200, frequent += counts[i] > 600;
    printf("rare %d, frequent %d\n", rare, frequent);
    printf("too much: %d %s\n", getentropy(bytes, 257), strerror(errno));
    printf("nothing: %d\n", getentropy(bytes, 0));
    arc4random_buf(bytes, 1000);
    unsigned char first = bytes[0];
    int same = 1;
    for (int i = 1; i < 1000; i++) same &= bytes[i] == first;
    printf("all the same: %d, below 10: %d\n", same, arc4random_uniform(10) < 10);
    srand(1);
    printf("%d %d\n", rand() != rand(), RAND_MAX > 0);
    return 0;
}
