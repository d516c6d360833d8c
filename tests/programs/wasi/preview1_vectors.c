// Calls with several buffers: nothing is taken behind a buffer that isn't taken in full. The second buffer makes the sum
// greater than the result can say; wasmtime takes only one buffer a call.
// forms: core
// dir: data
// stdin: ABCDEFGHIJKLMNOP
// oracle: file

#include "preview1.h"

static __wasi_size_t count;
static char bytes[64];

// Ten bytes, all others of the memory, ten bytes.
static __wasi_ciovec_t from[3] = {{(const uint8_t *)"0123456789", 10}, {0, 0xfffffff8}, {(const uint8_t *)"abcdefghij", 10}};
static __wasi_iovec_t to[3] = {{(uint8_t *)bytes, 10}, {0, 0xfffffff8}, {(uint8_t *)bytes + 10, 10}};

static void show_bytes(void) {
    printf("  %u: \"%.20s\"\n", (unsigned)count, bytes);
    memset(bytes, 0, sizeof bytes);
}

int main(void) {
    __wasi_fd_t fd;
    T(__builtin_wasm_memory_grow(0, 65536 - __builtin_wasm_memory_size(0)) == -1);
    T(open_at(3, 0, "file", __WASI_OFLAGS_CREAT, RW, 0, &fd));
    T(__wasi_fd_write(fd, from, 3, &count));
    T(__wasi_fd_pwrite(fd, from, 3, 5, &count));
    T(__wasi_fd_pread(fd, (__wasi_iovec_t[]){{(uint8_t *)bytes, 64}}, 1, 0, &count));
    show_bytes();
    T(__wasi_fd_pread(fd, to, 3, 0, &count));
    show_bytes();
    T(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &(__wasi_filesize_t){0}));
    T(__wasi_fd_read(fd, to, 3, &count));
    show_bytes();
    T(__wasi_fd_write(1, from, 3, &count));
    printf("\n");
    T(__wasi_fd_read(0, to, 3, &count));
    show_bytes();

    // More buffers than a call takes are the start of a longer call.
    static __wasi_ciovec_t many[1500];
    for (int i = 0; i < 1500; i++) many[i] = (__wasi_ciovec_t){(const uint8_t *)"x", i % 3 != 0};
    T(__wasi_fd_write(fd, many, 1500, &count));
    printf("  %u of 1000\n", (unsigned)count);
    T(__wasi_fd_write(fd, many + 1, 1, &count));
    printf("  %u of 1\n", (unsigned)count);
    for (int i = 0; i < 1500; i++) many[i].buf_len = 1;
    T(__wasi_fd_write(fd, many, 1500, &count));
    printf("  %u of 1500\n", (unsigned)count);
    return 0;
}
