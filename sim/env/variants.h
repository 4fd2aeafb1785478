// Inside of sim/env: the variants of a model (sim/env/env.h), from the list `randomise`.
#ifndef HFTSIM_SIM_ENV_VARIANTS_H
#define HFTSIM_SIM_ENV_VARIANTS_H

#include "sim/env/state.h"

#define HFT_STREAM_VARIANTS 0x60000u  // plus the key's index, of env_config.variants_seed

// An item of the list.
typedef struct hft_range {
  hft_config_target target;
  int item;          // index in the list
  const char *path;  // as written
  double low, high;
  bool is_log;
  uint32_t from;  // episode
  int key;        // index among the keys that the list names, in the order of their first ranges
} hft_range;

typedef struct hft_ranges {
  hft_range *range;  // [count], owned
  int count, key_count;
  int first[HFT_DRAWN_MAX];  // by key: its first range
} hft_ranges;

// Reads and checks the list of a config, which may have none. The caller frees range. ECONFIG at
// the item's place: no such key, not a number, beyond the key's bounds, low above high, or two
// paths that have some keys in common.
hft_status hft_ranges_read(const hft_config *config, hft_ranges *out, hft_error *error);

// The range of a key that holds in an episode; null: none yet.
const hft_range *hft_range_of(const hft_ranges *ranges, int key, uint32_t episode);

// A value of a range as text, at the quantile u in [0, 1).
#define HFT_RANGE_TEXT 40
void hft_range_value(const hft_range *range, double u, char text[HFT_RANGE_TEXT]);

// Writes the quantiles of a key in `count` variants: one in each of `count` equal parts of [0, 1).
// `order` is scratch: [count].
void hft_range_quantiles(uint64_t seed, int key, int count, uint32_t *order, double *quantile);

// The number that a path means in a config.
double hft_range_number(const hft_config *config, const hft_range *range);

// Widens the bounds of the spec of `model`, and its episode_len, to those of `other`. Their specs
// have equal shapes.
void hft_variant_widen(hft_env_model *model, const hft_env_model *other);
// hft_env_model_fits without its bounds, episode_len and memory.
hft_status hft_variant_shapes(const hft_env_model *model, const hft_env_model *other,
                              const char *where, hft_error *error);

// A model without its variants. `base`: as of hft_env_model_create_as; null: places of its own.
hft_status hft_env_model_create_one(const hft_config *config, const hft_agent_class *const *classes,
                                    int class_count, const hft_env_model *base, hft_env_model **out,
                                    hft_error *error);
// Compiles the variants of a model, and describes the drawn keys in its spec. On failure the caller
// frees the model.
hft_status hft_variants_create(hft_env_model *model, const hft_config *config,
                               const hft_agent_class *const *classes, int class_count,
                               hft_error *error);
void hft_variants_free(hft_env_model *model);

#endif
