// Handles for the tests of the C API.
#ifndef HFTSIM_TESTS_LIB_WORLD_H
#define HFTSIM_TESTS_LIB_WORLD_H

#include "include/hftsim.h"
#include "tests/support/check.h"

#define EPISODE_LEN 25

// Two roles in three seats, episodes of EPISODE_LEN steps.
extern const char world_config[];

// A handle with that config; world_start also starts and resets it. Fails the test on an error.
// Free it with hftsim_free.
hftsim *world_create(void);
hftsim *world_start(int num_envs, int threads, uint64_t seed);

// Fails the test unless a call returned this status and its error names `where` (null: not
// compared).
#define expect(sim, status, wanted, where) world_expect(sim, status, wanted, where, __LINE__)
void world_expect(const hftsim *sim, int status, int wanted, const char *where, int line);

// The array of a name; fails the test if there is none.
void *world_array(const hftsim *sim, const char *name);

// Writes the actions of a step into a slab: the same numbers for the same seed, step and index.
void world_act(float *actions, size_t bytes, uint64_t seed, int step);
// Writes the actions of a handle, then steps it.
void world_step(hftsim *sim, uint64_t seed, int step);

#endif
