// What happens next: a tournament tree over the participants' wakes, the arrivals of their requests
// and the times of calls, ordered by time, then by who was set first.
#ifndef HFTSIM_SIM_MARKET_SCHEDULE_H
#define HFTSIM_SIM_MARKET_SCHEDULE_H

#include "sim/market/state.h"

// Nobody wakes.
void hft_schedule_clear(const hft_model *model, hft_market *market);

// Leaf i is participant i's wake, leaf waker_count + i its mail, leaf auction_leaf + i instrument
// i's next time of a call. tree[leaf_count + i] is leaf i; each inner node is a copy of the
// earliest of its four children, tree[4 i] .. tree[4 i + 3], which share a cache line; tree[1]
// comes first. Of four leaves there are no inner nodes to be kept: whoever asks looks at all four.
static inline hft_wake *hft_schedule_tree(const hft_model *model, const hft_market *market) {
  return (hft_wake *)((uintptr_t)market + model->tree_at);
}

// Which one is earlier is as good as random, so a branch on it would be mispredicted. The time (it
// is never negative) above the order makes one number, whose comparison is an index here.
HFT_INLINE size_t hft_schedule_before(const hft_wake *x, const hft_wake *y) {
  __extension__ typedef unsigned __int128 number;
  return ((number)x->time << 64 | x->order) < ((number)y->time << 64 | y->order);
}

// The earliest of four wakes.
HFT_INLINE hft_wake hft_schedule_earliest(const hft_wake *four) {
  size_t i = hft_schedule_before(&four[1], &four[0]);
  size_t j = 2 + hft_schedule_before(&four[3], &four[2]);
  return four[i ^ ((i ^ j) & -hft_schedule_before(&four[j], &four[i]))];
}

// Sets a leaf as the setting of that number.
static inline void hft_schedule_put(const hft_model *model, hft_market *market, uint32_t leaf,
                                    hft_time time, uint64_t setting) {
  hft_wake *tree = hft_schedule_tree(model, market);
  size_t node = model->leaf_count + leaf;
  tree[node] = (hft_wake){time, setting << HFT_WAKE_LEAF_BITS | leaf};
  if (model->leaf_count == 4) return;
  do {
    node /= 4;
    tree[node] = hft_schedule_earliest(&tree[4 * node]);
  } while (node > 1);
}

static inline void hft_schedule_set_leaf(const hft_model *model, hft_market *market, uint32_t leaf,
                                         hft_time time) {
  hft_schedule_put(model, market, leaf, time, market->wake_sequence++);
}

// The earliest of all leaves but this one: known while its participant is awake, so that nothing
// has to wait for the tree.
static inline hft_wake hft_schedule_rival(const hft_model *model, const hft_market *market,
                                          uint32_t leaf) {
  const hft_wake *tree = hft_schedule_tree(model, market);
  hft_wake earliest = {HFT_TIME_NEVER, UINT64_MAX};
  for (size_t node = model->leaf_count + leaf; node > 1; node /= 4) {
    size_t i = node ^ 1, j = node ^ 2;
    j ^= hft_schedule_before(&tree[j ^ 1], &tree[j]);
    i ^= (i ^ j) & -hft_schedule_before(&tree[j], &tree[i]);
    if (hft_schedule_before(&tree[i], &earliest)) earliest = tree[i];
  }
  return earliest;
}

// Sets the next wake of a participant in place of the one before; of one that does not wake it does
// nothing.
static inline void hft_schedule_set(const hft_model *model, hft_market *market, hft_owner owner,
                                    hft_time time) {
  if (owner < model->waker_count) hft_schedule_set_leaf(model, market, owner, time);
}

// Sets when the next request of a participant with a mailbox arrives, as the setting of that
// number: the one that was taken when the request was sent.
static inline void hft_schedule_set_mail(const hft_model *model, hft_market *market,
                                         hft_owner owner, hft_time time, uint64_t setting) {
  hft_schedule_put(model, market, model->waker_count + owner, time, setting);
}

// Sets the next time at which an instrument's phase is looked at.
static inline void hft_schedule_set_auction(const hft_model *model, hft_market *market,
                                            int instrument, hft_time time) {
  hft_schedule_set_leaf(model, market, model->auction_leaf + (uint32_t)instrument, time);
}

// What comes first. Its time is HFT_TIME_NEVER where nothing does.
static inline hft_wake hft_schedule_first(const hft_model *model, const hft_market *market) {
  const hft_wake *tree = hft_schedule_tree(model, market);
  return model->leaf_count == 4 ? hft_schedule_earliest(&tree[4]) : tree[1];
}

static inline uint32_t hft_wake_leaf(hft_wake wake) {
  return (uint32_t)wake.order & (HFT_LEAVES_MAX - 1);
}

#endif
