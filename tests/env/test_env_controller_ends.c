// How the episodes of controlled seats end: in time, by a risk limit, and with the learners'.
#include <stdio.h>
#include <string.h>

#include "tests/env/lone.h"

// A strategy's last wake is not after the last step, whatever rounding makes of a step.
static void test_a_strategy_ends_with_the_episode(void **context) {
  (void)context;
  static const char *const steps_ms[] = {"1", "1.001"};
  for (int i = 0; i < 2; i++) {
    char yaml[2000];
    snprintf(yaml, sizeof yaml,
             "market_config: {window_ticks: 1024, duration_s: 10, decision_ms: %s}\n"
             "env_config: {warmup_s: 1, episode_len: 2000}\n" WORLD_CROWD
             "seats: [{kind: maker, controller: avellaneda-stoikov}]\n",
             steps_ms[i]);
    lone l = lone_open_manual(linear_model(yaml));
    uint32_t quotes = 0;
    while (!slab_ended(l.pool, 0)) {
      hft_seat_look look = hft_env_look(l.model, hft_pool_env(l.pool, 0), 0, 0);
      quotes += hft_desk_open_count(&look.desk);
      hft_pool_step(l.pool);
    }
    hft_seat_look look = hft_env_look(l.model, hft_pool_env(l.pool, 0), 0, 0);
    assert_in_range(quotes, 1000, 4000);
    assert_int_equal(hft_desk_open_count(&look.desk), 0);  // withdrawn at the end
    lone_close(&l);
  }
}

// A strategy that breaks a risk limit is closed, stops, and is rewarded no more; the others go on.
static void test_a_strategy_that_is_out_stops(void **context) {
  (void)context;
  static const char *const delays[] = {"", "latency_us: 400000"};
  for (int i = 0; i < 2; i++) {
    char yaml[2000];
    snprintf(yaml, sizeof yaml,
             "market_config: {window_ticks: 1024, duration_s: 100, decision_ms: 500}\n"
             "env_config: {warmup_s: 5, episode_len: 150}\nrisk_config: {max_inventory: 6}\n"
             "exchange_config: {%s}\n" WORLD_CROWD
             "seats: [{kind: taker, order_qty: 1}, {kind: maker, controller: avellaneda-stoikov, "
             "params: {quote_qty: 5, max_inventory: 1000}}]\n",
             delays[i]);
    lone l = lone_open(linear_model(yaml));
    hft_env *env = hft_pool_env(l.pool, 0);
    int out = -1, seat = 0;
    assert_int_equal(hft_env_model_spec(l.model)->group[0].role, HFT_ROLE_TAKER);
    assert_string_equal(hft_env_seat_controller(l.model, 0), "avellaneda-stoikov");
    double fills = 0;
    for (int step = 0; step < 149; step++) {
      float *action = hft_pool_actions(l.pool);
      action[0] = 0;
      hft_pool_step(l.pool);
      assert_false(slab_ended(l.pool, 0));
      bool now = *(const uint8_t *)slab_row(l.pool, "strategy_terminated/maker", 0) != 0;
      if (now) {
        assert_int_equal(out, -1);
        out = step;
        fills = lone_total(&l, seat, "fills");
      } else if (out >= 0) {
        assert_true(*(const float *)slab_row(l.pool, "strategy_reward/maker", 0) == 0);
        assert_true(lone_total(&l, seat, "fills") == fills);
        hft_seat_look look = hft_env_look(l.model, env, seat, 0);
        assert_int_equal(look.position, 0);
        assert_int_equal(hft_desk_open_count(&look.desk), 0);
      }
      assert_true(hft_env_seat_done(env, seat) == (out >= 0));
    }
    assert_in_range(out, 0, 140);
    lone_close(&l);
  }
}

// The episode is over with the external seats, or where there is none with all.
static void test_who_an_episode_lasts_for(void **context) {
  (void)context;
  static const char head[] =
      "market_config: {window_ticks: 1024, duration_s: 100, decision_ms: 500}\n"
      "env_config: {warmup_s: 5, episode_len: 150}\nrisk_config: {max_inventory: 3}\n" WORLD_CROWD;
  char yaml[2000];
  snprintf(yaml, sizeof yaml,
           "%sseats: [{kind: taker, order_qty: 9}, {kind: maker, controller: do-nothing}]\n", head);
  lone l = lone_open(linear_model(yaml));
  ((float *)hft_pool_actions(l.pool))[0] = 1;
  hft_pool_step(l.pool);
  assert_true(slab_ended(l.pool, 0));
  lone_close(&l);
  snprintf(yaml, sizeof yaml,
           "%sseats: [{kind: taker, order_qty: 9, controller: linear, params: {gain: 0}}, {kind: "
           "executor, parent_qty: 20, controller: twap}]\n",
           head);
  l = lone_open(linear_model(yaml));
  const hft_env_spec *spec = hft_env_model_spec(l.model);
  assert_int_equal(spec->group_count, 0);
  assert_int_equal(spec->seat_count, 0);
  assert_int_equal(hft_pool_actions_layout(l.pool)->count, 0);
  int steps = 0;
  do {
    hft_pool_step(l.pool);
    steps++;
  } while (!slab_ended(l.pool, 0));
  assert_int_equal(steps, 150);  // twap is not out before
  assert_true(*(const float *)slab_final(l.pool, "strategy_total/executor", 0) < 0);
  lone_close(&l);
}

// When the learners' end ends the episode, the parent orders of controlled seats are closed.
static void test_parents_are_closed_when_the_learners_are_out(void **context) {
  (void)context;
  static const char *const delays[] = {"", "latency_us: 400000"};
  for (int i = 0; i < 2; i++) {
    char yaml[2000];
    snprintf(yaml, sizeof yaml,
             "market_config: {window_ticks: 1024, duration_s: 100, decision_ms: 500}\n"
             "env_config: {warmup_s: 5, episode_len: 150}\nrisk_config: {max_inventory: 12}\n"
             "exchange_config: {%s}\n" WORLD_CROWD
             "seats: [{kind: taker, order_qty: 9}, {kind: executor, parent_qty: 400, controller: "
             "twap}, {kind: executor, parent_qty: 70, side: sell, controller: linear, params: "
             "{gain: 0}}]\n",
             delays[i]);
    lone l = lone_open_manual(linear_model(yaml));
    hft_env *env = hft_pool_env(l.pool, 0);
    int steps = 0;
    while (!slab_ended(l.pool, 0)) {
      ((float *)hft_pool_actions(l.pool))[0] = 1;
      hft_pool_step(l.pool);
      steps++;
    }
    assert_in_range(steps, 2, 20);
    const int64_t held[] = {400, -70};
    const char *const controller[] = {"twap", "linear"};
    for (int s = 0; s < 3; s++) {
      for (int k = 0; k < 2; k++) {
        if (strcmp(hft_env_seat_controller(l.model, s), controller[k]) != 0) continue;
        hft_seat_look look = hft_env_look(l.model, env, s, 0);
        assert_int_equal(look.position, held[k]);
        assert_int_equal(hft_desk_open_count(&look.desk), 0);
      }
    }
    assert_true(*(const float *)slab_final(l.pool, "strategy_total/executor", 0) < 0);
    lone_close(&l);
  }
}

int main(void) {
  linear_init();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_strategy_ends_with_the_episode),
      cmocka_unit_test(test_a_strategy_that_is_out_stops),
      cmocka_unit_test(test_who_an_episode_lasts_for),
      cmocka_unit_test(test_parents_are_closed_when_the_learners_are_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
