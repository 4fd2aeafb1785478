#include "sim/process/excursion.h"

#include <math.h>

#include "sim/base/math.h"

#define PART_MAX 0.05  // k T / N: longer parts cost a factor exp(h), shorter ones ln N
// The exponents tried, as logarithms: they cover bounds from 1e-8 to 1e10, in ticks or logarithms.
#define EXPONENT_LOW (-25.0)
#define EXPONENT_HIGH 22.0
#define ROUNDS 64
#define INTERVALS 32
#define GOLDEN 0.6180339887498949

typedef struct motion {
  const hft_basket_model *basket;
  const hft_fundamental_model *value;
  int instrument;
  double seconds;
  double variance;  // a bound of the mean of the stochastic variance, or 1
} motion;

// The cumulant of the jumps and the drift per second: E[exp(q J)] - 1 of all jumps, compensated.
static double jumps_at(const motion *m, double q) {
  double sum = m->value->drift * q;
  if (m->value->jump_wait_ns > 0) {
    double growth = hft_jump_growth(&m->value->spec.jumps, q * m->value->jump_scale);
    sum += 1e9 / m->value->jump_wait_ns * growth;
  }
  if (m->basket->common_wait_ns > 0) {
    double loading = m->basket->loading[m->instrument];
    sum += 1e9 / m->basket->common_wait_ns * hft_jump_growth(&m->basket->common, q * loading);
  }
  return sum;
}

// As jumps_at, but accumulated up to the end of the time. With reversion speed k, a jump at age t
// has decayed by u = exp(-k t), dt = -du / (k u): a trapezoidal sum over u.
static double jumps_until_end(const motion *m, double q) {
  double k = m->value->speed, first = hft_exp(-k * m->seconds), sum = 0;
  if (1 - first < 1e-9) return m->seconds * jumps_at(m, q);
  for (int i = 0; i <= INTERVALS; i++) {
    double u = first + (1 - first) * i / INTERVALS;
    double weight = i == 0 || i == INTERVALS ? 0.5 : 1;
    if (u > 1e-9) sum += weight * jumps_at(m, q * u) / u;
  }
  return sum * (1 - first) / INTERVALS / k;
}

// As `cumulant` below, with a stochastic variance V whose mean M over the time is unknown but for 0
// <= M <= m->variance: the largest over all M. A logarithm has the drift -s^2 M / 2.
static double cumulant_at_most(const motion *m, double q) {
  double sigma2 = m->value->sigma * m->value->sigma, drift = 0;
  if (hft_fundamental_is_log(m->value)) drift = -0.5 * sigma2;
  double diffusion = 0.5 * q * q * sigma2 + q * drift;
  diffusion *= hft_ou_integral(2 * m->value->speed, m->seconds) * m->variance;
  double sum = jumps_until_end(m, q) - q * drift * m->seconds;
  sum += diffusion > 0 ? diffusion : 0;
  return sum > 0 ? sum : 0;
}

// The cumulant of x at the end of the time; not negative if x is a martingale.
static double cumulant(const motion *m, double q) {
  if (m->basket->activity.count > 0) return cumulant_at_most(m, q);
  double diffusion = 0.5 * q * q * m->value->sigma * m->value->sigma;
  double sum = diffusion * hft_ou_integral(2 * m->value->speed, m->seconds);
  sum += jumps_until_end(m, q);
  return sum > 0 ? sum : 0;
}

static double bound_at(const motion *m, double sign, double log_odds, double exponent) {
  double q = hft_exp(exponent);
  return (cumulant(m, sign * q) + log_odds) / q;
}

// The smallest bound, by golden section: it falls and then rises with q, to infinity where a jump
// has no such mean.
static double least_bound(const motion *m, double sign, double log_odds) {
  double low = EXPONENT_LOW, high = EXPONENT_HIGH;
  double left = high - GOLDEN * (high - low), right = low + GOLDEN * (high - low);
  double at_left = bound_at(m, sign, log_odds, left), at_right = bound_at(m, sign, log_odds, right);
  for (int i = 0; i < ROUNDS; i++) {
    if (at_left > at_right && isfinite(at_right)) {
      low = left, left = right, at_left = at_right;
      right = low + GOLDEN * (high - low);
      at_right = bound_at(m, sign, log_odds, right);
    } else {
      high = right, right = left, at_right = at_left;
      left = high - GOLDEN * (high - low);
      at_left = bound_at(m, sign, log_odds, left);
    }
  }
  return at_left < at_right ? at_left : at_right;
}

hft_excursion hft_basket_excursion(const hft_basket_model *model, int instrument, double seconds,
                                   double probability) {
  const hft_fundamental_model *value = &model->value[instrument];
  if (value->spec.kind == HFT_FUNDAMENTAL_CONSTANT) return (hft_excursion){0, 0};
  motion m = {model, value, instrument, seconds, 1};
  double turns = value->speed * seconds, parts = ceil(turns / PART_MAX);
  if (parts < 1) parts = 1;
  double log_odds = hft_log(2 * parts / probability);
  if (model->activity.count > 0) {
    // Half of the probability is that the mean variance of any part exceeds its bound.
    double share = (double)model->step * 1e-9 / hft_ou_integral(2 * value->speed, seconds);
    m.variance = hft_activity_mean_bound(&model->activity, share, sqrt(2 * log_odds));
    log_odds += hft_log(2);
  }
  double widening = hft_exp(turns / parts);
  double up = widening * least_bound(&m, 1, log_odds);
  double down = widening * least_bound(&m, -1, log_odds);
  if (!hft_fundamental_is_log(value)) return (hft_excursion){down, up};
  double initial = value->spec.initial;
  return (hft_excursion){-initial * hft_expm1(-down), initial * hft_expm1(up)};
}
