#include "agents/nn/scaler.h"

#include <math.h>
#include <stdbool.h>

#include "agents/nn/elementary.h"

#define COLUMNS 64            // whose moments fit the stack
#define DEVIATION_LEAST 1e-4  // of inputs and of returns

// Means and sums of squared gaps of the columns from .. from + count - 1.
HFT_CLONES static void moments(const float *restrict x, int64_t rows, int dim, int from, int count,
                               double *restrict mean, double *restrict square) {
  for (int j = 0; j < count; j++) mean[j] = square[j] = 0;
  for (int64_t r = 0; r < rows; r++) {
    const float *row = x + r * dim + from;
    for (int j = 0; j < count; j++) mean[j] += (double)row[j];
  }
  for (int j = 0; j < count; j++) mean[j] /= (double)rows;
  for (int64_t r = 0; r < rows; r++) {
    const float *row = x + r * dim + from;
    for (int j = 0; j < count; j++) {
      double gap = (double)row[j] - mean[j];
      square[j] += gap * gap;
    }
  }
}

// Whether all of x[count] is finite: 0 times a number that is not finite is NaN.
HFT_CLONES static bool is_finite(const float *restrict x, int64_t count) {
  int bad = 0;
  for (int64_t i = 0; i < count; i++) bad |= !(x[i] * 0 == 0);
  return bad == 0;
}

static void add(hft_scaler *scaler, const float *x, int64_t rows) {
  double past = scaler->count < HFT_SCALER_FORGET ? scaler->count : HFT_SCALER_FORGET;
  double total = past + (double)rows;
  for (int from = 0; from < scaler->dim; from += COLUMNS) {
    double mean[COLUMNS], square[COLUMNS];
    int count = scaler->dim - from < COLUMNS ? scaler->dim - from : COLUMNS;
    moments(x, rows, scaler->dim, from, count, mean, square);
    for (int j = 0; j < count; j++) {
      double *mean_of = &scaler->mean[from + j], *variance_of = &scaler->variance[from + j];
      if (past == 0) *mean_of = *variance_of = 0;
      double gap = mean[j] - *mean_of;
      double between = gap * gap * past * ((double)rows / total);
      *variance_of = (past * *variance_of + square[j] + between) / total;
      *mean_of += gap * ((double)rows / total);
    }
  }
  scaler->count = total;
}

int64_t hft_scaler_add(hft_scaler *scaler, const float *x, int64_t rows) {
  if (rows <= 0) return 0;
  if (is_finite(x, rows * scaler->dim)) {
    add(scaler, x, rows);
    return 0;
  }
  int64_t left_out = 0;
  for (int64_t r = 0; r < rows; r++) {
    const float *row = x + r * scaler->dim;
    if (is_finite(row, scaler->dim)) {
      add(scaler, row, 1);
    } else {
      left_out++;
    }
  }
  return left_out;
}

void hft_scaler_map(const hft_scaler *scaler, float *shift, float *factor) {
  for (int i = 0; i < scaler->dim; i++) {
    shift[i] = 0;
    factor[i] = 1;
    if (scaler->count == 0) continue;
    double deviation = sqrt(scaler->variance[i]);
    shift[i] = (float)scaler->mean[i];
    factor[i] = (float)(1 / (deviation > DEVIATION_LEAST ? deviation : DEVIATION_LEAST));
  }
}

HFT_CLONES void hft_standardise(const float *x, int64_t x_stride, int64_t rows, int dim,
                                const float *restrict shift, const float *restrict factor, float *y,
                                int64_t y_stride) {
  for (int64_t r = 0; r < rows; r++) {
    const float *from = x + r * x_stride;
    float *to = y + r * y_stride;
    for (int j = 0; j < dim; j++) {
      float value = (from[j] - shift[j]) * factor[j];
      value = value == value ? value : 0;  // NaN
      value = value > HFT_SCALER_CLIP ? HFT_SCALER_CLIP : value;
      to[j] = value < -HFT_SCALER_CLIP ? -HFT_SCALER_CLIP : value;
    }
  }
}

void hft_value_rescale(hft_value_scale *scale, double mean, double deviation, double memory,
                       float *weight, int in, float *bias) {
  if (scale->deviation == 0) {
    scale->mean = mean;
    scale->deviation = deviation > DEVIATION_LEAST ? deviation : DEVIATION_LEAST;
    return;
  }
  // The moments of the mixture of both: the gap between the means counts, too.
  double old_mean = scale->mean, old = scale->deviation, gap = mean - old_mean;
  double variance =
      memory * old * old + (1 - memory) * deviation * deviation + memory * (1 - memory) * gap * gap;
  double now = sqrt(variance);
  scale->mean = old_mean + (1 - memory) * gap;
  scale->deviation = now > DEVIATION_LEAST ? now : DEVIATION_LEAST;
  double ratio = old / scale->deviation;
  for (int i = 0; i < in; i++) weight[i] = (float)((double)weight[i] * ratio);
  *bias = (float)((double)*bias * ratio + (old_mean - scale->mean) / scale->deviation);
}
