// An exchange as the documentation tells of it and the plainest way: a naive book, and of each
// request the events that must come of it. Knows limit and market orders of every time in force,
// cancel, reduce and replace, self-trade prevention and fees; no icebergs, limits, latency or
// calls.
#ifndef HFTSIM_TESTS_FUZZ_PLAIN_H
#define HFTSIM_TESTS_FUZZ_PLAIN_H

#include "sim/market/rules.h"
#include "tests/support/naive_book.h"

#define PLAIN_OWNERS_MAX 8
#define PLAIN_EVENTS_MAX 128  // of one request

typedef struct plain_order {
  uint32_t number;  // 0: none rests in the slot
  hft_owner owner;
  hft_tif tif;
} plain_order;

typedef struct plain_exchange {
  hft_price low, high;  // the window
  hft_qty qty_max;
  uint32_t open_max;      // orders of each owner
  hft_owner first_agent;  // those before it are populations, which no prevention concerns
  hft_self_trade self_trade;
  hft_fee maker_fee, taker_fee;
  uint32_t number;  // of the newest order
  naive_book book;
  plain_order order[NAIVE_ORDERS_MAX];  // by the naive book's slot
  uint32_t open[PLAIN_OWNERS_MAX];
  int64_t position[PLAIN_OWNERS_MAX], cash[PLAIN_OWNERS_MAX], fees[PLAIN_OWNERS_MAX];
  hft_event event[PLAIN_EVENTS_MAX];  // expected and not yet taken; see plain_is_event
  int event_count;
} plain_exchange;

// Each adds the events of one request. owner < PLAIN_OWNERS_MAX, open_max x owners <
// NAIVE_ORDERS_MAX.
void plain_submit(plain_exchange *plain, hft_owner owner, const hft_order *order);
void plain_cancel(plain_exchange *plain, hft_owner owner, uint32_t number);
void plain_reduce(plain_exchange *plain, hft_owner owner, uint32_t number, hft_qty by);
void plain_replace(plain_exchange *plain, hft_owner owner, uint32_t number, hft_price price,
                   hft_qty qty);

// Does a market's event say what an expected one says? Of what only the market knows (time, slots,
// queues) nothing is looked at; of a refusal only who is refused what and why.
bool plain_is_event(const hft_event *expected, const hft_event *event);

// Null, or in what the books differ.
const char *plain_compare(const plain_exchange *plain, const hft_book *book);

#endif
