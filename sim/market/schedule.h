// What happens next: a tournament tree over the participants' wakes, the arrivals of their requests
// and the times of calls, ordered by time, then by who was set first.
#ifndef HFTSIM_SIM_MARKET_SCHEDULE_H
#define HFTSIM_SIM_MARKET_SCHEDULE_H

#include "sim/market/state.h"

// Nobody wakes.
void hft_schedule_clear(const hft_model *model, hft_market *market);

static inline hft_wake *hft_schedule_wakes(const hft_model *model, const hft_market *market) {
  return (hft_wake *)((uintptr_t)market + model->wake_at);
}

// Leaf i is participant i's wake, leaf participant_count + i its mail, leaf call_leaf + i
// instrument i's next time of a call. tree[leaf_count + i] is leaf i; each inner node holds the
// earlier of its two children; tree[1] comes first.
static inline uint16_t *hft_schedule_tree(const hft_model *model, const hft_market *market) {
  return (uint16_t *)((uintptr_t)market + model->tree_at);
}

// Without branches: which one is earlier is as good as random.
static inline uint16_t hft_schedule_earlier(const hft_wake *wakes, uint16_t a, uint16_t b) {
  const hft_wake x = wakes[a], y = wakes[b];
  bool first = (x.time < y.time) | ((x.time == y.time) & (x.sequence < y.sequence));
  return first ? a : b;
}

static inline void hft_schedule_set_leaf(const hft_model *model, hft_market *market, uint32_t leaf,
                                         hft_time time) {
  hft_wake *wakes = hft_schedule_wakes(model, market);
  uint16_t *tree = hft_schedule_tree(model, market);
  wakes[leaf] = (hft_wake){time, market->wake_sequence++};
  for (uint32_t node = (model->leaf_count + leaf) / 2; node >= 1; node /= 2) {
    tree[node] = hft_schedule_earlier(wakes, tree[2 * node], tree[2 * node + 1]);
  }
}

// Sets the next wake of a participant in place of the one before.
static inline void hft_schedule_set(const hft_model *model, hft_market *market, hft_owner owner,
                                    hft_time time) {
  hft_schedule_set_leaf(model, market, owner, time);
}

// Sets when the next request of a participant with a mailbox arrives.
static inline void hft_schedule_set_mail(const hft_model *model, hft_market *market,
                                         hft_owner owner, hft_time time) {
  hft_schedule_set_leaf(model, market, (uint32_t)model->participant_count + owner, time);
}

// Sets the next time at which an instrument's phase is looked at.
static inline void hft_schedule_set_call(const hft_model *model, hft_market *market, int instrument,
                                         hft_time time) {
  hft_schedule_set_leaf(model, market, model->call_leaf + (uint32_t)instrument, time);
}

// Which setting of its wake a participant has: another number where it was set since.
static inline uint64_t hft_schedule_setting(const hft_model *model, const hft_market *market,
                                            hft_owner owner) {
  return hft_schedule_wakes(model, market)[owner].sequence;
}

// What comes first. `time` is HFT_TIME_NEVER where nothing does.
typedef struct hft_due {
  hft_time time;
  uint16_t index;  // of a participant, or an instrument
  enum {
    HFT_DUE_WAKE,  // the participant wakes
    HFT_DUE_MAIL,  // a request of the participant arrives
    HFT_DUE_CALL   // the instrument's phase is to be looked at
  } kind;
} hft_due;

static inline hft_due hft_schedule_first(const hft_model *model, const hft_market *market) {
  uint32_t first = hft_schedule_tree(model, market)[1];
  uint32_t count = (uint32_t)model->participant_count;
  hft_time time = hft_schedule_wakes(model, market)[first].time;
  if (first < count) return (hft_due){time, (uint16_t)first, HFT_DUE_WAKE};
  if (first < model->call_leaf) return (hft_due){time, (uint16_t)(first - count), HFT_DUE_MAIL};
  return (hft_due){time, (uint16_t)(first - model->call_leaf), HFT_DUE_CALL};
}

#endif
