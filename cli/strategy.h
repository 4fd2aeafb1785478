// How commands name a strategy and set its keys.
#ifndef HFTSIM_CLI_STRATEGY_H
#define HFTSIM_CLI_STRATEGY_H

#include "baselines/classes.h"
#include "cli/options.h"
#include "sim/config/config.h"

// What a command line says about a strategy.
typedef struct cli_strategy {
  const char *name;        // --strategy
  cli_list params;         // --param KEY=VALUE
  int64_t quantity;        // --quantity; 0: not given
  const char *side;        // --side; null: not given
  const char *instrument;  // --instrument; null: not given
} cli_strategy;

// Returns the class of that name. Null: there is none, and an error that lists the strategies has
// been printed to stderr.
const hft_agent_class *cli_strategy_find(const char *name);

// Writes the names of all strategies of a kind, separated by ", ", for the text of --help.
void cli_strategy_names(hft_baseline_kind kind, char *text, size_t size);

// Reads --instrument into an index of one of the config's instruments or, if `all` is allowed,
// HFT_INSTRUMENT_ALL; 0 where it was not given. EINVAL.
hft_status cli_strategy_instrument(const cli_strategy *strategy, const hft_config *config, bool all,
                                   int *instrument, hft_error *error);

// Makes the class's keys as given, the others at their defaults: section->size bytes, which the
// caller frees. ECONFIG, ENOMEM.
hft_status cli_strategy_params(const cli_strategy *strategy, const hft_agent_class *agent_class,
                               void **out, hft_error *error);

#endif
