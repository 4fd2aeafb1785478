#include "eval/impact_law.h"

#include <math.h>
#include <stdlib.h>

#include "sim/base/check.h"
#include "sim/base/math.h"

double hft_impact_exponent(const double *quantity, const double *impact, int count) {
  double mean_x = 0;
  double mean_y = 0;
  for (int i = 0; i < count; i++) {
    if (!(impact[i] > 0 && quantity[i] > 0)) return NAN;
    mean_x += hft_log(quantity[i]) / count;
    mean_y += hft_log(impact[i]) / count;
  }
  double squares = 0;
  double products = 0;
  for (int i = 0; i < count; i++) {
    double x = hft_log(quantity[i]) - mean_x;
    squares += x * x;
    products += x * (hft_log(impact[i]) - mean_y);
  }
  // Two different quantities of at most 1e9 lots are 1e-9 apart.
  return squares > 1e-20 ? products / squares : NAN;
}

double hft_impact_left(const double *end, const double *later, int count) {
  double at_end = 0;
  double after = 0;
  for (int i = 0; i < count; i++) {
    at_end += end[i];
    after += later[i];
  }
  return at_end > 0 ? after / at_end : NAN;
}

double hft_impact_normalised(double impact, double quantity, double sigma, double volume) {
  return sigma > 0 && volume > 0 ? impact / (sigma * sqrt(quantity / volume)) : NAN;
}

// ---- columns and statistics --------------------------------------------------------------------
// The columns of a world: `end` and `later` of each quantity, then MOVE to VOLUME.

enum { MOVE, MOVE_SQUARED, VOLUME, OTHER_COLUMNS };
enum { COLUMNS_MAX = 2 * HFT_IMPACT_QUANTITIES_MAX + OTHER_COLUMNS };
_Static_assert(COLUMNS_MAX <= HFT_SERIES_COLUMNS_MAX, "the columns fit into a series");

// The statistics: EXPONENT to TRADED, then `left` and `normalised` of each quantity.
enum { EXPONENT, LEFT, SIGMA, TRADED, OTHER_STATISTICS };
enum { STATISTICS_MAX = 2 * HFT_IMPACT_QUANTITIES_MAX + OTHER_STATISTICS };
_Static_assert(STATISTICS_MAX <= HFT_STATISTICS_MAX, "the statistics fit into the bootstrap");

// The standard deviation of the mid's changes (n - 1 in the denominator). NaN: there is none, or
// all changes are the same but for rounding.
static double sigma_of(double mean, double mean_square, int worlds) {
  double variance = mean_square - mean * mean;
  if (worlds < 2 || !(variance > 1e-12 * mean_square)) return NAN;
  return sqrt(variance * worlds / (worlds - 1));
}

static void compute(const double *mean, const void *context, double *out) {
  const hft_impact_observed *o = context;
  int n = o->quantities;
  const double *end = mean;
  const double *later = mean + n;
  const double *other = mean + (size_t)2 * (size_t)n;
  double quantity[HFT_IMPACT_QUANTITIES_MAX];
  for (int q = 0; q < n; q++) quantity[q] = (double)o->quantity[q];
  double sigma = sigma_of(other[MOVE], other[MOVE_SQUARED], o->worlds);
  out[EXPONENT] = hft_impact_exponent(quantity, end, n);
  out[LEFT] = o->later != NULL ? hft_impact_left(end, later, n) : NAN;
  out[SIGMA] = sigma;
  out[TRADED] = other[VOLUME];
  double *left = out + OTHER_STATISTICS;
  double *normalised = left + n;
  for (int q = 0; q < n; q++) {
    left[q] = o->later != NULL ? hft_impact_left(end + q, later + q, 1) : NAN;
    normalised[q] = hft_impact_normalised(end[q], quantity[q], sigma, other[VOLUME]);
  }
}

static void fill_row(const hft_impact_observed *o, int world, double *row) {
  size_t n = (size_t)o->quantities;
  for (size_t q = 0; q < n; q++) {
    size_t at = q * (size_t)o->worlds + (size_t)world;
    row[q] = o->end[at];
    row[n + q] = o->later != NULL ? o->later[at] : 0;
  }
  double *other = row + 2 * n;
  other[MOVE] = o->move[world];
  other[MOVE_SQUARED] = o->move[world] * o->move[world];
  other[VOLUME] = o->volume[world];
}

hft_status hft_impact_fit(const hft_impact_observed *observed, double confidence, hft_rng *rng,
                          hft_impact_law *law) {
  int n = observed->quantities;
  HFT_CHECK(n >= 1 && n <= HFT_IMPACT_QUANTITIES_MAX && observed->worlds >= 1);
  size_t columns = 2 * (size_t)n + OTHER_COLUMNS;
  double *rows = calloc((size_t)observed->worlds * columns, sizeof *rows);
  if (rows == NULL) return HFT_ENOMEM;
  for (int i = 0; i < observed->worlds; i++) fill_row(observed, i, rows + (size_t)i * columns);
  const hft_series series = {rows, (size_t)observed->worlds, columns};
  hft_estimate estimate[STATISTICS_MAX];
  hft_status status = hft_bootstrap_rows(&series, compute, 2 * n + OTHER_STATISTICS, observed,
                                         confidence, rng, estimate);
  free(rows);
  if (status != HFT_OK) return status;
  law->exponent = estimate[EXPONENT];
  law->left = estimate[LEFT];
  law->sigma = estimate[SIGMA];
  law->volume = estimate[TRADED];
  for (int q = 0; q < n; q++) {
    law->left_of[q] = estimate[OTHER_STATISTICS + q];
    law->normalised[q] = estimate[OTHER_STATISTICS + n + q];
  }
  return HFT_OK;
}
