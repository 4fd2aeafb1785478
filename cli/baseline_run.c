// What hftsim baseline and hftsim compare have in common: seeds, estimates, and the run of a
// contest.
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/baseline.h"
#include "cli/output.h"
#include "cli/setup.h"

#define BOOTSTRAP_ENV UINT32_MAX  // env of the streams, which no market of a run uses
#define PAIRS_MIN 30              // fewer do not tell whether pairs are worth it

hft_status cli_baseline_seeds(cli_baseline_options *a, int64_t episodes, hft_error *error) {
  cli_seeds seeds = {a->seed, 0};
  if (a->seeds_text != NULL) {
    hft_status status = cli_parse_seeds(a->seeds_text, HFT_EPISODES_MAX, &seeds, error);
    if (status != HFT_OK) return status;
    if (a->seed_given) {
      return hft_fail(error, HFT_EINVAL, "--seeds", "contradicts --seed; give one of them");
    }
    if (seeds.count > 0 && a->episodes > 0 && seeds.count != a->episodes) {
      return hft_fail(error, HFT_EINVAL, "--seeds",
                      "'%s' are %" PRId64 " episodes, not the %" PRId64
                      " of --episodes; give one of them",
                      a->seeds_text, seeds.count, a->episodes);
    }
  }
  a->seed = seeds.first;
  if (seeds.count > 0) a->episodes = seeds.count;
  if (a->episodes == 0) a->episodes = episodes;
  return HFT_OK;
}

int cli_baseline_main_row(const cli_baseline *run) {
  return run->scores.rows - 1;
}

bool cli_baseline_applies(const cli_baseline *run, int contestant, int metric) {
  return hft_metric_applies((hft_metric)metric, run->contest->plan[0][contestant]->kind);
}

const hft_metric_summary *cli_baseline_summary(const cli_baseline *run, int contestant, int row,
                                               int metric) {
  int series = (contestant * run->scores.rows + row) * HFT_METRIC_COUNT;
  return &run->summary[series + metric];
}

hft_metric cli_baseline_first_metric(const cli_baseline *run, int contestant) {
  return cli_baseline_applies(run, contestant, HFT_METRIC_SHORTFALL) ? HFT_METRIC_SHORTFALL
                                                                     : HFT_METRIC_PNL;
}

void cli_baseline_note(cli_baseline *run, const char *format, ...) {
  if (run->note_count == CLI_BASELINE_NOTES) return;
  char *text = run->note[run->note_count++];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof run->note[0], format, list);
  va_end(list);
  fprintf(stderr, "hftsim: note: %s\n", text);
}

void cli_baseline_write_notes(cli_baseline *run) {
  const hft_model *model = run->contest->plan[0][0]->model;
  int episodes = run->scores.episodes;
  if (run->interrupted) {
    cli_baseline_note(
        run, "interrupted: the results are of %d of %" PRId64 " episodes, those that were complete",
        episodes, run->options->episodes);
  }
  char text[256];
  if (cli_dependence(model, episodes, text, sizeof text) != NULL) {
    run->dependence = run->note_count;
    cli_baseline_note(run, "%s", text);
  }
  for (int c = 0; c < run->contest->contestants; c++) {
    if (run->scores.lost[c] == 0) continue;
    cli_baseline_note(run,
                      "of %s, the record had no room for all fills, mids or steps in %d of %d "
                      "episodes, whose metrics of these are missing; shorten the episodes",
                      run->contest->name[c], run->scores.lost[c], episodes);
  }
  for (int c = 0; c < run->contest->contestants; c++) {
    hft_metric metric = cli_baseline_first_metric(run, c);
    double saved = run->scores.pairing[c][metric].saved;
    bool has_side = run->contest->plan[0][c]->sign != 0;
    if (!has_side || isnan(saved) || saved >= 0 || episodes < PAIRS_MIN) continue;
    cli_baseline_note(
        run, "of %s, pairs of sides raise the variance of %s; one side would be more precise",
        run->contest->name[c], hft_metric_table[metric].name);
  }
}

// ---- running -----------------------------------------------------------------------------------

hft_status cli_baseline_run_episodes(cli_baseline *run, hft_error *error) {
  const cli_baseline_options *a = run->options;
  cli_progress bar;
  cli_progress_start(&bar, run->contest->contestants > 1 ? a->command : run->contest->name[0]);
  const hft_runner_options options = cli_runner_options(&bar, a->episodes, a->threads, a->seed);
  hft_status status = hft_contest_run(run->contest, &options, &run->scores, error);
  cli_progress_end(&bar, status);
  run->interrupted = status == HFT_EINTR && run->scores.episodes > 0;
  return run->interrupted ? HFT_OK : status;
}

// Figures of the P&L over the episodes.
static hft_status aggregate(cli_baseline *run) {
  int row = cli_baseline_main_row(run);
  for (int c = 0; c < run->scores.contestants; c++) {
    const double *values = hft_scores_values(&run->scores, c, row, HFT_METRIC_PNL);
    hft_rng rng = hft_rng_stream(run->options->seed, BOOTSTRAP_ENV, 0);
    hft_status status =
        hft_aggregate_values(values, (size_t)run->scores.episodes, &rng, run->aggregate[c]);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

// Episodes of one world are one observation.
static void forget_intervals(cli_baseline *run, size_t count) {
  const hft_interval none = {NAN, NAN};
  for (size_t i = 0; i < count; i++) run->summary[i].interval = none;
  for (int k = 0; k < HFT_GROUP_COUNT; k++) run->group[k].interval = none;
  for (int c = 0; c < run->scores.contestants; c++) {
    for (int k = 0; k < HFT_AGGREGATE_COUNT; k++) run->aggregate[c][k].interval = none;
  }
}

hft_status cli_baseline_summarise(cli_baseline *run, hft_error *error) {
  const hft_scores *scores = &run->scores;
  size_t count = (size_t)scores->contestants * (size_t)scores->rows * HFT_METRIC_COUNT;
  uint64_t seed = run->options->seed;
  run->summary = calloc(count, sizeof *run->summary);
  hft_status status =
      run->summary == NULL ? HFT_ENOMEM : hft_scores_summarise(scores, seed, run->summary);
  if (status == HFT_OK) status = aggregate(run);
  if (status == HFT_OK && scores->group != NULL) {
    status = hft_metric_summarise_columns(scores->group, HFT_GROUP_COUNT, scores->episodes, seed,
                                          run->group);
  }
  if (status != HFT_OK) return hft_fail(error, status, "metrics", "out of memory");
  if (hft_model_worlds(run->contest->plan[0][0]->model) <= 1) forget_intervals(run, count);
  return HFT_OK;
}

static hft_status estimate_all(cli_baseline *run, cli_contestants *c, int instrument,
                               hft_error *error) {
  const cli_baseline_options *a = run->options;
  for (int i = 0; i < c->count; i++) {
    const hft_estimate_spec earlier = {
        run->config,  hft_catalog_classes, hft_catalog_class_count, c->item[i].entry.strategy,
        c->params[i], instrument};
    hft_status status = cli_estimate_params(c->given[i], &earlier, a->estimate, a->threads, a->seed,
                                            c->params[i], &run->estimate[i], error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

hft_status cli_baseline_prepare(cli_baseline *run, cli_contestants *contestants, int instrument,
                                hft_error *error) {
  const cli_baseline_options *a = run->options;
  const hft_contest_spec spec = {.config = run->config,
                                 .classes = hft_catalog_classes,
                                 .class_count = hft_catalog_class_count,
                                 .contestant = contestants->item,
                                 .count = contestants->count,
                                 .instrument = instrument,
                                 .horizon_s = (double)a->strategy.horizon / (double)HFT_SECOND,
                                 .together = a->together,
                                 .both = a->both};
  hft_status status = estimate_all(run, contestants, instrument, error);
  if (status == HFT_OK) status = hft_contest_create(&spec, &run->contest, error);
  if (status != HFT_OK || !a->series || hft_contest_rows(run->contest) == 1) return status;
  return hft_fail(error, HFT_EINVAL, "--series",
                  "there are series of one instrument only; name it by --instrument");
}
