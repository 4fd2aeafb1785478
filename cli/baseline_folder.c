// The run folder of hftsim baseline.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/baseline.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "eval/contest_series.h"

#define DEPTH_EPISODES 3  // whose series have the depth of the book

static void append_words(char *text, size_t size, int argc, char **argv) {
  size_t length = (size_t)snprintf(text, size, "hftsim");
  for (int i = 0; i < argc && length < size; i++) {
    const char *quote = strpbrk(argv[i], " ,[]{}*'\"") != NULL ? "'" : "";
    length += (size_t)snprintf(text + length, size - length, " %s%s%s", quote, argv[i], quote);
  }
}

hft_status cli_baseline_check_folder(const cli_baseline_options *a, hft_error *error) {
  if (a->name == NULL) return HFT_OK;
  if (a->out != NULL) {
    return hft_fail(error, HFT_EINVAL, "--name",
                    "contradicts --out, which gives the whole path; give one of them");
  }
  if (a->name[0] != '\0') return HFT_OK;
  return hft_fail(error, HFT_EINVAL, "--name", "is empty; give a name, or none for '%s'",
                  a->command);
}

hft_status cli_baseline_folder_begin(const cli_baseline *run, hft_results **out, hft_error *error) {
  const cli_baseline_options *a = run->options;
  *out = NULL;
  if (a->out == NULL && a->name == NULL && !a->series) return HFT_OK;
  char command[4096];
  append_words(command, sizeof command, a->argc, a->argv);
  char *config = hft_config_print(run->config, 0);
  if (config == NULL) return hft_fail(error, HFT_ENOMEM, "config", "out of memory");
  const hft_results_spec spec = {.out = a->out,
                                 .name = a->name != NULL ? a->name : a->command,
                                 .command = command,
                                 .config = config};
  hft_status status = hft_results_begin(&spec, out, error);
  free(config);
  return status;
}

static hft_status add_values(const cli_baseline *run, hft_results *results, int c,
                             hft_results_contestant *contestant, hft_error *error) {
  hft_results_metric metric[HFT_METRIC_COUNT];
  int episodes = run->scores.episodes, row = cli_baseline_main_row(run), count = 0;
  size_t most = (size_t)episodes * HFT_METRIC_COUNT;
  double *values = malloc(most * sizeof *values + 1);
  if (values == NULL) return hft_fail(error, HFT_ENOMEM, "run folder", "out of memory");
  int id[HFT_METRIC_COUNT];
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    if (!cli_baseline_applies(run, c, m)) continue;
    const hft_metric_info *info = &hft_metric_table[m];
    metric[count] = (hft_results_metric){info->name, info->unit, info->help, info->direction};
    id[count++] = m;
  }
  for (int k = 0; k < count; k++) {
    const double *from = hft_scores_values(&run->scores, c, row, (hft_metric)id[k]);
    for (int e = 0; e < episodes; e++) values[(size_t)e * (size_t)count + (size_t)k] = from[e];
  }
  contestant->metric_count = count;
  contestant->metrics = metric;
  contestant->values = values;
  hft_status status = hft_results_add(results, contestant, error);
  free(values);
  return status;
}

// Of pairs there is a row a world, with the mean of both sides.
static hft_status add_contestant(const cli_baseline *run, hft_results *results, int c,
                                 const char *params, hft_error *error) {
  const hft_episode_plan *plan = run->contest->plan[0][c];
  int episodes = run->scores.episodes;
  int8_t *sides = malloc((size_t)episodes + 1);
  if (sides == NULL) return hft_fail(error, HFT_ENOMEM, "run folder", "out of memory");
  memset(sides, plan->sign, (size_t)episodes);
  hft_results_contestant contestant = {
      .name = run->contest->name[c],
      .kind = hft_baseline_kind_name(plan->kind),
      .params = params,
      .episodes = episodes,
      .seeds = run->scores.seed,
      .sides = plan->sign != 0 && !hft_contest_paired(run->contest, c) ? sides : NULL};
  hft_status status = add_values(run, results, c, &contestant, error);
  free(sides);
  return status;
}

static hft_status write_series(void *context, const hft_results_series *series, hft_error *error) {
  return hft_results_series_add(context, series, error);
}

static hft_status add_series(const cli_baseline *run, hft_results *results, hft_error *error) {
  if (!run->options->series) return HFT_OK;
  if (run->interrupted) {
    hft_results_log(results, "interrupted: no series");
    return HFT_OK;
  }
  cli_progress bar;
  cli_progress_start(&bar, "series");
  const hft_runner_options options =
      cli_runner_options(&bar, run->scores.episodes, run->options->threads, run->options->seed);
  hft_status status =
      hft_contest_series(run->contest, &options, DEPTH_EPISODES, write_series, results, error);
  cli_progress_end(&bar, status);
  return status;
}

hft_status cli_baseline_folder_end(const cli_baseline *run, hft_results *results,
                                   const json_t *summary, hft_error *error) {
  char *text = cli_json_text(summary);
  if (text == NULL) return hft_fail(error, HFT_ENOMEM, "run folder", "out of memory");
  hft_status status = HFT_OK;
  for (int c = 0; c < run->contest->contestants && status == HFT_OK; c++) {
    json_t *params = cli_baseline_params_json(run, c);
    char *its = cli_json_text(params);
    status = add_contestant(run, results, c, its, error);
    free(its);
    json_decref(params);
  }
  if (status == HFT_OK) status = add_series(run, results, error);
  for (int i = 0; i < run->note_count; i++) hft_results_log(results, "note: %s", run->note[i]);
  if (status == HFT_OK) status = hft_results_commit(results, text, error);
  free(text);
  return status;
}
