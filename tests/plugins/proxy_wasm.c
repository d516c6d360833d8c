/* A small host of proxy-wasm's convention, ABI 0.2.1: one filter, and the streams that it sees. */
#include "proxy_wasm.h"
#include "memory.h"

enum { OK = 0, NOT_FOUND = 1, CONTINUE = 0, PAUSE = 1 };
enum { HTTP_REQUEST_BODY = 0, PLUGIN_CONFIGURATION = 7, HTTP_REQUEST_HEADERS = 0, HTTP_RESPONSE_HEADERS = 2 };

typedef struct {
  const char *configuration, *token;
  char body[100], response_bytes[20];
} stream_t;

MEMORY_OF(proxy_wasm)

/* Gives bytes to the guest, in memory that it allocates, and tells it where by two addresses. */
static const char *give(proxy_wasm_instance_t *instance, const void *bytes, size_t length, int32_t where, int32_t size) {
  int32_t start = 0;
  uint32_t length_word = (uint32_t)length;
  if (proxy_wasm_proxy_on_memory_allocate(instance, (int32_t)length, &start) != PROXY_WASM_OK) return "no memory in the guest";
  if (!at(instance, start, length) || !at(instance, where, 4) || !at(instance, size, 4)) return OUTSIDE;
  memcpy(at(instance, start, length), bytes, length);
  memcpy(at(instance, where, 4), &start, 4);
  memcpy(at(instance, size, 4), &length_word, 4);
  return NULL;
}

static const char *log_(void *context, proxy_wasm_instance_t *instance, int32_t level, int32_t start, int32_t length, int32_t *ret) {
  uint8_t *text = at(instance, start, (uint32_t)length);
  (void)context;
  if (!text) return OUTSIDE;
  printf("log %d: %.*s\n", level, length, (char *)text);
  *ret = OK;
  return NULL;
}

static const char *get_buffer_bytes(void *context, proxy_wasm_instance_t *instance, int32_t kind, int32_t start, int32_t length,
                                    int32_t where, int32_t size, int32_t *ret) {
  stream_t *stream = context;
  const char *bytes = kind == PLUGIN_CONFIGURATION ? stream->configuration : kind == HTTP_REQUEST_BODY ? stream->body : NULL;
  size_t all = bytes ? strlen(bytes) : 0, count = (uint32_t)length;
  *ret = bytes ? OK : NOT_FOUND;
  if (!bytes) return NULL;
  if ((uint32_t)start > all) return "a start behind the end";
  if (count > all - (uint32_t)start) count = all - (uint32_t)start;
  return give(instance, bytes + start, count, where, size);
}

static const char *set_buffer_bytes(void *context, proxy_wasm_instance_t *instance, int32_t kind, int32_t start, int32_t length,
                                    int32_t from, int32_t size, int32_t *ret) {
  stream_t *stream = context;
  uint8_t *bytes = at(instance, from, (uint32_t)size);
  (void)kind, (void)length;
  if (!bytes || start != 0 || (uint32_t)size >= sizeof stream->body) return "a body that this host has no room for";
  memcpy(stream->body, bytes, (uint32_t)size), stream->body[size] = 0;
  *ret = OK;
  return NULL;
}

/* Pairs: their number, the lengths of names and values, then each with a zero. */
static const char *get_header_map_pairs(void *context, proxy_wasm_instance_t *instance, int32_t kind, int32_t where, int32_t size,
                                        int32_t *ret) {
  stream_t *stream = context;
  const char *names[2] = {":path", "x-token"}, *values[2];
  uint8_t bytes[200], *next;
  uint32_t count = stream->token ? 2 : 1, i, lengths[2];
  (void)kind;
  values[0] = "/", values[1] = stream->token;
  memcpy(bytes, &count, 4), next = bytes + 4;
  for (i = 0; i < count; i++, next += 8) lengths[0] = (uint32_t)strlen(names[i]), lengths[1] = (uint32_t)strlen(values[i]), memcpy(next, lengths, 8);
  for (i = 0; i < count; i++) {
    next = (uint8_t *)memcpy(next, names[i], strlen(names[i]) + 1) + strlen(names[i]) + 1;
    next = (uint8_t *)memcpy(next, values[i], strlen(values[i]) + 1) + strlen(values[i]) + 1;
  }
  *ret = OK;
  return give(instance, bytes, (size_t)(next - bytes), where, size);
}

static const char *get_header_map_value(void *context, proxy_wasm_instance_t *instance, int32_t kind, int32_t name, int32_t length,
                                        int32_t where, int32_t size, int32_t *ret) {
  stream_t *stream = context;
  uint8_t *bytes = at(instance, name, (uint32_t)length);
  if (!bytes) return OUTSIDE;
  *ret = NOT_FOUND;
  if (kind != HTTP_REQUEST_HEADERS || !stream->token || length != 7 || memcmp(bytes, "x-token", 7)) return NULL;
  *ret = OK;
  return give(instance, stream->token, strlen(stream->token), where, size);
}

static const char *replace_header_map_value(void *context, proxy_wasm_instance_t *instance, int32_t kind, int32_t name, int32_t name_length,
                                            int32_t value, int32_t value_length, int32_t *ret) {
  stream_t *stream = context;
  uint8_t *bytes = at(instance, value, (uint32_t)value_length), *named = at(instance, name, (uint32_t)name_length);
  if (kind != HTTP_RESPONSE_HEADERS || !bytes || !named || (uint32_t)value_length >= sizeof stream->response_bytes) return "another header";
  snprintf(stream->response_bytes, sizeof stream->response_bytes, "%.*s", value_length, (char *)bytes);
  printf("response: %.*s: %s\n", name_length, (char *)named, stream->response_bytes);
  *ret = OK;
  return NULL;
}

static const char *send_local_response(void *context, proxy_wasm_instance_t *instance, int32_t status, int32_t details, int32_t details_length,
                                       int32_t body, int32_t body_length, int32_t headers, int32_t headers_length, int32_t grpc,
                                       int32_t *ret) {
  uint8_t *bytes = at(instance, body, (uint32_t)body_length);
  (void)context, (void)details, (void)details_length, (void)headers, (void)headers_length, (void)grpc;
  if (!bytes) return OUTSIDE;
  printf("local response %d: %.*s", status, body_length, (char *)bytes);
  *ret = OK;
  return NULL;
}

/* All functions that this filter never calls. */
static const char *other(void) { return "a function that this host doesn't have"; }

/* One request through the filter. */
static void request(proxy_wasm_instance_t *instance, stream_t *stream, int32_t id, const char *token, const char *body) {
  int32_t action = -1, done;
  stream->token = token;
  snprintf(stream->body, sizeof stream->body, "%s", body);
  if (proxy_wasm_proxy_on_context_create(instance, id, 1) || proxy_wasm_proxy_on_request_headers(instance, id, 2, 0, &action)) goto failed;
  printf("request %d: %s\n", id, action == CONTINUE ? "goes on" : "paused");
  if (action == CONTINUE) {
    int32_t length = (int32_t)strlen(body);
    if (proxy_wasm_proxy_on_request_body(instance, id, length / 2, 0, &action) || action != PAUSE) goto failed;
    if (proxy_wasm_proxy_on_request_body(instance, id, length, 1, &action) || action != CONTINUE) goto failed;
    printf("body: %s\n", stream->body);
    if (proxy_wasm_proxy_on_response_headers(instance, id, 1, 1, &action)) goto failed;
  }
  if (proxy_wasm_proxy_on_done(instance, id, &done) || proxy_wasm_proxy_on_log(instance, id) || proxy_wasm_proxy_on_delete(instance, id)) goto failed;
  return;
failed:
  printf("failed: %s\n", proxy_wasm_error(instance));
  exit(1);
}

int main(void) {
  static stream_t stream = {.configuration = "secret"};
  proxy_wasm_imports_t imports;
  char *error = NULL;
  int32_t is_started = 0, is_configured = 0;
  proxy_wasm_instance_t *instance;
  const char *(*function)(void) = other;
  size_t i;
  for (i = 0; i < sizeof imports; i += sizeof function) memcpy((char *)&imports + i, &function, sizeof function);
  imports.size = sizeof imports, imports.context = &stream;
  imports.env_proxy_log = log_;
  imports.env_proxy_get_buffer_bytes = get_buffer_bytes;
  imports.env_proxy_set_buffer_bytes = set_buffer_bytes;
  imports.env_proxy_get_header_map_pairs = get_header_map_pairs;
  imports.env_proxy_get_header_map_value = get_header_map_value;
  imports.env_proxy_replace_header_map_value = replace_header_map_value;
  imports.env_proxy_send_local_response = send_local_response;
  instance = proxy_wasm_new(NULL, &imports, &error);
  if (!instance) return puts(error), 1;
  if (proxy_wasm_proxy_on_context_create(instance, 1, 0) || proxy_wasm_proxy_on_vm_start(instance, 1, 0, &is_started) ||
      proxy_wasm_proxy_on_configure(instance, 1, (int32_t)strlen(stream.configuration), &is_configured)) {
    return puts(proxy_wasm_error(instance)), 1;
  }
  printf("started %d, configured %d\n", is_started, is_configured);
  request(instance, &stream, 2, NULL, "");
  request(instance, &stream, 3, "secret", "a body of text");
  proxy_wasm_free(instance);
  return 0;
}
