/* Memory of a guest, for hosts of conventions that pass addresses. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTSIDE "an address outside of the memory"

/* Defines `at`: bytes of the memory that a library exports as `memory`; null if they aren't in it. */
#define MEMORY_OF(library)                                                                                            \
  static uint8_t *at(library##_instance_t *instance, int32_t start, uint64_t length) {                               \
    uint8_t *base;                                                                                                    \
    uint64_t bytes;                                                                                                   \
    if (library##_memory(instance, &base, &bytes) != 0) abort();                                                     \
    return (uint32_t)start <= bytes && length <= bytes - (uint32_t)start ? base + (uint32_t)start : NULL;             \
  }
