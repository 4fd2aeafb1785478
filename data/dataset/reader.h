// Reads the datasets that data/dataset/recorder.h writes, strictly: a file that is cut off,
// damaged or of another maker is an error that names it, and never more than what was asked for is
// read.
#ifndef HFTSIM_DATA_DATASET_READER_H
#define HFTSIM_DATA_DATASET_READER_H

#include <stddef.h>
#include <stdint.h>

#include "data/dataset/schema.h"
#include "sim/base/status.h"
#include "sim/base/units.h"

#define HFT_READER_NAME_MAX 64

typedef struct hft_reader_info {
  char symbol[HFT_READER_NAME_MAX];
  char day[HFT_READER_NAME_MAX];
  double tick_size;      // currency per tick
  hft_time duration;     // of the recorded session, ns
  hft_time snapshot_ns;  // between snapshots
  int levels;            // of a snapshot
  uint64_t seed;
} hft_reader_info;

typedef enum hft_reader_table {
  HFT_READER_EVENTS,     // rows: hft_event_row
  HFT_READER_TRADES,     // hft_trade_row
  HFT_READER_SNAPSHOTS,  // hft_snapshot_row
  HFT_READER_TABLES
} hft_reader_table;

typedef struct hft_reader hft_reader;

// Opens a session of a file and checks the columns of all its tables. `session` is
// "SYMA/2026-01-02", or null where the file has but one. EIO: no such file, or the disk fails;
// EDATA: not a whole dataset of this schema, no such session, or several and `session` is null;
// ENOMEM.
hft_status hft_reader_open(const char *path, const char *session, hft_reader **out,
                           hft_error *error);
void hft_reader_close(hft_reader *reader);

const hft_reader_info *hft_reader_info_of(const hft_reader *reader);
int64_t hft_reader_rows(const hft_reader *reader, hft_reader_table table);

// Reads the rows first .. first + count - 1 of a table into an array of its structs; they must be
// there. Levels beyond the file's are 0. EDATA where the file is damaged.
hft_status hft_reader_read(hft_reader *reader, hft_reader_table table, int64_t first, size_t count,
                           void *rows, hft_error *error);

#endif
