// The results of hftsim baseline as text.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/baseline.h"
#include "cli/output.h"

#define VALUE_SIZE 512  // of a printed key: room for a list of 32 numbers

static const hft_episode_plan *plan_of(const cli_baseline *run, int contestant) {
  return run->contest->plan[0][contestant];
}

static double seconds(hft_time time) {
  return (double)time / (double)HFT_SECOND;
}

static void print_number(double value, int width) {
  if (isnan(value)) {
    printf(" %*s", width, "-");
  } else {
    printf(" %*.4f", width, cli_shown(value, 4));
  }
}

// ---- the heading -------------------------------------------------------------------------------

static void print_strategy(const cli_baseline *run, int contestant) {
  const hft_episode_plan *plan = plan_of(run, contestant);
  const hft_section *section = plan->strategy->section;
  bool paired = hft_contest_paired(run->contest, contestant);
  printf("%s: %s\n", run->contest->name[contestant], section->help);
  for (int k = 0; k < section->key_count; k++) {
    const hft_key *key = &section->keys[k];
    char value[VALUE_SIZE];
    hft_key_print(key, plan->params, value, sizeof value);
    if (paired && key->offset == plan->strategy->key.side.offset) {
      snprintf(value, sizeof value, "both");
    }
    printf("%s%s=%s", k > 0 ? " " : "", key->name, value);
  }
  if (section->key_count > 0) printf("\n");
  cli_estimate_print(&run->estimate[contestant], plan->strategy);
}

static bool one_span(const cli_baseline *run) {
  const hft_episode_plan *first = plan_of(run, 0);
  for (int c = 1; c < run->contest->contestants; c++) {
    const hft_episode_plan *plan = plan_of(run, c);
    if (plan->start != first->start || plan->end != first->end) return false;
  }
  return true;
}

static void print_episodes(const cli_baseline *run) {
  const hft_episode_plan *plan = plan_of(run, 0);
  const cli_baseline_options *a = run->options;
  int count = run->scores.episodes;
  if (run->interrupted) {
    printf("%d of %" PRId64 " episodes, those that were complete,", count, a->episodes);
  } else {
    printf("%d %s", count, count == 1 ? "episode" : "episodes");
  }
  if (one_span(run)) {
    printf(" of %.6g s after %.6g s of warm-up", seconds(plan->end - plan->start),
           seconds(plan->start));
  }
  printf(", seeds from %" PRIu64 "\n", a->seed);
  double worlds = hft_model_worlds(plan->model);
  if (isfinite(worlds) && worlds > 1) {
    printf("windows of a record that has room for %.1f of them\n", worlds);
  }
}

static void print_pairs(const cli_baseline *run) {
  if (run->contest->sides == 1) return;
  printf("each world once bought and once sold, averaged\n");
  for (int c = 0; c < run->contest->contestants; c++) {
    hft_metric metric = cli_baseline_first_metric(run, c);
    double saved = run->scores.pairing[c][metric].saved;
    bool has_side = plan_of(run, c)->sign != 0;
    if (!has_side || !hft_contest_paired(run->contest, c) || isnan(saved)) continue;
    printf("of %s, pairs save %.1f%% of the variance of the mean %s\n", run->contest->name[c],
           cli_shown(100 * saved, 1), hft_metric_table[metric].name);
  }
}

static void print_symbol(const cli_baseline *run, int row) {
  const hft_episode_plan *plan = plan_of(run, 0);
  char symbol[64];
  hft_model_symbol(plan->model, plan->instrument + row, symbol, sizeof symbol);
  printf("%-20s", symbol);
}

static void print_heading(const cli_baseline *run) {
  const hft_contest *contest = run->contest;
  for (int c = 0; c < contest->contestants; c++) print_strategy(run, c);
  print_episodes(run);
  if (contest->contestants > 1) {
    printf("%s\n", run->options->together ? "all strategies in one market, against each other"
                                          : "each strategy alone in the same worlds");
  }
  print_pairs(run);
  const hft_episode_plan *plan = plan_of(run, 0);
  if (plan->instrument_count > 1) {
    printf("a strategy at each of %d instruments; the metrics of the total:\n",
           plan->instrument_count);
  } else if (hft_model_instrument_count(plan->model) > 1) {
    printf("instrument ");
    print_symbol(run, 0);
    printf("\n");
  }
}

// ---- the metrics -------------------------------------------------------------------------------

enum { NAME_COLUMN = 23, VALUE_COLUMN = 12 };

static void print_metrics(const cli_baseline *run) {
  static const char *const heading[] = {"mean", "95% low", "95% high", "sd", "median"};
  printf("\n%-*s", NAME_COLUMN, "metric");
  for (size_t i = 0; i < sizeof heading / sizeof heading[0]; i++) {
    printf(" %*s", VALUE_COLUMN, heading[i]);
  }
  printf("  unit\n");
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    if (!cli_baseline_applies(run, 0, m)) continue;
    const hft_metric_summary *s = cli_baseline_summary(run, 0, cli_baseline_main_row(run), m);
    printf("%-*s", NAME_COLUMN, hft_metric_table[m].name);
    print_number(s->mean, VALUE_COLUMN);
    print_number(s->interval.low, VALUE_COLUMN);
    print_number(s->interval.high, VALUE_COLUMN);
    print_number(s->sd, VALUE_COLUMN);
    print_number(s->median, VALUE_COLUMN);
    printf("  %s\n", hft_metric_table[m].unit);
  }
}

// Of several strategies: blocks of metrics, two side by side, a line for each strategy that has one
// of them.
enum { BLOCKS = 2, WIDTH = 11, BLOCK_WIDTH = 3 * (WIDTH + 1) };

static void print_blocks(const cli_baseline *run, const int *metric, int count) {
  printf("\n%-20s", "");
  for (int i = 0; i < count; i++) {
    const hft_metric_info *info = &hft_metric_table[metric[i]];
    bool has_unit = strcmp(info->unit, "1") != 0;
    char title[96];
    snprintf(title, sizeof title, "%s%s%s", info->name, has_unit ? ", " : "",
             has_unit ? info->unit : "");
    printf("%s%*s", i > 0 ? "  " : "", BLOCK_WIDTH, title);
  }
  printf("\n%-20s", "strategy");
  for (int i = 0; i < count; i++) {
    printf("%s %*s %*s %*s", i > 0 ? "  " : "", WIDTH, "mean", WIDTH, "95% low", WIDTH, "95% high");
  }
  printf("\n");
  for (int c = 0; c < run->contest->contestants; c++) {
    bool applies = false;
    for (int i = 0; i < count; i++) applies = applies || cli_baseline_applies(run, c, metric[i]);
    if (!applies) continue;
    printf("%-20s", run->contest->name[c]);
    for (int i = 0; i < count; i++) {
      const hft_metric_summary *s =
          cli_baseline_summary(run, c, cli_baseline_main_row(run), metric[i]);
      printf("%s", i > 0 ? "  " : "");
      print_number(s->mean, WIDTH);
      print_number(s->interval.low, WIDTH);
      print_number(s->interval.high, WIDTH);
    }
    printf("\n");
  }
}

static void print_comparison(const cli_baseline *run) {
  int metric[BLOCKS], count = 0;
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    bool applies = false;
    for (int c = 0; c < run->contest->contestants; c++) {
      applies = applies || cli_baseline_applies(run, c, m);
    }
    if (!applies) continue;
    metric[count++] = m;
    if (count < BLOCKS) continue;
    print_blocks(run, metric, count);
    count = 0;
  }
  if (count > 0) print_blocks(run, metric, count);
}

// Figures of the P&L over the episodes.
static void print_aggregates(const cli_baseline *run, int contestant) {
  const char *unit = hft_metric_table[HFT_METRIC_PNL].unit;
  const char *title = "over the episodes, pnl";
  if (run->contest->contestants > 1) {
    printf("\n%s of %s", title, run->contest->name[contestant]);
    title = "";
  }
  printf("\n%-*s %*s %*s %*s  unit\n", NAME_COLUMN, title, VALUE_COLUMN, "value", VALUE_COLUMN,
         "95% low", VALUE_COLUMN, "95% high");
  for (int a = 0; a < HFT_AGGREGATE_COUNT; a++) {
    const hft_aggregate_info *info = &hft_aggregate_table[a];
    const hft_estimate *found = &run->aggregate[contestant][a];
    printf("  %-*s", NAME_COLUMN - 2, info->name);
    print_number(found->value, VALUE_COLUMN);
    print_number(found->interval.low, VALUE_COLUMN);
    print_number(found->interval.high, VALUE_COLUMN);
    printf("  %s\n", info->unit[0] != '\0' ? info->unit : unit);
  }
}

// Of strategies in one market: how they trade with each other.
static void print_group(const cli_baseline *run) {
  if (run->scores.group == NULL) return;
  const hft_contest *contest = run->contest;
  int count = contest->contestants;
  printf("\n%-*s %*s %*s %*s\n", NAME_COLUMN, "in one market", VALUE_COLUMN, "mean", VALUE_COLUMN,
         "95% low", VALUE_COLUMN, "95% high");
  for (int k = 0; k < HFT_GROUP_COUNT; k++) {
    printf("%-*s", NAME_COLUMN, hft_group_names[k]);
    print_number(run->group[k].mean, VALUE_COLUMN);
    print_number(run->group[k].interval.low, VALUE_COLUMN);
    print_number(run->group[k].interval.high, VALUE_COLUMN);
    printf("\n");
  }
  printf("\n%-*s", NAME_COLUMN, "lots per episode, with");
  for (int k = 0; k < count; k++) printf(" %*.*s", VALUE_COLUMN, VALUE_COLUMN, contest->name[k]);
  printf(" %*s %*s\n", VALUE_COLUMN, "others", VALUE_COLUMN, "exchange");
  for (int c = 0; c < count; c++) {
    printf("%-*.*s", NAME_COLUMN, NAME_COLUMN, contest->name[c]);
    for (int k = 0; k < count + 2; k++) {
      double episodes = (double)run->scores.episodes * contest->sides;
      printf(" %*.1f", VALUE_COLUMN, (double)run->scores.lots[c][k] / episodes);
    }
    printf("\n");
  }
}

// The means at each of several instruments.
static void print_instruments(const cli_baseline *run, int contestant) {
  static const int shown[] = {HFT_METRIC_PNL, HFT_METRIC_FEES, HFT_METRIC_TRADED,
                              HFT_METRIC_SHORTFALL, HFT_METRIC_FILL_RATIO};
  enum { SHOWN = sizeof shown / sizeof shown[0] };
  if (run->contest->contestants > 1) printf("\n%s", run->contest->name[contestant]);
  printf("\n%-20s", "means by instrument");
  for (int i = 0; i < SHOWN; i++) {
    if (cli_baseline_applies(run, contestant, shown[i])) {
      printf(" %13s", hft_metric_table[shown[i]].name);
    }
  }
  printf("\n");
  for (int row = 0; row < plan_of(run, contestant)->instrument_count; row++) {
    print_symbol(run, row);
    for (int i = 0; i < SHOWN; i++) {
      if (!cli_baseline_applies(run, contestant, shown[i])) continue;
      print_number(cli_baseline_summary(run, contestant, row, shown[i])->mean, 13);
    }
    printf("\n");
  }
}

int cli_baseline_print(const cli_baseline *run) {
  print_heading(run);
  if (run->contest->contestants == 1) {
    print_metrics(run);
  } else {
    print_comparison(run);
  }
  for (int c = 0; c < run->contest->contestants; c++) print_aggregates(run, c);
  print_group(run);
  if (plan_of(run, 0)->instrument_count > 1) {
    for (int c = 0; c < run->contest->contestants; c++) print_instruments(run, c);
  }
  return cli_end_output();
}
