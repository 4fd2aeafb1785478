// The population `reactive` in markets of every kind: its list of orders is the market's, it
// survives whatever happens to its book, and it is the same world each time.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/flow/reactive_world.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

#define MARKET "market_config: {fundamental: brownian, volatility: 0.02, window_ticks: 4096"

// Of small_tick.
static int32_t cap(void) {
  return (int32_t)reactive_tables("small_tick")->spread_cap;
}

// As few open orders as the population may have.
static int fewest(void) {
  return 2 * (int)reactive_tables("small_tick")->orders_mean + 1;
}

// A market whose population may have no more.
static world narrow_world(const char *market, int seats) {
  char yaml[512];
  snprintf(yaml, sizeof yaml,
           "%s}\npopulations: [{kind: reactive, tables: small_tick, open_orders_max: %d}]\n",
           market, fewest());
  return world_create(yaml, seats);
}

static void run_to(const world *w, hft_time time) {
  hft_market_run(w->model, w->market, time, NULL);
}

// ---- the list of orders ------------------------------------------------------------------------

// Runs in small steps and checks the list of each population after each.
static void run_and_check(const char *yaml, int populations, bool exact, int seconds) {
  world w = world_create(yaml, 1);
  for (uint64_t seed = 0; seed < 2; seed++) {
    hft_market_reset(w.model, w.market, seed, 0, NULL);
    uint64_t messages = hft_market_messages(w.market);
    for (int step = 1; step <= 50 * seconds; step++) {
      run_to(&w, step * 20 * HFT_MILLISECOND);
      for (int i = 0; i < populations; i++) {
        hft_owner owner = (hft_owner)i;
        int instrument = hft_market_desk(w.model, w.market, owner).instrument;
        bool open = hft_market_phase(w.model, w.market, instrument) == HFT_PHASE_CONTINUOUS;
        bool swept = reactive_of(&w, owner)->tied == 0;
        reactive_check_list(&w, owner, exact && open && swept);
      }
    }
    world_verify(&w);
    assert_true(hft_market_messages(w.market) - messages > (uint64_t)(5 * seconds));
  }
  world_free(&w);
}

#define CALLS                                                                 \
  "opening_auction_s: 5, closing_auction_s: 5, halt_band_bps: 6, halt_s: 3, " \
  "halt_reference_s: 5"

// Latencies x rules x company.
static void lists_equal_the_markets(void **state) {
  (void)state;
  static const char *const latency[] = {"", "latency_us: 1000, ",
                                        "latency_us: 400000, latency_jitter_us: 100000, "};
  static const char *const rules[] = {"maker_fee_bps: 0.1", CALLS,
                                      "self_trade: cancel_oldest, max_drawdown: 3"};
  static const char *const company[] = {
      "agents: []\n", "agents: [{kind: monkey, rate: 20}, {kind: monkey, reach: 40}]\n"};
  for (int l = 0; l < 3; l++) {
    for (int r = 0; r < 3; r++) {
      for (int c = 0; c < 2; c++) {
        char yaml[1024];
        snprintf(yaml, sizeof yaml,
                 MARKET
                 ", duration_s: 40}\nexchange_config: {%s%s}\n"
                 "populations: [{kind: reactive, tables: small_tick}]\n%s",
                 latency[l], rules[r], company[c]);
        run_and_check(yaml, 1, l == 0, 40);
      }
    }
  }
}

static void populations_keep_to_their_own_orders(void **state) {
  (void)state;
  run_and_check(MARKET
                "}\n"
                "populations: [{kind: reactive, tables: small_tick}, {kind: reactive, "
                "tables: large_tick, pace: 0.5},"
                " {kind: value}, {kind: metaorder, rate: 1}, {kind: noise}]\n",
                2, true, 60);
  run_and_check(MARKET
                ", instruments: 2, correlation: 0.6, volatility_of_volatility: 1}\n"
                "populations: [{kind: reactive, tables: small_tick}]\n",
                2, true, 60);
}

// ---- books under stress ------------------------------------------------------------------------

// One order takes a whole side, far to the end of the window.
static void a_side_that_was_taken_recovers(void **state) {
  (void)state;
  world w = world_create(MARKET
                         ", order_qty_max: 1000000}\n"
                         "populations: [{kind: reactive, tables: small_tick}]\n",
                         1);
  for (uint64_t seed = 0; seed < 6; seed++) {
    hft_market_reset(w.model, w.market, seed, 0, NULL);
    run_to(&w, 30 * HFT_SECOND);
    hft_side side = (hft_side)(seed & 1);
    reactive_send(&w, side, HFT_IOC, HFT_PRICE_MARKET, 1000000);
    if (seed >= 4) reactive_send(&w, hft_side_other(side), HFT_IOC, HFT_PRICE_MARKET, 1000000);
    const hft_book *book = hft_market_book(w.model, w.market, 0);
    assert_int_equal(hft_book_best_price(book, hft_side_other(side)), 0);
    reactive_check_list(&w, 0, true);
    hft_time cured = 0;
    for (int step = 1; step <= 600 && cured == 0; step++) {
      run_to(&w, 30 * HFT_SECOND + step * 100 * HFT_MILLISECOND);
      if (reactive_spread(&w) != 0 && reactive_spread(&w) <= cap()) cured = step;
    }
    if (cured == 0) fail_msg("seed %d: no spread within the cap after a minute", (int)seed);
    run_to(&w, 600 * HFT_SECOND);
    assert_in_range(reactive_spread(&w), 1, cap());
    for (int s = 0; s < 2; s++) {
      assert_true(hft_reactive_orders(reactive_of(&w, 0))->side[s].live > 20);
    }
    world_verify(&w);
  }
  world_free(&w);
}

// With as few orders as are allowed, none is refused and the flow goes on.
static void a_full_book_goes_on(void **state) {
  (void)state;
  world w = narrow_world(MARKET, 1);
  const uint32_t most = (uint32_t)fewest();
  event_record record = {0};
  hft_sink sink = event_record_sink(&record);
  int full = 0;
  for (int step = 1; step <= 2000; step++) {
    hft_market_run(w.model, w.market, step * 100 * HFT_MILLISECOND, &sink);
    reactive_check_list(&w, 0, true);
    hft_desk desk = hft_market_desk(w.model, w.market, 0);
    full += hft_desk_open_count(&desk) == most;
  }
  for (size_t i = 0; i < record.count; i++) {
    assert_int_not_equal(record.events[i].kind, HFT_EVENT_REJECT);
  }
  assert_true(full > 0);
  assert_true(record.count > 2000);
  event_record_free(&record);
  world_free(&w);
}

// A full book without a best price on one side makes room.
static void a_full_book_with_an_empty_side_goes_on(void **state) {
  (void)state;
  world w = narrow_world(MARKET ", order_qty_max: 1000000", 1);
  const uint32_t most = (uint32_t)fewest();
  run_to(&w, 100 * HFT_SECOND);
  hft_reactive_state *self = reactive_of(&w, 0);
  hft_desk desk = hft_market_desk(w.model, w.market, 0);
  reactive_send(&w, HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 1000000);
  // The population's bids fill all of its slots.
  hft_price bid = hft_book_best_price(hft_market_book(w.model, w.market, 0), HFT_BID);
  while (hft_desk_open_count(&desk) < most) {
    hft_order order = {HFT_BID, HFT_GTC, bid - 5, 1, 0};
    hft_order_id id = hft_desk_submit(&desk, &order);
    assert_int_not_equal(id.number, 0);
    hft_recency_add(hft_reactive_orders(self), HFT_BID, id);
  }
  run_to(&w, 400 * HFT_SECOND);
  assert_in_range(reactive_spread(&w), 1, cap());
  reactive_check_list(&w, 0, true);
  world_free(&w);
}

// The window is hardly wider than the book.
static void the_end_of_the_window_is_survived(void **state) {
  (void)state;
  static const char *const ends[] = {"initial_price: 0.2, window_ticks: 64",
                                     "initial_price: 1, window_ticks: 64"};
  for (int i = 0; i < 2; i++) {
    char yaml[512];
    snprintf(yaml, sizeof yaml,
             "market_config: {fundamental: brownian, volatility: 1, %s}\n"
             "populations: [{kind: reactive, tables: small_tick}]\n",
             ends[i]);
    run_and_check(yaml, 1, true, 100);
  }
}

// ---- auctions ----------------------------------------------------------------------------------

static void auctions_trade_near_the_value(void **state) {
  (void)state;
  world w = world_create(MARKET
                         ", duration_s: 120}\n"
                         "exchange_config: {opening_auction_s: 30, closing_auction_s: 30}\n"
                         "populations: [{kind: reactive, tables: small_tick, pace: 3}]\n",
                         1);
  for (uint64_t seed = 0; seed < 5; seed++) {
    hft_market_reset(w.model, w.market, seed, 0, NULL);
    run_to(&w, 29 * HFT_SECOND);
    hft_desk desk = hft_market_desk(w.model, w.market, w.seat);
    hft_price initial = hft_desk_instrument(&desk)->initial_price;
    hft_indication open = hft_desk_indication(&desk);
    assert_true(open.qty > 0);
    assert_in_range(open.price, initial - 10 * cap(), initial + 10 * cap());
    run_to(&w, 31 * HFT_SECOND);
    assert_int_equal(hft_market_phase(w.model, w.market, 0), HFT_PHASE_CONTINUOUS);
    const hft_tape *tape = hft_market_tape(w.market, 0);
    assert_true(tape->buy_qty + tape->sell_qty >= open.qty / 2);  // some orders have left
    assert_in_range(reactive_spread(&w), 1, cap());
    run_to(&w, 89 * HFT_SECOND);
    int64_t before = tape->buy_qty + tape->sell_qty;
    run_to(&w, 119 * HFT_SECOND);
    assert_true(hft_desk_indication(&desk).qty > 0);
    assert_true(tape->buy_qty + tape->sell_qty >= before);
    run_to(&w, 130 * HFT_SECOND);
    assert_int_equal(hft_market_phase(w.model, w.market, 0), HFT_PHASE_CLOSED);
    assert_true(tape->buy_qty + tape->sell_qty > before);
    uint64_t messages = hft_market_messages(w.market);
    run_to(&w, 200 * HFT_SECOND);  // the population sends nothing into a closed market
    assert_int_equal(hft_market_messages(w.market), messages);
    world_verify(&w);
  }
  world_free(&w);
}

// ---- determinism -------------------------------------------------------------------------------

static void forks_go_on_the_same_way(void **state) {
  (void)state;
  world w = world_create(MARKET
                         ", instruments: 2, volatility_of_volatility: 1}\n"
                         "exchange_config: {latency_us: 1000, latency_jitter_us: 500}\n"
                         "populations: [{kind: reactive, tables: small_tick}]\n"
                         "agents: [{kind: monkey}]\n",
                         1);
  hft_market *fork = create_market(w.model);
  event_record a = {0}, b = {0};
  hft_sink sink_a = event_record_sink(&a), sink_b = event_record_sink(&b);
  for (uint64_t seed = 0; seed < 3; seed++) {
    a.count = b.count = 0;
    hft_market_reset(w.model, w.market, seed, 3, NULL);
    run_to(&w, 40 * HFT_SECOND);
    memcpy(fork, w.market, hft_market_size(w.model));
    hft_market_run(w.model, w.market, 80 * HFT_SECOND, &sink_a);
    for (int step = 1; step <= 400; step++) {
      hft_market_run(w.model, fork, 40 * HFT_SECOND + step * 100 * HFT_MILLISECOND, &sink_b);
    }
    hft_market_run(w.model, fork, 80 * HFT_SECOND, &sink_b);
    assert_true(a.count > 500);
    event_record_expect_same(&a, &b);
    assert_true(hft_market_hash(w.model, w.market) == hft_market_hash(w.model, fork));
  }
  event_record_free(&a);
  event_record_free(&b);
  free(fork);
  world_free(&w);
}

// ---- errors ------------------------------------------------------------------------------------

static void expect_file_refused(const char *path, hft_status expected, const char *words) {
  char yaml[1024];
  snprintf(yaml, sizeof yaml, "populations: [{kind: reactive, tables: %s}]\n", path);
  hft_config *config = world_config(yaml);
  hft_model *model = NULL;
  hft_error error = {0};
  hft_status status =
      hft_model_create(config, world_classes, world_class_count, NULL, 0, &model, &error);
  assert_null(model);
  assert_int_equal(status, expected);
  expect_error(&error, expected, path, words);
  hft_config_free(config);
}

static void files_that_are_no_tables_are_refused(void **state) {
  (void)state;
  expect_file_refused("no_such_tables.yaml", HFT_EIO, "No such file");
  expect_file_refused("no_such_tables.yaml", HFT_EIO, "large_tick, small_tick");
  expect_file_refused("no_such_tables.yaml", HFT_EIO, "working directory");
  expect_file_refused("/", HFT_EIO, "not a regular file");
  expect_file_refused("/dev/null", HFT_EIO, "not a regular file");
  expect_file_refused("/dev/zero", HFT_EIO, "not a regular file");
  char yaml[256];
  int orders = fewest() - 1;
  snprintf(yaml, sizeof yaml, "populations: [{kind: reactive, open_orders_max: %d}]\n", orders);
  world_expect_refused(yaml, NULL, 0, "populations.0 (reactive)",
                       "open_orders_max: the tables have");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lists_equal_the_markets),
      cmocka_unit_test(populations_keep_to_their_own_orders),
      cmocka_unit_test(a_side_that_was_taken_recovers),
      cmocka_unit_test(a_full_book_goes_on),
      cmocka_unit_test(a_full_book_with_an_empty_side_goes_on),
      cmocka_unit_test(the_end_of_the_window_is_survived),
      cmocka_unit_test(auctions_trade_near_the_value),
      cmocka_unit_test(forks_go_on_the_same_way),
      cmocka_unit_test(files_that_are_no_tables_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
