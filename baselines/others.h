// The book without an agent's own orders: a strategy that followed the best prices of the whole
// book would follow itself.
#ifndef HFTSIM_BASELINES_OTHERS_H
#define HFTSIM_BASELINES_OTHERS_H

#include "sim/market/agent.h"

// Returns the best price of a side of the visible book, in ticks, among the orders of other
// participants; 0: there are none. The agent's orders count once they rest: the book may lag behind
// what the agent has sent.
hft_price hft_best_of_others(const hft_desk *desk, hft_side side);

#endif
