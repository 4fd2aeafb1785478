// hftsim compare: runs contestants in the same worlds and tells which are better.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baselines/classes.h"
#include "cli/commands.h"
#include "cli/compare.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"
#include "cli/strategy.h"
#include "eval/runner.h"

typedef struct arguments {
  cli_list contestants, params, overrides;
  const char *metric, *config, *test, *side, *instrument;
  int64_t quantity, episodes, threads;
  uint64_t seed;
  double alpha;
  bool json, csv;
} arguments;

// The contestants and what their options have set.
typedef struct entry_list {
  const arguments *arguments;
  const hft_config *config;
  int count;
  cli_contestant item[HFT_COMPARISON_MAX];
  bool used[CLI_REPEAT_MAX];  // each --param: some contestant has its key
  bool works;                 // some contestant has a parent order
} entry_list;

static const char *const tests[] = {"t", "wilcoxon", "permutation"};

const char *cli_test_name(hft_paired_test test) {
  return tests[test];
}

// ---- the command line --------------------------------------------------------------------------

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  const cli_option options[] = {
      {"metric", CLI_TEXT, &a->metric, "M",
       "the metric, of those of `hftsim baseline`; by default shortfall_bps of executions, else "
       "pnl",
       0, 0},
      {"episodes", CLI_INT, &a->episodes, "N", "number of episodes, 100 by default", 1,
       HFT_EPISODES_MAX},
      {"seed", CLI_SEED, &a->seed, "S",
       "episode i is the world of seed S + i; 0 by default; test, test:40: of that range", 0, 0},
      {"config", CLI_TEXT, &a->config, "C", "config file or name of a preset", 0, 0},
      {"set", CLI_REPEAT, &a->overrides, "PATH=VALUE", "override a key of the config", 0, 0},
      {"param", CLI_REPEAT, &a->params, "[NAME.]KEY=VALUE",
       "set a key of the strategy NAME, or of all that have it", 0, 0},
      {"quantity", CLI_INT, &a->quantity, "LOTS", "size of the parent orders", 1, 1000000000},
      {"side", CLI_TEXT, &a->side, "buy|sell|both",
       "side of the parent orders; both, the default: each world once with a buy and once with a "
       "sell, and the mean of both",
       0, 0},
      {"instrument", CLI_TEXT, &a->instrument, "N|all",
       "the instrument to trade, counted from 0; 0 by default; all: a strategy at each", 0, 0},
      {"test", CLI_TEXT, &a->test, "T",
       "paired test: t (default), wilcoxon (signed ranks) or permutation (of signs)", 0, 0},
      {"alpha", CLI_SHARE, &a->alpha, "A",
       "level of the tests, 0.05 by default; the intervals have 1 - A", 0, 0},
      {"threads", CLI_INT, &a->threads, "T", "number of threads; 0: one for each processor", 0,
       HFT_RUNNER_THREADS_MAX},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
      {"csv", CLI_FLAG, &a->csv, NULL, "print the ranking as CSV", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim compare CONTESTANT... [options]",
      .about =
          "Runs each contestant alone in the same worlds and ranks them by a metric: means with "
          "bootstrap intervals, paired tests of all pairs with Holm's correction, effect sizes, "
          "and groups that cannot be told apart. A contestant is a strategy, with keys if you "
          "like: NAME or NAME:KEY=VALUE,KEY=VALUE. Results depend on the config and the seed, not "
          "on the number of threads.",
      .examples =
          "  hftsim compare twap vwap --episodes 200\n"
          "  hftsim compare twap:style=passive twap:style=aggressive --quantity 500\n"
          "  hftsim compare avellaneda-stoikov random do-nothing --test wilcoxon --json\n"
          "  hftsim compare twap 'vwap:profile=[2, 1, 1, 2]' --metric vwap_slippage_bps --csv\n",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
      .positional = "CONTESTANT",
      .positionals = &a->contestants,
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

// Reads --test, and checks what the table of options cannot. EINVAL.
static hft_status check(const arguments *a, hft_paired_test *test, hft_error *error) {
  if (a->contestants.count == 0) {
    return hft_fail(error, HFT_EINVAL, "compare",
                    "give one or more contestants; 'hftsim compare --help' shows how");
  }
  if (a->contestants.count > HFT_COMPARISON_MAX) {
    return hft_fail(error, HFT_EINVAL, "compare", "%d contestants; at most %d can be compared",
                    a->contestants.count, HFT_COMPARISON_MAX);
  }
  if (a->json && a->csv) {
    return hft_fail(error, HFT_EINVAL, "--csv", "give --csv or --json, not both");
  }
  // Below, 1 - alpha would be rounded to 1.
  if (!(a->alpha >= 1e-9 && a->alpha < 1)) {
    return hft_fail(error, HFT_EINVAL, "--alpha", "%g is not between 1e-9 and 1", a->alpha);
  }
  if (a->side != NULL && strcmp(a->side, "buy") != 0 && strcmp(a->side, "sell") != 0 &&
      strcmp(a->side, "both") != 0) {
    return hft_fail(error, HFT_EINVAL, "--side", "'%.40s' is not buy, sell or both", a->side);
  }
  for (int i = 0; i < (int)(sizeof tests / sizeof tests[0]); i++) {
    *test = (hft_paired_test)i;
    if (a->test == NULL || strcmp(a->test, tests[i]) == 0) return HFT_OK;
  }
  return hft_fail(error, HFT_EINVAL, "--test", "'%.40s' is not t, wilcoxon or permutation",
                  a->test);
}

// ---- contestants -------------------------------------------------------------------------------

static bool has_key(const hft_agent_class *strategy, const char *name, size_t length) {
  for (int k = 0; k < strategy->section->key_count; k++) {
    const char *key = strategy->section->keys[k].name;
    if (strlen(key) == length && strncmp(key, name, length) == 0) return true;
  }
  return false;
}

// Appends a KEY=VALUE. EINVAL.
static hft_status add_param(cli_list *params, const char *item, hft_error *error) {
  if (params->count == CLI_REPEAT_MAX) {
    return hft_fail(error, HFT_EINVAL, "--param", "more than %d keys of one strategy",
                    CLI_REPEAT_MAX);
  }
  params->item[params->count++] = item;
  return HFT_OK;
}

// Takes those --param that are for a strategy: KEY=VALUE if it has the key, and NAME.KEY=VALUE.
static hft_status take_params(entry_list *entries, const hft_agent_class *strategy,
                              cli_list *params, hft_error *error) {
  const cli_list *given = &entries->arguments->params;
  const char *name = strategy->section->name;
  size_t length = strlen(name);
  hft_status status = HFT_OK;
  for (int i = 0; i < given->count && status == HFT_OK; i++) {
    const char *item = given->item[i];
    size_t head = strcspn(item, "=");
    const char *dot = memchr(item, '.', head);
    if (item[head] != '=' || head == 0) {
      return hft_fail(error, HFT_EINVAL, "--param", "'%.60s' is not KEY=VALUE or NAME.KEY=VALUE",
                      item);
    }
    bool named = dot != NULL && (size_t)(dot - item) == length && strncmp(item, name, length) == 0;
    if (!named && !(dot == NULL && has_key(strategy, item, head))) continue;
    entries->used[i] = true;
    status = add_param(params, named ? dot + 1 : item, error);
  }
  return status;
}

// Splits "KEY=VALUE,KEY=VALUE" in place at the commas outside of brackets.
static hft_status split_params(char *text, cli_list *params, hft_error *error) {
  int depth = 0;
  char *begin = text;
  for (char *at = text;; at++) {
    depth += *at == '[' ? 1 : *at == ']' ? -1 : 0;
    if (*at != '\0' && (*at != ',' || depth > 0)) continue;
    bool last = *at == '\0';
    *at = '\0';
    hft_status status = add_param(params, begin, error);
    if (status != HFT_OK || last) return status;
    begin = at + 1;
  }
}

#define NUMBERED_MAX (CLI_NAME_SIZE - 16)  // room for a number

// The name to show: the argument, and a number where that is not enough to tell it from others.
static void set_name(entry_list *entries, const char *text, char *name) {
  int same = 1;
  for (int i = 0; i < entries->count; i++) {
    same += strcmp(entries->arguments->contestants.item[i], text) == 0 ? 1 : 0;
  }
  if (strlen(text) > NUMBERED_MAX) {
    snprintf(name, CLI_NAME_SIZE, "%.*s#%d", NUMBERED_MAX, text, entries->count + 1);
  } else if (same > 1) {
    snprintf(name, CLI_NAME_SIZE, "%.*s#%d", NUMBERED_MAX, text, same);
  } else {
    snprintf(name, CLI_NAME_SIZE, "%s", text);
  }
}

static const hft_agent_class *find(const char *name, hft_error *error) {
  const hft_agent_class *strategy = hft_baseline_find(name);
  if (strategy != NULL) return strategy;
  const char *near = hft_baseline_nearest(name);
  hft_fail(error, HFT_EINVAL, "compare",
           "unknown strategy '%.60s'%s%s%s; 'hftsim baseline --strategy list' lists them", name,
           near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
           near != NULL ? "'?" : "");
  return NULL;
}

static hft_status play_strategy(cli_contestant *self, const cli_contest *contest, double *values,
                                hft_error *error);

// Whether a strategy is to run on both sides: it has a side, and none is given.
static bool on_both_sides(const hft_agent_class *strategy, const cli_strategy *keys) {
  if (!has_key(strategy, "side", 4) || keys->side != NULL) return false;
  for (int i = 0; i < keys->params.count; i++) {
    if (strncmp(keys->params.item[i], "side=", 5) == 0) return false;
  }
  return true;
}

// Plans the strategy of a contestant with its keys.
static hft_status plan(const entry_list *entries, const hft_agent_class *strategy,
                       const cli_strategy *keys, cli_contestant *contestant, hft_error *error) {
  hft_status status = cli_strategy_params(keys, strategy, &contestant->params, error);
  int instrument = 0;
  if (status == HFT_OK) {
    status = cli_strategy_instrument(keys, entries->config, true, &instrument, error);
  }
  if (status != HFT_OK) return status == HFT_ENOMEM ? status : HFT_EINVAL;
  const hft_episode_spec spec = {entries->config, hft_catalog_classes, hft_catalog_class_count,
                                 strategy,        contestant->params,  instrument};
  if (!on_both_sides(strategy, keys)) {
    return hft_episode_plan_create(&spec, &contestant->plan[0], error);
  }
  for (int side = 0; side < 2 && status == HFT_OK; side++) {
    hft_param_set_int(strategy->key.side, contestant->params, side);
    status = hft_episode_plan_create(&spec, &contestant->plan[side], error);
  }
  return status;
}

// Adds the contestant of an argument. EINVAL: the command line is wrong.
static hft_status add_contestant(entry_list *entries, const char *text, hft_error *error) {
  const arguments *a = entries->arguments;
  cli_contestant *contestant = &entries->item[entries->count];
  set_name(entries, text, contestant->name);
  entries->count++;
  contestant->text = strdup(text);
  if (contestant->text == NULL) return hft_fail(error, HFT_ENOMEM, "compare", "out of memory");
  char *colon = strchr(contestant->text, ':');
  if (colon != NULL) *colon = '\0';
  const hft_agent_class *strategy = find(contestant->text, error);
  if (strategy == NULL) return HFT_EINVAL;
  cli_strategy keys = {.name = strategy->section->name, .instrument = a->instrument};
  if (has_key(strategy, "quantity", 8)) {
    entries->works = true;
    keys.quantity = a->quantity;
    if (a->side != NULL && strcmp(a->side, "both") != 0) keys.side = a->side;
  }
  hft_status status = take_params(entries, strategy, &keys.params, error);
  // What the contestant itself says comes last and holds.
  if (status == HFT_OK && colon != NULL) status = split_params(colon + 1, &keys.params, error);
  if (status != HFT_OK) return status;
  contestant->kind = hft_baseline_kind_of(strategy);
  contestant->play = play_strategy;
  contestant->pairing_left = NAN;
  return plan(entries, strategy, &keys, contestant, error);
}

static hft_status add_contestants(entry_list *entries, hft_error *error) {
  const arguments *a = entries->arguments;
  for (int i = 0; i < a->contestants.count; i++) {
    hft_status status = add_contestant(entries, a->contestants.item[i], error);
    if (status != HFT_OK) return status;
  }
  for (int i = 0; i < a->params.count; i++) {
    if (entries->used[i]) continue;
    return hft_fail(error, HFT_EINVAL, "--param", "no contestant has the key of '%.60s'",
                    a->params.item[i]);
  }
  if ((a->quantity > 0 || a->side != NULL) && !entries->works) {
    return hft_fail(error, HFT_EINVAL, a->quantity > 0 ? "--quantity" : "--side",
                    "no contestant has a parent order");
  }
  return HFT_OK;
}

static void free_contestants(entry_list *entries) {
  for (int i = 0; i < entries->count; i++) {
    for (int side = 0; side < 2; side++) hft_episode_plan_free(entries->item[i].plan[side]);
    free(entries->item[i].params);
    free(entries->item[i].text);
  }
  free(entries);
}

// ---- the metric --------------------------------------------------------------------------------

static bool all_have(const entry_list *entries, hft_metric metric) {
  for (int i = 0; i < entries->count; i++) {
    if (!hft_metric_applies(metric, entries->item[i].kind)) return false;
  }
  return true;
}

static hft_status refuse_metric(const entry_list *entries, const char *name, bool known,
                                hft_error *error) {
  char names[400];
  size_t length = 0;
  for (int m = 0; m < HFT_METRIC_COUNT && length < sizeof names; m++) {
    if (!all_have(entries, (hft_metric)m)) continue;
    length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                               length > 0 ? ", " : "", hft_metric_table[m].name);
  }
  return hft_fail(error, HFT_EINVAL, "--metric", "%s '%.40s'; all of them have: %s",
                  known ? "not all contestants have" : "unknown metric", name, names);
}

static hft_status find_metric(const entry_list *entries, hft_metric *metric, hft_error *error) {
  const char *name = entries->arguments->metric;
  *metric = all_have(entries, HFT_METRIC_SHORTFALL) ? HFT_METRIC_SHORTFALL : HFT_METRIC_PNL;
  if (name == NULL) return HFT_OK;
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    if (strcmp(hft_metric_table[m].name, name) != 0) continue;
    *metric = (hft_metric)m;
    if (all_have(entries, *metric)) return HFT_OK;
    return refuse_metric(entries, name, true, error);
  }
  return refuse_metric(entries, name, false, error);
}

// ---- running -----------------------------------------------------------------------------------

static bool stopped(void *context) {
  (void)context;
  return cli_stopped();
}

static void progress(void *context, double done) {
  cli_progress_update(context, done);
}

// Runs the episodes of a plan and writes the metric's values.
static hft_status run_plan(const char *name, const hft_episode_plan *plan,
                           const cli_contest *contest, double *values, hft_error *error) {
  size_t rows = (size_t)hft_episode_rows(plan);
  hft_episode *episodes = calloc((size_t)contest->episodes * rows, sizeof *episodes);
  if (episodes == NULL) return hft_fail(error, HFT_ENOMEM, "--episodes", "out of memory");
  cli_progress bar;
  cli_progress_start(&bar, name);
  const hft_runner_options options = {
      .episodes = contest->episodes,
      .threads = contest->threads,
      .seed = contest->seed,
      .stopped = stopped,
      .progress = progress,
      .context = &bar,
  };
  hft_status status = hft_runner_run(plan, &options, episodes, error);
  if (status != HFT_OK) cli_progress_stop(&bar);
  for (int i = 0; i < contest->episodes && status == HFT_OK; i++) {
    values[i] = hft_metric_value(plan, episodes + (size_t)i * rows, (int)rows - 1, contest->metric);
  }
  free(episodes);
  return status;
}

// Replaces the values of one side by the means of both. Returns the variance of these over that of
// means of two runs in worlds of their own; NaN: neither side varies.
static double pair_sides(double *values, const double *others, int episodes) {
  hft_moments buy = {0}, sell = {0}, mean = {0};
  for (int i = 0; i < episodes; i++) {
    double both = (values[i] + others[i]) / 2;
    if (!isnan(both)) {
      hft_moments_add(&buy, values[i]);
      hft_moments_add(&sell, others[i]);
      hft_moments_add(&mean, both);
    }
    values[i] = both;
  }
  double independent = (buy.square_sum + sell.square_sum) / 4;
  return independent > 0 ? mean.square_sum / independent : NAN;
}

static hft_status play_strategy(cli_contestant *self, const cli_contest *contest, double *values,
                                hft_error *error) {
  hft_status status = run_plan(self->name, self->plan[0], contest, values, error);
  if (status != HFT_OK || self->plan[1] == NULL) return status;
  double *others = calloc((size_t)contest->episodes, sizeof *others);
  if (others == NULL) return hft_fail(error, HFT_ENOMEM, "--episodes", "out of memory");
  status = run_plan(self->name, self->plan[1], contest, others, error);
  if (status == HFT_OK) self->pairing_left = pair_sides(values, others, contest->episodes);
  free(others);
  return status;
}

// Notes what running both sides saves.
static void note_sides(const entry_list *entries, hft_comparison *found) {
  double low = INFINITY, high = -INFINITY;
  for (int i = 0; i < entries->count; i++) {
    double left = entries->item[i].pairing_left;
    if (isnan(left)) continue;
    low = fmin(low, left);
    high = fmax(high, left);
  }
  if (!(high >= low) || found->notes == HFT_COMPARISON_NOTES_MAX) return;
  char range[64];
  snprintf(range, sizeof range, low < high ? "%.3g to %.3g" : "%.3g", low, high);
  snprintf(
      found->note[found->notes++], sizeof found->note[0],
      "antithetic sides: the variance of the mean of a buy and a sell in one world is %s times "
      "that of a mean of two runs in worlds of their own",
      range);
}

static int print(const arguments *a, const cli_comparison *c) {
  if (c->note != NULL) fprintf(stderr, "hftsim: note: %s\n", c->note);
  for (int i = 0; i < c->found->notes; i++) {
    fprintf(stderr, "hftsim: note: %s\n", c->found->note[i]);
  }
  if (a->json) return cli_comparison_json(c);
  return a->csv ? cli_comparison_csv(c) : cli_comparison_table(c);
}

// Runs all contestants and prints the comparison. `values` has room for all of them.
static int play(entry_list *entries, const cli_contest *contest, hft_paired_test test,
                double *values, hft_comparison *found) {
  const arguments *a = entries->arguments;
  const char *name[HFT_COMPARISON_MAX];
  const double *value[HFT_COMPARISON_MAX];
  hft_error error = {HFT_ENOMEM, "compare", "out of memory"};
  hft_status status = HFT_OK;
  for (int i = 0; i < entries->count && status == HFT_OK; i++) {
    cli_contestant *contestant = &entries->item[i];
    double *its = values + (size_t)i * (size_t)contest->episodes;
    name[i] = contestant->name;
    value[i] = its;
    status = contestant->play(contestant, contest, its, &error);
  }
  const hft_model *model = entries->item[0].plan[0]->model;
  const hft_comparison_spec spec = {
      .contestants = entries->count,
      .episodes = (size_t)contest->episodes,
      .name = name,
      .value = value,
      .direction = hft_metric_table[contest->metric].direction,
      .alpha = a->alpha,
      .test = test,
      .seed = contest->seed,
      .dependent = hft_model_worlds(model) <= 1,
  };
  if (status == HFT_OK) status = hft_compare(&spec, found);
  if (status != HFT_OK) return cli_fail(&error);
  if (!spec.dependent) note_sides(entries, found);
  char text[256];
  const cli_comparison comparison = {contest, entries->item, &spec, found,
                                     cli_dependence(model, contest->episodes, text, sizeof text)};
  return print(a, &comparison);
}

static int compare(entry_list *entries, hft_paired_test test) {
  const arguments *a = entries->arguments;
  hft_error error = {HFT_ENOMEM, "compare", "out of memory"};
  cli_contest contest = {.episodes = (int)a->episodes,
                         .threads = cli_threads(a->threads, HFT_RUNNER_THREADS_MAX),
                         .seed = a->seed};
  hft_status status = add_contestants(entries, &error);
  if (status == HFT_OK) status = find_metric(entries, &contest.metric, &error);
  if (status != HFT_OK) {
    cli_fail(&error);
    return status == HFT_EINVAL ? CLI_USAGE : CLI_FAILED;
  }
  hft_comparison *found = malloc(sizeof *found);
  double *values = calloc((size_t)entries->count, (size_t)contest.episodes * sizeof *values);
  int code = CLI_FAILED;
  if (found == NULL || values == NULL) {
    cli_fail(&error);
  } else {
    code = play(entries, &contest, test, values, found);
  }
  free(found);
  free(values);
  return code;
}

int cmd_compare(int argc, char **argv) {
  arguments a = {.episodes = 100, .alpha = 0.05};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  hft_paired_test test;
  hft_error error = {HFT_ENOMEM, "compare", "out of memory"};
  if (check(&a, &test, &error) != HFT_OK) {
    cli_fail(&error);
    return CLI_USAGE;
  }
  cli_stop_install();
  hft_config *config = NULL;
  if (cli_load_config(a.config, &a.overrides, &config, &error) != HFT_OK) return cli_fail(&error);
  cli_note_seats(config);
  entry_list *entries = calloc(1, sizeof *entries);
  if (entries == NULL) {
    exit_code = cli_fail(&error);
  } else {
    entries->arguments = &a;
    entries->config = config;
    exit_code = compare(entries, test);
    free_contestants(entries);
  }
  hft_config_free(config);
  return exit_code;
}
