// Notices of executions: a participant gets each of its own once, when its account includes it.
#include <string.h>

#include "tests/support/market_world.h"

#define HEARD_MAX 8

typedef struct ear {
  int count;
  hft_event heard[HEARD_MAX];
  hft_account account[HEARD_MAX];  // as it was then
  bool live[HEARD_MAX];            // was the maker's order live still?
} ear;

static void ear_fill(const void *params, void *state, hft_desk *desk, const hft_event *event) {
  ear *own = state;
  (void)params;
  assert_true(own->count < HEARD_MAX);
  hft_order order;
  own->heard[own->count] = *event;
  own->account[own->count] = *hft_desk_account(desk);
  own->live[own->count] = hft_desk_order(desk, event->order, &order);
  own->count++;
}

static const hft_section ear_section = {"ear", "", NULL, 0, 0};
static const hft_agent_class ear_class = {
    .section = &ear_section, .state_size = sizeof(ear), .open_orders_max = 4, .fill = ear_fill};

static world begin(hft_desk *desk) {
  const hft_extra_agent extra[] = {
      {&ear_class, NULL}, {&ear_class, NULL}, {&world_seat_class, NULL}};
  world w = world_create_with("market_config: {fundamental: constant}", extra, 3);
  for (int i = 0; i < 3; i++) desk[i] = hft_market_desk(w.model, w.market, (hft_owner)i);
  return w;
}

static hft_order_id send(hft_desk *desk, hft_side side, hft_price price, hft_qty qty) {
  return hft_desk_submit(desk, &(hft_order){side, HFT_GTC, price, qty});
}

static ear *ear_of(const world *w, int who) {
  return hft_market_agent_state(w->model, w->market, (hft_owner)who);
}

static void both_sides_hear_of_a_trade(void **state) {
  (void)state;
  hft_desk desk[3];
  world w = begin(desk);
  event_record record = {0};
  hft_sink sink = event_record_sink(&record);
  for (int i = 0; i < 3; i++) desk[i].sink = &sink;
  hft_market_run(w.model, w.market, 77, &sink);
  hft_order_id resting = send(&desk[0], HFT_ASK, 10001, 5);
  assert_int_equal(ear_of(&w, 0)->count, 0);  // to rest is no fill
  hft_order_id taking = send(&desk[1], HFT_BID, 10001, 3);
  const ear *maker = ear_of(&w, 0), *taker = ear_of(&w, 1);
  assert_int_equal(maker->count, 1);
  assert_int_equal(taker->count, 1);
  assert_memory_equal(&maker->heard[0], &taker->heard[0], sizeof(hft_event));
  assert_int_equal(record.count, 2);  // the same record as in the stream
  assert_memory_equal(&maker->heard[0], &record.events[1], sizeof(hft_event));
  assert_int_equal(maker->heard[0].time, 77);
  assert_int_equal(maker->heard[0].order.number, resting.number);
  assert_int_equal(maker->heard[0].taker.number, taking.number);
  assert_int_equal(maker->heard[0].taker_owner, 1);
  // Both accounts knew.
  assert_int_equal(maker->account[0].position, -3);
  assert_int_equal(maker->account[0].cash, 3 * 10001);
  assert_int_equal(taker->account[0].position, 3);
  assert_true(maker->live[0]);
  send(&desk[1], HFT_BID, 10001, 2);
  assert_int_equal(maker->count, 2);
  assert_false(maker->live[1]);
  event_record_free(&record);
  world_free(&w);
}

static void each_execution_is_heard(void **state) {
  (void)state;
  hft_desk desk[3];
  world w = begin(desk);
  send(&desk[0], HFT_BID, 9999, 1);
  send(&desk[2], HFT_BID, 9998, 2);  // has no ear
  send(&desk[0], HFT_BID, 9997, 3);
  send(&desk[1], HFT_ASK, 9990, 6);
  assert_int_equal(ear_of(&w, 0)->count, 2);
  const ear *taker = ear_of(&w, 1);
  assert_int_equal(taker->count, 3);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(taker->heard[i].qty, i + 1);
    assert_int_equal(taker->heard[i].price, 9999 - i);
    assert_int_equal(taker->heard[i].owner, i == 1 ? 2 : 0);
  }
  world_free(&w);
}

static void a_trade_with_oneself_is_heard_once(void **state) {
  (void)state;
  hft_desk desk[3];
  world w = begin(desk);
  send(&desk[0], HFT_BID, 10000, 2);
  send(&desk[0], HFT_ASK, 10000, 2);
  assert_int_equal(ear_of(&w, 0)->count, 1);
  assert_int_equal(ear_of(&w, 0)->account[0].position, 0);
  assert_int_equal(ear_of(&w, 0)->account[0].fill_count, 2);
  world_free(&w);
}

static void a_reset_zeroes_the_state(void **state) {
  (void)state;
  hft_desk desk[3];
  world w = begin(desk);
  send(&desk[0], HFT_BID, 10000, 2);
  send(&desk[1], HFT_ASK, 10000, 2);
  assert_int_equal(ear_of(&w, 0)->count, 1);
  hft_market_reset(w.model, w.market, 0, 0, NULL);
  const ear none = {0};
  assert_memory_equal(ear_of(&w, 0), &none, sizeof none);
  assert_memory_equal(ear_of(&w, 1), &none, sizeof none);
  assert_int_equal(hft_desk_account(&desk[0])->fill_count, 0);
  world_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_sides_hear_of_a_trade),
      cmocka_unit_test(each_execution_is_heard),
      cmocka_unit_test(a_trade_with_oneself_is_heard_once),
      cmocka_unit_test(a_reset_zeroes_the_state),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
