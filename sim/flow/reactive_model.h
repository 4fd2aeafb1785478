// The tables of the population `reactive` in the form in which they are drawn from: weights instead
// of their logarithms, one row over all outcomes for each class, so that the weights of all
// outcomes are products of a few rows.
#ifndef HFTSIM_SIM_FLOW_REACTIVE_MODEL_H
#define HFTSIM_SIM_FLOW_REACTIVE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/dist.h"
#include "sim/base/inline.h"
#include "sim/flow/propagator.h"
#include "sim/flow/tables.h"

#define HFT_FLOW_OUTCOMES 12  // outcome 2 e + s: event e on side s
#define HFT_FLOW_QUEUE_CLASSES 72
#define HFT_FLOW_COUNT_CLASSES 48
#define HFT_FLOW_DISTANCE_MAX 160  // ticks; larger distances have the same weight
#define HFT_FLOW_SPREAD_TABLE 256  // ticks; classes of larger spreads are looked for
#define HFT_FLOW_TILTS 192         // intervals of the table of the tilt, over [-3, 3]

// Four weights at once: both gcc and clang make one instruction of a product, with the same bits as
// four products.
typedef float hft_flow_four __attribute__((vector_size(16)));
typedef union hft_flow_row {
  float lane[HFT_FLOW_OUTCOMES];
  hft_flow_four four[HFT_FLOW_OUTCOMES / 4];
} hft_flow_row;

// Weights of ranks by class, in a form in which a rank below any number is drawn without a loop.
typedef struct hft_rank_weights {
  double below[HFT_FLOW_RANKS + 1];  // sum of the weights of all ranks of smaller classes
  double each[HFT_FLOW_RANKS];       // weight of one rank of the class
  double inverse[HFT_FLOW_RANKS];
} hft_rank_weights;

// The classes of a spread.
typedef struct hft_flow_spread {
  uint8_t spread;  // of spread_edges
  uint8_t group;   // of wait_spread_edges
} hft_flow_spread;

typedef struct hft_reactive_model {
  // The rows, whose product is the weight of each outcome; base is in `spread`.
  hft_flow_row spread[HFT_FLOW_SPREADS];
  hft_flow_row imbalance[HFT_FLOW_IMBALANCES];                 // class of the bid
  hft_flow_row previous[2 * HFT_FLOW_EVENTS][HFT_FLOW_WAITS];  // by outcome of the last event
  hft_flow_row before[2 * HFT_FLOW_EVENTS];                    // by outcome
  hft_flow_row move[2][HFT_FLOW_MOVES / 2];                    // [it was a rise]
  hft_flow_row queue[2][HFT_FLOW_QUEUE_CLASSES];               // [side]; 1 on the other side
  hft_flow_row count[2][HFT_FLOW_COUNT_CLASSES];
  hft_flow_spread spread_class[HFT_FLOW_SPREAD_TABLE];  // by spread in ticks
  int32_t queue_first, count_first;                     // of hft_flow_size_class
  float tilt[HFT_FLOW_TILTS + 2];                       // tanh at -3, -3 + 1/32, ...
  double power[64];                                     // 2^(k / 64)
  float keep[HFT_FLOW_DISTANCE_MAX + 1];  // cancel_distance over its largest, by distance
  float keep_size[HFT_FLOW_SIZES];        // cancel_size over its largest
  bool sized;                             // these differ
  hft_propagator_model propagator;
  double wait_edge[HFT_FLOW_WAITS - 1];    // log10 of wait_edges
  hft_rank_weights rank[2], best_rank[2];  // of cancel_rank and cancel_best_rank
  hft_flow_tables tables;
} hft_reactive_model;

// Fills the derived members from model->tables. `decay` is the exponent b of the decay of impact,
// in (0, 1].
void hft_reactive_compile(hft_reactive_model *model, double decay);

// The class of a size >= 1: 8 classes a doubling, counted from `first` and cut to 0 .. count - 1.
HFT_INLINE int32_t hft_flow_size_class(int32_t size, int32_t first, int32_t count) {
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

// A rank below `count` >= 1, in proportion to the weights. u is uniform on [0, 1).
HFT_INLINE uint32_t hft_draw_rank(const hft_rank_weights *weights, uint32_t count, double u) {
  static const uint32_t first[HFT_FLOW_RANKS] = HFT_FLOW_RANK_FIRST;
  uint32_t last = count - 1;  // the largest rank, and its class
  int32_t top = last == 0 ? 0 : 32 - __builtin_clz(last);
  top = top < HFT_FLOW_RANKS ? top : HFT_FLOW_RANKS - 1;
  double total = weights->below[top] + weights->each[top] * (count - first[top]);
  double at = u * total;
  int32_t k = 0;
  for (int32_t i = 1; i < HFT_FLOW_RANKS; i++) k += at >= weights->below[i];
  k = k < top ? k : top;
  uint32_t rank = first[k] + (uint32_t)((at - weights->below[k]) * weights->inverse[k]);
  // By rounding, a rank may be one too large.
  uint32_t most = k < top ? first[k + 1] - 1 : last;
  return rank < most ? rank : most;
}

// Multiplies weights by those of a row.
HFT_INLINE void hft_flow_multiply(hft_flow_row *weight, const hft_flow_row *row) {
  for (int i = 0; i < HFT_FLOW_OUTCOMES / 4; i++) weight->four[i] *= row->four[i];
}

// An outcome in proportion to its weight, or -1 if all are 0. u is uniform on [0, 1).
HFT_INLINE int32_t hft_draw_outcome(const float weight[HFT_FLOW_OUTCOMES], double u) {
  float sum[HFT_FLOW_EVENTS + 1];
  sum[0] = 0;
  for (int i = 0; i < HFT_FLOW_EVENTS; i++)
    sum[i + 1] = sum[i] + (weight[2 * i] + weight[2 * i + 1]);
  // 24 bits of u, so that the product is below the sum.
  float at = (float)(int32_t)(u * 0x1p24) * 0x1p-24f * sum[HFT_FLOW_EVENTS];
  if (HFT_UNLIKELY(!(sum[HFT_FLOW_EVENTS] > 0))) return -1;
  int32_t event = 0;
  for (int i = 1; i < HFT_FLOW_EVENTS; i++) event += at >= sum[i];
  int32_t side = at - sum[event] >= weight[2 * event];
  return 2 * event + (weight[2 * event + side] > 0 ? side : 1 - side);
}

// Internal: as hft_flow_spread_class, by comparing with all edges.
hft_flow_spread hft_flow_spread_search(const hft_flow_tables *tables, int32_t spread);

// The classes of a spread in ticks.
HFT_INLINE hft_flow_spread hft_flow_spread_class(const hft_reactive_model *model, int32_t spread) {
  if (HFT_LIKELY((uint32_t)spread < HFT_FLOW_SPREAD_TABLE)) return model->spread_class[spread];
  return hft_flow_spread_search(&model->tables, spread);
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
