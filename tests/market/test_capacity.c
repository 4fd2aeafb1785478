// What happens at the limits that no other test reaches: docs/limits.md lists them all.
#include <stdio.h>
#include <string.h>

#include "sim/market/state.h"
#include "tests/market/stage.h"

static void expect_refused(const char *yaml, const char *where, const char *word) {
  hft_config *config = world_config(yaml);
  hft_model *model = NULL;
  hft_error error = {0};
  assert_int_equal(
      hft_model_create(config, world_classes, world_class_count, NULL, 0, &model, &error),
      HFT_ECONFIG);
  assert_null(model);
  assert_string_equal(error.where, where);
  if (strstr(error.text, word) == NULL) fail_msg("'%s' is not in: %s", word, error.text);
  hft_config_free(config);
}

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

static void as_many_instruments_as_there_may_be(void **state) {
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

// An order may be worth 9e14 ticks x lots: so its fee is exact, and ten thousand of them are no
// overflow of the tape.
static void an_orders_value_is_limited(void **state) {
  (void)state;
  const char *where = "market_config.order_qty_max";
  expect_refused("market_config: {initial_price: 10000, order_qty_max: 1000000000}", where,
                 "9e+14");
  world w = world_create(
      "market_config: {initial_price: 8900, order_qty_max: 1000000000, window_ticks: 64}\n"
      "exchange_config: {taker_fee_bps: 0.001}",
      2);
  hft_desk buyer = hft_market_desk(w.model, w.market, w.seat);
  hft_desk seller = hft_market_desk(w.model, w.market, (hft_owner)(w.seat + 1));
  const int64_t qty = 1000000000, price = 890000;
  for (int i = 0; i < 10000; i++) {
    hft_desk_submit(&seller, &(hft_order){HFT_ASK, HFT_GTC, (hft_price)price, (hft_qty)qty});
    hft_desk_submit(&buyer, &(hft_order){HFT_BID, HFT_IOC, (hft_price)price, (hft_qty)qty});
  }
  assert_int_equal(hft_market_tape(w.market, 0)->notional, 10000 * qty * price);
  assert_int_equal(hft_desk_account(&buyer)->cash, -10000 * qty * price);
  assert_int_equal(hft_desk_account(&buyer)->fees, 10000 * (qty * price / 1000));
  world_verify(&w);
  world_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(order_numbers_begin_anew),
      cmocka_unit_test(order_numbers_begin_anew_under_way),
      cmocka_unit_test(the_widest_window_trades_at_its_ends),
      cmocka_unit_test(as_many_instruments_as_there_may_be),
      cmocka_unit_test(an_orders_value_is_limited),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
