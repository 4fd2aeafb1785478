// Orthogonal initialisation, by modified Gram-Schmidt run twice (Giraud and others 2005: twice is
// enough), in a fixed order: the same bits on every machine.
#include <math.h>

#include "agents/nn/elementary.h"
#include "agents/nn/net_state.h"
#include "sim/base/dist.h"

// A block of a weight: rows x cols, the rows `stride` floats apart.
typedef struct block {
  float *at;
  int rows, cols;
  int64_t stride;
} block;

// sum += factor row, in double.
HFT_CLONES static void add_scaled(double *restrict sum, const float *restrict row, double factor,
                                  int count) {
  for (int j = 0; j < count; j++) sum[j] += factor * (double)row[j];
}

// row -= factor shift.
HFT_CLONES static void subtract_scaled(float *restrict row, const double *restrict shift,
                                       double factor, int count) {
  for (int j = 0; j < count; j++) row[j] = (float)((double)row[j] - factor * shift[j]);
}

// Makes the columns orthonormal; rows >= cols. Column after column is taken out of the later ones;
// the loops run along the rows, where memory is contiguous.
static void orthonormal_columns(const block *b) {
  double dot[HFT_NET_OUTPUTS_MAX];
  for (int k = 0; k < b->cols; k++) {
    const int rest = b->cols - k;
    for (int j = 0; j < rest; j++) dot[j] = 0;
    for (int i = 0; i < b->rows; i++) {
      const float *row = b->at + i * b->stride + k;
      add_scaled(dot, row, (double)row[0], rest);
    }
    double length = sqrt(dot[0]);
    for (int j = 1; j < rest; j++) dot[j] /= length;
    for (int i = 0; i < b->rows; i++) {
      float *row = b->at + i * b->stride + k;
      row[0] = (float)((double)row[0] / length);
      subtract_scaled(row + 1, dot + 1, (double)row[0], rest - 1);
    }
  }
}

static double dot_product(const float *a, const float *b, int count) {
  double sum = 0;
  for (int j = 0; j < count; j++) sum += (double)a[j] * (double)b[j];
  return sum;
}

// Makes the rows orthonormal; rows <= cols.
static void orthonormal_rows(const block *b) {
  for (int k = 0; k < b->rows; k++) {
    float *row = b->at + k * b->stride;
    double length = sqrt(dot_product(row, row, b->cols));
    for (int j = 0; j < b->cols; j++) row[j] = (float)((double)row[j] / length);
    for (int i = k + 1; i < b->rows; i++) {
      float *other = b->at + i * b->stride;
      double along = dot_product(row, other, b->cols);
      for (int j = 0; j < b->cols; j++)
        other[j] = (float)((double)other[j] - along * (double)row[j]);
    }
  }
}

// A random matrix with orthogonal columns (or rows, if there are fewer) of length `gain`.
static void orthogonal(const block *b, double gain, hft_rng *rng) {
  for (int i = 0; i < b->rows; i++) {
    for (int j = 0; j < b->cols; j++) b->at[i * b->stride + j] = (float)hft_normal(rng);
  }
  for (int pass = 0; pass < 2; pass++) {
    if (b->rows >= b->cols) {
      orthonormal_columns(b);
    } else {
      orthonormal_rows(b);
    }
  }
  for (int i = 0; i < b->rows; i++) {
    for (int j = 0; j < b->cols; j++) {
      float *w = &b->at[i * b->stride + j];
      *w = (float)((double)*w * gain);
    }
  }
}

// Each gate of a GRU's weight [rows][3 units] is a matrix of its own.
static void orthogonal_gates(float *weight, int rows, int units, hft_rng *rng) {
  for (int gate = 0; gate < 3; gate++) {
    block b = {weight + (int64_t)gate * units, rows, units, 3 * (int64_t)units};
    orthogonal(&b, 1, rng);
  }
}

void hft_net_init(const hft_net *net, float *params, hft_rng *rng) {
  const hft_net_def *def = &net->def;
  for (int64_t i = 0; i < net->param_count; i++) params[i] = 0;
  for (int i = 0; i <= def->hidden_count; i++) {
    const hft_dense *layer = &net->layer[i];
    if (i == def->hidden_count && def->gru > 0) {
      orthogonal_gates(params + net->input_weight, net->features, def->gru, rng);
      orthogonal_gates(params + net->hidden_weight, def->gru, def->gru, rng);
    }
    block b = {params + layer->weight, layer->in, layer->out, layer->out};
    orthogonal(&b, i < def->hidden_count ? sqrt(2) : def->output_gain, rng);
    for (int j = 0; layer->gain >= 0 && j < layer->out; j++) params[layer->gain + j] = 1;
  }
}
