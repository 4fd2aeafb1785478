// Benchmark of a running server against its components: ZeroMQ alone, and the same environments in
// this process.
#ifndef HFTSIM_BENCH_SERVER_H
#define HFTSIM_BENCH_SERVER_H

#include <stdint.h>

#include "sim/base/progress.h"
#include "sim/base/status.h"
#include "sim/pool/pool.h"

#define HFT_BENCH_CLIENTS_MAX 256

// The parameters of a run.
typedef struct hft_bench_server_setup {
  const char *endpoint;        // of the server
  const char *echo_endpoint;   // bound by the echo; same transport
  const hft_env_model *model;  // of the server's own config
  hft_pool_config pool;        // as the server makes it for a session
  int clients;      // concurrent clients, each with as many environments; 1: not measured
  int64_t wall_ns;  // of each part, > 0
} hft_bench_server_setup;

// Times of single messages of one kind: median and 99th percentile.
typedef struct hft_bench_times {
  double median_ns, p99_ns;
} hft_bench_times;

// The result of a run.
typedef struct hft_bench_server_result {
  size_t request_bytes, reply_bytes;  // frames of a step in which no episode ends
  uint64_t messages;                  // messages timed
  hft_bench_times round_trip;  // a step of all environments on the server, seen by the client
  hft_bench_times echo;        // the same bytes in both directions through ZeroMQ alone
  hft_bench_times step;        // the same step in this process
  double ratio;                // round trip / (echo + step), of medians
  double steps_per_s;          // of single environments, on the server
  double pool_steps_per_s;     // in this process
  double share;                // steps_per_s / pool_steps_per_s
  double clients_steps_per_s;  // of all clients together; 0 with one client
  double slowest_over_mean;    // messages of the slowest client over the mean; 0 with one client
} hft_bench_server_result;

// Times the same steps on the server, the echo and the pool alternately, in rounds; ratio and share
// are the medians over rounds, so that other load on the machine affects all three alike. Then
// `clients` clients step concurrently. `watch` may be null. Errors: EDATA if the server's results
// differ from the pool's in any bit; EIO if the server refuses or does not answer; EINTR if `watch`
// stopped the run; ENOMEM, EFULL.
hft_status hft_bench_server(const hft_bench_server_setup *setup, const hft_progress *progress,
                            hft_bench_server_result *out, hft_error *error);

#endif
