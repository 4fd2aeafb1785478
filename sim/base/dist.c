#include "sim/base/dist.h"

#include <stdbool.h>

#include "sim/base/math.h"
#include "sim/base/ziggurat_tables.h"

// Uniform on the open interval (0, 1): safe for logarithms.
static double uniform_open(hft_rng *rng) {
  return ((double)(hft_rng_u64(rng) >> 12) + 0.5) * 0x1p-52;
}

// Is a uniform point of a layer's wedge below the density? Its height is uniform between the
// heights of the layer's two edges.
static bool under_density(hft_rng *rng, const double *f, uint32_t layer, double density) {
  return f[layer] + hft_uniform(rng) * (f[layer + 1] - f[layer]) < density;
}

double hft_exponential_outside(hft_rng *rng, uint32_t layer, double x) {
  // The exponential is memoryless: beyond r, the edge of the lowest layer, draw anew.
  if (layer == 0) return hft_exponential_x[1] + hft_exponential(rng);
  if (under_density(rng, exponential_f, layer, hft_exp(-x))) return x;
  return hft_exponential(rng);
}

// |Z| given |Z| > r: Marsaglia 1964.
static double normal_tail(hft_rng *rng, double r) {
  for (;;) {
    double x = -hft_log(uniform_open(rng)) / r;
    double y = -hft_log(uniform_open(rng));
    if (y + y > x * x) return r + x;
  }
}

double hft_normal_outside(hft_rng *rng, uint32_t layer, double x, double sign) {
  if (layer == 0) return sign * normal_tail(rng, hft_normal_x[1]);
  if (under_density(rng, normal_f, layer, hft_exp(-0.5 * x * x))) return sign * x;
  return hft_normal(rng);
}

double hft_geometric_scale(double mean) {
  return mean > 1 ? -1 / hft_log1p(-1 / mean) : 0;
}
