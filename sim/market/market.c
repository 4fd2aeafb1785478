#include "sim/market/market.h"

#include <stddef.h>
#include <string.h>

#include "sim/base/hash.h"
#include "sim/market/auction.h"
#include "sim/market/mailbox.h"
#include "sim/market/post_trade.h"
#include "sim/market/schedule.h"

// Does what is due at a leaf of the schedule other than a participant's wake.
static HFT_COLD void deliver(const hft_model *model, hft_market *market, uint32_t leaf,
                             const hft_sink *sink) {
  if (leaf < model->auction_leaf) {
    hft_owner owner = (hft_owner)(leaf - model->waker_count);
    int instrument = model->participant[owner].instrument;
    hft_desk desk = hft_desk_make(model, market, owner, instrument, sink);
    hft_mailbox_deliver(&desk);
  } else {
    int instrument = (int)(leaf - model->auction_leaf);
    hft_desk desk = hft_desk_make(model, market, HFT_OWNER_NONE, instrument, sink);
    const hft_post_trade_mark before = hft_post_trade_begin(&desk);
    hft_auction_wake(&desk);
    hft_post_trade_end(&desk, before);
  }
}

// Wakes a participant, repeatedly while it is the next one due: then only its last wake is put into
// the schedule. `last` is the end of the run; if `stops`, nothing is done from the setting number
// `stop` on. Returns the next wake due, any one if that is after `last` or the run stops.
HFT_INLINE hft_wake wake(const hft_model *model, hft_market *market, hft_wake due, hft_time last,
                         bool stops, uint64_t stop, const hft_sink *sink) {
  uint32_t leaf = hft_wake_leaf(due);
  const hft_participant *self = &model->participant[leaf];
  void *state = hft_participant_state(self, market);
  hft_wake rival = hft_schedule_rival(model, market, leaf);
  hft_time next = due.time;
  uint64_t setting;
  bool alone;  // no other leaf was set meanwhile, so the rival is still the earliest
  do {
    market->now = next;
    next = HFT_TIME_NEVER;
    hft_desk desk = {.model = model,
                     .market = market,
                     .instrument_state = hft_market_instrument(market, self->instrument),
                     .participant = self,
                     .sink = sink,
                     .wake = &next,
                     .self = (hft_owner)leaf,
                     .instrument = (uint8_t)self->instrument};
    setting = market->wake_sequence;
    if (self->agent_class->wake != NULL) self->agent_class->wake(self->params, state, &desk);
    alone = market->wake_sequence++ == setting;
  } while (alone && next < rival.time && next <= last && (!stops || setting < stop));
  hft_schedule_put(model, market, leaf, next, market->wake_sequence - 1);
  return alone ? rival : hft_schedule_first(model, market);
}

// Runs everything due up to `last`; if `stops`, up to the setting number `stop`.
HFT_INLINE void run(const hft_model *model, hft_market *market, hft_time last, bool stops,
                    uint64_t stop, const hft_sink *sink) {
  hft_wake due = hft_schedule_first(model, market);
  while (due.time <= last && (!stops || market->wake_sequence < stop)) {
    if (HFT_LIKELY(hft_wake_leaf(due) < model->waker_count)) {
      due = wake(model, market, due, last, stops, stop, sink);
    } else {
      market->now = due.time;
      deliver(model, market, hft_wake_leaf(due), sink);
      due = hft_schedule_first(model, market);
    }
  }
}

void hft_market_run(const hft_model *model, hft_market *market, hft_time until,
                    const hft_sink *sink) {
  if (until < market->now) return;
  hft_time last = until < HFT_TIME_NEVER ? until : HFT_TIME_NEVER - 1;
  run(model, market, last, false, 0, sink);
  market->now = until;
}

// Settings between two checks of the budget; each wake is one. An auction or a halt may look at
// every order.
#define SETTINGS 512
#define SETTINGS_WITH_AUCTIONS 8
#define ORDERS_OF_AUCTIONS 4  // orders looked at in the time of an event

// Runs everything due up to `last` within the budget. True: done.
static bool run_some(const hft_model *model, hft_market *market, hft_time last, int64_t *budget,
                     const hft_sink *sink) {
  int64_t settings = model->rules.has_auctions ? 1 : SETTINGS;
  while (*budget > 0) {
    uint64_t first = market->wake_sequence, events = market->event_sequence;
    uint64_t has_auctions = market->auction_work;
    uint64_t most = (uint64_t)(*budget < settings ? *budget : settings);
    run(model, market, last, true, first + most, sink);
    *budget -= (int64_t)(market->wake_sequence - first + market->event_sequence - events +
                         (market->auction_work - has_auctions) / ORDERS_OF_AUCTIONS);
    if (hft_schedule_first(model, market).time > last) return true;
    if (model->rules.has_auctions)
      settings = market->auction_work == has_auctions ? SETTINGS_WITH_AUCTIONS : 1;
  }
  return false;
}

// The next time at which a sliced run evaluates the fundamental values: an evaluation computes all
// steps of their grid since the one before.
static hft_time next_look(const hft_model *model, const hft_market *market) {
  hft_time next = hft_market_basket(model, market)->next_step;
  return next < HFT_TIME_NEVER - model->look_time ? next + model->look_time : HFT_TIME_NEVER;
}

bool hft_market_run_some(const hft_model *model, hft_market *market, hft_time until,
                         int64_t *budget, const hft_sink *sink) {
  if (until < market->now) return true;
  for (;;) {
    hft_time look = next_look(model, market), end = look < until ? look : until;
    hft_time last = end < HFT_TIME_NEVER ? end : HFT_TIME_NEVER - 1;
    if (!run_some(model, market, last, budget, sink)) return false;
    market->now = end;
    if (end == until) return true;
    hft_basket_advance(model->fundamental, hft_market_basket(model, market), end);
    *budget -= model->look_work;
  }
}

// ---- interruptible runs ------------------------------------------------------------------------

#define SLICE_WORK 65536  // units of work between two questions

static bool goes_on(const hft_interrupt *interrupt) {
  return interrupt->goes_on == NULL || interrupt->goes_on(interrupt->context);
}

bool hft_market_reset_interruptible(const hft_model *model, hft_market *market, uint64_t seed,
                                    uint32_t env, const hft_sink *sink,
                                    const hft_interrupt *interrupt) {
  size_t at = 0;
  for (int64_t budget = SLICE_WORK;
       !hft_market_reset_some(model, market, seed, env, &at, &budget, sink); budget = SLICE_WORK) {
    if (!goes_on(interrupt)) return false;
  }
  return true;
}

bool hft_market_run_interruptible(const hft_model *model, hft_market *market, hft_time until,
                                  const hft_sink *sink, const hft_interrupt *interrupt) {
  for (int64_t budget = SLICE_WORK; !hft_market_run_some(model, market, until, &budget, sink);
       budget = SLICE_WORK) {
    if (!goes_on(interrupt)) return false;
  }
  return true;
}

// ---- reading a market --------------------------------------------------------------------------

hft_desk hft_market_desk(const hft_model *model, hft_market *market, hft_owner owner) {
  HFT_CHECK(owner < model->participant_count);
  return hft_desk_make(model, market, owner, model->participant[owner].instrument, NULL);
}

hft_time hft_market_now(const hft_market *market) {
  return market->now;
}

const hft_book *hft_market_book(const hft_model *model, const hft_market *market, int instrument) {
  HFT_CHECK(instrument >= 0 && instrument < model->instrument_count);
  return hft_instrument_book(model, hft_market_instrument(market, instrument));
}

const hft_tape *hft_market_tape(const hft_market *market, int instrument) {
  return &hft_market_instrument(market, instrument)->tape;
}

hft_phase hft_market_phase(const hft_model *model, const hft_market *market, int instrument) {
  HFT_CHECK(instrument >= 0 && instrument < model->instrument_count);
  return hft_instrument_phase(model, hft_market_instrument(market, instrument));
}

int64_t hft_market_mid2(const hft_market *market, int instrument) {
  return hft_market_instrument(market, instrument)->mid2;
}

int64_t hft_market_window_refusals(const hft_market *market, int instrument) {
  return hft_market_instrument(market, instrument)->window_refusals;
}

const hft_account *hft_market_account(const hft_model *model, const hft_market *market,
                                      hft_owner owner, int instrument) {
  HFT_CHECK(owner < model->participant_count);
  HFT_CHECK(instrument >= 0 && instrument < model->instrument_count);
  return &hft_instrument_accounts(model, hft_market_instrument(market, instrument))[owner];
}

void *hft_market_agent_state(const hft_model *model, hft_market *market, hft_owner owner) {
  HFT_CHECK(owner < model->participant_count);
  return hft_market_state_of(model, market, owner);
}

HFT_INLINE_AT_LINK double hft_market_fundamental(const hft_model *model, hft_market *market,
                                                 int instrument) {
  HFT_CHECK(instrument >= 0 && instrument < model->instrument_count);
  return hft_basket_at(model->fundamental, hft_market_basket(model, market), instrument,
                       market->now);
}

double hft_market_fundamental_expected(const hft_model *model, hft_market *market, int instrument,
                                       hft_time to) {
  HFT_CHECK(instrument >= 0 && instrument < model->instrument_count);
  return hft_basket_expected(model->fundamental, hft_market_basket(model, market), instrument,
                             market->now, to);
}

HFT_INLINE_AT_LINK double hft_market_volatility(const hft_model *model, hft_market *market,
                                                int instrument) {
  HFT_CHECK(instrument >= 0 && instrument < model->instrument_count);
  return hft_basket_volatility_at(model->fundamental, hft_market_basket(model, market), instrument,
                                  market->now);
}

uint64_t hft_market_messages(const hft_market *market) {
  return market->messages;
}

// Digests the fundamental values as after an evaluation: evaluating must not change the digest.
static uint64_t hash_fundamental(const hft_model *model, const hft_market *market, uint64_t hash) {
  _Alignas(hft_basket) char copy[HFT_BASKET_SIZE_MAX];
  size_t size = hft_basket_size(model->fundamental);
  HFT_CHECK(size <= sizeof copy);
  memcpy(copy, hft_market_basket(model, market), size);
  (void)hft_basket_at(model->fundamental, (hft_basket *)copy, 0, market->now);
  return hft_hash_bytes(hash, copy, size);
}

static uint64_t hash_instrument(const hft_model *model,
                                const hft_instrument_state *instrument_state, uint64_t hash) {
  size_t count = (size_t)model->participant_count;
  size_t slots = model->slot_count;
  hash = hft_hash_bytes(hash, instrument_state, sizeof *instrument_state);
  hash = hft_hash_bytes(hash, hft_instrument_accounts(model, instrument_state),
                        count * sizeof(hft_account));
  hash =
      hft_hash_bytes(hash, hft_instrument_own(model, instrument_state), slots * sizeof(uint32_t));
  hash = hft_hash_bytes(hash, hft_instrument_resting(model, instrument_state),
                        slots * sizeof(hft_resting));
  hash = hft_hash_bytes(hash, hft_instrument_hidden(model, instrument_state),
                        slots * sizeof(hft_hidden));
  hash = hft_hash_u64(hash, hft_book_hash(hft_instrument_book(model, instrument_state)));
  if (!model->rules.has_auctions) return hash;
  hash = hft_hash_bytes(hash, hft_instrument_auction(model, instrument_state), sizeof(hft_auction));
  hash = hft_hash_bytes(hash, hft_instrument_before(model, instrument_state),
                        model->book.ticks * sizeof(int64_t));
  for (int side = 0; side < 2; side++) {
    const hft_book *book = hft_instrument_auction_book(model, instrument_state, (hft_side)side);
    hash = hft_hash_u64(hash, hft_book_hash(book));
  }
  return hash;
}

uint64_t hft_market_hash(const hft_model *model, const hft_market *market) {
  uint64_t hash = hft_hash_bytes(HFT_HASH_START, market, offsetof(hft_market, auction_work));
  size_t count = (size_t)model->participant_count;
  hash =
      hft_hash_bytes(hash, hft_market_risk_states(model, market), count * sizeof(hft_risk_state));
  hash = hft_hash_bytes(hash, hft_market_mailbox(model, market, 0),
                        (size_t)model->mailbox_count * sizeof(hft_mailbox));
  hash = hft_hash_bytes(hash, hft_schedule_tree(model, market) + model->leaf_count,
                        model->leaf_count * sizeof(hft_wake));
  hash = hft_hash_bytes(hash, (const char *)market + model->state_start,
                        model->state_end - model->state_start);
  hash = hash_fundamental(model, market, hash);
  for (int i = 0; i < model->instrument_count; i++) {
    hash = hash_instrument(model, hft_market_instrument(market, i), hash);
  }
  return hash;
}

// Checks the slots of an owner; null, or a description of the failure.
static const char *verify_slots(const hft_model *model,
                                const hft_instrument_state *instrument_state, int owner,
                                uint32_t *resting_count) {
  const hft_resting *resting = hft_instrument_resting(model, instrument_state);
  const uint32_t *own = hft_instrument_own(model, instrument_state);
  const hft_participant *self = &model->participant[owner];
  uint32_t count = hft_instrument_own_counts(model, instrument_state)[owner];
  for (uint32_t k = 0; k < self->slot_count; k++) {
    uint32_t slot = own[self->slot_base + k];
    const hft_book *book = hft_instrument_book_of(model, instrument_state, slot);
    bool on_its_way = k < count && (resting[slot].flags & HFT_RESTING_WAY) != 0;
    if (hft_book_is_live(book, slot) != (k < count && !on_its_way)) return "an owner's list is off";
    *resting_count += k < count && !on_its_way;
    if (k < count &&
        (resting[slot].owner != owner || resting[slot].own_index != self->slot_base + k)) {
      return "a resting order's owner is off";
    }
  }
  return NULL;
}

// Whether a participant trades this instrument.
static bool trades(const hft_participant *self, int instrument) {
  return self->regulated || self->instrument == instrument;
}

// Checks the books, and that only those of the phase hold orders. *live: the number of orders.
static const char *verify_books(const hft_model *model,
                                const hft_instrument_state *instrument_state, uint32_t *live) {
  const hft_book *book = hft_instrument_book(model, instrument_state);
  *live = book->live;
  const char *fault = hft_book_verify(book);
  if (!model->rules.has_auctions || fault != NULL) return fault;
  const hft_book *bids = hft_instrument_auction_book(model, instrument_state, HFT_BID);
  const hft_book *asks = hft_instrument_auction_book(model, instrument_state, HFT_ASK);
  if (hft_book_front(bids, HFT_ASK) != HFT_NO_SLOT) return "a call's bids hold an ask";
  if (hft_book_front(asks, HFT_BID) != HFT_NO_SLOT) return "a call's asks hold a bid";
  bool in_auction = hft_instrument_in_auction(model, instrument_state);
  if (in_auction ? book->live != 0 : bids->live + asks->live != 0)
    return "orders in the wrong book";
  *live += bids->live + asks->live;
  fault = hft_book_verify(bids);
  return fault != NULL ? fault : hft_book_verify(asks);
}

static const char *verify_instrument(const hft_model *model, const hft_market *market,
                                     int instrument) {
  const hft_instrument_state *instrument_state = hft_market_instrument(market, instrument);
  uint32_t live;
  const char *fault = verify_books(model, instrument_state, &live);
  int64_t position = 0, cash = 0, fees = 0;
  uint32_t open = 0;
  for (int i = 0; i < model->participant_count && fault == NULL; i++) {
    if (!trades(&model->participant[i], instrument)) continue;
    const hft_account *account = &hft_instrument_accounts(model, instrument_state)[i];
    position += account->position;
    cash += account->cash;
    fees += account->fees;
    if (account->position != account->bought - account->sold + account->transferred) {
      return "an account's position is off";
    }
    fault = verify_slots(model, instrument_state, i, &open);
  }
  if (fault != NULL) return fault;
  if (position + instrument_state->tape.transferred != 0) return "positions do not sum to zero";
  if (cash + instrument_state->tape.transferred_cash != 0) return "cash does not sum to zero";
  if (fees != instrument_state->tape.fees) return "fees do not sum to what the exchange took";
  return open == live ? NULL : "open orders are not the book's";
}

const char *hft_market_verify(const hft_model *model, const hft_market *market) {
  const char *fault = NULL;
  for (int i = 0; i < model->instrument_count && fault == NULL; i++) {
    fault = verify_instrument(model, market, i);
  }
  return fault;
}
