/* An nginx module: `process_data TIME MEMORY;` in a location answers requests with what the component makes of the query string. Each
 * request has an instance of its own, with so much of the processor's time and so much memory. */
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "process_data.h"

typedef struct {
  ngx_msec_t time;
  ssize_t memory;
} conf_t;

static void *create_conf(ngx_conf_t *cf);
static char *set_handler(ngx_conf_t *cf, ngx_command_t *command, void *conf);

static ngx_command_t commands[] = {
    {ngx_string("process_data"), NGX_HTTP_LOC_CONF | NGX_CONF_TAKE2, set_handler, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
    ngx_null_command};

static ngx_http_module_t context = {.create_loc_conf = create_conf};

ngx_module_t ngx_http_process_data_module = {
    NGX_MODULE_V1, &context, commands, NGX_HTTP_MODULE, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NGX_MODULE_V1_PADDING};

/* The query string without its escapes, in memory of the request. */
static ngx_int_t read_input(ngx_http_request_t *r, process_data_string_t *input) {
  u_char *from = r->args.data, *to = ngx_pnalloc(r->pool, r->args.len + 1);
  if (!to) return NGX_ERROR;
  input->ptr = to;
  ngx_unescape_uri(&to, &from, r->args.len, 0);
  input->len = to - (u_char *)input->ptr;
  return NGX_OK;
}

static void free_text(void *data) { process_data_string_free(data); }

/* Lets a request own a text of the library's. */
static process_data_string_t *own(ngx_http_request_t *r, process_data_string_t text) {
  ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(r->pool, sizeof text);
  if (!cleanup) return process_data_string_free(&text), NULL;
  cleanup->handler = free_text;
  return memcpy(cleanup->data, &text, sizeof text);
}

static ngx_int_t answer(ngx_http_request_t *r, process_data_string_t text) {
  ngx_chain_t out = {.buf = ngx_calloc_buf(r->pool)};
  process_data_string_t *owned = own(r, text);
  if (!owned || !out.buf) return NGX_HTTP_INTERNAL_SERVER_ERROR;
  out.buf->pos = owned->ptr;
  out.buf->last = out.buf->pos + owned->len;
  out.buf->memory = owned->len > 0;
  out.buf->last_buf = r == r->main;
  out.buf->last_in_chain = 1;
  ngx_str_set(&r->headers_out.content_type, "text/plain; charset=utf-8");
  r->headers_out.status = NGX_HTTP_OK;
  r->headers_out.content_length_n = owned->len;
  ngx_int_t sent = ngx_http_send_header(r);
  return sent == NGX_ERROR || sent > NGX_OK || r->header_only ? sent : ngx_http_output_filter(r, &out);
}

/* Calls the component: a trap, or a limit, is a failure of the request, and the worker goes on. */
static ngx_int_t call(ngx_http_request_t *r, process_data_instance_t *instance) {
  process_data_string_t input, ret;
  if (read_input(r, &input) != NGX_OK) return NGX_HTTP_INTERNAL_SERVER_ERROR;
  switch (process_data_process_data(instance, &input, &ret)) {
    case PROCESS_DATA_OK:
      return answer(r, ret);
    case PROCESS_DATA_ARGUMENT: /* It isn't UTF-8. */
      return NGX_HTTP_BAD_REQUEST;
    default:
      ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "process_data: %s", process_data_error(instance));
      return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
}

static ngx_int_t handle(ngx_http_request_t *r) {
  conf_t *conf = ngx_http_get_module_loc_conf(r, ngx_http_process_data_module);
  process_data_options_t options = {.size = sizeof options, .cpu_time = conf->time, .max_memory = conf->memory};
  char *error = NULL;
  ngx_int_t rc = ngx_http_discard_request_body(r);
  if (rc != NGX_OK) return rc;
  process_data_instance_t *instance = process_data_new(&options, NULL, &error);
  if (!instance) {
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "process_data: %s", error);
    process_data_error_free(error);
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  rc = call(r, instance);
  process_data_free(instance);
  return rc;
}

static void *create_conf(ngx_conf_t *cf) { return ngx_pcalloc(cf->pool, sizeof(conf_t)); }

static char *set_handler(ngx_conf_t *cf, ngx_command_t *command, void *data) {
  conf_t *conf = data;
  ngx_str_t *words = cf->args->elts;
  ngx_int_t time = ngx_parse_time(&words[1], 0);
  (void)command;
  conf->memory = ngx_parse_size(&words[2]);
  if (time == NGX_ERROR || time == 0 || conf->memory <= 0) return "has a time or a size that isn't one";
  conf->time = time;
  ngx_http_core_loc_conf_t *location = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
  location->handler = handle;
  return NGX_CONF_OK;
}
