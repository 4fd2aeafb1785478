// The axes of a maker that its keys select: the middle and the half-width, sizes, withdrawal, and
// the unit of offsets.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/env_world.h"

#define BY_HAND(env, keys)                                                \
  "env_config: {warmup_s: 0, episode_len: 200" env                        \
  "}\n"                                                                   \
  "risk_config: {max_inventory: 9, max_drawdown: 1e9}\n" WORLD_HANDS      \
  "seats: [{kind: maker, quote_qty: 6, offset_unit: ticks, offset_max: 8" \
  ", " keys "}]\n"

// A book of the hands with its mid at 10000, reset before.
static world open_by_hand(const char *yaml) {
  world w = world_open(yaml);
  world_reset(&w, 0, 0);
  world_rest(&w, 0, HFT_BID, 9980, 50);
  world_rest(&w, 0, HFT_ASK, 10020, 50);
  return w;
}

// Price and size of the maker's quotes; 0: there is none.
static void check_quotes(const world *w, hft_price bid, hft_qty bid_qty, hft_price ask,
                         hft_qty ask_qty) {
  const hft_price prices[2] = {bid, ask};
  const hft_qty sizes[2] = {bid_qty, ask_qty};
  for (int side = 0; side < 2; side++) {
    hft_order_id id;
    hft_order order = {0};
    assert_int_equal(world_quote(w, 0, (hft_side)side, &id, &order), prices[side] != 0);
    assert_int_equal(order.price, prices[side]);
    assert_int_equal(order.qty, sizes[side]);
  }
}

static void act(world *w, const float *action) {
  for (int axis = 0; axis < world_group(w, 0)->axis_count; axis++)
    world_set(w, 0, axis, action[axis]);
  world_step(w);
}

static void test_the_middle_and_the_half_width(void **context) {
  (void)context;
  static const struct {
    float centre, half_width;
    hft_price bid, ask;
  } rows[] = {
      {0, 0, 9996, 10004},          // 4 ticks around the mid
      {0.5f, 0, 9999, 10007},       // 3 ticks up
      {-1, 0.5f, 9988, 10000},      // 6 down, 6 around
      {1, 1, 9998, 10014},          // 6 up, 8 around
      {0, -1, 10000, 10001},        // at the mid both would meet
      {0.25f, 0.25f, 9996, 10007},  // 1.5 up, 5 around, outwards
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    world w = open_by_hand(BY_HAND("", "quoting: centre, centre_max: 6"));
    act(&w, (const float[]){rows[i].centre, rows[i].half_width, 0, 0});
    check_quotes(&w, rows[i].bid, 6, rows[i].ask, 6);
    world_close(&w);
  }
}

// A number of -0.5 or more quotes, so that nearly all of N(0, 0.3) does.
static void test_a_side_is_withdrawn_by_its_axis(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", "withdraw: true"));
  act(&w, (const float[]){1, 1, -0.5f, 0.2f});
  check_quotes(&w, 9992, 6, 10008, 6);  // an offset of 1 is the largest, and no withdrawal
  act(&w, (const float[]){1, 1, -0.501f, 0.2f});
  check_quotes(&w, 0, 0, 10008, 6);
  act(&w, (const float[]){1, 1, -1, -7});
  check_quotes(&w, 0, 0, 0, 0);
  world_close(&w);
}

static void test_sizes(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", "sizes: true"));
  act(&w, (const float[]){0, 0, -1, 1, 0, 0});
  check_quotes(&w, 9996, 1, 10004, 6);
  act(&w, (const float[]){0, 0, 0, -0.6f, 0, 0});
  check_quotes(&w, 9996, 4, 10004, 2);  // 3.5 and 2 lots
  // Smaller at the same price it keeps its place; larger it does not.
  hft_order_id before, after;
  hft_order order;
  assert_true(world_quote(&w, 0, HFT_BID, &before, &order));
  world_rest(&w, 1, HFT_BID, 9996, 10);
  act(&w, (const float[]){0, 0, -0.6f, -1, 0, 0});
  check_quotes(&w, 9996, 2, 10004, 1);
  hft_desk desk = world_seat_desk(&w, 0);
  assert_true(world_quote(&w, 0, HFT_BID, &after, &order));
  assert_int_equal(hft_desk_queue_ahead(&desk, after), 0);
  act(&w, (const float[]){0, 0, 1, -1, 0, 0});
  check_quotes(&w, 9996, 6, 10004, 1);
  assert_true(world_quote(&w, 0, HFT_BID, &after, &order));
  assert_int_equal(hft_desk_queue_ahead(&desk, after), 10);
  world_close(&w);
}

// Where nothing withdraws them, quotes stand as far as the limit on the position allows, and the
// seat never passes it.
static void test_quotes_that_always_stand(void **context) {
  (void)context;
  world w = open_by_hand(BY_HAND("", "withdraw: false"));
  assert_int_equal(world_group(&w, 0)->axis_count, 2);
  assert_null(world_group(&w, 0)->nothing);
  act(&w, (const float[]){1, 1});
  check_quotes(&w, 9992, 6, 10008, 6);
  world_take(&w, 1, HFT_ASK, 5);  // it buys 5 of at most 9
  act(&w, (const float[]){1, 1});
  check_quotes(&w, 9992, 1, 10008, 6);
  act(&w, (const float[]){0.5f, 1});
  check_quotes(&w, 9994, 4, 10008, 6);
  world_take(&w, 1, HFT_ASK, 4);
  act(&w, (const float[]){1, 1});
  check_quotes(&w, 0, 0, 10002, 6);  // of the mid of 9980 and its own 10008
  assert_int_equal(world_account(&w, 0)->position, 9);
  assert_false(world_terminated(&w, 0));
  world_close(&w);
}

// The same in choices: with sizes the mask leaves those that fit.
static void test_masks_of_sizes(void **context) {
  (void)context;
  static const char *const spaces[] = {", action_space: multi_discrete, action_choices: 11",
                                       ", action_space: mixed"};
  for (int k = 0; k < 2; k++) {
    char yaml[1024];
    snprintf(yaml, sizeof yaml, BY_HAND("%s", "sizes: true"), spaces[k]);
    world w = world_open(yaml);
    assert_int_equal(world_group(&w, 0)->mask_dim, k == 0 ? 48 : 4);
    for (int position = 0; position < 10; position++) {
      world_reset(&w, 0, 0);
      world_rest(&w, 0, HFT_BID, 9980, 50);
      world_rest(&w, 0, HFT_ASK, 10020, 50);
      for (int lots = 0; lots < position; lots++) {  // one lot at a time
        for (int axis = 0; axis < 6; axis++) {
          if (world_group(&w, 0)->choice_count[axis] > 0) {
            world_choose(&w, 0, axis, axis == 0 || axis == 4);
          } else {
            world_set(&w, 0, axis, -1);
          }
        }
        world_step(&w);
        world_take(&w, 1, HFT_ASK, 1);
      }
      world_idle(&w);
      world_step(&w);
      assert_int_equal(world_account(&w, 0)->position, position);
      assert_int_equal(world_allowed(&w, 0, 4, 1), position < 9);
      assert_true(world_allowed(&w, 0, 4, 0) && world_allowed(&w, 0, 5, 1));
      for (int c = 0; c < 11 && k == 0; c++) {
        int lots = 1 + (int)floor(5 * c / 10.0 + 0.5);
        assert_int_equal(world_allowed(&w, 0, 2, c), c == 0 || position + lots <= 9);
        assert_true(world_allowed(&w, 0, 3, c) && world_allowed(&w, 0, 0, c));
      }
    }
    world_close(&w);
  }
}

// The unit is the mean of the spread in whole ticks: of all steps up to 32, then with the weight
// 1/32 of the last one. Steps in which a side is empty do not count.
static void test_the_unit_of_spreads(void **context) {
  (void)context;
  world w = world_open("env_config: {warmup_s: 0, episode_len: 200}\n" WORLD_HANDS
                       "seats: [{kind: maker, quote_qty: 1, offset_max: 2}]\n");
  world_reset(&w, 0, 0);
  uint64_t stream = 3;
  double mean = 0;
  for (int step = 1; step < 200; step++) {
    int spread = step < 60 ? 2 * (int)(1 + world_draw(&stream) % 9) : 2;
    bool empty = step % 17 == 0;
    hft_desk hand = world_hand(&w, 0);
    hft_desk_cancel_all(&hand);
    world_rest(&w, 0, HFT_BID, 10000 - spread / 2, 5);
    if (!empty) world_rest(&w, 0, HFT_ASK, 10000 + spread / 2, 5);
    world_idle(&w);
    world_step(&w);  // notes the spread
    if (!empty) mean = mean == 0 ? spread : mean + (spread - mean) / (step < 32 ? step + 1 : 32);
    if (empty) continue;
    double unit = floor(mean + 0.5);
    world_act(&w, 0, 0.5f, 0.5f);  // 1.5 spreads
    world fork = world_fork(&w);
    world_step(&fork);
    hft_order_id id;
    hft_order order;
    assert_true(world_quote(&fork, 0, HFT_BID, &id, &order));
    assert_int_equal(order.price, floor(10000 - 1.5 * unit));
    world_close_fork(&fork);
  }
  world_close(&w);
}

static void test_what_is_refused(void **context) {
  (void)context;
#define SEATS(seats) WORLD_INSTRUMENT WORLD_CROWD "seats: [" seats "]\n"
  world_expect_refused(SEATS("{kind: maker}, {kind: maker, withdraw: false}"), "seats[1]",
                       "axis 2 of its action is none; an earlier maker, of the same arrays, has "
                       "bid_on");
  world_expect_refused(SEATS("{kind: maker}, {kind: taker}, {kind: maker, quoting: centre}"),
                       "seats[2]", "axis 0 of its action is centre [spreads]");
  world_expect_refused(SEATS("{kind: maker}, {kind: maker, offset_unit: ticks}"), "seats[1]",
                       "bid_offset [ticks]");
  world_expect_refused(SEATS("{kind: maker, offset_min: 3, offset_max: 3}"), "seats[0]",
                       "below offset_max");
  world_expect_refused(SEATS("{kind: maker, quoting: centre, offset_min: -1}"), "seats[0]",
                       "smallest half-width");
#undef SEATS
}

// The spec says what the ends of axes mean; where seats differ, it does not.
static void test_the_ends_of_axes(void **context) {
  (void)context;
  hft_env_model *model = world_model(
      WORLD_INSTRUMENT WORLD_CROWD
      "env_config: {message_dim: 1}\n"
      "seats: [{kind: maker, sizes: true, quote_qty: 7, offset_min: -1, offset_max: 3},\n"
      "{kind: maker, sizes: true, quote_qty: 8, offset_min: -1, offset_max: 4},\n"
      "{kind: executor, offset_max: 9}, {kind: taker, order_qty: 5},\n"
      "{kind: portfolio, count_max: 3, price_range: 6}]\n");
  const hft_env_spec *spec = hft_env_model_spec(model);
  static const double ends[4][7][2] = {
      {{-1, NAN}, {-1, NAN}, {1, NAN}, {1, NAN}, {0, 1}, {0, 1}, {-1, 1}},
      {{0, 2}, {0, 9}, {-1, 1}},
      {{-5, 5}, {-1, 1}},
      {{-3, 3}, {-6, 6}, {-6, 6}, {-1, 1}}};
  for (int g = 0; g < 4; g++) {
    const hft_group *group = &spec->group[g];
    for (int i = 0; i < group->axis_count; i++) {
      const double *end = ends[g][i];
      assert_true(isnan(end[0]) ? isnan(group->range[i].low) : group->range[i].low == end[0]);
      assert_true(isnan(end[1]) ? isnan(group->range[i].high) : group->range[i].high == end[1]);
    }
  }
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_middle_and_the_half_width),
      cmocka_unit_test(test_a_side_is_withdrawn_by_its_axis),
      cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_quotes_that_always_stand),
      cmocka_unit_test(test_masks_of_sizes),
      cmocka_unit_test(test_the_unit_of_spreads),
      cmocka_unit_test(test_what_is_refused),
      cmocka_unit_test(test_the_ends_of_axes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
