// What is looked at after each request and each auction. The kill switch: of the accounts that it
// could have hurt, whoever has lost too much since its best is killed, and all its orders leave.
// And the mid: where it has changed, those who follow it are told.
//
// Nothing is taken out while a request is dealt with: the books stand still under whoever matches.
#ifndef HFTSIM_SIM_MARKET_POST_TRADE_H
#define HFTSIM_SIM_MARKET_POST_TRADE_H

#include "sim/market/state.h"

// What an account's value depends on, beside the account.
typedef struct hft_post_trade_mark {
  int64_t mid2, trade_count;
} hft_post_trade_mark;

// Looks at everybody whom what happened at the desk's instrument since `before` could have hurt.
void hft_post_trade_check(const hft_desk *desk, hft_post_trade_mark before);

// Before a request at the desk's instrument, whosever it is.
static inline hft_post_trade_mark hft_post_trade_begin(const hft_desk *desk) {
  if (!desk->model->has_post_trade) return (hft_post_trade_mark){0};
  return (hft_post_trade_mark){desk->instrument_state->mid2,
                               desk->instrument_state->tape.trade_count};
}

// After it.
static inline void hft_post_trade_end(const hft_desk *desk, hft_post_trade_mark before) {
  if (desk->model->has_post_trade) hft_post_trade_check(desk, before);
}

#endif
