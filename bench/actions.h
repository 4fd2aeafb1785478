// Random actions of a pool, drawn before anything is timed.
#ifndef HFTSIM_BENCH_ACTIONS_H
#define HFTSIM_BENCH_ACTIONS_H

#include "sim/pool/pool.h"

#define HFT_BENCH_ACTION_SLABS 16

// HFT_BENCH_ACTION_SLABS slabs of actions, one after the other, each laid out as the pool's, the
// same for every pool of the same spec and size. Null: out of memory. The caller frees them.
char *hft_bench_actions_draw(const hft_pool *pool);

// The slab of step k: they are used in turn.
const char *hft_bench_actions_at(const hft_pool *pool, const char *slabs, uint64_t k);

// Steps the pool with the slab of step k.
void hft_bench_actions_step(hft_pool *pool, const char *slabs, uint64_t k);

#endif
