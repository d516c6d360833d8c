// POSIX threads of C: mutexes, condition variables, values of a thread's own, atomics of all widths; threads that divide
// work, wait in turns, and come and go.
// forms: core
// oracle: file

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 6 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void run(void *(*start)(void *), void **values) {
    pthread_t threads[THREADS];
    for (intptr_t i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, start, (void *)i)) abort();
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], values ? &values[i] : NULL);
}

// A matrix is multiplied by itself, a band of rows for each thread.
enum { SIZE = 96 };
static double matrix[SIZE][SIZE], product[SIZE][SIZE];

static void *multiply(void *band) {
    for (int row = (intptr_t)band; row < SIZE; row += THREADS) {
        for (int column = 0; column < SIZE; column++) {
            double sum = 0;
            for (int i = 0; i < SIZE; i++) sum += matrix[row][i] * matrix[i][column];
            product[row][column] = sum;
        }
    }
    return NULL;
}

static void divide_work(void) {
    for (int i = 0; i < SIZE * SIZE; i++) matrix[i / SIZE][i % SIZE] = (i * 7919 % 101) / 8.0;
    run(multiply, NULL);
    double trace = 0;
    for (int i = 0; i < SIZE; i++) trace += product[i][i];
    printf("trace %.6f, corners %.6f %.6f\n", trace, product[0][SIZE - 1], product[SIZE - 1][0]);
}

// The threads write in turns, each into a place that only the turn protects.
static int turn;
static char text[200];

static void *write_in_turns(void *number) {
    for (int round = 0; round < 5; round++) {
        pthread_mutex_lock(&mutex);
        while (turn % THREADS != (intptr_t)number) pthread_cond_wait(&changed, &mutex);
        text[turn++] = 'a' + (intptr_t)number;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

// Variables of a thread's own, one of which is large, and a key with a destructor.
static _Thread_local int own = 5;
static _Thread_local char large[3000] = "own";
static pthread_key_t key;
static atomic_int destroyed;

static void destroy(void *value) {
    atomic_fetch_add(&destroyed, *(int *)value);
    free(value);
}

static void *own_values(void *number) {
    int *value = malloc(sizeof *value);
    *value = (int)(intptr_t)number + 1;
    pthread_setspecific(key, value);
    for (int i = 0; i < 1000; i++) own += (intptr_t)number;
    memset(large + 3, '!', (intptr_t)number);
    if (pthread_getspecific(key) != value || strlen(large) != 3 + (size_t)number) abort();
    return (void *)(intptr_t)own;
}

// All operations on one variable each.
static _Atomic uint8_t bits;
static _Atomic uint16_t sum16;
static _Atomic uint32_t sum32;
static _Atomic uint64_t sum64, product64 = 1;
static atomic_flag flag = ATOMIC_FLAG_INIT;
static int unlocked;

static void *operate(void *number) {
    for (int round = 0; round < 1000; round++) {
        atomic_fetch_xor(&bits, 1 << (round % 8));
        atomic_fetch_sub(&sum16, 3);
        atomic_fetch_add_explicit(&sum32, 0x10001, memory_order_relaxed);
        atomic_fetch_add(&sum64, 0x100000001);
        uint64_t seen = product64;
        while (!atomic_compare_exchange_weak(&product64, &seen, seen * 3)) continue;
        while (atomic_flag_test_and_set(&flag)) continue;
        unlocked++;
        atomic_flag_clear(&flag);
    }
    return NULL;
}

// A thread that makes threads, which nobody waits for but by a counter.
static int running;

static void *leave(void *unused) {
    struct timespec moment = {0, 100000};
    nanosleep(&moment, NULL);
    pthread_mutex_lock(&mutex);
    if (--running == 0) pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
    return unused;
}

static void *come(void *unused) {
    for (int i = 0; i < 5; i++) {
        pthread_t thread;
        pthread_mutex_lock(&mutex);
        running++;
        pthread_mutex_unlock(&mutex);
        if (pthread_create(&thread, NULL, leave, NULL) || pthread_detach(thread)) abort();
    }
    return unused;
}

int main(void) {
    divide_work();
    run(write_in_turns, NULL);
    printf("%s\n", text);
    void *values[THREADS];
    pthread_key_create(&key, destroy);
    run(own_values, values);
    for (int i = 0; i < THREADS; i++) printf("%d ", (int)(intptr_t)values[i]);
    printf("own %d %s, destroyed %d\n", own, large, atomic_load(&destroyed));
    run(operate, NULL);
    printf("%x %x %x %llx %llx %d\n", bits, sum16, sum32, sum64, product64, unlocked);
    run(come, NULL);
    pthread_mutex_lock(&mutex);
    while (running) pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    printf("all have left\n");
    return 3;
}
