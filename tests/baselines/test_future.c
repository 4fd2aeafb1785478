// No strategy sees the future: in two worlds that are equal until a moment, and differ after it,
// each does the same until that moment.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/episode_world.h"

// A large order at `TURN_S` s, on one side or the other, in a busy market.
enum { TURN_S = 16 };
#define WORLD                                                                                     \
  "market_config: {duration_s: 40, decision_ms: 500}\n"                                           \
  "env_config: {warmup_s: 5, episode_len: 50}\n"                                                  \
  "exchange_config: {%s}\n"                                                                       \
  "populations: [{kind: maker}, {kind: noise}, {kind: value}, {kind: taker, side: %s, qty: 400, " \
  "every_ms: 16000}]\n"

// Every strategy with its defaults, and these variants.
static const struct {
  const char *name, *params;
} variants[] = {
    {"twap", "style=aggressive slices=7"},
    {"vwap", "refresh_ms=100"},
    {"avellaneda-stoikov", "k=3 refresh_ms=50"},
    {"avellaneda-stoikov", "k=3 horizon=infinite"},
    {"glft", "k=2"},
    {"glft", "k=2 solution=finite sigma=2"},
    {"glft", "k=2 solution=closed-form refresh_ms=50"},
    {"symmetric", "half_spread=1"},
    {"random", "offset_max=2"},
    {"momentum", "sample_ms=200 lookback=5 hold=2"},
};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

static hft_config *world_of(const char *latency, const char *side) {
  char yaml[1024];
  snprintf(yaml, sizeof yaml, WORLD, latency, side);
  return world_config(yaml);
}

// How many events there are until the turn.
static size_t before_turn(const event_record *record) {
  size_t count = 0;
  while (count < record->count && record->events[count].time < TURN_S * HFT_SECOND) count++;
  return count;
}

static void check(const char *name, const char *params, const char *latency) {
  static const char *const sides[] = {"buy", "sell"};
  event_record record[2] = {{0}};
  for (int i = 0; i < 2; i++) {
    hft_config *config = world_of(latency, sides[i]);
    hft_episode_plan *plan = world_plan(config, name, params);
    world_run(plan, 5, &record[i]);
    hft_episode_plan_free(plan);
    hft_config_free(config);
  }
  size_t count = before_turn(&record[0]);
  assert_true(count > 500 && record[0].count > count);
  bool same = before_turn(&record[1]) == count &&
              memcmp(record[0].events, record[1].events, count * sizeof *record[0].events) == 0;
  if (!same) fail_msg("%s %s acts by what comes after", name, params);
  const hft_event *after = &record[0].events[count];
  assert_true(memcmp(after, &record[1].events[count], sizeof *after) != 0);  // the worlds do differ
  for (int i = 0; i < 2; i++) event_record_free(&record[i]);
}

static void the_past_does_not_depend_on_the_future(void **unused) {
  (void)unused;
  static const char *const latencies[] = {"", "latency_us: 300000, latency_jitter_us: 100000"};
  for (int l = 0; l < 2; l++) {
    for (int i = 0; i < hft_baseline_class_count; i++) {
      check(hft_baseline_classes[i]->section->name, "", latencies[l]);
    }
    for (int i = 0; i < VARIANTS; i++) check(variants[i].name, variants[i].params, latencies[l]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_past_does_not_depend_on_the_future)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
