#include "agents/gae.h"

void hft_gae_estimate(const hft_gae *gae, int from, int to, float *advantage) {
  const float gamma = (float)gae->gamma, decay = (float)(gae->gamma * gae->lambda);
  for (int t = gae->steps - 1; t >= 0; t--) {
    const int64_t row = (int64_t)t * gae->lanes, next = row + gae->lanes;
    for (int i = from; i < to; i++) {
      float after = gae->final_value[row + i], behind = 0;
      if (gae->goes_on[row + i] != 0) {
        after = gae->value[next + i];
        behind = t + 1 < gae->steps ? advantage[next + i] : 0;
      }
      float surprise = gae->reward[row + i] + gamma * after - gae->value[row + i];
      advantage[row + i] = surprise + decay * behind;
    }
  }
}
