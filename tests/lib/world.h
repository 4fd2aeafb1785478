// Handles for the tests of the C API.
#ifndef HFTSIM_TESTS_LIB_WORLD_H
#define HFTSIM_TESTS_LIB_WORLD_H

#include "include/hftsim.h"
#include "tests/support/check.h"

#define EPISODE_LEN 25

// Two roles in three seats, episodes of EPISODE_LEN steps.
extern const char world_config[];

// A handle with that config; started, and reset. Stops the test where it is refused.
hftsim *world_create(void);
hftsim *world_start(int num_envs, int threads, uint64_t seed);

// Stops the test where a call did not give this status, or its error does not name `where`
// (null: not looked at).
#define expect(sim, status, wanted, where) world_expect(sim, status, wanted, where, __LINE__)
void world_expect(const hftsim *sim, int status, int wanted, const char *where, int line);

// An array that must be there.
void *world_array(const hftsim *sim, const char *name);

// Writes the actions of step `step` into a slab of that layout: the same numbers for the same
// step, seed and place.
void world_act(float *actions, size_t bytes, uint64_t seed, int step);
// The same for a handle, then the step.
void world_step(hftsim *sim, uint64_t seed, int step);

#endif
