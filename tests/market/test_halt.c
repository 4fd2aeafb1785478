// Trading halts: which trade triggers one, what happens to the order that would have traded, when
// the halt ends, and the price at the centre of the band.
#include <stdio.h>

#include "tests/market/stage.h"

#define HALT (60 * HFT_SECOND)
#define REFERENCE (300 * HFT_SECOND)
#define CLOSING (23340 * HFT_SECOND)
#define NOBODY HFT_OWNER_NONE

// A band of 10 ticks around 10000.
static void open_band(stage *s, const char *rules) {
  char yaml[256];
  snprintf(yaml, sizeof yaml, "exchange_config: {halt_band_bps: 10, auction_publish_s: 3600%s}",
           rules);
  stage_open_with(s, yaml);
}

// price: of the trade that halts, else 0.
static void expect_phase(stage *s, hft_phase phase, hft_price price) {
  assert_int_equal(stage_expect(s, HFT_EVENT_PHASE, NOBODY, price, 0)->reason, phase);
  assert_int_equal(hft_desk_phase(&s->desk[0]), phase);
}

// Trading halts because of an order of which so much joins the call, at its limit. The first
// indication counts it.
typedef struct halt {
  hft_price price;
  int who;
  hft_price limit;  // of the order
  hft_qty left;     // of the order, which joins the auction
  hft_qty qty;      // of the first indication
} halt;

static void expect_halt(stage *s, halt h) {
  expect_phase(s, HFT_PHASE_HALTED, h.price);
  stage_expect(s, HFT_EVENT_ADD, h.who, h.limit, h.left);
  stage_expect(s, HFT_EVENT_IMBALANCE, NOBODY, h.price, h.qty);
}

// A quote of one lot a side, by the last seat.
static void quote(stage *s, hft_price bid, hft_price ask) {
  stage_rest(s, 2, HFT_BID, bid, 1);
  stage_rest(s, 2, HFT_ASK, ask, 1);
}

// Would a trade at this price halt trading? Tried with a fill-or-kill order, which is refused
// instead.
static bool would_halt(stage *s, hft_price price) {
  hft_desk *maker = &s->desk[1];
  hft_order_id ask = hft_desk_submit(maker, &(hft_order){HFT_ASK, HFT_GTC, price, 1, 0});
  assert_false(stage_is_null(ask));
  s->read = s->record.count;
  stage_send(s, 0, HFT_BID, HFT_FOK, price, 1);
  assert_int_equal(s->record.count, s->read + 1);
  bool halts = s->record.events[s->read++].kind == HFT_EVENT_REJECT;
  if (halts) hft_desk_cancel(maker, ask);
  s->read = s->record.count;
  assert_int_equal(hft_desk_phase(maker), HFT_PHASE_CONTINUOUS);
  return halts;
}

static void a_trade_beyond_the_band_halts(void **state) {
  (void)state;
  for (int side = 0; side < 2; side++) {
    stage s;
    open_band(&s, "");
    int sign = hft_side_sign((hft_side)side);
    hft_side other = hft_side_other((hft_side)side);
    stage_rest(&s, 0, other, 10000 + sign * 5, 1);
    stage_rest(&s, 0, other, 10000 + sign * 10, 2);
    stage_rest(&s, 0, other, 10000 + sign * 11, 4);
    hft_order_id kept = stage_rest(&s, 1, (hft_side)side, 10000 - sign * 5, 8);
    assert_int_equal(hft_desk_mid2(&s.desk[0]), 20000);
    hft_price limit = 10000 + sign * 12;
    hft_order_id id = stage_send(&s, 1, (hft_side)side, HFT_GTC, limit, 9);
    stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10000 + sign * 5, .qty = 1);
    stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10000 + sign * 10,
                       .qty = 2);  // the band's edge is inside
    expect_phase(&s, HFT_PHASE_HALTED, 10000 + sign * 11);
    stage_expect(&s, HFT_EVENT_ADD, 1, limit, 6);
    stage_expect(&s, HFT_EVENT_IMBALANCE, NOBODY, limit, 4);
    assert_int_equal(stage_book(&s)->live, 0);
    assert_int_equal(hft_desk_mid2(&s.desk[0]), 20000);
    assert_int_equal(stage_qty(&s, 1, id), 6);
    assert_int_equal(stage_qty(&s, 1, kept), 8);
    stage_run(&s, HALT - 1);
    stage_expect_quiet(&s);
    stage_run(&s, HALT);
    stage_expect(&s, HFT_EVENT_IMBALANCE, NOBODY, limit, 4);
    stage_expect_auction_trade(&s, .maker = side == 0 ? 1 : 0, .taker = side == 0 ? 0 : 1,
                               .price = limit, .qty = 4, .left = side == 0 ? 2 : 0);
    expect_phase(&s, HFT_PHASE_CONTINUOUS, 0);
    assert_int_equal(stage_level(&s, limit).qty, 2);
    assert_int_equal(stage_level(&s, 10000 - sign * 5).qty, 8);
    // The auction's price is the mid until two sides make one, and the reference.
    assert_int_equal(hft_desk_mid2(&s.desk[0]), 20000 + sign * 24);
    stage_close(&s);
  }
}

static void resting_orders_keep_their_place_through_a_halt(void **state) {
  (void)state;
  stage s;
  open_band(&s, "");
  hft_order_id iceberg = stage_send_iceberg(&s, 0, HFT_BID, 9995, 9, 2);
  stage_expect(&s, HFT_EVENT_ADD, 0, 9995, 2);
  hft_order_id second = stage_rest(&s, 1, HFT_BID, 9995, 3);
  stage_rest(&s, 2, HFT_ASK, 10011, 1);
  stage_send(&s, 2, HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 1);  // meets its own
  expect_halt(&s, (halt){.price = 10011, .who = 2, .limit = HFT_PRICE_MARKET, .left = 1, .qty = 1});
  hft_order_id third = stage_rest(&s, 2, HFT_BID, 9995, 4);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[2], third), 5);
  stage_run(&s, HALT);
  s.read = s.record.count;
  assert_int_equal(hft_desk_phase(&s.desk[0]), HFT_PHASE_CONTINUOUS);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[0], iceberg), 0);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[1], second), 2);
  assert_int_equal(hft_desk_queue_ahead(&s.desk[2], third), 5);
  assert_int_equal(stage_qty(&s, 0, iceberg), 9);
  assert_int_equal(stage_level(&s, 9995).qty, 9);
  stage_close(&s);
}

static void the_band_lies_around_the_reference(void **state) {
  (void)state;
  stage s;
  open_band(&s, "");
  quote(&s, 10004, 10008);  // the mid is 10006 now, the reference still 10000
  assert_false(would_halt(&s, 10007));
  assert_true(hft_desk_cancel_all(&s.desk[2]) == 2);
  s.read = s.record.count;
  assert_false(would_halt(&s, 10010));
  assert_true(would_halt(&s, 10011));
  quote(&s, 10003, 10008);  // 10005.5
  stage_run(&s, REFERENCE - 1);
  assert_true(hft_desk_cancel_all(&s.desk[2]) == 2);
  s.read = s.record.count;
  assert_true(would_halt(&s, 10011));
  quote(&s, 10003, 10008);
  stage_run(&s, REFERENCE);
  assert_true(hft_desk_cancel_all(&s.desk[2]) == 2);
  s.read = s.record.count;
  assert_false(would_halt(&s, 10015));  // 10005.5 + 10.005
  assert_true(would_halt(&s, 10016));
  assert_false(would_halt(&s, 9996));
  assert_true(would_halt(&s, 9995));
  quote(&s, 9990, 9992);
  stage_run(&s, 2 * REFERENCE);
  assert_true(hft_desk_cancel_all(&s.desk[2]) == 2);
  s.read = s.record.count;
  assert_false(would_halt(&s, 10000));  // 9991 + 9.991
  assert_true(would_halt(&s, 10001));
  stage_close(&s);
}

static void an_auction_moves_the_reference(void **state) {
  (void)state;
  stage s;
  open_band(&s, "");
  stage_rest(&s, 0, HFT_ASK, 10030, 1);
  stage_send(&s, 1, HFT_BID, HFT_IOC, 10030, 1);
  expect_halt(&s, (halt){.price = 10030, .who = 1, .limit = 10030, .left = 1, .qty = 1});
  quote(&s, 10020, 10034);
  stage_run(&s, HALT);
  stage_expect(&s, HFT_EVENT_IMBALANCE, NOBODY, 10030, 1);
  stage_expect_auction_trade(&s, .maker = 1, .taker = 0, .price = 10030, .qty = 1);
  expect_phase(&s, HFT_PHASE_CONTINUOUS, 0);
  assert_int_equal(hft_desk_mid2(&s.desk[0]), 2 * 10027);
  assert_true(hft_desk_cancel_all(&s.desk[2]) == 2);
  assert_true(would_halt(&s, 10041));
  assert_false(would_halt(&s, 10040));  // 10030 + 10.03
  quote(&s, 10000, 10002);
  stage_run(&s, REFERENCE);  // the multiples are the session's, not those of the halt
  assert_true(hft_desk_cancel_all(&s.desk[2]) == 2);
  s.read = s.record.count;
  assert_true(would_halt(&s, 10012));
  assert_false(would_halt(&s, 10011));
  stage_close(&s);
}

// Where nothing trades in the auction, the reference is the mid.
static void a_halt_may_end_without_a_trade(void **state) {
  (void)state;
  stage s;
  open_band(&s, "");
  hft_order_id ask = stage_rest(&s, 0, HFT_ASK, 10030, 1);
  hft_order_id bid = stage_send(&s, 1, HFT_BID, HFT_GTC, 10030, 1);
  expect_halt(&s, (halt){.price = 10030, .who = 1, .limit = 10030, .left = 1, .qty = 1});
  assert_true(stage_is_same(hft_desk_replace(&s.desk[0], ask, 10030, 1), ask));
  assert_false(stage_is_null(hft_desk_replace(&s.desk[1], bid, 10020, 1)));
  stage_expect_cancel(&s, 1, 10030, 1, HFT_REASON_REPLACED);
  stage_expect(&s, HFT_EVENT_ADD, 1, 10020, 1);
  stage_run(&s, HALT);
  stage_expect(&s, HFT_EVENT_IMBALANCE, NOBODY, 0, 0);
  expect_phase(&s, HFT_PHASE_CONTINUOUS, 0);
  assert_int_equal(hft_desk_mid2(&s.desk[0]), 2 * 10025);
  hft_desk_cancel_all(&s.desk[0]);
  hft_desk_cancel_all(&s.desk[1]);
  assert_false(would_halt(&s, 10035));  // 10025 + 10.025
  assert_true(would_halt(&s, 10036));
  stage_close(&s);
}

static void immediate_orders_do_not_halt(void **state) {
  (void)state;
  stage s;
  open_band(&s, ", self_trade: cancel_newest");
  stage_rest(&s, 0, HFT_ASK, 10005, 1);
  stage_rest(&s, 0, HFT_ASK, 10020, 5);
  stage_expect_refused(&s, 1, HFT_BID, HFT_FOK, 10020, 2, HFT_REASON_NOT_FILLABLE);
  stage_expect_refused(&s, 1, HFT_BID, HFT_FOK, HFT_PRICE_MARKET, 2, HFT_REASON_NOT_FILLABLE);
  stage_send(&s, 1, HFT_BID, HFT_FOK, 10020, 1);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10005, .qty = 1);
  stage_send(&s, 0, HFT_BID, HFT_IOC, 10020, 1);  // would trade with its own order
  stage_expect(&s, HFT_EVENT_EXPIRE, 0, 10020, 1);
  stage_expect_refused(&s, 1, HFT_BID, HFT_POST_ONLY, 10020, 1, HFT_REASON_WOULD_CROSS);
  assert_int_equal(hft_desk_phase(&s.desk[0]), HFT_PHASE_CONTINUOUS);
  stage_close(&s);
}

// The order halts trading though its owner has no room left for it in the call.
static void an_order_without_room_expires(void **state) {
  (void)state;
  stage s;
  open_band(&s, "");
  for (int i = 0; i < WORLD_SEAT_ORDERS; i++) stage_rest(&s, 1, HFT_BID, 9990 - i, 1);
  stage_rest(&s, 0, HFT_ASK, 10011, 5);
  stage_send(&s, 1, HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 2);
  expect_phase(&s, HFT_PHASE_HALTED, 10011);
  const hft_event *event = stage_expect(&s, HFT_EVENT_EXPIRE, 1, HFT_PRICE_MARKET, 2);
  assert_int_equal(event->reason, HFT_REASON_OPEN_ORDERS);
  stage_expect(&s, HFT_EVENT_IMBALANCE, NOBODY, 0, 0);
  stage_close(&s);
}

// A halt that would last into the closing call ends there, and its orders stay.
static void a_halt_goes_over_into_the_closing_call(void **state) {
  (void)state;
  stage s;
  open_band(&s, ", closing_auction_s: 60, halt_reference_s: 86400");
  stage_run(&s, CLOSING - 10 * HFT_SECOND);
  stage_rest(&s, 0, HFT_ASK, 10030, 1);
  stage_send(&s, 1, HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 2);
  expect_halt(&s, (halt){.price = 10030, .who = 1, .limit = HFT_PRICE_MARKET, .left = 2, .qty = 1});
  stage_run(&s, CLOSING - 1);
  stage_expect_quiet(&s);
  stage_run(&s, CLOSING);
  expect_phase(&s, HFT_PHASE_CLOSING, 0);
  stage_expect(&s, HFT_EVENT_IMBALANCE, NOBODY, 10030, 1);
  stage_run(&s, CLOSING + 60 * HFT_SECOND);
  stage_expect(&s, HFT_EVENT_IMBALANCE, NOBODY, 10030, 1);
  stage_expect_auction_trade(&s, .maker = 1, .taker = 0, .price = 10030, .qty = 1, .left = 1);
  stage_expect(&s, HFT_EVENT_EXPIRE, 1, HFT_PRICE_MARKET, 1);
  expect_phase(&s, HFT_PHASE_CLOSED, 0);
  stage_close(&s);
}

// The opening auction's price is the first reference, and needs none itself.
static void the_opening_sets_the_reference(void **state) {
  (void)state;
  stage s;
  open_band(&s, ", opening_auction_s: 10");
  stage_rest(&s, 0, HFT_BID, 10040, 1);
  stage_rest(&s, 1, HFT_ASK, 10040, 1);
  stage_run(&s, 10 * HFT_SECOND);
  stage_expect(&s, HFT_EVENT_IMBALANCE, NOBODY, 10040, 1);
  stage_expect_auction_trade(&s, .maker = 0, .taker = 1, .price = 10040, .qty = 1);
  expect_phase(&s, HFT_PHASE_CONTINUOUS, 0);
  assert_false(would_halt(&s, 10050));
  assert_true(would_halt(&s, 10051));
  assert_false(would_halt(&s, 10030));
  assert_true(would_halt(&s, 10029));
  stage_close(&s);
}

// Settling an account passes limits, but not the band.
static void settling_waits_for_the_auction(void **state) {
  (void)state;
  stage s;
  open_band(&s, ", max_inventory: 5");
  stage_rest(&s, 0, HFT_ASK, 10011, 5);
  hft_desk direct = s.desk[1];
  direct.direct = true;
  hft_desk_submit(&direct, &(hft_order){HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 6, 0});
  expect_halt(&s, (halt){.price = 10011, .who = 1, .limit = HFT_PRICE_MARKET, .left = 6, .qty = 5});
  stage_run(&s, HALT);
  s.read = s.record.count;
  assert_int_equal(stage_account(&s, 1)->position, 5);
  stage_close(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_trade_beyond_the_band_halts),
      cmocka_unit_test(resting_orders_keep_their_place_through_a_halt),
      cmocka_unit_test(the_band_lies_around_the_reference),
      cmocka_unit_test(an_auction_moves_the_reference),
      cmocka_unit_test(a_halt_may_end_without_a_trade),
      cmocka_unit_test(immediate_orders_do_not_halt),
      cmocka_unit_test(an_order_without_room_expires),
      cmocka_unit_test(a_halt_goes_over_into_the_closing_call),
      cmocka_unit_test(the_opening_sets_the_reference),
      cmocka_unit_test(settling_waits_for_the_auction),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
