// Runs many episodes of one plan on several threads. Episode i is the world (seed + i, 0), so that
// results do not depend on the number of threads.
#ifndef HFTSIM_EVAL_RUNNER_H
#define HFTSIM_EVAL_RUNNER_H

#include "eval/episode.h"

#define HFT_EPISODES_MAX 100000
#define HFT_RUNNER_THREADS_MAX 256

typedef struct hft_runner_options {
  int episodes;   // 1 .. HFT_EPISODES_MAX
  int threads;    // 1 .. HFT_RUNNER_THREADS_MAX, the caller's included; at most one an episode is
                  // used
  uint64_t seed;  // of episode 0
  // Either may be null. `stopped` is asked by every thread after every step and within long ones;
  // true ends the run. `progress` is told the share of the steps that are done, rising to 1, on the
  // caller's thread.
  bool (*stopped)(void *context);
  void (*progress)(void *context, double done);
  void *context;
} hft_runner_options;

// Runs the episodes into results[episodes][hft_episode_rows]. EINVAL: options out of bounds;
// ENOMEM; EFULL: a thread would not start; EINTR: `stopped` said so, and the results are not to be
// used.
hft_status hft_runner_run(const hft_episode_plan *plan, const hft_runner_options *options,
                          hft_episode *results, hft_error *error);

#endif
