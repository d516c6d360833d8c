/* A dynamic module of Envoy: a filter that gives the request header `x-text` to the component, and its result to the upstream as
 * `x-processed`. Each request has an instance of its own. The filter's configuration is the milliseconds of the processor's time that it may take. */
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "process_data.h"

/* Bytes of memory that an instance may have. */
#define MEMORY (1 << 20)

typedef envoy_dynamic_module_type_http_filter_envoy_ptr envoy_t;
typedef envoy_dynamic_module_type_module_buffer buffer_t;

static buffer_t buffer(const char *text) { return (buffer_t){text, strlen(text)}; }

envoy_dynamic_module_type_abi_version_module_ptr envoy_dynamic_module_on_program_init(void) {
  return ENVOY_DYNAMIC_MODULES_ABI_VERSION;
}

envoy_dynamic_module_type_http_filter_config_module_ptr envoy_dynamic_module_on_http_filter_config_new(
    envoy_dynamic_module_type_http_filter_config_envoy_ptr envoy, envoy_dynamic_module_type_envoy_buffer name,
    envoy_dynamic_module_type_envoy_buffer config) {
  process_data_options_t *options = calloc(1, sizeof *options);
  (void)envoy, (void)name;
  if (!options) return NULL;
  options->size = sizeof *options;
  options->max_memory = MEMORY;
  for (size_t index = 0; index < config.length; index++) {
    unsigned digit = (unsigned char)config.ptr[index] - '0';
    if (digit > 9 || options->cpu_time > 1000000) return free(options), NULL;
    options->cpu_time = options->cpu_time * 10 + digit;
  }
  return options;
}

void envoy_dynamic_module_on_http_filter_config_destroy(envoy_dynamic_module_type_http_filter_config_module_ptr config) {
  free((void *)config);
}

/* A filter keeps nothing but its configuration. */
envoy_dynamic_module_type_http_filter_module_ptr envoy_dynamic_module_on_http_filter_new(
    envoy_dynamic_module_type_http_filter_config_module_ptr config, envoy_t envoy) {
  (void)envoy;
  return config;
}

void envoy_dynamic_module_on_http_filter_destroy(envoy_dynamic_module_type_http_filter_module_ptr filter) { (void)filter; }

/* Answers in the upstream's place, and tells why in Envoy's log. */
static envoy_dynamic_module_type_on_http_filter_request_headers_status refuse(envoy_t envoy, uint32_t status, const char *why) {
  envoy_dynamic_module_callback_log(envoy_dynamic_module_type_log_level_Error, buffer(why));
  envoy_dynamic_module_callback_http_send_response(envoy, status, NULL, 0, buffer(""), buffer("process_data"));
  return envoy_dynamic_module_type_on_http_filter_request_headers_status_StopIteration;
}

/* Calls the component: a trap, or a limit, is a failure of the request. */
static envoy_dynamic_module_type_on_http_filter_request_headers_status call(
    envoy_t envoy, process_data_instance_t *instance, const process_data_string_t *input) {
  process_data_string_t ret;
  process_data_status_t status = process_data_process_data(instance, input, &ret);
  if (status == PROCESS_DATA_ARGUMENT) return refuse(envoy, 400, "the header isn't UTF-8");
  if (status != PROCESS_DATA_OK) {
    const char *why = process_data_error(instance);
    return refuse(envoy, 500, why ? why : "no memory for the call");
  }
  envoy_dynamic_module_callback_http_set_header(envoy, envoy_dynamic_module_type_http_header_type_RequestHeader,
                                                buffer("x-processed"), (buffer_t){(char *)ret.ptr, ret.len});
  process_data_string_free(&ret);
  return envoy_dynamic_module_type_on_http_filter_request_headers_status_Continue;
}

envoy_dynamic_module_type_on_http_filter_request_headers_status envoy_dynamic_module_on_http_filter_request_headers(
    envoy_t envoy, envoy_dynamic_module_type_http_filter_module_ptr filter, bool end_of_stream) {
  envoy_dynamic_module_type_envoy_buffer text = {NULL, 0};
  char *error = NULL;
  (void)end_of_stream;
  if (!envoy_dynamic_module_callback_http_get_header(envoy, envoy_dynamic_module_type_http_header_type_RequestHeader,
                                                     buffer("x-text"), &text, 0, NULL))
    return envoy_dynamic_module_type_on_http_filter_request_headers_status_Continue;
  process_data_instance_t *instance = process_data_new(filter, NULL, &error);
  envoy_dynamic_module_type_on_http_filter_request_headers_status status;
  if (!instance) {
    status = refuse(envoy, 500, error);
    process_data_error_free(error);
    return status;
  }
  process_data_string_t input = {(uint8_t *)text.ptr, text.length};
  status = call(envoy, instance, &input);
  process_data_free(instance);
  return status;
}

/* What Envoy looks for besides. */
envoy_dynamic_module_type_on_http_filter_request_body_status envoy_dynamic_module_on_http_filter_request_body(
    envoy_t envoy, envoy_dynamic_module_type_http_filter_module_ptr filter, bool end_of_stream) {
  (void)envoy, (void)filter, (void)end_of_stream;
  return envoy_dynamic_module_type_on_http_filter_request_body_status_Continue;
}

envoy_dynamic_module_type_on_http_filter_request_trailers_status envoy_dynamic_module_on_http_filter_request_trailers(
    envoy_t envoy, envoy_dynamic_module_type_http_filter_module_ptr filter) {
  (void)envoy, (void)filter;
  return envoy_dynamic_module_type_on_http_filter_request_trailers_status_Continue;
}

envoy_dynamic_module_type_on_http_filter_response_headers_status envoy_dynamic_module_on_http_filter_response_headers(
    envoy_t envoy, envoy_dynamic_module_type_http_filter_module_ptr filter, bool end_of_stream) {
  (void)envoy, (void)filter, (void)end_of_stream;
  return envoy_dynamic_module_type_on_http_filter_response_headers_status_Continue;
}

envoy_dynamic_module_type_on_http_filter_response_body_status envoy_dynamic_module_on_http_filter_response_body(
    envoy_t envoy, envoy_dynamic_module_type_http_filter_module_ptr filter, bool end_of_stream) {
  (void)envoy, (void)filter, (void)end_of_stream;
  return envoy_dynamic_module_type_on_http_filter_response_body_status_Continue;
}

envoy_dynamic_module_type_on_http_filter_response_trailers_status envoy_dynamic_module_on_http_filter_response_trailers(
    envoy_t envoy, envoy_dynamic_module_type_http_filter_module_ptr filter) {
  (void)envoy, (void)filter;
  return envoy_dynamic_module_type_on_http_filter_response_trailers_status_Continue;
}

/* Events that nothing here causes, or that don't matter: their arguments differ from one version of Envoy to the next, and aren't looked at. */
#define IGNORE(event)                                                \
  void ignore_##event(void) __asm__("envoy_dynamic_module_on_" #event); \
  void ignore_##event(void) {}

IGNORE(http_filter_stream_complete)
IGNORE(http_filter_scheduled)
IGNORE(http_filter_http_callout_done)
IGNORE(http_filter_http_stream_headers)
IGNORE(http_filter_http_stream_data)
IGNORE(http_filter_http_stream_trailers)
IGNORE(http_filter_http_stream_complete)
IGNORE(http_filter_http_stream_reset)
IGNORE(http_filter_downstream_above_write_buffer_high_watermark)
IGNORE(http_filter_downstream_below_write_buffer_low_watermark)
