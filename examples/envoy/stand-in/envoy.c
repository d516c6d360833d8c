/* A stand-in for Envoy: loads a module, and sends one request for each further argument through its filter, on a few threads as Envoy's workers
 * do. It prints what becomes of each, in their order, and what the module logs. */
#include "abi.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS 4

/* A request, whose only headers are these two. */
typedef struct {
  const char *text;
  char processed[256];
  unsigned status;
} request_t;

static struct {
  __typeof__(EVENT(program_init)) *program_init;
  __typeof__(EVENT(http_filter_config_new)) *config_new;
  __typeof__(EVENT(http_filter_config_destroy)) *config_destroy;
  __typeof__(EVENT(http_filter_new)) *filter_new;
  __typeof__(EVENT(http_filter_request_headers)) *request_headers;
  __typeof__(EVENT(http_filter_destroy)) *filter_destroy;
} module;

static TYPE(http_filter_config_module_ptr) config;
static request_t *requests;
static int request_count;

static bool is(TYPE(module_buffer) key, const char *name) {
  return key.length == strlen(name) && !memcmp(key.ptr, name, key.length);
}

bool CALLBACK(http_get_header)(TYPE(http_filter_envoy_ptr) filter, TYPE(http_header_type) type, TYPE(module_buffer) key,
                               TYPE(envoy_buffer) *result, size_t index, size_t *count) {
  request_t *request = filter;
  bool found = type == TYPE(http_header_type_RequestHeader) && is(key, "x-text") && index == 0;
  if (count) *count = found;
  if (found) result->ptr = request->text, result->length = strlen(request->text);
  return found;
}

bool CALLBACK(http_set_header)(TYPE(http_filter_envoy_ptr) filter, TYPE(http_header_type) type, TYPE(module_buffer) key,
                               TYPE(module_buffer) value) {
  request_t *request = filter;
  if (type != TYPE(http_header_type_RequestHeader) || !is(key, "x-processed")) return false;
  snprintf(request->processed, sizeof request->processed, "%.*s", (int)value.length, value.ptr);
  return true;
}

void CALLBACK(http_send_response)(TYPE(http_filter_envoy_ptr) filter, uint32_t status, TYPE(module_http_header) *headers, size_t count,
                                  TYPE(module_buffer) body, TYPE(module_buffer) details) {
  request_t *request = filter;
  (void)headers, (void)count, (void)body, (void)details;
  request->status = status;
}

void CALLBACK(log)(TYPE(log_level) level, TYPE(module_buffer) message) {
  const char *last = memrchr(message.ptr, '\n', message.length);
  last = last ? last + 1 : message.ptr;
  fprintf(stderr, "[%d] %.*s\n", level, (int)(message.ptr + message.length - last), last);
}

static void *find(void *handle, const char *name) {
  char symbol[128];
  snprintf(symbol, sizeof symbol, "envoy_dynamic_module_on_%s", name);
  void *function = dlsym(handle, symbol);
  if (!function) fprintf(stderr, "the module has no %s\n", symbol), exit(1);
  return function;
}

/* Everything that Envoy looks for in a module with a filter. */
static void load(const char *path) {
  static const char *const others[] = {
      "http_filter_request_body", "http_filter_request_trailers", "http_filter_response_headers", "http_filter_response_body",
      "http_filter_response_trailers", "http_filter_stream_complete", "http_filter_scheduled", "http_filter_http_callout_done",
      "http_filter_http_stream_headers", "http_filter_http_stream_data", "http_filter_http_stream_trailers",
      "http_filter_http_stream_complete", "http_filter_http_stream_reset",
      "http_filter_downstream_above_write_buffer_high_watermark", "http_filter_downstream_below_write_buffer_low_watermark"};
  void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
  if (!handle) fprintf(stderr, "%s\n", dlerror()), exit(1);
  *(void **)&module.program_init = find(handle, "program_init");
  *(void **)&module.config_new = find(handle, "http_filter_config_new");
  *(void **)&module.config_destroy = find(handle, "http_filter_config_destroy");
  *(void **)&module.filter_new = find(handle, "http_filter_new");
  *(void **)&module.request_headers = find(handle, "http_filter_request_headers");
  *(void **)&module.filter_destroy = find(handle, "http_filter_destroy");
  for (size_t index = 0; index < sizeof others / sizeof *others; index++) find(handle, others[index]);
}

static void send_through(request_t *request) {
  TYPE(http_filter_module_ptr) filter = module.filter_new(config, request);
  TYPE(on_http_filter_request_headers_status) status = module.request_headers(request, filter, true);
  if ((status == TYPE(on_http_filter_request_headers_status_StopIteration)) != (request->status != 0)) abort();
  module.filter_destroy(filter);
}

static void *work(void *first) {
  for (int index = (int)(size_t)first; index < request_count; index += WORKERS) send_through(&requests[index]);
  return NULL;
}

int main(int count, char **arguments) {
  pthread_t workers[WORKERS];
  if (count < 3) return fprintf(stderr, "usage: envoy MODULE CONFIGURATION TEXT...\n"), 2;
  load(arguments[1]);
  if (strcmp(module.program_init(), ENVOY_DYNAMIC_MODULES_ABI_VERSION)) return 1;
  config = module.config_new(NULL, (TYPE(envoy_buffer)){"filter", 6}, (TYPE(envoy_buffer)){arguments[2], strlen(arguments[2])});
  if (!config) return fprintf(stderr, "the module refuses its configuration\n"), 1;
  request_count = count - 3;
  requests = calloc(request_count, sizeof *requests);
  for (int index = 0; index < request_count; index++) requests[index].text = arguments[index + 3];
  for (size_t index = 0; index < WORKERS; index++) pthread_create(&workers[index], NULL, work, (void *)index);
  for (size_t index = 0; index < WORKERS; index++) pthread_join(workers[index], NULL);
  for (int index = 0; index < request_count; index++) {
    request_t *request = &requests[index];
    if (request->status) printf("answered with %u\n", request->status);
    else printf("x-processed: %s\n", request->processed);
  }
  module.config_destroy(config);
  free(requests);
  return 0;
}
