// The resting orders of a side in the order of their arrival: which of them is cancelled depends on
// how recent it is.
#ifndef HFTSIM_DATA_CALIBRATE_ARRIVALS_H
#define HFTSIM_DATA_CALIBRATE_ARRIVALS_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "sim/base/units.h"
#include "sim/book/book.h"
#include "sim/flow/tables.h"

// A resting order.
typedef struct hft_arrival {
  uint32_t slot;    // in the book; HFT_NO_SLOT: it has left
  hft_price price;  // ticks
} hft_arrival;

// The orders of one side, oldest first. Zeroed memory is an empty list.
typedef struct hft_arrivals {
  hft_arrival *order;
  size_t count, room;
  size_t live;  // of `count`: the others have left
} hft_arrivals;

// How often orders of each class of recency, of distance and of size were there to be cancelled
// when one was, and how often it was they.
typedef struct hft_cancel_counts {
  double exposed[HFT_FLOW_RANKS][HFT_FLOW_DISTANCES][HFT_FLOW_SIZES];
  double cancelled[HFT_FLOW_RANKS][HFT_FLOW_DISTANCES][HFT_FLOW_SIZES];
} hft_cancel_counts;
// The same at the best price, where orders have no distance.
typedef struct hft_cancel_best_counts {
  double exposed[HFT_FLOW_RANKS][HFT_FLOW_SIZES], cancelled[HFT_FLOW_RANKS][HFT_FLOW_SIZES];
} hft_cancel_best_counts;

// Frees the list.
void hft_arrivals_free(hft_arrivals *arrivals);
// Appends an order. ENOMEM.
hft_status hft_arrivals_add(hft_arrivals *arrivals, uint32_t slot, hft_price price,
                            hft_error *error);
// Removes an order. Does nothing if it is not in the list. O(orders that came after it).
void hft_arrivals_remove(hft_arrivals *arrivals, uint32_t slot);

// An order that is cancelled.
typedef struct hft_cancelled {
  uint32_t slot;
  hft_side side;
  hft_price best;            // of its side, before
  hft_qty qty;               // of the order, before
  const hft_book *book;      // after the cancellation
  const double *size_edges;  // [HFT_FLOW_SIZES - 1], shares
} hft_cancelled;

// Adds one to `exposed` for each order worse than the best price and to `cancelled` for the
// cancelled one, which must still be in the list, by its recency among all orders of the side.
// O(orders).
void hft_arrivals_count_behind(const hft_arrivals *arrivals, const hft_cancelled *cancelled,
                               hft_cancel_counts *counts);
// The same for the orders at the best price, by their recency among these.
void hft_arrivals_count_best(const hft_arrivals *arrivals, const hft_cancelled *cancelled,
                             hft_cancel_best_counts *counts);

#endif
