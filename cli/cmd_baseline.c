// hftsim baseline: runs episodes of a strategy that does not learn and prints its metrics.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baselines/classes.h"
#include "cli/commands.h"
#include "cli/estimate.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"
#include "cli/strategy.h"
#include "codec/json.h"
#include "eval/metrics.h"
#include "eval/runner.h"
#include "sim/base/hash.h"
#include "sim/base/version.h"

#define VALUE_SIZE 512  // of a printed key: room for a list of 32 numbers

typedef struct arguments {
  cli_strategy strategy;
  const char *config;
  int64_t episodes, threads, estimate;
  uint64_t seed;
  cli_list overrides;
  bool json;
} arguments;

// The results of a run, to be printed.
typedef struct report {
  const arguments *arguments;
  const hft_episode_plan *plan;
  const hft_config *config;
  const cli_estimate *estimate;
  hft_metric_summary summary[HFT_INSTRUMENTS_MAX + 1][HFT_METRIC_COUNT];  // [hft_episode_rows]
} report;

// ---- the command line --------------------------------------------------------------------------

// The i-th kind to be shown, `none` as the last.
static hft_baseline_kind shown_kind(int i) {
  return (hft_baseline_kind)((i + 1) % HFT_BASELINE_KIND_COUNT);
}

// "the strategy: twap, vwap (execution); ...".
static void describe_strategies(char *text, size_t size) {
  size_t length = (size_t)snprintf(text, size, "the strategy:");
  for (int i = 0; i < HFT_BASELINE_KIND_COUNT && length < size; i++) {
    hft_baseline_kind kind = shown_kind(i);
    char names[256];
    cli_strategy_names(kind, names, sizeof names);
    length += (size_t)snprintf(text + length, size - length, "%s %s (%s)", i > 0 ? ";" : "", names,
                               hft_baseline_kind_name(kind));
  }
  if (length < size) {
    snprintf(text + length, size - length, ". 'list' describes them and their keys");
  }
}

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  char strategies[1024];
  describe_strategies(strategies, sizeof strategies);
  const cli_option options[] = {
      {"strategy", CLI_TEXT, &a->strategy.name, "NAME", strategies, 0, 0},
      {"param", CLI_REPEAT, &a->strategy.params, "KEY=VALUE", "set a key of the strategy", 0, 0},
      {"quantity", CLI_INT, &a->strategy.quantity, "LOTS",
       "size of the parent order, as --param quantity=LOTS", 1, 1000000000},
      {"side", CLI_TEXT, &a->strategy.side, "buy|sell",
       "side of the parent order, as --param side=...", 0, 0},
      {"instrument", CLI_TEXT, &a->strategy.instrument, "N|all",
       "the instrument to trade, counted from 0; 0 by default; all: a strategy at each", 0, 0},
      {"episodes", CLI_INT, &a->episodes, "N", "number of episodes, 100 by default", 1,
       HFT_EPISODES_MAX},
      {"seed", CLI_SEED, &a->seed, "S",
       "episode i is the world of seed S + i; 0 by default; test, test:40: of that range", 0, 0},
      {"estimate", CLI_INT, &a->estimate, "N",
       "estimate keys of the strategy that no --param sets from N earlier episodes without it", 1,
       HFT_EPISODES_MAX},
      {"config", CLI_TEXT, &a->config, "C", "config file or name of a preset", 0, 0},
      {"set", CLI_REPEAT, &a->overrides, "PATH=VALUE", "override a key of the config", 0, 0},
      {"threads", CLI_INT, &a->threads, "T", "number of threads; 0: one for each processor", 0,
       HFT_RUNNER_THREADS_MAX},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim baseline --strategy NAME [options]",
      .about =
          "Runs episodes of a strategy that does not learn and prints its metrics: means over the "
          "episodes with 95% confidence intervals (bootstrap). The strategy trades on the same "
          "book as the populations and agents of the config. All amounts of money except "
          "spread_captured are net of fees. What an execution has left at the end is closed at "
          "once. Results depend on the config and the seed, not on the number of threads.",
      .examples =
          "  hftsim baseline --strategy list\n"
          "  hftsim baseline --strategy twap --quantity 500 --side sell\n"
          "  hftsim baseline --strategy vwap --param 'profile=[2, 1, 1, 2]' --episodes 1000\n"
          "  hftsim baseline --strategy avellaneda-stoikov --param gamma=0.01 --json\n"
          "  hftsim baseline --strategy momentum --set market_config.instruments=2 "
          "--instrument all\n"
          "  hftsim baseline --strategy twap --config ou --set env_config.episode_len=1200\n",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

static int list_as_json(void) {
  json_t *list = json_array();
  for (int i = 0; i < hft_baseline_class_count; i++) {
    const hft_agent_class *c = hft_baseline_classes[i];
    json_array_append_new(
        list, json_pack("{s:s, s:s, s:s}", "strategy", c->section->name, "kind",
                        hft_baseline_kind_name(hft_baseline_kind_of(c)), "help", c->section->help));
  }
  return cli_print_json(list);
}

static void list_strategy(const hft_section *section) {
  printf("%s: %s\n", section->name, section->help);
  for (int k = 0; k < section->key_count; k++) {
    const hft_key *key = &section->keys[k];
    const char *gap = key->unit[0] != '\0' ? " " : "";
    printf("  %-16s %s%s%s\n                   %s\n", key->name, key->preset, gap, key->unit,
           key->help);
  }
}

static int list_strategies(bool json) {
  if (json) return list_as_json();
  for (int k = 0; k < HFT_BASELINE_KIND_COUNT; k++) {
    hft_baseline_kind kind = shown_kind(k);
    printf("%sKind %s: %s\n\n", k > 0 ? "\n" : "", hft_baseline_kind_name(kind),
           hft_baseline_kind_help(kind));
    for (int i = 0; i < hft_baseline_class_count; i++) {
      const hft_agent_class *c = hft_baseline_classes[i];
      if (hft_baseline_kind_of(c) == kind) list_strategy(c->section);
    }
  }
  return cli_end_output();
}

// ---- running -----------------------------------------------------------------------------------

static bool stopped(void *context) {
  (void)context;
  return cli_stopped();
}

static void progress(void *context, double done) {
  cli_progress_update(context, done);
}

static hft_status run_episodes(const report *r, hft_episode *episodes, hft_error *error) {
  const arguments *a = r->arguments;
  cli_progress bar;
  cli_progress_start(&bar, r->plan->strategy->section->name);
  const hft_runner_options options = {
      .episodes = (int)a->episodes,
      .threads = cli_threads(a->threads, HFT_RUNNER_THREADS_MAX),
      .seed = a->seed,
      .stopped = stopped,
      .progress = progress,
      .context = &bar,
  };
  hft_status status = hft_runner_run(r->plan, &options, episodes, error);
  if (status != HFT_OK) cli_progress_stop(&bar);
  return status;
}

static bool applies(const report *r, int metric) {
  return hft_metric_applies((hft_metric)metric, r->plan->kind);
}

// The row that stands for the run: the only instrument, or the total.
static int main_row(const report *r) {
  return hft_episode_rows(r->plan) - 1;
}

static hft_status summarise_row(report *r, const hft_episode *episodes, int row) {
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    if (!applies(r, m)) continue;
    hft_status status =
        hft_metric_summarise(r->plan, episodes, (int)r->arguments->episodes, row, (hft_metric)m,
                             r->arguments->seed, &r->summary[row][m]);
    if (status != HFT_OK) return status;
    // Episodes of one world are one observation.
    if (hft_model_worlds(r->plan->model) <= 1) {
      r->summary[row][m].interval = (hft_interval){NAN, NAN};
    }
  }
  return HFT_OK;
}

static hft_status summarise(report *r, const hft_episode *episodes, hft_error *error) {
  for (int row = 0; row < hft_episode_rows(r->plan); row++) {
    hft_status status = summarise_row(r, episodes, row);
    if (status != HFT_OK) return hft_fail(error, status, "metrics", "out of memory");
  }
  return HFT_OK;
}

// ---- printing ----------------------------------------------------------------------------------

static void print_number(double value) {
  if (isnan(value)) {
    printf(" %13s", "-");
  } else {
    printf(" %13.4f", cli_shown(value, 4));
  }
}

static void print_heading(const report *r) {
  const hft_section *section = r->plan->strategy->section;
  printf("%s: %s\n", section->name, section->help);
  for (int k = 0; k < section->key_count; k++) {
    char value[VALUE_SIZE];
    hft_key_print(&section->keys[k], r->plan->params, value, sizeof value);
    printf("%s%s=%s", k > 0 ? " " : "", section->keys[k].name, value);
  }
  double start_s = (double)r->plan->start / (double)HFT_SECOND;
  double length_s = (double)(r->plan->end - r->plan->start) / (double)HFT_SECOND;
  printf("%s%" PRId64 " %s of %.6g s after %.6g s of warm-up, seeds from %" PRIu64 "\n",
         section->key_count > 0 ? "\n" : "", r->arguments->episodes,
         r->arguments->episodes == 1 ? "episode" : "episodes", length_s, start_s,
         r->arguments->seed);
}

static void print_symbol(const report *r, int row) {
  char symbol[64];
  hft_model_symbol(r->plan->model, r->plan->instrument + row, symbol, sizeof symbol);
  printf("%-20s", symbol);
}

// The means at each of several instruments.
static void print_instruments(const report *r) {
  static const int shown[] = {HFT_METRIC_PNL, HFT_METRIC_FEES, HFT_METRIC_TRADED,
                              HFT_METRIC_SHORTFALL, HFT_METRIC_FILL_RATIO};
  enum { SHOWN = sizeof shown / sizeof shown[0] };
  printf("\n%-20s", "means by instrument");
  for (int i = 0; i < SHOWN; i++) {
    if (applies(r, shown[i])) printf(" %13s", hft_metric_table[shown[i]].name);
  }
  printf("\n");
  for (int row = 0; row < r->plan->instrument_count; row++) {
    print_symbol(r, row);
    for (int i = 0; i < SHOWN; i++) {
      if (applies(r, shown[i])) print_number(r->summary[row][shown[i]].mean);
    }
    printf("\n");
  }
}

static int print_table(const report *r) {
  print_heading(r);
  cli_estimate_print(r->estimate, r->plan->strategy);
  bool several = r->plan->instrument_count > 1;
  if (several) {
    printf("a strategy at each of %d instruments; the metrics of the total:\n",
           r->plan->instrument_count);
  } else if (hft_model_instrument_count(r->plan->model) > 1) {
    printf("instrument ");
    print_symbol(r, 0);
    printf("\n");
  }
  printf("\n%-20s %13s %13s %13s %13s %13s  %s\n", "metric", "mean", "95% low", "95% high", "sd",
         "median", "unit");
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    if (!applies(r, m)) continue;
    const hft_metric_summary *s = &r->summary[main_row(r)][m];
    printf("%-20s", hft_metric_table[m].name);
    print_number(s->mean);
    print_number(s->interval.low);
    print_number(s->interval.high);
    print_number(s->sd);
    print_number(s->median);
    printf("  %s\n", hft_metric_table[m].unit);
  }
  if (several) print_instruments(r);
  return cli_end_output();
}

static json_t *metrics_json(const report *r, int row) {
  json_t *metrics = json_object();
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    if (!applies(r, m)) continue;
    const hft_metric_summary *s = &r->summary[row][m];
    json_object_set_new(
        metrics, hft_metric_table[m].name,
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:i}", "mean", hft_json_number(s->mean), "ci_low",
                  hft_json_number(s->interval.low), "ci_high", hft_json_number(s->interval.high),
                  "sd", hft_json_number(s->sd), "median", hft_json_number(s->median), "unit",
                  hft_metric_table[m].unit, "episodes", (int)s->count));
  }
  return metrics;
}

// The traded instruments: their symbols, and their metrics where there are several.
static json_t *instruments_json(const report *r) {
  json_t *list = json_array();
  for (int row = 0; row < r->plan->instrument_count; row++) {
    char symbol[64];
    hft_model_symbol(r->plan->model, r->plan->instrument + row, symbol, sizeof symbol);
    json_t *item = json_pack("{s:s}", "symbol", symbol);
    if (r->plan->instrument_count > 1) {
      json_object_set_new(item, "metrics", metrics_json(r, row));
    }
    json_array_append_new(list, item);
  }
  return list;
}

static int print_json(const report *r) {
  const arguments *a = r->arguments;
  const hft_section *section = r->plan->strategy->section;
  char *effective = hft_config_print(r->config, 0);
  if (effective == NULL) {
    return cli_fail(&(hft_error){HFT_ENOMEM, "config", "out of memory"});
  }
  char hash[17];
  snprintf(hash, sizeof hash, "%016" PRIx64,
           hft_hash_bytes(HFT_HASH_START, effective, strlen(effective)));
  free(effective);
  json_t *params = json_object();
  for (int k = 0; k < section->key_count; k++) {
    json_object_set_new(params, section->keys[k].name,
                        cli_key_json(&section->keys[k], r->plan->params));
  }
  double length_s = (double)(r->plan->end - r->plan->start) / (double)HFT_SECOND;
  char text[256];
  const char *note = cli_dependence(r->plan->model, a->episodes, text, sizeof text);
  double worlds = hft_model_worlds(r->plan->model);
  return cli_print_json(
      json_pack("{s:s, s:s, s:I, s:o, s:f, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}",
                "strategy", section->name, "kind", hft_baseline_kind_name(r->plan->kind),
                "episodes", (json_int_t)a->episodes, "seed", hft_json_seed(a->seed), "episode_s",
                length_s, "config_hash", hash, "version", hft_version, "revision", hft_revision,
                "metrics", metrics_json(r, main_row(r)), "instruments", instruments_json(r),
                "params", params, "estimated", cli_estimate_json(r->estimate, r->plan->strategy),
                "worlds", isfinite(worlds) ? json_real(worlds) : json_null(), "note",
                note != NULL ? json_string(note) : json_null()));
}

static hft_status run(report *r, hft_error *error) {
  size_t rows = (size_t)r->arguments->episodes * (size_t)hft_episode_rows(r->plan);
  hft_episode *episodes = calloc(rows, sizeof *episodes);
  if (episodes == NULL) return hft_fail(error, HFT_ENOMEM, "--episodes", "out of memory");
  hft_status status = run_episodes(r, episodes, error);
  if (status == HFT_OK) status = summarise(r, episodes, error);
  free(episodes);
  return status;
}

static int run_and_print(const arguments *a, const hft_config *config, const cli_estimate *estimate,
                         const hft_episode_plan *plan) {
  hft_error error = {HFT_ENOMEM, "baseline", "out of memory"};
  report *r = calloc(1, sizeof *r);
  if (r == NULL) return cli_fail(&error);
  r->arguments = a;
  r->plan = plan;
  r->config = config;
  r->estimate = estimate;
  int code;
  if (run(r, &error) != HFT_OK) {
    code = cli_fail(&error);
  } else {
    char text[256];
    if (cli_dependence(plan->model, a->episodes, text, sizeof text) != NULL) {
      fprintf(stderr, "hftsim: note: %s\n", text);
    }
    code = a->json ? print_json(r) : print_table(r);
  }
  free(r);
  return code;
}

static int plan_and_run(const arguments *a, const hft_config *config,
                        const hft_agent_class *strategy, void *params, int instrument) {
  hft_error error;
  const hft_estimate_spec earlier = {config, hft_catalog_classes, hft_catalog_class_count, strategy,
                                     params, instrument};
  cli_estimate estimate;
  if (cli_estimate_params(&a->strategy, &earlier, a->estimate, a->threads, a->seed, params,
                          &estimate, &error) != HFT_OK) {
    return cli_fail(&error);
  }
  const hft_episode_spec spec = {config, hft_catalog_classes, hft_catalog_class_count, strategy,
                                 params, instrument};
  hft_episode_plan *plan = NULL;
  if (hft_episode_plan_create(&spec, &plan, &error) != HFT_OK) return cli_fail(&error);
  int code = run_and_print(a, config, &estimate, plan);
  hft_episode_plan_free(plan);
  return code;
}

int cmd_baseline(int argc, char **argv) {
  arguments a = {.episodes = 100};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  const char *name = a.strategy.name;
  if (name != NULL && strcmp(name, "list") == 0) return list_strategies(a.json);
  const hft_agent_class *strategy = cli_strategy_find(name);
  if (strategy == NULL) return CLI_USAGE;
  hft_error error;
  cli_stop_install();
  hft_config *config = NULL;
  if (cli_load_config(a.config, &a.overrides, &config, &error) != HFT_OK) return cli_fail(&error);
  cli_note_seats(config);
  int instrument;
  void *params;
  if (cli_strategy_instrument(&a.strategy, config, true, &instrument, &error) != HFT_OK ||
      cli_strategy_params(&a.strategy, strategy, &params, &error) != HFT_OK) {
    cli_fail(&error);
    exit_code = error.status == HFT_ENOMEM ? CLI_FAILED : CLI_USAGE;
  } else {
    exit_code = plan_and_run(&a, config, strategy, params, instrument);
    free(params);
  }
  hft_config_free(config);
  return exit_code;
}
