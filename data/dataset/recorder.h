// Records a market into an HDF5 dataset: /<symbol>/<day>/{events, trades, snapshots, participants},
// as documented in docs/dataset.md. The file receives its name only when it is complete (see
// data/dataset/part.h). Equal config, seed and build give an equal file, byte for byte.
#ifndef HFTSIM_DATA_DATASET_RECORDER_H
#define HFTSIM_DATA_DATASET_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "sim/base/units.h"
#include "sim/market/event.h"
#include "sim/market/market.h"
#include "sim/market/model.h"

// Parameters of a recording. The texts must outlive the recorder.
typedef struct hft_recording {
  const char *path;    // of the file
  bool force;          // replace an existing file
  const char *day;     // label of the session, YYYY-MM-DD
  const char *config;  // the effective config, YAML
  uint64_t seed;
  int levels;            // levels per snapshot, 1 .. HFT_SNAPSHOT_LEVELS_MAX
  hft_time snapshot_ns;  // interval of snapshots
  hft_time duration_ns;  // of the recorded session
} hft_recording;

// Numbers of rows and of special cases.
typedef struct hft_recorder_counts {
  int64_t events, trades, snapshots;  // rows
  int64_t window_refusals;            // REJECT events with reason PRICE_WINDOW
  int64_t one_sided;                  // snapshots in continuous trading with an empty side
} hft_recorder_counts;

// Opaque handle: a recording in progress. Not for concurrent use.
typedef struct hft_recorder hft_recorder;

// Is the text a valid calendar date of the form YYYY-MM-DD?
bool hft_is_day(const char *text);

// Creates the file and its tables; free *out with hft_recorder_free. The model must outlive the
// recorder. Errors: EIO if the file exists or cannot be created; ECONFIG if the symbol cannot name
// a group; EINVAL for an invalid day, levels or times; ENOMEM.
hft_status hft_recorder_create(const hft_recording *recording, const hft_model *model,
                               hft_recorder **out, hft_error *error);

// The event sink to run the market with. It never fails: after a failed write nothing more is
// recorded, and the next hft_recorder_snapshot or hft_recorder_commit returns the error.
hft_sink hft_recorder_sink(hft_recorder *recorder);

// Appends a snapshot of the market's current state. EIO, also for an earlier failed write.
hft_status hft_recorder_snapshot(hft_recorder *recorder, hft_market *market, hft_error *error);

// The rows recorded so far.
hft_recorder_counts hft_recorder_counts_of(const hft_recorder *recorder);

// Writes the remaining rows, closes the file and gives it its final name; *bytes (may be null)
// receives its size. EIO. Afterwards only hft_recorder_free may be called.
hft_status hft_recorder_commit(hft_recorder *recorder, int64_t *bytes, hft_error *error);

// Frees the recorder and removes a file that was not committed; null is ignored.
void hft_recorder_free(hft_recorder *recorder);

#endif
