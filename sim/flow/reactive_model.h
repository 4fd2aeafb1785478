// The tables of the population `reactive` in the form in which they are drawn from: weights instead
// of their logarithms, one row over all outcomes for each class, so that the weights of all
// outcomes are products of a few rows. What an event reads is packed into few cache lines.
#ifndef HFTSIM_SIM_FLOW_REACTIVE_MODEL_H
#define HFTSIM_SIM_FLOW_REACTIVE_MODEL_H

#include <stdint.h>

#include "sim/base/inline.h"
#include "sim/flow/propagator.h"
#include "sim/flow/tables.h"

#define HFT_FLOW_OUTCOMES 12       // outcome 2 e + s: event e on side s
#define HFT_FLOW_SPREAD_ROWS 12    // 0: of one tick, 1 + class, 11: beyond the cap
#define HFT_FLOW_SPREAD_TABLE 256  // ticks; classes of larger spreads are looked for
#define HFT_FLOW_SIZE_ROWS 256     // classes of a size of at least 1: 8 a doubling
#define HFT_FLOW_SINCE_MAX 10      // events since the last change of the mid are counted so far
#define HFT_FLOW_DISTANCE_MAX 160  // ticks; larger distances have the same weight
#define HFT_FLOW_TILTS 192         // intervals of the table of the tilt, over [-3, 3]

// Four weights at once: both gcc and clang make one instruction of a product, with the same bits as
// four products.
typedef float hft_flow_four __attribute__((vector_size(16)));
typedef double hft_flow_pair __attribute__((vector_size(16)));

// A weight for each outcome: first the events 0 to 3 of the bid, those of the ask, then the events
// 4 and 5 of both (HFT_FLOW_LANE).
typedef union hft_flow_row {
  float lane[HFT_FLOW_OUTCOMES];
  hft_flow_four four[3];
} hft_flow_row;

// Where the weight of an event on a side stands in a row.
#define HFT_FLOW_LANE(event, side) \
  ((event) < 4 ? 4 * (int)(side) + (int)(event) : 4 + 2 * (int)(side) + (int)(event))

// A weight for each event of one side.
typedef union hft_flow_side_row {
  float lane[8];  // the last two are unused
  hft_flow_four four[2];
  double pair[4];  // [2]: the bits of events 4 and 5
} hft_flow_side_row;

// Ascending edges of at most nine classes; those that do not exist are infinite.
typedef union hft_flow_edges {
  float edge[8];
  hft_flow_four four[2];
} hft_flow_edges;

// Weights of ranks by class, in a form in which a rank below any number is drawn without a loop.
typedef struct hft_rank_weights {
  hft_flow_edges next;          // sum of the weights of all ranks up to each class, but the last
  float below[HFT_FLOW_RANKS];  // the same of all ranks of smaller classes
  float each[HFT_FLOW_RANKS];   // weight of one rank of the class
  float inverse[HFT_FLOW_RANKS];
} hft_rank_weights;

// The classes of a spread.
typedef struct hft_flow_spread {
  uint8_t row;    // of `spread`
  uint8_t place;  // of `place`: the class of spread_edges
  uint8_t wide;   // above move_spread?
  uint8_t group;  // of wait_spread_edges
} hft_flow_spread;

// A quantile table of whole numbers, of which the nearest point is taken.
typedef struct hft_flow_points {
  uint32_t last;  // index of the last point
  int32_t value[HFT_FLOW_POINTS_MAX];
} hft_flow_points;
typedef struct hft_flow_places {
  uint32_t last;
  int32_t value[HFT_FLOW_SPREADS][HFT_FLOW_PLACE_POINTS_MAX];
} hft_flow_places;

typedef struct hft_reactive_model {
  // The rows, whose product is the weight of each outcome; base is in `spread`.
  hft_flow_row previous[2 * HFT_FLOW_EVENTS][HFT_FLOW_WAITS];  // by outcome of the last event
  hft_flow_row before[2 * HFT_FLOW_EVENTS];                    // by outcome
  hft_flow_row move[2][2][HFT_FLOW_MOVES / 4];                 // [it was a rise][wide]
  hft_flow_row spread[HFT_FLOW_SPREAD_ROWS];
  hft_flow_row tilt_push;  // by how much the tilt raises each weight
  hft_flow_side_row imbalance[HFT_FLOW_IMBALANCES];
  hft_flow_side_row queue[HFT_FLOW_SIZE_ROWS];
  hft_flow_side_row count[HFT_FLOW_SIZE_ROWS];
  hft_flow_edges wait_edge;      // log2 of wait_edges
  hft_flow_edges activity_edge;  // of the mean of log2 of waits
  float activity_start, activity_gain;
  float tilt[HFT_FLOW_TILTS + 2];                       // tanh at -3, -3 + 1/32, ...
  hft_flow_spread spread_class[HFT_FLOW_SPREAD_TABLE];  // by spread in ticks
  uint8_t since[16];                                    // class of the events since the mid changed
  uint32_t keep[HFT_FLOW_DISTANCE_MAX + 1];  // of cancellations by distance: 2^32 x probability
  hft_rank_weights rank[2], best_rank[2];    // of cancel_rank and cancel_best_rank
  hft_flow_places place[3];                  // IMPROVE, JOIN, BEHIND: ticks behind the best
  hft_flow_points size[3];                   // of these, lots
  hft_propagator_model propagator;
  uint32_t wait_last;  // index of the last point of a row of `wait`
  // log2 of seconds, rows of wait_last + 1 points: [group][event][activity].
  float wait[HFT_FLOW_GROUPS * HFT_FLOW_EVENTS * HFT_FLOW_ACTIVITIES * HFT_FLOW_WAIT_POINTS_MAX];
  hft_flow_tables tables;
} hft_reactive_model;

// What is compiled beside the tables.
typedef struct hft_reactive_dials {
  double impact_decay;     // exponent b of the decay of impact, in (0, 1]
  double informed_share;   // share of the tilt in market orders
  double informed_quotes;  // in limit orders inside the spread and in cancellations at the best
  int32_t size_max;        // lots of the largest order
} hft_reactive_dials;

// Fills the derived members from model->tables.
void hft_reactive_compile(hft_reactive_model *model, const hft_reactive_dials *dials);

// The upper (lower) half of random bits as a multiple of 2^-24 in [0, 1).
HFT_INLINE float hft_flow_unit(uint32_t bits) {
  return (float)(int32_t)(bits >> 8) * 0x1p-24F;
}

// The class of a size, at least 1: 8 classes a doubling.
HFT_INLINE uint32_t hft_flow_size_class(int32_t size) {
  union {
    float real;
    uint32_t bits;
  } number = {.real = (float)size};
  return (number.bits >> 20) - 1016;
}

// The number of edges that x reaches: its class.
HFT_INLINE int32_t hft_flow_class(const hft_flow_edges *edges, float x) {
  typedef int32_t four __attribute__((vector_size(16)));
  hft_flow_four all = {x, x, x, x};
  four reached = (four)(all >= edges->four[0]) + (four)(all >= edges->four[1]);
  return -(reached[0] + reached[1] + (reached[2] + reached[3]));
}

// The index of the nearest of last + 1 points; bits are random.
HFT_INLINE uint32_t hft_flow_point(uint32_t last, uint32_t bits) {
  return (uint32_t)(((uint64_t)bits * last + 0x80000000U) >> 32);
}

// A rank below `count` >= 1, in proportion to the weights. u is uniform on [0, 1).
HFT_INLINE uint32_t hft_draw_rank(const hft_rank_weights *weights, uint32_t count, float u) {
  static const uint32_t first[HFT_FLOW_RANKS] = HFT_FLOW_RANK_FIRST;
  uint32_t last = count - 1;  // the largest rank, and its class
  int32_t top = 32 - __builtin_clz(last | 1) - (last == 0);
  top = top < HFT_FLOW_RANKS ? top : HFT_FLOW_RANKS - 1;
  float total = weights->below[top] + weights->each[top] * (float)(int32_t)(count - first[top]);
  float at = u * total;
  int32_t k = hft_flow_class(&weights->next, at);
  k = k < top ? k : top;
  uint32_t rank = first[k] + (uint32_t)(int32_t)((at - weights->below[k]) * weights->inverse[k]);
  // By rounding, a rank may be one too large.
  uint32_t end = k < top ? 1U << k : count;
  return rank < end ? rank : end - 1;
}

// The weights of the sides' own states times the product of the common rows.
HFT_INLINE hft_flow_row hft_flow_both(const hft_flow_side_row *bid, const hft_flow_side_row *ask) {
  hft_flow_row row = {.four = {bid->four[0], ask->four[0],
                               (hft_flow_four)(hft_flow_pair){bid->pair[2], ask->pair[2]}}};
  return row;
}

// Products of rows.
HFT_INLINE hft_flow_row hft_flow_product(hft_flow_row x, const hft_flow_row *y) {
  for (int i = 0; i < 3; i++) x.four[i] *= y->four[i];
  return x;
}

// An outcome in proportion to its weight, or -1 if all are 0. u is uniform on [0, 1).
HFT_INLINE int32_t hft_draw_outcome(const hft_flow_row *weight, float u) {
  union {
    hft_flow_four four;
    float lane[4];
  } near = {weight->four[0] + weight->four[1]};
  const float *far = &weight->lane[8];
  float s4 = far[0] + far[2], s5 = far[1] + far[3];
  // Sums of the first events. Each is at least the one before, despite rounding.
  float sum[HFT_FLOW_EVENTS + 1];
  sum[0] = 0;
  sum[1] = near.lane[0];
  sum[2] = near.lane[0] + near.lane[1];
  sum[3] = sum[2] + near.lane[2];
  sum[4] = sum[2] + (near.lane[2] + near.lane[3]);
  sum[5] = sum[4] + s4;
  sum[6] = sum[4] + (s4 + s5);
  float at = u * sum[6];  // below sum[6], since u has 24 bits
  if (HFT_UNLIKELY(!(sum[6] > 0))) return -1;
  int32_t event = 0;
  for (int i = 1; i < HFT_FLOW_EVENTS; i++) event += at >= sum[i];
  float bid = weight->lane[HFT_FLOW_LANE(event, 0)], ask = weight->lane[HFT_FLOW_LANE(event, 1)];
  int32_t side = at - sum[event] >= bid;
  side = (side & (ask > 0)) | !(bid > 0);
  return 2 * event + side;
}

// Internal: as hft_flow_spread_class, by comparing with all edges.
hft_flow_spread hft_flow_spread_search(const hft_flow_tables *tables, int32_t spread);

// The classes of a spread in ticks.
HFT_INLINE hft_flow_spread hft_flow_spread_class(const hft_reactive_model *model, int32_t spread) {
  if (HFT_LIKELY((uint32_t)spread < HFT_FLOW_SPREAD_TABLE)) return model->spread_class[spread];
  return hft_flow_spread_search(&model->tables, spread);
}

// A wait, log2 of seconds, linear between the points of a table. bits are random.
HFT_INLINE float hft_draw_wait(const hft_reactive_model *model, hft_flow_spread spread,
                               int32_t outcome, int32_t activity, uint32_t bits) {
  uint32_t row = (spread.group * HFT_FLOW_EVENTS + (uint32_t)outcome / 2) * HFT_FLOW_ACTIVITIES +
                 (uint32_t)activity;
  uint64_t at = (uint64_t)bits * model->wait_last;
  const float *point = &model->wait[row * (model->wait_last + 1) + (uint32_t)(at >> 32)];
  return point[0] + hft_flow_unit((uint32_t)at) * (point[1] - point[0]);
}

// 2^x for |x| < 60, to 1e-5 relative.
HFT_INLINE double hft_flow_exp2(float x) {
  float up = x + 64;
  int32_t k = (int32_t)up;
  float r = up - (float)k, r2 = r * r;
  float power = (1 + 0.69315308F * r) +
                r2 * ((0.24015361F + 0.05582632F * r) + r2 * (0.00898934F + 0.00187758F * r));
  union {
    uint64_t bits;
    double real;
  } two = {(uint64_t)(1023 - 64 + k) << 52};
  return two.real * (double)power;
}

// tanh z, with z cut to [-3, 3]; to 1e-4.
HFT_INLINE float hft_flow_tilt(const hft_reactive_model *model, float z) {
  z = z < -3 ? -3 : z;
  z = z > 3 ? 3 : z;
  float at = (z + 3) * (HFT_FLOW_TILTS / 6.0F);
  int32_t k = (int32_t)at;
  float low = model->tilt[k], high = model->tilt[k + 1];
  return low + (at - (float)k) * (high - low);
}

#endif
