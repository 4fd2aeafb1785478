// A callback that long runs report their progress to, and by which they are stopped.
#ifndef HFTSIM_SIM_BASE_PROGRESS_H
#define HFTSIM_SIM_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct hft_progress {
  // Receives the completed share, 0 to 1, on the running thread. Returning false stops the run,
  // which then fails with HFT_EINTR.
  bool (*on_progress)(void *context, double done);
  void *context;
} hft_progress;

// Reports progress; false if the run should stop. A null progress never stops it.
static inline bool hft_progress_report(const hft_progress *progress, double done) {
  return progress == NULL || progress->on_progress(progress->context, done);
}

#endif
