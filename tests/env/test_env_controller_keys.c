// The keys `controller` and `params` of seats: what they may be, what is refused, and what classes
// declare of their keys.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baselines/classes.h"
#include "tests/env/linear.h"

static void refuse(const char *seat, const char *where, const char *text) {
  char yaml[2000];
  snprintf(yaml, sizeof yaml, WORLD_CROWD "seats: [{%s}]\n", seat);
  hft_env_model *model = NULL;
  hft_error error = {0};
  if (linear_make(yaml, &model, &error) != HFT_ECONFIG) fail_msg("%s was not refused", seat);
  if (strstr(error.where, where) == NULL || strstr(error.text, text) == NULL) {
    fail_msg("%s: %s: %s", seat, error.where, error.text);
  }
}

static void test_what_is_refused(void **context) {
  (void)context;
  refuse("kind: maker, controller: twapp", ": seats[0].controller",
         "known are external, twap, vwap, ");
  refuse("kind: maker, controller: noise", ": seats[0].controller", "no controller is called");
  refuse("kind: maker, params: {slices: 3}", ": seats[0].params", "external");
  refuse("kind: maker, controller: linear, params: {gian: 3}", ": seats[0].params.gian",
         "did you mean 'gain'?");
  refuse("kind: maker, controller: linear, params: {gain: 30}", ": seats[0].params.gain",
         "30 out of range");
  refuse("kind: executor}, {kind: maker, controller: linear, params: {gain: 30}",
         ": seats[1].params.gain", "30 out of range");
  refuse("kind: maker, controller: linear, params: {gain: 9.5}", ": seats[0].params",
         "does not fit a maker");
  refuse("kind: executor, controller: twap, params: {quantity: 3}", ": seats[0].params",
         "the seat's own keys");
  refuse("kind: executor, controller: twap, params: {profile: [1, 2]}", ": seats[0].params.profile",
         "no key 'profile'; its keys: side, quantity, ");
  refuse("kind: executor, controller: twap, params: {slices: 99999999999999999999}",
         ": seats[0].params.slices", "99999999999999999999 out of range [1, 100000]");
  refuse("kind: executor, controller: twap, params: {slices: .nan}", ": seats[0].params.slices",
         "'.nan' is not a whole number");
  refuse("kind: executor, controller: twap, params: {start_s: 1e400}", ": seats[0].params.start_s",
         "1e400 out of range");
  // The episode of the default config is from 10 s to 310 s.
  refuse("kind: executor, controller: twap, params: {start_s: 9.9}", ": seats[0].params",
         "start_s: 9.9 s out of range [10, 310)");
  refuse("kind: maker, controller: random, params: {start_s: 310}", ": seats[0].params",
         "start_s: 310 s out of range [10, 310)");
  refuse("kind: executor, controller: twap, params: {horizon_s: 86400}", ": seats[0].params",
         "start_s + horizon_s: trading ends");
  refuse("kind: executor, controller: vwap, params: {profile: [0]}", ": seats[0].params",
         "profile: the weights sum to 0");
  refuse("kind: executor, controller: twap, params: 3", "test:", "a map such as");
  refuse("kind: executor, controller: twap, params: {a: {b: 1}}",
         "test:", "single values or lists");
  refuse("kind: executor, controller: twap, params: {a: 'x, y: 1'}", "test:", "marks up");
}

// A printed config is the config.
static void test_params_are_printed_as_they_are_read(void **context) {
  (void)context;
  static const char yaml[] =
      "seats: [{kind: executor, controller: vwap, params: { profile: [1,2.5 ,  3], slices : 4}}]\n";
  hft_config *config = hft_config_create(&linear_catalog.schema);
  assert_int_equal(hft_config_merge(config, yaml, strlen(yaml), "test", NULL), HFT_OK);
  char *text = hft_config_print(config, 0);
  assert_non_null(strstr(text, "    params: {profile: [1, 2.5, 3], slices: 4}\n"));
  hft_config *again = hft_config_create(&linear_catalog.schema);
  assert_int_equal(hft_config_merge(again, text, strlen(text), "test", NULL), HFT_OK);
  char *other = hft_config_print(again, 1);
  assert_int_equal(hft_config_merge(config, other, strlen(other), "test", NULL), HFT_OK);
  char *third = hft_config_print(config, 0);
  assert_string_equal(third, text);
  assert_int_equal(hft_config_set(config, "seats.executor.params={slices: 9,profile: [2]}", NULL),
                   HFT_OK);
  free(third);
  third = hft_config_print(config, 0);
  assert_non_null(strstr(third, "params: {slices: 9, profile: [2]}\n"));
  assert_int_equal(hft_config_set(config, "seats.executor.params.slices=7", NULL), HFT_OK);
  assert_int_equal(hft_config_set(config, "seats.0.params.profile=[2, 3]", NULL), HFT_OK);
  free(third);
  third = hft_config_print(config, 0);
  assert_non_null(strstr(third, "params: {profile: [2, 3], slices: 7}\n"));
  assert_int_equal(hft_config_set(config, "seats.0.params.profile=2, slices: 3", NULL),
                   HFT_ECONFIG);
  assert_int_equal(hft_config_set(config, "seats.0.params.a.b=2", NULL), HFT_ECONFIG);
  assert_int_equal(hft_config_set(config, "seats.0.count.b=2", NULL), HFT_ECONFIG);
  free(text), free(other), free(third);
  hft_config_free(config);
  hft_config_free(again);
}

// A key that the market or the env reads is declared where it stands.
static void check_declared(const hft_agent_class *c, const char *name, hft_param at) {
  const hft_key *key = hft_section_find(c->section, name);
  if ((key != NULL) != at.exists) fail_msg("%s: %s", c->section->name, name);
  if (key != NULL) assert_int_equal(key->offset, at.offset);
}

static void test_classes_declare_their_keys(void **context) {
  (void)context;
  for (int i = 0; i < hft_catalog_class_count; i++) {
    const hft_agent_class *c = hft_catalog_classes[i];
    if (c->policy != NULL) continue;  // the market reads no key of a policy
    check_declared(c, "latency_us", c->key.latency_us);
    check_declared(c, "instrument", c->key.instrument);
    if (i < hft_catalog_class_count - hft_baseline_class_count) {
      if (c->open_orders_max == 0 && c->measure == NULL) {
        check_declared(c, "open_orders_max", c->key.open_orders_max);
      }
      continue;
    }
    check_declared(c, "start_s", c->key.start_s);
    check_declared(c, "horizon_s", c->key.horizon_s);
    check_declared(c, "side", c->key.side);
    check_declared(c, "quantity", c->key.quantity);
  }
}

int main(void) {
  linear_init();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_is_refused),
      cmocka_unit_test(test_params_are_printed_as_they_are_read),
      cmocka_unit_test(test_classes_declare_their_keys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
