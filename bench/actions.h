// Random actions for a pool, drawn before anything is timed.
#ifndef HFTSIM_BENCH_ACTIONS_H
#define HFTSIM_BENCH_ACTIONS_H

#include "sim/pool/pool.h"

#define HFT_BENCH_ACTION_SLABS 16

// Draws HFT_BENCH_ACTION_SLABS consecutive slabs of actions, each in the layout of the pool's
// actions. Pools of equal spec and size get equal actions. The caller frees them; null if out of
// memory.
char *hft_bench_actions_draw(const hft_pool *pool);

// The slab for step k; the slabs are used in rotation.
const char *hft_bench_actions_at(const hft_pool *pool, const char *slabs, uint64_t k);

// Steps the pool with the slab for step k.
void hft_bench_actions_step(hft_pool *pool, const char *slabs, uint64_t k);

#endif
