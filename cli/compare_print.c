#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/compare.h"
#include "cli/output.h"
#include "codec/json.h"
#include "sim/base/version.h"

static const char *name_of(const cli_compare *c, int contestant) {
  return c->contestant[contestant].name;
}

// The adjusted p-value of two contestants; NaN of one with itself.
static double p_of(const cli_compare *c, int a, int b) {
  for (int i = 0; i < c->found->pairs; i++) {
    const hft_comparison_pair *pair = &c->found->pair[i];
    if ((pair->a == a && pair->b == b) || (pair->a == b && pair->b == a)) return pair->p_adjusted;
  }
  return NAN;
}

// ---- a table for people ------------------------------------------------------------------------

static void print_number(double value) {
  if (!isfinite(value)) {
    printf(" %12s", isnan(value) ? "-" : value > 0 ? "inf" : "-inf");
  } else {
    printf(" %12.4f", cli_shown(value, 4));
  }
}

static void print_p(double p) {
  if (p < 0.0001) {
    printf(" %12s", "<0.0001");
  } else {
    print_number(p);
  }
}

static int name_width(const cli_compare *c) {
  int width = 10;
  for (int i = 0; i < c->found->contestants; i++) {
    int length = (int)strlen(name_of(c, i));
    if (length > width) width = length;
  }
  return width;
}

static void print_head(const cli_compare *c) {
  const char *better = c->direction > 0   ? "higher is better"
                       : c->direction < 0 ? "lower is better"
                                          : "neither direction is better";
  printf("%s, %s (%s): %s\n", c->metric_name, c->unit, better, c->help);
  if (c->task != NULL) {
    printf("task %s, version %" JSON_INTEGER_FORMAT ", seeds of the range %s\n", c->task,
           json_integer_value(json_object_get(c->task_json, "version")),
           json_string_value(json_object_get(c->task_json, "split")));
  }
  if (c->interrupted) {
    printf("%d of %" PRId64 " episodes, those that were complete,", c->episodes, c->asked);
  } else {
    printf("%d %s", c->episodes, c->episodes == 1 ? "episode" : "episodes");
  }
  printf(" of %.6g s, seeds from %" PRIu64 ", which are the same for all\n", c->episode_s, c->seed);
  bool both = false;
  for (int i = 0; i < c->count; i++) both |= c->contestant[i].both;
  if (both) printf("executions: the mean of a buy and a sell in each world\n");
}

static double alpha_percent(const cli_compare *c) {
  return 100 * (1 - c->alpha);
}

static void print_ranking(const cli_compare *c, int width) {
  char low[24], high[24];
  snprintf(low, sizeof low, "%.4g%% low", alpha_percent(c));
  snprintf(high, sizeof high, "%.4g%% high", alpha_percent(c));
  printf("\n%4s  %-*s %12s %12s %12s %12s  %s\n", "rank", width, "contestant", "mean", low, high,
         "sd", "group");
  for (int i = 0; i < c->found->contestants; i++) {
    const hft_comparison_rank *rank = &c->found->rank[i];
    printf("%4d  %-*s", i + 1, width, name_of(c, rank->contestant));
    print_number(rank->mean);
    print_number(rank->interval.low);
    print_number(rank->interval.high);
    print_number(rank->sd);
    printf("  %s\n", rank->group);
  }
}

static void print_needed(const hft_comparison_pair *pair) {
  if (!isfinite(pair->needed)) {
    printf(" %12s\n", "-");
  } else if (pair->needed > 1e6) {
    printf(" %12s\n", ">1000000");
  } else {
    printf(" %12.0f\n", pair->needed);
  }
}

static void print_pairs(const cli_compare *c, int width) {
  if (c->found->pairs == 0) return;
  char low[24], high[24];
  snprintf(low, sizeof low, "%.4g%% low", alpha_percent(c));
  snprintf(high, sizeof high, "%.4g%% high", alpha_percent(c));
  printf("\npairs: %s test of the differences, p adjusted by Holm for %d\n", cli_test_name(c->test),
         c->found->pairs);
  printf("%-*s  %-*s %12s %12s %12s %12s %12s %12s %12s\n", width, "a", width, "b", "a - b", low,
         high, "p", "p adjusted", "effect", "needs");
  for (int i = 0; i < c->found->pairs; i++) {
    const hft_comparison_pair *pair = &c->found->pair[i];
    printf("%-*s  %-*s", width, name_of(c, pair->a), width, name_of(c, pair->b));
    print_number(pair->difference);
    print_number(pair->interval.low);
    print_number(pair->interval.high);
    print_p(pair->p);
    print_p(pair->p_adjusted);
    print_number(pair->effect.g);
    print_needed(pair);
  }
}

int cli_comparison_table(const cli_compare *c) {
  int width = name_width(c);
  print_head(c);
  print_ranking(c, width);
  print_pairs(c, width);
  if (!c->dependent) {
    printf("\nintervals: BCa bootstrap, %d resamples, seed %" PRIu64
           "; groups share a letter where p adjusted >= %g\n",
           HFT_BOOTSTRAP_RESAMPLES, c->seed, c->alpha);
  }
  return cli_end_output();
}

// ---- CSV ---------------------------------------------------------------------------------------

// Prints a field, in quotes where it needs them (RFC 4180).
static void print_field(const char *prefix, const char *text) {
  if (strpbrk(text, ",\"\r\n") == NULL) {
    printf("%s%s", prefix, text);
    return;
  }
  printf("\"%s", prefix);
  for (; *text != '\0'; text++) printf(*text == '"' ? "\"\"" : "%c", *text);
  printf("\"");
}

static void print_value(double value) {
  if (isfinite(value)) printf("%.15g", value + 0.0);
  printf(",");
}

int cli_comparison_csv(const cli_compare *c) {
  printf("rank,name,metric,unit,episodes,mean,ci_low,ci_high,sd,group");
  for (int i = 0; i < c->found->contestants; i++) {
    printf(",");
    print_field("p_adjusted ", name_of(c, c->found->rank[i].contestant));
  }
  printf("\n");
  for (int i = 0; i < c->found->contestants; i++) {
    const hft_comparison_rank *rank = &c->found->rank[i];
    printf("%d,", i + 1);
    print_field("", name_of(c, rank->contestant));
    printf(",%s,%s,%zu,", c->metric_name, c->unit, rank->episodes);
    print_value(rank->mean);
    print_value(rank->interval.low);
    print_value(rank->interval.high);
    print_value(rank->sd);
    printf("%s", rank->group);
    for (int k = 0; k < c->found->contestants; k++) {
      double p = p_of(c, rank->contestant, c->found->rank[k].contestant);
      printf(",");
      if (isfinite(p)) printf("%.15g", p);
    }
    printf("\n");
  }
  return cli_end_output();
}

// ---- JSON --------------------------------------------------------------------------------------

static json_t *ranking_json(const cli_compare *c) {
  json_t *list = json_array();
  for (int i = 0; i < c->found->contestants; i++) {
    const hft_comparison_rank *rank = &c->found->rank[i];
    const cli_contestant *contestant = &c->contestant[rank->contestant];
    json_t *item = json_pack("{s:o}", "name", hft_json_text(contestant->name));
    json_object_update(item, contestant->about);
    json_object_update_new(
        item,
        json_pack("{s:I, s:o, s:o, s:o, s:o, s:s}", "episodes", (json_int_t)rank->episodes, "mean",
                  hft_json_number(rank->mean), "ci_low", hft_json_number(rank->interval.low),
                  "ci_high", hft_json_number(rank->interval.high), "sd", hft_json_number(rank->sd),
                  "group", rank->group));
    json_array_append_new(list, item);
  }
  return list;
}

static json_t *pairs_json(const cli_compare *c) {
  json_t *list = json_array();
  for (int i = 0; i < c->found->pairs; i++) {
    const hft_comparison_pair *pair = &c->found->pair[i];
    json_array_append_new(
        list,
        json_pack(
            "{s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "a",
            hft_json_text(name_of(c, pair->a)), "b", hft_json_text(name_of(c, pair->b)), "episodes",
            (json_int_t)pair->episodes, "difference", hft_json_number(pair->difference), "ci_low",
            hft_json_number(pair->interval.low), "ci_high", hft_json_number(pair->interval.high),
            "p", hft_json_number(pair->p), "p_adjusted", hft_json_number(pair->p_adjusted),
            "effect", hft_json_number(pair->effect.g), "rank_effect",
            hft_json_number(pair->effect.rank), "episodes_needed", hft_json_number(pair->needed),
            "variance_left", hft_json_number(pair->variance_left)));
  }
  return list;
}

static json_t *notes_json(const cli_compare *c) {
  json_t *list = json_array();
  for (int i = 0; i < c->notes; i++) json_array_append_new(list, hft_json_text(c->note[i]));
  return list;
}

json_t *cli_comparison_json(const cli_compare *c) {
  return json_pack(
      "{s:s, s:s, s:i, s:s, s:f, s:O?, s:i, s:o, s:f, s:b, s:i, s:s, s:s, s:o, s:o, s:o}", "metric",
      c->metric_name, "unit", c->unit, "direction", c->direction, "test", cli_test_name(c->test),
      "alpha", c->alpha, "task", c->task_json, "episodes", c->episodes, "seed",
      hft_json_seed(c->seed), "episode_s", c->episode_s, "interrupted", (int)c->interrupted,
      "resamples", HFT_BOOTSTRAP_RESAMPLES, "version", hft_version, "revision", hft_revision,
      "ranking", ranking_json(c), "pairs", pairs_json(c), "notes", notes_json(c));
}
