#include "sim/process/jump.h"

#include <stdbool.h>

#include "sim/base/dist.h"
#include "sim/base/math.h"

double hft_jump_draw(const hft_jumps *jumps, hft_rng *rng) {
  if (jumps->law == HFT_JUMP_MERTON) return jumps->mean + jumps->volatility * hft_normal(rng);
  bool up = hft_uniform(rng) < jumps->up_probability;
  double size = hft_exponential(rng);
  return up ? jumps->up_mean * size : -jumps->down_mean * size;
}

double hft_jump_mean(const hft_jumps *jumps) {
  if (jumps->law == HFT_JUMP_MERTON) return jumps->mean;
  double up = jumps->up_probability;
  return up * jumps->up_mean - (1 - up) * jumps->down_mean;
}

double hft_jump_growth(const hft_jumps *jumps, double scale) {
  if (jumps->law == HFT_JUMP_MERTON) {
    double variance = jumps->volatility * jumps->volatility;
    return hft_expm1(scale * jumps->mean + 0.5 * scale * scale * variance);
  }
  // For an exponential of mean m, E[exp(s E)] - 1 = 1 / (1 - s m) - 1 = s m / (1 - s m).
  double up = scale * jumps->up_mean, down = -scale * jumps->down_mean;
  if (up >= 1 || down >= 1) return (double)INFINITY;
  double p = jumps->up_probability;
  return p * up / (1 - up) + (1 - p) * down / (1 - down);
}
