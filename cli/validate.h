// Inside of hftsim validate: what was measured, and how it is told.
#ifndef HFTSIM_CLI_VALIDATE_H
#define HFTSIM_CLI_VALIDATE_H

#include <stdbool.h>
#include <stdio.h>

#include "data/facts/facts.h"
#include "data/facts/facts_source.h"

#define CLI_VALIDATE_NAME_MAX 256

// One market that was watched.
typedef struct cli_watched {
  char name[CLI_VALIDATE_NAME_MAX];  // what a reader knows it by
  hft_observed seen;
  hft_fact_result facts[HFT_FACT_COUNT];
} cli_watched;

typedef struct cli_validation {
  cli_watched market;
  cli_watched tape;  // the real one, where
  bool has_tape;
  hft_fact_distance distances[HFT_FACT_COUNT];  // between them
  bool claimed[HFT_FACT_COUNT];
  hft_observe_plan plan;
  uint64_t seed;
} cli_validation;

// How many claimed facts have that verdict.
int cli_validate_count(const cli_validation *v, hft_verdict verdict);

// Each returns an exit code: CLI_OK, or CLI_FAILED where stdout cannot be written.
int cli_validate_print_text(const cli_validation *v);
int cli_validate_print_json(const cli_validation *v);

// Writes the page. Errors of the stream show in ferror. ENOMEM.
hft_status cli_validate_write_page(const cli_validation *v, FILE *page);

#endif
