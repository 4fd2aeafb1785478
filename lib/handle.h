// What a handle of the C API is made of.
#ifndef HFTSIM_LIB_HANDLE_H
#define HFTSIM_LIB_HANDLE_H

#include <stdatomic.h>

#include "catalog/catalog.h"
#include "codec/spec.h"
#include "include/hftsim.h"
#include "lib/owner.h"
#include "sim/pool/pool.h"

struct hftsim {
  hft_owner_mark owner;
  atomic_flag busy;  // a call is under way
  hft_error error;   // of the last call that failed
  hft_catalog catalog;
  hft_config *config;
  char *config_text;  // of hftsim_config; null before its first call
  hft_autoreset autoreset;
  // From the start on; null before.
  hft_env_model *model;
  hft_pool *pool;
  uint64_t seed;
  hft_layout finals;  // for the episodes that ended in the last step
  hft_buffer spec;
  hft_buffer picture;  // of hftsim_render
  char spec_hash[HFT_SPEC_HASH_SIZE], spaces_hash[HFT_SPEC_HASH_SIZE];
};

// The layout of a slab, null before the start; `slab` is one of HFTSIM_ACTIONS ..
const hft_layout *hft_handle_layout(const hftsim *sim, int slab);

#endif
