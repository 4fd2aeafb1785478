// A stochastic variance: a factor V > 0 with mean 1 that multiplies the variance of a diffusion in
// each step of its time grid (log-normal stochastic volatility).
//
//   V = min(exp(s g - s^2 / 2), HFT_ACTIVITY_CAP) / m,   g = sum over k of w_k Z_k
//   Z_k' = a_k Z_k + sqrt(1 - a_k^2) e,   a_k = exp(-dt / h_k)
//
// One normal e per step drives components with the horizons h_k, the Markovian approximation of
// rough volatility (Gatheral, Jaisson and Rosenbaum 2018; Abi Jaber and El Euch 2019): with weights
// proportional to h_k^H, horizons in a geometric progression approximate a kernel t^(H - 1/2).
// The weights are scaled so that Var g = 1, and m makes E[V] = 1 in spite of the cap. g starts at
// its stationary law. e has the correlation -leverage with the diffusion's normal of the same step,
// which V multiplies before e changes it: the changes of the value have no autocorrelation.
#ifndef HFTSIM_SIM_PROCESS_ACTIVITY_H
#define HFTSIM_SIM_PROCESS_ACTIVITY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/rng.h"
#include "sim/base/units.h"

#define HFT_ACTIVITY_HORIZONS_MAX 8
#define HFT_ACTIVITY_CAP 25.0  // of V, before the scaling that makes E[V] = 1

typedef struct hft_activity_spec {
  double sd;  // s, of log V; 0: V is constant
  int count;  // horizons, 1 .. HFT_ACTIVITY_HORIZONS_MAX; ignored if sd is 0
  double horizon_s[HFT_ACTIVITY_HORIZONS_MAX];
  double hurst;     // H, exponent of the weights, >= 0
  double leverage;  // in [-1, 1]; > 0: V tends to rise when the value falls
} hft_activity_spec;

// A compiled spec; constant.
typedef struct hft_activity_model {
  int count;                 // 0: V is 1
  double sd, leverage, own;  // own: weight of the normal that is independent of the diffusion
  double scale;              // 1 / m
  double turns[HFT_ACTIVITY_HORIZONS_MAX];  // dt / h_k
  double decay[HFT_ACTIVITY_HORIZONS_MAX], gain[HFT_ACTIVITY_HORIZONS_MAX];
  double weight[HFT_ACTIVITY_HORIZONS_MAX];
  double start[HFT_ACTIVITY_HORIZONS_MAX][HFT_ACTIVITY_HORIZONS_MAX];  // factor of Cov(Z_j, Z_k)
} hft_activity_model;

// The state of one instrument.
typedef struct hft_activity {
  hft_rng rng;
  double variance;    // V of the next step
  double volatility;  // its square root
  double z[HFT_ACTIVITY_HORIZONS_MAX];
} hft_activity;

// Compiles a spec for a grid of `step` ns.
void hft_activity_compile(const hft_activity_spec *spec, hft_time step, hft_activity_model *model);

// Draws the stationary state from `rng`, a random stream of its own.
void hft_activity_start(const hft_activity_model *model, hft_activity *state, hft_rng rng);

// Advances by one step, in which the diffusion's standard normal was `shock`.
void hft_activity_step(const hft_activity_model *model, hft_activity *state, double shock);

// The largest possible V.
double hft_activity_max(const hft_activity_model *model);

// The correlation of g between two steps that are `lag` >= 0 steps apart.
double hft_activity_correlation(const hft_activity_model *model, int64_t lag);

// A bound of the mean of V over a time: with probability 1 - exp(-u^2 / 2) at least, the sum of V
// over steps, with weights of which each is at most `share` of their total, is at most the returned
// number times that total. A closed form, by Gaussian concentration (activity.c).
double hft_activity_mean_bound(const hft_activity_model *model, double share, double u);

#endif
