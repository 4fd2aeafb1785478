// A refused replacement leaves the order unchanged: its id, place, price, size and display. Every
// reason, with and without latency, in continuous trading and in an auction, for plain orders and
// icebergs.
#include <stdio.h>

#include "sim/market/state.h"
#include "tests/market/stage.h"

#define LATENCY (100 * (HFT_MILLISECOND / 1000))
#define PRICE 9990
#define QTY 10
#define DISPLAY 3

typedef struct situation {
  bool latency, auction, iceberg;
} situation;

typedef struct refusal {
  const char *rules;  // more of the exchange_config
  void (*prepare)(stage *s);
  hft_tif tif;
  hft_price price;  // of the replacement
  hft_qty qty;
  hft_reason reason;
  bool not_in_auction, not_continuous, not_iceberg;
} refusal;

static void send_other(stage *s, hft_side side, hft_price price, hft_qty qty) {
  assert_false(stage_is_null(stage_send(s, 0, side, HFT_GTC, price, qty)));
}

static void add_ask(stage *s) {
  send_other(s, HFT_ASK, 10001, 5);
}

// One lot more fits at 9980.
static void fill_another_level(stage *s) {
  send_other(s, HFT_BID, 9980, STAGE_QTY_MAX);
  send_other(s, HFT_BID, 9980, STAGE_QTY_MAX);
  send_other(s, HFT_BID, 9980, INT32_MAX - 2 * STAGE_QTY_MAX - 1);
}

// The order's own level is full: 17 lots were there.
static void fill_its_level(stage *s) {
  send_other(s, HFT_BID, PRICE, STAGE_QTY_MAX);
  send_other(s, HFT_BID, PRICE, STAGE_QTY_MAX);
  send_other(s, HFT_BID, PRICE, INT32_MAX - 2 * STAGE_QTY_MAX - 17);
}

static void use_up_volume(stage *s) {
  add_ask(s);
  s->desk[1].instrument_state->tape.buy_qty = s->w.model->volume_max - QTY;
}

static void close(stage *s) {
  stage_run(s, 23400 * HFT_SECOND);
}

static const refusal refusals[] = {
    {"", NULL, HFT_GTC, 9991, 0, HFT_REASON_ORDER_SIZE},
    {"", NULL, HFT_GTC, PRICE, 0, HFT_REASON_ORDER_SIZE},
    {"", NULL, HFT_GTC, 9991, -5, HFT_REASON_ORDER_SIZE},
    {"", NULL, HFT_GTC, 9991, INT32_MIN, HFT_REASON_ORDER_SIZE},
    {"", NULL, HFT_GTC, 9991, STAGE_QTY_MAX + 1, HFT_REASON_ORDER_SIZE},
    {"", NULL, HFT_GTC, PRICE, INT32_MAX, HFT_REASON_ORDER_SIZE},
    {"", NULL, HFT_GTC, STAGE_HIGH + 1, QTY, HFT_REASON_PRICE_WINDOW},
    {"", NULL, HFT_GTC, STAGE_LOW - 1, QTY, HFT_REASON_PRICE_WINDOW},
    {"", NULL, HFT_GTC, HFT_PRICE_MARKET, QTY, HFT_REASON_PRICE_WINDOW},
    {"", NULL, HFT_GTC, INT32_MAX, QTY, HFT_REASON_PRICE_WINDOW},
    {"", NULL, HFT_GTC, INT32_MIN, QTY, HFT_REASON_PRICE_WINDOW},
    {"", add_ask, HFT_POST_ONLY, 10001, QTY, HFT_REASON_WOULD_CROSS, .not_in_auction = true},
    {"", add_ask, HFT_POST_ONLY, 10005, 2, HFT_REASON_WOULD_CROSS, .not_in_auction = true},
    {"", fill_another_level, HFT_GTC, 9980, QTY, HFT_REASON_LEVEL_FULL},
    {"", fill_another_level, HFT_GTC, 9980, 2, HFT_REASON_LEVEL_FULL},
    {"", fill_its_level, HFT_GTC, PRICE, QTY + 1, HFT_REASON_LEVEL_FULL, .not_iceberg = true},
    {", max_inventory: 12", NULL, HFT_GTC, 9991, 13, HFT_REASON_POSITION},
    {", max_inventory: 12", NULL, HFT_GTC, PRICE, 13, HFT_REASON_POSITION},
    {", max_inventory: 12", add_ask, HFT_GTC, 10001, 13, HFT_REASON_POSITION},
    {", max_position_value: 1200", NULL, HFT_GTC, 9991, 13, HFT_REASON_POSITION_VALUE},
    {", message_rate_max: 1", NULL, HFT_GTC, 9991, QTY, HFT_REASON_MESSAGE_RATE},
    {", message_rate_max: 1", add_ask, HFT_GTC, 10001, QTY, HFT_REASON_MESSAGE_RATE},
    {"", use_up_volume, HFT_GTC, 10001, QTY + 6, HFT_REASON_VOLUME},
    {", closing_auction_s: 60", close, HFT_GTC, 9991, QTY, HFT_REASON_CLOSED,
     .not_continuous = true},
};

// The order as the exchange has it.
typedef struct standing {
  hft_order order;
  int32_t zero;  // where padding would be: it is compared byte by byte
  int64_t ahead, behind;
  uint64_t book;
  hft_account account;
  hft_resting resting;
  hft_hidden hidden;
} standing;

static hft_book *book_of(const stage *s, hft_order_id id) {
  return hft_instrument_book_of(s->w.model, s->desk[1].instrument_state, id.slot1 - 1);
}

static standing look(const stage *s, hft_order_id id) {
  hft_desk desk = s->desk[1];
  desk.direct = true;
  standing seen = {
      .ahead = hft_desk_queue_ahead(&desk, id),
      .book = hft_book_hash(book_of(s, id)),
      .account = *hft_desk_account(&desk),
      .resting = hft_instrument_resting(s->w.model, desk.instrument_state)[id.slot1 - 1],
      .hidden = hft_instrument_hidden(s->w.model, desk.instrument_state)[id.slot1 - 1]};
  assert_true(hft_desk_order(&desk, id, &seen.order));
  return seen;
}

static void skip_events(stage *s) {
  s->read = s->record.count;
}

// Events that calls make by themselves are passed over.
static const hft_event *next_event(stage *s) {
  while (s->read < s->record.count) {
    const hft_event *event = &s->record.events[s->read++];
    if (event->kind != HFT_EVENT_PHASE && event->kind != HFT_EVENT_IMBALANCE) return event;
  }
  return NULL;
}

static void begin(stage *s, const refusal *r, situation in) {
  char yaml[256];
  snprintf(yaml, sizeof yaml,
           "exchange_config: {latency_us: %d, opening_auction_s: %d, auction_publish_s: 3600%s}\n"
           "populations: [{kind: seat}]",
           in.latency ? 100 : 0, in.auction && !r->not_continuous ? 60 : 0, r->rules);
  stage_open_with(s, yaml);
}

static void expect_left_alone(const refusal *r, situation in) {
  stage s;
  begin(&s, r, in);
  const hft_desk *desk = &s.desk[1];
  send_other(&s, HFT_BID, PRICE, 5);
  const hft_order sent = {HFT_BID, r->tif, PRICE, QTY, in.iceberg ? DISPLAY : 0};
  hft_order_id id = hft_desk_submit(desk, &sent);
  stage_run(&s, LATENCY);
  send_other(&s, HFT_BID, PRICE, 2);
  if (r->prepare != NULL) r->prepare(&s);
  const standing before = look(&s, id);
  assert_int_equal(before.ahead, 5);
  assert_int_equal(before.order.display, in.iceberg ? DISPLAY : 0);
  skip_events(&s);

  hft_order_id now = hft_desk_replace(desk, id, r->price, r->qty);
  if (in.latency) {
    stage_run(&s, hft_market_now(s.w.market) + LATENCY);
    assert_false(stage_is_live(&s, 1, now));
  } else {
    assert_true(stage_is_same(now, id));
  }
  const hft_event *event = next_event(&s);
  assert_non_null(event);
  assert_string_equal(hft_event_name((hft_event_kind)event->kind), "REJECT");
  assert_string_equal(hft_reason_text((hft_reason)event->reason), hft_reason_text(r->reason));
  assert_int_equal(event->price, r->price);
  assert_int_equal(event->qty, r->qty);
  assert_true(stage_is_same(event->order, id));
  assert_null(next_event(&s));
  const standing after = look(&s, id);
  assert_memory_equal(&after, &before, sizeof after);
  assert_true(stage_is_live(&s, 1, id));
  assert_true(stage_is_same(hft_desk_open(desk, 0), id));
  assert_int_equal(hft_desk_open_count(desk), 1);

  // It can be cancelled as before, with all that it had.
  assert_true(hft_desk_cancel(desk, id));
  if (in.latency) stage_run(&s, hft_market_now(s.w.market) + LATENCY);
  event = next_event(&s);
  assert_non_null(event);
  assert_string_equal(hft_event_name((hft_event_kind)event->kind), "CANCEL");
  assert_int_equal(event->qty, QTY);
  assert_int_equal(event->left, 0);
  assert_int_equal(hft_desk_open_count(desk), 0);
  skip_events(&s);
  stage_close(&s);
}

static void a_refused_replacement_changes_nothing(void **state) {
  (void)state;
  int tried = 0;
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    const refusal *r = &refusals[i];
    for (int bits = 0; bits < 8; bits++) {
      situation in = {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
      if ((in.auction && r->not_in_auction) || (!in.auction && r->not_continuous) ||
          (in.iceberg && r->not_iceberg)) {
        continue;
      }
      expect_left_alone(r, in);
      tried++;
    }
  }
  assert_true(tried > 160);
}

// While the replacement travels, all of the order trades: it is refused as stale. Where a part
// does, a refusal leaves the rest.
static void trades_while_under_way_stand(void **state) {
  (void)state;
  for (hft_qty traded = 1; traded <= QTY; traded++) {
    stage s;
    begin(&s, &refusals[0], (situation){true, false, false});
    hft_order_id id = stage_send(&s, 1, HFT_BID, HFT_GTC, PRICE, QTY);
    stage_run(&s, LATENCY);
    (void)hft_desk_replace(&s.desk[1], id, STAGE_HIGH + 1, 5);
    stage_send(&s, 0, HFT_ASK, HFT_IOC, PRICE, traded);
    skip_events(&s);
    stage_run(&s, 2 * LATENCY);
    stage_expect_reject(&s, 1, traded < QTY ? HFT_REASON_PRICE_WINDOW : HFT_REASON_STALE_ORDER);
    assert_int_equal(stage_account(&s, 1)->position, traded);
    assert_int_equal(hft_desk_open_count(&s.desk[1]), traded < QTY);
    if (traded < QTY) assert_int_equal(stage_qty(&s, 1, id), QTY - traded);
    stage_close(&s);
  }
}

// An accepted one, of every kind, keeps the order's kind and what it shows at once.
static void an_accepted_replacement_keeps_the_display(void **state) {
  (void)state;
  static const hft_tif tif[] = {HFT_GTC, HFT_POST_ONLY, HFT_POST_SLIDE};
  for (int i = 0; i < 3; i++) {
    for (int bits = 0; bits < 4; bits++) {
      stage s;
      begin(&s, &refusals[0], (situation){(bits & 1) != 0, (bits & 2) != 0, true});
      const hft_order sent = {HFT_BID, tif[i], PRICE, QTY, DISPLAY};
      hft_order_id id = hft_desk_submit(&s.desk[1], &sent);
      hft_order known;
      assert_true(hft_desk_order(&s.desk[1], id, &known));  // on its way, too
      assert_int_equal(known.display, DISPLAY);
      stage_run(&s, LATENCY);
      const hft_qty sizes[] = {30, 2, 12};
      for (int k = 0; k < 3; k++) {
        id = hft_desk_replace(&s.desk[1], id, PRICE + 1 + k, sizes[k]);
        for (int arrived = 0; arrived < 2; arrived++) {
          assert_true(hft_desk_order(&s.desk[1], id, &known));
          assert_int_equal(known.display, DISPLAY);
          assert_int_equal(known.qty, sizes[k]);
          assert_int_equal(known.price, PRICE + 1 + k);
          assert_int_equal(known.tif, tif[i]);
          stage_run(&s, hft_market_now(s.w.market) + LATENCY);
        }
        hft_qty shown = sizes[k] < DISPLAY ? sizes[k] : DISPLAY;
        assert_int_equal(hft_book_order_qty(book_of(&s, id), id.slot1 - 1), shown);
      }
      skip_events(&s);
      stage_close(&s);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_refused_replacement_changes_nothing),
      cmocka_unit_test(trades_while_under_way_stand),
      cmocka_unit_test(an_accepted_replacement_keeps_the_display),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
