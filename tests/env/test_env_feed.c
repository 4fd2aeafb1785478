// What a market data feed tells a seat. With latency a seat sees the market as a seat without it
// saw it that long ago, in a market that is the same to the bit; it acts from the prices that it
// saw. With a level-2 feed it knows its place in a queue by an estimate that is never too small.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/env_world.h"

#define STEPS 60

// Takers trade at market: what they do does not depend on what they see.
#define TAKERS(market, env)                                                                     \
  "market_config: {window_ticks: 4096, " market "}\nenv_config: {episode_len: 100, " env        \
  "}\nrisk_config: {max_inventory: 1000000}\n" WORLD_CROWD                                      \
  "seats: [{kind: taker, count: 2, order_qty: 6}, {kind: taker, order_qty: 2, instrument: 1}, " \
  "{kind: portfolio, cash: 1e7, holding: 100, controller: external}]\n"

static int find(const hft_group *group, const char *name) {
  for (int i = 0; i < group->obs_dim; i++) {
    if (strcmp(group->obs[i].name, name) == 0) return i;
  }
  return -1;
}

// Every seat's observations, [step][seat][number].
typedef struct seen {
  int dim;
  float *numbers;
} seen;

static float *row_of(const seen *s, const world *w, int step, int seat) {
  return s->numbers + ((ptrdiff_t)step * w->spec->seat_count + seat) * s->dim;
}

static void keep(seen *s, const world *w, int step) {
  for (int seat = 0; seat < w->spec->seat_count; seat++) {
    const hft_group *group = world_group(w, seat);
    int g = (int)(group - w->spec->group);
    memcpy(row_of(s, w, step, seat),
           w->io.obs[g] + (ptrdiff_t)(seat - group->first_seat) * group->obs_dim,
           (size_t)group->obs_dim * sizeof(float));
  }
}

static seen record(const world *w, int steps) {
  seen s = {0};
  for (int g = 0; g < w->spec->group_count; g++) {
    if (w->spec->group[g].obs_dim > s.dim) s.dim = w->spec->group[g].obs_dim;
  }
  s.numbers =
      calloc((size_t)(steps + 1) * (size_t)w->spec->seat_count * (size_t)s.dim, sizeof(float));
  assert_non_null(s.numbers);
  return s;
}

static void act(world *w, uint64_t *stream) {
  for (int seat = 0; seat < w->spec->seat_count; seat++) {
    float draw = (float)((double)(world_draw(stream) >> 40) * 0x1p-23 - 1);
    bool taker = world_group(w, seat)->role == HFT_ROLE_TAKER;
    for (int axis = 0; axis < world_group(w, seat)->axis_count; axis++) {
      // A portfolio's limits depend on the mark, so it holds.
      world_set(w, seat, axis, taker ? draw : 0);
    }
  }
}

static void rest(world *w) {
  for (int seat = 0; seat < w->spec->seat_count; seat++) {
    for (int axis = 0; axis < world_group(w, seat)->axis_count; axis++) world_set(w, seat, axis, 0);
  }
}

static void expect_same(const hft_group *group, const float *shown, const float *wanted, int step) {
  for (int i = 0; i < group->obs_dim; i++) {
    bool now = strcmp(group->obs[i].name, "time_left") == 0;
    if (now || shown[i] == wanted[i]) continue;
    fail_msg("step %d: %s is %.9g, not %.9g", step, group->obs[i].name, (double)shown[i],
             (double)wanted[i]);
  }
}

// ---- whole steps -------------------------------------------------------------------------------

// Observation k is the one of k - m of an env without latency; the market, the state and the
// rewards are the same.
static void check_whole_steps(int m, const char *rules) {
  char late[1500], prompt[1500];
  snprintf(late, sizeof late,
           TAKERS("instruments: 2, decision_ms: 250", "warmup_s: 20, %s, feed_latency_us: %d"),
           rules, m * 250000);
  snprintf(prompt, sizeof prompt, TAKERS("instruments: 2, decision_ms: 250", "warmup_s: 20, %s"),
           rules);
  world a = world_open(late), b = world_open(prompt);
  for (uint32_t episode = 0; episode < 2; episode++) {
    uint64_t stream[2] = {episode, episode};
    world_reset(&a, 9, episode);
    world_reset(&b, 9, episode);
    seen past = record(&b, STEPS);
    keep(&past, &b, 0);
    for (int step = 1; step <= STEPS; step++) {
      act(&a, &stream[0]);
      act(&b, &stream[1]);
      world_step(&a);
      world_step(&b);
      keep(&past, &b, step);
      assert_true(hft_market_hash(hft_env_model_market(a.model), world_market(&a)) ==
                  hft_market_hash(hft_env_model_market(b.model), world_market(&b)));
      assert_memory_equal(a.io.state, b.io.state, (size_t)a.spec->state_dim * sizeof(float));
      for (int seat = 0; seat < a.spec->seat_count; seat++) {
        const hft_group *group = world_group(&a, seat);
        int g = (int)(group - a.spec->group), k = seat - group->first_seat;
        assert_true(a.io.reward[g][k] == b.io.reward[g][k]);
        if (step < m) continue;
        expect_same(group, a.io.obs[g] + (ptrdiff_t)k * group->obs_dim,
                    row_of(&past, &b, step - m, seat), step);
      }
    }
    assert_true(fabs((double)world_account(&a, 0)->position) > 0);
    free(past.numbers);
  }
  world_close(&a);
  world_close(&b);
}

static void test_latency_of_whole_steps(void **context) {
  (void)context;
  static const char *const rules[] = {"depth: 3", "feed: level3, reference: fundamental",
                                      "depth: 20, state_depth: 30, action_space: box"};
  for (size_t r = 0; r < 3; r++) {
    check_whole_steps(1, rules[r]);
    check_whole_steps(3, rules[r]);
  }
  check_whole_steps(40, rules[0]);
}

// ---- parts of steps ----------------------------------------------------------------------------

// Numbers of one moment. Windows count steps, so those of a finer env are others.
static bool is_of_now(const char *name) {
  static const char *const windows[] = {"return_", "volatility", "trade_flow_", "imbalance_",
                                        "time_left"};
  for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
    if (strstr(name, windows[i]) != NULL) return false;
  }
  return true;
}

// Against an env whose steps are a fifth, in which takers act in every fifth.
static void check_parts(int fifths) {
  char late[1500];
  snprintf(late, sizeof late,
           TAKERS("instruments: 2, decision_ms: 250", "warmup_s: 20, feed_latency_us: %d"),
           fifths * 50000);
  world a = world_open(late);
  world b =
      world_open(TAKERS("instruments: 2, decision_ms: 50", "warmup_s: 20, see_actions: false"));
  uint64_t stream[2] = {1, 1};
  enum { FINE = 95 };
  world_reset(&a, 4, 0);
  world_reset(&b, 4, 0);
  seen past = record(&b, FINE);
  keep(&past, &b, 0);
  for (int fine = 1; fine <= FINE; fine++) {
    rest(&b);
    if (fine % 5 == 1) act(&b, &stream[1]);
    world_step(&b);
    keep(&past, &b, fine);
    if (fine % 5 != 0) continue;
    act(&a, &stream[0]);
    world_step(&a);
    if (fine < fifths) continue;
    for (int seat = 0; seat < a.spec->seat_count; seat++) {
      const hft_group *group = world_group(&a, seat);
      int g = (int)(group - a.spec->group), k = seat - group->first_seat;
      const float *shown = a.io.obs[g] + (ptrdiff_t)k * group->obs_dim;
      const float *wanted = row_of(&past, &b, fine - fifths, seat);
      for (int i = 0; i < group->obs_dim; i++) {
        const char *name = group->obs[i].name;
        // Scales follow from the length of an episode.
        bool scaled = strcmp(name, "gain") == 0;
        double factor =
            scaled ? atof(group->obs[i].unit) / atof(world_group(&b, seat)->obs[i].unit) : 1;
        if (!is_of_now(name)) continue;
        assert_near((double)shown[i], factor * (double)wanted[i], 1e-6 * fabs((double)shown[i]));
      }
    }
  }
  assert_true(find(world_group(&a, 0), "gain") >= 0 && world_account(&a, 0)->fill_count > 3);
  free(past.numbers);
  world_close(&a);
  world_close(&b);
}

static void test_latency_of_parts_of_steps(void **context) {
  (void)context;
  for (int fifths = 1; fifths < 13; fifths++) check_parts(fifths);
}

// The first observations show the warm-up, and where that is too short the start of the market.
static void test_the_warm_up(void **context) {
  (void)context;
  world late = world_open(
      TAKERS("decision_ms: 250, instruments: 2", "warmup_s: 3, feed_latency_us: 1100000"));
  world before = world_open(TAKERS("decision_ms: 250, instruments: 2", "warmup_s: 1.9"));
  world_reset(&late, 2, 0);
  world_reset(&before, 2, 0);
  expect_same(world_group(&late, 0), late.io.obs[0], before.io.obs[0], 0);
  world_close(&late);
  world_close(&before);
  late = world_open(
      TAKERS("decision_ms: 250, instruments: 2", "warmup_s: 0.3, feed_latency_us: 1100000"));
  before = world_open(TAKERS("decision_ms: 250, instruments: 2", "warmup_s: 0"));
  world_reset(&late, 2, 0);
  world_reset(&before, 2, 0);
  expect_same(world_group(&late, 0), late.io.obs[0], before.io.obs[0], 0);
  for (int step = 0; step < 3; step++) world_step(&late);  // 1.05 s
  expect_same(world_group(&late, 0), late.io.obs[0], before.io.obs[0], 3);
  world_step(&late);
  assert_true(memcmp(late.io.obs[0], before.io.obs[0], 20 * sizeof(float)) != 0);
  world_close(&late);
  world_close(&before);
}

// ---- acting ------------------------------------------------------------------------------------

#define BY_HAND(env)                                                                          \
  "env_config: {warmup_s: 0, episode_len: 20, depth: 2, " env "}\n" WORLD_HANDS               \
  "risk_config: {max_inventory: 10}\nexchange_config: {latency_us: 0}\n"                      \
  "seats: [{kind: maker, quote_qty: 4, offset_unit: ticks, offset_max: 8}, {kind: executor, " \
  "parent_qty: 50, offset_max: 8}, {kind: taker, order_qty: 8}]\n"
enum { MAKER, EXECUTOR, TAKER };

static void test_prices_are_from_what_was_seen(void **context) {
  (void)context;
  world w = world_open(BY_HAND("feed_latency_us: 150000"));
  hft_order_id id;
  hft_order order;
  world_reset(&w, 0, 0);
  world_rest(&w, 0, HFT_BID, 10020, 30);
  world_rest(&w, 0, HFT_ASK, 10030, 30);  // the mid is 10025; at 10000 there was none
  world_act(&w, MAKER, 0, 1);
  world_act(&w, EXECUTOR, -1, 0);
  world_set(&w, TAKER, 0, 0);
  world_step(&w);
  assert_true(world_quote(&w, MAKER, HFT_BID, &id, &order));
  assert_int_equal(order.price, 9996);
  assert_near((double)world_obs(&w, MAKER, "bid_quote"), 0, 0);  // it does not know of it yet
  assert_near((double)world_obs(&w, MAKER, "spread"), 0, 0);
  assert_near((double)world_state(&w, "spread"), 1, 1e-6);
  assert_near((double)world_state(&w, "maker_0_bid_quote"), 1 + 29.0 / 8, 1e-6);
  world_step(&w);
  assert_near((double)world_obs(&w, MAKER, "spread"), 1, 1e-6);
  assert_near((double)world_obs(&w, MAKER, "bid_quote"), 1 + 29.0 / 8, 1e-6);
  world_step(&w);  // has acted on the mid of 10025
  assert_true(world_quote(&w, MAKER, HFT_BID, &id, &order));
  assert_int_equal(order.price, 10021);
  // An executor takes the best offer that it saw.
  world_take(&w, 1, HFT_BID, 30);
  world_rest(&w, 0, HFT_ASK, 10040, 30);
  world_act(&w, EXECUTOR, 1, -1);
  world_step(&w);
  assert_true(world_quote(&w, EXECUTOR, HFT_BID, &id, &order));
  assert_int_equal(order.price, 10030);
  world_close(&w);
}

// A taker that does not know of its last trade is cut to its limit, and does not break it.
static void test_limits_of_what_was_not_seen(void **context) {
  (void)context;
  world w = world_open(BY_HAND("feed_latency_us: 200000"));
  world_reset(&w, 0, 0);
  world_rest(&w, 0, HFT_BID, 9999, 1000);
  world_rest(&w, 0, HFT_ASK, 10001, 1000);
  world_act(&w, MAKER, 1, 1);
  world_act(&w, EXECUTOR, -1, 0);
  world_set(&w, TAKER, 0, 1);
  for (int step = 0; step < 2; step++) {
    world_step(&w);
    assert_near((double)world_obs(&w, TAKER, "inventory"), 0, 0);
    assert_int_equal(world_account(&w, TAKER)->position, step == 0 ? 8 : 10);
  }
  assert_false(world_terminated(&w, TAKER));
  world_set(&w, TAKER, 0, 0);
  world_step(&w);
  assert_near((double)world_obs(&w, TAKER, "inventory"), 0.1, 1e-7);
  world_close(&w);
}

// Masks are those of what the seat sees.
static void test_masks(void **context) {
  (void)context;
  world w = world_open(BY_HAND("feed_latency_us: 100000, action_space: multi_discrete"));
  world_reset(&w, 0, 0);
  world_rest(&w, 0, HFT_BID, 9999, 1000);
  world_rest(&w, 0, HFT_ASK, 10001, 1000);
  for (int seat = 0; seat < 2; seat++) {
    for (int axis = 0; axis < 2; axis++) world_choose(&w, seat, axis, seat == MAKER ? 10 : 0);
  }
  enum { BUY = 2 };
  world_choose(&w, TAKER, 0, BUY);
  world_step(&w);
  assert_int_equal(world_account(&w, TAKER)->position, 8);
  assert_true(world_allowed(&w, TAKER, 0, BUY));
  world_choose(&w, TAKER, 0, 1);
  world_step(&w);
  assert_false(world_allowed(&w, TAKER, 0, BUY));
  world_close(&w);
}

// ---- places in queues --------------------------------------------------------------------------

#define QUEUES(exchange, env)                                                                   \
  "market_config: {window_ticks: 1024, decision_ms: 200, tick_size: 0.05}\n"                    \
  "exchange_config: {" exchange "}\nenv_config: {episode_len: 300, warmup_s: 20" env            \
  "}\n"                                                                                         \
  "risk_config: {max_inventory: 100000}\n" WORLD_CROWD                                          \
  "seats: [{kind: maker, count: 3, quote_qty: 3, offset_max: 4}, {kind: executor, parent_qty: " \
  "3000, offset_max: 4}, {kind: executor, parent_qty: 3000, side: sell, offset_max: 3}]\n"

static int64_t level_of(const world *w, hft_price price) {
  return hft_book_level(world_book(w), price).qty;
}

// Observed lots ahead; -1: none.
static double lots_seen(const world *w, int seat, const char *name) {
  double shown = (double)world_obs(w, seat, name);
  return shown < 0 ? -1 : expm1(5 * shown);
}

typedef struct watch {
  hft_order_id id;
  double estimate;
} watch;

// The estimate of a seat's order at its only price: not below the exact number, not above the other
// lots of the level, and it does not grow. Counts estimates that are exact and that are not.
static void check_order(const world *w, int seat, hft_side side, double estimate, watch *before,
                        int count[2]) {
  hft_desk desk = world_seat_desk(w, seat);
  int64_t exact = -1;
  hft_order_id first = {0};
  double most = 0;
  for (uint32_t k = 0; k < hft_desk_open_count(&desk); k++) {
    hft_order_id id = hft_desk_open(&desk, k);
    hft_order order;
    int64_t ahead = hft_desk_queue_ahead(&desk, id);
    if (!hft_desk_order(&desk, id, &order) || order.side != side || ahead < 0) continue;
    if (exact >= 0 && ahead >= exact) continue;
    exact = ahead;
    first = id;
    most = (double)(level_of(w, order.price) - order.qty);
  }
  double tolerance = 1e-4 * (1 + most);
  if (exact < 0) {
    assert_true(estimate == -1);
  } else {
    bool in_auction = hft_desk_phase(&desk) != HFT_PHASE_CONTINUOUS;
    if (in_auction && estimate == -1) return;  // it came after the book was last published
    assert_true(estimate >= (double)exact - tolerance);
    assert_true(in_auction || estimate <= most + tolerance);
    bool same = first.number == before->id.number && first.slot1 == before->id.slot1;
    if (same) assert_true(estimate <= before->estimate + tolerance);
    count[fabs(estimate - (double)exact) > 0.5]++;
  }
  before->id = first;
  before->estimate = estimate;
}

static void check_queues(const char *yaml) {
  world w = world_open(yaml);
  watch before[5][2] = {0};
  int count[2] = {0};
  uint64_t stream = 8;
  world_reset(&w, 3, 0);
  for (int step = 0; step < 300; step++) {
    world_act_randomly(&w, &stream);
    // Quotes that rest for a while.
    for (int seat = 0; seat < 3; seat++) world_act(&w, seat, 0.1f * (float)(step / 20 % 10), -0.2f);
    for (int seat = 3; seat < 5; seat++) world_act(&w, seat, 0, 0.5f);
    world_step(&w);
    for (int seat = 0; seat < 3; seat++) {
      check_order(&w, seat, HFT_BID, lots_seen(&w, seat, "bid_queue_ahead"), &before[seat][0],
                  count);
      check_order(&w, seat, HFT_ASK, lots_seen(&w, seat, "ask_queue_ahead"), &before[seat][1],
                  count);
    }
    check_order(&w, 3, HFT_BID, lots_seen(&w, 3, "queue_ahead"), &before[3][0], count);
    check_order(&w, 4, HFT_ASK, lots_seen(&w, 4, "queue_ahead"), &before[4][1], count);
  }
  assert_true(count[0] > 100 && count[1] > 100);  // both kinds have been seen
  world_close(&w);
}

static void test_estimates_are_never_too_small(void **context) {
  (void)context;
  check_queues(QUEUES("latency_us: 0", ""));
  check_queues(QUEUES("latency_us: 70000, latency_jitter_us: 30000", ""));
  check_queues(QUEUES("latency_us: 300000", ", stack: 2"));
  check_queues(QUEUES("opening_auction_s: 30, halt_band_bps: 20, halt_s: 3", ""));
  check_queues(QUEUES("maker_fee_bps: 0.1, self_trade: cancel_oldest", ""));
}

// ---- what is refused ---------------------------------------------------------------------------

static void test_what_is_too_late(void **context) {
  (void)context;
  world_expect_refused(TAKERS("instruments: 2, decision_ms: 100", "feed_latency_us: 1.1e7"),
                       "test:2", "feed_latency_us: 1.1e7 out of range");
  world_expect_refused(TAKERS("instruments: 2, decision_ms: 100", "feed_latency_us: -1"), "test:2",
                       "feed_latency_us: -1 out of range");
  world_expect_refused(TAKERS("instruments: 2, decision_ms: 100", "feed_latency_us: 6500000"),
                       "env_config.feed_latency_us", "at most 64");
  hft_env_model_free(
      world_model(TAKERS("instruments: 2, decision_ms: 100", "feed_latency_us: 6499999")));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_latency_of_whole_steps),
      cmocka_unit_test(test_latency_of_parts_of_steps),
      cmocka_unit_test(test_the_warm_up),
      cmocka_unit_test(test_prices_are_from_what_was_seen),
      cmocka_unit_test(test_limits_of_what_was_not_seen),
      cmocka_unit_test(test_masks),
      cmocka_unit_test(test_estimates_are_never_too_small),
      cmocka_unit_test(test_what_is_too_late),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
