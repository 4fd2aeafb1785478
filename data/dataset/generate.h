// Runs a market from its open and records it.
#ifndef HFTSIM_DATA_DATASET_GENERATE_H
#define HFTSIM_DATA_DATASET_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "data/dataset/recorder.h"

// The result of a run.
typedef struct hft_generate_summary {
  hft_recorder_counts rows;
  uint64_t messages;  // messages that the market handled
  int64_t bytes;      // size of the file
} hft_generate_summary;

// Progress callback, called on the running thread about once a second of market time and every few
// milliseconds of work. `done` is the completed share, 0 to 1. Returning false stops the run with
// EINTR.
typedef struct hft_generate_progress {
  bool (*on_progress)(void *context, double done);
  void *context;
} hft_generate_progress;

// Calls the progress callback of `watch` (may be null) between slices of a run:
// hft_generate_goes_on is the callback of an hft_interrupt whose context is an
// hft_generate_interrupt.
typedef struct hft_generate_interrupt {
  const hft_generate_progress *progress;
  double done;
} hft_generate_interrupt;
// Reports `done` of an hft_generate_interrupt. Returns false if the run should stop.
bool hft_generate_goes_on(void *look);

// Runs the world (seed, 0) of the model for the recording's duration and records it, with snapshots
// at time 0 and every snapshot_ns. `watch` may be null. On failure, or when stopped, no file is
// left. Errors: EINTR; as hft_model_check_window, hft_recorder_create and hft_recorder_commit.
hft_status hft_generate(const hft_recording *recording, const hft_model *model,
                        const hft_generate_progress *progress, hft_generate_summary *summary,
                        hft_error *error);

#endif
