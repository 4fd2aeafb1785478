// The impact of trades on the price that a market tends to: a permanent part, and a part that
// decays as (1 + t / 1 s)^-b after each trade (a propagator: Bouchaud, Gefen, Potters, Wyart 2004).
// The power law is a sum of exponentials in geometric progression of rates, so that the impact of
// all trades so far is a few numbers. Time is counted in cells of 2^23 ns (8.4 ms), so that their
// decay comes from a table.
#ifndef HFTSIM_SIM_FLOW_PROPAGATOR_H
#define HFTSIM_SIM_FLOW_PROPAGATOR_H

#include "sim/base/inline.h"
#include "sim/base/math.h"
#include "sim/base/units.h"
#include "sim/flow/four.h"

#define HFT_PROPAGATOR_FOURS 2
#define HFT_PROPAGATOR_TERMS (4 * HFT_PROPAGATOR_FOURS)
#define HFT_PROPAGATOR_RATIO 4.0
#define HFT_PROPAGATOR_SLOWEST (1.0 / 4096)  // 1/s; the fastest is 4 / s
#define HFT_PROPAGATOR_CELL_BITS 23          // of a time in ns
#define HFT_PROPAGATOR_CELLS 64              // entries of a table

typedef union hft_propagator_terms {
  float lane[HFT_PROPAGATOR_TERMS];
  hft_loose_four four[HFT_PROPAGATOR_FOURS];
} hft_propagator_terms;

// A compiled power law; constant.
typedef struct hft_propagator_model {
  hft_propagator_terms weight;  // they sum to 1
  // exp(-rate t) - 1 for t of k cells, and of 64 k cells. Less 1, since that is more precise.
  hft_propagator_terms fade[2][HFT_PROPAGATOR_CELLS];
} hft_propagator_model;

// The impact so far; zero at the start.
typedef struct hft_propagator {
  int64_t cell;  // to which the terms have decayed
  double shift;  // the permanent part, ticks
  hft_propagator_terms term;
} hft_propagator;

// Compiles the power law with exponent b in [0.05, 1]. (1 + t)^-b is, up to a constant, the
// integral of r^(b - 1) exp(-r) exp(-r t) over the rates r; this is its sum over rates in geometric
// progression. The slowest term stands for all slower ones too, at a rate lowered by a factor that
// fits. Off by at most 0.015 of the initial impact for times up to three hours.
static inline void hft_propagator_compile(hft_propagator_model *model, double b) {
  const double cell = 1e-9 * (1 << HFT_PROPAGATOR_CELL_BITS), ratio = HFT_PROPAGATOR_RATIO;
  double rate[HFT_PROPAGATOR_TERMS], weight[HFT_PROPAGATOR_TERMS], sum = 0;
  for (int k = 0; k < HFT_PROPAGATOR_TERMS; k++) {
    rate[k] = k == 0 ? HFT_PROPAGATOR_SLOWEST : ratio * rate[k - 1];
    weight[k] = hft_pow(rate[k], b) * hft_exp(-rate[k]);
  }
  weight[0] /= 1 - hft_pow(ratio, -b);
  rate[0] /= 1 + 1 / b;
  for (int k = 0; k < HFT_PROPAGATOR_TERMS; k++) sum += weight[k];
  for (int k = 0; k < HFT_PROPAGATOR_TERMS; k++) {
    model->weight.lane[k] = (float)(weight[k] / sum);
    for (int i = 0; i < HFT_PROPAGATOR_CELLS; i++) {
      model->fade[0][i].lane[k] = (float)hft_expm1(-rate[k] * cell * i);
      model->fade[1][i].lane[k] = (float)hft_expm1(-rate[k] * cell * HFT_PROPAGATOR_CELLS * i);
    }
  }
}

// Internal: lets the terms fade by a row of the table.
HFT_INLINE void hft_propagator_fade(hft_propagator *state, const hft_propagator_terms *fade) {
  for (int k = 0; k < HFT_PROPAGATOR_FOURS; k++) {
    state->term.four[k] += state->term.four[k] * fade->four[k];
  }
}

// Internal: the decay over a long time. Terms become 0 before they are subnormal, which is slow.
static HFT_COLD void hft_propagator_fade_long(const hft_propagator_model *model,
                                              hft_propagator *state, int64_t cells) {
  const int64_t most = HFT_PROPAGATOR_CELLS - 1;
  for (int64_t left = cells / HFT_PROPAGATOR_CELLS; left > 0; left -= most) {
    if (left > (int64_t)1 << 24) left = (int64_t)1 << 24;  // all is 0 long before
    hft_propagator_fade(state, &model->fade[1][left < most ? left : most]);
    for (int k = 0; k < HFT_PROPAGATOR_TERMS; k++) {
      float term = state->term.lane[k];
      state->term.lane[k] = term < 1e-25F && term > -1e-25F ? 0 : term;
    }
  }
}

// Lets the impact decay to `now`, which must not decrease over the calls.
HFT_INLINE void hft_propagator_decay(const hft_propagator_model *model, hft_propagator *state,
                                     hft_time now) {
  int64_t cell = now >> HFT_PROPAGATOR_CELL_BITS, cells = cell - state->cell;
  state->cell = cell;
  if (HFT_UNLIKELY(cells >= HFT_PROPAGATOR_CELLS)) hft_propagator_fade_long(model, state, cells);
  hft_propagator_fade(state, &model->fade[0][cells & (HFT_PROPAGATOR_CELLS - 1)]);
}

// Adds a trade that moves the price by `transient` ticks for a while and `permanent` for good.
HFT_INLINE void hft_propagator_add(const hft_propagator_model *model, hft_propagator *state,
                                   double transient, double permanent) {
  state->shift += permanent;
  for (int k = 0; k < HFT_PROPAGATOR_FOURS; k++) {
    state->term.four[k] += model->weight.four[k] * (float)transient;
  }
}

// The impact, ticks.
HFT_INLINE double hft_propagator_sum(const hft_propagator *state) {
  hft_loose_four sum = state->term.four[0] + state->term.four[1];
  return state->shift + ((double)(sum[0] + sum[2]) + (double)(sum[1] + sum[3]));
}

#endif
