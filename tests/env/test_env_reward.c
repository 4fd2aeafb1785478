// Rewards against the accounts: the pnl term to half a tick, the penalty and the scale by hand.
#include <stdlib.h>

#include "tests/support/env_world.h"

#define RISK "risk_config: {max_inventory: 1000000}\n"
#define LONG_EPISODE                                        \
  "market_config: {window_ticks: 1024, decision_ms: 500}\n" \
  "env_config: {warmup_s: 3, episode_len: 300}\n" RISK WORLD_CROWD

#define END "reward_config: {end: reference}\n"  // at the mid, as in the other steps

// Twice the mid. Both sides must be there.
static int64_t mid2_of(const world *w) {
  const hft_book *book = world_book(w);
  int64_t bid = hft_book_best_price(book, HFT_BID), ask = hft_book_best_price(book, HFT_ASK);
  assert_true(bid > 0 && ask > bid);
  return bid + ask;
}

// Twice the marked value, from the ledger and the book, of a seat that has to buy `parent` lots.
static int64_t value2_of(const world *w, int seat, int64_t parent) {
  const hft_account *account = world_account(w, seat);
  return 2 * account->cash + (account->position - parent) * mid2_of(w);
}

// Every step's pnl is the change of value, so an episode's sum is too. parents: by seat, lots to
// buy, negative ones to sell.
static void check_reconciles(const char *yaml, uint64_t seed, int steps, const int64_t *parents) {
  world w = world_open(yaml);
  world_reset(&w, seed, 0);
  int64_t arrival2 = mid2_of(&w);
  int64_t before[HFT_SEATS_MAX], fills = 0;
  double sum2[HFT_SEATS_MAX] = {0};
  uint64_t stream = seed;
  for (int s = 0; s < w.spec->seat_count; s++) before[s] = -parents[s] * arrival2;
  for (int i = 0; i < steps; i++) {
    world_act_randomly(&w, &stream);
    world_step(&w);
    for (int s = 0; s < w.spec->seat_count; s++) {
      assert_false(world_terminated(&w, s));
      int64_t value2 = value2_of(&w, s, parents[s]);
      double pnl2 = 2 * (double)world_pnl(&w, s);
      assert_true(pnl2 == (double)(value2 - before[s]));
      sum2[s] += pnl2;
      before[s] = value2;
    }
  }
  for (int s = 0; s < w.spec->seat_count; s++) {
    // Minus twice the implementation shortfall: what was paid beyond the arrival price.
    const hft_account *account = world_account(&w, s);
    if (parents[s] != 0) {
      assert_int_equal(account->position, parents[s]);
      assert_true(sum2[s] == (double)(2 * account->cash + parents[s] * arrival2));
    }
    fills += world_account(&w, s)->fill_count;
  }
  assert_true(fills > 10);
  world_close(&w);
}

static void test_makers_reconcile(void **context) {
  (void)context;
  static const int64_t none[] = {0, 0};
#define SEATS                                                                                    \
  "seats: [{kind: maker, offset_unit: ticks, offset_max: 3}, {kind: maker, offset_unit: ticks, " \
  "offset_max: 6}]\n"
  for (uint64_t seed = 0; seed < 3; seed++)
    check_reconciles(LONG_EPISODE END SEATS, seed, 300, none);
#undef SEATS
}

// An executor alone also pays in the end for what it trades at the horizon.
static void test_executors_reconcile(void **context) {
  (void)context;
  static const int64_t buys[] = {150}, sells[] = {-150};
  for (uint64_t seed = 0; seed < 3; seed++) {
    check_reconciles(LONG_EPISODE END "seats: [{kind: executor, parent_qty: 150}]\n", seed, 300,
                     buys);
    check_reconciles(LONG_EPISODE END "seats: [{kind: executor, side: sell, parent_qty: 150}]\n",
                     seed, 300, sells);
  }
}

static void test_both_roles_reconcile(void **context) {
  (void)context;
#define SEATS                                                                             \
  "seats: [{kind: maker, offset_unit: ticks, offset_max: 4, count: 2}, {kind: executor, " \
  "parent_qty: 120}, {kind: "                                                             \
  "executor, side: sell, parent_qty: 60}]\n"
  static const int64_t parents[] = {0, 0, 120, -60};
  for (uint64_t seed = 0; seed < 3; seed++) {
    check_reconciles(LONG_EPISODE END SEATS, seed, 300, parents);
  }
#undef SEATS
}

#define BY_HAND(reward)                                                                        \
  "env_config: {warmup_s: 0, episode_len: 100}\n" reward WORLD_HANDS                           \
  "seats: [{kind: maker, quote_qty: 6, offset_unit: ticks, offset_max: 10}, {kind: executor, " \
  "parent_qty: 20}]\n"

#define assert_terms(seat, pnl, inventory)                           \
  do {                                                               \
    assert_near((double)world_pnl(&w, seat), pnl, 1e-6);             \
    assert_near((double)world_inventory(&w, seat), inventory, 1e-6); \
  } while (0)

static void test_terms_by_hand(void **context) {
  (void)context;
  world w = world_open(BY_HAND("reward_config: {lambda_inventory: 0.125}\n"));
  world_reset(&w, 0, 0);
  world_rest(&w, 0, HFT_BID, 9990, 50);
  world_rest(&w, 0, HFT_ASK, 10010, 50);
  world_act(&w, 0, 0, 0);
  world_act(&w, 1, -1, 0);
  world_step(&w);
  assert_terms(0, 0, 0);
  assert_terms(1, 0, -0.125 * 20 * 20);
  // The maker buys 4 at 9995; its bid still holds the mid at 10000.
  world_take(&w, 1, HFT_ASK, 4);
  world_step(&w);
  assert_terms(0, 4 * 5, -0.125 * 4 * 4);
  // It withdraws: of 9990 and 10010 the mid is the same. The penalty goes on.
  world_act(&w, 0, 1, 1);
  world_step(&w);
  assert_terms(0, 0, -0.125 * 4 * 4);
  // The market falls by 7.5 ticks.
  hft_desk hand = world_hand(&w, 0);
  hft_desk_cancel_all(&hand);
  world_rest(&w, 0, HFT_BID, 9990, 50);
  world_rest(&w, 0, HFT_ASK, 9995, 50);
  // The executor buys 2 of 20 in 97 steps, at 9995: 2.5 ticks above the mid, 10000 to it before.
  world_act(&w, 1, 1, -1);
  for (int i = 0; world_account(&w, 1)->position < 2; i++) {
    world_step(&w);
    assert_true(i < 10);
    if (i == 0) assert_terms(0, -4 * 7.5, -0.125 * 4 * 4);
    if (i > 0) assert_terms(0, 0, -0.125 * 4 * 4);
    int64_t left = 20 - world_account(&w, 1)->position;
    assert_near((double)world_inventory(&w, 1), -0.125 * (double)(left * left), 1e-6);
  }
  // Against the arrival price, 10000, it has gained 5 a lot on these two, 7.5 on the others.
  assert_int_equal(value2_of(&w, 1, 20) + 20 * 20000, 2 * (2 * 5) + 18 * 15);
  world_close(&w);
}

// A short position is penalised as a long one.
static void test_the_penalty_of_a_short(void **context) {
  (void)context;
  world w = world_open(BY_HAND("reward_config: {lambda_inventory: 2}\n"));
  world_reset(&w, 0, 0);
  world_rest(&w, 0, HFT_BID, 9990, 50);
  world_rest(&w, 0, HFT_ASK, 10010, 50);
  world_act(&w, 0, 0, 0);
  world_act(&w, 1, -1, 0);
  world_step(&w);
  world_take(&w, 1, HFT_BID, 3);
  world_step(&w);
  assert_int_equal(world_account(&w, 0)->position, -3);
  assert_terms(0, 3 * 5, -2 * 9);
  world_close(&w);
}

// reward = scale x the sum of terms, and the return is the sum of rewards.
static void check_scale(const char *yaml, double scale) {
  world w = world_open(yaml);
  world_reset(&w, 8, 0);
  uint64_t stream = 1;
  double total[3] = {0}, size[3] = {0};
  for (int i = 0; i < 120; i++) {
    world_act_randomly(&w, &stream);
    world_step(&w);
    for (int s = 0; s < 3; s++) {
      double reward = (double)world_reward(&w, s);
      double pnl = (double)world_pnl(&w, s), inventory = (double)world_inventory(&w, s);
      double sum = scale * (pnl + inventory);
      assert_near(reward, sum, 1e-6 * scale * (fabs(pnl) + fabs(inventory)));
      total[s] += reward;
      size[s] += fabs(reward);
      assert_near((double)hft_env_return(w.env, s), total[s], 1e-5 * size[s]);
    }
  }
  for (int s = 0; s < 3; s++) assert_true(size[s] > 0);
  // The next episode's return starts over.
  world_reset(&w, 8, 1);
  for (int s = 0; s < 3; s++) assert_true(hft_env_return(w.env, s) == 0);
  world_close(&w);
}

static void test_the_scale(void **context) {
  (void)context;
#define SEATS \
  "seats: [{kind: maker, offset_unit: ticks, offset_max: 4, count: 2}, {kind: executor}]\n"
  check_scale(LONG_EPISODE SEATS, 1);
  check_scale(LONG_EPISODE "reward_config: {scale: 0.001, lambda_inventory: 0}\n" SEATS, 0.001);
  check_scale(LONG_EPISODE "reward_config: {scale: 250, lambda_inventory: 0.01}\n" SEATS, 250);
#undef SEATS
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_makers_reconcile),       cmocka_unit_test(test_executors_reconcile),
      cmocka_unit_test(test_both_roles_reconcile),   cmocka_unit_test(test_terms_by_hand),
      cmocka_unit_test(test_the_penalty_of_a_short), cmocka_unit_test(test_the_scale),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
