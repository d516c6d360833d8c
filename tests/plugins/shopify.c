/* A small host of Shopify's older convention: JSON on standard input, JSON on standard output. It has preview1's functions of
 * streams itself, so that a call needs no descriptors of the process. */
#include "shopify.h"
#include "memory.h"

enum { OK = 0, BADF = 8 };

typedef struct {
  const char *input;
  char output[1000], errors[1000];
} streams_t;

MEMORY_OF(shopify)

static const char *fd_read(void *context, shopify_instance_t *instance, int32_t file, int32_t buffers, int32_t count, int32_t size, int32_t *ret) {
  streams_t *streams = context;
  uint32_t buffer[2], done = 0;
  int32_t i;
  *ret = file == 0 ? OK : BADF;
  for (i = 0; file == 0 && i < count; i++) {
    size_t length = strlen(streams->input);
    if (!at(instance, buffers + 8 * i, 8)) return OUTSIDE;
    memcpy(buffer, at(instance, buffers + 8 * i, 8), 8);
    if (length > buffer[1]) length = buffer[1];
    if (!at(instance, (int32_t)buffer[0], length)) return OUTSIDE;
    memcpy(at(instance, (int32_t)buffer[0], length), streams->input, length);
    streams->input += length, done += (uint32_t)length;
  }
  if (at(instance, size, 4)) memcpy(at(instance, size, 4), &done, 4);
  return NULL;
}

static const char *fd_write(void *context, shopify_instance_t *instance, int32_t file, int32_t buffers, int32_t count, int32_t size, int32_t *ret) {
  streams_t *streams = context;
  char *to = file == 1 ? streams->output : streams->errors;
  uint32_t buffer[2], done = 0;
  int32_t i;
  *ret = file == 1 || file == 2 ? OK : BADF;
  for (i = 0; *ret == OK && i < count; i++) {
    if (!at(instance, buffers + 8 * i, 8)) return OUTSIDE;
    memcpy(buffer, at(instance, buffers + 8 * i, 8), 8);
    if (!at(instance, (int32_t)buffer[0], buffer[1])) return OUTSIDE;
    if (strlen(to) + buffer[1] >= sizeof streams->output) return "more output than a host takes";
    strncat(to, (char *)at(instance, (int32_t)buffer[0], buffer[1]), buffer[1]);
    done += buffer[1];
  }
  if (at(instance, size, 4)) memcpy(at(instance, size, 4), &done, 4);
  return NULL;
}

static const char *nothing_get(void *context, shopify_instance_t *instance, int32_t list, int32_t bytes, int32_t *ret) {
  (void)context, (void)instance, (void)list, (void)bytes;
  *ret = OK;
  return NULL;
}

static const char *nothing_sizes_get(void *context, shopify_instance_t *instance, int32_t count, int32_t bytes, int32_t *ret) {
  (void)context;
  if (!at(instance, count, 4) || !at(instance, bytes, 4)) return OUTSIDE;
  memset(at(instance, count, 4), 0, 4), memset(at(instance, bytes, 4), 0, 4);
  *ret = OK;
  return NULL;
}

static const char *proc_exit(void *context, shopify_instance_t *instance, int32_t code) {
  (void)context, (void)instance, (void)code;
  return "the function ended itself";
}

/* All functions that this guest never calls. */
static const char *other(void) { return "a function that this host doesn't have"; }

static void run(const char *input) {
  streams_t streams;
  shopify_imports_t imports;
  shopify_instance_t *instance;
  const char *(*function)(void) = other;
  char *error = NULL;
  size_t i;
  for (i = 0; i < sizeof imports; i += sizeof function) memcpy((char *)&imports + i, &function, sizeof function);
  imports.size = sizeof imports, imports.context = &streams;
  imports.wasi_snapshot_preview1_environ_get = nothing_get;
  imports.wasi_snapshot_preview1_environ_sizes_get = nothing_sizes_get;
  imports.wasi_snapshot_preview1_fd_read = fd_read;
  imports.wasi_snapshot_preview1_fd_write = fd_write;
  imports.wasi_snapshot_preview1_proc_exit = proc_exit;
  memset(&streams, 0, sizeof streams);
  streams.input = input;
  instance = shopify_new(NULL, &imports, &error);
  if (!instance) puts(error), exit(1);
  if (shopify__start(instance) != SHOPIFY_OK) puts(strrchr(shopify_error(instance), '\n') + 1);
  printf("%s\n%s", streams.output, streams.errors);
  shopify_free(instance);
}

int main(void) {
  run("{\"cart\":{\"lines\":[{\"id\":\"a\",\"quantity\":12},{\"id\":\"b\",\"quantity\":1}]}}");
  run("{\"cart\":{\"lines\":[]}}");
  return 0;
}
