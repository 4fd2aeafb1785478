// hftsim baseline: runs a strategy that does not learn, and says how it did.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "baselines/classes.h"
#include "cli/commands.h"
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

#define VALUE_SIZE 512  // of a printed key; a list of 32 numbers fits

typedef struct arguments {
  cli_strategy strategy;
  const char *config;
  int64_t episodes, threads;
  uint64_t seed;
  cli_list overrides;
  bool json;
} arguments;

// All of a run's results, to be printed.
typedef struct report {
  const arguments *arguments;
  const hft_episode_plan *plan;
  const hft_config *config;
  hft_metric_summary summary[HFT_METRIC_COUNT];
} report;

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  const cli_option options[] = {
      {"strategy", CLI_TEXT, &a->strategy.name, "NAME", "the strategy; 'list' names them all", 0,
       0},
      {"episodes", CLI_INT, &a->episodes, "N", "episodes to run", 1, HFT_EPISODES_MAX},
      {"seed", CLI_SEED, &a->seed, "S", "episode i is the world of seed S + i", 0, 0},
      {"config", CLI_TEXT, &a->config, "C", "a config file or the name of a preset", 0, 0},
      {"set", CLI_REPEAT, &a->overrides, "PATH=VALUE", "overrides a key of the config", 0, 0},
      {"param", CLI_REPEAT, &a->strategy.params, "KEY=VALUE", "sets a key of the strategy", 0, 0},
      {"quantity", CLI_INT, &a->strategy.quantity, "LOTS", "the same as --param quantity=LOTS", 1,
       1000000000},
      {"side", CLI_TEXT, &a->strategy.side, "buy|sell", "the same as --param side=...", 0, 0},
      {"threads", CLI_INT, &a->threads, "T", "threads; 0: one for each processor", 0,
       HFT_RUNNER_THREADS_MAX},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim baseline --strategy NAME [options]",
      .about =
          "Runs episodes of a strategy that does not learn, on the same book as everything "
          "else, and prints what it earned or paid: means over the episodes with 95% "
          "confidence intervals (bootstrap). All money is net of fees but spread_captured. What "
          "an execution has left at the end is closed at once. Results depend on the config and "
          "the seed, not on the number of threads.",
      .examples =
          "  hftsim baseline --strategy list\n"
          "  hftsim baseline --strategy twap --quantity 500 --side sell\n"
          "  hftsim baseline --strategy vwap --param 'profile=[2, 1, 1, 2]' --episodes 1000\n"
          "  hftsim baseline --strategy avellaneda-stoikov --param gamma=0.01 --json\n"
          "  hftsim baseline --strategy twap --config ou --set env_config.episode_len=1200\n",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

static int list_strategies(bool json) {
  if (json) {
    json_t *list = json_array();
    for (int i = 0; i < hft_baseline_class_count; i++) {
      const hft_agent_class *c = hft_baseline_classes[i];
      json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "strategy", c->section->name, "kind",
                                            hft_baseline_kind_name(hft_baseline_kind_of(c)), "help",
                                            c->section->help));
    }
    return cli_print_json(list);
  }
  for (int i = 0; i < hft_baseline_class_count; i++) {
    const hft_section *section = hft_baseline_classes[i]->section;
    printf("%s: %s\n", section->name, section->help);
    for (int k = 0; k < section->key_count; k++) {
      const hft_key *key = &section->keys[k];
      const char *gap = key->unit[0] != '\0' ? " " : "";
      printf("  %-16s %s%s%s\n                   %s\n", key->name, key->preset, gap, key->unit,
             key->help);
    }
  }
  return cli_end_output();
}

static bool stopped(void *context) {
  (void)context;
  return cli_stopped();
}

static void progress(void *context, double done) {
  cli_progress_update(context, done);
}

static hft_status run_episodes(const report *r, hft_episode *episodes, hft_error *error) {
  const arguments *a = r->arguments;
  long processors = sysconf(_SC_NPROCESSORS_ONLN);
  int64_t threads = a->threads > 0 ? a->threads : processors > 0 ? processors : 1;
  cli_progress bar;
  cli_progress_start(&bar, r->plan->strategy->section->name);
  const hft_runner_options options = {
      .episodes = (int)a->episodes,
      .threads = (int)(threads < HFT_RUNNER_THREADS_MAX ? threads : HFT_RUNNER_THREADS_MAX),
      .seed = a->seed,
      .stopped = stopped,
      .progress = progress,
      .context = &bar,
  };
  hft_status status = hft_runner_run(r->plan, &options, episodes, error);
  if (status != HFT_OK) cli_progress_stop(&bar);
  return status;
}

// What intervals cannot say where the episodes are not independent: the words, or null.
static const char *dependence(const report *r, char *text, size_t size) {
  double worlds = hft_model_worlds(r->plan->model);
  int64_t episodes = r->arguments->episodes;
  if (episodes == 1 || worlds >= (double)episodes) return NULL;
  if (worlds <= 1) {
    snprintf(text, size,
             "the orders of all %" PRId64
             " episodes are the same, whatever the seed (a tape of one fixed window): there are no "
             "intervals",
             episodes);
  } else {
    snprintf(text, size,
             "the windows of %" PRId64
             " episodes overlap: the tape has room for %.1f; the intervals are too narrow",
             episodes, worlds);
  }
  return text;
}

static hft_status summarise(report *r, const hft_episode *episodes, hft_error *error) {
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    if (!hft_metric_applies((hft_metric)m, r->plan->kind)) continue;
    hft_status status = hft_metric_summarise(r->plan, episodes, (int)r->arguments->episodes,
                                             (hft_metric)m, r->arguments->seed, &r->summary[m]);
    if (status != HFT_OK) return hft_fail(error, status, "metrics", "out of memory");
    // Episodes of one world are one observation.
    if (hft_model_worlds(r->plan->model) <= 1) r->summary[m].interval = (hft_interval){NAN, NAN};
  }
  return HFT_OK;
}

static void print_number(double value) {
  if (isnan(value)) {
    printf(" %13s", "-");
  } else {
    printf(" %13.4f", cli_shown(value, 4));
  }
}

static int print_table(const report *r) {
  const arguments *a = r->arguments;
  const hft_section *section = r->plan->strategy->section;
  printf("%s: %s\n", section->name, section->help);
  for (int k = 0; k < section->key_count; k++) {
    char value[VALUE_SIZE];
    hft_key_print(&section->keys[k], r->plan->params, value, sizeof value);
    printf("%s%s=%s", k > 0 ? " " : "", section->keys[k].name, value);
  }
  double start_s = (double)r->plan->start / (double)HFT_SECOND;
  double length_s = (double)(r->plan->end - r->plan->start) / (double)HFT_SECOND;
  printf("%s%" PRId64 " episodes of %.6g s after %.6g s of warm-up, seeds from %" PRIu64 "\n\n",
         section->key_count > 0 ? "\n" : "", a->episodes, length_s, start_s, a->seed);
  printf("%-20s %13s %13s %13s %13s %13s  %s\n", "metric", "mean", "95% low", "95% high", "sd",
         "median", "unit");
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    if (!hft_metric_applies((hft_metric)m, r->plan->kind)) continue;
    const hft_metric_summary *s = &r->summary[m];
    printf("%-20s", hft_metric_table[m].name);
    print_number(s->mean);
    print_number(s->interval.low);
    print_number(s->interval.high);
    print_number(s->sd);
    print_number(s->median);
    printf("  %s\n", hft_metric_table[m].unit);
  }
  return cli_end_output();
}

static json_t *metrics_json(const report *r) {
  json_t *metrics = json_object();
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    if (!hft_metric_applies((hft_metric)m, r->plan->kind)) continue;
    const hft_metric_summary *s = &r->summary[m];
    json_object_set_new(
        metrics, hft_metric_table[m].name,
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:i}", "mean", hft_json_number(s->mean), "ci_low",
                  hft_json_number(s->interval.low), "ci_high", hft_json_number(s->interval.high),
                  "sd", hft_json_number(s->sd), "median", hft_json_number(s->median), "unit",
                  hft_metric_table[m].unit, "episodes", (int)s->count));
  }
  return metrics;
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
  const char *note = dependence(r, text, sizeof text);
  double worlds = hft_model_worlds(r->plan->model);
  return cli_print_json(json_pack(
      "{s:s, s:s, s:I, s:o, s:f, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "strategy", section->name,
      "kind", hft_baseline_kind_name(r->plan->kind), "episodes", (json_int_t)a->episodes, "seed",
      hft_json_seed(a->seed), "episode_s", length_s, "config_hash", hash, "version", hft_version,
      "revision", hft_revision, "metrics", metrics_json(r), "params", params, "worlds",
      isfinite(worlds) ? json_real(worlds) : json_null(), "note",
      note != NULL ? json_string(note) : json_null()));
}

static hft_status run(report *r, hft_error *error) {
  hft_episode *episodes = calloc((size_t)r->arguments->episodes, sizeof *episodes);
  if (episodes == NULL) return hft_fail(error, HFT_ENOMEM, "--episodes", "out of memory");
  hft_status status = run_episodes(r, episodes, error);
  if (status == HFT_OK) status = summarise(r, episodes, error);
  free(episodes);
  return status;
}

static int run_and_print(const arguments *a, const hft_config *config,
                         const hft_agent_class *strategy, const void *params) {
  const hft_episode_spec spec = {config, hft_catalog_classes, hft_catalog_class_count, strategy,
                                 params};
  hft_error error;
  hft_episode_plan *plan = NULL;
  if (hft_episode_plan_create(&spec, &plan, &error) != HFT_OK) return cli_fail(&error);
  report r = {.arguments = a, .plan = plan, .config = config};
  int code;
  if (run(&r, &error) != HFT_OK) {
    code = cli_fail(&error);
  } else {
    char text[256];
    if (dependence(&r, text, sizeof text) != NULL) fprintf(stderr, "hftsim: note: %s\n", text);
    code = a->json ? print_json(&r) : print_table(&r);
  }
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
  cli_stop_install();
  hft_error error;
  hft_config *config = NULL;
  if (cli_load_config(a.config, &a.overrides, &config, &error) != HFT_OK) return cli_fail(&error);
  void *params;
  if (cli_strategy_params(&a.strategy, strategy, &params, &error) != HFT_OK) {
    cli_fail(&error);
    exit_code = error.status == HFT_ENOMEM ? CLI_FAILED : CLI_USAGE;
  } else {
    exit_code = run_and_print(&a, config, strategy, params);
    free(params);
  }
  hft_config_free(config);
  return exit_code;
}
