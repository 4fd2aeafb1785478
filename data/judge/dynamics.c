#include "data/judge/dynamics.h"

#include <math.h>

#include "sim/base/check.h"

#define CONFIDENCE 0.95
#define ABS(difference) (-(difference))

const hft_dynamic_info hft_dynamic_table[HFT_DYNAMIC_COUNT] = {
#define X(code, name, unit, low, high, least, tolerance, series, column, how, source, help) \
  {#name, unit, low, high, least, tolerance, source, help},
    HFT_DYNAMIC_MAP(X)
#undef X
};

// ---- statistics of the means of columns; the context is the column of the table --------------

static double over(double a, double b) {
  return b != 0 ? a / b : NAN;
}

static double stat_RESPONSE(const double *mean, const void *context) {
  (void)context;
  return over(mean[HFT_ANSWER_RESPONSE], mean[HFT_ANSWER_THERE]);
}

static double stat_EFFECTIVE(const double *mean, const void *context) {
  (void)context;
  return over(mean[HFT_ANSWER_EFFECTIVE], mean[HFT_ANSWER_LOTS]);
}

static double stat_REALISED(const double *mean, const void *context) {
  (void)context;
  return over(mean[HFT_ANSWER_REALISED], mean[HFT_ANSWER_LOTS]);
}

static double stat_ADVERSE(const double *mean, const void *context) {
  (void)context;
  return over(mean[HFT_ANSWER_EFFECTIVE] - mean[HFT_ANSWER_REALISED], mean[HFT_ANSWER_LOTS]);
}

static double stat_KEEPS(const double *mean, const void *context) {
  (void)context;
  return mean[HFT_ANSWER_EFFECTIVE] > 0 ? mean[HFT_ANSWER_REALISED] / mean[HFT_ANSWER_EFFECTIVE]
                                        : NAN;
}

static double stat_SHARE(const double *mean, const void *context) {
  size_t place = (size_t) * (const int *)context;
  return over(mean[2 * place + 1], mean[2 * place]);
}

// Bins 1 and 2 have up to one mean queue ahead, 3 and 4 more; bin 0 improves the price.
static double stat_FRONT_LESS_BACK(const double *mean, const void *context) {
  (void)context;
  return over(mean[3] + mean[5], mean[2] + mean[4]) - over(mean[7] + mean[9], mean[6] + mean[8]);
}

// The correlation of pairs: x, x^2, y, y^2, xy.
static double stat_CORRELATION(const double *mean, const void *context) {
  (void)context;
  double product = (mean[1] - mean[0] * mean[0]) * (mean[3] - mean[2] * mean[2]);
  return product > 0 ? (mean[4] - mean[0] * mean[2]) / sqrt(product) : NAN;
}

static double stat_R2(const double *mean, const void *context) {
  double correlation = stat_CORRELATION(mean, context);
  return correlation * correlation;
}

static double stat_FANO(const double *mean, const void *context) {
  (void)context;
  return mean[0] > 0 ? (mean[1] - mean[0] * mean[0]) / mean[0] : NAN;
}

static double stat_MEAN(const double *mean, const void *context) {
  (void)context;
  return mean[0];
}

// Signs less their mean over all; the variance is that of all signs.
static double stat_SIGN_AT(const double *mean, const void *context) {
  size_t lag = (size_t) * (const int *)context;
  const double *c = mean + HFT_SIGN_FIRST + lag * HFT_SIGN_COLUMNS;
  double m = mean[HFT_SIGN_ONE], variance = mean[HFT_SIGN_SQUARE] - m * m;
  double there = c[HFT_SIGN_THERE];
  double products =
      c[HFT_SIGN_PRODUCT] - m * (c[HFT_SIGN_THIS] + c[HFT_SIGN_LATER]) + m * m * there;
  return there > 0 && variance > 0 ? products / there / variance : NAN;
}

static double stat_ROOT(const double *mean, const void *context) {
  (void)context;
  return sqrt(mean[0]);
}

static double stat_RATIO(const double *mean, const void *context) {
  (void)context;
  return over(mean[0], mean[1]);
}

static double stat_ROOT_RATIO(const double *mean, const void *context) {
  return sqrt(stat_RATIO(mean, context));
}

// From the means of x .. x^4.
static double stat_KURTOSIS(const double *m, const void *context) {
  (void)context;
  double v = m[1] - m[0] * m[0];
  if (!(v > 0)) return NAN;
  double fourth = m[3] - 4 * m[0] * m[2] + 6 * m[0] * m[0] * m[1] - 3 * m[0] * m[0] * m[0] * m[0];
  return fourth / (v * v) - 3;
}

// ---- all -------------------------------------------------------------------------------------

static const size_t columns_of[] = {
#define X(name, columns) columns,
    HFT_DYNAMIC_SERIES_MAP(X)
#undef X
};

hft_status hft_dynamics_estimate(const hft_dynamics *dynamics, uint64_t seed,
                                 hft_estimate out[HFT_DYNAMIC_COUNT]) {
  static const struct {
    hft_dynamic_series series;
    int column;
    hft_statistic statistic;
  } made[] = {
#define X(code, name, unit, low, high, least, tolerance, series, column, how, source, help) \
  {HFT_SERIES_##series, column, stat_##how},
      HFT_DYNAMIC_MAP(X)
#undef X
  };
  hft_status status = HFT_OK;
  for (int i = 0; i < HFT_DYNAMIC_COUNT && status == HFT_OK; i++) {
    const hft_doubles *data = &dynamics->series[made[i].series];
    size_t columns = columns_of[made[i].series];
    const hft_series series = {data->value, data->count / columns, columns};
    hft_rng rng = hft_rng_stream(seed, 1, (uint32_t)i);
    status = hft_bootstrap_series(&series, made[i].statistic, &made[i].column, CONFIDENCE, &rng,
                                  &out[i]);
  }
  return status;
}

double hft_dynamic_allowed(hft_dynamic dynamic, const hft_estimate *tape, const hft_estimate *odd,
                           const hft_estimate *even) {
  HFT_CHECK(dynamic < HFT_DYNAMIC_COUNT);
  bool realised =
      dynamic >= HFT_DYNAMIC_REALISED_SPREAD_1S && dynamic <= HFT_DYNAMIC_REALISED_SPREAD_30S;
  double scale = tape[realised ? HFT_DYNAMIC_EFFECTIVE_SPREAD : dynamic].value;
  double tolerance = hft_dynamic_table[dynamic].tolerance;
  double told = tolerance > 0 ? tolerance * fabs(scale) : -tolerance;
  double own = 1.5 * fabs(odd[dynamic].value - even[dynamic].value);
  return isnan(tape[dynamic].value) ? NAN : own > told ? own : told;
}
