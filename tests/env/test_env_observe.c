// The numbers of observations and of the state, computed independently from book, tape and
// accounts.
#include <stdlib.h>
#include <string.h>

#include "tests/support/env_world.h"

#define DEPTH 4
#define STEPS 150  // longer than any window, and than what an env remembers
#define MAKER 0
#define EXECUTOR 1

#define LIVELY                                                                      \
  "market_config: {window_ticks: 1024, decision_ms: 500}\n"                         \
  "env_config: {warmup_s: 5, episode_len: 400, depth: 4, state_depth: 4}\n"         \
  "risk_config: {max_inventory: 1000000}\n" WORLD_CROWD                             \
  "seats: [{kind: maker, quote_qty: 8, offset_unit: ticks, offset_max: 6}, {kind: " \
  "executor, parent_qty: 120, side: sell}]\n"

// All that an observer has seen.
typedef struct history {
  int count;
  double mid[STEPS + 1], imbalance[STEPS + 1];
  int64_t bought[STEPS + 1], sold[STEPS + 1];  // since the reset
} history;

static double mid_of(const world *w) {
  const hft_book *book = world_book(w);
  hft_price bid = hft_book_best_price(book, HFT_BID), ask = hft_book_best_price(book, HFT_ASK);
  assert_true(bid > 0 && ask > bid);
  return (bid + ask) / 2.0;
}

static void note(history *past, const world *w) {
  const hft_tape *tape = hft_market_tape(world_market(w), 0);
  hft_level bid = hft_book_best(world_book(w), HFT_BID);
  hft_level ask = hft_book_best(world_book(w), HFT_ASK);
  past->bought[past->count] = tape->buy_qty;
  past->sold[past->count] = tape->sell_qty;
  past->imbalance[past->count] = ((double)bid.qty - ask.qty) / ((double)bid.qty + ask.qty);
  past->mid[past->count++] = mid_of(w);
}

static double flow(const history *past, int steps) {
  int last = past->count - 1, first = last > steps ? last - steps : 0;
  double bought = (double)(past->bought[last] - past->bought[first]);
  double sold = (double)(past->sold[last] - past->sold[first]);
  return bought + sold > 0 ? (bought - sold) / (bought + sold) : 0;
}

static double mean_imbalance(const history *past, int steps) {
  double sum = 0;
  int count = 0;
  for (int i = past->count - 1; i >= 0 && count < steps; i--, count++) sum += past->imbalance[i];
  return sum / count;
}

static double mid_change(const history *past, int steps) {
  int last = past->count - 1;
  return past->mid[last] - past->mid[last > steps ? last - steps : 0];
}

static double volatility(const history *past) {
  double sum = 0;
  int count = 0;
  for (int i = past->count - 1; i > 0 && count < 32; i--, count++) {
    sum += pow(past->mid[i] - past->mid[i - 1], 2);
  }
  return count > 0 ? sqrt(sum / count) : 0;
}

// The levels of a side, tick by tick from the best price to the border of the window.
static void expect_side(const world *w, hft_side side, double *expected) {
  const hft_book *book = world_book(w);
  const hft_instrument *instrument = hft_model_instrument(hft_env_model_market(w->model));
  double mid = mid_of(w);
  int step = side == HFT_BID ? -1 : 1, found = 0;
  memset(expected, 0, 2 * DEPTH * sizeof *expected);
  for (hft_price price = hft_book_best_price(book, side);
       price >= instrument->price_min && price <= instrument->price_max && found < DEPTH;
       price += step) {
    int64_t lots = hft_book_level(book, price).qty;
    if (lots == 0) continue;
    expected[2 * found] = fabs(price - mid) / 10;
    expected[2 * found + 1] = log1p((double)lots) / 5;
    found++;
  }
}

// What all see, in the order of the names; returns how many numbers.
static int expect_market(const world *w, const history *past, double *expected) {
  expect_side(w, HFT_BID, expected);
  expect_side(w, HFT_ASK, expected + 2 * DEPTH);
  hft_level bid = hft_book_best(world_book(w), HFT_BID),
            ask = hft_book_best(world_book(w), HFT_ASK);
  double lots = (double)bid.qty + ask.qty;
  // Weighted by the sizes on the other side, as usual.
  double microprice = ((double)bid.price * ask.qty + (double)ask.price * bid.qty) / lots;
  const double rest[] = {(ask.price - bid.price) / 10.0,
                         ((double)bid.qty - ask.qty) / lots,
                         mean_imbalance(past, 8),
                         mean_imbalance(past, 32),
                         (microprice - mid_of(w)) / 10,
                         mid_change(past, 1) / 10,
                         mid_change(past, 8) / 10,
                         mid_change(past, 32) / 10,
                         volatility(past),
                         flow(past, 1),
                         flow(past, 8),
                         flow(past, 32),
                         1 - (past->count - 1) / 400.0};
  memcpy(expected + 4 * DEPTH, rest, sizeof rest);
  return 4 * DEPTH + (int)(sizeof rest / sizeof rest[0]);
}

static void check_numbers(const hft_index *index, const float *shown, const double *expected,
                          int count) {
  for (int i = 0; i < count; i++) {
    if (fabs((double)shown[i] - expected[i]) <= 1e-6 * (1 + fabs(expected[i]))) continue;
    fail_msg("%s is %.9g, not %.9g", index[i].name, (double)shown[i], expected[i]);
  }
}

// What a seat knows of itself. `ahead` is checked by hand below.
static void check_seats(const world *w, const history *past) {
  double position = (double)world_account(w, MAKER)->position;
  assert_near((double)world_obs(w, MAKER, "inventory"), position / 80, 1e-6);
  for (int side = 0; side < 2; side++) {
    hft_order_id id;
    hft_order order;
    double expected = 0;
    if (world_quote(w, MAKER, (hft_side)side, &id, &order)) {
      expected = 1 + fabs(order.price - mid_of(w)) / 6;
    }
    const char *name = side == HFT_BID ? "bid_quote" : "ask_quote";
    assert_near((double)world_obs(w, MAKER, name), expected, 1e-5);
  }
  double sold = -(double)world_account(w, EXECUTOR)->position;
  assert_near((double)world_obs(w, EXECUTOR, "side"), -1, 0);
  assert_near((double)world_obs(w, EXECUTOR, "remaining"), (120 - sold) / 120, 1e-6);
  assert_near((double)world_obs(w, EXECUTOR, "mid_since_arrival"), (past->mid[0] - mid_of(w)) / 10,
              1e-5);
  assert_near((double)world_state(w, "maker_0_inventory"), position / 80, 1e-6);
  assert_near((double)world_state(w, "executor_0_remaining"), (120 - sold) / 120, 1e-6);
}

static void check_all(const world *w, const history *past) {
  double expected[64];
  int count = expect_market(w, past, expected);
  for (int g = 0; g < 2; g++) {
    check_numbers(w->spec->group[g].obs, w->io.obs[g], expected, count);
  }
  double fundamental = hft_market_fundamental(hft_env_model_market(w->model), world_market(w), 0);
  expected[count++] = (fundamental - mid_of(w)) / 10;
  check_numbers(w->spec->state, w->io.state, expected, count);
  check_seats(w, past);
}

static void test_a_lively_market(void **context) {
  (void)context;
  world w = world_open(LIVELY);
  for (uint32_t episode = 0; episode < 3; episode++) {
    history past = {0};
    uint64_t stream = episode;
    world_reset(&w, 11, episode);
    note(&past, &w);
    check_all(&w, &past);
    for (int i = 0; i < STEPS; i++) {
      world_act_randomly(&w, &stream);
      world_step(&w);
      note(&past, &w);
      check_all(&w, &past);
    }
    // The checks above have seen trades and moves.
    assert_true(world_account(&w, MAKER)->fill_count > 0);
    assert_true(world_account(&w, EXECUTOR)->fill_count > 0);
    assert_true(volatility(&past) > 0);
  }
  world_close(&w);
}

#define BY_HAND(feed)                                                                         \
  "env_config: {warmup_s: 0, episode_len: 10, depth: 2, feed: " feed "}\n" WORLD_HANDS        \
  "seats: [{kind: maker, quote_qty: 4, offset_unit: ticks, offset_max: 8}, {kind: executor, " \
  "parent_qty: 50, offset_max: 8}]\n"

#define assert_obs(seat, name, expected) \
  assert_near((double)world_obs(&w, seat, name), expected, 1e-6)

static void test_an_empty_book(void **context) {
  (void)context;
  world w = world_open(BY_HAND("level2"));
  world_reset(&w, 0, 0);
  for (int seat = 0; seat < 2; seat++) {
    const hft_group *group = world_group(&w, seat);
    for (int i = 0; i < group->obs_dim; i++) {
      double expected = 0;
      if (strcmp(group->obs[i].name, "time_left") == 0) expected = 1;
      if (strcmp(group->obs[i].name, "side") == 0) expected = 1;
      if (strcmp(group->obs[i].name, "remaining") == 0) expected = 1;
      if (strstr(group->obs[i].name, "queue_ahead") != NULL) expected = -0.2;
      assert_near((double)w.io.obs[seat][i], expected, 1e-8);
    }
  }
  world_close(&w);
}

static void test_a_book_by_hand(void **context) {
  (void)context;
  world w = world_open(BY_HAND("level2"));
  world_reset(&w, 0, 0);
  world_rest(&w, 0, HFT_BID, 9998, 30);
  world_rest(&w, 0, HFT_BID, 9990, 5);
  world_rest(&w, 0, HFT_ASK, 10004, 10);
  world_act(&w, MAKER, 1, 1);
  world_act(&w, EXECUTOR, -1, 0);
  world_step(&w);
  assert_obs(0, "bid_distance_1", 0.3);
  assert_obs(0, "bid_distance_2", 1.1);
  assert_obs(0, "bid_size_1", 0.2 * 3.4339872044851463);  // log 31
  assert_obs(0, "bid_size_2", 0.2 * 1.791759469228055);   // log 6
  assert_obs(0, "ask_distance_1", 0.3);
  assert_obs(0, "ask_size_1", 0.2 * 2.3978952727983707);  // log 11
  assert_obs(0, "ask_distance_2", 0);
  assert_obs(0, "ask_size_2", 0);
  assert_obs(0, "spread", 0.6);
  assert_obs(0, "imbalance", 0.5);
  assert_obs(0, "microprice", 0.15);
  assert_obs(0, "return_1", 0.1);
  assert_obs(0, "volatility", 1);
  assert_obs(0, "trade_flow_1", 0);
  assert_obs(0, "imbalance_8", 0.25);  // of an empty book before, and of this one
  assert_obs(0, "time_left", 0.9);
  assert_obs(EXECUTOR, "mid_since_arrival", 0.1);
  assert_near((double)world_state(&w, "fundamental"), -0.1, 1e-6);
  world_take(&w, 1, HFT_BID, 6);
  world_take(&w, 1, HFT_ASK, 2);
  world_step(&w);
  assert_obs(0, "trade_flow_1", 0.5);
  assert_obs(0, "return_1", 0);
  assert_obs(0, "return_8", 0.1);
  assert_obs(0, "volatility", sqrt(0.5));
  assert_obs(0, "time_left", 0.8);
  world_step(&w);
  assert_obs(0, "trade_flow_1", 0);
  assert_obs(0, "trade_flow_8", 0.5);
  world_close(&w);
}

// Lots ahead as a seat observes them; -1: none of its orders rests.
static double lots_ahead(const world *w, int seat, const char *name) {
  double shown = (double)world_obs(w, seat, name);
  return shown < 0 ? -1 : expm1(5 * shown);
}

#define assert_ahead(seat, name, expected) assert_near(lots_ahead(&w, seat, name), expected, 1e-4)

static void test_the_queue_by_hand(void **context) {
  (void)context;
  world w = world_open(BY_HAND("level3"));
  world_reset(&w, 0, 0);
  hft_order_id first = world_rest(&w, 0, HFT_BID, 9996, 7);
  world_rest(&w, 0, HFT_BID, 9996, 3);
  world_rest(&w, 0, HFT_ASK, 10004, 9);
  // Of the mid, 10000, half of 8 ticks off; of the best offer, all of 8.
  world_act(&w, MAKER, 0, 0.5f);
  world_act(&w, EXECUTOR, 0, 1);
  world_step(&w);
  assert_obs(MAKER, "bid_quote", 1.5);
  assert_obs(MAKER, "ask_quote", 1.75);
  assert_obs(MAKER, "ask_queue_ahead", 0);
  double maker = lots_ahead(&w, MAKER, "bid_queue_ahead");
  double executor = lots_ahead(&w, EXECUTOR, "queue_ahead");
  // Both stand behind the hand's ten lots, the maker with 4 lots, the executor with 50 / 10.
  bool maker_first = maker < executor;
  assert_near(maker, maker_first ? 10 : 15, 1e-4);
  assert_near(executor, maker_first ? 14 : 10, 1e-4);
  hft_desk hand = world_hand(&w, 0);
  assert_true(hft_desk_cancel(&hand, first));
  world_rest(&w, 0, HFT_BID, 9996, 100);
  world_step(&w);
  assert_ahead(MAKER, "bid_queue_ahead", maker - 7);
  assert_ahead(EXECUTOR, "queue_ahead", executor - 7);
  world_take(&w, 1, HFT_ASK, 2);
  world_step(&w);
  assert_ahead(MAKER, "bid_queue_ahead", maker - 9);
  assert_ahead(EXECUTOR, "queue_ahead", executor - 9);
  world_close(&w);
}

// The same as a level-2 feed tells it: a cancellation may have been behind the order.
static void test_the_queue_of_level_2(void **context) {
  (void)context;
  world w = world_open(BY_HAND("level2"));
  world_reset(&w, 0, 0);
  hft_order_id ahead = world_rest(&w, 0, HFT_BID, 9996, 10);
  world_rest(&w, 0, HFT_ASK, 10004, 9);
  world_act(&w, MAKER, 0, 0.5f);
  world_act(&w, EXECUTOR, -1, 0);
  world_step(&w);
  assert_ahead(MAKER, "bid_queue_ahead", 10);
  assert_ahead(MAKER, "ask_queue_ahead", 0);  // alone at its price
  assert_ahead(EXECUTOR, "queue_ahead", -1);
  // More lots behind the order change nothing; nor does their leaving, as far as they came after.
  hft_order_id behind = world_rest(&w, 0, HFT_BID, 9996, 100);
  world_step(&w);
  assert_ahead(MAKER, "bid_queue_ahead", 10);
  hft_desk hand = world_hand(&w, 0);
  assert_true(hft_desk_reduce(&hand, behind, 95));
  world_step(&w);
  assert_ahead(MAKER, "bid_queue_ahead", 10);
  // 12 others are left: it cannot know that only 7 are ahead.
  assert_true(hft_desk_reduce(&hand, ahead, 3));
  world_step(&w);
  assert_ahead(MAKER, "bid_queue_ahead", 10);
  assert_true(hft_desk_reduce(&hand, ahead, 3));
  world_step(&w);
  assert_ahead(MAKER, "bid_queue_ahead", 9);
  assert_true(hft_desk_cancel(&hand, behind));
  world_step(&w);
  assert_ahead(MAKER, "bid_queue_ahead", 4);
  world_take(&w, 1, HFT_ASK, 3);
  world_step(&w);
  assert_ahead(MAKER, "bid_queue_ahead", 1);
  assert_near((double)world_state(&w, "maker_0_bid_queue_ahead"), 0.2 * log1p(1), 1e-6);
  // A new price is a new queue.
  world_rest(&w, 0, HFT_BID, 9992, 25);
  world_act(&w, MAKER, 1.0f - 0x1p-20f, 0.5f);
  world_step(&w);
  assert_ahead(MAKER, "bid_queue_ahead", 25);
  world_close(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_lively_market),      cmocka_unit_test(test_an_empty_book),
      cmocka_unit_test(test_a_book_by_hand),       cmocka_unit_test(test_the_queue_by_hand),
      cmocka_unit_test(test_the_queue_of_level_2),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
