// The tables of the population `reactive` in the form in which they are drawn from: weights instead
// of their logarithms, one row over all outcomes for each class, so that the weights of all
// outcomes are products of a few rows. What an event reads is packed into few cache lines.
#ifndef HFTSIM_SIM_FLOW_REACTIVE_MODEL_H
#define HFTSIM_SIM_FLOW_REACTIVE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/inline.h"
#include "sim/base/units.h"
#include "sim/flow/four.h"
#include "sim/flow/propagator.h"
#include "sim/flow/tables.h"

#define HFT_FLOW_OUTCOMES 12       // outcome 2 e + s: event e on side s
#define HFT_FLOW_SPREAD_ROWS 24    // 2 x (0: of one tick, 1 + class, 11: beyond the cap) + wide
#define HFT_FLOW_SPREAD_TABLE 256  // ticks; classes of larger spreads are looked for
#define HFT_FLOW_SIZE_ROWS 256     // classes of a size of at least 1: 8 a doubling
#define HFT_FLOW_SINCE_MAX 10      // events since the last change of the mid are counted so far
#define HFT_FLOW_DISTANCE_MAX 160  // ticks; larger distances have the same weight
#define HFT_FLOW_WAIT_CELLS 928    // 16 a doubling of a wait, from 2^-40 to 2^18 s
#define HFT_FLOW_RANK_TOPS 25      // of numbers of orders, by their doublings
#define HFT_FLOW_TILTS 192         // intervals of the table of the tilt, over [-3, 3]

// A weight for each outcome: first the events 0 to 3 of the bid, those of the ask, then the events
// 4 and 5 of both (HFT_FLOW_LANE).
typedef union hft_flow_row {
  float lane[HFT_FLOW_OUTCOMES];
  hft_four four[3];
} hft_flow_row;

// Where the weight of an event on a side stands in a row.
#define HFT_FLOW_LANE(event, side) \
  ((event) < 4 ? 4 * (int)(side) + (int)(event) : 4 + 2 * (int)(side) + (int)(event))

// A weight for each event of one side.
typedef union hft_flow_side_row {
  float lane[8];  // the last two are unused
  hft_four four[2];
  double pair[4];  // [2]: the bits of events 4 and 5
} hft_flow_side_row;

// Weights of ranks, of which one below any number is drawn in a few steps: Walker's alias method
// over the classes of ranks, doubled on beyond those of the tables, for each doubling of the
// number.
typedef struct hft_rank_column {
  uint32_t own;          // 2^32 x the share of the column that is its own
  uint8_t class, other;  // of ranks: own, and that of the rest of the column
  uint16_t zero;         // where padding would be
} hft_rank_column;
typedef struct hft_rank_weights {
  hft_rank_column column[HFT_FLOW_RANK_TOPS][32];  // [doubling of the largest rank]
} hft_rank_weights;

// The classes of a spread.
typedef struct hft_flow_spread {
  uint8_t row;    // of `spread`
  uint8_t place;  // of `place`: the class of spread_edges
  uint8_t zero;   // where padding would be
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
  // The rows, whose product is the weight of each outcome.
  hft_flow_row previous[2 * HFT_FLOW_EVENTS][HFT_FLOW_WAITS];  // by outcome of the last event
  hft_flow_row before[2 * HFT_FLOW_EVENTS];                    // by outcome
  hft_flow_row spread[2][4][HFT_FLOW_SPREAD_ROWS];  // base, spread, move: [rise][since][row]
  hft_flow_row imbalance[HFT_FLOW_IMBALANCES][HFT_FLOW_IMBALANCES];  // [own class of the bid][ask]
  hft_flow_row tilt_push;  // by how much the tilt raises each weight
  hft_flow_side_row queue[HFT_FLOW_SIZE_ROWS];
  hft_flow_side_row count[HFT_FLOW_SIZE_ROWS];
  uint8_t wait_class[HFT_FLOW_WAIT_CELLS];      // by hft_flow_cell of a wait
  uint8_t activity_class[HFT_FLOW_WAIT_CELLS];  // of the mean of recent waits
  float activity_start, activity_gain;
  float tilt[HFT_FLOW_TILTS + 2];                       // tanh at -3, -3 + 1/32, ...
  hft_flow_spread spread_class[HFT_FLOW_SPREAD_TABLE];  // by spread in ticks
  uint8_t since[16];                                    // class of the events since the mid changed
  uint32_t keep[HFT_FLOW_DISTANCE_MAX + 1];  // of cancellations by distance: 2^32 x probability
  uint32_t keep_size[HFT_FLOW_SIZES];        // of cancellations by size: 2^32 x probability
  bool sized;                                // these differ
  bool instant;                              // some waits are below 1 ns
  hft_rank_weights rank[2], best_rank[2];    // of cancel_rank and cancel_best_rank
  hft_flow_places place[3];                  // IMPROVE, JOIN, BEHIND: ticks behind the best
  hft_flow_points size[3];                   // of these, lots
  hft_propagator_model propagator;
  uint32_t wait_last;  // index of the last point of a row of `wait`
  // Waits as hft_flow_bits, rows of wait_last + 1 points: [group][event][activity].
  int32_t wait[HFT_FLOW_GROUPS * HFT_FLOW_EVENTS * HFT_FLOW_ACTIVITIES * HFT_FLOW_WAIT_POINTS_MAX];
  hft_flow_tables tables;
} hft_reactive_model;

// What is compiled beside the tables.
typedef struct hft_reactive_dials {
  double impact_decay;     // exponent b of the decay of impact, in (0, 1]
  double informed_share;   // share of the tilt in market orders
  double informed_quotes;  // in limit orders inside the spread and in cancellations at the best
  int32_t size_max;        // lots of the largest order
} hft_reactive_dials;

// The part, as 2^32 x probability, of draws of an order of this size that is kept.
HFT_INLINE uint32_t hft_flow_keep_size(const hft_reactive_model *model, hft_qty lots) {
  int32_t k = 0;
  for (int i = 0; i < HFT_FLOW_SIZES - 1; i++) k += lots >= model->tables.size_edges[i];
  return model->keep_size[k];
}

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

// The bits of a wait in seconds as a float: its logarithm to the base 2 times 2^23, up to a
// constant and to 0.09 of a doubling, and exact at the doublings.
HFT_INLINE int32_t hft_flow_bits(float seconds) {
  union {
    float real;
    int32_t bits;
  } number = {.real = seconds};
  return number.bits;
}

// The wait that has these bits.
HFT_INLINE float hft_flow_seconds(int32_t bits) {
  union {
    int32_t bits;
    float real;
  } number = {.bits = bits};
  return number.real;
}

// The cell of a wait of 1e-12 to 1e5 s, by its bits.
HFT_INLINE uint32_t hft_flow_cell(int32_t bits) {
  return (uint32_t)(bits >> 19) - 16 * (127 - 40);
}

// The index of the nearest of last + 1 points; bits are random.
HFT_INLINE uint32_t hft_flow_point(uint32_t last, uint32_t bits) {
  return (uint32_t)(((uint64_t)bits * last + 0x80000000U) >> 32);
}

// The first rank of a class, and the number of its ranks less 1: 0, 1, 2-3, 4-7, ...
HFT_INLINE uint32_t hft_rank_first(uint32_t class) {
  return 1U << class >> 1;
}

// A rank in proportion to the weights, with 2^k > count - 1 >= 2^(k - 1) below 2^k: where it is
// not below `count` >= 1, another is to be drawn. bits are random.
HFT_INLINE uint32_t hft_draw_rank(const hft_rank_weights *weights, uint32_t count, uint64_t bits) {
  uint32_t last = count - 1, top = 32 - (uint32_t)__builtin_clz(last | 1) - (last == 0);
  const hft_rank_column *column = &weights->column[top][bits >> 59];
  uint32_t is_own = (uint32_t)bits < column->own;
  uint32_t class = column->other ^ ((uint32_t)(column->other ^ column->class) & -is_own);
  uint32_t first = hft_rank_first(class);
  uint32_t width = first | (first == 0);
  return first + (uint32_t)((bits >> 32 & 0x7ffffff) * width >> 27);
}

// An event in proportion to its weights on both sides. u is uniform on [0, 1). *rest is what is
// left of the draw within the event, for hft_draw_side. What kind of event it is, is as good as
// random: the caller had best branch on it at once.
HFT_INLINE hft_flow_event hft_draw_event(const hft_flow_row *weight, float u, float *rest) {
  union {
    hft_four four;
    float lane[4];
  } near = {weight->four[0] + weight->four[1]};
  const float *far = &weight->lane[8];
  float two = near.lane[0] + near.lane[1], adds = two + near.lane[2];
  float behind = far[0] + far[2], best = behind + near.lane[3], others = best + (far[1] + far[3]);
  float at = u * (adds + others);
  if (at < adds) {
    const float below[3] = {0, near.lane[0], two};
    int event = (at >= near.lane[0]) + (at >= two);
    *rest = at - below[event];
    return (hft_flow_event)event;
  }
  at -= adds;
  const float below[3] = {0, behind, best};
  *rest = at - below[(at >= behind) + (at >= best)];
  if (at < behind) return HFT_FLOW_CANCEL_BEHIND;
  return at < best ? HFT_FLOW_CANCEL_BEST : HFT_FLOW_MARKET;
}

// The side of an event, in proportion to its weights. Never one of weight 0 if the other is not.
HFT_INLINE hft_side hft_draw_side(const hft_flow_row *weight, hft_flow_event event, float rest) {
  int side = rest >= weight->lane[HFT_FLOW_LANE(event, HFT_BID)];
  return (hft_side)(side ^ !(weight->lane[HFT_FLOW_LANE(event, side)] > 0));
}

// Internal: as hft_flow_spread_class, by comparing with all edges.
hft_flow_spread hft_flow_spread_search(const hft_flow_tables *tables, int32_t spread);

// The classes of a spread in ticks.
HFT_INLINE hft_flow_spread hft_flow_spread_class(const hft_reactive_model *model, int32_t spread) {
  if (HFT_LIKELY((uint32_t)spread < HFT_FLOW_SPREAD_TABLE)) return model->spread_class[spread];
  return hft_flow_spread_search(&model->tables, spread);
}

// The bits of a wait, linear between the points of a table. `random` are random bits.
HFT_INLINE int32_t hft_draw_wait(const hft_reactive_model *model, hft_flow_spread spread,
                                 int32_t outcome, uint32_t activity, uint32_t random) {
  uint32_t row =
      (spread.group * HFT_FLOW_EVENTS + (uint32_t)outcome / 2) * HFT_FLOW_ACTIVITIES + activity;
  uint64_t at = (uint64_t)random * model->wait_last;
  const int32_t *point = &model->wait[row * (model->wait_last + 1) + (uint32_t)(at >> 32)];
  return point[0] + (int32_t)((int64_t)(at & UINT32_MAX) * (point[1] - point[0]) >> 32);
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
