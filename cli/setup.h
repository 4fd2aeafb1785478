// The config of a command: what its options make of the catalog.
#ifndef HFTSIM_CLI_SETUP_H
#define HFTSIM_CLI_SETUP_H

#include "catalog/catalog.h"
#include "cli/options.h"
#include "sim/market/model.h"

// The schema of configs.
const hft_schema *cli_schema(void);

// The default config (preset "default") with `config` laid over it, a path or the name of a preset
// (null: nothing), then the overrides "path=value". ECONFIG, EIO. The caller frees *out.
hft_status cli_load_config(const char *config, const cli_list *overrides, hft_config **out,
                           hft_error *error);

// The model of a config with the agents that the config lists and no others. ECONFIG, ENOMEM. The
// caller frees *out.
hft_status cli_create_model(const hft_config *config, hft_model **out, hft_error *error);

#endif
