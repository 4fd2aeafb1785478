// What leaves the market unchanged: seats that do nothing, and forks; everything else changes it.
#include <stdlib.h>
#include <string.h>

#include "sim/base/hash.h"
#include "tests/support/env_world.h"

#define STEPS 200
#define CONFIG                                                                 \
  WORLD_INSTRUMENT "env_config: {warmup_s: 3, episode_len: 300}\n" WORLD_CROWD \
                   "seats: [{kind: maker, count: 3}]\n"
#define MIXED                                                           \
  WORLD_INSTRUMENT                                                      \
  "env_config: {warmup_s: 3, episode_len: 60}\n"                        \
  "risk_config: {max_inventory: 25}\n" WORLD_CROWD                      \
  "seats: [{kind: maker, count: 2}, {kind: executor, parent_qty: 90}, " \
  "{kind: executor, side: sell, parent_qty: 40}]\n"

static void check_seats_are_zero(const world *w) {
  for (int s = 0; s < w->spec->seat_count; s++) {
    assert_true(world_reward(w, s) == 0 && world_pnl(w, s) == 0 && world_inventory(w, s) == 0);
    assert_true(hft_env_return(w->env, s) == 0);
    hft_account nothing = {0};
    assert_memory_equal(world_account(w, s), &nothing, sizeof nothing);
  }
}

// The env with seats that do nothing, its market run by itself, and the same config without seats:
// the first two agree in every bit of state, the last two in every event.
static void test_withdrawn_makers_change_nothing(void **context) {
  (void)context;
  world w = world_open(CONFIG);
  const hft_model *with = hft_env_model_market(w.model);
  hft_model *without = world_market_model(CONFIG);
  hft_market *alone = create_market(with), *bare = create_market(without);
  for (uint32_t index = 0; index < 3; index++) {
    event_digest seen[2] = {{HFT_HASH_START, 0}, {HFT_HASH_START, 0}};
    hft_sink sinks[2] = {event_digest_sink(&seen[0]), event_digest_sink(&seen[1])};
    world_reset(&w, 42, index);
    hft_market_reset(with, alone, 42, index, &sinks[0]);
    hft_market_reset(without, bare, 42, index, &sinks[1]);
    for (int i = 0; i <= STEPS; i++) {
      hft_time until = 3 * HFT_SECOND + i * 100 * HFT_MILLISECOND;
      for (int s = 0; s < 3; s++) world_act(&w, s, i % 2 == 0 ? 1 : 9, 1);
      if (i > 0) world_step(&w);
      hft_market_run(with, alone, until, &sinks[0]);
      hft_market_run(without, bare, until, &sinks[1]);
      assert_int_equal(hft_market_now(world_market(&w)), until);
      // Who looks at the fundamental moves its path on.
      assert_true(hft_market_fundamental(with, world_market(&w), 0) ==
                  hft_market_fundamental(with, alone, 0));
      assert_true(hft_market_hash(with, world_market(&w)) == hft_market_hash(with, alone));
      assert_memory_equal(hft_market_tape(world_market(&w), 0), hft_market_tape(bare, 0),
                          sizeof(hft_tape));
      assert_true(seen[0].hash == seen[1].hash && seen[0].count == seen[1].count);
      check_seats_are_zero(&w);
    }
    assert_true(seen[0].count > 300);
    assert_true(hft_market_tape(bare, 0)->trade_count > 0);
  }
  free(alone);
  free(bare);
  hft_model_free(without);
  world_close(&w);
}

// The test above can fail: one quote makes another market.
static void test_a_quote_changes_the_market(void **context) {
  (void)context;
  world w = world_open(CONFIG);
  hft_market *alone = create_market(hft_env_model_market(w.model));
  world_reset(&w, 42, 0);
  hft_market_reset(hft_env_model_market(w.model), alone, 42, 0, NULL);
  hft_market_run(hft_env_model_market(w.model), alone, 3 * HFT_SECOND + 100 * HFT_MILLISECOND,
                 NULL);
  for (int s = 0; s < 3; s++) world_act(&w, s, s == 1 ? 0.9f : 1, 1);
  world_step(&w);
  hft_market_fundamental(hft_env_model_market(w.model), alone, 0);
  assert_true(hft_market_hash(hft_env_model_market(w.model), world_market(&w)) !=
              hft_market_hash(hft_env_model_market(w.model), alone));
  assert_true(world_quote(&w, 1, HFT_BID, &(hft_order_id){0}, &(hft_order){0}));
  free(alone);
  world_close(&w);
}

// Runs until the episode ends, at most `steps`; returns the digest of all that was shown.
static uint64_t run(world *w, uint64_t choices, int steps) {
  uint64_t hash = HFT_HASH_START;
  for (int i = 0; i < steps && !*w->io.ended; i++) {
    world_act_randomly(w, &choices);
    world_step(w);
    hash = hft_hash_u64(hash, world_hash(w));
  }
  return hash;
}

static void test_the_same_world_twice(void **context) {
  (void)context;
  world w = world_open(MIXED);
  uint64_t seeds[] = {0, 1, UINT64_MAX}, hash[6];
  for (uint32_t k = 0; k < 6; k++) {
    world_reset(&w, seeds[k / 2], k % 2);
    uint64_t start = world_hash(&w);
    hash[k] = run(&w, 7, 60);
    assert_true(*w.io.ended);
    world_reset(&w, seeds[k / 2], k % 2);
    assert_true(world_hash(&w) == start);
    assert_true(run(&w, 7, 60) == hash[k]);
    for (uint32_t j = 0; j < k; j++) assert_true(hash[j] != hash[k]);
  }
  world_close(&w);
}

// The copy goes the same way, and neither touches the other.
static void test_a_copy_is_a_fork(void **context) {
  (void)context;
  world w = world_open(MIXED);
  for (int at = 0; at < 50; at += 7) {
    world_reset(&w, 9, 1);
    run(&w, 3, at);
    world same = world_fork(&w), other = world_fork(&w);
    uint64_t before = world_hash(&w);
    assert_true(world_hash(&same) == before);
    uint64_t others = run(&other, 5, 60);
    assert_true(world_hash(&w) == before && world_hash(&same) == before);
    uint64_t first = run(&w, 4, 60);
    assert_true(run(&same, 4, 60) == first);
    assert_true(others != first);
    world_close_fork(&same);
    world_close_fork(&other);
  }
  world_close(&w);
}

#define THREE                                                  \
  "env_config: {warmup_s: 0, episode_len: 2000}\n" WORLD_HANDS \
  "seats: [{kind: maker, count: 3, quote_qty: 1, offset_unit: ticks, offset_max: 20}]\n"

static void reset_three(world *w, uint64_t seed, uint32_t index) {
  world_reset(w, seed, index);
  world_rest(w, 0, HFT_BID, 9990, 1);
  world_rest(w, 0, HFT_ASK, 10010, 1);
}

// One step in which all three quote the same new prices, so that their places show in which of the
// six orders they acted.
static int step_three(world *w, bool near) {
  float away = near ? 0.5f : 0.75f;
  for (int s = 0; s < 3; s++) world_act(w, s, away, away);
  world_step(w);
  int ahead[3];
  for (int s = 0; s < 3; s++) {
    hft_desk desk = world_seat_desk(w, s);
    hft_order_id id;
    hft_order order;
    assert_true(world_quote(w, s, HFT_BID, &id, &order));
    assert_int_equal(order.price, near ? 9985 : 9982);
    ahead[s] = (int)hft_desk_queue_ahead(&desk, id);
  }
  assert_int_equal(ahead[0] + ahead[1] + ahead[2], 0 + 1 + 2);
  return 2 * ahead[0] + (ahead[1] > ahead[2]);
}

static void test_the_order_of_seats_is_drawn_afresh(void **context) {
  (void)context;
  world w = world_open(THREE);
  reset_three(&w, 1, 0);
  int seen[6] = {0}, repeats = 0, last = -1;
  for (int i = 0; i < 1200; i++) {
    int order = step_three(&w, i % 2 == 0);
    seen[order]++;
    repeats += order == last;
    last = order;
  }
  // Binomial(1200, 1/6): 200 with a standard deviation of 12.9.
  for (int p = 0; p < 6; p++) assert_in_range(seen[p], 155, 245);
  assert_in_range(repeats, 155, 245);
  world_close(&w);
}

// Other worlds have other orders, by the seed and by the episode.
static void test_every_episode_has_its_own_order(void **context) {
  (void)context;
  world w = world_open(THREE);
  for (uint32_t k = 0; k < 2; k++) {
    int seen[6] = {0};
    for (uint32_t i = 0; i < 240; i++) {
      reset_three(&w, k == 0 ? i : 1, k == 0 ? 1 : i);
      seen[step_three(&w, true)]++;
    }
    for (int p = 0; p < 6; p++) assert_in_range(seen[p], 20, 60);
  }
  world_close(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_withdrawn_makers_change_nothing),
      cmocka_unit_test(test_a_quote_changes_the_market),
      cmocka_unit_test(test_the_same_world_twice),
      cmocka_unit_test(test_a_copy_is_a_fork),
      cmocka_unit_test(test_the_order_of_seats_is_drawn_afresh),
      cmocka_unit_test(test_every_episode_has_its_own_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
