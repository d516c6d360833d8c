/* A host program that does the same with aot's library, with wasmtime's and in plain C, in turns: a line for each measurement, with the
 * nanoseconds of each. Arguments: rounds, the component `embed`, and the component `process-data` if that is measured. */
#define _GNU_SOURCE
#include "embed.h"
#ifdef PROCESS_DATA
#include "process_data.h"
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wasi.h>
#include <wasmtime.h>
#include <wasmtime/component.h>

#define CHECK(x) do { if (!(x)) fprintf(stderr, "line %d: %s\n", __LINE__, #x), exit(1); } while (0)

#define LONG (1 << 20)
#define POINTS 1000

static double nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* aot */

static embed_instance_t *instance;

static void aot_next(void) {
  uint32_t ret;
  CHECK(embed_next(instance, 41, &ret) == EMBED_OK && ret == 42);
}

static char long_text[LONG + 1];
static embed_point_t points[POINTS];

static void aot_text(const char *bytes, size_t count) {
  embed_string_t text = {(uint8_t *)bytes, count}, ret;
  CHECK(embed_echo_text(instance, &text, &ret) == EMBED_OK && ret.len == count && ret.ptr[count - 1] == 'x');
  embed_string_free(&ret);
}
static void aot_short(void) { aot_text("sixteen bytes: x", 16); }
static void aot_long(void) { aot_text(long_text, LONG); }

static void aot_points(void) {
  embed_list_point_t list = {points, POINTS}, ret;
  CHECK(embed_echo_points(instance, &list, &ret) == EMBED_OK && ret.ptr[POINTS - 1].y == 7);
  embed_list_point_free(&ret);
}

static void aot_instance(void) {
  embed_instance_t *made = embed_new(NULL, NULL, NULL);
  CHECK(made);
  embed_free(made);
}

/* wasmtime */

/* A component with what its instances need. */
typedef struct {
  wasmtime_component_t *component;
  wasmtime_component_linker_t *linker;
} component_t;

typedef struct {
  wasmtime_store_t *store;
  wasmtime_context_t *context;
  wasmtime_component_instance_t instance;
} store_t;

static wasm_engine_t *engine;
static component_t component;
static store_t store;
static wasmtime_component_func_t next, echo_text, echo_points;

static void succeed(wasmtime_error_t *error) {
  if (!error) return;
  wasm_byte_vec_t message;
  wasmtime_error_message(error, &message);
  fprintf(stderr, "wasmtime: %.*s\n", (int)message.size, message.data), exit(1);
}

static void start_engine(void) {
  wasm_config_t *config = wasm_config_new();
  wasmtime_pooling_allocation_config_t *pool = wasmtime_pooling_allocation_config_new();
  /* As `wasmtime serve` has it. */
  wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(pool, 1 << 20);
  wasmtime_pooling_allocation_config_table_keep_resident_set(pool, 1 << 20);
  wasmtime_pooling_allocation_config_total_component_instances_set(pool, 100);
  wasmtime_pooling_allocation_strategy_set(config, pool);
  wasmtime_pooling_allocation_config_delete(pool);
  engine = wasm_engine_new_with_config(config);
}

static component_t load(const char *path) {
  FILE *file = fopen(path, "rb");
  CHECK(file && !fseek(file, 0, SEEK_END));
  size_t bytes = (size_t)ftell(file);
  uint8_t *contents = malloc(bytes);
  rewind(file);
  CHECK(contents && fread(contents, 1, bytes, file) == bytes && !fclose(file));
  component_t loaded;
  succeed(wasmtime_component_new(engine, contents, bytes, &loaded.component));
  loaded.linker = wasmtime_component_linker_new(engine);
  succeed(wasmtime_component_linker_add_wasip2(loaded.linker));
  free(contents);
  return loaded;
}

static store_t instantiate(const component_t *loaded) {
  store_t made;
  made.store = wasmtime_store_new(engine, NULL, NULL);
  made.context = wasmtime_store_context(made.store);
  succeed(wasmtime_context_set_wasi(made.context, wasi_config_new()));
  succeed(wasmtime_component_linker_instantiate(loaded->linker, made.context, loaded->component, &made.instance));
  return made;
}

static wasmtime_component_export_index_t *export_of(const component_t *loaded, const char *name) {
  wasmtime_component_export_index_t *found =
      wasmtime_component_get_export_index(loaded->component, NULL, name, strlen(name));
  CHECK(found);
  return found;
}

static wasmtime_component_func_t function(store_t *made, const wasmtime_component_export_index_t *found) {
  wasmtime_component_func_t function;
  CHECK(wasmtime_component_instance_get_func(&made->instance, made->context, found, &function));
  return function;
}

static void call(store_t *made, const wasmtime_component_func_t *function, const wasmtime_component_val_t *argument,
                 wasmtime_component_val_t *ret) {
  succeed(wasmtime_component_func_call(function, made->context, argument, 1, ret, 1));
}

static void wasmtime_next(void) {
  wasmtime_component_val_t argument = {.kind = WASMTIME_COMPONENT_U32, .of.u32 = 41}, ret = {.kind = 0};
  call(&store, &next, &argument, &ret);
  CHECK(ret.of.u32 == 42);
}

static void wasmtime_text(const char *bytes, size_t count) {
  wasmtime_component_val_t argument = {.kind = WASMTIME_COMPONENT_STRING, .of.string = {count, (char *)bytes}};
  wasmtime_component_val_t ret = {.kind = 0};
  call(&store, &echo_text, &argument, &ret);
  CHECK(ret.of.string.size == count && ret.of.string.data[count - 1] == 'x');
  wasmtime_component_val_delete(&ret);
}
static void wasmtime_short(void) { wasmtime_text("sixteen bytes: x", 16); }
static void wasmtime_long(void) { wasmtime_text(long_text, LONG); }

static wasmtime_component_val_t list;

static void make_list(void) {
  list.kind = WASMTIME_COMPONENT_LIST;
  wasmtime_component_vallist_new_uninit(&list.of.list, POINTS);
  for (size_t index = 0; index < POINTS; index++) {
    wasmtime_component_val_t *point = &list.of.list.data[index];
    point->kind = WASMTIME_COMPONENT_RECORD;
    wasmtime_component_valrecord_new_uninit(&point->of.record, 2);
    for (size_t field = 0; field < 2; field++) {
      wasmtime_component_valrecord_entry_t *entry = &point->of.record.data[field];
      wasm_name_new(&entry->name, 1, field ? "y" : "x");
      entry->val.kind = WASMTIME_COMPONENT_U32;
      entry->val.of.u32 = field ? points[index].y : points[index].x;
    }
  }
}

static void wasmtime_points(void) {
  wasmtime_component_val_t ret = {.kind = 0};
  call(&store, &echo_points, &list, &ret);
  CHECK(ret.of.list.data[POINTS - 1].of.record.data[1].val.of.u32 == 7);
  wasmtime_component_val_delete(&ret);
}

static void wasmtime_instance(void) {
  store_t made = instantiate(&component);
  wasmtime_store_delete(made.store);
}

/* Plain C, which the compiler doesn't see through. */

__attribute__((noinline)) static uint32_t plain_next(uint32_t number) {
  __asm__ volatile("");
  return number + 1;
}

__attribute__((noinline)) static void *plain_echo(const void *value, size_t bytes) {
  void *copy = malloc(bytes);
  CHECK(copy);
  return memcpy(copy, value, bytes);
}

static void c_next(void) { CHECK(plain_next(41) == 42); }

static void c_echo(const void *value, size_t bytes) {
  char *copy = plain_echo(value, bytes);
  __asm__ volatile("" : : "r"(copy) : "memory");
  free(copy);
}
static void c_short(void) { c_echo("sixteen bytes: x", 16); }
static void c_long(void) { c_echo(long_text, LONG); }
static void c_points(void) { c_echo(points, sizeof points); }

#ifdef PROCESS_DATA
static component_t processing;
static wasmtime_component_export_index_t *process_data;

static void aot_process_data(void) {
  process_data_instance_t *made = process_data_new(NULL, NULL, NULL);
  process_data_string_t text, ret;
  process_data_string_set(&text, "a b c");
  CHECK(made && process_data_process_data(made, &text, &ret) == PROCESS_DATA_OK);
  CHECK(ret.len == 17 && !memcmp(ret.ptr, "Processed 3 words", 17));
  process_data_string_free(&ret);
  process_data_free(made);
}

static void wasmtime_process_data(void) {
  store_t made = instantiate(&processing);
  wasmtime_component_func_t found = function(&made, process_data);
  wasmtime_component_val_t argument = {.kind = WASMTIME_COMPONENT_STRING, .of.string = {5, "a b c"}};
  wasmtime_component_val_t ret = {.kind = 0};
  call(&made, &found, &argument, &ret);
  CHECK(ret.of.string.size == 17 && !memcmp(ret.of.string.data, "Processed 3 words", 17));
  wasmtime_component_val_delete(&ret);
  wasmtime_store_delete(made.store);
}
#endif

/* The same work in three ways; none in plain C if that has no such thing. */
typedef struct {
  const char *name;
  long calls;
  void (*ways[3])(void);
} work_t;

static const work_t works[] = {
    {"(u32) -> u32", 100000, {aot_next, wasmtime_next, c_next}},
    {"a string of 16 bytes", 100000, {aot_short, wasmtime_short, c_short}},
    {"a string of 1 MB", 50, {aot_long, wasmtime_long, c_long}},
    {"1,000 records", 200, {aot_points, wasmtime_points, c_points}},
    {"an instance, made and freed", 2000, {aot_instance, wasmtime_instance, NULL}},
#ifdef PROCESS_DATA
    {"process-data, made, called, freed", 1000, {aot_process_data, wasmtime_process_data, NULL}},
#endif
};

static double measure(void (*way)(void), long calls) {
  if (!way) return 0;
  /* What the other ways left in caches and pools counts for nobody. */
  for (long call = 0; call < calls / 50 + 1; call++) way();
  double before = nanoseconds();
  for (long call = 0; call < calls; call++) way();
  return (nanoseconds() - before) / (double)calls;
}

int main(int count, char **words) {
  CHECK(count >= 3);
  memset(long_text, 'x', LONG);
  for (uint32_t index = 0; index < POINTS; index++) points[index] = (embed_point_t){index, 7};
  CHECK(instance = embed_new(NULL, NULL, NULL));
  start_engine();
  component = load(words[2]);
  store = instantiate(&component);
  next = function(&store, export_of(&component, "next"));
  echo_text = function(&store, export_of(&component, "echo-text"));
  echo_points = function(&store, export_of(&component, "echo-points"));
  make_list();
#ifdef PROCESS_DATA
  CHECK(count >= 4);
  processing = load(words[3]);
  process_data = export_of(&processing, "process-data");
#endif
  for (long round = 0; round < atol(words[1]); round++) {
    for (size_t index = 0; index < sizeof works / sizeof *works; index++) {
      const work_t *work = &works[index];
      double times[3];
      for (int way = 0; way < 3; way++) times[way] = measure(work->ways[way], work->calls);
      printf("%s\t%.1f\t%.1f\t%.1f\n", work->name, times[0], times[1], times[2]);
    }
  }
  return 0;
}
