// The price window of a tape's book: a tick and a range around the market. Prices that do not fit
// are stub quotes (NASDAQ's reach from $0.0001 to $199,999.99) and prices that are not a multiple
// of the tick in a tape where nearly all are; they neither widen the range nor reduce the tick.
#ifndef HFTSIM_DATA_LOBSTER_PRICE_WINDOW_H
#define HFTSIM_DATA_LOBSTER_PRICE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/lobster/lobster.h"

#define HFT_PRICE_WINDOW_TICKS_MAX ((int64_t)1 << 22)

// A range of prices and its tick.
typedef struct hft_price_window {
  int64_t low, high;  // USD x 10,000, inclusive; multiples of the tick
  int32_t tick;       // USD x 10,000
} hft_price_window;

// Does a price fit a window?
typedef enum hft_price_fit {
  HFT_PRICE_FITS,
  HFT_PRICE_OUTSIDE,  // outside low .. high
  HFT_PRICE_OFF_TICK  // not a multiple of the tick
} hft_price_fit;

// Checks a price (USD x 10,000) against the window.
static inline hft_price_fit hft_price_window_fit(const hft_price_window *window, int64_t price) {
  if (price < window->low || price > window->high) return HFT_PRICE_OUTSIDE;
  return price % window->tick == 0 ? HFT_PRICE_FITS : HFT_PRICE_OFF_TICK;
}

#define HFT_PRICE_WINDOW_BASES 5  // candidate ticks: 1, 1/2, 1/10, 1/20, 1/100 of a cent
#define HFT_PRICE_WINDOW_SAMPLES (1 << 16)

// Statistics of a tape's prices, collected in one pass.
typedef struct hft_price_notes {
  int64_t *sample;  // prices near the market: every `stride`-th seen
  size_t count, stride, seen;
  int64_t divisor[HFT_PRICE_WINDOW_BASES];  // greatest common divisor of the prices divisible by
                                            // each base
} hft_price_notes;

// Starts collecting; end with hft_price_notes_end. ENOMEM.
hft_status hft_price_notes_begin(hft_price_notes *notes, hft_error *error);
// Frees the statistics.
void hft_price_notes_end(hft_price_notes *notes);
// Adds a row of an orderbook file. `before` is the previous row, which saves work, or null.
void hft_price_notes_add_book(hft_price_notes *notes, const hft_lobster_book *book,
                              const hft_lobster_book *before);

// Chooses the tick and the range. The market is where the best prices of the rows and the visible
// executions are (without either, the new orders), ignoring prices more than a factor of ten from
// their median. The range extends it by half its width on each side, to at most
// HFT_PRICE_WINDOW_TICKS_MAX ticks. The tick is the largest that divides all prices in the range,
// except those that are not multiples of the coarsest base that fits 99% of the messages' prices.
hft_price_window hft_price_window_choose(hft_price_notes *notes,
                                         const hft_lobster_messages *messages);

#endif
