// LOBSTER's CSV files (lobsterdata.com): NASDAQ's messages of one stock and day, and the book after
// each message. Prices are in USD x 10,000, times in seconds after midnight. Reading is strict:
// every error is EDATA or EIO and names file, line and fault. Lines end in LF or CR LF.
#ifndef HFTSIM_DATA_LOBSTER_LOBSTER_H
#define HFTSIM_DATA_LOBSTER_LOBSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/lobster/csv.h"
#include "sim/base/status.h"
#include "sim/base/units.h"

#define HFT_LOBSTER_LEVELS_MAX 200
#define HFT_LOBSTER_PRICE_MAX ((int64_t)UINT32_MAX)  // $429,496.7295, NASDAQ's highest
#define HFT_LOBSTER_MESSAGES_MAX ((size_t)1 << 26)   // per file; all are in memory

// The types of messages, with LOBSTER's numbers.
typedef enum hft_lobster_kind {
  HFT_LOBSTER_ADD = 1,      // a new limit order
  HFT_LOBSTER_REDUCE = 2,   // part of an order is cancelled
  HFT_LOBSTER_DELETE = 3,   // an order is cancelled
  HFT_LOBSTER_EXECUTE = 4,  // a visible order trades
  HFT_LOBSTER_HIDDEN = 5,   // a hidden order trades; the visible book does not change
  HFT_LOBSTER_CROSS = 6,    // an auction trades; the visible book does not change
  HFT_LOBSTER_HALT = 7      // trading halts (price -1) or resumes (0: quotes, 1: trading)
} hft_lobster_kind;

// One row of a message file.
typedef struct hft_lobster_message {
  hft_time time;  // ns after midnight; never decreases
  int64_t id;     // of the order; 0 or -1 for kinds without one
  int64_t price;  // USD x 10,000, 1 .. HFT_LOBSTER_PRICE_MAX; HALT: -1, 0 or 1
  hft_qty size;   // shares, >= 1; CROSS and HALT: >= 0
  hft_side side;  // of the resting order: direction 1 is a bid, -1 an ask
  uint8_t kind;   // hft_lobster_kind
} hft_lobster_message;

// All messages of a file, in file order; free them with hft_lobster_messages_free.
typedef struct hft_lobster_messages {
  size_t count;
  hft_lobster_message *message;
  uint64_t content;  // digest of the file's bytes
} hft_lobster_messages;

// A level of a recorded book.
typedef struct hft_lobster_level {
  int64_t price;  // USD x 10,000; 0: empty level
  hft_qty size;   // shares
} hft_lobster_level;

// A row of an orderbook file. Prices of a side get worse from level to level; empty levels are
// last.
typedef struct hft_lobster_book {
  int levels;
  hft_lobster_level side[2][HFT_LOBSTER_LEVELS_MAX];  // [hft_side][level]
} hft_lobster_book;

// An open file, read row by row. `last` and `levels` are used to check the next row.
typedef struct hft_lobster_reader {
  hft_csv csv;
  hft_time last;
  int levels;  // 0 before the first row
} hft_lobster_reader;

// Opens a message file or an orderbook file; close it with hft_lobster_close. `path` must outlive
// the reader. Errors: EIO, ENOMEM.
hft_status hft_lobster_open(hft_lobster_reader *reader, const char *path, hft_error *error);
// As hft_lobster_open, from a stream. The reader owns the stream, also on failure.
hft_status hft_lobster_attach(hft_lobster_reader *reader, FILE *file, const char *name,
                              hft_error *error);
// Closes the file and frees the buffers.
void hft_lobster_close(hft_lobster_reader *reader);

// Reads the next row of a message file; *more is false after the last. Errors: EDATA, also for a
// file without rows; EIO.
hft_status hft_lobster_next_message(hft_lobster_reader *reader, hft_lobster_message *message,
                                    bool *more, hft_error *error);
// Reads the next row of an orderbook file, as hft_lobster_next_message.
hft_status hft_lobster_next_book(hft_lobster_reader *reader, hft_lobster_book *book, bool *more,
                                 hft_error *error);

// Reads a whole message file. Errors: EIO, EDATA, ENOMEM; EFULL for more than
// HFT_LOBSTER_MESSAGES_MAX messages.
hft_status hft_lobster_read_messages(const char *path, hft_lobster_messages *messages,
                                     hft_error *error);
// Frees the messages.
void hft_lobster_messages_free(hft_lobster_messages *messages);

// Sets `where` of an error without a place to row `row` (from 0) of a file. Returns `status`.
hft_status hft_lobster_at_row(const char *path, size_t row, hft_status status, hft_error *error);

// Reads the first row of an orderbook file. Errors: EIO, EDATA, ENOMEM.
hft_status hft_lobster_read_first_book(const char *path, hft_lobster_book *book, hft_error *error);

#endif
