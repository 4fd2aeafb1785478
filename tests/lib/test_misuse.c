// Misuse of the C API: an error with reason and place, no change, no crash.
#include <math.h>
#include <string.h>

#include "tests/lib/world.h"

static void test_null_handle(void **context) {
  (void)context;
  size_t bytes = 1;
  hftsim_free(NULL);
  assert_int_equal(hftsim_load(NULL, "default"), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_load_text(NULL, "", 0, NULL), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_set(NULL, "a", "b"), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_start(NULL, 1, 1, 0), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_start_unseeded(NULL, 1, 1), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_seed(NULL, NULL), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_reset(NULL, NULL), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_reset_seed(NULL, 0, NULL), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_reset_seeds(NULL, NULL, NULL), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_step(NULL), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_set_autoreset(NULL, HFTSIM_MANUAL), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_send(NULL, NULL, 0), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_recv(NULL, NULL, 1, 1), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_save_env(NULL, 0, NULL, 0), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_load_env(NULL, 0, NULL, 0), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_check_save(NULL, NULL, 0), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_fork_env(NULL, 0, &(int32_t){0}, 1), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_render(NULL, 0, 1, NULL, NULL), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_render_json(NULL, 0, 1, NULL, NULL), HFTSIM_BAD_ARGUMENT);
  assert_int_equal(hftsim_under_way_count(NULL), 0);
  assert_int_equal(hftsim_env_bytes(NULL), 0);
  assert_int_equal(hftsim_array_count(NULL), 0);
  assert_int_equal(hftsim_array_find(NULL, "state"), -1);
  assert_int_equal(hftsim_ended_count(NULL), 0);
  assert_null(hftsim_config(NULL));
  assert_null(hftsim_spec(NULL, &bytes));
  assert_int_equal(bytes, 0);
  assert_null(hftsim_spec_hash(NULL));
  assert_null(hftsim_slab(NULL, HFTSIM_RESULTS, &bytes));
  assert_string_equal(hftsim_error_text(NULL), "");
  assert_string_equal(hftsim_error_where(NULL), "");
}

static void test_null_arguments(void **context) {
  (void)context;
  hftsim *sim = world_create();
  expect(sim, hftsim_load(sim, NULL), HFTSIM_BAD_ARGUMENT, "preset_or_file");
  expect(sim, hftsim_load_text(sim, NULL, 3, NULL), HFTSIM_BAD_ARGUMENT, "yaml");
  expect(sim, hftsim_set(sim, NULL, "1"), HFTSIM_BAD_ARGUMENT, "key");
  expect(sim, hftsim_set(sim, "env_config.depth", NULL), HFTSIM_BAD_ARGUMENT, "env_config.depth");
  expect(sim, hftsim_start(sim, 1, 1, 0), HFTSIM_OK, NULL);
  assert_int_equal(hftsim_array_find(sim, NULL), -1);
  assert_int_equal(hftsim_index_find(sim, 0, NULL), -1);
  assert_non_null(hftsim_slab(sim, HFTSIM_ACTIONS, NULL));
  assert_non_null(hftsim_spec(sim, NULL));
  hftsim_free(sim);
}

static void test_indices_out_of_range(void **context) {
  (void)context;
  hftsim *sim = world_start(1, 1, 0);
  const int wrong[] = {-1, hftsim_array_count(sim), 1 << 30, -(1 << 30)};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_null(hftsim_array_name(sim, wrong[i]));
    assert_null(hftsim_array_data(sim, wrong[i]));
    assert_int_equal(hftsim_array_type(sim, wrong[i]), -1);
    assert_int_equal(hftsim_array_slab(sim, wrong[i]), -1);
    assert_int_equal(hftsim_array_dim_count(sim, wrong[i]), 0);
    assert_int_equal(hftsim_array_dim(sim, wrong[i], 0), 0);
    assert_null(hftsim_index_name(sim, wrong[i], 0));
    assert_int_equal(hftsim_index_find(sim, wrong[i], "spread"), -1);
    assert_null(hftsim_slab(sim, wrong[i], NULL));
  }
  assert_int_equal(hftsim_array_dim(sim, 0, -1), 0);
  hftsim_free(sim);
}

static void test_configs(void **context) {
  (void)context;
  hftsim *sim = world_create();
  expect(sim, hftsim_load(sim, "market_makin"), HFTSIM_CONFIG, "market_makin");
  assert_non_null(strstr(hftsim_error_text(sim), "market_making"));  // the nearest
  expect(sim, hftsim_load(sim, "no/such.yaml"), HFTSIM_CONFIG, "no/such.yaml");
  const char wrong[] = "market_config:\n  decision_ms: 100\n  volatilty: 3\n";
  expect(sim, hftsim_load_text(sim, wrong, strlen(wrong), "my.yaml"), HFTSIM_CONFIG, "my.yaml:3");
  assert_non_null(strstr(hftsim_error_text(sim), "volatility"));
  expect(sim, hftsim_load_text(sim, wrong, strlen(wrong), NULL), HFTSIM_CONFIG, "config:3");
  expect(sim, hftsim_set(sim, "market_config.decision_ms", "soon"), HFTSIM_CONFIG, "decision_ms");
  assert_non_null(strstr(hftsim_config(sim), "decision_ms: 200"));  // as it was
  hftsim_free(sim);
}

static void test_a_refused_start_can_be_corrected(void **context) {
  (void)context;
  hftsim *sim = world_create();
  expect(sim, hftsim_start(sim, 0, 1, 0), HFTSIM_BAD_ARGUMENT, "num_envs");
  expect(sim, hftsim_start(sim, -1, 1, 0), HFTSIM_BAD_ARGUMENT, "num_envs");
  expect(sim, hftsim_start(sim, 1, -1, 0), HFTSIM_BAD_ARGUMENT, "threads");
  expect(sim, hftsim_start(sim, 1, 1 << 20, 0), HFTSIM_BAD_ARGUMENT, "threads");
  expect(sim, hftsim_set(sim, "seats", "[]"), HFTSIM_CONFIG, "seats");
  const char empty[] = "seats: []";
  expect(sim, hftsim_load_text(sim, empty, strlen(empty), NULL), HFTSIM_OK, NULL);
  expect(sim, hftsim_start(sim, 1, 1, 0), HFTSIM_CONFIG, "seats");
  assert_int_equal(hftsim_array_count(sim), 0);
  expect(sim, hftsim_load_text(sim, world_config, strlen(world_config), NULL), HFTSIM_OK, NULL);
  expect(sim, hftsim_start(sim, 1, 1, 0), HFTSIM_OK, NULL);
  expect(sim, hftsim_reset(sim, NULL), HFTSIM_OK, NULL);
  hftsim_free(sim);
}

static void test_order_of_calls(void **context) {
  (void)context;
  hftsim *sim = world_create();
  assert_int_equal(hftsim_array_count(sim), 0);
  assert_null(hftsim_slab(sim, HFTSIM_ACTIONS, NULL));
  assert_null(hftsim_spec(sim, NULL));
  expect(sim, hftsim_reset(sim, NULL), HFTSIM_BAD_ARGUMENT, "hftsim_start");
  expect(sim, hftsim_step(sim), HFTSIM_BAD_ARGUMENT, "hftsim_start");
  expect(sim, hftsim_start(sim, 3, 1, 0), HFTSIM_OK, NULL);
  expect(sim, hftsim_step(sim), HFTSIM_NOT_RESET, "hftsim_step");
  expect(sim, hftsim_reset(sim, (const uint8_t[]){1, 0, 1}), HFTSIM_OK, NULL);
  expect(sim, hftsim_step(sim), HFTSIM_NOT_RESET, "hftsim_step");
  assert_non_null(strstr(hftsim_error_text(sim), "1 of 3"));
  expect(sim, hftsim_reset(sim, (const uint8_t[]){0, 1, 0}), HFTSIM_OK, NULL);
  expect(sim, hftsim_step(sim), HFTSIM_OK, NULL);
  expect(sim, hftsim_start(sim, 3, 1, 0), HFTSIM_BAD_ARGUMENT, "config");
  expect(sim, hftsim_load(sim, "default"), HFTSIM_BAD_ARGUMENT, "config");
  expect(sim, hftsim_set(sim, "env_config.depth", "3"), HFTSIM_BAD_ARGUMENT, "config");
  assert_non_null(hftsim_config(sim));
  hftsim_free(sim);
}

// A refused step leaves no trace: the next one is as if it had not been asked for.
static void test_actions_that_are_no_numbers(void **context) {
  (void)context;
  hftsim *sim = world_start(3, 2, 4), *quiet = world_start(3, 2, 4);
  float *maker = world_array(sim, "action/maker"), *executor = world_array(sim, "action/executor");
  size_t bytes;
  const void *results = hftsim_slab(sim, HFTSIM_RESULTS, &bytes);
  const void *quiet_results = hftsim_slab(quiet, HFTSIM_RESULTS, NULL);
  for (int step = 0; step < 2 * EPISODE_LEN; step++) {
    maker[2 * 8 + 1 * 4 + 0] = NAN;
    expect(sim, hftsim_step(sim), HFTSIM_BAD_ACTION, "action/maker[2, 1, 0]");
    maker[2 * 8 + 1 * 4 + 0] = 0;
    executor[1] = -INFINITY;
    expect(sim, hftsim_step(sim), HFTSIM_BAD_ACTION, "action/executor[0, 0, 1]");
    world_step(sim, 8, step);
    world_step(quiet, 8, step);
    assert_memory_equal(results, quiet_results, bytes);
  }
  hftsim_free(quiet);
  hftsim_free(sim);
}

static void test_statuses(void **context) {
  (void)context;
  assert_string_equal(hftsim_status_name(HFTSIM_OK), "ok");
  assert_string_equal(hftsim_status_name(HFTSIM_BAD_ACTION), "bad_action");
  for (int status = HFTSIM_BAD_FILE; status <= HFTSIM_OK; status++) {
    assert_string_not_equal(hftsim_status_name(status), "unknown");
    assert_string_not_equal(hftsim_status_text(status), "unknown status");
  }
  assert_string_equal(hftsim_status_name(1), "unknown");
  assert_string_equal(hftsim_status_text(HFTSIM_BAD_FILE - 1), "unknown status");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_null_handle),
      cmocka_unit_test(test_null_arguments),
      cmocka_unit_test(test_indices_out_of_range),
      cmocka_unit_test(test_configs),
      cmocka_unit_test(test_a_refused_start_can_be_corrected),
      cmocka_unit_test(test_order_of_calls),
      cmocka_unit_test(test_actions_that_are_no_numbers),
      cmocka_unit_test(test_statuses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
