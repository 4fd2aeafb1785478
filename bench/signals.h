// Signals and the threads of a benchmark.
#ifndef HFTSIM_BENCH_SIGNALS_H
#define HFTSIM_BENCH_SIGNALS_H

#include <signal.h>

// Blocks all signals in a thread of a benchmark, so that Ctrl-C reaches the main thread.
static inline void hft_bench_block_signals(void) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
}

#endif
