// hftsim compare --task: contestants in the scored seats of a leaderboard task.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compare.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/task.h"

// A run of a task.
typedef struct task_run {
  cli_compare *compare;
  cli_task task;
  hft_split split;
  int64_t first_seed;
  hft_params params[HFT_CONTESTANTS_MAX];  // of each contestant: those that are not the defaults
  cli_estimate estimate[HFT_CONTESTANTS_MAX];
  hft_seated_plan *plan[HFT_CONTESTANTS_MAX];
  int plans;
  hft_seated_episode *result;  // [episodes][plans]; of an interrupted run those that are complete
  double *score;               // [plans][episodes]
  uint64_t *seed;              // [episodes]
} task_run;

static const hft_agent_class *class_of(const task_run *r, int i) {
  return r->compare->entry->item[i].entry.strategy;
}

// ---- keys --------------------------------------------------------------------------------------

// The task's keys of a strategy hold over the defaults, and are not estimated.
static hft_status set_fixed(task_run *r, int i, hft_error *error) {
  cli_contestants *c = r->compare->entry;
  const hft_section *section = class_of(r, i)->section;
  const hft_params *fixed = hft_task_params(&r->task.task, section->name);
  for (int k = 0; k < section->key_count; k++) {
    if (hft_params_has(fixed, section->keys[k].name)) c->given[i] |= UINT64_C(1) << k;
  }
  return hft_params_apply(fixed, section, c->params[i], r->task.name, error);
}

static hft_status estimate(task_run *r, int i, hft_error *error) {
  const cli_baseline_options *a = r->compare->options;
  cli_contestants *c = r->compare->entry;
  const hft_estimate_spec spec = {r->task.config, hft_catalog_classes, hft_catalog_class_count,
                                  class_of(r, i), c->params[i],        0};
  int64_t first, end;
  hft_task_seeds(&r->task.task, HFT_SPLIT_TRAIN, &first, &end);
  return cli_estimate_params(c->given[i], &spec, a->estimate, a->threads, (uint64_t)first,
                             c->params[i], &r->estimate[i], error);
}

// Writes the keys that are not at their defaults as a seat's params.
static hft_status write_params(task_run *r, int i, hft_error *error) {
  const hft_section *section = class_of(r, i)->section;
  const cli_contestants *c = r->compare->entry;
  uint64_t set = c->given[i] | r->estimate[i].set;
  hft_status status = HFT_OK;
  snprintf(r->params[i].text, sizeof r->params[i].text, "{}");
  for (int k = 0; k < section->key_count && status == HFT_OK; k++) {
    if ((set >> k & 1) == 0) continue;
    char text[HFT_PARAMS_MAX];
    hft_key_print(&section->keys[k], c->params[i], text, sizeof text);
    status = hft_params_set(&r->params[i], section->keys[k].name, text, c->label[i], error);
  }
  return status;
}

static hft_status plan_one(task_run *r, int i, hft_error *error) {
  hft_status status = HFT_OK;
  if (r->compare->options->estimate > 0) status = estimate(r, i, error);
  if (status == HFT_OK) status = write_params(r, i, error);
  if (status != HFT_OK) return status;
  const hft_seated_contestant contestant = {class_of(r, i)->section->name, &r->params[i]};
  const hft_seated_spec spec = cli_task_spec(&r->task, &contestant);
  status = hft_seated_plan_create(&spec, &r->plan[r->plans], error);
  if (status == HFT_OK) r->plans++;
  return status;
}

static hft_status plan_all(task_run *r, hft_error *error) {
  cli_compare *c = r->compare;
  const cli_strategy keys = {.params = c->options->strategy.params};
  hft_status status = cli_contestants_defaults(c->entry, error);
  for (int i = 0; i < c->entry->count && status == HFT_OK; i++) status = set_fixed(r, i, error);
  if (status == HFT_OK) status = cli_contestants_set(&keys, c->entry, error);
  for (int i = 0; i < c->entry->count && status == HFT_OK; i++) status = plan_one(r, i, error);
  return status;
}

static hft_status find_seeds(task_run *r, hft_error *error) {
  cli_compare *c = r->compare;
  hft_status status = cli_task_split(c->split, &r->split, error);
  if (status != HFT_OK) return status;
  int64_t end, asked = c->options->episodes;
  hft_task_seeds(&r->task.task, r->split, &r->first_seed, &end);
  c->asked = asked > 0 ? asked : r->task.task.keys.episodes;
  c->seed = (uint64_t)r->first_seed;
  if (c->asked <= end - r->first_seed) return HFT_OK;
  return hft_fail(error, HFT_EINVAL, "--episodes",
                  "%" PRId64 "; the range %s has %" PRId64 " seeds", c->asked,
                  hft_split_names[r->split], end - r->first_seed);
}

// ---- the run -----------------------------------------------------------------------------------

// Keeps the results of the complete worlds, and takes the scores out of them.
static void collect(task_run *r, const bool *done) {
  cli_compare *c = r->compare;
  size_t width = (size_t)r->plans;
  int kept = 0;
  for (int64_t e = 0; e < c->asked; e++) {
    if (!done[e]) continue;
    memmove(r->result + (size_t)kept * width, r->result + (size_t)e * width,
            width * sizeof *r->result);
    r->seed[kept++] = c->seed + (uint64_t)e;
  }
  c->episodes = kept;
  for (int i = 0; i < r->plans; i++) {
    for (int e = 0; e < kept; e++) {
      r->score[(size_t)i * (size_t)kept + (size_t)e] =
          r->result[(size_t)e * width + (size_t)i].score;
    }
  }
}

static hft_status run_episodes(task_run *r, hft_error *error) {
  cli_compare *c = r->compare;
  size_t episodes = (size_t)c->asked, width = (size_t)r->plans;
  bool *done = calloc(episodes, sizeof *done);
  r->result = calloc(episodes * width, sizeof *r->result);
  r->score = calloc(episodes * width, sizeof *r->score);
  r->seed = calloc(episodes, sizeof *r->seed);
  hft_status status = HFT_ENOMEM;
  if (done == NULL || r->result == NULL || r->score == NULL || r->seed == NULL) {
    hft_fail(error, status, "--episodes", "out of memory");
  } else {
    cli_progress bar;
    cli_progress_start(&bar, "compare");
    const hft_runner_options options =
        cli_runner_options(&bar, c->asked, c->options->threads, c->seed);
    status = hft_seated_run_all((const hft_seated_plan *const *)r->plan, r->plans, &options,
                                r->result, done, error);
    cli_progress_end(&bar, status);
    if (status == HFT_OK || status == HFT_EINTR) collect(r, done);
    c->interrupted = status == HFT_EINTR && c->episodes > 0;
    if (c->interrupted) status = HFT_OK;
  }
  free(done);
  return status;
}

static json_t *params_json(const task_run *r, int i) {
  const hft_section *section = class_of(r, i)->section;
  json_t *params = json_object();
  for (int k = 0; k < section->key_count; k++) {
    json_object_set_new(params, section->keys[k].name,
                        cli_key_json(&section->keys[k], r->compare->entry->params[i]));
  }
  return params;
}

static const char *kind_of(const task_run *r, int i) {
  const hft_agent_class *its = class_of(r, i);
  return its->policy != NULL ? "policy" : hft_baseline_kind_name(hft_baseline_kind_of(its));
}

static void describe(task_run *r) {
  cli_compare *c = r->compare;
  const hft_task_metric_info *metric = &hft_task_metric_table[hft_task_metric_of(&r->task.task)];
  c->metric_name = metric->name;
  c->unit = metric->unit;
  c->help = metric->help;
  c->direction = 1;
  c->episode_s = hft_seated_length_s(r->plan[0]);
  c->task_json = json_pack(
      "{s:s, s:I, s:s, s:s, s:s, s:s}", "name", r->task.name, "version",
      (json_int_t)r->task.task.keys.version, "preset", r->task.task.keys.preset.text, "config_hash",
      r->task.task.keys.config_hash.text, "seat", hft_task_role_name(hft_task_role(&r->task.task)),
      "split", hft_split_names[r->split]);
  c->count = r->plans;
  for (int i = 0; i < c->count; i++) {
    c->contestant[i] = (cli_contestant){
        .name = c->entry->label[i],
        .about = json_pack("{s:s, s:s, s:o, s:o}", "strategy", class_of(r, i)->section->name,
                           "kind", kind_of(r, i), "params", params_json(r, i), "estimated",
                           cli_estimate_json(&r->estimate[i], class_of(r, i))),
        .value = r->score + (size_t)i * (size_t)c->episodes,
        .pairing_saved = NAN,
    };
  }
}

// ---- the run folder ----------------------------------------------------------------------------

// The columns of an episode: score, reward where the task shows it, and the seat's totals.
typedef struct columns {
  int count;
  hft_results_metric metric[HFT_TOTALS_MAX + 2];
} columns;

static void find_columns(const task_run *r, columns *out) {
  const hft_seated_plan *plan = r->plan[0];
  const cli_compare *c = r->compare;
  out->count = 0;
  out->metric[out->count++] = (hft_results_metric){c->metric_name, c->unit, c->help, c->direction};
  if (r->task.task.keys.reward) {
    out->metric[out->count++] = (hft_results_metric){"reward", "1", "sum of the seat's rewards", 1};
  }
  for (int k = 0; k < hft_seated_total_count(plan); k++) {
    out->metric[out->count++] = (hft_results_metric){
        hft_seated_total_name(plan, k), hft_seated_total_unit(plan, k), "total of the seat", 0};
  }
}

static void fill_row(const task_run *r, const hft_seated_episode *episode, double *row) {
  *row++ = episode->score;
  if (r->task.task.keys.reward) *row++ = episode->reward;
  for (int k = 0; k < hft_seated_total_count(r->plan[0]); k++) *row++ = episode->total[k];
}

static hft_status add_contestant(const task_run *r, hft_results *results, const columns *those,
                                 int i, double *values, hft_error *error) {
  const cli_compare *c = r->compare;
  for (int e = 0; e < c->episodes; e++) {
    fill_row(r, &r->result[(size_t)e * (size_t)r->plans + (size_t)i],
             values + (size_t)e * (size_t)those->count);
  }
  char *params = cli_json_text(json_object_get(c->contestant[i].about, "params"));
  const hft_results_contestant contestant = {.name = c->contestant[i].name,
                                             .kind = kind_of(r, i),
                                             .params = params,
                                             .metric_count = those->count,
                                             .metrics = those->metric,
                                             .episodes = c->episodes,
                                             .values = values,
                                             .seeds = r->seed};
  hft_status status = hft_results_add(results, &contestant, error);
  free(params);
  return status;
}

static hft_status write_folder(void *context, hft_results *results, const json_t *summary,
                               hft_error *error) {
  const task_run *r = context;
  const cli_compare *c = r->compare;
  columns those;
  find_columns(r, &those);
  double *values = calloc((size_t)c->episodes * (size_t)those.count, sizeof *values);
  char *text = cli_json_text(summary);
  hft_status status = HFT_OK;
  if (values == NULL || text == NULL) {
    status = hft_fail(error, HFT_ENOMEM, "run folder", "out of memory");
  }
  for (int i = 0; i < c->count && status == HFT_OK; i++) {
    status = add_contestant(r, results, &those, i, values, error);
  }
  for (int i = 0; i < c->notes; i++) hft_results_log(results, "note: %s", c->note[i]);
  if (status == HFT_OK) status = hft_results_commit(results, text, error);
  free(values);
  free(text);
  return status;
}

// ---- the command -------------------------------------------------------------------------------

static int run_and_finish(task_run *r) {
  hft_error error;
  hft_results *results = NULL;
  const cli_baseline folder = {.options = r->compare->options, .config = r->task.config};
  int code;
  hft_status status = cli_baseline_folder_begin(&folder, &results, &error);
  if (status == HFT_OK) status = run_episodes(r, &error);
  if (status != HFT_OK) {
    code = cli_fail(&error);
  } else {
    describe(r);
    cli_compare_note_run(r->compare, hft_seated_market(r->plan[0]));
    code = cli_compare_finish(r->compare, results, write_folder, r);
  }
  hft_results_free(results);
  return code;
}

static int plan_and_run(task_run *r) {
  hft_error error;
  hft_status status = find_seeds(r, &error);
  if (status == HFT_OK) status = plan_all(r, &error);
  int code;
  if (status == HFT_OK) {
    code = run_and_finish(r);
  } else {
    code = cli_fail(&error);
    if (status == HFT_EINVAL || status == HFT_ECONFIG) code = CLI_USAGE;
  }
  for (int i = 0; i < r->plans; i++) hft_seated_plan_free(r->plan[i]);
  free(r->result);
  free(r->score);
  free(r->seed);
  return code;
}

int cli_compare_on_task(cli_compare *compare) {
  hft_error error = {HFT_ENOMEM, "task", "out of memory"};
  task_run *r = calloc(1, sizeof *r);
  if (r == NULL) return cli_fail(&error);
  r->compare = compare;
  int code;
  if (cli_task_load(compare->task, &r->task, &error) != HFT_OK) {
    code = cli_fail(&error);
  } else {
    code = plan_and_run(r);
    cli_task_close(&r->task);
  }
  free(r);
  return code;
}
