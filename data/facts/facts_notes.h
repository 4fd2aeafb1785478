// Internal to data/facts: the series that facts are computed from.
#ifndef HFTSIM_DATA_FACTS_FACTS_NOTES_H
#define HFTSIM_DATA_FACTS_FACTS_NOTES_H

#include "data/facts/facts_observe.h"

// Parameters that the help texts of the table of facts state.
#define HFT_TAIL_SHARE 0.05  // share of the values that is the tail
#define HFT_SHORT_LAGS 10    // averaged autocorrelations: lags 1 to 10
#define HFT_DECAY_OCTAVES 6  // decay of autocorrelations: lags 1 to 63
#define HFT_LONG 10          // intervals of a long return
#define HFT_SUMMED 20        // intervals of a sum of returns, closer to normal
#define HFT_FLEETING_S 2.0   // an order that rests for less is fleeting

// Series derived from observations.
typedef struct hft_notes {
  const hft_observed *seen;
  size_t count;                  // of intervals
  double *r, *abs_r, *square_r;  // log returns of the mid per interval
} hft_notes;

// Derives the series. `seen` must outlive them. ENOMEM. Call hft_notes_free in either case.
hft_status hft_notes_create(const hft_observed *seen, hft_notes *notes);
// The returns over `group` intervals each: an array [count / group] that the caller frees. Null if
// out of memory.
double *hft_notes_sums(const hft_notes *notes, size_t group);

// Frees the series.
void hft_notes_free(hft_notes *notes);

#endif
