// Internal to data/lobster: the state of a reconstruction. data/lobster/reconstruct.c applies
// messages to it, data/lobster/reconstruct_rows.c corrects it by rows.
#ifndef HFTSIM_DATA_LOBSTER_RECONSTRUCT_STATE_H
#define HFTSIM_DATA_LOBSTER_RECONSTRUCT_STATE_H

#include "data/lobster/id_map.h"
#include "data/lobster/reconstruct.h"

// The levels of a row's side within the price window, in ticks.
typedef struct hft_shown {
  hft_level level[HFT_LOBSTER_LEVELS_MAX];
  int count;
  bool full;      // there may be further levels beyond `worst`
  int64_t worst;  // USD x 10,000: price of the row's last level
} hft_shown;

struct hft_reconstruct {
  hft_book *book;
  void *memory;  // of the book
  hft_id_map slots;
  uint32_t slot_count;
  hft_price_window window;
  bool rows, deep;
  int64_t edge[2];  // [hft_side] USD x 10,000: the last row did not show prices beyond this; 0: it
                    // showed all
  hft_shown shown[2];
  hft_book_change *change;
  size_t change_count, change_max;
  hft_reconstruct_counts counts;
};

// The id of the older order at a price. LOBSTER's ids are positive, so it is the negated price.
static inline int64_t hft_older_id(int64_t price) {
  return -price;
}

// Appends an order to the queue of its price (ticks). Errors: EDATA, EFULL, ENOMEM.
hft_status hft_reconstruct_rest(hft_reconstruct *r, uint32_t slot, hft_side side, hft_price price,
                                hft_qty qty, hft_error *error);
// Assigns a slot to a new id. Errors: EFULL, ENOMEM.
hft_status hft_reconstruct_name(hft_reconstruct *r, int64_t id, uint32_t *slot, hft_error *error);
// Records a change; sets its `left` and `best` from the book. ENOMEM.
hft_status hft_reconstruct_note(hft_reconstruct *r, const hft_book_change *change,
                                hft_error *error);

#endif
