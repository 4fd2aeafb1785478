// Axes of the density beta: 2 X - 1 with X ~ Beta(a, b), a = 1 + softplus(y0), b = 1 + softplus(y1)
// (Chou, Maturana, Scherer 2017), the raw number x, B = Gamma(a) Gamma(b) / Gamma(a + b), and psi
// the digamma function:
//   log p   = (a - 1) log x + (b - 1) log(1 - x) - log B - log 2
//   entropy = log B - (a - 1) psi(a) - (b - 1) psi(b) + (a + b - 2) psi(a + b) + log 2
#include "agents/nn/head_state.h"
#include "agents/nn/special.h"
#include "sim/base/dist.h"
#include "sim/base/math.h"

#define LOG_2 0.69314718055994530942
// Neither 0 nor 1, at which logarithms end; 1 - EDGE is a float.
#define EDGE 0x1p-24

// The parameters a or b, less 1, and its derivative by the output.
typedef struct shape {
  double less1, slope;
} shape;

static shape shape_of(float y) {
  double x = hft_head_limit(y, HFT_HEAD_SHAPE_MAX), e = hft_exp(x > 0 ? -x : x);
  shape of = {.less1 = (x > 0 ? x : 0) + hft_log1p(e), .slope = x > 0 ? 1 / (1 + e) : e / (1 + e)};
  if (y > HFT_HEAD_SHAPE_MAX || y < -HFT_HEAD_SHAPE_MAX) of.slope = 0;
  return of;
}

// Gamma of shape 1 + less1 >= 1 (Marsaglia, Tsang 2000).
static double draw_gamma(double less1, hft_rng *rng) {
  double d = less1 + 2.0 / 3, c = 1 / sqrt(9 * d);
  // NaN ends the loop: it is not below 0, and no comparison with it holds.
  for (;;) {
    double x = hft_normal(rng), v = 1 + c * x;
    if (v <= 0) continue;
    v = v * v * v;
    double u = 1 - hft_uniform(rng);
    if (!(hft_log(u) >= 0.5 * x * x + d - d * v + d * hft_log(v))) return d * v;
  }
}

void hft_beta_draw(const hft_head_rows *of, const hft_head_axis *axis, hft_rng *rng, float *raw,
                   float *sent) {
  const float *y = of->y + axis->output;
  double first = draw_gamma(shape_of(y[0]).less1, rng);
  double second = draw_gamma(shape_of(y[1]).less1, rng);
  double x = first / (first + second);
  if (x < EDGE) x = EDGE;
  if (x > 1 - EDGE) x = 1 - EDGE;
  *raw = (float)x;
  *sent = 2 * *raw - 1;
}

float hft_beta_mode(const hft_head_rows *of, const hft_head_axis *axis) {
  const float *y = of->y + axis->output;
  double a = 1 + shape_of(y[0]).less1, b = 1 + shape_of(y[1]).less1;
  return (float)((a - b) / (a + b));
}

void hft_beta_evaluate(const hft_head_rows *of, const hft_head_axis *axis, float *log_prob,
                       float *entropy) {
  const float *y = of->y + axis->output, *raw = of->raw + axis->index;
  int outputs = of->head->outputs, axes = of->head->def.axis_count;
  for (int r = 0; r < of->rows; r++, y += outputs, raw += axes) {
    double a = shape_of(y[0]).less1, b = shape_of(y[1]).less1, x = *raw;
    double log_b = hft_lgamma(1 + a) + hft_lgamma(1 + b) - hft_lgamma(2 + a + b);
    log_prob[r] += (float)(a * hft_log(x) + b * hft_log(1 - x) - log_b - LOG_2);
    entropy[r] += (float)(log_b + LOG_2 - a * hft_digamma(1 + a) - b * hft_digamma(1 + b) +
                          (a + b) * hft_digamma(2 + a + b));
  }
}

void hft_beta_backward(const hft_head_rows *of, const hft_head_axis *axis,
                       const hft_head_slope *slope) {
  const float *y = of->y + axis->output, *raw = of->raw + axis->index;
  float *dy = slope->dy + axis->output;
  int outputs = of->head->outputs, axes = of->head->def.axis_count;
  for (int r = 0; r < of->rows; r++, y += outputs, raw += axes, dy += outputs) {
    shape a = shape_of(y[0]), b = shape_of(y[1]);
    double x = *raw, both = a.less1 + b.less1;
    double common = hft_digamma(2 + both), curve = both * hft_trigamma(2 + both);
    double log_a = hft_log(x) - hft_digamma(1 + a.less1) + common;
    double log_b = hft_log(1 - x) - hft_digamma(1 + b.less1) + common;
    double entropy_a = curve - a.less1 * hft_trigamma(1 + a.less1);
    double entropy_b = curve - b.less1 * hft_trigamma(1 + b.less1);
    dy[0] = (float)((slope->dlog[r] * log_a + slope->dentropy[r] * entropy_a) * a.slope);
    dy[1] = (float)((slope->dlog[r] * log_b + slope->dentropy[r] * entropy_b) * b.slope);
  }
}
