// A running server, held against what its answers are made of: ZeroMQ alone, and the same envs in
// this process.
#ifndef HFTSIM_BENCH_SERVER_H
#define HFTSIM_BENCH_SERVER_H

#include <stdint.h>

#include "bench/watch.h"
#include "sim/base/status.h"
#include "sim/pool/pool.h"

#define HFT_BENCH_CLIENTS_MAX 256

typedef struct hft_bench_server_setup {
  const char *endpoint;        // of the server
  const char *echo_endpoint;   // that the echo binds, over the same transport
  const hft_env_model *model;  // of the server's own config
  hft_pool_config pool;        // as the server makes it for a session
  int clients;                 // at once, each with as many envs; 1: that part is left out
  int64_t wall_ns;             // of each part, above 0
} hft_bench_server_setup;

// Times of one message, of all messages of a kind: the middle one, and that which 1 in 100 exceeds.
typedef struct hft_bench_times {
  double median_ns, p99_ns;
} hft_bench_times;

typedef struct hft_bench_server_result {
  size_t request_bytes, reply_bytes;  // frames of a step in which no episode ends
  uint64_t messages;                  // that were timed
  hft_bench_times round_trip;         // a step of all envs on the server, as the client sees it
  hft_bench_times echo;               // as many bytes both ways, answered by ZeroMQ alone
  hft_bench_times step;               // the same step in this process
  double ratio;                       // round trip / (echo + step), of medians
  double steps_per_s;                 // of single envs, on the server
  double pool_steps_per_s;            // in this process
  double share;                       // of the pool's rate that the server reaches
  double clients_steps_per_s;         // of all clients together; 0 for one client
  double slowest_over_mean;           // messages of the slowest client over their mean; 0 for one
} hft_bench_server_result;

// Asks the server, the echo and the pool for the same steps in turn, in rounds; ratio and share are
// the medians of the rounds' own, so that what else the machine does meets all alike. Then so many
// clients step at the same time. EDATA: the server's results are not the pool's, bit for bit. EIO:
// the server refuses or does not answer. EINTR: the watch (may be null) had enough. ENOMEM, EFULL.
hft_status hft_bench_server(const hft_bench_server_setup *setup, const hft_bench_progress *progress,
                            hft_bench_server_result *out, hft_error *error);

#endif
