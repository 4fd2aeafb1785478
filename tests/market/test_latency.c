// Arrival of requests: after their latency, in the order in which they were sent.
#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"
#include "sim/market/state.h"
#include "tests/market/stage.h"

#define LATENCY (100 * (HFT_MILLISECOND / 1000))

// A population (0) without latency, seats (1 to 3) with 100 us.
static const char lagging[] = "exchange_config: {latency_us: 100}\npopulations: [{kind: seat}]";

static hft_order_id send(stage *s, int who, hft_side side, hft_tif tif, hft_price price,
                         hft_qty qty) {
  size_t before = s->record.count;
  hft_order_id id = stage_send(s, who, side, tif, price, qty);
  assert_int_equal(s->record.count, before);  // nothing happens yet
  assert_int_not_equal(id.number, 0);
  return id;
}

// Nothing happens before that time, and then something does.
static void wait_until(stage *s, hft_time time) {
  stage_run(s, time - 1);
  stage_expect_quiet(s);
  stage_run(s, time);
  assert_true(s->read < s->record.count);
  for (size_t i = s->read; i < s->record.count; i++) {
    assert_int_equal(s->record.events[i].time, time);
  }
}

// ---- a fixed latency -------------------------------------------------------------------------

static void every_request_arrives_exactly_then(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, lagging);
  stage_run(&s, 777);
  hft_order_id id = send(&s, 1, HFT_BID, HFT_GTC, 9990, 5);
  wait_until(&s, 777 + LATENCY);
  assert_true(stage_is_same(stage_expect(&s, HFT_EVENT_ADD, 1, 9990, 5)->order, id));
  stage_run(&s, 2 * HFT_SECOND);
  assert_true(hft_desk_reduce(&s.desk[1], id, 2));
  wait_until(&s, 2 * HFT_SECOND + LATENCY);
  stage_expect(&s, HFT_EVENT_REDUCE, 1, 9990, 2);
  stage_run(&s, 3 * HFT_SECOND);
  hft_order_id moved = hft_desk_replace(&s.desk[1], id, 9991, 4);
  wait_until(&s, 3 * HFT_SECOND + LATENCY);
  stage_expect_cancel(&s, 1, 9990, 3, HFT_REASON_REPLACED);
  assert_true(stage_is_same(stage_expect(&s, HFT_EVENT_ADD, 1, 9991, 4)->order, moved));
  stage_run(&s, 4 * HFT_SECOND);
  assert_true(hft_desk_cancel(&s.desk[1], moved));
  wait_until(&s, 4 * HFT_SECOND + LATENCY);
  stage_expect_cancel(&s, 1, 9991, 4, HFT_REASON_REQUESTED);
  stage_close(&s);
}

static void requests_travel_together(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, lagging);
  for (int i = 0; i < 5; i++) {
    stage_run(&s, i * LATENCY / 5);
    send(&s, 1, HFT_BID, HFT_GTC, 9990 + i, 1);
  }
  for (int i = 0; i < 5; i++) {
    wait_until(&s, i * LATENCY / 5 + LATENCY);
    stage_expect(&s, HFT_EVENT_ADD, 1, 9990 + i, 1);
  }
  stage_close(&s);
}

static void immediate_orders_meet_the_book_on_arrival(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, lagging);
  send(&s, 1, HFT_BID, HFT_IOC, 10001, 4);
  send(&s, 2, HFT_BID, HFT_FOK, 10002, 4);
  send(&s, 3, HFT_BID, HFT_FOK, HFT_PRICE_MARKET, 3);
  assert_int_equal(hft_desk_open_count(&s.desk[1]), 0);  // they hold no place
  stage_run(&s, LATENCY - 1);
  stage_rest(&s, 0, HFT_ASK, 10001, 2);
  stage_rest(&s, 0, HFT_ASK, 10002, 3);
  stage_run(&s, LATENCY);
  stage_expect_trade(&s, .maker = 0, .taker = 1, .price = 10001, .qty = 2);
  stage_expect(&s, HFT_EVENT_EXPIRE, 1, 10001, 2);
  stage_expect_reject(&s, 2, HFT_REASON_NOT_FILLABLE);
  stage_expect_trade(&s, .maker = 0, .taker = 3, .price = 10002, .qty = 3);
  stage_close(&s);
}

static void a_fill_overtakes_a_cancel(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, lagging);
  hft_order_id id = send(&s, 1, HFT_BID, HFT_GTC, 9990, 5);
  stage_run(&s, HFT_SECOND);
  stage_expect(&s, HFT_EVENT_ADD, 1, 9990, 5);
  assert_true(hft_desk_cancel(&s.desk[1], id));
  stage_run(&s, HFT_SECOND + LATENCY - 1);
  stage_send(&s, 0, HFT_ASK, HFT_IOC, 9990, 5);
  stage_expect_trade(&s, .maker = 1, .taker = 0, .price = 9990, .qty = 5);
  stage_run(&s, HFT_SECOND + LATENCY);
  stage_expect_reject(&s, 1, HFT_REASON_STALE_ORDER);
  assert_true(stage_is_same(s.record.events[s.read - 1].order, id));
  // In part: what is left is cancelled.
  id = send(&s, 1, HFT_BID, HFT_GTC, 9990, 5);
  stage_run(&s, 2 * HFT_SECOND);
  stage_expect(&s, HFT_EVENT_ADD, 1, 9990, 5);
  assert_true(hft_desk_cancel(&s.desk[1], id));
  stage_send(&s, 0, HFT_ASK, HFT_IOC, 9990, 2);
  stage_expect_trade(&s, .maker = 1, .taker = 0, .price = 9990, .qty = 2, .left = 3);
  stage_run(&s, 3 * HFT_SECOND);
  stage_expect_cancel(&s, 1, 9990, 3, HFT_REASON_REQUESTED);
  stage_close(&s);
}

// The limits hold an order against what is when it arrives.
static void limits_hold_on_arrival(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s,
                  "exchange_config: {latency_us: 100, max_inventory: 5, message_rate_max: 3}\n"
                  "populations: [{kind: seat}]");
  send(&s, 1, HFT_BID, HFT_GTC, 9990, 5);
  send(&s, 1, HFT_BID, HFT_GTC, 9991, 1);
  stage_run(&s, HFT_SECOND - LATENCY);
  stage_expect(&s, HFT_EVENT_ADD, 1, 9990, 5);
  stage_expect_reject(&s, 1, HFT_REASON_POSITION);
  for (int i = 0; i < 4; i++) send(&s, 1, HFT_ASK, HFT_GTC, 10010, 1);  // arrive at the second
  stage_run(&s, 2 * HFT_SECOND);
  for (int i = 0; i < 3; i++) stage_expect(&s, HFT_EVENT_ADD, 1, 10010, 1);
  stage_expect_reject(&s, 1, HFT_REASON_MESSAGE_RATE);
  assert_int_equal(hft_desk_open_count(&s.desk[1]), 4);  // the places of the refused are free
  stage_close(&s);
}

static void a_reset_forgets_what_is_under_way(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s, lagging);
  send(&s, 1, HFT_BID, HFT_GTC, 9990, 5);
  hft_market_reset(s.w.model, s.w.market, 0, 0, &s.sink);
  assert_int_equal(hft_desk_open_count(&s.desk[1]), 0);
  stage_run(&s, HFT_SECOND);
  stage_close(&s);
}

// ---- a random latency ------------------------------------------------------------------------

static const char jittery[] =
    "exchange_config: {latency_us: 100, latency_jitter_us: 40}\npopulations: [{kind: seat}]";

static void jitter_is_exponential(void **state) {
  (void)state;
  enum { COUNT = 20000 };
  const double mean = 40e3;  // ns
  stage s;
  stage_open_with(&s, jittery);
  // Beyond each of these parts of the mean lies so much of an exponential.
  static const double part[] = {0.1, 0.5, 1, 2, 3};
  static const double above[] = {0.904837418035960, 0.606530659712633, 0.367879441171442,
                                 0.135335283236613, 0.049787068367864};
  int beyond[5] = {0};
  double sum = 0;
  for (int i = 0; i < COUNT; i++) {
    hft_time sent = i * 10 * HFT_MILLISECOND;
    stage_run(&s, sent);
    stage_send(&s, 1, HFT_BID, HFT_IOC, 9990, 1);
    stage_run(&s, sent + 10 * HFT_MILLISECOND - 1);
    double random = (double)(stage_expect(&s, HFT_EVENT_EXPIRE, 1, 9990, 1)->time - sent - LATENCY);
    assert_true(random >= 0);
    sum += random;
    for (int k = 0; k < 5; k++) beyond[k] += random > part[k] * mean;
  }
  // Within five standard errors; that of the mean is the mean itself.
  double off = sum / COUNT / mean - 1;
  assert_true(off * off < 25.0 / COUNT);
  for (int k = 0; k < 5; k++) {
    double p = above[k], share = (double)beyond[k] / COUNT - p;
    assert_true(share * share < 25 * p * (1 - p) / COUNT);
  }
  stage_close(&s);
}

static void requests_of_one_are_never_reordered(void **state) {
  (void)state;
  stage s;
  stage_open_with(&s,
                  "exchange_config: {latency_us: 100, latency_jitter_us: 500}\n"
                  "populations: [{kind: seat}]");
  enum { COUNT = 20000 };
  static hft_time sent[COUNT + 1];
  static uint8_t who_sent[COUNT + 1];
  uint32_t under_way[4] = {0}, last[4] = {0};
  hft_time last_time[4] = {0};
  hft_rng rng = hft_rng_seed(8, 0);
  int waited = 0, overtakes = 0;
  uint32_t sent_count = 0, newest = 0;
  for (hft_time now = 0; sent_count < COUNT || s.read < COUNT;) {
    int who = 1 + (int)hft_bounded(&rng, 3);
    if (under_way[who] < HFT_IN_FLIGHT_MAX && sent_count < COUNT) {
      hft_order_id id = stage_send(&s, who, HFT_BID, HFT_IOC, 9990, 1);
      assert_int_equal(id.number, ++sent_count);
      sent[sent_count] = now;
      who_sent[sent_count] = (uint8_t)who;
      under_way[who]++;
    }
    if (hft_bounded(&rng, 3) == 0) stage_run(&s, now += hft_bounded(&rng, 100000));
    for (; s.read < s.record.count; s.read++) {
      const hft_event *event = &s.record.events[s.read];
      uint32_t number = event->order.number;
      assert_int_equal(event->kind, HFT_EVENT_EXPIRE);
      assert_int_equal(event->owner, who_sent[number]);
      assert_true(number > last[event->owner]);
      assert_true(event->time >= sent[number] + LATENCY);
      waited += event->time == last_time[event->owner];  // for the one before it
      last_time[event->owner] = event->time;
      overtakes += number < newest;  // those of others may
      if (number > newest) newest = number;
      last[event->owner] = number;
      under_way[event->owner]--;
    }
  }
  assert_true(overtakes > 1000 && waited > 1000);  // or it shows nothing
  stage_close(&s);
}

// A seat's latency is drawn from a stream of its own.
static void latency_shifts_no_draws(void **state) {
  (void)state;
  stage with, without;
  stage_open_with(&with, jittery);
  stage_open_with(&without, "populations: [{kind: seat}]");
  for (int who = 0; who < with.count; who++) {
    if (who > 0) stage_send(&with, who, HFT_BID, HFT_IOC, 9990, 1);
    assert_memory_equal(hft_desk_rng(&with.desk[who]), hft_desk_rng(&without.desk[who]),
                        sizeof(hft_rng));
  }
  stage_run(&with, HFT_SECOND);
  assert_int_equal(with.record.count, 3);
  for (int i = 0; i < 2; i++) {
    assert_int_not_equal(with.record.events[i].time, with.record.events[i + 1].time);
  }
  with.read = 3;
  stage_close(&with);
  stage_close(&without);
}

// ---- different latencies ---------------------------------------------------------------------

typedef struct racer_keys {
  double latency_us;
} racer_keys;

static const hft_key racer_key[] = {{"latency_us", HFT_KEY_REAL, offsetof(racer_keys, latency_us),
                                     "-1", -1, 1e9, "us", "its own; negative: the exchange's"}};
static const hft_section racer_section = {"racer", "", racer_key, 1, sizeof(racer_keys)};
static const hft_agent_class racer_class = {
    .section = &racer_section,
    .params_size = sizeof(racer_keys),
    .key = {.latency_us = HFT_PARAM(racer_keys, latency_us)},
    .open_orders_max = 8};

static void open_race(stage *s, const char *yaml) {
  static const racer_keys keys[] = {{20}, {70}, {0}, {-1}};
  hft_extra_agent extra[5] = {{&world_seat_class, NULL}};
  for (int i = 0; i < 4; i++) extra[1 + i] = (hft_extra_agent){&racer_class, &keys[i]};
  stage_open_agents(s, yaml, extra, 5);
  s->desk[0].direct = true;  // sells
}

// Seat 1 takes 20 us, seat 2 takes 70. Seat 2 starts so many ns before.
static void race(hft_time lead, int winner) {
  stage s;
  open_race(&s, "exchange_config: {latency_us: 5000}");
  stage_rest(&s, 0, HFT_ASK, 10001, 1);
  stage_send(&s, 2, HFT_BID, HFT_IOC, 10001, 1);
  stage_run(&s, lead);
  stage_send(&s, 1, HFT_BID, HFT_IOC, 10001, 1);
  stage_run(&s, HFT_SECOND);
  stage_expect_trade(&s, .maker = 0, .taker = winner, .price = 10001, .qty = 1);
  hft_time sent = winner == 1 ? lead : 0, took = winner == 1 ? 20000 : 70000;
  assert_int_equal(s.record.events[s.read - 1].time, sent + took);
  stage_expect(&s, HFT_EVENT_EXPIRE, 3 - winner, 10001, 1);
  stage_close(&s);
}

static void the_faster_wins_the_race(void **state) {
  (void)state;
  race(0, 1);
  race(49999, 1);
  race(50001, 2);
  race(60000, 2);
  race(50000, 2);  // at the same time: who sent first
}

static void an_agents_own_latency_goes_before_the_exchanges(void **state) {
  (void)state;
  stage s;
  open_race(&s, "exchange_config: {latency_us: 5000}");
  const hft_time latency[] = {0, 20000, 70000, 0, 5000000};
  for (int who = 1; who < 5; who++) {
    hft_time now = who * HFT_SECOND;
    stage_run(&s, now);
    stage_send(&s, who, HFT_BID, HFT_GTC, 9990, 1);
    if (latency[who] > 0) wait_until(&s, now + latency[who]);
    assert_int_equal(stage_expect(&s, HFT_EVENT_ADD, who, 9990, 1)->time, now + latency[who]);
  }
  stage_close(&s);
  // Where the exchange has none, theirs are the only ones.
  open_race(&s, "");
  stage_rest(&s, 3, HFT_BID, 9990, 1);
  stage_rest(&s, 4, HFT_BID, 9990, 1);
  send(&s, 2, HFT_BID, HFT_GTC, 9991, 1);
  wait_until(&s, 70000);
  stage_expect(&s, HFT_EVENT_ADD, 2, 9991, 1);
  stage_close(&s);
}

// ---- sessions --------------------------------------------------------------------------------

static const char crowd[] =
    "market_config: {window_ticks: 512}\n"
    "populations: [{kind: noise}, {kind: maker}]\n"
    "agents: [{kind: monkey}, {kind: monkey, reach: 20, rate: 200}]\n";

static void run_session(const world *w, event_record *record) {
  hft_sink sink = event_record_sink(record);
  hft_market_reset(w->model, w->market, 4, 2, &sink);
  hft_market_run(w->model, w->market, 20 * HFT_SECOND, &sink);
  assert_true(record->count > 1000);
}

static void no_latency_is_none(void **state) {
  (void)state;
  char yaml[512];
  strcpy(yaml, crowd);
  strcat(yaml, "exchange_config: {latency_us: 0, latency_jitter_us: 0}");
  world w = world_create(crowd, 1), zero = world_create(yaml, 1);
  event_record a = {0}, b = {0};
  run_session(&w, &a);
  run_session(&zero, &b);
  event_record_expect_same(&a, &b);
  assert_true(hft_market_hash(w.model, w.market) == hft_market_hash(zero.model, zero.market));
  event_record_free(&a);
  event_record_free(&b);
  world_free(&w);
  world_free(&zero);
}

// With requests under way the copy has them, too.
static void a_copy_has_the_requests_under_way(void **state) {
  (void)state;
  char yaml[512];
  strcpy(yaml, crowd);
  strcat(yaml, "exchange_config: {latency_us: 20000, latency_jitter_us: 5000}");
  world w = world_create(yaml, 1);
  hft_market *fork = create_market(w.model);
  event_record a = {0}, b = {0};
  hft_sink sink_a = event_record_sink(&a), sink_b = event_record_sink(&b);
  hft_desk desk = hft_market_desk(w.model, w.market, w.seat);
  for (int round = 1; round <= 20; round++) {
    hft_time now = round * HFT_SECOND;
    hft_market_run(w.model, w.market, now, NULL);
    hft_order_id id = hft_desk_submit(&desk, &(hft_order){HFT_BID, HFT_GTC, 9900, 3});
    memcpy(fork, w.market, hft_market_size(w.model));
    a.count = b.count = 0;
    hft_market_run(w.model, w.market, now + HFT_SECOND / 2, &sink_a);
    bool seen = false;
    for (size_t i = 0; i < a.count; i++) {  // whether it rests or trades
      seen |= a.events[i].order.number == id.number || a.events[i].taker.number == id.number;
    }
    assert_true(seen);
    hft_market_run(w.model, fork, now + HFT_SECOND / 2, &sink_b);
    event_record_expect_same(&a, &b);
    assert_memory_equal(w.market, fork, hft_market_size(w.model));
    assert_true(hft_market_hash(w.model, w.market) == hft_market_hash(w.model, fork));
    hft_desk_cancel_all(&desk);
  }
  event_record_free(&a);
  event_record_free(&b);
  free(fork);
  world_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_request_arrives_exactly_then),
      cmocka_unit_test(requests_travel_together),
      cmocka_unit_test(immediate_orders_meet_the_book_on_arrival),
      cmocka_unit_test(a_fill_overtakes_a_cancel),
      cmocka_unit_test(limits_hold_on_arrival),
      cmocka_unit_test(a_reset_forgets_what_is_under_way),
      cmocka_unit_test(jitter_is_exponential),
      cmocka_unit_test(requests_of_one_are_never_reordered),
      cmocka_unit_test(latency_shifts_no_draws),
      cmocka_unit_test(the_faster_wins_the_race),
      cmocka_unit_test(an_agents_own_latency_goes_before_the_exchanges),
      cmocka_unit_test(no_latency_is_none),
      cmocka_unit_test(a_copy_has_the_requests_under_way),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
