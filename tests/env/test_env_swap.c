// Seats that swap places swap their results, and seats that do nothing change nothing.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/env/state.h"
#include "tests/support/env_world.h"

#define STEPS 150

// ---- swaps -------------------------------------------------------------------------------------

#define PAIR(first, second)                                                            \
  "market_config: {window_ticks: 1024, decision_ms: 500, instruments: 2}\n"            \
  "exchange_config: {maker_fee_bps: -0.1, taker_fee_bps: 0.3, latency_us: 300}\n"      \
  "env_config: {warmup_s: 3, episode_len: 150, see_actions: true, message_dim: 1}\n"   \
  "risk_config: {max_inventory: 60}\nreward_config: {lambda_risk: 0.01, team_weight: " \
  "-0.5}\n" WORLD_CROWD "seats: [" first ", " second "]\n"

// Exchanges which of two seats each turn of the draw stands for.
static void exchange_turns(world *w) {
  w->model->seat_of_rank[0] = 1;
  w->model->seat_of_rank[1] = 0;
}

// Whoever is called `who` acts so, wherever its seat is.
static void act_as(world *w, int seat, int who, int step) {
  uint64_t stream = (uint64_t)(1000 * step + who);
  for (int axis = 0; axis < world_group(w, seat)->action_dim; axis++) {
    world_set(w, seat, axis, (float)((double)(world_draw(&stream) >> 40) * 0x1p-23 - 1));
  }
}

static const void *row_of(const void *rows, const world *w, int seat, int dim) {
  return (const float *)rows + (ptrdiff_t)(seat - world_group(w, seat)->first_seat) * dim;
}

// All that seat a of one world shows is what seat b of the other does.
static void check_same(const world *w, int a, const world *v, int b) {
  int g = (int)(world_group(w, a) - w->spec->group), h = (int)(world_group(v, b) - v->spec->group);
  int obs = w->spec->group[g].obs_dim, terms = w->spec->group[g].term_dim;
  assert_memory_equal(row_of(w->io.obs[g], w, a, obs), row_of(v->io.obs[h], v, b, obs),
                      (size_t)obs * sizeof(float));
  assert_memory_equal(row_of(w->io.term[g], w, a, terms), row_of(v->io.term[h], v, b, terms),
                      (size_t)terms * sizeof(float));
  assert_true(world_reward(w, a) == world_reward(v, b));
  assert_int_equal(world_terminated(w, a), world_terminated(v, b));
  assert_true(hft_env_return(w->env, a) == hft_env_return(v->env, b));
  for (int k = 0; k < 2; k++) {
    assert_memory_equal(world_account_at(w, a, k), world_account_at(v, b, k), sizeof(hft_account));
  }
}

// Returns whether all went alike. `exchanged`: with the turns' seats exchanged, which must be so.
static bool run_pair(const char *one, const char *other, uint64_t seed, bool exchanged) {
  world w = world_open(one), v = world_open(other);
  if (exchanged) exchange_turns(&v);
  world_reset(&w, seed, 0);
  world_reset(&v, seed, 0);
  bool alike = true;
  for (int i = 0; i < STEPS && !*w.io.ended && alike; i++) {
    for (int s = 0; s < 2; s++) {
      act_as(&w, s, s, i);
      act_as(&v, 1 - s, s, i);
    }
    world_step(&w);
    world_step(&v);
    for (int s = 0; s < 2 && exchanged; s++) check_same(&w, s, &v, 1 - s);
    for (int s = 0; s < 2; s++) alike = alike && world_reward(&w, s) == world_reward(&v, 1 - s);
  }
  for (int s = 0; s < 2 && exchanged; s++) {
    assert_true(world_account_at(&w, s, 0)->fill_count > 0);
  }
  world_close(&w);
  world_close(&v);
  return alike;
}

static void test_swaps(void **context) {
  (void)context;
  static const char *const pairs[][2] = {
      {"{kind: maker, offset_unit: ticks, offset_max: 3}",
       "{kind: maker, offset_unit: ticks, offset_max: 3}"},
      {"{kind: maker, offset_unit: ticks, offset_max: 2, quote_qty: 4}",
       "{kind: maker, offset_unit: ticks, offset_max: 5}"},
      {"{kind: executor, parent_qty: 80}", "{kind: executor, side: sell, parent_qty: 150}"},
      {"{kind: taker, order_qty: 7}", "{kind: taker, order_qty: 3}"},
      {"{kind: portfolio, price_range: 4, holding: 20}", "{kind: portfolio, count_max: 5}"},
  };
  int others = 0;
  for (int k = 0; k < 5; k++) {
    char one[2048], other[2048];
    snprintf(one, sizeof one, PAIR("%s", "%s"), pairs[k][0], pairs[k][1]);
    snprintf(other, sizeof other, PAIR("%s", "%s"), pairs[k][1], pairs[k][0]);
    for (uint64_t seed = 0; seed < 2; seed++) {
      assert_true(run_pair(one, other, seed, true));
      // Whoever keeps the turns of its old place acts in another order.
      others += !run_pair(one, other, seed, false);
    }
  }
  assert_true(others >= 6);
}

// ---- seats that do nothing ---------------------------------------------------------------------

#define IDLE(space)                                                                              \
  "market_config: {window_ticks: 1024, decision_ms: 200, instruments: 2}\n"                      \
  "exchange_config: {maker_fee_bps: 0.1, taker_fee_bps: 0.3}\n"                                  \
  "env_config: {warmup_s: 3, episode_len: 150, action_choices: 5, message_dim: 1, see_actions: " \
  "true" space                                                                                   \
  "}\n"                                                                                          \
  "reward_config: {lambda_inventory: 0, lambda_risk: 0.1, lambda_impact: 1, lambda_spread: 1, "  \
  "team_weight: 0.5, team: all}\n" WORLD_CROWD                                                   \
  "seats: [{kind: maker, count: 2, offset_unit: ticks}, {kind: maker, instrument: 1, "           \
  "offset_unit: ticks, offset_min: "                                                             \
  "-3}, {kind: "                                                                                 \
  "taker, instrument: 1}"
// A portfolio with a holding scores 0 against holding still.
#define HOLDING(space)                                                                  \
  "market_config: {window_ticks: 1024, decision_ms: 200, instruments: 2}\n"             \
  "exchange_config: {maker_fee_bps: 0.1, taker_fee_bps: 0.3}\n"                         \
  "env_config: {warmup_s: 3, episode_len: 150" space                                    \
  "}\n"                                                                                 \
  "reward_config: {lambda_inventory: 0, lambda_impact: 1, lambda_spread: 1, baseline: " \
  "hold}\n" WORLD_CROWD                                                                 \
  "seats: [{kind: portfolio, holding: 40}, {kind: portfolio, holding: 7, cash: 0}, "    \
  "{kind: maker}]\n"

// Whether an axis of a role does nothing at its idle value, whatever the other axes say.
static bool can_idle(const hft_group *group, int axis, float *value) {
  const char *name = group->axis[axis].name, *end = strrchr(name, '_');
  *value = group->role == HFT_ROLE_MAKER || group->role == HFT_ROLE_EXECUTOR ? -1 : 0;
  if (group->role == HFT_ROLE_MAKER) return end != NULL && strcmp(end, "_on") == 0;
  return strcmp(name, "pace") == 0 || strcmp(name, "direction") == 0 ||
         (end != NULL && strcmp(end, "_count") == 0);
}

// All axes that can are idle; the others are drawn, messages too.
static void rest_seats(world *w, uint64_t *stream) {
  hft_action_space space = w->spec->action_space;
  for (int s = 0; s < w->spec->seat_count; s++) {
    const hft_group *group = world_group(w, s);
    int32_t product = 0;
    for (int axis = 0; axis < group->axis_count; axis++) {
      int32_t choices = group->choice_count[axis], count = choices > 0 ? choices : 5;
      int32_t choice = (int32_t)(world_draw(stream) % (uint64_t)count);
      float value = (float)(2.0 * choice / (count - 1) - 1), idle;
      bool can = can_idle(group, axis, &idle);
      if (can) value = idle;
      choice = (int32_t)lround((double)(value + 1) / 2 * (count - 1));
      product = product * count + choice;
      if (choices == 0) {
        world_set(w, s, axis, value);
      } else if (space != HFT_ACTION_DISCRETE) {
        world_choose(w, s, axis, choice);
      }
      // The spec says so, too.
      float told = group->range[axis].idle;
      if (strncmp(group->axis[axis].name, "message", 7) == 0) continue;
      assert_int_equal(!isnan(told), can);
      if (can) assert_true(told == (choices > 0 ? (float)choice : value));
    }
    if (space == HFT_ACTION_DISCRETE) world_choose(w, s, 0, product);
  }
}

static bool is_zero(float value) {
  return value == 0 && !signbit(value);
}

// holds: seats have lots whose value changes, against which they are rewarded.
static void check_nothing(const char *yaml, bool holds) {
  world w = world_open(yaml);
  const hft_model *model = hft_env_model_market(w.model);
  hft_market *alone = NULL;
  size_t size = hft_market_size(model);
  assert_int_equal(hft_market_init(model, aligned_zeros(size), size, &alone), HFT_OK);
  world_reset(&w, 11, 0);
  hft_market_reset(model, alone, 11, 0, NULL);
  uint64_t stream = 1;
  for (int step = 0; !*w.io.ended; step++) {
    if (step % 2 == 0) rest_seats(&w, &stream);
    if (step % 2 == 1) world_idle(&w);  // the action that the spec names
    world_step(&w);
    hft_market_run(model, alone, hft_market_now(world_market(&w)), NULL);
    for (int k = 0; k < hft_model_instrument_count(model); k++) {
      hft_market_fundamental(model, alone, k);  // who looks moves its path on
    }
    assert_true(hft_market_hash(model, world_market(&w)) == hft_market_hash(model, alone));
    for (int s = 0; s < w.spec->seat_count; s++) {
      assert_true(is_zero(world_reward(&w, s)) && is_zero(hft_env_return(w.env, s)));
      const hft_group *group = world_group(&w, s);
      for (int t = 0; t < group->term_dim; t++) {
        const char *name = group->term[t].name;
        bool relative = strcmp(name, "pnl") == 0 || strcmp(name, "baseline") == 0;
        if (!holds || !relative) assert_true(is_zero(world_term(&w, s, name)));
      }
      for (int k = 0; k < hft_model_instrument_count(model); k++) {
        hft_account nothing = {0};
        assert_memory_equal(world_account_at(&w, s, k), &nothing, sizeof nothing);
      }
    }
  }
  assert_true(hft_market_tape(alone, 0)->trade_count > 10);
  free(alone);
  world_close(&w);
}

static void test_seats_that_do_nothing_change_nothing(void **context) {
  (void)context;
  check_nothing(IDLE("") ", {kind: portfolio}]\n", false);
  check_nothing(IDLE(", action_space: multi_discrete") ", {kind: portfolio}]\n", false);
  check_nothing(IDLE(", action_space: discrete") "]\n", false);
  check_nothing(IDLE(", action_space: mixed") ", {kind: portfolio}]\n", false);
  check_nothing(IDLE(", reference: fundamental") ", {kind: portfolio}]\n", false);
  check_nothing(HOLDING(""), true);
  check_nothing(HOLDING(", action_space: multi_discrete, action_choices: 5"), true);
  check_nothing(HOLDING(", action_space: mixed"), true);
}

// A maker of any keys and an executor send no order, in every action space.
static void test_every_way_to_act_has_nothing(void **context) {
  (void)context;
  static const char *const spaces[] = {"box", "multi_discrete", "discrete", "mixed"};
  static const char *const keys[] = {"", ", quoting: centre", ", sizes: true",
                                     ", quoting: centre, sizes: true, offset_unit: ticks"};
  for (int k = 0; k < 16; k++) {
    char yaml[512];
    snprintf(yaml, sizeof yaml,
             WORLD_INSTRUMENT
             "env_config: {warmup_s: 2, episode_len: 30, action_choices: 3, action_space: %s}\n"
             "exchange_config: {latency_us: 40000}\n" WORLD_CROWD
             "seats: [{kind: maker%s}, {kind: executor}, {kind: taker}]\n",
             spaces[k % 4], keys[k / 4]);
    world w = world_open(yaml);
    world_reset(&w, 3, 0);
    uint64_t stream = (uint64_t)k;
    while (!*w.io.truncated) {
      if (k % 2 == 0) rest_seats(&w, &stream);
      if (k % 2 == 1) world_idle(&w);
      world_step(&w);
      for (int s = 0; s < 3; s++) {
        if (s == 1 && *w.io.truncated) continue;  // its parent order is closed
        assert_int_equal(world_account(&w, s)->order_count, 0);
        if (s != 1) assert_true(is_zero(world_reward(&w, s)));
      }
    }
    world_close(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_swaps),
      cmocka_unit_test(test_seats_that_do_nothing_change_nothing),
      cmocka_unit_test(test_every_way_to_act_has_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
