// The limits that hold an agent's requests before they trade.
#include "tests/market/stage.h"

static void refuse(stage *s, int who, hft_side side, hft_price price, hft_qty qty,
                   hft_reason reason) {
  stage_expect_refused(s, who, side, HFT_GTC, price, qty, reason);
}

// Another one than the one under test trades so many lots with it at that price.
static void fill(stage *s, int who, hft_side side, hft_price price, hft_qty qty) {
  hft_order_id id = stage_send(s, 2, hft_side_other(side), HFT_GTC, price, qty);
  stage_expect(s, HFT_EVENT_ADD, 2, price, qty);
  stage_send(s, who, side, HFT_IOC, price, qty);
  stage_expect_trade(s, 2, who, price, qty, 0);
  assert_false(stage_is_live(s, 2, id));
}

// ---- position --------------------------------------------------------------------------------

static void position_counts_open_orders(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {position_max: 10}");
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
  stage_open_with(&s, "exchange_config: {position_max: 10}");
  stage_rest(&s, 0, HFT_BID, 9990, 6);
  stage_send(&s, 1, HFT_ASK, HFT_IOC, 9990, 4);
  stage_expect_trade(&s, 0, 1, 9990, 4, 2);
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
  stage_open_with(&s, "exchange_config: {position_max: 10}");
  stage_rest(&s, 1, HFT_ASK, 10001, 10);
  for (int tif = 0; tif < HFT_TIF_COUNT; tif++) {
    hft_price price = tif == HFT_POST_ONLY ? 10000 : 10001;
    // A sliding order is reported at the price it slid to.
    if (tif == HFT_POST_SLIDE) price = 10000;
    stage_expect_refused(&s, 0, HFT_BID, (hft_tif)tif, price, 11, HFT_REASON_POSITION);
  }
  stage_expect_refused(&s, 0, HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 11, HFT_REASON_POSITION);
  stage_send(&s, 0, HFT_BID, HFT_FOK, 10001, 10);
  stage_expect_trade(&s, 1, 0, 10001, 10, 0);
  stage_expect_refused(&s, 0, HFT_BID, HFT_IOC, 10001, 1, HFT_REASON_POSITION);
  stage_close(&s);
}

static void position_counts_what_is_hidden(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {position_max: 10}");
  hft_order_id id = stage_send_iceberg(&s, 0, HFT_BID, 9990, 8, 1);
  stage_expect(&s, HFT_EVENT_ADD, 0, 9990, 1);
  refuse(&s, 0, HFT_BID, 9980, 3, HFT_REASON_POSITION);
  // To replace an order counts the new one alone.
  id = hft_desk_replace(&s.desk[0], id, 9991, 10);
  stage_expect_cancel(&s, 0, 9990, 1, HFT_REASON_REPLACED);
  stage_expect(&s, HFT_EVENT_ADD, 0, 9991, 1);
  refuse(&s, 0, HFT_BID, 9980, 1, HFT_REASON_POSITION);
  stage_close(&s);
}

// 1000 of currency at a mid of 100: 10 lots.
static void position_value_follows_the_mid(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {position_value_max: 1000}");
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

// ---- drawdown --------------------------------------------------------------------------------

// Seat 0 is 50 ticks down: ten lots bought at 10005, the mid at 10000 by orders of seat 1. Its own
// bid stands outside.
static hft_order_id lose_50(stage *s) {
  hft_order_id bid = stage_rest(s, 0, HFT_BID, 9980, 2);
  stage_rest(s, 1, HFT_BID, 9990, 1);
  fill(s, 0, HFT_BID, 10005, 10);
  stage_rest(s, 1, HFT_ASK, 10010, 1);
  assert_int_equal(hft_desk_mid2(&s->desk[0]), 2 * 10000);
  assert_true(hft_account_value(stage_account(s, 0), 2 * 10000) == -50);
  return bid;
}

// 0.5 of currency are 50 ticks: so much is not too much.
static void a_loss_up_to_the_limit_is_borne(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {drawdown_max: 0.5}");
  lose_50(&s);
  stage_rest(&s, 0, HFT_ASK, 10020, 1);
  stage_close(&s);
}

static void a_greater_loss_kills(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {drawdown_max: 0.5}");
  hft_order_id bid = lose_50(&s);
  hft_order_id ask = stage_rest(&s, 0, HFT_ASK, 10020, 3);
  hft_order_id inner = stage_rest(&s, 0, HFT_BID, 9992, 1);  // the mid rises by one: 40 down
  hft_order_id lower = stage_rest(&s, 1, HFT_ASK, 10006, 1);
  assert_int_equal(hft_desk_mid2(&s.desk[0]), 9992 + 10006);
  assert_true(hft_desk_cancel(&s.desk[1], lower));
  stage_expect(&s, HFT_EVENT_CANCEL, 1, 10006, 1);
  stage_rest(&s, 1, HFT_ASK, 10005, 1);  // mid 9998.5: 65 down
  // The order that shows it is refused, and all that rest leave.
  assert_true(stage_is_null(stage_send(&s, 0, HFT_BID, HFT_GTC, 9970, 1)));
  stage_expect_reject(&s, 0, HFT_REASON_KILLED);
  for (int i = 0; i < 3; i++) {
    const hft_event *event = &s.record.events[s.read++];
    assert_int_equal(event->kind, HFT_EVENT_CANCEL);
    assert_int_equal(event->owner, 0);
    assert_int_equal(event->reason, HFT_REASON_KILLED);
  }
  stage_expect_quiet(&s);
  assert_int_equal(hft_desk_open_count(&s.desk[0]), 0);
  assert_false(stage_is_live(&s, 0, bid) || stage_is_live(&s, 0, ask));
  assert_false(stage_is_live(&s, 0, inner));
  assert_int_equal(hft_desk_mid2(&s.desk[0]), 9990 + 10005);  // without its quotes
  stage_close(&s);
}

// The loss is that of all instruments together, and at all of them the orders leave.
static void a_loss_kills_at_every_instrument(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {instruments: 2, fundamental: constant}\n"
      "exchange_config: {drawdown_max: 0.5}",
      2);
  world_record record = {0};
  hft_sink sink = world_sink(&record);
  hft_desk desk[2][2];  // who, where
  for (int who = 0; who < 2; who++) {
    desk[who][0] = hft_market_desk(w.model, w.market, (hft_owner)(w.seat + who));
    desk[who][0].sink = &sink;
    desk[who][1] = hft_desk_at(&desk[who][0], 1);
    assert_false(stage_is_null(
        hft_desk_submit(&desk[who][0], &(hft_order){HFT_BID, HFT_GTC, 9990 - who, 1})));
  }
  hft_desk_submit(&desk[0][1], &(hft_order){HFT_BID, HFT_GTC, 9989, 1});
  hft_desk_submit(&desk[1][1], &(hft_order){HFT_ASK, HFT_GTC, 10006, 10});
  hft_desk_submit(&desk[0][1], &(hft_order){HFT_BID, HFT_IOC, 10006, 9});
  hft_desk_submit(&desk[1][1], &(hft_order){HFT_BID, HFT_GTC, 9990, 1});  // 72 down
  size_t before = record.count;
  hft_order_id id = hft_desk_submit(&desk[0][0], &(hft_order){HFT_BID, HFT_GTC, 9980, 1});
  assert_true(stage_is_null(id));
  assert_int_equal(record.count - before, 3);
  assert_int_equal(record.events[before].kind, HFT_EVENT_REJECT);
  for (size_t i = 1; i < 3; i++) {
    const hft_event *event = &record.events[before + i];
    assert_int_equal(event->kind, HFT_EVENT_CANCEL);
    assert_int_equal(event->reason, HFT_REASON_KILLED);
    assert_int_equal(event->owner, w.seat);
    assert_int_equal(event->instrument, i - 1);
  }
  for (int i = 0; i < 2; i++) {
    assert_int_equal(hft_desk_open_count(&desk[0][i]), 0);
    assert_true(hft_desk_open_count(&desk[1][i]) > 0);
    assert_true(
        stage_is_null(hft_desk_submit(&desk[0][i], &(hft_order){HFT_BID, HFT_GTC, 9980, 1})));
  }
  world_verify(&w);
  world_record_free(&record);
  world_free(&w);
}

static void whoever_is_killed_stays_out(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {drawdown_max: 0.49}");
  lose_50(&s);
  assert_true(stage_is_null(stage_send(&s, 0, HFT_ASK, HFT_GTC, 10020, 1)));
  stage_expect_reject(&s, 0, HFT_REASON_KILLED);
  stage_expect_cancel(&s, 0, 9980, 2, HFT_REASON_KILLED);
  for (int round = 0; round < 3; round++) {
    for (int tif = 0; tif < HFT_TIF_COUNT; tif++) {
      hft_side side = (hft_side)(round & 1);
      stage_expect_refused(&s, 0, side, (hft_tif)tif, 10000, 1, HFT_REASON_KILLED);
    }
    assert_false(hft_desk_cancel(&s.desk[0], (hft_order_id){1, 1}));
    stage_expect_reject(&s, 0, HFT_REASON_STALE_ORDER);
    stage_run(&s, (round + 1) * 10 * HFT_SECOND);
    stage_rest(&s, 1, HFT_BID, 10000 + round, 1);  // though its loss is made up
  }
  assert_true(hft_account_value(stage_account(&s, 0), hft_desk_mid2(&s.desk[0])) > 0);
  stage_rest(&s, 2, HFT_BID, 9990, 1);  // others go on
  // Its account can be settled: a direct desk is held to no limit.
  s.desk[0].direct = true;
  stage_send(&s, 0, HFT_ASK, HFT_IOC, HFT_PRICE_MARKET, 2);
  stage_expect_trade(&s, 1, 0, 10002, 1, 0);
  stage_expect_trade(&s, 1, 0, 10001, 1, 0);
  s.desk[0].direct = false;
  hft_market_reset(s.w.model, s.w.market, 0, 0, &s.sink);
  stage_rest(&s, 0, HFT_ASK, 10020, 1);  // a new session
  stage_close(&s);
}

// The loss is counted from the best that the account was worth.
static void a_gain_raises_the_mark(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {drawdown_max: 0.5}");
  fill(&s, 0, HFT_BID, 10000, 10);
  stage_rest(&s, 1, HFT_BID, 10006, 1);
  hft_order_id ask = stage_rest(&s, 1, HFT_ASK, 10010, 1);
  stage_rest(&s, 0, HFT_ASK, 10030, 1);  // 80 up
  assert_true(hft_desk_cancel(&s.desk[1], ask));
  stage_expect(&s, HFT_EVENT_CANCEL, 1, 10010, 1);
  hft_order_id bid = hft_desk_open(&s.desk[1], 0);
  assert_true(hft_desk_cancel(&s.desk[1], bid));
  stage_expect(&s, HFT_EVENT_CANCEL, 1, 10006, 1);
  stage_rest(&s, 1, HFT_BID, 9996, 1);
  ask = stage_rest(&s, 1, HFT_ASK, 10010, 1);  // 30 up: 50 below the best
  stage_rest(&s, 0, HFT_ASK, 10030, 1);
  assert_true(hft_desk_cancel(&s.desk[1], ask));
  stage_expect(&s, HFT_EVENT_CANCEL, 1, 10010, 1);
  stage_rest(&s, 1, HFT_ASK, 10009, 1);  // 55 below
  stage_send(&s, 0, HFT_ASK, HFT_GTC, 10030, 1);
  stage_expect_reject(&s, 0, HFT_REASON_KILLED);
  stage_expect_cancel(&s, 0, 10030, 1, HFT_REASON_KILLED);
  stage_expect_cancel(&s, 0, 10030, 1, HFT_REASON_KILLED);
  stage_close(&s);
}

static void fees_are_a_loss(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {drawdown_max: 0.5, taker_fee_per_lot: 5.001}");
  fill(&s, 0, HFT_BID, 10000, 10);
  stage_send(&s, 0, HFT_BID, HFT_GTC, 9990, 1);
  stage_expect_reject(&s, 0, HFT_REASON_KILLED);
  stage_close(&s);
}

// ---- who is held -----------------------------------------------------------------------------

static void populations_are_exempt(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s,
                  "exchange_config: {position_max: 3, position_value_max: 400,"
                  " message_rate_max: 2, drawdown_max: 0.01}\npopulations: [{kind: seat}]");
  stage_rest(&s, 0, HFT_BID, 10005, 100);
  stage_rest(&s, 2, HFT_ASK, 10006, 1);
  stage_send(&s, 1, HFT_ASK, HFT_IOC, 10005, 3);
  stage_expect_trade(&s, 0, 1, 10005, 3, 97);
  stage_send(&s, 2, HFT_ASK, HFT_IOC, 10005, 2);
  stage_expect_trade(&s, 0, 2, 10005, 2, 95);
  assert_true(hft_desk_cancel_all(&s.desk[0]) == 1);
  stage_expect_cancel(&s, 0, 10005, 95, HFT_REASON_REQUESTED);
  for (int i = 0; i < 4; i++) stage_rest(&s, 0, HFT_BID, STAGE_LOW, 50);
  refuse(&s, 3, HFT_BID, STAGE_LOW, 4, HFT_REASON_POSITION);
  stage_close(&s);
}

static void direct_desks_are_exempt(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {position_max: 3, message_rate_max: 2}");
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
      cmocka_unit_test(message_rate_restarts_with_the_session),
      cmocka_unit_test(a_loss_up_to_the_limit_is_borne),
      cmocka_unit_test(a_greater_loss_kills),
      cmocka_unit_test(a_loss_kills_at_every_instrument),
      cmocka_unit_test(whoever_is_killed_stays_out),
      cmocka_unit_test(a_gain_raises_the_mark),
      cmocka_unit_test(fees_are_a_loss),
      cmocka_unit_test(populations_are_exempt),
      cmocka_unit_test(direct_desks_are_exempt),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
