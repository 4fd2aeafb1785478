#include "sim/market/schedule.h"

void hft_schedule_clear(const hft_model *model, hft_market *market) {
  hft_wake *wakes = hft_schedule_wakes(model, market);
  uint16_t *tree = hft_schedule_tree(model, market);
  for (uint32_t i = 0; i < model->leaf_count; i++) {
    wakes[i] = (hft_wake){HFT_TIME_NEVER, i};
    tree[model->leaf_count + i] = (uint16_t)i;
  }
  for (uint32_t node = model->leaf_count - 1; node >= 1; node--) {
    tree[node] = hft_schedule_earlier(wakes, tree[2 * node], tree[2 * node + 1]);
  }
  market->wake_sequence = model->leaf_count;
}
