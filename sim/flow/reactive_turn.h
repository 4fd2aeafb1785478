// The state of the population `reactive` (sim/flow/reactive.c), and what one of its events sees.
#ifndef HFTSIM_SIM_FLOW_REACTIVE_TURN_H
#define HFTSIM_SIM_FLOW_REACTIVE_TURN_H

#include "sim/flow/propagator.h"
#include "sim/flow/reactive_params.h"
#include "sim/flow/recency.h"

typedef struct hft_reactive_state {
  hft_propagator impact;
  int64_t mid2;                 // at the last event
  int64_t seen_buy, seen_sell;  // lots of the tape that the impact has counted
  double volatility;            // of the value, relative to its mean
  double speed;                 // ns per s of the tables, at that volatility, until speed_until
  hft_time speed_until;
  hft_time parent_time;      // to which `parent` has faded
  double parent[2];          // lots that agents have lately taken, by side
  double taken;              // lots that the order `taker` of the flow has taken
  uint32_t taker;            // number of the order that took last
  uint32_t tied;             // an auction or a halt was on at the last event
  float activity;            // mean of the bits of the recent waits
  int32_t wait;              // bits of the present wait
  float up, down;            // weights of market orders that buy and that sell
  int32_t previous, before;  // outcomes of the last two events
  int32_t rise, since;       // the last change of the mid was a rise; events since
} hft_reactive_state;

// The own resting orders follow in memory.
HFT_INLINE hft_recency *hft_reactive_orders(hft_reactive_state *self) {
  return (hft_recency *)(self + 1);
}

// A turn of the population: what it sees of the book when its clock fires.
typedef struct hft_reactive_turn {
  const hft_reactive_params *params;
  hft_reactive_state *self;
  const hft_desk *desk;
  hft_rng *rng;
  const hft_book *book;
  hft_price best[2];      // 0: the side is empty
  int32_t queue[2];       // lots at the best
  int32_t orders[2];      // orders at the best
  int32_t live[2];        // own orders
  int32_t spread;         // ticks; beyond the cap if a side is empty
  hft_flow_spread class;  // of the spread
} hft_reactive_turn;

#endif
