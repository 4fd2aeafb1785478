// Inside of data/facts*: the series that facts are measured on, made of what was watched.
#ifndef HFTSIM_DATA_FACTS_FACTS_NOTES_H
#define HFTSIM_DATA_FACTS_FACTS_NOTES_H

#include "data/facts/facts_observe.h"

// What the table of facts says in words.
#define HFT_TAIL_SHARE 0.05  // of the values, that are the tail
#define HFT_SHORT_LAGS 10    // lags of an average autocorrelation: 1 to 10
#define HFT_DECAY_OCTAVES 6  // of lags of a decay: 1 to 63
#define HFT_LONG 10          // intervals of a long return
#define HFT_SUMMED 20        // intervals of a return that is nearer to normal
#define HFT_FLEETING_S 2.0   // an order that rested less is fleeting

typedef struct hft_notes {
  const hft_observed *seen;
  size_t count;                  // intervals
  double *r, *abs_r, *square_r;  // log returns of the mid over each interval
} hft_notes;

// Derives the series. `seen` must outlive them. ENOMEM. To be freed in either case.
hft_status hft_notes_create(const hft_observed *seen, hft_notes *notes);
// The returns over `group` intervals each, [count / group], on the heap. Null when out of memory.
double *hft_notes_sums(const hft_notes *notes, size_t group);

void hft_notes_free(hft_notes *notes);

#endif
