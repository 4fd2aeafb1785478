// The controller `policy`: in every action space, under every rule of the exchange, whenever
// episodes end, a checkpoint in a seat makes the same market as a learner outside that asks the
// same actor; saves, forks and reseats go on with what its seats remember.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/agents/checkpoints.h"
#include "tests/support/files.h"
#include "tests/support/slab.h"

#define ENVS 3
#define STEPS 30

typedef struct rules {
  const char *name, *market, *env, *exchange;
} rules;

static const rules table[] = {
    {"plain", "", "", ""},
    {"latency", "", ", feed_latency_us: 700000", "latency_us: 20000, latency_jitter_us: 300000"},
    {"fees", "", "", "maker_fee_bps: -0.2, taker_fee_bps: 0.6, taker_fee_per_lot: 0.01"},
    {"limits", "", "", "max_inventory: 25, message_rate_max: 6"},
    {"auctions", "", "", "opening_auction_s: 5, halt_band_bps: 2, halt_s: 2, closing_auction_s: 2"},
    {"instruments", ", instruments: 3", ", stack: 3, feed: level3", "latency_us: 1000"},
    {"multi_discrete", "", ", action_space: multi_discrete, action_choices: 5, stack: 2", ""},
    {"discrete", "", ", action_space: discrete, action_choices: 5", "latency_us: 700000"},
    {"mixed", "", ", action_space: mixed", ""},
    {"others", "", ", see_actions: true, message_dim: 2, stack: 2", "self_trade: cancel_oldest"},
};
enum { RULES = sizeof table / sizeof table[0] };

static const checkpoint_kind kinds[] = {
    {.hidden = 8, .seed = 1},
    {.hidden = 8, .gru = 6, .layer_norm = true, .seed = 2, .each = true},
    {.hidden = 5, .gru = 3, .seed = 3, .density = HFT_DENSITY_BETA},
    {.hidden = 0, .seed = 4, .density = HFT_DENSITY_SQUASHED, .each = true},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void print(char *yaml, size_t size, const rules *r, const char *more, const char *seats) {
  int length = snprintf(yaml, size,
                        "market_config: {window_ticks: 1024, duration_s: 12, decision_ms: 500%s}\n"
                        "env_config: {warmup_s: 6, episode_len: 12%s%s}\n"
                        "risk_config: {max_inventory: 1000000}\nexchange_config: {%s}\n" WORLD_CROWD
                        "seats: [%s]\n",
                        r->market, r->env, more, r->exchange, seats);
  assert_in_range(length, 1, size - 1);
}

static hft_env_model *market_of(const rules *r, const char *more, const char *seats,
                                const hft_env_model *base) {
  char yaml[4000];
  print(yaml, sizeof yaml, r, more, seats);
  hft_env_model *model;
  hft_error error = {0};
  if (checkpoints_make(yaml, base, &model, &error) != HFT_OK) {
    fail_msg("%s: %s: %s", r->name, error.where, error.text);
  }
  return model;
}

#define OUTSIDE                                                           \
  "{kind: maker, count: 2}, {kind: maker, quote_qty: 3, offset_max: 2}, " \
  "{kind: executor, parent_qty: 60}, {kind: taker, latency_us: 100}"
#define INSIDE                                                                       \
  "{kind: maker, count: 2}, {kind: maker, quote_qty: 3, offset_max: 2, controller: " \
  "policy, params: {checkpoint: %s, seat: 2}}, {kind: executor, parent_qty: 60, "    \
  "controller: policy, params: {checkpoint: %s}}, {kind: taker, latency_us: 100}"

// One whose actions come from inside in one pool and from outside in the other: seat `outside` of
// the group of its role outside.
typedef struct twin {
  const char *role;
  int outside;
} twin;
static const twin twins[] = {{"maker", 2}, {"executor", 0}};

static const hft_group *group_of(const hft_pool *pool, const char *role) {
  const hft_env_spec *spec = hft_env_model_spec(hft_pool_model(pool));
  for (int g = 0; g < spec->group_count; g++) {
    if (strcmp(spec->group[g].role_name, role) == 0) return &spec->group[g];
  }
  fail_msg("no role %s", role);
  return NULL;
}

static void *action_row(hft_pool *pool, const char *role, int env) {
  char name[64];
  snprintf(name, sizeof name, "action/%s", role);
  const hft_array *array = slab_array(hft_pool_actions_layout(pool), name);
  return (char *)hft_pool_actions(pool) + array->offset + (size_t)env * array->row_bytes;
}

static const void *result_row(const hft_pool *pool, const char *what, const char *role, int env) {
  char name[64];
  snprintf(name, sizeof name, "%s/%s", what, role);
  return slab_row(pool, name, env);
}

typedef struct memory {
  float state[ENVS][2][HFT_ACTOR_STATE_MAX];
} memory;

// Draws the actions of all external seats, alike in both pools; then asks the twins' actors.
static void act(hft_pool *outside, hft_pool *inside, const hft_checkpoint *c, memory *m, int env,
                int step) {
  slab_act(outside, env, 77, step);
  const hft_layout *layout = hft_pool_actions_layout(inside);
  for (int a = 0; a < layout->count; a++) {
    const char *role = strchr(layout->array[a].name, '/') + 1;
    memcpy(action_row(inside, role, env), action_row(outside, role, env),
           layout->array[a].row_bytes);
  }
  for (int t = 0; t < 2; t++) {
    const char *role = twins[t].role;
    int k = twins[t].outside;
    const hft_group *group = group_of(outside, role);
    const float *obs = result_row(outside, "obs", role, env);
    const uint8_t *mask = group->mask_dim > 0 ? result_row(outside, "mask", role, env) : NULL;
    char *action = action_row(outside, role, env);
    hft_actor_act(hft_checkpoint_actor_of(c, role, k), m->state[env][t], obs + k * group->obs_dim,
                  mask != NULL ? mask + k * group->mask_dim : NULL, NULL,
                  action + 4 * k * group->action_dim);
  }
}

static void compare(const rules *r, const hft_pool *outside, const hft_pool *inside, int env,
                    int step) {
  static const char *const same[] = {"state", "truncated", "ended"};
  for (int i = 0; i < 3; i++) {
    if (memcmp(slab_row(outside, same[i], env), slab_row(inside, same[i], env),
               slab_row_bytes(inside, same[i])) != 0) {
      fail_msg("%s: %s of env %d differs in step %d", r->name, same[i], env, step);
    }
  }
  for (int t = 0; t < 2; t++) {
    const float *one = result_row(outside, "reward", twins[t].role, env);
    const float *other = result_row(inside, "policy_reward", twins[t].role, env);
    assert_memory_equal(one + twins[t].outside, other, sizeof *other);
  }
}

static void check_twins(const rules *r, const checkpoint_kind *kind, hft_autoreset autoreset,
                        int threads, const char *path) {
  char seats[1000];
  hft_env_model *models[2] = {market_of(r, "", OUTSIDE, NULL), NULL};
  checkpoints_write(path, hft_env_model_spec(models[0]), kind, "");
  snprintf(seats, sizeof seats, INSIDE, path, path);
  models[1] = market_of(r, "", seats, NULL);
  hft_checkpoint *c;
  assert_int_equal(hft_checkpoint_open(path, &c, NULL), HFT_OK);
  hft_pool *pool[2];
  for (int p = 0; p < 2; p++) {
    const hft_pool_config config = {
        .env_count = ENVS, .thread_count = p == 0 ? 1 : threads, .seed = 5, .autoreset = autoreset};
    pool[p] = slab_make(models[p], &config);
    hft_pool_reset(pool[p], NULL, NULL);
  }
  memory *m = calloc(1, sizeof *m);
  bool over[ENVS] = {false};
  for (int step = 0; step < STEPS; step++) {
    for (int env = 0; env < ENVS; env++) act(pool[0], pool[1], c, m, env, step);
    hft_pool_step(pool[0]);
    hft_pool_step(pool[1]);
    for (int env = 0; env < ENVS; env++) {
      compare(r, pool[0], pool[1], env, step);
      bool ended = slab_ended(pool[0], env);
      bool begins = autoreset == HFT_AUTORESET_SAME_STEP ? ended : over[env] && !ended;
      over[env] = ended;
      if (begins) memset(m->state[env], 0, sizeof m->state[env]);
    }
  }
  free(m);
  hft_checkpoint_close(c);
  for (int p = 0; p < 2; p++) {
    hft_pool_free(pool[p]);
    hft_env_model_free(models[p]);
  }
}

static void test_a_checkpoint_acts_as_a_learner_would(void **context) {
  const char *path = path_in(*context, "a.h5");
  for (int i = 0; i < RULES; i++) {
    for (int autoreset = 0; autoreset < HFT_AUTORESET_COUNT; autoreset++) {
      check_twins(&table[i], &kinds[(i + autoreset) % KINDS], (hft_autoreset)autoreset,
                  1 + (i + autoreset) % 3, path);
    }
  }
}

// ---- saves, forks, reseats ---------------------------------------------------------------------

// A save and a fork remember what the seats remember; with exploration, the stream of the seat too.
static void test_saves_and_forks_go_on(void **context) {
  const char *path = path_in(*context, "a.h5");
  for (int k = 0; k < 2 * KINDS; k++) {
    const rules *r = &table[k % RULES];
    char seats[1500];
    hft_env_model *outside = market_of(r, "", OUTSIDE, NULL);
    checkpoints_write(path, hft_env_model_spec(outside), &kinds[k % KINDS], "");
    snprintf(seats, sizeof seats,
             "{kind: maker, count: 3, controller: policy, params: {checkpoint: %s, explore: %s}}, "
             "{kind: executor}, {kind: taker}",
             path, k % 2 == 0 ? "true" : "false");
    hft_env_model *model = market_of(r, "", seats, NULL);
    hft_pool *pool = slab_open(model, ENVS, 2, 9);
    hft_pool_reset(pool, NULL, NULL);
    for (int step = 0; step < 7; step++) slab_step(pool, 9, step);
    size_t size = hft_pool_env_bytes(pool);
    char *save = malloc(size);
    assert_int_equal(hft_pool_save(pool, 0, save, size, NULL), HFT_OK);
    const int32_t to = 1;
    assert_int_equal(hft_pool_fork(pool, 0, &to, 1, NULL), HFT_OK);
    assert_int_equal(hft_pool_load(pool, 2, save, size, NULL), HFT_OK);
    for (int step = 7; step < 30; step++) {
      for (int env = 0; env < ENVS; env++) slab_act(pool, env, 9 - (uint64_t)env, step);
      hft_pool_step(pool);
      assert_true(slab_rows_hash(pool, 0) == slab_rows_hash(pool, 1));
      assert_true(slab_rows_hash(pool, 0) == slab_rows_hash(pool, 2));
    }
    // Another content under the same name is another config: its saves are not loaded.
    checkpoint_kind other = kinds[k % KINDS];
    other.seed += 100;
    checkpoints_write(path, hft_env_model_spec(outside), &other, "");
    hft_env_model *later = market_of(r, "", seats, NULL);
    assert_true(hft_env_model_digest(later) != hft_env_model_digest(model));
    hft_pool *next = slab_open(later, 1, 1, 9);
    hft_pool_reset(next, NULL, NULL);
    assert_int_equal(hft_pool_load(next, 0, save, size, NULL), HFT_EDATA);
    free(save);
    hft_pool_free(next);
    hft_pool_free(pool);
    hft_env_model_free(later);
    hft_env_model_free(model);
    hft_env_model_free(outside);
  }
}

static void test_reseats_and_variants(void **context) {
  const char *path = path_in(*context, "a.h5");
  const rules *r = &table[0];
  char seats[1500];
  hft_env_model *base = market_of(r, ", reseat: true", OUTSIDE, NULL);
  checkpoints_write(path, hft_env_model_spec(base), &kinds[1], "");
  snprintf(seats, sizeof seats, INSIDE, path, path);
  hft_env_model *given = market_of(r, ", reseat: true", seats, base);
  assert_int_equal(hft_env_seat_control(given, 2), HFT_CONTROL_POLICY);
  hft_env_model_free(given);
  hft_env_model_free(base);

  // All variants share the file that was read once: what they take does not grow with it.
  char yaml[4000], more[200];
  for (int randomised = 0; randomised < 2; randomised++) {
    print(yaml, sizeof yaml, r, randomised ? ", variants: 16" : "", seats);
    snprintf(
        more, sizeof more,
        "randomise: [{kind: uniform, key: market_config.volatility, low: 0.01, high: 0.02}]\n");
    if (randomised) strcat(yaml, more);
    hft_env_model *model;
    hft_error error = {0};
    if (checkpoints_make(yaml, NULL, &model, &error) != HFT_OK) fail_msg("%s", error.text);
    assert_int_equal(hft_env_model_variant_count(model), randomised ? 16 : 0);
    hft_pool *pool = slab_open(model, ENVS, 2, 9);
    hft_pool_reset(pool, NULL, NULL);
    for (int step = 0; step < 30; step++) slab_step(pool, 9, step);
    hft_pool_free(pool);
    hft_env_model_free(model);
  }
}

// ---- what does not fit -------------------------------------------------------------------------

static void expect_refused(const char *seats, const char *more, const char *words) {
  char yaml[4000];
  print(yaml, sizeof yaml, &table[0], more, seats);
  hft_env_model *model;
  hft_error error = {0};
  hft_status status = checkpoints_make(yaml, NULL, &model, &error);
  if (status == HFT_OK || strstr(error.text, words) == NULL) {
    fail_msg("expected '%s': %d: %s: %s", words, status, error.where, error.text);
  }
}

static void test_what_does_not_fit_is_refused(void **context) {
  const char *path = path_in(*context, "a.h5"), *text = path_in(*context, "b.h5");
  hft_env_model *model = market_of(&table[0], "", "{kind: maker, count: 2}", NULL);
  checkpoints_write(path, hft_env_model_spec(model), &kinds[1], "");
  hft_env_model_free(model);
  write_text(text, "no checkpoint\n");
  const struct {
    const char *kind, *params, *more, *words;
  } cases[] = {
      {"maker", "{}", "", "needs a checkpoint"},
      {"maker", "{checkpoint: %s.no}", "", "No such file"},
      {"maker", "{checkpoint: %s, seat: 2}", "", "none for seat 2"},
      {"maker, count: 3", "{checkpoint: %s}", "", "none for seat 2"},
      {"maker", "{checkpoint: %s, explore: 2}", "", "true or false"},
      {"maker", "{checkpiont: %s}", "", "did you mean 'checkpoint'"},
      {"maker", "{checkpoint: %s}", ", depth: 3", ""},
      {"maker", "{checkpoint: %s}", ", action_space: discrete", ""},
      {"maker, sizes: true", "{checkpoint: %s}", "", ""},
      {"taker", "{checkpoint: %s}", "", "acts for the role maker, not for taker"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char params[500], seats[1000];
    snprintf(params, sizeof params, cases[i].params, path);
    snprintf(seats, sizeof seats, "{kind: %s, controller: policy, params: %s}", cases[i].kind,
             params);
    expect_refused(seats, cases[i].more, cases[i].words);
  }
  char seats[1000];
  snprintf(seats, sizeof seats, "{kind: maker, controller: policy, params: {checkpoint: %s}}",
           text);
  expect_refused(seats, "", "not a checkpoint");
}

// A config in a file names its checkpoint relative to itself.
static void test_names_are_relative_to_the_config(void **context) {
  const char *path = path_in(*context, "a.h5"), *config = path_in(*context, "c.yaml");
  hft_env_model *model = market_of(&table[0], "", "{kind: maker}", NULL);
  checkpoints_write(path, hft_env_model_spec(model), &kinds[0], "");
  hft_env_model_free(model);
  char yaml[4000];
  print(yaml, sizeof yaml, &table[0], "",
        "{kind: maker, controller: policy, params: {checkpoint: a.h5}}, {kind: taker}");
  write_text(config, yaml);
  hft_error error = {0};
  if (checkpoints_make_file(config, &model, &error) != HFT_OK) fail_msg("%s", error.text);
  hft_env_model_free(model);
}

// A client that may not choose the files of the program, as that of a server, may not name one.
static void test_a_sealed_config_names_no_checkpoint(void **context) {
  const char *path = path_in(*context, "a.h5");
  hft_env_model *model = market_of(&table[0], "", "{kind: maker}", NULL);
  checkpoints_write(path, hft_env_model_spec(model), &kinds[0], "");
  hft_env_model_free(model);
  char yaml[4000], seats[500];
  snprintf(seats, sizeof seats, "{kind: maker, controller: policy, params: {checkpoint: %s}}",
           path);
  print(yaml, sizeof yaml, &table[0], "", seats);
  hft_error error = {0};
  assert_int_equal(checkpoints_make_sealed(yaml, &model, &error), HFT_ECONFIG);
  assert_non_null(strstr(error.text, "a path is not allowed here"));
  assert_null(model);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(test_a_checkpoint_acts_as_a_learner_would),
      IN_FOLDER(test_saves_and_forks_go_on),
      IN_FOLDER(test_reseats_and_variants),
      IN_FOLDER(test_what_does_not_fit_is_refused),
      IN_FOLDER(test_names_are_relative_to_the_config),
      IN_FOLDER(test_a_sealed_config_names_no_checkpoint),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
