// A growable array of numbers.
#ifndef HFTSIM_STATS_DOUBLES_H
#define HFTSIM_STATS_DOUBLES_H

#include <stdbool.h>
#include <stddef.h>

// Zeroed memory is an empty array. The owner frees `value`.
typedef struct hft_doubles {
  double *value;
  size_t count, capacity;
} hft_doubles;

// Makes room for `more` further values. False, with the array unchanged, if out of memory.
bool hft_doubles_reserve(hft_doubles *array, size_t more);

// Appends a value. False, with the array unchanged, if out of memory.
static inline bool hft_doubles_push(hft_doubles *array, double value) {
  if (array->count == array->capacity && !hft_doubles_reserve(array, 1)) return false;
  array->value[array->count++] = value;
  return true;
}

#endif
