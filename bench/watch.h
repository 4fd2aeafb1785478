// Progress callbacks of a running benchmark, called between its timed parts.
#ifndef HFTSIM_BENCH_WATCH_H
#define HFTSIM_BENCH_WATCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

// A progress callback with its context.
typedef struct hft_bench_progress {
  // Receives the completed share, 0 to 1. Returning false stops the benchmark with HFT_EINTR.
  bool (*on_progress)(void *context, double done);
  void *context;
} hft_bench_progress;

// Reports progress; false if the benchmark should stop. A null watch never stops it.
static inline bool hft_bench_goes_on(const hft_bench_progress *progress, double done) {
  return progress == NULL || progress->on_progress(progress->context, done);
}

// Blocks all signals in a thread of a benchmark, so that Ctrl-C reaches the main thread.
static inline void hft_bench_block_signals(void) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
}

#endif
