// The system as a program that wasm2c made sees it: the five functions of preview1 that the benches' programs import.

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "program.h"

#define BUFFERS_MAX 16

enum { SUCCESS = 0, BAD_DESCRIPTOR = 8, INVALID = 28, IO = 29, INVALID_SEEK = 70, CHARACTER_DEVICE = 2 };

struct w2c_wasi__snapshot__preview1 {
  w2c_program* program;
};

static wasm_rt_memory_t* memory(struct w2c_wasi__snapshot__preview1* system) {
  return w2c_program_memory(system->program);
}

static u8* at(struct w2c_wasi__snapshot__preview1* system, u32 address, u32 bytes) {
  if ((u64)address + bytes > memory(system)->size) wasm_rt_trap(WASM_RT_TRAP_OOB);
  return memory(system)->data + address;
}

u32 w2c_wasi__snapshot__preview1_fd_write(struct w2c_wasi__snapshot__preview1* system, u32 descriptor, u32 buffers,
                                          u32 count, u32 written) {
  struct iovec host[BUFFERS_MAX];
  if (count > BUFFERS_MAX) return INVALID;
  for (u32 i = 0; i < count; i++) {
    u32 buffer[2];
    memcpy(buffer, at(system, buffers + 8 * i, 8), 8);
    host[i] = (struct iovec){at(system, buffer[0], buffer[1]), buffer[1]};
  }
  ssize_t result = writev((int)descriptor, host, (int)count);
  if (result < 0) return IO;
  memcpy(at(system, written, 4), &(u32){(u32)result}, 4);
  return SUCCESS;
}

u32 w2c_wasi__snapshot__preview1_fd_close(struct w2c_wasi__snapshot__preview1* system, u32 descriptor) {
  return descriptor > 2 ? BAD_DESCRIPTOR : SUCCESS;
}

u32 w2c_wasi__snapshot__preview1_fd_fdstat_get(struct w2c_wasi__snapshot__preview1* system, u32 descriptor, u32 result) {
  if (descriptor > 2) return BAD_DESCRIPTOR;
  u8* status = at(system, result, 24);
  memset(status, 0, 8);
  status[0] = CHARACTER_DEVICE;
  memset(status + 8, 0xff, 16);
  return SUCCESS;
}

u32 w2c_wasi__snapshot__preview1_fd_seek(struct w2c_wasi__snapshot__preview1* system, u32 descriptor, u64 offset,
                                         u32 whence, u32 result) {
  return INVALID_SEEK;
}

void w2c_wasi__snapshot__preview1_proc_exit(struct w2c_wasi__snapshot__preview1* system, u32 status) {
  exit((int)status);
}

int main(void) {
  w2c_program program;
  struct w2c_wasi__snapshot__preview1 system = {&program};
  wasm_rt_init();
  wasm2c_program_instantiate(&program, &system);
  w2c_program_0x5Fstart(&program);
  wasm2c_program_free(&program);
  wasm_rt_free();
  return 0;
}
