// Splitting a config's populations into more traders leaves the market unchanged.
#include <stdlib.h>
#include <string.h>

#include "bench/headcount.h"
#include "tests/support/market_world.h"

static const char config_yaml[] =
    "market_config: {duration_s: 100}\n"
    "populations:\n"
    "- {kind: noise, clock: hawkes}\n"
    "- {kind: value, headcount: 4, rate: 1.7}\n"
    "- {kind: monkey}\n"  // has no headcount
    "- {kind: maker}\n"
    "- {kind: momentum}\n"
    "- {kind: metaorder}\n";

static uint64_t digest(const hft_config *config) {
  hft_model *model = world_model(config, NULL, 0);
  hft_market *market = create_market(model);
  hft_market_reset(model, market, 3, 0, NULL);
  hft_market_run(model, market, 100 * HFT_SECOND, NULL);
  uint64_t hash = hft_market_hash(model, market);
  free(market);
  hft_model_free(model);
  return hash;
}

static void the_market_stays_what_it_was(void **state) {
  (void)state;
  hft_config *config = world_config(config_yaml);
  hft_error error = {0};
  uint64_t before = digest(config);
  static const int64_t counts[] = {64, 1 << 20, 2, 1};
  for (int i = 0; i < 4; i++) {
    if (hft_bench_set_headcount(config, counts[i], &error) != HFT_OK) fail_msg("%s", error.text);
    assert_true(digest(config) == before);
    const hft_section *section;
    const void *keys = hft_config_item(config, "populations", 1, &section);
    const hft_key *key = hft_section_find(section, "headcount");
    assert_int_equal(*(const int64_t *)((const char *)keys + key->offset), counts[i]);
  }
  hft_config_free(config);
}

static void rates_keep_their_bounds(void **state) {
  (void)state;
  hft_config *config = world_config("populations: [{kind: value, rate: 0.01}]");
  hft_error error = {0};
  assert_int_equal(hft_bench_set_headcount(config, 1000000000, &error), HFT_ECONFIG);
  assert_non_null(strstr(error.where, "populations.0.rate"));
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_market_stays_what_it_was),
      cmocka_unit_test(rates_keep_their_bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
