// From a recorded tape to the tables of the population `reactive`.
//
// The events of the tape are those of the population (sim/flow/tables.h): executions of one time
// and side are one market order, a partial cancellation counts as a cancellation, hidden
// executions do not touch the visible book and are left out. What happens next is a multinomial
// logit with a ridge; waiting times, places and sizes are empirical distributions; the choice of
// the cancelled order is fitted to the orders that were there.
#ifndef HFTSIM_DATA_CALIBRATE_CALIBRATE_H
#define HFTSIM_DATA_CALIBRATE_CALIBRATE_H

#include "data/calibrate/watch.h"
#include "sim/base/progress.h"
#include "sim/flow/tables.h"

// What a fit found, beside the tables.
typedef struct hft_calibration {
  double events[HFT_FLOW_EVENTS];  // of the fitted part
  double seconds;                  // of the fitted part
  double spread;                   // ticks, mean over its events
  double initial_price;            // currency: median of the mid
  double likelihood;               // mean over events of the penalised logarithm
  double largest;                  // lots, of the orders
  double farthest;                 // ticks from the opposite best price, of the orders
} hft_calibration;

// Fits the tables to what was seen, with lots of `lot_size` shares. Sorts the samples of *watched.
// Errors: EDATA for a tape with too few events, without trades or with orders of one side only;
// ENOMEM; EINTR.
hft_status hft_calibrate(hft_watched *watched, double lot_size, const hft_progress *progress,
                         hft_flow_tables *tables, hft_calibration *out, hft_error *error);

#endif
