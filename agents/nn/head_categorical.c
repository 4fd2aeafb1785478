// Axes that are choices: p = softmax of the logits l over what the mask allows. With t = l - max l
// and L = log(sum e^t):
//   log p_j = t_j - L; entropy H = L - sum p_j t_j
//   d log p_c / d l_j = [j = c] - p_j; d H / d l_j = -p_j (log p_j + H)
#include "agents/nn/elementary.h"
#include "agents/nn/head_state.h"
#include "agents/nn/net.h"
#include "sim/base/dist.h"
#include "sim/base/math.h"

// Numbers of rows that are worked on together: those of a choice lie side by side, [choices][rows],
// so that loops over rows are vectorised whatever the number of choices. Each row has the same
// operations in the same order in a tile of any size.
#define TILE (2 * HFT_NET_OUTPUTS_MAX)
#define ROWS 64
// Logit of what is forbidden, below all others: its exponential is 0, and its product with 0 and a
// gradient is 0.
#define FORBIDDEN (-1e30F)

typedef struct tile {
  int rows;
  float t[TILE], e[TILE];                             // t and e^t, [choices][rows]
  float most[ROWS], sum[ROWS], product[ROWS];         // of a row: max l, sum e^t, sum e^t t
  float log_sum[ROWS], inverse[ROWS], entropy[ROWS];  // L, 1 / sum e^t, H
} tile;

HFT_INLINE float greater(float a, float b) {
  return a > b ? a : b;
}

// Loads the logits of a row. Returns whether none is allowed.
static bool load_row(const float *logit, const uint8_t *mask, int choices, int rows, float *t) {
  if (mask == NULL) {
    for (int j = 0; j < choices; j++) {
      t[(ptrdiff_t)j * rows] = hft_head_limit(logit[j], HFT_HEAD_LOGIT_MAX);
    }
    return false;
  }
  unsigned any = 0;
  for (int j = 0; j < choices; j++) {
    float l = hft_head_limit(logit[j], HFT_HEAD_LOGIT_MAX);
    t[(ptrdiff_t)j * rows] = mask[j] != 0 ? l : FORBIDDEN;
    any |= mask[j];
  }
  return any == 0;
}

// t, e^t and their sums of one choice in all rows.
HFT_INLINE void weigh_choice(int rows, const float *restrict most, float *restrict t,
                             float *restrict e, float *restrict sum, float *restrict product) {
  for (int r = 0; r < rows; r++) {
    float by = t[r] - most[r], weight = hft_exp_below(by);
    t[r] = by;
    e[r] = weight;
    sum[r] += weight;
    product[r] += weight * by;
  }
}

HFT_INLINE void weigh_rows(tile *of, int choices) {
  int rows = of->rows;
  for (int r = 0; r < rows; r++) of->most[r] = FORBIDDEN;
  for (int j = 0; j < choices; j++) {
    const float *t = of->t + (ptrdiff_t)j * rows;
    for (int r = 0; r < rows; r++) of->most[r] = greater(t[r], of->most[r]);
  }
  for (int r = 0; r < rows; r++) of->sum[r] = of->product[r] = 0;
  for (int j = 0; j < choices; j++) {
    weigh_choice(rows, of->most, of->t + (ptrdiff_t)j * rows, of->e + (ptrdiff_t)j * rows, of->sum,
                 of->product);
  }
}

// The same of one row: vectors run over its choices.
HFT_INLINE void weigh_one(tile *of, int choices) {
  float most = FORBIDDEN, sum = 0, product = 0, *restrict t = of->t, *restrict e = of->e;
  for (int j = 0; j < choices; j++) most = greater(t[j], most);
  for (int j = 0; j < choices; j++) {
    t[j] -= most;
    e[j] = hft_exp_below(t[j]);
  }
  for (int j = 0; j < choices; j++) {
    sum += e[j];
    product += e[j] * t[j];
  }
  of->sum[0] = sum;
  of->product[0] = product;
}

// All of a tile but t as loaded.
HFT_CLONES static void weigh(tile *of, int choices) {
  if (of->rows == 1) {
    weigh_one(of, choices);
  } else {
    weigh_rows(of, choices);
  }
  for (int r = 0; r < of->rows; r++) {
    of->log_sum[r] = hft_log_above(of->sum[r]);
    of->inverse[r] = 1 / of->sum[r];
    of->entropy[r] = of->log_sum[r] - of->product[r] * of->inverse[r];
  }
}

// The rows from `first` on, as many as a tile holds.
static void load(const hft_head_rows *of, const hft_head_axis *axis, int first, tile *to) {
  int choices = axis->choices, rows = TILE / choices < ROWS ? TILE / choices : ROWS;
  if (rows > of->rows - first) rows = of->rows - first;
  to->rows = rows;
  const hft_head *head = of->head;
  for (int r = 0; r < rows; r++) {
    const float *logit = of->y + (ptrdiff_t)(first + r) * head->outputs + axis->output;
    const uint8_t *mask = NULL;
    if (of->mask != NULL) mask = of->mask + (ptrdiff_t)(first + r) * head->mask_dim + axis->mask;
    if (load_row(logit, mask, choices, rows, to->t + r)) {
      (void)load_row(logit, NULL, choices, rows, to->t + r);  // all are forbidden: all are allowed
    }
  }
  weigh(to, choices);
}

static int chosen(float raw, int choices) {
  if (!(raw > 0)) return 0;
  return raw < (float)choices ? (int)raw : choices - 1;
}

void hft_categorical_draw(const hft_head_rows *of, const hft_head_axis *axis, hft_rng *rng,
                          float *raw, float *sent) {
  tile row;
  load(of, axis, 0, &row);
  double total = 0, below = 0;
  for (int j = 0; j < axis->choices; j++) total += row.e[j];
  double at = hft_uniform(rng) * total;
  int last = 0;  // the last that may be chosen, where rounding or NaN leaves none
  for (int j = 0; j < axis->choices; j++) {
    if (row.t[j] <= FORBIDDEN / 2) continue;
    if (row.e[j] > 0 || !(total > 0)) last = j;
    below += row.e[j];
    if (at < below) break;
  }
  *raw = *sent = (float)last;
}

float hft_categorical_mode(const hft_head_rows *of, const hft_head_axis *axis) {
  const float *logit = of->y + axis->output;
  const uint8_t *mask = of->mask != NULL ? of->mask + axis->mask : NULL;
  int best = -1;
  for (int j = 0; j < axis->choices; j++) {
    if (mask != NULL && mask[j] == 0) continue;
    if (best < 0 || logit[j] > logit[best]) best = j;
  }
  if (best >= 0) return (float)best;
  hft_head_rows all = *of;  // all are forbidden: all are allowed
  all.mask = NULL;
  return hft_categorical_mode(&all, axis);
}

void hft_categorical_evaluate(const hft_head_rows *of, const hft_head_axis *axis, float *log_prob,
                              float *entropy) {
  tile rows;
  int choices = axis->choices, axes = of->head->def.axis_count;
  for (int first = 0; first < of->rows; first += rows.rows) {
    load(of, axis, first, &rows);
    const float *raw = of->raw + (ptrdiff_t)first * axes + axis->index;
    for (int r = 0; r < rows.rows; r++, raw += axes) {
      float t = rows.t[(ptrdiff_t)chosen(*raw, choices) * rows.rows + r];
      log_prob[first + r] += t - rows.log_sum[r];
      entropy[first + r] += rows.entropy[r];
    }
  }
}

// Replaces e of one choice by the gradients of its logits, but for those of rows that chose it.
HFT_INLINE void slopes_of_choice(int rows, const float *restrict t, float *restrict e,
                                 const float *restrict inverse, const float *restrict constant,
                                 const float *restrict dentropy) {
  for (int r = 0; r < rows; r++) e[r] = -(e[r] * inverse[r]) * (constant[r] + dentropy[r] * t[r]);
}

HFT_CLONES static void slopes(tile *of, int choices, const float *dlog, const float *dentropy) {
  int rows = of->rows;
  float constant[ROWS];
  for (int r = 0; r < rows; r++) {
    constant[r] = dlog[r] + dentropy[r] * (of->entropy[r] - of->log_sum[r]);
  }
  for (int j = 0; j < choices; j++) {
    slopes_of_choice(rows, of->t + (ptrdiff_t)j * rows, of->e + (ptrdiff_t)j * rows, of->inverse,
                     constant, dentropy);
  }
}

void hft_categorical_backward(const hft_head_rows *of, const hft_head_axis *axis,
                              const hft_head_slope *slope) {
  tile rows;
  int choices = axis->choices, axes = of->head->def.axis_count;
  for (int first = 0; first < of->rows; first += rows.rows) {
    load(of, axis, first, &rows);
    slopes(&rows, choices, slope->dlog + first, slope->dentropy + first);
    for (int r = 0; r < rows.rows; r++) {
      ptrdiff_t at = first + r;
      float *dy = slope->dy + at * of->head->outputs + axis->output;
      for (int j = 0; j < choices; j++) dy[j] = rows.e[(ptrdiff_t)j * rows.rows + r];
      int choice = chosen(of->raw[at * axes + axis->index], choices);
      bool allowed = !(rows.t[(ptrdiff_t)choice * rows.rows + r] <= FORBIDDEN / 2);
      if (allowed) dy[choice] += slope->dlog[at];
    }
  }
}
