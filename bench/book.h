// Benchmark of the order book alone: time per message of a workload.
#ifndef HFTSIM_BENCH_BOOK_H
#define HFTSIM_BENCH_BOOK_H

#include "bench/digest.h"
#include "bench/workload.h"
#include "sim/base/progress.h"
#include "sim/base/status.h"
#include "sim/base/units.h"

#define HFT_BENCH_REPEATS_MAX 1000
#define HFT_BENCH_BATCH_MAX 4096

// The result of a benchmark of the book.
typedef struct hft_bench_book_result {
  double ns_per_msg, ns_per_msg_median;  // of the best and the median repetition
  double p50_ns, p99_ns, p999_ns;        // latency of a message, without the clock's overhead
  hft_digest digest;                     // of the trades, prefill included
  hft_price best_bid, best_ask;          // at the end; 0: none
} hft_bench_book_result;

// Runs the workload `repeats` (1 .. HFT_BENCH_REPEATS_MAX) times for throughput and once more for
// latencies. For throughput, messages come in batches of `batch` (1 .. HFT_BENCH_BATCH_MAX); hints
// run ahead within a batch, so a batch of 1 has none. Latencies are those of single messages.
// `watch` may be null. Errors: EDATA if a message cancels or replaces an order that is no longer
// resting, or if a level would exceed INT32_MAX lots; EINTR if `watch` stopped the run; ENOMEM.
hft_status hft_bench_book(const hft_workload *workload, int repeats, int batch,
                          const hft_progress *progress, hft_bench_book_result *out,
                          hft_error *error);

#endif
