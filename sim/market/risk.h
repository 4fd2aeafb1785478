// Pre-trade limits of agents and the kill switch. The keys are in sim/market/rules.h.
#ifndef HFTSIM_SIM_MARKET_RISK_H
#define HFTSIM_SIM_MARKET_RISK_H

#include "sim/market/state.h"

// Counts a request of the desk's owner. Returns NONE, MESSAGE_RATE or KILLED.
hft_reason hft_risk_request(const hft_desk *desk);

// Lots of the owner's resting orders of a side, hidden ones included.
int64_t hft_risk_open_lots(const hft_desk *desk, hft_side side);

// Checks the position that the owner could reach with this order and all open orders of its side.
// Returns NONE, POSITION or POSITION_VALUE.
hft_reason hft_risk_order(const hft_desk *desk, const hft_order *order);

// Checks the owner's accounts. True if their value has just fallen too far below its maximum: the
// owner is then killed.
bool hft_risk_kills(const hft_desk *desk);

#endif
