// Preview1's functions of sockets. The suite `sockets` hands two in: one that listens, to which somebody has connected,
// and one for datagrams, of which one is there. Without them, the errors that everybody sees.
// forms: core

#include "preview1.h"

#define LISTENER 3
#define DATAGRAMS 4

static __wasi_size_t count;
static __wasi_roflags_t out_flags;
static char received[64];

static int receive(int fd, size_t length, int flags) {
    __wasi_iovec_t parts[2] = {{(uint8_t *)received, 1}, {(uint8_t *)received + 1, length - 1}};
    memset(received, 0, sizeof received);
    count = out_flags = 0;
    return __wasi_sock_recv(fd, parts, 2, flags, &count, &out_flags);
}

static int send_text(int fd, const char *text, int flags) {
    __wasi_ciovec_t parts[2] = {{(const uint8_t *)text, 1}, {(const uint8_t *)text + 1, strlen(text) - 1}};
    count = 0;
    return __wasi_sock_send(fd, parts, 2, flags, &count);
}

// Ten bytes, all others of the memory, ten bytes.
static __wasi_ciovec_t too_much[3] = {{(const uint8_t *)"0123456789", 10}, {0, 0xfffffff8}, {(const uint8_t *)"abcdefghij", 10}};

static int receive_too_much(int fd) {
    __wasi_iovec_t parts[3] = {{(uint8_t *)received, 2}, {0, 0xffffffff}, {(uint8_t *)received + 2, 2}};
    memset(received, 0, sizeof received);
    return __wasi_sock_recv(fd, parts, 3, __WASI_RIFLAGS_RECV_PEEK, &count, &out_flags);
}

// Bytes each in a buffer of its own.
static int receive_by_bytes(int fd, int bytes) {
    __wasi_iovec_t parts[64];
    for (int i = 0; i < bytes; i++) parts[i] = (__wasi_iovec_t){(uint8_t *)received + i, 1};
    memset(received, 0, sizeof received);
    return __wasi_sock_recv(fd, parts, bytes, __WASI_RIFLAGS_RECV_PEEK, &count, &out_flags);
}

static void show_received(void) {
    printf("  %u bytes, flags %u: \"%s\"\n", (unsigned)count, out_flags, received);
}

static void errors(int fd) {
    __wasi_fd_t accepted;
    T(__wasi_sock_accept(fd, 0, &accepted));
    T(receive(fd, 4, 0));
    T(send_text(fd, "text", 0));
    T(__wasi_sock_shutdown(fd, __WASI_SDFLAGS_RD));
}

static void handed_in(void) {
    __wasi_fdstat_t stat;
    __wasi_filestat_t file;
    for (int fd = LISTENER; fd <= DATAGRAMS; fd++) {
        T(__wasi_fd_fdstat_get(fd, &stat));
        T(__wasi_fd_filestat_get(fd, &file));
        printf("  types %d and %d\n", stat.fs_filetype, file.filetype);
    }
    __wasi_fd_t connection, none;
    T(__wasi_sock_accept(LISTENER, __WASI_FDFLAGS_APPEND, &none));
    T(__wasi_sock_accept(LISTENER, __WASI_FDFLAGS_NONBLOCK, &connection));
    printf("  descriptor %u\n", (unsigned)connection);
    // Its other end has reset it.
    T(__wasi_sock_accept(LISTENER, 0, &none));
    T(receive(none, 4, 0));
    T(__wasi_fd_close(none));
    T(__wasi_fd_fdstat_set_flags(LISTENER, __WASI_FDFLAGS_NONBLOCK));
    T(__wasi_sock_accept(LISTENER, 0, &none));
    T(receive(LISTENER, 4, 0));
    T(__wasi_sock_accept(DATAGRAMS, 0, &none));
    T(__wasi_sock_shutdown(LISTENER, 0));

    // A connection, also as the file that it is.
    T(receive(connection, 5, __WASI_RIFLAGS_RECV_PEEK));
    show_received();
    T(__builtin_wasm_memory_grow(0, 65536 - __builtin_wasm_memory_size(0)) == -1);
    T(receive_too_much(connection));
    show_received();
    T(receive_by_bytes(connection, 20));
    show_received();
    T(receive(connection, 5, __WASI_RIFLAGS_RECV_WAITALL));
    show_received();
    __wasi_iovec_t part = {(uint8_t *)received, sizeof received};
    T(__wasi_fd_read(connection, &part, 1, &count));
    show_received();
    T(receive(connection, 5, 0));
    T(send_text(connection, "an answer", 1));
    T(send_text(connection, "an answer", 0));
    show_received();
    __wasi_ciovec_t written = {(const uint8_t *)", and more", 10};
    T(__wasi_fd_write(connection, &written, 1, &count));
    T(__wasi_sock_send(connection, too_much, 3, 0, &count));
    printf("  %u bytes\n", (unsigned)count);
    T(__wasi_fd_write(connection, too_much, 3, &count));
    printf("  %u bytes\n", (unsigned)count);
    __wasi_subscription_t subscription = {.u = {.tag = __WASI_EVENTTYPE_FD_WRITE}};
    subscription.u.u.fd_write.file_descriptor = connection;
    __wasi_event_t event;
    T(__wasi_poll_oneoff(&subscription, &event, 1, &count));
    printf("  event %d: %s\n", event.type, name_of(event.error));
    T(__wasi_fd_seek(connection, 0, __WASI_WHENCE_CUR, &(__wasi_filesize_t){0}));
    T(__wasi_sock_shutdown(connection, __WASI_SDFLAGS_RD | __WASI_SDFLAGS_WR));
    T(send_text(connection, "too late", 0));
    T(__wasi_fd_close(connection));
    T(receive(connection, 5, 0));

    // A message is whole, or none.
    T(__wasi_sock_send(DATAGRAMS, too_much, 3, 0, &count));
    T(__wasi_fd_write(DATAGRAMS, too_much, 3, &count));
    T(receive_too_much(DATAGRAMS));
    T(receive_by_bytes(DATAGRAMS, 20));
    show_received();
    T(receive(DATAGRAMS, 4, 0));
    show_received();
}

int main(void) {
    __wasi_fdstat_t stat;
    if (__wasi_fd_fdstat_get(LISTENER, &stat) == __WASI_ERRNO_SUCCESS) handed_in();
    errors(LISTENER + 100);
    errors(0);
    return 0;
}
