// The return of an executor is minus its implementation shortfall, whatever it does: for any parent
// order, side, pace, fee, latency, reference price and phase of trading. And waiting does not pay.
#include <stdio.h>

#include "tests/support/env_world.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))
#define STEPS 60

typedef enum pace { NOTHING, EVEN_CROSSING, EVEN_PASSIVE, FAST, RANDOM, PACE_COUNT } pace;

static void act(world *w, pace how, uint64_t *stream) {
  static const float actions[PACE_COUNT][2] = {{-1, 1}, {0, -1}, {0, 1}, {1, -1}, {0, 0}};
  if (how == RANDOM) {
    world_act_randomly(w, stream);
  } else {
    world_act(w, 0, actions[how][0], actions[how][1]);
  }
}

static double reference_of(const world *w, bool fundamental) {
  if (!fundamental) return 0.5 * (double)hft_market_mid2(world_market(w), 0);
  return hft_market_fundamental(hft_env_model_market(w->model), world_market(w), 0);
}

typedef struct run {
  const char *yaml;
  int sign;
  int64_t parent;
  bool fundamental, per_lot;
  pace how;
  uint64_t seed;
} run;

// Runs an episode; returns the return in ticks a lot of the parent, which it checks.
static double run_episode(const run *r) {
  world w = world_open(r->yaml);
  world_reset(&w, r->seed, 0);
  double arrival = reference_of(&w, r->fundamental), sum = 0, size = 0;
  double share = r->per_lot ? 1 : 1 / (double)r->parent;
  uint64_t stream = r->seed;
  while (!*w.io.ended) {
    act(&w, r->how, &stream);
    world_step(&w);
    double pnl = share * (double)world_pnl(&w, 0);
    sum += pnl;
    size += fabs(pnl);
  }
  const hft_account *account = world_account(&w, 0);
  assert_int_equal(account->position, r->sign * r->parent);
  assert_near((double)world_obs(&w, 0, "remaining"), 0, 0);
  assert_near((double)world_unfilled(&w, 0), (double)account->unfilled, 0);
  // Perold (1988): what the parent cost, with fees, beyond its price at arrival.
  double paid = (double)-account->cash + 1e-4 * (double)account->fees;
  double shortfall = (paid - r->sign * (double)r->parent * arrival) / (double)r->parent;
  assert_near(sum, -shortfall, 1e-6 * (size + fabs(shortfall)));
  world_close(&w);
  return sum;
}

// ---- telescoping -------------------------------------------------------------------------------

static void the_return_is_minus_the_shortfall(void **context) {
  (void)context;
  static const char *const exchanges[] = {
      "",
      "taker_fee_bps: 20, maker_fee_bps: -5, taker_fee_per_lot: 0.3",
      "latency_us: 600000, latency_jitter_us: 300000",
      "latency_us: 3000000",
      "halt_band_bps: 3, halt_s: 5, halt_reference_s: 10, latency_us: 20000",
      "closing_auction_s: 20, maker_fee_bps: 10, taker_fee_bps: 10",
      "opening_auction_s: 15",
      "halt_band_bps: 2, halt_s: 3600",
  };
  static const int64_t parents[] = {7, 400, 4000};
  int runs = 0;
  for (int k = 0; k < COUNT(exchanges); k++) {
    for (int how = 0; how < PACE_COUNT; how++) {
      for (int p = 0; p < COUNT(parents); p++, runs++) {
        int sell = runs % 2;
        run r = {.sign = sell ? -1 : 1,
                 .parent = parents[p],
                 .fundamental = runs % 5 == 4,
                 .per_lot = runs % 3 == 2,
                 .how = (pace)how,
                 .seed = (uint64_t)runs};
        char yaml[1024];
        snprintf(yaml, sizeof yaml,
                 "market_config: {window_ticks: 4096, decision_ms: 500, duration_s: 35}\n"
                 "exchange_config: {%s}\nenv_config: {warmup_s: 5, episode_len: %d%s}\n"
                 "reward_config: {lambda_inventory: 0, per_lot: %s}\n" WORLD_CROWD
                 "seats: [{kind: executor, side: %s, parent_qty: %d}]\n",
                 exchanges[k], STEPS, r.fundamental ? ", reference: fundamental" : "",
                 r.per_lot ? "true" : "false", sell ? "sell" : "buy", (int)r.parent);
        r.yaml = yaml;
        run_episode(&r);
      }
    }
  }
}

// Another seat's trades, and its own terms, change nothing about that; nor does a breach.
static void the_return_holds_after_a_breach(void **context) {
  (void)context;
  int terminated = 0;
  for (uint64_t seed = 0; seed < 12; seed++) {
    world w = world_open(
        "market_config: {window_ticks: 4096, decision_ms: 500}\n"
        "exchange_config: {taker_fee_bps: 1, latency_us: 100000}\n"
        "env_config: {warmup_s: 5, episode_len: 60}\nrisk_config: {max_drawdown: 15}\n"
        "reward_config: {lambda_inventory: 0.01, lambda_impact: 1}\n" WORLD_CROWD
        "seats: [{kind: executor, side: sell, parent_qty: 400}, {kind: taker}]\n");
    world_reset(&w, seed, 0);
    double arrival = reference_of(&w, false), sum = 0, size = 0;
    uint64_t stream = seed;
    bool out = false;
    while (!*w.io.ended) {
      world_act_randomly(&w, &stream);
      world_step(&w);
      out = out || world_terminated(&w, 0);
      sum += (double)world_pnl(&w, 0);
      size += fabs((double)world_pnl(&w, 0));
      if (out) assert_int_equal(world_account(&w, 0)->position, -400);
    }
    terminated += out;
    const hft_account *account = world_account(&w, 0);
    double got = (double)account->cash - 1e-4 * (double)account->fees - 400 * arrival;
    assert_near(sum, got, 1e-6 * (size + fabs(got)));
    world_close(&w);
  }
  assert_in_range(terminated, 1, 11);
}

// ---- waiting -----------------------------------------------------------------------------------

// In the same worlds, leaving all of a parent to the end costs more a lot than trading it evenly,
// and the more so the larger it is.
static void waiting_is_not_cheap(void **context) {
  (void)context;
  static const int64_t parents[] = {100, 400, 4000};
  enum { WORLDS = 24 };
  for (int sell = 0; sell < 2; sell++) {
    double before = 0;
    for (int p = 0; p < COUNT(parents); p++) {
      char yaml[1024];
      snprintf(yaml, sizeof yaml,
               "market_config: {window_ticks: 4096, decision_ms: 500}\n"
               "env_config: {warmup_s: 10, episode_len: %d}\n"
               "reward_config: {lambda_inventory: 0, per_lot: true}\n" WORLD_CROWD
               "seats: [{kind: executor, side: %s, parent_qty: %d}]\n",
               STEPS, sell ? "sell" : "buy", (int)parents[p]);
      double waited = 0, even = 0;
      for (uint64_t seed = 0; seed < WORLDS; seed++) {
        run r = {yaml, sell ? -1 : 1, parents[p], false, true, NOTHING, seed};
        waited += run_episode(&r) / WORLDS;
        r.how = EVEN_CROSSING;
        even += run_episode(&r) / WORLDS;
      }
      if (waited > even) {
        fail_msg("%d lots: waiting costs %g a lot, trading evenly %g", (int)parents[p], -waited,
                 -even);
      }
      assert_true(waited < before);
      before = waited;
    }
  }
}

// Nor is it where many wait for the same book, at the end of continuous trading or in a call.
static void waiting_together_is_not_cheap(void **context) {
  (void)context;
  static const char *const exchanges[] = {"", "closing_auction_s: 6",
                                          "halt_band_bps: 3, halt_s: 20"};
  enum { SEATS = 30, WORLDS = 6 };
  for (int k = 0; k < COUNT(exchanges); k++) {
    char yaml[1024];
    snprintf(yaml, sizeof yaml,
             "market_config: {window_ticks: 4096, decision_ms: 500, duration_s: 36}\n"
             "exchange_config: {%s}\nenv_config: {warmup_s: 5, episode_len: %d}\n"
             "reward_config: {lambda_inventory: 0, per_lot: true}\n" WORLD_CROWD
             "seats: [{kind: executor, count: %d, parent_qty: 100}]\n",
             exchanges[k], STEPS, SEATS);
    double mean[2] = {0, 0};
    for (int even = 0; even < 2; even++) {
      world w = world_open(yaml);
      for (uint32_t seed = 0; seed < WORLDS; seed++) {
        world_reset(&w, seed, 0);
        for (int s = 0; s < SEATS; s++) world_act(&w, s, even ? 0 : -1, -1);
        while (!*w.io.ended) world_step(&w);
        for (int s = 0; s < SEATS; s++) {
          assert_int_equal(world_account(&w, s)->position, 100);
          mean[even] += (double)hft_env_return(w.env, s) / (WORLDS * SEATS);
        }
      }
      world_close(&w);
    }
    if (mean[0] > mean[1]) {
      fail_msg("%s: waiting costs %g a lot, trading evenly %g", exchanges[k], -mean[0], -mean[1]);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_return_is_minus_the_shortfall),
      cmocka_unit_test(the_return_holds_after_a_breach),
      cmocka_unit_test(waiting_is_not_cheap),
      cmocka_unit_test(waiting_together_is_not_cheap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
