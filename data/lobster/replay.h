// Checks the book against recorded data: replays LOBSTER messages and compares the best bid and
// ask, price and size, with the recorded ones after every message. data/lobster/reconstruct.h
// describes how rows correct the book and which differences count.
#ifndef HFTSIM_DATA_LOBSTER_REPLAY_H
#define HFTSIM_DATA_LOBSTER_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "data/lobster/lobster.h"
#include "data/lobster/reconstruct.h"

// The names of the files.
typedef struct hft_replay_files {
  const char *messages;  // a message file
  const char *book0;  // an orderbook file, possibly of many levels: its first row is the book after
                      // the first message
  const char *truth;  // an orderbook file with one row per message
} hft_replay_files;

// A row that differs from the book.
typedef struct hft_replay_difference {
  int64_t row;  // from 0
  hft_lobster_message message;
  hft_touch expected, got;
} hft_replay_difference;

// The result of a replay.
typedef struct hft_replay_result {
  int64_t rows_compared;
  int64_t rows_equal;           // the best prices and sizes follow from the messages and the view
  bool differs;                 // a row differs:
  hft_replay_difference first;  // the first such row
  hft_price_window window;
  hft_reconstruct_counts counts;
} hft_replay_result;

// Replays all messages. Returns OK whether rows differ or not. Errors: EDATA if a file is
// malformed, the files do not match or the truth has more or fewer rows than there are messages;
// EIO, EFULL, ENOMEM.
hft_status hft_replay_run(const hft_replay_files *files, hft_replay_result *result,
                          hft_error *error);

#endif
