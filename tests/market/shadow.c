#include "tests/market/shadow.h"

#include <string.h>

#include "sim/base/check.h"

static void expect_accounts(const shadow_market *shadow) {
  int64_t position = 0, cash = 0;
  int count = hft_model_participant_count(shadow->model);
  for (int i = 0; i < count; i++) {
    const hft_account *account = hft_market_account(shadow->model, shadow->market, (hft_owner)i, 0);
    assert_memory_equal(account, &shadow->account[i], sizeof *account);
    position += account->position;
    cash += account->cash;
  }
  assert_int_equal(position, 0);
  assert_int_equal(cash, 0);
}

static hft_price best(const naive_book *book, hft_side side) {
  return book->count[side] > 0 ? book->order[side][0].price : 0;
}

// Between two requests: the mid follows the book while it has both sides.
static void note_mid(shadow_market *shadow) {
  hft_price bid = best(&shadow->book, HFT_BID), ask = best(&shadow->book, HFT_ASK);
  if (bid != 0 && ask != 0) shadow->mid2 = (int64_t)bid + ask;
}

static bool crosses(const shadow_market *shadow, hft_side side, hft_price price) {
  hft_price opposite = best(&shadow->book, hft_side_other(side));
  if (opposite == 0) return false;
  if (price == HFT_PRICE_MARKET) return true;
  return side == HFT_BID ? price >= opposite : price <= opposite;
}

// The order numbers are 1, 2, 3, ..., and every order is heard of.
static void note_number(shadow_market *shadow, uint32_t number, hft_owner owner) {
  if (number == shadow->number) return;
  assert_int_equal(number, shadow->number + 1);
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

static void on_add(shadow_market *shadow, const hft_event *event) {
  note_number(shadow, event->order.number, event->owner);
  assert_in_range(event->order.slot1, 1, SHADOW_SLOTS_MAX);
  assert_true(event->qty > 0);
  hft_side side = (hft_side)event->side;
  assert_false(crosses(shadow, side, event->price));
  shadow_order *known = &shadow->order[event->order.slot1 - 1];
  assert_int_equal(known->number, 0);
  *known = (shadow_order){event->order.number, event->owner};
  HFT_CHECK(shadow->book.count[side] < NAIVE_ORDERS_MAX);
  assert_true(naive_insert(&shadow->book, event->order.slot1 - 1, side, event->price, event->qty));
}

static void book_side(shadow_market *shadow, hft_owner owner, hft_side side,
                      const hft_event *event) {
  hft_account *account = &shadow->account[owner];
  int64_t qty = event->qty, price = event->price;
  account->fill_count++;
  if (side == HFT_BID) {
    account->bought += qty;
    account->position += qty;
    account->cash -= qty * price;
    account->edge2 += qty * (shadow->mid2 - 2 * price);
  } else {
    account->sold += qty;
    account->position -= qty;
    account->cash += qty * price;
    account->edge2 += qty * (2 * price - shadow->mid2);
  }
}

static void on_trade(shadow_market *shadow, const hft_event *event) {
  assert_int_equal(event->taker.slot1, 0);
  note_number(shadow, event->taker.number, event->taker_owner);
  int index;
  find(shadow, event, &index);
  assert_int_equal(index, 0);  // the oldest at the best price
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
  shadow->account[event->owner].maker_qty += event->qty;
  shadow->account[event->taker_owner].taker_qty += event->qty;
  shadow->tape.trade_count++;
  shadow->tape.last_price = event->price;
  shadow->tape.notional += (int64_t)event->price * event->qty;
  *(taker_side == HFT_BID ? &shadow->tape.buy_qty : &shadow->tape.sell_qty) += event->qty;
}

static void on_other(shadow_market *shadow, const hft_event *event) {
  int index;
  if (event->kind == HFT_EVENT_CANCEL) {
    assert_int_equal(find(shadow, event, &index)->qty, event->qty);
    leave(shadow, event, index);
  } else if (event->kind == HFT_EVENT_REDUCE) {
    naive_order *order = find(shadow, event, &index);
    assert_in_range(event->qty, 1, order->qty - 1);
    order->qty -= event->qty;
  } else if (event->kind == HFT_EVENT_EXPIRE) {
    note_number(shadow, event->order.number, event->owner);
    assert_true(event->qty > 0);
    assert_false(crosses(shadow, (hft_side)event->side, event->price));
  } else {
    assert_int_equal(event->kind, HFT_EVENT_REJECT);
    assert_int_not_equal(event->reason, HFT_REASON_NONE);
    bool of_order = event->order.slot1 == 0 && event->reason != HFT_REASON_STALE_ORDER;
    if (of_order) note_number(shadow, event->order.number, event->owner);
  }
}

static void on_event(void *context, const hft_event *event) {
  shadow_market *shadow = context;
  assert_int_equal(event->sequence, shadow->sequence + 1);
  assert_true(event->time >= shadow->time);
  assert_int_equal(event->time, hft_market_now(shadow->market));
  assert_int_equal(event->instrument, 0);
  assert_in_range(event->kind, 1, SHADOW_KINDS - 1);
  assert_in_range(event->reason, 0, SHADOW_REASONS - 1);
  assert_in_range(event->owner, 0, hft_model_participant_count(shadow->model) - 1);
  shadow->sequence = event->sequence;
  shadow->time = event->time;
  shadow->kind_count[event->kind]++;
  shadow->reason_count[event->reason]++;
  bool trade = event->kind == HFT_EVENT_TRADE;
  if (!trade || event->taker.number != shadow->taker) {
    bool same = event->order.number == shadow->taker &&
                (event->kind == HFT_EVENT_ADD || event->kind == HFT_EVENT_EXPIRE);
    if (!same) note_mid(shadow);
  }
  shadow->taker = trade ? event->taker.number : 0;
  if (trade) {
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
  expect_accounts(shadow);
}

void shadow_start(shadow_market *shadow, const world *w) {
  memset(shadow, 0, sizeof *shadow);
  shadow->model = w->model;
  shadow->market = w->market;
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

static void compare_orders(const shadow_market *shadow) {
  uint32_t open[SHADOW_OWNERS_MAX] = {0};
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < shadow->book.count[side]; i++) {
      const naive_order *wanted = &shadow->book.order[side][i];
      const shadow_order *known = &shadow->order[wanted->slot];
      hft_desk desk = hft_market_desk(shadow->model, shadow->market, known->owner);
      hft_order_id id = {wanted->slot + 1, known->number};
      hft_order order;
      assert_true(hft_desk_order(&desk, id, &order));
      assert_int_equal(order.side, side);
      assert_int_equal(order.price, wanted->price);
      assert_int_equal(order.qty, wanted->qty);
      int64_t ahead = naive_ahead(&shadow->book, (hft_side)side, i);
      assert_int_equal(hft_desk_queue_ahead(&desk, id), ahead);
      open[known->owner]++;
    }
  }
  for (int i = 0; i < hft_model_participant_count(shadow->model); i++) {
    hft_desk desk = hft_market_desk(shadow->model, shadow->market, (hft_owner)i);
    assert_int_equal(hft_desk_open_count(&desk), open[i]);
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
  hft_price bid = best(&shadow->book, HFT_BID), ask = best(&shadow->book, HFT_ASK);
  int64_t mid2 = bid != 0 && ask != 0 ? (int64_t)bid + ask : shadow->mid2;
  assert_int_equal(hft_market_mid2(shadow->market, 0), mid2);
}
