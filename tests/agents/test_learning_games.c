// What MAPPO and IPPO learn where the answer is known.
#include <math.h>
#include <stdio.h>

#include "tests/agents/lesson.h"
#include "tests/support/check.h"

// Both players reach the equilibrium of a linear-quadratic game, within 2% on average over x.
static void test_quadratic_game_reaches_nash(void **context) {
  (void)context;
  for (int a = 0; a < 2; a++) {
    lesson l = lesson_of(GAME_QUADRATIC, 32, 16);
    l.algorithm = a == 0 ? &hft_mappo : &hft_ippo;
    l.keys.share = false;
    l.keys.lr_actor = l.keys.lr_critic = 3e-3;
    l.keys.lr_end = 0.02;
    lesson_begin(&l);
    lesson_learn(&l, 150);
    for (int i = 0; i < 2; i++) {
      double gap = 0, size = 0;
      for (double x = 0.5; x <= 1.5; x += 0.05) {
        float obs = (float)x, action;
        lesson_act(&l, i, &obs, NULL, &action);
        gap += fabs((double)action - game_quadratic_action(i, x));
        size += game_quadratic_action(i, x);
      }
      printf("%s: player %d is %.2f%% off the equilibrium\n", l.algorithm->section->name, i,
             100 * gap / size);
      assert_true(gap / size < 0.02);
    }
    lesson_end(&l);
  }
}

static double matrix_reached(game kind, const hft_algorithm *algorithm, uint64_t seed,
                             double entropy) {
  lesson l = lesson_of(kind, 16, 8);
  l.algorithm = algorithm;
  l.keys.share = false;
  l.keys.entropy_coef = entropy;
  l.keys.lr_actor = l.keys.lr_critic = 5e-3;
  l.seed = seed;
  lesson_begin(&l);
  lesson_learn(&l, 150);
  float obs = 0;
  uint8_t mask[3] = {1, 1, 1};
  int32_t a, b;
  lesson_act(&l, 0, &obs, mask, &a);
  lesson_act(&l, 1, &obs, mask, &b);
  for (int k = 0; k < 3; k++) {
    // An equilibrium: no player gains by another choice.
    assert_true(game_matrix_reward(kind, k, b) <= game_matrix_reward(kind, a, b));
    assert_true(game_matrix_reward(kind, a, k) <= game_matrix_reward(kind, a, b));
  }
  double reached = game_matrix_reward(kind, a, b);
  lesson_end(&l);
  return reached;
}

// With a bonus for entropy that falls to 0, players reach an equilibrium of pure choices. In the
// climbing game it is the second best, 7: penalties of -30 surround the best one, 11, so that a
// player's choice of it pays only once the other has made it. In the penalty game both best
// equilibria pay 10 and the safe one 2.
static void test_matrix_games_reach_equilibria(void **context) {
  (void)context;
  for (int kind = GAME_CLIMBING; kind <= GAME_PENALTY; kind++) {
    for (int a = 0; a < 2; a++) {
      double best = -100, worst = 100;
      for (uint64_t seed = 1; seed <= 3; seed++) {
        double reached = matrix_reached((game)kind, a == 0 ? &hft_mappo : &hft_ippo, seed, 0.5);
        printf("%s %s seed %d: %g\n", kind == GAME_CLIMBING ? "climbing" : "penalty",
               a == 0 ? "mappo" : "ippo", (int)seed, reached);
        best = reached > best ? reached : best;
        worst = reached < worst ? reached : worst;
      }
      assert_true(worst >= (kind == GAME_CLIMBING ? 7 : 2));
      assert_true(best >= (kind == GAME_CLIMBING ? 7 : 10));
    }
  }
}

static double memory_reached(int gru) {
  lesson l = lesson_of(GAME_MEMORY, 16, 20);
  l.network.gru = gru;
  l.keys.gamma = 1;
  l.keys.entropy_coef = 0.01;  // once the reward is constant, advantages are noise
  l.keys.lr_actor = l.keys.lr_critic = 5e-3;
  lesson_begin(&l);
  lesson_learn(&l, 150);
  double reached = lesson_figure(&l, "return");
  lesson_end(&l);
  return reached;
}

static void test_memory_needs_a_gru(void **context) {
  (void)context;
  double with = memory_reached(16), without = memory_reached(0);
  printf("memory: %.3f with a GRU, %.3f without\n", with, without);
  assert_true(with > 0.95);
  assert_true(without < 0.7);
}

static void test_masked_bandit(void **context) {
  (void)context;
  lesson l = lesson_of(GAME_BANDIT, 32, 16);
  lesson_begin(&l);
  lesson_learn(&l, 100);
  float obs = 0;
  int before = game_forbidden();
  assert_int_equal(before, 0);
  // Of every mask the best choice that it leaves.
  for (int bits = 1; bits < 32; bits++) {
    uint8_t mask[5];
    int best = -1;
    int32_t choice;
    for (int k = 0; k < 5; k++) {
      mask[k] = (uint8_t)(bits >> k & 1);
      if (mask[k] && (best < 0 || game_bandit_pay(k) > game_bandit_pay(best))) best = k;
    }
    lesson_act(&l, 0, &obs, mask, &choice);
    assert_int_equal(choice, best);
  }
  lesson_end(&l);
}

// Only who counts what an episode that was cut off was still worth goes to the rich room.
static void test_rooms_need_bootstrap(void **context) {
  (void)context;
  for (int bootstrap = 0; bootstrap < 2; bootstrap++) {
    lesson l = lesson_of(GAME_ROOMS, 32, 16);
    l.keys.bootstrap = bootstrap != 0;
    l.keys.gamma = 0.9;
    lesson_begin(&l);
    lesson_learn(&l, 100);
    float obs[3] = {1, 0, 0};
    uint8_t mask[2] = {1, 1};
    int32_t choice;
    lesson_act(&l, 0, obs, mask, &choice);
    assert_int_equal(choice, bootstrap);
    lesson_end(&l);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_quadratic_game_reaches_nash),
      cmocka_unit_test(test_matrix_games_reach_equilibria),
      cmocka_unit_test(test_memory_needs_a_gru),
      cmocka_unit_test(test_masked_bandit),
      cmocka_unit_test(test_rooms_need_bootstrap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
