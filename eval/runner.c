#include "eval/runner.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "sim/base/arena.h"
#include "sim/base/check.h"

// What the threads of a run share.
typedef struct run {
  const hft_episode_plan *plan;
  const hft_runner_options *options;
  hft_episode *results;
  atomic_int next;          // the next episode to take
  atomic_int stop;          // 1: no thread goes on
  atomic_llong steps_done;  // of all episodes
  long long steps_total;
} run;

typedef struct worker {
  run *run;
  pthread_t thread;
  void *memory;  // of its market
  bool started;
} worker;

// The first worker is the caller's thread: it alone tells the progress.
typedef struct step_context {
  run *run;
  bool tells;
} step_context;

static bool goes_on(void *context) {
  const step_context *step = context;
  run *r = step->run;
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

static void work(worker *w, bool tells) {
  run *r = w->run;
  size_t size = hft_align(hft_market_size(r->plan->model));
  hft_market *market;
  hft_status status = hft_market_init(r->plan->model, w->memory, size, &market);
  HFT_CHECK(status == HFT_OK);
  step_context context = {r, tells};
  const hft_episode_progress progress = {on_step, goes_on, &context};
  for (;;) {
    int i = atomic_fetch_add_explicit(&r->next, 1, memory_order_relaxed);
    if (i >= r->options->episodes) return;
    uint64_t seed = r->options->seed + (uint64_t)i;
    if (hft_episode_run(r->plan, market, seed, NULL, &progress, &r->results[i]) != HFT_OK) return;
  }
}

static void *thread_main(void *argument) {
  work(argument, false);
  return NULL;
}

static hft_status allocate(worker *workers, int count, run *r, hft_error *error) {
  size_t size = hft_align(hft_market_size(r->plan->model));
  for (int i = 0; i < count; i++) {
    workers[i] = (worker){.run = r, .memory = aligned_alloc(HFT_CACHE_LINE, size)};
    if (workers[i].memory == NULL) {
      return hft_fail(error, HFT_ENOMEM, "threads", "no memory for %d markets of %zu bytes", count,
                      size);
    }
  }
  return HFT_OK;
}

static hft_status run_threads(worker *workers, int count, run *r, hft_error *error) {
  hft_status status = HFT_OK;
  for (int i = 1; i < count && status == HFT_OK; i++) {
    if (pthread_create(&workers[i].thread, NULL, thread_main, &workers[i]) == 0) {
      workers[i].started = true;
    } else {
      status = hft_fail(error, HFT_EFULL, "threads", "thread %d of %d would not start", i, count);
      atomic_store(&r->stop, 1);
    }
  }
  if (status == HFT_OK) work(&workers[0], true);
  for (int i = 1; i < count; i++) {
    if (workers[i].started) pthread_join(workers[i].thread, NULL);
  }
  if (status == HFT_OK && atomic_load(&r->stop)) {
    status = hft_fail(error, HFT_EINTR, "episodes", "interrupted");
  }
  if (status == HFT_OK && r->options->progress != NULL)
    r->options->progress(r->options->context, 1);
  return status;
}

hft_status hft_runner_run(const hft_episode_plan *plan, const hft_runner_options *options,
                          hft_episode *results, hft_error *error) {
  if (options->episodes < 1 || options->episodes > HFT_EPISODES_MAX) {
    return hft_fail(error, HFT_EINVAL, "episodes", "%d is not 1 to %d", options->episodes,
                    HFT_EPISODES_MAX);
  }
  if (options->threads < 1 || options->threads > HFT_RUNNER_THREADS_MAX) {
    return hft_fail(error, HFT_EINVAL, "threads", "%d is not 1 to %d", options->threads,
                    HFT_RUNNER_THREADS_MAX);
  }
  int count = options->threads < options->episodes ? options->threads : options->episodes;
  run r = {.plan = plan, .options = options, .results = results};
  r.steps_total = (long long)options->episodes * hft_episode_steps(plan);
  worker *workers = calloc((size_t)count, sizeof *workers);
  if (workers == NULL) return hft_fail(error, HFT_ENOMEM, "threads", "out of memory");
  hft_status status = allocate(workers, count, &r, error);
  if (status == HFT_OK) status = run_threads(workers, count, &r, error);
  for (int i = 0; i < count; i++) free(workers[i].memory);
  free(workers);
  return status;
}
