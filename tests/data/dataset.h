// A dataset read back whole, with the HDF5 library alone.
#ifndef HFTSIM_TESTS_DATA_DATASET_H
#define HFTSIM_TESTS_DATA_DATASET_H

#include <hdf5.h>
#include <stddef.h>

#include "data/dataset/schema.h"

typedef struct dataset_rows {
  hid_t file;
  size_t event_count, trade_count, snapshot_count;
  int levels;
  hft_event_row *events;
  hft_trade_row *trades;
  hft_snapshot_row *snapshots;
} dataset_rows;

// Reads /TEST/2026-01-02 of a file; fails the test if anything is wrong with it.
dataset_rows dataset_open(const char *path);
void dataset_close(dataset_rows *rows);

// A text attribute, on the heap.
char *attribute_text(hid_t object, const char *name);
int64_t attribute_int(hid_t object, const char *name);

#endif
