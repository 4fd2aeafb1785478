// hftsim validate: the results as text and as JSON.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cli/options.h"
#include "cli/output.h"
#include "cli/validate.h"
#include "codec/json.h"
#include "sim/base/version.h"

static double seconds(hft_time time) {
  return (double)time / (double)HFT_SECOND;
}

// ---- text ------------------------------------------------------------------------------------

static void print_number(double value) {
  if (isnan(value)) {
    printf(" %10s", "-");
  } else {
    printf(" %10.4f", value);
  }
}

static void print_watched(const char *label, const cli_watched *w) {
  const hft_observed *seen = &w->seen;
  printf("%s: %s; %" PRId64 " events, %.6g s watched, %zu market orders", label, w->name,
         seen->events, seconds(seen->end - seen->begin), seen->sign.count);
  if (seen->left_out > 0) {
    printf("; %" PRId64 " events that contradict the book as known left out", seen->left_out);
  }
  if (seen->window_refusals > 0) {
    printf("; %" PRId64 " orders refused for a price outside the window", seen->window_refusals);
  }
  if (seen->dropped > 0) {
    printf("; %" PRId64 " messages about prices far from the market, or off its tick, left out",
           seen->dropped);
  }
  if (seen->rows > 0) {
    printf("; %" PRId64 " of %" PRId64 " rows as the messages say, %" PRId64
           " levels taken from rows, %" PRId64 " corrected by them",
           seen->rows_equal, seen->rows, seen->levels_in, seen->levels_wrong);
  }
  printf("\n");
}

static void print_range(double low, double high) {
  char range[32] = "-";
  if (!isnan(low)) snprintf(range, sizeof range, "%g .. %g", low, high);
  printf("  %-15s", range);
}

static void print_estimate(const hft_estimate *estimate) {
  print_number(estimate->value);
  print_number(estimate->interval.low);
  print_number(estimate->interval.high);
}

static void print_facts(const cli_validation *v) {
  printf("%-27s %10s %10s %10s  %-15s %-10s %s\n", "fact", "value", "95% low", "95% high",
         "expected", "verdict", "source");
  for (int i = 0; i < CLI_MEASURES; i++) {
    const cli_measure m = cli_validate_market(v, i);
    printf("%c %-25s", v->claimed[i] ? '*' : ' ', m.name);
    print_estimate(&m.estimate);
    print_range(m.low, m.high);
    printf(" %-10s %s\n", hft_verdict_name(m.verdict), m.source);
  }
}

static void print_comparison(const cli_validation *v) {
  printf("\n%-27s %10s %10s %10s %10s %10s %10s  %s\n", "fact", "market", "tape", "95% low",
         "95% high", "W1", "L1", "verdict on the tape");
  for (int i = 0; i < HFT_FACT_COUNT; i++) {
    printf("  %-25s", hft_fact_table[i].name);
    print_number(v->market.facts[i].estimate.value);
    print_estimate(&v->tape.facts[i].estimate);
    print_number(v->distances[i].wasserstein);
    print_number(v->distances[i].l1);
    printf("  %s\n", hft_verdict_name(v->tape.facts[i].verdict));
  }
  printf("\nW1 and L1: distances between the samples behind each fact (docs/validation.md).\n");
}

static void print_dynamics(const cli_validation *v) {
  printf("\n%-27s %10s %10s %10s %10s %10s  %s\n", "dynamics", "market", "tape", "tape, odd",
         "tape, even", "allowed", "verdict");
  for (int i = 0; i < HFT_DYNAMIC_COUNT; i++) {
    double allowed;
    hft_verdict verdict = cli_validate_agrees(v, i, &allowed);
    printf("  %-25s", hft_dynamic_table[i].name);
    print_number(v->market.estimates[i].value);
    print_number(v->tape.estimates[i].value);
    print_number(v->judged.odd[i].value);
    print_number(v->judged.even[i].value);
    print_number(allowed);
    printf("  %s\n", hft_verdict_name(verdict));
  }
}

static void print_score(const char *name, const hft_judge_score *score,
                        const hft_judge_interval *interval, const hft_judge_score *floor) {
  printf("  %-25s", name);
  print_number(score->l1);
  print_number(interval->l1.low);
  print_number(interval->l1.high);
  print_number(floor->l1);
  print_number(score->w1);
  print_number(interval->w1.low);
  print_number(interval->w1.high);
  print_number(floor->w1);
  printf("\n");
}

static void print_scores(const cli_validation *v) {
  const cli_judged *j = &v->judged;
  printf("\n%-27s %10s %10s %10s %10s %10s %10s %10s %10s\n", "score", "L1", "95% low", "95% high",
         "floor", "W1", "95% low", "95% high", "floor");
  for (int i = 0; i < HFT_SCORE_COUNT; i++) {
    print_score(hft_score_table[i].name, &j->scores.score[i], &j->intervals.score[i],
                &j->floor.score[i]);
  }
  const hft_judge_score mean = {j->scores.mean_l1, j->scores.mean_w1};
  const hft_judge_score floor = {j->floor.mean_l1, j->floor.mean_w1};
  print_score("mean of 16", &mean, &j->intervals.mean, &floor);
  printf("\nfloor: the even blocks of the tape against its odd ones, of %.6g s each.\n",
         seconds(v->block));
}

int cli_validate_print_text(const cli_validation *v) {
  print_watched("market", &v->market);
  if (v->has_tape) print_watched("tape", &v->tape);
  if (v->seeds > 1) printf("scores and dynamics: %d seeds from this one on\n", v->seeds);
  printf("samples every %.6g s, after %.6g s of warm-up\n\n", seconds(v->plan.interval),
         seconds(v->plan.warmup));
  print_facts(v);
  if (v->has_tape) {
    print_comparison(v);
    print_dynamics(v);
    print_scores(v);
  }
  int passed = cli_validate_count(v, HFT_VERDICT_PASS);
  int failed = cli_validate_count(v, HFT_VERDICT_FAIL);
  int undecided = cli_validate_count(v, HFT_VERDICT_UNDECIDED);
  printf("\n* claimed: %d pass, %d fail, %d undecided\n", passed, failed, undecided);
  return cli_end_output();
}

// ---- JSON ------------------------------------------------------------------------------------

static json_t *watched_json(const cli_watched *w) {
  const hft_observed *seen = &w->seen;
  return json_pack(
      "{s:s, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "name",
      w->name, "begin_s", seconds(seen->begin), "end_s", seconds(seen->end), "events",
      (json_int_t)seen->events, "left_out", (json_int_t)seen->left_out, "window_refusals",
      (json_int_t)seen->window_refusals, "samples", (json_int_t)seen->mid.count, "market_orders",
      (json_int_t)seen->sign.count, "cancels", (json_int_t)seen->lifetime_s.count, "rows",
      (json_int_t)seen->rows, "rows_equal", (json_int_t)seen->rows_equal, "levels_from_rows",
      (json_int_t)seen->levels_in, "levels_corrected", (json_int_t)seen->levels_wrong, "dropped",
      (json_int_t)seen->dropped, "messages", (json_int_t)w->messages, "messages_left_out",
      (json_int_t)w->left_out);
}

static void set_number(json_t *object, const char *key, double value) {
  json_object_set_new(object, key, hft_json_number(value));
}

static json_t *result_json(const cli_measure *m) {
  const hft_estimate *e = &m->estimate;
  return json_pack("{s:o, s:o, s:o, s:I, s:f, s:s}", "value", hft_json_number(e->value), "ci_low",
                   hft_json_number(e->interval.low), "ci_high", hft_json_number(e->interval.high),
                   "observations", (json_int_t)e->count, "existing", e->existing, "verdict",
                   hft_verdict_name(m->verdict));
}

// The same of the tape, and the distances or how much of a difference is allowed.
static void set_tape(const cli_validation *v, int index, json_t *json) {
  const cli_measure tape = cli_validate_measure(&v->tape, index);
  json_object_set_new(json, "tape", result_json(&tape));
  if (index < HFT_FACT_COUNT) {
    set_number(json, "wasserstein", v->distances[index].wasserstein);
    set_number(json, "l1", v->distances[index].l1);
    return;
  }
  int dynamic = index - HFT_FACT_COUNT;
  double allowed, odd = v->judged.odd[dynamic].value, even = v->judged.even[dynamic].value;
  hft_verdict verdict = cli_validate_agrees(v, dynamic, &allowed);
  set_number(json, "tape_odd", odd);
  set_number(json, "tape_even", even);
  set_number(json, "floor", fabs(odd - even));
  set_number(json, "allowed", allowed);
  json_object_set_new(json, "agrees", json_string(hft_verdict_name(verdict)));
}

static json_t *measure_json(const cli_validation *v, int index) {
  const cli_measure m = cli_validate_market(v, index);
  json_t *json = result_json(&m);
  json_object_set_new(json, "name", json_string(m.name));
  json_object_set_new(json, "claimed", json_boolean(v->claimed[index]));
  set_number(json, "low", m.low);
  set_number(json, "high", m.high);
  set_number(json, "absent", m.absent);
  json_object_set_new(json, "observations_min", json_integer((json_int_t)m.count_min));
  json_object_set_new(json, "unit", json_string(m.unit));
  json_object_set_new(json, "help", json_string(m.help));
  json_object_set_new(json, "source", json_string(m.source));
  json_object_set_new(json, "sample", m.sample != NULL ? json_string(m.sample) : json_null());
  if (v->has_tape) set_tape(v, index, json);
  return json;
}

static void set_interval(json_t *json, const char *low, const char *high,
                         const hft_interval *interval) {
  set_number(json, low, interval->low);
  set_number(json, high, interval->high);
}

static json_t *scores_json(const cli_judged *j) {
  json_t *scores = json_array();
  for (int i = 0; i < HFT_SCORE_COUNT; i++) {
    const hft_score_info *info = &hft_score_table[i];
    json_t *json = json_pack("{s:s, s:s, s:i}", "name", info->name, "help", info->help, "weight",
                             info->weight);
    set_number(json, "l1", j->scores.score[i].l1);
    set_interval(json, "l1_ci_low", "l1_ci_high", &j->intervals.score[i].l1);
    set_number(json, "w1", j->scores.score[i].w1);
    set_interval(json, "w1_ci_low", "w1_ci_high", &j->intervals.score[i].w1);
    set_number(json, "floor_l1", j->floor.score[i].l1);
    set_number(json, "floor_w1", j->floor.score[i].w1);
    json_array_append_new(scores, json);
  }
  return scores;
}

static void set_scores(const cli_validation *v, json_t *json) {
  static const char *const blocks[] = {"all", "odd", "even"};
  const cli_judged *j = &v->judged;
  json_object_set_new(json, "scores", scores_json(j));
  set_number(json, "mean_l1", j->scores.mean_l1);
  set_interval(json, "mean_l1_ci_low", "mean_l1_ci_high", &j->intervals.mean.l1);
  set_number(json, "mean_w1", j->scores.mean_w1);
  set_interval(json, "mean_w1_ci_low", "mean_w1_ci_high", &j->intervals.mean.w1);
  json_object_set_new(json, "floor",
                      json_pack("{s:o, s:o}", "mean_l1", hft_json_number(j->floor.mean_l1),
                                "mean_w1", hft_json_number(j->floor.mean_w1)));
  json_object_set_new(json, "blocks", json_string(blocks[v->blocks]));
  set_number(json, "block_s", seconds(v->block));
  json_object_set_new(json, "resamples", json_integer(HFT_JUDGE_RESAMPLES));
}

int cli_validate_print_json(const cli_validation *v) {
  json_t *facts = json_array();
  for (int i = 0; i < CLI_MEASURES; i++) json_array_append_new(facts, measure_json(v, i));
  json_t *json = json_pack(
      "{s:o, s:o, s:f, s:f, s:o, s:i, s:b, s:i, s:i, s:i, s:o, s:s, s:s}", "market",
      watched_json(&v->market), "tape", v->has_tape ? watched_json(&v->tape) : json_null(),
      "interval_s", seconds(v->plan.interval), "warmup_s", seconds(v->plan.warmup), "seed",
      hft_json_seed(v->seed), "seeds", v->seeds, "ok", cli_validate_count(v, HFT_VERDICT_FAIL) == 0,
      "claimed_pass", cli_validate_count(v, HFT_VERDICT_PASS), "claimed_fail",
      cli_validate_count(v, HFT_VERDICT_FAIL), "claimed_undecided",
      cli_validate_count(v, HFT_VERDICT_UNDECIDED), "facts", facts, "version", hft_version,
      "revision", hft_revision);
  if (v->has_tape) set_scores(v, json);
  return cli_print_json(json);
}
