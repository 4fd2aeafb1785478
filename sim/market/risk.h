// The limits that an agent's requests are checked against before they reach the book. See the keys
// in sim/market/rules.h.
#ifndef HFTSIM_SIM_MARKET_RISK_H
#define HFTSIM_SIM_MARKET_RISK_H

#include "sim/market/state.h"

// Counts a request of the desk's owner. NONE, MESSAGE_RATE or KILLED.
hft_reason hft_risk_request(const hft_desk *desk);

// Could this order, or the position with all open orders of its side, pass a limit? NONE, POSITION,
// POSITION_VALUE or KILLED.
hft_reason hft_risk_order(const hft_desk *desk, const hft_order *order);

#endif
