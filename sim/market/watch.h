// The kill switch. After each request and each auction the accounts that it could have hurt are
// looked at: whoever has lost too much since its best is killed, and all its orders leave.
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
  if (desk->model->rules.drawdown_max == 0) return (hft_sight){0};
  return (hft_sight){desk->listing->mid2, desk->listing->tape.trade_count};
}

// After it.
static inline void hft_watch_end(const hft_desk *desk, hft_sight before) {
  if (desk->model->rules.drawdown_max != 0) hft_watch(desk, before);
}

#endif
