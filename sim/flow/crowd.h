// How many traders a population stands for. The rates of a config at which they come (`rate`,
// `limit_rates`, `market_rate`) are one trader's; the population's are so many times as large,
// since Poisson processes add up. Linear Hawkes processes with the same kernels do, too: the
// intensity of their sum is the sum of what is steady and of what all arrivals have set off,
// whoever excites whom, so that a branching ratio is the same of one trader and of all. What hangs
// on an order (cancellations, lifetimes, children) or on the whole (orders at the open, capacities,
// a ladder) is the population's as it stands.
#ifndef HFTSIM_SIM_FLOW_CROWD_H
#define HFTSIM_SIM_FLOW_CROWD_H

#include "sim/config/key.h"

// clang-format off
#define HFT_CROWD_KEYS(X)                                                                         \
  X(INT, headcount, "1", 1, 1000000000, "traders",                                                \
    "number of traders; multiplies the arrival rates, which are those of one trader")
// clang-format on

// Is the key a rate of one trader?
bool hft_crowd_is_rate(const hft_key *key);

// Turns the rates of one trader into those of all, in a struct of these keys, one of which is
// `headcount`. ECONFIG, with the key, where one passes its key's upper bound.
hft_status hft_crowd_gather(const hft_key *keys, int key_count, void *params, const char *where,
                            hft_error *error);

#endif
