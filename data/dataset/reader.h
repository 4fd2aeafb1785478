// Strict reader of the datasets that data/dataset/recorder.h writes: a truncated, damaged or
// foreign file is an error that names it, and no more than the requested rows are read.
#ifndef HFTSIM_DATA_DATASET_READER_H
#define HFTSIM_DATA_DATASET_READER_H

#include <stddef.h>
#include <stdint.h>

#include "data/dataset/schema.h"
#include "sim/base/status.h"
#include "sim/base/units.h"

#define HFT_READER_NAME_MAX 64

// Attributes of an opened session.
typedef struct hft_reader_info {
  char symbol[HFT_READER_NAME_MAX];
  char day[HFT_READER_NAME_MAX];
  double tick_size;      // currency per tick
  hft_time duration;     // of the recorded session, ns
  hft_time snapshot_ns;  // interval of snapshots, ns
  int levels;            // levels per snapshot
  uint64_t seed;
} hft_reader_info;

typedef enum hft_reader_table {
  HFT_READER_EVENTS,     // rows: hft_event_row
  HFT_READER_TRADES,     // hft_trade_row
  HFT_READER_SNAPSHOTS,  // hft_snapshot_row
  HFT_READER_TABLES
} hft_reader_table;

// Opaque handle: an opened session. Not for concurrent use.
typedef struct hft_reader hft_reader;

// Opens a session of a file and checks the columns of all its tables. `session` is
// "SYMA/2026-01-02", or null if the file has only one. Errors: EIO if the file does not exist or
// cannot be read; EDATA if it is not a complete dataset of this schema, has no such session, or has
// several and `session` is null; ENOMEM.
hft_status hft_reader_open(const char *path, const char *session, hft_reader **out,
                           hft_error *error);
// Closes the file and frees the reader; null is ignored.
void hft_reader_close(hft_reader *reader);

// The attributes of the session; valid until the reader is closed.
const hft_reader_info *hft_reader_info_of(const hft_reader *reader);
// The number of rows of a table.
int64_t hft_reader_rows(const hft_reader *reader, hft_reader_table table);

// Reads the rows first .. first + count - 1 of a table, which must exist, into an array of its
// structs. Levels that the file does not have are 0. Errors: EDATA if the file is damaged; ENOMEM.
hft_status hft_reader_read(hft_reader *reader, hft_reader_table table, int64_t first, size_t count,
                           void *rows, hft_error *error);

#endif
