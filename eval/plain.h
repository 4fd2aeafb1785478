// Metrics of an episode that is given as plain arrays of fills and mids: what a program outside of
// the market knows of its own trading. The same code computes them as for episodes that are run
// here; from the notes of such an episode it gives the same numbers.
#ifndef HFTSIM_EVAL_PLAIN_H
#define HFTSIM_EVAL_PLAIN_H

#include "eval/metrics.h"

// An episode of one agent at one instrument. The notes of steps in `trading` are not used: the
// accounts follow from the fills, starting at 0. Borrowed.
typedef struct hft_plain {
  hft_trading trading;  // fills and mids in the order of time; the first mid at or before the start
  hft_parent_order parent;  // zero: the agent executes none
  double tick_size;         // currency, > 0
  hft_time step;            // between two looks at the account, > 0; the last step may be shorter
  hft_tape tape;     // buy_qty + sell_qty: lots that all participants traded from start to end;
                     // notional: ticks x lots of these
  int64_t orders;    // sent
  int64_t unfilled;  // lots of the closing that were beyond the book
} hft_plain;

// Checks the episode. EINVAL: error->where names the array or the member, with the index of the
// first element that is wrong.
hft_status hft_plain_check(const hft_plain *plain, hft_error *error);

// Writes the value of every metric of an episode that hft_plain_check accepts; NaN where it has
// none. Metrics are those of an execution if there is a parent order, else those of a directional
// strategy. ENOMEM.
hft_status hft_plain_metrics(const hft_plain *plain, double value[HFT_METRIC_COUNT]);

#endif
