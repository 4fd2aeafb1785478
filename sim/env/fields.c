#include "sim/env/fields.h"

#include <stdarg.h>
#include <stdio.h>

#include "sim/base/check.h"

void hft_fields_name(const hft_fields *fields, const char *name, int level, const char *unit,
                     const char *help, hft_bounds bounds) {
  hft_index *index = &fields->index[fields->count];
  float low = (float)bounds.low, high = (float)bounds.high;
  if (fields->widens) {
    if (low < index->low) index->low = low;
    if (high > index->high) index->high = high;
    return;
  }
  index->low = low;
  index->high = high;
  const char *prefix = fields->prefix != NULL ? fields->prefix : "";
  int length = level == 0 ? snprintf(index->name, HFT_NAME_SIZE, "%s%s", prefix, name)
                          : snprintf(index->name, HFT_NAME_SIZE, "%s%s_%d", prefix, name, level);
  HFT_CHECK(length < HFT_NAME_SIZE);
  index->unit = unit;
  index->help = help;
}

void hft_fields_prefix(char prefix[HFT_NAME_SIZE], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(prefix, HFT_NAME_SIZE, format, arguments);
  va_end(arguments);
  HFT_CHECK(length < HFT_NAME_SIZE);
}
