#include "stats/doubles.h"

#include <stdlib.h>

bool hft_doubles_reserve(hft_doubles *array, size_t more) {
  if (more <= array->capacity - array->count) return true;
  size_t capacity = array->capacity < 512 ? 1024 : 2 * array->capacity;
  if (capacity < array->count + more) capacity = array->count + more;
  double *moved = realloc(array->value, capacity * sizeof *moved);
  if (moved == NULL) return false;
  array->value = moved;
  array->capacity = capacity;
  return true;
}
