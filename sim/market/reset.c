// Making and resetting a market, whole or in pieces.
#include <string.h>

#include "sim/market/auction.h"
#include "sim/market/mailbox.h"
#include "sim/market/market.h"
#include "sim/market/schedule.h"

// The parts of the work that are done at once, and their units of work (hft_market_run_some).
// Touching memory for the first time costs most.
#define ZERO_BYTES ((size_t)1 << 20)
#define ZERO_WORK 16384
#define PART_SIZE ((size_t)1 << 16)  // levels and slots of an instrument
#define PART_WORK 4096
#define FIRST_WORK 64  // of each part, whatever its size

size_t hft_market_size(const hft_model *model) {
  return model->size;
}

static size_t lesser(size_t a, size_t b) {
  return a < b ? a : b;
}

// ---- making ------------------------------------------------------------------------------------

static void prepare_books(const hft_model *model, hft_market *market) {
  market->instruments_at = model->instruments_at;
  market->instrument_size = model->instrument_size;
  for (int i = 0; i < model->instrument_count; i++) {
    void *at = hft_instrument_book(model, hft_market_instrument(market, i));
    hft_book *book;
    hft_status status = hft_book_prepare(&model->book, at, hft_book_size(&model->book), &book);
    for (int side = 0; side < 2 && model->rules.has_auctions && status == HFT_OK; side++) {
      at = hft_instrument_auction_book(model, hft_market_instrument(market, i), (hft_side)side);
      status =
          hft_book_prepare(&model->auction_book, at, hft_book_size(&model->auction_book), &book);
    }
    HFT_CHECK(status == HFT_OK);
  }
}

bool hft_market_make_some(const hft_model *model, void *memory, size_t *at, int64_t *budget) {
  for (; *at < model->size; *at += ZERO_BYTES) {
    if (*budget <= 0) return false;
    size_t size = lesser(ZERO_BYTES, model->size - *at);
    memset((char *)memory + *at, 0, size);
    *budget -= FIRST_WORK + (int64_t)(size * ZERO_WORK / ZERO_BYTES);
  }
  prepare_books(model, memory);
  *at = 0;
  return true;
}

hft_status hft_market_init(const hft_model *model, void *memory, size_t size, hft_market **out) {
  if ((uintptr_t)memory % HFT_CACHE_LINE != 0) return HFT_EINVAL;
  if (size < model->size) return HFT_ENOMEM;
  int64_t budget = INT64_MAX;
  size_t at = 0;
  bool made = hft_market_make_some(model, memory, &at, &budget);
  HFT_CHECK(made);
  *out = memory;
  hft_market_reset(model, *out, 0, 0, NULL);
  return HFT_OK;
}

// ---- resetting ---------------------------------------------------------------------------------
// First the parts of each instrument are cleared, then the rest of the market; then the auctions
// open, and last every agent is reset.

static size_t parts_of(const hft_model *model) {
  size_t all = (size_t)model->auction_book.ticks + model->slot_count;
  return (all + PART_SIZE - 1) / PART_SIZE;
}

// Clears levels and slots first .. last - 1 of an instrument, and with the first part everything
// that an instrument has once.
static void clear_part(const hft_model *model, hft_instrument_state *instrument_state, size_t first,
                       size_t last) {
  size_t count = (size_t)model->participant_count, slots = model->slot_count;
  if (first == 0) {
    *instrument_state =
        (hft_instrument_state){.mid2 = 2 * (int64_t)model->instrument.initial_price};
    memset(hft_instrument_accounts(model, instrument_state), 0, count * sizeof(hft_account));
    memset(hft_instrument_own_counts(model, instrument_state), 0, count * sizeof(uint32_t));
  }
  hft_book_clear_part(hft_instrument_book(model, instrument_state), first, last);
  for (int side = 0; side < 2 && model->rules.has_auctions; side++) {
    hft_book_clear_part(hft_instrument_auction_book(model, instrument_state, (hft_side)side), first,
                        last);
  }
  size_t end = lesser(last, slots);
  if (first >= end) return;
  memset(hft_instrument_resting(model, instrument_state) + first, 0,
         (end - first) * sizeof(hft_resting));
  memset(hft_instrument_hidden(model, instrument_state) + first, 0,
         (end - first) * sizeof(hft_hidden));
  uint32_t *own = hft_instrument_own(model, instrument_state);
  for (size_t slot = first; slot < end; slot++) own[slot] = (uint32_t)slot;
}

// Clears one part of one instrument. Returns the units of work.
static int64_t clear(const hft_model *model, hft_market *market, size_t part) {
  size_t parts = parts_of(model), first = part % parts * PART_SIZE;
  size_t all = (size_t)model->auction_book.ticks + model->slot_count;
  size_t last = lesser(first + PART_SIZE, all);
  clear_part(model, hft_market_instrument(market, (int)(part / parts)), first, last);
  return FIRST_WORK + (int64_t)((last - first) * PART_WORK / PART_SIZE);
}

// Resets everything that belongs to no instrument and no agent.
static void begin(const hft_model *model, hft_market *market, uint64_t seed, uint32_t env) {
  *market = (hft_market){.seed = seed,
                         .env = env,
                         .instruments_at = model->instruments_at,
                         .instrument_size = model->instrument_size};
  size_t count = (size_t)model->participant_count;
  memset(hft_market_risk_states(model, market), 0, count * sizeof(hft_risk_state));
  hft_schedule_clear(model, market);
  hft_mailbox_clear(model, market);
  hft_basket_start(model->fundamental, hft_market_basket(model, market), seed, env);
  memset((char *)market + model->state_start, 0, model->state_end - model->state_start);
  for (size_t i = 0; i < count; i++) {
    const hft_participant *self = &model->participant[i];
    *hft_participant_rng(self, market) = hft_rng_stream(seed, env, self->stream);
  }
}

static void open_auction(const hft_model *model, hft_market *market, size_t i,
                         const hft_sink *sink) {
  hft_desk desk = hft_desk_make(model, market, HFT_OWNER_NONE, (int)i, sink);
  hft_auction_open(&desk);
}

// Resets an agent. Returns the units of work.
static int64_t reset_agent(const hft_model *model, hft_market *market, size_t i,
                           const hft_sink *sink) {
  const hft_participant *self = &model->participant[i];
  hft_owner owner = (hft_owner)i;
  hft_desk desk = hft_desk_make(model, market, owner, self->instrument, sink);
  uint64_t events = market->event_sequence;
  if (self->agent_class->reset != NULL) {
    self->agent_class->reset(self->params, hft_market_state_of(model, market, owner), &desk);
  }
  return 1 + (int64_t)(market->event_sequence - events);
}

bool hft_market_reset_some(const hft_model *model, hft_market *market, uint64_t seed, uint32_t env,
                           size_t *at, int64_t *budget, const hft_sink *sink) {
  size_t cleared = (size_t)model->instrument_count * parts_of(model);
  size_t opened = cleared + 1 + (model->rules.has_auctions ? (size_t)model->instrument_count : 0);
  size_t end = opened + (size_t)model->participant_count;
  for (; *at < end; ++*at) {
    if (*budget <= 0) return false;
    if (*at < cleared) {
      *budget -= clear(model, market, *at);
    } else if (*at == cleared) {
      begin(model, market, seed, env);
      *budget -= model->participant_count;
    } else if (*at < opened) {
      open_auction(model, market, *at - cleared - 1, sink);
      *budget -= FIRST_WORK + (int64_t)((size_t)model->book.ticks * PART_WORK / PART_SIZE);
    } else {
      *budget -= reset_agent(model, market, *at - opened, sink);
    }
  }
  *at = 0;
  return true;
}

void hft_market_reset(const hft_model *model, hft_market *market, uint64_t seed, uint32_t env,
                      const hft_sink *sink) {
  int64_t budget = INT64_MAX;
  size_t at = 0;
  bool reset = hft_market_reset_some(model, market, seed, env, &at, &budget, sink);
  HFT_CHECK(reset);
}
