#include "eval/score.h"

#include "sim/base/check.h"
#include "sim/market/model.h"

void hft_score_compute(hft_record *record, int first, int count, const hft_parent_order *parent,
                       hft_episode_score *score) {
  HFT_CHECK(count >= 1 && count <= HFT_INSTRUMENTS_MAX);
  double *scratch = hft_record_scratch(record);
  hft_trading trading[HFT_INSTRUMENTS_MAX];
  hft_tally sum = {.known = 1};
  for (int i = 0; i < count; i++) {
    trading[i] = hft_record_trading(record, first + i);
    hft_tally_compute(&trading[i], parent, &score[i].tally);
    hft_risk_compute(&trading[i], 1, scratch, &score[i].risk);
    hft_tally_add(&sum, &score[i].tally);
  }
  if (count == 1) return;
  score[count].tally = sum;
  hft_risk_compute(trading, count, scratch, &score[count].risk);
}
