// Overrides of a pool's config: the models that envs may begin their episodes with.
#include <stdlib.h>
#include <string.h>

#include "sim/base/hash.h"
#include "sim/pool/pool_state.h"

#define SETS (1 + HFT_OVERRIDES_MAX)

uint64_t hft_pool_config_digest(const hft_config *config) {
  char *text = hft_config_print(config, 0);
  uint64_t digest = text == NULL ? 0 : hft_hash_bytes(HFT_HASH_START, text, strlen(text));
  free(text);
  return digest;
}

int hft_pool_find_overrides(const hft_pool *pool, uint64_t config_digest) {
  for (int set = 1; set < SETS; set++) {
    if (pool->set[set].model != NULL && pool->set[set].config == config_digest) return set;
  }
  return -1;
}

// A free place, or that of the set that no env uses and that was chosen longest ago; -1: none. Envs
// may be under way meanwhile.
static int find_place(const hft_pool *pool) {
  bool used[SETS] = {true};
  for (int i = 0; i < pool->env_count; i++) {
    used[pool->slot[i].set] = true;
    used[atomic_load_explicit(&pool->slot[i].model_set, memory_order_acquire)] = true;
  }
  int oldest = -1;
  for (int set = 1; set < SETS; set++) {
    if (pool->set[set].model == NULL) return set;
    if (used[set]) continue;
    if (oldest < 0 || pool->set[set].used < pool->set[oldest].used) oldest = set;
  }
  return oldest;
}

hft_status hft_pool_add_overrides(hft_pool *pool, uint64_t config_digest, hft_env_model *model,
                                  const char *where, int *set, hft_error *error) {
  hft_status status = hft_env_model_fits(pool->model, model, where, error);
  if (status != HFT_OK) return status;
  int place = find_place(pool);
  if (place < 0) {
    return hft_fail(error, HFT_EFULL, where,
                    "envs use %d different sets of overrides, which is the limit; reset some with "
                    "others, or with none",
                    HFT_OVERRIDES_MAX);
  }
  hft_env_model_free(pool->set[place].model);
  pool->set[place] = (hft_pool_set){model, config_digest, ++pool->turn};
  *set = place;
  return HFT_OK;
}

void hft_pool_choose_overrides(hft_pool *pool, int set, const uint8_t *mask) {
  HFT_CHECK(set >= 0 && set < SETS && pool->set[set].model != NULL);
  pool->set[set].used = ++pool->turn;
  for (int i = 0; i < pool->env_count; i++) {
    if (mask != NULL && !mask[i]) continue;
    HFT_CHECK(pool->slot[i].task == HFT_POOL_TASK_NONE);
    pool->slot[i].set = (uint8_t)set;
  }
}

size_t hft_pool_overrides_bytes(const hft_pool *pool) {
  size_t bytes = 0;
  for (int set = 1; set < SETS; set++) {
    if (pool->set[set].model != NULL) bytes += hft_env_model_bytes(pool->set[set].model);
  }
  return bytes;
}

const hft_env_model *hft_pool_env_model(const hft_pool *pool, int env) {
  return pool->slot[env].model;
}

// ---- by digest ---------------------------------------------------------------------------------

const hft_env_model *hft_pool_find_variant(const hft_pool *pool, uint64_t digest, int *set) {
  for (*set = 0; *set < SETS; ++*set) {
    const hft_env_model *model = pool->set[*set].model;
    if (model == NULL) continue;
    if (hft_env_model_digest(model) == digest) return model;
    for (int k = 0; k < hft_env_model_variant_count(model); k++) {
      const hft_env_model *variant = hft_env_model_variant_at(model, k);
      if (hft_env_model_digest(variant) == digest) return variant;
    }
  }
  return NULL;
}

int hft_pool_find_set(const hft_pool *pool, uint64_t digest) {
  for (int set = 0; set < SETS; set++) {
    const hft_env_model *model = pool->set[set].model;
    if (model != NULL && hft_env_model_digest(model) == digest) return set;
  }
  return -1;
}
