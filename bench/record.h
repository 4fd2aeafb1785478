// What a market does to its book, as a workload: the same orders and cancellations, without all
// that is around them.
#ifndef HFTSIM_BENCH_RECORD_H
#define HFTSIM_BENCH_RECORD_H

#include <stdint.h>

#include "bench/workload.h"
#include "sim/base/status.h"
#include "sim/market/market.h"

// Runs a market of this model with this seed until its first instrument's book has seen
// `message_max` (>= 1) messages, or the session ends. The orders of the opening are the prefill.
// Each order that rests or trades is a limit order, of as many lots as did. EDATA, with the reason,
// where the messages cannot be told as those of a workload: the window has more prices than one, or
// the market has auctions, halts, icebergs or orders made smaller. ENOMEM. Free the workload with
// hft_workload_free.
hft_status hft_bench_record(const hft_model *model, uint64_t seed, uint32_t message_max,
                            hft_workload *out, hft_error *error);

#endif
