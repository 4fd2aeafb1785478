// Records a market into an HDF5 dataset: /<symbol>/<day>/{events, trades, snapshots, participants},
// as docs/dataset.md tells. The file has its name only once it is whole (see data/dataset/part.h),
// and is the same byte for byte for the same config, seed and build.
#ifndef HFTSIM_DATA_DATASET_RECORDER_H
#define HFTSIM_DATA_DATASET_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "sim/base/units.h"
#include "sim/market/event.h"
#include "sim/market/market.h"
#include "sim/market/model.h"

// What a dataset is and says of itself. The texts must live as long as the recorder.
typedef struct hft_recording {
  const char *path;    // of the file
  bool force;          // an existing file is replaced
  const char *day;     // label of the session, YYYY-MM-DD
  const char *config;  // the effective config, YAML
  uint64_t seed;
  int levels;            // of a snapshot, 1 .. HFT_SNAPSHOT_LEVELS_MAX
  hft_time snapshot_ns;  // between snapshots
  hft_time duration_ns;  // of the recorded session
} hft_recording;

typedef struct hft_recorder_counts {
  int64_t events, trades, snapshots;  // rows
  int64_t window_refusals;            // REJECT events with the reason PRICE_WINDOW
  int64_t one_sided;                  // snapshots with an empty side, those of calls apart
} hft_recorder_counts;

typedef struct hft_recorder hft_recorder;

// True for a date of the calendar as YYYY-MM-DD.
bool hft_is_day(const char *text);

// Creates the file and its tables. The model must outlive the recorder. EIO: the file exists or
// cannot be created; ECONFIG: the symbol cannot name a group; EINVAL: day, levels or times; ENOMEM.
hft_status hft_recorder_create(const hft_recording *recording, const hft_model *model,
                               hft_recorder **out, hft_error *error);

// The listener to run the market with. It cannot fail: a write that does is told by the next
// hft_recorder_snapshot or hft_recorder_commit, and nothing more is recorded.
hft_sink hft_recorder_sink(hft_recorder *recorder);

// Appends a snapshot of the market as it is now. EIO.
hft_status hft_recorder_snapshot(hft_recorder *recorder, hft_market *market, hft_error *error);

hft_recorder_counts hft_recorder_counts_of(const hft_recorder *recorder);

// Writes all that is left, closes the file and gives it its name; `bytes` (may be null) gets its
// size. EIO. Only hft_recorder_free may follow.
hft_status hft_recorder_commit(hft_recorder *recorder, int64_t *bytes, hft_error *error);

// Frees the recorder; a file that was not committed is removed.
void hft_recorder_free(hft_recorder *recorder);

#endif
