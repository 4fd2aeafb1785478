// Settling executions: accounts, fees, tape, orders, events and fill callbacks.
#ifndef HFTSIM_SIM_MARKET_SETTLE_H
#define HFTSIM_SIM_MARKET_SETTLE_H

#include "sim/market/state.h"

// The incoming side of an execution.
typedef struct hft_taking {
  hft_side side;
  uint32_t number;   // of the incoming order
  uint32_t latency;  // ns that it had travelled
  int64_t mid2;      // before it came
} hft_taking;

// Settles one fill between the desk's owner and the maker in fill->slot.
void hft_settle(const hft_desk *desk, hft_book *book, const hft_taking *taking,
                const hft_fill *fill);

// Settles one fill of an auction at `price`. `bid` and `ask` are the two orders' sides of it, of
// the same size. Both count as makers.
void hft_settle_auction(const hft_desk *desk, hft_price price, const hft_fill *bid,
                        const hft_fill *ask);

#endif
