// New orders: they rest, trade, expire or are refused.
#include <string.h>

#include "tests/market/stage.h"

// The account of a seat has these sums; those not named are 0.
static void expect_account(const stage *s, int who, hft_account expected) {
  const hft_account *account = stage_account(s, who);
  assert_int_equal(account->position, expected.position);
  assert_int_equal(account->cash, expected.cash);
  assert_int_equal(account->maker_qty, expected.maker_qty);
  assert_int_equal(account->taker_qty, expected.taker_qty);
  assert_int_equal(account->fill_count, expected.fill_count);
  assert_int_equal(account->bought - account->sold, expected.position);
}

static void limit_order_rests(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  assert_int_equal(hft_market_mid2(s.w.market, 0), 2 * 10000);
  hft_order_id bid = stage_rest(&s, 0, HFT_BID, 9998, 5);
  assert_int_equal(hft_market_mid2(s.w.market, 0), 2 * 10000);  // one side makes no mid
  hft_order_id ask = stage_rest(&s, 1, HFT_ASK, 10001, 7);
  assert_int_equal(hft_market_mid2(s.w.market, 0), 9998 + 10001);
  hft_order order;
  assert_true(hft_desk_order(&s.desk[0], bid, &order));
  assert_true(order.side == HFT_BID && order.tif == HFT_GTC);
  assert_true(order.price == 9998 && order.qty == 5);
  assert_true(hft_desk_order(&s.desk[1], ask, &order));
  assert_true(order.side == HFT_ASK && order.price == 10001 && order.qty == 7);
  assert_int_equal(hft_desk_open_count(&s.desk[0]), 1);
  hft_order_id open = hft_desk_open(&s.desk[0], 0);
  assert_memory_equal(&open, &bid, sizeof bid);
  expect_account(&s, 0, (hft_account){0});
  assert_int_equal(stage_account(&s, 0)->order_count, 1);
  assert_true(hft_desk_cancel(&s.desk[1], ask));
  stage_expect(&s, HFT_EVENT_CANCEL, 1, 10001, 7);
  assert_int_equal(hft_market_mid2(s.w.market, 0), 9998 + 10001);  // the last one known
  stage_close(&s);
}

// Best price first, oldest first, at the maker's price; the rest of the incoming order rests.
static void limit_order_trades_by_price_then_time(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_order_id far = stage_rest(&s, 0, HFT_ASK, 10003, 4);
  hft_order_id old = stage_rest(&s, 1, HFT_ASK, 10001, 5);
  hft_order_id young = stage_rest(&s, 0, HFT_ASK, 10001, 6);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[0], young), 5);
  stage_send(&s, 2, HFT_BID, HFT_GTC, 10001, 3);
  stage_expect_trade(&s, .maker = 1, .taker = 2, .price = 10001, .qty = 3, .left = 2);
  assert_true(stage_is_live(&s, 1, old));
  assert_int_equal(hft_desk_queue_ahead(&s.desk[0], young), 2);
  hft_order_id id = stage_send(&s, 2, HFT_BID, HFT_GTC, 10003, 20);
  const hft_event *trade = stage_expect_trade(&s, .maker = 1, .taker = 2, .price = 10001, .qty = 2);
  assert_memory_equal(&trade->order, &old, sizeof old);
  assert_int_equal(trade->side, HFT_ASK);
  assert_int_equal(trade->taker.number, id.number);
  trade = stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001, .qty = 6);
  assert_memory_equal(&trade->order, &young, sizeof young);
  trade = stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10003, .qty = 4);
  assert_memory_equal(&trade->order, &far, sizeof far);
  const hft_event *add = stage_expect(&s, HFT_EVENT_ADD, 2, 10003, 8);
  assert_memory_equal(&add->order, &id, sizeof id);
  assert_false(stage_is_live(&s, 1, old) || stage_is_live(&s, 0, far));
  expect_account(
      &s, 0,
      (hft_account){
          .position = -10, .cash = 6 * 10001 + 4 * 10003, .maker_qty = 10, .fill_count = 2});
  expect_account(&s, 1,
                 (hft_account){.position = -5, .cash = 5 * 10001, .maker_qty = 5, .fill_count = 2});
  expect_account(
      &s, 2,
      (hft_account){
          .position = 15, .cash = -(11 * 10001 + 4 * 10003), .taker_qty = 15, .fill_count = 4});
  stage_close(&s);
}

static void market_order_takes_what_there_is(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 0, HFT_BID, 9999, 2);
  stage_rest(&s, 0, HFT_BID, STAGE_LOW, 3);
  stage_rest(&s, 0, HFT_ASK, STAGE_HIGH, 3);
  stage_send(&s, 1, HFT_ASK, HFT_IOC, HFT_PRICE_MARKET, 9);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 9999, .qty = 2);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = STAGE_LOW, .qty = 3);
  stage_expect(&s, HFT_EVENT_EXPIRE, 1, HFT_PRICE_MARKET, 4);
  stage_send(&s, 1, HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 2);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = STAGE_HIGH, .qty = 2, .left = 1);
  stage_expect_quiet(&s);
  stage_send(&s, 2, HFT_ASK, HFT_IOC, HFT_PRICE_MARKET, 6);  // no bid is left
  stage_expect(&s, HFT_EVENT_EXPIRE, 2, HFT_PRICE_MARKET, 6);
  expect_account(&s, 2, (hft_account){0});
  expect_account(&s, 1,
                 (hft_account){.position = -3,
                               .cash = 2 * 9999 + 3 * STAGE_LOW - 2 * STAGE_HIGH,
                               .taker_qty = 7,
                               .fill_count = 3});
  const hft_tape *tape = hft_market_tape(s.w.market, 0);
  assert_true(tape->trade_count == 3 && tape->buy_qty == 2 && tape->sell_qty == 5);
  assert_int_equal(tape->notional, 2 * 9999 + 3 * STAGE_LOW + 2 * STAGE_HIGH);
  assert_int_equal(tape->last_price, STAGE_HIGH);
  stage_close(&s);
}

static void ioc_order_never_rests(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 0, HFT_ASK, 10001, 2);
  stage_rest(&s, 0, HFT_ASK, 10002, 2);
  hft_order_id id = stage_send(&s, 1, HFT_BID, HFT_IOC, 10001, 5);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 2);
  const hft_event *expire = stage_expect(&s, HFT_EVENT_EXPIRE, 1, 10001, 3);
  assert_int_equal(expire->side, HFT_BID);
  assert_int_equal(expire->order.number, id.number);
  assert_false(stage_is_live(&s, 1, id));
  stage_send(&s, 1, HFT_BID, HFT_IOC, 10002, 2);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10002,
                     .qty = 2);  // whole: nothing expires
  stage_expect_quiet(&s);
  assert_int_equal(hft_desk_open_count(&s.desk[1]), 0);
  stage_close(&s);
}

static void post_only_order_never_takes(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 0, HFT_ASK, 10001, 2);
  stage_expect_refused(&s, 1, HFT_BID, HFT_POST_ONLY, 10001, 1, HFT_REASON_WOULD_CROSS);
  stage_expect_refused(&s, 1, HFT_BID, HFT_POST_ONLY, 10020, 1, HFT_REASON_WOULD_CROSS);
  hft_order_id id = stage_send(&s, 1, HFT_BID, HFT_POST_ONLY, 10000, 1);
  stage_expect(&s, HFT_EVENT_ADD, 1, 10000, 1);
  hft_order order;
  assert_true(hft_desk_order(&s.desk[1], id, &order));
  assert_int_equal(order.tif, HFT_POST_ONLY);
  stage_expect_refused(&s, 0, HFT_ASK, HFT_POST_ONLY, 10000, 1, HFT_REASON_WOULD_CROSS);
  stage_close(&s);
}

static void own_orders_may_trade_with_each_other(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 0, HFT_BID, 10000, 5);
  stage_send(&s, 0, HFT_ASK, HFT_GTC, 10000, 5);
  stage_expect_trade(&s, .maker = 0, .taker = 0, .price = 10000, .qty = 5);
  expect_account(&s, 0, (hft_account){.maker_qty = 5, .taker_qty = 5, .fill_count = 2});
  assert_true(stage_account(&s, 0)->bought == 5 && stage_account(&s, 0)->sold == 5);
  stage_close(&s);
}

static void sizes_and_prices_have_limits(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  const hft_qty sizes[] = {0, -1, INT32_MIN, STAGE_QTY_MAX + 1, INT32_MAX};
  for (int tif = 0; tif < HFT_TIF_COUNT; tif++) {
    for (int i = 0; i < 5; i++) {
      stage_expect_refused(&s, 0, HFT_BID, (hft_tif)tif, 9999, sizes[i], HFT_REASON_ORDER_SIZE);
    }
    const hft_price prices[] = {STAGE_LOW - 1, STAGE_HIGH + 1, 1, -1, INT32_MAX, INT32_MIN};
    for (int i = 0; i < 6; i++) {
      hft_side side = (hft_side)(i & 1);
      stage_expect_refused(&s, 0, side, (hft_tif)tif, prices[i], 1, HFT_REASON_PRICE_WINDOW);
    }
  }
  // A market order that would rest has no price to rest at.
  stage_expect_refused(&s, 0, HFT_BID, HFT_GTC, HFT_PRICE_MARKET, 1, HFT_REASON_PRICE_WINDOW);
  stage_expect_refused(&s, 0, HFT_ASK, HFT_POST_ONLY, HFT_PRICE_MARKET, 1, HFT_REASON_PRICE_WINDOW);
  assert_int_equal(hft_market_window_refusals(s.w.market, 0), HFT_TIF_COUNT * 6 + 2);
  stage_rest(&s, 0, HFT_BID, STAGE_LOW, STAGE_QTY_MAX);
  stage_rest(&s, 0, HFT_ASK, STAGE_HIGH, 1);
  stage_close(&s);
}

static void open_orders_have_a_limit_a_participant(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_order_id first = {0, 0};
  for (int i = 0; i < WORLD_SEAT_ORDERS; i++) {
    hft_order_id id = stage_rest(&s, 0, HFT_BID, 9990 + i % 3, 1);
    if (i == 0) first = id;
  }
  stage_rest(&s, 1, HFT_ASK, 10005, 2);
  for (int round = 0; round < 3; round++) {
    stage_expect_refused(&s, 0, HFT_ASK, HFT_GTC, 10010, 1, HFT_REASON_OPEN_ORDERS);
    stage_expect_refused(&s, 0, HFT_BID, HFT_POST_ONLY, 9990, 1, HFT_REASON_OPEN_ORDERS);
    stage_rest(&s, 2, HFT_ASK, 10010, 1);  // others have their own
    if (round == 0) {
      stage_send(&s, 0, HFT_BID, HFT_IOC, 10005, 1);  // does not rest
      stage_expect_trade(&s, .maker = 1, .taker = 0, .price = 10005, .qty = 1, .left = 1);
      assert_true(hft_desk_cancel(&s.desk[0], first));  // makes room
      stage_expect(&s, HFT_EVENT_CANCEL, 0, 9990, 1);
    } else {
      stage_send(&s, 1, HFT_ASK, HFT_IOC, 9990, 1);  // so does a fill
      stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 9992, .qty = 1);
    }
    stage_rest(&s, 0, HFT_BID, 9992, 1);
  }
  stage_close(&s);
}

// A level's total is an int32.
static void level_has_a_limit(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 0, HFT_BID, 9999, STAGE_QTY_MAX);
  stage_rest(&s, 1, HFT_BID, 9999, STAGE_QTY_MAX);
  hft_qty room = INT32_MAX - 2 * STAGE_QTY_MAX;
  stage_expect_refused(&s, 2, HFT_BID, HFT_GTC, 9999, room + 1, HFT_REASON_LEVEL_FULL);
  stage_rest(&s, 2, HFT_BID, 9999, room);
  stage_expect_refused(&s, 2, HFT_BID, HFT_POST_ONLY, 9999, 1, HFT_REASON_LEVEL_FULL);
  assert_int_equal(stage_level(&s, 9999).qty, INT32_MAX);
  assert_int_equal(hft_desk_open_count(&s.desk[2]), 1);
  stage_rest(&s, 2, HFT_BID, 9998, 1);
  stage_close(&s);
}

// Lots bought below the mid, or sold above it, are an edge; the mid is that before the order came.
static void edge_is_measured_against_the_mid_before_the_order(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 0, HFT_BID, 9998, 10);
  stage_rest(&s, 0, HFT_ASK, 10001, 4);
  stage_rest(&s, 0, HFT_ASK, 10005, 4);
  const int64_t mid2 = 9998 + 10001;
  stage_send(&s, 1, HFT_BID, HFT_GTC, 10005, 6);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 4);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10005, .qty = 2, .left = 2);
  int64_t edge2 = 4 * (2 * 10001 - mid2) + 2 * (2 * 10005 - mid2);
  assert_int_equal(stage_account(&s, 0)->maker_edge2, edge2);
  assert_int_equal(stage_account(&s, 1)->taker_edge2, -edge2);
  const int64_t after2 = 9998 + 10005;
  assert_int_equal(hft_market_mid2(s.w.market, 0), after2);
  stage_send(&s, 2, HFT_ASK, HFT_IOC, HFT_PRICE_MARKET, 3);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 9998, .qty = 3, .left = 7);
  edge2 += 3 * (after2 - 2 * 9998);
  assert_int_equal(stage_account(&s, 0)->maker_edge2, edge2);
  assert_int_equal(stage_account(&s, 2)->taker_edge2, -3 * (after2 - 2 * 9998));
  // Value: 3 lots short of the 6 + 3 traded: cash 4*10001 + 2*10005 - 3*9998, position -3.
  const hft_account *maker = stage_account(&s, 0);
  assert_int_equal(hft_account_value2(maker, after2),
                   2 * (4 * 10001 + 2 * 10005 - 3 * 9998) - 3 * after2);
  stage_close(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(limit_order_rests),
      cmocka_unit_test(limit_order_trades_by_price_then_time),
      cmocka_unit_test(market_order_takes_what_there_is),
      cmocka_unit_test(ioc_order_never_rests),
      cmocka_unit_test(post_only_order_never_takes),
      cmocka_unit_test(own_orders_may_trade_with_each_other),
      cmocka_unit_test(sizes_and_prices_have_limits),
      cmocka_unit_test(open_orders_have_a_limit_a_participant),
      cmocka_unit_test(level_has_a_limit),
      cmocka_unit_test(edge_is_measured_against_the_mid_before_the_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
