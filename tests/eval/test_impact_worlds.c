// Impact in many worlds: against worlds run one by one, and in books whose impact is known.
#include "eval/impact_worlds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/episode_world.h"

enum { WORLDS = 9, POINTS = 6, QUANTITIES = 3, PLANS = 2 * QUANTITIES };

#define LIVE                                            \
  "market_config: {duration_s: 60, decision_ms: 100}\n" \
  "env_config: {warmup_s: 5, episode_len: 100}\n"       \
  "populations: [{kind: maker}, {kind: noise}, {kind: value}]\n"

// A staircase of walls: 10 lots move the mid by 50 ticks, 40 lots by 100, 160 lots by 200, and
// nothing moves it back. Impact is the square root of the quantity.
#define STAIRCASE                                                              \
  "market_config: {fundamental: constant, duration_s: 60, decision_ms: 100}\n" \
  "env_config: {warmup_s: 1, episode_len: 100}\n"                              \
  "populations: [{kind: wall, bid: 9900, ask: 10100, qty: 10}, "               \
  "{kind: wall, bid: 9800, ask: 10200, qty: 30}, "                             \
  "{kind: wall, bid: 9700, ask: 10300, qty: 120}, "                            \
  "{kind: wall, bid: 9500, ask: 10500, qty: 1000}]\n"

typedef struct world {
  hft_config *config;
  hft_episode_plan *plan[PLANS];  // [quantities][sides]
  const hft_episode_plan *some[PLANS];
} world;

static const int quantities[QUANTITIES] = {10, 40, 160};
static const hft_impact_options measured = {POINTS, 10 * HFT_SECOND};

static void set_up(world *w, const char *yaml) {
  w->config = world_config(yaml);
  for (int i = 0; i < PLANS; i++) {
    char params[96];
    snprintf(params, sizeof params, "quantity=%d side=%s style=aggressive slices=2",
             quantities[i / 2], i % 2 == 0 ? "buy" : "sell");
    w->plan[i] = world_plan(w->config, "twap", params);
  }
}

static void tear_down(world *w) {
  for (int i = 0; i < PLANS; i++) hft_episode_plan_free(w->plan[i]);
  hft_config_free(w->config);
}

// A study of all quantities: of buys (0), of sells (1), or of both sides (2).
static hft_impact_study study_of(world *w, int side) {
  int count = 0;
  for (int i = 0; i < PLANS; i++) {
    if (side == 2 || i % 2 == side) w->some[count++] = w->plan[i];
  }
  return (hft_impact_study){QUANTITIES, side == 2 ? 2 : 1, w->some, measured};
}

static hft_impact_sample run(world *w, int side, int threads) {
  const hft_impact_study study = study_of(w, side);
  const hft_runner_options options = {.episodes = WORLDS, .threads = threads, .seed = 40};
  hft_impact_sample sample;
  hft_error error;
  assert_int_equal(hft_impact_study_run(&study, &options, &sample, &error), HFT_OK);
  return sample;
}

enum { CELLS = QUANTITIES * (POINTS + 1), ALL = QUANTITIES * WORLDS };

static void assert_same(const hft_impact_sample *a, const hft_impact_sample *b) {
  assert_memory_equal(a->impact_bps, b->impact_bps, CELLS * WORLDS * sizeof(double));
  assert_memory_equal(a->end_bps, b->end_bps, ALL * sizeof(double));
  assert_memory_equal(a->later_bps, b->later_bps, ALL * sizeof(double));
  assert_memory_equal(a->move_bps, b->move_bps, WORLDS * sizeof(double));
  assert_memory_equal(a->volume, b->volume, WORLDS * sizeof(double));
  assert_memory_equal(a->executed, b->executed, CELLS * sizeof(int64_t));
  assert_memory_equal(a->closed, b->closed, sizeof a->closed);
  assert_memory_equal(a->unfilled, b->unfilled, sizeof a->unfilled);
}

static void threads_do_not_matter(void **unused) {
  (void)unused;
  world w;
  set_up(&w, LIVE);
  hft_impact_sample one = run(&w, 2, 1);
  static const int threads[] = {2, 4, 64};
  for (int t = 0; t < 3; t++) {
    hft_impact_sample more = run(&w, 2, threads[t]);
    assert_same(&one, &more);
    hft_impact_sample_free(&more);
  }
  hft_impact_sample_free(&one);
  tear_down(&w);
}

// Each value is that of the world run alone; both sides together are the mean of the two.
static void values_are_those_of_single_worlds(void **unused) {
  (void)unused;
  world w;
  set_up(&w, LIVE);
  hft_impact_sample side[3];
  for (int s = 0; s < 3; s++) side[s] = run(&w, s, 1);
  int moved = 0;
  for (int i = 0; i < PLANS * WORLDS; i++) {
    int number = i % WORLDS, q = i / WORLDS / 2, s = i / WORLDS % 2;
    const hft_episode_plan *plan = w.plan[2 * q + s];
    hft_market *market = create_market(plan->model);
    hft_impact_reference reference;
    hft_impact_path path;
    uint64_t seed = 40 + (uint64_t)number;
    hft_impact_run_without(plan, &measured, market, seed, NULL, &reference);
    hft_impact_run_with(plan, &measured, market, seed, NULL, &reference, &path);
    for (int k = 0; k <= POINTS; k++) {
      int at = (q * (POINTS + 1) + k) * WORLDS + number;
      assert_near(side[s].impact_bps[at], path.impact_bps[k], 0);
      moved += path.impact_bps[k] != 0;
    }
    int at = q * WORLDS + number;
    assert_near(side[s].end_bps[at], path.mark_bps[HFT_IMPACT_END], 0);
    assert_near(side[s].later_bps[at], path.mark_bps[HFT_IMPACT_LATER], 0);
    double change = (double)(reference.mark2[HFT_IMPACT_END] - reference.mid2[0]);
    assert_near(side[s].move_bps[number], change / (double)reference.mid2[0] * 1e4, 1e-9);
    assert_near(side[s].volume[number], (double)reference.volume, 0);
    free(market);
  }
  assert_true(moved > 50);
  for (int i = 0; i < CELLS * WORLDS; i++) {
    double mean = (side[0].impact_bps[i] + side[1].impact_bps[i]) / 2;
    assert_near(side[2].impact_bps[i], mean, 1e-12);
  }
  for (int i = 0; i < ALL; i++) {
    assert_near(side[2].end_bps[i], (side[0].end_bps[i] + side[1].end_bps[i]) / 2, 1e-12);
    assert_near(side[2].later_bps[i], (side[0].later_bps[i] + side[1].later_bps[i]) / 2, 1e-12);
  }
  for (int i = 0; i < CELLS; i++) {
    assert_int_equal(side[2].executed[i], side[0].executed[i] + side[1].executed[i]);
  }
  for (int s = 0; s < 3; s++) hft_impact_sample_free(&side[s]);
  tear_down(&w);
}

// Up the staircase and down it: a sell is the mirror image of a buy, and the law is exact.
static void a_staircase_has_the_exponent_it_is_built_with(void **unused) {
  (void)unused;
  world w;
  set_up(&w, STAIRCASE);
  hft_impact_sample buys = run(&w, 0, 1), sells = run(&w, 1, 2), both = run(&w, 2, 2);
  assert_same(&buys, &sells);
  for (int i = 0; i < CELLS * WORLDS; i++) assert_near(both.impact_bps[i], buys.impact_bps[i], 0);
  assert_true(buys.has_later);
  static const double ticks[QUANTITIES] = {50, 100, 200};  // of 10,000
  for (int i = 0; i < ALL; i++) {
    assert_near(buys.end_bps[i], ticks[i / WORLDS], 1e-9);
    assert_near(buys.later_bps[i], ticks[i / WORLDS], 1e-9);
  }
  int64_t quantity[QUANTITIES];
  for (int q = 0; q < QUANTITIES; q++) quantity[q] = quantities[q];
  const hft_impact_observed observed = {.quantities = QUANTITIES,
                                        .worlds = WORLDS,
                                        .quantity = quantity,
                                        .end = both.end_bps,
                                        .later = both.later_bps,
                                        .move = both.move_bps,
                                        .volume = both.volume};
  hft_rng rng = hft_rng_stream(1, 0, 0);
  hft_impact_law law;
  assert_int_equal(hft_impact_fit(&observed, 0.95, &rng, &law), HFT_OK);
  assert_near(law.exponent.value, 0.5, 1e-9);
  assert_near(law.exponent.interval.low, 0.5, 1e-9);
  assert_near(law.exponent.interval.high, 0.5, 1e-9);
  assert_near(law.left.value, 1, 1e-12);
  assert_near(law.volume.value, 0, 0);  // nobody else trades
  assert_true(isnan(law.normalised[0].value));
  hft_impact_sample_free(&buys);
  hft_impact_sample_free(&sells);
  hft_impact_sample_free(&both);
  tear_down(&w);
}

// The book offers 1160 lots: of 2000, the last slice leaves 840, which are closed beyond it.
static void the_rest_is_counted(void **unused) {
  (void)unused;
  hft_config *config = world_config(STAIRCASE);
  hft_episode_plan *plan = world_plan(config, "twap", "quantity=2000 style=aggressive slices=2");
  const hft_episode_plan *plans[] = {plan};
  const hft_impact_study study = {1, 1, plans, {POINTS, HFT_SECOND}};
  const hft_runner_options options = {.episodes = WORLDS, .threads = 2};
  hft_impact_sample sample;
  hft_error error;
  assert_int_equal(hft_impact_study_run(&study, &options, &sample, &error), HFT_OK);
  assert_int_equal(sample.closed[0], 840 * WORLDS);
  assert_int_equal(sample.unfilled[0], 840 * WORLDS);
  assert_int_equal(sample.executed[POINTS], 2000 * WORLDS);
  assert_false(sample.has_later);
  for (int i = 0; i < WORLDS; i++) assert_true(isnan(sample.later_bps[i]));
  hft_impact_sample_free(&sample);
  hft_episode_plan_free(plan);
  hft_config_free(config);
}

typedef struct stopper {
  int asked, most;
  double done;
} stopper;

static bool stop_later(void *context) {
  stopper *s = context;
  return ++s->asked > s->most;
}

static void note_progress(void *context, double done) {
  stopper *s = context;
  assert_true(done > s->done && done <= 1);
  s->done = done;
}

static void a_study_can_be_stopped(void **unused) {
  (void)unused;
  world w;
  set_up(&w, LIVE);
  const hft_impact_study study = study_of(&w, 2);
  for (int threads = 1; threads <= 3; threads += 2) {
    stopper s = {.most = 200};
    hft_runner_options options = {.episodes = WORLDS,
                                  .threads = threads,
                                  .stopped = threads == 1 ? stop_later : NULL,
                                  .progress = note_progress,
                                  .context = &s};
    hft_impact_sample sample;
    hft_error error;
    hft_status expected = threads == 1 ? HFT_EINTR : HFT_OK;
    assert_int_equal(hft_impact_study_run(&study, &options, &sample, &error), expected);
    assert_true(threads == 1 ? s.done > 0 && s.done < 1 : s.done == 1);
    hft_impact_sample_free(&sample);
  }
  tear_down(&w);
}

static void samples_are_bounded(void **unused) {
  (void)unused;
  world w;
  set_up(&w, LIVE);
  hft_impact_study study = study_of(&w, 0);
  study.options.points = HFT_IMPACT_POINTS_MAX;
  static const hft_runner_options wrong[] = {{.episodes = 0, .threads = 1},
                                             {.episodes = -1, .threads = 1},
                                             {.episodes = HFT_EPISODES_MAX + 1, .threads = 1},
                                             {.episodes = HFT_EPISODES_MAX, .threads = 1},
                                             {.episodes = 1, .threads = 0}};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    hft_impact_sample sample;
    hft_error error;
    assert_int_equal(hft_impact_study_run(&study, &wrong[i], &sample, &error), HFT_EINVAL);
    hft_impact_sample_free(&sample);
  }
  tear_down(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_do_not_matter),
      cmocka_unit_test(values_are_those_of_single_worlds),
      cmocka_unit_test(a_staircase_has_the_exponent_it_is_built_with),
      cmocka_unit_test(the_rest_is_counted),
      cmocka_unit_test(a_study_can_be_stopped),
      cmocka_unit_test(samples_are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
