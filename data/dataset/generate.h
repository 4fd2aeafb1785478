// Runs a market from its open and records it.
#ifndef HFTSIM_DATA_DATASET_GENERATE_H
#define HFTSIM_DATA_DATASET_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "data/dataset/recorder.h"
#include "sim/base/progress.h"

// The result of a run.
typedef struct hft_generate_summary {
  hft_recorder_counts rows;
  uint64_t messages;  // messages that the market handled
  int64_t bytes;      // size of the file
} hft_generate_summary;

// Reports to `progress` (may be null) between slices of a run:
// hft_generate_goes_on is the callback of an hft_interrupt whose context is an
// hft_generate_interrupt.
typedef struct hft_generate_interrupt {
  const hft_progress *progress;
  double done;
} hft_generate_interrupt;
// Reports `done` of an hft_generate_interrupt. Returns false if the run should stop.
bool hft_generate_goes_on(void *context);

// Runs the world (seed, 0) of the model for the recording's duration and records it, with snapshots
// at time 0 and every snapshot_ns. `progress` may be null; it is called about once a second of
// market time and every few milliseconds of work. On failure, or when stopped, no file is left.
// Errors: EINTR; as hft_model_check_window, hft_recorder_create and hft_recorder_commit.
hft_status hft_generate(const hft_recording *recording, const hft_model *model,
                        const hft_progress *progress, hft_generate_summary *summary,
                        hft_error *error);

#endif
