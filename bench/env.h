// The environment: how many steps a second, and where the time goes.
#ifndef HFTSIM_BENCH_ENV_H
#define HFTSIM_BENCH_ENV_H

#include <stdint.h>

#include "bench/watch.h"
#include "sim/base/status.h"
#include "sim/pool/pool.h"

#define HFT_BENCH_ENV_SLICES 8

// Nanoseconds of one thread in one step of one env.
typedef struct hft_bench_env_parts {
  double flow;     // the background: clocks, draws, exchange; the market run alone, less `match`
  double match;    // its messages in the book alone
  double act;      // the seats' actions and what these change: what the other parts leave
  double observe;  // observations, masks, state
  double reward;   // valuing accounts, rewards
} hft_bench_env_parts;

typedef struct hft_bench_env_result {
  uint64_t steps;  // of single envs
  double wall_s;
  double ns_per_step, ns_per_step_median;  // of the best slice and the middle one, of wall time
  double messages_per_step;                // that a market handles, of background and seats
  double background_per_step;              // of those the background's, where seats do nothing
  hft_bench_env_parts parts;
} hft_bench_env_result;

// Steps a pool with actions drawn beforehand until that much of wall-clock time (ns, above 0) is
// over, in slices; then the parts are measured, each in a loop of its own on one thread. EINTR: the
// watch (may be null) had enough. ENOMEM, EINVAL as hft_pool_create.
hft_status hft_bench_env(const hft_env_model *model, const hft_pool_config *config, int64_t wall_ns,
                         const hft_bench_progress *progress, hft_bench_env_result *out,
                         hft_error *error);

// Messages a second of market time, over so much of it, of a config's market without agents that
// act.
hft_status hft_bench_message_rate(const hft_model *model, uint64_t seed, hft_time time,
                                  double *rate, hft_error *error);

#endif
