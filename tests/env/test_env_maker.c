// The role `maker`: where it quotes, and that a quote at an unchanged price keeps its place in the
// queue.
#include <stdlib.h>
#include <string.h>

#include "tests/support/env_world.h"

#define BY_HAND                                               \
  "env_config: {warmup_s: 0, episode_len: 100}\n" WORLD_HANDS \
  "seats: [{kind: maker, quote_qty: 6, offset_unit: ticks, offset_max: 10}]\n"

// A book of the hands with its mid at `mid2` / 2, reset before.
static world open_by_hand(hft_price bid, hft_price ask) {
  world w = world_open(BY_HAND);
  world_reset(&w, 0, 0);
  world_rest(&w, 0, HFT_BID, bid, 50);
  world_rest(&w, 0, HFT_ASK, ask, 50);
  return w;
}

static void check_quotes(const world *w, hft_price bid, hft_price ask) {
  const hft_price expected[2] = {bid, ask};
  for (int side = 0; side < 2; side++) {
    hft_order_id id;
    hft_order order = {0};
    bool live = world_quote(w, 0, (hft_side)side, &id, &order);
    assert_int_equal(live, expected[side] != 0);
    if (!live) continue;
    assert_int_equal(order.price, expected[side]);
    assert_int_equal(order.qty, 6);
    assert_int_equal(order.tif, HFT_POST_ONLY);
  }
}

// One step from an empty seat, at a mid of 10000, or of 10000.5.
// What a maker quotes for its actions beside a bid of 9980 and an ask.
typedef struct price_case {
  hft_price best_ask;
  float bid_action, ask_action;
  hft_price bid, ask;  // what it quotes; 0: nothing
} price_case;

static void check_prices(price_case c) {
  world w = open_by_hand(9980, c.best_ask);
  world_act(&w, 0, c.bid_action, c.ask_action);
  world_step(&w);
  check_quotes(&w, c.bid, c.ask);
  world_close(&w);
}

static void test_prices(void **context) {
  (void)context;
  check_prices((price_case){.best_ask = 10020, .bid = 9995, .ask = 10005});
  check_prices((price_case){.best_ask = 10020,
                            .bid_action = 0.5f,
                            .ask_action = -0.5f,
                            .bid = 9992,
                            .ask = 10003});  // 7.5 and 2.5 ticks away, outwards
  check_prices((price_case){.best_ask = 10020,
                            .bid_action = -0.75f,
                            .ask_action = 0.75f,
                            .bid = 9998,
                            .ask = 10009});                                  // 1.25 and 8.75
  check_prices((price_case){.best_ask = 10021, .bid = 9995, .ask = 10006});  // 9995.5 and 10005.5
  check_prices((price_case){
      .best_ask = 10021, .bid_action = -1, .ask_action = -1, .bid = 10000, .ask = 10001});
  check_prices((price_case){
      .best_ask = 10020, .bid_action = 0.999f, .ask_action = 0.999f, .bid = 9990, .ask = 10010});
  // Both at the mid would meet: the bid is first, the offer goes one tick behind.
  check_prices((price_case){
      .best_ask = 10020, .bid_action = -1, .ask_action = -1, .bid = 10000, .ask = 10001});
}

static void test_one_withdraws_a_side(void **context) {
  (void)context;
  check_prices((price_case){.best_ask = 10020, .bid_action = 1, .bid = 0, .ask = 10005});
  check_prices((price_case){.best_ask = 10020, .ask_action = 1, .bid = 9995, .ask = 0});
  check_prices(
      (price_case){.best_ask = 10020, .bid_action = 1, .ask_action = 1, .bid = 0, .ask = 0});
  world w = open_by_hand(9980, 10020);
  world_act(&w, 0, 0, 0);
  world_step(&w);
  check_quotes(&w, 9995, 10005);
  world_act(&w, 0, 1, 0);
  world_step(&w);
  check_quotes(&w, 0, 10005);
  world_act(&w, 0, 0, 1);
  world_step(&w);
  check_quotes(&w, 9987, 0);  // of the mid of 9980 and its own 10005
  world_close(&w);
}

static void test_actions_are_clipped(void **context) {
  (void)context;
  check_prices((price_case){.best_ask = 10020, .bid_action = -7, .bid = 10000, .ask = 10005});
  check_prices((price_case){.best_ask = 10020, .ask_action = -INFINITY, .bid = 9995, .ask = 10000});
  check_prices(
      (price_case){.best_ask = 10020, .bid_action = 3, .ask_action = INFINITY, .bid = 0, .ask = 0});
  check_prices((price_case){.best_ask = 10020, .bid_action = 1.0001f, .bid = 0, .ask = 10005});
}

// A maker that asks for a price at which it would trade rests one tick before the other side.
static void test_quotes_never_take(void **context) {
  (void)context;
  world w = open_by_hand(9999, 10000);
  world_act(&w, 0, -1, -1);
  world_step(&w);
  check_quotes(&w, 9999, 10000);
  assert_int_equal(world_account(&w, 0)->taker_qty, 0);
  world_close(&w);
}

static void test_quotes_stay_in_the_window(void **context) {
  (void)context;
  world w =
      world_open("env_config: {warmup_s: 0}\n" WORLD_HANDS
                 "seats: [{kind: maker, quote_qty: 6, offset_unit: ticks, offset_max: 10000}]\n");
  world_reset(&w, 0, 0);
  world_act(&w, 0, 0.9f, 0.9f);
  world_step(&w);
  check_quotes(&w, 9488, 9488 + 1023);
  world_close(&w);
}

typedef struct place {
  hft_order_id id;
  hft_price price;
  hft_qty qty;
  int64_t ahead;
} place;

static place place_of(const world *w, hft_side side) {
  place found = {.ahead = -1};
  hft_order order;
  if (!world_quote(w, 0, side, &found.id, &order)) return found;
  hft_desk desk = world_seat_desk(w, 0);
  found.price = order.price;
  found.qty = order.qty;
  found.ahead = hft_desk_queue_ahead(&desk, found.id);
  return found;
}

static bool same_order(place a, place b) {
  return a.id.slot1 == b.id.slot1 && a.id.number == b.id.number;
}

static void test_an_unchanged_quote_keeps_its_place(void **context) {
  (void)context;
  world w = open_by_hand(9995, 10005);
  world_act(&w, 0, 0, 0);
  world_step(&w);
  place before = place_of(&w, HFT_BID);
  assert_int_equal(before.price, 9995);
  assert_int_equal(before.ahead, 50);
  // Others join behind; the same action leaves the order where it is.
  world_rest(&w, 1, HFT_BID, 9995, 30);
  uint64_t messages = hft_market_messages(world_market(&w));
  world_step(&w);
  place after = place_of(&w, HFT_BID);
  assert_true(same_order(before, after));
  assert_int_equal(after.ahead, 50);
  assert_int_equal(hft_market_messages(world_market(&w)), messages);
  // Another mid, 9999, and another action, but the same price.
  world_rest(&w, 1, HFT_ASK, 10003, 1);
  world_act(&w, 0, -0.25f, 0.25f);
  world_step(&w);
  after = place_of(&w, HFT_BID);
  assert_int_equal(after.price, 9995);
  assert_true(same_order(before, after));
  assert_int_equal(after.ahead, 50);
  // Partly filled, it is not made larger, which would cost its place.
  world_take(&w, 1, HFT_ASK, 52);
  world_step(&w);
  after = place_of(&w, HFT_BID);
  assert_true(same_order(before, after));
  assert_int_equal(after.qty, 4);
  assert_int_equal(after.ahead, 0);
  world_close(&w);
}

static void test_a_moved_quote_goes_to_the_back(void **context) {
  (void)context;
  world w = open_by_hand(9995, 10005);
  world_act(&w, 0, 0, 0);
  world_step(&w);
  place before = place_of(&w, HFT_BID), offer = place_of(&w, HFT_ASK);
  world_rest(&w, 1, HFT_BID, 9995, 30);
  world_act(&w, 0, 0.5f, 0);
  world_step(&w);
  assert_int_equal(place_of(&w, HFT_BID).price, 9992);
  assert_true(same_order(offer, place_of(&w, HFT_ASK)));
  world_act(&w, 0, 0, 0);
  world_step(&w);
  place after = place_of(&w, HFT_BID);
  assert_int_equal(after.price, 9995);
  assert_false(same_order(before, after));
  assert_int_equal(after.ahead, 80);
  assert_true(same_order(offer, place_of(&w, HFT_ASK)));
  world_close(&w);
}

// In a lively market: the quote stays the same order exactly where the price that the action asks
// for is its own, and nobody gets in before it.
static void test_places_in_a_lively_market(void **context) {
  (void)context;
  world w =
      world_open(WORLD_INSTRUMENT
                 "env_config: {warmup_s: 5, episode_len: 1000}\n" WORLD_CROWD
                 "seats: [{kind: maker, quote_qty: 6, offset_unit: ticks, offset_max: 10}]\n");
  world_reset(&w, 5, 0);
  world_act(&w, 0, 0, 0);
  world_step(&w);
  int kept = 0, moved = 0;
  for (int i = 0; i < 600; i++) {
    place before[2] = {place_of(&w, HFT_BID), place_of(&w, HFT_ASK)};
    double mid = (double)hft_market_mid2(world_market(&w), 0) / 2;
    world_step(&w);
    for (int side = 0; side < 2; side++) {
      place after = place_of(&w, (hft_side)side);
      if (before[side].ahead < 0 || after.ahead < 0) continue;
      double asked = side == HFT_BID ? floor(mid - 5) : ceil(mid + 5);
      assert_int_equal(same_order(before[side], after), before[side].price == asked);
      kept += before[side].price == asked;
      moved += before[side].price != asked;
      if (before[side].price == asked) assert_true(after.ahead <= before[side].ahead);
    }
  }
  assert_true(kept > 300 && moved > 30);
  assert_int_equal(world_account(&w, 0)->taker_qty, 0);
  world_close(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_prices),
      cmocka_unit_test(test_one_withdraws_a_side),
      cmocka_unit_test(test_actions_are_clipped),
      cmocka_unit_test(test_quotes_never_take),
      cmocka_unit_test(test_quotes_stay_in_the_window),
      cmocka_unit_test(test_an_unchanged_quote_keeps_its_place),
      cmocka_unit_test(test_a_moved_quote_goes_to_the_back),
      cmocka_unit_test(test_places_in_a_lively_market),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
