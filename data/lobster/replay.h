// Holds the book against reality: replays LOBSTER messages and compares the best bid and ask, price
// and size, with the recorded ones after every message. How rows correct the book meanwhile, and
// what of their differences counts, is told in data/lobster/reconstruct.h.
#ifndef HFTSIM_DATA_LOBSTER_REPLAY_H
#define HFTSIM_DATA_LOBSTER_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "data/lobster/lobster.h"
#include "data/lobster/reconstruct.h"

typedef struct hft_replay_files {
  const char *messages;  // a message file
  const char *book0;     // an orderbook file, of many levels if need be: its first row is the book
                         // after the first message
  const char *truth;     // an orderbook file with a row for each message
} hft_replay_files;

typedef struct hft_replay_difference {
  int64_t row;  // from 0
  hft_lobster_message message;
  hft_touch expected, got;
} hft_replay_difference;

typedef struct hft_replay_result {
  int64_t rows_compared;
  int64_t rows_equal;           // best prices and sizes follow from the messages and the view
  bool differs;                 // some row differs:
  hft_replay_difference first;  // the first one that does
  hft_price_window window;
  hft_reconstruct_counts counts;
} hft_replay_result;

// Replays all messages. OK whether rows differ or not. EDATA where a file is malformed, the files
// do not belong together, or the truth has more or fewer rows than there are messages; EIO, ENOMEM.
hft_status hft_replay_run(const hft_replay_files *files, hft_replay_result *result,
                          hft_error *error);

#endif
