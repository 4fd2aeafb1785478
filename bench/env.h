// Benchmark of the environment: steps per second, and the time of each part of a step.
#ifndef HFTSIM_BENCH_ENV_H
#define HFTSIM_BENCH_ENV_H

#include <stdint.h>

#include "sim/base/progress.h"
#include "sim/base/status.h"
#include "sim/pool/pool.h"

#define HFT_BENCH_ENV_SLICES 8

// Nanoseconds of one thread per step of one environment.
typedef struct hft_bench_env_parts {
  double flow;     // background flow: clocks, draws, exchange; the market alone minus `match`
  double match;    // the book alone, for the market's messages
  double act;      // the seats' actions and their consequences: the rest of a step
  double observe;  // observations, masks, state
  double reward;   // valuation of accounts, rewards
} hft_bench_env_parts;

// The result of a benchmark of environments.
typedef struct hft_bench_env_result {
  uint64_t steps;  // of single environments
  double wall_s;
  double ns_per_step, ns_per_step_median;  // of the best and the median slice, wall-clock time
  double messages_per_step;    // messages that a market handles, from background and seats
  double background_per_step;  // of the background alone, with seats that do nothing
  hft_bench_env_parts parts;
} hft_bench_env_result;

// Steps a pool, with actions drawn in advance, for `wall_ns` (> 0) of wall-clock time, in slices;
// then measures each part in its own loop on one thread. `watch` may be null. Errors: EINTR if
// `watch` stopped the run; ENOMEM and EINVAL as hft_pool_create.
hft_status hft_bench_env(const hft_env_model *model, const hft_pool_config *config, int64_t wall_ns,
                         const hft_progress *progress, hft_bench_env_result *out, hft_error *error);

// Measures the messages per second of market time, over `time` of it, in a market whose agents do
// not act. ENOMEM.
hft_status hft_bench_message_rate(const hft_model *model, uint64_t seed, hft_time time,
                                  double *rate, hft_error *error);

#endif
