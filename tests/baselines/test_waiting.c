// Waiting does not pay: the cost of a parent order that is executed only at the end of the episode,
// against trading the same lots evenly, in the same worlds.
#include <stdio.h>
#include <stdlib.h>

#include "eval/episode.h"
#include "eval/metrics.h"
#include "eval/runner.h"
#include "tests/support/episode_world.h"

enum { WORLDS = 150 };

// The default market; a minute to trade in, as in cases that are compared by hand.
#define YAML                                            \
  "market_config: {fundamental: ou, duration_s: 200}\n" \
  "env_config: {warmup_s: 30, episode_len: 120}\n"      \
  "populations: [{kind: noise}, {kind: value}, {kind: maker}]\n"

// Shortfall in ticks a lot of each world.
static void shortfalls(const hft_episode_plan *plan, double *out) {
  static hft_episode episodes[WORLDS];
  const hft_runner_options options = {.episodes = WORLDS, .threads = 2, .seed = 2000};
  hft_error error;
  assert_int_equal(hft_runner_run(plan, &options, episodes, &error), HFT_OK);
  for (int i = 0; i < WORLDS; i++) {
    double arrival = 0.5 * (double)episodes[i].arrival_mid2;
    out[i] = hft_metric_value(plan, &episodes[i], HFT_METRIC_SHORTFALL) * 1e-4 * arrival;
  }
}

static hft_episode_plan *make(const hft_config *config, const char *keys, int64_t quantity,
                              bool sells) {
  char params[256];
  snprintf(params, sizeof params, "quantity=%lld side=%s %s", (long long)quantity,
           sells ? "sell" : "buy", keys);
  return world_plan(config, "twap", params);
}

// A parent order that nobody works: the plan of a strategy that does nothing, with a parent.
static hft_episode_plan *idle(const hft_config *config, int64_t quantity, bool sells) {
  hft_episode_plan *plan = world_plan(config, "do-nothing", "");
  plan->kind = HFT_BASELINE_EXECUTION;
  plan->sign = sells ? -1 : 1;
  plan->quantity = quantity;
  return plan;
}

// The first costs more than the second, by more than two standard errors of the paired difference.
static void assert_dearer(const char *what, int64_t quantity, const double *more,
                          const double *less) {
  hft_moments a = {0}, b = {0}, apart = {0};
  for (int i = 0; i < WORLDS; i++) {
    hft_moments_add(&a, more[i]);
    hft_moments_add(&b, less[i]);
    hft_moments_add(&apart, more[i] - less[i]);
  }
  double error = hft_moments_sd(&apart) / sqrt(WORLDS);
  print_message("%6lld lots, %s: %.3f and %.3f ticks a lot, apart %.3f +- %.3f\n",
                (long long)quantity, what, a.mean, b.mean, apart.mean, error);
  assert_true(apart.mean > 2 * error);
}

static void waiting_costs(void **unused) {
  (void)unused;
  hft_config *config = world_config(YAML);
  static double wait[WORLDS], even[WORLDS];
  static const int64_t quantities[] = {100, 400, 4000};
  for (size_t k = 0; k < 6; k++) {
    int64_t quantity = quantities[k / 2];
    bool sells = k % 2 == 1;
    hft_episode_plan *waits = idle(config, quantity, sells);
    hft_episode_plan *works = make(config, "style=aggressive", quantity, sells);
    shortfalls(waits, wait);
    shortfalls(works, even);
    assert_dearer("waiting and even", quantity, wait, even);
    hft_episode_plan_free(works);
    hft_episode_plan_free(waits);
  }
  hft_config_free(config);
}

// Also of lots that the book does not hold: those are not free.
static void all_at_once(void **unused) {
  (void)unused;
  hft_config *config = world_config(YAML);
  static double more[WORLDS], less[WORLDS];
  for (size_t k = 0; k < 2; k++) {
    for (int64_t quantity = 50; quantity <= 12800; quantity *= 2) {
      hft_episode_plan *plan = make(config, "slices=1 style=aggressive", quantity, k == 1);
      shortfalls(plan, more);
      if (quantity > 50) assert_dearer("all at once, and half of them", quantity, more, less);
      for (int i = 0; i < WORLDS; i++) less[i] = more[i];
      hft_episode_plan_free(plan);
    }
  }
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(waiting_costs),
      cmocka_unit_test(all_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
