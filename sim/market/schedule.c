#include "sim/market/schedule.h"

static hft_wake *wakes_of(const hft_model *model, const hft_market *market) {
  return (hft_wake *)((uintptr_t)market + model->wake_at);
}

// Leaf i is participant i's wake, leaf participant_count + i its mail. tree[leaf_count + i] is leaf
// i; each inner node holds the earlier of its two children.
static uint16_t *tree_of(const hft_model *model, const hft_market *market) {
  return (uint16_t *)((uintptr_t)market + model->tree_at);
}

static uint16_t earlier(const hft_wake *wakes, uint16_t a, uint16_t b) {
  if (wakes[a].time != wakes[b].time) return wakes[a].time < wakes[b].time ? a : b;
  return wakes[a].sequence <= wakes[b].sequence ? a : b;
}

void hft_schedule_clear(const hft_model *model, hft_market *market) {
  hft_wake *wakes = wakes_of(model, market);
  uint16_t *tree = tree_of(model, market);
  for (uint32_t i = 0; i < model->leaf_count; i++) {
    wakes[i] = (hft_wake){HFT_TIME_NEVER, i};
    tree[model->leaf_count + i] = (uint16_t)i;
  }
  for (uint32_t node = model->leaf_count - 1; node >= 1; node--) {
    tree[node] = earlier(wakes, tree[2 * node], tree[2 * node + 1]);
  }
  market->wake_sequence = model->leaf_count;
}

static void set(const hft_model *model, hft_market *market, uint32_t leaf, hft_time time) {
  hft_wake *wakes = wakes_of(model, market);
  uint16_t *tree = tree_of(model, market);
  wakes[leaf] = (hft_wake){time, market->wake_sequence++};
  for (uint32_t node = (model->leaf_count + leaf) / 2; node >= 1; node /= 2) {
    tree[node] = earlier(wakes, tree[2 * node], tree[2 * node + 1]);
  }
}

void hft_schedule_set(const hft_model *model, hft_market *market, hft_owner owner, hft_time time) {
  set(model, market, owner, time);
}

void hft_schedule_set_mail(const hft_model *model, hft_market *market, hft_owner owner,
                           hft_time time) {
  set(model, market, (uint32_t)model->participant_count + owner, time);
}

hft_due hft_schedule_first(const hft_model *model, const hft_market *market) {
  uint32_t first = tree_of(model, market)[1];
  uint32_t count = (uint32_t)model->participant_count;
  hft_time time = wakes_of(model, market)[first].time;
  return first < count ? (hft_due){time, (hft_owner)first, false}
                       : (hft_due){time, (hft_owner)(first - count), true};
}
