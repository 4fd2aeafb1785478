// Complete sessions of realistic populations with auctions and halts: the sequence of phases of
// each instrument, the trades in each, and that a copy made during an auction continues
// identically.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/market_world.h"

#define OPENING (20 * HFT_SECOND)
#define CLOSING (280 * HFT_SECOND)
#define END (300 * HFT_SECOND)
#define HALT (5 * HFT_SECOND)
#define REFERENCE (30 * HFT_SECOND)
#define BAND_BPS 12

static const char config[] =
    "market_config: {window_ticks: 2048, duration_s: 300, fundamental: jump, jump_rate: 500,\n"
    "  instruments: %d}\n"
    "exchange_config: {opening_auction_s: 20, closing_auction_s: 20, halt_band_bps: 12,\n"
    "  halt_s: 5, halt_reference_s: 30, latency_us: 500}\n"
    "populations: [{kind: noise}, {kind: value, rate: 10}, {kind: maker}, {kind: momentum}]\n"
    "agents: [{kind: monkey}, {kind: monkey, reach: 20, icebergs: 0.3}]\n";

static world create(int instruments) {
  char yaml[1024];
  snprintf(yaml, sizeof yaml, config, instruments);
  return world_create(yaml, 1);
}

// What the events of an instrument have told.
typedef struct watch {
  hft_phase phase;
  hft_time began, published;
  hft_indication found;  // the last one published
  int64_t traded;        // lots in this auction
  int64_t reference2;    // 0: not known
  int halts, auctions, trades, refused, waited;
} watch;

typedef struct guard {
  const hft_model *model;
  hft_market *market;
  watch watch[HFT_INSTRUMENTS_MAX];
} guard;

static bool is_auction(hft_phase phase) {
  return phase == HFT_PHASE_OPENING || phase == HFT_PHASE_CLOSING || phase == HFT_PHASE_HALTED;
}

// The phase before has ended at its time, and its auction has traded what it published.
static void check_end(const watch *w, hft_time now) {
  hft_time lasted = now - w->began;
  if (w->phase == HFT_PHASE_OPENING) assert_true(now == OPENING);
  if (w->phase == HFT_PHASE_CLOSING) assert_true(now == END);
  if (w->phase == HFT_PHASE_HALTED) assert_true(lasted == HALT || now == CLOSING);
  if (is_auction(w->phase) && now != CLOSING) {
    assert_true(w->published == now);
    assert_int_equal(w->traded, w->found.qty);
  }
  assert_int_not_equal(w->phase, HFT_PHASE_CLOSED);
}

static void on_phase(watch *w, const hft_event *event) {
  hft_phase next = (hft_phase)event->reason;
  hft_time now = event->time;
  bool first = w->phase == 0;
  if (!first) check_end(w, now);
  switch (next) {
    case HFT_PHASE_OPENING:
      assert_true(first && now == 0);
      break;
    case HFT_PHASE_CONTINUOUS:
      assert_true(w->phase == HFT_PHASE_OPENING || w->phase == HFT_PHASE_HALTED);
      w->reference2 = w->traded > 0 ? 2 * (int64_t)w->found.price : 0;
      w->auctions += w->traded > 0;
      break;
    case HFT_PHASE_HALTED:
      assert_int_equal(w->phase, HFT_PHASE_CONTINUOUS);
      w->halts++;
      break;
    case HFT_PHASE_CLOSING:
      assert_true(w->phase == HFT_PHASE_CONTINUOUS || w->phase == HFT_PHASE_HALTED);
      assert_true(now == CLOSING);
      break;
    case HFT_PHASE_CLOSED:
      assert_int_equal(w->phase, HFT_PHASE_CLOSING);
      w->auctions += w->traded > 0;
  }
  bool halts = next == HFT_PHASE_HALTED;
  assert_true(halts == (event->price != 0));
  if (halts && w->reference2 != 0) {  // the trade would have been outside the band
    int64_t away = llabs(2 * (int64_t)event->price - w->reference2);
    assert_true(away * 10000 > BAND_BPS * w->reference2 - 10000);
  }
  w->phase = next;
  w->began = w->published = now;
  w->traded = 0;
}

static void on_trade(watch *w, const hft_event *event) {
  w->trades++;
  assert_true((event->reason == HFT_REASON_AUCTION) == is_auction(w->phase));
  if (is_auction(w->phase)) {
    assert_true(event->time == w->published);
    assert_int_equal(event->price, w->found.price);
    w->traded += event->qty;
  } else {
    assert_int_equal(w->phase, HFT_PHASE_CONTINUOUS);
    if (w->reference2 == 0) return;
    int64_t away = llabs(2 * (int64_t)event->price - w->reference2);
    assert_true(away * 10000 <= BAND_BPS * w->reference2);
  }
}

static void on_event(void *context, const hft_event *event) {
  guard *g = context;
  watch *w = &g->watch[event->instrument];
  if (event->kind != HFT_EVENT_PHASE) assert_int_not_equal(w->phase, 0);
  switch ((hft_event_kind)event->kind) {
    case HFT_EVENT_PHASE:
      on_phase(w, event);
      break;
    case HFT_EVENT_IMBALANCE:
      assert_true(is_auction(w->phase));
      assert_true(event->time - w->published == HFT_SECOND || event->time == w->began ||
                  event->time == w->began + HALT || event->time == END || event->time == OPENING);
      w->published = event->time;
      w->found = (hft_indication){event->price, (hft_side)event->side, event->qty, event->left};
      break;
    case HFT_EVENT_TRADE:
      on_trade(w, event);
      break;
    case HFT_EVENT_ADD:
      assert_int_not_equal(w->phase, HFT_PHASE_CLOSED);
      break;
    case HFT_EVENT_EXPIRE:
      w->waited += event->order.slot1 != 0;
      assert_true(event->order.slot1 == 0 || (is_auction(w->phase) && event->time == w->published));
      break;
    case HFT_EVENT_REJECT:
      w->refused += event->reason == HFT_REASON_CLOSED;
      assert_true((event->reason == HFT_REASON_CLOSED) <= (w->phase == HFT_PHASE_CLOSED));
      break;
    default:
      break;
  }
}

// Between events: the market says of itself what the events have told.
static void look(guard *g) {
  hft_time now = hft_market_now(g->market);
  for (int i = 0; i < hft_model_instrument_count(g->model); i++) {
    watch *w = &g->watch[i];
    const hft_book *book = hft_market_book(g->model, g->market, i);
    assert_int_equal(hft_market_phase(g->model, g->market, i), w->phase);
    if (is_auction(w->phase)) assert_int_equal(book->live, 0);
    bool renewed = now % REFERENCE == 0 && w->phase == HFT_PHASE_CONTINUOUS && w->began < now;
    if (renewed) w->reference2 = hft_market_mid2(g->market, i);
  }
  const char *fault = hft_market_verify(g->model, g->market);
  if (fault != NULL) fail_msg("%s", fault);
}

static void run_session(guard *g, uint64_t seed) {
  memset(g->watch, 0, sizeof g->watch);
  const hft_sink sink = {on_event, g};
  hft_market_reset(g->model, g->market, seed, 0, &sink);
  // A nanosecond before a reference is taken, and at it: nothing comes between.
  for (hft_time now = 0; now <= END + 10 * HFT_SECOND; now += HFT_SECOND / 2) {
    hft_market_run(g->model, g->market, now, &sink);
    look(g);
  }
}

static void phases_follow_each_other(void **state) {
  (void)state;
  world w = create(1);
  guard g = {.model = w.model, .market = w.market};
  watch sum = {0};
  for (uint64_t seed = 0; seed < 6; seed++) {
    run_session(&g, seed);
    assert_int_equal(g.watch[0].phase, HFT_PHASE_CLOSED);
    sum.halts += g.watch[0].halts;
    sum.auctions += g.watch[0].auctions;
    sum.trades += g.watch[0].trades;
    sum.refused += g.watch[0].refused;
    sum.waited += g.watch[0].waited;
  }
  print_message("%d halts, %d auctions, %d trades\n", sum.halts, sum.auctions, sum.trades);
  assert_in_range(sum.halts, 12, 6 * 50);
  assert_in_range(sum.auctions, 12 + sum.halts / 2, 12 + sum.halts);
  assert_true(sum.trades > 1000 && sum.refused > 100 && sum.waited > 50);
  world_free(&w);
}

// Each instrument halts for itself.
static void instruments_have_phases_of_their_own(void **state) {
  (void)state;
  world w = create(3);
  guard g = {.model = w.model, .market = w.market};
  const hft_sink sink = {on_event, &g};
  hft_market_reset(g.model, g.market, 3, 0, &sink);
  int alone = 0;  // looks at one of them halted and another one not
  for (hft_time now = 0; now <= END; now += HFT_SECOND / 2) {
    hft_market_run(g.model, g.market, now, &sink);
    look(&g);
    int halted = 0;
    for (int i = 0; i < 3; i++) halted += g.watch[i].phase == HFT_PHASE_HALTED;
    alone += halted > 0 && halted < 3 && now < CLOSING;
  }
  assert_true(alone > 10);
  for (int i = 0; i < 3; i++) assert_int_equal(g.watch[i].phase, HFT_PHASE_CLOSED);
  world_free(&w);
}

static void a_copy_in_an_auction_continues_identically(void **state) {
  (void)state;
  world w = create(2);
  hft_market *fork = create_market(w.model);
  event_record a = {0}, b = {0};
  hft_sink sink_a = event_record_sink(&a), sink_b = event_record_sink(&b);
  hft_market_reset(w.model, w.market, 4, 1, NULL);
  int seen[256] = {0};
  for (hft_time now = HFT_SECOND / 3; now < END; now += 7 * HFT_SECOND) {
    hft_market_run(w.model, w.market, now, NULL);
    seen[hft_market_phase(w.model, w.market, 0)]++;
    memcpy(fork, w.market, hft_market_size(w.model));
    a.count = b.count = 0;
    uint64_t hash = hft_market_hash(w.model, w.market);
    assert_true(hft_market_hash(w.model, fork) == hash);
    hft_market_run(w.model, w.market, now + 7 * HFT_SECOND, &sink_a);
    assert_true(hft_market_hash(w.model, fork) == hash);
    hft_market_run(w.model, fork, now + 7 * HFT_SECOND, &sink_b);
    event_record_expect_same(&a, &b);
    assert_true(hft_market_hash(w.model, w.market) == hft_market_hash(w.model, fork));
  }
  assert_true(seen[HFT_PHASE_OPENING] > 1 && seen[HFT_PHASE_CLOSING] > 1);
  assert_true(seen[HFT_PHASE_HALTED] > 0 && seen[HFT_PHASE_CONTINUOUS] > 5);
  event_record_free(&a);
  event_record_free(&b);
  free(fork);
  world_free(&w);
}

// A session that ended anywhere leaves nothing to the next one.
static void a_reset_ends_any_phase(void **state) {
  (void)state;
  world w = create(1), fresh = create(1);
  const hft_time until[] = {10, 100, 290, 400};
  for (int i = 0; i < 4; i++) {
    hft_market_run(w.model, w.market, until[i] * HFT_SECOND, NULL);
    hft_market_reset(w.model, w.market, 9, 2, NULL);
    hft_market_reset(fresh.model, fresh.market, 9, 2, NULL);
    assert_true(hft_market_hash(w.model, w.market) == hft_market_hash(fresh.model, fresh.market));
    hft_market_run(w.model, w.market, 60 * HFT_SECOND, NULL);
    hft_market_run(fresh.model, fresh.market, 60 * HFT_SECOND, NULL);
    assert_true(hft_market_hash(w.model, w.market) == hft_market_hash(fresh.model, fresh.market));
  }
  world_free(&w);
  world_free(&fresh);
}

// Auctions and halts cost memory only where they are.
static void a_market_without_calls_has_no_room_for_them(void **state) {
  (void)state;
  world plain = world_create("market_config: {window_ticks: 1024}", 1);
  world keys = world_create(
      "market_config: {window_ticks: 1024}\n"
      "exchange_config: {auction_publish_s: 5, halt_reference_s: 7, halt_s: 9}",
      1);
  world calls =
      world_create("market_config: {window_ticks: 1024}\nexchange_config: {halt_band_bps: 1}", 1);
  size_t size = hft_market_size(plain.model);
  assert_int_equal(hft_market_size(keys.model), size);
  assert_true(hft_market_size(calls.model) > size + 2 * 1024 * sizeof(hft_node));
  assert_true(hft_market_hash(plain.model, plain.market) ==
              hft_market_hash(keys.model, keys.market));
  world_free(&plain);
  world_free(&keys);
  world_free(&calls);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(phases_follow_each_other),
      cmocka_unit_test(instruments_have_phases_of_their_own),
      cmocka_unit_test(a_copy_in_an_auction_continues_identically),
      cmocka_unit_test(a_reset_ends_any_phase),
      cmocka_unit_test(a_market_without_calls_has_no_room_for_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
