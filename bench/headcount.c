#include "bench/headcount.h"

#include <stdio.h>

#include "sim/base/check.h"
#include "sim/flow/crowd.h"

#define VALUE_SIZE 1024  // bytes for a list of HFT_LIST_MAX numbers

// Prints the rates of a key, multiplied by `factor`, in the form that configs are parsed from.
static void print_rates(const hft_key *key, const void *params, double factor, char *text) {
  const void *value = (const char *)params + key->offset;
  if (key->kind == HFT_KEY_REAL) {
    snprintf(text, VALUE_SIZE, "%.17g", *(const double *)value * factor);
    return;
  }
  HFT_CHECK(key->kind == HFT_KEY_LIST);
  const hft_list *list = value;
  int length = snprintf(text, VALUE_SIZE, "[");
  for (int64_t i = 0; i < list->count; i++) {
    length += snprintf(text + length, VALUE_SIZE - (size_t)length, "%s%.17g", i > 0 ? ", " : "",
                       list->value[i] * factor);
  }
  HFT_CHECK(length + 2 < VALUE_SIZE);
  snprintf(text + length, VALUE_SIZE - (size_t)length, "]");
}

static hft_status set_key(hft_config *config, int index, const char *key, const char *value,
                          hft_error *error) {
  char path[128];
  snprintf(path, sizeof path, "populations.%d.%s", index, key);
  return hft_config_set_value(config, path, value, error);
}

static hft_status set_population(hft_config *config, int index, int64_t headcount,
                                 hft_error *error) {
  const hft_section *section;
  const void *params = hft_config_item(config, "populations", index, &section);
  const hft_key *count = hft_section_find(section, "headcount");
  if (count == NULL) return HFT_OK;
  int64_t before = *(const int64_t *)((const char *)params + count->offset);
  double factor = (double)before / (double)headcount;
  char text[VALUE_SIZE];
  for (int i = 0; i < section->key_count; i++) {
    const hft_key *key = &section->keys[i];
    if (!hft_crowd_is_rate(key)) continue;
    print_rates(key, params, factor, text);
    hft_status status = set_key(config, index, key->name, text, error);
    if (status != HFT_OK) return status;
    params = hft_config_item(config, "populations", index, &section);
  }
  snprintf(text, sizeof text, "%lld", (long long)headcount);
  return set_key(config, index, "headcount", text, error);
}

hft_status hft_bench_set_headcount(hft_config *config, int64_t headcount, hft_error *error) {
  hft_status status = HFT_OK;
  for (int i = 0; i < hft_config_count(config, "populations") && status == HFT_OK; i++) {
    status = set_population(config, i, headcount, error);
  }
  return status;
}
