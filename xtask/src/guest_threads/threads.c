// What guests with threads need of a C library and zig's doesn't have: threads on wasi-threads' `thread-spawn`, and an
// allocator with a lock. It is a part of their start-up object, so that it comes before the library's own functions of
// these names, which are for one thread.

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Locks: 0 free, 1 taken, 2 taken and waited for.

static void wait(void *word, int value) { __builtin_wasm_memory_atomic_wait32(word, value, -1); }
static void wake(void *word, unsigned count) { __builtin_wasm_memory_atomic_notify(word, count); }

static void lock(atomic_int *word) {
    int free = 0;
    if (atomic_compare_exchange_strong(word, &free, 1)) return;
    while (atomic_exchange(word, 2)) wait(word, 2);
}

static void unlock(atomic_int *word) {
    if (atomic_exchange(word, 0) == 2) wake(word, 1);
}

int pthread_mutex_lock(pthread_mutex_t *mutex) { return lock((void *)mutex), 0; }
int pthread_mutex_unlock(pthread_mutex_t *mutex) { return unlock((void *)mutex), 0; }

int pthread_mutex_trylock(pthread_mutex_t *mutex) {
    int free = 0;
    return atomic_compare_exchange_strong((atomic_int *)(void *)mutex, &free, 1) ? 0 : EBUSY;
}

// Condition variables are counters of what was signalled.

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) {
    int seen = atomic_load((atomic_int *)(void *)condition);
    pthread_mutex_unlock(mutex);
    wait(condition, seen);
    return pthread_mutex_lock(mutex);
}

static int signal(pthread_cond_t *condition, unsigned count) {
    atomic_fetch_add((atomic_int *)(void *)condition, 1);
    wake(condition, count);
    return 0;
}

int pthread_cond_signal(pthread_cond_t *condition) { return signal(condition, 1); }
int pthread_cond_broadcast(pthread_cond_t *condition) { return signal(condition, UINT_MAX); }

// The allocator: blocks of powers of two, each with a header that says where it begins and which power it is.

enum { HEADER = 16, PAGE = 65536 };
typedef struct block { struct block *start; unsigned power; } block;

extern char __heap_base;
static atomic_int heap_lock;
static uintptr_t heap_next, heap_end;
static block *free_blocks[32];

// Memory that was never used, or null.
static void *grow(size_t size) {
    if (!heap_end) {
        heap_next = ((uintptr_t)&__heap_base + HEADER - 1) & -HEADER;
        heap_end = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
    }
    if (size > heap_end - heap_next) {
        size_t pages = (size - (heap_end - heap_next) + PAGE - 1) / PAGE;
        if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) return 0;
        heap_end += pages * PAGE;
    }
    heap_next += size;
    return (void *)(heap_next - size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    size_t slack = alignment > HEADER ? alignment : 0;
    if (size > INT_MAX - HEADER - slack) return NULL;
    unsigned power = 32 - __builtin_clz(size + HEADER + slack - 1);
    lock(&heap_lock);
    block *start = free_blocks[power];
    if (start) free_blocks[power] = start->start;
    else start = grow((size_t)1 << power);
    unlock(&heap_lock);
    if (!start) return NULL;
    uintptr_t place = (uintptr_t)start + HEADER;
    if (slack) place = (place + alignment - 1) & -alignment;
    block *header = (block *)(place - HEADER);
    *header = (block){start, power};
    return (void *)place;
}

void free(void *place) {
    if (!place) return;
    block header = *(block *)((char *)place - HEADER);
    lock(&heap_lock);
    header.start->start = free_blocks[header.power];
    free_blocks[header.power] = header.start;
    unlock(&heap_lock);
}

void *malloc(size_t size) { return aligned_alloc(HEADER, size); }

int posix_memalign(void **place, size_t alignment, size_t size) {
    void *found = aligned_alloc(alignment, size);
    return found ? (*place = found, 0) : ENOMEM;
}

void *calloc(size_t count, size_t size) {
    size_t whole;
    if (__builtin_mul_overflow(count, size, &whole)) return NULL;
    void *place = malloc(whole);
    return place ? memset(place, 0, whole) : NULL;
}

void *realloc(void *place, size_t size) {
    if (!place) return malloc(size);
    block *header = (block *)((char *)place - HEADER);
    size_t room = (uintptr_t)header->start + ((size_t)1 << header->power) - (uintptr_t)place;
    if (size <= room) return place;
    void *new = malloc(size);
    if (!new) return NULL;
    memcpy(new, place, room);
    free(place);
    return new;
}

// Values of a thread's own, which are given to a function when it ends.

enum { KEYS = 64 };
static atomic_uint keys;
static void (*destructors[KEYS])(void *);
static _Thread_local const void *values[KEYS];

int pthread_key_create(pthread_key_t *key, void (*destructor)(void *)) {
    *key = atomic_fetch_add(&keys, 1);
    if (*key >= KEYS) return EAGAIN;
    destructors[*key] = destructor;
    return 0;
}

int pthread_key_delete(pthread_key_t key) { return destructors[key] = NULL, 0; }
void *pthread_getspecific(pthread_key_t key) { return (void *)values[key]; }
int pthread_setspecific(pthread_key_t key, const void *value) { return values[key] = value, 0; }

static void destroy_values(void) {
    for (int again = 1; again;) {
        again = 0;
        for (int key = 0; key < KEYS; key++) {
            const void *value = values[key];
            if (!value || !destructors[key]) continue;
            values[key] = NULL;
            destructors[key]((void *)value);
            again = 1;
        }
    }
}

// Threads. The stack and the variables of a thread's own lie behind its description, in one block of the heap. The first
// three fields are read by the assembly below.

typedef struct thread {
    void *stack, *variables;
    atomic_int has_ended;
    void *(*start)(void *);
    void *value;
    struct thread *next_detached;
} thread;

__attribute__((import_module("wasi"), import_name("thread-spawn"))) int spawn(void *argument);

static atomic_int detached_lock;
static thread *detached;

// A thread can't free the stack that it stands on.
static void free_detached(void) {
    lock(&detached_lock);
    for (thread **place = &detached; *place;) {
        thread *this = *place;
        if (atomic_load(&this->has_ended)) {
            *place = this->next_detached;
            free(this);
        } else {
            place = &this->next_detached;
        }
    }
    unlock(&detached_lock);
}

int pthread_attr_init(pthread_attr_t *attributes) { return *(size_t *)attributes = 1 << 17, 0; }
int pthread_attr_destroy(pthread_attr_t *attributes) { return 0; }
int pthread_attr_setstacksize(pthread_attr_t *attributes, size_t size) { return *(size_t *)attributes = size, 0; }

int pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    free_detached();
    size_t alignment = __builtin_wasm_tls_align() > HEADER ? __builtin_wasm_tls_align() : HEADER;
    size_t variables = (sizeof(thread) + alignment - 1) & -alignment;
    size_t stack = attributes ? *(const size_t *)attributes : 1 << 17;
    size_t size = (variables + __builtin_wasm_tls_size() + stack + HEADER - 1) & -HEADER;
    thread *this = aligned_alloc(alignment, size);
    if (!this) return EAGAIN;
    *this = (thread){(char *)this + size, (char *)this + variables, 0, start, argument, NULL};
    *id = (pthread_t)this;
    if (spawn(this) > 0) return 0;
    free(this);
    return EAGAIN;
}

int pthread_join(pthread_t id, void **value) {
    thread *this = (thread *)id;
    while (!atomic_load(&this->has_ended)) wait(&this->has_ended, 0);
    if (value) *value = this->value;
    free(this);
    return 0;
}

int pthread_detach(pthread_t id) {
    thread *this = (thread *)id;
    lock(&detached_lock);
    this->next_detached = detached;
    detached = this;
    unlock(&detached_lock);
    return 0;
}

__attribute__((used)) static void run(thread *this) {
    this->value = this->start(this->value);
    destroy_values();
}

// In assembly, since there is no stack before it is set, nor after the thread is said to have ended.
__asm__(".globaltype __stack_pointer, i32\n"
        ".functype __wasm_init_tls (i32) -> ()\n"
        ".functype run (i32) -> ()\n"
        ".globl wasi_thread_start\n"
        ".export_name wasi_thread_start, wasi_thread_start\n"
        ".type wasi_thread_start, @function\n"
        "wasi_thread_start:\n"
        ".functype wasi_thread_start (i32, i32) -> ()\n"
        "local.get 1\n"
        "i32.load 0\n"
        "global.set __stack_pointer\n"
        "local.get 1\n"
        "i32.load 4\n"
        "call __wasm_init_tls\n"
        "local.get 1\n"
        "call run\n"
        "local.get 1\n"
        "i32.const 1\n"
        "i32.atomic.store 8\n"
        "local.get 1\n"
        "i32.const 1\n"
        "memory.atomic.notify 8\n"
        "drop\n"
        "end_function\n");
