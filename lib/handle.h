// The members of a handle of the C API.
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
  atomic_flag busy;  // set while a function of the API runs
  hft_error error;   // of the last call that failed
  hft_catalog catalog;
  hft_config *config;
  char *config_text;  // of hftsim_config; null before its first call
  hft_autoreset autoreset;
  // From hftsim_start on; null before.
  hft_env_model *model;
  hft_pool *pool;
  uint64_t seed;
  hft_layout finals;  // packed for the episodes that ended in the last step or receipt
  hft_buffer spec;
  hft_buffer picture;       // of hftsim_render
  hft_buffer picture_json;  // of hftsim_render_json
  char spec_hash[HFT_SPEC_HASH_SIZE], spaces_hash[HFT_SPEC_HASH_SIZE];
};

// The layout of a slab, HFTSIM_ACTIONS .. HFTSIM_FINALS. Null before hftsim_start, and of any other
// number.
const hft_layout *hft_handle_layout(const hftsim *sim, int slab);

#endif
