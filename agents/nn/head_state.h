// Inner header of head: the layout of a head's arrays, and the functions of one axis of each kind.
#ifndef HFTSIM_AGENTS_NN_HEAD_STATE_H
#define HFTSIM_AGENTS_NN_HEAD_STATE_H

#include "agents/nn/head.h"

// Outputs of a network count up to these; beyond them they change nothing and have no gradient. So
// a network that runs away gives large numbers, but no infinities. NaN stays NaN.
#define HFT_HEAD_MEAN_MAX 1e6F               // mean of a Gaussian
#define HFT_HEAD_LOG_DEVIATION_MIN (-10.0F)  // logarithm of its standard deviation
#define HFT_HEAD_LOG_DEVIATION_MAX 5.0F
#define HFT_HEAD_SHAPE_MAX 1e5F  // argument of softplus in Beta
#define HFT_HEAD_LOGIT_MAX 1e20F

// Where an axis has its numbers.
typedef struct hft_head_axis {
  int index;        // of the action's number
  int output;       // first of its outputs
  int mask;         // first of its choices in a row of the mask
  int param;        // of its free parameter; -1: none
  int32_t choices;  // 0: a number
} hft_head_axis;

struct hft_head {
  hft_head_def def;
  int outputs, mask_dim, param_count;
  hft_head_axis axis[HFT_AXES_MAX];
};

// Rows, with the strides of the head.
typedef struct hft_head_rows {
  const hft_head *head;
  const float *params;
  const float *y;       // [rows][outputs]
  const uint8_t *mask;  // [rows][mask_dim], or null: all is allowed
  const float *raw;     // [rows][axis_count]
  int rows;
} hft_head_rows;

// What the gradients come from and where they go.
typedef struct hft_head_slope {
  const float *dlog, *dentropy;  // [rows]
  float *dy;                     // [rows][outputs], written
  float *grad;                   // [param_count], added to
} hft_head_slope;

// x in [-most, most]; NaN stays NaN.
static inline float hft_head_limit(float x, float most) {
  float low = x < -most ? -most : x;
  return low > most ? most : low;
}

// Each kind: draw, *raw and *sent of one row; mode, *sent of one row without exploration; evaluate,
// which adds to log_prob[rows] and entropy[rows]; backward.
void hft_gaussian_draw(const hft_head_rows *of, const hft_head_axis *axis, hft_rng *rng, float *raw,
                       float *sent);
float hft_gaussian_mode(const hft_head_rows *of, const hft_head_axis *axis);
void hft_gaussian_evaluate(const hft_head_rows *of, const hft_head_axis *axis, float *log_prob,
                           float *entropy);
void hft_gaussian_backward(const hft_head_rows *of, const hft_head_axis *axis,
                           const hft_head_slope *slope);

void hft_beta_draw(const hft_head_rows *of, const hft_head_axis *axis, hft_rng *rng, float *raw,
                   float *sent);
float hft_beta_mode(const hft_head_rows *of, const hft_head_axis *axis);
void hft_beta_evaluate(const hft_head_rows *of, const hft_head_axis *axis, float *log_prob,
                       float *entropy);
void hft_beta_backward(const hft_head_rows *of, const hft_head_axis *axis,
                       const hft_head_slope *slope);

void hft_categorical_draw(const hft_head_rows *of, const hft_head_axis *axis, hft_rng *rng,
                          float *raw, float *sent);
float hft_categorical_mode(const hft_head_rows *of, const hft_head_axis *axis);
void hft_categorical_evaluate(const hft_head_rows *of, const hft_head_axis *axis, float *log_prob,
                              float *entropy);
void hft_categorical_backward(const hft_head_rows *of, const hft_head_axis *axis,
                              const hft_head_slope *slope);

#endif
