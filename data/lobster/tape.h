// A recorded tape, read message by message into a reconstruction: a message file, the book at its
// beginning if known, and the book after each message if the orderbook file has a row for each.
#ifndef HFTSIM_DATA_LOBSTER_TAPE_H
#define HFTSIM_DATA_LOBSTER_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/lobster/lobster.h"
#include "data/lobster/reconstruct.h"

// The names of the files.
typedef struct hft_tape_files {
  const char *messages;
  const char *book0;  // an orderbook file: its first row is the book after the first message; null:
                      // that book is unknown and there are no rows
  const char *rows;   // an orderbook file with one row per message; null: book0
  bool rows_needed;   // fail unless there is exactly one row per message
  bool resting;       // orders that messages name and none adds rest at the beginning under their
                      // ids (data/lobster/resting.h)
} hft_tape_files;

// An open tape. Not for concurrent use.
typedef struct hft_tape_reader {
  hft_tape_files files;
  hft_lobster_messages messages;
  hft_reconstruct *book;
  bool has_rows;        // there is a row for each message
  bool deep;            // the messages report more levels than the rows
  hft_row_check check;  // of the last row
  int64_t rows_compared, rows_equal;
  uint64_t content;  // digest of the files' bytes
  // Private to data/lobster/tape.c:
  size_t next;  // index of the next message
  hft_lobster_reader reader;
  hft_lobster_book *row;
  hft_lobster_resting resting;
} hft_tape_reader;

// Opens the files, whose names must outlive the tape, and reads each once. An orderbook file with
// fewer rows than messages is used for its first row only; one with more is EDATA. Errors: EIO,
// EDATA, EFULL, ENOMEM, with file and line. After a failure there is nothing to close.
hft_status hft_tape_open(const hft_tape_files *files, hft_tape_reader *tape, hft_error *error);
// Closes the files and frees the reconstruction.
void hft_tape_close(hft_tape_reader *tape);

// Moves to the next message and updates tape->book; *message is null after the last. The first
// message is in the book from the start. Errors: EDATA, EIO, EFULL, ENOMEM.
hft_status hft_tape_next(hft_tape_reader *tape, const hft_lobster_message **message,
                         hft_error *error);

// EDATA if more than the share `unmatched_max` of the compared rows differ: the files do not match
// or are damaged. Without rows, EDATA if more than that share of the messages add orders that would
// have traded with the book, which happens when orders have left the view of a tape of few levels.
hft_status hft_tape_check(const hft_tape_reader *tape, double unmatched_max, hft_error *error);

#endif
