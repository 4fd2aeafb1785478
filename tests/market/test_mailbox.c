// What an agent with latency knows of its orders while its requests are under way, and that it
// proves right.
#include <stdio.h>

#include "sim/market/state.h"
#include "tests/market/stage.h"

#define LATENCY (100 * (HFT_MILLISECOND / 1000))

// A population (0) without latency, seats (1 to 3) with 100 us.
static void begin(stage *s) {
  stage_open_with(s, "exchange_config: {latency_us: 100}\npopulations: [{kind: seat}]");
}

// All that is under way arrives.
static void settle(stage *s) {
  stage_expect_quiet(s);
  stage_run(s, hft_market_now(s->w.market) + LATENCY);
}

static hft_order_id send(stage *s, hft_side side, hft_tif tif, hft_price price, hft_qty qty) {
  hft_order_id id = stage_send(s, 1, side, tif, price, qty);
  assert_int_not_equal(id.number, 0);
  return id;
}

// An order of seat 1 that rests.
static hft_order_id rest(stage *s, hft_side side, hft_price price, hft_qty qty) {
  hft_order_id id = send(s, side, HFT_GTC, price, qty);
  settle(s);
  assert_true(stage_is_same(stage_expect(s, HFT_EVENT_ADD, 1, price, qty)->order, id));
  return id;
}

// The agent knows the order as this.
static void expect_known(const stage *s, hft_order_id id, hft_side side, hft_price price,
                         hft_qty qty) {
  hft_order order;
  assert_true(hft_desk_order(&s->desk[1], id, &order));
  assert_int_equal(order.side, side);
  assert_int_equal(order.price, price);
  assert_int_equal(order.qty, qty);
}

// The agent has one order, which is this.
static void expect_open(const stage *s, hft_order_id id) {
  assert_int_equal(hft_desk_open_count(&s->desk[1]), 1);
  assert_true(stage_is_same(hft_desk_open(&s->desk[1], 0), id));
}

// Nothing can be done to it any more, and nothing is sent.
static void expect_gone(stage *s, hft_order_id id) {
  assert_false(stage_is_live(s, 1, id));
  assert_false(hft_desk_cancel(&s->desk[1], id));
  assert_false(hft_desk_reduce(&s->desk[1], id, 1));
  assert_true(stage_is_null(hft_desk_replace(&s->desk[1], id, 9970, 1)));
  stage_expect_quiet(s);
}

static void an_order_is_known_before_it_arrives(void **state) {
  (void)state;
  stage s;
  begin(&s);
  hft_order_id id = send(&s, HFT_BID, HFT_POST_ONLY, 9990, 5);
  expect_known(&s, id, HFT_BID, 9990, 5);
  expect_open(&s, id);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[1], id), -1);
  assert_int_equal(stage_level(&s, 9990).qty, 0);
  assert_int_equal(stage_account(&s, 1)->order_count, 0);
  assert_false(stage_is_live(&s, 2, id));
  stage_rest(&s, 0, HFT_BID, 9990, 3);
  settle(&s);
  assert_true(stage_is_same(stage_expect(&s, HFT_EVENT_ADD, 1, 9990, 5)->order, id));
  expect_known(&s, id, HFT_BID, 9990, 5);
  expect_open(&s, id);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[1], id), 3);
  assert_int_equal(stage_account(&s, 1)->order_count, 1);
  stage_close(&s);
}

static void a_cancel_is_sent_once(void **state) {
  (void)state;
  stage s;
  begin(&s);
  for (int early = 0; early < 2; early++) {  // of what rests; of what is under way itself
    hft_order_id id = early ? send(&s, HFT_BID, HFT_GTC, 9990, 5) : rest(&s, HFT_BID, 9990, 5);
    assert_true(hft_desk_cancel(&s.desk[1], id));
    expect_gone(&s, id);
    settle(&s);
    if (early) stage_expect(&s, HFT_EVENT_ADD, 1, 9990, 5);
    stage_expect_cancel(&s, 1, 9990, 5, HFT_REASON_REQUESTED);
    expect_gone(&s, id);
    assert_int_equal(hft_desk_open_count(&s.desk[1]), 0);
  }
  // It arrives between the order and its cancellation: it is leaving still.
  hft_order_id id = send(&s, HFT_BID, HFT_GTC, 9990, 5);
  stage_run(&s, hft_market_now(s.w.market) + LATENCY / 2);
  assert_true(hft_desk_cancel(&s.desk[1], id));
  stage_run(&s, hft_market_now(s.w.market) + LATENCY / 2);
  stage_expect(&s, HFT_EVENT_ADD, 1, 9990, 5);
  expect_gone(&s, id);
  settle(&s);
  stage_expect_cancel(&s, 1, 9990, 5, HFT_REASON_REQUESTED);
  stage_close(&s);
}

static void reductions_follow_the_order(void **state) {
  (void)state;
  stage s;
  begin(&s);
  hft_order_id id = send(&s, HFT_ASK, HFT_GTC, 10010, 9);
  assert_true(hft_desk_reduce(&s.desk[1], id, 2));
  assert_true(hft_desk_reduce(&s.desk[1], id, 3));
  expect_known(&s, id, HFT_ASK, 10010, 4);
  // To replace it by less at its price is to reduce it by the difference to what is known.
  assert_true(stage_is_same(hft_desk_replace(&s.desk[1], id, 10010, 3), id));
  assert_true(stage_is_same(hft_desk_replace(&s.desk[1], id, 10010, 3), id));  // nothing to do
  settle(&s);
  stage_expect(&s, HFT_EVENT_ADD, 1, 10010, 9);
  stage_expect(&s, HFT_EVENT_REDUCE, 1, 10010, 2);
  stage_expect(&s, HFT_EVENT_REDUCE, 1, 10010, 3);
  stage_expect(&s, HFT_EVENT_REDUCE, 1, 10010, 1);
  expect_known(&s, id, HFT_ASK, 10010, 3);
  assert_true(hft_desk_reduce(&s.desk[1], id, 3));
  settle(&s);
  stage_expect_cancel(&s, 1, 10010, 3, HFT_REASON_REQUESTED);
  expect_gone(&s, id);
  stage_close(&s);
}

static void replacements_follow_each_other(void **state) {
  (void)state;
  stage s;
  begin(&s);
  hft_order_id a = send(&s, HFT_BID, HFT_GTC, 9990, 5);
  hft_order_id b = hft_desk_replace(&s.desk[1], a, 9991, 4);
  expect_gone(&s, a);
  expect_known(&s, b, HFT_BID, 9991, 4);
  expect_open(&s, b);
  hft_order_id c = hft_desk_replace(&s.desk[1], b, 9992, 6);
  assert_true(hft_desk_reduce(&s.desk[1], c, 2));
  expect_gone(&s, b);
  expect_known(&s, c, HFT_BID, 9992, 4);
  expect_open(&s, c);
  settle(&s);
  stage_expect(&s, HFT_EVENT_ADD, 1, 9990, 5);
  stage_expect_cancel(&s, 1, 9990, 5, HFT_REASON_REPLACED);
  assert_true(stage_is_same(stage_expect(&s, HFT_EVENT_ADD, 1, 9991, 4)->order, b));
  stage_expect_cancel(&s, 1, 9991, 4, HFT_REASON_REPLACED);
  assert_true(stage_is_same(stage_expect(&s, HFT_EVENT_ADD, 1, 9992, 6)->order, c));
  stage_expect(&s, HFT_EVENT_REDUCE, 1, 9992, 2);
  expect_known(&s, c, HFT_BID, 9992, 4);
  expect_open(&s, c);
  // One that rests, replaced and then cancelled before the replacement arrives.
  hft_order_id d = hft_desk_replace(&s.desk[1], c, 9985, 4);
  expect_open(&s, d);
  assert_true(hft_desk_cancel(&s.desk[1], d));
  expect_gone(&s, c);
  expect_gone(&s, d);
  settle(&s);
  stage_expect_cancel(&s, 1, 9992, 4, HFT_REASON_REPLACED);
  stage_expect(&s, HFT_EVENT_ADD, 1, 9985, 4);
  stage_expect_cancel(&s, 1, 9985, 4, HFT_REASON_REQUESTED);
  assert_int_equal(hft_desk_open_count(&s.desk[1]), 0);
  stage_close(&s);
}

// What stands on a refused order is refused, too, and its place is free.
static void a_chain_of_replacements_breaks_at_its_start(void **state) {
  (void)state;
  stage s;
  begin(&s);
  stage_rest(&s, 0, HFT_ASK, 10001, 5);
  hft_order_id a = send(&s, HFT_BID, HFT_POST_ONLY, 10001, 5);
  hft_order_id b = hft_desk_replace(&s.desk[1], a, 9991, 4);
  assert_true(hft_desk_cancel(&s.desk[1], b));
  settle(&s);
  stage_expect_reject(&s, 1, HFT_REASON_WOULD_CROSS);
  stage_expect_reject(&s, 1, HFT_REASON_STALE_ORDER);
  stage_expect_reject(&s, 1, HFT_REASON_STALE_ORDER);
  assert_int_equal(hft_desk_open_count(&s.desk[1]), 0);
  // It trades whole before its replacement comes.
  a = send(&s, HFT_BID, HFT_GTC, 10001, 5);
  b = hft_desk_replace(&s.desk[1], a, 9991, 4);
  settle(&s);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 5);
  stage_expect_reject(&s, 1, HFT_REASON_STALE_ORDER);
  expect_gone(&s, b);
  assert_int_equal(hft_desk_open_count(&s.desk[1]), 0);
  for (int i = 0; i < WORLD_SEAT_ORDERS; i++) send(&s, HFT_BID, HFT_GTC, 9990, 1);
  settle(&s);
  for (int i = 0; i < WORLD_SEAT_ORDERS; i++) stage_expect(&s, HFT_EVENT_ADD, 1, 9990, 1);
  stage_close(&s);
}

// A replacement that could not be accepted leaves the order, which can be cancelled as before.
static void a_refused_replacement_leaves_the_order(void **state) {
  (void)state;
  stage s;
  begin(&s);
  hft_order_id a = rest(&s, HFT_BID, 9990, 5);
  hft_order_id b = hft_desk_replace(&s.desk[1], a, STAGE_HIGH + 1, 5);
  settle(&s);
  stage_expect_reject(&s, 1, HFT_REASON_PRICE_WINDOW);
  assert_false(stage_is_live(&s, 1, b));
  expect_known(&s, a, HFT_BID, 9990, 5);
  expect_open(&s, a);
  assert_true(hft_desk_cancel(&s.desk[1], a));
  settle(&s);
  stage_expect_cancel(&s, 1, 9990, 5, HFT_REASON_REQUESTED);
  stage_close(&s);
}

static void a_cancel_of_an_immediate_order_comes_too_late(void **state) {
  (void)state;
  stage s;
  begin(&s);
  hft_order_id id = send(&s, HFT_BID, HFT_IOC, 9990, 5);
  expect_known(&s, id, HFT_BID, 9990, 5);
  assert_true(hft_desk_cancel(&s.desk[1], id));
  expect_gone(&s, id);
  settle(&s);
  stage_expect(&s, HFT_EVENT_EXPIRE, 1, 9990, 5);
  stage_expect_reject(&s, 1, HFT_REASON_STALE_ORDER);
  stage_close(&s);
}

// ---- what makes the promise of an id hard to keep ----------------------------------------------

// The new order meets the agent's own on its arrival, whose slot becomes free before it rests.
static void a_replacement_that_meets_ones_own_keeps_its_id(void **state) {
  (void)state;
  static const char *const modes[] = {"off", "cancel_oldest"};
  for (int i = 0; i < 2; i++) {
    stage s;
    char yaml[128];
    snprintf(yaml, sizeof yaml,
             "exchange_config: {latency_us: 100, self_trade: %s}\npopulations: [{kind: seat}]",
             modes[i]);
    stage_open_with(&s, yaml);
    hft_order_id ask = rest(&s, HFT_ASK, 10001, 2);
    hft_order_id bid = rest(&s, HFT_BID, 9990, 5);
    hft_order_id id = hft_desk_replace(&s.desk[1], bid, 10001, 5);
    settle(&s);
    stage_expect_cancel(&s, 1, 9990, 5, HFT_REASON_REPLACED);
    if (i == 0) {
      stage_expect_trade(&s, .maker = 1, .taker = 1, .price = 10001, .qty = 2);
    } else {
      stage_expect_cancel(&s, 1, 10001, 2, HFT_REASON_SELF_TRADE);
    }
    hft_qty left = i == 0 ? 3 : 5;
    assert_true(stage_is_same(stage_expect(&s, HFT_EVENT_ADD, 1, 10001, left)->order, id));
    expect_known(&s, id, HFT_BID, 10001, left);
    expect_open(&s, id);
    expect_gone(&s, ask);
    stage_close(&s);
  }
}

// The order slides to just where its replacement wants it: the replacement is one all the same.
static void a_replacement_to_where_it_slid_keeps_its_id(void **state) {
  (void)state;
  stage s;
  begin(&s);
  stage_rest(&s, 0, HFT_ASK, 10005, 1);
  hft_order_id a = send(&s, HFT_BID, HFT_POST_SLIDE, 10009, 5);
  hft_order_id b = hft_desk_replace(&s.desk[1], a, 10004, 5);
  assert_false(stage_is_same(a, b));
  settle(&s);
  stage_expect(&s, HFT_EVENT_ADD, 1, 10004, 5);
  stage_expect_cancel(&s, 1, 10004, 5, HFT_REASON_REPLACED);
  assert_true(stage_is_same(stage_expect(&s, HFT_EVENT_ADD, 1, 10004, 5)->order, b));
  expect_known(&s, b, HFT_BID, 10004, 5);
  expect_open(&s, b);
  assert_true(hft_desk_cancel(&s.desk[1], b));
  settle(&s);
  stage_expect_cancel(&s, 1, 10004, 5, HFT_REASON_REQUESTED);
  stage_close(&s);
}

// The order was filled while its replacement travels, and another one took its slot: a chain of
// replacements does not hide it.
static void a_slot_used_again_is_the_newer_orders(void **state) {
  (void)state;
  stage s;
  begin(&s);
  hft_order_id a = rest(&s, HFT_BID, 9990, 5);
  hft_order_id b = hft_desk_replace(&s.desk[1], a, 9991, 5);
  stage_send(&s, 0, HFT_ASK, HFT_IOC, 9990, 5);
  stage_expect_trade(&s, .maker = 1, .taker = 0, .price = 9990, .qty = 5);
  hft_order_id other = send(&s, HFT_BID, HFT_GTC, 9980, 7);
  assert_int_equal(other.slot1, a.slot1);  // or this shows nothing
  (void)hft_desk_replace(&s.desk[1], b, 9992, 5);
  expect_open(&s, other);
  expect_known(&s, other, HFT_BID, 9980, 7);
  settle(&s);
  stage_expect_reject(&s, 1, HFT_REASON_STALE_ORDER);
  assert_true(stage_is_same(stage_expect(&s, HFT_EVENT_ADD, 1, 9980, 7)->order, other));
  stage_expect_reject(&s, 1, HFT_REASON_STALE_ORDER);
  expect_open(&s, other);
  stage_close(&s);
}

// Of requests that arrive at one time those that were sent first come first, whoever sent them.
static void requests_of_equal_times_arrive_in_sending_order(void **state) {
  (void)state;
  static const int orders[][6] = {{1, 1, 1, 2, 2, 3}, {3, 1, 2, 3, 1, 2}, {2, 3, 3, 1, 2, 1}};
  for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
    stage s;
    begin(&s);
    for (int round = 0; round < 2; round++) {  // in the second one others are still under way
      for (int k = 0; k < 6; k++) {
        stage_send(&s, orders[i][k], HFT_BID, HFT_GTC, 9990 - round, 1 + k);
      }
      stage_run(&s, hft_market_now(s.w.market) + LATENCY / 2);
    }
    stage_run(&s, hft_market_now(s.w.market) + LATENCY);
    for (int round = 0; round < 2; round++) {
      for (int k = 0; k < 6; k++) {
        stage_expect(&s, HFT_EVENT_ADD, orders[i][k], 9990 - round, 1 + k);
      }
    }
    stage_close(&s);
  }
}

// ---- how much can be under way -----------------------------------------------------------------

static void requests_under_way_are_limited(void **state) {
  (void)state;
  stage s;
  begin(&s);
  hft_order_id resting = rest(&s, HFT_ASK, 10010, 5);
  int64_t orders = stage_account(&s, 1)->order_count;
  for (int i = 0; i < HFT_IN_FLIGHT_MAX; i++) send(&s, HFT_BID, HFT_IOC, 9990, 1);
  for (int tif = 0; tif < HFT_TIF_COUNT; tif++) {
    stage_expect_refused(&s, 1, HFT_BID, (hft_tif)tif, 9990, 1, HFT_REASON_IN_FLIGHT);
  }
  assert_int_equal(hft_desk_open_count(&s.desk[1]), 1);
  assert_false(hft_desk_cancel(&s.desk[1], resting));
  stage_expect_reject(&s, 1, HFT_REASON_IN_FLIGHT);
  assert_false(hft_desk_reduce(&s.desk[1], resting, 1));
  stage_expect_reject(&s, 1, HFT_REASON_IN_FLIGHT);
  assert_true(stage_is_null(hft_desk_replace(&s.desk[1], resting, 10011, 5)));
  stage_expect_reject(&s, 1, HFT_REASON_IN_FLIGHT);
  expect_known(&s, resting, HFT_ASK, 10010, 5);  // it has not been sent, so the order stays
  stage_run(&s, hft_market_now(s.w.market) + 1);
  assert_false(stage_is_null(stage_send(&s, 2, HFT_BID, HFT_IOC, 9990, 1)));  // others may
  settle(&s);
  for (int i = 0; i < HFT_IN_FLIGHT_MAX; i++) stage_expect(&s, HFT_EVENT_EXPIRE, 1, 9990, 1);
  stage_expect(&s, HFT_EVENT_EXPIRE, 2, 9990, 1);
  assert_true(hft_desk_cancel(&s.desk[1], resting));
  settle(&s);
  stage_expect_cancel(&s, 1, 10010, 5, HFT_REASON_REQUESTED);
  assert_int_equal(stage_account(&s, 1)->order_count - orders, HFT_IN_FLIGHT_MAX + HFT_TIF_COUNT);
  stage_close(&s);
}

static void open_orders_under_way_count(void **state) {
  (void)state;
  stage s;
  begin(&s);
  rest(&s, HFT_ASK, 10010, 1);
  for (int i = 1; i < WORLD_SEAT_ORDERS; i++) send(&s, HFT_BID, HFT_GTC, 9990, 1);
  stage_expect_refused(&s, 1, HFT_BID, HFT_GTC, 9990, 1, HFT_REASON_OPEN_ORDERS);
  assert_int_equal(hft_desk_open_count(&s.desk[1]), WORLD_SEAT_ORDERS);
  send(&s, HFT_BID, HFT_IOC, 9990, 2);  // does not rest
  hft_order_id last = hft_desk_open(&s.desk[1], WORLD_SEAT_ORDERS - 1);
  assert_false(stage_is_null(hft_desk_replace(&s.desk[1], last, 9991, 1)));  // needs no room
  settle(&s);
  for (int i = 1; i < WORLD_SEAT_ORDERS; i++) stage_expect(&s, HFT_EVENT_ADD, 1, 9990, 1);
  stage_expect(&s, HFT_EVENT_EXPIRE, 1, 9990, 2);
  stage_expect_cancel(&s, 1, 9990, 1, HFT_REASON_REPLACED);
  stage_expect(&s, HFT_EVENT_ADD, 1, 9991, 1);
  stage_expect_refused(&s, 1, HFT_BID, HFT_GTC, 9990, 1, HFT_REASON_OPEN_ORDERS);
  stage_close(&s);
}

static void cancel_all_takes_what_is_under_way(void **state) {
  (void)state;
  stage s;
  begin(&s);
  rest(&s, HFT_ASK, 10010, 1);
  hft_order_id moved = rest(&s, HFT_ASK, 10011, 2);
  hft_order_id leaving = rest(&s, HFT_ASK, 10012, 3);
  send(&s, HFT_BID, HFT_GTC, 9990, 4);
  assert_false(stage_is_null(hft_desk_replace(&s.desk[1], moved, 10013, 2)));
  assert_true(hft_desk_cancel(&s.desk[1], leaving));
  assert_int_equal(hft_desk_cancel_all(&s.desk[1]), 3);
  assert_int_equal(hft_desk_cancel_all(&s.desk[1]), 0);
  settle(&s);
  int cancelled = 0, added = 0;
  for (; s.read < s.record.count; s.read++) {
    cancelled += s.record.events[s.read].kind == HFT_EVENT_CANCEL;
    added += s.record.events[s.read].kind == HFT_EVENT_ADD;
  }
  assert_int_equal(added, 2);      // the bid, and the one that moved
  assert_int_equal(cancelled, 5);  // all, and the one before it moved
  assert_int_equal(hft_desk_open_count(&s.desk[1]), 0);
  stage_close(&s);
}

// ---- the direct desk ---------------------------------------------------------------------------

static void a_direct_desk_is_at_once(void **state) {
  (void)state;
  stage s;
  begin(&s);
  hft_order_id under_way = send(&s, HFT_BID, HFT_GTC, 9980, 2);
  s.desk[1].direct = true;
  hft_order_id id = stage_rest(&s, 1, HFT_BID, 9990, 5);
  // What has not arrived is not there for it.
  assert_false(stage_is_live(&s, 1, under_way));
  assert_false(hft_desk_cancel(&s.desk[1], under_way));
  stage_expect_reject(&s, 1, HFT_REASON_STALE_ORDER);
  assert_false(hft_desk_reduce(&s.desk[1], under_way, 1));
  stage_expect_reject(&s, 1, HFT_REASON_STALE_ORDER);
  assert_true(stage_is_null(hft_desk_replace(&s.desk[1], under_way, 9981, 2)));
  stage_expect_reject(&s, 1, HFT_REASON_STALE_ORDER);
  assert_true(hft_desk_cancel(&s.desk[1], id));
  stage_expect_cancel(&s, 1, 9990, 5, HFT_REASON_REQUESTED);
  s.desk[1].direct = false;
  settle(&s);
  assert_true(stage_is_same(stage_expect(&s, HFT_EVENT_ADD, 1, 9980, 2)->order, under_way));
  stage_close(&s);
}

static void a_direct_cancel_all_drops_what_is_under_way(void **state) {
  (void)state;
  stage s;
  begin(&s);
  hft_order_id a = rest(&s, HFT_ASK, 10010, 1), b = rest(&s, HFT_ASK, 10011, 2);
  send(&s, HFT_BID, HFT_GTC, 9990, 4);
  send(&s, HFT_BID, HFT_IOC, 9990, 4);
  assert_true(hft_desk_cancel(&s.desk[1], a));
  assert_false(stage_is_null(hft_desk_replace(&s.desk[1], b, 10012, 2)));
  stage_send(&s, 2, HFT_BID, HFT_GTC, 9991, 1);
  s.desk[1].direct = true;
  assert_int_equal(hft_desk_cancel_all(&s.desk[1]), 2);
  s.desk[1].direct = false;
  stage_expect_cancel(&s, 1, 10011, 2, HFT_REASON_REQUESTED);
  stage_expect_cancel(&s, 1, 10010, 1, HFT_REASON_REQUESTED);
  assert_int_equal(hft_desk_open_count(&s.desk[1]), 0);
  settle(&s);
  stage_expect(&s, HFT_EVENT_ADD, 2, 9991, 1);  // another's is not touched
  for (int i = 0; i < WORLD_SEAT_ORDERS; i++) send(&s, HFT_BID, HFT_GTC, 9990, 1);
  settle(&s);
  for (int i = 0; i < WORLD_SEAT_ORDERS; i++) stage_expect(&s, HFT_EVENT_ADD, 1, 9990, 1);
  stage_close(&s);
}

// At the other instruments, too: what was to leave stays there, what was to come does not.
static void a_direct_cancel_all_drops_it_everywhere(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {instruments: 2, fundamental: constant}\n"
      "exchange_config: {latency_us: 100}",
      1);
  hft_desk here = hft_market_desk(w.model, w.market, w.seat), there = hft_desk_at(&here, 1);
  hft_order_id id = hft_desk_submit(&there, &(hft_order){HFT_BID, HFT_GTC, 9990, 1});
  hft_market_run(w.model, w.market, LATENCY, NULL);
  assert_true(hft_desk_cancel(&there, id));
  assert_false(stage_is_null(hft_desk_submit(&there, &(hft_order){HFT_BID, HFT_GTC, 9990, 1})));
  here.direct = true;
  assert_int_equal(hft_desk_cancel_all(&here), 0);
  hft_market_run(w.model, w.market, HFT_SECOND, NULL);
  assert_int_equal(hft_desk_open_count(&there), 1);
  assert_true(hft_desk_cancel(&there, id));
  hft_market_run(w.model, w.market, HFT_SECOND + LATENCY, NULL);
  assert_int_equal(hft_desk_open_count(&there), 0);
  world_verify(&w);
  world_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_order_is_known_before_it_arrives),
      cmocka_unit_test(a_cancel_is_sent_once),
      cmocka_unit_test(reductions_follow_the_order),
      cmocka_unit_test(replacements_follow_each_other),
      cmocka_unit_test(a_chain_of_replacements_breaks_at_its_start),
      cmocka_unit_test(a_refused_replacement_leaves_the_order),
      cmocka_unit_test(a_cancel_of_an_immediate_order_comes_too_late),
      cmocka_unit_test(a_replacement_that_meets_ones_own_keeps_its_id),
      cmocka_unit_test(a_replacement_to_where_it_slid_keeps_its_id),
      cmocka_unit_test(a_slot_used_again_is_the_newer_orders),
      cmocka_unit_test(requests_of_equal_times_arrive_in_sending_order),
      cmocka_unit_test(requests_under_way_are_limited),
      cmocka_unit_test(open_orders_under_way_count),
      cmocka_unit_test(cancel_all_takes_what_is_under_way),
      cmocka_unit_test(a_direct_desk_is_at_once),
      cmocka_unit_test(a_direct_cancel_all_drops_what_is_under_way),
      cmocka_unit_test(a_direct_cancel_all_drops_it_everywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
