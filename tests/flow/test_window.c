// The price window against the moves of the fundamental value: which markets are refused, that the
// values suggested by the error are accepted, and that accepted markets keep both sides quoted.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/market_world.h"

#define CROWD "populations: [{kind: noise}, {kind: value}, {kind: maker}]\n"

static hft_status check(const char *yaml, const char *more, hft_error *error) {
  hft_config *config = world_config(yaml);
  if (more != NULL) assert_int_equal(hft_config_set(config, more, NULL), HFT_OK);
  hft_model *model = world_model(config, NULL, 0);
  *error = (hft_error){0};
  hft_status status = hft_model_check_window(model, hft_model_instrument(model)->duration, error);
  hft_model_free(model);
  hft_config_free(config);
  return status;
}

// "market_config.key=value" from "... key: value, ..." in the error; false: the error has no value.
static bool suggested(const hft_error *error, const char *key, char *set, size_t size) {
  char name[64];
  snprintf(name, sizeof name, "%s: ", key);
  const char *found = strstr(error->text, name);
  if (found == NULL) return false;
  found += strlen(name);
  snprintf(set, size, "market_config.%s=%.*s", key, (int)strcspn(found, ","), found);
  return true;
}

static void check_refused(const char *market, bool has_window, bool has_tick) {
  char yaml[512], set[128];
  snprintf(yaml, sizeof yaml, "market_config: {%s}\n" CROWD, market);
  hft_error error, again;
  if (check(yaml, NULL, &error) != HFT_ECONFIG) fail_msg("%s is not refused", market);
  assert_string_equal(error.where, "market_config.window_ticks");
  if (suggested(&error, "window_ticks", set, sizeof set) != has_window) fail_msg("%s", error.text);
  if (has_window) {
    if (check(yaml, set, &again) != HFT_OK) fail_msg("%s: %s", set, again.text);
    long ticks = strtol(strchr(set, '=') + 1, NULL, 10);
    snprintf(set, sizeof set, "market_config.window_ticks=%ld", ticks - 2);
    assert_int_equal(check(yaml, set, &again), HFT_ECONFIG);
  }
  if (suggested(&error, "tick_size", set, sizeof set) != has_tick) fail_msg("%s", error.text);
  if (has_tick && check(yaml, set, &again) != HFT_OK) fail_msg("%s: %s", set, again.text);
}

static void windows_that_are_too_narrow_are_refused(void **unused) {
  (void)unused;
  const char *kinds[] = {"ou", "jump", "ou_jump", "geometric", "brownian", "jump, jump_law: kou"};
  const char *scales[] = {"tick_size: 0.0005", "tick_size: 0.0001", "initial_price: 2000",
                          "window_ticks: 1024", "initial_price: 25000, duration_s: 600"};
  for (int k = 0; k < 6; k++) {
    for (int i = 0; i < 5; i++) {
      char market[256];
      snprintf(market, sizeof market, "fundamental: %s, %s", kinds[k], scales[i]);
      check_refused(market, true, true);
    }
  }
  check_refused("initial_price: 60000", false, true);  // more than the largest window
  check_refused("window_ticks: 64", true, false);      // less than the traders' own distances
  check_refused("fundamental: jump, jump_rate: 2000, volatility: 0.05", true, true);
}

static void other_windows_are_not(void **unused) {
  (void)unused;
  const char *good[] = {
      "market_config: {fundamental: constant, window_ticks: 64}\n" CROWD,
      "market_config: {volatility: 0, window_ticks: 256}\n" CROWD,
      "market_config: {tick_size: 0.001, duration_s: 600}\n" CROWD,
      "market_config: {tick_size: 0.0001, mean_reversion_speed: 10}\n" CROWD,
      "market_config: {initial_price: 0.1}\n" CROWD,
      // Nobody follows the value.
      "market_config: {tick_size: 0.0001, window_ticks: 64}\npopulations: [{kind: noise}]\n",
      "market_config: {tick_size: 0.0001, window_ticks: 64}\n"
      "populations: [{kind: noise}, {kind: maker, fundamental_weight: 0}, {kind: momentum}]\n",
      "market_config: {fundamental: brownian, volatility: 10, window_ticks: 64}\n",
  };
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    hft_error error;
    if (check(good[i], NULL, &error) != HFT_OK) fail_msg("%s: %s", good[i], error.text);
  }
}

static void a_value_that_could_fall_below_all_prices_is_refused(void **unused) {
  (void)unused;
  hft_error error;
  const char *yaml = "market_config: {volatility: 0.5, window_ticks: 1048576}\n" CROWD;
  assert_int_equal(check(yaml, NULL, &error), HFT_ECONFIG);
  assert_string_equal(error.where, "market_config.volatility");
  assert_int_equal(check(yaml, "market_config.fundamental=geometric", &error), HFT_OK);
  assert_int_equal(check(yaml, "market_config.duration_s=60", &error), HFT_OK);
}

// Of looks each second: at how many a side was empty.
static int one_sided(const world *w, int seconds, int64_t *refusals) {
  int count = 0;
  for (int t = 1; t <= seconds; t++) {
    hft_market_run(w->model, w->market, t * HFT_SECOND, NULL);
    const hft_book *book = hft_market_book(w->model, w->market, 0);
    count += hft_book_best_price(book, HFT_BID) == 0 || hft_book_best_price(book, HFT_ASK) == 0;
  }
  *refusals += hft_market_window_refusals(w->market, 0);
  return count;
}

static void a_window_that_is_accepted_keeps_both_sides(void **unused) {
  (void)unused;
  const char *kinds[] = {"ou", "jump, jump_rate: 500", "brownian"};
  for (int k = 0; k < 3; k++) {
    int sides[2] = {0};
    int64_t refusals[2] = {0};
    for (int narrow = 0; narrow < 2; narrow++) {
      char yaml[512], set[128];
      snprintf(yaml, sizeof yaml,
               "market_config: {fundamental: %s, tick_size: 0.0005, duration_s: 300}\n" CROWD,
               kinds[k]);
      hft_error error;
      assert_int_equal(check(yaml, "market_config.window_ticks=256", &error), HFT_ECONFIG);
      assert_true(suggested(&error, "window_ticks", set, sizeof set));
      if (narrow) strcpy(set, "market_config.window_ticks=256");
      hft_config *config = world_config(yaml);
      assert_int_equal(hft_config_set(config, set, NULL), HFT_OK);
      world w = {.config = config, .model = world_model(config, NULL, 0)};
      w.market = create_market(w.model);
      for (uint64_t seed = 0; seed < 5; seed++) {
        hft_market_reset(w.model, w.market, seed, 0, NULL);
        sides[narrow] += one_sided(&w, 300, &refusals[narrow]);
      }
      world_free(&w);
    }
    print_message("%s: empty %d, refused %lld; in a narrow window %d, %lld\n", kinds[k], sides[0],
                  (long long)refusals[0], sides[1], (long long)refusals[1]);
    assert_int_equal(refusals[0], 0);
    assert_true(sides[0] < 15);  // 1%
    assert_true(refusals[1] > 100 && sides[1] > 150);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(windows_that_are_too_narrow_are_refused),
      cmocka_unit_test(other_windows_are_not),
      cmocka_unit_test(a_value_that_could_fall_below_all_prices_is_refused),
      cmocka_unit_test(a_window_that_is_accepted_keeps_both_sides),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
