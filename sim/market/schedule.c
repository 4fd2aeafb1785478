#include "sim/market/schedule.h"

#include <string.h>

void hft_schedule_clear(const hft_model *model, hft_market *market) {
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
