// A market rebuilt from its events alone: a reference book of the displayed lots, the accounts, the
// fees, the tape, and for each order since when and behind how many lots it has waited. Every event
// is checked as it comes, and the accounts of the market after each.
#ifndef HFTSIM_TESTS_SUPPORT_SHADOW_H
#define HFTSIM_TESTS_SUPPORT_SHADOW_H

#include "tests/support/market_world.h"
#include "tests/support/naive_book.h"

#define SHADOW_SLOTS_MAX 8192
#define SHADOW_OWNERS_MAX 64
#define SHADOW_KINDS (HFT_EVENT_REJECT + 1)
#define SHADOW_REASONS (HFT_REASON_IN_FLIGHT + 1)
#define SHADOW_NUMBERS_MAX 524288  // of orders in a session

typedef struct shadow_order {
  uint32_t number;  // 0: none rests
  hft_owner owner;
  hft_time entered;  // its queue
  int64_t ahead;     // lots in its queue then
} shadow_order;

// The exchange's rules, from the config.
typedef struct shadow_rules {
  int64_t maker_bps, taker_bps;  // 1/1000 bps
  int64_t maker_lot, taker_lot;  // 1/10000 of a tick
  hft_self_trade self_trade;
  hft_time latency;  // ns
  bool jitter;
  int64_t max_inventory;
  hft_owner first_regulated;  // those before it are populations
} shadow_rules;

typedef struct shadow_market {
  const hft_model *model;
  hft_market *market;
  naive_book book;
  shadow_order order[SHADOW_SLOTS_MAX];
  hft_account account[SHADOW_OWNERS_MAX];
  hft_tape tape;
  shadow_rules rules;
  hft_event last;   // event
  uint32_t number;  // of the newest order
  uint8_t seen[SHADOW_NUMBERS_MAX];
  uint32_t taker;         // the order whose trades are coming, 0: none
  int64_t mid2;           // before the order that is trading
  bool met_self;          // own orders left before an order of which nothing has been heard yet
  int64_t met_self_mid2;  // the mid before that
  int64_t kind_count[SHADOW_KINDS], reason_count[SHADOW_REASONS];
} shadow_market;

// Starts from an empty market. Call it before the reset of the market, whose sink must be
// shadow_sink.
void shadow_start(shadow_market *shadow, const world *w);
hft_sink shadow_sink(shadow_market *shadow);

// Fails the test unless the book, order by order, the accounts and the tape equal the market's.
void shadow_compare(const shadow_market *shadow);

// Runs a session of a config from its reset on, and compares every `interval`.
void shadow_session(shadow_market *shadow, const char *yaml, uint64_t seed, int seconds,
                    hft_time interval);

#endif
