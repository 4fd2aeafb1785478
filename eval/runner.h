// Many episodes of one plan, spread over threads. Episode i is the world (seed + i, 0), whatever
// the number of threads: results do not depend on it.
#ifndef HFTSIM_EVAL_RUNNER_H
#define HFTSIM_EVAL_RUNNER_H

#include "eval/episode.h"

#define HFT_EPISODES_MAX 100000
#define HFT_RUNNER_THREADS_MAX 256

typedef struct hft_runner_options {
  int episodes;   // 1 .. HFT_EPISODES_MAX
  int threads;    // 1 .. HFT_RUNNER_THREADS_MAX, the caller's among them; more than episodes idle
  uint64_t seed;  // of episode 0
  bool (*stopped)(void *context);  // asked by every thread after every step; may be null
  void (*progress)(void *context, double done);  // told 0 to 1 by the caller's thread; may be null
  void *context;
} hft_runner_options;

// Runs the episodes into results[0 .. episodes - 1]. EINVAL: options out of bounds; ENOMEM; EFULL:
// a thread would not start; EINTR: `stopped` said so, and the results are not to be used.
hft_status hft_runner_run(const hft_episode_plan *plan, const hft_runner_options *options,
                          hft_episode *results, hft_error *error);

#endif
