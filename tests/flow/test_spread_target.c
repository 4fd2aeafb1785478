// In the presets whose makers have a target spread, the quoted spread of a whole day is close to
// it.
#include <math.h>
#include <stdlib.h>

#include "sim/env/env.h"
#include "sim/flow/flow.h"
#include "tests/support/market_world.h"

static const hft_agent_class *const classes[] = {
    &hft_noise_class, &hft_value_class, &hft_maker_class, &hft_trend_class, &hft_metaorder_class};
enum { CLASS_COUNT = sizeof classes / sizeof classes[0] };

static test_schema schema;

// The keys of the makers that matter here, by their names.
static double maker_target(const hft_config *config) {
  for (int i = 0; i < hft_config_count(config, "populations"); i++) {
    const hft_section *section;
    const char *item = hft_config_item(config, "populations", i, &section);
    if (section != hft_maker_class.section) continue;
    return *(const double *)(item + hft_section_find(section, "spread_target_bps")->offset);
  }
  fail_msg("there are no makers");
  return 0;
}

// The average over the day of the spread in bps of the mid, looked at every 50 ms. After a jump a
// side may be swept: seldom, and for a moment.
static double day_spread(const hft_model *model, hft_market *m, uint64_t seed) {
  hft_market_reset(model, m, seed, 0, NULL);
  hft_time end = hft_model_instrument(model)->duration;
  double sum = 0;
  int64_t looks = 0, swept = 0;
  for (hft_time now = 50 * HFT_MILLISECOND; now <= end; now += 50 * HFT_MILLISECOND) {
    hft_market_run(model, m, now, NULL);
    double bid = hft_book_best_price(hft_market_book(model, m, 0), HFT_BID);
    double ask = hft_book_best_price(hft_market_book(model, m, 0), HFT_ASK);
    if (bid == 0 || ask == 0) {
      swept++;
      continue;
    }
    assert_true(ask > bid);
    sum += 2e4 * (ask - bid) / (ask + bid);
    looks++;
  }
  assert_true(looks >= 400000);
  assert_true(swept <= looks / 10000);
  return sum / (double)looks;
}

static void expect_target(const char *path) {
  hft_config *config = hft_config_create(test_schema_env(&schema, classes, CLASS_COUNT));
  assert_non_null(config);
  hft_error error = {0};
  hft_model *model = NULL;
  hft_status status = hft_config_merge_file(config, path, &error);
  if (status == HFT_OK) {
    status = hft_model_create(config, classes, CLASS_COUNT, NULL, 0, &model, &error);
  }
  if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  hft_market *m = create_market(model);
  double target = maker_target(config);
  for (uint64_t seed = 0; seed < 3; seed++) {
    double spread = day_spread(model, m, seed);
    print_message("%s, seed %d: %.2f bps, the target is %g\n", path, (int)seed, spread, target);
    assert_true(fabs(spread / target - 1) < 0.15);
  }
  free(m);
  hft_model_free(model);
  hft_config_free(config);
}

static void the_classic_market_keeps_its_target(void **state) {
  (void)state;
  expect_target("configs/classic/classic.yaml");
}

static void the_mean_reverting_market_keeps_its_target(void **state) {
  (void)state;
  expect_target("configs/classic/classic_ou.yaml");
}

static void the_jumping_market_keeps_its_target(void **state) {
  (void)state;
  expect_target("configs/classic/classic_jump.yaml");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_classic_market_keeps_its_target),
      cmocka_unit_test(the_mean_reverting_market_keeps_its_target),
      cmocka_unit_test(the_jumping_market_keeps_its_target),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
