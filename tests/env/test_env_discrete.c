// Discrete actions: the meaning and order of the choices, what masks forbid, and which configs are
// refused.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/hash.h"
#include "tests/support/slab.h"

#define CHOICES 5
#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

// Every role, in two instruments. `space` is a line of env_config.
#define ALL(space, seats)                                                                 \
  "market_config: {window_ticks: 1024, decision_ms: 200, instruments: 2}\n"               \
  "env_config: {warmup_s: 3, episode_len: 150, action_choices: 5" space "}\n" WORLD_CROWD \
  "risk_config: {max_inventory: 20}\nreward_config: {lambda_risk: 0.001}\nseats: [" seats "]\n"
#define ONES                                                                                      \
  "{kind: maker, count: 2, offset_unit: ticks, offset_max: 4}, {kind: executor, parent_qty: 90, " \
  "instrument: 1}, "                                                                              \
  "{kind: taker, order_qty: 6}"
#define PORTFOLIO ", {kind: portfolio, cash: 5000, holding: 10, price_range: 4}"
#define BOX ""
#define MULTI ", action_space: multi_discrete"
#define DISCRETE ", action_space: discrete"
#define MIXED ", action_space: mixed"

// Choices of an axis: a direction has three, whether a quote stands two.
static int choices_of(const hft_group *group, int axis) {
  if (group->role == HFT_ROLE_TAKER && axis == 0) return 3;
  return group->role == HFT_ROLE_MAKER && (axis == 2 || axis == 3) ? 2 : CHOICES;
}

// The value of a choice, evenly over [-1, 1].
static float value_of(const hft_group *group, int axis, int32_t choice) {
  int count = choices_of(group, axis);
  assert_true(axis < group->axis_count && choice < count);
  return (float)(2.0 * choice / (count - 1) - 1);
}

// What does nothing on an axis: makers withdraw, executors pause, the others hold.
static float idle_of(const hft_group *group, int axis) {
  if (group->role == HFT_ROLE_MAKER) return axis < 2 ? 0 : -1;
  return group->role == HFT_ROLE_EXECUTOR && axis == 0 ? -1 : 0;
}

// Draws a choice for each axis of a seat, chooses it in `w`, and sets in `box` what it stands for:
// a forbidden one what does nothing. Returns how many were forbidden.
static int act_alike(world *w, world *box, int s, uint64_t *stream) {
  const hft_group *group = world_group(w, s);
  int32_t product = 0, digits[HFT_AXES_MAX];
  int forbidden = 0;
  for (int axis = 0; axis < group->axis_count; axis++) {
    int32_t count = group->choice_count[axis] > 0 ? group->choice_count[axis] : CHOICES;
    digits[axis] = (int32_t)(world_draw(stream) % (uint64_t)count);
    product = product * group->choice_count[axis] + digits[axis];  // the last changes fastest
  }
  // Of a product the mask tells of all axes together: each alone by the others' idle choice.
  for (int axis = 0; axis < group->axis_count; axis++) {
    float value = value_of(group, axis, digits[axis]);
    bool allowed = true;
    if (group->choice_count[axis] == 0) {  // mixed
      world_set(w, s, axis, value);
    } else if (w->spec->action_space != HFT_ACTION_DISCRETE) {
      allowed = world_allowed(w, s, axis, digits[axis]);
      world_choose(w, s, axis, digits[axis]);
    } else {
      int32_t alone = 0;
      for (int other = 0; other < group->axis_count; other++) {
        int32_t count = group->choice_count[other];
        int32_t idle = (int32_t)((idle_of(group, other) + 1) / 2 * (float)(count - 1));
        alone = alone * count + (other == axis ? digits[axis] : idle);
      }
      allowed = world_allowed(w, s, 0, alone);
    }
    forbidden += !allowed;
    world_set(box, s, axis, allowed ? value : idle_of(group, axis));
  }
  if (w->spec->action_space == HFT_ACTION_DISCRETE) {
    assert_int_equal(world_allowed(w, s, 0, product), forbidden == 0);
    world_choose(w, s, 0, product);
  }
  return forbidden;
}

static uint64_t market_hash(const world *w) {
  return hft_market_hash(hft_env_model_market(w->model), world_market(w));
}

// The same episode in both spaces: markets, observations and rewards agree in every bit.
static void check_alike(const char *box_yaml, const char *yaml, uint64_t seed) {
  world box = world_open(box_yaml), w = world_open(yaml);
  world_reset(&box, seed, 0);
  world_reset(&w, seed, 0);
  uint64_t stream = seed;
  int forbidden = 0;
  while (!*w.io.ended) {
    for (int s = 0; s < w.spec->seat_count; s++) {
      if (world_terminated(&w, s)) continue;
      forbidden += act_alike(&w, &box, s, &stream);
    }
    world_step(&box);
    world_step(&w);
    assert_true(market_hash(&box) == market_hash(&w));
    for (int g = 0; g < w.spec->group_count; g++) {
      const hft_group *group = &w.spec->group[g];
      size_t seats = (size_t)group->seat_count;
      assert_memory_equal(w.io.obs[g], box.io.obs[g], seats * (size_t)group->obs_dim * 4);
      assert_memory_equal(w.io.reward[g], box.io.reward[g], seats * 4);
      assert_memory_equal(w.io.terminated[g], box.io.terminated[g], seats);
    }
    assert_int_equal(*w.io.ended, *box.io.ended);
  }
  assert_true(forbidden > 5);
  for (int s = 0; s < w.spec->seat_count; s++) {
    assert_true(world_account_at(&w, s, s == 2)->fill_count > 0);
  }
  world_close(&box);
  world_close(&w);
}

static void test_choices_are_values(void **context) {
  (void)context;
  for (uint64_t seed = 0; seed < 3; seed++) {
    check_alike(ALL(BOX, ONES PORTFOLIO), ALL(MULTI, ONES PORTFOLIO), seed);
    check_alike(ALL(BOX, ONES), ALL(DISCRETE, ONES), seed);
    check_alike(ALL(BOX ", message_dim: 1", ONES PORTFOLIO),
                ALL(MIXED ", message_dim: 1", ONES PORTFOLIO), seed);
  }
}

static void test_dims(void **context) {
  (void)context;
  static const struct {
    const char *yaml;
    int action_dim[4], mask_dim[4];
  } rows[] = {
      {ALL(BOX, ONES PORTFOLIO), {4, 2, 1, 6}, {0, 0, 0, 0}},
      {ALL(MULTI, ONES PORTFOLIO), {4, 2, 1, 6}, {14, 10, 3, 30}},
      {ALL(MULTI ", message_dim: 2", ONES PORTFOLIO), {6, 4, 3, 8}, {24, 20, 13, 40}},
      {ALL(DISCRETE, ONES PORTFOLIO), {1, 1, 1, 1}, {100, 25, 3, 15625}},
      {ALL(DISCRETE ", message_dim: 1", ONES), {1, 1, 1, 0}, {500, 125, 15, 0}},
      {ALL(MIXED, ONES PORTFOLIO), {4, 2, 1, 6}, {4, 0, 3, 0}},
  };
  for (int i = 0; i < COUNT(rows); i++) {
    hft_env_model *model = world_model(rows[i].yaml);
    const hft_env_spec *spec = hft_env_model_spec(model);
    for (int g = 0; g < spec->group_count; g++) {
      const hft_group *group = &spec->group[g];
      assert_int_equal(group->action_dim, rows[i].action_dim[g]);
      assert_int_equal(group->mask_dim, rows[i].mask_dim[g]);
      for (int axis = 0; axis < group->axis_count; axis++) {
        bool message = axis >= group->axis_count - (i == 2 ? 2 : i == 4);
        int count = message ? CHOICES : choices_of(group, axis);
        if (i == 0 || (i == 5 && count == CHOICES)) count = 0;
        assert_int_equal(group->choice_count[axis], count);
      }
    }
    hft_env_model_free(model);
  }
}

// With eleven choices over ten ticks each choice is a tick of its own.
static void test_a_tick_a_choice(void **context) {
  (void)context;
  world w = world_open("env_config: {warmup_s: 0, action_space: multi_discrete}\n" WORLD_HANDS
                       "seats: [{kind: maker, offset_unit: ticks, offset_max: 10}]\n");
  world_reset(&w, 0, 0);
  world_rest(&w, 0, HFT_BID, 9999, 100);
  world_rest(&w, 0, HFT_ASK, 10001, 100);
  for (int32_t c = 1; c < 12; c++) {
    world_choose(&w, 0, 0, c < 11 ? c : 5);
    world_choose(&w, 0, 1, c < 11 ? c : 5);
    world_switch(&w, 0, HFT_BID, c < 11);
    world_switch(&w, 0, HFT_ASK, c < 11);
    world_step(&w);
    for (int side = 0; side < 2; side++) {
      hft_order_id id;
      hft_order order;
      assert_int_equal(world_quote(&w, 0, (hft_side)side, &id, &order), c < 11);
      if (c == 11) continue;
      assert_int_equal(order.price, side == HFT_BID ? 10000 - c : 10000 + c);
    }
  }
  world_close(&w);
}

// A choice that there is not is the nearest one that there is.
static void test_choices_are_clipped(void **context) {
  (void)context;
  static const char *const spaces[] = {ALL(MULTI, ONES), ALL(DISCRETE, ONES)};
  for (int k = 0; k < 2; k++) {
    world w = world_open(spaces[k]);
    world_reset(&w, 4, 0);
    world other = world_fork(&w);
    for (int i = 0; i < 20; i++) {
      for (int s = 0; s < w.spec->seat_count; s++) {
        const hft_group *group = world_group(&w, s);
        for (int axis = 0; axis < group->action_dim; axis++) {
          int32_t last = (k == 0 ? group->choice_count[axis] : group->mask_dim) - 1;
          bool low = (i + s + axis) % 2 == 0;
          world_choose(&w, s, axis, low ? 0 : last);
          int32_t beyond = i % 3 == 0 ? 1 : i % 3 == 1 ? 1000000 : INT32_MAX - last;
          world_choose(&other, s, axis, low ? -beyond : last + beyond);
        }
      }
      world_step(&w);
      world_step(&other);
      assert_true(world_hash(&w) == world_hash(&other));
    }
    world_close_fork(&other);
    world_close(&w);
  }
}

// One choice of each axis at least, and of the product, is allowed to every seat at any time.
static void check_masks(const world *w) {
  for (int s = 0; s < w->spec->seat_count; s++) {
    const hft_group *group = world_group(w, s);
    bool product = w->spec->action_space == HFT_ACTION_DISCRETE;
    for (int axis = 0; axis < group->action_dim; axis++) {
      int32_t count = product ? group->mask_dim : group->choice_count[axis], allowed = 0;
      for (int32_t c = 0; c < count; c++) allowed += world_allowed(w, s, axis, c);
      assert_true(allowed > 0);
    }
  }
}

static void test_something_is_always_allowed(void **context) {
  (void)context;
  static const char *const spaces[] = {ALL(MULTI, ONES PORTFOLIO), ALL(DISCRETE, ONES)};
  for (int k = 0; k < 2; k++) {
    world w = world_open(spaces[k]);
    uint64_t stream = 5;
    for (uint32_t episode = 0; episode < 3; episode++) {
      world_reset(&w, 5, episode);
      check_masks(&w);
      while (!*w.io.ended) {
        world_act_randomly(&w, &stream);
        world_step(&w);
        check_masks(&w);
      }
    }
    world_close(&w);
  }
}

// Seats that alone in the market do what is forbidden, too, never break max_inventory. (Without
// masks they do: the second config's box.)
static void test_masks_keep_the_limit(void **context) {
  (void)context;
#define ALONE(space, seat)                                                                \
  "market_config: {window_ticks: 1024, decision_ms: 500}\n"                               \
  "env_config: {warmup_s: 3, episode_len: 400, action_choices: 5" space "}\n" WORLD_CROWD \
  "risk_config: {max_inventory: 14}\nseats: [" seat "]\n"
  static const char *const configs[] = {
      ALONE(MULTI, "{kind: maker, offset_unit: ticks, offset_max: 2, quote_qty: 6}"),
      ALONE(DISCRETE, "{kind: maker, offset_unit: ticks, offset_max: 2, quote_qty: 6}"),
      ALONE(MULTI, "{kind: taker, order_qty: 6}"),
      ALONE(DISCRETE, "{kind: taker, order_qty: 6}"),
      ALONE(BOX, "{kind: maker, offset_unit: ticks, offset_max: 2, quote_qty: 6}"),
      ALONE(BOX, "{kind: taker, order_qty: 6}"),
  };
#undef ALONE
  for (int k = 0; k < COUNT(configs); k++) {
    world w = world_open(configs[k]);
    world_reset(&w, 3, 0);
    uint64_t stream = 1;
    int64_t largest = 0;
    while (!*w.io.ended) {
      world_act_randomly(&w, &stream);
      world_step(&w);
      int64_t lots = llabs(world_account(&w, 0)->position);
      if (lots > largest) largest = lots;
    }
    assert_int_equal(*w.io.truncated, k < 4);
    assert_int_equal(world_terminated(&w, 0), k >= 4);
    if (k < 4) assert_in_range(largest, 9, 14);
    world_close(&w);
  }
}

// A mask holds as the seat saw it, but others that act before it may use up the room that it had:
// then its order is cut to what is left.
static void test_masks_hold_as_they_were_seen(void **context) {
  (void)context;
  world w = world_open(
      "env_config: {warmup_s: 0, action_space: multi_discrete, action_choices: 3}\n"
      "risk_config: {max_inventory: 10}\n" WORLD_HANDS
      "seats: [{kind: maker, quote_qty: 10, offset_unit: ticks, offset_max: 2}, {kind: taker, "
      "order_qty: 10}]\n");
  for (uint32_t episode = 0; episode < 20; episode++) {  // in either order
    world_reset(&w, 1, episode);
    world_rest(&w, 0, HFT_BID, 9990, 100);
    world_rest(&w, 0, HFT_ASK, 10010, 100);
    for (int axis = 0; axis < 4; axis++) world_choose(&w, 0, axis, 1);
    world_choose(&w, 1, 0, 1);
    world_step(&w);
    // The taker sells to the maker, which of them acts first being drawn: the maker's bid is used
    // up, and there is no room for another.
    assert_true(world_allowed(&w, 0, 2, 1));
    world_choose(&w, 1, 0, 0);
    world_step(&w);
    assert_int_equal(world_account(&w, 0)->position, 10);
    assert_false(world_quote(&w, 0, HFT_BID, &(hft_order_id){0}, &(hft_order){0}));
    // Ten more would be too many: now the mask says so.
    assert_true(world_allowed(&w, 0, 0, 1) && world_allowed(&w, 0, 2, 0));
    assert_false(world_allowed(&w, 0, 2, 1));
    world_choose(&w, 1, 0, 1);
    world_step(&w);
    assert_false(world_quote(&w, 0, HFT_BID, &(hft_order_id){0}, &(hft_order){0}));
  }
  world_close(&w);
}

static void test_what_is_refused(void **context) {
  (void)context;
#define SPACE(space, seat) \
  WORLD_INSTRUMENT "env_config: {" space "}\n" WORLD_CROWD "seats: [" seat "]\n"
  world_expect_refused(SPACE("action_choices: 4, action_space: discrete", "{kind: maker}"),
                       "env_config.action_choices", "4 is even");
  world_expect_refused(SPACE("action_choices: 4, action_space: multi_discrete", "{kind: maker}"),
                       "env_config.action_choices", "odd");
  world_expect_refused(SPACE("action_choices: 1", "{kind: maker}"), "test", "3");
  world_expect_refused(SPACE("action_choices: 103", "{kind: maker}"), "test", "101");
  world_expect_refused(SPACE("action_space: cube", "{kind: maker}"), "test", "multi_discrete");
  // 101^2 choices are fewer than 65536, 101^3 are more.
  hft_env_model_free(
      world_model(SPACE("action_choices: 101, action_space: discrete", "{kind: maker}")));
  world_expect_refused(SPACE("action_choices: 101, action_space: discrete", "{kind: portfolio}"),
                       "env_config.action_space", "portfolio");
  world_expect_refused(SPACE("action_space: discrete, message_dim: 16", "{kind: taker}"),
                       "env_config.action_space", "65536");
  hft_env_model_free(world_model(SPACE(
      "action_choices: 101, action_space: multi_discrete, message_dim: 16", "{kind: portfolio}")));
#undef SPACE
}

// What a pool's check says of the action of env 1, seat 2 of the makers, on the last axis.
static void check_action(const char *yaml, int32_t choice, const char *where, const char *text) {
  hft_env_model *model = world_model(yaml);
  hft_pool *pool = slab_open(model, 2, 1, 0);
  const hft_array *array = slab_array(hft_pool_actions_layout(pool), "action/maker");
  assert_int_equal(array->dtype, HFT_DTYPE_I32);
  int32_t *action = (int32_t *)((char *)hft_pool_actions(pool) + array->offset);
  hft_error error = {0};
  assert_int_equal(hft_pool_check_actions(pool, &error), HFT_OK);
  action[array->shape[0] * array->shape[1] * array->shape[2] - 1] = choice;
  hft_status status = hft_pool_check_actions(pool, &error);
  assert_int_equal(status, where == NULL ? HFT_OK : HFT_EINVAL);
  if (where != NULL) {
    assert_string_equal(error.where, where);
    assert_string_equal(error.text, text);
  }
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// The same of a mixed action, whose choices are whole numbers among floats.
static void test_pools_refuse_mixed_numbers(void **context) {
  (void)context;
  hft_env_model *model =
      world_model(WORLD_INSTRUMENT "env_config: {warmup_s: 0" MIXED "}\n" WORLD_CROWD
                                   "seats: [{kind: maker, count: 3}, {kind: taker}]\n");
  static const struct {
    int axis;
    float value;
    const char *text;
  } rows[] = {{0, 7, NULL},
              {0, NAN, "an action is nan"},
              {1, INFINITY, "an action is inf"},
              {2, 0, NULL},
              {2, 1, NULL},
              {2, 2, "an action is 2; its choices are 0 to 1"},
              {3, -1, "an action is -1; its choices are 0 to 1"},
              {3, 0.5f, "an action is 0.5; its choices are 0 to 1"},
              {3, 1e30f, "an action is 1.00000001505e+30; its choices are 0 to 1"},
              {3, NAN, "an action is nan"},
              {3, -INFINITY, "an action is -inf"}};
  hft_pool *pool = slab_open(model, 2, 1, 0);
  const hft_array *array = slab_array(hft_pool_actions_layout(pool), "action/maker");
  assert_int_equal(array->dtype, HFT_DTYPE_F32);
  float *action = (float *)((char *)hft_pool_actions(pool) + array->offset) + 5 * 4;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    hft_error error = {0};
    memset(action, 0, 4 * sizeof *action);
    action[rows[i].axis] = rows[i].value;
    hft_status status = hft_pool_check_actions(pool, &error);
    assert_int_equal(status, rows[i].text == NULL ? HFT_OK : HFT_EINVAL);
    if (rows[i].text == NULL) continue;
    char where[64];
    snprintf(where, sizeof where, "action/maker[1, 2, %d]", rows[i].axis);
    assert_string_equal(error.where, where);
    assert_string_equal(error.text, rows[i].text);
  }
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// An env without a check clips choices that there are not, NaN too.
static void test_mixed_choices_are_clipped(void **context) {
  (void)context;
  world w = world_open(ALL(MIXED, ONES));
  world_reset(&w, 4, 0);
  world other = world_fork(&w);
  for (int i = 0; i < 20; i++) {
    const float beyond[] = {-1, NAN, -INFINITY, -1e30f, 2, INFINITY, 1e30f, 1};
    float given = beyond[i % 8], meant = i % 8 < 4 ? 0 : 1;
    for (int axis = 2; axis < 4; axis++) {
      w.action[0][axis] = meant;
      other.action[0][axis] = given;
    }
    world_step(&w);
    world_step(&other);
    assert_true(world_hash(&w) == world_hash(&other));
  }
  world_close_fork(&other);
  world_close(&w);
}

static void test_pools_refuse_choices(void **context) {
  (void)context;
#define THREE(space)                                                                     \
  WORLD_INSTRUMENT "env_config: {warmup_s: 0, action_choices: 5" space "}\n" WORLD_CROWD \
                   "seats: [{kind: maker, count: 3}, {kind: taker}]\n"
  check_action(THREE(MULTI), 1, NULL, NULL);
  check_action(THREE(MULTI), 2, "action/maker[1, 2, 3]", "an action is 2; its choices are 0 to 1");
  check_action(THREE(MULTI), -1, "action/maker[1, 2, 3]",
               "an action is -1; its choices are 0 to 1");
  check_action(THREE(DISCRETE), 99, NULL, NULL);
  check_action(THREE(DISCRETE), 100, "action/maker[1, 2, 0]",
               "an action is 100; its choices are 0 to 99");
  check_action(THREE(DISCRETE), INT32_MIN, "action/maker[1, 2, 0]",
               "an action is -2147483648; its choices are 0 to 99");
#undef THREE
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_choices_are_values),
      cmocka_unit_test(test_dims),
      cmocka_unit_test(test_a_tick_a_choice),
      cmocka_unit_test(test_choices_are_clipped),
      cmocka_unit_test(test_something_is_always_allowed),
      cmocka_unit_test(test_masks_keep_the_limit),
      cmocka_unit_test(test_masks_hold_as_they_were_seen),
      cmocka_unit_test(test_what_is_refused),
      cmocka_unit_test(test_pools_refuse_choices),
      cmocka_unit_test(test_pools_refuse_mixed_numbers),
      cmocka_unit_test(test_mixed_choices_are_clipped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
