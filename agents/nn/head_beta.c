// Axes of the density beta: 2 X - 1 with X ~ Beta(a, b), a = 1 + softplus(y0), b = 1 + softplus(y1)
// (Chou, Maturana, Scherer 2017), the raw number x, B = Gamma(a) Gamma(b) / Gamma(a + b), and psi
// the digamma function:
//   log p   = (a - 1) log x + (b - 1) log(1 - x) - log B - log 2
//   entropy = log B - (a - 1) psi(a) - (b - 1) psi(b) + (a + b - 2) psi(a + b) + log 2
#include <math.h>

#include "agents/nn/elementary.h"
#include "agents/nn/head_state.h"
#include "agents/nn/special.h"
#include "sim/base/dist.h"
#include "sim/base/math.h"

#define LOG_2 0.69314718055994530942
// Neither 0 nor 1, where a logarithm is infinite; 1 - EDGE is a float.
#define EDGE 0x1p-24
// Rows that are worked on together, side by side.
#define ROWS 64

// The parameters a or b, less 1, and its derivative by the output.
typedef struct shape {
  double less1, slope;
} shape;

HFT_INLINE shape shape_of(float y) {
  // Without selects that depend on each other, which would keep the loops from being vectorised.
  float size = fabsf(y), most = size > HFT_HEAD_SHAPE_MAX ? HFT_HEAD_SHAPE_MAX : size;
  double above = 0.5F * (copysignf(most, y) + most);  // the positive part
  double e = hft_exp_below(-most), inverse = 1 / (1 + e);
  double slope = y > 0 ? inverse : 1 - inverse, counts = size <= HFT_HEAD_SHAPE_MAX ? 1 : 0;
  return (shape){above + hft_log_normal(1 + e), slope * counts};
}

// Gamma of shape 1 + less1 >= 1 (Marsaglia, Tsang 2000).
static double draw_gamma(double less1, hft_rng *rng) {
  double d = less1 + 2.0 / 3, c = 1 / sqrt(9 * d);
  // NaN ends the loop: it is not at most 0, and no comparison with it holds.
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
  double a = shape_of(y[0]).less1, b = shape_of(y[1]).less1;
  return (float)((a - b) / (2 + a + b));
}

// Rows side by side: what comes in, and what comes out.
typedef struct tile {
  float y0[ROWS], y1[ROWS], x[ROWS];
  float first[ROWS], second[ROWS];  // log p and entropy; the gradients of y0 and y1
} tile;

// The rows from `first` on, as many as a tile holds; returns how many.
static int load(const hft_head_rows *of, const hft_head_axis *axis, int first, tile *to) {
  int rows = of->rows - first < ROWS ? of->rows - first : ROWS;
  const float *y = of->y + (ptrdiff_t)first * of->head->outputs + axis->output;
  const float *raw = of->raw + (ptrdiff_t)first * of->head->def.axis_count + axis->index;
  for (int r = 0; r < rows; r++) {
    to->y0[r] = y[0];
    to->y1[r] = y[1];
    to->x[r] = *raw;
    y += of->head->outputs;
    raw += of->head->def.axis_count;
  }
  return rows;
}

HFT_CLONES static void values(tile *of, int rows) {
  for (int r = 0; r < rows; r++) {
    double a = shape_of(of->y0[r]).less1, b = shape_of(of->y1[r]).less1, x = of->x[r];
    hft_gamma_terms of_a = hft_gamma(1 + a), of_b = hft_gamma(1 + b), both = hft_gamma(2 + a + b);
    double log_b = of_a.log + of_b.log - both.log;
    of->first[r] = (float)(a * hft_log_normal(x) + b * hft_log_normal(1 - x) - log_b - LOG_2);
    of->second[r] = (float)(log_b + LOG_2 - a * of_a.first - b * of_b.first + (a + b) * both.first);
  }
}

HFT_CLONES static void slopes(tile *of, int rows, const float *dlog, const float *dentropy) {
  for (int r = 0; r < rows; r++) {
    shape a = shape_of(of->y0[r]), b = shape_of(of->y1[r]);
    double x = of->x[r], sum = a.less1 + b.less1;
    hft_gamma_terms of_a = hft_gamma(1 + a.less1), of_b = hft_gamma(1 + b.less1);
    hft_gamma_terms both = hft_gamma(2 + sum);
    double log_a = hft_log_normal(x) - of_a.first + both.first;
    double log_b = hft_log_normal(1 - x) - of_b.first + both.first;
    double entropy_a = sum * both.second - a.less1 * of_a.second;
    double entropy_b = sum * both.second - b.less1 * of_b.second;
    of->first[r] = (float)((dlog[r] * log_a + dentropy[r] * entropy_a) * a.slope);
    of->second[r] = (float)((dlog[r] * log_b + dentropy[r] * entropy_b) * b.slope);
  }
}

void hft_beta_evaluate(const hft_head_rows *of, const hft_head_axis *axis, float *log_prob,
                       float *entropy) {
  tile part;
  for (int first = 0, rows; first < of->rows; first += rows) {
    rows = load(of, axis, first, &part);
    values(&part, rows);
    for (int r = 0; r < rows; r++) log_prob[first + r] += part.first[r];
    for (int r = 0; r < rows; r++) entropy[first + r] += part.second[r];
  }
}

void hft_beta_backward(const hft_head_rows *of, const hft_head_axis *axis,
                       const hft_head_slope *slope) {
  tile part;
  for (int first = 0, rows; first < of->rows; first += rows) {
    rows = load(of, axis, first, &part);
    slopes(&part, rows, slope->dlog + first, slope->dentropy + first);
    float *dy = slope->dy + (ptrdiff_t)first * of->head->outputs + axis->output;
    for (int r = 0; r < rows; r++, dy += of->head->outputs) {
      dy[0] = part.first[r];
      dy[1] = part.second[r];
    }
  }
}
