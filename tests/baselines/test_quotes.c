// Quotes on the book, and the market makers that use them.
#include "baselines/making/quotes.h"

#include <stdlib.h>

#include "tests/support/episode_world.h"

#define STILL                                                                  \
  "market_config: {fundamental: constant, decision_ms: 100, duration_s: 20}\n" \
  "env_config: {warmup_s: 1, episode_len: 100}\n"

// A market in which a maker that sleeps lends its desk to the test.
typedef struct bench {
  hft_config *config;
  hft_episode_plan *plan;
  hft_market *market;
  hft_desk desk;
} bench;

static bench bench_open(const char *yaml) {
  bench b = {.config = world_config(yaml)};
  b.plan = world_plan(b.config, "random", "start_s=19 horizon_s=1");
  b.market = create_market(b.plan->model);
  hft_market_run(b.plan->model, b.market, HFT_SECOND, NULL);
  b.desk = hft_market_desk(b.plan->model, b.market, b.plan->owner);
  return b;
}

static void bench_close(bench *b) {
  assert_null(hft_market_verify(b->plan->model, b->market));
  free(b->market);
  hft_episode_plan_free(b->plan);
  hft_config_free(b->config);
}

static void update(bench *b, hft_price bid, hft_price ask) {
  hft_quotes_update(&b->desk, (hft_quote_prices){bid, ask}, 10, 25);
}

// The live order of a side: its id, null where there is none.
static hft_order_id quote_of(const bench *b, hft_side side, hft_order *order) {
  for (uint32_t k = 0; k < hft_desk_open_count(&b->desk); k++) {
    hft_order_id id = hft_desk_open(&b->desk, k);
    if (hft_desk_order(&b->desk, id, order) && order->side == side) return id;
  }
  return (hft_order_id){0, 0};
}

static uint32_t number_of(const bench *b, hft_side side) {
  hft_order order;
  return quote_of(b, side, &order).number;
}

// The quote of a side rests with that price and size (price 0: none rests).
static void assert_quote(const bench *b, hft_side side, hft_price price, hft_qty qty) {
  hft_order order;
  bool live = quote_of(b, side, &order).number != 0;
  assert_int_equal(live, price != 0);
  if (!live) return;
  assert_int_equal(order.price, price);
  assert_int_equal(order.qty, qty);
  assert_int_equal(order.side, side);
}

static void sell_to_market(const bench *b, hft_side side, hft_qty qty) {
  hft_desk other = hft_market_desk(b->plan->model, b->market, 0);
  hft_order order = {side, HFT_IOC, HFT_PRICE_MARKET, qty};
  hft_desk_submit(&other, &order);
}

static void unchanged_quotes_keep_their_place(void **unused) {
  (void)unused;
  bench b = bench_open(STILL "populations: [{kind: taker, every_ms: 1000000}]\n");
  update(&b, 9990, 10010);
  uint32_t bid = number_of(&b, HFT_BID), ask = number_of(&b, HFT_ASK);
  assert_quote(&b, HFT_BID, 9990, 10);
  assert_quote(&b, HFT_ASK, 10010, 10);
  update(&b, 9990, 10010);
  assert_int_equal(number_of(&b, HFT_BID), bid);
  assert_int_equal(number_of(&b, HFT_ASK), ask);
  update(&b, 9990, 10009);
  assert_int_equal(number_of(&b, HFT_BID), bid);
  assert_int_not_equal(number_of(&b, HFT_ASK), ask);
  assert_quote(&b, HFT_ASK, 10009, 10);
  assert_int_equal(hft_desk_open_count(&b.desk), 2);
  // Partly filled, the bid keeps its place, and is as large as before only when it is replaced.
  sell_to_market(&b, HFT_ASK, 4);
  update(&b, 9990, 10009);
  assert_int_equal(number_of(&b, HFT_BID), bid);
  assert_quote(&b, HFT_BID, 9990, 6);
  update(&b, 9989, 10009);
  assert_quote(&b, HFT_BID, 9989, 10);
  bench_close(&b);
}

static void quotes_never_take(void **unused) {
  (void)unused;
  bench b = bench_open(STILL "populations: [{kind: wall}]\n");
  update(&b, 10005, 10008);
  assert_quote(&b, HFT_BID, 10000, 10);
  assert_quote(&b, HFT_ASK, 10008, 10);
  // Below the whole market, also below its own old bid, which leaves first.
  update(&b, 9980, 9985);
  assert_quote(&b, HFT_BID, 9980, 10);
  assert_quote(&b, HFT_ASK, 10000, 10);
  update(&b, 10000, 10001);
  assert_quote(&b, HFT_BID, 10000, 10);
  assert_quote(&b, HFT_ASK, 10001, 10);
  assert_int_equal(hft_desk_account(&b.desk)->fill_count, 0);
  bench_close(&b);
}

static void inventory_stays_within_its_limit(void **unused) {
  (void)unused;
  bench b = bench_open(STILL "populations: [{kind: taker, every_ms: 1000000}]\n");
  for (int i = 0; i < 5; i++) {
    update(&b, 9990, 10010);
    sell_to_market(&b, HFT_ASK, 10);
  }
  // 10, 10 and the 5 that are left to the limit of 25.
  assert_int_equal(hft_desk_account(&b.desk)->position, 25);
  update(&b, 9990, 10010);
  assert_quote(&b, HFT_BID, 0, 0);
  assert_quote(&b, HFT_ASK, 10010, 10);
  sell_to_market(&b, HFT_BID, 7);
  update(&b, 9990, 10010);
  assert_quote(&b, HFT_BID, 9990, 7);
  assert_quote(&b, HFT_ASK, 10010, 3);
  bench_close(&b);
}

// A quote larger than the room that is left is made smaller where it stands.
static void quotes_shrink_in_place(void **unused) {
  (void)unused;
  bench b = bench_open(STILL "populations: [{kind: taker, every_ms: 1000000}]\n");
  update(&b, 9990, 10010);
  uint32_t ask = number_of(&b, HFT_ASK);
  hft_quotes_update(&b.desk, (hft_quote_prices){9990, 10010}, 10, 4);
  assert_quote(&b, HFT_ASK, 10010, 4);
  assert_int_equal(number_of(&b, HFT_ASK), ask);
  bench_close(&b);
}

static void the_mid_is_that_of_the_others(void **unused) {
  (void)unused;
  bench b = bench_open(STILL
                       "populations: [{kind: wall, bid: 9990, ask: 10004},"
                       " {kind: wall, bid: 9900, ask: 10005}]\n");
  assert_int_equal(hft_quotes_mid2(&b.desk), 19994);
  update(&b, 9991, 9999);
  assert_int_equal(hft_market_mid2(b.market, 0), 19990);
  assert_int_equal(hft_quotes_mid2(&b.desk), 19994);
  update(&b, 9990, 10004);  // behind the wall
  assert_int_equal(hft_quotes_mid2(&b.desk), 19994);
  bench_close(&b);
}

static void run_until(const bench *b, hft_time time) {
  hft_market_run(b->plan->model, b->market, time, NULL);
}

// A second of latency: quotes that have been replaced still rest where they were.
#define SLOW STILL "exchange_config: {latency_us: 1000000}\n"

static void the_mid_leaves_out_quotes_that_are_about_to_move(void **unused) {
  (void)unused;
  bench b = bench_open(SLOW "populations: [{kind: wall, bid: 9990, ask: 10004}]\n");
  update(&b, 9992, 9998);
  run_until(&b, 2 * HFT_SECOND);
  assert_int_equal(hft_market_mid2(b.market, 0), 19990);
  update(&b, 9991, 9999);  // is under way
  assert_int_equal(hft_market_mid2(b.market, 0), 19990);
  assert_int_equal(hft_quotes_mid2(&b.desk), 19994);
  run_until(&b, 3 * HFT_SECOND);
  assert_int_equal(hft_quotes_mid2(&b.desk), 19994);
  hft_quotes_withdraw(&b.desk);
  assert_int_equal(hft_quotes_mid2(&b.desk), 19994);
  bench_close(&b);
}

// Where a replacement is refused on its arrival, since it would trade by then, the old order stays:
// it is found again and moved, and no second one joins it.
static void a_refused_replacement_is_found_again(void **unused) {
  (void)unused;
  bench b = bench_open(SLOW "populations: [{kind: wall, bid: 9980, ask: 10010}]\n");
  update(&b, 9990, 10008);
  run_until(&b, 2 * HFT_SECOND);
  update(&b, 10004, 10008);
  hft_desk other = hft_market_desk(b.plan->model, b.market, 0);
  hft_desk_cancel_all(&other);
  hft_desk_submit(&other, &(hft_order){HFT_ASK, HFT_GTC, 10003, 5, 0});
  run_until(&b, 3 * HFT_SECOND);
  assert_quote(&b, HFT_BID, 9990, 10);
  update(&b, 9995, 10008);
  assert_quote(&b, HFT_BID, 9995, 10);
  run_until(&b, 4 * HFT_SECOND);
  assert_quote(&b, HFT_BID, 9995, 10);
  assert_int_equal(hft_desk_open_count(&b.desk), 2);
  bench_close(&b);
}

// More requests than can be under way: withdrawing says so, and works when it is tried again.
static void withdrawing_can_be_tried_again(void **unused) {
  (void)unused;
  bench b = bench_open(SLOW "populations: [{kind: taker, every_ms: 1000000}]\n");
  for (int i = 0; i < 100; i++) update(&b, 9990 - i % 2, 10010 + i % 2);
  assert_false(hft_quotes_withdraw(&b.desk));
  run_until(&b, 2 * HFT_SECOND);
  assert_true(hft_quotes_withdraw(&b.desk));
  run_until(&b, 3 * HFT_SECOND);
  assert_int_equal(hft_desk_open_count(&b.desk), 0);
  bench_close(&b);
}

static void prices_outside_the_window_are_not_quoted(void **unused) {
  (void)unused;
  bench b = bench_open(STILL "populations: [{kind: taker, every_ms: 1000000}]\n");
  const hft_instrument *instrument = hft_desk_instrument(&b.desk);
  update(&b, instrument->price_min - 1, instrument->price_max + 1);
  assert_quote(&b, HFT_BID, 0, 0);
  assert_quote(&b, HFT_ASK, 0, 0);
  assert_int_equal(hft_desk_account(&b.desk)->order_count, 0);
  bench_close(&b);
}

// With sigma given and the mid still, every quote of the dealer follows from the formulas.
static void the_dealer_quotes_by_the_formulas(void **unused) {
  (void)unused;
  hft_config *config = world_config(STILL "populations: [{kind: wall, bid: 9900, ask: 10100}]\n");
  hft_episode_plan *plan =
      world_plan(config, "avellaneda-stoikov", "gamma=0.1 k=0.3 sigma=2 refresh_ms=1000");
  event_record record = {0};
  world_run(plan, 0, &record);
  // At t s, spread = 0.4 (11 - t) + 20 ln(4 / 3): 5.7536 + 0.4 (11 - t) around 10000.
  size_t at = 0;
  hft_price bid = 0;
  hft_price ask = 0;
  for (int t = 1; t <= 10; t++) {
    double spread = 0.4 * (11 - t) + 5.75364144903562;
    for (;;) {
      size_t look = at;
      const hft_event *add = world_next(&record, plan->owner, HFT_EVENT_ADD, &look);
      if (add == NULL || add->time > t * HFT_SECOND) break;
      at = look;
      if (add->side == HFT_BID) bid = add->price;
      if (add->side == HFT_ASK) ask = add->price;
    }
    assert_int_equal(bid, (hft_price)floor(10000 - spread / 2));
    assert_int_equal(ask, (hft_price)ceil(10000 + spread / 2));
  }
  at = 0;
  const hft_event *last = NULL;
  for (const hft_event *e; (e = world_next(&record, plan->owner, HFT_EVENT_CANCEL, &at)) != NULL;) {
    last = e;
  }
  assert_non_null(last);
  assert_int_equal(last->time, 11 * HFT_SECOND);
  event_record_free(&record);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

// After buying one unit the dealer leans down by gamma sigma^2 (T - t), at once.
static void the_dealer_leans_against_its_inventory(void **unused) {
  (void)unused;
  hft_config *config = world_config(STILL
                                    "populations: [{kind: wall, bid: 9900, ask: 10100},"
                                    " {kind: taker, side: sell, qty: 10, every_ms: 6000}]\n");
  hft_episode_plan *plan = world_plan(config, "avellaneda-stoikov",
                                      "gamma=0.1 k=0.3 sigma=2 refresh_ms=4000 quote_qty=10");
  event_record record = {0};
  hft_episode episode = world_run(plan, 0, &record);
  assert_int_equal(episode.account.position, 10);
  size_t at = 0;
  const hft_event *trade = world_next(&record, plan->owner, HFT_EVENT_TRADE, &at);
  assert_non_null(trade);
  assert_int_equal(trade->time, 6 * HFT_SECOND);
  // Looked at last at 5 s: 6 s left.
  assert_int_equal(trade->price, (hft_price)floor(10000 - (0.4 * 6 + 5.75364144903562) / 2));
  double center = 10000 - 0.4 * 5;
  double spread = 0.4 * 5 + 5.75364144903562;
  hft_price wanted[2] = {(hft_price)floor(center - spread / 2),
                         (hft_price)ceil(center + spread / 2)};
  for (int i = 0; i < 2; i++) {
    const hft_event *add = world_next(&record, plan->owner, HFT_EVENT_ADD, &at);
    assert_non_null(add);
    assert_int_equal(add->time, 6 * HFT_SECOND);
    assert_int_equal(add->price, wanted[add->side]);
  }
  event_record_free(&record);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

// The walls jump by 8 ticks once: sigma^2 is 64 ticks^2 shared by the seconds seen, each weighing
// exp(-age / memory).
static void the_dealer_estimates_volatility(void **unused) {
  (void)unused;
  hft_config *config = world_config(
      STILL "populations: [{kind: wall, bid: 9900, ask: 10100, shift: 8, shift_s: 1.5}]\n");
  hft_episode_plan *plan =
      world_plan(config, "avellaneda-stoikov",
                 "gamma=0.05 k=0.3 sigma_memory_s=2 start_s=4.5 horizon_s=8 refresh_ms=10000");
  event_record record = {0};
  world_run(plan, 0, &record);
  double decay = exp(-0.5);
  double variance = 64 * decay * decay / (1 + decay + decay * decay + decay * decay * decay);
  double spread = 0.05 * variance * 8 + 40 * log1p(0.05 / 0.3);
  size_t at = 0;
  for (int i = 0; i < 2; i++) {
    const hft_event *add = world_next(&record, plan->owner, HFT_EVENT_ADD, &at);
    assert_non_null(add);
    double edge = 10008 + (add->side == HFT_ASK ? 0.5 : -0.5) * spread;
    assert_int_equal(add->price,
                     add->side == HFT_ASK ? (hft_price)ceil(edge) : (hft_price)floor(edge));
  }
  event_record_free(&record);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

static void random_quotes_are_uniform(void **unused) {
  (void)unused;
  hft_config *config = world_config(STILL "populations: [{kind: wall, bid: 9900, ask: 10100}]\n");
  hft_episode_plan *plan = world_plan(config, "random", "offset_max=4 refresh_ms=1");
  event_record record = {0};
  world_run(plan, 0, &record);
  // A draw shows as an ADD only where it differs from the one before, which leaves each offset as
  // likely as the others: a quarter of the ADDs.
  int seen[2][5] = {{0}};
  int total[2] = {0};
  size_t at = 0;
  for (const hft_event *e; (e = world_next(&record, plan->owner, HFT_EVENT_ADD, &at)) != NULL;) {
    int offset = e->side == HFT_ASK ? e->price - 10000 : 10000 - e->price;
    assert_in_range(offset, 1, 4);
    seen[e->side][offset]++;
    total[e->side]++;
  }
  for (int side = 0; side < 2; side++) {
    assert_in_range(total[side], 7200, 7800);  // three quarters of 10000 draws
    for (int offset = 1; offset <= 4; offset++) {
      assert_near((double)seen[side][offset] / total[side], 0.25, 0.02);
    }
  }
  event_record_free(&record);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unchanged_quotes_keep_their_place),
      cmocka_unit_test(quotes_never_take),
      cmocka_unit_test(inventory_stays_within_its_limit),
      cmocka_unit_test(quotes_shrink_in_place),
      cmocka_unit_test(the_mid_is_that_of_the_others),
      cmocka_unit_test(the_mid_leaves_out_quotes_that_are_about_to_move),
      cmocka_unit_test(a_refused_replacement_is_found_again),
      cmocka_unit_test(withdrawing_can_be_tried_again),
      cmocka_unit_test(prices_outside_the_window_are_not_quoted),
      cmocka_unit_test(the_dealer_quotes_by_the_formulas),
      cmocka_unit_test(the_dealer_leans_against_its_inventory),
      cmocka_unit_test(the_dealer_estimates_volatility),
      cmocka_unit_test(random_quotes_are_uniform),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
