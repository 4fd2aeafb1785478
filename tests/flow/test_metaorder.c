// Metaorders: the sizes of parents, the pace of their children, and the number of parents at once.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/flow/children.h"
#include "tests/support/statistics.h"

#define SECONDS 40000

// Makers' walls that no child takes whole.
static const char market[] =
    "market_config: {fundamental: constant, order_qty_max: 1000000}\n"
    "populations:\n"
    "- {kind: maker, noise_ticks: 0, quote_qty: 1000000}\n"
    "- {kind: metaorder, rate: 2, exponent: 1.5, children_max: 20, child_rate: 0.5,\n"
    "   size_mean: 3, size_max: 8, parents_max: 256}\n";

static world shared_world;
static children seen;

static int begin(void **state) {
  (void)state;
  shared_world = world_create(market, 0);
  seen = children_of(&shared_world, 1);
  hft_sink sink = children_sink(&seen);
  hft_market_run(shared_world.model, shared_world.market, SECONDS * HFT_SECOND, &sink);
  children_end(&seen);
  return 0;
}

static int end(void **state) {
  (void)state;
  children_free(&seen);
  world_free(&shared_world);
  return 0;
}

static void parents_have_power_law_sizes(void **state) {
  (void)state;
  int64_t count[20] = {0}, buys = 0, parents = 0;
  double probability[20];
  for (int n = 1; n <= 20; n++) {
    probability[n - 1] = pow(n, -1.5) - (n < 20 ? pow(n + 1, -1.5) : 0);
  }
  for (size_t i = 0; i < seen.count; i++) {
    const hft_parent *parent = &seen.child[i].parent;
    assert_in_range(parent->children, 1, 20);
    assert_in_range(parent->sent, 1, parent->children);
    if (parent->sent < parent->children) continue;
    count[parent->children - 1]++;
    buys += parent->side == HFT_BID;
    parents++;
  }
  expect_near("parents", (double)parents, 2.0 * SECONDS, sqrt(2.0 * SECONDS));
  expect_near("buying parents", (double)buys, 0.5 * (double)parents, 0.5 * sqrt((double)parents));
  expect_fit("sizes of parents", count, probability, 20);
}

// Each parent sends its children at its own Poisson times, in order, whatever the others do.
static void children_come_at_their_pace(void **state) {
  (void)state;
  enum { KEPT = 1 << 17 };
  hft_time *last = calloc(KEPT, sizeof *last);
  int32_t *sent = calloc(KEPT, sizeof *sent);
  double *gap = malloc(seen.count * sizeof *gap);
  assert_true(last != NULL && sent != NULL && gap != NULL);
  size_t gaps = 0;
  for (size_t i = 0; i < seen.count; i++) {
    const child *c = &seen.child[i];
    assert_in_range(c->parent.number, 1, KEPT - 1);
    assert_int_equal(c->parent.sent, ++sent[c->parent.number]);
    double wait = (double)(c->time - last[c->parent.number]) * 1e-9;
    if (c->parent.sent > 1) gap[gaps++] = -expm1(-0.5 * wait);
    last[c->parent.number] = c->time;
  }
  assert_true(gaps > 50000);
  expect_uniform("waits for children", gap, gaps);
  free(last);
  free(sent);
  free(gap);
}

// At rest their number is Poisson with the mean rate E[N] / child_rate (M/G/infinity).
static void several_parents_are_active(void **state) {
  (void)state;
  double mean_children = 0;
  for (int n = 1; n <= 20; n++) mean_children += pow(n, -1.5);
  double mean = 2 * mean_children / 0.5, sum = 0;
  world w = world_create(market, 0);
  const hft_metaorders *self = hft_market_agent_state(w.model, w.market, 1);
  const int looks = 4000;
  for (int i = 1; i <= looks; i++) {
    hft_market_run(w.model, w.market, i * 100 * HFT_SECOND, NULL);  // far apart: independent
    sum += self->count;
  }
  expect_near("parents under way", sum / looks, mean, sqrt(mean / looks));
  world_free(&w);
}

static void parents_at_once_are_bounded(void **state) {
  (void)state;
  world w = world_create(
      "populations: [{kind: noise}, {kind: metaorder, rate: 50, child_rate: 0.1, parents_max: 7}]",
      0);
  const hft_metaorders *self = hft_market_agent_state(w.model, w.market, 1);
  for (int i = 1; i <= 600; i++) {
    hft_market_run(w.model, w.market, i * HFT_SECOND, NULL);
    assert_true(self->count <= 7);
  }
  assert_int_equal(self->count, 7);
  world_verify(&w);
  world_free(&w);
}

// Children that come in a call wait for its auction. Those that find no room are refused and do not
// count: what the exchange has taken is what the parents have sent.
static void children_join_a_call(void **state) {
  (void)state;
  for (int bound = 0; bound < 2; bound++) {
    char yaml[320];
    snprintf(yaml, sizeof yaml,
             "market_config: {window_ticks: 128, fundamental: constant, duration_s: 1000}\n"
             "exchange_config: {closing_auction_s: 900}\n"
             "populations: [{kind: metaorder, rate: 0.5, child_rate: 0.5%s}]",
             bound ? ", open_orders_max: 20" : "");
    world w = world_create(yaml, 0);
    event_record record = {0};
    hft_sink sink = event_record_sink(&record);
    hft_market_reset(w.model, w.market, 3, 0, &sink);
    const hft_metaorders *self = hft_market_agent_state(w.model, w.market, 0);
    int64_t sent[4096] = {0}, taken = 0, refused = 0, in_auction = 0;
    for (int i = 1; i < 9990;
         i++) {  // fine enough to see every parent that has more than one child
      hft_market_run(w.model, w.market, i * (HFT_SECOND / 10), &sink);
      for (uint32_t k = 0; k < self->count; k++) {
        assert_in_range(self->parent[k].number, 1, 4095);
        assert_in_range(self->parent[k].sent, 0, self->parent[k].children - 1);
        sent[self->parent[k].number] = self->parent[k].sent;
      }
    }
    for (size_t i = 0; i < record.count; i++) {
      const hft_event *event = &record.events[i];
      if (event->owner != 0) continue;
      refused += event->kind == HFT_EVENT_REJECT;
      taken += event->kind == HFT_EVENT_ADD || event->kind == HFT_EVENT_EXPIRE;
      in_auction += event->kind == HFT_EVENT_ADD;
    }
    int64_t all = 0;
    for (int k = 0; k < 4096; k++) all += sent[k];
    if (bound) {
      assert_int_equal(in_auction, 20);
      assert_true(refused > 500);
      assert_int_equal(self->count, 64);  // all that may be: none is done any more
    } else {
      assert_int_equal(refused, 0);
      assert_true(in_auction > 500);
    }
    assert_true(all <= taken);
    world_verify(&w);
    event_record_free(&record);
    world_free(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parents_have_power_law_sizes), cmocka_unit_test(children_come_at_their_pace),
      cmocka_unit_test(several_parents_are_active),   cmocka_unit_test(parents_at_once_are_bounded),
      cmocka_unit_test(children_join_a_call),
  };
  return cmocka_run_group_tests(tests, begin, end);
}
