// The audit fields of a trade: how long the maker's order rested and behind how many lots, and the
// latency of both requests.
#include "sim/base/dist.h"
#include "tests/market/stage.h"

static void at(stage *s, hft_time time) {
  stage_run(s, time);
}

// The next event is a trade of such a maker.
typedef struct audited {
  int maker, taker;
  hft_qty qty;
  hft_time rested;  // how long the maker's order has rested, ns
  hft_qty ahead;    // lots before it when it came
} audited;

static const hft_event *expect_audit(stage *s, audited expected) {
  assert_true(s->read < s->record.count);
  const hft_event *event = &s->record.events[s->read++];
  assert_int_equal(event->kind, HFT_EVENT_TRADE);
  assert_int_equal(event->owner, expected.maker);
  assert_int_equal(event->taker_owner, expected.taker);
  assert_int_equal(event->qty, expected.qty);
  assert_int_equal(event->rested, expected.rested);
  assert_int_equal(event->ahead, expected.ahead);
  return event;
}

static void take(stage *s, hft_qty qty) {
  stage_send(s, 2, HFT_BID, HFT_IOC, 10001, qty);
}

static void a_trade_tells_when_and_behind_what_its_maker_came(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  at(&s, 100);
  hft_order_id first = stage_rest(&s, 0, HFT_ASK, 10001, 5);
  at(&s, 250);
  stage_rest(&s, 1, HFT_ASK, 10001, 7);
  at(&s, 300);
  hft_order_id last = stage_rest(&s, 0, HFT_ASK, 10001, 2);
  stage_rest(&s, 0, HFT_ASK, 10002, 2);  // nothing before it at its price
  at(&s, 400);
  assert_true(hft_desk_reduce(&s.desk[0], first, 1));  // after the others came
  stage_expect(&s, HFT_EVENT_REDUCE, 0, 10001, 1);
  take(&s, 3);
  expect_audit(&s, (audited){.maker = 0, .taker = 2, .qty = 3, .rested = 300, .ahead = 0});
  at(&s, 1000);
  take(&s, 2);
  expect_audit(&s, (audited){.maker = 0, .taker = 2, .qty = 1, .rested = 900, .ahead = 0});
  expect_audit(&s, (audited){.maker = 1, .taker = 2, .qty = 1, .rested = 750, .ahead = 5});
  // Smaller at its price: it has waited since it came.
  assert_true(stage_is_same(hft_desk_replace(&s.desk[0], last, 10001, 1), last));
  stage_expect(&s, HFT_EVENT_REDUCE, 0, 10001, 1);
  at(&s, 1100);
  stage_send(&s, 2, HFT_BID, HFT_GTC, 10002, 9);
  expect_audit(&s, (audited){.maker = 1, .taker = 2, .qty = 6, .rested = 850, .ahead = 5});
  expect_audit(&s, (audited){.maker = 0, .taker = 2, .qty = 1, .rested = 800, .ahead = 12});
  const hft_event *event =
      expect_audit(&s, (audited){.maker = 0, .taker = 2, .qty = 2, .rested = 800, .ahead = 0});
  assert_true(event->latency == 0 && event->taker_latency == 0);
  stage_close(&s);
}

static void an_order_that_requeues_waits_from_then_on(void **state) {
  (void)state;
  stage s;
  stage_open(&s);
  hft_order_id moved = stage_rest(&s, 0, HFT_ASK, 10001, 5);
  stage_send_iceberg(&s, 1, HFT_ASK, 10001, 7, 4);
  stage_expect(&s, HFT_EVENT_ADD, 1, 10001, 4);
  at(&s, 50);
  hft_desk_replace(&s.desk[0], moved, 10001, 6);
  stage_expect_cancel(&s, 0, 10001, 5, HFT_REASON_REPLACED);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 6);
  at(&s, 80);
  take(&s, 4);
  expect_audit(&s, (audited){.maker = 1, .taker = 2, .qty = 4, .rested = 80, .ahead = 5});
  stage_expect(&s, HFT_EVENT_ADD, 1, 10001, 3);  // comes to light now, behind the other
  at(&s, 200);
  take(&s, 9);
  expect_audit(&s, (audited){.maker = 0, .taker = 2, .qty = 6, .rested = 150, .ahead = 4});
  expect_audit(&s, (audited){.maker = 1, .taker = 2, .qty = 3, .rested = 120, .ahead = 6});
  stage_close(&s);
}

static void a_long_latency_is_capped(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, "exchange_config: {latency_us: 4294967.296}");  // 2^32 ns
  stage_send(&s, 0, HFT_ASK, HFT_GTC, 10001, 5);
  at(&s, HFT_SECOND);
  stage_send(&s, 2, HFT_BID, HFT_GTC, 10001, 5);
  at(&s, 10 * HFT_SECOND);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 5);
  const hft_event *event = expect_audit(
      &s, (audited){.maker = 0, .taker = 2, .qty = 5, .rested = HFT_SECOND, .ahead = 0});
  assert_true(event->latency == UINT32_MAX && event->taker_latency == UINT32_MAX);
  stage_close(&s);
  stage_open_with(&s, "exchange_config: {latency_us: 4294967.294}");
  stage_send(&s, 0, HFT_ASK, HFT_GTC, 10001, 5);
  stage_send(&s, 2, HFT_BID, HFT_GTC, 10001, 5);
  at(&s, 10 * HFT_SECOND);
  stage_expect(&s, HFT_EVENT_ADD, 0, 10001, 5);
  event = expect_audit(&s, (audited){.maker = 0, .taker = 2, .qty = 5, .rested = 0, .ahead = 0});
  assert_true(event->latency == UINT32_MAX - 1 && event->taker_latency == UINT32_MAX - 1);
  stage_close(&s);
}

// ---- a random crowd ----------------------------------------------------------------------------

#define NUMBERS_MAX 40000

// By number of an order: what its owner was told when it was sent, and what came of it.
static struct {
  hft_order_id promised[NUMBERS_MAX];
  hft_time sent[NUMBERS_MAX], entered[NUMBERS_MAX];
  uint32_t latency[NUMBERS_MAX];
} known;

static void note_sent(hft_order_id id, hft_time now) {
  if (stage_is_null(id)) return;
  assert_in_range(id.number, 1, NUMBERS_MAX - 1);
  if (known.promised[id.number].number != 0) return;  // kept its place
  known.promised[id.number] = id;
  known.sent[id.number] = now;
}

static void act(stage *s, hft_rng *rng) {
  const hft_desk *desk = &s->desk[hft_bounded(rng, STAGE_SEATS)];
  hft_time now = hft_market_now(s->w.market);
  uint32_t open = hft_desk_open_count(desk), what = hft_bounded(rng, 10);
  hft_qty qty = 1 + (hft_qty)hft_bounded(rng, 20);
  hft_price price = 9998 + (hft_price)hft_bounded(rng, 5);
  hft_order_id id = open > 0 ? hft_desk_open(desk, hft_bounded(rng, open)) : (hft_order_id){0, 0};
  if (what < 6 || open == 0) {
    const hft_order order = {(hft_side)hft_bounded(rng, 2),
                             (hft_tif)hft_bounded(rng, HFT_TIF_COUNT), price, qty,
                             (hft_qty)hft_bounded(rng, 3) == 0 ? 1 + qty / 4 : 0};
    note_sent(hft_desk_submit(desk, &order), now);
  } else if (what < 8) {
    note_sent(hft_desk_replace(desk, id, price, qty), now);
  } else if (what == 8) {
    hft_desk_reduce(desk, id, qty);
  } else {
    hft_desk_cancel(desk, id);
  }
}

// Which trades there were of orders that had travelled differently long.
static int read_events(stage *s) {
  int trades = 0;
  for (; s->read < s->record.count; s->read++) {
    const hft_event *event = &s->record.events[s->read];
    uint32_t number = event->order.number;
    if (event->kind == HFT_EVENT_ADD) {
      assert_true(stage_is_same(event->order, known.promised[number]));
      known.entered[number] = event->time;
      if (event->reason == HFT_REASON_REFRESHED) continue;
      known.latency[number] = (uint32_t)(event->time - known.sent[number]);
    } else if (event->kind == HFT_EVENT_TRADE) {
      assert_int_equal(event->rested, event->time - known.entered[number]);
      assert_int_equal(event->latency, known.latency[number]);
      assert_int_equal(event->taker_latency, event->time - known.sent[event->taker.number]);
      trades += event->latency != event->taker_latency;
    }
  }
  return trades;
}

// What was promised at sending comes true: an order rests under the id that its owner was told, and
// its trades know when it was sent.
static void run_crowd(const char *exchange, uint64_t seed) {
  stage s;
  stage_open_with(&s, exchange);
  for (int i = 0; i < NUMBERS_MAX; i++) known.promised[i] = (hft_order_id){0, 0};
  hft_rng rng = hft_rng_seed(seed, 0);
  int trades = 0;
  for (int i = 0; i < 25000; i++) {
    act(&s, &rng);
    at(&s, hft_market_now(s.w.market) + hft_bounded(&rng, 100000));
    trades += read_events(&s);
    if (i % 100 == 0) world_verify(&s.w);
  }
  assert_true(trades > 2000);
  // When all has arrived and nothing is leaving, all can be cancelled.
  at(&s, hft_market_now(s.w.market) + HFT_SECOND);
  for (int who = 0; who < s.count; who++) {
    uint32_t open = hft_desk_open_count(&s.desk[who]);
    assert_int_equal(hft_desk_cancel_all(&s.desk[who]), open);
  }
  at(&s, hft_market_now(s.w.market) + HFT_SECOND);
  for (int who = 0; who < s.count; who++) {
    assert_int_equal(hft_desk_open_count(&s.desk[who]), 0);
  }
  s.read = s.record.count;
  stage_close(&s);
}

static void audits_hold_under_every_rule(void **state) {
  (void)state;
  run_crowd("exchange_config: {latency_us: 200, latency_jitter_us: 300}", 1);
  run_crowd("exchange_config: {latency_jitter_us: 1000, self_trade: cancel_oldest}", 2);
  run_crowd("exchange_config: {latency_jitter_us: 900, self_trade: cancel_both}", 3);
  run_crowd("exchange_config: {latency_jitter_us: 900, max_inventory: 100}", 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_trade_tells_when_and_behind_what_its_maker_came),
      cmocka_unit_test(an_order_that_requeues_waits_from_then_on),
      cmocka_unit_test(a_long_latency_is_capped),
      cmocka_unit_test(audits_hold_under_every_rule),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
