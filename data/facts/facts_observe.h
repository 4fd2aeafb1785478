// Observes a stream of events and records the data for the stylised facts: prices and books at
// regular times, market orders, cancellations. The book is rebuilt from the events alone, so
// simulated markets, datasets and recorded tapes are all measured the same way.
#ifndef HFTSIM_DATA_FACTS_FACTS_OBSERVE_H
#define HFTSIM_DATA_FACTS_FACTS_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "sim/base/units.h"
#include "sim/market/event.h"
#include "stats/doubles.h"

#define HFT_OBSERVED_LEVELS 10

// The recorded data. Sample k is the book at `begin` + k x `interval`; interval k is between
// samples k and k + 1. All executions of one incoming order are one market order; trades in
// auctions are none.
typedef struct hft_observed {
  hft_time begin, end;     // observed time: after the warm-up and the first two-sided book
  hft_time interval;       // between samples
  hft_doubles mid;         // [samples] ticks; the last known value if a side is empty
  hft_doubles spread_bps;  // of samples with both sides: spread / mid x 10^4
  hft_doubles depth;     // [..][HFT_OBSERVED_LEVELS] for the same samples: lots per level, mean of
                         // both sides; 0: no such level
  hft_doubles volume;    // [samples - 1] lots traded per interval
  hft_doubles arrivals;  // [samples - 1] market orders per interval
  hft_doubles sign;      // per market order: +1 buys, -1 sells
  hft_doubles size;      // per market order, lots
  hft_doubles gap_s;     // from each market order to the next
  hft_doubles lifetime_s;   // resting times of cancelled orders that were seen arriving
  int64_t events;           // all events, including those before `begin`
  int64_t window_refusals;  // of these, REJECT with PRICE_WINDOW
  int64_t left_out;         // events that contradict the known book (lenient only)
  int levels;               // known levels of the book; 0: all
  // For a tape with one row per message (data/lobster/reconstruct.h), else 0:
  int64_t rows, rows_equal;  // compared; explained by the messages
  int64_t levels_in;         // levels that came into the rows' view
  int64_t levels_wrong;      // corrected levels
  int64_t dropped;           // for a tape: messages outside its price window
} hft_observed;

// Frees the arrays.
void hft_observed_free(hft_observed *observed);

// The number of rows of `depth`; 0 if fewer than HFT_OBSERVED_LEVELS levels are known.
static inline size_t hft_observed_depths(const hft_observed *observed) {
  if (observed->levels != 0 && observed->levels < HFT_OBSERVED_LEVELS) return 0;
  return observed->depth.count / HFT_OBSERVED_LEVELS;
}

// Parameters of an observer. Times in ns, prices in ticks.
typedef struct hft_observer_config {
  hft_time open;      // start of the session
  hft_time warmup;    // skipped after the open
  hft_time interval;  // between samples, > 0
  hft_price price_min, price_max;
  // Events that contradict the known book (unknown order, crossing price) are counted and ignored.
  // If not lenient, they are errors in the data.
  bool lenient;
} hft_observer_config;

// Opaque handle: an observer of one instrument. Not for concurrent use.
typedef struct hft_observer hft_observer;

// Creates an observer; free it with hft_observer_free. Errors: EDATA for more prices than a book
// can have; ENOMEM.
hft_status hft_observer_create(const hft_observer_config *config, hft_observer **out,
                               hft_error *error);
// Frees an observer; null is ignored.
void hft_observer_free(hft_observer *observer);

// Processes the next event; an hft_sink. Times must not decrease. A TRADE of order 0 is with an
// order that the book does not show. After the first error, which hft_observer_finish returns,
// events are ignored.
void hft_observer_event(void *observer, const hft_event *event);

// Ends the observation at `end`, which must not be before the last event. *observed belongs to the
// caller, who frees it with hft_observed_free. Errors: EDATA, with `where` empty, for the first
// error in the events; ENOMEM.
hft_status hft_observer_finish(hft_observer *observer, hft_time end, hft_observed *observed,
                               hft_error *error);

// False after an error: further events are ignored.
bool hft_observer_well(const hft_observer *observer);

#endif
