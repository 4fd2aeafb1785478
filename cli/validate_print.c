// hftsim validate: the results as text and as JSON.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cli/options.h"
#include "cli/output.h"
#include "cli/validate.h"
#include "codec/json.h"
#include "sim/base/version.h"

int cli_validate_count(const cli_validation *v, hft_verdict verdict) {
  int count = 0;
  for (int i = 0; i < HFT_FACT_COUNT; i++) {
    count += v->claimed[i] && v->market.facts[i].verdict == verdict;
  }
  return count;
}

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

static void print_facts(const cli_validation *v) {
  printf("%-27s %10s %10s %10s  %-15s %-10s %s\n", "fact", "value", "95% low", "95% high",
         "expected", "verdict", "source");
  for (int i = 0; i < HFT_FACT_COUNT; i++) {
    const hft_fact_info *fact = &hft_fact_table[i];
    const hft_fact_result *r = &v->market.facts[i];
    char range[32];
    snprintf(range, sizeof range, "%g .. %g", fact->low, fact->high);
    printf("%c %-25s", v->claimed[i] ? '*' : ' ', fact->name);
    print_number(r->estimate.value);
    print_number(r->estimate.interval.low);
    print_number(r->estimate.interval.high);
    printf("  %-15s %-10s %s\n", range, hft_verdict_name(r->verdict), fact->source);
  }
}

static void print_comparison(const cli_validation *v) {
  printf("\n%-27s %10s %10s %10s %10s %10s %10s  %s\n", "fact", "market", "tape", "95% low",
         "95% high", "W1", "L1", "verdict on the tape");
  for (int i = 0; i < HFT_FACT_COUNT; i++) {
    const hft_estimate *real = &v->tape.facts[i].estimate;
    printf("  %-25s", hft_fact_table[i].name);
    print_number(v->market.facts[i].estimate.value);
    print_number(real->value);
    print_number(real->interval.low);
    print_number(real->interval.high);
    print_number(v->distances[i].wasserstein);
    print_number(v->distances[i].l1);
    printf("  %s\n", hft_verdict_name(v->tape.facts[i].verdict));
  }
  printf("\nW1 and L1: distances between the samples behind each fact (docs/validation.md).\n");
}

int cli_validate_print_text(const cli_validation *v) {
  print_watched("market", &v->market);
  if (v->has_tape) print_watched("tape", &v->tape);
  printf("samples every %.6g s, after %.6g s of warm-up\n\n", seconds(v->plan.interval),
         seconds(v->plan.warmup));
  print_facts(v);
  if (v->has_tape) print_comparison(v);
  int passed = cli_validate_count(v, HFT_VERDICT_PASS);
  int failed = cli_validate_count(v, HFT_VERDICT_FAIL);
  int undecided = cli_validate_count(v, HFT_VERDICT_UNDECIDED);
  printf("\n* claimed: %d pass, %d fail, %d undecided\n", passed, failed, undecided);
  return cli_end_output();
}

// ---- JSON ------------------------------------------------------------------------------------

static json_t *watched_json(const cli_watched *w) {
  const hft_observed *seen = &w->seen;
  return json_pack("{s:s, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "name",
                   w->name, "begin_s", seconds(seen->begin), "end_s", seconds(seen->end), "events",
                   (json_int_t)seen->events, "left_out", (json_int_t)seen->left_out,
                   "window_refusals", (json_int_t)seen->window_refusals, "samples",
                   (json_int_t)seen->mid.count, "market_orders", (json_int_t)seen->sign.count,
                   "cancels", (json_int_t)seen->lifetime_s.count, "rows", (json_int_t)seen->rows,
                   "rows_equal", (json_int_t)seen->rows_equal, "levels_from_rows",
                   (json_int_t)seen->levels_in, "levels_corrected", (json_int_t)seen->levels_wrong,
                   "dropped", (json_int_t)seen->dropped);
}

static json_t *result_json(const hft_fact_result *r) {
  const hft_estimate *e = &r->estimate;
  return json_pack("{s:o, s:o, s:o, s:I, s:f, s:s}", "value", hft_json_number(e->value), "ci_low",
                   hft_json_number(e->interval.low), "ci_high", hft_json_number(e->interval.high),
                   "observations", (json_int_t)e->count, "existing", e->existing, "verdict",
                   hft_verdict_name(r->verdict));
}

static json_t *fact_json(const cli_validation *v, int index) {
  const hft_fact_info *fact = &hft_fact_table[index];
  json_t *json = result_json(&v->market.facts[index]);
  json_object_set_new(json, "claimed", json_boolean(v->claimed[index]));
  json_object_set_new(json, "expected_low", json_real(fact->low));
  json_object_set_new(json, "expected_high", json_real(fact->high));
  json_object_set_new(json, "absent", hft_json_number(fact->absent));
  json_object_set_new(json, "observations_min", json_integer((json_int_t)fact->count_min));
  json_object_set_new(json, "unit", json_string(fact->unit));
  json_object_set_new(json, "help", json_string(fact->help));
  json_object_set_new(json, "source", json_string(fact->source));
  json_object_set_new(json, "sample", json_string(fact->sample));
  if (v->has_tape) {
    json_object_set_new(json, "tape", result_json(&v->tape.facts[index]));
    json_object_set_new(json, "wasserstein", hft_json_number(v->distances[index].wasserstein));
    json_object_set_new(json, "l1", hft_json_number(v->distances[index].l1));
  }
  return json;
}

int cli_validate_print_json(const cli_validation *v) {
  json_t *facts = json_object();
  for (int i = 0; i < HFT_FACT_COUNT; i++) {
    json_object_set_new(facts, hft_fact_table[i].name, fact_json(v, i));
  }
  return cli_print_json(json_pack(
      "{s:o, s:o, s:f, s:f, s:o, s:b, s:i, s:i, s:i, s:o, s:s, s:s}", "market",
      watched_json(&v->market), "tape", v->has_tape ? watched_json(&v->tape) : json_null(),
      "interval_s", seconds(v->plan.interval), "warmup_s", seconds(v->plan.warmup), "seed",
      hft_json_seed(v->seed), "ok", cli_validate_count(v, HFT_VERDICT_FAIL) == 0, "claimed_pass",
      cli_validate_count(v, HFT_VERDICT_PASS), "claimed_fail",
      cli_validate_count(v, HFT_VERDICT_FAIL), "claimed_undecided",
      cli_validate_count(v, HFT_VERDICT_UNDECIDED), "facts", facts, "version", hft_version,
      "revision", hft_revision));
}
