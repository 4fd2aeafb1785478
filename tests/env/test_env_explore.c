// A learner that begins with normal actions of standard deviation 0.3 around 0 quotes within the
// book: in small-tick and large-tick markets, in each way to quote.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "catalog/catalog.h"
#include "tests/support/env_world.h"

#define STEPS 400
#define LEVELS 10

static double uniform(uint64_t *stream) {
  return ((double)(world_draw(stream) >> 11) + 0.5) * 0x1p-53;
}

// Box and Muller 1958.
static double normal(uint64_t *stream) {
  double r = sqrt(-2 * log(uniform(stream)));
  return r * cos(6.283185307179586 * uniform(stream));
}

static bool is_near(const world *w, hft_side side) {
  hft_order_id id;
  hft_order order;
  if (!world_quote(w, 0, side, &id, &order)) return false;
  const hft_book *book = world_book(w);
  hft_walk walk = hft_book_walk_begin(book, side);
  for (int level = 0; level < LEVELS && hft_book_walk(book, side, &walk); level++) {
    if (book->price_min + walk.tick == order.price) return true;
  }
  return false;
}

// The share of steps, in percent, at whose end both quotes are among the ten best levels: those
// that were filled on the way are not.
static double share(const char *preset, const char *overlay) {
  hft_catalog catalog;
  hft_catalog_init(&catalog);
  hft_error error = {0};
  hft_config *config;
  hft_env_model *model = NULL;
  assert_int_equal(hft_catalog_config(&catalog, &config, &error), HFT_OK);
  expect_ok(hft_catalog_merge(config, preset, &error), &error);
  expect_ok(hft_config_merge(config, overlay, strlen(overlay), "overlay", &error), &error);
  expect_ok(
      hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &model, &error),
      &error);
  hft_config_free(config);
  world w = world_of(model);
  world_reset(&w, 1, 0);
  uint64_t stream = 9;
  int near = 0;
  for (int step = 0; step < STEPS; step++) {
    for (int axis = 0; axis < world_group(&w, 0)->axis_count; axis++) {
      world_set(&w, 0, axis, (float)(0.3 * normal(&stream)));
    }
    world_step(&w);
    near += is_near(&w, HFT_BID) && is_near(&w, HFT_ASK);
  }
  world_close(&w);
  return 100.0 * near / STEPS;
}

static void test_exploration_lands_in_the_book(void **context) {
  (void)context;
  static const char *const presets[] = {"default", "large_tick", "classic", "market_making"};
  static const char *const keys[] = {"", "quoting: centre", "sizes: true", "withdraw: false"};
  for (int p = 0; p < 4; p++) {
    for (int k = 0; k < 4; k++) {
      char overlay[512];
      snprintf(overlay, sizeof overlay,
               "market_config: {decision_ms: 100}\nenv_config: {episode_len: 400}\n"
               "risk_config: {max_inventory: 1000000}\nseats: [{kind: maker%s%s}]\n",
               keys[k][0] != '\0' ? ", " : "", keys[k]);
      double percent = share(presets[p], overlay);
      print_message("%-14s %-16s both quotes in the ten best levels: %.1f%% of steps\n", presets[p],
                    keys[k], percent);
      assert_true(percent > 60);
    }
  }
}

// It can fail: ten ticks, and ten spreads, are beyond.
static void test_far_quotes_do_not(void **context) {
  (void)context;
  const char *far =
      "risk_config: {max_inventory: 1000000}\n"
      "seats: [{kind: maker, offset_min: 5, offset_max: 15}]\n";
  assert_true(share("default", far) < 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exploration_lands_in_the_book),
      cmocka_unit_test(test_far_quotes_do_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
