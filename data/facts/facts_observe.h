// Watches a stream of events and notes what the stylised facts are about: prices and books at
// regular times, market orders, cancellations. The book follows from the events alone, so a
// simulated market, a dataset and a recorded tape are all seen through the same eyes.
#ifndef HFTSIM_DATA_FACTS_FACTS_OBSERVE_H
#define HFTSIM_DATA_FACTS_FACTS_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "sim/base/units.h"
#include "sim/market/event.h"

#define HFT_OBSERVED_LEVELS 10

// An array that grows.
typedef struct hft_doubles {
  double *value;
  size_t count, capacity;
} hft_doubles;

// Notes of a market. Sample k is the book at `begin` + k x `interval`; interval k lies between the
// samples k and k + 1. Executions of one incoming order are one market order;
// an auction's are none.
typedef struct hft_observed {
  hft_time begin, end;     // the time watched: after the warm-up and the first two-sided book
  hft_time interval;       // between samples
  hft_doubles mid;         // [samples] ticks; the last one known where a side is empty
  hft_doubles spread_bps;  // of the samples with both sides: spread over mid x 10^4
  hft_doubles depth;     // [..][HFT_OBSERVED_LEVELS] the same samples: lots at each level, mean of
                         // both sides; 0 where there is no level
  hft_doubles volume;    // [samples - 1] lots traded in each interval
  hft_doubles arrivals;  // [samples - 1] market orders in each interval
  hft_doubles sign;      // of each market order: +1 buys, -1 sells
  hft_doubles size;      // of each market order, lots
  hft_doubles gap_s;     // time from each market order to the next one
  hft_doubles lifetime_s;   // how long each cancelled order rested, of those watched from the start
  int64_t events;           // seen, before `begin` too
  int64_t window_refusals;  // of those, REJECT for PRICE_WINDOW
  int64_t left_out;         // that the book as known does not admit (lenient alone)
  int levels;               // of the book that are known; 0: all
  // Of a tape with a row for each message (data/lobster/reconstruct.h), else 0:
  int64_t rows, rows_equal;  // compared; whose best prices and sizes the messages explain
  int64_t levels_in;         // levels that came into the rows' view
  int64_t levels_wrong;      // levels that were corrected
  int64_t dropped;           // of a tape: messages about prices beyond its frame
} hft_observed;

void hft_observed_free(hft_observed *observed);

// Rows of `depth`; 0 where the book is not known to HFT_OBSERVED_LEVELS levels.
static inline size_t hft_observed_depths(const hft_observed *observed) {
  if (observed->levels != 0 && observed->levels < HFT_OBSERVED_LEVELS) return 0;
  return observed->depth.count / HFT_OBSERVED_LEVELS;
}

typedef struct hft_observer_config {
  hft_time open;      // where the session begins
  hft_time warmup;    // left out after it
  hft_time interval;  // between samples, > 0
  hft_price price_min, price_max;
  // What contradicts the book as known (an unknown order, a crossing price) is counted and left
  // out. Not lenient: it is a fault of the data.
  bool lenient;
} hft_observer_config;

typedef struct hft_observer hft_observer;

// EDATA: more prices than a book can have; ENOMEM.
hft_status hft_observer_create(const hft_observer_config *config, hft_observer **out,
                               hft_error *error);
void hft_observer_free(hft_observer *observer);

// Takes the next event; a hft_sink. Its time must not fall. A TRADE of the order 0 is one with an
// order that the book does not show. A fault is told by hft_observer_finish, and what follows it is
// not looked at.
void hft_observer_event(void *observer, const hft_event *event);

// Ends the session at `end`, not before the last event. *observed is the caller's, to free. EDATA,
// with `where` empty, for the first fault; ENOMEM.
hft_status hft_observer_finish(hft_observer *observer, hft_time end, hft_observed *observed,
                               hft_error *error);

// False after a fault: more events are of no use.
bool hft_observer_well(const hft_observer *observer);

#endif
