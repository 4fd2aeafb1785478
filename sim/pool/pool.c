#include "sim/pool/pool.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/rng.h"
#include "sim/pool/pool_state.h"

hft_env *hft_pool_env(hft_pool *pool, int index) {
  return (hft_env *)(void *)(pool->envs + (size_t)index * pool->env_size);
}

// ---- what a thread does with one env ----

// Begins an episode, or goes on with that. In the step that ended another one, rewards and flags
// still have to tell of that: those of the new one are written to nowhere.
static bool begin_episode(hft_pool *pool, int i, const hft_env_io *io, int64_t *budget) {
  const hft_env_spec *spec = hft_env_model_spec(pool->model);
  hft_pool_slot *slot = &pool->slot[i];
  hft_env_io fresh = *io;
  float reward[HFT_SEATS_MAX], unfilled[HFT_SEATS_MAX], term[HFT_SEATS_MAX * HFT_TERMS_MAX];
  uint8_t flags[HFT_SEATS_MAX + 2];
  bool has_ended = pool->autoreset == HFT_AUTORESET_SAME_STEP && slot->task != HFT_POOL_TASK_RESET;
  for (int g = 0; g < spec->group_count && has_ended; g++) {
    int first = spec->group[g].first_seat;
    fresh.reward[g] = reward + first;
    fresh.term[g] = term + (ptrdiff_t)first * HFT_TERMS_MAX;
    fresh.terminated[g] = flags + first;
    fresh.unfilled[g] = unfilled + first;
    fresh.truncated = flags + HFT_SEATS_MAX;
    fresh.ended = flags + HFT_SEATS_MAX + 1;
  }
  if (slot->work != HFT_POOL_WORK_RESET) {
    slot->work = HFT_POOL_WORK_RESET;
    slot->episode++;
    pool->progress[i] = (hft_env_progress){0};
  }
  if (!hft_env_reset_some(pool->model, hft_pool_env(pool, i), slot->seed, slot->episode - 1, &fresh,
                          &pool->progress[i], budget)) {
    return false;
  }
  slot->work = HFT_POOL_WORK_NONE;
  slot->stage = HFT_POOL_STAGE_RUNNING;
  return true;
}

// An ended env earns nothing.
static void rest(hft_pool *pool, const hft_env_io *io) {
  const hft_env_spec *spec = hft_env_model_spec(pool->model);
  for (int g = 0; g < spec->group_count; g++) {
    size_t seats = (size_t)spec->group[g].seat_count;
    memset(io->reward[g], 0, seats * sizeof(float));
    memset(io->term[g], 0, seats * (size_t)spec->group[g].term_dim * sizeof(float));
    memset(io->unfilled[g], 0, seats * sizeof(float));
  }
}

// The env is seldom left in the midst of a step: what is noted of that is in the caller's cache,
// too, and written to only then.
static bool move(hft_pool *pool, int i, const hft_env_io *io, int64_t *budget) {
  hft_pool_slot *slot = &pool->slot[i];
  hft_env_progress progress = {0};
  if (HFT_UNLIKELY(slot->work == HFT_POOL_WORK_STEP)) progress = pool->progress[i];
  if (HFT_UNLIKELY(!hft_env_step_some(pool->model, hft_pool_env(pool, i), io, &progress, budget))) {
    pool->progress[i] = progress;
    slot->work = HFT_POOL_WORK_STEP;
    return false;
  }
  if (HFT_UNLIKELY(slot->work == HFT_POOL_WORK_STEP)) slot->work = HFT_POOL_WORK_NONE;
  return true;
}

static bool step_env(hft_pool *pool, int i, const hft_env_io *io, int64_t *budget) {
  hft_pool_slot *slot = &pool->slot[i];
  if (slot->just_ended) slot->just_ended = 0;  // seldom written, for the same reason
  if (slot->stage == HFT_POOL_STAGE_OVER) {
    if (pool->autoreset == HFT_AUTORESET_NEXT_STEP) return begin_episode(pool, i, io, budget);
    rest(pool, io);
    return true;
  }
  if (!move(pool, i, io, budget)) return false;
  if (!*io->ended) return true;
  slot->just_ended = 1;
  hft_pool_keep_final(pool, i, io);
  if (pool->autoreset == HFT_AUTORESET_SAME_STEP) return begin_episode(pool, i, io, budget);
  slot->stage = HFT_POOL_STAGE_OVER;
  return true;
}

static bool run_task(void *context, int i, int64_t *budget) {
  hft_pool *pool = context;
  hft_pool_slot *slot = &pool->slot[i];
  if (*budget <= 0) return false;
  if (slot->task == HFT_POOL_TASK_INIT) {
    return hft_env_make_some(pool->model, hft_pool_env(pool, i), &pool->progress[i], budget);
  }
  hft_env_io io;
  hft_pool_io(pool, i, &io);
  bool resets = slot->task == HFT_POOL_TASK_RESET || slot->work == HFT_POOL_WORK_RESET;
  return resets ? begin_episode(pool, i, &io, budget) : step_env(pool, i, &io, budget);
}

// ---- what the caller hands out and takes back ----

// One that the crew has done is counted.
static void sort_out(hft_pool *pool, int32_t i) {
  hft_pool_slot *slot = &pool->slot[i];
  if (slot->task == HFT_POOL_TASK_STEP) {
    pool->ready[pool->ready_count++] = i;
  } else {
    slot->task = HFT_POOL_TASK_NONE;
    pool->left--;
  }
}

// Works, and waits, for what was begun and so many that can be received; or for a slice of that.
static bool advance(hft_pool *pool, int least, bool is_slice) {
  int wanted = pool->left + (least > pool->ready_count ? least - pool->ready_count : 0);
  if (wanted > 0) {
    int count = is_slice
                    ? hft_workers_collect_some(pool->workers, pool->batch, wanted, HFT_SLICE_ENVS)
                    : hft_workers_collect(pool->workers, pool->batch, wanted);
    for (int k = 0; k < count; k++) sort_out(pool, pool->batch[k]);
  }
  if (pool->left > 0 || pool->ready_count < least) return false;
  if (pool->stepping) hft_pool_pack_finals(pool, pool->index, pool->env_count);
  pool->stepping = false;
  return true;
}

bool hft_pool_advance(hft_pool *pool, int least) {
  return advance(pool, least, true);
}

static void await(hft_pool *pool, int least) {
  while (!advance(pool, least, false)) continue;
}

uint64_t hft_world_seed(uint64_t seed, uint64_t env) {
  return env == 0 ? seed : hft_mix64(hft_mix64(seed) + env);
}

static uint64_t world_of(const hft_pool *pool, uint64_t seed, int i) {
  return hft_world_seed(seed, (uint64_t)pool->first_env + (uint64_t)i);
}

static void begin_reset(hft_pool *pool, const uint64_t *seeds, uint64_t seed, bool reseed,
                        const uint8_t *mask) {
  HFT_CHECK(pool->left == 0);
  int count = 0;
  for (int i = 0; i < pool->env_count; i++) {
    if (mask != NULL && !mask[i]) continue;
    hft_pool_slot *slot = &pool->slot[i];
    HFT_CHECK(slot->task == HFT_POOL_TASK_NONE);
    if (reseed) {
      slot->seed = seeds != NULL ? seeds[i] : world_of(pool, seed, i);
      slot->episode = 0;
    }
    slot->task = HFT_POOL_TASK_RESET;
    pool->batch[count++] = i;
  }
  pool->ended_count = 0;
  pool->left = count;
  hft_workers_send(pool->workers, pool->batch, count, pool->reset_chunk);
}

void hft_pool_begin_reset(hft_pool *pool, const uint64_t *seeds, const uint8_t *mask) {
  begin_reset(pool, seeds, 0, seeds != NULL, mask);
}

void hft_pool_begin_reset_from(hft_pool *pool, uint64_t seed, const uint8_t *mask) {
  begin_reset(pool, NULL, seed, true, mask);
}

void hft_pool_reset(hft_pool *pool, const uint64_t *seeds, const uint8_t *mask) {
  hft_pool_begin_reset(pool, seeds, mask);
  await(pool, 0);
}

void hft_pool_reset_from(hft_pool *pool, uint64_t seed, const uint8_t *mask) {
  hft_pool_begin_reset_from(pool, seed, mask);
  await(pool, 0);
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

void hft_pool_begin_step(hft_pool *pool) {
  HFT_CHECK(pool->under_way == 0 && pool->left == 0);
  HFT_CHECK(hft_pool_unstarted_count(pool) == 0);
  pool->left = pool->env_count;
  pool->stepping = true;
  hft_workers_send(pool->workers, pool->index, pool->env_count, pool->step_chunk);
}

void hft_pool_step(hft_pool *pool) {
  hft_pool_begin_step(pool);
  await(pool, 0);
}

static hft_status claim(hft_pool *pool, int i, hft_error *error) {
  if (i < 0 || i >= pool->env_count) {
    return hft_fail(error, HFT_EINVAL, "envs", "there is no env %d: there are %d", i,
                    pool->env_count);
  }
  hft_pool_slot *slot = &pool->slot[i];
  if (slot->task != HFT_POOL_TASK_NONE) {
    return hft_fail(error, HFT_EINVAL, "envs", "env %d is under way already", i);
  }
  if (slot->stage == HFT_POOL_STAGE_NEW) {
    return hft_fail(error, HFT_EINVAL, "envs", "env %d has never been reset", i);
  }
  slot->task = HFT_POOL_TASK_STEP;
  return HFT_OK;
}

hft_status hft_pool_send(hft_pool *pool, const int32_t *envs, int count, hft_error *error) {
  for (int k = 0; k < count; k++) {
    hft_status status = claim(pool, envs[k], error);
    if (status == HFT_OK) continue;
    while (--k >= 0) pool->slot[envs[k]].task = HFT_POOL_TASK_NONE;
    return status;
  }
  pool->under_way += count;
  hft_workers_send(pool->workers, envs, count, pool->step_chunk);
  return HFT_OK;
}

int hft_pool_recv(hft_pool *pool, int32_t *envs, int least, int room, hft_error *error) {
  if (least < 1 || least > room) {
    return hft_fail(error, HFT_EINVAL, "least", "%d is out of bounds; allowed is 1 to %d", least,
                    room);
  }
  if (least > pool->under_way) {
    return hft_fail(error, HFT_EINVAL, "least", "%d envs would never come: %d are under way", least,
                    pool->under_way);
  }
  await(pool, least);
  int count = room < pool->ready_count ? room : pool->ready_count;
  pool->ready_count -= count;
  pool->under_way -= count;
  memcpy(envs, pool->ready, (size_t)count * sizeof *envs);
  memmove(pool->ready, pool->ready + count, (size_t)pool->ready_count * sizeof *envs);
  for (int k = 0; k < count; k++) pool->slot[envs[k]].task = HFT_POOL_TASK_NONE;
  hft_pool_pack_finals(pool, envs, count);
  return count;
}

// ---- from first to last ----

static hft_status allocate(hft_pool *pool, hft_error *error) {
  const hft_env_spec *spec = hft_env_model_spec(pool->model);
  size_t n = (size_t)pool->env_count;
  hft_layout finals;
  hft_pool_lay_out(spec, pool->env_count, &pool->actions_layout, &pool->results_layout);
  hft_pool_lay_out_finals(spec, pool->env_count, &finals);
  pool->final_row_bytes = hft_pool_final_row_bytes(spec);
  pool->env_size = hft_align(hft_env_size(pool->model));
  pool->envs = aligned_alloc(HFT_CACHE_LINE, n * pool->env_size);
  pool->actions = aligned_alloc(HFT_CACHE_LINE, pool->actions_layout.bytes);
  pool->results = aligned_alloc(HFT_CACHE_LINE, pool->results_layout.bytes);
  pool->finals = aligned_alloc(HFT_CACHE_LINE, finals.bytes);
  pool->final_rows = calloc(n, pool->final_row_bytes);
  pool->returns = calloc(n * (size_t)spec->seat_count, sizeof *pool->returns);
  pool->lengths = calloc(n, sizeof *pool->lengths);
  pool->slot = calloc(n, sizeof *pool->slot);
  pool->progress = calloc(n, sizeof *pool->progress);
  pool->index = calloc(n, sizeof *pool->index);
  pool->batch = calloc(n, sizeof *pool->batch);
  pool->ready = calloc(n, sizeof *pool->ready);
  if (pool->envs == NULL || pool->actions == NULL || pool->results == NULL ||
      pool->finals == NULL || pool->final_rows == NULL || pool->returns == NULL ||
      pool->lengths == NULL || pool->slot == NULL || pool->progress == NULL ||
      pool->index == NULL || pool->batch == NULL || pool->ready == NULL) {
    return hft_fail(error, HFT_ENOMEM, "num_envs", "out of memory: %zu bytes for %d environments",
                    n * pool->env_size, pool->env_count);
  }
  memset(pool->actions, 0, pool->actions_layout.bytes);
  memset(pool->results, 0, pool->results_layout.bytes);
  memset(pool->finals, 0, finals.bytes);
  return HFT_OK;
}

// Has the crew make the envs, whose memory is large.
static void begin_making(hft_pool *pool, uint64_t seed) {
  for (int i = 0; i < pool->env_count; i++) {
    pool->index[i] = i;
    pool->slot[i].seed = world_of(pool, seed, i);
    pool->slot[i].task = HFT_POOL_TASK_INIT;
  }
  pool->left = pool->env_count;
  hft_workers_send(pool->workers, pool->index, pool->env_count, pool->reset_chunk);
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
    return hft_fail(error, HFT_EINVAL, "num_envs", "%d is out of bounds; allowed is 1 to %d", n,
                    HFT_ENVS_MAX);
  }
  if (threads < 1 || threads > HFT_THREADS_MAX) {
    return hft_fail(error, HFT_EINVAL, "threads", "%d is out of bounds; allowed is 1 to %d",
                    threads, HFT_THREADS_MAX);
  }
  hft_pool *pool = calloc(1, sizeof *pool);
  if (pool == NULL) return hft_fail(error, HFT_ENOMEM, "pool", "out of memory");
  pool->model = model;
  pool->env_count = n;
  pool->autoreset = config->autoreset;
  pool->first_env = config->first_env;
  hft_status status = allocate(pool, error);
  if (status == HFT_OK) {
    pool->step_chunk = chunk_of(hft_env_model_spec(model)->decision);
    pool->reset_chunk = chunk_of(hft_env_model_warmup(model));
    int64_t piece = config->slice_work > 0 ? config->slice_work : HFT_SLICE_WORK;
    status = hft_workers_create(threads < n ? threads : n, n, piece, run_task, pool, &pool->workers,
                                error);
  }
  if (status != HFT_OK) {
    hft_pool_free(pool);
    return status;
  }
  begin_making(pool, config->seed);
  if (!config->in_slices) await(pool, 0);
  *out = pool;
  return HFT_OK;
}

void hft_pool_free(hft_pool *pool) {
  if (pool == NULL) return;
  hft_workers_free(pool->workers);
  free(pool->envs);
  free(pool->actions);
  free(pool->results);
  free(pool->finals);
  free(pool->final_rows);
  free(pool->returns);
  free(pool->lengths);
  free(pool->slot);
  free(pool->progress);
  free(pool->index);
  free(pool->batch);
  free(pool->ready);
  free(pool);
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
