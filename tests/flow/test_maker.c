// Market makers: their ladder, its spread, and how it recovers from trades.
#include <math.h>
#include <stdio.h>

#include "tests/support/market_world.h"
#include "tests/support/statistics.h"

static hft_level level_at(const world *w, hft_price price) {
  return hft_book_level(hft_market_book(w->model, w->market, 0), price);
}

// Without an error of the estimate the ladder is known to the tick.
static void expect_ladder(const char *yaml, hft_price bid, hft_price ask, int levels, int step,
                          hft_qty qty) {
  world w = world_create(yaml, 0);
  hft_desk desk = hft_market_desk(w.model, w.market, 0);
  for (int look = 0; look < 3; look++) {
    const hft_book *book = hft_market_book(w.model, w.market, 0);
    for (int side = 0; side < 2; side++) {
      hft_level level[64];
      assert_int_equal(hft_book_depth(book, (hft_side)side, level, 64), levels);
      for (int k = 0; k < levels; k++) {
        assert_int_equal(level[k].price, side == HFT_BID ? bid - k * step : ask + k * step);
        assert_int_equal(level[k].qty, qty);
        assert_int_equal(level[k].order_count, 1);
      }
    }
    assert_int_equal(hft_desk_open_count(&desk), 2 * levels);
    hft_market_run(w.model, w.market, (look + 1) * 20 * HFT_SECOND, NULL);
  }
  // It was right from the start, so nothing was moved.
  assert_int_equal(hft_desk_account(&desk)->order_count, 2 * levels);
  world_free(&w);
}

static void quotes_form_a_ladder(void **state) {
  (void)state;
  expect_ladder(
      "market_config: {fundamental: constant}\n"
      "populations: [{kind: maker, noise_ticks: 0, spread_target_bps: 6, levels: 5,\n"
      "  quote_qty: 20}]",
      9997, 10003, 5, 2, 20);
  expect_ladder(
      "market_config: {fundamental: constant}\n"
      "populations: [{kind: maker, noise_ticks: 0, spread_target_bps: 20, levels: 32,\n"
      "  step_ticks: 7, quote_qty: 3, fundamental_weight: 1}]",
      9990, 10010, 32, 7, 3);
  expect_ladder(
      "market_config: {fundamental: constant, initial_price: 50}\n"
      "populations: [{kind: maker, noise_ticks: 0, spread_target_bps: 8, levels: 1,\n"
      "  fundamental_weight: 0}]",
      4998, 5002, 1, 1, 10);
}

// The time average of the spread in a market of makers alone, in bps of the mid.
static double mean_spread(const char *yaml, uint64_t seed) {
  world w = world_create(yaml, 0);
  hft_market_reset(w.model, w.market, seed, 0, NULL);
  double sum = 0;
  const int looks = 4000;
  for (int i = 1; i <= looks; i++) {
    hft_market_run(w.model, w.market, i * 100 * HFT_MILLISECOND, NULL);
    const hft_book *book = hft_market_book(w.model, w.market, 0);
    double bid = hft_book_best_price(book, HFT_BID), ask = hft_book_best_price(book, HFT_ASK);
    assert_true(bid > 0 && ask > bid);
    sum += 2e4 * (ask - bid) / (ask + bid);
    hft_desk desk = hft_market_desk(w.model, w.market, 0);
    assert_true(hft_desk_open_count(&desk) <= 10);
  }
  // Nobody else is there, and a population does not trade with itself.
  assert_int_equal(hft_market_tape(w.market, 0)->trade_count, 0);
  world_verify(&w);
  world_free(&w);
  return sum / looks;
}

static void the_spread_stays_at_its_target(void **state) {
  (void)state;
  static const int target[] = {4, 6, 10, 30};
  for (int i = 0; i < 4; i++) {
    char yaml[256];
    snprintf(yaml, sizeof yaml,
             "market_config: {volatility: 0.01}\n"
             "populations: [{kind: maker, spread_target_bps: %d, rate: 100}]",
             target[i]);
    double spread = mean_spread(yaml, 1);
    if (fabs(spread - target[i]) > 0.25 * target[i]) {
      fail_msg("the spread is %.2f bps; the target is %d", spread, target[i]);
    }
  }
}

static void quotes_follow_the_value(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {fundamental: jump, volatility: 0.05, jump_rate: 500}\n"
      "populations: [{kind: maker, fundamental_weight: 1, rate: 200}]",
      0);
  double way = 0, error = 0;
  for (int i = 1; i <= 600; i++) {
    hft_market_run(w.model, w.market, i * HFT_SECOND, NULL);
    double value = hft_market_fundamental(w.model, w.market, 0);
    way = fmax(way, fabs(value - 10000));
    error += fabs(0.5 * (double)hft_market_mid2(w.market, 0) - value) / 600;
  }
  assert_true(way > 40);
  assert_true(error < 5);
  world_free(&w);
}

static hft_qty take(const world *w, hft_side side, hft_qty qty) {
  hft_desk desk = hft_market_desk(w->model, w->market, w->seat);
  int64_t before = hft_desk_account(&desk)->taker_qty;
  hft_desk_submit(&desk, &(hft_order){side, HFT_IOC, HFT_PRICE_MARKET, qty});
  return (hft_qty)(hft_desk_account(&desk)->taker_qty - before);
}

// A quote is renewed once less than half of it is left, and then whole.
static void a_traded_quote_is_refilled(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {fundamental: constant}\n"
      "populations: [{kind: maker, noise_ticks: 0, spread_target_bps: 6, fundamental_weight: 1,\n"
      "  levels: 5, quote_qty: 10}]",
      1);
  hft_market_run(w.model, w.market, HFT_SECOND, NULL);
  assert_int_equal(take(&w, HFT_BID, 5), 5);
  hft_market_run(w.model, w.market, 60 * HFT_SECOND, NULL);
  assert_int_equal(level_at(&w, 10003).qty, 5);
  assert_int_equal(take(&w, HFT_BID, 1), 1);
  hft_market_run(w.model, w.market, 120 * HFT_SECOND, NULL);
  assert_int_equal(level_at(&w, 10003).qty, 10);
  assert_int_equal(level_at(&w, 10003).order_count, 1);
  assert_int_equal(take(&w, HFT_ASK, 1000), 50);  // the whole side
  hft_market_run(w.model, w.market, 180 * HFT_SECOND, NULL);
  for (int k = 0; k < 5; k++) assert_int_equal(level_at(&w, 9997 - 2 * k).qty, 10);
  world_free(&w);
}

// Where another stands across its prices, a quote joins in front of it and does not take.
static void quotes_do_not_take(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {fundamental: constant}\n"
      "populations: [{kind: maker, noise_ticks: 0, spread_target_bps: 6, fundamental_weight: 1,\n"
      "  levels: 5, quote_qty: 10}]",
      1);
  assert_int_equal(take(&w, HFT_ASK, 50), 50);  // all bids: 9997, 9995, ...
  hft_desk desk = hft_market_desk(w.model, w.market, w.seat);
  hft_desk_submit(&desk, &(hft_order){HFT_ASK, HFT_GTC, 9992, 1});
  hft_market_run(w.model, w.market, 60 * HFT_SECOND, NULL);
  assert_int_equal(level_at(&w, 9992).qty, 1);
  assert_int_equal(level_at(&w, 9991).qty, 40);  // those that wanted more, and the fourth's own
  assert_int_equal(level_at(&w, 9991).order_count, 4);
  assert_int_equal(level_at(&w, 9989).qty, 10);
  world_free(&w);
}

// The ladder's quotes share the clock: each of 2 is looked at with half the rate.
static void quotes_are_looked_at_with_their_rate(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {fundamental: constant}\n"
      "populations: [{kind: maker, noise_ticks: 0, spread_target_bps: 6, levels: 1, rate: 4,\n"
      "  fundamental_weight: 1, quote_qty: 1}]",
      1);
  enum { ROUNDS = 20000 };
  double sum = 0;
  event_record record = {0};
  hft_sink sink = event_record_sink(&record);
  for (int i = 0; i < ROUNDS; i++) {
    hft_time taken = hft_market_now(w.market);
    assert_int_equal(take(&w, HFT_BID, 1), 1);
    record.count = 0;
    hft_market_run(w.model, w.market, taken + 20 * HFT_SECOND, &sink);
    assert_int_equal(record.count, 1);
    assert_int_equal(record.events[0].kind, HFT_EVENT_ADD);
    sum += (double)(record.events[0].time - taken) * 1e-9;
  }
  expect_near("wait for a new quote", sum / ROUNDS, 0.5, 0.5 / sqrt(ROUNDS));
  event_record_free(&record);
  world_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(quotes_form_a_ladder),
      cmocka_unit_test(the_spread_stays_at_its_target),
      cmocka_unit_test(quotes_follow_the_value),
      cmocka_unit_test(a_traded_quote_is_refilled),
      cmocka_unit_test(quotes_do_not_take),
      cmocka_unit_test(quotes_are_looked_at_with_their_rate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
