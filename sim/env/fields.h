// Inside of sim/env: numbers and what they mean, written at one place. The same function writes the
// values of an observation in a step, and once, for the spec, the name, unit and meaning of each.
#ifndef HFTSIM_SIM_ENV_FIELDS_H
#define HFTSIM_SIM_ENV_FIELDS_H

#include "sim/env/env.h"

typedef struct hft_fields {
  float *value;        // where values go
  hft_index *index;    // where meanings go instead; null with `value` null: nothing is written
  const char *prefix;  // of names
  int count;
} hft_fields;

// Writes the meaning; level 0: the name as it is, otherwise with that number.
void hft_fields_name(const hft_fields *fields, const char *name, int level, const char *unit,
                     const char *help);

// A prefix for the names to come.
void hft_fields_prefix(char prefix[HFT_NAME_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline void hft_fields_put(hft_fields *fields, const char *name, const char *unit,
                                  const char *help, double value) {
  if (fields->value != NULL) {
    fields->value[fields->count] = (float)(value + 0.0);  // + 0: no negative zero
  } else if (fields->index != NULL) {
    hft_fields_name(fields, name, 0, unit, help);
  }
  fields->count++;
}

// The same of a row of numbers, of which this is the level-th, from 1 on.
static inline void hft_fields_put_level(hft_fields *fields, const char *name, int level,
                                        const char *unit, const char *help, double value) {
  if (fields->value != NULL) {
    fields->value[fields->count] = (float)(value + 0.0);  // + 0: no negative zero
  } else if (fields->index != NULL) {
    hft_fields_name(fields, name, level, unit, help);
  }
  fields->count++;
}

#endif
