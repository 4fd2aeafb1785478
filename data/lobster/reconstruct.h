// Reconstructs the visible order book from LOBSTER messages, on the simulator's own book.
//
// It starts with the book after the first message. The orders of this book were placed before the
// file begins and their ids are unknown: each level is one "older" order, first in its queue, and a
// message with an id that was never added takes its size from the older order at its price. With
// `resting`, those orders whose later messages are known rest under their ids instead.
// Executions are matched as in the simulator; if the recorded order was not the first in its queue,
// the execution is counted (`out_of_turn`) and applied to it all the same.
//
// If the orderbook file has a row for each message, the rows are authoritative. Rows of N levels
// show only these: a level beyond them can change without a message, and the change shows when the
// level comes back into view. So after each message
//   - levels that come into the row's view enter the book, each as one older order;
//   - levels beyond the view leave the book (unless the messages are `deep`: they report more
//     levels than the rows show);
//   - any other difference contradicts the messages: it is counted, and the book is corrected.
#ifndef HFTSIM_DATA_LOBSTER_RECONSTRUCT_H
#define HFTSIM_DATA_LOBSTER_RECONSTRUCT_H

#include <stdbool.h>
#include <stdint.h>

#include "data/lobster/lobster.h"
#include "data/lobster/price_window.h"
#include "data/lobster/resting.h"
#include "sim/book/book.h"

// Counts of a reconstruction since its creation.
typedef struct hft_reconstruct_counts {
  int64_t messages;      // applied; includes hidden executions, crosses and halts
  int64_t executions;    // of visible orders that are in the book
  int64_t out_of_turn;   // of these, of an order not first in the queue of the best price
  int64_t older;         // cancels, deletes and executions of unknown ids, applied to older orders
  int64_t unknown;       // the same without an older order at the price: ignored
  int64_t crossing;      // new orders that would have crossed the book: ignored
  int64_t outside;       // messages about prices outside the price window: ignored
  int64_t odd;           // messages about prices that are not a multiple of its tick: ignored
  int64_t levels_in;     // levels that came into the rows' view
  int64_t levels_out;    // levels that left the rows' view
  int64_t levels_wrong;  // levels that contradicted a row and were corrected
} hft_reconstruct_counts;

// What happened to an order of the book: it came, it left in part or whole, or it traded.
typedef enum hft_change_kind {
  HFT_CHANGE_ADD,
  HFT_CHANGE_LEAVE,
  HFT_CHANGE_EXECUTE
} hft_change_kind;

// A change of one order, by a message or by the row after it. Prices are in ticks of the window.
typedef struct hft_book_change {
  uint32_t slot;    // of the order, in hft_reconstruct_book
  hft_price price;  // of the order
  hft_price best;   // best price of its side after the change; 0: none
  hft_qty qty;      // shares added, removed or traded
  hft_qty left;     // shares of the order after the change
  uint8_t side;     // hft_side of the order
  uint8_t kind;     // hft_change_kind
  bool in_turn;     // an execution of the first order in the queue of the best price
  bool named;       // the message names an order that the files added; false: an older order
  bool by_row;      // made by a row, not by a message
} hft_book_change;

// The best level of each side (USD x 10,000; price 0: none).
typedef struct hft_touch {
  hft_lobster_level best[2];  // [hft_side]
} hft_touch;
// The comparison of the book with a row.
typedef struct hft_row_check {
  bool equal;  // apart from differences that the rows' view explains
  hft_touch expected, got;
} hft_row_check;

// The input of a reconstruction.
typedef struct hft_reconstruct_source {
  const hft_lobster_messages *messages;  // at least one
  const hft_lobster_book *first;  // the book after the first message; null: unknown, starts empty
  const hft_lobster_resting
      *resting;  // named orders of the book before the first message, which
                 // hft_lobster_resting_fit has compared with `first`; null: none
  hft_price_window window;
  bool rows;  // rows will be given to hft_reconstruct_correct
  bool deep;  // the messages report more levels than the rows
} hft_reconstruct_source;

// Opaque handle: a book under reconstruction. Not for concurrent use.
typedef struct hft_reconstruct hft_reconstruct;

// Makes a book with room for all orders of the messages; the first message counts as applied. The
// source must outlive it. Errors: EDATA, with `where` empty, if the first book is crossed or lacks
// the order of the first message; EFULL for too many orders; ENOMEM.
hft_status hft_reconstruct_create(const hft_reconstruct_source *source, hft_reconstruct **out,
                                  hft_error *error);
// Frees the reconstruction; null is ignored.
void hft_reconstruct_free(hft_reconstruct *reconstruct);

// Applies the next message. Errors: EDATA, with `where` empty, if it contradicts earlier ones (an
// id added twice, or named with another price or side); ENOMEM.
hft_status hft_reconstruct_apply(hft_reconstruct *reconstruct, const hft_lobster_message *message,
                                 hft_error *error);
// Compares the book with the row after the last message (*check) and corrects it. Errors: EFULL,
// ENOMEM.
hft_status hft_reconstruct_correct(hft_reconstruct *reconstruct, const hft_lobster_book *row,
                                   hft_row_check *check, hft_error *error);

// The changes made by the last message, then those made by its row; none for the first message.
// Valid until the next call.
const hft_book_change *hft_reconstruct_changes(const hft_reconstruct *reconstruct, size_t *count);

// The best price (USD x 10,000) and size of a side; price 0 if it is empty.
hft_lobster_level hft_reconstruct_best(const hft_reconstruct *reconstruct, hft_side side);

// The counts so far; valid as long as the reconstruction.
const hft_reconstruct_counts *hft_reconstruct_counts_of(const hft_reconstruct *reconstruct);
// The book, in ticks of the window; valid as long as the reconstruction.
const hft_book *hft_reconstruct_book(const hft_reconstruct *reconstruct);
// The price window; valid as long as the reconstruction.
const hft_price_window *hft_reconstruct_window(const hft_reconstruct *reconstruct);

#endif
