// Overrides in the C API: a handle with an override runs as one whose config has the value.
#include <string.h>

#include "tests/lib/world.h"

#define SEED 4
#define STEPS 60
#define VOLATILITY "market_config.volatility"

static const char *const keys[] = {VOLATILITY, "seats[0].quote_qty"};

static void compare(hftsim *a, hftsim *b) {
  size_t bytes, other;
  const void *x = hftsim_slab(a, HFTSIM_RESULTS, &bytes),
             *y = hftsim_slab(b, HFTSIM_RESULTS, &other);
  assert_int_equal(bytes, other);
  assert_memory_equal(x, y, bytes);
}

static void run_both(hftsim *a, hftsim *b) {
  expect(a, hftsim_reset_seed(a, SEED, NULL), HFTSIM_OK, NULL);
  expect(b, hftsim_reset_seed(b, SEED, NULL), HFTSIM_OK, NULL);
  compare(a, b);
  for (int step = 0; step < STEPS; step++) {
    world_step(a, 1, step);
    world_step(b, 1, step);
    compare(a, b);
  }
}

static void an_override_is_the_key(void **state) {
  (void)state;
  // A larger volatility would have another scale of observations where it is set at the start.
  const char *const values[] = {"0.012", "17"};
  hftsim *sim = world_start(3, 2, SEED), *plain = world_start(3, 1, SEED), *set = world_create();
  for (int i = 0; i < 2; i++) {
    expect(set, hftsim_set(set, i == 0 ? keys[0] : "seats.0.quote_qty", values[i]), HFTSIM_OK,
           NULL);
  }
  expect(set, hftsim_start(set, 3, 1, SEED), HFTSIM_OK, NULL);
  expect(sim, hftsim_override(sim, keys, values, 2, NULL), HFTSIM_OK, NULL);
  run_both(sim, set);
  expect(sim, hftsim_override(sim, NULL, NULL, 0, NULL), HFTSIM_OK, NULL);
  run_both(sim, plain);
  hftsim_free(sim);
  hftsim_free(plain);
  hftsim_free(set);
}

static void wrong_calls(void **state) {
  (void)state;
  const char *const none[] = {NULL, NULL};
  const char *const values[] = {"0.09", "17"};
  const char *const unknown[] = {"market_config.volatilty"}, *const shape[] = {"seats[0].count"};
  hftsim *sim = world_create();
  expect(sim, hftsim_override(NULL, keys, values, 2, NULL), HFTSIM_BAD_ARGUMENT, NULL);
  expect(sim, hftsim_override(sim, keys, values, 2, NULL), HFTSIM_BAD_ARGUMENT, "hftsim_start");
  expect(sim, hftsim_start(sim, 2, 1, SEED), HFTSIM_OK, NULL);
  expect(sim, hftsim_override(sim, NULL, values, 2, NULL), HFTSIM_BAD_ARGUMENT, "keys");
  expect(sim, hftsim_override(sim, keys, NULL, 2, NULL), HFTSIM_BAD_ARGUMENT, "values");
  expect(sim, hftsim_override(sim, none, values, 2, NULL), HFTSIM_BAD_ARGUMENT, "keys");
  expect(sim, hftsim_override(sim, keys, none, 2, NULL), HFTSIM_BAD_ARGUMENT, VOLATILITY);
  expect(sim, hftsim_override(sim, keys, values, -1, NULL), HFTSIM_BAD_ARGUMENT, "count");
  expect(sim, hftsim_override(sim, keys, values, HFTSIM_OVERRIDES_MAX + 1, NULL),
         HFTSIM_BAD_ARGUMENT, "count");
  expect(sim, hftsim_override(sim, unknown, values, 1, NULL), HFTSIM_CONFIG, unknown[0]);
  expect(sim, hftsim_override(sim, shape, values, 1, NULL), HFTSIM_CONFIG, NULL);
  expect(sim, hftsim_override(sim, keys, (const char *const[]){"99", "17"}, 2, NULL), HFTSIM_CONFIG,
         VOLATILITY);
  // Nothing has changed.
  hftsim *plain = world_start(2, 1, SEED);
  run_both(sim, plain);
  const int32_t env = 1;
  expect(sim, hftsim_send(sim, &env, 1), HFTSIM_OK, NULL);
  expect(sim, hftsim_override(sim, keys, values, 2, NULL), HFTSIM_BAD_ARGUMENT, "env");
  expect(sim, hftsim_override(sim, keys, values, 2, (const uint8_t[]){1, 0}), HFTSIM_OK, NULL);
  hftsim_free(sim);
  hftsim_free(plain);
}

static void drawn_keys_have_names(void **state) {
  (void)state;
  static const char list[] =
      "env_config: {variants: 4}\n"
      "randomise: [{kind: uniform, key: market_config.volatility, low: 0.01, high: 0.02}]\n";
  hftsim *sim = world_create();
  expect(sim, hftsim_load_text(sim, list, strlen(list), NULL), HFTSIM_OK, NULL);
  expect(sim, hftsim_start(sim, 2, 1, SEED), HFTSIM_OK, NULL);
  expect(sim, hftsim_reset(sim, NULL), HFTSIM_OK, NULL);
  int array = hftsim_array_find(sim, "drawn");
  assert_int_equal(hftsim_array_dim(sim, array, 0), 2);
  assert_int_equal(hftsim_array_dim(sim, array, 1), 1);
  assert_string_equal(hftsim_index_name(sim, array, 0), VOLATILITY);
  assert_near(hftsim_index_low(sim, array, 0), 0.01, 1e-9);
  assert_near(hftsim_index_high(sim, array, 0), 0.02, 1e-9);
  const float *drawn = hftsim_array_data(sim, array);
  for (int i = 0; i < 2; i++) assert_true(drawn[i] >= 0.01F && drawn[i] <= 0.02F);
  assert_true(hftsim_array_find(sim, "final_drawn") >= 0);
  hftsim_free(sim);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_override_is_the_key),
      cmocka_unit_test(wrong_calls),
      cmocka_unit_test(drawn_keys_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
