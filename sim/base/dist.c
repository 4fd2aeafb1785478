#include "sim/base/dist.h"

#include <math.h>
#include <stdbool.h>

#include "sim/base/math.h"
#include "sim/base/ziggurat_tables.h"

// A uniform strictly inside (0, 1), for logarithms.
static double uniform_open(hft_rng *rng) {
  return ((double)(hft_rng_u64(rng) >> 12) + 0.5) * 0x1p-52;
}

// Below a wedge's density? The height is uniform between those of the layer's two edges.
static bool under_density(hft_rng *rng, const double *f, uint32_t layer, double density) {
  return f[layer] + hft_uniform(rng) * (f[layer + 1] - f[layer]) < density;
}

double hft_exponential(hft_rng *rng) {
  double shift = 0;
  for (;;) {
    uint64_t bits = hft_rng_u64(rng);
    uint32_t layer = (uint32_t)(bits & 255);
    double x = (double)(bits >> 11) * 0x1p-53 * exponential_x[layer];
    if (x < exponential_x[layer + 1]) return shift + x;
    if (layer == 0) {
      shift += exponential_x[1];  // memoryless: beyond r it begins anew
    } else if (under_density(rng, exponential_f, layer, hft_exp(-x))) {
      return shift + x;
    }
  }
}

// |Z| given |Z| > r: Marsaglia 1964.
static double normal_tail(hft_rng *rng, double r) {
  for (;;) {
    double x = -hft_log(uniform_open(rng)) / r;
    double y = -hft_log(uniform_open(rng));
    if (y + y > x * x) return r + x;
  }
}

double hft_normal(hft_rng *rng) {
  for (;;) {
    uint64_t bits = hft_rng_u64(rng);
    uint32_t layer = (uint32_t)(bits & 255);
    double sign = (bits & 256) != 0 ? -1.0 : 1.0;
    double x = (double)(bits >> 11) * 0x1p-53 * normal_x[layer];
    if (x < normal_x[layer + 1]) return sign * x;
    if (layer == 0) return sign * normal_tail(rng, normal_x[1]);
    if (under_density(rng, normal_f, layer, hft_exp(-0.5 * x * x))) return sign * x;
  }
}

double hft_geometric_scale(double mean) {
  return mean > 1 ? -1 / hft_log1p(-1 / mean) : 0;
}

int32_t hft_geometric(hft_rng *rng, double scale, int32_t most) {
  double k = 1 + floor(hft_exponential(rng) * scale);
  return k < most ? (int32_t)k : most;
}
