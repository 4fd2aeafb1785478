// The same (config, seed, env) gives the same world, at any address and beside any other; another
// seed or env gives another.
#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"
#include "tests/support/market_world.h"

#define RUN (20 * HFT_SECOND)

static const char crowd[] =
    "market_config: {window_ticks: 1024, fundamental: jump, jump_rate: 100000,\n"
    "                volatility_of_volatility: 1, leverage: 0.5}\n"
    "populations: [{kind: noise}, {kind: value, rate: 10}, {kind: maker}]\n"
    "agents: [{kind: monkey}, {kind: monkey, reach: 20}]\n";

// A whole session from its reset on: its events, and the hash at the end.
static uint64_t session(const world *w, uint64_t seed, uint32_t env, event_record *record) {
  hft_sink sink = event_record_sink(record);
  record->count = 0;
  hft_market_reset(w->model, w->market, seed, env, &sink);
  hft_market_run(w->model, w->market, RUN, &sink);
  assert_true(record->count > 1000);
  return hft_market_hash(w->model, w->market);
}

static void a_copied_market_continues_identically(void **state) {
  (void)state;
  world w = world_create(crowd, 1);
  hft_market *fork = create_market(w.model);
  event_record a = {0}, b = {0};
  hft_sink sink_a = event_record_sink(&a), sink_b = event_record_sink(&b);
  hft_market_reset(w.model, w.market, 42, 7, NULL);
  for (int round = 0; round < 5; round++) {
    hft_market_run(w.model, w.market, hft_market_now(w.market) + RUN / 5, NULL);
    memcpy(fork, w.market, hft_market_size(w.model));
    a.count = b.count = 0;
    uint64_t hash = hft_market_hash(w.model, w.market);
    assert_true(hft_market_hash(w.model, fork) == hash);
    hft_time until = hft_market_now(w.market) + RUN / 5;
    hft_market_run(w.model, w.market, until, &sink_a);
    hft_market_run(w.model, fork, until, &sink_b);
    assert_true(a.count > 100);
    event_record_expect_same(&a, &b);
    assert_true(hft_market_hash(w.model, w.market) != hash);
    assert_true(hft_market_hash(w.model, w.market) == hft_market_hash(w.model, fork));
    assert_memory_equal(w.market, fork, hft_market_size(w.model));
  }
  event_record_free(&a);
  event_record_free(&b);
  free(fork);
  world_free(&w);
}

static void a_copy_is_independent(void **state) {
  (void)state;
  world w = world_create(crowd, 1);
  hft_market_run(w.model, w.market, HFT_SECOND, NULL);
  hft_market *fork = create_market(w.model);
  memcpy(fork, w.market, hft_market_size(w.model));
  uint64_t hash = hft_market_hash(w.model, w.market);
  hft_desk desk = hft_market_desk(w.model, fork, w.seat);
  hft_desk_submit(&desk, &(hft_order){HFT_BID, HFT_IOC, HFT_PRICE_MARKET, 50});
  hft_market_run(w.model, fork, RUN, NULL);
  assert_int_equal(hft_market_account(w.model, fork, w.seat, 0)->position, 50);
  assert_int_equal(hft_market_account(w.model, w.market, w.seat, 0)->position, 0);
  assert_true(hft_market_hash(w.model, w.market) == hash);
  world_verify(&w);
  free(fork);
  world_free(&w);
}

// In other memory, after other sessions, in steps or at once: all the same.
static void a_session_can_be_had_again(void **state) {
  (void)state;
  world w = world_create(crowd, 0), other = world_create(crowd, 0);
  event_record a = {0}, b = {0};
  uint64_t hash = session(&w, 3, 1, &a);
  session(&other, 99, 0, &b);
  assert_true(session(&other, 3, 1, &b) == hash);
  event_record_expect_same(&a, &b);
  b.count = 0;
  hft_sink sink = event_record_sink(&b);
  hft_market_reset(other.model, other.market, 3, 1, &sink);
  hft_rng rng = hft_rng_seed(1, 1);
  for (hft_time now = 0; now < RUN;) {
    now += hft_bounded(&rng, 100000000);
    hft_market_run(other.model, other.market, now < RUN ? now : RUN, &sink);
  }
  event_record_expect_same(&a, &b);
  assert_true(hft_market_hash(other.model, other.market) == hash);
  event_record_free(&a);
  event_record_free(&b);
  world_free(&w);
  world_free(&other);
}

static void a_new_market_is_that_of_seed_0(void **state) {
  (void)state;
  world w = world_create(crowd, 0);
  uint64_t fresh = hft_market_hash(w.model, w.market);
  event_record record = {0};
  session(&w, 5, 5, &record);
  hft_market_reset(w.model, w.market, 0, 0, NULL);
  assert_true(hft_market_hash(w.model, w.market) == fresh);
  assert_int_equal(hft_market_now(w.market), 0);
  event_record_free(&record);
  world_free(&w);
}

static void a_sink_changes_nothing(void **state) {
  (void)state;
  world w = world_create(crowd, 0), other = world_create(crowd, 0);
  event_record a = {0}, b = {0};
  session(&w, 8, 0, &a);
  hft_sink sink = event_record_sink(&b);
  hft_market_reset(other.model, other.market, 8, 0, &sink);
  for (hft_time now = 0; now <= RUN; now += 33 * HFT_MILLISECOND) {
    hft_market_run(other.model, other.market, now, &sink);
    hft_market_fundamental(other.model, other.market, 0);
    hft_market_volatility(other.model, other.market, 0);
    hft_market_hash(other.model, other.market);
  }
  hft_market_run(other.model, other.market, RUN, &sink);
  event_record_expect_same(&a, &b);
  hft_market_reset(other.model, other.market, 8, 0, NULL);  // without a sink
  hft_market_run(other.model, other.market, RUN, NULL);
  assert_true(hft_market_hash(w.model, w.market) == hft_market_hash(other.model, other.market));
  event_record_free(&a);
  event_record_free(&b);
  world_free(&w);
  world_free(&other);
}

static void seeds_and_envs_choose_the_world(void **state) {
  (void)state;
  world w = world_create(crowd, 0);
  event_record record = {0};
  const struct {
    uint64_t seed;
    uint32_t env;
  } key[] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {UINT64_C(1) << 32, 0}, {2, 1}, {1, 2}};
  uint64_t hash[7];
  for (int i = 0; i < 7; i++) {
    hash[i] = session(&w, key[i].seed, key[i].env, &record);
    for (int j = 0; j < i; j++) assert_true(hash[i] != hash[j]);
  }
  event_record_free(&record);
  world_free(&w);
}

// Whatever differs of seed, env and participant, the streams of draws do.
static void each_participant_has_a_stream_of_its_own(void **state) {
  (void)state;
  enum { SEEDS = 3, ENVS = 3, SEATS = 5 };
  world w = world_create("populations: [{kind: maker}]\nagents: [{kind: monkey}]", SEATS - 2);
  uint64_t first[SEEDS * ENVS * SEATS];
  int count = 0;
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    for (uint32_t env = 0; env < ENVS; env++) {
      hft_market_reset(w.model, w.market, seed, env, NULL);
      for (hft_owner i = 0; i < SEATS; i++) {
        hft_desk desk = hft_market_desk(w.model, w.market, i);
        hft_rng rng = *hft_desk_rng(&desk);
        first[count] = hft_rng_u64(&rng);
        for (int j = 0; j < count; j++) assert_true(first[count] != first[j]);
        count++;
      }
    }
  }
  world_free(&w);
}

// Draws and looks, but sends nothing.
static void watcher_wake(const void *params, void *state, hft_desk *desk) {
  (void)params, (void)state;
  hft_time wait = 1 + (hft_time)hft_bounded(hft_desk_rng(desk), 10000000);
  hft_desk_fundamental(desk);
  hft_desk_volatility(desk);
  hft_desk_wake_at(desk, hft_desk_now(desk) + wait);
}

static const hft_section watcher_section = {"watcher", "", NULL, 0, 0};
static const hft_agent_class watcher_class = {
    .section = &watcher_section, .open_orders_max = 1, .reset = NULL, .wake = watcher_wake};

static void another_participant_shifts_no_draws(void **state) {
  (void)state;
  const hft_extra_agent watcher = {&watcher_class, NULL};
  world w = world_create(crowd, 0), watched = world_create_with(crowd, &watcher, 1);
  event_record a = {0}, b = {0};
  session(&w, 6, 2, &a);
  hft_sink sink = event_record_sink(&b);
  hft_market_reset(watched.model, watched.market, 6, 2, &sink);
  hft_desk desk = hft_market_desk(watched.model, watched.market, watched.seat);
  hft_desk_wake_at(&desk, 0);
  hft_market_run(watched.model, watched.market, RUN, &sink);
  event_record_expect_same(&a, &b);
  event_record_free(&a);
  event_record_free(&b);
  world_free(&w);
  world_free(&watched);
}

// A population more at the end of its list changes the owners' indices and the market, but not the
// draws that an agent has before it.
static void another_population_leaves_the_agents_streams(void **state) {
  (void)state;
  world w = world_create("agents: [{kind: monkey}]", 1);
  world more = world_create("populations: [{kind: noise}]\nagents: [{kind: monkey}]", 1);
  for (hft_owner i = 0; i < 2; i++) {  // the monkey, then the seat
    hft_desk a = hft_market_desk(w.model, w.market, i);
    hft_desk b = hft_market_desk(more.model, more.market, (hft_owner)(i + 1));
    assert_memory_equal(hft_desk_rng(&a), hft_desk_rng(&b), sizeof(hft_rng));
  }
  hft_market_run(w.model, w.market, 500 * HFT_SECOND, NULL);
  hft_market_run(more.model, more.market, 500 * HFT_SECOND, NULL);
  assert_true(hft_market_fundamental(w.model, w.market, 0) ==
              hft_market_fundamental(more.model, more.market, 0));
  world_free(&w);
  world_free(&more);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_copied_market_continues_identically),
      cmocka_unit_test(a_copy_is_independent),
      cmocka_unit_test(a_session_can_be_had_again),
      cmocka_unit_test(a_new_market_is_that_of_seed_0),
      cmocka_unit_test(a_sink_changes_nothing),
      cmocka_unit_test(seeds_and_envs_choose_the_world),
      cmocka_unit_test(each_participant_has_a_stream_of_its_own),
      cmocka_unit_test(another_participant_shifts_no_draws),
      cmocka_unit_test(another_population_leaves_the_agents_streams),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
