// The list `randomise`: its ranges, and the values drawn from them.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"
#include "sim/base/math.h"
#include "sim/env/variants.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))
#define LIST "randomise"

#define HFT_KEY_STRUCT hft_randomise_config
static const hft_key keys[] = {HFT_RANDOMISE_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section uniform = {"uniform",
                                    "each value between `low` and `high` is equally likely", keys,
                                    COUNT(keys), sizeof(hft_randomise_config)};
static const hft_section log_uniform = {
    "log_uniform", "each ratio is equally likely, as for a scale: `low` must be above 0", keys,
    COUNT(keys), sizeof(hft_randomise_config)};
const hft_section *const hft_randomise_sections[HFT_RANDOMISE_KINDS] = {&uniform, &log_uniform};

// Fails at a key of an item of the list.
#define FAIL(config, range, key, error, ...) \
  hft_fail(error, HFT_ECONFIG, place_of(config, range, key, (char[160]){""}, 160), __VA_ARGS__)

static const char *place_of(const hft_config *config, const hft_range *range, const char *key,
                            char *place, size_t size) {
  hft_config_item_place(config, LIST, range->item, key, place, size);
  return place;
}

// Smallest and largest whole number of a range.
static double first_whole(const hft_range *range) {
  return ceil(range->low);
}

static double last_whole(const hft_range *range) {
  return floor(range->high);
}

static hft_status check_bounds(const hft_config *config, const hft_range *range, hft_error *error) {
  const hft_key *key = range->target.key;
  if (range->low > range->high) {
    return FAIL(config, range, "low", error, "%g is above high, %g", range->low, range->high);
  }
  if (range->low < key->low || range->high > key->high) {
    const char *at = range->low < key->low ? "low" : "high";
    return FAIL(config, range, at, error, "%.12g is out of the range of %s, [%.12g, %.12g]%s%s",
                range->low < key->low ? range->low : range->high, range->path, key->low, key->high,
                key->unit[0] != '\0' ? " " : "", key->unit);
  }
  if (range->is_log && range->low <= 0 && range->low < range->high) {
    return FAIL(config, range, "low", error, "%g must be above 0 in a range of kind log_uniform",
                range->low);
  }
  if (key->kind == HFT_KEY_INT && first_whole(range) > last_whole(range)) {
    return FAIL(config, range, "low", error, "there is no whole number from %g to %g", range->low,
                range->high);
  }
  return HFT_OK;
}

static hft_status find_target(const hft_config *config, hft_range *range, hft_error *error) {
  if (range->path[0] == '\0') {
    return FAIL(config, range, "key", error,
                "the value is missing: a path such as market_config.volatility");
  }
  hft_error reason;
  if (hft_config_find(config, range->path, &range->target, &reason) != HFT_OK) {
    return FAIL(config, range, "key", error, "%s: %s", range->path, reason.text);
  }
  hft_key_kind kind = range->target.key->kind;
  if (kind == HFT_KEY_INT || kind == HFT_KEY_REAL) return HFT_OK;
  return FAIL(config, range, "key", error, "%s is not a single number; only those can be drawn",
              range->path);
}

// Gives a range the index of its key.
static hft_status number_key(const hft_config *config, hft_ranges *ranges, hft_range *range,
                             hft_error *error) {
  for (int k = 0; k < ranges->key_count; k++) {
    const hft_range *other = &ranges->range[ranges->first[k]];
    hft_config_relation relation = hft_config_compare(config, &range->target, &other->target);
    if (relation == HFT_CONFIG_APART) continue;
    if (relation == HFT_CONFIG_MEET || strcmp(range->path, other->path) != 0) {
      return FAIL(config, range, "key", error,
                  "%s and %s of " LIST "[%d] have a key in common: name it in one way", range->path,
                  other->path, other->item);
    }
    range->key = k;
    return HFT_OK;
  }
  if (ranges->key_count == HFT_DRAWN_MAX) {
    return FAIL(config, range, "key", error, "more than %d keys are drawn", HFT_DRAWN_MAX);
  }
  range->key = ranges->key_count;
  ranges->first[ranges->key_count++] = range->item;
  return HFT_OK;
}

// A list that draws itself, or the number of its own variants, would have no meaning.
static hft_status check_section(const hft_config *config, const hft_range *range,
                                hft_error *error) {
  const char *path = range->path;
  bool own = range->target.section == &uniform || range->target.section == &log_uniform ||
             strcmp(path, "env_config.variants") == 0 ||
             strcmp(path, "env_config.variants_seed") == 0;
  if (!own) return HFT_OK;
  return FAIL(config, range, "key", error, "%s cannot be drawn: it says how values are drawn",
              path);
}

hft_status hft_ranges_read(const hft_config *config, hft_ranges *out, hft_error *error) {
  *out = (hft_ranges){0};
  if (!hft_config_has_kind(config, LIST, &uniform)) return HFT_OK;
  int count = hft_config_count(config, LIST);
  if (count == 0) return HFT_OK;
  out->range = calloc((size_t)count, sizeof *out->range);
  if (out->range == NULL) return hft_fail(error, HFT_ENOMEM, LIST, "out of memory");
  hft_status status = HFT_OK;
  for (int i = 0; i < count && status == HFT_OK; i++) {
    const hft_section *section;
    const hft_randomise_config *item = hft_config_item(config, LIST, i, &section);
    hft_range *range = &out->range[out->count++];
    *range = (hft_range){.item = i,
                         .path = item->key.text,
                         .low = item->low,
                         .high = item->high,
                         .is_log = section == &log_uniform,
                         .from = (uint32_t)item->from_episode};
    status = find_target(config, range, error);
    if (status == HFT_OK) status = check_section(config, range, error);
    if (status == HFT_OK) status = check_bounds(config, range, error);
    if (status == HFT_OK) status = number_key(config, out, range, error);
  }
  if (status == HFT_OK) return HFT_OK;
  free(out->range);
  *out = (hft_ranges){0};
  return status;
}

const hft_range *hft_range_of(const hft_ranges *ranges, int key, uint32_t episode) {
  const hft_range *last = NULL;
  for (int i = 0; i < ranges->count; i++) {
    const hft_range *range = &ranges->range[i];
    if (range->key != key || range->from > episode) continue;
    if (last == NULL || range->from >= last->from) last = range;
  }
  return last;
}

void hft_range_value(const hft_range *range, double u, char text[HFT_RANGE_TEXT]) {
  bool is_whole = range->target.key->kind == HFT_KEY_INT;
  double low = is_whole ? first_whole(range) : range->low;
  double high = is_whole ? last_whole(range) : range->high;
  double value = low;
  if (low < high && range->is_log) {
    // Whole numbers: of equal weight by ratio, those at the ends too.
    double from = hft_log(is_whole ? low - 0.5 : low), to = hft_log(is_whole ? high + 0.5 : high);
    value = hft_exp(from + u * (to - from));
    if (is_whole) value = floor(value + 0.5);
  } else if (low < high) {
    value = is_whole ? floor(low + u * (high - low + 1)) : low + u * (high - low);
  }
  if (!is_whole) {
    snprintf(text, HFT_RANGE_TEXT, "%.6g", value);
    value = strtod(text, NULL);
    if (value >= low && value <= high) return;
  }
  value = value < low ? low : value > high ? high : value;
  snprintf(text, HFT_RANGE_TEXT, is_whole ? "%.0f" : "%.17g", value);
}

void hft_range_quantiles(uint64_t seed, int key, int count, uint32_t *order, double *quantile) {
  hft_rng rng = hft_rng_stream(seed, 0, HFT_STREAM_VARIANTS + (uint32_t)key);
  for (int k = 0; k < count; k++) {  // Fisher-Yates
    uint32_t j = hft_bounded(&rng, (uint32_t)k + 1);
    order[k] = order[j];
    order[j] = (uint32_t)k;
  }
  for (int k = 0; k < count; k++) {
    quantile[k] = ((double)order[k] + hft_uniform(&rng)) / (double)count;
  }
}

double hft_range_number(const hft_config *config, const hft_range *range) {
  const hft_key *key = range->target.key;
  const char *member = (const char *)hft_config_target_keys(config, &range->target) + key->offset;
  if (key->kind == HFT_KEY_REAL) return *(const double *)(const void *)member;
  return (double)*(const int64_t *)(const void *)member;
}
