// Checkpoints in use: the seats, variants and models of this process that name one file have one
// copy of its networks.
#ifndef HFTSIM_AGENTS_CHECKPOINT_SHARED_H
#define HFTSIM_AGENTS_CHECKPOINT_SHARED_H

#include <stdbool.h>

#include "agents/checkpoint.h"

// A checkpoint that several use. Only read; safe to use from all threads.
typedef struct hft_shared_checkpoint hft_shared_checkpoint;
// Opens a checkpoint, or takes the one that is open: of the same file, unchanged since. The caller
// gives it back by hft_checkpoint_give_back. Errors: those of hft_checkpoint_open.
hft_status hft_checkpoint_share(const char *path, hft_shared_checkpoint **out, hft_error *error);
// The last who gives it back closes it. Null is ignored.
void hft_checkpoint_give_back(hft_shared_checkpoint *shared);
const hft_checkpoint *hft_checkpoint_shared(const hft_shared_checkpoint *shared);
// Whether it has several users now.
bool hft_checkpoint_is_shared(const hft_shared_checkpoint *shared);

#endif
