// Records a market's operations on its book as a workload: the same orders and cancellations,
// without the rest of the market.
#ifndef HFTSIM_BENCH_RECORD_H
#define HFTSIM_BENCH_RECORD_H

#include <stdint.h>

#include "bench/workload.h"
#include "sim/base/status.h"
#include "sim/market/market.h"

// Runs a market of this model and seed until the book of its first instrument has handled
// `message_max` (>= 1) messages, or to the end of the session. The opening orders are the prefill.
// Each order that rests or trades becomes a limit order of the lots that rested or traded. Free the
// workload with hft_workload_free. Errors: EDATA, with the reason, if the messages cannot be
// expressed as a workload: the window has too many prices, or the market has auctions, halts,
// icebergs or reduced orders; ENOMEM.
hft_status hft_bench_record(const hft_model *model, uint64_t seed, uint32_t message_max,
                            hft_workload *out, hft_error *error);

#endif
