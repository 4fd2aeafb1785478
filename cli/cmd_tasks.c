// hftsim tasks: lists the leaderboard tasks, shows one, and scores a strategy on one.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/estimate.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"
#include "cli/strategy.h"
#include "cli/task.h"
#include "codec/json.h"
#include "sim/base/version.h"
#include "stats/stats.h"

#define CONFIDENCE 0.95
#define BOOTSTRAP_ENV UINT32_MAX  // env of the streams, which no market of a run uses
#define NAME_WIDTH 26

static const char examples[] =
    "  hftsim tasks list\n"
    "  hftsim tasks show execution\n"
    "  hftsim tasks run execution --strategy twap --episodes 8\n"
    "  hftsim tasks run market_making --strategy random --param offset_max=5 --episodes 4 --json\n";

// ---- list --------------------------------------------------------------------------------------

static json_t *summary_json(const cli_task *t) {
  const hft_task_keys *keys = &t->task.keys;
  const hft_task_metric_info *metric = &hft_task_metric_table[hft_task_metric_of(&t->task)];
  return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "name", t->name, "version",
                   (json_int_t)keys->version, "preset", keys->preset.text, "config_hash",
                   keys->config_hash.text, "seat", hft_task_role_name(hft_task_role(&t->task)),
                   "metric", metric->name, "unit", metric->unit, "episodes",
                   (json_int_t)keys->episodes, "purpose", t->purpose);
}

static int print_list(const cli_task *tasks, int count) {
  printf("%-*s %7s  %-9s %-18s  %s\n", NAME_WIDTH, "task", "version", "seat", "metric", "unit");
  for (int i = 0; i < count; i++) {
    const cli_task *t = &tasks[i];
    const hft_task_metric_info *metric = &hft_task_metric_table[hft_task_metric_of(&t->task)];
    printf("%-*s %7" PRId64 "  %-9s %-18s  %s\n  ", NAME_WIDTH, t->name, t->task.keys.version,
           hft_task_role_name(hft_task_role(&t->task)), metric->name, metric->unit);
    cli_print_wrapped(t->purpose, 2, 2);
  }
  return cli_end_output();
}

static int read_all(cli_task *tasks) {
  for (int i = 0; i < hft_task_file_count; i++) {
    hft_error error = {0};
    if (cli_task_read(hft_task_files[i].name, &tasks[i], &error) != HFT_OK) return cli_fail(&error);
  }
  return CLI_OK;
}

static int list(int argc, char **argv) {
  bool json = false;
  const cli_option options[] = {{"json", CLI_FLAG, &json, NULL, "print JSON", 0, 0}};
  const cli_usage usage = {
      .synopsis = "hftsim tasks list [--json]",
      .about =
          "Lists the leaderboard tasks: name, version, the seats that are scored, metric and "
          "purpose.",
      .examples = "  hftsim tasks list --json\n",
      .options = options,
      .option_count = 1,
  };
  int code;
  if (!cli_parse(&usage, argc, argv, NULL, &code)) return code;
  cli_task *tasks = calloc((size_t)hft_task_file_count + 1, sizeof *tasks);
  if (tasks == NULL) return cli_fail(&(hft_error){HFT_ENOMEM, "tasks", "out of memory"});
  code = read_all(tasks);
  if (code == CLI_OK && json) {
    json_t *array = json_array();
    for (int i = 0; i < hft_task_file_count; i++) {
      json_array_append_new(array, summary_json(&tasks[i]));
    }
    code = cli_print_json(array);
  } else if (code == CLI_OK) {
    code = print_list(tasks, hft_task_file_count);
  }
  free(tasks);
  return code;
}

// ---- show --------------------------------------------------------------------------------------

// The names of the classes that can hold the scored seats.
static json_t *strategies_json(const cli_task *t) {
  const hft_seated_contestant none = {0};
  const hft_seated_spec spec = cli_task_spec(t, &none);
  json_t *names = json_array();
  for (int i = 0; i < hft_catalog_class_count; i++) {
    const hft_agent_class *c = hft_catalog_classes[i];
    if (hft_seated_can_hold(&spec, c)) json_array_append_new(names, json_string(c->section->name));
  }
  return names;
}

static json_t *seeds_json(const hft_task *task) {
  json_t *seeds = json_object();
  for (int i = 0; i < HFT_SPLIT_COUNT; i++) {
    int64_t first, end;
    hft_task_seeds(task, (hft_split)i, &first, &end);
    json_object_set_new(seeds, hft_split_names[i],
                        json_pack("[I, I]", (json_int_t)first, (json_int_t)end));
  }
  return seeds;
}

static json_t *task_json(const cli_task *t) {
  json_t *json = summary_json(t);
  json_object_set_new(json, "seeds", seeds_json(&t->task));
  json_t *opponents = json_array(), *fixed = json_object();
  for (int i = 0; i < t->task.opponent_count; i++) {
    const hft_task_opponent *o = &t->task.opponent[i];
    json_array_append_new(
        opponents, json_pack("{s:s, s:s, s:s}", "seat", hft_task_role_name(o->role), "controller",
                             o->keys.controller.text, "params", o->keys.params.text));
  }
  for (int i = 0; i < t->task.fixed_count; i++) {
    json_object_set_new(fixed, t->task.fixed[i].name.text,
                        json_string(t->task.fixed[i].params.text));
  }
  json_object_set_new(json, "opponents", opponents);
  json_object_set_new(json, "params", fixed);
  json_object_set_new(json, "strategies", strategies_json(t));
  return json;
}

static int print_task(const cli_task *t) {
  const hft_task_keys *keys = &t->task.keys;
  const hft_task_metric_info *metric = &hft_task_metric_table[hft_task_metric_of(&t->task)];
  printf("%s, version %" PRId64 "\n", t->name, keys->version);
  if (t->purpose[0] != '\0') cli_print_wrapped(t->purpose, 0, 0);
  printf("\npreset      %s, config_hash %s\n", keys->preset.text, keys->config_hash.text);
  printf("seat        %s\n", hft_task_role_name(hft_task_role(&t->task)));
  printf("metric      %s (%s): ", metric->name, metric->unit);
  cli_print_wrapped(metric->help, 12, 12);
  printf("episodes    %" PRId64 " of the range test\n", keys->episodes);
  for (int i = 0; i < HFT_SPLIT_COUNT; i++) {
    int64_t first, end;
    hft_task_seeds(&t->task, (hft_split)i, &first, &end);
    printf("%s%-10s  %" PRId64 " to %" PRId64 "\n", i == 0 ? "seeds       " : "            ",
           hft_split_names[i], first, end - 1);
  }
  for (int i = 0; i < t->task.opponent_count; i++) {
    const hft_task_opponent *o = &t->task.opponent[i];
    printf("opponents   %s: %s %s\n", hft_task_role_name(o->role), o->keys.controller.text,
           o->keys.params.text);
  }
  for (int i = 0; i < t->task.fixed_count; i++) {
    printf("params      %s: %s\n", t->task.fixed[i].name.text, t->task.fixed[i].params.text);
  }
  json_t *names = strategies_json(t);
  printf("strategies ");
  for (size_t i = 0; i < json_array_size(names); i++) {
    printf("%s %s", i > 0 ? "," : "", json_string_value(json_array_get(names, i)));
  }
  printf("\n");
  json_decref(names);
  return cli_end_output();
}

static int no_name(const char *action) {
  fprintf(stderr, "hftsim: tasks %s: name a task; 'hftsim tasks list' lists them\n", action);
  return CLI_USAGE;
}

static int show(int argc, char **argv) {
  bool json = false;
  const cli_option options[] = {{"json", CLI_FLAG, &json, NULL, "print JSON", 0, 0}};
  const cli_usage usage = {
      .synopsis = "hftsim tasks show TASK [--json]",
      .about =
          "Shows a task: its preset, seats, metric, seeds and opponents, and the strategies "
          "that can hold the scored seats.",
      .examples = "  hftsim tasks show mm_vs_execution_maker\n",
      .options = options,
      .option_count = 1,
      .positional = "TASK",
  };
  int code;
  const char *name = NULL;
  if (!cli_parse(&usage, argc, argv, &name, &code)) return code;
  if (name == NULL) return no_name("show");
  cli_task t;
  hft_error error = {0};
  if (cli_task_load(name, &t, &error) != HFT_OK) return cli_fail(&error);
  code = json ? cli_print_json(task_json(&t)) : print_task(&t);
  cli_task_close(&t);
  return code;
}

// ---- run ---------------------------------------------------------------------------------------

typedef struct arguments {
  const char *task, *strategy, *split;
  cli_list params;
  int64_t episodes, threads, estimate;
  bool json;
} arguments;

// The mean of a figure over the episodes, with its interval.
typedef struct figure {
  double mean, sd;
  hft_interval interval;
} figure;

// A run, to be printed.
typedef struct report {
  const arguments *arguments;
  const cli_task *task;
  const hft_seated_plan *plan;
  const hft_agent_class *strategy;
  hft_params params;
  cli_estimate estimate;
  hft_split split;
  int64_t first_seed;
  int count;  // episodes
  hft_seated_episode *episode;
  figure score, reward;
} report;

static bool parse_run(int argc, char **argv, arguments *a, int *code) {
  const cli_option options[] = {
      {"strategy", CLI_TEXT, &a->strategy, "NAME",
       "who holds the scored seats; 'hftsim tasks show TASK' lists who can; or the file of a "
       "checkpoint",
       0, 0},
      {"param", CLI_REPEAT, &a->params, "KEY=VALUE",
       "set a key of the strategy; others have the task's values, or their defaults", 0, 0},
      {"estimate", CLI_INT, &a->estimate, "N",
       "estimate keys that neither the task nor --param sets from N worlds of the range train, "
       "without the strategy",
       1, HFT_EPISODES_MAX},
      {"split", CLI_TEXT, &a->split, "train|validation|test", "range of the seeds; test by default",
       0, 0},
      {"episodes", CLI_INT, &a->episodes, "N",
       "number of episodes, of the first seeds of the range; the task's by default", 1,
       HFT_EPISODES_MAX},
      {"threads", CLI_INT, &a->threads, "T", "number of threads; 0: one for each processor", 0,
       HFT_RUNNER_THREADS_MAX},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON, with the score of each episode", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim tasks run TASK --strategy NAME [options]",
      .about =
          "Scores a strategy on a task: mean score over the episodes, with its 95% confidence "
          "interval (BCa bootstrap), and the seat's reward beside it. TASK is a name or a file. "
          "Results depend on the task and its version, not on the number of threads. The seeds of "
          "the range test are not for choosing parameters.",
      .examples = examples,
      .options = options,
      .option_count = sizeof options / sizeof options[0],
      .positional = "TASK",
  };
  return cli_parse(&usage, argc, argv, &a->task, code);
}

static const hft_agent_class *find_strategy(const char *name) {
  if (cli_checkpoint_length(name) > 0) return cli_checkpoint_class();
  for (int i = 0; i < hft_catalog_class_count; i++) {
    if (strcmp(hft_catalog_classes[i]->section->name, name) == 0) return hft_catalog_classes[i];
  }
  return NULL;
}

// The task's keys of the strategy, then those of the command line.
static hft_status set_params(report *r, hft_error *error) {
  const arguments *a = r->arguments;
  memcpy(&r->params, hft_task_params(&r->task->task, a->strategy), sizeof r->params);
  if (cli_checkpoint_length(a->strategy) > 0) {
    hft_status status = hft_params_set(&r->params, "checkpoint", a->strategy, "--strategy", error);
    if (status != HFT_OK) return status;
  }
  for (int i = 0; i < a->params.count; i++) {
    const char *item = a->params.item[i], *equals = strchr(item, '=');
    char name[HFT_TEXT_MAX];
    if (equals == NULL || equals == item || (size_t)(equals - item) >= sizeof name) {
      return hft_fail(error, HFT_EINVAL, "--param", "'%s' is not KEY=VALUE", item);
    }
    snprintf(name, sizeof name, "%.*s", (int)(equals - item), item);
    hft_status status = hft_params_set(&r->params, name, equals + 1, "--param", error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

// Estimates the keys that are not set, and sets them. `values` holds the strategy's keys.
static hft_status estimate(report *r, void *values, hft_error *error) {
  const hft_section *section = r->strategy->section;
  const hft_estimate_spec spec = {
      r->task->config, hft_catalog_classes, hft_catalog_class_count, r->strategy, values, 0};
  uint64_t given = 0;
  for (int k = 0; k < section->key_count; k++) {
    if (hft_params_has(&r->params, section->keys[k].name)) given |= UINT64_C(1) << k;
  }
  int64_t first, end;
  hft_task_seeds(&r->task->task, HFT_SPLIT_TRAIN, &first, &end);
  hft_status status =
      cli_estimate_params(given, &spec, r->arguments->estimate, r->arguments->threads,
                          (uint64_t)first, values, &r->estimate, error);
  for (int k = 0; k < section->key_count && status == HFT_OK; k++) {
    if ((r->estimate.set >> k & 1) == 0) continue;
    char text[HFT_PARAMS_MAX];
    hft_key_print(&section->keys[k], values, text, sizeof text);
    status = hft_params_set(&r->params, section->keys[k].name, text, "--estimate", error);
  }
  return status;
}

// Checks the keys alone, since an error of the model would name the seat and not the command line;
// and estimates those that are not set.
static hft_status complete_params(report *r, hft_error *error) {
  const hft_section *section = r->strategy->section;
  void *values = calloc(1, section->size > 0 ? section->size : 1);
  if (values == NULL) return hft_fail(error, HFT_ENOMEM, "--param", "out of memory");
  if (section->key_count > 0) hft_section_defaults(section, values);
  hft_status status = hft_params_apply(&r->params, section, values, "--param", error);
  if (status == HFT_OK && r->arguments->estimate > 0) status = estimate(r, values, error);
  free(values);
  return status;
}

static hft_status run_episodes(report *r, hft_error *error) {
  cli_progress bar;
  cli_progress_start(&bar, r->arguments->strategy);
  const hft_runner_options options =
      cli_runner_options(&bar, r->count, r->arguments->threads, (uint64_t)r->first_seed);
  hft_status status = hft_seated_run(r->plan, &options, r->episode, error);
  if (status != HFT_OK) cli_progress_stop(&bar);
  return status;
}

// `at` is the offset of the figure in an episode. All figures have the same resamples.
static hft_status summarise(const report *r, size_t at, figure *out) {
  double *value = calloc((size_t)r->count, sizeof *value);
  if (value == NULL) return HFT_ENOMEM;
  hft_moments moments = {0};
  for (int i = 0; i < r->count; i++) {
    value[i] = *(const double *)(const void *)((const char *)&r->episode[i] + at);
    hft_moments_add(&moments, value[i]);
  }
  out->mean = moments.mean;
  out->sd = hft_moments_sd(&moments);
  hft_rng rng = hft_rng_stream((uint64_t)r->first_seed, BOOTSTRAP_ENV, 0);
  hft_status status = hft_bootstrap_mean(value, (size_t)r->count, CONFIDENCE, &rng, &out->interval);
  // Episodes of one world are one observation.
  if (hft_model_worlds(hft_seated_market(r->plan)) <= 1) out->interval = (hft_interval){NAN, NAN};
  free(value);
  return status;
}

static hft_status run_all(report *r, hft_error *error) {
  r->episode = calloc((size_t)r->count, sizeof *r->episode);
  if (r->episode == NULL) return hft_fail(error, HFT_ENOMEM, "--episodes", "out of memory");
  hft_status status = run_episodes(r, error);
  if (status != HFT_OK) return status;
  status = summarise(r, offsetof(hft_seated_episode, score), &r->score);
  if (status == HFT_OK) {
    status = summarise(r, offsetof(hft_seated_episode, reward), &r->reward);
  }
  return status == HFT_OK ? status : hft_fail(error, status, "score", "out of memory");
}

static double mean_of_total(const report *r, int k) {
  double sum = 0;
  for (int i = 0; i < r->count; i++) sum += r->episode[i].total[k];
  return sum / r->count;
}

static double share_terminated(const report *r) {
  double sum = 0;
  for (int i = 0; i < r->count; i++) sum += r->episode[i].terminated;
  return sum / r->count;
}

static json_t *run_json(const report *r) {
  const cli_task *t = r->task;
  const hft_task_metric_info *metric = &hft_task_metric_table[hft_task_metric_of(&t->task)];
  json_t *seeds = json_array(), *scores = json_array(), *rewards = json_array();
  for (int i = 0; i < r->count; i++) {
    json_array_append_new(seeds, json_integer((json_int_t)r->first_seed + i));
    json_array_append_new(scores, hft_json_number(r->episode[i].score));
    json_array_append_new(rewards, hft_json_number(r->episode[i].reward));
  }
  json_t *totals = json_object();
  for (int k = 0; k < hft_seated_total_count(r->plan); k++) {
    json_object_set_new(totals, hft_seated_total_name(r->plan, k),
                        hft_json_number(mean_of_total(r, k)));
  }
  json_t *json = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "task", t->name,
                           "task_version", (json_int_t)t->task.keys.version, "preset",
                           t->task.keys.preset.text, "config_hash", t->task.keys.config_hash.text,
                           "seat", hft_task_role_name(hft_task_role(&t->task)), "strategy",
                           r->arguments->strategy, "params", r->params.text, "metric", metric->name,
                           "unit", metric->unit, "episodes", r->count);
  json_t *figures = json_pack(
      "{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:s}", "score",
      hft_json_number(r->score.mean), "ci_low", hft_json_number(r->score.interval.low), "ci_high",
      hft_json_number(r->score.interval.high), "sd", hft_json_number(r->score.sd), "terminated",
      hft_json_number(share_terminated(r)), "split", hft_split_names[r->split], "seeds", seeds,
      "resampling_seed", hft_json_seed((uint64_t)r->first_seed), "totals", totals, "scores", scores,
      "rewards", rewards, "version", hft_version, "revision", hft_revision);
  if (json == NULL || figures == NULL) return NULL;
  json_object_set_new(json, "estimated", cli_estimate_json(&r->estimate, r->strategy));
  if (t->task.keys.reward) {
    json_object_update_new(figures,
                           json_pack("{s:o, s:o, s:o}", "reward", hft_json_number(r->reward.mean),
                                     "reward_ci_low", hft_json_number(r->reward.interval.low),
                                     "reward_ci_high", hft_json_number(r->reward.interval.high)));
  } else {
    json_object_del(figures, "rewards");
  }
  json_object_update_new(json, figures);
  return json;
}

static void print_figure(const char *name, const figure *f, const char *unit) {
  if (isnan(f->interval.low)) {
    printf("%-20s %13.4f %13s %13s  %s\n", name, cli_shown(f->mean, 4), "-", "-", unit);
    return;
  }
  printf("%-20s %13.4f %13.4f %13.4f  %s\n", name, cli_shown(f->mean, 4),
         cli_shown(f->interval.low, 4), cli_shown(f->interval.high, 4), unit);
}

static int print_run(const report *r) {
  const cli_task *t = r->task;
  const hft_task_metric_info *metric = &hft_task_metric_table[hft_task_metric_of(&t->task)];
  printf("%s in the seat of %s %s, task %s, version %" PRId64 "\n", r->arguments->strategy,
         hft_task_role(&t->task) == HFT_ROLE_EXECUTOR ? "an" : "a",
         hft_task_role_name(hft_task_role(&t->task)), t->name, t->task.keys.version);
  if (strcmp(r->params.text, "{}") != 0) printf("params %s\n", r->params.text);
  cli_estimate_print(&r->estimate, r->strategy);
  printf("%d %s, seeds from %" PRId64 " (%s)\n\n", r->count, r->count == 1 ? "episode" : "episodes",
         r->first_seed, hft_split_names[r->split]);
  printf("%-20s %13s %13s %13s  %s\n", "", "mean", "95% low", "95% high", "unit");
  print_figure(metric->name, &r->score, metric->unit);
  if (t->task.keys.reward) print_figure("reward", &r->reward, "of the preset's rewards");
  for (int k = 0; k < hft_seated_total_count(r->plan); k++) {
    printf("%-20s %13.4f %13s %13s  %s\n", hft_seated_total_name(r->plan, k),
           cli_shown(mean_of_total(r, k), 4), "", "", hft_seated_total_unit(r->plan, k));
  }
  printf("%-20s %13.4f %13s %13s  %s\n", "terminated", share_terminated(r), "", "",
         "share of the seats that a risk limit ended");
  return cli_end_output();
}

static hft_status prepare(report *r, hft_error *error) {
  const arguments *a = r->arguments;
  hft_status status = cli_task_split(a->split, &r->split, error);
  if (status == HFT_OK) status = set_params(r, error);
  r->strategy = find_strategy(a->strategy);
  if (status == HFT_OK && r->strategy != NULL) status = complete_params(r, error);
  if (status != HFT_OK) return status;
  int64_t end;
  hft_task_seeds(&r->task->task, r->split, &r->first_seed, &end);
  r->count = (int)(a->episodes > 0 ? a->episodes : r->task->task.keys.episodes);
  if (r->count <= end - r->first_seed) return HFT_OK;
  return hft_fail(error, HFT_EINVAL, "--episodes", "%d; the range %s has %" PRId64 " seeds",
                  r->count, hft_split_names[r->split], end - r->first_seed);
}

static int run_task(const arguments *a, const cli_task *t) {
  hft_error error = {0};
  report r = {.arguments = a, .task = t};
  if (prepare(&r, &error) != HFT_OK) {
    int code = cli_fail(&error);
    return error.status == HFT_EINTR || error.status == HFT_ENOMEM ? code : CLI_USAGE;
  }
  const char *controller = r.strategy != NULL ? r.strategy->section->name : a->strategy;
  const hft_seated_contestant contestant = {controller, &r.params};
  const hft_seated_spec spec = cli_task_spec(t, &contestant);
  hft_seated_plan *plan;
  if (hft_seated_plan_create(&spec, &plan, &error) != HFT_OK) {
    (void)cli_fail(&error);
    return error.status == HFT_EINVAL ? CLI_USAGE : CLI_FAILED;
  }
  r.plan = plan;
  int code;
  if (run_all(&r, &error) != HFT_OK) {
    code = cli_fail(&error);
  } else {
    code = a->json ? cli_print_json(run_json(&r)) : print_run(&r);
  }
  free(r.episode);
  hft_seated_plan_free(plan);
  return code;
}

static int run(int argc, char **argv) {
  arguments a = {0};
  int code;
  if (!parse_run(argc, argv, &a, &code)) return code;
  if (a.task == NULL) return no_name("run");
  if (a.strategy == NULL) {
    fprintf(stderr,
            "hftsim: tasks run: --strategy is required; 'hftsim tasks show %s' lists the "
            "strategies\n",
            a.task);
    return CLI_USAGE;
  }
  cli_stop_install();
  cli_task t;
  hft_error error = {0};
  if (cli_task_load(a.task, &t, &error) != HFT_OK) return cli_fail(&error);
  code = run_task(&a, &t);
  cli_task_close(&t);
  return code;
}

// ---- the command -------------------------------------------------------------------------------

typedef struct action {
  const char *name, *whole_name;  // whole_name is shown in errors about options
  int (*run)(int argc, char **argv);
} action;

static const action actions[] = {
    {"list", "tasks list", list}, {"show", "tasks show", show}, {"run", "tasks run", run}};

static bool parse_overview(int argc, char **argv, const char **what, int *code) {
  bool json = false;
  const cli_option options[] = {{"json", CLI_FLAG, &json, NULL, "print JSON", 0, 0}};
  const cli_usage usage = {
      .synopsis = "hftsim tasks list|show|run [options]",
      .about =
          "Leaderboard tasks: presets with the seats that are scored, a metric, and seeds for "
          "training, validation and test. 'list' lists them, 'show' shows one, 'run' scores a "
          "strategy on one. 'hftsim tasks run --help' shows the options of 'run'. See "
          "docs/leaderboard.md.",
      .examples = examples,
      .options = options,
      .option_count = 1,
      .positional = "list|show|run",
  };
  return cli_parse(&usage, argc, argv, what, code);
}

int cmd_tasks(int argc, char **argv) {
  for (size_t i = 0; argc > 1 && i < sizeof actions / sizeof actions[0]; i++) {
    if (strcmp(argv[1], actions[i].name) != 0) continue;
    char name[32];
    snprintf(name, sizeof name, "%s", actions[i].whole_name);
    argv[1] = name;
    return actions[i].run(argc - 1, argv + 1);
  }
  const char *what = NULL;
  int code;
  if (!parse_overview(argc, argv, &what, &code)) return code;
  if (what != NULL) {
    fprintf(stderr, "hftsim: tasks: there is no '%s'; choose list, show or run\n", what);
    return CLI_USAGE;
  }
  char help[] = "--help";
  char *ask[] = {argv[0], help, NULL};
  (void)parse_overview(2, ask, &what, &code);
  return CLI_USAGE;
}
