// Intervals of the scores.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/judge/judge.h"
#include "sim/base/dist.h"
#include "stats/distance.h"

#define GRID_MAX 1024  // values between which the resampled Wasserstein distance is computed
#define CONFIDENCE 0.95

// A sample as cells of two divisions of the line: bins for L1, and a grid for W1.
typedef struct cells {
  size_t count;
  uint32_t *bin, *place;
  uint16_t *chunk;
} cells;

// A score under work: both markets, and the divisions.
typedef struct contest {
  cells side[2];
  double *edge;  // ascending; the bins' first values, then the grid
  size_t bins, places;
  double unit;       // of W1
  double *share[2];  // [bins or places] of the resample
} contest;

// The resampled distances of a score, or of the mean.
typedef struct draws {
  double l1[HFT_JUDGE_RESAMPLES], w1[HFT_JUDGE_RESAMPLES];
} draws;

// ---- divisions -------------------------------------------------------------------------------

// The last of the ascending edges that is not above x.
static uint32_t cell_of(const double *edge, size_t count, double x) {
  size_t low = 0, high = count;
  while (low + 1 < high) {
    size_t i = low + (high - low) / 2;
    if (edge[i] <= x) {
      low = i;
    } else {
      high = i;
    }
  }
  return (uint32_t)low;
}

// Every n-th value of a large sample, as hft_judge_compare takes them.
static size_t step_of(const hft_judge_sample *sample) {
  size_t count = sample->values.count;
  return count > HFT_JUDGE_SAMPLE_MAX ? count / HFT_JUDGE_SAMPLE_MAX + 1 : 1;
}

static size_t taken(const hft_judge_sample *sample) {
  size_t step = step_of(sample);
  return (sample->values.count + step - 1) / step;
}

// Divides the line by both samples' values, which are ascending in `all`.
static void divide(contest *c, const double *all, size_t count, double width) {
  double *edge = c->edge;
  for (size_t i = 0; i < count; i++) {
    bool same = c->bins > 0 && (width > 0 ? floor((all[i] - all[0]) / width) ==
                                                floor((edge[c->bins - 1] - all[0]) / width)
                                          : all[i] == edge[c->bins - 1]);
    if (!same) edge[c->bins++] = all[i];
  }
  double *grid = edge + c->bins;
  size_t step = count / GRID_MAX + 1;
  for (size_t i = 0; i < count; i += step) {
    if (c->places == 0 || all[i] > grid[c->places - 1]) grid[c->places++] = all[i];
  }
}

static hft_status fill_cells(const contest *c, const hft_judge_sample *sample, cells *out) {
  size_t count = taken(sample), step = step_of(sample);
  *out = (cells){count, malloc(count * sizeof *out->bin), malloc(count * sizeof *out->place),
                 malloc(count * sizeof *out->chunk)};
  if (out->bin == NULL || out->place == NULL || out->chunk == NULL) return HFT_ENOMEM;
  for (size_t i = 0; i < count; i++) {
    double x = sample->values.value[i * step];
    out->bin[i] = cell_of(c->edge, c->bins, x);
    out->place[i] = cell_of(c->edge + c->bins, c->places, x);
    out->chunk[i] = sample->chunk[i * step];
  }
  return HFT_OK;
}

// All values of both samples, ascending. Null if out of memory.
static double *pooled(const hft_judge_sample *const pair[2], size_t *count) {
  double *all = malloc((taken(pair[0]) + taken(pair[1])) * sizeof *all);
  *count = 0;
  for (int k = 0; k < 2 && all != NULL; k++) {
    size_t step = step_of(pair[k]);
    for (size_t i = 0; i < pair[k]->values.count; i += step) {
      all[(*count)++] = pair[k]->values.value[i];
    }
  }
  if (all != NULL) hft_sort(all, *count);
  return all;
}

static void contest_free(contest *c) {
  for (int k = 0; k < 2; k++) {
    free(c->side[k].bin);
    free(c->side[k].place);
    free(c->side[k].chunk);
    free(c->share[k]);
  }
  free(c->edge);
}

static hft_status contest_make(const hft_judge_sample *const pair[2], bool discrete, contest *c) {
  size_t count;
  double *all = pooled(pair, &count);
  c->edge = malloc((count + GRID_MAX + 1) * sizeof *c->edge);
  if (all == NULL || c->edge == NULL) {
    free(all);
    return HFT_ENOMEM;
  }
  divide(c, all, count, discrete ? 0 : hft_bin_width(all, count - 1, all + count - 1, 1));
  c->unit = hft_pooled_sd(all, count, all, 0);
  free(all);
  hft_status status = HFT_OK;
  size_t most = (c->bins > c->places ? c->bins : c->places) + 1;
  for (int k = 0; k < 2 && status == HFT_OK; k++) {
    c->share[k] = malloc(most * sizeof *c->share[k]);
    status = c->share[k] != NULL ? fill_cells(c, pair[k], &c->side[k]) : HFT_ENOMEM;
  }
  return status;
}

// ---- resamples -------------------------------------------------------------------------------

// The shares of the cells where each value counts as often as its chunk was drawn. False if no
// value was drawn.
static bool weigh(const cells *side, const uint32_t *cell, const uint32_t *times, double *share,
                  size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) share[i] = 0;
  for (size_t i = 0; i < side->count; i++) share[cell[i]] += times[side->chunk[i]];
  for (size_t i = 0; i < count; i++) sum += share[i];
  for (size_t i = 0; i < count && sum > 0; i++) share[i] /= sum;
  return sum > 0;
}

// The distances of one resample; NaN if a side has no value in it.
static hft_judge_score distances(const contest *c, uint32_t *const times[2]) {
  hft_judge_score d = {0, 0};
  bool drawn = true;
  for (int k = 0; k < 2; k++) {
    drawn &= weigh(&c->side[k], c->side[k].bin, times[k], c->share[k], c->bins);
  }
  for (size_t i = 0; i < c->bins; i++) d.l1 += fabs(c->share[0][i] - c->share[1][i]) / 2;
  for (int k = 0; k < 2; k++) {
    drawn &= weigh(&c->side[k], c->side[k].place, times[k], c->share[k], c->places);
  }
  const double *grid = c->edge + c->bins;
  double apart = 0;
  for (size_t i = 0; i + 1 < c->places; i++) {
    apart += c->share[0][i] - c->share[1][i];
    d.w1 += fabs(apart) * (grid[i + 1] - grid[i]) / c->unit;
  }
  return drawn ? d : (hft_judge_score){NAN, NAN};
}

// Draws the chunks of a market with replacement: how often each was drawn.
static void draw(hft_rng *rng, size_t chunks, uint32_t *times) {
  memset(times, 0, chunks * sizeof *times);
  for (size_t i = 0; i < chunks; i++) times[hft_bounded(rng, (uint32_t)chunks)]++;
}

// The interval of the draws around a value; the draws are sorted.
static hft_interval around(double value, double *x) {
  double mean = 0;
  for (int i = 0; i < HFT_JUDGE_RESAMPLES; i++) mean += x[i] / HFT_JUDGE_RESAMPLES;
  if (isnan(mean) || isnan(value)) return (hft_interval){NAN, NAN};
  hft_sort(x, HFT_JUDGE_RESAMPLES);
  double low = hft_quantile(x, HFT_JUDGE_RESAMPLES, (1 - CONFIDENCE) / 2);
  double high = hft_quantile(x, HFT_JUDGE_RESAMPLES, (1 + CONFIDENCE) / 2);
  return (hft_interval){fmax(0, value + low - mean), value + high - mean};
}

static hft_status resample(const hft_judge_samples *a, const hft_judge_samples *b, int index,
                           uint64_t seed, uint32_t *const times[2], draws *out) {
  const hft_judge_sample *const pair[2] = {&a->sample[index], &b->sample[index]};
  contest c = {0};
  hft_status status = contest_make(pair, hft_score_table[index].discrete, &c);
  hft_rng rng = hft_rng_stream(seed, 2, 0);  // the same for all scores
  for (int i = 0; i < HFT_JUDGE_RESAMPLES && status == HFT_OK; i++) {
    draw(&rng, a->chunks, times[0]);
    draw(&rng, b->chunks, times[1]);
    hft_judge_score d = distances(&c, times);
    out->l1[i] = d.l1;
    out->w1[i] = d.w1;
  }
  contest_free(&c);
  return status;
}

static hft_status bootstrap(const hft_judge_samples *a, const hft_judge_samples *b,
                            const hft_judge_scores *scores, uint64_t seed, uint32_t *const times[2],
                            draws *mean, hft_judge_intervals *out) {
  double weights = 0;
  for (int k = 0; k < HFT_SCORE_COUNT; k++) weights += hft_score_table[k].weight;
  for (int k = 0; k < HFT_SCORE_COUNT; k++) {
    const hft_judge_score *score = &scores->score[k];
    if (isnan(score->l1)) continue;
    draws d;
    hft_status status = resample(a, b, k, seed, times, &d);
    if (status != HFT_OK) return status;
    for (int i = 0; i < HFT_JUDGE_RESAMPLES; i++) {
      mean->l1[i] += hft_score_table[k].weight * d.l1[i] / weights;
      mean->w1[i] += hft_score_table[k].weight * d.w1[i] / weights;
    }
    out->score[k] = (hft_judge_interval){around(score->l1, d.l1), around(score->w1, d.w1)};
  }
  out->mean =
      (hft_judge_interval){around(scores->mean_l1, mean->l1), around(scores->mean_w1, mean->w1)};
  return HFT_OK;
}

hft_status hft_judge_bootstrap(const hft_judge_samples *a, const hft_judge_samples *b,
                               const hft_judge_scores *scores, uint64_t seed,
                               hft_judge_intervals *out) {
  const hft_judge_interval none = {{NAN, NAN}, {NAN, NAN}};
  for (int k = 0; k < HFT_SCORE_COUNT; k++) out->score[k] = none;
  out->mean = none;
  if (a->chunks < HFT_JUDGE_CHUNKS_MIN || b->chunks < HFT_JUDGE_CHUNKS_MIN) return HFT_OK;
  uint32_t *const times[2] = {malloc(a->chunks * sizeof(uint32_t)),
                              malloc(b->chunks * sizeof(uint32_t))};
  draws *mean = calloc(1, sizeof *mean);
  hft_status status = HFT_ENOMEM;
  if (times[0] != NULL && times[1] != NULL && mean != NULL) {
    status = bootstrap(a, b, scores, seed, times, mean, out);
  }
  free(times[0]);
  free(times[1]);
  free(mean);
  return status;
}
