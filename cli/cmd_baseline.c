// hftsim baseline: runs episodes of strategies that do not learn and prints their metrics.
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baselines/classes.h"
#include "cli/baseline.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/setup.h"
#include "cli/stop.h"

#define EPISODES 100

// ---- the command line --------------------------------------------------------------------------

// "the strategy: twap, vwap (execution); ...".
static void describe_strategies(char *text, size_t size) {
  size_t length = (size_t)snprintf(text, size, "the strategies, of:");
  for (int i = 0; i < HFT_BASELINE_KIND_COUNT && length < size; i++) {
    hft_baseline_kind kind = cli_strategy_kind(i);
    char names[256];
    cli_strategy_names(kind, names, sizeof names);
    length += (size_t)snprintf(text + length, size - length, "%s %s (%s)", i > 0 ? ";" : "", names,
                               hft_baseline_kind_name(kind));
  }
  if (length < size) snprintf(text + length, size - length, ". --list describes them");
}

static const char about[] =
    "Runs episodes of strategies that do not learn and prints their metrics: means over the "
    "episodes with 95% confidence intervals (bootstrap). The strategies trade on the same book as "
    "the populations and agents of the config; several of them each alone in the same worlds, or "
    "all in one market. P&L, shortfall and slippage are net of fees. What an "
    "execution has left at the end is closed at once. A recorded flow opens each episode at a "
    "moment of its own, unless the config says where. Results depend on the config and the seed, "
    "not on the number of threads.";

static const char examples[] =
    "  hftsim baseline --list\n"
    "  hftsim baseline --strategy twap --quantity 500 --side sell\n"
    "  hftsim baseline --strategy twap,vwap --side both --seeds test:500\n"
    "  hftsim baseline --strategy twap,vwap --param vwap.style=aggressive --together\n"
    "  hftsim baseline --strategy vwap --param 'profile=[2, 1, 1, 2]' --episodes 1000\n"
    "  hftsim baseline --strategy avellaneda-stoikov --param gamma=0.01 --json\n"
    "  hftsim baseline --strategy momentum --set market_config.instruments=2 --instrument all\n"
    "  hftsim baseline --strategy twap --config ou --horizon 2m --out twap_ou --series\n";

static bool parse(int argc, char **argv, cli_baseline_options *a, int *exit_code) {
  char strategies[1400];
  describe_strategies(strategies, sizeof strategies);
  const cli_option options[] = {
      {"strategy", CLI_TEXT, &a->strategy.name, "S[,S...]", strategies, 0, 0},
      {"list", CLI_FLAG, &a->list, NULL, "list the strategies and their keys", 0, 0},
      {"param", CLI_REPEAT, &a->strategy.params, "KEY=VALUE",
       "set a key of all strategies that have it; of one: NAME.KEY=VALUE", 0, 0},
      {"quantity", CLI_INT, &a->strategy.quantity, "LOTS",
       "size of the parent orders, as --param quantity=LOTS", 1, 1000000000},
      {"side", CLI_TEXT, &a->strategy.side, "buy|sell|both",
       "side of the parent orders, as --param side=...; both: each world with buys and with sells, "
       "averaged",
       0, 0},
      {"horizon", CLI_DURATION, &a->strategy.horizon, "TIME",
       "how long the strategies trade, as --param horizon_s=...: 300, 90s, 5m", 0, 0},
      {"instrument", CLI_TEXT, &a->strategy.instrument, "N|all",
       "the instrument to trade, counted from 0; 0 by default; all: a strategy at each", 0, 0},
      {"together", CLI_FLAG, &a->together, NULL,
       "all strategies in one market, against each other; else each alone in the same worlds", 0,
       0},
      {"episodes", CLI_INT, &a->episodes, "N", "number of episodes, 100 by default", 1,
       HFT_EPISODES_MAX},
      {"seed", CLI_SEED, &a->seed, "S",
       "episode i is the world of seed S + i; 0 by default; test, test:40: of that range", 0, 0,
       &a->seed_given},
      {"seeds", CLI_TEXT, &a->seeds_text, "A:B",
       "the episodes are the worlds A to B - 1; test:500, validation:N, train:N: the first of that "
       "range",
       0, 0},
      {"estimate", CLI_INT, &a->estimate, "N",
       "estimate keys of the strategies that no --param sets from N earlier episodes without them",
       1, HFT_EPISODES_MAX},
      {"config", CLI_TEXT, &a->config, "C", "config file or name of a preset", 0, 0},
      {"set", CLI_REPEAT, &a->overrides, "PATH=VALUE", "override a key of the config", 0, 0},
      {"threads", CLI_INT, &a->threads, "T", "number of threads; 0: one for each processor", 0,
       HFT_RUNNER_THREADS_MAX},
      {"out", CLI_TEXT, &a->out, "DIR", "write the results to this folder, which must not exist", 0,
       0},
      {"name", CLI_TEXT, &a->name, "NAME", "write the results to results/<UTC time>-NAME", 0, 0},
      {"series", CLI_FLAG, &a->series, NULL,
       "with the account after each step and the fills; runs the episodes again", 0, 0},
      {"json", CLI_FLAG, &a->json, NULL, "print JSON instead of a table", 0, 0},
  };
  const cli_usage usage = {
      .synopsis = "hftsim baseline --strategy S[,S...] [options]",
      .about = about,
      .examples = examples,
      .options = options,
      .option_count = sizeof options / sizeof options[0],
  };
  return cli_parse(&usage, argc, argv, NULL, exit_code);
}

// `both` is no side of the strategies: their runs have one each.
static hft_status read_side(cli_baseline_options *a, hft_error *error) {
  const char *side = a->strategy.side;
  if (side == NULL || strcmp(side, "buy") == 0 || strcmp(side, "sell") == 0) return HFT_OK;
  if (strcmp(side, "both") != 0) {
    return hft_fail(error, HFT_EINVAL, "--side", "'%s' is not one of buy|sell|both", side);
  }
  a->both = true;
  a->strategy.side = NULL;
  for (int i = 0; i < a->strategy.params.count; i++) {
    const char *item = a->strategy.params.item[i];
    const char *key = item + strcspn(item, ".:=");
    key = *key == '.' || *key == ':' ? key + 1 : item;
    if (strncmp(key, "side=", 5) != 0) continue;
    return hft_fail(error, HFT_EINVAL, "--param", "'%s' contradicts --side both; give one of them",
                    item);
  }
  return HFT_OK;
}

// ---- the run -----------------------------------------------------------------------------------

// Prints the results, after they have been written to the run folder, if there is one.
static int report(const cli_baseline *run, hft_results *results) {
  hft_error error = {HFT_ENOMEM, "json", "out of memory"};
  json_t *json = run->options->json || results != NULL ? cli_baseline_json(run) : NULL;
  int code = CLI_OK;
  if (results != NULL) {
    hft_status status =
        json != NULL ? cli_baseline_folder_end(run, results, json, &error) : HFT_ENOMEM;
    if (status != HFT_OK) {
      code = cli_fail(&error);
    } else {
      fprintf(stderr, "hftsim: results in %s\n", hft_results_path(results));
    }
  }
  int printed = run->options->json ? cli_print_json(json) : cli_baseline_print(run);
  if (!run->options->json) json_decref(json);
  if (code == CLI_OK) code = printed;
  return code == CLI_OK && run->interrupted ? CLI_INTERRUPTED : code;
}

static int run_and_print(cli_baseline *run) {
  hft_error error;
  hft_results *results = NULL;
  int code;
  hft_status status = cli_baseline_folder_begin(run, &results, &error);
  if (status == HFT_OK) status = cli_baseline_run_episodes(run, &error);
  if (status == HFT_OK) status = cli_baseline_summarise(run, &error);
  if (status != HFT_OK) {
    code = cli_fail(&error);
  } else {
    cli_baseline_write_notes(run);
    code = report(run, results);
  }
  hft_results_free(results);
  hft_scores_free(&run->scores);
  free(run->summary);
  return code;
}

static int plan_and_run(const cli_baseline_options *a, const hft_config *config,
                        cli_contestants *contestants, int instrument) {
  hft_error error = {HFT_ENOMEM, "baseline", "out of memory"};
  cli_baseline *run = calloc(1, sizeof *run);
  if (run == NULL) return cli_fail(&error);
  *run = (cli_baseline){.options = a, .config = config, .dependence = -1};
  hft_status status = cli_baseline_prepare(run, contestants, instrument, &error);
  int code;
  if (status == HFT_OK) {
    code = run_and_print(run);
  } else {
    code = cli_fail(&error);
    if (status == HFT_EINVAL) code = CLI_USAGE;
  }
  hft_contest_free(run->contest);
  free(run);
  return code;
}

// Config, instrument and keys of the strategies; then the run.
static int set_up(const cli_baseline_options *a, cli_contestants *contestants) {
  hft_error error;
  hft_config *config = NULL;
  if (cli_load_config(a->config, &a->overrides, &config, &error) != HFT_OK) return cli_fail(&error);
  cli_note_seats(config);
  int instrument, code;
  if (cli_strategy_instrument(&a->strategy, config, true, &instrument, &error) != HFT_OK ||
      cli_contestants_defaults(contestants, &error) != HFT_OK ||
      cli_contestants_set(&a->strategy, contestants, &error) != HFT_OK) {
    cli_fail(&error);
    code = error.status == HFT_ENOMEM ? CLI_FAILED : CLI_USAGE;
  } else if (cli_draw_windows(config, &error) != HFT_OK) {
    code = cli_fail(&error);
  } else {
    code = plan_and_run(a, config, contestants, instrument);
  }
  cli_contestants_free(contestants);
  hft_config_free(config);
  return code;
}

int cmd_baseline(int argc, char **argv) {
  cli_baseline_options a = {.command = "baseline", .argc = argc, .argv = argv};
  int exit_code;
  if (!parse(argc, argv, &a, &exit_code)) return exit_code;
  const char *name = a.strategy.name;
  if (a.list || (name != NULL && strcmp(name, "list") == 0)) return cli_baseline_list(a.json);
  cli_contestants contestants;
  if (!cli_contestants_find(name, &contestants)) return CLI_USAGE;
  hft_error error;
  if (cli_baseline_seeds(&a, EPISODES, &error) != HFT_OK || read_side(&a, &error) != HFT_OK ||
      cli_baseline_check_folder(&a, &error) != HFT_OK) {
    cli_fail(&error);
    return CLI_USAGE;
  }
  cli_stop_install();
  return set_up(&a, &contestants);
}
