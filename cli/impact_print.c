// hftsim impact: the results as text and as JSON.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cli/impact.h"
#include "cli/output.h"
#include "codec/json.h"
#include "sim/base/version.h"

static const hft_episode_plan *plan_of(const cli_impact *r) {
  return r->study.plan[0];
}

static bool is_several(const cli_impact *r) {
  return r->study.quantities > 1;
}

// Parent orders of a quantity, in all worlds.
static double orders(const cli_impact *r) {
  return (double)r->sample.worlds * r->study.sides;
}

double cli_impact_fill_ratio(const cli_impact *r, int quantity) {
  double lots = orders(r) * (double)r->quantity[quantity];
  return 1 - (double)r->sample.closed[quantity] / lots;
}

static double executed(const cli_impact *r, int quantity, int point) {
  size_t at = (size_t)quantity * ((size_t)r->sample.points + 1) + (size_t)point;
  return (double)r->sample.executed[at] / (orders(r) * (double)r->quantity[quantity]);
}

static const cli_impact_mean *path_of(const cli_impact *r, int quantity) {
  return r->path + (size_t)quantity * ((size_t)r->sample.points + 1);
}

static double time_s(const cli_impact *r, int point) {
  return (double)hft_impact_time(plan_of(r), &r->study.options, point) / (double)HFT_SECOND;
}

static double horizon_s(const cli_impact *r) {
  return (double)(plan_of(r)->end - plan_of(r)->start) / (double)HFT_SECOND;
}

static const char *side_name(const cli_impact *r) {
  return r->study.sides > 1 ? "both" : plan_of(r)->sign > 0 ? "buy" : "sell";
}

// ---- text --------------------------------------------------------------------------------------

static void print_number(int width, double value) {
  if (isnan(value)) {
    printf(" %*s", width, "-");
  } else {
    printf(" %*.4f", width, cli_shown(value, 4));
  }
}

static void print_numbers(int width, double value, hft_interval interval) {
  print_number(width, value);
  print_number(width, interval.low);
  print_number(width, interval.high);
}

// "name: 0.1234 (95%: 0.1000 to 0.1500)".
static void print_estimate(const char *name, const hft_estimate *e) {
  printf("%s:", name);
  print_number(0, e->value);
  if (!isnan(e->interval.low)) {
    printf(" (95%%: %.4f to %.4f)", cli_shown(e->interval.low, 4), cli_shown(e->interval.high, 4));
  } else if (!isnan(e->value) && e->count > 1 && e->existing < 0.9) {
    printf(" (no interval: in %.0f%% of the resamples it does not exist)", 100 * (1 - e->existing));
  }
  printf("\n");
}

static void print_worlds(const cli_impact *r) {
  printf(" in %.6g s; %d %s, seeds from %" PRIu64 "\n", horizon_s(r), r->sample.worlds,
         r->sample.worlds == 1 ? "world" : "worlds", r->seed);
}

static void print_path(const cli_impact *r) {
  printf("%s, %s %" PRId64 " lots", plan_of(r)->strategy->section->name, side_name(r),
         r->quantity[0]);
  print_worlds(r);
  printf("\n%10s %10s %12s %12s %12s\n", "time s", "executed", "impact bps", "95% low", "95% high");
  for (int k = 0; k <= r->sample.points; k++) {
    const cli_impact_mean *p = &path_of(r, 0)[k];
    printf("%10.3f %9.1f%%", time_s(r, k), cli_shown(100 * executed(r, 0, k), 1));
    print_numbers(12, p->value, p->interval);
    printf("\n");
  }
  printf("\nclosed at the order's end: %.6g lots, %.6g of them beyond the book\n",
         (double)r->sample.closed[0] / orders(r), (double)r->sample.unfilled[0] / orders(r));
  if (r->sample.has_later) print_estimate("left one duration after the end", &r->law.left);
}

static void print_quantities(const cli_impact *r) {
  printf("%s, %s, %d quantities", plan_of(r)->strategy->section->name, side_name(r),
         r->study.quantities);
  print_worlds(r);
  printf("\n%19s  %-29s    %s\n", "", "  bps at the end", "bps one duration later");
  printf("%10s %8s  %9s %9s %9s  %9s %9s %9s\n", "lots", "filled", "impact", "95% low", "95% high",
         "impact", "95% low", "95% high");
  for (int q = 0; q < r->study.quantities; q++) {
    printf("%10" PRId64 " %7.1f%% ", r->quantity[q],
           cli_shown(100 * cli_impact_fill_ratio(r, q), 1));
    print_numbers(9, r->end[q].value, r->end[q].interval);
    printf(" ");
    print_numbers(9, r->later[q].value, r->later[q].interval);
    printf("\n");
  }
  printf("\n%19s  %-29s    %s\n", "", "  left one duration later", "impact / (sigma sqrt(Q / V))");
  printf("%10s %8s  %9s %9s %9s  %9s %9s %9s\n", "lots", "", "left", "95% low", "95% high", "value",
         "95% low", "95% high");
  for (int q = 0; q < r->study.quantities; q++) {
    const hft_estimate *left = &r->law.left_of[q];
    const hft_estimate *normalised = &r->law.normalised[q];
    printf("%10" PRId64 " %8s ", r->quantity[q], "");
    print_numbers(9, left->value, left->interval);
    printf(" ");
    print_numbers(9, normalised->value, normalised->interval);
    printf("\n");
  }
  printf("\n");
  print_estimate("exponent of the impact at the end", &r->law.exponent);
  print_estimate("left one duration after the end, all quantities", &r->law.left);
  print_estimate("sigma, bps: the mid's change without the order", &r->law.sigma);
  print_estimate("V, lots: traded without the order", &r->law.volume);
}

int cli_impact_print_text(const cli_impact *r) {
  if (is_several(r)) {
    print_quantities(r);
  } else {
    print_path(r);
  }
  return cli_end_output();
}

// ---- JSON --------------------------------------------------------------------------------------

static json_t *number_json(double value, hft_interval interval) {
  return json_pack("{s:o, s:o, s:o}", "value", hft_json_number(value), "ci_low",
                   hft_json_number(interval.low), "ci_high", hft_json_number(interval.high));
}

static json_t *estimate_json(const hft_estimate *e) {
  return number_json(e->value, e->interval);
}

static json_t *path_json(const cli_impact *r, int quantity) {
  json_t *path = json_array();
  for (int k = 0; k <= r->sample.points; k++) {
    const cli_impact_mean *p = &path_of(r, quantity)[k];
    json_array_append_new(
        path,
        json_pack("{s:f, s:f, s:f, s:o, s:o}", "time_s", time_s(r, k), "executed",
                  executed(r, quantity, k), "impact_bps", p->value + 0.0, "ci_low",
                  hft_json_number(p->interval.low), "ci_high", hft_json_number(p->interval.high)));
  }
  return path;
}

static double unfilled(const cli_impact *r, int quantity) {
  return (double)r->sample.unfilled[quantity] / orders(r);
}

static int print_json_of_one(const cli_impact *r) {
  json_t *json = json_pack("{s:s, s:s, s:I, s:f, s:f, s:f, s:i, s:s, s:s, s:o}", "strategy",
                           plan_of(r)->strategy->section->name, "side", side_name(r), "quantity",
                           (json_int_t)r->quantity[0], "horizon_s", horizon_s(r), "fill_ratio",
                           cli_impact_fill_ratio(r, 0), "unfilled_lots", unfilled(r, 0), "episodes",
                           r->sample.worlds, "version", hft_version, "revision", hft_revision,
                           "path", path_json(r, 0));
  if (r->sample.has_later) {
    json_object_set_new(json, "left_after_one_duration", estimate_json(&r->law.left));
  }
  return cli_print_json(json);
}

static json_t *quantity_json(const cli_impact *r, int q) {
  return json_pack("{s:I, s:f, s:f, s:o, s:o, s:o, s:o, s:o}", "quantity",
                   (json_int_t)r->quantity[q], "fill_ratio", cli_impact_fill_ratio(r, q),
                   "unfilled_lots", unfilled(r, q), "impact_end_bps",
                   number_json(r->end[q].value, r->end[q].interval), "impact_later_bps",
                   number_json(r->later[q].value, r->later[q].interval), "left_after_one_duration",
                   estimate_json(&r->law.left_of[q]), "normalised",
                   estimate_json(&r->law.normalised[q]), "path", path_json(r, q));
}

static int print_json_of_several(const cli_impact *r) {
  json_t *quantities = json_array();
  for (int q = 0; q < r->study.quantities; q++) {
    json_array_append_new(quantities, quantity_json(r, q));
  }
  return cli_print_json(json_pack(
      "{s:s, s:s, s:f, s:f, s:i, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:O}", "strategy",
      plan_of(r)->strategy->section->name, "side", side_name(r), "horizon_s", horizon_s(r),
      "after_s", (double)r->study.options.after / (double)HFT_SECOND, "episodes", r->sample.worlds,
      "seed", hft_json_seed(r->seed), "version", hft_version, "revision", hft_revision, "exponent",
      estimate_json(&r->law.exponent), "left_after_one_duration", estimate_json(&r->law.left),
      "sigma_bps", estimate_json(&r->law.sigma), "volume_lots", estimate_json(&r->law.volume),
      "quantities", quantities, "notes", r->notes));
}

int cli_impact_print_json(const cli_impact *r) {
  return is_several(r) ? print_json_of_several(r) : print_json_of_one(r);
}
