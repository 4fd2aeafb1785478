#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/pages.h"
#include "sim/pool/pool_state.h"

static hft_status allocate(hft_pool *pool, hft_error *error) {
  const hft_env_spec *spec = hft_env_model_spec(pool->model);
  size_t n = (size_t)pool->env_count;
  hft_layout finals;
  hft_pool_lay_out(spec, pool->env_count, &pool->actions_layout, &pool->results_layout);
  hft_pool_lay_out_finals(spec, pool->env_count, &finals);
  pool->final_row_bytes = hft_pool_final_row_bytes(spec);
  pool->env_size = hft_align(hft_env_room(pool->model));
  pool->envs = hft_pages_alloc(n * pool->env_size);
  size_t actions = pool->actions_layout.bytes;  // none where no seat is external
  pool->actions = aligned_alloc(HFT_CACHE_LINE, actions > 0 ? actions : HFT_CACHE_LINE);
  pool->results = aligned_alloc(HFT_CACHE_LINE, pool->results_layout.bytes);
  pool->finals = aligned_alloc(HFT_CACHE_LINE, finals.bytes);
  pool->final_rows = calloc(n, pool->final_row_bytes);
  pool->lengths = calloc(n, sizeof *pool->lengths);
  pool->slot = calloc(n, sizeof *pool->slot);
  pool->progress = calloc(n, sizeof *pool->progress);
  pool->index = calloc(n, sizeof *pool->index);
  pool->batch = calloc(n, sizeof *pool->batch);
  pool->ready = calloc(n, sizeof *pool->ready);
  if (pool->envs == NULL || pool->actions == NULL || pool->results == NULL ||
      pool->finals == NULL || pool->final_rows == NULL || pool->lengths == NULL ||
      pool->slot == NULL || pool->progress == NULL || pool->index == NULL || pool->batch == NULL ||
      pool->ready == NULL) {
    return hft_fail(error, HFT_ENOMEM, "num_envs", "out of memory: %zu bytes for %d environments",
                    n * pool->env_size, pool->env_count);
  }
  memset(pool->actions, 0, pool->actions_layout.bytes);
  memset(pool->results, 0, pool->results_layout.bytes);
  memset(pool->finals, 0, finals.bytes);
  return HFT_OK;
}

// Envs that a thread takes at once, where each goes through so much market time: more than a minute
// together would have the others wait for the last.
static int chunk_of(hft_time each) {
  const hft_time most = 60 * HFT_SECOND;
  if (each >= most) return 1;
  return each * HFT_WORKERS_CHUNK_MAX <= most ? HFT_WORKERS_CHUNK_MAX : (int)(most / each);
}

hft_status hft_pool_create(const hft_env_model *model, const hft_pool_config *config,
                           hft_pool **out, hft_error *error) {
  int n = config->env_count, threads = config->thread_count;
  if (n < 1 || n > HFT_ENVS_MAX) {
    return hft_fail(error, HFT_EINVAL, "num_envs", "%d out of range [1, %d]", n, HFT_ENVS_MAX);
  }
  if (threads < 1 || threads > HFT_THREADS_MAX) {
    return hft_fail(error, HFT_EINVAL, "threads", "%d out of range [1, %d]", threads,
                    HFT_THREADS_MAX);
  }
  hft_pool *pool = calloc(1, sizeof *pool);
  if (pool == NULL) return hft_fail(error, HFT_ENOMEM, "pool", "out of memory");
  pool->model = model;
  pool->set[0].model = (hft_env_model *)model;  // which the pool neither changes nor frees
  pool->env_count = n;
  pool->autoreset = config->autoreset;
  pool->first_env = config->first_env;
  hft_status status = allocate(pool, error);
  if (status == HFT_OK) {
    pool->step_chunk = chunk_of(hft_env_model_spec(model)->decision);
    pool->reset_chunk = chunk_of(hft_env_model_warmup(model));
    int64_t piece = config->slice_work > 0 ? config->slice_work : HFT_SLICE_WORK;
    status = hft_workers_create(threads < n ? threads : n, n, piece, hft_pool_run_env, pool,
                                &pool->workers, error);
  }
  if (status != HFT_OK) {
    hft_pool_free(pool);
    return status;
  }
  hft_pool_begin_making(pool, config->seed);
  if (!config->in_slices) hft_pool_finish(pool, 0);
  *out = pool;
  return HFT_OK;
}

void hft_pool_free(hft_pool *pool) {
  if (pool == NULL) return;
  hft_workers_free(pool->workers);
  for (int k = 1; k <= HFT_OVERRIDES_MAX; k++) hft_env_model_free(pool->set[k].model);
  free(pool->envs);
  free(pool->actions);
  free(pool->results);
  free(pool->finals);
  free(pool->final_rows);
  free(pool->lengths);
  free(pool->slot);
  free(pool->progress);
  free(pool->index);
  free(pool->batch);
  free(pool->ready);
  free(pool);
}

hft_env *hft_pool_env(hft_pool *pool, int index) {
  return (hft_env *)(void *)(pool->envs + (size_t)index * pool->env_size);
}

int hft_pool_unstarted_count(const hft_pool *pool) {
  int count = 0;
  for (int i = 0; i < pool->env_count; i++) {
    // The stage of one under way is its thread's; it was started before.
    const hft_pool_slot *slot = &pool->slot[i];
    count += slot->task == HFT_POOL_TASK_NONE && slot->stage == HFT_POOL_STAGE_NEW;
  }
  return count;
}

const hft_layout *hft_pool_actions_layout(const hft_pool *pool) {
  return &pool->actions_layout;
}

const hft_layout *hft_pool_results_layout(const hft_pool *pool) {
  return &pool->results_layout;
}

void *hft_pool_actions(const hft_pool *pool) {
  return pool->actions;
}

const void *hft_pool_results(const hft_pool *pool) {
  return pool->results;
}

const void *hft_pool_finals(const hft_pool *pool) {
  return pool->finals;
}

int hft_pool_ended_count(const hft_pool *pool) {
  return pool->ended_count;
}

int hft_pool_under_way(const hft_pool *pool) {
  return pool->under_way;
}

bool hft_pool_is_under_way(const hft_pool *pool, int env) {
  return pool->slot[env].task != HFT_POOL_TASK_NONE;
}

bool hft_pool_world(const hft_pool *pool, int env, uint64_t *seed, uint32_t *episode) {
  const hft_pool_slot *slot = &pool->slot[env];
  if (slot->stage == HFT_POOL_STAGE_NEW) return false;
  *seed = slot->seed;
  *episode = slot->episode - 1;
  return true;
}

int hft_pool_env_count(const hft_pool *pool) {
  return pool->env_count;
}

const char *hft_autoreset_name(hft_autoreset autoreset) {
  static const char *const names[HFT_AUTORESET_COUNT] = {"same_step", "manual", "next_step"};
  return names[autoreset];
}

hft_autoreset hft_pool_autoreset(const hft_pool *pool) {
  return pool->autoreset;
}

const hft_env_model *hft_pool_model(const hft_pool *pool) {
  return pool->model;
}
