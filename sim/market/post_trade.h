// Checks after each request and each auction. The kill switch: an agent whose account has lost too
// much since its maximum is killed and all its orders are removed. And the mid: if it has changed,
// the mid callbacks run.
//
// No order is removed while a request is carried out: matching relies on the books standing still.
#ifndef HFTSIM_SIM_MARKET_POST_TRADE_H
#define HFTSIM_SIM_MARKET_POST_TRADE_H

#include "sim/market/state.h"

// What an account's value depends on, beside the account.
typedef struct hft_post_trade_mark {
  int64_t mid2, trade_count;
} hft_post_trade_mark;

// Checks everybody affected by the changes at the desk's instrument since `before`.
void hft_post_trade_check(const hft_desk *desk, hft_post_trade_mark before);

// Notes the state before a request or an auction at the desk's instrument.
static inline hft_post_trade_mark hft_post_trade_begin(const hft_desk *desk) {
  if (!desk->model->has_post_trade) return (hft_post_trade_mark){0};
  return (hft_post_trade_mark){desk->instrument_state->mid2,
                               desk->instrument_state->tape.trade_count};
}

// Runs the checks after the request or the auction.
static inline void hft_post_trade_end(const hft_desk *desk, hft_post_trade_mark before) {
  if (desk->model->has_post_trade) hft_post_trade_check(desk, before);
}

#endif
