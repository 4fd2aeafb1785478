#include "sim/market/market.h"

#include <string.h>

#include "sim/base/hash.h"
#include "sim/market/exchange.h"
#include "sim/market/mailbox.h"
#include "sim/market/schedule.h"

size_t hft_market_size(const hft_model *model) {
  return model->size;
}

hft_status hft_market_init(const hft_model *model, void *memory, size_t size, hft_market **out) {
  if ((uintptr_t)memory % HFT_CACHE_LINE != 0) return HFT_EINVAL;
  if (size < model->size) return HFT_ENOMEM;
  memset(memory, 0, model->size);
  hft_book *book;
  hft_status status = hft_book_init(&model->book, (char *)memory + model->book_at,
                                    hft_book_size(&model->book), &book);
  if (status != HFT_OK) return status;
  *out = memory;
  hft_market_reset(model, *out, 0, 0, NULL);
  return HFT_OK;
}

void hft_market_reset(const hft_model *model, hft_market *market, uint64_t seed, uint32_t env,
                      const hft_sink *sink) {
  memset(market, 0, sizeof *market);
  market->seed = seed;
  market->env = env;
  market->mid2 = 2 * (int64_t)model->instrument.initial_price;
  hft_exchange_clear(model, market);
  hft_schedule_clear(model, market);
  hft_mailbox_clear(model, market);
  hft_fundamental_start(&model->fundamental, &market->fundamental,
                        hft_rng_stream(seed, env, HFT_STREAM_DIFFUSION),
                        hft_rng_stream(seed, env, HFT_STREAM_JUMPS));
  memset((char *)market + model->state_start, 0, model->state_end - model->state_start);
  hft_rng *rngs = hft_market_rngs(model, market);
  for (int i = 0; i < model->participant_count; i++) {
    rngs[i] = hft_rng_stream(seed, env, model->participant[i].stream);
  }
  for (int i = 0; i < model->participant_count; i++) {
    const hft_participant *self = &model->participant[i];
    hft_desk desk = {model, market, sink, (hft_owner)i, false};
    if (self->agent_class->reset != NULL) {
      self->agent_class->reset(self->params, hft_market_state_of(model, market, (hft_owner)i),
                               &desk);
    }
  }
}

void hft_market_run(const hft_model *model, hft_market *market, hft_time until,
                    const hft_sink *sink) {
  if (until < market->now) return;
  for (;;) {
    hft_due due = hft_schedule_first(model, market);
    if (due.time > until || due.time == HFT_TIME_NEVER) break;
    market->now = due.time;
    hft_desk desk = {model, market, sink, due.owner, false};
    if (due.mail) {
      hft_mailbox_deliver(&desk);
      continue;
    }
    hft_schedule_set(model, market, due.owner, HFT_TIME_NEVER);
    const hft_participant *self = &model->participant[due.owner];
    if (self->agent_class->wake != NULL) {
      self->agent_class->wake(self->params, hft_market_state_of(model, market, due.owner), &desk);
    }
  }
  market->now = until;
}

hft_desk hft_market_desk(const hft_model *model, hft_market *market, hft_owner owner) {
  HFT_CHECK(owner < model->participant_count);
  return (hft_desk){model, market, NULL, owner, false};
}

hft_time hft_market_now(const hft_market *market) {
  return market->now;
}

const hft_book *hft_market_book(const hft_model *model, const hft_market *market) {
  return hft_market_book_of(model, market);
}

const hft_tape *hft_market_tape(const hft_market *market) {
  return &market->tape;
}

int64_t hft_market_mid2(const hft_market *market) {
  return market->mid2;
}

const hft_account *hft_market_account(const hft_model *model, const hft_market *market,
                                      hft_owner owner) {
  HFT_CHECK(owner < model->participant_count);
  return &hft_market_accounts(model, market)[owner];
}

void *hft_market_agent_state(const hft_model *model, hft_market *market, hft_owner owner) {
  HFT_CHECK(owner < model->participant_count);
  return hft_market_state_of(model, market, owner);
}

double hft_market_fundamental(const hft_model *model, hft_market *market) {
  return hft_fundamental_at(&model->fundamental, &market->fundamental, market->now);
}

uint64_t hft_market_messages(const hft_market *market) {
  return market->messages;
}

uint64_t hft_market_hash(const hft_model *model, const hft_market *market) {
  uint64_t hash = hft_hash_bytes(HFT_HASH_START, market, sizeof *market);
  size_t count = (size_t)model->participant_count;
  hash = hft_hash_bytes(hash, hft_market_accounts(model, market), count * sizeof(hft_account));
  hash = hft_hash_bytes(hash, hft_market_conducts(model, market), count * sizeof(hft_conduct));
  hash = hft_hash_bytes(hash, hft_market_mailbox(model, market, 0),
                        (size_t)model->mailbox_count * sizeof(hft_mailbox));
  hash = hft_hash_bytes(hash, hft_market_rngs(model, market), count * sizeof(hft_rng));
  hash = hft_hash_bytes(hash, (const char *)market + model->state_start,
                        model->state_end - model->state_start);
  return hft_hash_u64(hash, hft_book_hash(hft_market_book_of(model, market)));
}

// An owner's slots are where they should be; null, or the words for what fails.
static const char *verify_slots(const hft_model *model, const hft_market *market, int owner,
                                uint32_t *resting_count) {
  const hft_book *book = hft_market_book_of(model, market);
  const hft_resting *resting = hft_market_resting(model, market);
  const uint32_t *own = hft_market_own(model, market);
  const hft_participant *self = &model->participant[owner];
  uint32_t count = hft_market_own_counts(model, market)[owner];
  for (uint32_t k = 0; k < self->slot_count; k++) {
    uint32_t slot = own[self->slot_base + k];
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

const char *hft_market_verify(const hft_model *model, const hft_market *market) {
  const hft_book *book = hft_market_book_of(model, market);
  const char *fault = hft_book_verify(book);
  int64_t position = 0, cash = 0, fees = 0;
  uint32_t open = 0;
  for (int i = 0; i < model->participant_count && fault == NULL; i++) {
    const hft_account *account = &hft_market_accounts(model, market)[i];
    position += account->position;
    cash += account->cash;
    fees += account->fees;
    if (account->position != account->bought - account->sold) return "an account's position is off";
    fault = verify_slots(model, market, i, &open);
  }
  if (fault != NULL) return fault;
  if (position != 0) return "positions do not sum to zero";
  if (cash != 0) return "cash does not sum to zero";
  if (fees != market->tape.fees) return "fees do not sum to what the exchange took";
  return open == book->live ? NULL : "open orders are not the book's";
}
