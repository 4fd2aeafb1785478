// Inside of checkpoints: an actor as a group of the file, and how a file is opened.
#ifndef HFTSIM_AGENTS_CHECKPOINT_ACTOR_H
#define HFTSIM_AGENTS_CHECKPOINT_ACTOR_H

#include <hdf5.h>
#include <stdbool.h>

#include "agents/actor.h"

// Whether all parameters and the standardisation are finite.
bool hft_checkpoint_finite(const hft_actor *actor);
// Writes an actor into an empty group. False if HDF5 failed.
bool hft_checkpoint_put_actor(hid_t group, const hft_actor *actor);
// Reads an actor. The caller frees it. EDATA at `path`; ENOMEM.
hft_status hft_checkpoint_get_actor(hid_t group, const char *path, hft_actor **out,
                                    hft_error *error);
// Opens a file for reading, and writes a digest of its bytes. EIO, EDATA.
hft_status hft_checkpoint_open_file(const char *path, hid_t *out, uint64_t *digest,
                                    hft_error *error);

#endif
