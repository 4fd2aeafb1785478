// How commands name a strategy and set its keys.
#ifndef HFTSIM_CLI_STRATEGY_H
#define HFTSIM_CLI_STRATEGY_H

#include "baselines/classes.h"
#include "cli/options.h"
#include "eval/contest.h"
#include "sim/config/config.h"

// What a command line says about its strategies.
typedef struct cli_strategy {
  const char *name;        // --strategy
  cli_list params;         // --param KEY=VALUE, or NAME.KEY=VALUE of one of several
  int64_t quantity;        // --quantity; 0: not given
  const char *side;        // --side; null: not given
  const char *instrument;  // --instrument; null: not given
  hft_time horizon;        // --horizon; 0: not given
} cli_strategy;

// Returns the class of that name. Null: there is none, or the name is null, and an error at `where`
// that lists the strategies has been printed to stderr.
const hft_agent_class *cli_strategy_find(const char *where, const char *name);

// The i-th kind to be shown, 0 <= i < HFT_BASELINE_KIND_COUNT: `none` as the last.
hft_baseline_kind cli_strategy_kind(int i);

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

#define CLI_LABEL_SIZE 128

// The contestants that a command line names, with their keys. It must stay where it is.
typedef struct cli_contestants {
  int count;
  hft_contest_entry item[HFT_CONTESTANTS_MAX];
  char label[HFT_CONTESTANTS_MAX][CLI_LABEL_SIZE];  // their names: twap; of a second one twap-2
  char *text[HFT_CONTESTANTS_MAX];                  // holds `own`
  cli_list own[HFT_CONTESTANTS_MAX];                // KEY=VALUE that the contestant itself says
  void *params[HFT_CONTESTANTS_MAX];
  uint64_t given[HFT_CONTESTANTS_MAX];  // bit k: section->keys[k] is set and not to be estimated
} cli_contestants;

// Finds the strategies of a list "A,B,C", which may name one several times. False: it is null or
// has an unknown or too many names, and an error has been printed to stderr.
bool cli_contestants_find(const char *list, cli_contestants *out);

// The length of the name of a checkpoint at the beginning of a contestant's argument or of
// --strategy: a path that ends in ".h5", or any with a '/', up to a ':'. 0: it names a strategy.
size_t cli_checkpoint_length(const char *argument);
// The class of the policies of checkpoints, or null.
const hft_agent_class *cli_checkpoint_class(void);

// Adds a contestant NAME or NAME:KEY=VALUE,KEY=VALUE, whose name is the argument, with a number if
// another has it. Commas in brackets are part of a value. `agent_class` is that of NAME; NAME may
// be a checkpoint. EINVAL: too many contestants, or keys of one; ENOMEM.
hft_status cli_contestants_add(cli_contestants *contestants, const char *argument,
                               const hft_agent_class *agent_class, hft_error *error);

// Gives the contestants the defaults of their keys. Release with cli_contestants_free, whatever the
// result. ENOMEM.
hft_status cli_contestants_defaults(cli_contestants *contestants, hft_error *error);

// Sets the keys that the command line gives. A --param KEY=VALUE, and --quantity, --side and
// --horizon, set the key of all that have it, NAME.KEY=VALUE or NAME:KEY=VALUE that of the
// contestant NAME; later ones override earlier ones, and what a contestant itself says all of them.
// ECONFIG: a key that none has, a name that is none of theirs, or a bad value.
hft_status cli_contestants_set(const cli_strategy *strategy, cli_contestants *contestants,
                               hft_error *error);

// Frees the keys.
void cli_contestants_free(cli_contestants *contestants);

#endif
