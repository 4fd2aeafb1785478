// A learner with the blocks of a game.
#ifndef HFTSIM_TESTS_AGENTS_LESSON_H
#define HFTSIM_TESTS_AGENTS_LESSON_H

#include "agents/mappo.h"
#include "tests/agents/games.h"

#define LESSON_BLOCKS 4

typedef struct lesson {
  hft_network_keys network;
  hft_mappo_keys keys;
  const hft_algorithm *algorithm;
  game kind;
  int envs, steps, threads;  // envs of a block
  uint64_t seed;
  // Made by lesson_begin:
  hft_crew *crew;
  hft_worlds *block[LESSON_BLOCKS];
  hft_learner *learner;
  hft_figure figure[HFT_LEARNER_FIGURES_MAX];
  int figures;
} lesson;

// Keys at their defaults, networks of one layer of 32 units.
lesson lesson_of(game kind, int envs, int steps);
// Creates blocks and learner and begins.
void lesson_begin(lesson *lesson);
void lesson_end(lesson *lesson);
// Updates `updates` times, the schedules from 0 to 1.
void lesson_learn(lesson *lesson, int updates);
// The figure "player/NAME" of the last update.
double lesson_figure(const lesson *lesson, const char *name);
// The action without exploration of a seat without memory.
void lesson_act(const lesson *lesson, int seat, const float *obs, const uint8_t *mask,
                void *action);
// A digest of all tensors of the learner.
uint64_t lesson_digest(const lesson *lesson);

#endif
