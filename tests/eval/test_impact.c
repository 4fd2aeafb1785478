// The impact of a parent order, against worlds that are run one by one.
#include "eval/impact.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/episode_world.h"

#define POINTS 9
#define LIVE                                            \
  "market_config: {duration_s: 60, decision_ms: 100}\n" \
  "env_config: {warmup_s: 5, episode_len: 200}\n"       \
  "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n"

static const hft_impact_options options = {POINTS, 7 * HFT_SECOND};

static hft_impact_reference measure(const hft_episode_plan *plan, uint64_t seed,
                                    hft_impact_path *path) {
  hft_impact_reference reference;
  hft_market *market = create_market(plan->model);
  assert_int_equal(hft_impact_run_without(plan, &options, market, seed, NULL, &reference), HFT_OK);
  assert_int_equal(hft_impact_run_with(plan, &options, market, seed, NULL, &reference, path),
                   HFT_OK);
  free(market);
  return reference;
}

static bool never(void *context) {
  ++*(int *)context;
  return false;
}

// A world that takes minutes stops in its midst.
static void a_comparison_can_be_stopped(void **unused) {
  (void)unused;
  hft_config *config = world_config(
      "market_config: {duration_s: 7200}\nenv_config: {warmup_s: 3600, episode_len: 20}\n"
      "populations: [{kind: noise, market_rate: 1e6}]\n");
  hft_episode_plan *plan = world_plan(config, "twap", "");
  hft_market *market = create_market(plan->model);
  int asked = 0;
  const hft_episode_progress progress = {.goes_on = never, .context = &asked};
  hft_impact_reference reference = {{0}};
  hft_impact_path path;
  assert_int_equal(hft_impact_run_without(plan, &options, market, 1, &progress, &reference),
                   HFT_EINTR);
  assert_int_equal(asked, 1);
  assert_int_equal(hft_impact_run_with(plan, &options, market, 1, &progress, &reference, &path),
                   HFT_EINTR);
  assert_int_equal(asked, 2);
  free(market);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

// Each point is the difference of two markets that know nothing of each other: one whose strategy
// trades, one whose strategy is do-nothing.
static void impact_is_the_difference_of_two_worlds(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  hft_episode_plan *plan = world_plan(config, "twap", "quantity=400 side=sell style=aggressive");
  hft_episode_plan *idle = world_plan(config, "do-nothing", "");
  hft_market *trading = create_market(plan->model), *resting = create_market(idle->model);
  int moved = 0;
  for (uint64_t seed = 0; seed < 4; seed++) {
    hft_impact_path path;
    measure(plan, seed, &path);
    hft_market_reset(plan->model, trading, seed, 0, NULL);
    hft_market_reset(idle->model, resting, seed, 0, NULL);
    hft_market_run(idle->model, resting, plan->start - 1, NULL);
    double arrival = 0.5 * (double)hft_market_mid2(resting, 0);
    for (int k = 0; k <= POINTS; k++) {
      hft_time time = k == 0 ? plan->start - 1 : plan->start + 3 * k * HFT_SECOND;
      hft_market_run(plan->model, trading, time, NULL);
      hft_market_run(idle->model, resting, time, NULL);
      double apart = (double)(hft_market_mid2(resting, 0) - hft_market_mid2(trading, 0)) / 2;
      assert_near(path.impact_bps[k], apart / arrival * 1e4, 1e-9);
      const hft_account *account = hft_market_account(plan->model, trading, plan->owner, 0);
      assert_int_equal(path.executed[k], -account->position);
      moved += apart != 0;
    }
    assert_near(path.impact_bps[0], 0, 0);
    assert_int_equal(path.executed[0], 0);
    assert_int_equal(path.executed[POINTS], 400);
  }
  assert_true(moved > 10);
  free(resting);
  free(trading);
  hft_episode_plan_free(idle);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

// Behind walls that nothing moves, an order has no impact.
static void a_wall_does_not_move(void **unused) {
  (void)unused;
  hft_config *config = world_config(
      "market_config: {fundamental: constant, duration_s: 60, decision_ms: 100}\n"
      "env_config: {warmup_s: 1, episode_len: 100}\n"
      "populations: [{kind: wall, bid: 9900, ask: 10100, qty: 100000}]\n");
  hft_episode_plan *plan = world_plan(config, "twap", "quantity=1000 style=aggressive");
  hft_impact_path path;
  measure(plan, 3, &path);
  for (int k = 0; k <= POINTS; k++) assert_near(path.impact_bps[k], 0, 0);
  assert_int_equal(path.executed[POINTS], 1000);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

// 10 lots are offered, 40 wanted: at the order's end the other 30 are closed beyond the book, where
// the path goes over it, not at its next point.
static void the_end_closes_what_is_left(void **unused) {
  (void)unused;
  hft_config *config = world_config(
      "market_config: {fundamental: constant, duration_s: 60, decision_ms: 100}\n"
      "env_config: {warmup_s: 1, episode_len: 100}\n"
      "populations: [{kind: wall, qty: 10}]\n");
  hft_episode_plan *plan = world_plan(config, "twap", "quantity=40 slices=4 style=aggressive");
  hft_impact_path path;
  measure(plan, 3, &path);
  static const int executed[] = {0, 10, 10, 10, 10, 10, 40, 40, 40, 40};  // 1.9 s apart
  for (int k = 0; k <= POINTS; k++) assert_int_equal(path.executed[k], executed[k]);
  assert_int_equal(path.closing.unfilled, 30);
  assert_int_equal(path.closing.traded + path.closing.transferred, 0);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

// The marks and the volume are those of two markets that know nothing of each other, with the order
// closed at its end as an episode closes it. The options leave room for the second mark or not, and
// neither coincides with a point.
static void marks_are_at_the_end_and_one_duration_later(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  hft_episode_plan *plan = world_plan(config, "twap", "quantity=900 style=aggressive slices=7");
  hft_episode_plan *idle = world_plan(config, "do-nothing", "");
  hft_market *market = create_market(plan->model), *resting = create_market(idle->model);
  for (uint64_t seed = 0; seed < 3; seed++) {
    hft_market_reset(idle->model, resting, seed, 0, NULL);
    hft_market_run(idle->model, resting, plan->start - 1, NULL);
    double arrival = 0.5 * (double)hft_market_mid2(resting, 0);
    const hft_tape before = *hft_market_tape(resting, 0);
    hft_market_run(idle->model, resting, plan->end, NULL);
    const hft_tape *tape = hft_market_tape(resting, 0);
    int64_t volume = tape->buy_qty + tape->sell_qty - before.buy_qty - before.sell_qty;
    int64_t quiet2[] = {hft_market_mid2(resting, 0), 0};
    hft_market_run(idle->model, resting, 45 * HFT_SECOND, NULL);
    quiet2[1] = hft_market_mid2(resting, 0);
    hft_episode episode;
    hft_episode_course course;
    assert_int_equal(hft_episode_open(&course, plan, market, seed, NULL, NULL, &episode), HFT_OK);
    hft_episode_advance(&course, plan->end);
    int64_t busy2[] = {hft_market_mid2(market, 0), 0};
    hft_episode_advance(&course, 45 * HFT_SECOND);
    busy2[1] = hft_market_mid2(market, 0);
    for (int long_enough = 0; long_enough < 2; long_enough++) {
      const hft_impact_options some = {13, (long_enough ? 21 : 19) * HFT_SECOND};
      hft_impact_reference reference;
      hft_impact_path path;
      assert_int_equal(hft_impact_reaches_later(plan, &some), long_enough);
      hft_impact_run_without(plan, &some, market, seed, NULL, &reference);
      hft_impact_run_with(plan, &some, market, seed, NULL, &reference, &path);
      assert_int_equal(reference.volume, volume);
      assert_true(volume > 0);
      for (int m = 0; m < 1 + long_enough; m++) {
        double apart = 0.5 * (double)(busy2[m] - quiet2[m]);
        assert_near(path.mark_bps[m], apart / arrival * 1e4, 1e-9);
        assert_int_equal(reference.mark2[m], quiet2[m]);
      }
      assert_int_equal(isnan(path.mark_bps[HFT_IMPACT_LATER]), !long_enough);
    }
  }
  free(resting);
  free(market);
  hft_episode_plan_free(idle);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

// The world without the order does not depend on its quantity, side or style.
static void a_world_without_the_order_is_the_same_for_all_orders(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  static const char *const orders[] = {"quantity=1", "quantity=9000 side=sell",
                                       "quantity=500 style=aggressive slices=3"};
  hft_impact_reference reference[3];
  memset(reference, 0, sizeof reference);
  for (int i = 0; i < 3; i++) {
    hft_episode_plan *plan = world_plan(config, "twap", orders[i]);
    hft_impact_path path;
    reference[i] = measure(plan, 11, &path);
    hft_episode_plan_free(plan);
    for (int k = 0; k <= POINTS; k++) {
      assert_int_equal(reference[i].mid2[k], reference[0].mid2[k]);
    }
    assert_int_equal(reference[i].volume, reference[0].volume);
    assert_memory_equal(reference[i].mark2, reference[0].mark2, sizeof reference[0].mark2);
  }
  hft_config_free(config);
}

static void times_are_even(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  hft_episode_plan *plan = world_plan(config, "twap", "");
  assert_int_equal(hft_impact_time(plan, &options, 0), 0);
  assert_int_equal(hft_impact_time(plan, &options, 4), 12 * HFT_SECOND);
  assert_int_equal(hft_impact_time(plan, &options, POINTS), 27 * HFT_SECOND);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

static void bounds(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  hft_episode_plan *plan = world_plan(config, "twap", "");
  hft_episode_plan *maker = world_plan(config, "random", "");
  hft_error error;
  assert_int_equal(hft_impact_check(plan, &options, &error), HFT_OK);
  assert_int_equal(hft_impact_check(maker, &options, &error), HFT_EINVAL);
  static const hft_impact_options wrong[] = {
      {0, 0}, {HFT_IMPACT_POINTS_MAX + 1, 0}, {5, -1}, {5, 36 * HFT_SECOND}, {5, INT64_MAX}};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_int_equal(hft_impact_check(plan, &wrong[i], &error), HFT_EINVAL);
  }
  assert_int_equal(hft_impact_check(plan, &(hft_impact_options){5, 35 * HFT_SECOND}, &error),
                   HFT_OK);
  hft_episode_plan_free(maker);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(impact_is_the_difference_of_two_worlds),
      cmocka_unit_test(a_comparison_can_be_stopped),
      cmocka_unit_test(a_wall_does_not_move),
      cmocka_unit_test(the_end_closes_what_is_left),
      cmocka_unit_test(marks_are_at_the_end_and_one_duration_later),
      cmocka_unit_test(a_world_without_the_order_is_the_same_for_all_orders),
      cmocka_unit_test(times_are_even),
      cmocka_unit_test(bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
