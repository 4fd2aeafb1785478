// Checks after each request and each auction. The kill switch: an agent whose account has lost too
// much since its maximum is killed and all its orders are removed. And the mid: if it has changed,
// the mid callbacks run.
//
// No order is removed while a request is carried out: matching relies on the books standing still.
#ifndef HFTSIM_SIM_MARKET_WATCH_H
#define HFTSIM_SIM_MARKET_WATCH_H

#include "sim/market/state.h"

// What an account's value depends on, beside the account.
typedef struct hft_sight {
  int64_t mid2, trade_count;
} hft_sight;

// Checks everybody affected by the changes at the desk's instrument since `before`.
void hft_watch(const hft_desk *desk, hft_sight before);

// Notes the state before a request or an auction at the desk's instrument.
static inline hft_sight hft_watch_begin(const hft_desk *desk) {
  if (!desk->model->watched) return (hft_sight){0};
  return (hft_sight){desk->listing->mid2, desk->listing->tape.trade_count};
}

// Runs the checks after the request or the auction.
static inline void hft_watch_end(const hft_desk *desk, hft_sight before) {
  if (desk->model->watched) hft_watch(desk, before);
}

#endif
