// Inside of sim/env: numbers of an array together with their meaning. One function writes the
// values of an observation in a step and, once for the spec, the name, unit and help of each.
#ifndef HFTSIM_SIM_ENV_FIELDS_H
#define HFTSIM_SIM_ENV_FIELDS_H

#include <math.h>

#include "sim/env/env.h"

// Of a number's values; both include 0.
typedef struct hft_bounds {
  double low, high;
} hft_bounds;
#define HFT_BOUNDS_ANY ((hft_bounds){-INFINITY, INFINITY})
#define HFT_BOUNDS_FROM_0 ((hft_bounds){0, INFINITY})
#define HFT_BOUNDS_SHARE ((hft_bounds){0, 1})
#define HFT_BOUNDS_SIGN ((hft_bounds){-1, 1})

typedef struct hft_fields {
  float *value;        // where values go
  hft_index *index;    // where meanings go instead; null with `value` null: nothing is written
  const char *prefix;  // of names
  int count;
  // With meanings: whose numbers they are, since some bounds follow from its keys.
  const hft_env_model *model;
  const void *keys;
  bool widens;  // `index` has the meanings of another seat: only widen its bounds
} hft_fields;

// Writes the meaning of a number; with level > 0 its name ends in "_<level>".
void hft_fields_name(const hft_fields *fields, const char *name, int level, const char *unit,
                     const char *help, hft_bounds bounds);

// A prefix for the names to come.
void hft_fields_prefix(char prefix[HFT_NAME_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline void hft_fields_put(hft_fields *fields, const char *name, const char *unit,
                                  const char *help, hft_bounds bounds, double value) {
  if (fields->value != NULL) {
    fields->value[fields->count] = (float)(value + 0.0);  // + 0: no negative zero
  } else if (fields->index != NULL) {
    hft_fields_name(fields, name, 0, unit, help, bounds);
  }
  fields->count++;
}

// The same of a row of numbers, of which this is the level-th, from 1 on.
static inline void hft_fields_put_level(hft_fields *fields, const char *name, int level,
                                        const char *unit, const char *help, hft_bounds bounds,
                                        double value) {
  if (fields->value != NULL) {
    fields->value[fields->count] = (float)(value + 0.0);  // + 0: no negative zero
  } else if (fields->index != NULL) {
    hft_fields_name(fields, name, level, unit, help, bounds);
  }
  fields->count++;
}

#endif
