// Inside of hftsim impact: the measurements, and printing them.
#ifndef HFTSIM_CLI_IMPACT_H
#define HFTSIM_CLI_IMPACT_H

#include <jansson.h>

#include "eval/impact_worlds.h"

// A mean over the worlds with its interval.
typedef struct cli_impact_mean {
  double value;
  hft_interval interval;
} cli_impact_mean;

typedef struct cli_impact {
  hft_impact_study study;
  uint64_t seed;
  hft_impact_sample sample;
  int64_t quantity[HFT_IMPACT_QUANTITIES_MAX];
  cli_impact_mean *path;                             // [quantities][points + 1]; null: not needed
  cli_impact_mean end[HFT_IMPACT_QUANTITIES_MAX];    // bps, at the order's end
  cli_impact_mean later[HFT_IMPACT_QUANTITIES_MAX];  // one duration after it, where has_later
  hft_impact_law law;
  json_t *notes;  // array of strings
} cli_impact;

// Returns the share of a quantity that the strategy itself traded, over all worlds and sides.
double cli_impact_fill_ratio(const cli_impact *impact, int quantity);

// Prints the results as text. Returns CLI_OK, or CLI_FAILED if stdout cannot be written.
int cli_impact_print_text(const cli_impact *impact);
// Prints the results as JSON. Returns CLI_OK, or CLI_FAILED if stdout cannot be written.
int cli_impact_print_json(const cli_impact *impact);

#endif
