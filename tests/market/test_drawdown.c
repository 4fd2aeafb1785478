// The kill switch: an agent that has lost more than its limit stops trading.
#include "tests/market/stage.h"

static void refuse(stage *s, int who, hft_side side, hft_price price, hft_qty qty,
                   hft_reason reason) {
  stage_expect_refused(s, who, side, HFT_GTC, price, qty, reason);
}

// An order that rests, after which more is to be expected.
static void rest_and_more(stage *s, int who, hft_side side, hft_price price, hft_qty qty) {
  stage_send(s, who, side, HFT_GTC, price, qty);
  stage_expect(s, HFT_EVENT_ADD, who, price, qty);
}

// Another one than the one under test trades so many lots with it at that price.
static void fill(stage *s, int who, hft_side side, hft_price price, hft_qty qty) {
  hft_order_id id = stage_send(s, 2, hft_side_other(side), HFT_GTC, price, qty);
  stage_expect(s, HFT_EVENT_ADD, 2, price, qty);
  stage_send(s, who, side, HFT_IOC, price, qty);
  stage_expect_trade(s, .maker = 2, .taker = who, .price = price, .qty = qty);
  assert_false(stage_is_live(s, 2, id));
}

// Seat 0 is 50 ticks down: ten lots bought at 10005 with the mid at 10000, which orders of seat 1
// then make. Its own bid stands outside.
static hft_order_id lose_50(stage *s) {
  fill(s, 0, HFT_BID, 10005, 10);
  assert_true(hft_account_value(stage_account(s, 0), 10000) == -50);
  stage_rest(s, 1, HFT_BID, 9990, 1);
  stage_rest(s, 1, HFT_ASK, 10010, 1);
  assert_int_equal(hft_desk_mid2(&s->desk[0]), 2 * 10000);
  return stage_rest(s, 0, HFT_BID, 9980, 2);
}

// 0.5 of currency are 50 ticks: so much is not too much.
static void a_loss_up_to_the_limit_is_allowed(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {max_drawdown: 0.5}");
  lose_50(&s);
  stage_rest(&s, 0, HFT_ASK, 10020, 1);
  stage_close(&s);
}

static void a_greater_loss_kills(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {max_drawdown: 0.5}");
  hft_order_id bid = lose_50(&s);
  hft_order_id ask = stage_rest(&s, 0, HFT_ASK, 10020, 3);
  hft_order_id inner = stage_rest(&s, 0, HFT_BID, 9992, 1);  // the mid rises by one: 40 down
  // Another's order moves the mid to 9999, 60 down: all that rest leave.
  rest_and_more(&s, 1, HFT_ASK, 10006, 1);
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
  assert_int_equal(hft_desk_mid2(&s.desk[0]), 9990 + 10006);  // without its quotes
  refuse(&s, 0, HFT_BID, 9970, 1, HFT_REASON_KILLED);
  stage_close(&s);
}

// The loss is that of all instruments together, and at all of them the orders leave.
static void a_loss_kills_at_every_instrument(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {instruments: 2, fundamental: constant}\n"
      "exchange_config: {max_drawdown: 0.5}",
      2);
  event_record record = {0};
  hft_sink sink = event_record_sink(&record);
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
  size_t before = record.count;
  hft_desk_submit(&desk[0][1], &(hft_order){HFT_BID, HFT_IOC, 10006, 9});  // 76.5 down
  assert_int_equal(record.count - before, 3);
  assert_int_equal(record.events[before].kind, HFT_EVENT_TRADE);
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
  event_record_free(&record);
  world_free(&w);
}

static void a_killed_agent_stays_out(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {max_drawdown: 0.5}");
  lose_50(&s);
  rest_and_more(&s, 1, HFT_ASK, 10009, 1);
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
  assert_true(hft_account_value(stage_account(&s, 0), 0.5 * (double)hft_desk_mid2(&s.desk[0])) > 0);
  stage_rest(&s, 1, HFT_BID, 9985, 1);  // others go on
  // Its account can be settled: a direct desk is held to no limit.
  s.desk[0].direct = true;
  stage_send(&s, 0, HFT_ASK, HFT_IOC, HFT_PRICE_MARKET, 2);
  stage_expect_trade(&s, .maker = 1, .taker = 0, .price = 10002, .qty = 1);
  stage_expect_trade(&s, .maker = 1, .taker = 0, .price = 10001, .qty = 1);
  s.desk[0].direct = false;
  hft_market_reset(s.w.model, s.w.market, 0, 0, &s.sink);
  stage_rest(&s, 0, HFT_ASK, 10020, 1);  // a new session
  stage_close(&s);
}

// The loss is counted from the best that the account was worth.
static void a_gain_raises_the_mark(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {max_drawdown: 0.5}");
  fill(&s, 0, HFT_BID, 10000, 10);
  stage_rest(&s, 0, HFT_BID, 9950, 2);
  hft_order_id bid = stage_rest(&s, 1, HFT_BID, 10006, 1);
  hft_order_id ask = stage_rest(&s, 1, HFT_ASK, 10010, 1);  // 80 up
  assert_true(hft_desk_cancel(&s.desk[1], ask));
  stage_expect(&s, HFT_EVENT_CANCEL, 1, 10010, 1);
  assert_true(hft_desk_cancel(&s.desk[1], bid));
  stage_expect(&s, HFT_EVENT_CANCEL, 1, 10006, 1);
  stage_rest(&s, 1, HFT_BID, 9996, 1);
  ask = stage_rest(&s, 1, HFT_ASK, 10010, 1);  // 30 up: 50 below the best
  assert_true(hft_desk_cancel(&s.desk[1], ask));
  stage_expect(&s, HFT_EVENT_CANCEL, 1, 10010, 1);
  rest_and_more(&s, 1, HFT_ASK, 10009, 1);  // 55 below
  stage_expect_cancel(&s, 0, 9950, 2, HFT_REASON_KILLED);
  stage_close(&s);
}

static void fees_are_a_loss(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {max_drawdown: 0.5, taker_fee_per_lot: 5.001}");
  hft_order_id id = stage_rest(&s, 0, HFT_ASK, 10030, 1);
  fill(&s, 0, HFT_BID, 10000, 10);
  stage_expect_cancel(&s, 0, 10030, 1, HFT_REASON_KILLED);
  assert_false(stage_is_live(&s, 0, id));
  refuse(&s, 0, HFT_BID, 9990, 1, HFT_REASON_KILLED);
  stage_close(&s);
}

// Its own fill shows the loss: the request is done first, what is left of the order rests, and then
// all leave.
static void a_fill_kills_once_it_is_done(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {max_drawdown: 0.5}");
  stage_rest(&s, 0, HFT_BID, 9990, 1);
  for (int i = 0; i < 3; i++) stage_rest(&s, 1, HFT_ASK, 10010 + i, 4);
  assert_int_equal(hft_desk_mid2(&s.desk[0]), 2 * 10000);
  hft_order_id id = stage_send(&s, 0, HFT_BID, HFT_GTC, 10012, 20);
  for (int i = 0; i < 3; i++)
    stage_expect_trade(&s, .maker = 1, .taker = 0, .price = 10010 + i, .qty = 4);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10012, 8);
  stage_expect_cancel(&s, 0, 10012, 8, HFT_REASON_KILLED);
  stage_expect_cancel(&s, 0, 9990, 1, HFT_REASON_KILLED);
  assert_false(stage_is_live(&s, 0, id));
  // The maker's fill counts, too: seat 1 sold below the mid of seat 2's quotes.
  stage_rest(&s, 1, HFT_ASK, 10030, 1);
  rest_and_more(&s, 2, HFT_BID, 10020, 9);
  stage_expect_cancel(&s, 1, 10030, 1, HFT_REASON_KILLED);
  stage_close(&s);
}

// Who is taken out can move the mid, and so take out who was looked at before.
static void a_kill_can_trigger_the_next(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {max_drawdown: 0.5}\npopulations: [{kind: seat}]");
  for (int who = 1; who < 3; who++) {  // long ten lots at 10000, and eleven
    stage_rest(&s, 0, HFT_ASK, 10000, 9 + who);
    stage_send(&s, who, HFT_BID, HFT_IOC, 10000, 9 + who);
    stage_expect_trade(&s, .maker = 0, .taker = who, .price = 10000, .qty = 9 + who);
  }
  stage_rest(&s, 0, HFT_BID, 9970, 1);
  stage_rest(&s, 1, HFT_BID, 9960, 1);
  stage_rest(&s, 2, HFT_BID, 9990, 1);
  stage_rest(&s, 0, HFT_ASK, 10002, 1);  // 9996: 40 down, and 44
  // 9995: 50 down, and 55. The second one is out; then the mid is 9985, and the first one is.
  rest_and_more(&s, 0, HFT_ASK, 10000, 1);
  stage_expect_cancel(&s, 2, 9990, 1, HFT_REASON_KILLED);
  stage_expect_cancel(&s, 1, 9960, 1, HFT_REASON_KILLED);
  stage_expect_quiet(&s);
  stage_close(&s);
}

// A killed agent's orders under way are refused as they arrive.
static void requests_under_way_are_refused_after_a_kill(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s,
                  "exchange_config: {max_drawdown: 0.5, latency_us: 1000}\n"
                  "populations: [{kind: seat}]");
  stage_rest(&s, 0, HFT_ASK, 10000, 10);
  stage_send(&s, 1, HFT_BID, HFT_IOC, 10000, 10);
  stage_run(&s, HFT_MILLISECOND);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10000, .qty = 10);
  stage_send(&s, 1, HFT_BID, HFT_GTC, 9900 + 50, 1);
  stage_rest(&s, 0, HFT_BID, 9980, 1);
  stage_rest(&s, 0, HFT_ASK, 9990, 1);  // 150 down
  stage_run(&s, 2 * HFT_MILLISECOND);
  stage_expect_reject(&s, 1, HFT_REASON_KILLED);
  assert_int_equal(hft_desk_open_count(&s.desk[1]), 0);
  stage_close(&s);
}

// An auction's price is the mid after it.
static void an_auction_kills(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s,
                  "exchange_config: {max_drawdown: 0.5, opening_auction_s: 1}\n"
                  "populations: [{kind: seat}]");
  s.read = s.record.count;
  stage_rest(&s, 1, HFT_BID, 10020, 10);
  stage_rest(&s, 1, HFT_BID, 9950, 1);
  stage_rest(&s, 0, HFT_ASK, 10020, 10);
  stage_rest(&s, 0, HFT_ASK, 10022, 1);
  stage_run(&s, HFT_SECOND);
  assert_int_equal(hft_desk_mid2(&s.desk[0]), 9950 + 10022);  // 340 down
  while (s.record.events[s.read].kind != HFT_EVENT_CANCEL) s.read++;
  stage_expect_cancel(&s, 1, 9950, 1, HFT_REASON_KILLED);
  stage_close(&s);
}

// Cancelling all, the first that leaves moves the mid, and the rest leave for that.
static void cancelling_all_may_end_in_a_kill(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {max_drawdown: 0.5}");
  stage_rest(&s, 0, HFT_BID, 9970, 1);
  stage_rest(&s, 0, HFT_BID, 9971, 1);
  stage_rest(&s, 0, HFT_BID, 9996, 1);
  stage_rest(&s, 1, HFT_ASK, 10000, 10);  // 9998
  stage_rest(&s, 1, HFT_ASK, 10004, 1);
  stage_send(&s, 0, HFT_BID, HFT_IOC, 10000, 10);
  stage_expect_trade(&s, .maker = 1, .taker = 0, .price = 10000, .qty = 10);  // at 10000 again
  assert_int_equal(hft_desk_cancel_all(&s.desk[0]), 1);                       // 9987.5: 125 down
  stage_expect_cancel(&s, 0, 9996, 1, HFT_REASON_REQUESTED);
  stage_expect_cancel(&s, 0, 9971, 1, HFT_REASON_KILLED);
  stage_expect_cancel(&s, 0, 9970, 1, HFT_REASON_KILLED);
  stage_close(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_loss_up_to_the_limit_is_allowed),
      cmocka_unit_test(a_greater_loss_kills),
      cmocka_unit_test(a_loss_kills_at_every_instrument),
      cmocka_unit_test(a_killed_agent_stays_out),
      cmocka_unit_test(a_gain_raises_the_mark),
      cmocka_unit_test(fees_are_a_loss),
      cmocka_unit_test(a_fill_kills_once_it_is_done),
      cmocka_unit_test(a_kill_can_trigger_the_next),
      cmocka_unit_test(requests_under_way_are_refused_after_a_kill),
      cmocka_unit_test(an_auction_kills),
      cmocka_unit_test(cancelling_all_may_end_in_a_kill),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
