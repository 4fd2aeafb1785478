#include "eval/contest_series.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "eval/episode_series.h"
#include "sim/base/check.h"

#define WORLDS_A_THREAD 4  // at a time

// The collectors of a batch of worlds.
typedef struct batch {
  const hft_contest *contest;
  int first, worlds;               // episodes
  int depth_episodes;              // with the depth of the book
  hft_episode_series **collector;  // [worlds][contestants]
  hft_results_series *series;      // [worlds][contestants]
  atomic_int failed;               // an hft_status
  const hft_runner_options *whole;
} batch;

// A market under way, and the collectors of its contestants.
typedef struct watch {
  hft_episode_series *const *collector;
  int count;
  hft_market *market;
  const hft_episode_progress *progress;
} watch;

static void on_event(void *context, const hft_event *event) {
  const watch *w = context;
  for (int c = 0; c < w->count; c++) hft_episode_series_event(w->collector[c], event);
}

static bool on_step(void *context) {
  const watch *w = context;
  for (int c = 0; c < w->count; c++) hft_episode_series_step(w->collector[c], w->market);
  return w->progress->on_step(w->progress->context);
}

static bool goes_on(void *context) {
  const watch *w = context;
  return w->progress->goes_on(w->progress->context);
}

static hft_status collect(batch *b, const hft_runner_world *world, int market) {
  const hft_contest *contest = b->contest;
  const hft_episode_plan *plan = contest->market[0][market];
  size_t at = (size_t)world->index * (size_t)contest->contestants + (size_t)market;
  watch w = {b->collector + at, plan->contestants, world->market, &world->progress};
  for (int c = 0; c < plan->contestants; c++) {
    bool depth = b->first + world->index < b->depth_episodes;
    hft_status status =
        hft_episode_series_create(&plan[c], 0, depth, &b->collector[at + (size_t)c]);
    if (status != HFT_OK) return status;
  }
  hft_episode rows[HFT_CONTESTANTS_MAX];
  const hft_sink sink = {on_event, &w};
  const hft_episode_progress progress = {on_step, goes_on, &w};
  hft_episode_course course[HFT_CONTESTANTS_MAX];
  hft_status status =
      hft_episode_open(course, plan, world->market, world->seed, &sink, &progress, rows);
  if (status == HFT_OK) status = hft_episode_advance(course, plan->end);
  for (int c = 0; c < plan->contestants && status == HFT_OK; c++) {
    hft_results_series *series = &b->series[at + (size_t)c];
    status = hft_episode_series_end(b->collector[at + (size_t)c], &rows[c], series);
    series->contestant = market + c;
    series->episode = b->first + world->index;
  }
  return status;
}

static void run_world(void *context, hft_runner_world *world) {
  batch *b = context;
  for (int m = 0; m < b->contest->markets; m++) {
    const hft_model *model = b->contest->market[0][m]->model;
    hft_status status =
        hft_market_init(model, world->memory, hft_market_size(model), &world->market);
    HFT_CHECK(status == HFT_OK);
    status = collect(b, world, m);
    if (status == HFT_OK) continue;
    int none = HFT_OK;
    atomic_compare_exchange_strong(&b->failed, &none, (int)status);
    return;
  }
}

// The progress of a batch as that of all of them.
static void tell(void *context, double done) {
  const batch *b = context;
  const hft_runner_options *whole = b->whole;
  double share = (b->first + done * b->worlds) / whole->episodes;
  if (whole->progress != NULL && share < 1) whole->progress(whole->context, share);
}

static bool stopped(void *context) {
  const batch *b = context;
  return b->whole->stopped != NULL && b->whole->stopped(b->whole->context);
}

static hft_status run_batch(batch *b, hft_error *error) {
  hft_runner_job job = {.task = run_world, .context = b};
  for (int m = 0; m < b->contest->markets; m++) {
    const hft_episode_plan *plan = b->contest->market[0][m];
    size_t size = hft_market_size(plan->model);
    if (size > job.bytes) job.bytes = size;
    job.world_steps += hft_episode_steps(plan);
  }
  hft_runner_options options = *b->whole;
  options.episodes = b->worlds;
  options.seed += (uint64_t)b->first;
  options.stopped = stopped;
  options.progress = tell;
  options.context = b;
  hft_status status = hft_runner_run_job(&job, &options, error);
  if (status != HFT_OK) return status;
  status = (hft_status)atomic_load(&b->failed);
  return status == HFT_OK ? status : hft_fail(error, status, "series", "out of memory");
}

static hft_status write_batch(const batch *b, hft_contest_series_write *write, void *context,
                              hft_error *error) {
  for (int i = 0; i < b->worlds * b->contest->contestants; i++) {
    hft_status status = write(context, &b->series[i], error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

static void empty_batch(batch *b) {
  for (int i = 0; i < b->worlds * b->contest->contestants; i++) {
    hft_episode_series_free(b->collector[i]);
    b->collector[i] = NULL;
  }
}

hft_status hft_contest_series(const hft_contest *contest, const hft_runner_options *options,
                              int depth_episodes, hft_contest_series_write *write, void *context,
                              hft_error *error) {
  if (hft_contest_rows(contest) != 1) {
    return hft_fail(error, HFT_EINVAL, "series",
                    "there are series of one instrument, not of %d; name one",
                    contest->plan[0][0]->instrument_count);
  }
  int most = options->threads * WORLDS_A_THREAD;
  batch b = {.contest = contest, .whole = options, .depth_episodes = depth_episodes};
  size_t count = (size_t)most * (size_t)contest->contestants;
  // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
  b.collector = calloc(count, sizeof *b.collector);
  b.series = calloc(count, sizeof *b.series);
  hft_status status = HFT_OK;
  if (b.collector == NULL || b.series == NULL) {
    status = hft_fail(error, HFT_ENOMEM, "series", "out of memory");
  }
  while (status == HFT_OK && b.first < options->episodes) {
    int left = options->episodes - b.first;
    b.worlds = left < most ? left : most;
    status = run_batch(&b, error);
    if (status == HFT_OK) status = write_batch(&b, write, context, error);
    empty_batch(&b);
    b.first += b.worlds;
  }
  if (status == HFT_OK && options->progress != NULL) options->progress(options->context, 1);
  free(b.collector);
  free(b.series);
  return status;
}
