// Pools for the tests: actions that depend on an env's world and step alone, and what its rows say.
#ifndef HFTSIM_TESTS_SUPPORT_SLAB_H
#define HFTSIM_TESTS_SUPPORT_SLAB_H

#include "tests/support/env_world.h"

// Two roles in three seats, whose episodes end at different times: by risk limits, or after 25
// steps.
extern const char slab_config[];

// A pool, reset by nobody yet. Stops the test where it is refused.
hft_pool *slab_make(const hft_env_model *model, const hft_pool_config *config);
hft_pool *slab_open(const hft_env_model *model, int env_count, int thread_count, uint64_t seed);

// Draws the actions of an env of the world seed + `i` for its step `step` since the pool's reset:
// numbers, or any of the choices.
void slab_act(hft_pool *pool, int i, uint64_t seed, int step);
// The same for all envs of a pool, then the step.
void slab_step(hft_pool *pool, uint64_t seed, int step);

// The array of that name, which must be there.
const hft_array *slab_array(const hft_layout *layout, const char *name);
// Row `i` of an array of the results, and its bytes.
const void *slab_row(const hft_pool *pool, const char *name, int i);
size_t slab_row_bytes(const hft_pool *pool, const char *name);
// Row `k` of an array of the finals.
const void *slab_final(const hft_pool *pool, const char *name, int k);

bool slab_ended(const hft_pool *pool, int i);
// A digest of all results of one env.
uint64_t slab_rows_hash(const hft_pool *pool, int i);
// The same, and of its row in the finals where it has ended.
uint64_t slab_hash(const hft_pool *pool, int i);

#endif
