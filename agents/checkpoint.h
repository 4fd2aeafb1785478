// Checkpoints: HDF5 files with the actors of a run and, unless only these are kept, the whole state
// of the training. docs/checkpoints.md documents the layout:
//   attributes   format "hftsim-checkpoint", schema, version, revision, algorithm, steps
//   /config, /recipe   the effective config and the training, YAML as bytes
//   /actors/<k>/       one for each actor: role, seat, names, sizes, tensors, shift, factor
//   /training/         one dataset for each hft_tensor
// A checkpoint appears under its name only when it is complete (data/dataset/part.h).
#ifndef HFTSIM_AGENTS_CHECKPOINT_H
#define HFTSIM_AGENTS_CHECKPOINT_H

#include "agents/actor.h"
#include "agents/learner.h"

#define HFT_CHECKPOINT_ACTORS_MAX HFT_SEATS_MAX

// An actor of a checkpoint and whom it acts for: seat `seat` of its role, or all (-1).
typedef struct hft_checkpoint_actor {
  const hft_actor *actor;
  int seat;
} hft_checkpoint_actor;

typedef struct hft_checkpoint_spec {
  const char *algorithm;
  const char *config, *training;  // texts (YAML)
  int64_t steps;                  // agent steps done
  int actor_count;
  const hft_checkpoint_actor *actor;
  int tensor_count;          // 0: actors alone
  const hft_tensor *tensor;  // of the learner, of the trainer and of its blocks
} hft_checkpoint_spec;

// Writes a checkpoint, replacing one of that name. Equal specs give equal bytes. EINVAL: a weight
// of an actor is not finite, or too many actors; EIO; ENOMEM. One thread at a time uses HDF5: calls
// of this header wait for each other.
hft_status hft_checkpoint_write(const char *path, const hft_checkpoint_spec *spec,
                                hft_error *error);

// A checkpoint that is read: its texts and actors.
typedef struct hft_checkpoint hft_checkpoint;
// EIO: there is no such file; EDATA: it is not a checkpoint, is damaged, or of a later schema.
// Hostile files are refused within bounds of memory.
hft_status hft_checkpoint_open(const char *path, hft_checkpoint **out, hft_error *error);
void hft_checkpoint_close(hft_checkpoint *checkpoint);
const hft_checkpoint_spec *hft_checkpoint_read(
    const hft_checkpoint *checkpoint);  // without tensors
// A digest of the file's bytes; never 0.
uint64_t hft_checkpoint_digest(const hft_checkpoint *checkpoint);
// The actor for seat `seat` of a role, or null.
const hft_actor *hft_checkpoint_actor_of(const hft_checkpoint *checkpoint, const char *role,
                                         int seat);
// Fills tensors by name, whose types and shapes must be those stored. EDATA names the first that is
// missing or differs.
hft_status hft_checkpoint_load(const hft_checkpoint *checkpoint, const hft_tensor *tensor,
                               int count, hft_error *error);

#endif
