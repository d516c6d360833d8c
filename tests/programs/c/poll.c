// Waiting for several things at once: poll on files and standard streams, with and without a time limit.
// dir: data::/data
// stdin: input

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>

static void files(void) {
    int fd = open("/data/file", O_RDWR | O_CREAT, 0644);
    write(fd, "contents", 8);
    lseek(fd, 0, SEEK_SET);
    short wanted[] = {POLLIN, POLLOUT};
    for (int i = 0; i < 2; i++) {
        struct pollfd polled = {fd, wanted[i], 0};
        int ready = poll(&polled, 1, 1000);
        printf("ready %d: in %d out %d\n", ready, !!(polled.revents & POLLIN), !!(polled.revents & POLLOUT));
    }
    struct pollfd output = {1, POLLOUT, 0}, input = {0, POLLIN, 0};
    printf("output %d\n", poll(&output, 1, 1000));
    printf("input %d\n", poll(&input, 1, -1));
    close(fd);
}

static void clocks(void) {
    __wasi_subscription_t wanted[2];
    __wasi_event_t events[2];
    __wasi_size_t count = 0;
    memset(wanted, 0, sizeof wanted);
    for (int i = 0; i < 2; i++) {
        wanted[i].userdata = 100 + i;
        wanted[i].u.tag = __WASI_EVENTTYPE_CLOCK;
        wanted[i].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
        wanted[i].u.u.clock.timeout = i == 0 ? 20000000000000 : 5000000;
    }
    int error = __wasi_poll_oneoff(wanted, events, 2, &count);
    printf("poll_oneoff: %d, %d events, first %d of kind %d\n", error, (int)count, (int)events[0].userdata, events[0].type);
    __wasi_timestamp_t now;
    __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &now);
    wanted[0].u.u.clock.timeout = now + 3000000;
    wanted[0].u.u.clock.flags = __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME;
    error = __wasi_poll_oneoff(wanted, events, 1, &count);
    printf("absolute: %d, %d events, %d\n", error, (int)count, (int)events[0].userdata);
    error = __wasi_poll_oneoff(wanted, events, 0, &count);
    printf("none: %s\n", error == __WASI_ERRNO_INVAL ? "invalid" : "another error");
}

int main(void) {
    files();
    clocks();
    char line[20] = "";
    printf("%zd %s\n", read(0, line, sizeof line - 1), line);
    return 0;
}
