// The observations, actions and rewards of the seats, as Markdown or JSON.
#ifndef HFTSIM_CLI_SPACES_H
#define HFTSIM_CLI_SPACES_H

#include <jansson.h>

#include "sim/env/env.h"

// Prints them as Markdown tables to stdout.
void cli_print_spaces(const hft_env_spec *spec);

// The same as JSON. Null: out of memory. The caller frees it.
json_t *cli_spaces_json(const hft_env_spec *spec);

#endif
