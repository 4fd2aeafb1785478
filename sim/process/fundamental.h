// The fundamental value: a process in ticks on a fixed time grid, advanced by exact transitions (no
// Euler bias). The draws depend on the grid alone, so who looks at the value, and when, changes
// nothing. m is the initial price.
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

typedef enum hft_fundamental_kind {
  HFT_FUNDAMENTAL_CONSTANT,
  HFT_FUNDAMENTAL_OU,
  HFT_FUNDAMENTAL_JUMP,
  HFT_FUNDAMENTAL_OU_JUMP,
  HFT_FUNDAMENTAL_GEOMETRIC,
  HFT_FUNDAMENTAL_BROWNIAN
} hft_fundamental_kind;

// What a kind has no use for is ignored.
typedef struct hft_fundamental_spec {
  hft_fundamental_kind kind;
  double initial;               // m, ticks
  double volatility;            // relative, per square root of a day
  double mean_reversion_speed;  // k, 1/s
  hft_jumps jumps;
  hft_time step;  // the grid, ns
} hft_fundamental_spec;

// Over some time without a jump: x' = decay x + drift + sd Z.
typedef struct hft_transition {
  double decay, drift, sd;
} hft_transition;

// What a spec comes to. Constant.
typedef struct hft_fundamental_model {
  hft_fundamental_spec spec;
  double speed;         // pull of x to 0, 1/s
  double sigma;         // of x: per square root of a second
  double drift;         // of x: per second
  double jump_scale;    // of x a jump's logarithm: m (ou_jump) or 1
  double jump_wait_ns;  // mean time between jumps, or 0 for none
  hft_transition grid;  // over one step of the grid
} hft_fundamental_model;

typedef struct hft_fundamental {
  hft_rng diffusion_rng, jump_rng;
  double x;            // X - m in ticks, or log(X / m) (jump, geometric)
  double value;        // X, ticks
  hft_time next_step;  // when the value next changes
  double next_jump_ns;
} hft_fundamental;

// The exact transition of dX = -k X dt + s dW over dt: X' = decay X + sd Z. k = 0 is Brownian.
void hft_ou_transition(double k, double s, double dt, double *decay, double *sd);

// (1 - exp(-k dt)) / k: what a constant drift of 1 comes to under a pull k >= 0 after a time dt.
double hft_ou_integral(double k, double dt);

// Whether values of this kind jump on their own.
bool hft_fundamental_jumps(const hft_fundamental_spec *spec);

void hft_fundamental_compile(const hft_fundamental_spec *spec, hft_fundamental_model *model);
// The transition over any time, in seconds.
hft_transition hft_fundamental_over(const hft_fundamental_model *model, double dt);

// Begins at time 0 with two streams of draws of its own.
void hft_fundamental_start(const hft_fundamental_model *model, hft_fundamental *state,
                           hft_rng diffusion_rng, hft_rng jump_rng);
// Takes all steps of the grid up to `now` (not before an earlier one) and returns the value.
double hft_fundamental_at(const hft_fundamental_model *model, hft_fundamental *state, hft_time now);
// Moves by one exact transition to any later time, from which the grid goes on. Returns the value.
double hft_fundamental_leap(const hft_fundamental_model *model, hft_fundamental *state,
                            hft_time to);

// ---- for who moves several values together (sim/process/basket.h) ------------------------------
// True where x is a logarithm.
bool hft_fundamental_is_log(const hft_fundamental_model *model);
// One step of the grid with the normal Z given. `value` stays as it was until it is settled.
void hft_fundamental_step(const hft_fundamental_model *model, hft_fundamental *state, double z);
// What is left at `end` of a move of x by 1 at an earlier time.
double hft_fundamental_fade(const hft_fundamental_model *model, double time_ns, hft_time end);
// Works out `value` from x, and returns it.
double hft_fundamental_settle(const hft_fundamental_model *model, hft_fundamental *state);

#endif
