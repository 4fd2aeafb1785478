// The order book alone, on a workload: how long a message takes.
#ifndef HFTSIM_BENCH_BOOK_H
#define HFTSIM_BENCH_BOOK_H

#include "bench/digest.h"
#include "bench/watch.h"
#include "bench/workload.h"
#include "sim/base/status.h"
#include "sim/base/units.h"

#define HFT_BENCH_REPEATS_MAX 1000
#define HFT_BENCH_BATCH_MAX 4096

typedef struct hft_bench_book_result {
  double ns_per_msg, ns_per_msg_median;  // throughput: of the best repetition and the middle one
  double p50_ns, p99_ns, p999_ns;        // latency of a message, the clock's cost taken off
  hft_digest digest;                     // of the trades in the prefill and the timed part
  hft_price best_bid, best_ask;          // at the end; 0: none
} hft_bench_book_result;

// Runs the workload `repeats` (1 .. HFT_BENCH_REPEATS_MAX) times for the throughput and once more
// for the latencies. The throughput is that of messages that come `batch` (1 ..
// HFT_BENCH_BATCH_MAX) at a time: within a batch hints run ahead, single messages get none.
// Latencies are those of single messages. EDATA: a message cancels or replaces an order that no
// longer rests, or a level would hold more than INT32_MAX lots. EINTR: the watch (may be null) had
// enough. ENOMEM.
hft_status hft_bench_book(const hft_workload *workload, int repeats, int batch,
                          const hft_bench_progress *progress, hft_bench_book_result *out,
                          hft_error *error);

#endif
