// Inside of data: what a reconstruction is made of. data/lobster/reconstruct.c applies messages to
// it, data/lobster/reconstruct_rows.c corrects it by rows.
#ifndef HFTSIM_DATA_LOBSTER_RECONSTRUCT_STATE_H
#define HFTSIM_DATA_LOBSTER_RECONSTRUCT_STATE_H

#include "data/lobster/id_map.h"
#include "data/lobster/reconstruct.h"

// What a row shows of a side within the frame, in ticks, and how far it reaches.
typedef struct hft_shown {
  hft_level level[HFT_LOBSTER_LEVELS_MAX];
  int count;
  bool full;      // there may be more beyond `worst`
  int64_t worst;  // USD x 10,000: of the row's last level
} hft_shown;

struct hft_reconstruct {
  hft_book *book;
  void *memory;  // of the book
  hft_id_map slots;
  uint32_t slot_count;
  hft_price_window window;
  bool rows, deep;
  int64_t edge[2];  // [hft_side] USD x 10,000: beyond this price the last row did not show; 0: none
  hft_shown shown[2];
  hft_book_change *change;
  size_t change_count, change_max;
  hft_reconstruct_counts counts;
};

// LOBSTER's ids are above 0, so the older order at a price can go by the price's negative.
static inline int64_t hft_older_id(int64_t price) {
  return -price;
}

// Puts an order at the end of its price's queue (ticks). EDATA, EFULL, ENOMEM.
hft_status hft_reconstruct_rest(hft_reconstruct *r, uint32_t slot, hft_side side, hft_price price,
                                hft_qty qty, hft_error *error);
// A slot for an id that has none yet. EFULL, ENOMEM.
hft_status hft_reconstruct_name(hft_reconstruct *r, int64_t id, uint32_t *slot, hft_error *error);
// Notes a change, with what the book has after it: `left` and `best` are filled in here. ENOMEM.
hft_status hft_reconstruct_note(hft_reconstruct *r, const hft_book_change *change,
                                hft_error *error);

#endif
