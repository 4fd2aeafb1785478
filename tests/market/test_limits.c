// Limits that are checked before an agent's request reaches the book.
#include "tests/market/stage.h"

static void refuse(stage *s, int who, hft_side side, hft_price price, hft_qty qty,
                   hft_reason reason) {
  stage_expect_refused(s, who, side, HFT_GTC, price, qty, reason);
}

// ---- position --------------------------------------------------------------------------------

static void position_counts_open_orders(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {max_inventory: 10}");
  refuse(&s, 0, HFT_BID, 9990, 11, HFT_REASON_POSITION);
  hft_order_id first = stage_rest(&s, 0, HFT_BID, 9990, 6);
  refuse(&s, 0, HFT_BID, 9980, 5, HFT_REASON_POSITION);
  stage_rest(&s, 0, HFT_BID, 9980, 4);
  refuse(&s, 0, HFT_BID, 9980, 1, HFT_REASON_POSITION);
  stage_rest(&s, 0, HFT_ASK, 10010, 10);  // the other side for itself
  refuse(&s, 0, HFT_ASK, 10010, 1, HFT_REASON_POSITION);
  assert_true(hft_desk_reduce(&s.desk[0], first, 2));
  stage_expect(&s, HFT_EVENT_REDUCE, 0, 9990, 2);
  refuse(&s, 0, HFT_BID, 9985, 3, HFT_REASON_POSITION);
  hft_order_id second = stage_rest(&s, 0, HFT_BID, 9985, 2);
  assert_true(hft_desk_cancel(&s.desk[0], second));
  stage_expect_cancel(&s, 0, 9985, 2, HFT_REASON_REQUESTED);
  stage_rest(&s, 0, HFT_BID, 9985, 2);
  stage_rest(&s, 1, HFT_BID, 9990, 10);  // others have their own
  stage_close(&s);
}

static void position_counts_what_was_traded(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {max_inventory: 10}");
  stage_rest(&s, 0, HFT_BID, 9990, 6);
  stage_send(&s, 1, HFT_ASK, HFT_IOC, 9990, 4);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 9990, .qty = 4, .left = 2);
  refuse(&s, 0, HFT_BID, 9980, 5, HFT_REASON_POSITION);  // 4 bought, 2 open
  stage_rest(&s, 0, HFT_BID, 9980, 4);
  refuse(&s, 0, HFT_ASK, 10010, 15, HFT_REASON_POSITION);
  stage_rest(&s, 0, HFT_ASK, 10010, 14);  // 4 to sell, then 10 short
  // The other is 4 short.
  refuse(&s, 1, HFT_ASK, 10020, 7, HFT_REASON_POSITION);
  stage_rest(&s, 1, HFT_ASK, 10020, 6);
  refuse(&s, 1, HFT_BID, 9970, 15, HFT_REASON_POSITION);
  stage_rest(&s, 1, HFT_BID, 9970, 14);
  stage_close(&s);
}

static void position_holds_for_every_kind(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {max_inventory: 10}");
  stage_rest(&s, 1, HFT_ASK, 10001, 10);
  for (int tif = 0; tif < HFT_TIF_COUNT; tif++) {
    hft_price price = tif == HFT_POST_ONLY ? 10000 : 10001;
    // A sliding order is reported at the price it slid to.
    if (tif == HFT_POST_SLIDE) price = 10000;
    stage_expect_refused(&s, 0, HFT_BID, (hft_tif)tif, price, 11, HFT_REASON_POSITION);
  }
  stage_expect_refused(&s, 0, HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 11, HFT_REASON_POSITION);
  stage_send(&s, 0, HFT_BID, HFT_FOK, 10001, 10);
  stage_expect_trade(&s, .maker = 1, .taker = 0, .price = 10001, .qty = 10);
  stage_expect_refused(&s, 0, HFT_BID, HFT_IOC, 10001, 1, HFT_REASON_POSITION);
  stage_close(&s);
}

static void position_counts_what_is_hidden(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {max_inventory: 10}");
  hft_order_id id = stage_send_iceberg(&s, 0, HFT_BID, 9990, 8, 1);
  stage_expect(&s, HFT_EVENT_ADD, 0, 9990, 1);
  refuse(&s, 0, HFT_BID, 9980, 3, HFT_REASON_POSITION);
  // To replace an order counts the new one alone.
  id = hft_desk_replace(&s.desk[0], id, 9991, 10);
  stage_expect_cancel(&s, 0, 9990, 8, HFT_REASON_REPLACED);
  stage_expect(&s, HFT_EVENT_ADD, 0, 9991, 1);
  refuse(&s, 0, HFT_BID, 9980, 1, HFT_REASON_POSITION);
  stage_close(&s);
}

// 1000 of currency at a mid of 100: 10 lots.
static void position_value_follows_the_mid(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {max_position_value: 1000}");
  refuse(&s, 0, HFT_BID, 9990, 11, HFT_REASON_POSITION_VALUE);
  refuse(&s, 0, HFT_ASK, 10010, 11, HFT_REASON_POSITION_VALUE);
  hft_order_id id = stage_rest(&s, 0, HFT_BID, 9990, 10);
  refuse(&s, 0, HFT_BID, 9990, 1, HFT_REASON_POSITION_VALUE);
  hft_desk_cancel(&s.desk[0], id);
  stage_expect_cancel(&s, 0, 9990, 10, HFT_REASON_REQUESTED);
  stage_rest(&s, 1, HFT_BID, 10000, 1);
  stage_rest(&s, 1, HFT_ASK, 10001, 1);  // half a tick more: 10 lots are 1000.05
  refuse(&s, 0, HFT_BID, 9990, 10, HFT_REASON_POSITION_VALUE);
  stage_rest(&s, 0, HFT_BID, 9990, 9);
  stage_close(&s);
}

// ---- message rate ----------------------------------------------------------------------------

static void message_rate_counts_each_second(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {message_rate_max: 4}");
  for (int second = 0; second < 3; second++) {
    stage_run(&s, second * HFT_SECOND);
    hft_order_id id = stage_rest(&s, 0, HFT_BID, 9990, 5);
    assert_true(hft_desk_reduce(&s.desk[0], id, 1));
    stage_expect(&s, HFT_EVENT_REDUCE, 0, 9990, 1);
    stage_expect_refused(&s, 0, HFT_BID, HFT_GTC, 9990, 0, HFT_REASON_ORDER_SIZE);  // counts
    stage_run(&s, second * HFT_SECOND + HFT_SECOND - 1);
    hft_order_id last = stage_rest(&s, 0, HFT_BID, 9989, 1);
    refuse(&s, 0, HFT_BID, 9988, 1, HFT_REASON_MESSAGE_RATE);
    stage_expect_refused(&s, 0, HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 1, HFT_REASON_MESSAGE_RATE);
    stage_rest(&s, 1, HFT_BID, 9990, 1);  // another's count is its own
    // Whoever is over the rate may still get out.
    assert_true(hft_desk_cancel(&s.desk[0], last));
    stage_expect_cancel(&s, 0, 9989, 1, HFT_REASON_REQUESTED);
    assert_true(hft_desk_reduce(&s.desk[0], id, 1));
    stage_expect(&s, HFT_EVENT_REDUCE, 0, 9990, 1);
    refuse(&s, 0, HFT_BID, 9988, 1, HFT_REASON_MESSAGE_RATE);
  }
  stage_close(&s);
}

// A replacement is one request, wherever the new order goes; over the rate the order stays.
static void a_replacement_is_one_request(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {message_rate_max: 3}");
  uint64_t before = hft_market_messages(s.w.market);
  hft_order_id id = stage_rest(&s, 0, HFT_BID, 9990, 5);
  for (int i = 1; i < 3; i++) {
    id = hft_desk_replace(&s.desk[0], id, 9990 + i, 5 + i);
    stage_expect_cancel(&s, 0, 9989 + i, 4 + i, HFT_REASON_REPLACED);
    stage_expect(&s, HFT_EVENT_ADD, 0, 9990 + i, 5 + i);
  }
  assert_int_equal(hft_market_messages(s.w.market) - before, 3);
  assert_true(stage_is_same(hft_desk_replace(&s.desk[0], id, 9991, 8), id));
  stage_expect_reject(&s, 0, HFT_REASON_MESSAGE_RATE);
  assert_int_equal(stage_qty(&s, 0, id), 7);
  assert_true(stage_is_same(hft_desk_replace(&s.desk[0], id, 9992, 6), id));  // less is allowed
  stage_expect(&s, HFT_EVENT_REDUCE, 0, 9992, 1);
  stage_close(&s);
}

// A reset begins a first second anew.
static void message_rate_restarts_with_the_session(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {message_rate_max: 2}");
  for (int session = 0; session < 2; session++) {
    stage_rest(&s, 0, HFT_BID, 9990, 5);
    stage_rest(&s, 0, HFT_BID, 9990, 5);
    refuse(&s, 0, HFT_BID, 9990, 5, HFT_REASON_MESSAGE_RATE);
    hft_market_reset(s.w.model, s.w.market, 0, 0, &s.sink);
  }
  stage_close(&s);
}

// ---- who is held -----------------------------------------------------------------------------

static void populations_are_exempt(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s,
                  "exchange_config: {max_inventory: 3, max_position_value: 400,"
                  " message_rate_max: 2, max_drawdown: 0.01}\npopulations: [{kind: seat}]");
  stage_rest(&s, 0, HFT_BID, 10005, 100);
  stage_rest(&s, 2, HFT_ASK, 10006, 1);
  stage_send(&s, 1, HFT_ASK, HFT_IOC, 10005, 3);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10005, .qty = 3, .left = 97);
  stage_send(&s, 2, HFT_ASK, HFT_IOC, 10005, 2);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10005, .qty = 2, .left = 95);
  assert_true(hft_desk_cancel_all(&s.desk[0]) == 1);
  stage_expect_cancel(&s, 0, 10005, 95, HFT_REASON_REQUESTED);
  for (int i = 0; i < 4; i++) stage_rest(&s, 0, HFT_BID, STAGE_LOW, 50);
  refuse(&s, 3, HFT_BID, STAGE_LOW, 4, HFT_REASON_POSITION);
  stage_close(&s);
}

static void direct_desks_are_exempt(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {max_inventory: 3, message_rate_max: 2}");
  s.desk[0].direct = true;
  for (int i = 0; i < 5; i++) stage_rest(&s, 0, HFT_BID, 9990, 9);
  s.desk[0].direct = false;
  refuse(&s, 0, HFT_BID, 9990, 1, HFT_REASON_POSITION);
  stage_close(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(position_counts_open_orders),
      cmocka_unit_test(position_counts_what_was_traded),
      cmocka_unit_test(position_holds_for_every_kind),
      cmocka_unit_test(position_counts_what_is_hidden),
      cmocka_unit_test(position_value_follows_the_mid),
      cmocka_unit_test(message_rate_counts_each_second),
      cmocka_unit_test(a_replacement_is_one_request),
      cmocka_unit_test(message_rate_restarts_with_the_session),
      cmocka_unit_test(populations_are_exempt),
      cmocka_unit_test(direct_desks_are_exempt),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
