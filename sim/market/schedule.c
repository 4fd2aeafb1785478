#include "sim/market/schedule.h"

static hft_wake *wakes_of(const hft_model *model, const hft_market *market) {
  return (hft_wake *)((uintptr_t)market + model->wake_at);
}

// tree[leaf_count + i] is participant i; each inner node holds the earlier of its two children.
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

void hft_schedule_set(const hft_model *model, hft_market *market, hft_owner owner, hft_time time) {
  hft_wake *wakes = wakes_of(model, market);
  uint16_t *tree = tree_of(model, market);
  wakes[owner] = (hft_wake){time, market->wake_sequence++};
  for (uint32_t node = (model->leaf_count + owner) / 2; node >= 1; node /= 2) {
    tree[node] = earlier(wakes, tree[2 * node], tree[2 * node + 1]);
  }
}

hft_owner hft_schedule_first(const hft_model *model, const hft_market *market, hft_time *time) {
  uint16_t first = tree_of(model, market)[1];
  *time = wakes_of(model, market)[first].time;
  return first;
}
