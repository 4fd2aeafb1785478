#include "tests/support/slab.h"

#include <string.h>

#include "sim/base/hash.h"

const char slab_config[] =
    "market_config: {window_ticks: 1024, decision_ms: 500}\n"
    "env_config: {warmup_s: 2, episode_len: 25}\n"
    "risk_config: {max_inventory: 22, max_position_value: 2500}\n" WORLD_CROWD
    "seats: [{kind: maker, count: 2, offset_unit: ticks, offset_max: 3}, {kind: executor, "
    "parent_qty: 60}]\n";

hft_pool *slab_make(const hft_env_model *model, const hft_pool_config *config) {
  hft_pool *pool = NULL;
  hft_error error = {0};
  if (hft_pool_create(model, config, &pool, &error) != HFT_OK) {
    fail_msg("%s: %s", error.where, error.text);
  }
  assert_int_equal(hft_pool_env_count(pool), config->env_count);
  assert_ptr_equal(hft_pool_model(pool), model);
  return pool;
}

hft_pool *slab_open(const hft_env_model *model, int env_count, int thread_count, uint64_t seed) {
  return slab_make(model, &(hft_pool_config){
                              .env_count = env_count, .thread_count = thread_count, .seed = seed});
}

// Numbers somewhat beyond [-1, 1], and of a mixed action choices.
static void draw_numbers(float *action, const hft_group *group, int64_t count, uint64_t *stream) {
  for (int64_t k = 0; k < count; k++) {
    uint64_t drawn = world_draw(stream);
    int32_t choices = group->choice_count[k % group->action_dim];
    action[k] = choices > 0 ? (float)(drawn % (uint64_t)choices)
                            : (float)((double)(drawn >> 40) * 0x1.4p-23 - 1.25);
  }
}

// Choices of each seat, forbidden ones too.
static void draw_choices(int32_t *action, const hft_group *group, bool product, uint64_t *stream) {
  for (int seat = 0; seat < group->seat_count; seat++) {
    for (int axis = 0; axis < group->action_dim; axis++) {
      int32_t count = product ? group->mask_dim : group->choice_count[axis];
      *action++ = (int32_t)(world_draw(stream) % (uint64_t)count);
    }
  }
}

void slab_act(hft_pool *pool, int i, uint64_t seed, int step) {
  const hft_layout *layout = hft_pool_actions_layout(pool);
  const hft_env_spec *spec = hft_env_model_spec(hft_pool_model(pool));
  uint64_t stream = hft_hash_u64(seed + (uint64_t)i, (uint64_t)step);
  for (int a = 0; a < layout->count; a++) {
    const hft_array *array = &layout->array[a];
    void *row = (char *)hft_pool_actions(pool) + array->offset + (size_t)i * array->row_bytes;
    if (array->dtype == HFT_DTYPE_F32) {
      draw_numbers(row, &spec->group[a], array->shape[1] * array->shape[2], &stream);
    } else {
      draw_choices(row, &spec->group[a], spec->action_space == HFT_ACTION_DISCRETE, &stream);
    }
  }
}

void slab_step(hft_pool *pool, uint64_t seed, int step) {
  for (int i = 0; i < hft_pool_env_count(pool); i++) slab_act(pool, i, seed, step);
  hft_pool_step(pool);
}

const hft_array *slab_array(const hft_layout *layout, const char *name) {
  for (int a = 0; a < layout->count; a++) {
    if (strcmp(layout->array[a].name, name) == 0) return &layout->array[a];
  }
  fail_msg("there is no array %s", name);
  return NULL;
}

static const void *row_of(const void *slab, const hft_array *array, int i) {
  return (const char *)slab + array->offset + (size_t)i * (array->row_bytes);
}

size_t slab_row_bytes(const hft_pool *pool, const char *name) {
  const hft_array *array = slab_array(hft_pool_results_layout(pool), name);
  return array->row_bytes;
}

const void *slab_row(const hft_pool *pool, const char *name, int i) {
  return row_of(hft_pool_results(pool), slab_array(hft_pool_results_layout(pool), name), i);
}

const void *slab_final(const hft_pool *pool, const char *name, int k) {
  hft_layout layout;
  hft_pool_finals_layout(pool, hft_pool_ended_count(pool), &layout);
  return row_of(hft_pool_finals(pool), slab_array(&layout, name), k);
}

bool slab_ended(const hft_pool *pool, int i) {
  return *(const uint8_t *)slab_row(pool, "ended", i) != 0;
}

static uint64_t hash_row(uint64_t hash, const void *slab, const hft_array *array, int i) {
  return hft_hash_bytes(hash, row_of(slab, array, i), array->row_bytes);
}

uint64_t slab_rows_hash(const hft_pool *pool, int i) {
  const hft_layout *results = hft_pool_results_layout(pool);
  uint64_t hash = HFT_HASH_START;
  for (int a = 0; a < results->count; a++) {
    hash = hash_row(hash, hft_pool_results(pool), &results->array[a], i);
  }
  return hash;
}

uint64_t slab_hash(const hft_pool *pool, int i) {
  uint64_t hash = slab_rows_hash(pool, i);
  hft_layout finals;
  hft_pool_finals_layout(pool, hft_pool_ended_count(pool), &finals);
  for (int k = 0; k < hft_pool_ended_count(pool); k++) {
    if (*(const int32_t *)slab_final(pool, "env", k) != i) continue;
    // All but the first array, the index of the env, which is another in another pool.
    for (int a = 1; a < finals.count; a++) {
      hash = hash_row(hash, hft_pool_finals(pool), &finals.array[a], k);
    }
  }
  return hash;
}
