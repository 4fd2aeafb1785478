// Checkpoints of random actors, and models of configs that may name them.
#ifndef HFTSIM_TESTS_AGENTS_CHECKPOINTS_H
#define HFTSIM_TESTS_AGENTS_CHECKPOINTS_H

#include "agents/checkpoint.h"
#include "sim/env/env.h"

// What a checkpoint's networks are like.
typedef struct checkpoint_kind {
  int hidden, gru;
  bool layer_norm;
  hft_density density;
  uint64_t seed;  // of the weights
  bool each;      // an actor for each seat instead of one for all of a role
} checkpoint_kind;

// A model of the preset default with a config in YAML merged into it. HFT_OK, or the error.
hft_status checkpoints_make(const char *yaml, const hft_env_model *base, hft_env_model **out,
                            hft_error *error);
// The same of a config file.
hft_status checkpoints_make_file(const char *path, hft_env_model **out, hft_error *error);
// The same of a text that may name no files.
hft_status checkpoints_make_sealed(const char *yaml, hft_env_model **out, hft_error *error);
// An actor with random weights for seats of a group; stops the program on an error.
hft_actor *checkpoints_actor(const hft_env_spec *spec, const hft_group *group,
                             const checkpoint_kind *kind, uint64_t seed);
// Writes a checkpoint that acts for the external seats of a spec; stops the program on an error.
void checkpoints_write(const char *path, const hft_env_spec *spec, const checkpoint_kind *kind,
                       const char *config);

#endif
