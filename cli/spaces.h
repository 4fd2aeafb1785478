// What seats see, do and are rewarded for, as Markdown or JSON.
#ifndef HFTSIM_CLI_SPACES_H
#define HFTSIM_CLI_SPACES_H

#include <jansson.h>

#include "sim/env/env.h"

void cli_print_spaces(const hft_env_spec *spec);
json_t *cli_spaces_json(const hft_env_spec *spec);

#endif
