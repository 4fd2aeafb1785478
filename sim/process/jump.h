// The sizes of jumps, as logarithms of what a value is multiplied by, and how often they come.
//
//   merton  normal (Merton 1976)
//   kou     double-exponential: up with a probability, both sides exponential (Kou 2002)
#ifndef HFTSIM_SIM_PROCESS_JUMP_H
#define HFTSIM_SIM_PROCESS_JUMP_H

#include "sim/base/rng.h"

typedef enum hft_jump_law { HFT_JUMP_MERTON, HFT_JUMP_KOU } hft_jump_law;

// A compound Poisson process. All 0: no jumps.
typedef struct hft_jumps {
  hft_jump_law law;
  double rate;              // jumps a day of HFT_DAY_S seconds
  double mean, volatility;  // mean and standard deviation of a jump; merton
  double up_probability;    // kou
  double up_mean;           // of a jump up, >= 0; kou
  double down_mean;         // of the size of a jump down, >= 0; kou
} hft_jumps;

// The size of one jump.
double hft_jump_draw(const hft_jumps *jumps, hft_rng *rng);

// E[J].
double hft_jump_mean(const hft_jumps *jumps);

// E[exp(scale J)] - 1: what a jump of `scale` times the size adds to the value on average. Infinite
// where no such mean exists (kou, scale up_mean >= 1 or -scale down_mean >= 1).
double hft_jump_growth(const hft_jumps *jumps, double scale);

#endif
