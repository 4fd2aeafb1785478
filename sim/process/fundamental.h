// The fundamental value: a process in ticks on a fixed time grid, advanced by exact transitions (no
// Euler bias). The draws depend on the grid alone, so who looks at the value, and when, changes
// nothing.
//
//   constant  the initial price
//   ou        dX = k (m - X) dt + s dW, m the initial price (Uhlenbeck, Ornstein 1930)
//   jump      log X diffuses and jumps by normal amounts at Poisson times, compensated so that X is
//             a martingale (Merton 1976)
#ifndef HFTSIM_SIM_PROCESS_FUNDAMENTAL_H
#define HFTSIM_SIM_PROCESS_FUNDAMENTAL_H

#include <stdint.h>

#include "sim/base/rng.h"
#include "sim/base/units.h"

#define HFT_DAY_S 23400.0  // the trading day that daily volatilities and rates refer to

typedef enum hft_fundamental_kind {
  HFT_FUNDAMENTAL_CONSTANT,
  HFT_FUNDAMENTAL_OU,
  HFT_FUNDAMENTAL_JUMP
} hft_fundamental_kind;

typedef struct hft_fundamental_spec {
  hft_fundamental_kind kind;
  double initial;               // ticks
  double volatility;            // relative, per square root of a day
  double mean_reversion_speed;  // 1/s; ou
  double jump_rate;             // per day; jump
  double jump_mean;             // of the logarithm of a jump
  double jump_volatility;       // standard deviation of that logarithm
  hft_time step;                // the grid, ns
} hft_fundamental_spec;

// What a spec comes to for one step of the grid. Constant.
typedef struct hft_fundamental_model {
  hft_fundamental_spec spec;
  double decay;         // ou: exp(-k dt)
  double step_sd;       // of one step: ticks (ou), logarithm (jump)
  double step_drift;    // of the logarithm (jump)
  double jump_wait_ns;  // mean time between jumps, or 0 for none
} hft_fundamental_model;

typedef struct hft_fundamental {
  hft_rng diffusion_rng, jump_rng;
  double x;            // deviation from the initial price in ticks (ou), or log(X / initial) (jump)
  double value;        // ticks
  hft_time next_step;  // when the value next changes
  double next_jump_ns;
} hft_fundamental;

// The exact transition of dX = -k X dt + s dW over dt: X' = decay X + sd Z. k = 0 is Brownian.
void hft_ou_transition(double k, double s, double dt, double *decay, double *sd);

void hft_fundamental_compile(const hft_fundamental_spec *spec, hft_fundamental_model *model);
// Begins at time 0 with two streams of draws of its own.
void hft_fundamental_start(const hft_fundamental_model *model, hft_fundamental *state,
                           hft_rng diffusion_rng, hft_rng jump_rng);
// Takes all steps of the grid up to `now` (not before an earlier one) and returns the value.
double hft_fundamental_at(const hft_fundamental_model *model, hft_fundamental *state, hft_time now);

#endif
