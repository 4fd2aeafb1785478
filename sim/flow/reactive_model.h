// The tables of the population `reactive` in the form in which they are drawn from: weights instead
// of their logarithms, one row over all outcomes for each class, so that the weights of all
// outcomes are products of a few rows.
#ifndef HFTSIM_SIM_FLOW_REACTIVE_MODEL_H
#define HFTSIM_SIM_FLOW_REACTIVE_MODEL_H

#include <stdint.h>

#include "sim/base/inline.h"
#include "sim/flow/tables.h"

#define HFT_FLOW_OUTCOMES 12  // outcome 2 e + s: event e on side s
#define HFT_FLOW_LANES 16     // of a row; the last four are 0
#define HFT_FLOW_QUEUE_CLASSES 72
#define HFT_FLOW_COUNT_CLASSES 48
#define HFT_FLOW_TILTS 192  // intervals of the table of the tilt, over [-3, 3]

// The decay of impact, (1 + t / 1 s)^-b, as a sum of exponentials, each 4 times as fast as the one
// before.
#define HFT_FLOW_MEMORIES 8
#define HFT_FLOW_MEMORY_SLOWEST (1.0 / 4096)  // 1/s

typedef struct hft_flow_row {
  _Alignas(64) float lane[HFT_FLOW_LANES];
} hft_flow_row;

typedef struct hft_reactive_model {
  // The rows, whose product is the weight of each outcome; base is in `spread`.
  hft_flow_row spread[HFT_FLOW_SPREADS];
  hft_flow_row imbalance[HFT_FLOW_IMBALANCES];                 // class of the bid
  hft_flow_row previous[2 * HFT_FLOW_EVENTS][HFT_FLOW_WAITS];  // by outcome of the last event
  hft_flow_row before[2 * HFT_FLOW_EVENTS];                    // by outcome
  hft_flow_row move[2][HFT_FLOW_MOVES / 2];                    // [it was a rise]
  hft_flow_row queue[2][HFT_FLOW_QUEUE_CLASSES];               // [side]; 1 on the other side
  hft_flow_row count[2][HFT_FLOW_COUNT_CLASSES];
  int32_t queue_first, count_first;  // of hft_flow_size_class
  float tilt[HFT_FLOW_TILTS + 2];    // tanh at -3, -3 + 1/32, ...
  double power[64];                  // 2^(k / 64)
  double keep[HFT_FLOW_DISTANCES];   // cancel_distance over its largest
  double memory_weight[HFT_FLOW_MEMORIES];
  hft_flow_tables tables;
} hft_reactive_model;

// Fills the derived members from model->tables. `decay` is the exponent b of the decay of impact,
// in (0, 1].
void hft_reactive_compile(hft_reactive_model *model, double decay);

// The class of a size >= 1: 8 classes a doubling, counted from `first` and cut to 0 .. count - 1.
HFT_INLINE int32_t hft_flow_size_class(int64_t size, int32_t first, int32_t count) {
  union {
    float real;
    int32_t bits;
  } number = {.real = (float)size};
  int32_t at = (number.bits >> 20) - first;
  at = at < 0 ? 0 : at;
  return at < count ? at : count - 1;
}

// The number of ascending edges that x reaches: its class.
HFT_INLINE int32_t hft_flow_class(const double *edge, int32_t edges, double x) {
  int32_t at = 0;
  for (int32_t i = 0; i < edges; i++) at += x >= edge[i];
  return at;
}

// 2^x for |x| < 1000, to 1e-9 relative.
HFT_INLINE double hft_flow_exp2(const hft_reactive_model *model, double x) {
  double scaled = x * 64;
  int64_t k = (int64_t)scaled;
  k -= scaled < (double)k;
  double r = (scaled - (double)k) * (0.69314718055994530942 / 64);
  union {
    uint64_t bits;
    double real;
  } two = {(uint64_t)(1023 + (k >> 6)) << 52};
  return two.real * model->power[k & 63] * (1 + r * (1 + r * (0.5 + r * (1.0 / 6))));
}

// tanh z, with z cut to [-3, 3]; to 1e-4.
HFT_INLINE double hft_flow_tilt(const hft_reactive_model *model, double z) {
  z = z < -3 ? -3 : z;
  z = z > 3 ? 3 : z;
  double at = (z + 3) * (HFT_FLOW_TILTS / 6.0);
  int32_t k = (int32_t)at;
  double low = model->tilt[k], high = model->tilt[k + 1];
  return low + (at - k) * (high - low);
}

#endif
