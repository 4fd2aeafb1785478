// Runs many worlds on several threads: episodes of one plan, or whatever else a task does in a
// world. World i has the seed (seed + i, 0), so that results do not depend on the number of
// threads.
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

// Runs the episodes into results[episodes][plan->contestants][hft_episode_rows]. EINVAL: options
// out of bounds; ENOMEM; EFULL: a thread would not start; EINTR: `stopped` said so, and the results
// are not to be used.
hft_status hft_runner_run(const hft_episode_plan *plan, const hft_runner_options *options,
                          hft_episode *results, hft_error *error);

// ---- other tasks -------------------------------------------------------------------------------

// A world of a run, while a thread works on it.
typedef struct hft_runner_world {
  int index;           // 0 .. options->episodes - 1
  uint64_t seed;       // options->seed + index
  void *memory;        // of the thread: the run's bytes, aligned to HFT_CACHE_LINE
  hft_market *market;  // of the thread: as its last world left it; null in its first
  hft_episode_progress
      progress;  // for the task: on_step counts a step, goes_on asks whether to stop
} hft_runner_world;

// Works on a world. It may end early once a callback of its progress has returned false.
typedef void hft_runner_task(void *context, hft_runner_world *world);

// What a run does in each world.
typedef struct hft_runner_job {
  size_t bytes;           // of memory that each thread needs
  long long world_steps;  // calls of on_step in a whole world, for the progress
  hft_runner_task *task;
  void *context;  // of the task
} hft_runner_job;

// Runs a task in each of options->episodes worlds. Errors as those of hft_runner_run.
hft_status hft_runner_run_job(const hft_runner_job *job, const hft_runner_options *options,
                              hft_error *error);

#endif
