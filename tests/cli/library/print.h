/* Printing without printf, whose long doubles need functions of a compiler. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void print_bytes(const void *bytes, size_t length) {
  if (write(1, bytes, length) < 0) abort();
}

static inline void print(const char *text) { print_bytes(text, strlen(text)); }

static inline void print_number(int64_t number) {
  char digits[24];
  char *at = digits + sizeof digits;
  uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  *--at = 0;
  do {
    *--at = (char)('0' + rest % 10);
  } while (rest /= 10);
  if (number < 0) *--at = '-';
  print(at);
}

/* A text, and a number behind it. */
static inline void print_both(const char *text, int64_t number) {
  print(text);
  print_number(number);
}
