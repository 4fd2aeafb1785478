// Many clients of a server at once, each on a thread of its own, each with a session and one
// request at a time: how evenly they are served.
#ifndef HFTSIM_BENCH_CROWD_H
#define HFTSIM_BENCH_CROWD_H

#include <stdint.h>

#include "bench/watch.h"
#include "sim/base/status.h"
#include "sim/pool/pool.h"

typedef struct hft_bench_crowd_setup {
  const char *endpoint;
  int clients, env_count;  // envs of each
  uint64_t seed;           // of each client's envs
  const hft_pool *pool;    // of as many envs: its layout is that of the actions
  const char *slabs;       // of actions (bench/actions.h)
  int64_t wall_ns;         // above 0
} hft_bench_crowd_setup;

typedef struct hft_bench_crowd_result {
  double messages_per_s;     // of all clients
  double slowest_over_mean;  // by their messages
} hft_bench_crowd_result;

// EIO: the server refuses one of them, or does not answer. EINTR: the watch (may be null), which is
// told of the second half of the progress, had enough. ENOMEM; EFULL: a thread would not start.
hft_status hft_bench_crowd(const hft_bench_crowd_setup *setup, const hft_bench_progress *progress,
                           hft_bench_crowd_result *out, hft_error *error);

#endif
