// A market's populations made of more traders, who come as seldom as there are more of them.
#ifndef HFTSIM_BENCH_HEADCOUNT_H
#define HFTSIM_BENCH_HEADCOUNT_H

#include "sim/config/config.h"

// Gives every population that has a headcount this one, and divides its traders' rates so that all
// of them together come as often as they did: exactly so where the headcounts are powers of 2.
// ECONFIG, with the key, where a rate would be below its lower bound; the config is then of no use.
hft_status hft_bench_set_headcount(hft_config *config, int64_t headcount, hft_error *error);

#endif
