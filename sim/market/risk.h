// The limits that an agent's requests are checked against before they reach the book. See the keys
// in sim/market/rules.h.
#ifndef HFTSIM_SIM_MARKET_RISK_H
#define HFTSIM_SIM_MARKET_RISK_H

#include "sim/market/state.h"

// Counts a request of the desk's owner. NONE, MESSAGE_RATE or KILLED.
hft_reason hft_risk_request(const hft_desk *desk);

// Lots of the owner's resting orders of a side, hidden ones included.
int64_t hft_risk_open_lots(const hft_desk *desk, hft_side side);

// Could this order, or the position with all open orders of its side, pass a limit? NONE, POSITION
// or POSITION_VALUE.
hft_reason hft_risk_order(const hft_desk *desk, const hft_order *order);

// Looks at the owner's accounts. True where it has just fallen too far below its best: it is out
// from now on.
bool hft_risk_kills(const hft_desk *desk);

#endif
