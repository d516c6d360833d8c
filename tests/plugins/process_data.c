/* The example of a component that is called with a text. */
#include "process_data.h"
#include <stdio.h>

int main(void) {
  char *error = NULL;
  process_data_instance_t *instance = process_data_new(NULL, NULL, &error);
  process_data_string_t input, ret;
  if (!instance) return puts(error), 1;
  process_data_string_set(&input, "a b c");
  if (process_data_process_data(instance, &input, &ret) != PROCESS_DATA_OK) return puts(process_data_error(instance)), 1;
  printf("%.*s\n", (int)ret.len, ret.ptr);
  process_data_string_free(&ret);
  process_data_free(instance);
  return 0;
}
