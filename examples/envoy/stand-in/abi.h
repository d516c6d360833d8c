/* The part of Envoy's interface for dynamic modules that module.c uses, for those who try it without Envoy. */
#ifndef STAND_IN_ABI_H
#define STAND_IN_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENVOY_DYNAMIC_MODULES_ABI_VERSION "stand-in"

#define TYPE(name) envoy_dynamic_module_type_##name
#define EVENT(name) envoy_dynamic_module_on_##name
#define CALLBACK(name) envoy_dynamic_module_callback_##name

typedef const char *TYPE(abi_version_module_ptr);
typedef const void *TYPE(http_filter_config_module_ptr), *TYPE(http_filter_module_ptr);
typedef void *TYPE(http_filter_config_envoy_ptr), *TYPE(http_filter_envoy_ptr);

typedef struct {
  const char *ptr;
  size_t length;
} TYPE(envoy_buffer), TYPE(module_buffer);

typedef struct TYPE(module_http_header) TYPE(module_http_header);

typedef enum { TYPE(http_header_type_RequestHeader) } TYPE(http_header_type);
typedef enum { TYPE(log_level_Error) = 4 } TYPE(log_level);

typedef enum {
  TYPE(on_http_filter_request_headers_status_Continue),
  TYPE(on_http_filter_request_headers_status_StopIteration),
} TYPE(on_http_filter_request_headers_status);
typedef enum { TYPE(on_http_filter_request_body_status_Continue) } TYPE(on_http_filter_request_body_status);
typedef enum { TYPE(on_http_filter_request_trailers_status_Continue) } TYPE(on_http_filter_request_trailers_status);
typedef enum { TYPE(on_http_filter_response_headers_status_Continue) } TYPE(on_http_filter_response_headers_status);
typedef enum { TYPE(on_http_filter_response_body_status_Continue) } TYPE(on_http_filter_response_body_status);
typedef enum { TYPE(on_http_filter_response_trailers_status_Continue) } TYPE(on_http_filter_response_trailers_status);

TYPE(abi_version_module_ptr) EVENT(program_init)(void);
TYPE(http_filter_config_module_ptr) EVENT(http_filter_config_new)(
    TYPE(http_filter_config_envoy_ptr), TYPE(envoy_buffer) name, TYPE(envoy_buffer) config);
void EVENT(http_filter_config_destroy)(TYPE(http_filter_config_module_ptr));
TYPE(http_filter_module_ptr) EVENT(http_filter_new)(TYPE(http_filter_config_module_ptr), TYPE(http_filter_envoy_ptr));
TYPE(on_http_filter_request_headers_status) EVENT(http_filter_request_headers)(
    TYPE(http_filter_envoy_ptr), TYPE(http_filter_module_ptr), bool end_of_stream);
void EVENT(http_filter_destroy)(TYPE(http_filter_module_ptr));

bool CALLBACK(http_get_header)(TYPE(http_filter_envoy_ptr), TYPE(http_header_type), TYPE(module_buffer) key,
                               TYPE(envoy_buffer) *result, size_t index, size_t *count);
bool CALLBACK(http_set_header)(TYPE(http_filter_envoy_ptr), TYPE(http_header_type), TYPE(module_buffer) key,
                               TYPE(module_buffer) value);
void CALLBACK(http_send_response)(TYPE(http_filter_envoy_ptr), uint32_t status, TYPE(module_http_header) *headers, size_t count,
                                  TYPE(module_buffer) body, TYPE(module_buffer) details);
void CALLBACK(log)(TYPE(log_level), TYPE(module_buffer) message);

#endif
