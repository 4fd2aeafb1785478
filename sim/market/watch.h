// What is looked at after each request and each auction. The kill switch: of the accounts that it
// could have hurt, whoever has lost too much since its best is killed, and all its orders leave.
// And the mid: where it has changed, those who follow it are told.
//
// Nothing is taken out while a request is dealt with: the books stand still under whoever matches.
#ifndef HFTSIM_SIM_MARKET_WATCH_H
#define HFTSIM_SIM_MARKET_WATCH_H

#include "sim/market/state.h"

// What an account's value depends on, beside the account.
typedef struct hft_sight {
  int64_t mid2, trade_count;
} hft_sight;

// Looks at everybody whom what happened at the desk's instrument since `before` could have hurt.
void hft_watch(const hft_desk *desk, hft_sight before);

// Before a request at the desk's instrument, whosever it is.
static inline hft_sight hft_watch_begin(const hft_desk *desk) {
  if (!desk->model->watched) return (hft_sight){0};
  return (hft_sight){desk->listing->mid2, desk->listing->tape.trade_count};
}

// After it.
static inline void hft_watch_end(const hft_desk *desk, hft_sight before) {
  if (desk->model->watched) hft_watch(desk, before);
}

#endif
