// The spec of an env model, and the configs and memory that are refused.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "tests/support/env_world.h"

#define SEVERAL                                                                        \
  WORLD_INSTRUMENT                                                                     \
  "env_config: {warmup_s: 1, episode_len: 50, depth: 2, state_depth: 2}\n" WORLD_CROWD \
  "seats: [{kind: executor, count: 2}, {kind: maker, count: 3, quote_qty: "            \
  "7}, {kind: executor, side: sell}, {kind: maker}]\n"

// Of depth 2.
static const char *const market_names[] = {
    "bid_distance_1", "bid_size_1",     "bid_distance_2", "bid_size_2",   "ask_distance_1",
    "ask_size_1",     "ask_distance_2", "ask_size_2",     "spread",       "imbalance",
    "imbalance_8",    "imbalance_32",   "microprice",     "return_1",     "return_8",
    "return_32",      "volatility",     "trade_flow_1",   "trade_flow_8", "trade_flow_32",
    "time_left"};
static const char *const maker_names[] = {"inventory", "bid_quote", "ask_quote", "bid_queue_ahead",
                                          "ask_queue_ahead"};
static const char *const executor_names[] = {"side", "remaining", "mid_since_arrival",
                                             "queue_ahead"};
static const char *const maker_actions[] = {"bid_offset", "ask_offset", "bid_on", "ask_on"};
static const char *const executor_actions[] = {"pace", "offset"};
static const char *const totals[] = {"pnl",  "shortfall",    "fees",     "fills",   "bought",
                                     "sold", "max_drawdown", "unfilled", "baseline"};
static const char *const terms[] = {"pnl",    "inventory", "risk", "impact",
                                    "spread", "baseline",  "team"};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))
#define MARKET_COUNT COUNT(market_names)

static void check_names(const hft_index *index, const char *const *expected, int count) {
  for (int i = 0; i < count; i++) assert_string_equal(index[i].name, expected[i]);
}

static void check_unique(const hft_index *index, int count) {
  for (int i = 0; i < count; i++) {
    assert_in_range(strlen(index[i].name), 1, HFT_NAME_SIZE - 1);
    assert_true(index[i].unit != NULL && strlen(index[i].help) > 0);
    for (int j = 0; j < i; j++) assert_string_not_equal(index[i].name, index[j].name);
  }
}

static void test_seats_are_grouped_by_role(void **context) {
  (void)context;
  hft_env_model *model = world_model(SEVERAL);
  const hft_env_spec *spec = hft_env_model_spec(model);
  assert_int_equal(spec->group_count, 2);
  assert_int_equal(spec->seat_count, 7);
  assert_int_equal(spec->episode_len, 50);
  assert_int_equal(spec->decision, 100 * HFT_MILLISECOND);
  const hft_group *makers = &spec->group[0], *executors = &spec->group[1];
  assert_int_equal(makers->role, HFT_ROLE_MAKER);
  assert_string_equal(makers->role_name, "maker");
  assert_int_equal(makers->first_seat, 0);
  assert_int_equal(makers->seat_count, 4);
  assert_int_equal(executors->role, HFT_ROLE_EXECUTOR);
  assert_string_equal(executors->role_name, "executor");
  assert_int_equal(executors->first_seat, 4);
  assert_int_equal(executors->seat_count, 3);
  const hft_model *market = hft_env_model_market(model);
  int first = hft_model_first_extra(market);
  assert_int_equal(hft_model_participant_count(market), first + 7);
  for (int i = 0; i < 7; i++) {
    assert_string_equal(hft_model_participant_name(market, (hft_owner)(first + i)),
                        i < 4 ? "maker" : "executor");
  }
  hft_env_model_free(model);
}

static void test_every_index_has_its_name(void **context) {
  (void)context;
  hft_env_model *model = world_model(SEVERAL);
  const hft_env_spec *spec = hft_env_model_spec(model);
  const hft_group *makers = &spec->group[0], *executors = &spec->group[1];
  assert_int_equal(makers->obs_dim, MARKET_COUNT + COUNT(maker_names));
  check_names(makers->obs, market_names, MARKET_COUNT);
  check_names(makers->obs + MARKET_COUNT, maker_names, COUNT(maker_names));
  assert_int_equal(executors->obs_dim, MARKET_COUNT + COUNT(executor_names));
  check_names(executors->obs, market_names, MARKET_COUNT);
  check_names(executors->obs + MARKET_COUNT, executor_names, COUNT(executor_names));
  // Of each seat what it knows of itself, seats in their order.
  assert_int_equal(spec->state_dim, MARKET_COUNT + 1 + 4 * 5 + 3 * 4);
  check_names(spec->state, market_names, MARKET_COUNT);
  const hft_index *own = spec->state + MARKET_COUNT;
  assert_string_equal(own[0].name, "fundamental");
  for (int i = 0; i < 7; i++) {
    int count = i < 4 ? COUNT(maker_names) : COUNT(executor_names),
        first = i < 4 ? 5 * i : 4 * i + 4;
    for (int k = 0; k < count; k++) {
      char name[HFT_NAME_SIZE];
      snprintf(name, sizeof name, "%s_%d_%s", i < 4 ? "maker" : "executor", i < 4 ? i : i - 4,
               i < 4 ? maker_names[k] : executor_names[k]);
      assert_string_equal(own[1 + first + k].name, name);
    }
  }
  for (int g = 0; g < 2; g++) {
    assert_int_equal(spec->group[g].action_dim, g == 0 ? 4 : 2);
    assert_int_equal(spec->group[g].term_dim, COUNT(terms));
    check_names(spec->group[g].term, terms, COUNT(terms));
    assert_int_equal(spec->group[g].total_dim, COUNT(totals));
    check_names(spec->group[g].total, totals, COUNT(totals));
  }
  check_names(makers->axis, maker_actions, COUNT(maker_actions));
  check_names(executors->axis, executor_actions, 2);
  hft_env_model_free(model);
}

// At any depth names are unique and all numbers are written, and none beside them.
static void check_depth(int depth, int state_depth) {
  char yaml[512];
  snprintf(yaml, sizeof yaml,
           WORLD_INSTRUMENT
           "env_config: {warmup_s: 1, episode_len: 3, depth: %d, state_depth: %d}\n" WORLD_CROWD
           "seats: [{kind: maker, count: 2}, {kind: executor}]\n",
           depth, state_depth);
  world w = world_open(yaml);
  for (int g = 0; g < 2; g++) {
    const hft_group *group = &w.spec->group[g];
    assert_int_equal(group->obs_dim, 4 * depth + 13 + (g == 0 ? 5 : 4));
    check_unique(group->obs, group->obs_dim);
    int numbers = group->seat_count * group->obs_dim;
    for (int i = 0; i < numbers; i++) w.io.obs[g][i] = NAN;
  }
  int most = state_depth > depth ? state_depth : depth;
  assert_int_equal(w.spec->state_dim, 4 * most + 14 + 2 * 5 + 4);
  check_unique(w.spec->state, w.spec->state_dim);
  for (int i = 0; i < w.spec->state_dim; i++) w.io.state[i] = NAN;
  world_reset(&w, 1, 0);
  for (int g = 0; g < 2; g++) {
    int numbers = w.spec->group[g].seat_count * w.spec->group[g].obs_dim;
    for (int i = 0; i < numbers; i++) assert_true(isfinite(w.io.obs[g][i]));
  }
  for (int i = 0; i < w.spec->state_dim; i++) assert_true(isfinite(w.io.state[i]));
  world_close(&w);
}

static void test_any_depth(void **context) {
  (void)context;
  check_depth(1, 1);
  check_depth(1, 50);
  check_depth(5, 3);
  check_depth(20, 20);
}

static void test_one_role_is_one_group(void **context) {
  (void)context;
  hft_env_model *model = world_model(WORLD_INSTRUMENT WORLD_CROWD "seats: [{kind: executor}]\n");
  const hft_env_spec *spec = hft_env_model_spec(model);
  assert_int_equal(spec->group_count, 1);
  assert_int_equal(spec->group[0].role, HFT_ROLE_EXECUTOR);
  assert_int_equal(spec->group[0].first_seat, 0);
  assert_int_equal(spec->seat_count, 1);
  hft_env_model_free(model);
}

static void test_the_most_seats(void **context) {
  (void)context;
  world w = world_open(WORLD_INSTRUMENT "env_config: {warmup_s: 1, episode_len: 2}\n" WORLD_CROWD
                                        "seats: [{kind: executor, count: 56, parent_qty: 2}, "
                                        "{kind: maker, count: 200}]\n");
  assert_int_equal(w.spec->seat_count, HFT_SEATS_MAX);
  // What all see (a maker sees five numbers of its own besides), the fundamental, every seat.
  assert_int_equal(w.spec->state_dim, w.spec->group[0].obs_dim - 5 + 20 + 1 + 200 * 5 + 56 * 4);
  check_unique(w.spec->state, w.spec->state_dim);
  world_reset(&w, 3, 0);
  for (int s = 0; s < HFT_SEATS_MAX; s++) world_act(&w, s, 0.5f, -1);
  world_step(&w);
  world_step(&w);
  assert_true(*w.io.ended);
  for (int s = 200; s < HFT_SEATS_MAX; s++) {
    assert_int_equal(world_account(&w, s)->position, 2);
  }
  world_close(&w);
}

static void test_configs_that_are_refused(void **context) {
  (void)context;
  world_expect_refused(WORLD_CROWD, "seats", "there is no seat");
  world_expect_refused(WORLD_CROWD "seats: [{kind: maker, count: 256}, {kind: executor}]\n",
                       "seats", "more than 256");
  world_expect_refused(WORLD_CROWD "seats: [{kind: maker, count: 200}, {kind: maker, count: 57}]\n",
                       "seats", "more than 256");
  world_expect_refused(WORLD_CROWD "seats: [{kind: maker, count: 257}]\n", "test:2", "256");
  world_expect_refused(WORLD_CROWD "seats: [{kind: traker}]\n", "test:2", "taker");
  world_expect_refused(WORLD_CROWD "env_config: {depth: 21}\nseats: [{kind: maker}]\n", "test:2",
                       "20");
  world_expect_refused(WORLD_CROWD "env_config: {episode_len: 0}\nseats: [{kind: maker}]\n",
                       "test:2", "1");
}

static void test_numbers_and_choices_are_limited(void **context) {
  (void)context;
  const char *many = "market_config: {window_ticks: 64, instruments: 64}\n" WORLD_CROWD;
  char yaml[512];
  snprintf(yaml, sizeof yaml, "%sseats: [{kind: portfolio, count: 256}]\n", many);
  world_expect_refused(yaml, "env_config", "the state would have");
  snprintf(yaml, sizeof yaml,
           "%senv_config: {see_actions: true, message_dim: 16}\n"
           "seats: [{kind: portfolio, count: 250}]\n",
           many);
  world_expect_refused(yaml, "env_config", "at most 65536");
  snprintf(yaml, sizeof yaml,
           "%senv_config: {action_space: discrete}\nseats: [{kind: portfolio}]\n", many);
  world_expect_refused(yaml, "env_config.action_space", "65536 choices");
}

// Warm-up and steps must fit in the session, to the step.
static void test_the_episode_fits_in_the_session(void **context) {
  (void)context;
#define SESSION(steps)                                                             \
  "market_config: {duration_s: 20, decision_ms: 500}\nenv_config: {warmup_s: 10, " \
  "episode_len: " #steps "}\n" WORLD_CROWD "seats: [{kind: maker}]\n"
  hft_env_model_free(world_model(SESSION(20)));
  world_expect_refused(SESSION(21), "env_config.episode_len", "20");
#undef SESSION
}

// What seats begin with keeps to the lots that an instrument may trade, 1.15e11 here.
static void test_lots_that_are_begun_with(void **context) {
  (void)context;
#define DEAR                                                                 \
  "market_config: {window_ticks: 1024, initial_price: 100000, fundamental: " \
  "constant}\n" WORLD_CROWD
  hft_env_model_free(
      world_model(DEAR "seats: [{kind: executor, count: 110, parent_qty: 1000000000}]\n"));
  world_expect_refused(DEAR "seats: [{kind: executor, count: 120, parent_qty: 1000000000}]\n",
                       "seats", "120000000000 lots");
  world_expect_refused(DEAR
                       "seats: [{kind: executor, count: 60, side: sell, parent_qty: 1000000000}, "
                       "{kind: portfolio, count: 60, holding: 1000000000}]\n",
                       "seats", "120000000000 lots");
#undef DEAR
}

static void test_memory_that_is_refused(void **context) {
  (void)context;
  hft_env_model *model = world_model(WORLD_INSTRUMENT WORLD_CROWD "seats: [{kind: maker}]\n");
  size_t size = hft_env_size(model);
  char *memory = aligned_zeros(size + HFT_CACHE_LINE);
  hft_env *env = NULL;
  for (size_t off = 1; off < HFT_CACHE_LINE; off = 2 * off) {
    assert_int_equal(hft_env_init(model, memory + off, size, &env), HFT_EINVAL);
  }
  assert_int_equal(hft_env_init(model, memory, size - 1, &env), HFT_ENOMEM);
  assert_int_equal(hft_env_init(model, memory, 0, &env), HFT_ENOMEM);
  assert_null(env);
  assert_int_equal(hft_env_init(model, memory + HFT_CACHE_LINE, size, &env), HFT_OK);
  assert_ptr_equal(env, memory + HFT_CACHE_LINE);
  free(memory);
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_seats_are_grouped_by_role),
      cmocka_unit_test(test_every_index_has_its_name),
      cmocka_unit_test(test_any_depth),
      cmocka_unit_test(test_one_role_is_one_group),
      cmocka_unit_test(test_the_most_seats),
      cmocka_unit_test(test_configs_that_are_refused),
      cmocka_unit_test(test_numbers_and_choices_are_limited),
      cmocka_unit_test(test_the_episode_fits_in_the_session),
      cmocka_unit_test(test_lots_that_are_begun_with),
      cmocka_unit_test(test_memory_that_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
