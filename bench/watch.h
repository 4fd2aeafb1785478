// Somebody who looks on while a benchmark runs, between its timed parts.
#ifndef HFTSIM_BENCH_WATCH_H
#define HFTSIM_BENCH_WATCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct hft_bench_progress {
  // Gets how much is done, from 0 to 1. False ends the benchmark with HFT_EINTR.
  bool (*on_progress)(void *context, double done);
  void *context;
} hft_bench_progress;

// A null watch never ends anything.
static inline bool hft_bench_goes_on(const hft_bench_progress *progress, double done) {
  return progress == NULL || progress->on_progress(progress->context, done);
}

// For threads of a benchmark's own: a Ctrl-C is for the one that looks on.
static inline void hft_bench_block_signals(void) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
}

#endif
