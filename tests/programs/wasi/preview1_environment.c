// Arguments, environment, clocks, random bytes and polling of preview1. Started with the arguments `one`, `` and
// `three` and the variables A=1 and B= (granted), standard input at its end.
// args: one "" three
// env: A=1
// env: B=
// component: as core

#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

static uint8_t *strings[20];
static uint8_t bytes[4096];

static void arguments(void) {
    __wasi_size_t count, size;
    printf("args_sizes_get %d\n", __wasi_args_sizes_get(&count, &size));
    printf("args_get %d\n", __wasi_args_get(strings, bytes));
    for (__wasi_size_t i = 1; i < count; i++) printf("  [%s]\n", strings[i]);
    printf("environ_sizes_get %d\n", __wasi_environ_sizes_get(&count, &size));
    printf("environ_get %d\n", __wasi_environ_get(strings, bytes));
    printf("  %d variables in %d bytes\n", (int)count, (int)size);
    for (__wasi_size_t i = 0; i < count; i++) printf("  [%s]\n", strings[i]);
}

static void clocks(void) {
    __wasi_timestamp_t first, second, resolution;
    for (int id = 0; id < 2; id++) {
        int a = __wasi_clock_time_get(id, 0, &first);
        int b = __wasi_clock_time_get(id, 0, &second);
        int c = __wasi_clock_res_get(id, &resolution);
        printf("clock %d: %d %d %d %s %s\n", id, a, b, c, second >= first ? "goes on" : "goes back",
               resolution > 0 && resolution <= 1000000000 ? "fine" : "odd");
    }
    (void)!__wasi_clock_time_get(__WASI_CLOCKID_REALTIME, 0, &first);
    printf("%s\n", first > 1700000000ull * 1000000000ull ? "this century" : "long ago");
}

static void randomness(void) {
    uint8_t a[100] = {0}, b[100] = {0};
    printf("random_get %d %d\n", __wasi_random_get(a, 100), __wasi_random_get(b, 100));
    printf("%s\n", memcmp(a, b, 100) ? "differ" : "the same");
    printf("random_get of nothing %d\n", __wasi_random_get(a, 0));
}

static __wasi_subscription_t clock_in(int id, __wasi_userdata_t userdata, __wasi_timestamp_t timeout, int flags) {
    __wasi_subscription_t s;
    memset(&s, 0, sizeof s);
    s.userdata = userdata;
    s.u.tag = __WASI_EVENTTYPE_CLOCK;
    s.u.u.clock.id = id;
    s.u.u.clock.timeout = timeout;
    s.u.u.clock.flags = flags;
    return s;
}

static __wasi_subscription_t fd_event(int type, __wasi_userdata_t userdata, int fd) {
    __wasi_subscription_t s;
    memset(&s, 0, sizeof s);
    s.userdata = userdata;
    s.u.tag = type;
    s.u.u.fd_read.file_descriptor = fd;
    return s;
}

static void poll(const char *what, __wasi_subscription_t *subscriptions, int count) {
    static __wasi_event_t events[1000];
    __wasi_size_t happened = 0;
    __wasi_timestamp_t before, after;
    (void)!__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &before);
    int error = __wasi_poll_oneoff(subscriptions, events, count, &happened);
    (void)!__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &after);
    printf("%s: %d, %d events%s\n", what, error, (int)happened, after - before > 25000000 ? " after a while" : "");
    for (__wasi_size_t i = 0; i < happened && i < 5; i++)
        printf("  %d type %d error %d\n", (int)events[i].userdata, events[i].type, events[i].error);
}

static void polling(void) {
    static __wasi_subscription_t s[1000];
    poll("nothing", s, 0);
    s[0] = clock_in(__WASI_CLOCKID_MONOTONIC, 1, 30000000, 0);
    poll("30 ms", s, 1);
    s[0] = clock_in(__WASI_CLOCKID_REALTIME, 2, 30000000, 0);
    poll("30 ms of the wall", s, 1);
    __wasi_timestamp_t now;
    (void)!__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &now);
    s[0] = clock_in(__WASI_CLOCKID_MONOTONIC, 3, now + 30000000, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
    s[1] = clock_in(__WASI_CLOCKID_MONOTONIC, 4, ~0ull, 0);
    poll("an absolute moment", s, 2);
    (void)!__wasi_clock_time_get(__WASI_CLOCKID_REALTIME, 0, &now);
    s[0] = clock_in(__WASI_CLOCKID_REALTIME, 5, now + 30000000, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
    s[1] = clock_in(__WASI_CLOCKID_REALTIME, 6, ~0ull, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
    poll("an absolute moment of the wall", s, 2);
    s[0] = clock_in(__WASI_CLOCKID_REALTIME, 7, 0, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
    s[1] = clock_in(__WASI_CLOCKID_MONOTONIC, 8, 1000000000000, 0);
    poll("the past", s, 2);
    s[0] = fd_event(__WASI_EVENTTYPE_FD_WRITE, 9, 1);
    s[1] = clock_in(__WASI_CLOCKID_MONOTONIC, 10, 1000000000000, 0);
    s[2] = fd_event(__WASI_EVENTTYPE_FD_WRITE, 11, 2);
    poll("standard output", s, 3);
    s[0] = fd_event(__WASI_EVENTTYPE_FD_READ, 12, 0);
    s[1] = clock_in(__WASI_CLOCKID_MONOTONIC, 13, 1000000000000, 0);
    poll("standard input", s, 2);
    s[0] = fd_event(__WASI_EVENTTYPE_FD_READ, 14, 99);
    poll("no descriptor", s, 1);
    s[0] = fd_event(__WASI_EVENTTYPE_FD_READ, 15, 1);
    poll("reading standard output", s, 1);
    for (int i = 0; i < 1000; i++) s[i] = clock_in(__WASI_CLOCKID_MONOTONIC, i, 30000000 + i * 1000000000ull, 0);
    poll("a thousand", s, 1000);
}

int main(void) {
    arguments();
    clocks();
    randomness();
    polling();
    printf("sched_yield %d\n", __wasi_sched_yield());
    fflush(stdout);
    __wasi_proc_exit(77);
}
