// Benchmark of whole markets with background flow and agents: the total time per message.
#ifndef HFTSIM_BENCH_MARKET_H
#define HFTSIM_BENCH_MARKET_H

#include <stdint.h>

#include "sim/base/progress.h"
#include "sim/base/status.h"
#include "sim/base/units.h"
#include "sim/market/market.h"

#define HFT_BENCH_SLICES 200
#define HFT_BENCH_MARKETS_MAX 2

// The result for one market.
typedef struct hft_bench_market_result {
  uint64_t messages;   // messages that the market handled
  double simulated_s;  // market time
  double wall_s;
  double ns_per_msg, ns_per_msg_median;  // of the best and the median slice
} hft_bench_market_result;

// Runs `count` (1 .. HFT_BENCH_MARKETS_MAX) markets, each session after session with the seeds
// `seed`, `seed` + 1, ..., until each has run for `wall_ns` (> 0) of wall-clock time. The time is
// divided into HFT_BENCH_SLICES slices, measured separately, in which the models alternate: other
// load on the machine then affects only some slices. Results are written to out[count]. `watch` may
// be null. Errors: EINTR if `watch` stopped the run; ENOMEM.
hft_status hft_bench_market(const hft_model *const *models, int count, uint64_t seed,
                            int64_t wall_ns, const hft_progress *progress,
                            hft_bench_market_result *out, hft_error *error);

#endif
