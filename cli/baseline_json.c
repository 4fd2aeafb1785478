// The results of hftsim baseline as JSON.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/baseline.h"
#include "cli/output.h"
#include "codec/json.h"
#include "sim/base/hash.h"
#include "sim/base/version.h"

static const hft_episode_plan *plan_of(const cli_baseline *run, int contestant) {
  return run->contest->plan[0][contestant];
}

static json_t *metrics_json(const cli_baseline *run, int contestant, int row) {
  json_t *metrics = json_object();
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    if (!cli_baseline_applies(run, contestant, m)) continue;
    const hft_metric_summary *s = cli_baseline_summary(run, contestant, row, m);
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
static json_t *instruments_json(const cli_baseline *run, int contestant) {
  json_t *list = json_array();
  const hft_episode_plan *plan = plan_of(run, contestant);
  for (int row = 0; row < plan->instrument_count; row++) {
    char symbol[64];
    hft_model_symbol(plan->model, plan->instrument + row, symbol, sizeof symbol);
    json_t *item = json_pack("{s:s}", "symbol", symbol);
    if (plan->instrument_count > 1) {
      json_object_set_new(item, "metrics", metrics_json(run, contestant, row));
    }
    json_array_append_new(list, item);
  }
  return list;
}

json_t *cli_baseline_params_json(const cli_baseline *run, int contestant) {
  const hft_episode_plan *plan = plan_of(run, contestant);
  const hft_section *section = plan->strategy->section;
  bool paired = hft_contest_paired(run->contest, contestant);
  json_t *params = json_object();
  for (int k = 0; k < section->key_count; k++) {
    const hft_key *key = &section->keys[k];
    bool both = paired && key->offset == plan->strategy->key.side.offset;
    json_object_set_new(params, key->name,
                        both ? json_string("both") : cli_key_json(key, plan->params));
  }
  return params;
}

// What pairs of sides do for each metric; null where the strategy has none.
static json_t *pairs_json(const cli_baseline *run, int contestant) {
  if (!hft_contest_paired(run->contest, contestant)) return json_null();
  json_t *pairs = json_object();
  for (int m = 0; m < HFT_METRIC_COUNT; m++) {
    if (!cli_baseline_applies(run, contestant, m)) continue;
    const hft_pairing *pairing = &run->scores.pairing[contestant][m];
    json_object_set_new(
        pairs, hft_metric_table[m].name,
        json_pack("{s:o, s:o}", "correlation", hft_json_number(pairing->correlation),
                  "variance_saved", hft_json_number(pairing->saved)));
  }
  return pairs;
}

// Figures of the P&L over the episodes.
static json_t *aggregates_json(const cli_baseline *run, int contestant) {
  const char *own = hft_metric_table[HFT_METRIC_PNL].unit;
  json_t *all = json_pack("{s:s}", "metric", hft_metric_table[HFT_METRIC_PNL].name);
  for (int a = 0; a < HFT_AGGREGATE_COUNT; a++) {
    const hft_aggregate_info *info = &hft_aggregate_table[a];
    const hft_estimate *found = &run->aggregate[contestant][a];
    json_object_set_new(
        all, info->name,
        json_pack("{s:o, s:o, s:o, s:s, s:I}", "value", hft_json_number(found->value), "ci_low",
                  hft_json_number(found->interval.low), "ci_high",
                  hft_json_number(found->interval.high), "unit",
                  info->unit[0] != '\0' ? info->unit : own, "episodes", (json_int_t)found->count));
  }
  return all;
}

// The lots that a strategy traded with each other one, a mean per episode.
static json_t *lots_json(const cli_baseline *run, int contestant) {
  const hft_contest *contest = run->contest;
  double episodes = (double)run->scores.episodes * contest->sides;
  json_t *lots = json_object();
  for (int k = 0; k < contest->contestants + 2; k++) {
    const char *name = k < contest->contestants    ? contest->name[k]
                       : k == contest->contestants ? "others"
                                                   : "exchange";
    json_object_set_new(lots, name, json_real((double)run->scores.lots[contestant][k] / episodes));
  }
  return lots;
}

// What strategies do in one market; null where each has its own.
static json_t *group_json(const cli_baseline *run) {
  if (run->scores.group == NULL) return json_null();
  json_t *group = json_object(), *lots = json_object();
  for (int k = 0; k < HFT_GROUP_COUNT; k++) {
    const hft_metric_summary *s = &run->group[k];
    json_object_set_new(
        group, hft_group_names[k],
        json_pack("{s:o, s:o, s:o, s:o, s:i}", "mean", hft_json_number(s->mean), "ci_low",
                  hft_json_number(s->interval.low), "ci_high", hft_json_number(s->interval.high),
                  "sd", hft_json_number(s->sd), "episodes", (int)s->count));
  }
  for (int c = 0; c < run->contest->contestants; c++) {
    json_object_set_new(lots, run->contest->name[c], lots_json(run, c));
  }
  json_object_set_new(group, "lots", lots);
  return group;
}

// What is said of a strategy.
static json_t *strategy_json(const cli_baseline *run, int contestant) {
  const hft_episode_plan *plan = plan_of(run, contestant);
  double length_s = (double)(plan->end - plan->start) / (double)HFT_SECOND;
  return json_pack("{s:s, s:s, s:s, s:f, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
                   run->contest->name[contestant], "strategy", plan->strategy->section->name,
                   "kind", hft_baseline_kind_name(plan->kind), "episode_s", length_s, "metrics",
                   metrics_json(run, contestant, cli_baseline_main_row(run)), "instruments",
                   instruments_json(run, contestant), "params",
                   cli_baseline_params_json(run, contestant), "estimated",
                   cli_estimate_json(&run->estimate[contestant], plan->strategy), "pairs",
                   pairs_json(run, contestant), "aggregates", aggregates_json(run, contestant));
}

static json_t *notes_json(const cli_baseline *run) {
  json_t *notes = json_array();
  for (int i = 0; i < run->note_count; i++) {
    json_array_append_new(notes, json_string(run->note[i]));
  }
  return notes;
}

// What is said of the run.
static json_t *run_json(const cli_baseline *run) {
  char *effective = hft_config_print(run->config, 0);
  if (effective == NULL) return NULL;
  char hash[17];
  snprintf(hash, sizeof hash, "%016" PRIx64,
           hft_hash_bytes(HFT_HASH_START, effective, strlen(effective)));
  free(effective);
  const cli_baseline_options *a = run->options;
  double worlds = hft_model_worlds(plan_of(run, 0)->model);
  return json_pack("{s:I, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:b, s:o}", "episodes",
                   (json_int_t)run->scores.episodes, "seed", hft_json_seed(a->seed), "config_hash",
                   hash, "version", hft_version, "revision", hft_revision, "worlds",
                   isfinite(worlds) ? json_real(worlds) : json_null(), "note",
                   run->dependence >= 0 ? json_string(run->note[run->dependence]) : json_null(),
                   "notes", notes_json(run), "together", (int)a->together, "interrupted",
                   (int)run->interrupted, "group", group_json(run));
}

json_t *cli_baseline_json(const cli_baseline *run) {
  json_t *all = run_json(run);
  if (all == NULL) return NULL;
  if (run->contest->contestants == 1) {
    json_t *one = strategy_json(run, 0);
    if (one == NULL || json_object_update(one, all) != 0) {
      json_decref(one);
      one = NULL;
    }
    json_decref(all);
    return one;
  }
  json_t *list = json_array();
  for (int c = 0; c < run->contest->contestants; c++) {
    json_array_append_new(list, strategy_json(run, c));
  }
  json_object_set_new(all, "strategies", list);
  return all;
}
