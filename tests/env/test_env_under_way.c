// Requests under way count: no role exceeds its parent order, its inventory limit, its cash or its
// holdings, at any latency, fee or phase of trading. Checked after each step, including all that
// open orders could still trade.
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/env_world.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))
#define LIMIT 25
#define BUYS 300
#define SELLS 150
#define HOLDING 6
#define CASH 3000  // currency x lots; a tick is 0.01

enum { MAKER, BUYER, SELLER, TAKER, PORTFOLIO, SEAT_COUNT };

static const char *const latencies[] = {
    "0",
    "30000",
    "400000, latency_jitter_us: 300000",
    "600000",
    "3000000, latency_jitter_us: 100000",
};
static const char *const fees[] = {
    "maker_fee_bps: 0",
    "maker_fee_bps: 50, taker_fee_bps: 20",
    "taker_fee_per_lot: 10, maker_fee_per_lot: 100",
    "maker_fee_bps: -10, taker_fee_bps: 0.37, taker_fee_per_lot: 0.0003",
};
static const char *const phases[] = {
    "",
    ", halt_band_bps: 4, halt_s: 3, halt_reference_s: 6",
    ", opening_auction_s: 8, closing_auction_s: 12",
    ", self_trade: cancel_oldest",
};

static hft_desk desk_of(const world *w, int seat, int k) {
  hft_desk desk = world_seat_desk(w, seat);
  return k == 0 ? desk : hft_desk_at(&desk, k);
}

// The largest position, long or short, that all the seat's orders could make.
static int64_t farthest(const world *w, int seat, hft_side side) {
  hft_desk desk = desk_of(w, seat, 0);
  return hft_side_sign(side) * hft_desk_account(&desk)->position + hft_desk_exposed(&desk, side);
}

// Of a portfolio that began with so much currency, in 1/10000 ticks x lots, exactly.
static int64_t cash_of(const world *w, int seat, int64_t start) {
  int64_t cash = start * 100 * 10000;
  for (int k = 0; k < 2; k++) {
    hft_desk desk = desk_of(w, seat, k);
    const hft_account *account = hft_desk_account(&desk);
    cash += 10000 * account->cash - account->fees;
  }
  return cash;
}

static void check_portfolio(const world *w, int seat, int64_t start, int64_t holding) {
  double committed = 0;
  for (int k = 0; k < 2; k++) {
    hft_desk desk = desk_of(w, seat, k);
    int64_t held = holding + hft_desk_account(&desk)->position;
    assert_true(held >= 0);
    assert_true(hft_desk_exposed(&desk, HFT_ASK) <= held);
    committed += hft_desk_committed(&desk);
  }
  int64_t cash = cash_of(w, seat, start);
  assert_true(cash >= 0);
  assert_true(committed <= 1e-4 * (double)cash + 1e-6);
}

// A box's maker and taker choose nothing that would pass their limit as they see it; elsewhere
// masks see to that.
static void keep_to_the_limit(world *w) {
  int64_t maker = world_account(w, MAKER)->position, taker = world_account(w, TAKER)->position;
  if (maker + 10 > LIMIT) world_switch(w, MAKER, HFT_BID, false);
  if (maker - 10 < -LIMIT) world_switch(w, MAKER, HFT_ASK, false);
  if (taker + 10 > LIMIT || taker - 10 < -LIMIT) world_set(w, TAKER, 0, 0);
}

static void check(const world *w, bool *out) {
  for (int s = 0; s < SEAT_COUNT; s++) out[s] = out[s] || world_terminated(w, s);
  assert_false(out[MAKER] || out[TAKER] || out[PORTFOLIO]);
  for (int side = 0; side < 2; side++) {
    assert_true(farthest(w, MAKER, (hft_side)side) <= LIMIT);
    assert_true(farthest(w, TAKER, (hft_side)side) <= LIMIT);
  }
  assert_true(farthest(w, BUYER, HFT_BID) <= BUYS);
  assert_true(farthest(w, SELLER, HFT_ASK) <= SELLS);
  assert_true(world_account(w, BUYER)->sold == 0 && world_account(w, SELLER)->bought == 0);
  check_portfolio(w, PORTFOLIO, CASH, HOLDING);
}

static void run_all(const char *space, bool box) {
  int64_t fills[SEAT_COUNT] = {0};
  int runs = 0;
  for (int l = 0; l < COUNT(latencies); l++) {
    for (int f = 0; f < COUNT(fees); f++) {
      for (int p = 0; p < COUNT(phases); p++, runs++) {
        char yaml[2048];
        snprintf(yaml, sizeof yaml,
                 "market_config: {window_ticks: 2048, decision_ms: 500, instruments: 2, "
                 "duration_s: 70}\nexchange_config: {latency_us: %s, %s%s}\n"
                 "env_config: {warmup_s: 4, episode_len: 130, action_choices: 5%s}\n"
                 "risk_config: {max_inventory: %d}\n" WORLD_CROWD
                 "seats: [{kind: maker, offset_unit: ticks, offset_max: 3}, {kind: executor, "
                 "parent_qty: %d}, "
                 "{kind: executor, side: sell, parent_qty: %d}, {kind: taker}, "
                 "{kind: portfolio, cash: %d, holding: %d, price_range: 8}]\n",
                 latencies[l], fees[f], phases[p], space, LIMIT, BUYS, SELLS, CASH, HOLDING);
        world w = world_open(yaml);
        world_reset(&w, (uint64_t)runs, 0);
        uint64_t stream = (uint64_t)runs;
        bool out[SEAT_COUNT] = {0};
        while (!*w.io.ended) {
          world_act_randomly(&w, &stream);
          if (box) keep_to_the_limit(&w);
          world_step(&w);
          check(&w, out);
        }
        assert_int_equal(world_account(&w, BUYER)->position, BUYS);
        assert_int_equal(world_account(&w, SELLER)->position, -SELLS);
        for (int s = 0; s < SEAT_COUNT; s++) fills[s] += world_account(&w, s)->fill_count;
        world_close(&w);
      }
    }
  }
  for (int s = 0; s < SEAT_COUNT; s++) assert_true(fills[s] > 5 * runs);
}

static void numbers(void **context) {
  (void)context;
  run_all("", true);
}

static void choices(void **context) {
  (void)context;
  run_all(", action_space: multi_discrete", false);
}

// Bids for all the cash, whose prices and sizes change while earlier ones travel.
static void large_bids(void **context) {
  (void)context;
  static const float choices[] = {-1, 1, 1, 1, 0.3F, -0.4F};
  enum { SEATS = 3, AXES = 6 };
  int64_t fills = 0;
  for (int l = 0; l < COUNT(latencies); l++) {
    for (int f = 0; f < 2; f++) {
      char yaml[1024];
      snprintf(yaml, sizeof yaml,
               "market_config: {window_ticks: 2048, decision_ms: 500, instruments: 2}\n"
               "exchange_config: {latency_us: %s, %s}\n"
               "env_config: {warmup_s: 1, episode_len: 100}\n" WORLD_CROWD
               "seats: [{kind: portfolio, count: 3, cash: 100000, holding: 50, count_max: 1000}]\n",
               latencies[l], fees[f]);
      world w = world_open(yaml);
      uint64_t stream = 5;
      for (uint32_t episode = 0; episode < 12; episode++) {
        world_reset(&w, 9, episode);
        while (!*w.io.ended) {
          for (int i = 0; i < SEATS * AXES; i++) {
            world_set(&w, i / AXES, i % AXES, choices[world_draw(&stream) % COUNT(choices)]);
          }
          world_step(&w);
          for (int s = 0; s < SEATS; s++) check_portfolio(&w, s, 100000, 50);
        }
        for (int s = 0; s < SEATS; s++) fills += world_account(&w, s)->fill_count;
        assert_false(world_terminated(&w, 0) || world_terminated(&w, 1) || world_terminated(&w, 2));
      }
      world_close(&w);
    }
  }
  assert_true(fills > 1000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers),
      cmocka_unit_test(choices),
      cmocka_unit_test(large_bids),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
