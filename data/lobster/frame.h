// The price window of a tape's book: a tick and a range around the market. Prices that do not fit
// are stub quotes (NASDAQ's reach from $0.0001 to $199,999.99) and prices that are not a multiple
// of the tick in a tape where nearly all are; they neither widen the range nor reduce the tick.
#ifndef HFTSIM_DATA_LOBSTER_FRAME_H
#define HFTSIM_DATA_LOBSTER_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/lobster/lobster.h"

#define HFT_FRAME_TICKS_MAX ((int64_t)1 << 22)

// A range of prices and its tick.
typedef struct hft_frame {
  int64_t low, high;  // USD x 10,000, inclusive; multiples of the tick
  int32_t tick;       // USD x 10,000
} hft_frame;

// Does a price fit a window?
typedef enum hft_frame_fit {
  HFT_FRAME_FITS,
  HFT_FRAME_OUTSIDE,  // outside low .. high
  HFT_FRAME_ODD       // not a multiple of the tick
} hft_frame_fit;

// Checks a price (USD x 10,000) against the window.
static inline hft_frame_fit hft_frame_fit_of(const hft_frame *frame, int64_t price) {
  if (price < frame->low || price > frame->high) return HFT_FRAME_OUTSIDE;
  return price % frame->tick == 0 ? HFT_FRAME_FITS : HFT_FRAME_ODD;
}

#define HFT_FRAME_BASES 5  // candidate ticks: 1, 1/2, 1/10, 1/20, 1/100 of a cent
#define HFT_FRAME_SAMPLES (1 << 16)

// Statistics of a tape's prices, collected in one pass.
typedef struct hft_frame_notes {
  int64_t *sample;  // prices near the market: every `stride`-th seen
  size_t count, stride, seen;
  int64_t divisor[HFT_FRAME_BASES];  // greatest common divisor of the prices divisible by each base
} hft_frame_notes;

// Starts collecting; end with hft_frame_end. ENOMEM.
hft_status hft_frame_begin(hft_frame_notes *notes, hft_error *error);
// Frees the statistics.
void hft_frame_end(hft_frame_notes *notes);
// Adds a row of an orderbook file. `before` is the previous row, which saves work, or null.
void hft_frame_note_book(hft_frame_notes *notes, const hft_lobster_book *book,
                         const hft_lobster_book *before);

// Chooses the tick and the range. The market is where the best prices of the rows and the visible
// executions are (without either, the new orders), ignoring prices more than a factor of ten from
// their median. The range extends it by half its width on each side, to at most HFT_FRAME_TICKS_MAX
// ticks. The tick is the largest that divides all prices in the range, except those that are not
// multiples of the coarsest base that fits 99% of the messages' prices.
hft_frame hft_frame_choose(hft_frame_notes *notes, const hft_lobster_messages *messages);

#endif
