#include "baselines/others.h"

#include "sim/market/model.h"
#include "sim/market/state.h"

// Counts the owner's orders at a price of the visible book, including those being cancelled.
static int32_t own_at(const hft_desk *desk, hft_price price) {
  const hft_book *book = hft_desk_book(desk);
  const uint32_t *own =
      hft_instrument_own(desk->model, desk->instrument_state) + desk->participant->slot_base;
  const hft_resting *resting = hft_instrument_resting(desk->model, desk->instrument_state);
  int32_t count = 0;
  for (uint32_t k = 0; k < hft_desk_open_count(desk); k++) {
    if ((resting[own[k]].flags & HFT_RESTING_WAY) != 0) continue;
    count += hft_book_order_price(book, own[k]) == price;
  }
  return count;
}

hft_price hft_best_of_others(const hft_desk *desk, hft_side side) {
  const hft_book *book = hft_desk_book(desk);
  for (hft_walk walk = hft_book_walk_begin(book, side); hft_book_walk(book, side, &walk);) {
    hft_price price = book->price_min + walk.tick;
    if (hft_book_level(book, price).order_count > own_at(desk, price)) return price;
  }
  return 0;
}
