// Forecasts in observations: what a seat sees is the value's change in its own future, the market
// does not notice, copies go on alike, and who has none sees 0 or nothing. And the policy bayes,
// which acts as its equations say.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/env/features/forecast.h"
#include "tests/env/linear.h"
#include "tests/support/slab.h"

#define STEPS 60
#define AHEAD 10  // steps of 500 ms

static const char *const markets[] = {
    "fundamental: brownian",
    "fundamental: ou, mean_reversion_speed: 0.05, volatility_of_volatility: 1",
    "fundamental: jump, jump_rate: 20000, instruments: 2, correlation: 0.5, common_jump_rate: 9000",
    "fundamental: constant",
};
enum { MARKETS = sizeof markets / sizeof markets[0] };

// A seat of each role, with `keys` among those of all.
static world open_world(const char *market, const char *keys) {
  char text[1024];
  snprintf(text, sizeof text,
           "market_config: {%s}\nenv_config: {warmup_s: 3, episode_len: 60, message_dim: 1}\n"
           "populations: [{kind: noise}, {kind: value}, {kind: maker}]\n"
           "seats: [{kind: maker%s}, {kind: executor, parent_qty: 50%s}, {kind: taker%s},\n"
           "  {kind: portfolio%s}]\n",
           market, keys, keys, keys, keys);
  return world_open(text);
}

enum { MAKER, EXECUTOR, TAKER, PORTFOLIO };

static int instruments_of(const world *w) {
  return hft_model_market_config(hft_env_model_market(w->model))->instruments > 1 ? 2 : 1;
}

// With R^2 = 1 each seat sees what the value will do, in tenths of ticks.
static void check_future(const char *market) {
  world w = open_world(market, ", forecast_r2: 1, forecast_s: 5");
  const hft_model *model = hft_env_model_market(w.model);
  double value[STEPS + 1][2];
  float seen[STEPS + 1][4], second[STEPS + 1];
  int instruments = instruments_of(&w);
  uint64_t stream = 5;
  world_reset(&w, 8, 3);
  for (int t = 0;; t++) {
    for (int i = 0; i < instruments; i++) {
      value[t][i] = hft_market_fundamental(model, world_market(&w), i);
    }
    for (int seat = MAKER; seat <= TAKER; seat++) seen[t][seat] = world_obs(&w, seat, "forecast");
    seen[t][PORTFOLIO] = world_obs(&w, PORTFOLIO, instruments > 1 ? "i0_forecast" : "forecast");
    if (instruments > 1) second[t] = world_obs(&w, PORTFOLIO, "i1_forecast");
    assert_true(world_state(&w, "taker_0_forecast") == seen[t][TAKER]);
    if (t == STEPS) break;
    world_act_randomly(&w, &stream);
    world_step(&w);
  }
  for (int t = 0; t + AHEAD <= STEPS; t++) {
    double change = 0.1 * (value[t + AHEAD][0] - value[t][0]);
    for (int seat = 0; seat < 4; seat++) assert_near((double)seen[t][seat], change, 1e-4);
    if (instruments == 1) continue;
    assert_near((double)second[t], 0.1 * (value[t + AHEAD][1] - value[t][1]), 1e-4);
  }
  world_close(&w);
}

// The news over the time of a forecast are the change less the forecast, and what the forecast is
// at the end of it, in a value without drift and jumps.
static void test_news_are_the_rest_and_the_next_forecast(void **context) {
  (void)context;
  for (int percent = 10; percent <= 100; percent += 30) {
    char keys[64];
    snprintf(keys, sizeof keys, ", forecast_r2: %g, forecast_s: 5", 0.01 * percent);
    world w = open_world(markets[0], keys);
    double value[STEPS + 1], forecast[STEPS + 1], news[STEPS + 1];
    world_reset(&w, 8, (uint32_t)percent);
    for (int t = 0;; t++) {
      value[t] = hft_market_fundamental(hft_env_model_market(w.model), world_market(&w), 0);
      forecast[t] = 10 * (double)world_obs(&w, TAKER, "forecast");
      news[t] = hft_forecast_news(w.model, w.env, TAKER, 0);
      if (t == STEPS) break;
      world_step(&w);
    }
    for (int t = 0; t + AHEAD <= STEPS; t++) {
      double rest = value[t + AHEAD] - value[t] - forecast[t];
      assert_near(news[t + AHEAD] - news[t], rest + forecast[t + AHEAD], 2e-4);
    }
    world_close(&w);
  }
}

static void test_r2_of_one_is_the_future(void **context) {
  (void)context;
  for (int m = 0; m < MARKETS; m++) check_future(markets[m]);
}

// The market, the rewards and every other number are the same with and without.
static void check_unnoticed(const char *market, const char *keys) {
  world with = open_world(market, keys), without = open_world(market, "");
  uint64_t streams[2] = {7, 7};
  assert_true(hft_env_size(with.model) > hft_env_size(without.model));
  world_reset(&with, 4, 1);
  world_reset(&without, 4, 1);
  for (int t = 0; t < STEPS; t++) {
    assert_true(hft_market_hash(hft_env_model_market(with.model), world_market(&with)) ==
                hft_market_hash(hft_env_model_market(without.model), world_market(&without)));
    for (int g = 0; g < without.spec->group_count; g++) {
      const hft_group *few = &without.spec->group[g], *more = &with.spec->group[g];
      assert_true(with.io.reward[g][0] == without.io.reward[g][0]);
      int at = 0;
      for (int i = 0; i < few->obs_dim; i++, at++) {
        while (strstr(more->obs[at].name, "forecast") != NULL) at++;
        assert_string_equal(few->obs[i].name, more->obs[at].name);
        assert_true(without.io.obs[g][i] == with.io.obs[g][at]);
      }
    }
    world_act_randomly(&with, &streams[0]);
    world_act_randomly(&without, &streams[1]);
    world_step(&with);
    world_step(&without);
  }
  world_close(&with);
  world_close(&without);
}

static void test_the_market_does_not_notice(void **context) {
  (void)context;
  for (int m = 0; m < MARKETS; m++) {
    check_unnoticed(markets[m], ", forecast_r2: 0.3");
    check_unnoticed(markets[m], ", forecast_r2: 1, forecast_s: 0.7");
  }
}

// ---- who sees what -----------------------------------------------------------------------------

static bool has(const hft_group *group, const char *name) {
  for (int i = 0; i < group->obs_dim; i++) {
    if (strcmp(group->obs[i].name, name) == 0) return true;
  }
  return false;
}

// In a group in which one knows, all have the number. Seats of an item know the same; items do not.
static void test_who_has_one(void **context) {
  (void)context;
  world w = world_open(
      "env_config: {warmup_s: 1}\npopulations: [{kind: noise}]\n"
      "seats: [{kind: taker, count: 2, forecast_r2: 0.5}, {kind: taker}, {kind: taker, "
      "forecast_r2: 0.5}, {kind: maker, forecast_s: 5}]\n");
  world_reset(&w, 1, 0);
  assert_int_equal(w.spec->group_count, 2);
  assert_false(has(&w.spec->group[0], "forecast"));
  assert_true(has(&w.spec->group[1], "forecast"));
  for (int t = 0; t < 20; t++) {
    float first = world_obs(&w, 1, "forecast"), twin = world_obs(&w, 2, "forecast");
    float none = world_obs(&w, 3, "forecast"), other = world_obs(&w, 4, "forecast");
    assert_true(first == twin && first != 0);
    assert_true(none == 0);
    assert_true(other != first && other != 0);
    world_step(&w);
  }
  world_close(&w);
}

// A strategy does not observe: its seat has none, and the env is no larger.
static void test_strategies_have_none(void **context) {
  (void)context;
#define STRATEGY(keys)                                                               \
  "env_config: {warmup_s: 1}\npopulations: [{kind: noise}]\nseats: [{kind: maker}, " \
  "{kind: taker, controller: momentum" keys "}]\n"
  hft_env_model *with = linear_model(STRATEGY(", forecast_r2: 0.5"));
  hft_env_model *without = linear_model(STRATEGY(""));
  assert_int_equal(hft_env_size(with), hft_env_size(without));
  assert_int_equal(hft_env_model_spec(with)->state_dim, hft_env_model_spec(without)->state_dim);
  hft_env_model_free(with);
  hft_env_model_free(without);
}

static void test_bad_keys(void **context) {
  (void)context;
  static const char *const bad[] = {"forecast_r2: 1.1", "forecast_r2: -0.1", "forecast_r2: .nan",
                                    "forecast_s: 0", "forecast_s: 1e6"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    char text[128];
    snprintf(text, sizeof text, "seats: [{kind: taker, %s}]\n", bad[i]);
    world_expect_refused(text, "test:1", "forecast_");
  }
}

// ---- copies ------------------------------------------------------------------------------------

static void test_copies_go_on_alike(void **context) {
  (void)context;
  for (int m = 0; m < MARKETS; m++) {
    world w = open_world(markets[m], ", forecast_r2: 0.4, forecast_s: 5");
    uint64_t streams[2] = {7, 7};
    world_reset(&w, 2, 2);
    for (int t = 0; t < 10; t++) world_step(&w);
    world fork = world_fork(&w);
    for (int t = 0; t < 30; t++) {
      world_act_randomly(&w, &streams[0]);
      world_act_randomly(&fork, &streams[1]);
      world_step(&w);
      world_step(&fork);
      assert_true(world_hash(&w) == world_hash(&fork));
      assert_memory_equal(w.env, fork.env, hft_env_size(w.model));
    }
    world_reset(&w, 2, 2);  // over the memory of an episode
    world again = open_world(markets[m], ", forecast_r2: 0.4, forecast_s: 5");
    world_reset(&again, 2, 2);
    assert_true(world_hash(&w) == world_hash(&again));
    world_close_fork(&fork);
    world_close(&again);
    world_close(&w);
  }
}

// By a pool: a save that is loaded in another env of another pool goes on with the same results.
static void test_saves_go_on_alike(void **context) {
  (void)context;
  hft_env_model *model = world_model(
      "env_config: {warmup_s: 1, episode_len: 30}\npopulations: [{kind: noise}, {kind: value}]\n"
      "seats: [{kind: taker, forecast_r2: 0.4, forecast_s: 5}]\n");
  hft_pool *one = slab_open(model, 2, 1, 3), *other = slab_open(model, 2, 2, 4);
  hft_pool_reset(one, NULL, NULL);
  hft_pool_reset(other, NULL, NULL);
  for (int step = 0; step < 7; step++) slab_step(one, 5, step);
  size_t size = hft_pool_env_bytes(one);
  void *bytes = malloc(size);
  assert_non_null(bytes);
  assert_int_equal(hft_pool_save(one, 0, bytes, size, NULL), HFT_OK);
  assert_int_equal(hft_pool_load(other, 0, bytes, size, NULL), HFT_OK);
  assert_int_equal(hft_pool_fork(one, 0, &(int32_t){1}, 1, NULL), HFT_OK);
  for (int step = 7; step < 50; step++) {  // over the end of the episode
    slab_act(one, 0, 5, step);
    slab_act(one, 1, 4, step);  // seed + env: the same actions
    slab_act(other, 0, 5, step);
    hft_pool_step(one);
    hft_pool_step(other);
    assert_true(slab_rows_hash(one, 0) == slab_rows_hash(other, 0));
    assert_true(slab_rows_hash(one, 0) == slab_rows_hash(one, 1));
  }
  free(bytes);
  hft_pool_free(one);
  hft_pool_free(other);
  hft_env_model_free(model);
}

// ---- the policy bayes --------------------------------------------------------------------------

#define BAYES_MARKET                                                                          \
  "market_config: {volatility: 0.05}\nenv_config: {warmup_s: 1, episode_len: 80}\n"           \
  "reward_config: {lambda_inventory: 0}\npopulations: [{kind: noise}, {kind: value}, {kind: " \
  "maker}]\nseats: [{kind: taker, order_qty: 8, forecast_r2: 0.8, forecast_s: 20%s}]\n"
#define BAYES                                                                             \
  ", controller: bayes, params: {band: 2, per_tick: 0.5, cap: 3, past: 0.25, past_s: 4, " \
  "horizon_s: 20}"
enum { ENVS = 4 };

static float obs_of(const hft_pool *pool, int env, const char *name) {
  const hft_group *group = &hft_env_model_spec(hft_pool_model(pool))->group[0];
  const float *obs = slab_row(pool, "obs/taker", env);
  for (int i = 0; i < group->obs_dim; i++) {
    if (strcmp(group->obs[i].name, name) == 0) return obs[i];
  }
  fail_msg("no %s", name);
  return 0;
}

// The rule, written once more: the nearest position of the band, one order at most.
static float by_hand(const hft_pool *pool, int env, double *mean, int t) {
  double f = 10 * (double)obs_of(pool, env, "forecast");
  double left_s = (double)obs_of(pool, env, "time_left") * 40, held;
  *mean = t == 0 ? f : *mean + (f - *mean) * 0.5 / 4;
  double g = fmin(1, left_s / 20) * (f + 0.25 * *mean);
  held = 10 * (double)obs_of(pool, env, "inventory");
  double low = fmax(-3, fmin(3, 0.5 * (g - 2))), high = fmax(-3, fmin(3, 0.5 * (g + 2)));
  return (float)fmax(-1, fmin(1, fmax(low, fmin(high, held)) - held));
}

static void test_bayes_acts_by_its_equations(void **context) {
  (void)context;
  char text[2][1024];
  snprintf(text[0], sizeof text[0], BAYES_MARKET, "");
  snprintf(text[1], sizeof text[1], BAYES_MARKET, BAYES);
  hft_env_model *models[2] = {linear_model(text[0]), linear_model(text[1])};
  hft_pool *outside = slab_open(models[0], ENVS, 1, 6), *inside = slab_open(models[1], ENVS, 2, 6);
  hft_pool_reset(outside, NULL, NULL);
  hft_pool_reset(inside, NULL, NULL);
  const hft_array *action = slab_array(hft_pool_actions_layout(outside), "action/taker");
  double mean[ENVS] = {0}, gain = 0;
  int traded = 0;
  for (int t = 0; t < 200; t++) {  // 80 steps are an episode
    for (int env = 0; env < ENVS; env++) {
      float *row = (float *)(void *)((char *)hft_pool_actions(outside) + action->offset +
                                     (size_t)env * action->row_bytes);
      *row = by_hand(outside, env, &mean[env], t % 80);
      traded += fabsf(*row) > 0.07f;
    }
    hft_pool_step(outside);
    hft_pool_step(inside);
    for (int env = 0; env < ENVS; env++) {
      assert_memory_equal(slab_row(outside, "reward/taker", env),
                          slab_row(inside, "policy_reward/taker", env), sizeof(float));
      assert_memory_equal(slab_row(outside, "state", env), slab_row(inside, "state", env),
                          slab_row_bytes(inside, "state"));
      gain += (double)*(const float *)slab_row(outside, "reward/taker", env);
    }
  }
  assert_in_range(traded, 40, 4 * 200 - 40);
  assert_true(gain > 0);
  hft_pool_free(outside);
  hft_pool_free(inside);
  hft_env_model_free(models[0]);
  hft_env_model_free(models[1]);
}

// The position stays within `cap` orders with any latency that the policy is told, in halts too;
// one that it is not told lets it pass.
static void test_bayes_keeps_its_cap(void **context) {
  (void)context;
  static const struct {
    double latency_us, told_us;
    bool halts, within;
  } cases[] = {
      {0, 0, false, true},
      {0, 0, true, true},
      {300000, 0, false, true},
      {300000, 0, true, false},
      {300000, 300000, true, true},
      {1800000, 0, false, false},
      {1800000, 1800000, false, true},
      {2000000, 2000000, false, true},
      {1800000, 1800000, true, true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[1024];
    snprintf(text, sizeof text,
             "market_config: {volatility: 0.05}\nenv_config: {warmup_s: 1, episode_len: 80}\n"
             "exchange_config: {latency_us: %g%s}\n"
             "populations: [{kind: noise}, {kind: value}, {kind: maker}]\n"
             "seats: [{kind: taker, order_qty: 8, forecast_r2: 0.8, forecast_s: 20, controller: "
             "bayes, params: {band: 2, per_tick: 0.5, cap: 1, horizon_s: 20, latency_us: %g}}]\n",
             cases[i].latency_us, cases[i].halts ? ", halt_band_bps: 3, halt_s: 2" : "",
             cases[i].told_us);
    hft_env_model *model = linear_model(text);
    hft_pool *pool = slab_open(model, ENVS, 1, 6);
    hft_pool_reset(pool, NULL, NULL);
    int64_t most = 0;
    for (int t = 0; t < 240; t++) {
      hft_pool_step(pool);
      for (int env = 0; env < ENVS; env++) {
        int64_t held = llabs(hft_env_look(model, hft_pool_env(pool, env), 0, 0).position);
        if (held > most) most = held;
      }
    }
    if (cases[i].within != (most <= 8) || most == 0) fail_msg("case %zu: %d lots", i, (int)most);
    hft_pool_free(pool);
    hft_env_model_free(model);
  }
}

// `baseline: fundamental` takes off what a seat could not know, and leaves what its forecasts earn:
// its mean is 0, which without a forecast's part would be minus the profit, and P&L is less noisy.
static void test_a_baseline_leaves_what_a_forecast_earns(void **context) {
  (void)context;
  enum { WORLDS = 128, EPISODES = 4 };
  char text[1024];
  snprintf(text, sizeof text, BAYES_MARKET,
           ", controller: bayes, params: {band: 10, per_tick: 0.2, cap: 1, past: 0, horizon_s: "
           "20}");
  char *key = strstr(text, "lambda_inventory: 0");
  assert_non_null(key);
  char rest[1024], *end = key + strlen("lambda_inventory: 0");
  snprintf(rest, sizeof rest, "%s", end);
  snprintf(end, sizeof text - (size_t)(end - text), ", baseline: fundamental%s", rest);
  hft_env_model *model = linear_model(text);
  hft_pool *pool = slab_open(model, WORLDS, 2, 11);
  hft_pool_reset(pool, NULL, NULL);
  double sum[2] = {0}, squares[2] = {0}, n = WORLDS * EPISODES, gain[WORLDS] = {0};
  double taken[WORLDS] = {0};
  for (int t = 1; t <= 80 * EPISODES; t++) {
    hft_pool_step(pool);
    for (int i = 0; i < WORLDS; i++) {
      const float *term = slab_row(pool, "policy_term/taker", i);
      gain[i] += (double)term[0];
      taken[i] += (double)term[5];
      if (t % 80 != 0) continue;
      const double x[2] = {taken[i], gain[i] + taken[i]};
      for (int k = 0; k < 2; k++) sum[k] += x[k], squares[k] += x[k] * x[k];
      gain[i] = taken[i] = 0;
    }
  }
  double mean[2], error[2];
  for (int k = 0; k < 2; k++) {
    mean[k] = sum[k] / n;
    error[k] = sqrt((squares[k] / n - mean[k] * mean[k]) / n);
  }
  if (fabs(mean[0]) > 4 * error[0]) fail_msg("baseline %g +- %g", mean[0], error[0]);
  if (mean[1] < 4 * error[1]) fail_msg("P&L beyond it %g +- %g", mean[1], error[1]);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

static void test_bayes_needs_a_taker_with_a_forecast(void **context) {
  (void)context;
  static const struct {
    const char *seats, *words;
  } bad[] = {
      {"seats: [{kind: taker, controller: bayes}]\n", "forecast_r2"},
      {"seats: [{kind: maker, forecast_r2: 0.5, controller: bayes}]\n", "taker"},
      {"env_config: {action_space: discrete}\nseats: [{kind: taker, forecast_r2: 0.5, "
       "controller: bayes}]\n",
       "box"},
      {"seats: [{kind: taker, forecast_r2: 0.5, controller: bayes, params: {cap: -1}}]\n", "cap"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    hft_env_model *model = NULL;
    hft_error error = {0};
    char text[512];
    snprintf(text, sizeof text, "populations: [{kind: noise}]\n%s", bad[i].seats);
    assert_int_equal(linear_make(text, &model, &error), HFT_ECONFIG);
    if (strstr(error.text, bad[i].words) == NULL && strstr(error.where, bad[i].words) == NULL) {
      fail_msg("%s: %s", error.where, error.text);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_r2_of_one_is_the_future),
      cmocka_unit_test(test_news_are_the_rest_and_the_next_forecast),
      cmocka_unit_test(test_the_market_does_not_notice),
      cmocka_unit_test(test_who_has_one),
      cmocka_unit_test(test_strategies_have_none),
      cmocka_unit_test(test_bad_keys),
      cmocka_unit_test(test_copies_go_on_alike),
      cmocka_unit_test(test_saves_go_on_alike),
      cmocka_unit_test(test_bayes_acts_by_its_equations),
      cmocka_unit_test(test_bayes_keeps_its_cap),
      cmocka_unit_test(test_a_baseline_leaves_what_a_forecast_earns),
      cmocka_unit_test(test_bayes_needs_a_taker_with_a_forecast),
  };
  linear_init();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
