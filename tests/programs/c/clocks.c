// Clocks: they advance, have resolutions, agree with each other; sleeping takes as long as it should.

#include <errno.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long nanoseconds(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now)) return -1;
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void advances(const char *name, clockid_t clock) {
    struct timespec resolution;
    int known = clock_getres(clock, &resolution) == 0;
    long long first = nanoseconds(clock), last = first;
    int backwards = 0;
    for (int i = 0; i < 1000; i++) {
        long long now = nanoseconds(clock);
        backwards += now < last;
        last = now;
    }
    printf("%s: resolution %d, backwards %d, positive %d\n", name, known && resolution.tv_nsec > 0, backwards, first > 0);
}

static void sleeps(void) {
    long long before = nanoseconds(CLOCK_MONOTONIC);
    struct timespec duration = {0, 30000000};
    int result = nanosleep(&duration, NULL);
    long long slept = nanoseconds(CLOCK_MONOTONIC) - before;
    printf("nanosleep: %d, long enough %d, too long %d\n", result, slept >= 30000000, slept > 20000000000);
    before = nanoseconds(CLOCK_MONOTONIC);
    usleep(10000);
    printf("usleep: long enough %d\n", nanoseconds(CLOCK_MONOTONIC) - before >= 10000000);
    printf("sleep(0): %u\n", sleep(0));
}

int main(void) {
    advances("realtime", CLOCK_REALTIME);
    advances("monotonic", CLOCK_MONOTONIC);
    time_t now = time(NULL);
    printf("after 2020: %d, before 2200: %d\n", now > 1577836800, now < 7258118400);
    struct timeval day;
    gettimeofday(&day, NULL);
    printf("same second or the next: %d\n", day.tv_sec - now <= 1);
    time_t fixed = 1000000000;
    char text[100];
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %a %j", gmtime(&fixed));
    puts(text);
    struct tm parts = {.tm_year = 100, .tm_mon = 1, .tm_mday = 29};
    printf("%lld\n", (long long)mktime(&parts));
    sleeps();
    return 0;
}
