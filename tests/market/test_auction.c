// Call auctions, event by event: which orders are collected, the price at which they trade, and
// what happens to the remainder.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/market/stage.h"

#define OPENING (60 * HFT_SECOND)
#define CLOSES (23400 * HFT_SECOND)
#define NOBODY HFT_OWNER_NONE

// In the opening call, which publishes only at its beginning and end.
static void open_auction(stage *s, const char *rules) {
  char yaml[256];
  snprintf(yaml, sizeof yaml, "exchange_config: {opening_auction_s: 60, auction_publish_s: 3600%s}",
           rules);
  stage_open_with(s, yaml);
  assert_int_equal(hft_desk_phase(&s->desk[0]), HFT_PHASE_OPENING);
}

// In continuous trading, until the closing call, which publishes as seldom.
static void open_before_close(stage *s) {
  stage_open_with(s, "exchange_config: {closing_auction_s: 60, auction_publish_s: 3600}");
}

static void expect_phase(stage *s, hft_phase phase) {
  const hft_event *event = stage_expect(s, HFT_EVENT_PHASE, NOBODY, 0, 0);
  assert_int_equal(event->reason, phase);
  assert_int_equal(event->taker_owner, NOBODY);
  assert_true(stage_is_null(event->order) && stage_is_null(event->taker));
}

// surplus: of bids, negative: of asks.
static void expect_imbalance(stage *s, hft_price price, hft_qty qty, hft_qty surplus) {
  const hft_event *event = stage_expect(s, HFT_EVENT_IMBALANCE, NOBODY, price, qty);
  assert_int_equal(event->left, abs(surplus));
  assert_int_equal(event->side, surplus == 0 ? HFT_SIDE_NONE : surplus > 0 ? HFT_BID : HFT_ASK);
}

// The call goes on to its end and trades, by what it publishes, so much.
static void run_to_auction(stage *s, hft_time end, hft_price price, hft_qty qty, hft_qty surplus) {
  stage_run(s, end);
  expect_imbalance(s, price, qty, surplus);
}

// ---- the price -------------------------------------------------------------------------------

typedef struct rule_case {
  const char *rule;
  hft_order order[6];
  int count;
  hft_price price;
  hft_qty qty, surplus;
} rule_case;

static const rule_case rule_cases[] = {
    {"most lots",
     {{HFT_BID, HFT_GTC, 10010, 5},
      {HFT_BID, HFT_GTC, 10004, 20},
      {HFT_ASK, HFT_GTC, 9990, 5},
      {HFT_ASK, HFT_GTC, 10003, 9}},
     4,
     10004,
     14,
     11},
    {"least surplus",
     {{HFT_BID, HFT_GTC, 10010, 10}, {HFT_ASK, HFT_GTC, 9990, 10}, {HFT_BID, HFT_GTC, 10003, 4}},
     3,
     10004,
     10,
     0},
    {"nearest to the mid, from above",
     {{HFT_BID, HFT_GTC, 10010, 10}, {HFT_ASK, HFT_GTC, 10005, 10}},
     2,
     10005,
     10,
     0},
    {"nearest to the mid, from below",
     {{HFT_BID, HFT_GTC, 9998, 10}, {HFT_ASK, HFT_GTC, 9990, 10}},
     2,
     9998,
     10,
     0},
    {"the mid itself, where nobody has an order",
     {{HFT_BID, HFT_GTC, 10007, 10}, {HFT_ASK, HFT_GTC, 9990, 10}},
     2,
     10000,
     10,
     0},
    {"market orders alone",
     {{HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 10}, {HFT_ASK, HFT_IOC, HFT_PRICE_MARKET, 7}},
     2,
     10000,
     7,
     3},
    {"nothing crosses", {{HFT_BID, HFT_GTC, 9999, 10}, {HFT_ASK, HFT_GTC, 10000, 7}}, 2, 0, 0, 0},
    {"market orders to buy, alone", {{HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 10}}, 1, 0, 0, 10},
    {"market orders to sell, beside a limit",
     {{HFT_ASK, HFT_IOC, HFT_PRICE_MARKET, 10}, {HFT_ASK, HFT_GTC, 9990, 4}},
     2,
     0,
     0,
     -10},
    {"limits alone", {{HFT_BID, HFT_GTC, 10010, 10}}, 1, 0, 0, 0},
    {"buyers push it up",
     {{HFT_BID, HFT_GTC, 10010, 100}, {HFT_ASK, HFT_GTC, 9990, 50}},
     2,
     10010,
     50,
     50},
    {"sellers push it down",
     {{HFT_BID, HFT_GTC, 10010, 50}, {HFT_ASK, HFT_GTC, 9990, 100}},
     2,
     9990,
     50,
     -50},
    {"market orders push it to the mid, beyond all limits",
     {{HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 100}, {HFT_ASK, HFT_GTC, 9990, 50}},
     2,
     10000,
     50,
     50},
    {"market orders push it to the last limit, beyond the mid",
     {{HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 100}, {HFT_ASK, HFT_GTC, 10020, 50}},
     2,
     10020,
     50,
     50},
    {"buyers push up, sellers down: the mid decides between two",
     {{HFT_BID, HFT_GTC, 10004, 10},
      {HFT_ASK, HFT_GTC, 9995, 10},
      {HFT_BID, HFT_GTC, 10002, 10},
      {HFT_ASK, HFT_GTC, 10003, 10}},
     4,
     10002,
     10,
     10},
};

static void the_price_follows_the_rules(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rule_cases / sizeof rule_cases[0]; i++) {
    const rule_case *c = &rule_cases[i];
    stage s;
    open_auction(&s, "");
    for (int k = 0; k < c->count; k++) {
      assert_false(stage_is_null(hft_desk_submit(&s.desk[k % 2], &c->order[k])));
      s.read++;
    }
    run_to_auction(&s, OPENING, c->price, c->qty, c->surplus);
    assert_int_equal(stage_account(&s, 0)->bought + stage_account(&s, 1)->bought, c->qty);
    s.read = s.record.count;
    stage_close(&s);
  }
}

// The mid is 10000.5: 10000 and 10001 are as near, and the lower one is it.
static void of_two_equally_near_prices_the_lower_wins(void **state) {
  (void)state;
  stage s;
  open_before_close(&s);
  hft_order_id bid = stage_rest(&s, 0, HFT_BID, 10000, 1);
  hft_order_id ask = stage_rest(&s, 0, HFT_ASK, 10001, 1);
  assert_true(hft_desk_cancel(&s.desk[0], bid) && hft_desk_cancel(&s.desk[0], ask));
  stage_run(&s, CLOSES - 1);
  assert_int_equal(hft_desk_mid2(&s.desk[0]), 20001);
  stage_send(&s, 1, HFT_BID, HFT_GTC, 10004, 3);
  stage_send(&s, 2, HFT_ASK, HFT_GTC, 9990, 3);
  s.read = s.record.count;
  run_to_auction(&s, CLOSES, 10000, 3, 0);
  stage_expect_auction_trade(&s, .maker = 1, .taker = 2, .price = 10000, .qty = 3);
  expect_phase(&s, HFT_PHASE_CLOSED);
  stage_close(&s);
}

// Market orders trade before any limit, whenever they came; among each other the first comes first.
static void market_orders_come_first(void **state) {
  (void)state;
  for (int side = 0; side < 2; side++) {
    stage s;
    open_auction(&s, "");
    hft_side one = (hft_side)side, other = hft_side_other(one);
    hft_price end = one == HFT_BID ? STAGE_HIGH : STAGE_LOW;
    stage_rest(&s, 0, one, end, 10);
    hft_order_id first = stage_send(&s, 1, one, HFT_IOC, HFT_PRICE_MARKET, 3);
    stage_expect(&s, HFT_EVENT_ADD, 1, HFT_PRICE_MARKET, 3);
    hft_order_id second = stage_send(&s, 2, one, HFT_IOC, HFT_PRICE_MARKET, 4);
    stage_expect(&s, HFT_EVENT_ADD, 2, HFT_PRICE_MARKET, 4);
    assert_int_equal(hft_desk_queue_ahead(&s.desk[1], first), 0);
    assert_int_equal(hft_desk_queue_ahead(&s.desk[2], second), 3);
    hft_order known;
    assert_true(hft_desk_order(&s.desk[1], first, &known));
    assert_int_equal(known.price, HFT_PRICE_MARKET);
    assert_int_equal(known.side, one);
    // Made smaller at its price it keeps its place; given a limit it is a limit order.
    assert_true(stage_is_same(hft_desk_replace(&s.desk[1], first, HFT_PRICE_MARKET, 2), first));
    assert_int_equal(stage_expect(&s, HFT_EVENT_REDUCE, 1, HFT_PRICE_MARKET, 1)->left, 2);
    stage_rest(&s, 1, other, 10000, 5);
    stage_run(&s, OPENING);
    const hft_event *event = stage_expect(&s, HFT_EVENT_IMBALANCE, NOBODY, end, 5);
    assert_int_equal(event->left, 11);
    int bidder[3] = {1, 2}, asker = 1;
    for (int k = 0; k < 2; k++) {
      hft_qty qty = k == 0 ? 2 : 3;
      event = stage_expect(&s, HFT_EVENT_TRADE, one == HFT_BID ? bidder[k] : asker, end, qty);
      assert_int_equal(event->taker_owner, one == HFT_BID ? asker : bidder[k]);
    }
    stage_expect(&s, HFT_EVENT_EXPIRE, 2, HFT_PRICE_MARKET, 1);
    expect_phase(&s, HFT_PHASE_CONTINUOUS);
    stage_close(&s);
  }
}

// ---- in a call -------------------------------------------------------------------------------

static void an_auction_collects_and_publishes_no_book(void **state) {
  (void)state;
  stage s;
  open_auction(&s, "");
  hft_order_id bid = stage_rest(&s, 0, HFT_BID, 10005, 5);
  hft_order_id ask = stage_rest(&s, 1, HFT_ASK, 9995, 3);
  hft_order_id post = stage_send(&s, 2, HFT_ASK, HFT_POST_ONLY, 9995, 2);
  stage_expect(&s, HFT_EVENT_ADD, 2, 9995, 2);
  hft_order_id slide = stage_send(&s, 2, HFT_BID, HFT_POST_SLIDE, 10005, 1);
  stage_expect(&s, HFT_EVENT_ADD, 2, 10005, 1);
  assert_int_equal(stage_book(&s)->live, 0);
  assert_int_equal(hft_desk_mid2(&s.desk[0]), 20000);
  assert_true(stage_is_live(&s, 0, bid) && stage_is_live(&s, 1, ask));
  assert_int_equal(hft_desk_queue_ahead(&s.desk[2], post), 3);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[2], slide), 5);
  assert_int_equal(hft_desk_open_count(&s.desk[2]), 2);
  hft_order known;
  assert_true(hft_desk_order(&s.desk[2], slide, &known));
  assert_int_equal(known.side, HFT_BID);
  stage_run(&s, OPENING - 1);
  stage_expect_quiet(&s);
  run_to_auction(&s, OPENING, 10005, 5, 1);
  stage_expect_auction_trade(&s, .maker = 0, .taker = 1, .price = 10005, .qty = 3, .left = 2);
  stage_expect_auction_trade(&s, .maker = 0, .taker = 2, .price = 10005, .qty = 2);
  expect_phase(&s, HFT_PHASE_CONTINUOUS);
  assert_int_equal(hft_desk_phase(&s.desk[0]), HFT_PHASE_CONTINUOUS);
  assert_int_equal(stage_level(&s, 10005).qty, 1);
  assert_true(stage_is_live(&s, 2, slide));
  stage_send(&s, 1, HFT_ASK, HFT_IOC, 10005, 1);  // trading goes on
  stage_expect_trade(&s, .maker = 2, .taker = 1, .price = 10005, .qty = 1);
  stage_close(&s);
}

static void immediate_orders_wait_and_expire(void **state) {
  (void)state;
  stage s;
  open_auction(&s, "");
  stage_expect_refused(&s, 0, HFT_BID, HFT_FOK, 10005, 1, HFT_REASON_NOT_FILLABLE);
  stage_expect_refused(&s, 0, HFT_BID, HFT_FOK, HFT_PRICE_MARKET, 1, HFT_REASON_NOT_FILLABLE);
  stage_rest(&s, 1, HFT_ASK, 10002, 4);
  // An IOC order has no hidden part, in a call either.
  hft_order_id ioc = hft_desk_submit(&s.desk[0], &(hft_order){HFT_BID, HFT_IOC, 10003, 9, 2});
  stage_expect(&s, HFT_EVENT_ADD, 0, 10003, 9);
  hft_order_id market = stage_send(&s, 2, HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 1);
  stage_expect(&s, HFT_EVENT_ADD, 2, HFT_PRICE_MARKET, 1);
  hft_order_id low = stage_send(&s, 2, HFT_ASK, HFT_IOC, 10040, 2);
  stage_expect(&s, HFT_EVENT_ADD, 2, 10040, 2);
  assert_true(stage_is_live(&s, 0, ioc) && stage_is_live(&s, 2, market));
  run_to_auction(&s, OPENING, 10003, 4, 6);
  stage_expect_auction_trade(&s, .maker = 2, .taker = 1, .price = 10003, .qty = 1);
  stage_expect_auction_trade(&s, .maker = 0, .taker = 1, .price = 10003, .qty = 3, .left = 6);
  const hft_event *event = stage_expect(&s, HFT_EVENT_EXPIRE, 0, 10003, 6);
  assert_memory_equal(&event->order, &ioc, sizeof ioc);
  event = stage_expect(&s, HFT_EVENT_EXPIRE, 2, 10040, 2);
  assert_memory_equal(&event->order, &low, sizeof low);
  expect_phase(&s, HFT_PHASE_CONTINUOUS);
  for (int i = 0; i < 3; i++) assert_int_equal(hft_desk_open_count(&s.desk[i]), 0);
  stage_close(&s);
}

static void immediate_orders_need_room(void **state) {
  (void)state;
  stage s;
  open_auction(&s, "");
  for (int i = 0; i < WORLD_SEAT_ORDERS; i++) stage_rest(&s, 0, HFT_BID, 9990 + i, 1);
  stage_expect_refused(&s, 0, HFT_ASK, HFT_IOC, 10005, 1, HFT_REASON_OPEN_ORDERS);
  stage_expect_refused(&s, 0, HFT_ASK, HFT_IOC, HFT_PRICE_MARKET, 1, HFT_REASON_OPEN_ORDERS);
  stage_close(&s);
}

static void orders_in_a_call_can_be_changed(void **state) {
  (void)state;
  stage s;
  open_auction(&s, "");
  hft_order_id first = stage_rest(&s, 0, HFT_BID, 10005, 5);
  hft_order_id second = stage_rest(&s, 1, HFT_BID, 10005, 5);
  hft_order_id gone = stage_rest(&s, 0, HFT_BID, 10006, 5);
  stage_rest(&s, 2, HFT_ASK, 9995, 6);
  assert_true(hft_desk_cancel(&s.desk[0], gone));
  stage_expect_cancel(&s, 0, 10006, 5, HFT_REASON_REQUESTED);
  assert_true(hft_desk_reduce(&s.desk[1], second, 2));
  stage_expect(&s, HFT_EVENT_REDUCE, 1, 10005, 2);
  assert_true(stage_is_same(hft_desk_replace(&s.desk[1], second, 10005, 2), second));
  stage_expect(&s, HFT_EVENT_REDUCE, 1, 10005, 1);
  hft_order_id larger = hft_desk_replace(&s.desk[0], first, 10005, 6);  // loses its place
  stage_expect_cancel(&s, 0, 10005, 5, HFT_REASON_REPLACED);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10005, 6);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[0], larger), 2);
  // Not outside the window, and then it stays.
  assert_true(stage_is_same(hft_desk_replace(&s.desk[0], larger, STAGE_HIGH + 1, 6), larger));
  stage_expect_reject(&s, 0, HFT_REASON_PRICE_WINDOW);
  assert_false(hft_desk_cancel(&s.desk[0], gone));
  stage_expect_reject(&s, 0, HFT_REASON_STALE_ORDER);
  run_to_auction(&s, OPENING, 10005, 6, 2);
  stage_expect_auction_trade(&s, .maker = 1, .taker = 2, .price = 10005, .qty = 2);
  stage_expect_auction_trade(&s, .maker = 0, .taker = 2, .price = 10005, .qty = 4, .left = 2);
  expect_phase(&s, HFT_PHASE_CONTINUOUS);
  assert_int_equal(stage_qty(&s, 0, larger), 2);
  assert_true(hft_desk_cancel_all(&s.desk[0]) == 1);
  stage_expect_cancel(&s, 0, 10005, 2, HFT_REASON_REQUESTED);
  stage_close(&s);
}

// Limits count what rests in a call; a killed agent's orders leave it.
static void limits_hold_in_a_call(void **state) {
  (void)state;
  stage s;
  open_auction(&s, ", max_inventory: 10, self_trade: cancel_newest");
  stage_rest(&s, 0, HFT_BID, 10005, 6);
  stage_expect_refused(&s, 0, HFT_BID, HFT_GTC, 10005, 5, HFT_REASON_POSITION);
  stage_rest(&s, 0, HFT_ASK, 9995, 10);  // its own two meet: nobody takes
  run_to_auction(&s, OPENING, 9995, 6, -4);
  stage_expect_auction_trade(&s, .maker = 0, .taker = 0, .price = 9995, .qty = 6);
  expect_phase(&s, HFT_PHASE_CONTINUOUS);
  assert_int_equal(stage_account(&s, 0)->position, 0);
  assert_int_equal(stage_account(&s, 0)->maker_qty, 12);
  stage_close(&s);
}

static void requests_under_way_arrive_in_the_call(void **state) {
  (void)state;
  stage s;
  open_auction(&s, ", latency_us: 1000");
  hft_order_id bid = stage_send(&s, 0, HFT_BID, HFT_GTC, 10001, 5);
  stage_send(&s, 1, HFT_ASK, HFT_IOC, HFT_PRICE_MARKET, 7);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[0], bid), -1);
  stage_expect_quiet(&s);
  stage_run(&s, HFT_MILLISECOND);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 5);
  stage_expect(&s, HFT_EVENT_ADD, 1, HFT_PRICE_MARKET, 7);
  assert_true(stage_is_live(&s, 0, bid));
  hft_order_id ioc = hft_desk_open(&s.desk[1], 0);
  stage_run(&s, OPENING - HFT_MILLISECOND);
  assert_true(hft_desk_cancel(&s.desk[1], ioc));  // comes too late
  stage_run(&s, OPENING + HFT_MILLISECOND);
  expect_imbalance(&s, 10000, 5, -2);
  const hft_event *event = stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10000, .qty = 5);
  assert_int_equal(event->latency, HFT_MILLISECOND);
  assert_int_equal(event->taker_latency, HFT_MILLISECOND);
  assert_int_equal(event->rested, OPENING - HFT_MILLISECOND);
  stage_expect(&s, HFT_EVENT_EXPIRE, 1, HFT_PRICE_MARKET, 2);
  expect_phase(&s, HFT_PHASE_CONTINUOUS);
  stage_expect_reject(&s, 1, HFT_REASON_STALE_ORDER);
  stage_close(&s);
}

static void indications_come_regularly(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {opening_auction_s: 2, auction_publish_s: 0.5}");
  stage_rest(&s, 0, HFT_BID, 10003, 5);
  for (int i = 1; i <= 3; i++) {
    stage_run(&s, i * HFT_SECOND / 2 - 1);
    stage_expect_quiet(&s);
    stage_run(&s, i * HFT_SECOND / 2);
    expect_imbalance(&s, i > 1 ? 10001 : 0, i > 1 ? 5 : 0, i > 1 ? -i : 0);
    assert_int_equal(s.record.events[s.read - 1].time, i * HFT_SECOND / 2);
    hft_indication seen = hft_desk_indication(&s.desk[2]);
    assert_int_equal(seen.price, i > 1 ? 10001 : 0);
    stage_rest(&s, 1, HFT_ASK, 10001, i > 1 ? 1 : 7);
  }
  stage_run(&s, 2 * HFT_SECOND);
  expect_imbalance(&s, 10001, 5, -4);
  stage_expect_auction_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 5);
  expect_phase(&s, HFT_PHASE_CONTINUOUS);
  assert_int_equal(hft_desk_indication(&s.desk[2]).price, 0);
  assert_int_equal(hft_desk_indication(&s.desk[2]).side, HFT_SIDE_NONE);
  stage_close(&s);
}

// ---- icebergs, audit -------------------------------------------------------------------------

static void hidden_lots_come_after_those_that_show(void **state) {
  (void)state;
  stage s;
  open_auction(&s, "");
  hft_order_id iceberg = stage_send_iceberg(&s, 0, HFT_BID, 10005, 7, 2);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10005, 2);
  stage_rest(&s, 1, HFT_BID, 10005, 3);
  stage_rest(&s, 2, HFT_ASK, 9995, 8);
  run_to_auction(&s, OPENING, 10005, 8, 2);
  stage_expect_auction_trade(&s, .maker = 0, .taker = 2, .price = 10005, .qty = 2);
  assert_int_equal(stage_expect(&s, HFT_EVENT_ADD, 0, 10005, 2)->reason, HFT_REASON_REFRESHED);
  stage_expect_auction_trade(&s, .maker = 1, .taker = 2, .price = 10005, .qty = 3);
  stage_expect_auction_trade(&s, .maker = 0, .taker = 2, .price = 10005, .qty = 2);
  assert_int_equal(stage_expect(&s, HFT_EVENT_ADD, 0, 10005, 2)->reason, HFT_REASON_REFRESHED);
  stage_expect_auction_trade(&s, .maker = 0, .taker = 2, .price = 10005, .qty = 1, .left = 1);
  expect_phase(&s, HFT_PHASE_CONTINUOUS);
  assert_int_equal(stage_qty(&s, 0, iceberg), 2);
  assert_int_equal(stage_level(&s, 10005).qty, 1);
  stage_close(&s);
}

// The level of an iceberg is full when its next part should come to light: its hidden lots are
// refused, so less trades than was found. What then crosses, trades too: no book is left crossed.
static void a_full_level_leaves_no_crossed_book(void **state) {
  (void)state;
  stage s;
  open_before_close(&s);
  const hft_qty billion = STAGE_QTY_MAX, display = 100000000;
  stage_send_iceberg(&s, 0, HFT_BID, 10005, billion, display);
  stage_send(&s, 2, HFT_ASK, HFT_IOC, 10005, display - 1);
  const hft_qty fills_it[] = {billion, billion, INT32_MAX - 2 * billion - 1};
  for (int i = 0; i < 3; i++) stage_send(&s, 1, HFT_BID, HFT_GTC, 10005, fills_it[i]);
  assert_int_equal(stage_level(&s, 10005).qty, INT32_MAX);
  stage_send(&s, 1, HFT_BID, HFT_GTC, 10004, 5);
  stage_run(&s, CLOSES - 1);
  for (int i = 0; i < 3; i++) stage_send(&s, 2, HFT_ASK, HFT_GTC, i < 2 ? 10003 : 10002, billion);
  s.read = s.record.count;
  stage_run(&s, CLOSES);
  // Sizes beyond those of an event are told as the largest one.
  expect_imbalance(&s, 10005, INT32_MAX, 47483647);
  stage_expect_auction_trade(&s, .maker = 0, .taker = 2, .price = 10005, .qty = 1);
  const hft_event *event = stage_expect(&s, HFT_EVENT_REJECT, 0, 10005, billion - display);
  assert_int_equal(event->reason, HFT_REASON_LEVEL_FULL);
  s.read = s.record.count - 2;
  stage_expect_auction_trade(&s, .maker = 1, .taker = 2, .price = 10003, .qty = 5);
  expect_phase(&s, HFT_PHASE_CLOSED);
  assert_int_equal(stage_account(&s, 1)->bought, (int64_t)INT32_MAX - 1 + 5);
  assert_int_equal(hft_book_best_price(stage_book(&s), HFT_BID), 0);
  assert_int_equal(hft_book_best_price(stage_book(&s), HFT_ASK), 10003);
  stage_close(&s);
}

// ---- the end ---------------------------------------------------------------------------------

static void the_close_refuses_orders(void **state) {
  (void)state;
  stage s;
  open_before_close(&s);
  hft_order_id before = stage_rest(&s, 0, HFT_BID, 10000, 5);
  hft_order_id kept = stage_rest(&s, 1, HFT_ASK, 10004, 5);
  stage_run(&s, CLOSES - 60 * HFT_SECOND - 1);
  stage_expect_quiet(&s);
  stage_run(&s, CLOSES - 60 * HFT_SECOND);
  expect_phase(&s, HFT_PHASE_CLOSING);
  expect_imbalance(&s, 0, 0, 0);
  assert_int_equal(stage_book(&s)->live, 0);
  assert_int_equal(hft_desk_mid2(&s.desk[0]), 20004);
  hft_order_id sold = stage_rest(&s, 2, HFT_ASK, 9999, 2);
  run_to_auction(&s, CLOSES, 10000, 2, 3);
  stage_expect_auction_trade(&s, .maker = 0, .taker = 2, .price = 10000, .qty = 2, .left = 3);
  expect_phase(&s, HFT_PHASE_CLOSED);
  assert_false(stage_is_live(&s, 2, sold));
  assert_int_equal(hft_desk_mid2(&s.desk[0]), 20000);  // the mark: the auction's price
  const hft_tif tif[] = {HFT_GTC, HFT_IOC, HFT_POST_ONLY, HFT_FOK, HFT_POST_SLIDE};
  for (int i = 0; i < 5; i++) {
    stage_expect_refused(&s, 2, HFT_BID, tif[i], 10004, 1, HFT_REASON_CLOSED);
  }
  // A replacement is refused and the order stays; made smaller or cancelled it may be.
  assert_true(stage_is_same(hft_desk_replace(&s.desk[1], kept, 10003, 5), kept));
  stage_expect_reject(&s, 1, HFT_REASON_CLOSED);
  assert_true(stage_is_same(hft_desk_replace(&s.desk[1], kept, 10004, 4), kept));
  stage_expect(&s, HFT_EVENT_REDUCE, 1, 10004, 1);
  assert_true(hft_desk_reduce(&s.desk[1], kept, 1));
  stage_expect(&s, HFT_EVENT_REDUCE, 1, 10004, 1);
  assert_int_equal(stage_qty(&s, 1, kept), 3);
  assert_true(hft_desk_cancel(&s.desk[0], before));
  stage_expect_cancel(&s, 0, 10000, 3, HFT_REASON_REQUESTED);
  assert_int_equal(hft_desk_mid2(&s.desk[0]), 20000);
  stage_run(&s, 2 * CLOSES);
  assert_int_equal(hft_desk_phase(&s.desk[0]), HFT_PHASE_CLOSED);
  stage_close(&s);
}

// Opening and closing call fill the session: between them is no time.
static void calls_may_meet(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s,
                  "exchange_config: {opening_auction_s: 11700, closing_auction_s: 11700, "
                  "auction_publish_s: 86400}");
  stage_rest(&s, 0, HFT_BID, 10000, 5);
  stage_rest(&s, 1, HFT_ASK, 10000, 3);
  run_to_auction(&s, CLOSES, 10000, 3, 2);
  stage_expect_auction_trade(&s, .maker = 0, .taker = 1, .price = 10000, .qty = 3, .left = 2);
  expect_phase(&s, HFT_PHASE_CONTINUOUS);
  expect_phase(&s, HFT_PHASE_CLOSING);
  expect_imbalance(&s, 0, 0, 0);
  expect_imbalance(&s, 0, 0, 0);
  expect_phase(&s, HFT_PHASE_CLOSED);
  stage_close(&s);
}

static void a_session_may_be_one_call(void **state) {
  (void)state;
  const char *const calls[] = {"opening", "closing"};
  for (int i = 0; i < 2; i++) {
    char yaml[128];
    snprintf(yaml, sizeof yaml, "exchange_config: {%s_auction_s: 23400, auction_publish_s: 86400}",
             calls[i]);
    stage s;
    stage_open_with(&s, yaml);
    stage_rest(&s, 0, HFT_BID, 10000, 5);
    stage_rest(&s, 1, HFT_ASK, 10000, 5);
    run_to_auction(&s, CLOSES, 10000, 5, 0);
    stage_expect_auction_trade(&s, .maker = 0, .taker = 1, .price = 10000, .qty = 5);
    expect_phase(&s, i == 0 ? HFT_PHASE_CONTINUOUS : HFT_PHASE_CLOSED);
    stage_close(&s);
  }
}

static void calls_longer_than_the_session_are_refused(void **state) {
  (void)state;
  const char *yaml = "exchange_config: {opening_auction_s: 11700, closing_auction_s: 11700.5}";
  const char *where = "exchange_config.opening_auction_s";
  world_expect_refused(yaml, NULL, 0, where, "closing_auction_s 11700.5");
  world_expect_refused(yaml, NULL, 0, where, "duration_s is 23400");
}

// Without any of the keys there is no phase but one, and no event of one.
static void without_calls_trading_is_continuous(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  assert_int_equal(hft_desk_phase(&s.desk[0]), HFT_PHASE_CONTINUOUS);
  assert_int_equal(hft_market_phase(s.w.model, s.w.market, 0), HFT_PHASE_CONTINUOUS);
  assert_int_equal(hft_desk_indication(&s.desk[0]).price, 0);
  stage_run(&s, 2 * CLOSES);
  stage_rest(&s, 0, HFT_BID, 10000, 5);
  stage_close(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_price_follows_the_rules),
      cmocka_unit_test(of_two_equally_near_prices_the_lower_wins),
      cmocka_unit_test(market_orders_come_first),
      cmocka_unit_test(an_auction_collects_and_publishes_no_book),
      cmocka_unit_test(immediate_orders_wait_and_expire),
      cmocka_unit_test(immediate_orders_need_room),
      cmocka_unit_test(orders_in_a_call_can_be_changed),
      cmocka_unit_test(limits_hold_in_a_call),
      cmocka_unit_test(requests_under_way_arrive_in_the_call),
      cmocka_unit_test(indications_come_regularly),
      cmocka_unit_test(hidden_lots_come_after_those_that_show),
      cmocka_unit_test(a_full_level_leaves_no_crossed_book),
      cmocka_unit_test(the_close_refuses_orders),
      cmocka_unit_test(calls_may_meet),
      cmocka_unit_test(a_session_may_be_one_call),
      cmocka_unit_test(calls_longer_than_the_session_are_refused),
      cmocka_unit_test(without_calls_trading_is_continuous),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
