// What every command needs: the schema of configs, the classes of agents, the embedded presets.
#ifndef HFTSIM_CLI_SETUP_H
#define HFTSIM_CLI_SETUP_H

#include <stddef.h>

#include "cli/options.h"
#include "sim/config/config.h"
#include "sim/market/agent.h"

typedef struct cli_preset {
  const char *name;  // of configs/<name>.yaml
  const char *text;
  size_t length;
} cli_preset;

extern const cli_preset cli_presets[];
extern const int cli_preset_count;

const hft_schema *cli_schema(void);

// Every agent class there is: populations and baselines.
extern const hft_agent_class *const cli_classes[];
extern const int cli_class_count;

// The embedded preset of that name, or null.
const cli_preset *cli_find_preset(const char *name);

// The default config (preset "default") with `config` laid over it, a path or the name of a preset
// (null: nothing), then the overrides "path=value". ECONFIG, EIO. The caller frees *out.
hft_status cli_load_config(const char *config, const cli_list *overrides, hft_config **out,
                           hft_error *error);

#endif
