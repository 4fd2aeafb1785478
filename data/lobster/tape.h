// A recorded tape: a file of messages, what is known of the book when it begins, and, where there
// is a row for each message, the book after each; read message by message into a reconstruction.
#ifndef HFTSIM_DATA_LOBSTER_TAPE_H
#define HFTSIM_DATA_LOBSTER_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/lobster/lobster.h"
#include "data/lobster/reconstruct.h"

typedef struct hft_tape_files {
  const char *messages;
  const char *book0;  // an orderbook file: its first row is the book after the first message; null:
                      // that book is not known, and there are no rows
  const char *rows;   // an orderbook file with a row for each message; null: the one of book0
  bool rows_needed;   // it is an error where it has not exactly a row for each
} hft_tape_files;

typedef struct hft_tape_reader {
  hft_tape_files files;
  hft_lobster_messages messages;
  hft_reconstruct *book;
  bool has_rows;        // there is a row for each message
  bool deep;            // the messages tell of more levels than the rows
  hft_row_check check;  // of the last row
  int64_t rows_compared, rows_equal;
  uint64_t content;  // digest of the files' bytes
  // Inside of data/lobster/tape.c:
  size_t next;  // message
  hft_lobster_reader reader;
  hft_lobster_book *row;
} hft_tape_reader;

// Opens the files, whose names must outlive the tape, and reads each once. An orderbook file with
// fewer rows than there are messages counts by its first row alone; one with more is EDATA. EIO,
// EDATA, EFULL, ENOMEM, with the file and line in the error; after a failure there is nothing to
// close.
hft_status hft_tape_open(const hft_tape_files *files, hft_tape_reader *tape, hft_error *error);
void hft_tape_close(hft_tape_reader *tape);

// Goes to the next message, whose book and changes tape->book then has; null after the last one.
// The first message is in the book from the beginning. EDATA, EIO, EFULL, ENOMEM.
hft_status hft_tape_next(hft_tape_reader *tape, const hft_lobster_message **message,
                         hft_error *error);

// EDATA where more than that share of the rows compared are not equal: the files do not belong
// together, or are damaged. Without rows, where more than that share of the messages add an order
// that would have traded with the book as known, which is how orders show that have left the view
// of a tape of few levels.
hft_status hft_tape_check(const hft_tape_reader *tape, double unmatched_max, hft_error *error);

#endif
