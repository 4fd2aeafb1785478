// What seats observe of each other: last actions and messages.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/env_world.h"

#define SEATS                                                                             \
  "seats: [{kind: maker, count: 2, offset_unit: ticks, offset_max: 4}, {kind: executor, " \
  "parent_qty: 90}, {kind: "                                                              \
  "taker, order_qty: 6}, {kind: portfolio, cash: 5000}]\n"
#define CONFIG(env)                                                   \
  "market_config: {window_ticks: 1024, decision_ms: 500}\n"           \
  "env_config: {warmup_s: 3, episode_len: 100, action_choices: 5" env \
  "}\n"                                                               \
  "risk_config: {max_inventory: 30}\n" WORLD_CROWD SEATS
#define SEAT_COUNT 5

static float clip(float value) {
  return value < -1 ? -1 : value > 1 ? 1 : value;
}

static const char *const roles[SEAT_COUNT] = {"maker", "maker", "executor", "taker", "portfolio"};
static const char *const axes[SEAT_COUNT][4] = {{"bid_offset", "ask_offset", "bid_on", "ask_on"},
                                                {"bid_offset", "ask_offset", "bid_on", "ask_on"},
                                                {"pace", "offset", NULL},
                                                {"direction", NULL, NULL},
                                                {"count", "bid_price", "offer_price"}};

static int own_axes(int seat) {
  int count = 0;
  while (count < 4 && axes[seat][count] != NULL) count++;
  return count;
}

// The name under which a seat sees an axis of another.
static void name_of(char name[HFT_NAME_SIZE], int seat, int other, int axis) {
  int place = other - (other > seat);
  if (axis < own_axes(other)) {
    snprintf(name, HFT_NAME_SIZE, "other_%d_%s_%s", place, roles[other], axes[other][axis]);
  } else {
    snprintf(name, HFT_NAME_SIZE, "other_%d_%s_message_%d", place, roles[other],
             axis - own_axes(other) + 1);
  }
}

static int obs_dim(const world *w, int seat) {
  return world_group(w, seat)->obs_dim;
}

// `sent` is what each seat's axes have been, as far as they count.
static void check_seen(const world *w, bool actions, int messages,
                       float sent[SEAT_COUNT][HFT_AXES_MAX]) {
  for (int s = 0; s < SEAT_COUNT; s++) {
    const hft_group *group = world_group(w, s);
    int seen = 0;
    for (int other = 0; other < SEAT_COUNT; other++) {
      if (other == s) continue;
      int own = own_axes(other);
      for (int axis = actions ? 0 : own; axis < own + messages; axis++) {
        char name[HFT_NAME_SIZE];
        name_of(name, s, other, axis);
        assert_true(world_obs(w, s, name) == sent[other][axis]);
        seen++;
      }
    }
    // They are the last numbers of the observation.
    assert_non_null(strstr(group->obs[obs_dim(w, s) - seen].name, "other_0_"));
    assert_null(strstr(group->obs[obs_dim(w, s) - seen - 1].name, "other_"));
  }
}

// Random numbers beyond the bounds, too; seats that are out count as 0 from the next step on.
// Returns how many were.
static int check_box(const char *yaml, bool actions, int messages) {
  world w = world_open(yaml);
  uint64_t stream = 1;
  int out = 0;
  for (uint32_t episode = 0; episode < 2; episode++) {
    float sent[SEAT_COUNT][HFT_AXES_MAX] = {{0}};
    world_reset(&w, 6, episode);
    check_seen(&w, actions, messages, sent);
    bool done[SEAT_COUNT] = {0};
    while (!*w.io.ended) {
      for (int s = 0; s < SEAT_COUNT; s++) {
        for (int axis = 0; axis < world_group(&w, s)->axis_count; axis++) {
          float value = (float)((double)(world_draw(&stream) >> 40) * 0x1.8p-23 - 1.5);
          world_set(&w, s, axis, value);
          sent[s][axis] = done[s] ? 0 : clip(value);
        }
      }
      world_step(&w);
      check_seen(&w, actions, messages, sent);
      for (int s = 0; s < SEAT_COUNT; s++) {
        out += world_terminated(&w, s);
        done[s] = done[s] || world_terminated(&w, s);
      }
    }
  }
  world_close(&w);
  return out;
}

static void test_observed_actions_of_others(void **context) {
  (void)context;
  assert_true(check_box(CONFIG(", see_actions: true"), true, 0) > 0);
  assert_true(check_box(CONFIG(", message_dim: 3"), false, 3) > 0);
  assert_true(check_box(CONFIG(", see_actions: true, message_dim: 2"), true, 2) > 0);
}

// Orders travel, wait for auctions and are refused; what seats say to each other does not.
static void test_messages_take_one_step_under_all_rules(void **context) {
  (void)context;
  static const char *const rules[] = {
      "latency_us: 400000, latency_jitter_us: 2000000",
      "opening_auction_s: 10, halt_band_bps: 2, halt_s: 2",
      "message_rate_max: 1, max_inventory: 5",
      "taker_fee_bps: 0.6, self_trade: cancel_oldest",
  };
  int out = 0;
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    char yaml[2000];
    int length = snprintf(yaml, sizeof yaml, "%sexchange_config: {%s}\n",
                          CONFIG(", see_actions: true, message_dim: 2"), rules[i]);
    assert_in_range(length, 1, sizeof yaml - 1);
    out += check_box(yaml, true, 2);
  }
  assert_true(out > 0);
}

// A copy of an env has heard what the original has, and goes its own way from there.
static void test_copies_have_heard_the_same(void **context) {
  (void)context;
  world w = world_open(CONFIG(", message_dim: 2"));
  world_reset(&w, 6, 0);
  uint64_t stream = 4;
  for (int step = 0; step < 10; step++) {
    world_act_randomly(&w, &stream);
    world_step(&w);
  }
  world copy = world_fork(&w);
  assert_true(world_hash(&copy) == world_hash(&w));
  for (int s = 0; s < SEAT_COUNT; s++) {
    int own = own_axes(s);
    for (int axis = 0; axis < own + 2; axis++) {
      world_set(&w, s, axis, axis < own ? 0.25F : -0.5F);
      world_set(&copy, s, axis, axis < own ? 0.25F : 0.5F);
    }
  }
  world_step(&w);
  world_step(&copy);
  // The same orders and other words: the market is the same, what is heard is not.
  assert_true(hft_market_hash(hft_env_model_market(w.model), world_market(&w)) ==
              hft_market_hash(hft_env_model_market(copy.model), world_market(&copy)));
  for (int s = 0; s < SEAT_COUNT; s++) {
    char name[HFT_NAME_SIZE];
    int other = s == 0 ? 1 : 0;
    name_of(name, s, other, own_axes(other));
    assert_true(world_obs(&w, s, name) == -0.5F && world_obs(&copy, s, name) == 0.5F);
  }
  world_close_fork(&copy);
  world_close(&w);
}

// Of choices others see the values; of a forbidden one what was done instead.
static void test_observed_choices_of_others(void **context) {
  (void)context;
  world w = world_open(CONFIG(", see_actions: true, message_dim: 1, action_space: multi_discrete"));
  world_reset(&w, 2, 0);
  uint64_t stream = 2;
  int forbidden = 0;
  bool done[SEAT_COUNT] = {0};
  while (!*w.io.ended) {
    float sent[SEAT_COUNT][HFT_AXES_MAX] = {{0}};
    for (int s = 0; s < SEAT_COUNT; s++) {
      const hft_group *group = world_group(&w, s);
      for (int axis = 0; axis < group->axis_count; axis++) {
        int32_t count = group->choice_count[axis];
        int32_t choice = (int32_t)(world_draw(&stream) % (uint64_t)count);
        world_choose(&w, s, axis, choice);
        if (done[s]) continue;
        sent[s][axis] = (float)(2.0 * choice / (count - 1) - 1);
        if (world_allowed(&w, s, axis, choice)) continue;
        sent[s][axis] = s <= 2 ? -1 : 0;
        forbidden++;
      }
    }
    world_step(&w);
    check_seen(&w, true, 1, sent);
    for (int s = 0; s < SEAT_COUNT; s++) done[s] = done[s] || world_terminated(&w, s);
  }
  assert_true(forbidden > 0);
  world_close(&w);
}

// Messages move nobody in the market.
static void test_messages_are_words_alone(void **context) {
  (void)context;
  world quiet = world_open(CONFIG("")), loud = world_open(CONFIG(", message_dim: 4"));
  world_reset(&quiet, 1, 0);
  world_reset(&loud, 1, 0);
  uint64_t stream = 3;
  while (!*quiet.io.ended) {
    world_act_randomly(&loud, &stream);
    for (int s = 0; s < SEAT_COUNT; s++) {
      const hft_group *group = world_group(&loud, s);
      const float *said = (const float *)loud.io.action[group - loud.spec->group] +
                          (ptrdiff_t)(s - group->first_seat) * group->action_dim;
      for (int axis = 0; axis < own_axes(s); axis++) world_set(&quiet, s, axis, said[axis]);
    }
    world_step(&quiet);
    world_step(&loud);
    assert_true(hft_market_hash(hft_env_model_market(quiet.model), world_market(&quiet)) ==
                hft_market_hash(hft_env_model_market(loud.model), world_market(&loud)));
    for (int s = 0; s < SEAT_COUNT; s++) {
      assert_true(world_reward(&quiet, s) == world_reward(&loud, s));
    }
  }
  world_close(&quiet);
  world_close(&loud);
}

static void test_dims(void **context) {
  (void)context;
  world without = world_open(CONFIG("")), actions = world_open(CONFIG(", see_actions: true")),
        messages = world_open(CONFIG(", message_dim: 16")),
        both = world_open(CONFIG(", see_actions: true, message_dim: 16"));
  const int all = 4 + 4 + 2 + 1 + 3;
  for (int s = 0; s < SEAT_COUNT; s++) {
    int own = own_axes(s), dim = obs_dim(&without, s);
    assert_int_equal(obs_dim(&actions, s), dim + all - own);
    assert_int_equal(obs_dim(&messages, s), dim + (SEAT_COUNT - 1) * 16);
    assert_int_equal(obs_dim(&both, s), dim + all - own + (SEAT_COUNT - 1) * 16);
    assert_int_equal(world_group(&without, s)->axis_count, own);
    assert_int_equal(world_group(&both, s)->axis_count, own + 16);
    assert_string_equal(world_group(&both, s)->axis[own].name, "message_1");
    assert_string_equal(world_group(&both, s)->axis[own + 15].name, "message_16");
  }
  // The state has every seat's own part, and no message.
  assert_int_equal(both.spec->state_dim, without.spec->state_dim);
  world_close(&without);
  world_close(&actions);
  world_close(&messages);
  world_close(&both);
}

#define MANY(env, seats)                                                  \
  "market_config: {window_ticks: 64, instruments: 64}\nenv_config: {" env \
  "}\npopulations: "                                                      \
  "[]\nseats: [" seats "]\n"

static void test_limits(void **context) {
  (void)context;
  world_expect_refused(CONFIG(", message_dim: 17"), "test", "16");
  // 256 seats of 64 x 5 + 2 numbers of their own are more than 65536 in the state.
  world_expect_refused(MANY("depth: 1", "{kind: portfolio, count: 256}"), "env_config",
                       "the state would have");
  // With the most axes and levels that there can be, and others' as well, 168 seats see 41000
  // numbers, and the state has 60000.
  world w =
      world_open(MANY("warmup_s: 0, episode_len: 1, depth: 20, state_depth: 20, see_actions: "
                      "true, message_dim: 16",
                      "{kind: portfolio, count: 168}"));
  world_reset(&w, 0, 0);
  world_step(&w);
  assert_int_equal(w.spec->group[0].obs_dim, 64 * 92 + 1 + 322 + 167 * 208);
  assert_int_equal(w.spec->state_dim, 64 * 93 + 1 + 168 * 322);
  world_close(&w);
  world_expect_refused(WORLD_INSTRUMENT WORLD_CROWD "seats: [{kind: taker, instrument: 1}]\n",
                       "taker", "instrument: 1 out of range [0, 0]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_observed_actions_of_others),
      cmocka_unit_test(test_observed_choices_of_others),
      cmocka_unit_test(test_messages_are_words_alone),
      cmocka_unit_test(test_messages_take_one_step_under_all_rules),
      cmocka_unit_test(test_copies_have_heard_the_same),
      cmocka_unit_test(test_dims),
      cmocka_unit_test(test_limits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
