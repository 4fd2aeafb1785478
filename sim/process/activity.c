#include "sim/process/activity.h"

#include <math.h>
#include <string.h>

#include "sim/base/check.h"
#include "sim/base/dist.h"
#include "sim/base/math.h"

#define PIVOT_MIN 1e-12  // a component with less variance of its own follows from those before

// Cov(Z_j, Z_k): both are driven by the same normals.
static double covariance(const hft_activity_model *model, int j, int k) {
  return model->gain[j] * model->gain[k] / -hft_expm1(-model->turns[j] - model->turns[k]);
}

// P(a standard normal < x)
static double normal_below(double x) {
  return 0.5 * hft_erfc(-x * sqrt(0.5));
}

// E[min(exp(s g - s^2 / 2), cap)]
static double capped_mean(double s) {
  double edge = hft_log(HFT_ACTIVITY_CAP) / s + 0.5 * s;
  return normal_below(edge - s) + HFT_ACTIVITY_CAP * normal_below(-edge);
}

// Weights proportional to h^H, scaled to Var g = 1.
static void set_weights(const hft_activity_spec *spec, hft_activity_model *model) {
  double variance = 0;
  for (int k = 0; k < model->count; k++) {
    model->weight[k] = hft_pow(spec->horizon_s[k] / spec->horizon_s[0], spec->hurst);
  }
  for (int j = 0; j < model->count; j++) {
    for (int k = 0; k < model->count; k++) {
      variance += model->weight[j] * model->weight[k] * covariance(model, j, k);
    }
  }
  for (int k = 0; k < model->count; k++) model->weight[k] /= sqrt(variance);
}

// The Cholesky factor of the stationary covariance, which is singular if two horizons are equal.
static void factor_start(hft_activity_model *model) {
  for (int j = 0; j < model->count; j++) {
    double pivot = covariance(model, j, j);
    for (int i = 0; i < j; i++) pivot -= model->start[j][i] * model->start[j][i];
    if (pivot < PIVOT_MIN) continue;
    model->start[j][j] = sqrt(pivot);
    for (int k = j + 1; k < model->count; k++) {
      double sum = covariance(model, k, j);
      for (int i = 0; i < j; i++) sum -= model->start[k][i] * model->start[j][i];
      model->start[k][j] = sum / model->start[j][j];
    }
  }
}

void hft_activity_compile(const hft_activity_spec *spec, hft_time step, hft_activity_model *model) {
  memset(model, 0, sizeof *model);
  model->scale = 1;
  if (!(spec->sd > 0)) return;
  HFT_CHECK(spec->count >= 1 && spec->count <= HFT_ACTIVITY_HORIZONS_MAX);
  model->count = spec->count;
  model->sd = spec->sd;
  model->leverage = spec->leverage;
  model->own = sqrt(1 - spec->leverage * spec->leverage);
  for (int k = 0; k < spec->count; k++) {
    double turns = (double)step * 1e-9 / spec->horizon_s[k];
    model->turns[k] = turns;
    model->decay[k] = hft_exp(-turns);
    model->gain[k] = sqrt(-hft_expm1(-2 * turns));
  }
  set_weights(spec, model);
  factor_start(model);
  model->scale = 1 / capped_mean(spec->sd);
}

static void settle(const hft_activity_model *model, hft_activity *state) {
  double g = 0;
  for (int k = 0; k < model->count; k++) g += model->weight[k] * state->z[k];
  double v = hft_exp(model->sd * g - 0.5 * model->sd * model->sd);
  state->variance = model->scale * (v < HFT_ACTIVITY_CAP ? v : HFT_ACTIVITY_CAP);
  state->volatility = sqrt(state->variance);
}

void hft_activity_start(const hft_activity_model *model, hft_activity *state, hft_rng rng) {
  *state = (hft_activity){.rng = rng, .variance = 1, .volatility = 1};
  if (model->count == 0) return;
  double normal[HFT_ACTIVITY_HORIZONS_MAX];
  for (int j = 0; j < model->count; j++) {
    normal[j] = hft_normal(&state->rng);
    for (int i = 0; i <= j; i++) state->z[j] += model->start[j][i] * normal[i];
  }
  settle(model, state);
}

void hft_activity_step(const hft_activity_model *model, hft_activity *state, double shock) {
  double e = model->own * hft_normal(&state->rng) - model->leverage * shock;
  for (int k = 0; k < model->count; k++) {
    state->z[k] = model->decay[k] * state->z[k] + model->gain[k] * e;
  }
  settle(model, state);
}

double hft_activity_max(const hft_activity_model *model) {
  return model->count > 0 ? HFT_ACTIVITY_CAP * model->scale : 1;
}

double hft_activity_correlation(const hft_activity_model *model, int64_t lag) {
  double sum = 0;
  for (int j = 0; j < model->count; j++) {
    double weight = model->weight[j] * hft_pow(model->decay[j], (double)lag);
    for (int k = 0; k < model->count; k++) {
      sum += weight * model->weight[k] * covariance(model, j, k);
    }
  }
  return sum;
}

// Let A be the weighted mean of V over the steps, as a function of the independent normals behind
// g. V is at most c = hft_activity_max and has the derivative s V or 0 by g, so
//
//   |grad A|^2 <= s^2 sum_ij p_i p_j V_i V_j r(i - j) <= s^2 c A R,
//
// p the weights with sum 1, r >= 0 the correlation of g, and R = max_i sum_j p_j r(i - j) at most
// min(1, share x the sum of r over all lags). So sqrt(A) is Lipschitz with L = s sqrt(c R) / 2, its
// mean is at most sqrt(E[A]) = 1, and P(sqrt(A) > 1 + L u) <= exp(-u^2 / 2) (Gaussian
// concentration: Tsirelson, Ibragimov and Sudakov 1976; Boucheron, Lugosi and Massart 2013,
// theorem 5.6).
double hft_activity_mean_bound(const hft_activity_model *model, double share, double u) {
  double cap = hft_activity_max(model), lags = 0;
  if (model->count == 0) return 1;
  for (int j = 0; j < model->count; j++) {
    // The sum of a^|lag| over all lags, negative ones included.
    double both = (1 + model->decay[j]) / -hft_expm1(-model->turns[j]);
    for (int k = 0; k < model->count; k++) {
      lags += model->weight[j] * model->weight[k] * covariance(model, j, k) * both;
    }
  }
  double r = share * lags < 1 ? share * lags : 1;
  double root = 1 + 0.5 * model->sd * sqrt(cap * r) * u;
  return root * root < cap ? root * root : cap;
}
