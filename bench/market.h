// Whole markets, with their background flow and agents: how long a message takes, all-in.
#ifndef HFTSIM_BENCH_MARKET_H
#define HFTSIM_BENCH_MARKET_H

#include <stdint.h>

#include "bench/watch.h"
#include "sim/base/status.h"
#include "sim/base/units.h"
#include "sim/market/market.h"

#define HFT_BENCH_SLICES 200
#define HFT_BENCH_MARKETS_MAX 2

typedef struct hft_bench_market_result {
  uint64_t messages;   // that the market handled
  double simulated_s;  // market time
  double wall_s;
  double ns_per_msg, ns_per_msg_median;  // of the best slice and the middle one
} hft_bench_market_result;

// Runs markets of 1 .. HFT_BENCH_MARKETS_MAX models, each session after session with the seeds
// `seed`, `seed` + 1, ..., until each has had that much of wall-clock time (ns, above 0). The time
// is cut into HFT_BENCH_SLICES, in which the models take turns and each of which is measured for
// itself: as with the order book, what else the machine does meanwhile spoils some of them only.
// Results go to out[count]. EINTR: the watch (may be null) had enough. ENOMEM.
hft_status hft_bench_market(const hft_model *const *models, int count, uint64_t seed,
                            int64_t wall_ns, const hft_bench_progress *progress,
                            hft_bench_market_result *out, hft_error *error);

#endif
