// hftsim impact: measures what a parent order does to the price, against the same world without it.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"
#include "cli/strategy.h"
#include "codec/json.h"
#include "eval/impact.h"
#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/base/version.h"
#include "stats/stats.h"

#define CONFIDENCE 0.95
#define STREAM_BOOTSTRAP 1u
#define EPISODES_MAX 100000

typedef struct arguments {
  cli_strategy strategy;
  const char *config;
  int64_t episodes, points;
  hft_time after;
  uint64_t seed;
  cli_list overrides;
  bool json;
} arguments;

// A point of the path: means over the worlds.
typedef struct point {
  double time_s, executed, impact_bps;
  hft_interval interval;
} point;

typedef struct report {
  const arguments *arguments;
  const hft_episode_plan *plan;
  hft_impact_options options;
  double closed, unfilled;  // mean lots closed at the order's end; of these beyond the book
  point point[HFT_IMPACT_POINTS_MAX + 1];
} report;

static bool parse(int argc, char **argv, arguments *a, int *exit_code) {
  char names[256], strategies[320];
  cli_strategy_names(HFT_BASELINE_EXECUTION, names, sizeof names);
  snprintf(strategies, sizeof strategies,
           "the strategy that executes the order: %s; twap by default", names);
  const cli_option options[] = {
      {"strategy", CLI_TEXT, &a->strategy.name, "NAME", strategies, 0, 0},
      {"param", CLI_REPEAT, &a->strategy.params, "KEY=VALUE", "set a key of the strategy", 0, 0},
      {"quantity", CLI_INT, &a->strategy.quantity, "LOTS",
       "size of the parent order, as --param quantity=LOTS", 1, 1000000000},
      {"side", CLI_TEXT, &a->strategy.side, "buy|sell",
       "side of the parent order, as --param side=...", 0, 0},
      {"instrument", CLI_TEXT, &a->strategy.instrument, "N",
       "the instrument to trade, counted from 0; 0 by default", 0, 0},
      {"after", CLI_DURATION, &a->after, "TIME",
       "market time to measure after the order's end, 2m by default", 0, 0},
      {"points", CLI_INT, &a->points, "N", "number of points of the path, 20 by default", 1,
       HFT_IMPACT_POINTS_MAX},
      {"episodes", CLI_INT, &a->episodes, "N", "number of worlds, 100 by default", 1, EPISODES_MAX},
      {"seed", CLI_SEED, &a->seed, "S", "world i has seed S + i; 0 by default", 0, 0},
      {"config", CLI_TEXT, &a->config, "C", "config file or name of a preset", 0, 0},
      {"set", CLI_REPEAT, &a->overrides, "PATH=VALUE", "override a key of the config", 0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim impact [options]",
      .about =
          "Measures the market impact of a parent order, which a strategy of the kind execution "
          "trades. Each world is forked just before the order begins and runs on twice with the "
          "same random numbers: with the order and without it. Prints the mean difference of the "
          "mids, in bps of the arrival mid and positive in the order's direction, with 95% "
          "confidence intervals over the worlds (bootstrap). What is left of the order at its end "
          "is closed at once.",
      .examples =
          "  hftsim impact\n"
          "  hftsim impact --quantity 1000 --side sell --episodes 500\n"
          "  hftsim impact --strategy vwap --param style=aggressive --after 10m --json\n",
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

// ---- measuring -------------------------------------------------------------------------------

static bool goes_on(void *context) {
  (void)context;
  return !cli_stopped();
}

// Runs all worlds, into values[point][world] and shares[point], which are sums over the worlds.
static hft_status run_worlds(report *r, hft_market *with, hft_market *without,
                             hft_impact_path *path, double *values, double *shares,
                             hft_error *error) {
  int64_t worlds = r->arguments->episodes;
  cli_progress bar;
  cli_progress_start(&bar, "impact");
  const hft_interrupt interrupt = {goes_on, NULL};
  for (int64_t i = 0; i < worlds; i++) {
    if (cli_stopped() ||
        hft_impact_run(r->plan, &r->options, with, without, r->arguments->seed + (uint64_t)i,
                       &interrupt, path) != HFT_OK) {
      cli_progress_stop(&bar);
      return hft_fail(error, HFT_EINTR, "impact", "interrupted");
    }
    for (int k = 0; k <= r->options.points; k++) {
      values[k * worlds + i] = path->impact_bps[k];
      shares[k] += path->executed[k];
    }
    const hft_closing *end = &path->closing;
    r->closed += (double)(end->traded + end->transferred + end->unfilled) / (double)worlds;
    r->unfilled += (double)end->unfilled / (double)worlds;
    cli_progress_update(&bar, (double)(i + 1) / (double)worlds);
  }
  return HFT_OK;
}

static hft_status summarise(report *r, const double *values, const double *shares,
                            hft_error *error) {
  size_t worlds = (size_t)r->arguments->episodes;
  for (int k = 0; k <= r->options.points; k++) {
    const double *of_point = values + (size_t)k * worlds;
    hft_moments moments = {0};
    for (size_t i = 0; i < worlds; i++) hft_moments_add(&moments, of_point[i]);
    point *p = &r->point[k];
    p->time_s = (double)hft_impact_time(r->plan, &r->options, k) / (double)HFT_SECOND;
    p->executed = shares[k] / (double)worlds;
    p->impact_bps = moments.mean;
    hft_rng rng = hft_rng_stream(r->arguments->seed, (uint32_t)k, STREAM_BOOTSTRAP);
    hft_status status = hft_bootstrap_mean(of_point, worlds, CONFIDENCE, &rng, &p->interval);
    if (status != HFT_OK) return hft_fail(error, status, "impact", "out of memory");
  }
  return HFT_OK;
}

static hft_status measure(report *r, hft_error *error) {
  size_t size = hft_align(hft_market_size(r->plan->model));
  size_t points = (size_t)r->options.points + 1;
  void *memory[2] = {aligned_alloc(HFT_CACHE_LINE, size), aligned_alloc(HFT_CACHE_LINE, size)};
  double *values = calloc(points * (size_t)r->arguments->episodes, sizeof *values);
  double *shares = calloc(points, sizeof *shares);
  hft_impact_path *path = malloc(sizeof *path);
  hft_status status = HFT_OK;
  if (memory[0] == NULL || memory[1] == NULL || values == NULL || shares == NULL || path == NULL) {
    status = hft_fail(error, HFT_ENOMEM, "impact", "out of memory");
  } else {
    hft_market *market[2];
    for (int i = 0; i < 2; i++) {
      hft_status made = hft_market_init(r->plan->model, memory[i], size, &market[i]);
      HFT_CHECK(made == HFT_OK);
    }
    status = run_worlds(r, market[0], market[1], path, values, shares, error);
    if (status == HFT_OK) status = summarise(r, values, shares, error);
  }
  free(path);
  free(shares);
  free(values);
  free(memory[1]);
  free(memory[0]);
  return status;
}

// ---- printing --------------------------------------------------------------------------------

static const char *side_name(const report *r) {
  return r->plan->sign > 0 ? "buy" : "sell";
}

static int print_table(const report *r) {
  printf("%s, %s %" PRId64 " lots in %.6g s; %" PRId64 " %s, seeds from %" PRIu64 "\n\n",
         r->plan->strategy->section->name, side_name(r), r->plan->quantity,
         (double)(r->plan->end - r->plan->start) / (double)HFT_SECOND, r->arguments->episodes,
         r->arguments->episodes == 1 ? "world" : "worlds", r->arguments->seed);
  printf("%10s %10s %12s %12s %12s\n", "time s", "executed", "impact bps", "95% low", "95% high");
  for (int k = 0; k <= r->options.points; k++) {
    const point *p = &r->point[k];
    printf("%10.3f %9.1f%% %12.4f %12.4f %12.4f\n", p->time_s, cli_shown(100 * p->executed, 1),
           cli_shown(p->impact_bps, 4), cli_shown(p->interval.low, 4),
           cli_shown(p->interval.high, 4));
  }
  printf("\nclosed at the order's end: %.6g lots, %.6g of them beyond the book\n", r->closed,
         r->unfilled);
  return cli_end_output();
}

static int print_json(const report *r) {
  json_t *path = json_array();
  for (int k = 0; k <= r->options.points; k++) {
    const point *p = &r->point[k];
    json_array_append_new(
        path,
        json_pack("{s:f, s:f, s:f, s:o, s:o}", "time_s", p->time_s, "executed", p->executed,
                  "impact_bps", p->impact_bps + 0.0, "ci_low", hft_json_number(p->interval.low),
                  "ci_high", hft_json_number(p->interval.high)));
  }
  return cli_print_json(json_pack("{s:s, s:s, s:I, s:f, s:f, s:f, s:I, s:s, s:s, s:o}", "strategy",
                                  r->plan->strategy->section->name, "side", side_name(r),
                                  "quantity", (json_int_t)r->plan->quantity, "horizon_s",
                                  (double)(r->plan->end - r->plan->start) / (double)HFT_SECOND,
                                  "fill_ratio", 1 - r->closed / (double)r->plan->quantity,
                                  "unfilled_lots", r->unfilled, "episodes",
                                  (json_int_t)r->arguments->episodes, "version", hft_version,
                                  "revision", hft_revision, "path", path));
}

static int run_and_print(const arguments *a, const hft_episode_plan *plan) {
  report *r = calloc(1, sizeof *r);
  hft_error error = {HFT_ENOMEM, "impact", "out of memory"};
  if (r == NULL) return cli_fail(&error);
  r->arguments = a;
  r->plan = plan;
  r->options = (hft_impact_options){(int)a->points, a->after};
  int code;
  if (hft_impact_check(plan, &r->options, &error) != HFT_OK || measure(r, &error) != HFT_OK) {
    code = cli_fail(&error);
  } else {
    code = a->json ? print_json(r) : print_table(r);
  }
  free(r);
  return code;
}

static int plan_and_run(const arguments *a, const hft_config *config,
                        const hft_agent_class *strategy, const void *params, int instrument) {
  const hft_episode_spec spec = {config, hft_catalog_classes, hft_catalog_class_count, strategy,
                                 params, instrument};
  hft_error error;
  hft_episode_plan *plan = NULL;
  if (hft_episode_plan_create(&spec, &plan, &error) != HFT_OK) return cli_fail(&error);
  int code = run_and_print(a, plan);
  hft_episode_plan_free(plan);
  return code;
}

// Prints an error that names the strategies that impact can measure if this is none of them.
static bool is_execution(const hft_agent_class *strategy) {
  if (hft_baseline_kind_of(strategy) == HFT_BASELINE_EXECUTION) return true;
  char names[256];
  cli_strategy_names(HFT_BASELINE_EXECUTION, names, sizeof names);
  char *last = strrchr(names, ',');
  fprintf(stderr, "hftsim: --strategy: impact needs an execution strategy: %.*s%s%s; '%s' is not\n",
          last != NULL ? (int)(last - names) : (int)strlen(names), names, last != NULL ? " or" : "",
          last != NULL ? last + 1 : "", strategy->section->name);
  return false;
}

int cmd_impact(int argc, char **argv) {
  arguments a = {
      .strategy = {.name = "twap"}, .episodes = 100, .points = 20, .after = 120 * HFT_SECOND};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  const hft_agent_class *strategy = cli_strategy_find(a.strategy.name);
  if (strategy == NULL || !is_execution(strategy)) return CLI_USAGE;
  hft_error error;
  cli_stop_install();
  hft_config *config = NULL;
  if (cli_load_config(a.config, &a.overrides, &config, &error) != HFT_OK) return cli_fail(&error);
  cli_note_seats(config);
  int instrument;
  void *params;
  if (cli_strategy_instrument(&a.strategy, config, false, &instrument, &error) != HFT_OK ||
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
