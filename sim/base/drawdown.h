// The fall of a value from its peak. The peak starts at 0, so a loss from the start is a fall too.
#ifndef HFTSIM_SIM_BASE_DRAWDOWN_H
#define HFTSIM_SIM_BASE_DRAWDOWN_H

// Raises the peak to the value where that is higher. Returns the fall from the peak to the value,
// at least 0, in the value's unit.
static inline double hft_peak_note(double *peak, double value) {
  if (value > *peak) *peak = value;
  return *peak - value;
}

// The largest fall so far. Zeroed memory is its start.
typedef struct hft_drawdown {
  double peak;     // the highest value noted so far, at least 0
  double largest;  // fall from a peak to a later value
} hft_drawdown;

// Notes a value. Returns its fall from the peak.
static inline double hft_drawdown_note(hft_drawdown *drawdown, double value) {
  double fall = hft_peak_note(&drawdown->peak, value);
  if (fall > drawdown->largest) drawdown->largest = fall;
  return fall;
}

#endif
