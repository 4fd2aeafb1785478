// What the orders of an agent could still trade while its requests are under way: by hand, and at
// every moment against an order that takes everything.
#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"
#include "sim/market/state.h"
#include "tests/market/stage.h"

#define STEP (50 * (HFT_MILLISECOND / 1000))
#define LATENCY (2 * STEP)
#define TRIALS 2000
#define REQUESTS 12  // of a trial, at most

// A population (0) without latency, seats (1 to 3) with 100 us.
static void begin(stage *s) {
  stage_open_with(s, "exchange_config: {latency_us: 100}\npopulations: [{kind: seat}]");
}

static void expect_exposed(const stage *s, int64_t bids, int64_t asks) {
  assert_int_equal(hft_desk_exposed(&s->desk[1], HFT_BID), bids);
  assert_int_equal(hft_desk_exposed(&s->desk[1], HFT_ASK), asks);
}

static void run_on(stage *s, hft_time by) {
  stage_run(s, hft_market_now(s->w.market) + by);
}

static void skip_events(stage *s) {
  s->read = s->record.count;
}

static void exposure_by_hand(void **state) {
  (void)state;
  stage s;
  begin(&s);
  const hft_desk *desk = &s.desk[1];
  expect_exposed(&s, 0, 0);
  hft_order_id bid = stage_send(&s, 1, HFT_BID, HFT_GTC, 9990, 10);
  hft_order_id ask = stage_send_iceberg(&s, 1, HFT_ASK, 10010, 30, 5);
  stage_send(&s, 1, HFT_BID, HFT_IOC, 9995, 7);
  expect_exposed(&s, 17, 30);
  run_on(&s, LATENCY);
  expect_exposed(&s, 10, 30);
  assert_true(hft_desk_cancel(desk, ask));
  expect_exposed(&s, 10, 30);  // until it arrives
  assert_true(hft_desk_reduce(desk, bid, 4));
  expect_exposed(&s, 10, 30);
  run_on(&s, LATENCY);
  expect_exposed(&s, 6, 0);
  bid = hft_desk_replace(desk, bid, 9991, 7);
  expect_exposed(&s, 7, 0);
  bid = hft_desk_replace(desk, bid, 9992, 9);
  expect_exposed(&s, 9, 0);
  stage_send(&s, 0, HFT_ASK, HFT_IOC, 9990, 5);
  expect_exposed(&s, 4, 0);  // of 9 wanted 5 are done
  assert_int_equal(stage_qty(&s, 1, bid), 4);
  assert_true(hft_desk_cancel(desk, bid));
  expect_exposed(&s, 4, 0);
  run_on(&s, LATENCY);
  expect_exposed(&s, 0, 0);
  assert_int_equal(stage_account(&s, 1)->position, 5);
  skip_events(&s);
  stage_close(&s);
}

static void a_direct_desk_is_exposed_by_what_rests(void **state) {
  (void)state;
  stage s;
  begin(&s);
  hft_order_id id = stage_send(&s, 1, HFT_BID, HFT_GTC, 9990, 10);
  run_on(&s, LATENCY);
  stage_send(&s, 1, HFT_BID, HFT_GTC, 9989, 3);
  (void)hft_desk_replace(&s.desk[1], id, 9991, 20);
  expect_exposed(&s, 23, 0);
  s.desk[1].direct = true;
  expect_exposed(&s, 10, 0);
  s.desk[1].direct = false;
  skip_events(&s);
  stage_close(&s);
}

static void other_instruments_are_apart(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {instruments: 2, fundamental: constant}\n"
      "exchange_config: {latency_us: 100}",
      1);
  hft_desk here = hft_market_desk(w.model, w.market, w.seat), there = hft_desk_at(&here, 1);
  hft_desk_submit(&there, &(hft_order){HFT_BID, HFT_GTC, 9990, 1});
  hft_desk_submit(&here, &(hft_order){HFT_BID, HFT_IOC, 9990, 2});
  assert_int_equal(hft_desk_exposed(&here, HFT_BID), 2);
  assert_int_equal(hft_desk_exposed(&there, HFT_BID), 1);
  world_free(&w);
}

static void latencies_of_a_desk(void **state) {
  (void)state;
  static const struct {
    const char *yaml;
    hft_time fixed, bound;
  } cases[] = {
      {"", 0, 0},
      {"exchange_config: {latency_us: 100}", 100000, 100000},
      {"exchange_config: {latency_us: 100, latency_jitter_us: 20.5}", 100000, 305000},
      {"exchange_config: {latency_jitter_us: 3}", 0, 30000},
      {"exchange_config: {latency_us: 1e9, latency_jitter_us: 1e9}", 1000000 * HFT_MILLISECOND,
       11000000 * HFT_MILLISECOND},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    world w = world_create(cases[i].yaml, 1);
    hft_desk desk = hft_market_desk(w.model, w.market, w.seat);
    assert_int_equal(hft_desk_latency(&desk), cases[i].fixed);
    assert_int_equal(hft_desk_latency_bound(&desk), cases[i].bound);
    desk.direct = true;
    assert_int_equal(hft_desk_latency(&desk), 0);
    assert_int_equal(hft_desk_latency_bound(&desk), 0);
    world_free(&w);
  }
}

// ---- against all that could happen -------------------------------------------------------------

static void *fork_market(const stage *s) {
  size_t size = hft_align(hft_market_size(s->w.model));
  void *copy = aligned_alloc(HFT_CACHE_LINE, size);
  assert_non_null(copy);
  memcpy(copy, s->w.market, hft_market_size(s->w.model));
  return copy;
}

// Lots bought from now on where all that shows is sold at the end of each step of a set of them.
static int64_t bought_if(const stage *s, uint32_t steps) {
  hft_market *fork = fork_market(s);
  const hft_desk seller = hft_market_desk(s->w.model, fork, 0);
  const hft_desk buyer = hft_market_desk(s->w.model, fork, 1);
  int64_t before = hft_desk_account(&buyer)->position;
  hft_time now = hft_market_now(fork);
  for (int step = 0; step <= 2 + LATENCY / STEP; step++) {
    hft_market_run(s->w.model, fork, now + step * STEP, NULL);
    if ((steps >> step & 1) == 0) continue;
    hft_desk_submit(&seller, &(hft_order){HFT_ASK, HFT_IOC, HFT_PRICE_MARKET, STAGE_QTY_MAX, 0});
  }
  int64_t bought = hft_desk_account(&buyer)->position - before;
  free(fork);
  return bought;
}

// The most over all sets of steps.
static int64_t most_bought(const stage *s) {
  int64_t most = 0;
  for (uint32_t steps = 0; steps < 1u << (3 + LATENCY / STEP); steps++) {
    int64_t bought = bought_if(s, steps);
    if (bought > most) most = bought;
  }
  return most;
}

// One order and requests about it, one at most in a step, so that a seller may come between any two
// arrivals. What is exposed is the most that can be bought.
static void exposure_is_the_most_that_can_trade(void **state) {
  (void)state;
  hft_rng rng = hft_rng_seed(11, 3);
  int several = 0;
  for (int trial = 0; trial < TRIALS; trial++) {
    stage s;
    begin(&s);
    const hft_desk *desk = &s.desk[1];
    hft_qty qty = 2 + (hft_qty)hft_bounded(&rng, 20);
    hft_order_id id = hft_bounded(&rng, 2) ? stage_send_iceberg(&s, 1, HFT_BID, 9990, qty, 1)
                                           : stage_send(&s, 1, HFT_BID, HFT_GTC, 9990, qty);
    for (uint32_t k = hft_bounded(&rng, REQUESTS); k > 0; k--) {
      run_on(&s, STEP);
      uint32_t kind = hft_bounded(&rng, 6);
      hft_qty lots = 1 + (hft_qty)hft_bounded(&rng, 20);
      hft_price price = 9980 + (hft_price)hft_bounded(&rng, 15);
      if (kind <= 2) {
        hft_order_id now = hft_desk_replace(desk, id, price, lots);
        if (now.number != 0) id = now;
      } else if (kind == 3) {
        (void)hft_desk_reduce(desk, id, lots);
      } else if (kind == 4 && k == 1) {
        (void)hft_desk_cancel(desk, id);
      } else {
        stage_send(&s, 0, HFT_ASK, HFT_IOC, HFT_PRICE_MARKET, lots);
      }
    }
    int64_t most = most_bought(&s);
    assert_int_equal(hft_desk_exposed(desk, HFT_BID), most);
    several += most > 0 && hft_market_mailbox(s.w.model, s.w.market, 0)->count > 1;
    skip_events(&s);
    stage_close(&s);
  }
  assert_true(several > TRIALS / 10);
}

// A replacement trades what was wanted at most, counted from its sending, whatever trades on the
// way.
static void a_replacement_trades_what_was_wanted_at_most(void **state) {
  (void)state;
  for (hft_qty wanted = 1; wanted <= 14; wanted++) {
    for (hft_qty meanwhile = 0; meanwhile <= 10; meanwhile++) {
      for (hft_qty display = 0; display <= 3; display += 3) {
        stage s;
        begin(&s);
        hft_order_id a = stage_send_iceberg(&s, 1, HFT_BID, 9990, 10, display);
        run_on(&s, LATENCY);
        (void)hft_desk_replace(&s.desk[1], a, 9991, wanted);
        if (meanwhile > 0) stage_send(&s, 0, HFT_ASK, HFT_IOC, 9990, meanwhile);
        run_on(&s, LATENCY);
        int64_t left = wanted > meanwhile && meanwhile < 10 ? wanted - meanwhile : 0;
        expect_exposed(&s, left, 0);
        assert_int_equal(hft_desk_open_count(&s.desk[1]), left > 0);
        assert_int_equal(stage_level(&s, 9990).qty, 0);
        stage_send(&s, 0, HFT_ASK, HFT_IOC, HFT_PRICE_MARKET, 100);
        assert_int_equal(stage_account(&s, 1)->position, meanwhile + left);
        skip_events(&s);
        stage_close(&s);
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exposure_by_hand),
      cmocka_unit_test(a_direct_desk_is_exposed_by_what_rests),
      cmocka_unit_test(other_instruments_are_apart),
      cmocka_unit_test(latencies_of_a_desk),
      cmocka_unit_test(exposure_is_the_most_that_can_trade),
      cmocka_unit_test(a_replacement_trades_what_was_wanted_at_most),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
