// How commands estimate the keys of a strategy from earlier episodes.
#ifndef HFTSIM_CLI_ESTIMATE_H
#define HFTSIM_CLI_ESTIMATE_H

#include <jansson.h>

#include "eval/estimate.h"

// What --estimate has found.
typedef struct cli_estimate {
  bool ran;
  hft_estimates estimates;
  uint64_t set;  // bit k: section->keys[k] of the strategy has an estimate
} cli_estimate;

// Runs `episodes` earlier episodes with a progress bar on stderr, and sets the keys of *params but
// for those whose bit is set in `given`: bit k is section->keys[k]. episodes 0: nothing. ECONFIG at
// --estimate: the strategy has no key that can be estimated; else the errors of hft_estimate_run.
hft_status cli_estimate_params(uint64_t given, const hft_estimate_spec *spec, int64_t episodes,
                               int64_t threads, uint64_t seed, void *params, cli_estimate *out,
                               hft_error *error);

// Prints a line of the keys that were estimated to stdout; nothing where --estimate was not given.
void cli_estimate_print(const cli_estimate *estimate, const hft_agent_class *agent_class);

// The item "estimated" of --json: {"episodes", "episode_s", "keys": [the keys that were set],
// NAME: value, ...}; null where --estimate was not given.
json_t *cli_estimate_json(const cli_estimate *estimate, const hft_agent_class *agent_class);

#endif
