#include "eval/estimate.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/estimate_state.h"
#include "eval/span.h"
#include "sim/base/check.h"

#define HFT_KEY_STRUCT hft_estimates
#define X(kind, name, unit, help) \
  {#name, HFT_KEY_##kind, offsetof(hft_estimates, name), "", 0, 0, unit, help},
const hft_key hft_estimate_table[HFT_ESTIMATE_COUNT] = {HFT_ESTIMATE_MAP(X)};
#undef X
#undef HFT_KEY_STRUCT

static const hft_estimator *const estimators[] = {
#define X(estimator) &estimator,
    HFT_ESTIMATOR_MAP(X)
#undef X
};

enum { ESTIMATORS = sizeof estimators / sizeof estimators[0] };

typedef struct estimation {
  const hft_estimate_spec *spec;
  const hft_runner_options *options;
  hft_model *model;
  int instrument, instrument_count;  // the first that is watched, and how many
  hft_episode_span span;
  hft_time slice;            // of the strategy, ns; 0: it has none
  int64_t unit;              // of hft_estimate_watch
  int first;                 // earlier episode of the run's first world
  char *record[ESTIMATORS];  // [episodes][instruments]
} estimation;

// ---- an earlier episode ------------------------------------------------------------------------

typedef struct course {
  const estimation *estimation;
  int episode;
  hft_estimate_watch watch[HFT_INSTRUMENTS_MAX];
} course;

static void *record_of(const estimation *e, int which, int episode, int k) {
  size_t at = (size_t)episode * (size_t)e->instrument_count + (size_t)k;
  return e->record[which] + at * estimators[which]->record_size;
}

static void on_event(void *context, const hft_event *event) {
  const course *c = context;
  const estimation *e = c->estimation;
  int k = event->instrument - e->instrument;
  if (k < 0 || k >= e->instrument_count) return;
  for (int i = 0; i < ESTIMATORS; i++) {
    if (estimators[i]->event == NULL) continue;
    estimators[i]->event(&c->watch[k], record_of(e, i, c->episode, k), event);
  }
}

typedef enum moment { OPEN, STEP, CLOSE } moment;

static void tell(const course *c, moment what) {
  const estimation *e = c->estimation;
  for (int k = 0; k < e->instrument_count; k++) {
    for (int i = 0; i < ESTIMATORS; i++) {
      const hft_estimator *estimator = estimators[i];
      void (*const call[])(const hft_estimate_watch *, void *) = {estimator->open, estimator->step,
                                                                  estimator->close};
      if (call[what] != NULL) call[what](&c->watch[k], record_of(e, i, c->episode, k));
    }
  }
}

static long long steps_of(const estimation *e) {
  return (e->span.end - e->span.start) / HFT_ESTIMATE_STEP;
}

// Ends early where the run is stopped.
static void run_steps(const course *c, hft_market *market, const hft_episode_progress *progress) {
  const estimation *e = c->estimation;
  const hft_sink sink = {on_event, (void *)(uintptr_t)c};
  const hft_interrupt pieces = {progress->goes_on, progress->context};
  tell(c, OPEN);
  for (long long step = 1; step <= steps_of(e); step++) {
    hft_time until = e->span.start + step * HFT_ESTIMATE_STEP;
    if (!hft_market_run_interruptible(e->model, market, until, &sink, &pieces)) return;
    tell(c, STEP);
    if (!progress->on_step(progress->context)) return;
  }
  if (hft_market_run_interruptible(e->model, market, e->span.end, &sink, &pieces)) tell(c, CLOSE);
}

static void run_world(void *context, hft_runner_world *world) {
  const estimation *e = context;
  if (world->market == NULL) {
    hft_status status =
        hft_market_init(e->model, world->memory, hft_market_size(e->model), &world->market);
    HFT_CHECK(status == HFT_OK);
  }
  hft_market *market = world->market;
  const hft_interrupt pieces = {world->progress.goes_on, world->progress.context};
  if (!hft_market_reset_interruptible(e->model, market, world->seed, HFT_ESTIMATE_ENV, NULL,
                                      &pieces) ||
      !hft_market_run_interruptible(e->model, market, e->span.start - 1, NULL, &pieces)) {
    return;
  }
  course c = {.estimation = e, .episode = e->first + world->index};
  for (int k = 0; k < e->instrument_count; k++) {
    c.watch[k] = (hft_estimate_watch){
        e->model, market, e->instrument + k, e->span.start, e->span.end, e->slice, e->unit};
  }
  run_steps(&c, market, &world->progress);
}

// ---- a market without a record -----------------------------------------------------------------

static hft_status make_model(estimation *e, const hft_config *config, hft_error *error) {
  return hft_model_create(config, e->spec->classes, e->spec->class_count, NULL, 0, &e->model,
                          error);
}

static hft_status run_worlds(estimation *e, const hft_runner_options *options, hft_error *error) {
  const hft_runner_job job = {hft_market_size(e->model), steps_of(e), run_world, e};
  return hft_runner_run_job(&job, options, error);
}

// ---- a market with a record --------------------------------------------------------------------

static double seconds(hft_time time) {
  return (double)time / (double)HFT_SECOND;
}

// The key at a place in a class's parameters.
static const hft_key *key_at(const hft_section *section, hft_param at) {
  for (int k = 0; k < section->key_count && at.exists; k++) {
    if (section->keys[k].offset == at.offset) return &section->keys[k];
  }
  return NULL;
}

static const hft_agent_class *class_of(const hft_estimate_spec *spec, const hft_section *section) {
  for (int i = 0; i < spec->class_count; i++) {
    if (spec->classes[i]->section == section) return spec->classes[i];
  }
  return NULL;
}

static hft_status set_item(hft_config *config, int item, const hft_key *key, const char *value,
                           hft_error *error) {
  char path[HFT_TEXT_MAX + 32];
  snprintf(path, sizeof path, "populations[%d].%s", item, key->name);
  return hft_config_set_value(config, path, value, error);
}

// Opens the sessions of all recorded flows at one time, earlier by some ns.
static hft_status shift_records(const hft_estimate_spec *spec, hft_time earlier, hft_config *config,
                                hft_error *error) {
  for (int i = 0; i < hft_config_count(config, "populations"); i++) {
    const hft_section *section;
    const void *params = hft_config_item(config, "populations", i, &section);
    const hft_agent_class *c = class_of(spec, section);
    if (c == NULL || !c->key.record_s.exists) continue;
    char open[40];
    snprintf(open, sizeof open, "%.9f", hft_param_real(c->key.record_s, params) - seconds(earlier));
    hft_status status = set_item(config, i, key_at(section, c->key.record_s), open, error);
    const hft_key *window = key_at(section, c->key.record_window);
    if (status == HFT_OK && window != NULL) {
      char first[HFT_TEXT_MAX];
      snprintf(first, sizeof first, "%.*s", (int)strcspn(window->unit, "|"), window->unit);
      status = set_item(config, i, window, first, error);
    }
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

// The key of the config that says when the first session of a recorded flow opens.
static void name_open(const hft_estimate_spec *spec, char *text, size_t size) {
  text[0] = '\0';
  for (int i = 0; i < hft_config_count(spec->config, "populations"); i++) {
    const hft_section *section;
    hft_config_item(spec->config, "populations", i, &section);
    const hft_agent_class *c = class_of(spec, section);
    const hft_key *key = c != NULL ? key_at(section, c->key.record_s) : NULL;
    if (key != NULL) snprintf(text, size, "populations[%d].%s", i, key->name);
  }
}

static hft_status check_record(const estimation *e, hft_error *error) {
  hft_time history = hft_model_history(e->model), window = e->span.end;
  int64_t fit = history / window;
  if (fit >= e->options->episodes) return HFT_OK;
  char most[64] = "", open[HFT_TEXT_MAX + 32];
  name_open(e->spec, open, sizeof open);
  if (fit > 0) snprintf(most, sizeof most, "run %" PRId64 ", or ", fit);
  return hft_fail(error, HFT_ECONFIG, "estimate",
                  "%d earlier episodes of %.12g s, warm-up included, need %.12g s of the record "
                  "before its first session, which has %.12g s; %sraise %s",
                  e->options->episodes, seconds(window), seconds(window) * e->options->episodes,
                  seconds(history), most, open);
}

// One window before the first session: the index counts backwards from 0.
static hft_status run_window(estimation *e, int index, hft_error *error) {
  hft_config *config = hft_config_copy(e->spec->config);
  if (config == NULL) return hft_fail(error, HFT_ENOMEM, "estimate", "out of memory");
  hft_status status = shift_records(e->spec, (index + 1) * e->span.end, config, error);
  hft_model_free(e->model);
  e->model = NULL;
  if (status == HFT_OK) status = make_model(e, config, error);
  hft_config_free(config);
  if (status != HFT_OK) return status;
  e->first = index;
  hft_runner_options one = *e->options;
  one.episodes = 1;
  one.threads = 1;
  one.seed += (uint64_t)index;
  one.progress = NULL;
  return run_worlds(e, &one, error);
}

static hft_status run_windows(estimation *e, hft_error *error) {
  const hft_runner_options *options = e->options;
  hft_status status = check_record(e, error);
  for (int i = 0; i < options->episodes && status == HFT_OK; i++) {
    status = run_window(e, i, error);
    if (status == HFT_OK && options->progress != NULL) {
      options->progress(options->context, (double)(i + 1) / options->episodes);
    }
  }
  return status;
}

// ---- the run -----------------------------------------------------------------------------------

static hft_status choose_instruments(estimation *e, hft_error *error) {
  int count = hft_model_instrument_count(e->model), wanted = e->spec->instrument;
  bool all = wanted == HFT_INSTRUMENT_ALL;
  if (!all && (wanted < 0 || wanted >= count)) {
    return hft_fail(error, HFT_EINVAL, "instrument", "%d out of range [0, %d]", wanted, count - 1);
  }
  e->instrument = all ? 0 : wanted;
  e->instrument_count = all ? count : 1;
  return HFT_OK;
}

static hft_status compute_span(estimation *e, hft_error *error) {
  const hft_agent_class *strategy = e->spec->strategy;
  size_t size = strategy->section->size;
  void *params = malloc(size > 0 ? size : 1);
  if (params == NULL) return hft_fail(error, HFT_ENOMEM, "estimate", "out of memory");
  if (size > 0) memcpy(params, e->spec->params, size);
  hft_status status =
      hft_episode_span_compute(e->spec->config, strategy, params, 0, &e->span, error);
  const hft_param slices = strategy->key.slices;
  if (slices.exists) e->slice = (e->span.end - e->span.start) / hft_param_int(slices, params);
  e->unit = strategy->key.unit.exists ? hft_param_int(strategy->key.unit, params) : 1;
  free(params);
  return status;
}

static hft_status allocate(estimation *e, hft_error *error) {
  size_t count = (size_t)e->options->episodes * (size_t)e->instrument_count;
  for (int i = 0; i < ESTIMATORS; i++) {
    e->record[i] = calloc(count, estimators[i]->record_size);
    if (e->record[i] == NULL) {
      return hft_fail(error, HFT_ENOMEM, "estimate", "no memory for %zu records of %zu bytes",
                      count, estimators[i]->record_size);
    }
  }
  return HFT_OK;
}

static hft_status prepare(estimation *e, hft_error *error) {
  if (e->options->episodes < 1 || e->options->episodes > HFT_EPISODES_MAX) {
    return hft_fail(error, HFT_EINVAL, "estimate", "%d out of range [1, %d]", e->options->episodes,
                    HFT_EPISODES_MAX);
  }
  hft_status status = compute_span(e, error);
  if (status == HFT_OK) status = make_model(e, e->spec->config, error);
  if (status == HFT_OK) status = choose_instruments(e, error);
  if (status == HFT_OK) status = hft_model_check_window(e->model, e->span.end, error);
  return status == HFT_OK ? allocate(e, error) : status;
}

static void finish(const estimation *e, hft_estimates *out) {
  const hft_estimate_watch watch = {.model = e->model,
                                    .instrument = e->instrument,
                                    .start = e->span.start,
                                    .end = e->span.end,
                                    .slice = e->slice,
                                    .unit = e->unit};
  *out = (hft_estimates){.episodes = e->options->episodes,
                         .length_s = seconds(e->span.end - e->span.start)};
  for (int i = 0; i < HFT_ESTIMATE_COUNT; i++) {
    const hft_key *key = &hft_estimate_table[i];
    if (key->kind == HFT_KEY_REAL) *(double *)((char *)out + key->offset) = NAN;
  }
  size_t count = (size_t)e->options->episodes * (size_t)e->instrument_count;
  for (int i = 0; i < ESTIMATORS; i++) estimators[i]->finish(&watch, e->record[i], count, out);
}

hft_status hft_estimate_run(const hft_estimate_spec *spec, const hft_runner_options *options,
                            hft_estimates *out, hft_error *error) {
  estimation e = {.spec = spec, .options = options};
  hft_status status = prepare(&e, error);
  if (status == HFT_OK) {
    bool recorded = hft_model_history(e.model) != HFT_TIME_NEVER;
    status = recorded ? run_windows(&e, error) : run_worlds(&e, options, error);
  }
  if (status == HFT_OK) finish(&e, out);
  for (int i = 0; i < ESTIMATORS; i++) free(e.record[i]);
  hft_model_free(e.model);
  return status;
}

// ---- the keys of a class -----------------------------------------------------------------------

// Where a class has the key of an estimate.
static hft_param place_of(const hft_agent_class *agent_class, int estimate) {
  const hft_param place[HFT_ESTIMATE_COUNT] = {
#define X(kind, name, unit, help) agent_class->key.name,
      HFT_ESTIMATE_MAP(X)
#undef X
  };
  return place[estimate];
}

bool hft_estimate_applies(const hft_agent_class *agent_class) {
  for (int i = 0; i < HFT_ESTIMATE_COUNT; i++) {
    if (place_of(agent_class, i).exists) return true;
  }
  return false;
}

static double bounded(const hft_key *key, double value) {
  return value < key->low ? key->low : value > key->high ? key->high : value;
}

// Copies an estimate to a key. False: there is none.
static bool set_key(const hft_estimates *estimates, const hft_key *from, const hft_key *to,
                    void *params) {
  HFT_CHECK(from->kind == to->kind);
  const char *source = (const char *)estimates + from->offset;
  char *target = (char *)params + to->offset;
  if (from->kind == HFT_KEY_LIST) {
    hft_list list;
    memcpy(&list, source, sizeof list);
    for (int64_t i = 0; i < list.count; i++) list.value[i] = bounded(to, list.value[i]);
    if (list.count > 0) memcpy(target, &list, sizeof list);
    return list.count > 0;
  }
  double value;
  memcpy(&value, source, sizeof value);
  if (isnan(value)) return false;
  value = bounded(to, value);
  memcpy(target, &value, sizeof value);
  return true;
}

uint64_t hft_estimate_apply(const hft_estimates *estimates, const hft_agent_class *agent_class,
                            void *params, uint64_t given) {
  const hft_section *section = agent_class->section;
  HFT_CHECK(section->key_count <= 64);
  uint64_t set = 0;
  for (int i = 0; i < HFT_ESTIMATE_COUNT; i++) {
    const hft_key *key = key_at(section, place_of(agent_class, i));
    if (key == NULL) continue;
    uint64_t bit = UINT64_C(1) << (key - section->keys);
    if ((given & bit) != 0) continue;
    if (set_key(estimates, &hft_estimate_table[i], key, params)) set |= bit;
  }
  return set;
}
