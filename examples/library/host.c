#include "process_data.h"
#include <stdio.h>

int main(int argc, char **argv) {
  char *error = NULL;
  process_data_instance_t *instance = process_data_new(NULL, NULL, &error);
  if (!instance) {
    fprintf(stderr, "%s\n", error);
    process_data_error_free(error);
    return 1;
  }
  for (int index = 1; index < argc; index++) {
    process_data_string_t input, ret;
    process_data_string_set(&input, argv[index]);
    if (process_data_process_data(instance, &input, &ret) != PROCESS_DATA_OK) {
      fprintf(stderr, "%s\n", process_data_error(instance));
      process_data_free(instance);
      return 1;
    }
    printf("%.*s\n", (int)ret.len, (const char *)ret.ptr);
    process_data_string_free(&ret);
  }
  process_data_free(instance);
}
