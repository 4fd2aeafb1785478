// Fill-or-kill and sliding orders.
#include <string.h>

#include "sim/base/dist.h"
#include "tests/market/stage.h"

// ---- fill-or-kill ----------------------------------------------------------------------------

static void fok_trades_whole_or_not_at_all(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 0, HFT_ASK, 10001, 5);
  stage_rest(&s, 1, HFT_ASK, 10002, 4);
  stage_rest(&s, 0, HFT_ASK, 10003, 3);
  stage_expect_refused(&s, 2, HFT_BID, HFT_FOK, 10000, 1, HFT_REASON_NOT_FILLABLE);
  stage_expect_refused(&s, 2, HFT_BID, HFT_FOK, 10001, 6, HFT_REASON_NOT_FILLABLE);
  stage_expect_refused(&s, 2, HFT_BID, HFT_FOK, 10002, 10, HFT_REASON_NOT_FILLABLE);
  stage_expect_refused(&s, 2, HFT_BID, HFT_FOK, STAGE_HIGH, 13, HFT_REASON_NOT_FILLABLE);
  hft_order_id id = stage_send(&s, 2, HFT_BID, HFT_FOK, 10002, 9);  // the last lot at its limit
  assert_false(stage_is_live(&s, 2, id));
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001, .qty = 5);
  stage_expect_trade(&s, .maker = 1, .taker = 2, .price = 10002, .qty = 4);
  stage_expect_quiet(&s);
  stage_send(&s, 2, HFT_BID, HFT_FOK, 10003, 2);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10003, .qty = 2, .left = 1);
  assert_int_equal(stage_account(&s, 2)->position, 11);
  assert_int_equal(hft_desk_open_count(&s.desk[2]), 0);
  stage_close(&s);
}

static void fok_sells_by_the_same_rules(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 0, HFT_BID, 9999, 5);
  stage_rest(&s, 0, HFT_BID, 9990, 5);
  stage_expect_refused(&s, 1, HFT_ASK, HFT_FOK, 10000, 1, HFT_REASON_NOT_FILLABLE);
  stage_expect_refused(&s, 1, HFT_ASK, HFT_FOK, 9991, 6, HFT_REASON_NOT_FILLABLE);
  stage_expect_refused(&s, 1, HFT_ASK, HFT_FOK, STAGE_LOW, 11, HFT_REASON_NOT_FILLABLE);
  stage_send(&s, 1, HFT_ASK, HFT_FOK, 9990, 10);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 9999, .qty = 5);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 9990, .qty = 5);
  stage_close(&s);
}

// At any price, up to the ends of the window.
static void fok_may_be_a_market_order(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_expect_refused(&s, 1, HFT_BID, HFT_FOK, HFT_PRICE_MARKET, 1, HFT_REASON_NOT_FILLABLE);
  stage_rest(&s, 0, HFT_ASK, STAGE_HIGH, 5);
  stage_rest(&s, 0, HFT_BID, STAGE_LOW, 5);
  stage_expect_refused(&s, 1, HFT_BID, HFT_FOK, HFT_PRICE_MARKET, 6, HFT_REASON_NOT_FILLABLE);
  stage_expect_refused(&s, 1, HFT_ASK, HFT_FOK, HFT_PRICE_MARKET, 6, HFT_REASON_NOT_FILLABLE);
  stage_send(&s, 1, HFT_BID, HFT_FOK, HFT_PRICE_MARKET, 5);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = STAGE_HIGH, .qty = 5);
  stage_send(&s, 1, HFT_ASK, HFT_FOK, HFT_PRICE_MARKET, 5);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = STAGE_LOW, .qty = 5);
  stage_close(&s);
}

// What icebergs hide counts, and the refreshed parts come after what shows at the price.
static void fok_counts_what_is_hidden(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_send_iceberg(&s, 0, HFT_ASK, 10001, 10, 2);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 2);
  stage_rest(&s, 1, HFT_ASK, 10001, 3);
  stage_rest(&s, 1, HFT_ASK, 10002, 1);
  stage_expect_refused(&s, 2, HFT_BID, HFT_FOK, 10001, 14, HFT_REASON_NOT_FILLABLE);
  stage_send(&s, 2, HFT_BID, HFT_FOK, 10002, 14);
  stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001, .qty = 2);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 2);
  stage_expect_trade(&s, .maker = 1, .taker = 2, .price = 10001, .qty = 3);
  for (int i = 0; i < 4; i++) {
    stage_expect_trade(&s, .maker = 0, .taker = 2, .price = 10001, .qty = 2);
    if (i < 3) stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 2);
  }
  stage_expect_trade(&s, .maker = 1, .taker = 2, .price = 10002, .qty = 1);
  stage_close(&s);
}

// Against the sum of all that could trade, counted from the depth of a book without icebergs.
static void fok_agrees_with_the_depth(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_rng rng = hft_rng_seed(11, 0);
  int whole = 0, refused = 0;
  for (int round = 0; round < 4000; round++) {
    while (hft_desk_open_count(&s.desk[0]) < WORLD_SEAT_ORDERS) {
      hft_side side = (hft_side)hft_bounded(&rng, 2);
      hft_price off = 1 + (hft_price)hft_bounded(&rng, 6);
      stage_send(&s, 0, side, HFT_GTC, 10000 - hft_side_sign(side) * off,
                 1 + (hft_qty)hft_bounded(&rng, 9));
    }
    hft_order order = {(hft_side)hft_bounded(&rng, 2), HFT_FOK,
                       9994 + (hft_price)hft_bounded(&rng, 13), 1 + (hft_qty)hft_bounded(&rng, 40)};
    if (hft_bounded(&rng, 5) == 0) order.price = HFT_PRICE_MARKET;
    hft_level level[WORLD_SEAT_ORDERS];
    int count =
        hft_book_depth(stage_book(&s), hft_side_other(order.side), level, WORLD_SEAT_ORDERS);
    int64_t there = 0;
    for (int i = 0; i < count; i++) {
      int32_t sign = hft_side_sign(order.side);
      bool reached = order.price == HFT_PRICE_MARKET || sign * level[i].price <= sign * order.price;
      if (reached) there += level[i].qty;
    }
    int64_t taken = stage_account(&s, 1)->taker_qty;
    s.read = s.record.count;
    if (there < order.qty) {
      stage_expect_order_refused(&s, 1, &order, HFT_REASON_NOT_FILLABLE);
      refused++;
    } else {
      hft_desk_submit(&s.desk[1], &order);
      assert_int_equal(stage_account(&s, 1)->taker_qty - taken, order.qty);
      whole++;
    }
  }
  assert_true(whole > 500 && refused > 500);
  s.read = s.record.count;
  stage_close(&s);
}

// ---- sliding ---------------------------------------------------------------------------------

static hft_order_id slide(stage *s, int who, hft_side side, hft_price price, hft_price rests_at) {
  hft_order_id id = stage_send(s, who, side, HFT_POST_SLIDE, price, 3);
  const hft_event *event = stage_expect(s, HFT_EVENT_ADD, who, rests_at, 3);
  assert_int_equal(event->side, side);
  hft_order order;
  assert_true(hft_desk_order(&s->desk[who], id, &order));
  assert_int_equal(order.price, rests_at);
  assert_int_equal(order.tif, HFT_POST_SLIDE);
  stage_expect_quiet(s);
  return id;
}

static void sliding_order_stops_one_tick_off(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 0, HFT_BID, 9995, 1);
  stage_rest(&s, 0, HFT_ASK, 10005, 1);
  slide(&s, 1, HFT_BID, 9990, 9990);  // where it would not trade it stays
  slide(&s, 1, HFT_BID, 10004, 10004);
  slide(&s, 1, HFT_BID, 10005, 10004);
  slide(&s, 1, HFT_BID, STAGE_HIGH, 10004);
  slide(&s, 2, HFT_ASK, 10010, 10010);
  slide(&s, 2, HFT_ASK, 10005, 10005);
  slide(&s, 2, HFT_ASK, 10004, 10005);
  slide(&s, 2, HFT_ASK, STAGE_LOW, 10005);
  assert_int_equal(stage_level(&s, 10004).qty, 9);
  assert_int_equal(stage_level(&s, 10005).qty, 10);
  assert_int_equal(hft_desk_tape(&s.desk[0])->trade_count, 0);
  stage_close(&s);
}

static void sliding_order_finds_an_empty_side(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  slide(&s, 1, HFT_ASK, STAGE_LOW, STAGE_LOW);
  stage_send(&s, 0, HFT_BID, HFT_IOC, STAGE_LOW, 3);
  stage_expect_trade(&s, .maker = 1, .taker = 0, .price = STAGE_LOW, .qty = 3);
  slide(&s, 1, HFT_BID, STAGE_HIGH, STAGE_HIGH);
  // The other side of one's own orders slides, too.
  stage_expect_refused(&s, 1, HFT_ASK, HFT_POST_SLIDE, 10000, 1, HFT_REASON_WOULD_CROSS);
  stage_close(&s);
}

// One tick off may be outside: then there is no place.
static void sliding_order_needs_a_place_in_the_window(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 0, HFT_ASK, STAGE_LOW, 1);
  stage_expect_refused(&s, 1, HFT_BID, HFT_POST_SLIDE, 10000, 2, HFT_REASON_WOULD_CROSS);
  stage_expect_refused(&s, 1, HFT_BID, HFT_POST_SLIDE, STAGE_LOW, 2, HFT_REASON_WOULD_CROSS);
  slide(&s, 1, HFT_ASK, STAGE_LOW, STAGE_LOW);
  assert_int_equal(hft_desk_cancel_all(&s.desk[0]) + hft_desk_cancel_all(&s.desk[1]), 2);
  s.read = s.record.count;
  stage_rest(&s, 0, HFT_BID, STAGE_HIGH, 1);
  stage_expect_refused(&s, 1, HFT_ASK, HFT_POST_SLIDE, 10000, 2, HFT_REASON_WOULD_CROSS);
  stage_expect_refused(&s, 1, HFT_ASK, HFT_POST_SLIDE, STAGE_HIGH, 2, HFT_REASON_WOULD_CROSS);
  stage_expect_refused(&s, 1, HFT_ASK, HFT_POST_SLIDE, STAGE_HIGH + 1, 2, HFT_REASON_PRICE_WINDOW);
  slide(&s, 1, HFT_BID, STAGE_HIGH, STAGE_HIGH);
  stage_close(&s);
}

static void sliding_order_slides_when_replaced(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  stage_rest(&s, 0, HFT_ASK, 10005, 1);
  hft_order_id id = slide(&s, 1, HFT_BID, 9990, 9990);
  id = hft_desk_replace(&s.desk[1], id, 10020, 2);
  stage_expect_cancel(&s, 1, 9990, 3, HFT_REASON_REPLACED);
  stage_expect(&s, HFT_EVENT_ADD, 1, 10004, 2);
  assert_int_equal(stage_qty(&s, 1, id), 2);
  stage_close(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fok_trades_whole_or_not_at_all),
      cmocka_unit_test(fok_sells_by_the_same_rules),
      cmocka_unit_test(fok_may_be_a_market_order),
      cmocka_unit_test(fok_counts_what_is_hidden),
      cmocka_unit_test(fok_agrees_with_the_depth),
      cmocka_unit_test(sliding_order_stops_one_tick_off),
      cmocka_unit_test(sliding_order_finds_an_empty_side),
      cmocka_unit_test(sliding_order_needs_a_place_in_the_window),
      cmocka_unit_test(sliding_order_slides_when_replaced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
