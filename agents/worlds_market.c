#include "agents/worlds_market.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"
#include "sim/pool/pool.h"

typedef struct market {
  hft_worlds worlds;  // first: a pointer to it is one to the block
  hft_worlds_shape shape;
  hft_pool *pool;
  hft_layout finals;
} market;

static const void *find(const hft_layout *layout, const void *slab, const char *name) {
  for (int i = 0; i < layout->count; i++) {
    if (strcmp(layout->array[i].name, name) == 0) {
      return (const uint8_t *)slab + layout->array[i].offset;
    }
  }
  return NULL;
}

static const void *find_of(const hft_layout *layout, const void *slab, const hft_group *group,
                           const char *kind) {
  char name[HFT_NAME_SIZE];
  hft_array_name(group, kind, name);
  return find(layout, slab, name);
}

// Addresses the finals, whose layout depends on their number.
static void view_finals(market *m) {
  hft_worlds_view *view = &m->worlds.view;
  view->final_count = hft_pool_ended_count(m->pool);
  if (view->final_count == 0) return;
  const void *slab = hft_pool_finals(m->pool);
  hft_pool_finals_layout(m->pool, view->final_count, &m->finals);
  view->final_env = find(&m->finals, slab, "env");
  view->final_state = find(&m->finals, slab, "final_state");
  for (int g = 0; g < m->shape.group_count; g++) {
    view->final_obs[g] = find_of(&m->finals, slab, &m->shape.group[g], "final_obs");
    view->final_return[g] = find_of(&m->finals, slab, &m->shape.group[g], "return");
  }
}

// The slabs stay where they are.
static void view_slabs(market *m) {
  hft_worlds_view *view = &m->worlds.view;
  const hft_layout *results = hft_pool_results_layout(m->pool);
  const void *slab = hft_pool_results(m->pool);
  for (int g = 0; g < m->shape.group_count; g++) {
    const hft_group *group = &m->shape.group[g];
    view->obs[g] = find_of(results, slab, group, "obs");
    view->mask[g] = find_of(results, slab, group, "mask");
    view->controlled[g] = find_of(results, slab, group, "controlled");
    view->reward[g] = find_of(results, slab, group, "reward");
    view->terminated[g] = find_of(results, slab, group, "terminated");
    m->worlds.action[g] = (void *)(uintptr_t)find_of(hft_pool_actions_layout(m->pool),
                                                     hft_pool_actions(m->pool), group, "action");
    HFT_CHECK(view->obs[g] != NULL && m->worlds.action[g] != NULL);
  }
  view->truncated = find(results, slab, "truncated");
  view->ended = find(results, slab, "ended");
  view->state = find(results, slab, "state");
}

static void begin(hft_worlds *worlds, uint64_t seed) {
  market *m = (market *)worlds;
  hft_pool_reset_from(m->pool, seed, NULL);
  worlds->view.final_count = 0;
}

static void step(hft_worlds *worlds) {
  market *m = (market *)worlds;
  hft_pool_step(m->pool);
  view_finals(m);
}

static size_t save_size(const hft_worlds *worlds) {
  const market *m = (const market *)worlds;
  return (size_t)worlds->envs * hft_pool_env_bytes(m->pool);
}

static hft_status save(const hft_worlds *worlds, void *bytes, hft_error *error) {
  const market *m = (const market *)worlds;
  size_t size = hft_pool_env_bytes(m->pool);
  hft_status status = HFT_OK;
  for (int i = 0; i < worlds->envs && status == HFT_OK; i++) {
    status = hft_pool_save(m->pool, i, (uint8_t *)bytes + (size_t)i * size, size, error);
  }
  return status;
}

static hft_status load(hft_worlds *worlds, const void *bytes, hft_error *error) {
  market *m = (market *)worlds;
  size_t size = hft_pool_env_bytes(m->pool);
  hft_status status = HFT_OK;
  for (int i = 0; i < worlds->envs && status == HFT_OK; i++) {
    status = hft_pool_load(m->pool, i, (const uint8_t *)bytes + (size_t)i * size, size, error);
  }
  worlds->view.final_count = 0;
  return status;
}

static void free_market(hft_worlds *worlds) {
  market *m = (market *)worlds;
  if (m == NULL) return;
  hft_pool_free(m->pool);
  free(m);
}

hft_status hft_worlds_market_create(const hft_env_model *model, int envs, uint32_t first_env,
                                    hft_worlds **out, hft_error *error) {
  *out = NULL;
  const hft_env_spec *spec = hft_env_model_spec(model);
  if (spec->group_count == 0) {
    return hft_fail(error, HFT_ECONFIG, "seats",
                    "no seat is external, so nothing learns: remove the controller of a seat");
  }
  market *m = calloc(1, sizeof *m);
  if (m == NULL) return hft_fail(error, HFT_ENOMEM, "worlds", "out of memory");
  const hft_pool_config config = {.env_count = envs,
                                  .thread_count = 1,
                                  .autoreset = HFT_AUTORESET_SAME_STEP,
                                  .first_env = first_env};
  hft_status status = hft_pool_create(model, &config, &m->pool, error);
  if (status != HFT_OK) {
    free(m);
    return status;
  }
  m->shape = (hft_worlds_shape){spec->group_count, spec->group, spec->state_dim, spec->state,
                                spec->action_space};
  m->worlds = (hft_worlds){.shape = &m->shape,
                           .envs = envs,
                           .begin = begin,
                           .step = step,
                           .save_size = save_size,
                           .save = save,
                           .load = load,
                           .free = free_market};
  view_slabs(m);
  *out = &m->worlds;
  return HFT_OK;
}
