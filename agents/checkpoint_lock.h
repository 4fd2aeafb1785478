// The lock of HDF5, which has one state per process and serves one thread at a time.
#ifndef HFTSIM_AGENTS_CHECKPOINT_LOCK_H
#define HFTSIM_AGENTS_CHECKPOINT_LOCK_H

// Waits until no other thread uses HDF5 for checkpoints.
void hft_checkpoint_lock(void);
void hft_checkpoint_unlock(void);

#endif
