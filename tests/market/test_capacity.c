// Limits that no other test reaches: docs/limits.md lists all.
#include <stdio.h>
#include <string.h>

#include "sim/market/state.h"
#include "tests/market/stage.h"

// After the last number comes 1: 0 would be no order.
static void order_numbers_begin_anew(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  s.w.market->order_number = UINT32_MAX - 2;
  const uint32_t expected[] = {UINT32_MAX - 1, UINT32_MAX, 1, 2};
  hft_order_id id[4];
  for (int i = 0; i < 4; i++) {
    id[i] = stage_rest(&s, 0, HFT_BID, 9990 + i, 1);
    assert_int_equal(id[i].number, expected[i]);
  }
  s.w.market->order_number = UINT32_MAX;
  id[0] = hft_desk_replace(&s.desk[0], id[0], 9980, 2);
  stage_expect_cancel(&s, 0, 9990, 1, HFT_REASON_REPLACED);
  stage_expect(&s, HFT_EVENT_ADD, 0, 9980, 2);
  assert_int_equal(id[0].number, 1);  // as another's that rests: the slots tell them apart
  for (int i = 0; i < 4; i++) {
    assert_true(hft_desk_cancel(&s.desk[0], id[i]));
    s.read++;
    assert_false(stage_is_live(&s, 0, id[i]));
  }
  stage_close(&s);
}

static void order_numbers_begin_anew_under_way(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {latency_us: 1000}");
  s.w.market->order_number = UINT32_MAX;
  hft_order_id id = stage_send(&s, 0, HFT_BID, HFT_GTC, 9990, 1);
  assert_int_equal(id.number, 1);
  stage_run(&s, HFT_SECOND);
  stage_expect(&s, HFT_EVENT_ADD, 0, 9990, 1);
  s.w.market->order_number = UINT32_MAX;
  id = hft_desk_replace(&s.desk[0], id, 9991, 1);
  assert_int_equal(id.number, 1);
  stage_run(&s, 2 * HFT_SECOND);
  stage_expect_cancel(&s, 0, 9990, 1, HFT_REASON_REPLACED);
  stage_expect(&s, HFT_EVENT_ADD, 0, 9991, 1);
  assert_true(stage_is_live(&s, 0, id));
  stage_close(&s);
}

// A window of the most ticks there are, traded from end to end.
static void the_widest_window_trades_at_its_ends(void **state) {
  (void)state;
  world w = world_create("market_config: {window_ticks: 1048576, initial_price: 10000}", 1);
  const hft_instrument *instrument = hft_model_instrument(w.model);
  assert_int_equal(instrument->price_max - instrument->price_min, 1048575);
  hft_desk desk = hft_market_desk(w.model, w.market, w.seat);
  hft_desk_submit(&desk, &(hft_order){HFT_BID, HFT_GTC, instrument->price_min, 1});
  hft_desk_submit(&desk, &(hft_order){HFT_ASK, HFT_GTC, instrument->price_max, 1});
  assert_int_equal(hft_desk_mid2(&desk), instrument->price_min + instrument->price_max);
  assert_true(
      hft_desk_submit(&desk, &(hft_order){HFT_BID, HFT_GTC, instrument->price_min - 1, 1}).number ==
      0);
  assert_true(
      hft_desk_submit(&desk, &(hft_order){HFT_BID, HFT_GTC, instrument->price_max + 1, 1}).number ==
      0);
  hft_desk_submit(&desk, &(hft_order){HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 1});
  hft_desk_submit(&desk, &(hft_order){HFT_ASK, HFT_IOC, HFT_PRICE_MARKET, 1});
  assert_int_equal(hft_market_tape(w.market, 0)->trade_count, 2);
  assert_int_equal(hft_market_tape(w.market, 0)->last_price, instrument->price_min);
  world_verify(&w);
  world_free(&w);
}

static void the_most_instruments_can_trade(void **state) {
  (void)state;
  hft_error error = {0};
  hft_config *config = world_config("");
  assert_int_equal(hft_config_set(config, "market_config.instruments=65", &error), HFT_ECONFIG);
  hft_config_free(config);
  char yaml[256];
  snprintf(yaml, sizeof yaml,
           "market_config: {instruments: %d, window_ticks: 64, correlation: 0.5}\n"
           "populations: [{kind: maker}]",
           HFT_INSTRUMENTS_MAX);
  world w = world_create(yaml, 1);
  hft_desk desk = hft_market_desk(w.model, w.market, w.seat);
  hft_market_run(w.model, w.market, 5 * HFT_SECOND, NULL);
  for (int i = 0; i < HFT_INSTRUMENTS_MAX; i++) {
    hft_desk there = hft_desk_at(&desk, i);
    hft_desk_submit(&there, &(hft_order){HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 1});
    assert_int_equal(hft_desk_account(&there)->position, 1);
  }
  world_verify(&w);
  world_free(&w);
}

// An order may be worth 9e14 ticks x lots: so its fee is exact.
static void an_orders_value_is_limited(void **state) {
  (void)state;
  world_expect_refused("market_config: {initial_price: 10000, order_qty_max: 1000000000}", NULL, 0,
                       "market_config.order_qty_max", "9e+14");
  world w = world_create(
      "market_config: {initial_price: 8900, order_qty_max: 1000000000, window_ticks: 64}\n"
      "exchange_config: {taker_fee_bps: 0.001}",
      2);
  hft_desk buyer = hft_market_desk(w.model, w.market, w.seat);
  hft_desk seller = hft_market_desk(w.model, w.market, (hft_owner)(w.seat + 1));
  const int64_t qty = 1000000000, price = 890000;
  for (int i = 0; i < 1000; i++) {
    hft_desk_submit(&seller, &(hft_order){HFT_ASK, HFT_GTC, (hft_price)price, (hft_qty)qty});
    hft_desk_submit(&buyer, &(hft_order){HFT_BID, HFT_IOC, (hft_price)price, (hft_qty)qty});
  }
  assert_int_equal(hft_market_tape(w.market, 0)->notional, 1000 * qty * price);
  assert_int_equal(hft_desk_account(&buyer)->cash, -1000 * qty * price);
  assert_int_equal(hft_desk_account(&buyer)->fees, 1000 * (qty * price / 1000));
  world_verify(&w);
  world_free(&w);
}

// ---- what may trade in a session -------------------------------------------------------------

// Buys and sells lots of the most there may be until the exchange has had enough, at the prices
// where sums are largest: bought at the top of the window, valued at its bottom.
static int64_t trade_all(world *w, hft_qty qty) {
  const hft_instrument *instrument = hft_model_instrument(w->model);
  hft_desk buyer = hft_market_desk(w->model, w->market, w->seat);
  hft_desk seller = hft_market_desk(w->model, w->market, (hft_owner)(w->seat + 1));
  const hft_order ask = {HFT_ASK, HFT_GTC, instrument->price_max, qty};
  const hft_order bid = {HFT_BID, HFT_IOC, HFT_PRICE_MARKET, qty};
  int64_t count = 0;
  do {
    assert_true(hft_desk_submit(&seller, &ask).number != 0);
    count++;
    assert_in_range(count, 1, 1000000);
  } while (hft_desk_submit(&buyer, &bid).number != 0);
  return count - 1;
}

static void expect_exact(const world *w, const hft_account *account, long double lots,
                         long double fee) {
  const hft_instrument *instrument = hft_model_instrument(w->model);
  assert_true(account->position == lots);
  assert_true(account->cash == -lots * instrument->price_max);
  int64_t mid2 = 2 * (int64_t)instrument->price_min;
  assert_true(hft_account_value2(account, mid2) == -lots * (2 * instrument->price_max - mid2));
  assert_true(account->fees == fee);
}

static void an_instruments_volume_is_limited(void **state) {
  (void)state;
  static const struct {
    const char *exchange;
    double fees;  // of both sides, in 1/10000 of the value
  } cases[] = {{"{}", 0},
               {"{taker_fee_bps: 1.5}", 1.5},
               {"{taker_fee_bps: 100, maker_fee_bps: 100}", 200},
               {"{taker_fee_bps: 100, maker_fee_bps: -100, taker_fee_per_lot: 1000}", 200}};
  for (int i = 0; i < 4; i++) {
    char yaml[512];
    snprintf(yaml, sizeof yaml,
             "market_config: {initial_price: 8900, order_qty_max: 1000000000, window_ticks: 64}\n"
             "exchange_config: %s",
             cases[i].exchange);
    world w = world_create(yaml, 2);
    const hft_qty qty = 1000000000;
    const hft_instrument *instrument = hft_model_instrument(w.model);
    double most = 0x1p60 / instrument->price_max / (cases[i].fees > 2 ? cases[i].fees / 2 : 1);
    int64_t traded = trade_all(&w, qty);
    // A fee a lot of 1e3 ticks is next to nothing of 9e5 ticks.
    assert_in_range(traded, (int64_t)(0.98 * most / qty), (int64_t)(most / qty));
    const hft_account *buyer = hft_market_account(w.model, w.market, w.seat, 0);
    bool per_lot = i == 3;
    long double lots = (long double)traded * qty, value = lots * instrument->price_max;
    long double fee = i == 0 ? 0 : i == 1 ? value * 1.5L : value * 100;
    expect_exact(&w, buyer, lots, fee + (per_lot ? lots * 10000000 : 0));
    world_verify(&w);
    world_free(&w);
  }
}

// One lot is left to trade: nothing else is kept from anybody.
static void at_the_limit_the_rest_goes_on(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_tape *tape = &hft_market_instrument(s.w.market, 0)->tape;
  tape->buy_qty = (s.w.model->volume_max + 1) / 2;
  tape->sell_qty = s.w.model->volume_max - tape->buy_qty - 1;
  hft_order_id id = stage_rest(&s, 0, HFT_ASK, 10000, 5);
  static const hft_tif crossing[] = {HFT_GTC, HFT_IOC, HFT_FOK};
  for (int i = 0; i < 3; i++) {
    stage_expect_refused(&s, 1, HFT_BID, crossing[i], 10000, 2, HFT_REASON_VOLUME);
  }
  stage_expect_refused(&s, 1, HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 2, HFT_REASON_VOLUME);
  stage_expect_refused(&s, 1, HFT_BID, HFT_POST_ONLY, 10000, 2, HFT_REASON_WOULD_CROSS);
  stage_send(&s, 1, HFT_BID, HFT_POST_SLIDE, 10000, 2);
  stage_expect(&s, HFT_EVENT_ADD, 1, 9999, 2);
  stage_send_iceberg(&s, 1, HFT_BID, 9998, 4, 2);
  stage_expect(&s, HFT_EVENT_ADD, 1, 9998, 2);
  stage_send(&s, 1, HFT_BID, HFT_IOC, 10000, 1);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10000, .qty = 1, .left = 4);
  stage_expect_refused(&s, 1, HFT_BID, HFT_IOC, 10000, 1, HFT_REASON_VOLUME);
  assert_true(hft_desk_reduce(&s.desk[0], id, 1));
  stage_expect(&s, HFT_EVENT_REDUCE, 0, 10000, 1);
  assert_true(hft_desk_cancel(&s.desk[0], id));
  stage_expect_cancel(&s, 0, 10000, 3, HFT_REASON_REQUESTED);
  stage_rest(&s, 1, HFT_BID, 10000, STAGE_QTY_MAX);
  stage_close(&s);
}

// In a call whatever comes may trade in its auction, which must find room for all that is there.
static void an_auction_keeps_within_the_volume(void **state) {
  (void)state;
  world_expect_refused(
      "market_config: {initial_price: 8900, order_qty_max: 1000000000, window_ticks: 64}\n"
      "exchange_config: {opening_auction_s: 1}\n"
      "populations: [{kind: noise, open_orders_max: 1296}]",
      NULL, 0, "market_config.order_qty_max", "1296 orders");
  stage s;
  stage_open_with(&s, "exchange_config: {opening_auction_s: 1}");
  hft_instrument_state *instrument_state = hft_market_instrument(s.w.market, 0);
  instrument_state->tape.buy_qty = s.w.model->volume_max - STAGE_QTY_MAX;
  s.read = s.record.count;
  stage_rest(&s, 0, HFT_ASK, 10000, STAGE_QTY_MAX);
  stage_rest(&s, 1, HFT_BID, 10000, STAGE_QTY_MAX);
  stage_rest(&s, 1, HFT_BID, 10000, STAGE_QTY_MAX);
  instrument_state->tape.buy_qty++;
  stage_expect_refused(&s, 1, HFT_BID, HFT_GTC, 10000, STAGE_QTY_MAX, HFT_REASON_VOLUME);
  stage_run(&s, 2 * HFT_SECOND);
  assert_int_equal(stage_account(&s, 0)->sold, STAGE_QTY_MAX);
  s.read = s.record.count;
  stage_close(&s);
}

// ---- one request, one session ----------------------------------------------------------------

// Two icebergs that show one lot each take turns, lot by lot.
static void a_request_has_as_many_executions_as_lots(void **state) {
  (void)state;
  enum { LOTS = 100000 };
  stage s;
  stage_open(&s);
  hft_order_id id[2];
  for (int i = 0; i < 2; i++) {
    id[i] = stage_send_iceberg(&s, i, HFT_ASK, 10000, LOTS, 1);
    stage_expect(&s, HFT_EVENT_ADD, i, 10000, 1);
  }
  stage_send(&s, 2, HFT_BID, HFT_IOC, 10000, 2 * LOTS - 2);
  for (int lot = 0; lot < 2 * LOTS - 2; lot++) {
    stage_expect_trade(&s, .maker = lot % 2, .taker = 2, .price = 10000, .qty = 1);
    stage_expect(&s, HFT_EVENT_ADD, lot % 2, 10000, 1);
  }
  assert_int_equal(stage_qty(&s, 0, id[0]), 1);
  assert_int_equal(stage_qty(&s, 1, id[1]), 1);
  assert_int_equal(stage_account(&s, 2)->fill_count, 2 * LOTS - 2);
  stage_send(&s, 2, HFT_BID, HFT_IOC, 10000, 3);
  for (int i = 0; i < 2; i++)
    stage_expect_trade(&s, .maker = i, .taker = 2, .price = 10000, .qty = 1);
  stage_expect(&s, HFT_EVENT_EXPIRE, 2, 10000, 1);
  assert_int_equal(stage_account(&s, 2)->position, 2 * LOTS);
  stage_close(&s);
}

// No session gets there: at a thousand million a second it would take 584 years.
static void event_numbers_begin_anew(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  s.w.market->event_sequence = UINT64_MAX - 2;
  static const uint64_t expected[] = {UINT64_MAX - 1, UINT64_MAX, 0, 1};
  for (int i = 0; i < 4; i++) {
    stage_send(&s, 0, HFT_BID, HFT_GTC, 9990 + i, 1);
    assert_true(stage_expect(&s, HFT_EVENT_ADD, 0, 9990 + i, 1)->sequence == expected[i]);
  }
  stage_close(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(order_numbers_begin_anew),
      cmocka_unit_test(order_numbers_begin_anew_under_way),
      cmocka_unit_test(the_widest_window_trades_at_its_ends),
      cmocka_unit_test(the_most_instruments_can_trade),
      cmocka_unit_test(an_orders_value_is_limited),
      cmocka_unit_test(an_instruments_volume_is_limited),
      cmocka_unit_test(at_the_limit_the_rest_goes_on),
      cmocka_unit_test(an_auction_keeps_within_the_volume),
      cmocka_unit_test(a_request_has_as_many_executions_as_lots),
      cmocka_unit_test(event_numbers_begin_anew),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
