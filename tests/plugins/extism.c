/* A small host of Extism's convention: blocks of bytes with offsets, an input, an output, variables and a configuration. */
#include "extism.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES = 1 << 20, BLOCKS = 10000 };

typedef struct {
  uint8_t bytes[BYTES];
  uint64_t starts[BLOCKS], lengths[BLOCKS], next;
  int blocks;
  const char *input;
  uint64_t output, output_length, error, variable;
} host_t;

#define HOST host_t *host = context; (void)instance

static uint64_t allocate(host_t *host, uint64_t length) {
  uint64_t start = host->next;
  if (host->blocks == BLOCKS || length > BYTES - start) return 0;
  host->starts[host->blocks] = start, host->lengths[host->blocks++] = length;
  host->next += (length + 15) / 8 * 8;
  return start;
}

static uint64_t length_of(const host_t *host, uint64_t start) {
  int i;
  for (i = 0; i < host->blocks; i++)
    if (host->starts[i] == start) return host->lengths[i];
  return 0;
}

static uint64_t keep(host_t *host, const char *text) {
  uint64_t start = allocate(host, strlen(text));
  if (start) memcpy(host->bytes + start, text, strlen(text));
  return start;
}

static int is_text(const host_t *host, uint64_t start, const char *text) {
  return length_of(host, start) == strlen(text) && !memcmp(host->bytes + start, text, strlen(text));
}

/* The place of bytes that a guest names; a guest that names others traps. */
static uint8_t *at(host_t *host, int64_t start, uint64_t bytes) {
  return start > 0 && (uint64_t)start <= BYTES - bytes ? host->bytes + start : NULL;
}

static const char *alloc_(void *context, extism_instance_t *instance, int64_t length, int64_t *ret) {
  HOST;
  *ret = (int64_t)allocate(host, (uint64_t)length);
  return *ret ? NULL : "out of memory";
}
static const char *free_(void *context, extism_instance_t *instance, int64_t start) { HOST; (void)host, (void)start; return NULL; }
static const char *length_(void *context, extism_instance_t *instance, int64_t start, int64_t *ret) {
  HOST;
  *ret = (int64_t)length_of(host, (uint64_t)start);
  return NULL;
}
static const char *load_u8(void *context, extism_instance_t *instance, int64_t start, int32_t *ret) {
  HOST;
  uint8_t *place = at(host, start, 1);
  if (!place) return "a load outside of blocks";
  *ret = *place;
  return NULL;
}
static const char *load_u64(void *context, extism_instance_t *instance, int64_t start, int64_t *ret) {
  HOST;
  uint8_t *place = at(host, start, 8);
  if (!place) return "a load outside of blocks";
  memcpy(ret, place, 8);
  return NULL;
}
static const char *store_u8(void *context, extism_instance_t *instance, int64_t start, int32_t value) {
  HOST;
  uint8_t *place = at(host, start, 1);
  if (!place) return "a store outside of blocks";
  *place = (uint8_t)value;
  return NULL;
}
static const char *store_u64(void *context, extism_instance_t *instance, int64_t start, int64_t value) {
  HOST;
  uint8_t *place = at(host, start, 8);
  if (!place) return "a store outside of blocks";
  memcpy(place, &value, 8);
  return NULL;
}
static const char *input_length(void *context, extism_instance_t *instance, int64_t *ret) {
  HOST;
  *ret = (int64_t)strlen(host->input);
  return NULL;
}
static const char *input_load_u8(void *context, extism_instance_t *instance, int64_t offset, int32_t *ret) {
  HOST;
  if ((uint64_t)offset >= strlen(host->input)) return "a load outside of the input";
  *ret = (uint8_t)host->input[offset];
  return NULL;
}
static const char *input_load_u64(void *context, extism_instance_t *instance, int64_t offset, int64_t *ret) {
  HOST;
  if ((uint64_t)offset + 8 > strlen(host->input)) return "a load outside of the input";
  memcpy(ret, host->input + offset, 8);
  return NULL;
}
static const char *output_set(void *context, extism_instance_t *instance, int64_t start, int64_t length) {
  HOST;
  host->output = (uint64_t)start, host->output_length = (uint64_t)length;
  return at(host, start, (uint64_t)length) ? NULL : "an output outside of blocks";
}
static const char *error_set(void *context, extism_instance_t *instance, int64_t start) {
  HOST;
  host->error = (uint64_t)start;
  return NULL;
}
static const char *config_get(void *context, extism_instance_t *instance, int64_t key, int64_t *ret) {
  HOST;
  *ret = is_text(host, (uint64_t)key, "greeting") ? (int64_t)keep(host, "Hi") : 0;
  return NULL;
}
static const char *var_get(void *context, extism_instance_t *instance, int64_t key, int64_t *ret) {
  HOST;
  *ret = is_text(host, (uint64_t)key, "calls") ? (int64_t)host->variable : 0;
  return NULL;
}
static const char *var_set(void *context, extism_instance_t *instance, int64_t key, int64_t value) {
  HOST;
  if (is_text(host, (uint64_t)key, "calls")) host->variable = (uint64_t)value;
  return NULL;
}
/* The function of the user's own: upper case, and a mark. */
static const char *shout(void *context, extism_instance_t *instance, int64_t text, int64_t *ret) {
  HOST;
  uint64_t length = length_of(host, (uint64_t)text), start = allocate(host, length + 1), i;
  if (!start) return "out of memory";
  for (i = 0; i < length; i++) host->bytes[start + i] = (uint8_t)toupper(host->bytes[(uint64_t)text + i]);
  host->bytes[start + length] = '!';
  *ret = (int64_t)start;
  return NULL;
}

typedef extism_status_t function_t(extism_instance_t *, int32_t *);

static void call(host_t *host, extism_instance_t *instance, function_t *function, const char *input) {
  int32_t code = 0;
  extism_status_t status;
  host->input = input, host->output_length = 0, host->error = 0;
  status = function(instance, &code);
  if (status != EXTISM_OK) printf("status %d: %s\n", status, extism_error(instance));
  else if (host->error) printf("error %d: %.*s\n", code, (int)length_of(host, host->error), (char *)host->bytes + host->error);
  else printf("%.*s\n", (int)host->output_length, (char *)host->bytes + host->output);
}

int main(void) {
  static host_t host = {.next = 8};
  extism_imports_t imports = {.size = sizeof imports,
                              .context = &host,
                              .extism_host_env_alloc = alloc_,
                              .extism_host_env_config_get = config_get,
                              .extism_host_env_error_set = error_set,
                              .extism_host_env_free = free_,
                              .extism_host_env_input_length = input_length,
                              .extism_host_env_input_load_u64 = input_load_u64,
                              .extism_host_env_input_load_u8 = input_load_u8,
                              .extism_host_env_length = length_,
                              .extism_host_env_load_u64 = load_u64,
                              .extism_host_env_load_u8 = load_u8,
                              .extism_host_env_output_set = output_set,
                              .extism_host_env_store_u64 = store_u64,
                              .extism_host_env_store_u8 = store_u8,
                              .extism_host_env_var_get = var_get,
                              .extism_host_env_var_set = var_set,
                              .extism_host_user_shout = shout};
  char *error = NULL;
  extism_instance_t *instance = extism_new(NULL, &imports, &error);
  if (!instance) return puts(error), 1;
  call(&host, instance, extism_greet, "world");
  call(&host, instance, extism_total, "{\"item\":\"tea\",\"count\":3,\"price\":2.5}");
  call(&host, instance, extism_total, "{\"item\":\"tea\",\"count\":3,\"price\":2.5}");
  call(&host, instance, extism_loud, "quiet");
  call(&host, instance, extism_total, "{\"item\":\"tea\",\"count\":0,\"price\":2.5}");
  extism_free(instance);
  return 0;
}
