// An incoming order that meets an order of its own owner: in each mode of prevention, and never for
// populations. A population of the config is owner 0; the seats follow.
#include <stdio.h>

#include "tests/market/stage.h"

static const char *const modes[] = {"off", "cancel_newest", "cancel_oldest", "cancel_both"};

static void begin(stage *s, hft_self_trade mode) {
  char yaml[64];
  snprintf(yaml, sizeof yaml, "exchange_config: {self_trade: %s}", modes[mode]);
  stage_open_with(s, yaml);
}

// Asks at 10001: 2 of another's, 3 of seat 1's own, 4 of another's; then 5 at 10002.
static hft_order_id set_up(stage *s) {
  stage_rest(s, 0, HFT_ASK, 10001, 2);
  hft_order_id own = stage_rest(s, 1, HFT_ASK, 10001, 3);
  stage_rest(s, 2, HFT_ASK, 10001, 4);
  stage_rest(s, 0, HFT_ASK, 10002, 5);
  return own;
}

static void expect_expired(stage *s, hft_price price, hft_qty qty, hft_reason reason) {
  const hft_event *event = stage_expect(s, HFT_EVENT_EXPIRE, 1, price, qty);
  assert_string_equal(hft_reason_text((hft_reason)event->reason), hft_reason_text(reason));
}

static void mode_off_allows_self_trades(void **state) {
  (void)state;
  stage s;
  begin(&s, HFT_SELF_TRADE_OFF);
  set_up(&s);
  stage_send(&s, 1, HFT_BID, HFT_GTC, 10001, 6);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 2);
  stage_expect_trade(&s, .maker = 1, .taker = 1, .price = 10001, .qty = 3);
  stage_expect_trade(&s, .maker = 2, .taker = 1, .price = 10001, .qty = 1, .left = 3);
  assert_int_equal(stage_account(&s, 1)->position, 3);
  stage_close(&s);
}

static void mode_cancel_newest_cancels_the_newest(void **state) {
  (void)state;
  const hft_tif tifs[] = {HFT_GTC, HFT_IOC};
  for (int i = 0; i < 2; i++) {
    stage s;
    begin(&s, HFT_SELF_TRADE_CANCEL_NEWEST);
    hft_order_id own = set_up(&s);
    hft_order_id id = stage_send(&s, 1, HFT_BID, tifs[i], 10002, 9);
    stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 2);
    expect_expired(&s, 10002, 7, HFT_REASON_SELF_TRADE);
    assert_false(stage_is_live(&s, 1, id));
    assert_int_equal(stage_qty(&s, 1, own), 3);
    assert_int_equal(hft_desk_queue_ahead(&s.desk[1], own), 0);
    assert_int_equal(hft_desk_open_count(&s.desk[1]), 1);
    // Now at the front: nothing trades at all.
    stage_send(&s, 1, HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 1);
    expect_expired(&s, HFT_PRICE_MARKET, 1, HFT_REASON_SELF_TRADE);
    stage_close(&s);
  }
}

static void mode_cancel_oldest_cancels_the_oldest(void **state) {
  (void)state;
  stage s;
  begin(&s, HFT_SELF_TRADE_CANCEL_OLDEST);
  hft_order_id own = set_up(&s);
  hft_order_id far = stage_rest(&s, 1, HFT_ASK, 10002, 7);
  hft_order_id id = stage_send(&s, 1, HFT_BID, HFT_GTC, 10002, 20);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 2);
  stage_expect_cancel(&s, 1, 10001, 3, HFT_REASON_SELF_TRADE);
  assert_true(stage_is_same(s.record.events[s.read - 1].order, own));
  stage_expect_trade(&s, .maker = 2, .taker = 1, .price = 10001, .qty = 4);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10002, .qty = 5);
  stage_expect_cancel(&s, 1, 10002, 7, HFT_REASON_SELF_TRADE);
  assert_true(stage_is_same(s.record.events[s.read - 1].order, far));
  stage_expect(&s, HFT_EVENT_ADD, 1, 10002, 9);
  assert_true(stage_is_live(&s, 1, id));
  assert_int_equal(hft_desk_open_count(&s.desk[1]), 1);
  assert_int_equal(stage_account(&s, 1)->position, 11);
  stage_close(&s);
}

static void mode_cancel_both_cancels_both(void **state) {
  (void)state;
  stage s;
  begin(&s, HFT_SELF_TRADE_CANCEL_BOTH);
  hft_order_id own = set_up(&s);
  hft_order_id far = stage_rest(&s, 1, HFT_ASK, 10002, 7);
  hft_order_id id = stage_send(&s, 1, HFT_BID, HFT_GTC, 10002, 20);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 2);
  stage_expect_cancel(&s, 1, 10001, 3, HFT_REASON_SELF_TRADE);
  expect_expired(&s, 10002, 18, HFT_REASON_SELF_TRADE);
  assert_false(stage_is_live(&s, 1, own) || stage_is_live(&s, 1, id));
  assert_true(stage_is_live(&s, 1, far));  // it was not met
  assert_int_equal(stage_account(&s, 1)->position, 2);
  stage_close(&s);
}

// Where the incoming order is done before it meets an own one, both may stay; so may two orders of
// a side, and orders of two owners trade.
static void only_orders_that_meet_are_cancelled(void **state) {
  (void)state;
  for (int mode = 1; mode < 4; mode++) {
    stage s;
    begin(&s, (hft_self_trade)mode);
    hft_order_id own = set_up(&s);
    stage_send(&s, 1, HFT_BID, HFT_IOC, 10002, 2);
    stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 2);
    assert_int_equal(stage_qty(&s, 1, own), 3);
    stage_rest(&s, 1, HFT_ASK, 10001, 1);
    stage_rest(&s, 1, HFT_BID, 10000, 1);
    stage_send(&s, 2, HFT_BID, HFT_IOC, 10001, 3);
    stage_expect_trade(&s, .maker = 1, .taker = 2, .price = 10001, .qty = 3);
    // A post-only order is refused first.
    stage_expect_refused(&s, 2, HFT_BID, HFT_POST_ONLY, 10001, 1, HFT_REASON_WOULD_CROSS);
    stage_close(&s);
  }
}

static void hidden_lots_are_cancelled_too(void **state) {
  (void)state;
  stage s;
  begin(&s, HFT_SELF_TRADE_CANCEL_OLDEST);
  hft_order_id own = stage_send_iceberg(&s, 1, HFT_ASK, 10001, 10, 2);
  stage_expect(&s, HFT_EVENT_ADD, 1, 10001, 2);
  stage_send(&s, 1, HFT_BID, HFT_IOC, 10001, 5);
  stage_expect_cancel(&s, 1, 10001, 10, HFT_REASON_SELF_TRADE);
  expect_expired(&s, 10001, 5, HFT_REASON_NONE);
  assert_false(stage_is_live(&s, 1, own));
  stage_close(&s);
}

static void a_replaced_order_meets_ones_own(void **state) {
  (void)state;
  stage s;
  begin(&s, HFT_SELF_TRADE_CANCEL_OLDEST);
  hft_order_id own = stage_rest(&s, 1, HFT_ASK, 10001, 3);
  hft_order_id id = stage_rest(&s, 1, HFT_BID, 9999, 4);
  id = hft_desk_replace(&s.desk[1], id, 10001, 4);
  stage_expect_cancel(&s, 1, 9999, 4, HFT_REASON_REPLACED);
  stage_expect_cancel(&s, 1, 10001, 3, HFT_REASON_SELF_TRADE);
  stage_expect(&s, HFT_EVENT_ADD, 1, 10001, 4);
  assert_true(stage_is_live(&s, 1, id));
  assert_false(stage_is_live(&s, 1, own));
  assert_int_equal(hft_desk_open_count(&s.desk[1]), 1);
  stage_close(&s);
}

// The mid afterwards is that of the book after all of it.
static void the_mid_follows(void **state) {
  (void)state;
  stage s;
  begin(&s, HFT_SELF_TRADE_CANCEL_BOTH);
  stage_rest(&s, 0, HFT_BID, 9990, 1);
  stage_rest(&s, 1, HFT_ASK, 10001, 3);
  stage_rest(&s, 0, HFT_ASK, 10020, 1);
  stage_send(&s, 1, HFT_BID, HFT_GTC, 10001, 2);
  stage_expect_cancel(&s, 1, 10001, 3, HFT_REASON_SELF_TRADE);
  expect_expired(&s, 10001, 2, HFT_REASON_SELF_TRADE);
  assert_int_equal(hft_desk_mid2(&s.desk[0]), 9990 + 10020);
  stage_close(&s);
}

// A population stands for a crowd: its orders are not one trader's.
static void populations_trade_with_themselves(void **state) {
  (void)state;
  for (int mode = 0; mode < 4; mode++) {
    stage s;
    char yaml[128];
    snprintf(yaml, sizeof yaml, "exchange_config: {self_trade: %s}\npopulations: [{kind: seat}]",
             modes[mode]);
    stage_open_with(&s, yaml);
    stage_rest(&s, 0, HFT_ASK, 10001, 3);
    stage_send(&s, 0, HFT_BID, HFT_GTC, 10001, 3);
    stage_expect_trade(&s, .maker = 0, .taker = 0, .price = 10001, .qty = 3);
    stage_rest(&s, 0, HFT_ASK, 10001, 3);
    stage_send(&s, 0, HFT_BID, HFT_FOK, 10001, 3);
    stage_expect_trade(&s, .maker = 0, .taker = 0, .price = 10001, .qty = 3);
    stage_rest(&s, 0, HFT_ASK, 10001, 3);
    stage_send(&s, 1, HFT_BID, HFT_IOC, 10001, 3);  // an agent trades with it
    stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 3);
    stage_close(&s);
  }
}

// An agent of the config is one trader, as a seat is.
static void agents_are_held_to_it(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {self_trade: cancel_newest}\nagents: [{kind: seat}]");
  stage_rest(&s, 0, HFT_ASK, 10001, 3);
  stage_send(&s, 0, HFT_BID, HFT_IOC, 10001, 3);
  const hft_event *event = stage_expect(&s, HFT_EVENT_EXPIRE, 0, 10001, 3);
  assert_int_equal(event->reason, HFT_REASON_SELF_TRADE);
  stage_close(&s);
}

// ---- fill-or-kill ----------------------------------------------------------------------------

static void fok_trades_whole_with_others_or_not_at_all(void **state) {
  (void)state;
  for (int mode = 1; mode < 4; mode++) {
    if (mode == HFT_SELF_TRADE_CANCEL_OLDEST) continue;  // goes on behind its own
    stage s;
    begin(&s, (hft_self_trade)mode);
    hft_order_id own = set_up(&s);
    stage_expect_refused(&s, 1, HFT_BID, HFT_FOK, 10002, 3, HFT_REASON_NOT_FILLABLE);
    stage_expect_refused(&s, 1, HFT_BID, HFT_FOK, HFT_PRICE_MARKET, 11, HFT_REASON_NOT_FILLABLE);
    stage_send(&s, 1, HFT_BID, HFT_FOK, 10002, 2);  // done before it meets its own
    stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 2);
    assert_true(stage_is_live(&s, 1, own));
    stage_expect_refused(&s, 1, HFT_BID, HFT_FOK, 10002, 1, HFT_REASON_NOT_FILLABLE);
    stage_close(&s);
  }
  stage s;
  begin(&s, HFT_SELF_TRADE_OFF);
  set_up(&s);
  stage_send(&s, 1, HFT_BID, HFT_FOK, 10001, 9);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 2);
  stage_expect_trade(&s, .maker = 1, .taker = 1, .price = 10001, .qty = 3);
  stage_expect_trade(&s, .maker = 2, .taker = 1, .price = 10001, .qty = 4);
  stage_close(&s);
}

// What an iceberg hides comes after all that shows at its price, so after the own order there.
static void fok_meets_its_own_before_what_is_hidden(void **state) {
  (void)state;
  for (int mode = 1; mode < 4; mode++) {
    if (mode == HFT_SELF_TRADE_CANCEL_OLDEST) continue;  // goes on behind its own
    stage s;
    begin(&s, (hft_self_trade)mode);
    stage_send_iceberg(&s, 0, HFT_ASK, 10001, 20, 5);
    stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 5);
    stage_rest(&s, 2, HFT_ASK, 10001, 1);
    stage_rest(&s, 1, HFT_ASK, 10001, 1);
    stage_expect_refused(&s, 1, HFT_BID, HFT_FOK, 10001, 7, HFT_REASON_NOT_FILLABLE);
    stage_send(&s, 1, HFT_BID, HFT_FOK, 10001, 6);
    stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 5);
    stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 5);
    stage_expect_trade(&s, .maker = 2, .taker = 1, .price = 10001, .qty = 1);
    stage_close(&s);
  }
}

// Under cancel_oldest its own orders leave and those behind them trade, hidden lots too.
static void fok_fills_from_orders_behind_its_own(void **state) {
  (void)state;
  stage s;
  begin(&s, HFT_SELF_TRADE_CANCEL_OLDEST);
  stage_rest(&s, 1, HFT_ASK, 10001, 3);
  stage_send_iceberg(&s, 0, HFT_ASK, 10001, 6, 4);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 4);
  stage_send_iceberg(&s, 1, HFT_ASK, 10001, 9, 1);
  stage_expect(&s, HFT_EVENT_ADD, 1, 10001, 1);
  stage_rest(&s, 2, HFT_ASK, 10002, 5);
  stage_expect_refused(&s, 1, HFT_BID, HFT_FOK, 10001, 7, HFT_REASON_NOT_FILLABLE);
  stage_expect_refused(&s, 1, HFT_BID, HFT_FOK, 10002, 12, HFT_REASON_NOT_FILLABLE);
  stage_send(&s, 1, HFT_BID, HFT_FOK, 10002, 11);
  stage_expect_cancel(&s, 1, 10001, 3, HFT_REASON_SELF_TRADE);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 4);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 2);
  stage_expect_cancel(&s, 1, 10001, 9, HFT_REASON_SELF_TRADE);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 2);
  stage_expect_trade(&s, .maker = 2, .taker = 1, .price = 10002, .qty = 5);
  stage_close(&s);
}

// A whole level of others', hidden lots too, comes before the own order behind it.
static void fok_counts_what_is_hidden_before_its_own(void **state) {
  (void)state;
  stage s;
  begin(&s, HFT_SELF_TRADE_CANCEL_NEWEST);
  stage_send_iceberg(&s, 0, HFT_ASK, 10001, 6, 3);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 3);
  stage_rest(&s, 1, HFT_ASK, 10002, 1);
  stage_expect_refused(&s, 1, HFT_BID, HFT_FOK, 10002, 7, HFT_REASON_NOT_FILLABLE);
  stage_send(&s, 1, HFT_BID, HFT_FOK, 10002, 6);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 3);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 3);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 3);
  stage_close(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mode_off_allows_self_trades),
      cmocka_unit_test(mode_cancel_newest_cancels_the_newest),
      cmocka_unit_test(mode_cancel_oldest_cancels_the_oldest),
      cmocka_unit_test(mode_cancel_both_cancels_both),
      cmocka_unit_test(only_orders_that_meet_are_cancelled),
      cmocka_unit_test(hidden_lots_are_cancelled_too),
      cmocka_unit_test(a_replaced_order_meets_ones_own),
      cmocka_unit_test(the_mid_follows),
      cmocka_unit_test(populations_trade_with_themselves),
      cmocka_unit_test(agents_are_held_to_it),
      cmocka_unit_test(fok_trades_whole_with_others_or_not_at_all),
      cmocka_unit_test(fok_meets_its_own_before_what_is_hidden),
      cmocka_unit_test(fok_fills_from_orders_behind_its_own),
      cmocka_unit_test(fok_counts_what_is_hidden_before_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
