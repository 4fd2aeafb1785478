// Inside of sim/env: the place of a seat's orders in their queues, as its market data feed lets it
// know. A level-3 feed has each order, from which the exact number of lots ahead follows. A level-2
// feed has the lots of each level: of an order that joins, all other lots of its level are ahead;
// from then on, the fewest other lots that the level has had, since orders that come later queue
// behind. The estimate is never below the exact number.
#ifndef HFTSIM_SIM_ENV_FEATURES_QUEUE_H
#define HFTSIM_SIM_ENV_FEATURES_QUEUE_H

#include "sim/env/view.h"

// Bytes of the estimates of a seat at one instrument.
size_t hft_queue_bytes(void);

// Brings the estimates of a seat's orders up to date: after it has acted, and when it is observed.
void hft_queue_note(const hft_seat_view *view);

// The estimate for an order; -1: it does not rest, or nothing is known.
int64_t hft_queue_estimate(const hft_seat_view *view, const hft_desk *desk, hft_order_id id);

// Lots ahead of an order of the seat at one of its instruments, or -1 if it does not rest: exact,
// or with view->estimates as estimated.
static inline int64_t hft_queue_ahead(const hft_seat_view *view, const hft_desk *desk,
                                      hft_order_id id) {
  if (HFT_LIKELY(!view->estimates)) return hft_desk_queue_ahead(desk, id);
  return hft_queue_estimate(view, desk, id);
}

#endif
