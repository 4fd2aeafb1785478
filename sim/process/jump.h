// Sizes of jumps, as logarithms of the factor on the value, and their rate.
//
//   merton  normal (Merton 1976)
//   kou     double-exponential: up or down by chance, exponential sizes (Kou 2002)
#ifndef HFTSIM_SIM_PROCESS_JUMP_H
#define HFTSIM_SIM_PROCESS_JUMP_H

#include "sim/base/rng.h"

typedef enum hft_jump_law { HFT_JUMP_MERTON, HFT_JUMP_KOU } hft_jump_law;

// A compound Poisson process of jumps; all 0 for none.
typedef struct hft_jumps {
  hft_jump_law law;
  double rate;              // jumps per day of HFT_DAY_S seconds
  double mean, volatility;  // mean and standard deviation of a jump; merton
  double up_probability;    // kou
  double up_mean;           // mean size of a jump up, >= 0; kou
  double down_mean;         // mean size of a jump down, >= 0; kou
} hft_jumps;

// Draws the size J of one jump.
double hft_jump_draw(const hft_jumps *jumps, hft_rng *rng);

// The mean jump, E[J].
double hft_jump_mean(const hft_jumps *jumps);

// E[exp(scale J)] - 1: the mean relative change of the value by a jump of `scale` J. Infinite if
// the mean does not exist (kou, scale up_mean >= 1 or -scale down_mean >= 1).
double hft_jump_growth(const hft_jumps *jumps, double scale);

#endif
