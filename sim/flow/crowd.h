// The number of traders of a population. The arrival rates of a config (`rate`, `limit_rates`,
// `market_rate`) are those of one trader; the population's are `headcount` times as large, since
// independent Poisson processes add up. So do linear Hawkes processes with the same kernels: the
// intensity of their sum is the sum of the steady parts and of the effects of all arrivals, no
// matter who excites whom, so the branching ratio is the same for one trader and for all.
// Quantities per order (cancellations, lifetimes, children) and of the population (orders at the
// open, capacities, a ladder) are not multiplied.
#ifndef HFTSIM_SIM_FLOW_CROWD_H
#define HFTSIM_SIM_FLOW_CROWD_H

#include "sim/config/key.h"

// clang-format off
#define HFT_CROWD_KEYS(X)                                                                         \
  X(INT, headcount, "1", 1, 1000000000, "traders",                                                \
    "number of traders; multiplies the arrival rates, which are those of one")
// clang-format on

// Is this key the arrival rate of one trader?
bool hft_crowd_is_rate(const hft_key *key);

// Multiplies the arrival rates of one trader by `headcount`, in the struct of these keys. ECONFIG,
// naming the key, if a rate exceeds its key's upper bound.
hft_status hft_crowd_gather(const hft_key *keys, int key_count, void *params, const char *where,
                            hft_error *error);

#endif
