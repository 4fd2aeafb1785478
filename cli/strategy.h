// How commands name a strategy and set its keys.
#ifndef HFTSIM_CLI_STRATEGY_H
#define HFTSIM_CLI_STRATEGY_H

#include "cli/options.h"
#include "sim/market/agent.h"

// What the command line says of a strategy.
typedef struct cli_strategy {
  const char *name;  // --strategy
  cli_list params;   // --param KEY=VALUE
  int64_t quantity;  // --quantity; 0: not given
  const char *side;  // --side; null: not given
} cli_strategy;

// The class of the name. Null: there is none, and stderr has been told which there are.
const hft_agent_class *cli_strategy_find(const char *name);

// The class's keys as given, the others at their presets: section->size bytes, which the caller
// frees. ECONFIG, ENOMEM.
hft_status cli_strategy_params(const cli_strategy *strategy, const hft_agent_class *agent_class,
                               void **out, hft_error *error);

#endif
