#include "bench/actions.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"

static void draw_array(const hft_env_spec *spec, const hft_group *group, const hft_array *array,
                       char *slab, hft_rng *rng) {
  size_t count = array->bytes / 4;
  for (size_t i = 0; i < count; i++) {
    if (hft_action_is_float(spec->action_space)) {
      int32_t of = group->choice_count[i % (size_t)group->action_dim];
      float value =
          of > 0 ? (float)hft_bounded(rng, (uint32_t)of) : (float)(2 * hft_uniform(rng) - 1);
      memcpy(slab + array->offset + 4 * i, &value, sizeof value);
    } else {
      bool discrete = spec->action_space == HFT_ACTION_DISCRETE;
      int32_t choices =
          discrete ? group->mask_dim : group->choice_count[i % (size_t)group->action_dim];
      int32_t choice = (int32_t)hft_bounded(rng, (uint32_t)choices);
      memcpy(slab + array->offset + 4 * i, &choice, sizeof choice);
    }
  }
}

char *hft_bench_actions_draw(const hft_pool *pool) {
  const hft_layout *layout = hft_pool_actions_layout(pool);
  const hft_env_spec *spec = hft_env_model_spec(hft_pool_model(pool));
  // Without external seats a slab is empty, and calloc may return null for 0 bytes.
  char *slabs = calloc(HFT_BENCH_ACTION_SLABS, layout->bytes > 0 ? layout->bytes : 1);
  hft_rng rng = hft_rng_seed(1, 1);
  for (int k = 0; k < HFT_BENCH_ACTION_SLABS && slabs != NULL; k++) {
    for (int a = 0; a < layout->count; a++) {
      draw_array(spec, &spec->group[a], &layout->array[a], slabs + (size_t)k * layout->bytes, &rng);
    }
  }
  return slabs;
}

const char *hft_bench_actions_at(const hft_pool *pool, const char *slabs, uint64_t k) {
  return slabs + k % HFT_BENCH_ACTION_SLABS * hft_pool_actions_layout(pool)->bytes;
}

void hft_bench_actions_step(hft_pool *pool, const char *slabs, uint64_t k) {
  memcpy(hft_pool_actions(pool), hft_bench_actions_at(pool, slabs, k),
         hft_pool_actions_layout(pool)->bytes);
  hft_pool_step(pool);
}
