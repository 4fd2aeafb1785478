// hftsim compare: runs contestants in the same worlds and tells which are better.
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/compare.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"

#define EPISODES 100

typedef struct arguments {
  cli_baseline_options run;
  cli_list contestants;
  const char *metric, *test, *task, *split;
  double alpha;
  bool csv;
} arguments;

static const char *const tests[] = {"t", "wilcoxon", "permutation"};

const char *cli_test_name(hft_paired_test test) {
  return tests[test];
}

// ---- the command line --------------------------------------------------------------------------

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  cli_baseline_options *r = &a->run;
  cli_strategy *s = &r->strategy;
  const cli_option options[] = {
      {"metric", CLI_TEXT, &a->metric, "M",
       "the metric, of those of `hftsim baseline`; by default shortfall_bps of executions, else "
       "pnl",
       0, 0},
      {"task", CLI_TEXT, &a->task, "TASK",
       "score the contestants on a leaderboard task, a name or a file, in its scored seats", 0, 0},
      {"split", CLI_TEXT, &a->split, "train|validation|test",
       "range of a task's seeds; test by default", 0, 0},
      {"episodes", CLI_INT, &r->episodes, "N",
       "number of episodes; 100 by default, of a task the task's", 1, HFT_EPISODES_MAX},
      {"seed", CLI_SEED, &r->seed, "S",
       "episode i is the world of seed S + i; 0 by default; test, test:40: of that range", 0, 0,
       &r->seed_given},
      {"seeds", CLI_TEXT, &r->seeds_text, "A:B",
       "the episodes are the worlds A to B - 1; test:500, validation:N, train:N: the first of that "
       "range",
       0, 0},
      {"estimate", CLI_INT, &r->estimate, "N",
       "estimate keys of the strategies that nobody sets from N earlier episodes without them", 1,
       HFT_EPISODES_MAX},
      {"config", CLI_TEXT, &r->config, "C", "config file or name of a preset", 0, 0},
      {"set", CLI_REPEAT, &r->overrides, "PATH=VALUE", "override a key of the config", 0, 0},
      {"param", CLI_REPEAT, &s->params, "[NAME.]KEY=VALUE",
       "set a key of the contestant NAME, or of all that have it", 0, 0},
      {"quantity", CLI_INT, &s->quantity, "LOTS", "size of the parent orders", 1, 1000000000},
      {"horizon", CLI_DURATION, &s->horizon, "TIME",
       "how long the strategies trade, as --param horizon_s=...: 300, 90s, 5m", 0, 0},
      {"side", CLI_TEXT, &s->side, "buy|sell|both",
       "side of the parent orders; both, the default: each world once with a buy and once with a "
       "sell, and the mean of both",
       0, 0},
      {"instrument", CLI_TEXT, &s->instrument, "N|all",
       "the instrument to trade, counted from 0; 0 by default; all: a strategy at each", 0, 0},
      {"test", CLI_TEXT, &a->test, "T",
       "paired test: t (default), wilcoxon (signed ranks) or permutation (of signs)", 0, 0},
      {"alpha", CLI_SHARE, &a->alpha, "A",
       "level of the tests, 0.05 by default; the intervals have 1 - A", 0, 0},
      {"threads", CLI_INT, &r->threads, "T", "number of threads; 0: one for each processor", 0,
       HFT_RUNNER_THREADS_MAX},
      {"out", CLI_TEXT, &r->out, "DIR", "write the results to this folder, which must not exist", 0,
       0},
      {"name", CLI_TEXT, &r->name, "NAME", "write the results to results/<UTC time>-NAME", 0, 0},
      {"series", CLI_FLAG, &r->series, NULL,
       "with the account after each step and the fills; runs the episodes again", 0, 0},
      {"json", CLI_FLAG, &r->json, NULL, "print JSON instead of a table", 0, 0},
      {"csv", CLI_FLAG, &a->csv, NULL, "print the ranking as CSV", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim compare CONTESTANT... [options]",
      .about =
          "Runs each contestant alone in the same worlds and ranks them by a metric: means with "
          "bootstrap intervals, paired tests of all pairs with Holm's correction, effect sizes, "
          "and groups that cannot be told apart. A contestant is a strategy, with keys if you "
          "like: NAME or NAME:KEY=VALUE,KEY=VALUE. With --task it holds the task's seats, and is "
          "ranked by the task's score; it may then be a policy or the file of a checkpoint, too. "
          "Results depend on the config and the seed, not on the "
          "number of threads.",
      .examples =
          "  hftsim compare twap vwap --episodes 200\n"
          "  hftsim compare twap:style=passive twap:style=aggressive --quantity 500\n"
          "  hftsim compare avellaneda-stoikov random do-nothing --test wilcoxon --json\n"
          "  hftsim compare twap 'vwap:profile=[2, 1, 1, 2]' --metric vwap_slippage_bps --csv\n"
          "  hftsim compare glft avellaneda-stoikov --estimate 8 --seeds test:40 --out makers\n"
          "  hftsim compare twap vwap immediate --task execution --episodes 8\n",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
      .positional = "CONTESTANT",
      .positionals = &a->contestants,
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

static hft_status find_test(const arguments *a, hft_paired_test *test, hft_error *error) {
  for (int i = 0; i < (int)(sizeof tests / sizeof tests[0]); i++) {
    *test = (hft_paired_test)i;
    if (a->test == NULL || strcmp(a->test, tests[i]) == 0) return HFT_OK;
  }
  return hft_fail(error, HFT_EINVAL, "--test", "'%.40s' is not t, wilcoxon or permutation",
                  a->test);
}

// A task says where and when its contestants act.
static hft_status check_task(const arguments *a, hft_error *error) {
  const cli_baseline_options *r = &a->run;
  const struct {
    bool given;
    const char *name, *instead;
  } refused[] = {
      {r->config != NULL, "--config", "its preset"},
      {r->overrides.count > 0, "--set", "its preset"},
      {a->metric != NULL, "--metric", "its metric"},
      {r->seed_given, "--seed", "its seeds; give --split"},
      {r->seeds_text != NULL, "--seeds", "its seeds; give --split"},
      {r->strategy.quantity > 0, "--quantity", "seats with parent orders"},
      {r->strategy.side != NULL, "--side", "seats with parent orders"},
      {r->strategy.horizon > 0, "--horizon", "its preset's episodes"},
      {r->strategy.instrument != NULL, "--instrument", "its preset's instruments"},
      {r->series, "--series", "scores of whole episodes"},
  };
  if (a->task == NULL && a->split != NULL) {
    return hft_fail(error, HFT_EINVAL, "--split", "is for --task; give --seeds %.40s", a->split);
  }
  for (size_t i = 0; a->task != NULL && i < sizeof refused / sizeof refused[0]; i++) {
    if (!refused[i].given) continue;
    return hft_fail(error, HFT_EINVAL, refused[i].name, "contradicts --task: a task has %s",
                    refused[i].instead);
  }
  return HFT_OK;
}

// Checks what the table of options cannot. EINVAL.
static hft_status check(const arguments *a, hft_error *error) {
  if (a->contestants.count == 0) {
    return hft_fail(error, HFT_EINVAL, "compare",
                    "give one or more contestants; 'hftsim compare --help' shows how");
  }
  if (a->run.json && a->csv) {
    return hft_fail(error, HFT_EINVAL, "--csv", "give --csv or --json, not both");
  }
  // Below, 1 - alpha would be rounded to 1.
  if (!(a->alpha >= 1e-9 && a->alpha < 1)) {
    return hft_fail(error, HFT_EINVAL, "--alpha", "%g is not between 1e-9 and 1", a->alpha);
  }
  const char *side = a->run.strategy.side;
  if (side != NULL && strcmp(side, "buy") != 0 && strcmp(side, "sell") != 0 &&
      strcmp(side, "both") != 0) {
    return hft_fail(error, HFT_EINVAL, "--side", "'%.40s' is not one of buy|sell|both", side);
  }
  return check_task(a, error);
}

// ---- contestants -------------------------------------------------------------------------------

static const hft_agent_class *find_policy(const char *name) {
  for (int i = 0; i < hft_catalog_class_count; i++) {
    const hft_agent_class *c = hft_catalog_classes[i];
    if (c->policy != NULL && strcmp(c->section->name, name) == 0) return c;
  }
  return NULL;
}

static const hft_agent_class *find_class(const arguments *a, const char *argument) {
  bool checkpoint = cli_checkpoint_length(argument) > 0;
  if (checkpoint && a->task != NULL) return cli_checkpoint_class();
  char name[HFT_TEXT_MAX];
  size_t length = strcspn(argument, ":");
  snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name), argument);
  for (int i = 0; a->task != NULL && i < hft_catalog_class_count; i++) {
    if (strcmp(hft_catalog_classes[i]->section->name, name) == 0) return hft_catalog_classes[i];
  }
  const hft_agent_class *policy = checkpoint ? cli_checkpoint_class() : find_policy(name);
  if (policy == NULL) return cli_strategy_find("contestant", name);
  fprintf(
      stderr,
      "hftsim: contestant: '%.80s' is a policy, which acts for a seat: name the task whose seat "
      "it holds by --task TASK; 'hftsim tasks list' lists them\n",
      argument);
  return NULL;
}

// Finds the contestants of the arguments. Returns the exit code.
static int find_contestants(const arguments *a, cli_contestants *c) {
  for (int i = 0; i < a->contestants.count; i++) {
    const char *argument = a->contestants.item[i];
    const hft_agent_class *found = find_class(a, argument);
    if (found == NULL) return CLI_USAGE;
    hft_error error;
    hft_status status = cli_contestants_add(c, argument, found, &error);
    if (status == HFT_OK) continue;
    (void)cli_fail(&error);
    return status == HFT_ENOMEM ? CLI_FAILED : CLI_USAGE;
  }
  return CLI_OK;
}

// Executions on which nobody has set a side are run on both. Returns whether there are any.
static bool set_sides(cli_contestants *c) {
  bool both = false;
  for (int i = 0; i < c->count; i++) {
    const hft_agent_class *strategy = c->item[i].entry.strategy;
    const hft_key *key = hft_section_find(strategy->section, "side");
    if (!strategy->key.side.exists || key == NULL) continue;
    c->item[i].one_side = (c->given[i] >> (key - strategy->section->keys) & 1) != 0;
    both = both || !c->item[i].one_side;
  }
  return both;
}

// ---- the metric --------------------------------------------------------------------------------

static bool all_have(const cli_baseline *run, int metric) {
  for (int i = 0; i < run->contest->contestants; i++) {
    if (!cli_baseline_applies(run, i, metric)) return false;
  }
  return true;
}

static hft_status refuse_metric(const cli_baseline *run, const char *name, bool known,
                                hft_error *error) {
  char names[400];
  size_t length = 0;
  for (int m = 0; m < HFT_METRIC_COUNT && length < sizeof names; m++) {
    if (!all_have(run, m)) continue;
    length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                               length > 0 ? ", " : "", hft_metric_table[m].name);
  }
  return hft_fail(error, HFT_EINVAL, "--metric", "%s '%.40s'; all of them have: %s",
                  known ? "not all contestants have" : "unknown metric", name, names);
}

static hft_status find_metric(const cli_baseline *run, const char *name, hft_metric *metric,
                              hft_error *error) {
  *metric = all_have(run, HFT_METRIC_SHORTFALL) ? HFT_METRIC_SHORTFALL : HFT_METRIC_PNL;
  if (name == NULL) return HFT_OK;
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    if (strcmp(hft_metric_table[m].name, name) != 0) continue;
    *metric = (hft_metric)m;
    return all_have(run, m) ? HFT_OK : refuse_metric(run, name, true, error);
  }
  return refuse_metric(run, name, false, error);
}

// ---- the comparison ----------------------------------------------------------------------------

void cli_compare_note(cli_compare *compare, const char *format, ...) {
  if (compare->notes == HFT_COMPARISON_NOTES_MAX) return;
  char *text = compare->note[compare->notes++];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof compare->note[0], format, list);
  va_end(list);
  fprintf(stderr, "hftsim: note: %s\n", text);
}

void cli_compare_note_run(cli_compare *compare, const hft_model *model) {
  char text[256];
  if (compare->interrupted) {
    cli_compare_note(compare,
                     "interrupted: the results are of %d of %" PRId64
                     " episodes, those that were complete",
                     compare->episodes, compare->asked);
  }
  const char *dependence = cli_dependence(model, compare->episodes, text, sizeof text);
  if (dependence != NULL) cli_compare_note(compare, "%s", dependence);
  compare->dependent = hft_model_worlds(model) <= 1;
}

// Notes what running both sides saves.
static void note_sides(cli_compare *c) {
  double low = INFINITY, high = -INFINITY;
  for (int i = 0; i < c->count; i++) {
    double left = 1 - c->contestant[i].pairing_saved;
    if (isnan(left)) continue;
    low = fmin(low, left);
    high = fmax(high, left);
  }
  if (!(high >= low) || c->dependent) return;
  char range[64];
  snprintf(range, sizeof range, low < high ? "%.3g to %.3g" : "%.3g", low, high);
  cli_compare_note(
      c,
      "antithetic sides: the variance of the mean of a buy and a sell in one world is %s times "
      "that of a mean of two runs in worlds of their own",
      range);
}

static hft_status compare_values(cli_compare *c, hft_error *error) {
  const char *name[HFT_CONTESTANTS_MAX];
  const double *value[HFT_CONTESTANTS_MAX];
  for (int i = 0; i < c->count; i++) {
    name[i] = c->contestant[i].name;
    value[i] = c->contestant[i].value;
  }
  const hft_comparison_spec spec = {
      .contestants = c->count,
      .episodes = (size_t)c->episodes,
      .name = name,
      .value = value,
      .direction = c->direction,
      .alpha = c->alpha,
      .test = c->test,
      .seed = c->seed,
      .dependent = c->dependent,
  };
  c->found = malloc(sizeof *c->found);
  hft_status status = c->found != NULL ? hft_compare(&spec, c->found) : HFT_ENOMEM;
  if (status != HFT_OK) return hft_fail(error, status, "compare", "out of memory");
  for (int i = 0; i < c->found->notes; i++) cli_compare_note(c, "%s", c->found->note[i]);
  note_sides(c);
  return HFT_OK;
}

int cli_compare_finish(cli_compare *compare, hft_results *results, cli_compare_write *write,
                       void *context) {
  hft_error error = {HFT_ENOMEM, "json", "out of memory"};
  if (compare_values(compare, &error) != HFT_OK) return cli_fail(&error);
  bool as_json = compare->options->json;
  json_t *json = as_json || results != NULL ? cli_comparison_json(compare) : NULL;
  int code = CLI_OK, printed;
  if (results != NULL) {
    hft_status status = json != NULL ? write(context, results, json, &error) : HFT_ENOMEM;
    if (status != HFT_OK) {
      code = cli_fail(&error);
    } else {
      fprintf(stderr, "hftsim: results in %s\n", hft_results_path(results));
    }
  }
  if (as_json) {
    printed = cli_print_json(json);
  } else {
    printed = compare->csv ? cli_comparison_csv(compare) : cli_comparison_table(compare);
    json_decref(json);
  }
  if (code == CLI_OK) code = printed;
  return code == CLI_OK && compare->interrupted ? CLI_INTERRUPTED : code;
}

// ---- in the market -----------------------------------------------------------------------------

static hft_status write_folder(void *context, hft_results *results, const json_t *summary,
                               hft_error *error) {
  return cli_baseline_folder_end(context, results, summary, error);
}

static void describe(cli_compare *c, const cli_baseline *run, hft_metric metric) {
  const hft_metric_info *info = &hft_metric_table[metric];
  const hft_episode_plan *first = run->contest->plan[0][0];
  c->metric_name = info->name;
  c->unit = info->unit;
  c->help = info->help;
  c->direction = info->direction;
  c->episodes = run->scores.episodes;
  c->interrupted = run->interrupted;
  c->episode_s = (double)(first->end - first->start) / (double)HFT_SECOND;
  c->count = run->contest->contestants;
  for (int i = 0; i < c->count; i++) {
    const hft_episode_plan *plan = run->contest->plan[0][i];
    c->contestant[i] = (cli_contestant){
        .name = run->contest->name[i],
        .about = json_pack("{s:s, s:s, s:o, s:o}", "strategy", plan->strategy->section->name,
                           "kind", hft_baseline_kind_name(plan->kind), "params",
                           cli_baseline_params_json(run, i), "estimated",
                           cli_estimate_json(&run->estimate[i], plan->strategy)),
        .value = hft_scores_values(&run->scores, i, cli_baseline_main_row(run), metric),
        .both = hft_contest_paired(run->contest, i),
        .pairing_saved = run->scores.pairing[i][metric].saved,
    };
  }
}

static int run_market(cli_compare *c, cli_baseline *run, hft_metric metric) {
  hft_error error;
  hft_results *results = NULL;
  int code;
  hft_status status = cli_baseline_folder_begin(run, &results, &error);
  if (status == HFT_OK) status = cli_baseline_run_episodes(run, &error);
  if (status != HFT_OK) {
    code = cli_fail(&error);
  } else {
    describe(c, run, metric);
    cli_compare_note_run(c, run->contest->plan[0][0]->model);
    code = cli_compare_finish(c, results, write_folder, run);
  }
  hft_results_free(results);
  hft_scores_free(&run->scores);
  return code;
}

static int plan_market(cli_compare *c, cli_baseline_options *a, const hft_config *config,
                       int instrument) {
  hft_error error = {HFT_ENOMEM, "compare", "out of memory"};
  cli_baseline *run = calloc(1, sizeof *run);
  if (run == NULL) return cli_fail(&error);
  *run = (cli_baseline){.options = a, .config = config, .dependence = -1};
  a->both = set_sides(c->entry);
  hft_metric metric;
  hft_status status = cli_baseline_prepare(run, c->entry, instrument, &error);
  if (status == HFT_OK) status = find_metric(run, c->metric, &metric, &error);
  int code;
  if (status == HFT_OK) {
    code = run_market(c, run, metric);
  } else {
    code = cli_fail(&error);
    if (status == HFT_EINVAL || status == HFT_ECONFIG) code = CLI_USAGE;
  }
  hft_contest_free(run->contest);
  free(run);
  return code;
}

static int compare_in_market(cli_compare *c, cli_baseline_options *a) {
  hft_error error;
  hft_config *config = NULL;
  if (cli_load_config(a->config, &a->overrides, &config, &error) != HFT_OK) return cli_fail(&error);
  cli_note_seats(config);
  cli_strategy keys = a->strategy;
  if (keys.side != NULL && strcmp(keys.side, "both") == 0) keys.side = NULL;
  int instrument, code;
  if (cli_strategy_instrument(&keys, config, true, &instrument, &error) != HFT_OK ||
      cli_contestants_defaults(c->entry, &error) != HFT_OK ||
      cli_contestants_set(&keys, c->entry, &error) != HFT_OK) {
    (void)cli_fail(&error);
    code = error.status == HFT_ENOMEM ? CLI_FAILED : CLI_USAGE;
  } else if (cli_draw_windows(config, &error) != HFT_OK) {
    code = cli_fail(&error);
  } else {
    code = plan_market(c, a, config, instrument);
  }
  hft_config_free(config);
  return code;
}

// ---- the command -------------------------------------------------------------------------------

static int compare(arguments *a, cli_compare *c) {
  int code = find_contestants(a, c->entry);
  if (code != CLI_OK) return code;
  cli_stop_install();
  return a->task != NULL ? cli_compare_on_task(c) : compare_in_market(c, &a->run);
}

static void free_compare(cli_compare *c) {
  for (int i = 0; i < c->count; i++) json_decref(c->contestant[i].about);
  json_decref(c->task_json);
  free(c->found);
  cli_contestants_free(c->entry);
  free(c->entry);
  free(c);
}

int cmd_compare(int argc, char **argv) {
  arguments a = {.alpha = 0.05, .run = {.command = "compare", .argc = argc, .argv = argv}};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  hft_paired_test test;
  hft_error error = {HFT_ENOMEM, "compare", "out of memory"};
  if (check(&a, &error) != HFT_OK || find_test(&a, &test, &error) != HFT_OK ||
      cli_baseline_check_folder(&a.run, &error) != HFT_OK ||
      (a.task == NULL && cli_baseline_seeds(&a.run, EPISODES, &error) != HFT_OK)) {
    (void)cli_fail(&error);
    return CLI_USAGE;
  }
  cli_compare *c = calloc(1, sizeof *c);
  cli_contestants *entries = calloc(1, sizeof *entries);
  if (c == NULL || entries == NULL) {
    free(c);
    free(entries);
    return cli_fail(&error);
  }
  *c = (cli_compare){.options = &a.run,
                     .metric = a.metric,
                     .task = a.task,
                     .split = a.split,
                     .alpha = a.alpha,
                     .test = test,
                     .csv = a.csv,
                     .entry = entries,
                     .asked = a.run.episodes,
                     .seed = a.run.seed};
  exit_code = compare(&a, c);
  free_compare(c);
  return exit_code;
}
