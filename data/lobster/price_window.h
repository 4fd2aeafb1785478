// The prices of a tape's book: a tick, and a window around the market. Stub quotes (NASDAQ's go
// from $0.0001 to $199,999.99), and prices that are no multiple of the tick in a tape where nearly
// all are, lie outside: they neither widen the window nor narrow the tick.
#ifndef HFTSIM_DATA_LOBSTER_PRICE_WINDOW_H
#define HFTSIM_DATA_LOBSTER_PRICE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/lobster/lobster.h"

#define HFT_PRICE_WINDOW_TICKS_MAX ((int64_t)1 << 22)

typedef struct hft_price_window {
  int64_t low, high;  // USD x 10,000, inclusive; multiples of the tick
  int32_t tick;       // USD x 10,000
} hft_price_window;

typedef enum hft_price_fit {
  HFT_PRICE_FITS,
  HFT_PRICE_OUTSIDE,  // of the window
  HFT_PRICE_OFF_TICK  // no multiple of the tick
} hft_price_fit;

static inline hft_price_fit hft_price_window_fit(const hft_price_window *window, int64_t price) {
  if (price < window->low || price > window->high) return HFT_PRICE_OUTSIDE;
  return price % window->tick == 0 ? HFT_PRICE_FITS : HFT_PRICE_OFF_TICK;
}

#define HFT_PRICE_WINDOW_BASES 5  // candidate ticks: 1, 1/2, 1/10, 1/20, 1/100 of a cent
#define HFT_PRICE_WINDOW_SAMPLES (1 << 16)

// What is noted of a tape's prices, in one pass.
typedef struct hft_price_notes {
  int64_t *sample;  // prices at which the market was: of all of them each `stride`-th
  size_t count, stride, seen;
  int64_t
      divisor[HFT_PRICE_WINDOW_BASES];  // greatest common one of the prices that each base divides
} hft_price_notes;

// ENOMEM.
hft_status hft_price_notes_begin(hft_price_notes *notes, hft_error *error);
void hft_price_notes_end(hft_price_notes *notes);
// Notes a row of an orderbook file. `before`, the row before it, saves work; null: there is none.
void hft_price_notes_add_book(hft_price_notes *notes, const hft_lobster_book *book,
                              const hft_lobster_book *before);

// Chooses tick and window. The market is where the best prices of the noted rows and the visible
// executions are (or the new orders, where there are neither), but for prices a factor of ten away
// from their median; the window goes half as far again each way, to at most
// HFT_PRICE_WINDOW_TICKS_MAX ticks. The tick is the largest that divides all prices in the window
// but for those that are no multiple of the coarsest base that fits 99% of the messages' prices.
hft_price_window hft_price_window_choose(hft_price_notes *notes,
                                         const hft_lobster_messages *messages);

#endif
