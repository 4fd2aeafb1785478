// Inside of hftsim validate: the measurements, and printing them.
#ifndef HFTSIM_CLI_VALIDATE_H
#define HFTSIM_CLI_VALIDATE_H

#include <stdbool.h>
#include <stdio.h>

#include "data/facts/facts.h"
#include "data/facts/facts_source.h"

#define CLI_VALIDATE_NAME_MAX 256

// The measurements of one market.
typedef struct cli_watched {
  char name[CLI_VALIDATE_NAME_MAX];  // shown to the reader
  hft_observed seen;
  hft_fact_result facts[HFT_FACT_COUNT];
} cli_watched;

typedef struct cli_validation {
  cli_watched market;
  cli_watched tape;  // the recorded one, if
  bool has_tape;
  hft_fact_distance distances[HFT_FACT_COUNT];  // between the two
  bool claimed[HFT_FACT_COUNT];
  hft_observe_plan plan;
  uint64_t seed;
} cli_validation;

// The number of claimed facts with that verdict.
int cli_validate_count(const cli_validation *v, hft_verdict verdict);

// Prints the results as text. Returns CLI_OK, or CLI_FAILED if stdout cannot be written.
int cli_validate_print_text(const cli_validation *v);
// Prints the results as JSON. Returns CLI_OK, or CLI_FAILED if stdout cannot be written.
int cli_validate_print_json(const cli_validation *v);

// Writes the HTML page to a stream. The caller checks ferror. ENOMEM.
hft_status cli_validate_write_page(const cli_validation *v, FILE *page);

#endif
