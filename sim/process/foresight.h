// A noisy forecast of the values of a basket: the posterior mean of their changes over the coming
// `ahead` ns, which explains a set share R^2 of the variance of what is not known before.
//
// Each innovation of a value is revealed once, in part. Of the standard normal z of a step of the
// grid is known y = R z + sqrt(1 - R^2) n, n independent with the correlations of z, so that
// E[z | y] = R y; and each jump is known with probability R^2, drawn by itself, so that jumps known
// and unknown are independent Poisson processes. The known part of the step is then
//
//   k = R^2 drift + sd (R^2 z + R sqrt(1 - R^2) n) + the known jumps,
//
// the mean of the innovation given all that will ever be known. It is the same at whatever time it
// is asked for: forecasts of different times say no more together than the latest one does.
// With X the value and x as in sim/process/fundamental.h, and d the share of x left after `ahead`,
//
//   forecast = E[X(t + ahead) - X(t) | X(t), all k] = (d - 1) x(t) + sum of d_j k_j   (additive)
//                                                   = X(t) (exp(sum of k_j) - 1)      (logarithms)
//
// over the steps j in (t, t + ahead], d_j the share left from step j on. Of the variance of the
// change given the past of X it explains R^2: exactly for additive kinds, and to the order of the
// relative variance over `ahead` for logarithms. The change less the forecast is uncorrelated with
// all that was known up to t. With `leverage`, the later variances say a little about earlier
// normals beyond that, but nothing linear.
//
// The values of a market depend on nothing but its seed, so two copies of the basket do all: one
// runs at the time of the market and one `ahead` of it, both draw the same numbers, and each sums
// up what is known. The memory does not grow with `ahead`.
#ifndef HFTSIM_SIM_PROCESS_FORESIGHT_H
#define HFTSIM_SIM_PROCESS_FORESIGHT_H

#include "sim/process/basket.h"

// Random streams of one foresight: this many from the index `stream` on.
#define HFT_FORESIGHT_STREAMS (2 * HFT_BASKET_MAX + 1)

// A compiled forecast; constant, without pointers.
typedef struct hft_foresight_model {
  double share;                 // R^2
  double signal, noise;         // weights of z and n in the known part of z
  hft_time ahead;               // ns, a multiple of the grid's step
  double left[HFT_BASKET_MAX];  // share of x left after `ahead`
} hft_foresight_model;

// The state: hft_foresight_size bytes, without pointers; aligned to 8 bytes.
typedef struct hft_foresight hft_foresight;

// Compiles a forecast of `seconds` > 0 ahead, rounded to whole steps of the basket's grid (at least
// one), with the given R^2 in [0, 1].
void hft_foresight_compile(const hft_basket_model *basket, double r2, double seconds,
                           hft_foresight_model *model);

// Size in bytes of the state.
size_t hft_foresight_size(const hft_basket_model *basket);

// Starts at time 0 in the world (seed, env) of the basket that it forecasts. The noise comes from
// HFT_FORESIGHT_STREAMS streams of that world from `stream` on, which nothing else may use.
void hft_foresight_start(const hft_basket_model *basket, hft_foresight *foresight, uint64_t seed,
                         uint32_t env, uint32_t stream);

// Advances to `now`, which must not decrease over the calls. Works until it is there or the budget
// is used up, and returns true once it is there; until then it has to be called again with the same
// `now`. The result does not depend on the pieces.
bool hft_foresight_advance_some(const hft_basket_model *basket, const hft_foresight_model *model,
                                hft_foresight *foresight, hft_time now, int64_t *budget);

// The forecast of the change of an instrument's value from now to now + ahead, ticks.
double hft_foresight_change(const hft_basket_model *basket, const hft_foresight_model *model,
                            const hft_foresight *foresight, int instrument);

// The sum of the changes of an instrument's value so far beyond what was known of them, ticks: a
// martingale whose changes are independent of all forecasts made before them. A position chosen by
// forecasts times these changes has the mean 0, as a control variate needs.
double hft_foresight_unforeseen(const hft_basket_model *basket, const hft_foresight *foresight,
                                int instrument);

// The sum of what has been revealed so far of the diffusion of an instrument's value, up to now +
// ahead, ticks; of an additive value without drift and jumps, the changes of the forecast but for
// what has come true. It is a martingale, too: what a step reveals is independent of all that was
// known before it. Jumps are left out, since their mean need not be 0.
double hft_foresight_revealed(const hft_foresight *foresight, int instrument);

#endif
