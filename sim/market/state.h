// Inside of sim/market: the structs of a model and a market.
#ifndef HFTSIM_SIM_MARKET_STATE_H
#define HFTSIM_SIM_MARKET_STATE_H

#include "sim/base/arena.h"
#include "sim/base/inline.h"
#include "sim/market/agent.h"
#include "sim/market/market_config.h"
#include "sim/market/rules.h"
#include "sim/process/basket.h"

#define HFT_MARKET_NAME_SIZE 64

// Streams of draws, so that adding a participant never shifts another's; those of the fundamental
// values are in sim/process/basket.h. A population of instrument i has POPULATIONS + i x 1024 + its
// place in the list.
#define HFT_STREAM_POPULATIONS 0x10000u
#define HFT_STREAM_AGENTS 0x20000u
#define HFT_STREAM_EXTRA 0x30000u
#define HFT_STREAM_LATENCY 0x40000u   // plus the participant's index
#define HFT_STREAM_AUCTIONS 0x50000u  // plus the instrument's index: random ends

#define HFT_IN_FLIGHT_MAX 64  // requests of a participant on their way, at most

typedef struct hft_participant {
  const hft_agent_class *agent_class;
  void *params;
  uint32_t stream;
  int instrument;                  // of its desk
  uint32_t slot_base, slot_count;  // its slots in each order pool: its limit of open orders
  size_t state_size;
  size_t rng_at;          // offset in the market's block
  bool regulated;         // an agent or a seat: all rules apply to it
  bool plain;             // only fees apply to its requests, and they arrive at once
  bool skips_post_trade;  // plain, and there are no checks after its requests
  int next_mid;           // the next participant that hears of its instrument's mid, or -1
  int mailbox;            // index among those with latency, or -1
  hft_time latency;       // ns
  double latency_jitter;  // ns
} hft_participant;

struct hft_model {
  hft_instrument instrument;
  hft_market_config config;
  hft_rules rules;
  bool has_fees;
  bool has_post_trade;            // what requests and auctions change is looked at after each:
                                  // sim/market/post_trade.h
  int first_mid[HFT_BASKET_MAX];  // by instrument: the first that hears of its mid, or -1
  int64_t volume_max;  // lots that may trade in an instrument without an overflow of any sum
  int instrument_count;
  hft_basket_model *fundamental;
  hft_book_config book, auction_book;
  int participant_count;
  hft_owner first_extra;
  uint32_t slot_count;
  uint32_t leaf_count;    // of the schedule's tree: a power of four
  uint32_t waker_count;   // participants with a leaf: behind the last that ever wakes there is none
  uint32_t auction_leaf;  // the first of the instruments' leaves, where there are auctions or halts
  int mailbox_count;
  // Offsets in the market's block.
  size_t tree_at, risk_state_at, mailbox_at, fundamental_at;
  size_t state_start, state_end;
  size_t bytes;      // of the model itself
  uint64_t content;  // digest of the files that agents have read; 0: of none
  double worlds;     // that the seeds make
  hft_time history;  // of the records that agents play
  // A run in pieces looks at the fundamental values so long after the last step of their grid at
  // least, which is so much work.
  hft_time look_time;
  int64_t look_work;
  size_t instruments_at, instrument_size, size;
  // Offsets in an instrument's part of it.
  size_t account_at, own_count_at, own_at, resting_at, hidden_at, book_at;
  size_t auction_at, auction_book_at[2];  // where there are auctions or halts
  size_t before_at;                       // there: int64_t[ticks], the book's lots before the call
  hft_participant participant[];
};

#define HFT_RESTING_ICEBERG 1u  // hft_hidden tells of what it hides
#define HFT_RESTING_WAY 2u      // the slot is held for an order on its way
#define HFT_RESTING_LEAVING 4u  // its cancellation is on its way

// An open order as the exchange has it, by slot.
typedef struct hft_resting {
  hft_time entered;    // when it joined its queue
  uint32_t number;     // of its id
  uint32_t own_index;  // index of its slot in its owner's list
  hft_qty ahead;       // lots shown before it at that time
  uint32_t latency;    // ns that it had travelled
  hft_owner owner;
  uint8_t tif;
  uint8_t flags;
  uint32_t zero;  // where padding would be: the state is digested byte by byte
} hft_resting;

// The hidden part of an iceberg, by slot.
typedef struct hft_hidden {
  hft_qty qty;      // hidden lots
  hft_qty display;  // lots shown at a time
} hft_hidden;

// The state of a participant for rate limits and the kill switch.
typedef struct hft_risk_state {
  int64_t second;  // of the session, in which `requests` came
  int64_t requests;
  double best_value;  // of its account, ticks x lots
  uint8_t killed;
} hft_risk_state;

typedef enum hft_request_kind {
  HFT_REQUEST_SUBMIT,
  HFT_REQUEST_CANCEL,
  HFT_REQUEST_REDUCE,  // order.qty: by how much
  HFT_REQUEST_REPLACE  // order.price, order.qty, left
} hft_request_kind;

// A request on its way to the exchange.
typedef struct hft_request {
  hft_time sent, due;
  hft_order order;
  hft_order_id id;  // the order concerned; of a submission its own
  uint32_t number;  // that a replaced order will have
  uint8_t kind;     // hft_request_kind
  uint8_t leaving;  // its order will be cancelled or replaced by a later request
  uint8_t instrument;
  uint8_t zero;
  hft_qty left;  // of a replacement: lots that the order will have left where none trades meanwhile
  uint64_t setting;  // in the schedule: requests of equal time arrive in the order of their sending
} hft_request;

_Static_assert(sizeof(hft_request) == 64, "a request has no padding");

// The requests of a participant with latency, in the order in which they were sent.
typedef struct hft_mailbox {
  hft_rng rng;
  hft_time last_due;
  uint32_t first, count;
  hft_request request[HFT_IN_FLIGHT_MAX];
} hft_mailbox;

#define HFT_WAKE_LEAF_BITS 12
#define HFT_LEAVES_MAX (1u << HFT_WAKE_LEAF_BITS)  // of the schedule

typedef struct hft_wake {
  hft_time time;
  uint64_t order;  // ties go to the wake that was set first: the number of its setting, above the
                   // HFT_WAKE_LEAF_BITS that tell the leaf
} hft_wake;

// Lots transferred to close positions while the book stands still, by side of the owners: the next
// closing continues from there. In continuous trading this spans one moment, otherwise a phase.
typedef struct hft_close_record {
  hft_time at;
  int64_t lots[2];
  int64_t last[2],
      depth[2];  // of the other side at the first closing; depth 0: none yet
} hft_close_record;

// The state of an instrument, at the start of its part of the block.
struct hft_instrument_state {
  int64_t mid2;  // the last one known
  hft_tape tape;
  int64_t window_refusals;  // orders refused for PRICE_WINDOW since the reset
  hft_close_record close_record;
};

// The further state of an instrument with auctions or halts. With it come two books, one for the
// bids and one for the asks of an auction, since they may cross. Their windows have one more tick
// at each end, where market orders rest: bids above, asks below all limits.
typedef struct hft_auction {
  hft_rng rng;         // of random ends
  hft_time ends;       // of the call
  hft_time publishes;  // the call's next indication
  hft_time renews;     // the next renewal of the reference; HFT_TIME_NEVER: there are no halts
  hft_indication indication;  // published last
  hft_price low, high;        // trading halts beyond
  int32_t before_best[2];     // ticks of the best bid and ask before the call, as of a book
  hft_phase phase;
  uint32_t zero;  // where padding would be
} hft_auction;

struct hft_market {
  hft_time now;
  uint64_t seed;
  uint32_t env;
  uint32_t order_number;
  uint64_t event_sequence, wake_sequence, messages;
  uint64_t instruments_at, instrument_size;  // as in the model
  // Orders that auctions have looked at since the market was made: the work of sliced runs beside
  // the events. No result depends on it, so it comes last and is in no digest.
  uint64_t auction_work;
};

static inline hft_instrument_state *hft_market_instrument(const hft_market *market,
                                                          int instrument) {
  return (hft_instrument_state *)((uintptr_t)market + market->instruments_at +
                                  (size_t)instrument * market->instrument_size);
}

// A participant's desk at an instrument.
static inline hft_desk hft_desk_make(const hft_model *model, hft_market *market, hft_owner owner,
                                     int instrument, const hft_sink *sink) {
  return (hft_desk){.model = model,
                    .market = market,
                    .instrument_state = hft_market_instrument(market, instrument),
                    .participant = owner != HFT_OWNER_NONE ? &model->participant[owner] : NULL,
                    .sink = sink,
                    .self = owner,
                    .instrument = (uint8_t)instrument};
}

// The desk at another instrument of the market. Unlike hft_desk_at it checks nothing.
static inline hft_desk hft_desk_make_at(const hft_desk *desk, int instrument) {
  hft_desk other = *desk;
  other.instrument_state = hft_market_instrument(desk->market, instrument);
  other.instrument = (uint8_t)instrument;
  return other;
}

// ---- parts of an instrument's part -------------------------------------------------------------

static inline hft_account *hft_instrument_accounts(const hft_model *model,
                                                   const hft_instrument_state *instrument_state) {
  return (hft_account *)((uintptr_t)instrument_state + model->account_at);
}

// The slots of each participant are own[slot_base ...]: the open ones first, then the free ones.
static inline uint32_t *hft_instrument_own(const hft_model *model,
                                           const hft_instrument_state *instrument_state) {
  return (uint32_t *)((uintptr_t)instrument_state + model->own_at);
}

static inline uint32_t *hft_instrument_own_counts(const hft_model *model,
                                                  const hft_instrument_state *instrument_state) {
  return (uint32_t *)((uintptr_t)instrument_state + model->own_count_at);
}

static inline hft_resting *hft_instrument_resting(const hft_model *model,
                                                  const hft_instrument_state *instrument_state) {
  return (hft_resting *)((uintptr_t)instrument_state + model->resting_at);
}

static inline hft_hidden *hft_instrument_hidden(const hft_model *model,
                                                const hft_instrument_state *instrument_state) {
  return (hft_hidden *)((uintptr_t)instrument_state + model->hidden_at);
}

static inline hft_book *hft_instrument_book(const hft_model *model,
                                            const hft_instrument_state *instrument_state) {
  return (hft_book *)((uintptr_t)instrument_state + model->book_at);
}

static inline hft_auction *hft_instrument_auction(const hft_model *model,
                                                  const hft_instrument_state *instrument_state) {
  return (hft_auction *)((uintptr_t)instrument_state + model->auction_at);
}

static inline hft_book *hft_instrument_auction_book(const hft_model *model,
                                                    const hft_instrument_state *instrument_state,
                                                    hft_side side) {
  return (hft_book *)((uintptr_t)instrument_state + model->auction_book_at[side]);
}

// The book before an auction: lots at each tick, hidden ones included.
static inline int64_t *hft_instrument_before(const hft_model *model,
                                             const hft_instrument_state *instrument_state) {
  return (int64_t *)((uintptr_t)instrument_state + model->before_at);
}

static inline hft_phase hft_instrument_phase(const hft_model *model,
                                             const hft_instrument_state *instrument_state) {
  return model->rules.has_auctions ? hft_instrument_auction(model, instrument_state)->phase
                                   : HFT_PHASE_CONTINUOUS;
}

static inline bool hft_instrument_in_auction(const hft_model *model,
                                             const hft_instrument_state *instrument_state) {
  if (!model->rules.has_auctions) return false;
  hft_phase phase = hft_instrument_auction(model, instrument_state)->phase;
  return phase != HFT_PHASE_CONTINUOUS && phase != HFT_PHASE_CLOSED;
}

// The book in which the order of a slot rests: during an auction one of its two books, otherwise
// the visible book.
static inline hft_book *hft_instrument_book_of(const hft_model *model,
                                               const hft_instrument_state *instrument_state,
                                               uint32_t slot) {
  if (!hft_instrument_in_auction(model, instrument_state))
    return hft_instrument_book(model, instrument_state);
  hft_book *bids = hft_instrument_auction_book(model, instrument_state, HFT_BID);
  return hft_book_is_live(bids, slot)
             ? bids
             : hft_instrument_auction_book(model, instrument_state, HFT_ASK);
}

// The price of a resting order; HFT_PRICE_MARKET of a market order in an auction.
static inline hft_price hft_instrument_order_price(const hft_model *model, const hft_book *book,
                                                   uint32_t slot) {
  hft_price price = hft_book_order_price(book, slot);
  if (HFT_LIKELY(!model->rules.has_auctions)) return price;
  bool market = price < model->instrument.price_min || price > model->instrument.price_max;
  return market ? HFT_PRICE_MARKET : price;
}

// Updates the mid if both sides of the book have orders.
static inline void hft_instrument_note_mid(hft_instrument_state *instrument_state,
                                           const hft_book *book) {
  int32_t bid = book->best[HFT_BID], ask = book->best[HFT_ASK];
  if ((uint32_t)bid >= book->ticks || (uint32_t)ask >= book->ticks) return;
  instrument_state->mid2 = 2 * (int64_t)book->price_min + bid + ask;
}

// The number of a new order. 0 is reserved for no order, so 2^32 - 1 is followed by 1.
static inline uint32_t hft_market_number(hft_market *market) {
  if (++market->order_number == 0) market->order_number = 1;
  return market->order_number;
}

// ---- parts of the market -----------------------------------------------------------------------

// A participant's stream of random numbers. The state of its agent follows it in memory, since both
// are used together.
static inline hft_rng *hft_participant_rng(const hft_participant *self, const hft_market *market) {
  return (hft_rng *)((uintptr_t)market + self->rng_at);
}

static inline void *hft_participant_state(const hft_participant *self, const hft_market *market) {
  return hft_participant_rng(self, market) + 1;
}

static inline hft_risk_state *hft_market_risk_states(const hft_model *model,
                                                     const hft_market *market) {
  return (hft_risk_state *)((uintptr_t)market + model->risk_state_at);
}

static inline hft_mailbox *hft_market_mailbox(const hft_model *model, const hft_market *market,
                                              int index) {
  return (hft_mailbox *)((uintptr_t)market + model->mailbox_at) + index;
}

static inline hft_basket *hft_market_basket(const hft_model *model, const hft_market *market) {
  return (hft_basket *)((uintptr_t)market + model->fundamental_at);
}

static inline void *hft_market_state_of(const hft_model *model, const hft_market *market,
                                        hft_owner owner) {
  return hft_participant_state(&model->participant[owner], market);
}

#endif
