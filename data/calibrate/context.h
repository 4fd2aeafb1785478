// What the population `reactive` knows when an event of a tape comes: the classes of its tables.
#ifndef HFTSIM_DATA_CALIBRATE_CONTEXT_H
#define HFTSIM_DATA_CALIBRATE_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/calibrate/watch.h"
#include "sim/flow/tables.h"

// The classes of an event. An outcome is 2 x kind + side.
typedef struct hft_context {
  double wait;           // s, since the event before; NaN: none is known
  double activity;       // before this wait
  double log_queue[2];   // ln(Q / queue_mean), within +-3
  double log_orders[2];  // ln((N + 1) / orders_mean), within +-2
  int32_t spread;        // ticks
  uint8_t outcome;       // of this event
  uint8_t part;          // hft_part_of_tape
  uint8_t spread_class, wait_class, activity_class, wait_group;
  uint8_t imbalance;     // class, seen from the bid; from the ask 6 - this
  uint8_t last, before;  // outcome of the last event, and of the one before it
  uint8_t move;          // 4 wide + since
  bool rose;             // the last change of the mid was a rise
} hft_context;

#define HFT_OUTCOMES (2 * HFT_FLOW_EVENTS)

// The last change of the mid counts as this many events ago at the beginning.
#define HFT_MOVE_LONG_AGO 99

// Sets the edges of the classes and the means of *tables by the fitted part: spread_edges,
// spread_mean, spread_cap, wait_spread_edges, activity_edges, activity_start, activity_gain,
// wait_edges, move_spread, queue_mean, queue_edges, orders_mean. Then computes the contexts of all
// events: *out has watched->count, which the caller frees. Sizes in lots of `lot` shares. ENOMEM.
hft_status hft_contexts(const hft_watched *watched, double lot, hft_flow_tables *tables,
                        hft_context **out, hft_error *error);

// The class of a value: the number of edges that are at most the value.
int hft_edge_class(const double *edges, int count, double value);

// The quantile of values, which it sorts, by linear interpolation; NaN for none.
double hft_quantile_of(double *values, size_t count, double p);

#endif
