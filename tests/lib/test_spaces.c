// Bounds, and the digest of the spaces alone: it depends on names, shapes, bounds, what the ends of
// axes mean and the kind of actions, and on nothing else.
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/world.h"

typedef struct variation {
  const char *path, *value;
  int num_envs;
  uint64_t seed;
  bool same;  // spaces
} variation;

static hftsim *open_one(const variation *v) {
  hftsim *sim = world_create();
  if (v->path != NULL) expect(sim, hftsim_set(sim, v->path, v->value), HFTSIM_OK, NULL);
  expect(sim, hftsim_start(sim, v->num_envs, 1, v->seed), HFTSIM_OK, NULL);
  return sim;
}

static void test_what_the_digest_covers(void **context) {
  (void)context;
  static const variation base = {NULL, NULL, 1, 7, true};
  static const variation table[] = {
      {NULL, NULL, 1, 8, true},
      {NULL, NULL, 3, 7, true},
      {"market_config.volatility", "0.0125", 1, 7, true},
      {"market_config.decision_ms", "250", 1, 7, true},
      {"exchange_config.latency_us", "500", 1, 7, true},
      {"env_config.episode_len", "9", 1, 7, true},
      {"env_config.warmup_s", "1", 1, 7, true},
      {"reward_config.scale", "2", 1, 7, true},
      {"seats.executor.side", "buy", 1, 7, true},
      {"seats.executor.latency_us", "10", 1, 7, true},
      {"env_config.depth", "4", 1, 7, false},
      {"env_config.state_depth", "12", 1, 7, false},
      {"env_config.message_dim", "1", 1, 7, false},
      {"env_config.see_actions", "true", 1, 7, false},
      {"env_config.action_space", "discrete", 1, 7, false},
      {"env_config.action_space", "multi_discrete", 1, 7, false},
      {"env_config.action_space", "mixed", 1, 7, false},
      {"seats.maker.withdraw", "false", 1, 7, false},
      {"seats.maker.quoting", "centre", 1, 7, false},
      {"seats.maker.sizes", "true", 1, 7, false},
      {"seats.maker.offset_unit", "ticks", 1, 7, false},
      {"env_config.reference", "fundamental", 1, 7, false},
      {"market_config.window_ticks", "16384", 1, 7, false},
      {"risk_config.max_inventory", "17", 1, 7, false},
      {"exchange_config.opening_auction_s", "3", 1, 7, false},
      {"seats.maker.count", "3", 1, 7, false},
      {"seats.maker.quote_qty", "3", 1, 7, false},
      {"seats.executor.offset_max", "20", 1, 7, false},
  };
  hftsim *sim = open_one(&base);
  assert_int_equal(strlen(hftsim_spaces_hash(sim)), 16);
  for (size_t k = 0; k < sizeof table / sizeof table[0]; k++) {
    hftsim *other = open_one(&table[k]);
    bool same = strcmp(hftsim_spaces_hash(sim), hftsim_spaces_hash(other)) == 0;
    if (same != table[k].same) {
      fail_msg("%s = %s: the digest is %s", table[k].path, table[k].value,
               same ? "the same" : "another");
    }
    assert_string_not_equal(hftsim_spec_hash(sim), hftsim_spec_hash(other));
    hftsim_free(other);
  }
  hftsim_free(sim);
  // The choices of a discrete axis are its bounds.
  const variation five = {"env_config.action_space", "multi_discrete", 1, 7, true};
  sim = open_one(&five);
  hftsim *other = world_create();
  expect(other, hftsim_set(other, five.path, five.value), HFTSIM_OK, NULL);
  expect(other, hftsim_set(other, "env_config.action_choices", "5"), HFTSIM_OK, NULL);
  expect(other, hftsim_start(other, 1, 1, 7), HFTSIM_OK, NULL);
  assert_string_not_equal(hftsim_spaces_hash(sim), hftsim_spaces_hash(other));
  hftsim_free(other);
  hftsim_free(sim);
}

static void test_bounds(void **context) {
  (void)context;
  const variation boxed = {NULL, NULL, 1, 7, true};
  hftsim *sim = open_one(&boxed);
  int obs = hftsim_array_find(sim, "obs/maker"), action = hftsim_array_find(sim, "action/maker");
  int imbalance = hftsim_index_find(sim, obs, "imbalance");
  assert_true(hftsim_index_low(sim, obs, imbalance) == -1);
  assert_true(hftsim_index_high(sim, obs, imbalance) == 1);
  int queue = hftsim_index_find(sim, obs, "bid_queue_ahead");
  assert_true(hftsim_index_low(sim, obs, queue) < 0 && hftsim_index_high(sim, obs, queue) < 5);
  assert_true(hftsim_index_low(sim, action, 1) == -1 && hftsim_index_high(sim, action, 1) == 1);
  assert_true(isnan(hftsim_index_low(sim, action, 4)) && isnan(hftsim_index_high(sim, -1, 0)));
  assert_true(isnan(hftsim_index_low(sim, hftsim_array_find(sim, "reward/maker"), 0)));
  hftsim_free(sim);
  const variation joint = {"env_config.action_space", "discrete", 1, 7, true};
  sim = open_one(&joint);
  action = hftsim_array_find(sim, "action/maker");
  assert_true(hftsim_index_low(sim, action, 0) == 0);
  assert_true(hftsim_index_high(sim, action, 0) == hftsim_index_choices(sim, action, 0) - 1);
  hftsim_free(sim);
  assert_null(hftsim_spaces_hash(NULL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_the_digest_covers),
      cmocka_unit_test(test_bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
