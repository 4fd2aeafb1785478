// The config and the model of a command, made from its options and the catalog.
#ifndef HFTSIM_CLI_SETUP_H
#define HFTSIM_CLI_SETUP_H

#include "catalog/catalog.h"
#include "cli/options.h"
#include "cli/output.h"
#include "eval/runner.h"
#include "sim/market/model.h"

// The schema of all configs. It is static.
const hft_schema *cli_schema(void);

// Loads the preset "default", then `config` over it, which is a path or the name of a preset (null:
// nothing), then applies the overrides "path=value". Checks the seats and their controllers, too
// (hft_env_check_seats). ECONFIG, EIO, ENOMEM. The caller frees *out
// with hft_config_free.
hft_status cli_load_config(const char *config, const cli_list *overrides, hft_config **out,
                           hft_error *error);

// Draws the windows of recorded flows: sets the key `window` of each population that replays a
// record to `random` where the config does not state it, so that not all episodes are the same.
// ENOMEM.
hft_status cli_draw_windows(hft_config *config, hft_error *error);

// Compiles the model of a config with the agents that the config lists and no others. ECONFIG,
// ENOMEM. The caller frees *out with hft_model_free.
hft_status cli_create_model(const hft_config *config, hft_model **out, hft_error *error);

// Checks an index that --instrument gives. EINVAL where the config has fewer instruments.
hft_status cli_check_instrument(const hft_config *config, int64_t instrument, hft_error *error);

// Prints a note to stderr if strategies or policies control seats of the config. For commands whose
// market has no seats.
void cli_note_seats(const hft_config *config);

// The options of a run of many worlds that a signal stops. `threads` is that of --threads: 0 is one
// for each processor. The progress line has been started and outlives the run; null: none.
hft_runner_options cli_runner_options(cli_progress *bar, int64_t episodes, int64_t threads,
                                      uint64_t seed);

// Writes a note on episodes, of seeds in a row, that are not independent: on a tape they share its
// orders. Returns the text, or null where the episodes are independent.
const char *cli_dependence(const hft_model *model, int64_t episodes, char *text, size_t size);

// Writes the comment at the beginning of a preset or a task, which says what it is for, as one
// line.
void cli_read_summary(const char *text, char *summary, size_t size);

#endif
