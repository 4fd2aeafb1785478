// The way of an action through the pool, in order:
//   1. The caller names the envs: all of them (begin_step), a list (send), or those to reset.
//   2. The envs are queued for the threads.
//   3. A thread takes an env and does its task: a step, or the beginning of an episode.
//   4. The caller works with the threads, and collects the envs that are done.
//   5. The caller gets the results: the finals are packed, the received envs listed.
#include <string.h>

#include "sim/base/rng.h"
#include "sim/pool/pool_state.h"

// ---- 1. the caller names the envs --------------------------------------------------------------

static void queue(hft_pool *pool, const int32_t *envs, int count, int chunk) {
  hft_workers_send(pool->workers, envs, count, chunk);
}

// The slots keep HFT_POOL_TASK_NONE: nothing is written per env.
void hft_pool_begin_step(hft_pool *pool) {
  HFT_CHECK(pool->under_way == 0 && pool->left == 0);
  HFT_CHECK(hft_pool_unstarted_count(pool) == 0);
  pool->left = pool->env_count;
  pool->stepping = true;
  queue(pool, pool->index, pool->env_count, pool->step_chunk);
}

static hft_status claim(hft_pool *pool, int i, hft_error *error) {
  if (i < 0 || i >= pool->env_count) {
    return hft_fail(error, HFT_EINVAL, "envs", "env %d out of range [0, %d]", i,
                    pool->env_count - 1);
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
  queue(pool, envs, count, pool->step_chunk);
  return HFT_OK;
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
  queue(pool, pool->batch, count, pool->reset_chunk);
}

void hft_pool_begin_reset(hft_pool *pool, const uint64_t *seeds, const uint8_t *mask) {
  begin_reset(pool, seeds, 0, seeds != NULL, mask);
}

void hft_pool_begin_reset_from(hft_pool *pool, uint64_t seed, const uint8_t *mask) {
  begin_reset(pool, NULL, seed, true, mask);
}

void hft_pool_begin_making(hft_pool *pool, uint64_t seed) {
  for (int i = 0; i < pool->env_count; i++) {
    pool->index[i] = i;
    pool->slot[i].seed = world_of(pool, seed, i);
    pool->slot[i].model = pool->model;
    pool->slot[i].task = HFT_POOL_TASK_INIT;
  }
  pool->left = pool->env_count;
  queue(pool, pool->index, pool->env_count, pool->reset_chunk);
}

// ---- 2. and 3. a thread does the task of one env -----------------------------------------------

// Chooses the variant of the next episode. Memory that has the layout of another one is made anew.
static void choose_variant(hft_pool *pool, int i) {
  hft_pool_slot *slot = &pool->slot[i];
  const hft_env_model *next =
      hft_env_model_variant(pool->set[slot->set].model, slot->seed, slot->episode);
  slot->work = next == slot->model ? HFT_POOL_WORK_RESET : HFT_POOL_WORK_MAKE;
  slot->model = next;
  atomic_store_explicit(&slot->model_set, slot->set, memory_order_release);
  slot->episode++;
  pool->progress[i] = (hft_env_progress){0};
}

// Begins an episode, or goes on with beginning it. In the step that ended an episode, rewards and
// flags must stay those of that episode: those of the new one are written to scratch memory.
static bool begin_episode(hft_pool *pool, int i, const hft_env_io *io, int64_t *budget) {
  const hft_env_spec *spec = hft_env_model_spec(pool->model);
  hft_pool_slot *slot = &pool->slot[i];
  hft_env_io fresh = *io;
  float reward[HFT_SEATS_MAX], unfilled[HFT_SEATS_MAX], term[HFT_SEATS_MAX * HFT_TERMS_MAX];
  uint8_t flags[HFT_SEATS_MAX + 2];
  bool has_ended = pool->autoreset == HFT_AUTORESET_SAME_STEP && slot->task != HFT_POOL_TASK_RESET;
  for (int g = 0; g < spec->all_group_count && has_ended; g++) {
    int first = spec->group[g].first_seat;
    fresh.reward[g] = reward + first;
    fresh.term[g] = term + (ptrdiff_t)first * HFT_TERMS_MAX;
    fresh.terminated[g] = flags + first;
    fresh.unfilled[g] = unfilled + first;
    fresh.truncated = flags + HFT_SEATS_MAX;
    fresh.ended = flags + HFT_SEATS_MAX + 1;
  }
  if (slot->work < HFT_POOL_WORK_MAKE) choose_variant(pool, i);
  hft_env_progress *progress = &pool->progress[i];
  if (slot->work == HFT_POOL_WORK_MAKE) {
    if (!hft_env_make_some(slot->model, hft_pool_env(pool, i), progress, budget)) return false;
    slot->work = HFT_POOL_WORK_RESET;
  }
  if (!hft_env_reset_some(slot->model, hft_pool_env(pool, i), slot->seed, slot->episode - 1, &fresh,
                          progress, budget)) {
    return false;
  }
  hft_pool_write_drawn(pool, i);
  slot->work = HFT_POOL_WORK_NONE;
  slot->stage = HFT_POOL_STAGE_RUNNING;
  return true;
}

// A step of an env whose episode is over and which waits for a reset: no rewards.
static void rest(const hft_pool *pool, const hft_env_io *io) {
  const hft_env_spec *spec = hft_env_model_spec(pool->model);
  for (int g = 0; g < spec->all_group_count; g++) {
    size_t seats = (size_t)spec->group[g].seat_count;
    memset(io->reward[g], 0, seats * sizeof(float));
    memset(io->term[g], 0, seats * (size_t)spec->group[g].term_dim * sizeof(float));
    memset(io->unfilled[g], 0, seats * sizeof(float));
  }
}

// Steps the env, or goes on with a step. Steps are seldom interrupted, so the slot and the
// progress, whose cache lines the caller reads too, are written only then.
static bool move(hft_pool *pool, int i, const hft_env_io *io, int64_t *budget) {
  hft_pool_slot *slot = &pool->slot[i];
  hft_env_progress progress = {0};
  if (HFT_UNLIKELY(slot->work == HFT_POOL_WORK_STEP)) progress = pool->progress[i];
  if (HFT_UNLIKELY(!hft_env_step_some(slot->model, hft_pool_env(pool, i), io, &progress, budget))) {
    pool->progress[i] = progress;
    slot->work = HFT_POOL_WORK_STEP;
    return false;
  }
  if (HFT_UNLIKELY(slot->work == HFT_POOL_WORK_STEP)) slot->work = HFT_POOL_WORK_NONE;
  return true;
}

static bool step(hft_pool *pool, int i, const hft_env_io *io, int64_t *budget) {
  hft_pool_slot *slot = &pool->slot[i];
  if (slot->just_ended) slot->just_ended = 0;  // seldom written, as in `move`
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

bool hft_pool_run_env(void *context, int thread, int i, int64_t *budget) {
  (void)thread;
  hft_pool *pool = context;
  hft_pool_slot *slot = &pool->slot[i];
  if (*budget <= 0) return false;
  if (slot->task == HFT_POOL_TASK_INIT) {
    return hft_env_make_some(pool->model, hft_pool_env(pool, i), &pool->progress[i], budget);
  }
  hft_env_io io;
  hft_pool_io(pool, i, &io);
  bool resets = slot->task == HFT_POOL_TASK_RESET || slot->work >= HFT_POOL_WORK_MAKE;
  return resets ? begin_episode(pool, i, &io, budget) : step(pool, i, &io, budget);
}

// ---- 4. the caller works, and collects the envs that are done ----------------------------------

// Notes an env that is done: one that was sent waits to be received, all others are only counted.
static void note_done(hft_pool *pool, int32_t i) {
  hft_pool_slot *slot = &pool->slot[i];
  if (slot->task == HFT_POOL_TASK_STEP) {
    pool->ready[pool->ready_count++] = i;
  } else {
    slot->task = HFT_POOL_TASK_NONE;
    pool->left--;
  }
}

// Works and waits until what was begun is done and `least` envs can be received, or for one slice.
// True once that is so.
static bool collect(hft_pool *pool, int least, bool is_slice) {
  int wanted = pool->left + (least > pool->ready_count ? least - pool->ready_count : 0);
  if (wanted > 0) {
    int count = is_slice
                    ? hft_workers_collect_some(pool->workers, pool->batch, wanted, HFT_SLICE_ENVS)
                    : hft_workers_collect(pool->workers, pool->batch, wanted);
    for (int k = 0; k < count; k++) note_done(pool, pool->batch[k]);
  }
  return pool->left == 0 && pool->ready_count >= least;
}

// ---- 5. the caller gets the results ------------------------------------------------------------

static bool advance(hft_pool *pool, int least, bool is_slice) {
  if (!collect(pool, least, is_slice)) return false;
  if (pool->stepping) hft_pool_pack_finals(pool, pool->index, pool->env_count);
  pool->stepping = false;
  return true;
}

bool hft_pool_advance(hft_pool *pool, int least) {
  return advance(pool, least, true);
}

void hft_pool_finish(hft_pool *pool, int least) {
  while (!advance(pool, least, false)) continue;
}

int hft_pool_recv(hft_pool *pool, int32_t *envs, int least, int room, hft_error *error) {
  if (least < 1 || least > room) {
    return hft_fail(error, HFT_EINVAL, "least", "%d out of range [1, %d]", least, room);
  }
  if (least > pool->under_way) {
    return hft_fail(error, HFT_EINVAL, "least", "%d envs would never come: %d are under way", least,
                    pool->under_way);
  }
  hft_pool_finish(pool, least);
  int count = room < pool->ready_count ? room : pool->ready_count;
  pool->ready_count -= count;
  pool->under_way -= count;
  memcpy(envs, pool->ready, (size_t)count * sizeof *envs);
  memmove(pool->ready, pool->ready + count, (size_t)pool->ready_count * sizeof *envs);
  for (int k = 0; k < count; k++) pool->slot[envs[k]].task = HFT_POOL_TASK_NONE;
  hft_pool_pack_finals(pool, envs, count);
  return count;
}

// ---- all five at once --------------------------------------------------------------------------

void hft_pool_step(hft_pool *pool) {
  hft_pool_begin_step(pool);
  hft_pool_finish(pool, 0);
}

void hft_pool_reset(hft_pool *pool, const uint64_t *seeds, const uint8_t *mask) {
  hft_pool_begin_reset(pool, seeds, mask);
  hft_pool_finish(pool, 0);
}

void hft_pool_reset_from(hft_pool *pool, uint64_t seed, const uint8_t *mask) {
  hft_pool_begin_reset_from(pool, seed, mask);
  hft_pool_finish(pool, 0);
}
