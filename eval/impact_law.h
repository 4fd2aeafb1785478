// How the impact of a parent order depends on its quantity, and how it decays: the numbers that the
// literature reports, from the impacts of the same worlds at several quantities.
//
// The square-root law, I = Y sigma sqrt(Q / V) with Y of order 1: B. Toth et al., "Anomalous price
// impact and the critical nature of liquidity in financial markets", Physical Review X 1, 2011.
// Decay to about 2/3: E. Zarinelli, M. Treccani, J. D. Farmer and F. Lillo, "Beyond the square
// root", Market Microstructure and Liquidity 1, 2015; F. Bucci, M. Benzaquen, F. Lillo and
// J.-P. Bouchaud, "Slow decay of impact in equity markets", Market Microstructure and Liquidity 4,
// 2018.
#ifndef HFTSIM_EVAL_IMPACT_LAW_H
#define HFTSIM_EVAL_IMPACT_LAW_H

#include <stdint.h>

#include "sim/base/rng.h"
#include "stats/stats.h"

#define HFT_IMPACT_QUANTITIES_MAX 12

// Returns the exponent d of I ~ Q^d: the slope of the least-squares line of log I against log Q.
// NaN: fewer than two quantities, quantities that are all the same, or an impact that is not
// positive.
double hft_impact_exponent(const double *quantity, const double *impact, int count);

// Returns the share of the impact that is left: the sum of `later` over that of `end`. NaN: the sum
// of `end` is not positive.
double hft_impact_left(const double *end, const double *later, int count);

// Returns Y = I / (sigma sqrt(Q / V)). sigma is the standard deviation of the mid's change without
// the order, in the unit of the impact, and V the volume traded without it, in lots, both over the
// order's duration. NaN: sigma or V is not positive.
double hft_impact_normalised(double impact, double quantity, double sigma, double volume);

// What the worlds have shown. Borrowed.
typedef struct hft_impact_observed {
  int quantities;           // 1 .. HFT_IMPACT_QUANTITIES_MAX
  int worlds;               // >= 1
  const int64_t *quantity;  // [quantities] lots, > 0
  const double *end;        // [quantities][worlds] impact at the order's end, bps
  const double *later;      // the same one duration after the end; null: not measured
  const double *move;       // [worlds] the mid's change without the order, bps, over its duration
  const double *volume;     // [worlds] lots traded without the order, over its duration
} hft_impact_observed;

typedef struct hft_impact_law {
  hft_estimate exponent;                               // of the mean impacts at the end
  hft_estimate left;                                   // of all quantities together
  hft_estimate sigma;                                  // bps
  hft_estimate volume;                                 // lots
  hft_estimate left_of[HFT_IMPACT_QUANTITIES_MAX];     // of each quantity
  hft_estimate normalised[HFT_IMPACT_QUANTITIES_MAX];  // of each quantity, at the end
} hft_impact_law;

// Computes the law of the means over the worlds. Intervals: hft_bootstrap_rows over the worlds, the
// same resamples for all quantities. Deterministic in the rng. ENOMEM.
hft_status hft_impact_fit(const hft_impact_observed *observed, double confidence, hft_rng *rng,
                          hft_impact_law *law);

#endif
