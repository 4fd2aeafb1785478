// Blocks of the market's envs, for learners: each a pool of one thread that begins the next episode
// in the step that ends one.
#ifndef HFTSIM_AGENTS_WORLDS_MARKET_H
#define HFTSIM_AGENTS_WORLDS_MARKET_H

#include "agents/worlds.h"

// Creates a block: envs first_env .. first_env + envs - 1 of a run, whose worlds are those of a
// pool of the whole run (sim/pool/pool.h). The views are the pool's slabs, which are not copied.
// The model is borrowed and must outlive the block. The caller frees *out with its `free`. Errors
// of hft_pool_create; ECONFIG: no seat is external.
hft_status hft_worlds_market_create(const hft_env_model *model, int envs, uint32_t first_env,
                                    hft_worlds **out, hft_error *error);

#endif
