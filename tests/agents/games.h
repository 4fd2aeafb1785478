// Games with known answers, which implement agents/worlds.h.
#ifndef HFTSIM_TESTS_AGENTS_GAMES_H
#define HFTSIM_TESTS_AGENTS_GAMES_H

#include "agents/worlds.h"

typedef enum game {
  // Two players, one step. Both see x in [.5, 1.5] and choose a_i in [-1, 1]; player i gets
  // a_i (x - k_i a_i - c a_j), k = 1, 1.5, c = .5.
  GAME_QUADRATIC,
  // Two players with a common reward, one step (Claus, Boutilier 1998, figures 3 and 2, k = -10).
  GAME_CLIMBING,
  GAME_PENALTY,
  // One player sees a sign at the first of five steps; the choice at the last one should be it.
  GAME_MEMORY,
  // One player, five choices, of which a mask, which is not observed, forbids some.
  GAME_BANDIT,
  // One step, cut off. In room 0 choice 0 pays 1 and leads to the poor room 1, choice 1 pays 0 and
  // leads to the rich room 2, where every step pays 1. Episodes begin in any room.
  GAME_ROOMS,
  // Three seats that wander, terminate at random and are cut off after 17 steps; nothing to learn.
  GAME_LIVES,
  GAMES
} game;

// A block of envs first_env .. first_env + envs - 1. Freed with its `free`.
hft_worlds *game_create(game kind, int envs, int first_env);
// The sum of the choices that a mask forbade, of all games since the start of the program.
int game_forbidden(void);
// The mean reward of choice c of the bandit where it is allowed.
double game_bandit_pay(int c);
// The equilibrium action of player i at x.
double game_quadratic_action(int i, double x);
// The common reward of choices a, b.
double game_matrix_reward(game kind, int a, int b);

#endif
