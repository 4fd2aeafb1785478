// The cost of a snapshot of a running market and of restoring it. Both are a memcpy of the market's
// block, compared here with a memcpy of the same bytes to another place.
#ifndef HFTSIM_BENCH_SNAPSHOT_H
#define HFTSIM_BENCH_SNAPSHOT_H

#include "sim/base/status.h"
#include "sim/market/market.h"

#define HFT_BENCH_ROUNDS_MAX 100000

// The result of a run.
typedef struct hft_bench_snapshot_result {
  size_t bytes;        // of the market
  double snapshot_ns;  // medians over all rounds
  double restore_ns;
  double memcpy_ns;
} hft_bench_snapshot_result;

// Runs `rounds` (1 .. HFT_BENCH_ROUNDS_MAX) rounds: the market runs for a while, a snapshot is
// taken, the market is restored from it and its bytes are copied elsewhere; the order of the three
// rotates. At the end it checks that a restored market continues as before. ENOMEM.
hft_status hft_bench_snapshot(const hft_model *model, uint64_t seed, int rounds,
                              hft_bench_snapshot_result *out, hft_error *error);

#endif
