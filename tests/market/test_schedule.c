// The order of wakes, against a reference schedule: the earliest first, and of equal times the one
// that was set first.
#include <stdlib.h>

#include "sim/base/dist.h"
#include "tests/support/market_world.h"

#define BELLS 11  // not a power of two
#define RINGS_MAX 200000
#define SETS_NONE INT64_MIN

typedef struct ring {
  hft_owner owner;
  hft_time time;
} ring;

// What the bells did; set back by begin().
static struct {
  ring ring[RINGS_MAX];
  int count;
  hft_time wake_at_reset[BELLS];
  hft_time again;  // where not NEVER, each bell sets itself once more to now + again
} bells;

static void bell_reset(const void *params, void *state, hft_desk *desk) {
  (void)params, (void)state;
  hft_time time = bells.wake_at_reset[desk->self];
  if (time != SETS_NONE) hft_desk_wake_at(desk, time);
}

static void bell_wake(const void *params, void *state, hft_desk *desk) {
  (void)params, (void)state;
  assert_true(bells.count < RINGS_MAX);
  bells.ring[bells.count++] = (ring){desk->self, hft_desk_now(desk)};
  if (bells.again != HFT_TIME_NEVER) hft_desk_wake_at(desk, hft_desk_now(desk) + bells.again);
}

static const hft_section bell_section = {"bell", "", NULL, 0, 0};
static const hft_agent_class bell_class = {
    .section = &bell_section, .open_orders_max = 1, .reset = bell_reset, .wake = bell_wake};

// Bells that will not ring by themselves.
static world begin(void) {
  bells.count = 0;
  bells.again = HFT_TIME_NEVER;
  hft_extra_agent extra[BELLS];
  for (int i = 0; i < BELLS; i++) {
    bells.wake_at_reset[i] = HFT_TIME_NEVER;
    extra[i] = (hft_extra_agent){&bell_class, NULL};
  }
  return world_create_with("market_config: {window_ticks: 64}", extra, BELLS);
}

static void set(const world *w, hft_owner owner, hft_time time) {
  hft_desk desk = hft_market_desk(w->model, w->market, owner);
  hft_desk_wake_at(&desk, time);
}

static void run(const world *w, hft_time until) {
  hft_market_run(w->model, w->market, until, NULL);
}

static void expect_ring(int k, hft_owner owner, hft_time time) {
  assert_true(k < bells.count);
  assert_int_equal(bells.ring[k].owner, owner);
  assert_int_equal(bells.ring[k].time, time);
}

static void a_wake_comes_once_at_its_time(void **state) {
  (void)state;
  world w = begin();
  set(&w, 4, 100);
  run(&w, 99);
  assert_int_equal(bells.count, 0);
  assert_int_equal(hft_market_now(w.market), 99);
  run(&w, 100);  // up to and including
  assert_int_equal(bells.count, 1);
  expect_ring(0, 4, 100);
  run(&w, 100000);
  assert_int_equal(bells.count, 1);
  world_free(&w);
}

static void ties_go_to_the_wake_that_was_set_first(void **state) {
  (void)state;
  world w = begin();
  set(&w, 7, 50);
  set(&w, 2, 50);
  set(&w, 9, 50);
  set(&w, 0, 49);
  set(&w, 5, 50);
  set(&w, 7, 50);  // set anew: behind the others
  run(&w, 50);
  const hft_owner order[] = {0, 2, 9, 5, 7};
  assert_int_equal(bells.count, 5);
  for (int i = 0; i < 5; i++) expect_ring(i, order[i], i == 0 ? 49 : 50);
  world_free(&w);
}

static void a_reset_sets_wakes_in_the_order_of_the_model(void **state) {
  (void)state;
  world w = begin();
  for (int i = 0; i < BELLS; i++) bells.wake_at_reset[i] = i % 2 == 0 ? 10 : 5;
  set(&w, 3, 1);  // of the session before: forgotten
  hft_market_reset(w.model, w.market, 1, 0, NULL);
  run(&w, HFT_SECOND);
  assert_int_equal(bells.count, BELLS);
  int k = 0;
  for (hft_owner i = 1; i < BELLS; i += 2) expect_ring(k++, i, 5);
  for (hft_owner i = 0; i < BELLS; i += 2) expect_ring(k++, i, 10);
  world_free(&w);
}

static void a_reset_cancels_all_wakes(void **state) {
  (void)state;
  world w = begin();
  for (hft_owner i = 0; i < BELLS; i++) {
    bells.wake_at_reset[i] = SETS_NONE;
    set(&w, i, 10 * i);
  }
  hft_market_reset(w.model, w.market, 0, 0, NULL);
  run(&w, HFT_SECOND);
  assert_int_equal(bells.count, 0);
  world_free(&w);
}

static void a_wake_in_the_past_comes_at_once(void **state) {
  (void)state;
  world w = begin();
  run(&w, 1000);
  set(&w, 6, 10);
  set(&w, 5, -7);
  set(&w, 4, 1000);
  set(&w, 3, 1001);
  assert_int_equal(bells.count, 0);  // not within the call
  run(&w, 1000);
  assert_int_equal(bells.count, 3);
  expect_ring(0, 6, 1000);
  expect_ring(1, 5, 1000);
  expect_ring(2, 4, 1000);
  world_free(&w);
}

static void a_wake_can_be_moved_and_cancelled(void **state) {
  (void)state;
  world w = begin();
  set(&w, 1, 10);
  set(&w, 1, 30);  // later
  set(&w, 2, 30);
  set(&w, 2, 20);  // earlier
  set(&w, 3, 15);
  set(&w, 3, HFT_TIME_NEVER);
  run(&w, HFT_TIME_NEVER - 1);
  assert_int_equal(bells.count, 2);
  expect_ring(0, 2, 20);
  expect_ring(1, 1, 30);
  world_free(&w);
}

static void running_to_an_earlier_time_does_nothing(void **state) {
  (void)state;
  world w = begin();
  run(&w, 500);
  set(&w, 1, 400);
  uint64_t hash = hft_market_hash(w.model, w.market);
  run(&w, 499);
  run(&w, 0);
  run(&w, -1);
  assert_int_equal(hft_market_now(w.market), 500);
  assert_true(hft_market_hash(w.model, w.market) == hash);
  assert_int_equal(bells.count, 0);
  world_free(&w);
}

static void wakes_may_be_set_while_waking(void **state) {
  (void)state;
  world w = begin();
  bells.again = 10;
  set(&w, 8, 3);
  set(&w, 1, 3);
  run(&w, 1000);
  assert_int_equal(bells.count, 200);
  for (int i = 0; i < 200; i++) expect_ring(i, i % 2 == 0 ? 8 : 1, 3 + 10 * (i / 2));
  world_free(&w);
}

// The naive schedule: a list in the order of setting.
typedef struct plan {
  ring wake[BELLS];
  int count;
} plan;

static void plan_set(plan *p, hft_owner owner, hft_time time) {
  int kept = 0;
  for (int i = 0; i < p->count; i++) {
    if (p->wake[i].owner != owner) p->wake[kept++] = p->wake[i];
  }
  p->count = kept;
  if (time != HFT_TIME_NEVER) p->wake[p->count++] = (ring){owner, time};
}

static bool plan_pop(plan *p, hft_time until, ring *out) {
  int first = -1;
  for (int i = 0; i < p->count; i++) {
    if (p->wake[i].time > until) continue;
    if (first < 0 || p->wake[i].time < p->wake[first].time) first = i;
  }
  if (first < 0) return false;
  *out = p->wake[first];
  plan_set(p, out->owner, HFT_TIME_NEVER);
  return true;
}

static void random_wakes_match_a_reference_schedule(void **state) {
  (void)state;
  world w = begin();
  hft_rng rng = hft_rng_seed(5, 5);
  plan p = {.count = 0};
  int k = 0;
  for (int round = 0; round < 20000; round++) {
    hft_time now = hft_market_now(w.market);
    for (uint32_t n = hft_bounded(&rng, 12); n > 0; n--) {
      hft_owner owner = (hft_owner)hft_bounded(&rng, BELLS);
      hft_time time = now + (hft_time)hft_bounded(&rng, 12) - 2;  // many ties
      if (hft_bounded(&rng, 10) == 0) time = HFT_TIME_NEVER;
      set(&w, owner, time);
      plan_set(&p, owner, time < now ? now : time);
    }
    hft_time until = now + (hft_time)hft_bounded(&rng, 6);
    run(&w, until);
    ring next;
    while (plan_pop(&p, until, &next)) expect_ring(k++, next.owner, next.time);
    assert_int_equal(k, bells.count);
  }
  assert_true(k > 20000);
  world_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_wake_comes_once_at_its_time),
      cmocka_unit_test(ties_go_to_the_wake_that_was_set_first),
      cmocka_unit_test(a_reset_sets_wakes_in_the_order_of_the_model),
      cmocka_unit_test(a_reset_cancels_all_wakes),
      cmocka_unit_test(a_wake_in_the_past_comes_at_once),
      cmocka_unit_test(a_wake_can_be_moved_and_cancelled),
      cmocka_unit_test(running_to_an_earlier_time_does_nothing),
      cmocka_unit_test(wakes_may_be_set_while_waking),
      cmocka_unit_test(random_wakes_match_a_reference_schedule),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
