// Inside of sim/market: what a model and a market are made of.
#ifndef HFTSIM_SIM_MARKET_STATE_H
#define HFTSIM_SIM_MARKET_STATE_H

#include "sim/base/arena.h"
#include "sim/market/market.h"

#define HFT_MARKET_NAME_SIZE 64

// Streams of draws, so that adding a participant never shifts another's.
#define HFT_STREAM_DIFFUSION 1u
#define HFT_STREAM_JUMPS 2u
#define HFT_STREAM_POPULATIONS 0x10000u
#define HFT_STREAM_AGENTS 0x20000u
#define HFT_STREAM_EXTRA 0x30000u

typedef struct hft_participant {
  const hft_agent_class *agent_class;
  void *params;
  uint32_t stream;
  uint32_t slot_base, slot_count;  // its slots of the order pool: its open-order limit
  size_t state_at;
} hft_participant;

struct hft_model {
  hft_instrument instrument;
  hft_market_config config;
  hft_fundamental_model fundamental;
  hft_book_config book;
  int participant_count;
  hft_owner first_extra;
  uint32_t slot_count;
  uint32_t leaf_count;  // of the schedule's tree: a power of two
  // Offsets in the market's block.
  size_t account_at, rng_at, own_count_at, own_at, resting_at, wake_at, tree_at, book_at;
  size_t state_start, state_end;
  size_t size;
  hft_participant participant[];
};

// What the exchange knows of a resting order, by slot.
typedef struct hft_resting {
  uint32_t number;     // of its id
  uint32_t own_index;  // where its slot stands in its owner's list
  hft_owner owner;
  uint8_t tif;
} hft_resting;

typedef struct hft_wake {
  hft_time time;
  uint64_t sequence;  // ties go to the wake that was set first
} hft_wake;

struct hft_market {
  hft_time now;
  uint64_t seed;
  uint32_t env;
  uint32_t order_number;
  uint64_t event_sequence, wake_sequence, messages;
  int64_t mid2;  // the last one known
  hft_tape tape;
  hft_fundamental fundamental;
};

static inline hft_account *hft_market_accounts(const hft_model *model, const hft_market *market) {
  return (hft_account *)((uintptr_t)market + model->account_at);
}

static inline hft_rng *hft_market_rngs(const hft_model *model, const hft_market *market) {
  return (hft_rng *)((uintptr_t)market + model->rng_at);
}

// The slots of each participant stand in own[slot_base ...]: the open ones first, then the free.
static inline uint32_t *hft_market_own(const hft_model *model, const hft_market *market) {
  return (uint32_t *)((uintptr_t)market + model->own_at);
}

static inline uint32_t *hft_market_own_counts(const hft_model *model, const hft_market *market) {
  return (uint32_t *)((uintptr_t)market + model->own_count_at);
}

static inline hft_resting *hft_market_resting(const hft_model *model, const hft_market *market) {
  return (hft_resting *)((uintptr_t)market + model->resting_at);
}

static inline hft_book *hft_market_book_of(const hft_model *model, const hft_market *market) {
  return (hft_book *)((uintptr_t)market + model->book_at);
}

static inline void *hft_market_state_of(const hft_model *model, const hft_market *market,
                                        hft_owner owner) {
  return (void *)((uintptr_t)market + model->participant[owner].state_at);
}

#endif
