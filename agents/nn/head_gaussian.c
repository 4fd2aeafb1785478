// Axes of the densities gaussian and squashed. With u the raw number, m the output, s the axis's
// logarithm of a standard deviation, and z = (u - m) e^-s:
//   gaussian  log p = -z^2 / 2 - s - log(2 pi) / 2, sent u
//   squashed  the same less log(1 - tanh(u)^2), sent tanh(u)
//   entropy   s + (1 + log(2 pi)) / 2

#include <math.h>
#include <stddef.h>

#include "agents/nn/elementary.h"
#include "agents/nn/head_state.h"
#include "sim/base/dist.h"
#include "sim/base/math.h"

#define HALF_LOG_2PI 0.91893853320467274178
#define LOG_2 0.69314718055994530942F

// The logarithm of the axis's standard deviation as it counts.
static double log_deviation(const hft_head_rows *of, const hft_head_axis *axis) {
  float s = of->params[axis->param];
  if (s < HFT_HEAD_LOG_DEVIATION_MIN) return HFT_HEAD_LOG_DEVIATION_MIN;
  return s > HFT_HEAD_LOG_DEVIATION_MAX ? HFT_HEAD_LOG_DEVIATION_MAX : s;
}

static float send(const hft_head_rows *of, float u) {
  if (of->head->def.density != HFT_DENSITY_SQUASHED) return u;
  // tanh: without cancellation near 0, without overflow far from it.
  double size = u < 0 ? -(double)u : u, e = hft_expm1(-2 * size);
  double t = -e / (2 + e);
  return (float)(u < 0 ? -t : t);
}

// Subtracts log(1 - tanh(u)^2) = 2 (log 2 - |u| - log(1 + e^-2|u|)) of one column of numbers.
HFT_CLONES static void subtract_log_slopes(const float *restrict raw, int axes, int rows,
                                           float *restrict log_prob) {
  for (int r = 0; r < rows; r++) {
    float size = fabsf(raw[(ptrdiff_t)r * axes]);
    float e = hft_exp_below(-2 * size);
    log_prob[r] -= 2 * (LOG_2 - size - hft_log_above(1 + e));
  }
}

void hft_gaussian_draw(const hft_head_rows *of, const hft_head_axis *axis, hft_rng *rng, float *raw,
                       float *sent) {
  double mean = hft_head_limit(of->y[axis->output], HFT_HEAD_MEAN_MAX);
  *raw = (float)(mean + hft_exp(log_deviation(of, axis)) * hft_normal(rng));
  *sent = send(of, *raw);
}

float hft_gaussian_mode(const hft_head_rows *of, const hft_head_axis *axis) {
  return send(of, hft_head_limit(of->y[axis->output], HFT_HEAD_MEAN_MAX));
}

void hft_gaussian_evaluate(const hft_head_rows *of, const hft_head_axis *axis, float *log_prob,
                           float *entropy) {
  double log_s = log_deviation(of, axis);
  float inverse = (float)hft_exp(-log_s), constant = (float)(log_s + HALF_LOG_2PI);
  float spread = (float)(log_s + 0.5 + HALF_LOG_2PI);
  const float *y = of->y + axis->output, *raw = of->raw + axis->index;
  int outputs = of->head->outputs, axes = of->head->def.axis_count;
  for (int r = 0; r < of->rows; r++, y += outputs, raw += axes) {
    float z = (*raw - hft_head_limit(*y, HFT_HEAD_MEAN_MAX)) * inverse;
    log_prob[r] -= 0.5F * (z * z) + constant;
    entropy[r] += spread;
  }
  if (of->head->def.density != HFT_DENSITY_SQUASHED) return;
  subtract_log_slopes(of->raw + axis->index, axes, of->rows, log_prob);
}

void hft_gaussian_backward(const hft_head_rows *of, const hft_head_axis *axis,
                           const hft_head_slope *slope) {
  float inverse = (float)hft_exp(-log_deviation(of, axis));
  const float *y = of->y + axis->output, *raw = of->raw + axis->index;
  float *dy = slope->dy + axis->output;
  int outputs = of->head->outputs, axes = of->head->def.axis_count;
  double sum = 0;  // the gradient of the logarithm of the standard deviation
  for (int r = 0; r < of->rows; r++, y += outputs, raw += axes, dy += outputs) {
    float mean = hft_head_limit(*y, HFT_HEAD_MEAN_MAX);
    float z = (*raw - mean) * inverse, by_z = slope->dlog[r] * z;
    *dy = mean == *y || *y != *y ? by_z * inverse : 0;
    sum += by_z * z - slope->dlog[r] + slope->dentropy[r];
  }
  float s = of->params[axis->param];
  bool free = !(s < HFT_HEAD_LOG_DEVIATION_MIN || s > HFT_HEAD_LOG_DEVIATION_MAX);
  if (free) slope->grad[axis->param] += (float)sum;
}
