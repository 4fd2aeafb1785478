// How series of a run develop over its episodes: at points of time since an episode's start, the
// mean and quantiles over the episodes.
#ifndef HFTSIM_EVAL_RUN_BANDS_H
#define HFTSIM_EVAL_RUN_BANDS_H

#include <stdbool.h>

#include "eval/results_read.h"

#define HFT_BAND_EPISODES_MAX 5000  // further episodes of a contestant do not count

typedef enum hft_band_quantity {
  HFT_BAND_EQUITY,     // currency
  HFT_BAND_DRAWDOWN,   // currency: equity less its highest so far, which is at least 0; <= 0
  HFT_BAND_INVENTORY,  // lots
  HFT_BAND_EXECUTED,   // lots
  HFT_BAND_PLAN,       // lots
  HFT_BAND_QUANTITIES
} hft_band_quantity;

typedef enum hft_band_statistic {
  HFT_BAND_MEAN,
  HFT_BAND_P5,
  HFT_BAND_P25,
  HFT_BAND_P75,
  HFT_BAND_P95,
  HFT_BAND_STATISTICS
} hft_band_statistic;

// The names of the statistics: "mean", "p5", ...
extern const char *const hft_band_statistic_name[HFT_BAND_STATISTICS];

typedef struct hft_run_bands {
  int episodes;  // with series; 0: all below are null
  int points;    // at most the `points_max` that was asked for
  double *time;  // [points] s since the start of the episode
  double *value[HFT_BAND_QUANTITIES][HFT_BAND_STATISTICS];  // [points]; NaN: no episode has it
} hft_run_bands;

// Computes the bands of a contestant. Longer episodes than `points_max` steps are thinned out
// evenly; episodes that are shorter than others count at the points that they reach. Free them with
// hft_run_bands_free. EDATA: the series are damaged; ENOMEM.
hft_status hft_run_bands_read(const hft_run *run, int contestant, int points_max,
                              hft_run_bands *out, hft_error *error);

// Frees the arrays and zeroes the struct.
void hft_run_bands_free(hft_run_bands *bands);

#endif
