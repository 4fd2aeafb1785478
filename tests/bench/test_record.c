// A market's recording as a workload: replayed on the book alone, it gives the market's trades.
#include <stdio.h>
#include <string.h>

#include "bench/book.h"
#include "bench/record.h"
#include "tests/support/market_world.h"

#define MESSAGES_MAX 100000

#define POPULATIONS "populations: [{kind: noise}, {kind: value}, {kind: maker}, {kind: momentum}]\n"

static world session(const char *market) {
  char yaml[512];
  snprintf(yaml, sizeof yaml, "%s%s", POPULATIONS, market);
  return world_create(yaml, 0);
}

static void the_book_alone_trades_what_the_market_did(void **state) {
  (void)state;
  world w = session("market_config: {duration_s: 300}");
  hft_workload workload;
  hft_error error = {0};
  for (uint64_t seed = 0; seed < 3; seed++) {
    assert_int_equal(hft_bench_record(w.model, seed, MESSAGES_MAX, &workload, &error), HFT_OK);
    assert_true(workload.prefill_count > 100);
    assert_true(workload.prefill_count + workload.timed_count < MESSAGES_MAX);  // the whole session
    hft_bench_book_result result;
    assert_int_equal(hft_bench_book(&workload, 1, 1, NULL, &result, &error), HFT_OK);
    hft_market_reset(w.model, w.market, seed, 0, NULL);
    hft_market_run(w.model, w.market, 300 * HFT_SECOND, NULL);
    const hft_tape *tape = hft_market_tape(w.market, 0);
    assert_true(tape->trade_count > 100);
    assert_int_equal(result.digest.trades, tape->trade_count);
    assert_int_equal(result.digest.volume, tape->buy_qty + tape->sell_qty);
    const hft_book *book = hft_market_book(w.model, w.market, 0);
    hft_price base = hft_model_instrument(w.model)->price_min - 1;
    assert_int_equal(result.best_bid + base, hft_book_best_price(book, HFT_BID));
    assert_int_equal(result.best_ask + base, hft_book_best_price(book, HFT_ASK));
    int64_t shifted = (int64_t)result.digest.notional + base * (int64_t)result.digest.volume;
    assert_int_equal(shifted, tape->notional);
    hft_workload_free(&workload);
  }
  world_free(&w);
}

static void a_recording_is_as_long_as_asked(void **state) {
  (void)state;
  world w = session("market_config: {duration_s: 300}");
  hft_workload workload;
  hft_error error = {0};
  assert_int_equal(hft_bench_record(w.model, 0, 2000, &workload, &error), HFT_OK);
  assert_int_equal(workload.prefill_count + workload.timed_count, 2000);
  hft_workload_free(&workload);
  world_free(&w);
}

static void expect_no_workload(const char *market, const char *word) {
  world w = session(market);
  hft_workload workload;
  hft_error error = {0};
  assert_int_equal(hft_bench_record(w.model, 0, MESSAGES_MAX, &workload, &error), HFT_EDATA);
  if (strstr(error.text, word) == NULL) fail_msg("'%s' does not speak of %s", error.text, word);
  assert_null(workload.messages);
  world_free(&w);
}

static void recordings_that_are_no_workload_are_refused(void **state) {
  (void)state;
  expect_no_workload("market_config: {window_ticks: 65536, initial_price: 1000}", "prices");
  expect_no_workload("exchange_config: {opening_auction_s: 10}", "auctions");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_book_alone_trades_what_the_market_did),
      cmocka_unit_test(a_recording_is_as_long_as_asked),
      cmocka_unit_test(recordings_that_are_no_workload_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
