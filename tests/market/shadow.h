// A market rebuilt from its events alone: a naive book, the accounts and the tape. Every event is
// held against it as it comes, and the market's own accounts after each.
#ifndef HFTSIM_TESTS_MARKET_SHADOW_H
#define HFTSIM_TESTS_MARKET_SHADOW_H

#include "tests/book/naive.h"
#include "tests/market/world.h"

#define SHADOW_SLOTS_MAX 8192
#define SHADOW_OWNERS_MAX 64
#define SHADOW_KINDS (HFT_EVENT_REJECT + 1)
#define SHADOW_REASONS (HFT_REASON_NOT_FILLABLE + 1)  // those after it need rules

typedef struct shadow_order {
  uint32_t number;  // 0: none rests
  hft_owner owner;
} shadow_order;

typedef struct shadow_market {
  const hft_model *model;
  hft_market *market;
  naive_book book;
  shadow_order order[SHADOW_SLOTS_MAX];
  hft_account account[SHADOW_OWNERS_MAX];
  hft_tape tape;
  uint64_t sequence;  // of the last event
  hft_time time;
  uint32_t number;  // of the newest order
  uint32_t taker;   // the order whose trades are coming, 0: none
  int64_t mid2;     // before the order that is trading
  int64_t kind_count[SHADOW_KINDS], reason_count[SHADOW_REASONS];
} shadow_market;

// Begins with an empty market: before its reset, whose sink must be this one already.
void shadow_start(shadow_market *shadow, const world *w);
hft_sink shadow_sink(shadow_market *shadow);

// Holds the book, order by order, the accounts and the tape against the market's.
void shadow_compare(const shadow_market *shadow);

#endif
