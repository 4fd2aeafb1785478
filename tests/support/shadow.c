#include "tests/support/shadow.h"

#include <math.h>
#include <string.h>

#include "sim/base/check.h"

static bool regulated(const shadow_market *shadow, hft_owner owner) {
  return owner >= shadow->rules.first_regulated;
}

static void expect_accounts(const shadow_market *shadow) {
  int64_t position = 0, cash = 0, fees = 0;
  int count = hft_model_participant_count(shadow->model);
  for (int i = 0; i < count; i++) {
    const hft_account *account = hft_market_account(shadow->model, shadow->market, (hft_owner)i, 0);
    assert_memory_equal(account, &shadow->account[i], sizeof *account);
    position += account->position;
    cash += account->cash;
    fees += account->fees;
  }
  assert_int_equal(position, 0);
  assert_int_equal(cash, 0);
  assert_int_equal(fees, hft_market_tape(shadow->market, 0)->fees);
  assert_int_equal(fees, shadow->tape.fees);
}

static hft_price best(const naive_book *book, hft_side side) {
  return book->count[side] > 0 ? book->order[side][0].price : 0;
}

// While the book has both sides the mid follows it.
static int64_t mid2_now(const shadow_market *shadow) {
  hft_price bid = best(&shadow->book, HFT_BID), ask = best(&shadow->book, HFT_ASK);
  return bid != 0 && ask != 0 ? (int64_t)bid + ask : shadow->mid2;
}

static bool crosses(const shadow_market *shadow, hft_side side, hft_price price) {
  hft_price opposite = best(&shadow->book, hft_side_other(side));
  if (opposite == 0) return false;
  if (price == HFT_PRICE_MARKET) return true;
  return side == HFT_BID ? price >= opposite : price <= opposite;
}

// The order numbers are 1, 2, 3, ..., and every order is heard of; with latency they are given when
// orders are sent.
static void note_number(shadow_market *shadow, uint32_t number, hft_owner owner) {
  HFT_CHECK(number > 0 && number < SHADOW_NUMBERS_MAX);
  if (shadow->seen[number] != 0) return;
  if (shadow->rules.latency == 0) assert_int_equal(number, shadow->number + 1);
  shadow->seen[number] = 1;
  shadow->number = number;
  shadow->account[owner].order_count++;
}

static naive_order *find(shadow_market *shadow, const hft_event *event, int *index) {
  assert_in_range(event->order.slot1, 1, SHADOW_SLOTS_MAX);
  const shadow_order *known = &shadow->order[event->order.slot1 - 1];
  assert_int_equal(known->number, event->order.number);
  assert_int_equal(known->owner, event->owner);
  hft_side side;
  naive_order *order = naive_find(&shadow->book, event->order.slot1 - 1, &side, index);
  assert_non_null(order);
  assert_int_equal(side, event->side);
  assert_int_equal(order->price, event->price);
  return order;
}

static void leave(shadow_market *shadow, const hft_event *event, int index) {
  naive_remove(&shadow->book, (hft_side)event->side, index);
  shadow->order[event->order.slot1 - 1].number = 0;
}

static void enter(shadow_market *shadow, const hft_event *event) {
  hft_side side = (hft_side)event->side;
  assert_in_range(event->order.slot1, 1, SHADOW_SLOTS_MAX);
  assert_true(event->qty > 0);
  shadow_order *known = &shadow->order[event->order.slot1 - 1];
  assert_int_equal(known->number, 0);
  int count;
  int64_t ahead = naive_level(&shadow->book, side, event->price, &count);
  *known = (shadow_order){event->order.number, event->owner, event->time, ahead};
  HFT_CHECK(shadow->book.count[side] < NAIVE_ORDERS_MAX);
  assert_true(naive_insert(&shadow->book, event->order.slot1 - 1, side, event->price, event->qty));
}

static void on_add(shadow_market *shadow, const hft_event *event) {
  if (event->reason == HFT_REASON_REFRESHED) {  // of an order that has just traded away
    const hft_event *last = &shadow->last;
    assert_int_equal(last->kind, HFT_EVENT_TRADE);
    assert_memory_equal(&last->order, &event->order, sizeof event->order);
    assert_int_equal(last->left, 0);
    assert_true(last->owner == event->owner && last->side == event->side);
    assert_int_equal(last->price, event->price);
  } else {
    note_number(shadow, event->order.number, event->owner);
    assert_false(crosses(shadow, (hft_side)event->side, event->price));
  }
  enter(shadow, event);
}

static void book_side(shadow_market *shadow, hft_owner owner, hft_side side,
                      const hft_event *event) {
  hft_account *account = &shadow->account[owner];
  int64_t qty = event->qty, price = event->price;
  bool takes = event->reason != HFT_REASON_AUCTION && side != event->side;
  hft_cash *edge2 = takes ? &account->taker_edge2 : &account->maker_edge2;
  account->fill_count++;
  if (side == HFT_BID) {
    account->bought += qty;
    account->position += qty;
    account->cash -= qty * price;
    *edge2 += qty * (shadow->mid2 - 2 * price);
  } else {
    account->sold += qty;
    account->position -= qty;
    account->cash += qty * price;
    *edge2 += qty * (2 * price - shadow->mid2);
  }
}

// 1/1000 bps of the value, rounded half away from 0, and so much a lot.
static void charge(shadow_market *shadow, hft_owner owner, const hft_event *event,
                   int64_t milli_bps, int64_t per_lot) {
  int64_t thousandths = milli_bps * event->price * event->qty;
  int64_t share = ((thousandths < 0 ? -thousandths : thousandths) + 500) / 1000;
  int64_t fee = (thousandths < 0 ? -share : share) + per_lot * event->qty;
  shadow->account[owner].fees += fee;
  shadow->tape.fees += fee;
}

static void expect_latency(const shadow_market *shadow, hft_owner owner, uint32_t latency) {
  if (!regulated(shadow, owner)) {
    assert_int_equal(latency, 0);
  } else if (shadow->rules.jitter) {
    assert_true(latency >= shadow->rules.latency);
  } else {
    assert_int_equal(latency, shadow->rules.latency);
  }
}

// How the trade came about, and that the rules allow it.
static void audit(const shadow_market *shadow, const hft_event *event) {
  const shadow_order *maker = &shadow->order[event->order.slot1 - 1];
  assert_int_equal(event->rested, event->time - maker->entered);
  assert_int_equal(event->ahead, maker->ahead);
  expect_latency(shadow, event->owner, event->latency);
  expect_latency(shadow, event->taker_owner, event->taker_latency);
  if (shadow->rules.self_trade != HFT_SELF_TRADE_OFF && regulated(shadow, event->owner)) {
    assert_int_not_equal(event->owner, event->taker_owner);
  }
}

static void expect_position(const shadow_market *shadow, hft_owner owner) {
  int64_t most = shadow->rules.max_inventory, position = shadow->account[owner].position;
  if (most == 0 || !regulated(shadow, owner)) return;
  assert_true(position <= most && position >= -most);
}

static void on_trade(shadow_market *shadow, const hft_event *event) {
  assert_int_equal(event->taker.slot1, 0);
  note_number(shadow, event->taker.number, event->taker_owner);
  int index;
  find(shadow, event, &index);
  assert_int_equal(index, 0);  // the oldest at the best price
  audit(shadow, event);
  hft_side taker_side = hft_side_other((hft_side)event->side);
  hft_qty qty = event->qty;
  hft_fill fill;
  assert_true(naive_match(&shadow->book, taker_side, event->price, &qty, &fill));
  assert_int_equal(qty, 0);
  assert_int_equal(fill.qty, event->qty);
  assert_int_equal(fill.left, event->left);
  if (fill.left == 0) shadow->order[event->order.slot1 - 1].number = 0;
  book_side(shadow, event->owner, (hft_side)event->side, event);
  book_side(shadow, event->taker_owner, taker_side, event);
  charge(shadow, event->owner, event, shadow->rules.maker_bps, shadow->rules.maker_lot);
  charge(shadow, event->taker_owner, event, shadow->rules.taker_bps, shadow->rules.taker_lot);
  expect_position(shadow, event->owner);
  expect_position(shadow, event->taker_owner);
  shadow->account[event->owner].maker_qty += event->qty;
  shadow->account[event->taker_owner].taker_qty += event->qty;
  shadow->tape.trade_count++;
  shadow->tape.last_price = event->price;
  shadow->tape.notional += (int64_t)event->price * event->qty;
  *(taker_side == HFT_BID ? &shadow->tape.buy_qty : &shadow->tape.sell_qty) += event->qty;
}

// What is left of an incoming order does not rest: nothing is there for it, or its owner's own.
static void on_expire(shadow_market *shadow, const hft_event *event) {
  note_number(shadow, event->order.number, event->owner);
  assert_true(event->qty > 0);
  hft_side side = (hft_side)event->side;
  if (event->reason == HFT_REASON_NONE) {
    assert_false(crosses(shadow, side, event->price));
    return;
  }
  assert_int_equal(event->reason, HFT_REASON_SELF_TRADE);
  assert_true(regulated(shadow, event->owner));
  if (shadow->rules.self_trade == HFT_SELF_TRADE_CANCEL_NEWEST) {
    assert_true(crosses(shadow, side, event->price));
    uint32_t front = shadow->book.order[hft_side_other(side)][0].slot;
    assert_int_equal(shadow->order[front].owner, event->owner);
  } else {
    assert_int_equal(shadow->rules.self_trade, HFT_SELF_TRADE_CANCEL_BOTH);
    assert_int_equal(shadow->last.kind, HFT_EVENT_CANCEL);
    assert_int_equal(shadow->last.reason, HFT_REASON_SELF_TRADE);
    assert_int_equal(shadow->last.owner, event->owner);
  }
}

static void on_other(shadow_market *shadow, const hft_event *event) {
  int index;
  if (event->kind == HFT_EVENT_CANCEL) {
    assert_true(event->qty >= find(shadow, event, &index)->qty);  // hidden lots, too
    if (event->reason == HFT_REASON_SELF_TRADE) assert_int_equal(index, 0);
    leave(shadow, event, index);
  } else if (event->kind == HFT_EVENT_REDUCE) {
    naive_order *order = find(shadow, event, &index);
    assert_true(event->qty >= 1);
    assert_in_range(event->left, order->qty > event->qty ? order->qty - event->qty : 1, order->qty);
    order->qty = event->left;
  } else if (event->kind == HFT_EVENT_EXPIRE) {
    on_expire(shadow, event);
  } else {
    assert_int_equal(event->kind, HFT_EVENT_REJECT);
    assert_int_not_equal(event->reason, HFT_REASON_NONE);
    bool of_order = event->order.slot1 == 0 && event->reason != HFT_REASON_STALE_ORDER;
    if (of_order) note_number(shadow, event->order.number, event->owner);
  }
}

// Between two requests the mid follows the book, while one is dealt with it stands. Own orders that
// an incoming one meets leave before it is clear which one that is.
static void follow_requests(shadow_market *shadow, const hft_event *event) {
  if (event->reason == HFT_REASON_REFRESHED) return;
  bool leaves = event->kind == HFT_EVENT_CANCEL;
  if (leaves &&
      event->reason == HFT_REASON_KILLED) {  // after a request, all of an owner's together
    const hft_event *last = &shadow->last;
    bool first = last->kind != HFT_EVENT_CANCEL || last->reason != HFT_REASON_KILLED ||
                 last->owner != event->owner;
    if (first) shadow->mid2 = mid2_now(shadow);
    return;
  }
  if (leaves && event->reason == HFT_REASON_SELF_TRADE) {
    if (!shadow->met_self) shadow->met_self_mid2 = mid2_now(shadow);
    shadow->met_self = true;
    return;
  }
  bool trade = event->kind == HFT_EVENT_TRADE;
  bool ends = event->kind == HFT_EVENT_ADD || event->kind == HFT_EVENT_EXPIRE;
  uint32_t incoming = trade ? event->taker.number : ends ? event->order.number : 0;
  if (incoming == 0 || incoming != shadow->taker) {
    shadow->mid2 = shadow->met_self ? shadow->met_self_mid2 : mid2_now(shadow);
  }
  shadow->met_self = false;
  shadow->taker = trade ? incoming : 0;
}

static void expect_header(const shadow_market *shadow, const hft_event *event) {
  assert_int_equal(event->sequence, shadow->last.sequence + 1);
  assert_true(event->time >= shadow->last.time);
  assert_int_equal(event->time, hft_market_now(shadow->market));
  assert_int_equal(event->instrument, 0);
  assert_in_range(event->kind, 1, SHADOW_KINDS - 1);
  assert_in_range(event->reason, 0, SHADOW_REASONS - 1);
  assert_in_range(event->owner, 0, hft_model_participant_count(shadow->model) - 1);
}

static void on_event(void *context, const hft_event *event) {
  shadow_market *shadow = context;
  expect_header(shadow, event);
  shadow->kind_count[event->kind]++;
  shadow->reason_count[event->reason]++;
  follow_requests(shadow, event);
  if (event->kind == HFT_EVENT_TRADE) {
    on_trade(shadow, event);
  } else {
    assert_int_equal(event->taker_owner, HFT_OWNER_NONE);
    assert_int_equal(event->taker.number, 0);
    if (event->kind == HFT_EVENT_ADD) {
      on_add(shadow, event);
    } else {
      on_other(shadow, event);
    }
  }
  if (!shadow->met_self) expect_accounts(shadow);  // an order more, if one has not been heard of
  shadow->last = *event;
}

static shadow_rules rules_of(const hft_config *config) {
  const hft_exchange_config *exchange = hft_config_map(config, "exchange_config");
  return (shadow_rules){
      .maker_bps = llround(1000 * exchange->maker_fee_bps),
      .taker_bps = llround(1000 * exchange->taker_fee_bps),
      .maker_lot = llround(10000 * exchange->maker_fee_per_lot),
      .taker_lot = llround(10000 * exchange->taker_fee_per_lot),
      .self_trade = (hft_self_trade)exchange->self_trade,
      .latency = llround(1000 * exchange->latency_us),
      .jitter = exchange->latency_jitter_us > 0,
      .max_inventory = exchange->max_inventory,
      .first_regulated = (hft_owner)hft_config_count(config, "populations"),
  };
}

void shadow_start(shadow_market *shadow, const world *w) {
  memset(shadow, 0, sizeof *shadow);
  shadow->model = w->model;
  shadow->market = w->market;
  shadow->rules = rules_of(w->config);
  shadow->mid2 = 2 * (int64_t)hft_model_instrument(w->model)->initial_price;
  HFT_CHECK(hft_model_participant_count(w->model) <= SHADOW_OWNERS_MAX);
}

hft_sink shadow_sink(shadow_market *shadow) {
  return (hft_sink){on_event, shadow};
}

static void compare_levels(const shadow_market *shadow) {
  const hft_book *book = hft_market_book(shadow->model, shadow->market, 0);
  const hft_instrument *instrument = hft_model_instrument(shadow->model);
  for (hft_price price = instrument->price_min; price <= instrument->price_max; price++) {
    int bids, asks;
    int64_t qty = naive_level(&shadow->book, HFT_BID, price, &bids) +
                  naive_level(&shadow->book, HFT_ASK, price, &asks);
    hft_level level = hft_book_level(book, price);
    assert_int_equal(level.qty, qty);
    assert_int_equal(level.order_count, bids + asks);
  }
  for (int side = 0; side < 2; side++) {
    assert_int_equal(hft_book_best_price(book, (hft_side)side),
                     best(&shadow->book, (hft_side)side));
  }
}

// Of each owner so many orders rest; others may be on their way.
static uint32_t resting_count(const hft_desk *desk) {
  uint32_t count = 0;
  for (uint32_t k = 0; k < hft_desk_open_count(desk); k++) {
    count += hft_desk_queue_ahead(desk, hft_desk_open(desk, k)) >= 0;
  }
  return count;
}

static hft_desk direct_desk(const shadow_market *shadow, hft_owner owner) {
  hft_desk desk = hft_market_desk(shadow->model, shadow->market, owner);
  desk.direct = true;
  return desk;
}

static void compare_orders(const shadow_market *shadow) {
  const hft_book *book = hft_market_book(shadow->model, shadow->market, 0);
  uint32_t open[SHADOW_OWNERS_MAX] = {0};
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < shadow->book.count[side]; i++) {
      const naive_order *wanted = &shadow->book.order[side][i];
      const shadow_order *known = &shadow->order[wanted->slot];
      hft_desk desk = direct_desk(shadow, known->owner);
      hft_order_id id = {wanted->slot + 1, known->number};
      hft_order order;
      assert_true(hft_desk_order(&desk, id, &order));
      assert_int_equal(order.side, side);
      assert_int_equal(order.price, wanted->price);
      assert_true(order.qty >= wanted->qty);  // hidden lots, too
      assert_int_equal(hft_book_order_qty(book, wanted->slot), wanted->qty);
      int64_t ahead = naive_ahead(&shadow->book, (hft_side)side, i);
      assert_int_equal(hft_desk_queue_ahead(&desk, id), ahead);
      open[known->owner]++;
    }
  }
  for (int i = 0; i < hft_model_participant_count(shadow->model); i++) {
    hft_desk desk = direct_desk(shadow, (hft_owner)i);
    assert_int_equal(resting_count(&desk), open[i]);
  }
}

void shadow_compare(const shadow_market *shadow) {
  compare_levels(shadow);
  compare_orders(shadow);
  expect_accounts(shadow);
  const hft_tape *tape = hft_market_tape(shadow->market, 0);
  assert_int_equal(tape->trade_count, shadow->tape.trade_count);
  assert_int_equal(tape->buy_qty, shadow->tape.buy_qty);
  assert_int_equal(tape->sell_qty, shadow->tape.sell_qty);
  assert_int_equal(tape->notional, shadow->tape.notional);
  assert_int_equal(tape->last_price, shadow->tape.last_price);
  assert_int_equal(hft_market_mid2(shadow->market, 0), mid2_now(shadow));
}

void shadow_session(shadow_market *shadow, const char *yaml, uint64_t seed, int seconds,
                    hft_time interval) {
  world w = world_create(yaml, 2);
  shadow_start(shadow, &w);
  hft_sink sink = shadow_sink(shadow);
  hft_market_reset(w.model, w.market, seed, 3, &sink);
  for (hft_time now = 0; now <= seconds * HFT_SECOND; now += interval) {
    hft_market_run(w.model, w.market, now, &sink);
    assert_int_equal(hft_market_now(w.market), now);
    world_verify(&w);
    shadow_compare(shadow);
  }
  world_free(&w);
}
