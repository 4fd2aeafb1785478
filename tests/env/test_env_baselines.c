// The term `baseline`: of the fundamental value, against the closed form of what was expected; of
// the twin, against a market that runs on its own; exactly 0 together with `pnl` for portfolios
// that do nothing. And its mean effect, over few episodes (test_env_baseline_means: over many).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/env/baseline_means.h"
#include "tests/support/env_world.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))
#define SEATS                                                                                   \
  "seats: [{kind: maker, offset_max: 4}, {kind: executor, parent_qty: 90}, {kind: executor, "   \
  "side: sell, instrument: 1, parent_qty: 60}, {kind: taker, order_qty: 6}, {kind: portfolio, " \
  "count_max: 7, holding: 11, cash: 3000, price_range: 6}]\n"
enum { MAKER, BUYER, SELLER, TAKER, PORTFOLIO, SEAT_COUNT };
#define SPEED 0.03
#define STEP_S 0.5
#define STEPS 40

static const int64_t begun_of[SEAT_COUNT] = {0, -90, 60, 0, 11};
static const double size_of[SEAT_COUNT] = {10, 90, 60, 6, 7};

static bool trades(int seat, int k) {
  return seat == PORTFOLIO || (seat == SELLER) == (k == 1);
}

static void write_yaml(char *yaml, size_t size, const char *process, const char *exchange,
                       const char *reward) {
  snprintf(yaml, size,
           "market_config: {window_ticks: 4096, decision_ms: 500, instruments: 2, correlation: "
           "0.3, fundamental: %s, volatility: 0.03}\nexchange_config: {%s}\n"
           "env_config: {warmup_s: 5, episode_len: %d}\nrisk_config: {max_drawdown: 1}\n"
           "reward_config: {%s}\n" WORLD_CROWD SEATS,
           process, exchange, STEPS, reward);
}

static double value_at(const world *w, int k) {
  return hft_market_fundamental(hft_env_model_market(w->model), world_market(w), k);
}

// ---- the fundamental value ---------------------------------------------------------------------

static void check_innovations(const char *process, bool reverts, const char *exchange) {
  char yaml[2048];
  write_yaml(yaml, sizeof yaml, process, exchange, "baseline: fundamental, per_lot: true");
  world w = world_open(yaml);
  int out = 0;
  for (uint64_t seed = 0; seed < 3; seed++) {
    uint64_t stream = seed;
    bool done[SEAT_COUNT] = {0};
    world_reset(&w, seed, 0);
    while (!*w.io.ended) {
      double expected[2];
      int64_t held[SEAT_COUNT][2] = {{0}};
      for (int k = 0; k < 2; k++) {
        double away = value_at(&w, k) - WORLD_PRICE;
        expected[k] = WORLD_PRICE + (reverts ? exp(-SPEED * STEP_S) * away : away);
        for (int s = 0; s < SEAT_COUNT; s++) {
          if (trades(s, k)) held[s][k] = world_account_at(&w, s, k)->position + begun_of[s];
        }
      }
      world_act_randomly(&w, &stream);
      world_step(&w);
      for (int s = 0; s < SEAT_COUNT; s++) {
        double wanted = 0, size = 0;
        for (int k = 0; k < 2 && !done[s]; k++) {
          wanted -= (double)held[s][k] * (value_at(&w, k) - expected[k]) / size_of[s];
          size += fabs((double)held[s][k]);
        }
        assert_near((double)world_term(&w, s, "baseline"), wanted,
                    1e-6 * fabs(wanted) + 1e-8 * size);
        done[s] = done[s] || world_terminated(&w, s);
        out += world_terminated(&w, s);
      }
    }
  }
  assert_true(out > 0);
  world_close(&w);
}

static void the_innovation_is_subtracted(void **context) {
  (void)context;
  static const char *const exchanges[] = {"", "latency_us: 700000, taker_fee_bps: 1",
                                          "halt_band_bps: 3, halt_s: 5, halt_reference_s: 10"};
  for (int k = 0; k < COUNT(exchanges); k++) {
    check_innovations("ou, mean_reversion_speed: 0.03", true, exchanges[k]);
    check_innovations("ou_jump, mean_reversion_speed: 0.03, jump_rate: 3000, jump_mean: 0.001",
                      true, exchanges[k]);
    check_innovations("jump, jump_rate: 3000, volatility_of_volatility: 1", false, exchanges[k]);
    check_innovations("brownian", false, exchanges[k]);
  }
}

// ---- the twin ----------------------------------------------------------------------------------

// The prices of the same world if no seat acts, from a market that the test runs by itself.
static void the_twin_is_the_world_without_seats(void **context) {
  (void)context;
  static const char *const exchanges[] = {"", "latency_us: 700000, taker_fee_bps: 1",
                                          "closing_auction_s: 10"};
  for (int e = 0; e < COUNT(exchanges); e++) {
    char yaml[2048];
    write_yaml(yaml, sizeof yaml, "ou", exchanges[e], "baseline: twin, end: reference");
    world w = world_open(yaml);
    for (uint64_t seed = 0; seed < 3; seed++) {
      uint64_t stream = seed;
      world_reset(&w, seed, 0);
      world alone = world_fork(&w);
      double before[2], sum[SEAT_COUNT] = {0}, size = 0;
      bool done[SEAT_COUNT] = {0};
      for (int k = 0; k < 2; k++) before[k] = 0.5 * (double)hft_market_mid2(world_market(&w), k);
      while (!*w.io.ended) {
        world_act_randomly(&w, &stream);
        world_step(&w);
        hft_market_run(hft_env_model_market(w.model), world_market(&alone),
                       hft_market_now(world_market(&w)), NULL);
        for (int k = 0; k < 2; k++) {
          double now = 0.5 * (double)hft_market_mid2(world_market(&alone), k);
          for (int s = 0; s < SEAT_COUNT; s++) {
            if (trades(s, k) && !done[s]) sum[s] -= (double)begun_of[s] * (now - before[k]);
          }
          size += fabs(now - before[k]);
          before[k] = now;
        }
        for (int s = 0; s < SEAT_COUNT; s++) {
          float totals[HFT_TOTALS_MAX];
          hft_env_totals(w.model, w.env, s, totals);
          assert_near((double)totals[world_group(&w, s)->total_dim - 1], sum[s], 1e-3);
          done[s] = done[s] || world_terminated(&w, s);
        }
      }
      assert_true(size > 0);
      world_close_fork(&alone);
    }
    world_close(&w);
  }
}

static void a_twin_needs_something_to_hold(void **context) {
  (void)context;
  world_expect_refused("reward_config: {baseline: twin}\nseats: [{kind: maker}, {kind: taker}]\n",
                       "reward_config.baseline", "baseline: fundamental");
  world_expect_refused("reward_config: {baseline: twin}\nseats: [{kind: portfolio}]\n",
                       "reward_config.baseline", "baseline: fundamental");
  world w = world_open(
      "reward_config: {baseline: twin}\nseats: [{kind: maker}, {kind: "
      "executor}]\n");
  world_close(&w);
}

// ---- doing nothing -----------------------------------------------------------------------------

static void a_portfolio_that_does_nothing_scores_0(void **context) {
  (void)context;
  static const char *const baselines[] = {"hold", "twin"};
  static const char *const ends[] = {"depth", "close", "reference"};
  static const char *const marks[] = {"reference", "fundamental"};
  static const char *const exchanges[] = {"", "closing_auction_s: 10, taker_fee_bps: 2"};
  for (int i = 0; i < 24; i++) {
    char yaml[1024];
    snprintf(yaml, sizeof yaml,
             "market_config: {window_ticks: 4096, decision_ms: 500, instruments: 2, duration_s: "
             "25}\nexchange_config: {%s}\nenv_config: {warmup_s: 5, episode_len: %d}\n"
             "reward_config: {lambda_inventory: 0, baseline: %s, end: %s, mark: %s}\n" WORLD_CROWD
             "seats: [{kind: portfolio, holding: 40, count: 2}]\n",
             exchanges[i % 2], STEPS, baselines[i / 2 % 2], ends[i / 4 % 3], marks[i / 12]);
    world w = world_open(yaml);
    world_reset(&w, 3, 0);
    double size = 0;
    while (!*w.io.ended) {
      world_step(&w);
      for (int s = 0; s < 2; s++) {
        assert_true(world_reward(&w, s) == 0);
        size += fabs((double)world_pnl(&w, s));
      }
    }
    assert_true(size > 0);
    world_close(&w);
  }
}

static void the_mean_effect_is_0(void **context) {
  (void)context;
  check_baseline_means(60);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_innovation_is_subtracted),
      cmocka_unit_test(the_twin_is_the_world_without_seats),
      cmocka_unit_test(a_twin_needs_something_to_hold),
      cmocka_unit_test(a_portfolio_that_does_nothing_scores_0),
      cmocka_unit_test(the_mean_effect_is_0),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
