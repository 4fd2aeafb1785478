// The impact of trades on the price that a market tends to: a permanent part, and a part that
// decays as (1 + t / 1 s)^-b after each trade (a propagator: Bouchaud, Gefen, Potters, Wyart 2004).
// The power law is a sum of exponentials in geometric progression of rates, so that the impact of
// all trades so far is a few numbers.
#ifndef HFTSIM_SIM_FLOW_PROPAGATOR_H
#define HFTSIM_SIM_FLOW_PROPAGATOR_H

#include "sim/base/inline.h"
#include "sim/base/math.h"
#include "sim/base/units.h"

#define HFT_PROPAGATOR_TERMS 5
#define HFT_PROPAGATOR_RATIO 8
#define HFT_PROPAGATOR_SLOWEST (1.0 / 4096)  // 1/s; the fastest is 1 / s

// A compiled power law; constant.
typedef struct hft_propagator_model {
  double weight[HFT_PROPAGATOR_TERMS];  // they sum to 1
} hft_propagator_model;

// The impact so far; zero at the start.
typedef struct hft_propagator {
  hft_time time;  // to which the terms have decayed
  double shift;   // the permanent part, ticks
  double term[HFT_PROPAGATOR_TERMS];
} hft_propagator;

// Compiles the power law with exponent b in (0, 1]. (1 + t)^-b is, up to a constant, the integral
// of r^(b - 1) exp(-r) exp(-r t) over the rates r; this is its sum over rates, off by at most 2%
// for times up to an hour.
static inline void hft_propagator_compile(hft_propagator_model *model, double b) {
  double rate = HFT_PROPAGATOR_SLOWEST, sum = 0;
  for (int k = 0; k < HFT_PROPAGATOR_TERMS; k++, rate *= HFT_PROPAGATOR_RATIO) {
    sum += model->weight[k] = hft_pow(rate, b) * hft_exp(-rate);
  }
  for (int k = 0; k < HFT_PROPAGATOR_TERMS; k++) model->weight[k] /= sum;
}

// Internal: the decay over a long time. Terms become 0 before they are subnormal, which is slow.
static HFT_COLD void hft_propagator_decay_long(hft_propagator *state, double seconds) {
  double left = hft_exp(-HFT_PROPAGATOR_SLOWEST * seconds);
  for (int k = 0; k < HFT_PROPAGATOR_TERMS; k++) {
    double term = state->term[k] * left;
    state->term[k] = term < 1e-30 && term > -1e-30 ? 0 : term;
    for (int i = 1; i < HFT_PROPAGATOR_RATIO; i *= 2) left *= left;
  }
}

// Lets the impact decay to `now`, which must not decrease over the calls.
HFT_INLINE void hft_propagator_decay(hft_propagator *state, hft_time now) {
  static const double rate[HFT_PROPAGATOR_TERMS] = {1.0 / 4096, 1.0 / 512, 1.0 / 64, 1.0 / 8, 1};
  double seconds = 1e-9 * (double)(now - state->time);
  state->time = now;
  if (HFT_UNLIKELY(seconds > 1.0 / 8)) {
    hft_propagator_decay_long(state, seconds);
    return;
  }
  for (int k = 0; k < HFT_PROPAGATOR_TERMS; k++) {  // exp(-x), to 3e-7
    double x = rate[k] * seconds;
    state->term[k] *= 1 - x * (1 - x * (0.5 - x * (1.0 / 6 - x * (1.0 / 24))));
  }
}

// Adds a trade that moves the price by `transient` ticks for a while and `permanent` for good.
HFT_INLINE void hft_propagator_add(const hft_propagator_model *model, hft_propagator *state,
                                   double transient, double permanent) {
  state->shift += permanent;
  for (int k = 0; k < HFT_PROPAGATOR_TERMS; k++) state->term[k] += model->weight[k] * transient;
}

// The impact, ticks.
HFT_INLINE double hft_propagator_sum(const hft_propagator *state) {
  double sum = state->shift;
  for (int k = 0; k < HFT_PROPAGATOR_TERMS; k++) sum += state->term[k];
  return sum;
}

#endif
