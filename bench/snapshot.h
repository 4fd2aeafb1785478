// What a snapshot of a running market costs, and going back to it: each is a memcpy of the market's
// block, held here against a memcpy of the same bytes to somewhere else.
#ifndef HFTSIM_BENCH_SNAPSHOT_H
#define HFTSIM_BENCH_SNAPSHOT_H

#include "sim/base/status.h"
#include "sim/market/market.h"

#define HFT_BENCH_ROUNDS_MAX 100000

typedef struct hft_bench_snapshot_result {
  size_t bytes;        // of the market
  double snapshot_ns;  // medians over all rounds
  double restore_ns;
  double memcpy_ns;
} hft_bench_snapshot_result;

// Rounds (1 .. HFT_BENCH_ROUNDS_MAX) of: the market runs a stretch, a snapshot is taken, the market
// is set back to it, and its bytes are copied to somewhere else, the three in turns in any order.
// At the end a market that was set back must go on as it did. ENOMEM.
hft_status hft_bench_snapshot(const hft_model *model, uint64_t seed, int rounds,
                              hft_bench_snapshot_result *out, hft_error *error);

#endif
