// Pools for tests: actions that depend only on an env's world and step, and readings of its result
// rows.
#ifndef HFTSIM_TESTS_SUPPORT_SLAB_H
#define HFTSIM_TESTS_SUPPORT_SLAB_H

#include "tests/support/env_world.h"

// Two roles in three seats, whose episodes end at different times: by risk limits, or after 25
// steps.
extern const char slab_config[];

// A pool that is not reset yet; fails the test if it is refused. Free it with hft_pool_free.
hft_pool *slab_make(const hft_env_model *model, const hft_pool_config *config);
hft_pool *slab_open(const hft_env_model *model, int env_count, int thread_count, uint64_t seed);

// Sets random actions of env `i` for its step `step` since the pool's reset: values, or any of the
// choices. They depend on seed + i and the step alone.
void slab_act(hft_pool *pool, int i, uint64_t seed, int step);
// Sets the actions of all envs of a pool, then steps it.
void slab_step(hft_pool *pool, uint64_t seed, int step);

// The array of a name; fails the test if there is none.
const hft_array *slab_array(const hft_layout *layout, const char *name);
// Row `i` of an array of the results, and its size in bytes.
const void *slab_row(const hft_pool *pool, const char *name, int i);
size_t slab_row_bytes(const hft_pool *pool, const char *name);
// Row `k` of an array of the finals.
const void *slab_final(const hft_pool *pool, const char *name, int k);

bool slab_ended(const hft_pool *pool, int i);
// A digest of all results of one env.
uint64_t slab_rows_hash(const hft_pool *pool, int i);
// A digest of all results of one env and, if its episode has ended, of its row in the finals.
uint64_t slab_hash(const hft_pool *pool, int i);

#endif
