// Whole episodes of every role at random: P&L reconciles with the ledger to the tick, and all
// participants together lose the fees.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/env_world.h"

#define SEATS                                                                                     \
  "seats: [{kind: maker, count: 2, offset_unit: ticks, offset_max: 4, quote_qty: 8, instrument: " \
  "1}, {kind: "                                                                                   \
  "maker, offset_unit: ticks, offset_min: -2, offset_max: 3}, {kind: executor, parent_qty: 90}, " \
  "{kind: "                                                                                       \
  "executor, side: sell, instrument: 1, parent_qty: 70}, {kind: taker, order_qty: 6}, "           \
  "{kind: taker, order_qty: 3, instrument: 1}, {kind: portfolio, count_max: 7, holding: "         \
  "11, cash: 3000, price_range: 6}]\n"
// 0.01 of currency x lots are one tick x lots.
#define CONFIG(env, exchange)                                                                \
  "market_config: {window_ticks: 1024, decision_ms: 500, instruments: 2, correlation: 0.3, " \
  "duration_s: 400}\n"                                                                       \
  "exchange_config: {maker_fee_bps: -0.2, taker_fee_bps: 0.4, taker_fee_per_lot: 0.01, "     \
  "maker_fee_per_lot: 0.003" exchange                                                        \
  "}\n"                                                                                      \
  "env_config: {warmup_s: 5, episode_len: 150, action_choices: 5" env                        \
  "}\n"                                                                                      \
  "risk_config: {max_inventory: 30, max_drawdown: 6}\n"                                      \
  "reward_config: {lambda_inventory: 0, end: reference}\n" WORLD_CROWD SEATS
#define SEAT_COUNT 8
#define PORTFOLIO 7

static const int instruments_of[SEAT_COUNT] = {1, 1, 0, 0, 1, 0, 1, -1};  // -1: both

// In 1/20000 ticks x lots, so that mids and fees are whole: what a seat's accounts and holding are
// worth.
static int64_t worth_of(const world *w, int seat) {
  int64_t sum = 0;
  for (int k = 0; k < 2; k++) {
    const hft_account *account = world_account_at(w, seat, k);
    if (instruments_of[seat] == 1 - k) {
      hft_account nothing = {0};
      assert_memory_equal(account, &nothing, sizeof nothing);
      continue;
    }
    // A portfolio holds 11 at the start; an executor owes 90 lots, or has 70 to sell.
    int64_t begun = seat == PORTFOLIO ? 11 : seat == 3 ? -90 : seat == 4 ? 70 : 0;
    int64_t lots = account->position + begun;
    sum += 10000 * (2 * account->cash + lots * hft_market_mid2(world_market(w), k));
    sum -= 2 * account->fees;
  }
  return sum;
}

// Positions and cash of all participants and of the exchange are 0, all fees are the exchange's:
// whatever anybody gains at any mark, others lose, apart from the fees.
static void check_closed(const world *w) {
  const hft_model *model = hft_env_model_market(w->model);
  for (int k = 0; k < 2; k++) {
    hft_account sum = {0};
    int64_t worth = 0, mid2 = hft_market_mid2(world_market(w), k);
    for (int owner = 0; owner < hft_model_participant_count(model); owner++) {
      const hft_account *account = hft_market_account(model, world_market(w), (hft_owner)owner, k);
      sum.position += account->position;
      sum.cash += account->cash;
      sum.fees += account->fees;
      worth += 10000 * hft_account_value2(account, mid2) - 2 * account->fees;
      assert_int_equal(account->position - account->transferred, account->bought - account->sold);
    }
    const hft_tape *tape = hft_market_tape(world_market(w), k);
    assert_int_equal(sum.position + tape->transferred, 0);
    assert_int_equal(sum.cash + tape->transferred_cash, 0);
    assert_int_equal(sum.fees, tape->fees);
    worth += 10000 * (2 * tape->transferred_cash + tape->transferred * mid2);
    assert_int_equal(worth, -2 * tape->fees);
  }
}

// What was seen over the episodes of a config.
typedef struct seen {
  int terminated, truncated, fills[SEAT_COUNT];
  bool fees;
} seen;

static void run_episode(world *w, uint64_t seed, uint32_t episode, seen *all) {
  int64_t start[SEAT_COUNT], before[SEAT_COUNT];
  double sum[SEAT_COUNT] = {0}, size[SEAT_COUNT] = {0};
  bool done[SEAT_COUNT] = {0};
  uint64_t stream = seed + episode;
  world_reset(w, seed, episode);
  for (int s = 0; s < SEAT_COUNT; s++) start[s] = before[s] = worth_of(w, s);
  while (!*w->io.ended) {
    world_act_randomly(w, &stream);
    world_step(w);
    check_closed(w);
    for (int s = 0; s < SEAT_COUNT; s++) {
      double pnl = (double)world_pnl(w, s), gain = (double)(worth_of(w, s) - before[s]) / 20000;
      assert_true(isfinite(world_reward(w, s)));
      assert_near((double)world_reward(w, s), pnl, 1e-6 * fabs(pnl));
      if (done[s]) {
        assert_true(pnl == 0);
        continue;
      }
      assert_near(pnl, gain, 1e-6 * fabs(gain) + 1e-6);
      before[s] = worth_of(w, s);
      sum[s] += pnl;
      size[s] += fabs(pnl);
      done[s] = world_terminated(w, s);
      all->terminated += done[s];
    }
  }
  all->truncated += *w->io.truncated;
  for (int s = 0; s < SEAT_COUNT; s++) {
    // Far less than a tick over the episode, and the return tells the same.
    assert_near(sum[s], (double)(before[s] - start[s]) / 20000, 1e-3);
    assert_near((double)hft_env_return(w->env, s), sum[s], 1e-5 * size[s] + 1e-3);
    for (int k = 0; k < 2; k++) all->fills[s] += (int)world_account_at(w, s, k)->fill_count;
  }
  for (int k = 0; k < 2; k++) {
    all->fees = all->fees || hft_market_tape(world_market(w), k)->fees != 0;
  }
}

static seen run_episodes(const char *yaml, uint32_t count) {
  world w = world_open(yaml);
  seen all = {0};
  for (uint32_t episode = 0; episode < count; episode++) run_episode(&w, 3, episode, &all);
  assert_true(all.fees && all.truncated > 0);
  assert_in_range(all.terminated, 1, count * SEAT_COUNT - 1);
  for (int s = 0; s < SEAT_COUNT; s++) assert_true(all.fills[s] > 0);
  world_close(&w);
  return all;
}

static void test_box(void **context) {
  (void)context;
  run_episodes(CONFIG("", ""), 4);
}

static void test_multi_discrete(void **context) {
  (void)context;
  run_episodes(CONFIG(", action_space: multi_discrete, message_dim: 1", ""), 3);
}

// What is on its way when a seat ends is forgotten.
static void test_latency(void **context) {
  (void)context;
  run_episodes(CONFIG("", ", latency_us: 30000, latency_jitter_us: 20000"), 3);
  // Slower than the steps.
  run_episodes(CONFIG("", ", latency_us: 700000, latency_jitter_us: 900000"), 2);
  run_episodes(CONFIG(", action_space: multi_discrete", ", latency_us: 20000"), 2);
}

// Every role through thousands of steps with latency; each step the market's invariants hold.
static void test_latency_for_long(void **context) {
  (void)context;
  world w = world_open(
      "market_config: {window_ticks: 1024, decision_ms: 100, instruments: 2, duration_s: 1000}\n"
      "exchange_config: {latency_us: 40000, latency_jitter_us: 60000, self_trade: cancel_oldest}\n"
      "env_config: {warmup_s: 5, episode_len: 4000, see_actions: true}\n"
      "risk_config: {max_inventory: 100000}\n" WORLD_CROWD SEATS);
  world_reset(&w, 5, 0);
  uint64_t stream = 6;
  for (int i = 0; i < 4000; i++) {
    world_act_randomly(&w, &stream);
    world_step(&w);
  }
  assert_true(*w.io.truncated);
  // Executors end with their parents done, unless nobody was there.
  assert_int_equal(world_account_at(&w, 3, 0)->position, 90);
  assert_int_equal(world_account_at(&w, 4, 1)->position, -70);
  for (int s = 0; s < SEAT_COUNT; s++) {
    for (int k = 0; k < 2; k++) {
      if (instruments_of[s] != 1 - k) assert_true(world_account_at(&w, s, k)->fill_count > 10);
    }
  }
  world_close(&w);
}

// The discrete product has no room for a portfolio of two instruments.
static void test_discrete(void **context) {
  (void)context;
  world w = world_open(
      "market_config: {window_ticks: 1024, decision_ms: 500}\n"
      "exchange_config: {taker_fee_bps: 0.5}\n"
      "env_config: {warmup_s: 3, episode_len: 200, action_choices: 5, action_space: discrete}\n"
      "risk_config: {max_inventory: 20}\nreward_config: {lambda_inventory: 0, end: "
      "reference}\n" WORLD_CROWD
      "seats: [{kind: maker, offset_unit: ticks, offset_max: 3}, {kind: taker, order_qty: 4}, "
      "{kind: portfolio, cash: "
      "2000, holding: 3}]\n");
  for (uint32_t episode = 0; episode < 2; episode++) {
    uint64_t stream = episode;
    double sum[3] = {0};
    world_reset(&w, 1, episode);
    int64_t start2 = hft_market_mid2(world_market(&w), 0);
    while (!*w.io.ended) {
      world_act_randomly(&w, &stream);
      world_step(&w);
      for (int s = 0; s < 3; s++) sum[s] += (double)world_pnl(&w, s);
    }
    assert_true(*w.io.truncated);
    for (int s = 0; s < 3; s++) {
      const hft_account *account = world_account(&w, s);
      int64_t mid2 = hft_market_mid2(world_market(&w), 0);
      int64_t value2 = hft_account_value2(account, mid2) + (s == 2 ? 3 * (mid2 - start2) : 0);
      assert_true(account->fill_count > 0);
      double value = 0.5 * (double)value2 - 1e-4 * (double)account->fees;
      assert_near(sum[s], value, 1e-3);
    }
  }
  world_close(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_box),
      cmocka_unit_test(test_multi_discrete),
      cmocka_unit_test(test_discrete),
      cmocka_unit_test(test_latency),
      cmocka_unit_test(test_latency_for_long),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
