// The terms of rewards, computed independently: by hand, and from accounts, books and mids in busy
// markets; and what teams share.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/env_world.h"

// ---- by hand -----------------------------------------------------------------------------------

#define MAKER 0
#define TAKER 1
#define BY_HAND(reward)                                                                       \
  "env_config: {warmup_s: 0, episode_len: 100}\nreward_config: {lambda_inventory: 0, " reward \
  "}\n" WORLD_HANDS                                                                           \
  "seats: [{kind: maker, quote_qty: 6, offset_unit: ticks, offset_max: 10}, {kind: taker, "   \
  "order_qty: 8}]\n"

// Held at 9990 and 10010, the maker's quotes at 9995 and 10005, the taker idle, one step done.
static world open_by_hand(const char *yaml) {
  world w = world_open(yaml);
  world_reset(&w, 0, 0);
  world_rest(&w, 0, HFT_BID, 9990, 100);
  world_rest(&w, 0, HFT_ASK, 10010, 100);
  world_act(&w, MAKER, 0, 0);
  world_set(&w, TAKER, 0, 0);
  world_step(&w);
  return w;
}

static void test_impact_and_spread(void **context) {
  (void)context;
  for (int buys = 0; buys < 2; buys++) {
    world w = open_by_hand(BY_HAND("lambda_impact: 0.5, lambda_spread: 0.25"));
    for (int s = 0; s < 2; s++) assert_true(world_reward(&w, s) == 0);
    // Six of the maker's lots 5 ticks beyond the mid, two of the hand's 10 beyond.
    world_set(&w, TAKER, 0, buys ? 1 : -1);
    world_step(&w);
    assert_near((double)world_term(&w, TAKER, "impact"), -0.5 * (6 * 5 + 2 * 10), 0);
    assert_near((double)world_term(&w, TAKER, "spread"), 0, 0);
    assert_near((double)world_term(&w, MAKER, "spread"), 0.25 * 6 * 5, 0);
    assert_near((double)world_term(&w, MAKER, "impact"), 0, 0);
    world_set(&w, TAKER, 0, 0);
    world_step(&w);
    for (int s = 0; s < 2; s++) {
      assert_true(world_term(&w, s, "impact") == 0 && world_term(&w, s, "spread") == 0);
    }
    world_close(&w);
  }
}

static void test_risk(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("lambda_risk: 0.5"));
  world_act(&w, MAKER, 1, 1);
  world_step(&w);
  world_set(&w, TAKER, 0, 0.5f);  // four lots
  world_step(&w);
  hft_desk hand = world_hand(&w, 0);
  hft_desk_cancel_all(&hand);
  world_rest(&w, 0, HFT_BID, 9993, 100);
  world_rest(&w, 0, HFT_ASK, 10013, 100);
  world_set(&w, TAKER, 0, 0);
  world_step(&w);
  // The mid has changed by 0, 0, 0 and 3 in four steps.
  assert_near((double)world_term(&w, TAKER, "risk"), -0.5 * 4 * 4 * 3 * 3 / 4, 1e-6);
  world_step(&w);
  assert_near((double)world_term(&w, TAKER, "risk"), -0.5 * 4 * 4 * 3 * 3 / 5, 1e-6);
  assert_true(world_term(&w, MAKER, "risk") == 0);
  world_close(&w);
}

static void test_per_lot_by_hand(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("lambda_impact: 1, lambda_spread: 1, per_lot: true, scale: 10"));
  world_set(&w, TAKER, 0, 1);
  world_step(&w);
  assert_near((double)world_term(&w, TAKER, "impact"), -50.0 / 8, 1e-6);
  assert_near((double)world_term(&w, MAKER, "spread"), 30.0 / 6, 1e-6);
  double pnl = (double)world_pnl(&w, TAKER);
  assert_near((double)world_reward(&w, TAKER), 10 * (pnl - 50.0 / 8), 1e-4);
  world_close(&w);
}

// ---- markets that live -------------------------------------------------------------------------

#define SEATS                                                                                      \
  "seats: [{kind: maker, count: 2, offset_unit: ticks, offset_max: 4, quote_qty: 8, instrument: "  \
  "1}, {kind: "                                                                                    \
  "maker, offset_unit: ticks, offset_max: 2}, {kind: executor, parent_qty: 90}, {kind: executor, " \
  "side: sell, "                                                                                   \
  "instrument: 1, parent_qty: 70}, {kind: taker, order_qty: 6}, {kind: taker, order_qty: 3, "      \
  "instrument: 1}, {kind: portfolio, count_max: 7, holding: 11, cash: 3000, price_range: 6}]\n"
#define LIVELY(reward, risk)                                                              \
  "market_config: {window_ticks: 1024, decision_ms: 500, instruments: 2}\n"               \
  "exchange_config: {maker_fee_bps: -0.1, taker_fee_bps: 0.4, taker_fee_per_lot: 0.02}\n" \
  "env_config: {warmup_s: 3, episode_len: 120}\nrisk_config: {max_inventory: " risk       \
  "}\n"                                                                                   \
  "reward_config: {end: reference, " reward "}\n" WORLD_CROWD SEATS
#define SEAT_COUNT 8

static const int instruments_of[SEAT_COUNT] = {1, 1, 0, 0, 1, 0, 1, -1};  // -1: both
static const int64_t size_of[SEAT_COUNT] = {8, 8, 10, 90, 70, 6, 3, 7};

typedef struct tally {  // of a seat
  double value;
  int64_t edge2[2];  // maker's, taker's
} tally;

static tally tally_of(const world *w, int seat) {
  tally sum = {0};
  // A portfolio holds 11 at the start; an executor owes 90 lots, or has 70 to sell.
  int64_t begun = seat == 7 ? 11 : seat == 3 ? -90 : seat == 4 ? 70 : 0;
  for (int k = 0; k < 2; k++) {
    if (instruments_of[seat] == 1 - k) continue;
    const hft_account *account = world_account_at(w, seat, k);
    double mid = 0.5 * (double)hft_market_mid2(world_market(w), k);
    sum.value += (double)account->cash + (double)(account->position + begun) * mid;
    sum.value -= 1e-4 * (double)account->fees;
    sum.edge2[0] += account->maker_edge2;
    sum.edge2[1] += account->taker_edge2;
  }
  return sum;
}

// Lots that penalties count.
static double lots_of(const world *w, int seat, int instrument) {
  int64_t position = world_account_at(w, seat, instrument)->position;
  if (seat == 3) position = 90 - position;
  if (seat == 4) position = 70 + position;
  return (double)(seat == 7 ? 11 + position : position);
}

// Mean square change of an instrument's mids over up to 32 steps.
static double variance_of(int64_t (*mid2)[2], int step, int k) {
  int first = step > 32 ? step - 32 : 0;
  double squares = 0;
  for (int i = first; i < step; i++) {
    double change = 0.5 * (double)(mid2[i + 1][k] - mid2[i][k]);
    squares += change * change;
  }
  return squares / (step - first);
}

// Twice the change of an instrument's mid in a step.
static int64_t moved2_of(int64_t (*mid2)[2], int step, int k) {
  return mid2[step][k] - mid2[step - 1][k];
}

// The lambdas are 0.01 (inventory), 0.02 (risk), 0.3 (impact) and 0.7 (spread), the scale is 3.
static void check_terms(const world *w, int seat, tally before, int64_t (*mid2)[2], bool per_lot,
                        bool hold) {
  int step = (int)hft_env_steps(w->env);
  tally now = tally_of(w, seat);
  double wanted[7] = {now.value - before.value, 0, 0, 0, 0, 0, 0}, sum = 0, size = 0;
  for (int k = 0; k < 2 && !world_terminated(w, seat); k++) {
    if (instruments_of[seat] == 1 - k) continue;
    double lots = lots_of(w, seat, k);
    wanted[1] -= 0.01 * lots * lots;
    wanted[2] -= 0.02 * lots * lots * variance_of(mid2, step, k);
  }
  if (!world_terminated(w, seat)) {
    wanted[3] = 0.3 * 0.5 * (double)(now.edge2[1] - before.edge2[1]);
    wanted[4] = 0.7 * 0.5 * (double)(now.edge2[0] - before.edge2[0]);
  }
  if (hold) {
    for (int k = 0; k < 2 && seat == 7; k++)
      wanted[5] -= 0.5 * 11 * (double)moved2_of(mid2, step, k);
  }
  static const char *const names[7] = {"pnl",    "inventory", "risk", "impact",
                                       "spread", "baseline",  "team"};
  for (int t = 0; t < 7; t++) {
    if (per_lot) wanted[t] /= (double)size_of[seat];
    assert_near((double)world_term(w, seat, names[t]), wanted[t], 1e-6 * fabs(wanted[t]) + 1e-5);
    sum += (double)world_term(w, seat, names[t]);
    size += fabs(wanted[t]);
  }
  assert_near((double)world_reward(w, seat), 3 * sum, 3e-6 * size);
}

static void check_lively(const char *yaml, bool per_lot, bool hold) {
  world w = world_open(yaml);
  int terminated = 0;
  uint64_t stream = 4;
  for (uint32_t episode = 0; episode < 3; episode++) {
    int64_t mid2[121][2];
    tally before[SEAT_COUNT];
    bool done[SEAT_COUNT] = {0};
    world_reset(&w, 8, episode);
    for (int k = 0; k < 2; k++) mid2[0][k] = hft_market_mid2(world_market(&w), k);
    for (int s = 0; s < SEAT_COUNT; s++) before[s] = tally_of(&w, s);
    for (int i = 1; !*w.io.ended; i++) {
      world_act_randomly(&w, &stream);
      world_step(&w);
      for (int k = 0; k < 2; k++) mid2[i][k] = hft_market_mid2(world_market(&w), k);
      for (int s = 0; s < SEAT_COUNT; s++) {
        if (done[s]) {
          assert_true(world_reward(&w, s) == 0 && world_pnl(&w, s) == 0);
          continue;
        }
        check_terms(&w, s, before[s], mid2, per_lot, hold);
        before[s] = tally_of(&w, s);
        done[s] = world_terminated(&w, s);
        terminated += done[s];
      }
    }
  }
  assert_in_range(terminated, 1, 3 * SEAT_COUNT - 1);
  world_close(&w);
}

#define LAMBDAS "lambda_inventory: 0.01, lambda_risk: 0.02, lambda_impact: 0.3, lambda_spread: 0.7"

static void test_terms_reconcile(void **context) {
  (void)context;
  check_lively(LIVELY("scale: 3, " LAMBDAS, "40"), false, false);
  check_lively(LIVELY("scale: 3, per_lot: true, " LAMBDAS, "40"), true, false);
  check_lively(LIVELY("scale: 3, baseline: hold, " LAMBDAS, "40"), false, true);
  check_lively(LIVELY("scale: 3, per_lot: true, baseline: hold, " LAMBDAS, "40"), true, true);
}

// ---- teams -------------------------------------------------------------------------------------

// A seat's reward without its team: the sum of the other terms.
static double own_reward(const world *w, int seat) {
  return (double)world_pnl(w, seat) + (double)world_inventory(w, seat) +
         (double)world_term(w, seat, "risk") + (double)world_term(w, seat, "impact") +
         (double)world_term(w, seat, "spread");
}

// What its rounding goes by.
static double size_of_terms(const world *w, int seat) {
  const hft_group *group = world_group(w, seat);
  double size = 0;
  for (int t = 0; t < group->term_dim; t++) {
    size += fabs((double)world_term(w, seat, group->term[t].name));
  }
  return size;
}

static void check_team(const world *w, const bool *done, double weight, bool all) {
  for (int s = 0; s < SEAT_COUNT; s++) {
    if (done[s]) {
      assert_true(world_reward(w, s) == 0 && world_term(w, s, "team") == 0);
      continue;
    }
    double sum = 0, size = 1, rewards = 0;
    int count = 0;
    for (int other = 0; other < SEAT_COUNT; other++) {
      if (done[other] || (!all && world_group(w, other) != world_group(w, s))) continue;
      sum += own_reward(w, other);
      size += size_of_terms(w, other);
      rewards += (double)world_reward(w, other);
      count++;
    }
    double own = own_reward(w, s), mean = sum / count, slack = 1e-6 * size;
    double mixed = weight < 0 ? own + weight * mean : (1 - weight) * own + weight * mean;
    assert_near((double)world_reward(w, s), mixed, slack);
    assert_near((double)world_term(w, s, "team"), mixed - own, slack);
    // What a team shares is what it has; rivals who are wholly so win what others lose.
    if (weight >= 0) assert_near(rewards, sum, slack);
    if (weight == -1) assert_near(rewards, 0, slack);
    if (weight == 0) assert_true(world_term(w, s, "team") == 0);
  }
}

static void test_teams(void **context) {
  (void)context;
  static const double weights[] = {0, 0.5, 1, -1, -0.25};
  for (int k = 0; k < 10; k++) {
    char yaml[2048];
    snprintf(yaml, sizeof yaml, LIVELY(LAMBDAS ", team: %s, team_weight: %g", "40"),
             k < 5 ? "role" : "all", weights[k % 5]);
    world w = world_open(yaml);
    bool done[SEAT_COUNT] = {0};
    int out = 0;
    uint64_t stream = 9;
    world_reset(&w, 8, 0);
    while (!*w.io.ended) {
      world_act_randomly(&w, &stream);
      world_step(&w);
      check_team(&w, done, weights[k % 5], k >= 5);
      for (int s = 0; s < SEAT_COUNT; s++) {
        out += world_terminated(&w, s);
        done[s] = done[s] || world_terminated(&w, s);
      }
    }
    assert_in_range(out, 1, SEAT_COUNT - 1);
    world_close(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_impact_and_spread),
      cmocka_unit_test(test_risk),
      cmocka_unit_test(test_per_lot_by_hand),
      cmocka_unit_test(test_terms_reconcile),
      cmocka_unit_test(test_teams),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
