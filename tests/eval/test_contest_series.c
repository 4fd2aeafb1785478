// The series of a contest's episodes: in order, the same on any number of threads, and in
// agreement with the scores.
#include "eval/contest_series.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/episode_world.h"

#define LIVE                                            \
  "market_config: {duration_s: 60, decision_ms: 100}\n" \
  "env_config: {warmup_s: 2, episode_len: 60}\n"        \
  "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n"

enum { STRATEGIES = 2, EPISODES = 11, STEPS = 60 };

// What the series have said.
typedef struct heard {
  int series, most;                      // most: the writer fails after so many
  double equity[EPISODES * STRATEGIES];  // at the end
  int64_t inventory[EPISODES * STRATEGIES];
  int64_t bought[EPISODES * STRATEGIES];  // by the fills, signed
  size_t depth[EPISODES * STRATEGIES];
  uint64_t sum;  // of all rows, in their order
} heard;

static void mix(heard *h, const void *bytes, size_t size) {
  const unsigned char *at = bytes;
  for (size_t i = 0; i < size; i++) h->sum = (h->sum ^ at[i]) * 1099511628211u;
}

static hft_status hear(void *context, const hft_results_series *s, hft_error *error) {
  heard *h = context;
  if (h->series == h->most) return hft_fail(error, HFT_EIO, "file", "full");
  assert_int_equal(s->episode, h->series / STRATEGIES);
  assert_int_equal(s->contestant, h->series % STRATEGIES);
  assert_true(s->step_count >= STEPS + 1);
  for (size_t i = 0; i < s->fill_count; i++) {
    h->bought[h->series] += s->fills[i].qty;
    mix(h, &s->fills[i].time, sizeof s->fills[i].time);
    mix(h, &s->fills[i].price, sizeof s->fills[i].price);
  }
  for (size_t i = 0; i < s->step_count; i++) {
    mix(h, &s->steps[i].equity, sizeof s->steps[i].equity);
    mix(h, &s->steps[i].mid, sizeof s->steps[i].mid);
  }
  h->equity[h->series] = s->steps[s->step_count - 1].equity;
  h->inventory[h->series] = s->steps[s->step_count - 1].inventory;
  h->depth[h->series] = s->depth_count;
  h->series++;
  return HFT_OK;
}

// A buyer whose parent order is closed at the end for the most part, and a maker whose quotes are
// still in the book then.
static hft_contest *contest_of(const hft_config *config, bool together) {
  static const char *const name[] = {"twap", "random"};
  static const char *const keys[] = {"quantity=60 slices=7 limit_ticks=0",
                                     "offset_max=3 latency_us=200000"};
  static max_align_t params[STRATEGIES][64];
  hft_contest_entry contestant[STRATEGIES];
  for (int i = 0; i < STRATEGIES; i++) {
    const hft_agent_class *strategy = hft_baseline_find(name[i]);
    world_params(strategy->section, keys[i], params[i]);
    contestant[i] = (hft_contest_entry){name[i], {strategy, params[i]}};
  }
  const hft_contest_spec spec = {.config = config,
                                 .classes = world_classes,
                                 .class_count = world_class_count,
                                 .contestant = contestant,
                                 .count = STRATEGIES,
                                 .together = together};
  hft_contest *contest = NULL;
  hft_error error = {0};
  expect_ok(hft_contest_create(&spec, &contest, &error), &error);
  return contest;
}

static void series_agree_with_scores(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  for (int together = 0; together < 2; together++) {
    hft_contest *contest = contest_of(config, together != 0);
    uint64_t sum = 0;
    for (int threads = 1; threads <= 3; threads++) {
      const hft_runner_options options = {.episodes = EPISODES, .threads = threads, .seed = 9};
      heard h = {.most = 1000};
      hft_scores scores = {0};
      hft_error error = {0};
      expect_ok(hft_contest_series(contest, &options, 3, hear, &h, &error), &error);
      expect_ok(hft_contest_run(contest, &options, &scores, &error), &error);
      assert_int_equal(h.series, EPISODES * STRATEGIES);
      assert_true(threads == 1 || h.sum == sum);
      sum = h.sum;
      for (int i = 0; i < h.series; i++) {
        int e = i / STRATEGIES, c = i % STRATEGIES;
        assert_near(h.equity[i], hft_scores_values(&scores, c, 0, HFT_METRIC_PNL)[e], 1e-9);
        if (c == 0) assert_int_equal(h.inventory[i], 60);
        assert_int_equal(h.bought[i], h.inventory[i]);
        assert_int_equal(h.depth[i] > 0, e < 3);
      }
      hft_scores_free(&scores);
    }
    hft_contest_free(contest);
  }
  hft_config_free(config);
}

static bool stop(void *context) {
  (void)context;
  return true;
}

static void failures_end_the_run(void **unused) {
  (void)unused;
  hft_config *config = world_config(LIVE);
  hft_contest *contest = contest_of(config, false);
  hft_runner_options options = {.episodes = EPISODES, .threads = 2, .seed = 9};
  hft_error error = {0};
  heard h = {.most = 5};
  assert_int_equal(hft_contest_series(contest, &options, 3, hear, &h, &error), HFT_EIO);
  assert_int_equal(h.series, 5);
  options.stopped = stop;
  h = (heard){.most = 1000};
  assert_int_equal(hft_contest_series(contest, &options, 3, hear, &h, &error), HFT_EINTR);
  assert_int_equal(h.series, 0);
  hft_contest_free(contest);
  hft_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(series_agree_with_scores),
      cmocka_unit_test(failures_end_the_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
