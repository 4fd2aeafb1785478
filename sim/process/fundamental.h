// The fundamental value: a process in ticks on a fixed time grid, advanced by exact transitions (no
// Euler bias). The draws depend on the grid only, so reading the value changes nothing. m is the
// initial price.
//
//   constant   m
//   ou         dX = k (m - X) dt + s dW (Uhlenbeck and Ornstein 1930)
//   jump       log X diffuses and jumps at Poisson times (Merton 1976; Kou 2002), compensated so
//              that X is a martingale
//   ou_jump    ou that also jumps, by m J ticks at Poisson times, compensated so that E[X] = m
//   geometric  log X diffuses, so that X is a martingale
//   brownian   X = m + s W
#ifndef HFTSIM_SIM_PROCESS_FUNDAMENTAL_H
#define HFTSIM_SIM_PROCESS_FUNDAMENTAL_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/rng.h"
#include "sim/base/units.h"
#include "sim/process/jump.h"

#define HFT_DAY_S 23400.0  // the trading day that daily volatilities and rates refer to

// The kinds of processes, as listed above.
typedef enum hft_fundamental_kind {
  HFT_FUNDAMENTAL_CONSTANT,
  HFT_FUNDAMENTAL_OU,
  HFT_FUNDAMENTAL_JUMP,
  HFT_FUNDAMENTAL_OU_JUMP,
  HFT_FUNDAMENTAL_GEOMETRIC,
  HFT_FUNDAMENTAL_BROWNIAN
} hft_fundamental_kind;

// Parameters of a process; a kind ignores those that it does not use.
typedef struct hft_fundamental_spec {
  hft_fundamental_kind kind;
  double initial;               // m, ticks
  double volatility;            // relative, per square root of a day
  double mean_reversion_speed;  // k, 1/s
  hft_jumps jumps;
  hft_time step;  // step of the grid, ns
} hft_fundamental_spec;

// A transition without a jump: x' = decay x + drift + sd Z.
typedef struct hft_transition {
  double decay, drift, sd;
} hft_transition;

// A compiled spec; constant.
typedef struct hft_fundamental_model {
  hft_fundamental_spec spec;
  double speed;         // reversion of x to 0, 1/s
  double sigma;         // of x, per square root of a second
  double drift;         // of x, per second
  double jump_scale;    // change of x per unit of a jump's logarithm: m (ou_jump) or 1
  double jump_wait_ns;  // mean time between jumps, or 0 for none
  hft_transition grid;  // over one step
} hft_fundamental_model;

// The state of a process.
typedef struct hft_fundamental {
  hft_rng diffusion_rng, jump_rng;
  double x;            // X - m in ticks, or log(X / m) (jump, geometric)
  double value;        // X, ticks
  hft_time next_step;  // time of the next change, ns
  double next_jump_ns;
} hft_fundamental;

// The exact transition of dX = -k X dt + s dW over dt seconds: X' = decay X + sd Z. k = 0 is
// Brownian motion.
void hft_ou_transition(double k, double s, double dt, double *decay, double *sd);

// (1 - exp(-k dt)) / k: the effect of a constant drift of 1 after dt seconds with reversion speed k
// >= 0.
double hft_ou_integral(double k, double dt);

// Do values of this kind jump on their own?
bool hft_fundamental_jumps(const hft_fundamental_spec *spec);

// Compiles a spec, whose values must be in the bounds of the config keys.
void hft_fundamental_compile(const hft_fundamental_spec *spec, hft_fundamental_model *model);
// The transition over dt seconds.
hft_transition hft_fundamental_over(const hft_fundamental_model *model, double dt);

// Starts at time 0 with two random streams of its own.
void hft_fundamental_start(const hft_fundamental_model *model, hft_fundamental *state,
                           hft_rng diffusion_rng, hft_rng jump_rng);
// Advances to the last step of the grid at or before `now` and returns the value, ticks. `now` must
// not decrease over the calls.
double hft_fundamental_at(const hft_fundamental_model *model, hft_fundamental *state, hft_time now);
// Moves, at constant volatility, by one exact transition to the later time `to`, where the grid
// restarts. Returns the value, ticks.
double hft_fundamental_leap(const hft_fundamental_model *model, hft_fundamental *state,
                            hft_time to);

// The expected value, ticks, `after` ns of the grid's steps past a moment at which the process had
// `value`: E[X(t + after) | X up to t]. Jumps are compensated, and a stochastic variance changes no
// mean, so it is `value` unless the process reverts.
double hft_fundamental_expected(const hft_fundamental_model *model, double value, hft_time after);

// ---- for moving several values together (sim/process/basket.h) ---------------------------------
// Is x a logarithm?
bool hft_fundamental_is_log(const hft_fundamental_model *model);
// One step of the grid with the normal z. `value` is updated by hft_fundamental_settle.
void hft_fundamental_step(const hft_fundamental_model *model, hft_fundamental *state, double z);
// The transition of a step of the grid in which the diffusion's variance is multiplied by
// `variance`, whose square root is `volatility`. A logarithm's drift follows, so that X stays a
// martingale.
hft_transition hft_fundamental_varied(const hft_fundamental_model *model, double variance,
                                      double volatility);
// As hft_fundamental_step, by the transition hft_fundamental_varied.
void hft_fundamental_step_with(const hft_fundamental_model *model, hft_fundamental *state, double z,
                               double variance, double volatility);
// The share of a change of x at `time_ns` that remains at `end`.
double hft_fundamental_fade(const hft_fundamental_model *model, double time_ns, hft_time end);
// Updates `value` from x and returns it, ticks.
double hft_fundamental_settle(const hft_fundamental_model *model, hft_fundamental *state);

#endif
