#include "eval/comparison.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/letters.h"
#include "sim/base/check.h"

#define NEEDED_TOLD 1e6          // episodes: more are no advice
#define RESAMPLE_ENV UINT32_MAX  // env of the streams, which no market of a run uses
#define RESAMPLE_STREAM 1000000  // beyond those of hft_metric_summarise
#define PERMUTE_STREAM 2000000   // and a pair's index

__attribute__((format(printf, 2, 3))) static void add_note(hft_comparison *c, const char *format,
                                                           ...) {
  if (c->notes == HFT_COMPARISON_NOTES_MAX) return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(c->note[c->notes++], sizeof c->note[0], format, arguments);
  va_end(arguments);
}

// ---- the ranking -------------------------------------------------------------------------------

static void summarise(const hft_comparison_spec *spec, int contestant, hft_comparison_rank *out) {
  hft_moments moments = {0};
  for (size_t i = 0; i < spec->episodes; i++) {
    double value = spec->value[contestant][i];
    if (!isnan(value)) hft_moments_add(&moments, value);
  }
  *out = (hft_comparison_rank){
      .contestant = contestant,
      .episodes = moments.count,
      .mean = moments.count > 0 ? moments.mean : NAN,
      .sd = hft_moments_sd(&moments),
      .interval = {NAN, NAN},
  };
}

// Whether x is ranked before y, which is before it in the spec.
static bool is_better(const hft_comparison_spec *spec, const hft_comparison_rank *x,
                      const hft_comparison_rank *y) {
  if (isnan(x->mean) || isnan(y->mean)) return isnan(y->mean) && !isnan(x->mean);
  return spec->direction < 0 ? x->mean < y->mean : x->mean > y->mean;
}

// Ranks by insertion: those with equal means stay in the order of the spec.
static void rank_all(const hft_comparison_spec *spec, hft_comparison *c) {
  for (int i = 0; i < spec->contestants; i++) {
    hft_comparison_rank rank;
    summarise(spec, i, &rank);
    int place = i;
    for (; place > 0 && is_better(spec, &rank, &c->rank[place - 1]); place--) {
      c->rank[place] = c->rank[place - 1];
    }
    c->rank[place] = rank;
  }
}

// ---- pairs -------------------------------------------------------------------------------------

// Memory for the differences of one contestant to all others.
typedef struct work {
  double *difference;  // [HFT_COMPARISON_MAX][episodes]
  double *paired;      // [episodes]: differences that exist
  double p[HFT_COMPARISON_PAIRS_MAX];
} work;

// Copies the differences that exist and returns their number. The moments of both contestants'
// values are over the episodes that both have.
static size_t pair_up(const hft_comparison_spec *spec, int a, int b, const double *difference,
                      double *paired, hft_moments moments[2]) {
  size_t count = 0;
  for (size_t i = 0; i < spec->episodes; i++) {
    if (isnan(difference[i])) continue;
    paired[count++] = difference[i];
    hft_moments_add(&moments[0], spec->value[a][i]);
    hft_moments_add(&moments[1], spec->value[b][i]);
  }
  return count;
}

static hft_status compare_pair(const hft_comparison_spec *spec, const hft_comparison *c,
                               const double *difference, double *paired, int index,
                               hft_comparison_pair *pair) {
  hft_moments moments[2] = {{0}, {0}};
  size_t count = pair_up(spec, pair->a, pair->b, difference, paired, moments);
  pair->episodes = count;
  if (count == 0) return HFT_OK;
  hft_moments differences = {0};
  for (size_t i = 0; i < count; i++) hft_moments_add(&differences, paired[i]);
  pair->difference = differences.mean;
  if (spec->dependent) return HFT_OK;
  hft_status status = hft_paired_effect(paired, count, &pair->effect);
  if (count < 2 || status != HFT_OK) return status;
  double sd = hft_moments_sd(&differences);
  double d = sd > 0 ? differences.mean / sd : pair->effect.g;
  pair->needed = hft_paired_needed(d, spec->alpha / c->pairs, HFT_COMPARISON_POWER);
  double independent = moments[0].square_sum + moments[1].square_sum;
  if (independent > 0) pair->variance_left = differences.square_sum / independent;
  hft_rng rng = hft_rng_stream(spec->seed, RESAMPLE_ENV, PERMUTE_STREAM + (uint32_t)index);
  return hft_paired_p(spec->test, paired, count, &rng, &pair->p);
}

// Compares the contestant of a rank with all those after it, and computes its own interval. All
// intervals are from the same resamples.
static hft_status compare_from(const hft_comparison_spec *spec, hft_comparison *c, int rank,
                               int first, work *w) {
  const double *column[HFT_COMPARISON_MAX];
  hft_interval interval[HFT_COMPARISON_MAX];
  int a = c->rank[rank].contestant;
  int others = spec->contestants - rank - 1;
  column[0] = spec->value[a];
  for (int k = 0; k < others; k++) {
    int b = c->rank[rank + 1 + k].contestant;
    double *difference = w->difference + (size_t)k * spec->episodes;
    for (size_t i = 0; i < spec->episodes; i++) {
      difference[i] = spec->value[a][i] - spec->value[b][i];
    }
    column[1 + k] = difference;
    hft_comparison_pair *pair = &c->pair[first + k];
    *pair = (hft_comparison_pair){a, b, 0, NAN, {NAN, NAN}, NAN, NAN, {NAN, NAN}, NAN, NAN};
    hft_status status = compare_pair(spec, c, difference, w->paired, first + k, pair);
    if (status != HFT_OK) return status;
    w->p[first + k] = pair->p;
  }
  if (spec->dependent) return HFT_OK;
  hft_rng rng = hft_rng_stream(spec->seed, RESAMPLE_ENV, RESAMPLE_STREAM);
  const hft_columns columns = {column, (size_t)(1 + others), spec->episodes};
  hft_status status = hft_bootstrap_columns(&columns, 1 - spec->alpha, &rng, interval);
  if (status != HFT_OK) return status;
  c->rank[rank].interval = interval[0];
  for (int k = 0; k < others; k++) c->pair[first + k].interval = interval[1 + k];
  return HFT_OK;
}

static hft_status compare_all(const hft_comparison_spec *spec, hft_comparison *c, work *w) {
  int first = 0;
  for (int i = 0; i < spec->contestants; i++) {
    hft_status status = compare_from(spec, c, i, first, w);
    if (status != HFT_OK) return status;
    first += spec->contestants - i - 1;
  }
  hft_status status = hft_holm(w->p, (size_t)c->pairs, w->p);
  for (int i = 0; i < c->pairs && status == HFT_OK; i++) c->pair[i].p_adjusted = w->p[i];
  return status;
}

// ---- groups ------------------------------------------------------------------------------------

static void group_all(const hft_comparison_spec *spec, hft_comparison *c) {
  hft_letters letters;
  hft_letters_init(&letters, spec->contestants);
  int pair = 0;
  bool complete = true;
  for (int i = 0; i < spec->contestants; i++) {
    for (int j = i + 1; j < spec->contestants; j++, pair++) {
      if (c->pair[pair].p_adjusted < spec->alpha) complete &= hft_letters_split(&letters, i, j);
    }
  }
  complete = complete && hft_letters_sort(&letters) <= HFT_COMPARISON_LETTERS;
  for (int i = 0; i < spec->contestants; i++) {
    if (complete) hft_letters_print(&letters, i, c->rank[i].group);
  }
  if (!complete) {
    add_note(c, "the groups need more than %d letters and are left out: see the pairs",
             HFT_COMPARISON_LETTERS);
  }
}

// ---- notes -------------------------------------------------------------------------------------

static void note_missing(const hft_comparison_spec *spec, hft_comparison *c) {
  char text[256] = "";
  size_t length = 0;
  for (int i = 0; i < spec->contestants && length < sizeof text; i++) {
    const hft_comparison_rank *rank = &c->rank[i];
    if (rank->episodes == spec->episodes) continue;
    length += (size_t)snprintf(text + length, sizeof text - length, "%s%.60s in %zu",
                               length > 0 ? ", " : "", spec->name[rank->contestant],
                               spec->episodes - rank->episodes);
  }
  if (length == 0) return;
  add_note(c, "without a value: %s of %zu episodes; pairs are compared where both have one", text,
           spec->episodes);
}

// A mean of which there are too few values, as that of a contestant or of a pair's differences.
typedef struct few {
  size_t count;
  double enough;  // 0: there are enough of all
  int a, b;       // contestants; b is -1 where it is a mean of one
} few;

static void look_at(const hft_comparison_spec *spec, int a, int b, double *values, few *worst) {
  size_t count = 0;
  for (size_t i = 0; i < spec->episodes; i++) {
    double value = spec->value[a][i] - (b >= 0 ? spec->value[b][i] : 0);
    if (!isnan(value)) values[count++] = value;
  }
  double enough = hft_values_enough(values, count);
  // Where there are none, note_missing tells.
  bool too_few = count > 0 && (double)count < enough;
  if (too_few && enough > worst->enough) *worst = (few){count, enough, a, b};
}

static void note_few(const hft_comparison_spec *spec, hft_comparison *c, double *values) {
  few worst = {0};
  for (int i = 0; i < c->pairs; i++) look_at(spec, c->pair[i].a, c->pair[i].b, values, &worst);
  for (int i = 0; i < c->contestants; i++) look_at(spec, i, -1, values, &worst);
  if (!(worst.enough > 0)) return;
  char what[160];
  if (worst.b < 0) {
    snprintf(what, sizeof what, "the mean of %.60s", spec->name[worst.a]);
  } else {
    snprintf(what, sizeof what, "the mean difference of %.60s and %.60s", spec->name[worst.a],
             spec->name[worst.b]);
  }
  add_note(c,
           "too few episodes: %s is that of %zu %s, and about %.0f make its distribution normal; "
           "intervals may be too narrow",
           what, worst.count, worst.count == 1 ? "value" : "values", ceil(worst.enough));
}

static void note_hopeless(const hft_comparison_spec *spec, hft_comparison *c) {
  for (int i = 0; i < c->pairs; i++) {
    size_t count = c->pair[i].episodes;
    double least = hft_paired_least_p(spec->test, count);
    if (isnan(c->pair[i].p) || least * c->pairs < spec->alpha) continue;
    add_note(c,
             "too few episodes: of %zu pairs of values the smallest p-value of this test is %.3g, "
             "%.3g for %d %s, which is not below %g",
             count, least, fmin(1, least * c->pairs), c->pairs, c->pairs == 1 ? "pair" : "pairs",
             spec->alpha);
    return;
  }
}

static void note_saved(hft_comparison *c) {
  double low = INFINITY, high = -INFINITY;
  for (int i = 0; i < c->pairs; i++) {
    if (isnan(c->pair[i].variance_left)) continue;
    low = fmin(low, c->pair[i].variance_left);
    high = fmax(high, c->pair[i].variance_left);
  }
  if (!(high >= low)) return;
  char range[64];
  snprintf(range, sizeof range, low < high ? "%.3g to %.3g" : "%.3g", low, high);
  add_note(c,
           "common worlds: the variance of a paired difference is %s times that of a difference of "
           "independent samples",
           range);
}

static void note_needed(const hft_comparison_spec *spec, hft_comparison *c) {
  const hft_comparison_pair *nearest = NULL;
  for (int i = 0; i < c->pairs; i++) {
    const hft_comparison_pair *pair = &c->pair[i];
    bool open = pair->p_adjusted >= spec->alpha && pair->needed <= NEEDED_TOLD &&
                pair->needed > (double)pair->episodes;
    if (open && (nearest == NULL || pair->needed < nearest->needed)) nearest = pair;
  }
  if (nearest == NULL) return;
  add_note(c,
           "telling %.60s from %.60s takes about %.0f episodes, %.0f more, if their difference is "
           "as large as measured here (power %g)",
           spec->name[nearest->a], spec->name[nearest->b], nearest->needed,
           nearest->needed - (double)nearest->episodes, HFT_COMPARISON_POWER);
}

hft_status hft_compare(const hft_comparison_spec *spec, hft_comparison *out) {
  HFT_CHECK(spec->contestants >= 1 && spec->contestants <= HFT_COMPARISON_MAX);
  HFT_CHECK(spec->episodes >= 1 && spec->alpha > 0 && spec->alpha < 1);
  memset(out, 0, sizeof *out);
  out->contestants = spec->contestants;
  out->pairs = spec->contestants * (spec->contestants - 1) / 2;
  work *w = calloc(1, sizeof *w);
  if (w == NULL) return HFT_ENOMEM;
  w->difference = calloc((size_t)spec->contestants, spec->episodes * sizeof *w->difference);
  w->paired = calloc(spec->episodes, sizeof *w->paired);
  hft_status status = w->difference != NULL && w->paired != NULL ? HFT_OK : HFT_ENOMEM;
  rank_all(spec, out);
  if (status == HFT_OK) status = compare_all(spec, out, w);
  if (status == HFT_OK) {
    group_all(spec, out);
    note_missing(spec, out);
    if (!spec->dependent) {
      note_few(spec, out, w->paired);
      note_hopeless(spec, out);
      note_needed(spec, out);
      note_saved(out);
    }
  }
  free(w->difference);
  free(w->paired);
  free(w);
  return status;
}
