// Options of call auctions: a collar around the auction's price, and a random end.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/market/stage.h"
#include "tests/support/statistics.h"

#define NOBODY HFT_OWNER_NONE
#define OPENING (60 * HFT_SECOND)

// A collar of 10 ticks around 10000.
static void open_collar(stage *s, const char *rules) {
  char yaml[256];
  snprintf(yaml, sizeof yaml,
           "exchange_config: {opening_auction_s: 60, auction_publish_s: 3600, "
           "auction_collar_bps: 10%s}",
           rules);
  stage_open_with(s, yaml);
}

static void expect_imbalance(stage *s, hft_price price, hft_qty qty, hft_qty surplus,
                             hft_side side) {
  const hft_event *event = stage_expect(s, HFT_EVENT_IMBALANCE, NOBODY, price, qty);
  assert_int_equal(event->left, surplus);
  assert_int_equal(event->side, side);
}

static void expect_expired(stage *s, int who, hft_price price, hft_qty qty) {
  const hft_event *event = stage_expect(s, HFT_EVENT_EXPIRE, who, price, qty);
  assert_int_equal(event->reason, HFT_REASON_COLLAR);
}

static void expect_continuous(stage *s) {
  assert_int_equal(stage_expect(s, HFT_EVENT_PHASE, NOBODY, 0, 0)->reason, HFT_REASON_CONTINUOUS);
}

// Without the collar the price would be 10030. What is left beyond it expires, on the side that
// pushes; what rests beyond it on the other side stays.
static void a_collar_holds_the_price(void **state) {
  (void)state;
  stage s;
  open_collar(&s, "");
  stage_rest(&s, 0, HFT_BID, 10030, 10);
  stage_rest(&s, 1, HFT_ASK, 9990, 4);
  stage_rest(&s, 1, HFT_ASK, 10025, 9);
  hft_order_id low = stage_rest(&s, 2, HFT_BID, 9970, 7);
  stage_run(&s, OPENING);
  expect_imbalance(&s, 10010, 4, 6, HFT_BID);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10010, .qty = 4, .left = 6);
  expect_expired(&s, 0, 10030, 6);
  expect_continuous(&s);
  assert_true(stage_is_live(&s, 2, low));
  assert_int_equal(stage_level(&s, 10025).qty, 9);
  assert_int_equal(hft_desk_open_count(&s.desk[0]), 0);
  stage_close(&s);
}

// All that crosses is beyond the collar: nothing trades, and the book is not left crossed.
static void nothing_trades_beyond_it(void **state) {
  (void)state;
  stage s;
  open_collar(&s, "");
  hft_order_id berg = stage_send_iceberg(&s, 0, HFT_BID, 10030, 10, 3);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10030, 3);
  stage_rest(&s, 1, HFT_ASK, 10025, 9);
  stage_rest(&s, 1, HFT_ASK, 9980, 2);
  assert_true(hft_desk_cancel(&s.desk[1], hft_desk_open(&s.desk[1], 1)));
  stage_expect_cancel(&s, 1, 9980, 2, HFT_REASON_REQUESTED);
  stage_run(&s, OPENING);
  expect_imbalance(&s, 0, 0, 0, HFT_SIDE_NONE);
  expect_expired(&s, 0, 10030, 10);  // with what it hides
  expect_continuous(&s);
  assert_false(stage_is_live(&s, 0, berg));
  assert_int_equal(stage_level(&s, 10025).qty, 9);
  assert_int_equal(hft_desk_mid2(&s.desk[0]), 20000);
  stage_close(&s);
}

// Market orders trade within it, too.
static void market_orders_meet_within_it(void **state) {
  (void)state;
  stage s;
  open_collar(&s, "");
  stage_send(&s, 0, HFT_ASK, HFT_IOC, HFT_PRICE_MARKET, 5);
  stage_expect(&s, HFT_EVENT_ADD, 0, HFT_PRICE_MARKET, 5);
  stage_rest(&s, 1, HFT_BID, 9950, 8);
  stage_rest(&s, 1, HFT_BID, 9992, 3);
  stage_run(&s, OPENING);
  expect_imbalance(&s, 9990, 3, 2, HFT_ASK);  // as low as sellers may push it
  stage_expect_trade(&s, .maker = 1, .taker = 0, .price = 9990, .qty = 3);
  const hft_event *event = stage_expect(&s, HFT_EVENT_EXPIRE, 0, HFT_PRICE_MARKET, 2);
  assert_int_equal(event->reason, HFT_REASON_NONE);
  expect_continuous(&s);
  stage_close(&s);
}

// ---- random ends -------------------------------------------------------------------------------

static world open_random(const char *rules) {
  char yaml[320];
  snprintf(yaml, sizeof yaml,
           "market_config: {fundamental: constant, duration_s: 1000}\n"
           "exchange_config: {opening_auction_s: 60, closing_auction_s: 60, auction_publish_s: 3600"
           "%s}",
           rules);
  return world_create(yaml, 1);
}

// The times at which a phase begins.
static int phase_times(const world *w, uint64_t seed, hft_time *times) {
  event_record record = {0};
  hft_sink sink = event_record_sink(&record);
  hft_market_reset(w->model, w->market, seed, 0, &sink);
  hft_market_run(w->model, w->market, 1000 * HFT_SECOND, &sink);
  int count = 0;
  for (size_t i = 0; i < record.count; i++) {
    if (record.events[i].kind != HFT_EVENT_PHASE) continue;
    assert_true(count < 8);
    times[count++] = record.events[i].time;
  }
  event_record_free(&record);
  return count;
}

static void ends_are_uniform(void **state) {
  (void)state;
  enum { SEEDS = 4000 };
  static double opening[SEEDS], closing[SEEDS];
  world w = open_random(", auction_random_s: 30");
  double product = 0;
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    hft_time times[8], again[8];
    assert_int_equal(phase_times(&w, seed, times), 4);  // opening, continuous, closing, closed
    assert_int_equal(times[0], 0);
    assert_int_equal(times[2], 940 * HFT_SECOND);
    opening[seed] = (double)(60 * HFT_SECOND - times[1]) / (double)(30 * HFT_SECOND);
    closing[seed] = (double)(1000 * HFT_SECOND - times[3]) / (double)(30 * HFT_SECOND);
    product += (opening[seed] - 0.5) * (closing[seed] - 0.5);
    if (seed > 20) continue;
    assert_int_equal(phase_times(&w, seed, again), 4);
    assert_memory_equal(times, again, 4 * sizeof *times);
  }
  expect_near("product", product / SEEDS, 0, 1 / (12 * sqrt((double)SEEDS)));
  expect_uniform("ends of the opening", opening, SEEDS);
  expect_uniform("ends of the closing", closing, SEEDS);
  world_free(&w);
}

// Each instrument has a stream of its own; a copy of a market goes on as the market does.
static void random_ends_are_drawn_for_each_instrument(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {instruments: 2, fundamental: constant, duration_s: 1000}\n"
      "exchange_config: {opening_auction_s: 60, closing_auction_s: 60, auction_random_s: 60}",
      1);
  int apart = 0;
  for (uint64_t seed = 0; seed < 50; seed++) {
    hft_market_reset(w.model, w.market, seed, 0, NULL);
    size_t size = hft_align(hft_market_size(w.model));
    hft_market *fork = aligned_alloc(HFT_CACHE_LINE, size);
    assert_non_null(fork);
    memcpy(fork, w.market, hft_market_size(w.model));
    for (hft_time now = 0; now <= 1000 * HFT_SECOND; now += HFT_SECOND) {
      hft_market_run(w.model, w.market, now, NULL);
      apart += hft_market_phase(w.model, w.market, 0) != hft_market_phase(w.model, w.market, 1);
    }
    hft_market_run(w.model, fork, 1000 * HFT_SECOND, NULL);
    assert_true(hft_market_hash(w.model, fork) == hft_market_hash(w.model, w.market));
    free(fork);
  }
  assert_true(apart > 50 * 10);
  world_free(&w);
}

// A halt that would last into the closing call goes over into it at its time.
static void a_halt_into_the_close_is_not_cut(void **state) {
  (void)state;
  for (int random = 0; random < 2; random++) {
    char rules[96];
    snprintf(rules, sizeof rules, ", halt_band_bps: 10, halt_s: 60%s",
             random ? ", auction_random_s: 60" : "");
    world w = open_random(rules);
    hft_desk desk = hft_market_desk(w.model, w.market, w.seat);
    hft_market_run(w.model, w.market, 900 * HFT_SECOND, NULL);
    hft_desk_submit(&desk, &(hft_order){HFT_ASK, HFT_GTC, 10030, 1, 0});
    hft_desk_submit(&desk, &(hft_order){HFT_BID, HFT_IOC, 10030, 1, 0});
    assert_int_equal(hft_desk_phase(&desk), HFT_PHASE_HALTED);
    hft_market_run(w.model, w.market, 940 * HFT_SECOND - 1, NULL);
    assert_int_equal(hft_desk_phase(&desk), HFT_PHASE_HALTED);
    hft_market_run(w.model, w.market, 940 * HFT_SECOND, NULL);
    assert_int_equal(hft_desk_phase(&desk), HFT_PHASE_CLOSING);
    world_free(&w);
  }
}

static void a_call_holds_its_random_time(void **state) {
  (void)state;
  static const struct {
    const char *rules, *key;
  } cases[] = {
      {"opening_auction_s: 20, auction_random_s: 20.5", "opening_auction_s is 20"},
      {"closing_auction_s: 20, auction_random_s: 20.5", "closing_auction_s is 20"},
      {"halt_band_bps: 5, halt_s: 20, auction_random_s: 20.5", "halt_s is 20"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char yaml[128];
    snprintf(yaml, sizeof yaml, "exchange_config: {%s}", cases[i].rules);
    world_expect_refused(yaml, NULL, 0, "exchange_config.auction_random_s", cases[i].key);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_collar_holds_the_price),
      cmocka_unit_test(nothing_trades_beyond_it),
      cmocka_unit_test(market_orders_meet_within_it),
      cmocka_unit_test(ends_are_uniform),
      cmocka_unit_test(random_ends_are_drawn_for_each_instrument),
      cmocka_unit_test(a_halt_into_the_close_is_not_cut),
      cmocka_unit_test(a_call_holds_its_random_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
