#include "sim/env/pool.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"

typedef enum pool_job { JOB_STEP, JOB_RESET, JOB_QUIT } pool_job;

typedef struct pool_env {
  uint64_t seed;     // of its episodes
  uint32_t episode;  // the next reset's
  uint8_t started;
} pool_env;

typedef struct pool_worker {
  hft_pool *pool;
  pthread_t thread;
  int first, last;  // its envs: first <= i < last
} pool_worker;

struct hft_pool {
  const hft_env_model *model;
  int env_count, thread_count, ended_count;
  hft_layout actions_layout, results_layout;
  size_t env_size;
  char *envs;
  char *actions;
  char *results, *finals;
  char *final_rows;  // per env: its last observation in the order of the groups, then its state
  size_t final_row_bytes;
  pool_env *env;
  float *returns;    // [env][seat] of the ended episodes
  int32_t *lengths;  // [env]
  // The job in hand, handed to the workers under the lock.
  const uint8_t *mask;
  pool_job job;
  uint64_t round;
  int busy;
  pthread_mutex_t lock;
  pthread_cond_t go, done;
  pool_worker worker[HFT_THREADS_MAX];
  int started;
};

static size_t dtype_bytes(hft_dtype dtype) {
  return dtype == HFT_DTYPE_U8 ? 1 : 4;
}

static void add_array(hft_layout *layout, const char *prefix, const char *role, hft_dtype dtype,
                      int64_t n, int64_t seats, int64_t dim) {
  HFT_CHECK(layout->count < HFT_ARRAYS_MAX);
  hft_array *array = &layout->array[layout->count++];
  snprintf(array->name, sizeof array->name, "%s%s%s", prefix, role != NULL ? "/" : "",
           role != NULL ? role : "");
  array->dtype = dtype;
  int64_t shape[3] = {n, seats, dim};
  array->bytes = dtype_bytes(dtype);
  for (int i = 0; i < 3 && shape[i] >= 0; i++) {
    array->shape[array->dim_count++] = shape[i];
    array->bytes *= (size_t)shape[i];
  }
  array->offset = hft_layout_add(&layout->bytes, array->bytes);
}

// Arrays of masks: one for each group, or none.
static int mask_count(const hft_env_spec *spec) {
  return spec->action_space == HFT_ACTION_BOX ? 0 : spec->group_count;
}

static void lay_out(const hft_env_spec *spec, int64_t n, hft_layout *actions, hft_layout *results) {
  *actions = (hft_layout){0};
  *results = (hft_layout){0};
  const hft_group *group = spec->group;
  int groups = spec->group_count;
  for (int g = 0; g < groups; g++) {
    hft_dtype dtype = spec->action_space == HFT_ACTION_BOX ? HFT_DTYPE_F32 : HFT_DTYPE_I32;
    add_array(actions, "action", group[g].role_name, dtype, n, group[g].seat_count,
              group[g].action_dim);
  }
  for (int g = 0; g < groups; g++) {
    add_array(results, "obs", group[g].role_name, HFT_DTYPE_F32, n, group[g].seat_count,
              group[g].obs_dim);
  }
  for (int g = 0; g < groups; g++) {
    add_array(results, "reward", group[g].role_name, HFT_DTYPE_F32, n, group[g].seat_count, -1);
  }
  for (int g = 0; g < groups; g++) {
    add_array(results, "term", group[g].role_name, HFT_DTYPE_F32, n, group[g].seat_count,
              group[g].term_dim);
  }
  for (int g = 0; g < groups; g++) {
    add_array(results, "terminated", group[g].role_name, HFT_DTYPE_U8, n, group[g].seat_count, -1);
  }
  for (int g = 0; g < mask_count(spec); g++) {
    add_array(results, "mask", group[g].role_name, HFT_DTYPE_U8, n, group[g].seat_count,
              group[g].mask_dim);
  }
  add_array(results, "truncated", NULL, HFT_DTYPE_U8, n, -1, -1);
  add_array(results, "ended", NULL, HFT_DTYPE_U8, n, -1, -1);
  add_array(results, "state", NULL, HFT_DTYPE_F32, n, spec->state_dim, -1);
}

static void lay_out_finals(const hft_env_spec *spec, int64_t n, hft_layout *layout) {
  *layout = (hft_layout){0};
  const hft_group *group = spec->group;
  add_array(layout, "env", NULL, HFT_DTYPE_I32, n, -1, -1);
  add_array(layout, "length", NULL, HFT_DTYPE_I32, n, -1, -1);
  for (int g = 0; g < spec->group_count; g++) {
    add_array(layout, "return", group[g].role_name, HFT_DTYPE_F32, n, group[g].seat_count, -1);
  }
  for (int g = 0; g < spec->group_count; g++) {
    add_array(layout, "final_obs", group[g].role_name, HFT_DTYPE_F32, n, group[g].seat_count,
              group[g].obs_dim);
  }
  add_array(layout, "final_state", NULL, HFT_DTYPE_F32, n, spec->state_dim, -1);
}

// Row `i` of an array of the results.
static void *row(const hft_pool *pool, int array, int i) {
  const hft_array *of = &pool->results_layout.array[array];
  return pool->results + of->offset + (size_t)i * (of->bytes / (size_t)pool->env_count);
}

static hft_env_io io_of(const hft_pool *pool, int i) {
  const hft_env_spec *spec = hft_env_model_spec(pool->model);
  int groups = spec->group_count, masks = mask_count(spec);
  hft_env_io io = {0};
  for (int g = 0; g < groups; g++) {
    const hft_array *action = &pool->actions_layout.array[g];
    size_t bytes = action->bytes / (size_t)pool->env_count;
    io.action[g] = pool->actions + action->offset + (size_t)i * bytes;
    io.obs[g] = row(pool, g, i);
    io.reward[g] = row(pool, groups + g, i);
    io.term[g] = row(pool, 2 * groups + g, i);
    io.terminated[g] = row(pool, 3 * groups + g, i);
    if (masks > 0) io.mask[g] = row(pool, 4 * groups + g, i);
  }
  int rest = 4 * groups + masks;
  io.truncated = row(pool, rest, i);
  io.ended = row(pool, rest + 1, i);
  io.state = row(pool, rest + 2, i);
  return io;
}

hft_env *hft_pool_env(hft_pool *pool, int index) {
  return (hft_env *)(void *)(pool->envs + (size_t)index * pool->env_size);
}

static void reset_env(hft_pool *pool, int i, const hft_env_io *io) {
  pool_env *env = &pool->env[i];
  hft_env_reset(pool->model, hft_pool_env(pool, i), env->seed, env->episode++, io);
  env->started = 1;
}

// Keeps what the ended episode last showed, then begins the next one.
static void roll_over(hft_pool *pool, int i, const hft_env_io *io) {
  const hft_env_spec *spec = hft_env_model_spec(pool->model);
  hft_env *env = hft_pool_env(pool, i);
  char *keep = pool->final_rows + (size_t)i * pool->final_row_bytes;
  for (int g = 0; g < spec->group_count; g++) {
    size_t bytes = (size_t)spec->group[g].seat_count * (size_t)spec->group[g].obs_dim * 4;
    memcpy(keep, io->obs[g], bytes);
    keep += bytes;
  }
  memcpy(keep, io->state, (size_t)spec->state_dim * 4);
  for (int s = 0; s < spec->seat_count; s++) {
    pool->returns[(size_t)i * (size_t)spec->seat_count + (size_t)s] = hft_env_return(env, s);
  }
  pool->lengths[i] = (int32_t)hft_env_steps(env);
  // The reset zeroes rewards and flags, which still have to tell of the ended episode.
  hft_env_io fresh = *io;
  float reward[HFT_SEATS_MAX], term[HFT_SEATS_MAX * HFT_TERMS_MAX];
  uint8_t flags[HFT_SEATS_MAX + 2];
  for (int g = 0; g < spec->group_count; g++) {
    int first = spec->group[g].first_seat;
    fresh.reward[g] = reward + first;
    fresh.term[g] = term + first * HFT_TERMS_MAX;
    fresh.terminated[g] = flags + first;
  }
  fresh.truncated = flags + HFT_SEATS_MAX;
  fresh.ended = flags + HFT_SEATS_MAX + 1;
  reset_env(pool, i, &fresh);
}

static void do_job(hft_pool *pool, int first, int last) {
  for (int i = first; i < last; i++) {
    hft_env_io io = io_of(pool, i);
    if (pool->job == JOB_STEP) {
      hft_env_step(pool->model, hft_pool_env(pool, i), &io);
      if (*io.ended) roll_over(pool, i, &io);
    } else if (pool->mask == NULL || pool->mask[i]) {
      reset_env(pool, i, &io);
    }
  }
}

static void *work(void *argument) {
  pool_worker *worker = argument;
  hft_pool *pool = worker->pool;
  uint64_t seen = 0;
  for (;;) {
    pthread_mutex_lock(&pool->lock);
    while (pool->round == seen) pthread_cond_wait(&pool->go, &pool->lock);
    seen = pool->round;
    pool_job job = pool->job;
    pthread_mutex_unlock(&pool->lock);
    if (job == JOB_QUIT) return NULL;
    do_job(pool, worker->first, worker->last);
    pthread_mutex_lock(&pool->lock);
    if (--pool->busy == 0) pthread_cond_signal(&pool->done);
    pthread_mutex_unlock(&pool->lock);
  }
}

// The caller works on the first share itself; the workers on the others.
static void run_job(hft_pool *pool, pool_job job) {
  pthread_mutex_lock(&pool->lock);
  pool->job = job;
  pool->busy = pool->started;
  pool->round++;
  pthread_mutex_unlock(&pool->lock);
  if (pool->started > 0) pthread_cond_broadcast(&pool->go);
  if (job == JOB_QUIT) return;
  do_job(pool, 0, pool->worker[0].last);
  pthread_mutex_lock(&pool->lock);
  while (pool->busy > 0) pthread_cond_wait(&pool->done, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
}

static hft_status allocate(hft_pool *pool, hft_error *error) {
  const hft_env_spec *spec = hft_env_model_spec(pool->model);
  size_t n = (size_t)pool->env_count;
  hft_layout finals;
  lay_out_finals(spec, pool->env_count, &finals);
  for (int g = 0; g < spec->group_count; g++) {
    pool->final_row_bytes += (size_t)spec->group[g].seat_count * (size_t)spec->group[g].obs_dim * 4;
  }
  pool->final_row_bytes += (size_t)spec->state_dim * 4;
  pool->env_size = hft_align(hft_env_size(pool->model));
  pool->envs = aligned_alloc(HFT_CACHE_LINE, n * pool->env_size);
  pool->actions = aligned_alloc(HFT_CACHE_LINE, pool->actions_layout.bytes);
  pool->results = aligned_alloc(HFT_CACHE_LINE, pool->results_layout.bytes);
  pool->finals = aligned_alloc(HFT_CACHE_LINE, finals.bytes);
  pool->final_rows = calloc(n, pool->final_row_bytes);
  pool->env = calloc(n, sizeof *pool->env);
  pool->returns = calloc(n * (size_t)spec->seat_count, sizeof *pool->returns);
  pool->lengths = calloc(n, sizeof *pool->lengths);
  if (pool->envs == NULL || pool->actions == NULL || pool->results == NULL ||
      pool->finals == NULL || pool->final_rows == NULL || pool->env == NULL ||
      pool->returns == NULL || pool->lengths == NULL) {
    return hft_fail(error, HFT_ENOMEM, "num_envs", "out of memory: %zu bytes for %d environments",
                    n * pool->env_size, pool->env_count);
  }
  memset(pool->actions, 0, pool->actions_layout.bytes);
  memset(pool->results, 0, pool->results_layout.bytes);
  memset(pool->finals, 0, finals.bytes);
  for (int i = 0; i < pool->env_count; i++) {
    hft_env *env;
    hft_status status = hft_env_init(pool->model, hft_pool_env(pool, i), pool->env_size, &env);
    HFT_CHECK(status == HFT_OK);
  }
  return HFT_OK;
}

static hft_status start_workers(hft_pool *pool, hft_error *error) {
  for (int t = 0; t < pool->thread_count; t++) {
    pool_worker *worker = &pool->worker[t];
    worker->pool = pool;
    worker->first = (int)((int64_t)pool->env_count * t / pool->thread_count);
    worker->last = (int)((int64_t)pool->env_count * (t + 1) / pool->thread_count);
  }
  for (int t = 1; t < pool->thread_count; t++) {
    if (pthread_create(&pool->worker[t].thread, NULL, work, &pool->worker[t]) != 0) {
      return hft_fail(error, HFT_EFULL, "threads", "thread %d of %d would not start", t + 1,
                      pool->thread_count);
    }
    pool->started++;
  }
  return HFT_OK;
}

hft_status hft_pool_create(const hft_env_model *model, const hft_pool_config *config,
                           hft_pool **out, hft_error *error) {
  if (config->env_count < 1 || config->env_count > HFT_ENVS_MAX) {
    return hft_fail(error, HFT_EINVAL, "num_envs", "%d is out of bounds; allowed is 1 to %d",
                    config->env_count, HFT_ENVS_MAX);
  }
  if (config->thread_count < 1 || config->thread_count > HFT_THREADS_MAX) {
    return hft_fail(error, HFT_EINVAL, "threads", "%d is out of bounds; allowed is 1 to %d",
                    config->thread_count, HFT_THREADS_MAX);
  }
  hft_pool *pool = calloc(1, sizeof *pool);
  if (pool == NULL) return hft_fail(error, HFT_ENOMEM, "pool", "out of memory");
  pool->model = model;
  pool->env_count = config->env_count;
  pool->thread_count =
      config->thread_count < config->env_count ? config->thread_count : config->env_count;
  lay_out(hft_env_model_spec(model), pool->env_count, &pool->actions_layout, &pool->results_layout);
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->go, NULL);
  pthread_cond_init(&pool->done, NULL);
  hft_status status = allocate(pool, error);
  if (status == HFT_OK) status = start_workers(pool, error);
  if (status != HFT_OK) {
    hft_pool_free(pool);
    return status;
  }
  for (int i = 0; i < pool->env_count; i++) pool->env[i].seed = config->seed + (uint64_t)i;
  *out = pool;
  return HFT_OK;
}

void hft_pool_free(hft_pool *pool) {
  if (pool == NULL) return;
  run_job(pool, JOB_QUIT);
  for (int t = 1; t <= pool->started; t++) pthread_join(pool->worker[t].thread, NULL);
  pthread_mutex_destroy(&pool->lock);
  pthread_cond_destroy(&pool->go);
  pthread_cond_destroy(&pool->done);
  free(pool->envs);
  free(pool->actions);
  free(pool->results);
  free(pool->finals);
  free(pool->final_rows);
  free(pool->env);
  free(pool->returns);
  free(pool->lengths);
  free(pool);
}

// Packs the rows of the envs that ended, in order.
static void pack_finals(hft_pool *pool) {
  const hft_env_spec *spec = hft_env_model_spec(pool->model);
  const uint8_t *ended = row(pool, 4 * spec->group_count + mask_count(spec) + 1, 0);
  pool->ended_count = 0;
  for (int i = 0; i < pool->env_count; i++) pool->ended_count += ended[i];
  if (pool->ended_count == 0) return;
  hft_layout layout;
  lay_out_finals(spec, pool->ended_count, &layout);
  memset(pool->finals, 0, layout.bytes);
  size_t groups = (size_t)spec->group_count;
  size_t k = 0;
  for (int i = 0; i < pool->env_count; i++) {
    if (!ended[i]) continue;
    const hft_array *array = layout.array;
    int32_t index = i;
    memcpy(pool->finals + array[0].offset + 4 * k, &index, 4);
    memcpy(pool->finals + array[1].offset + 4 * k, &pool->lengths[i], 4);
    const char *kept = pool->final_rows + (size_t)i * pool->final_row_bytes;
    for (size_t g = 0; g < groups; g++) {
      const hft_group *group = &spec->group[g];
      size_t seats = (size_t)group->seat_count;
      const float *returns = pool->returns + (size_t)i * (size_t)spec->seat_count;
      memcpy(pool->finals + array[2 + g].offset + 4 * seats * k, returns + group->first_seat,
             4 * seats);
      size_t bytes = 4 * seats * (size_t)group->obs_dim;
      memcpy(pool->finals + array[2 + groups + g].offset + bytes * k, kept, bytes);
      kept += bytes;
    }
    size_t bytes = 4 * (size_t)spec->state_dim;
    memcpy(pool->finals + array[2 + 2 * groups].offset + bytes * k, kept, bytes);
    k++;
  }
}

void hft_pool_reset(hft_pool *pool, const uint64_t *seed, const uint8_t *mask) {
  for (int i = 0; seed != NULL && i < pool->env_count; i++) {
    if (mask != NULL && !mask[i]) continue;
    pool->env[i].seed = *seed + (uint64_t)i;
    pool->env[i].episode = 0;
  }
  pool->mask = mask;
  pool->ended_count = 0;
  run_job(pool, JOB_RESET);
}

int hft_pool_unstarted_count(const hft_pool *pool) {
  int count = 0;
  for (int i = 0; i < pool->env_count; i++) count += !pool->env[i].started;
  return count;
}

void hft_pool_step(hft_pool *pool) {
  HFT_CHECK(hft_pool_unstarted_count(pool) == 0);
  run_job(pool, JOB_STEP);
  pack_finals(pool);
}

const hft_layout *hft_pool_actions_layout(const hft_pool *pool) {
  return &pool->actions_layout;
}

const hft_layout *hft_pool_results_layout(const hft_pool *pool) {
  return &pool->results_layout;
}

void hft_pool_finals_layout(const hft_pool *pool, int ended_count, hft_layout *layout) {
  lay_out_finals(hft_env_model_spec(pool->model), ended_count, layout);
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

int hft_pool_env_count(const hft_pool *pool) {
  return pool->env_count;
}

const hft_env_model *hft_pool_model(const hft_pool *pool) {
  return pool->model;
}
