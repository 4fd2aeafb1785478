// The orders that rested before a message file begins: those that messages name and none adds.
// Without an orderbook file they are the only sign of the book at the beginning.
#ifndef HFTSIM_DATA_LOBSTER_RESTING_H
#define HFTSIM_DATA_LOBSTER_RESTING_H

#include <stddef.h>
#include <stdint.h>

#include "data/lobster/lobster.h"
#include "sim/base/status.h"

// An order that rested before the first message.
typedef struct hft_lobster_resting_order {
  int64_t id;
  int64_t price;  // USD x 10,000
  hft_qty size;   // shares: what the messages take from it
  hft_side side;
} hft_lobster_resting_order;

// All of them in the order of their ids, which is that of their arrival. Free `order`.
typedef struct hft_lobster_resting {
  size_t count;
  hft_lobster_resting_order *order;
} hft_lobster_resting;

// Collects the resting orders of messages from `first` on; those before are part of the book
// already. An order is left out if it would cross one that is named earlier: it was submitted
// later, at a price that the file did not show then. ENOMEM.
hft_status hft_lobster_resting_find(const hft_lobster_messages *messages, size_t first,
                                    hft_lobster_resting *resting, hft_error *error);

// Drops the orders that the book after the first message contradicts: what a shown level does not
// hold beside the order that this message adds, and prices between shown levels.
void hft_lobster_resting_fit(hft_lobster_resting *resting, const hft_lobster_book *book,
                             const hft_lobster_message *message);

// The size of all resting orders of a side at a price, shares.
int64_t hft_lobster_resting_size(const hft_lobster_resting *resting, hft_side side, int64_t price);

#endif
