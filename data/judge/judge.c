#include "data/judge/judge.h"

#include <math.h>
#include <stdlib.h>

#include "stats/distance.h"
#include "stats/stats.h"

const hft_score_info hft_score_table[HFT_SCORE_COUNT] = {
#define X(code, name, weight, discrete, help) {#name, weight, discrete, help},
    HFT_SCORE_MAP(X)
#undef X
};

// A sorted copy, of a large sample of every n-th value. ENOMEM.
static hft_status sorted(const hft_doubles *sample, hft_doubles *out) {
  size_t step = sample->count > HFT_JUDGE_SAMPLE_MAX ? sample->count / HFT_JUDGE_SAMPLE_MAX + 1 : 1;
  *out = (hft_doubles){0};
  if (!hft_doubles_reserve(out, sample->count / step + 1)) return HFT_ENOMEM;
  for (size_t i = 0; i < sample->count; i += step) out->value[out->count++] = sample->value[i];
  hft_sort(out->value, out->count);
  return HFT_OK;
}

static hft_status compare(const hft_doubles *a, const hft_doubles *b, bool discrete,
                          hft_judge_score *out) {
  *out = (hft_judge_score){NAN, NAN};
  if (a->count < HFT_JUDGE_SAMPLE_MIN || b->count < HFT_JUDGE_SAMPLE_MIN) return HFT_OK;
  hft_doubles x, y = {0};
  hft_status status = sorted(a, &x);
  if (status == HFT_OK) status = sorted(b, &y);
  if (status == HFT_OK) {
    double width = discrete ? 0 : hft_bin_width(x.value, x.count, y.value, y.count);
    out->l1 = hft_total_variation(x.value, x.count, y.value, y.count, width);
    out->w1 = hft_wasserstein(x.value, x.count, y.value, y.count) /
              hft_pooled_sd(x.value, x.count, y.value, y.count);
  }
  free(x.value);
  free(y.value);
  return status;
}

hft_status hft_judge_compare(const hft_judge_samples *a, const hft_judge_samples *b,
                             hft_judge_scores *out) {
  *out = (hft_judge_scores){0};
  double weights = 0;
  for (int i = 0; i < HFT_SCORE_COUNT; i++) {
    const hft_score_info *info = &hft_score_table[i];
    hft_judge_score *score = &out->score[i];
    hft_status status = compare(&a->sample[i].values, &b->sample[i].values, info->discrete, score);
    if (status != HFT_OK) return status;
    if (info->weight == 0) continue;
    weights += info->weight;
    out->mean_l1 += info->weight * score->l1;
    out->mean_w1 += info->weight * score->w1;
  }
  out->mean_l1 /= weights;
  out->mean_w1 /= weights;
  return HFT_OK;
}
