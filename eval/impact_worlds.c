#include "eval/impact_worlds.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"

// Sums of whole numbers, which do not depend on the order in which threads add to them.
typedef struct sums {
  atomic_llong *executed;  // [quantities][points + 1]
  atomic_llong closed[HFT_IMPACT_QUANTITIES_MAX], unfilled[HFT_IMPACT_QUANTITIES_MAX];
} sums;

typedef struct job {
  const hft_impact_study *study;
  hft_impact_sample *sample;
  sums sums;
} job;

// A market of a plan's model in the thread's memory: models differ from plan to plan.
static hft_market *market_of(const hft_episode_plan *plan, hft_runner_world *world) {
  hft_status status =
      hft_market_init(plan->model, world->memory, hft_market_size(plan->model), &world->market);
  HFT_CHECK(status == HFT_OK);
  return world->market;
}

static void add(atomic_llong *sum, int64_t value) {
  atomic_fetch_add_explicit(sum, value, memory_order_relaxed);
}

static void note_reference(job *j, int world, const hft_impact_reference *reference) {
  double arrival = (double)reference->mid2[0];
  double moved = (double)(reference->mark2[HFT_IMPACT_END] - reference->mid2[0]);
  j->sample->move_bps[world] = moved / arrival * 1e4;
  j->sample->volume[world] = (double)reference->volume;
}

// Adds the path of one side. The first side sets the values.
static void note_path(job *j, int world, int quantity, int side, const hft_impact_path *path) {
  hft_impact_sample *s = j->sample;
  size_t worlds = (size_t)s->worlds;
  size_t points = (size_t)s->points + 1;
  double share = 1.0 / j->study->sides;
  for (size_t k = 0; k < points; k++) {
    size_t at = (size_t)quantity * points + k;
    double *value = &s->impact_bps[at * worlds + (size_t)world];
    *value = (side == 0 ? 0 : *value) + share * path->impact_bps[k];
    add(&j->sums.executed[at], path->executed[k]);
  }
  double *const mark[HFT_IMPACT_MARK_COUNT] = {s->end_bps, s->later_bps};
  for (int m = 0; m < HFT_IMPACT_MARK_COUNT; m++) {
    double *value = &mark[m][(size_t)quantity * worlds + (size_t)world];
    *value = (side == 0 ? 0 : *value) + share * path->mark_bps[m];
  }
  const hft_closing *end = &path->closing;
  add(&j->sums.closed[quantity], end->traded + end->transferred + end->unfilled);
  add(&j->sums.unfilled[quantity], end->unfilled);
}

static void run_world(void *context, hft_runner_world *world) {
  job *j = context;
  const hft_impact_study *study = j->study;
  hft_impact_reference reference;
  hft_impact_path path;
  const hft_episode_plan *plan = study->plan[0];
  if (hft_impact_run_without(plan, &study->options, market_of(plan, world), world->seed,
                             &world->progress, &reference) != HFT_OK) {
    return;  // stopped
  }
  note_reference(j, world->index, &reference);
  for (int i = 0; i < study->quantities * study->sides; i++) {
    plan = study->plan[i];
    if (hft_impact_run_with(plan, &study->options, market_of(plan, world), world->seed,
                            &world->progress, &reference, &path) != HFT_OK) {
      return;
    }
    note_path(j, world->index, i / study->sides, i % study->sides, &path);
  }
}

// ---- memory ------------------------------------------------------------------------------------

// Divides one block into the arrays. Null: measures it, in values.
static size_t divide(hft_impact_sample *s, double *block) {
  size_t worlds = (size_t)s->worlds;
  size_t all = (size_t)s->quantities * worlds;
  size_t cells = (size_t)s->quantities * ((size_t)s->points + 1);
  const size_t count[] = {cells * worlds, all, all, worlds, worlds};
  double **const array[] = {&s->impact_bps, &s->end_bps, &s->later_bps, &s->move_bps, &s->volume};
  size_t at = 0;
  for (size_t i = 0; i < sizeof count / sizeof count[0]; i++) {
    if (block != NULL) *array[i] = block + at;
    at += count[i];
  }
  return at;
}

static hft_status allocate(job *j, hft_error *error) {
  hft_impact_sample *s = j->sample;
  size_t cells = (size_t)s->quantities * ((size_t)s->points + 1);
  size_t values = divide(s, NULL);
  if (values > HFT_IMPACT_VALUES_MAX) {
    return hft_fail(error, HFT_EINVAL, "impact",
                    "%d worlds x %d points x %d quantities are more than %d values; lower one of "
                    "these",
                    s->worlds, s->points, s->quantities, HFT_IMPACT_VALUES_MAX);
  }
  double *block = calloc(values, sizeof *block);
  s->memory = block;
  s->executed = calloc(cells, sizeof *s->executed);
  j->sums.executed = calloc(cells, sizeof *j->sums.executed);
  if (block == NULL || s->executed == NULL || j->sums.executed == NULL) {
    return hft_fail(error, HFT_ENOMEM, "impact", "no memory for %zu values", values);
  }
  divide(s, block);
  return HFT_OK;
}

static void take_sums(job *j) {
  hft_impact_sample *s = j->sample;
  size_t cells = (size_t)s->quantities * ((size_t)s->points + 1);
  for (size_t i = 0; i < cells; i++) s->executed[i] = atomic_load(&j->sums.executed[i]);
  for (int q = 0; q < s->quantities; q++) {
    s->closed[q] = atomic_load(&j->sums.closed[q]);
    s->unfilled[q] = atomic_load(&j->sums.unfilled[q]);
  }
}

hft_status hft_impact_study_run(const hft_impact_study *study, const hft_runner_options *options,
                                hft_impact_sample *out, hft_error *error) {
  int plans = study->quantities * study->sides;
  *out = (hft_impact_sample){.quantities = study->quantities,
                             .worlds = options->episodes,
                             .points = study->options.points};
  out->has_later = hft_impact_reaches_later(study->plan[0], &study->options);
  if (options->episodes < 1 || options->episodes > HFT_EPISODES_MAX) {
    return hft_fail(error, HFT_EINVAL, "episodes", "%d out of range [1, %d]", options->episodes,
                    HFT_EPISODES_MAX);
  }
  hft_runner_job runs = {.world_steps = (long long)(plans + 1) * study->options.points,
                         .task = run_world};
  for (int i = 0; i < plans; i++) {
    size_t size = hft_market_size(study->plan[i]->model);
    if (size > runs.bytes) runs.bytes = size;
  }
  job j = {.study = study, .sample = out};
  runs.context = &j;
  hft_status status = allocate(&j, error);
  if (status == HFT_OK) status = hft_runner_run_job(&runs, options, error);
  if (status == HFT_OK) take_sums(&j);
  free(j.sums.executed);
  return status;
}

void hft_impact_sample_free(hft_impact_sample *sample) {
  free(sample->memory);
  free(sample->executed);
  sample->memory = NULL;
  sample->executed = NULL;
}
