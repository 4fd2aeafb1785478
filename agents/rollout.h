// Plays the blocks of a run with the players' present policies and writes what they met to the
// players' arrays. Blocks do not wait for each other, and each has a stream of random numbers, so
// the results do not depend on the threads.
#ifndef HFTSIM_AGENTS_ROLLOUT_H
#define HFTSIM_AGENTS_ROLLOUT_H

#include "agents/player.h"

// Seconds that a thread has spent; padded to a cache line.
typedef struct hft_phases {
  double simulation, forward, backward;
  double zero[5];
} hft_phases;

// Monotonic time, s.
double hft_phases_now(void);

typedef struct hft_rollout hft_rollout;

// Creates a rollout of players that all have the same blocks. Everything but *out is borrowed;
// clocks[threads of the crew] are added to. `bootstrap`: an episode that was cut off is worth the
// value of its last observation. The caller frees *out with hft_rollout_free. ENOMEM.
hft_status hft_rollout_create(const hft_learner_spec *spec, hft_player *player, int players,
                              bool bootstrap, hft_phases *clocks, hft_rollout **out,
                              hft_error *error);
// Null is ignored.
void hft_rollout_free(hft_rollout *rollout);
// Plays `steps` steps, at most those of the players, and writes the first rows of their arrays, and
// the values after the last step. The players' block moments are those of the inputs since they
// were last taken. No allocation.
void hft_rollout_play(hft_rollout *rollout, int steps);
// The streams of random numbers of the blocks: part of the state.
hft_rng *hft_rollout_streams(hft_rollout *rollout);

#endif
