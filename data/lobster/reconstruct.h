// Rebuilds a visible order book from LOBSTER messages on the simulator's own book.
//
// It starts from the book right after the first message. What rests there was placed before the
// file begins, by orders whose ids are not known: each level is one "older" order, first in its
// queue, and a message with an id that was never added takes its size from the older order at its
// price. Executions go through the same matching as the simulator's; where the order that traded in
// reality was not the first in its queue, it is counted (`out_of_turn`) and taken all the same.
//
// Where the orderbook file has a row for each message, the rows are the truth. Files of N levels
// tell of these alone: a level beyond them changes without a message, and shows in a row when it
// comes back. So after each message
//   - levels that come into the row's view enter the book, each as one older order;
//   - levels beyond the view leave it (`deep` files, whose messages tell of more levels than the
//     rows show, keep them);
//   - whatever else differs contradicts the messages: it is counted, and the book is corrected.
#ifndef HFTSIM_DATA_LOBSTER_RECONSTRUCT_H
#define HFTSIM_DATA_LOBSTER_RECONSTRUCT_H

#include <stdbool.h>
#include <stdint.h>

#include "data/lobster/lobster.h"
#include "data/lobster/price_window.h"
#include "sim/book/book.h"

typedef struct hft_reconstruct_counts {
  int64_t messages;      // applied, hidden executions, crosses and halts included
  int64_t executions;    // of visible orders that are in the book
  int64_t out_of_turn;   // of these: the order was not the first in the queue of the best price
  int64_t older;         // cancels, deletes and executions of ids not known, served by older orders
  int64_t unknown;       // the same where no older order was there: nothing changed
  int64_t crossing;      // new orders that would have crossed the book as known: left out
  int64_t outside;       // messages about prices outside of the frame's window: left out
  int64_t odd;           // messages about prices that are no multiple of its tick: left out
  int64_t levels_in;     // levels that came into the rows' view
  int64_t levels_out;    // levels that left it
  int64_t levels_wrong;  // levels that contradicted a row, and were corrected
} hft_reconstruct_counts;

typedef enum hft_change_kind {
  HFT_CHANGE_ADD,
  HFT_CHANGE_LEAVE,
  HFT_CHANGE_EXECUTE
} hft_change_kind;

// What a message, or the row after it, did to an order of the book. Prices in ticks of the frame.
typedef struct hft_book_change {
  uint32_t slot;    // of the order, in hft_reconstruct_book
  hft_price price;  // the order's
  hft_price best;   // of its side, thereafter; 0: none
  hft_qty qty;      // shares that came, left or traded
  hft_qty left;     // that the order has thereafter
  uint8_t side;     // hft_side, the order's
  uint8_t kind;     // hft_change_kind
  bool in_turn;     // of an execution: the order was the first in the queue of the best price
  bool named;       // the message names the order, which the files know; not an older one
  bool by_row;      // it was no message
} hft_book_change;

// The best levels (USD x 10,000; price 0: none) as a row shows them and as the messages made them.
typedef struct hft_touch {
  hft_lobster_level best[2];  // [hft_side]
} hft_touch;
typedef struct hft_row_check {
  bool equal;  // but for what the rows' view explains
  hft_touch expected, got;
} hft_row_check;

typedef struct hft_reconstruct_source {
  const hft_lobster_messages *messages;  // at least one
  const hft_lobster_book *first;  // the book after the first message; null: it is not known, and
                                  // the book is empty before the first message
  hft_price_window window;
  bool rows;  // there will be rows
  bool deep;  // the messages tell of more levels than the rows
} hft_reconstruct_source;

typedef struct hft_reconstruct hft_reconstruct;

// Makes a book that can take all of the messages. The first of them counts as applied. EDATA, with
// `where` empty: the first book is crossed or does not hold the order of the first message; EFULL:
// too many orders; ENOMEM.
hft_status hft_reconstruct_create(const hft_reconstruct_source *source, hft_reconstruct **out,
                                  hft_error *error);
void hft_reconstruct_free(hft_reconstruct *reconstruct);

// Applies the next of the messages. EDATA, with `where` empty, where it contradicts the ones before
// it: an id that is added twice, or named with another price or side. ENOMEM.
hft_status hft_reconstruct_apply(hft_reconstruct *reconstruct, const hft_lobster_message *message,
                                 hft_error *error);
// Then takes in the row after it. EFULL, ENOMEM.
hft_status hft_reconstruct_correct(hft_reconstruct *reconstruct, const hft_lobster_book *row,
                                   hft_row_check *check, hft_error *error);

// What the last message did, then what its row did, in this order; before the second message,
// nothing. Valid until the next call.
const hft_book_change *hft_reconstruct_changes(const hft_reconstruct *reconstruct, size_t *count);

// The best price (USD x 10,000) and size of a side; price 0: it is empty.
hft_lobster_level hft_reconstruct_best(const hft_reconstruct *reconstruct, hft_side side);

const hft_reconstruct_counts *hft_reconstruct_counts_of(const hft_reconstruct *reconstruct);
// The book itself, in ticks of the frame.
const hft_book *hft_reconstruct_book(const hft_reconstruct *reconstruct);
const hft_price_window *hft_reconstruct_window(const hft_reconstruct *reconstruct);

#endif
