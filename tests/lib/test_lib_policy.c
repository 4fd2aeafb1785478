// The policies of the C API: created, run, written, read again, and what they refuse.
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "include/hftsim.h"
#include "include/hftsim_policy.h"
#include "tests/support/check.h"

enum { ROWS = 19, DIM_MAX = 512, AXES_MAX = 64, ERROR_BYTES = 256 };

static const char *const spaces[] = {"box", "mixed", "multi_discrete", "discrete"};
static const char *const densities[] = {"gaussian", "squashed", "beta"};

static hftsim_policy *create(const char *space, const char *density, int gru, uint64_t seed) {
  char config[256], error[ERROR_BYTES] = "x";
  snprintf(config, sizeof config,
           "env_config: {action_space: %s, action_choices: 3, depth: 2, state_depth: 2}\n"
           "seats: [{kind: maker}, {kind: executor, parent_qty: 10}]\n",
           space);
  const hftsim_network network = {.bytes = sizeof network,
                                  .hidden_count = 2,
                                  .hidden = {9, 7},
                                  .gru = gru,
                                  .layer_norm = gru > 0,
                                  .density = density};
  hftsim_policy *policy;
  int status =
      hftsim_policy_create(config, strlen(config), &network, seed, &policy, error, sizeof error);
  if (status != HFTSIM_OK) fail_msg("%s: %s", hftsim_status_name(status), error);
  assert_string_equal(error, "");
  return policy;
}

static hftsim_actor actor_of(const hftsim_policy *policy, int k) {
  hftsim_actor actor = {.bytes = sizeof actor};
  assert_int_equal(hftsim_policy_actor(policy, k, &actor), HFTSIM_OK);
  assert_in_range(actor.obs_dim, 1, DIM_MAX);
  assert_in_range(actor.action_dim, 1, AXES_MAX);
  return actor;
}

// Numbers of the rows, the same in each call.
static void fill(float *values, int count, int from) {
  for (int i = 0; i < count; i++) values[i] = (float)((i * 37 + from * 11) % 41) / 20 - 1;
}

static void act(const hftsim_policy *policy, int k, int rows, const float *obs, float *state,
                const uint64_t *seed, void *action) {
  char error[ERROR_BYTES] = "x";
  assert_int_equal(
      hftsim_policy_act(policy, k, rows, obs, NULL, state, seed, action, error, sizeof error),
      HFTSIM_OK);
  assert_string_equal(error, "");
}

// A batch is its rows one by one, with and without exploring; each row remembers its own past.
static void check_rows(const hftsim_policy *policy, int k) {
  static float obs[ROWS * DIM_MAX], all[ROWS * AXES_MAX], one[AXES_MAX];
  float state[ROWS * 8] = {0}, alone[8] = {0};
  const hftsim_actor a = actor_of(policy, k);
  const uint64_t seed = 5;
  for (int step = 0; step < 3; step++) {
    fill(obs, ROWS * a.obs_dim, step);
    act(policy, k, ROWS, obs, state, NULL, all);
    act(policy, k, 1, obs + 4 * a.obs_dim, alone, NULL, one);
    assert_memory_equal(one, all + 4 * a.action_dim, (size_t)a.action_dim * sizeof one[0]);
    assert_memory_equal(alone, state + 4 * a.state_dim, (size_t)a.state_dim * sizeof alone[0]);
  }
  for (int i = 0; i < a.state_dim; i++) assert_true(alone[i] != 0);
  memcpy(alone, state, sizeof alone);
  act(policy, k, ROWS, obs, state, &seed, all);
  act(policy, k, 1, obs, alone, &seed, one);  // row 0 draws from the same stream
  assert_memory_equal(one, all, (size_t)a.action_dim * sizeof one[0]);
}

// As check_rows of a policy that was written and read again; its tensors are those.
static void check_file(const hftsim_policy *policy) {
  char path[64], error[ERROR_BYTES] = "x";
  snprintf(path, sizeof path, "/tmp/test_lib_policy_%d.h5", (int)getpid());
  assert_int_equal(hftsim_policy_write(policy, path, error, sizeof error), HFTSIM_OK);
  hftsim_policy *read;
  assert_int_equal(hftsim_policy_open(path, &read, error, sizeof error), HFTSIM_OK);
  unlink(path);
  assert_string_equal(error, "");
  assert_string_equal(hftsim_policy_text(read, "config"), hftsim_policy_text(policy, "config"));
  assert_int_equal(hftsim_policy_actor_count(read), 2);
  for (int k = 0; k < 2; k++) {
    const hftsim_actor a = actor_of(policy, k), b = actor_of(read, k);
    assert_string_equal(a.role, b.role);
    assert_string_equal(a.space, b.space);
    assert_int_equal(a.tensor_count, b.tensor_count);
    for (int i = 0; i < a.tensor_count; i++) {
      hftsim_tensor x = {.bytes = sizeof x}, y = {.bytes = sizeof y};
      assert_int_equal(hftsim_policy_tensor(policy, k, i, &x), HFTSIM_OK);
      assert_int_equal(hftsim_policy_tensor(read, k, i, &y), HFTSIM_OK);
      assert_string_equal(x.name, y.name);
      assert_int_equal(x.rows * x.cols, y.rows * y.cols);
      assert_memory_equal(x.values, y.values, (size_t)(x.rows * x.cols) * sizeof(float));
    }
    check_rows(read, k);
  }
  hftsim_policy_close(read);
}

static void test_every_head_and_net(void **context) {
  (void)context;
  for (int s = 0; s < 4; s++) {
    for (int d = 0; d < 3; d++) {
      for (int gru = 0; gru <= 8; gru += 8) {
        hftsim_policy *policy = create(spaces[s], densities[d], gru, 1);
        const hftsim_actor a = actor_of(policy, 1);
        assert_string_equal(a.role, "executor");
        assert_string_equal(a.space, spaces[s]);
        assert_string_equal(a.network.density, densities[d]);
        assert_int_equal(a.state_dim, gru);
        assert_int_equal(a.action_is_float, s < 2);
        int choices = 0;
        for (int i = 0; i < a.action_dim; i++) choices += hftsim_policy_choices(policy, 1, i);
        assert_int_equal(choices, a.mask_dim);
        for (int k = 0; k < 2; k++) check_rows(policy, k);
        check_file(policy);
        hftsim_policy_close(policy);
      }
    }
  }
}

static void test_names_and_numbers_out_of_range(void **context) {
  (void)context;
  hftsim_policy *policy = create("box", "gaussian", 0, 1);
  assert_int_equal(hftsim_policy_find(policy, "executor", -1), 1);
  assert_int_equal(hftsim_policy_find(policy, "executor", 3), 1);  // for all seats
  assert_int_equal(hftsim_policy_find(policy, NULL, -1), 0);
  assert_int_equal(hftsim_policy_find(policy, "taker", -1), -1);
  assert_int_equal(hftsim_policy_find(NULL, NULL, -1), -1);
  assert_int_equal(hftsim_policy_steps(policy), 0);
  assert_string_equal(hftsim_policy_text(policy, "training"), "");
  assert_null(hftsim_policy_text(policy, "other"));
  const hftsim_actor a = actor_of(policy, 0);
  assert_non_null(hftsim_policy_obs_name(policy, 0, a.obs_dim - 1));
  assert_string_equal(hftsim_policy_axis_name(policy, 0, 0), "bid_offset");
  const struct { int actor, index; } odd[] = {{-1, 0}, {2, 0}, {0, -1}, {0, a.obs_dim}};
  for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
    hftsim_tensor tensor = {.bytes = sizeof tensor};
    assert_null(hftsim_policy_obs_name(policy, odd[i].actor, odd[i].index));
    assert_null(hftsim_policy_axis_name(policy, odd[i].actor, odd[i].index));
    assert_int_equal(hftsim_policy_choices(policy, odd[i].actor, odd[i].index), -1);
    assert_int_equal(hftsim_policy_tensor(policy, odd[i].actor, odd[i].index, &tensor),
                     HFTSIM_BAD_ARGUMENT);
  }
  hftsim_actor short_one = {.bytes = 8};
  assert_int_equal(hftsim_policy_actor(policy, 0, &short_one), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_policy_actor(policy, 2, &short_one), HFTSIM_BAD_ARGUMENT);
  hftsim_policy_close(policy);
  hftsim_policy_close(NULL);
}

static void test_the_seed_draws_the_weights(void **context) {
  (void)context;
  hftsim_policy *policy[] = {create("box", "gaussian", 0, 1), create("box", "gaussian", 0, 1),
                             create("box", "gaussian", 0, 2)};
  hftsim_tensor first[3];
  for (int i = 0; i < 3; i++) {
    first[i].bytes = sizeof first[i];
    assert_int_equal(hftsim_policy_tensor(policy[i], 0, 0, &first[i]), HFTSIM_OK);
  }
  size_t bytes = (size_t)(first[0].rows * first[0].cols) * sizeof(float);
  assert_memory_equal(first[0].values, first[1].values, bytes);
  assert_memory_not_equal(first[0].values, first[2].values, bytes);
  for (int i = 0; i < 3; i++) hftsim_policy_close(policy[i]);
}

static void expect(int status, int wanted, const char *error, const char *text) {
  assert_string_equal(hftsim_status_name(status), hftsim_status_name(wanted));
  if (strstr(error, text) == NULL) fail_msg("\"%s\" has no \"%s\"", error, text);
}

static void test_tensors_are_replaced_or_refused(void **context) {
  (void)context;
  hftsim_policy *policy = create("box", "gaussian", 0, 1);
  char error[ERROR_BYTES];
  float bias[4] = {1, 2, 3, 4}, obs[DIM_MAX] = {0}, action[AXES_MAX];
#define SET(...) hftsim_policy_set_tensor(policy, __VA_ARGS__, error, sizeof error)
  hftsim_tensor tensor = {.bytes = sizeof tensor};
  assert_int_equal(hftsim_policy_tensor(policy, 0, 4, &tensor), HFTSIM_OK);
  assert_string_equal(tensor.name, "output.weight");
  float *zero = calloc((size_t)(tensor.rows * tensor.cols), sizeof *zero);
  assert_non_null(zero);
  assert_int_equal(SET(0, "output.weight", zero, tensor.rows * tensor.cols), HFTSIM_OK);
  free(zero);
  assert_int_equal(SET(0, "output.bias", bias, 4), HFTSIM_OK);
  act(policy, 0, 1, obs, NULL, NULL, action);
  assert_memory_equal(action, bias, sizeof bias);
  bias[2] = NAN;
  expect(SET(0, "output.bias", bias, 4), HFTSIM_BAD_ARGUMENT, error,
         "output.bias: number 2 is infinite or NaN");
  expect(SET(0, "output.bias", bias, 3), HFTSIM_BAD_ARGUMENT, error, "has 4 numbers, not 3");
  expect(SET(0, "output.bias", NULL, 4), HFTSIM_BAD_ARGUMENT, error, "values: ");
  expect(SET(0, "other", bias, 4), HFTSIM_BAD_ARGUMENT, error, "other: ");
  expect(SET(0, NULL, bias, 4), HFTSIM_BAD_ARGUMENT, error, "name: ");
  expect(SET(7, "output.bias", bias, 4), HFTSIM_BAD_ARGUMENT, error, "actor: ");
#undef SET
  act(policy, 0, 1, obs, NULL, NULL, action);
  assert_true(action[2] == 3);
  hftsim_policy_close(policy);
}

static void test_acting_refuses(void **context) {
  (void)context;
  hftsim_policy *policy = create("box", "gaussian", 8, 1);
  static float obs[ROWS * DIM_MAX];
  float state[ROWS * 8] = {0}, before[ROWS * 8] = {0}, action[ROWS * AXES_MAX];
  const hftsim_actor a = actor_of(policy, 0);
  char error[ERROR_BYTES];
#define ACT(...) hftsim_policy_act(policy, __VA_ARGS__, error, sizeof error)
  expect(ACT(2, 1, obs, NULL, state, NULL, action), HFTSIM_BAD_ARGUMENT, error, "actor: ");
  expect(ACT(0, -1, obs, NULL, state, NULL, action), HFTSIM_BAD_ARGUMENT, error, "rows: ");
  expect(ACT(0, 1, NULL, NULL, state, NULL, action), HFTSIM_BAD_ARGUMENT, error, "obs: ");
  expect(ACT(0, 1, obs, NULL, NULL, NULL, action), HFTSIM_BAD_ARGUMENT, error, "state: ");
  expect(ACT(0, 1, obs, NULL, state, NULL, NULL), HFTSIM_BAD_ARGUMENT, error, "action: ");
  obs[3 * a.obs_dim + 1] = INFINITY;
  expect(ACT(0, ROWS, obs, NULL, state, NULL, action), HFTSIM_BAD_ARGUMENT, error, "obs[3, 1]: ");
  obs[3 * a.obs_dim + 1] = 0;
  state[9] = NAN;
  expect(ACT(0, ROWS, obs, NULL, state, NULL, action), HFTSIM_BAD_ARGUMENT, error, "state[1, 1]: ");
  state[9] = 0;
  assert_memory_equal(state, before, sizeof state);
  assert_int_equal(ACT(0, 0, NULL, NULL, NULL, NULL, NULL), HFTSIM_OK);
#undef ACT
  hftsim_policy_close(policy);
}

static void test_opening_and_creating_refuse(void **context) {
  (void)context;
  char error[ERROR_BYTES];
  hftsim_policy *policy = NULL;
  expect(hftsim_policy_open("/nothing/here.h5", &policy, error, sizeof error), HFTSIM_BAD_FILE,
         error, "/nothing/here.h5");
  assert_null(policy);
  expect(hftsim_policy_open(NULL, &policy, error, sizeof error), HFTSIM_BAD_ARGUMENT, error,
         "path: ");
  expect(hftsim_policy_open("x", NULL, error, sizeof error), HFTSIM_BAD_ARGUMENT, error, "out: ");
  assert_int_equal(hftsim_policy_open("/nothing", &policy, NULL, 0), HFTSIM_BAD_FILE);
  hftsim_network network = {.bytes = sizeof network};
  const struct {
    const char *config, *text;
  } odd[] = {{"seats: [{kind: nobody}]", "nobody"},
             {"seats: []", "seats: "},
             {"market_config: {volatility: -1}", "volatility"},
             {"{", "config:2: not YAML"}};
  for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
    const char *config = odd[i].config;
    expect(hftsim_policy_create(config, strlen(config), &network, 0, &policy, error, sizeof error),
           HFTSIM_CONFIG, error, odd[i].text);
    assert_null(policy);
  }
  network.hidden_count = 9;
  expect(hftsim_policy_create("", 0, &network, 0, &policy, error, sizeof error),
         HFTSIM_BAD_ARGUMENT, error, "hidden_count: ");
  network.bytes = 3;
  expect(hftsim_policy_create("", 0, &network, 0, &policy, error, sizeof error),
         HFTSIM_BAD_ARGUMENT, error, "bytes: ");
  policy = create("box", "beta", 0, 1);
  expect(hftsim_policy_write(policy, "/nothing/here.h5", error, sizeof error), HFTSIM_BAD_FILE,
         error, "/nothing");
  expect(hftsim_policy_write(NULL, "x", error, sizeof error), HFTSIM_BAD_ARGUMENT, error,
         "policy: ");
  hftsim_policy_close(policy);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_head_and_net),
      cmocka_unit_test(test_names_and_numbers_out_of_range),
      cmocka_unit_test(test_the_seed_draws_the_weights),
      cmocka_unit_test(test_tensors_are_replaced_or_refused),
      cmocka_unit_test(test_acting_refuses),
      cmocka_unit_test(test_opening_and_creating_refuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
