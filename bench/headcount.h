// Splits a market's populations into more traders, each with proportionally lower rates.
#ifndef HFTSIM_BENCH_HEADCOUNT_H
#define HFTSIM_BENCH_HEADCOUNT_H

#include "sim/config/config.h"

// Sets the headcount of every population that has one and divides its traders' rates, so that the
// population's total rates stay the same: exactly, if the headcounts are powers of 2. ECONFIG,
// naming the key, if a rate would be below its lower bound; the config is then unusable.
hft_status hft_bench_set_headcount(hft_config *config, int64_t headcount, hft_error *error);

#endif
