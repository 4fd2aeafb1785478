// Running means and variances of inputs and of returns, by which networks see numbers of about the
// same size.
#ifndef HFTSIM_AGENTS_NN_SCALER_H
#define HFTSIM_AGENTS_NN_SCALER_H

#include <stdint.h>

#define HFT_SCALER_CLIP 8.0F   // standard deviations
#define HFT_SCALER_FORGET 2e6  // rows: the weight of the past is limited to so many

// Of `dim` numbers. The caller owns the arrays.
typedef struct hft_scaler {
  int dim;
  double count;
  double *mean, *variance;  // [dim]
} hft_scaler;

// Adds x[rows][dim] (Chan, Golub, LeVeque 1979), the rows in their order. Variances divide by the
// number of rows. A row with a number that is not finite is left out. Returns how many were.
int64_t hft_scaler_add(hft_scaler *scaler, const float *x, int64_t rows);
// Writes the affine map of standardisation: shift[dim] = mean, factor[dim] = 1 / max(deviation,
// 1e-4); before any row 0 and 1.
void hft_scaler_map(const hft_scaler *scaler, float *shift, float *factor);
// y = clip((x - shift) factor), of NaN 0, for rows of `dim` numbers with strides in floats. y may
// be x.
void hft_standardise(const float *x, int64_t x_stride, int64_t rows, int dim, const float *shift,
                     const float *factor, float *y, int64_t y_stride);

// The unit of a critic: mean and deviation of the returns, which move slowly while its outputs keep
// their meaning (van Hasselt and others 2016, "Learning values across many orders of magnitude").
typedef struct hft_value_scale {
  double mean, deviation;  // deviation 0: none yet
} hft_value_scale;

// Moves the scale towards the mean and deviation (at least 1e-4) of returns, `memory` of the old
// one kept, and rescales the critic's last layer weight[in] (one output) and *bias, so that mean +
// deviation x output stays what it was. The first scale is taken as it is and the layer is left
// alone: the output 0 then means the mean.
void hft_value_rescale(hft_value_scale *scale, double mean, double deviation, double memory,
                       float *weight, int in, float *bias);

#endif
