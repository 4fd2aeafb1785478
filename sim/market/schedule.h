// The schedule: a tournament tree over the wakes of participants, the arrivals of their requests
// and the times of auctions, ordered by time, then by the order of setting.
#ifndef HFTSIM_SIM_MARKET_SCHEDULE_H
#define HFTSIM_SIM_MARKET_SCHEDULE_H

#include <string.h>

#include "sim/market/state.h"

// The tree. Leaf i is the wake of participant i, leaf waker_count + i the next arrival of its
// requests, leaf auction_leaf + i the next time of instrument i's auctions. tree[leaf_count + i] is
// leaf i; each inner node is a copy of the earliest of its four children, tree[4 i] .. tree[4 i +
// 3], which share a cache line; tree[1] is the earliest of all. A tree of four leaves has no inner
// nodes: all four are compared when the earliest is needed.
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

// Empties the schedule and restarts the numbering of settings.
static inline void hft_schedule_clear(const hft_model *model, hft_market *market) {
  hft_wake *tree = hft_schedule_tree(model, market);
  memset(tree, 0, model->leaf_count * sizeof *tree);
  for (uint32_t i = 0; i < model->leaf_count; i++) {
    tree[model->leaf_count + i] = (hft_wake){HFT_TIME_NEVER, i << HFT_WAKE_LEAF_BITS | i};
  }
  // Level by level: the one above `first` nodes has a quarter of them.
  for (uint32_t first = model->leaf_count / 4; first >= 1; first /= 4) {
    for (uint32_t node = first; node < 2 * first; node++) {
      tree[node] = hft_schedule_earliest(&tree[(size_t)4 * node]);
    }
  }
  market->wake_sequence = model->leaf_count;
}

// Sets the time of a leaf under the given setting number.
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

// Sets the time of a leaf under the next setting number.
static inline void hft_schedule_set_leaf(const hft_model *model, hft_market *market, uint32_t leaf,
                                         hft_time time) {
  hft_schedule_put(model, market, leaf, time, market->wake_sequence++);
}

// The earliest of all leaves but this one. It is known before the participant of the leaf has
// acted, so that the next step does not wait for the tree.
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

// Sets the next wake of a participant in place of the one before. Does nothing for a participant
// that never wakes.
static inline void hft_schedule_set(const hft_model *model, hft_market *market, hft_owner owner,
                                    hft_time time) {
  if (owner < model->waker_count) hft_schedule_set_leaf(model, market, owner, time);
}

// Sets the arrival of the next request of a participant with a mailbox, under the setting number
// taken when the request was sent.
static inline void hft_schedule_set_mail(const hft_model *model, hft_market *market,
                                         hft_owner owner, hft_time time, uint64_t setting) {
  hft_schedule_put(model, market, model->waker_count + owner, time, setting);
}

// Sets the next time at which the phase of an instrument is due for a change or an indication.
static inline void hft_schedule_set_auction(const hft_model *model, hft_market *market,
                                            int instrument, hft_time time) {
  hft_schedule_set_leaf(model, market, model->auction_leaf + (uint32_t)instrument, time);
}

// The earliest leaf. Its time is HFT_TIME_NEVER if nothing is set.
static inline hft_wake hft_schedule_first(const hft_model *model, const hft_market *market) {
  const hft_wake *tree = hft_schedule_tree(model, market);
  return model->leaf_count == 4 ? hft_schedule_earliest(&tree[4]) : tree[1];
}

// The leaf of a wake.
static inline uint32_t hft_wake_leaf(hft_wake wake) {
  return (uint32_t)wake.order & (HFT_LEAVES_MAX - 1);
}

#endif
