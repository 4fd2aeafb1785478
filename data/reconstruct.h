// Rebuilds a visible order book from LOBSTER messages on the simulator's own book.
//
// It starts from the book right after the first message. What rests there was placed before the
// file begins, by orders whose ids are not known: each level is one "older" order, first in its
// queue, and a message with an id that was never added takes its size from the older order at its
// price. Executions go through the same matching as the simulator's; where the order that traded in
// reality was not the first in its queue, it is counted (`out_of_turn`) and taken all the same.
#ifndef HFTSIM_DATA_RECONSTRUCT_H
#define HFTSIM_DATA_RECONSTRUCT_H

#include <stdbool.h>
#include <stdint.h>

#include "data/lobster.h"
#include "sim/book/book.h"

typedef struct hft_reconstruct_counts {
  int64_t messages;     // applied, hidden executions, crosses and halts included
  int64_t executions;   // of visible orders that are in the book
  int64_t out_of_turn;  // of these: the order was not the first in the queue of the best price
  int64_t older;        // cancels, deletes and executions of ids not known, served by older orders
  int64_t unknown;      // the same where no older order was there: nothing changed
  int64_t crossing;     // new orders that would have crossed the book as known: left out
} hft_reconstruct_counts;

// What a message did to the book.
typedef struct hft_reconstruct_effect {
  uint32_t slot;  // of the order concerned, in hft_reconstruct_book; HFT_NO_SLOT: it did nothing
  hft_qty qty;    // shares that came or went
  bool in_turn;   // of an execution: the order was the first in the queue of the best price
} hft_reconstruct_effect;

typedef struct hft_reconstruct hft_reconstruct;

// Makes a book that can take all of `messages` and fills it with `first`, the book right after
// messages[0], which counts as applied. EDATA: `first` is crossed or does not hold the order of
// messages[0], or the prices span more ticks than a book can have; EFULL: too many orders; ENOMEM.
hft_status hft_reconstruct_create(const hft_lobster_messages *messages,
                                  const hft_lobster_book *first, hft_reconstruct **out,
                                  hft_error *error);
void hft_reconstruct_free(hft_reconstruct *reconstruct);

// Applies the next of the messages. EDATA, with `where` empty, where it contradicts the ones before
// it: an id that is added twice, or named with another price or side.
hft_status hft_reconstruct_apply(hft_reconstruct *reconstruct, const hft_lobster_message *message,
                                 hft_error *error);

// What the message applied last did; before the first, nothing.
hft_reconstruct_effect hft_reconstruct_effect_of(const hft_reconstruct *reconstruct);

// The best price (USD x 10,000) and size of a side; price 0: it is empty.
hft_lobster_level hft_reconstruct_best(const hft_reconstruct *reconstruct, hft_side side);

const hft_reconstruct_counts *hft_reconstruct_counts_of(const hft_reconstruct *reconstruct);
// The book itself, in ticks of hft_reconstruct_tick.
const hft_book *hft_reconstruct_book(const hft_reconstruct *reconstruct);
// USD x 10,000 per tick of the book: the largest that divides all prices of visible orders.
int32_t hft_reconstruct_tick(const hft_reconstruct *reconstruct);

#endif
