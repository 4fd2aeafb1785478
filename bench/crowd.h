// Concurrent clients of a server, one thread, one session and one request at a time each: measures
// how evenly they are served.
#ifndef HFTSIM_BENCH_CROWD_H
#define HFTSIM_BENCH_CROWD_H

#include <stdint.h>

#include "sim/base/progress.h"
#include "sim/base/status.h"
#include "sim/pool/pool.h"

// The parameters of a run.
typedef struct hft_bench_crowd_setup {
  const char *endpoint;
  int clients, env_count;  // environments per client
  uint64_t seed;           // of the environments of each client
  const hft_pool *pool;    // a pool of env_count environments: the layout of the actions
  const char *slabs;       // actions (bench/actions.h)
  int64_t wall_ns;         // measured time, > 0
} hft_bench_crowd_setup;

// The result of a run.
typedef struct hft_bench_crowd_result {
  double messages_per_s;     // of all clients together
  double slowest_over_mean;  // messages of the slowest client over the mean
} hft_bench_crowd_result;

// Runs the clients. `watch` may be null; it is told the second half of the progress. Errors: EIO if
// the server refuses a client or does not answer; EINTR if `watch` stopped the run; EFULL if a
// thread could not be started; ENOMEM.
hft_status hft_bench_crowd(const hft_bench_crowd_setup *setup, const hft_progress *progress,
                           hft_bench_crowd_result *out, hft_error *error);

#endif
