// Axes that are choices: p = softmax of the logits l over what the mask allows. With t = l - max l
// and L = log(sum e^t):
//   log p_j = t_j - L; entropy H = L - sum p_j t_j
//   d log p_c / d l_j = [j = c] - p_j; d H / d l_j = -p_j (log p_j + H)
#include <string.h>

#include "agents/nn/elementary.h"
#include "agents/nn/head_state.h"
#include "agents/nn/net.h"
#include "sim/base/dist.h"
#include "sim/base/math.h"

// Logits of rows that are worked on together.
#define TILE HFT_NET_OUTPUTS_MAX
// t of what is forbidden: its exponential is 0, and its product with 0 is 0.
#define FORBIDDEN (-1e30F)

// e^x of x[count] <= 0, 0 below -87: the argument is reduced by Cody and Waite's two constants, the
// polynomial is that of Cephes (Moshier). Written for vectors of any width: each element has the
// same operations, so its bits depend on nothing else. Relative error below 2e-7.
HFT_CLONES static void exponentials(const float *restrict x, float *restrict y, int count) {
  for (int i = 0; i < count; i++) {
    float given = x[i], v = given < -87 ? -87 : given;
    float shifted = v * 1.44269504088896341F + 12582912.0F;  // rounds to a whole number
    float whole = shifted - 12582912.0F;
    float f = v - whole * 0.693359375F - whole * -2.12194440e-4F;
    float p = 1.9875691500e-4F;
    p = p * f + 1.3981999507e-3F;
    p = p * f + 8.3334519073e-3F;
    p = p * f + 4.1665795894e-2F;
    p = p * f + 1.6666665459e-1F;
    p = p * f + 5.0000001201e-1F;
    p = p * f * f + f + 1;
    uint32_t bits;  // the lowest ones are those of the whole number
    float power;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23;
    memcpy(&power, &bits, sizeof power);
    y[i] = given < -87 ? 0 : p * power;
  }
}

static bool allows_some(const uint8_t *mask, int choices) {
  for (int j = 0; j < choices; j++) {
    if (mask[j] != 0) return true;
  }
  return false;
}

// The mask of an axis in a row; null: all is allowed.
static const uint8_t *mask_of(const hft_head_rows *of, const hft_head_axis *axis, int row) {
  if (of->mask == NULL) return NULL;
  const uint8_t *mask = of->mask + (ptrdiff_t)row * of->head->mask_dim + axis->mask;
  return allows_some(mask, axis->choices) ? mask : NULL;
}

// Writes t of a row.
static void shift(const float *logit, const uint8_t *mask, int choices, float *t) {
  float most = FORBIDDEN;
  for (int j = 0; j < choices; j++) {
    float l = hft_head_limit(logit[j], HFT_HEAD_LOGIT_MAX);
    t[j] = l;
    if (mask != NULL && mask[j] == 0) continue;
    most = l > most ? l : most;
  }
  for (int j = 0; j < choices; j++) t[j] -= most;
  if (mask == NULL) return;
  for (int j = 0; j < choices; j++) t[j] = mask[j] != 0 ? t[j] : FORBIDDEN;
}

// t and e^t of the rows from `first` on, as many as a tile holds; returns how many.
static int weigh(const hft_head_rows *of, const hft_head_axis *axis, int first, float *t,
                 float *e) {
  int choices = axis->choices, rows = TILE / choices;
  if (rows > of->rows - first) rows = of->rows - first;
  for (int r = 0; r < rows; r++) {
    const float *logit = of->y + (ptrdiff_t)(first + r) * of->head->outputs + axis->output;
    shift(logit, mask_of(of, axis, first + r), choices, t + (ptrdiff_t)r * choices);
  }
  exponentials(t, e, rows * choices);
  return rows;
}

// The sums of a row.
typedef struct sums {
  float log_sum, entropy, inverse;  // L, H, 1 / sum e^t
} sums;

static sums sum(const float *t, const float *e, int choices) {
  float total = 0, product = 0;
  for (int j = 0; j < choices; j++) {
    total += e[j];
    product += e[j] * t[j];
  }
  float inverse = 1 / total, log_sum = (float)hft_log(total);
  return (sums){log_sum, log_sum - product * inverse, inverse};
}

static int chosen(float raw, int choices) {
  if (!(raw > 0)) return 0;
  return raw < (float)choices ? (int)raw : choices - 1;
}

void hft_categorical_draw(const hft_head_rows *of, const hft_head_axis *axis, hft_rng *rng,
                          float *raw, float *sent) {
  float t[TILE], e[TILE];
  const uint8_t *mask = mask_of(of, axis, 0);
  (void)weigh(of, axis, 0, t, e);
  double total = 0, below = 0;
  for (int j = 0; j < axis->choices; j++) total += e[j];
  double at = hft_uniform(rng) * total;
  int last = 0;  // the last that may be chosen, where rounding or NaN leaves none
  for (int j = 0; j < axis->choices; j++) {
    if (mask != NULL && mask[j] == 0) continue;
    if (e[j] > 0 || !(total > 0)) last = j;
    below += e[j];
    if (at < below) break;
  }
  *raw = *sent = (float)last;
}

float hft_categorical_mode(const hft_head_rows *of, const hft_head_axis *axis) {
  const uint8_t *mask = mask_of(of, axis, 0);
  const float *logit = of->y + axis->output;
  int best = -1;
  for (int j = 0; j < axis->choices; j++) {
    if (mask != NULL && mask[j] == 0) continue;
    if (best < 0 || logit[j] > logit[best]) best = j;
  }
  return (float)best;
}

void hft_categorical_evaluate(const hft_head_rows *of, const hft_head_axis *axis, float *log_prob,
                              float *entropy) {
  float t[TILE], e[TILE];
  int choices = axis->choices, axes = of->head->def.axis_count;
  for (int first = 0, rows; first < of->rows; first += rows) {
    rows = weigh(of, axis, first, t, e);
    const float *raw = of->raw + (ptrdiff_t)first * axes + axis->index;
    for (int r = 0; r < rows; r++, raw += axes) {
      const float *row = t + (ptrdiff_t)r * choices;
      sums of_row = sum(row, e + (ptrdiff_t)r * choices, choices);
      log_prob[first + r] += row[chosen(*raw, choices)] - of_row.log_sum;
      entropy[first + r] += of_row.entropy;
    }
  }
}

void hft_categorical_backward(const hft_head_rows *of, const hft_head_axis *axis,
                              const hft_head_slope *slope) {
  float t[TILE], e[TILE];
  int choices = axis->choices, axes = of->head->def.axis_count;
  for (int first = 0, rows; first < of->rows; first += rows) {
    rows = weigh(of, axis, first, t, e);
    for (int r = 0; r < rows; r++) {
      ptrdiff_t at = first + r;
      const float *row = t + (ptrdiff_t)r * choices, *weight = e + (ptrdiff_t)r * choices;
      float *dy = slope->dy + at * of->head->outputs + axis->output;
      float dlog = slope->dlog[at], dentropy = slope->dentropy[at];
      sums of_row = sum(row, weight, choices);
      float constant = dlog + dentropy * (of_row.entropy - of_row.log_sum);
      for (int j = 0; j < choices; j++) {
        dy[j] = -(weight[j] * of_row.inverse) * (constant + dentropy * row[j]);
      }
      int choice = chosen(of->raw[at * axes + axis->index], choices);
      if (row[choice] > FORBIDDEN) dy[choice] += dlog;
    }
  }
}
