// Who acts for a seat may change from episode to episode while its arrays stay: a policy in the
// seat of a learner makes the same market as the learner that decides alike, to the bit; a strategy
// there trades and is scored as in a seat of its own; the actions of such seats are ignored.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/env/linear.h"
#include "tests/support/slab.h"

#define ENVS 3
#define STEPS 40

typedef struct rules {
  const char *name, *market, *env, *exchange;
} rules;

static const rules table[] = {
    {"plain", "", "", ""},
    {"latency", "", "", "latency_us: 20000, latency_jitter_us: 300000"},
    {"fees", "", "", "maker_fee_bps: -0.2, taker_fee_bps: 0.6, taker_fee_per_lot: 0.01"},
    {"limits", "", "", "max_inventory: 25, message_rate_max: 6"},
    {"auctions", "", "", "opening_auction_s: 5, halt_band_bps: 2, halt_s: 2, closing_auction_s: 2"},
    {"instruments", ", instruments: 3", "", "latency_us: 1000"},
    {"multi_discrete", "", ", action_space: multi_discrete, action_choices: 5", ""},
    {"discrete", "", ", action_space: discrete, action_choices: 5", "latency_us: 700000"},
    {"others", "", ", see_actions: true, message_dim: 2", "self_trade: cancel_oldest"},
};
enum { RULES = sizeof table / sizeof table[0] };

static void print_config(char *yaml, size_t size, const rules *r, const char *reseat,
                         const char *seats) {
  int length = snprintf(yaml, size,
                        "market_config: {window_ticks: 1024, duration_s: 12, decision_ms: 500%s}\n"
                        "env_config: {warmup_s: 6, episode_len: 12, reseat: %s%s}\n"
                        "risk_config: {max_inventory: 400}\nexchange_config: {%s}\n" WORLD_CROWD
                        "seats: [%s]\n",
                        r->market, reseat, r->env, r->exchange, seats);
  assert_in_range(length, 1, size - 1);
}

// A model with places of its own (base null) or of another.
static hft_env_model *model_as(const rules *r, const char *seats, const hft_env_model *base) {
  char yaml[4000];
  print_config(yaml, sizeof yaml, r, "true", seats);
  return linear_model_as(yaml, base);
}

static hft_pool *open_pool(const hft_env_model *model, hft_autoreset autoreset, int threads,
                           int64_t slice) {
  const hft_pool_config config = {.env_count = ENVS,
                                  .thread_count = threads,
                                  .seed = 5,
                                  .autoreset = autoreset,
                                  .slice_work = slice};
  hft_pool *pool = slab_make(model, &config);
  hft_pool_reset(pool, NULL, NULL);
  return pool;
}

static void close_pool(hft_pool *pool) {
  hft_env_model *model = (hft_env_model *)hft_pool_model(pool);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

static char *action_row(hft_pool *pool, int g, int env) {
  const hft_array *array = &hft_pool_actions_layout(pool)->array[g];
  return (char *)hft_pool_actions(pool) + array->offset + (size_t)env * array->row_bytes;
}

static const char *result_row(const hft_pool *pool, const hft_group *group, const char *what,
                              int env) {
  char name[HFT_NAME_SIZE];
  hft_array_name(group, what, name);
  return slab_row(pool, name, env);
}

// ---- policies ----------------------------------------------------------------------------------

#define OUTSIDE                                                                          \
  "{kind: maker, offset_max: 3}, {kind: maker, count: 2, quote_qty: 3, offset_max: 2}, " \
  "{kind: executor, parent_qty: 60, forecast_r2: 0.3}, {kind: taker, latency_us: 100}"
#define LINEAR "controller: linear, params: {gain: 0.7}"
#define INSIDE                                                                                 \
  "{kind: maker, offset_max: 3}, {kind: maker, count: 2, quote_qty: 3, offset_max: 2, " LINEAR \
  "}, {kind: executor, parent_qty: 60, forecast_r2: 0.3, " LINEAR                              \
  "}, {kind: taker, latency_us: 100}"

static bool is_held(int seat) {
  return seat == 1 || seat == 2 || seat == 3;
}

// Alike in both pools where learners act. Outside also for the others, by the policies' rule;
// inside their rows hold what no action is.
static void act(hft_pool *outside, hft_pool *inside, int env, int step, uint32_t count[4]) {
  const hft_env_spec *spec = hft_env_model_spec(hft_pool_model(outside));
  slab_act(outside, env, 77, step);
  for (int g = 0; g < spec->group_count; g++) {
    const hft_group *group = &spec->group[g];
    char *mine = action_row(outside, g, env), *theirs = action_row(inside, g, env);
    memcpy(theirs, mine, (size_t)(4 * group->seat_count * group->action_dim));
    const float *obs = (const float *)(const void *)result_row(outside, group, "obs", env);
    const uint8_t *mask = NULL;
    if (group->mask_dim > 0) mask = (const uint8_t *)result_row(outside, group, "mask", env);
    for (int k = 0; k < group->seat_count; k++) {
      int seat = group->first_seat + k;
      if (!is_held(seat)) continue;
      size_t row = (size_t)(4 * group->action_dim);
      linear_decide(group, obs + k * group->obs_dim,
                    mask != NULL ? mask + k * group->mask_dim : NULL, 0.7, count[seat]++,
                    mine + (size_t)k * row);
      memset(theirs + (size_t)k * row, 0xff, row);  // NaN; a choice of -1
    }
  }
}

static void compare(const rules *r, const hft_pool *outside, const hft_pool *inside, int env,
                    int step) {
  const hft_layout *layout = hft_pool_results_layout(inside);
  assert_int_equal(layout->count, hft_pool_results_layout(outside)->count);
  for (int a = 0; a < layout->count; a++) {
    const char *name = layout->array[a].name;
    const uint8_t *other = slab_row(outside, name, env), *one = slab_row(inside, name, env);
    if (strncmp(name, "controlled/", 11) == 0) {
      for (size_t k = 0; k < layout->array[a].row_bytes; k++) {
        assert_int_equal(other[k], 0);
        int first = strcmp(name, "controlled/maker") == 0 ? 0 : name[11] == 'e' ? 3 : 4;
        assert_int_equal(one[k], is_held(first + (int)k));
      }
    } else if (memcmp(one, other, layout->array[a].row_bytes) != 0) {
      fail_msg("%s: %s of env %d differs in step %d", r->name, name, env, step);
    }
  }
}

static void compare_finals(const hft_pool *outside, const hft_pool *inside) {
  int ended = hft_pool_ended_count(outside);
  assert_int_equal(hft_pool_ended_count(inside), ended);
  hft_layout layout;
  hft_pool_finals_layout(outside, ended, &layout);
  assert_memory_equal(hft_pool_finals(outside), hft_pool_finals(inside),
                      ended > 0 ? layout.bytes : 0);
}

static void check_twins(const rules *r, hft_autoreset autoreset, int threads) {
  hft_env_model *base = model_as(r, OUTSIDE, NULL);
  hft_pool *outside = open_pool(base, autoreset, 1, 0);
  hft_pool *inside = open_pool(model_as(r, INSIDE, base), autoreset, threads, 40);
  uint32_t count[ENVS][4] = {{0}};
  bool over[ENVS] = {false};
  for (int step = 0; step < STEPS; step++) {
    for (int env = 0; env < ENVS; env++) act(outside, inside, env, step, count[env]);
    hft_error error = {0};
    if (hft_pool_check_actions(inside, &error) != HFT_OK) fail_msg("%s", error.text);
    hft_pool_step(outside);
    hft_pool_step(inside);
    compare_finals(outside, inside);
    for (int env = 0; env < ENVS; env++) {
      compare(r, outside, inside, env, step);
      bool ended = slab_ended(outside, env);
      bool begins = autoreset == HFT_AUTORESET_SAME_STEP ? ended : over[env] && !ended;
      over[env] = ended;
      if (begins) memset(count[env], 0, sizeof count[env]);
    }
    if (step != 17) continue;  // copies take the policies' memory and their rows with them
    assert_int_equal(hft_pool_fork(outside, 2, &(int32_t){0}, 1, NULL), HFT_OK);
    assert_int_equal(hft_pool_fork(inside, 2, &(int32_t){0}, 1, NULL), HFT_OK);
    memcpy(count[0], count[2], sizeof count[0]);
    over[0] = over[2];
    size_t size = hft_pool_env_bytes(inside);
    void *bytes = malloc(size);
    assert_int_equal(hft_pool_save(inside, 2, bytes, size, NULL), HFT_OK);
    assert_int_equal(hft_pool_load(inside, 1, bytes, size, NULL), HFT_OK);
    assert_int_equal(hft_pool_fork(outside, 2, &(int32_t){1}, 1, NULL), HFT_OK);
    memcpy(count[1], count[2], sizeof count[1]);
    over[1] = over[2];
    free(bytes);
  }
  close_pool(inside);
  close_pool(outside);
}

static void test_a_policy_in_the_seat_of_a_learner(void **context) {
  (void)context;
  for (int i = 0; i < RULES; i++) {
    for (int autoreset = 0; autoreset < HFT_AUTORESET_COUNT; autoreset++) {
      check_twins(&table[i], (hft_autoreset)autoreset, 1 + (i + autoreset) % 3);
    }
  }
}

// ---- strategies --------------------------------------------------------------------------------

typedef struct held {
  const char *learner, *strategy;  // keys of the seat
  const char *role;
} held;

// Roles that come before takers: the seats have the same order in both models.
static const held seats[] = {
    {"kind: executor, parent_qty: 60",
     "kind: executor, parent_qty: 60, controller: twap, params: {slices: 7}", "executor"},
    {"kind: executor, parent_qty: 45, side: sell, latency_us: 30000",
     "kind: executor, parent_qty: 45, side: sell, latency_us: 30000, controller: vwap", "executor"},
    {"kind: executor, parent_qty: 3", "kind: executor, parent_qty: 3, controller: random",
     "executor"},
    {"kind: maker", "kind: maker, controller: avellaneda-stoikov, params: {quote_qty: 4}", "maker"},
    {"kind: maker", "kind: maker, controller: random, params: {latency_us: 500}", "maker"},
    {"kind: maker", "kind: maker, controller: do-nothing", "maker"},
    {"kind: taker, order_qty: 2, forecast_r2: 0.4",
     "kind: taker, order_qty: 2, forecast_r2: 0.4, controller: momentum, params: {sample_ms: 300, "
     "lookback: 2, hold: "
     "1}",
     "taker"},
    {"kind: portfolio, cash: 100, count_max: 2",
     "kind: portfolio, cash: 100, count_max: 2, controller: random", "portfolio"},
};
enum { SEATS = sizeof seats / sizeof seats[0] };

static const hft_group *group_of(const hft_env_spec *spec, const char *role, hft_control control) {
  for (int g = 0; g < spec->all_group_count; g++) {
    const hft_group *group = &spec->group[g];
    if (strcmp(group->role_name, role) == 0 && group->control == control) return group;
  }
  fail_msg("no group of %s", role);
  return NULL;
}

// All numbers are within the bounds that the spec tells; a mask allows something on every axis.
static void check_bounds(const rules *r, const held *seat, const hft_pool *pool) {
  const hft_env_spec *spec = hft_env_model_spec(hft_pool_model(pool));
  const float *state = slab_row(pool, "state", 0);
  for (int i = 0; i < spec->state_dim; i++) {
    if (state[i] >= spec->state[i].low && state[i] <= spec->state[i].high) continue;
    fail_msg("%s, %s: %s is %g", r->name, seat->strategy, spec->state[i].name, (double)state[i]);
  }
  const hft_group *group = group_of(spec, seat->role, HFT_CONTROL_EXTERNAL);
  const float *obs = (const float *)(const void *)result_row(pool, group, "obs", 0);
  for (int i = 0; i < group->obs_dim; i++) {
    if (obs[i] >= group->obs[i].low && obs[i] <= group->obs[i].high) continue;
    fail_msg("%s, %s: %s is %g", r->name, seat->strategy, group->obs[i].name, (double)obs[i]);
  }
  if (spec->action_space != HFT_ACTION_MULTI_DISCRETE) return;
  const uint8_t *mask = (const uint8_t *)result_row(pool, group, "mask", 0);
  for (int axis = 0; axis < group->axis_count; axis++) {
    int allowed = 0;
    for (int c = 0; c < group->choice_count[axis]; c++) allowed += *mask++;
    assert_true(allowed > 0);
  }
}

// A learner sees nothing of a strategy's actions: their places hold 0.
static void check_seen(const hft_pool *pool, const held *seat) {
  const hft_env_spec *spec = hft_env_model_spec(hft_pool_model(pool));
  const hft_group *group = &spec->group[spec->group_count - 1];
  for (int g = 0; g < spec->group_count; g++) {
    if (strcmp(spec->group[g].role_name, seat->role) != 0) group = &spec->group[g];
  }
  const float *obs = (const float *)(const void *)result_row(pool, group, "obs", 0);
  int seen = 0;
  for (int i = 0; i < group->obs_dim; i++) {
    if (strncmp(group->obs[i].name, "other_0_", 8) != 0) continue;
    assert_true(obs[i] == 0);
    seen++;
  }
  assert_true(seen >= 3);
}

// Returns whether the strategy traded.
static bool check_strategy(const rules *r, const held *seat) {
  char learner[400], strategy[400];
  const char *beside = strcmp(seat->role, "executor") == 0 ? "kind: taker" : "kind: executor";
  snprintf(learner, sizeof learner, "{%s}, {%s}", beside, seat->learner);
  snprintf(strategy, sizeof strategy, "{%s}, {%s}", beside, seat->strategy);
  hft_env_model *base = model_as(r, learner, NULL);
  hft_pool *placed = open_pool(model_as(r, strategy, base), HFT_AUTORESET_SAME_STEP, 1, 30);
  hft_pool *own = open_pool(model_as(r, strategy, NULL), HFT_AUTORESET_SAME_STEP, 1, 0);
  const hft_env_spec *spec = hft_env_model_spec(hft_pool_model(placed));
  assert_int_equal(spec->group_count, 2);
  assert_int_equal(spec->all_group_count, 2);
  const hft_group *here = group_of(spec, seat->role, HFT_CONTROL_EXTERNAL);
  const hft_group *there =
      group_of(hft_env_model_spec(hft_pool_model(own)), seat->role, HFT_CONTROL_STRATEGY);
  static const char *const same[] = {"reward", "term", "terminated", "unfilled"};
  bool sees = strcmp(r->name, "others") == 0, traded = false;
  for (int step = 0; step < STEPS; step++) {
    slab_act(placed, 0, 3, step);
    slab_act(own, 0, 3, step);
    memset(action_row(placed, (int)(here - spec->group), 0), 0xff, (size_t)(4 * here->action_dim));
    char beside_name[HFT_NAME_SIZE];
    snprintf(beside_name, sizeof beside_name, "%s", beside + 6);
    const hft_group *mine = group_of(spec, beside_name, HFT_CONTROL_EXTERNAL);
    memcpy(action_row(placed, (int)(mine - spec->group), 0), action_row(own, 0, 0),
           (size_t)(4 * mine->action_dim));
    hft_pool_step(placed);
    hft_pool_step(own);
    assert_int_equal(slab_ended(placed, 0), slab_ended(own, 0));
    for (int i = 0; i < 4; i++) {
      const char *one = result_row(placed, here, same[i], 0);
      const char *other = result_row(own, there, same[i], 0);
      size_t bytes = i == 1 ? (size_t)(4 * here->term_dim) : i == 2 ? 1 : 4;
      if (memcmp(one, other, bytes) != 0) {
        fail_msg("%s, %s: %s differs in step %d", r->name, seat->strategy, same[i], step);
      }
    }
    traded = traded || *(const float *)(const void *)result_row(placed, here, "reward", 0) != 0;
    assert_int_equal(*(const uint8_t *)result_row(placed, here, "controlled", 0), 1);
    assert_int_equal(*(const uint8_t *)result_row(placed, mine, "controlled", 0), 0);
    check_bounds(r, seat, placed);
    if (sees) check_seen(placed, seat);
  }
  close_pool(placed);
  close_pool(own);
  hft_env_model_free(base);
  return traded;
}

static void test_a_strategy_in_the_seat_of_a_learner(void **context) {
  (void)context;
  for (int k = 0; k < SEATS; k++) {
    bool traded = false;
    for (int i = 0; i < RULES; i++) traded |= check_strategy(&table[i], &seats[k]);
    assert_true(traded == (strstr(seats[k].strategy, "do-nothing") == NULL));
  }
}

// ---- ends --------------------------------------------------------------------------------------

#define BREAKS "{kind: taker, order_qty: 1000000}, "

// A seat that is held by another does not count: the episode is over once all learners are out. If
// none is left it lasts as one of controlled seats alone.
static void test_who_counts(void **context) {
  (void)context;
  hft_env_model *base = model_as(&table[0], BREAKS "{kind: taker}, {kind: executor}", NULL);
  static const struct {
    const char *seats;
    int length;  // 0: less than an episode's
  } cases[] = {
      {BREAKS "{kind: taker}, {kind: executor}", 12},
      {BREAKS "{kind: taker, controller: do-nothing}, {kind: executor}", 12},
      {BREAKS "{kind: taker, controller: do-nothing}, {kind: executor, controller: twap}", 0},
      {BREAKS "{kind: taker, controller: linear}, {kind: executor, controller: twap}", 0},
      {"{kind: taker, order_qty: 1000000, controller: do-nothing}, {kind: taker, controller: "
       "random}, {kind: executor, controller: linear}",
       12},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    hft_pool *pool =
        open_pool(model_as(&table[0], cases[i].seats, base), HFT_AUTORESET_MANUAL, 1, 0);
    int taker = 1, length = 0;  // the group of takers, whose first seat breaks its limit
    while (!slab_ended(pool, 0)) {
      float *action = (float *)(void *)action_row(pool, taker, 0);
      action[0] = 1;
      action[1] = 0;
      hft_pool_step(pool);
      length++;
    }
    if (cases[i].length == 0) {
      assert_in_range(length, 1, 11);
    } else {
      assert_int_equal(length, cases[i].length);
    }
    close_pool(pool);
  }
  hft_env_model_free(base);
}

// ---- what may change ---------------------------------------------------------------------------

#define MIXED "{kind: maker}, {kind: maker, controller: linear}, {kind: maker, controller: random}"

typedef struct change {
  const char *seats, *where, *words;  // where null: it may be
} change;

static const change changes[] = {
    {MIXED, NULL, NULL},
    {"{kind: maker, controller: twap}, {kind: maker, controller: linear}, {kind: maker, "
     "controller: "
     "random}",
     NULL, NULL},
    {"{kind: maker, controller: linear, params: {gain: 2}}, {kind: maker, controller: "
     "avellaneda-stoikov}, {kind: maker, controller: do-nothing}",
     NULL, NULL},
    {"{kind: maker}, {kind: maker}, {kind: maker, controller: random}", "seats[1].controller",
     "made with 'linear', which has no arrays for a learner"},
    {"{kind: maker}, {kind: maker, controller: linear}, {kind: maker}", "seats[2].controller",
     "made with 'random', which has no arrays for a learner"},
    {"{kind: maker}, {kind: maker, controller: linear}, {kind: maker, controller: linear}",
     "seats[2].controller", "no arrays for a policy; make it with 'external'"},
    {"{kind: maker}, {kind: maker, controller: linear}", "seats", "3 in all"},
    {MIXED ", {kind: maker}", "seats", "3 in all"},
    {"{kind: taker}, {kind: maker, controller: linear}, {kind: maker, controller: random}", "seats",
     "number, role or order"},
    {"{kind: maker, controller: nobody}, {kind: maker, controller: linear}, {kind: maker}",
     "seats[0].controller", "known are external"},
    {"{kind: maker, controller: linear, params: {gain: 9.5}}, {kind: maker, controller: linear}, "
     "{kind: maker, controller: random}",
     "seats[0].params", "does not fit a maker"},
};

static void test_what_may_change(void **context) {
  (void)context;
  hft_env_model *base = model_as(&table[0], MIXED, NULL);
  const hft_env_spec *spec = hft_env_model_spec(base);
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    char yaml[4000];
    print_config(yaml, sizeof yaml, &table[0], "true", changes[i].seats);
    hft_env_model *model = NULL;
    hft_error error = {0};
    hft_status status = linear_make_as(yaml, base, &model, &error);
    if (changes[i].where != NULL) {
      assert_int_equal(status, HFT_ECONFIG);
      if (strstr(error.where, changes[i].where) == NULL ||
          strstr(error.text, changes[i].words) == NULL) {
        fail_msg("%s: %s", error.where, error.text);
      }
      continue;
    }
    if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
    const hft_env_spec *now = hft_env_model_spec(model);
    assert_int_equal(now->group_count, spec->group_count);
    assert_int_equal(now->all_group_count, spec->all_group_count);
    assert_int_equal(now->seat_count, spec->seat_count);
    assert_int_equal(now->state_dim, spec->state_dim);
    for (int g = 0; g < spec->all_group_count; g++) {
      assert_int_equal(now->group[g].obs_dim, spec->group[g].obs_dim);
      assert_int_equal(now->group[g].action_dim, spec->group[g].action_dim);
      assert_int_equal(now->group[g].control, spec->group[g].control);
    }
    assert_true((hft_env_model_digest(model) == hft_env_model_digest(base)) == (i == 0));
    hft_pool *pool = open_pool(model, HFT_AUTORESET_SAME_STEP, 2, 0);
    for (int step = 0; step < STEPS; step++) slab_step(pool, 1, step);
    close_pool(pool);
  }
  hft_env_model_free(base);
}

// Envs whose seats stay with their learners have no array that tells of it, and refuse others.
static void test_without_the_key(void **context) {
  (void)context;
  char yaml[4000];
  print_config(yaml, sizeof yaml, &table[0], "false", MIXED);
  hft_env_model *base = linear_model(yaml), *model = NULL;
  hft_layout actions, results;
  hft_pool_lay_out(hft_env_model_spec(base), 1, &actions, &results);
  for (int a = 0; a < results.count; a++) {
    assert_null(strstr(results.array[a].name, "controlled"));
  }
  hft_error error = {0};
  print_config(yaml, sizeof yaml, &table[0], "false", changes[1].seats);
  assert_int_equal(linear_make_as(yaml, base, &model, &error), HFT_ECONFIG);
  assert_non_null(strstr(error.where, "seats[0].controller"));
  assert_non_null(strstr(error.text, "only with env_config.reseat: true"));
  print_config(yaml, sizeof yaml, &table[0], "true", MIXED);
  assert_int_equal(linear_make_as(yaml, base, &model, &error), HFT_ECONFIG);
  assert_string_equal(error.where, "env_config.reseat");
  hft_env_model_free(base);
}

// The same config with places of its own is another world: its saves do not fit.
static void test_digests_tell_places(void **context) {
  (void)context;
  hft_env_model *base = model_as(&table[0], OUTSIDE, NULL);
  hft_env_model *placed = model_as(&table[0], INSIDE, base),
                *twin = model_as(&table[0], INSIDE, base);
  hft_env_model *own = model_as(&table[0], INSIDE, NULL);
  assert_true(hft_env_model_digest(placed) == hft_env_model_digest(twin));
  assert_true(hft_env_model_digest(placed) != hft_env_model_digest(own));
  assert_true(hft_env_model_digest(placed) != hft_env_model_digest(base));
  assert_int_equal(hft_env_seat_control(placed, 1), HFT_CONTROL_POLICY);
  assert_int_equal(hft_env_seat_control(base, 1), HFT_CONTROL_EXTERNAL);
  assert_string_equal(hft_env_seat_controller(placed, 1), "linear");
  hft_env_model_free(twin);
  hft_env_model_free(own);
  hft_env_model_free(placed);
  hft_env_model_free(base);
}

// ---- overrides in a pool -----------------------------------------------------------------------

static int add_set(hft_pool *pool, const char *seats_yaml, const hft_env_model *base) {
  static uint64_t digest;
  int set = -1;
  hft_error error = {0};
  hft_env_model *model = model_as(&table[0], seats_yaml, base);
  if (hft_pool_add_overrides(pool, ++digest, model, "seats", &set, &error) != HFT_OK) {
    fail_msg("%s: %s", error.where, error.text);
  }
  return set;
}

// Each env of a pool has its own controllers. Its rows are those of a pool in which all envs have
// them; a fork takes them along.
static void test_controllers_by_env(void **context) {
  (void)context;
  static const char *const kinds[ENVS] = {
      OUTSIDE, INSIDE,
      "{kind: maker, offset_max: 3, controller: avellaneda-stoikov}, {kind: maker, count: 2, "
      "quote_qty: 3, offset_max: 2, controller: momentum}, {kind: executor, parent_qty: 60, "
      "forecast_r2: 0.3, "
      "controller: twap}, {kind: taker, latency_us: 100, controller: momentum}"};
  hft_env_model *base = model_as(&table[0], OUTSIDE, NULL);
  hft_pool *mixed = open_pool(base, HFT_AUTORESET_SAME_STEP, 2, 40), *pure[ENVS];
  for (int env = 0; env < ENVS; env++) {
    pure[env] = open_pool(model_as(&table[0], kinds[env], base), HFT_AUTORESET_SAME_STEP, 1, 0);
    uint8_t mask[ENVS] = {0};
    mask[env] = 1;
    if (env > 0) hft_pool_choose_overrides(mixed, add_set(mixed, kinds[env], base), mask);
  }
  hft_pool_reset_from(mixed, 5, NULL);
  for (int step = 0; step < STEPS; step++) {
    slab_step(mixed, 3, step);
    for (int env = 0; env < ENVS; env++) {
      slab_step(pure[env], 3, step);
      if (slab_rows_hash(mixed, env) != slab_rows_hash(pure[env], env)) {
        fail_msg("env %d differs in step %d", env, step);
      }
    }
  }
  // A fork gives an env the controllers of another, a reset its own choice again.
  assert_int_equal(hft_pool_fork(mixed, 2, &(int32_t){0}, 1, NULL), HFT_OK);
  for (int step = 0; step < 5; step++) {
    slab_act(mixed, 2, 8, step);
    slab_act(mixed, 0, 10, step);  // a seed of 10 in env 0 draws as one of 8 in env 2
    hft_pool_step(mixed);
    assert_true(slab_rows_hash(mixed, 0) == slab_rows_hash(mixed, 2));
    assert_int_equal(*(const uint8_t *)slab_row(mixed, "controlled/taker", 0), 1);
  }
  hft_pool_choose_overrides(mixed, 0, (const uint8_t[ENVS]){1, 0, 0});
  hft_pool_reset(mixed, NULL, (const uint8_t[ENVS]){1, 0, 0});
  assert_int_equal(*(const uint8_t *)slab_row(mixed, "controlled/taker", 0), 0);
  assert_int_equal(*(const uint8_t *)slab_row(mixed, "controlled/taker", 2), 1);
  for (int env = 0; env < ENVS; env++) close_pool(pure[env]);
  close_pool(mixed);
}

static int set_up(void **state) {
  (void)state;
  linear_init();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_policy_in_the_seat_of_a_learner),
      cmocka_unit_test(test_a_strategy_in_the_seat_of_a_learner),
      cmocka_unit_test(test_who_counts),
      cmocka_unit_test(test_what_may_change),
      cmocka_unit_test(test_without_the_key),
      cmocka_unit_test(test_digests_tell_places),
      cmocka_unit_test(test_controllers_by_env),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
