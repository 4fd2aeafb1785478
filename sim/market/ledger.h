// The accounts of the participants, exact in integers. Over all participants and the exchange
// (hft_tape) positions and cash sum to 0.
#ifndef HFTSIM_SIM_MARKET_LEDGER_H
#define HFTSIM_SIM_MARKET_LEDGER_H

#include <stdint.h>

#include "sim/base/units.h"

typedef struct hft_account {
  int64_t position;  // lots, signed; starts at 0
  hft_cash cash;     // ticks x lots; starts at 0
  int64_t fees;      // paid, in 1/10000 of ticks x lots; negative: rebates received
  int64_t bought;    // lots bought, as maker or taker
  int64_t sold;      // lots sold
  int64_t
      transferred;   // lots, signed, that changed hands with the exchange when it closed a position
  int64_t unfilled;  // lots of these that were beyond the book's last level
  int64_t maker_qty;    // lots traded as maker, or in an auction
  int64_t taker_qty;    // lots traded as taker
  int64_t fill_count;   // executions
  int64_t order_count;  // orders submitted, refused ones included
  // Twice the sum over fills of (mid - price) x signed lots, with the mid just before the incoming
  // order, in half ticks x lots: the spread captured as maker (auctions included), and as taker the
  // spread paid, which is negative.
  hft_cash maker_edge2, taker_edge2;
} hft_account;

// Twice the value of an account before fees, in half ticks x lots, with its position marked at
// mid2 / 2.
static inline int64_t hft_account_value2(const hft_account *account, int64_t mid2) {
  return 2 * account->cash + account->position * mid2;
}

#define HFT_FEE_UNIT 1e-4  // ticks x lots

// The value of an account net of fees, in ticks x lots, with its position marked at a price in
// ticks.
static inline double hft_account_value(const hft_account *account, double mark) {
  double gross = (double)account->cash + (double)account->position * mark;
  return gross - HFT_FEE_UNIT * (double)account->fees;
}

// Totals of an instrument since the reset.
typedef struct hft_tape {
  int64_t trade_count;
  int64_t buy_qty;            // lots where the taker bought, and half of what auctions traded
  int64_t sell_qty;           // lots where the taker sold, and the other half
  hft_cash notional;          // ticks x lots of all trades
  int64_t fees;               // that the exchange took, in 1/10000 of ticks x lots
  int64_t transferred;        // lots, signed, that the exchange took over when it closed positions
  hft_cash transferred_cash;  // ticks x lots, signed, that it got for them
  hft_price last_price;       // 0 before the first trade
  uint32_t zero;              // where padding would be
} hft_tape;

#endif
