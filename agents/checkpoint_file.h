// Inside of checkpoints: arrays, texts and groups of their HDF5 files. Functions that return bool
// return false if HDF5 failed or, in reading, if the file has not what it should have.
#ifndef HFTSIM_AGENTS_CHECKPOINT_FILE_H
#define HFTSIM_AGENTS_CHECKPOINT_FILE_H

#include <hdf5.h>
#include <stdbool.h>

#include "agents/learner.h"

#define HFT_CHECKPOINT_SCHEMA 1
#define HFT_CHECKPOINT_FORMAT "hftsim-checkpoint"
#define HFT_CHECKPOINT_TEXT_MAX (1 << 20)     // bytes of a config
#define HFT_CHECKPOINT_ARRAY_MAX (1LL << 32)  // bytes of an array
#define HFT_CHECKPOINT_NAMES_MAX HFT_NUMBERS_MAX

// Bytes of all of its elements.
int64_t hft_tensor_bytes(const hft_tensor *tensor);

// Creates a group without timestamps. The caller closes it; negative on failure.
hid_t hft_checkpoint_group(hid_t parent, const char *name);
// Writes an array in chunks with checksums; '/' in its name makes groups. Arrays of bytes are
// compressed.
bool hft_checkpoint_put(hid_t parent, const hft_tensor *tensor);
// Writes a text as an array of bytes.
bool hft_checkpoint_put_text(hid_t parent, const char *name, const char *text);
// Writes count names of HFT_NAME_SIZE bytes.
bool hft_checkpoint_put_names(hid_t parent, const char *name, const char (*names)[HFT_NAME_SIZE],
                              int count);

// Whether there is an array of this name, type and shape that can be read, and whose data the file
// can hold.
bool hft_checkpoint_has(hid_t parent, const hft_tensor *tensor);
// Reads it into tensor->data.
bool hft_checkpoint_get(hid_t parent, const hft_tensor *tensor);
// Reads a text. The caller frees it; null where there is none.
char *hft_checkpoint_get_text(hid_t parent, const char *name);
// Reads count names; each is a text that ends.
bool hft_checkpoint_get_names(hid_t parent, const char *name, char (*names)[HFT_NAME_SIZE],
                              int count);
// The length of an array of one dimension of this type, or of names (type -1); -1: there is none.
int64_t hft_checkpoint_length(hid_t parent, const char *name, int type);

#endif
