#include "eval/runner.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/base/workers.h"

// What the threads of a run share.
typedef struct run {
  const hft_runner_job *job;
  const hft_runner_options *options;
  void **memory;            // [thread]
  hft_market **market;      // [thread]: null before its first world
  atomic_int stop;          // 1: no thread goes on
  atomic_llong steps_done;  // of all worlds
  long long steps_total;
} run;

typedef struct step_context {
  run *run;
  bool tells;  // the progress: on the caller's thread
} step_context;

static bool goes_on(void *context) {
  run *r = ((const step_context *)context)->run;
  const hft_runner_options *options = r->options;
  if (options->stopped != NULL && options->stopped(options->context)) {
    atomic_store_explicit(&r->stop, 1, memory_order_relaxed);
  }
  return atomic_load_explicit(&r->stop, memory_order_relaxed) == 0;
}

static bool on_step(void *context) {
  const step_context *step = context;
  run *r = step->run;
  const hft_runner_options *options = r->options;
  long long done = atomic_fetch_add_explicit(&r->steps_done, 1, memory_order_relaxed) + 1;
  if (!goes_on(context)) return false;
  // 1 is told once, when all threads are done.
  if (step->tells && options->progress != NULL && done < r->steps_total) {
    options->progress(options->context, (double)done / (double)r->steps_total);
  }
  return true;
}

// Runs the task in a world. Once the run is stopped, nothing is left to do for those that remain.
static bool run_world(void *context, int thread, int index, int64_t *budget) {
  run *r = context;
  (void)budget;
  if (atomic_load_explicit(&r->stop, memory_order_relaxed) != 0) return true;
  step_context step = {r, thread == 0};
  hft_runner_world world = {
      .index = index,
      .seed = r->options->seed + (uint64_t)index,
      .memory = r->memory[thread],
      .market = r->market[thread],
      .progress = {on_step, goes_on, &step},
  };
  r->job->task(r->job->context, &world);
  r->market[thread] = world.market;
  return true;
}

static hft_status allocate(run *r, int32_t **index, int threads, hft_error *error) {
  size_t bytes = hft_align(r->job->bytes);
  *index = calloc((size_t)r->options->episodes, sizeof **index);
  r->memory = calloc((size_t)threads, sizeof *r->memory);
  // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
  r->market = calloc((size_t)threads, sizeof *r->market);
  bool complete = *index != NULL && r->memory != NULL && r->market != NULL;
  for (int i = 0; i < threads && complete; i++) {
    r->memory[i] = aligned_alloc(HFT_CACHE_LINE, bytes);
    complete = r->memory[i] != NULL;
  }
  if (complete) return HFT_OK;
  return hft_fail(error, HFT_ENOMEM, "threads", "no memory for %d markets of %zu bytes", threads,
                  bytes);
}

static hft_status run_threads(run *r, int32_t *index, int threads, hft_error *error) {
  int worlds = r->options->episodes;
  hft_workers *workers;
  hft_status status = hft_workers_create(threads, worlds, 1, run_world, r, &workers, error);
  if (status != HFT_OK) return status;
  for (int i = 0; i < worlds; i++) index[i] = i;
  hft_workers_send(workers, index, worlds, 1);
  int done = hft_workers_collect(workers, index, worlds);
  HFT_CHECK(done == worlds);
  hft_workers_free(workers);
  if (atomic_load(&r->stop) != 0) return hft_fail(error, HFT_EINTR, "episodes", "interrupted");
  if (r->options->progress != NULL) r->options->progress(r->options->context, 1);
  return HFT_OK;
}

static hft_status check_range(const char *what, int value, int most, hft_error *error) {
  if (value >= 1 && value <= most) return HFT_OK;
  return hft_fail(error, HFT_EINVAL, what, "%d out of range [1, %d]", value, most);
}

hft_status hft_runner_run_job(const hft_runner_job *job, const hft_runner_options *options,
                              hft_error *error) {
  hft_status status = check_range("episodes", options->episodes, HFT_EPISODES_MAX, error);
  if (status != HFT_OK) return status;
  status = check_range("threads", options->threads, HFT_RUNNER_THREADS_MAX, error);
  if (status != HFT_OK) return status;
  int threads = options->threads < options->episodes ? options->threads : options->episodes;
  run r = {.job = job, .options = options};
  r.steps_total = (long long)options->episodes * job->world_steps;
  int32_t *index = NULL;
  status = allocate(&r, &index, threads, error);
  if (status == HFT_OK) status = run_threads(&r, index, threads, error);
  for (int i = 0; i < threads && r.memory != NULL; i++) free(r.memory[i]);
  free(r.memory);
  free(r.market);
  free(index);
  return status;
}

// ---- episodes ----------------------------------------------------------------------------------

typedef struct episodes {
  const hft_episode_plan *plan;
  hft_episode *results;
} episodes;

static void run_episode(void *context, hft_runner_world *world) {
  const episodes *e = context;
  if (world->market == NULL) {
    hft_status status = hft_market_init(e->plan->model, world->memory,
                                        hft_market_size(e->plan->model), &world->market);
    HFT_CHECK(status == HFT_OK);
  }
  size_t rows_each = (size_t)e->plan->contestants * (size_t)hft_episode_rows(e->plan);
  hft_episode *rows = &e->results[(size_t)world->index * rows_each];
  // It fails only where it is stopped.
  void *record = (char *)world->memory + hft_align(hft_market_size(e->plan->model));
  (void)hft_episode_run_recorded(e->plan, world->market, world->seed, NULL, &world->progress,
                                 record, rows);
}

hft_status hft_runner_run(const hft_episode_plan *plan, const hft_runner_options *options,
                          hft_episode *results, hft_error *error) {
  episodes e = {plan, results};
  size_t bytes = hft_align(hft_market_size(plan->model)) + hft_episode_record_size(plan);
  const hft_runner_job job = {bytes, hft_episode_steps(plan), run_episode, &e};
  return hft_runner_run_job(&job, options, error);
}
