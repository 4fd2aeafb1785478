#include "eval/aggregates.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"

#define CONFIDENCE 0.95
#define EXISTING 0.9  // of the resamples, for an interval
#define TAIL 0.05

const hft_aggregate_info hft_aggregate_table[HFT_AGGREGATE_COUNT] = {
#define X(code, name, least, direction, unit, help) {#name, unit, help, least, direction},
    HFT_AGGREGATE_MAP(X)
#undef X
};

static double ratio(double part, double whole) {
  return whole > 0 ? part / whole : NAN;
}

// A sample as an ascending array, each value with the number of times that it was drawn.
typedef struct sample {
  const double *sorted;
  const uint32_t *times;
  size_t values, count;  // distinct places, and draws
} sample;

static void tails(const sample *s, double *out) {
  double place = TAIL * (double)(s->count - 1), part = place - floor(place), sum = 0;
  size_t below = (size_t)place, seen = 0;
  double at = NAN, next = NAN;
  for (size_t i = 0; i < s->values && isnan(next); i++) {
    if (s->times[i] == 0) continue;
    size_t before = seen, wanted = below + 1;
    seen += s->times[i];
    size_t used = seen < wanted ? seen : wanted;
    if (used > before) sum += (double)(used - before) * s->sorted[i];
    if (isnan(at) && seen > below) at = s->sorted[i];
    if (seen > below + 1) next = s->sorted[i];
  }
  double step = isnan(next) ? 0 : next - at;
  out[HFT_AGGREGATE_VAR] = -(at + part * step);
  out[HFT_AGGREGATE_CVAR] = -sum / (double)(below + 1);
}

static void compute(const sample *s, double *out) {
  double n = (double)s->count, sum = 0, squares = 0, falls = 0, rise = 0, fall = 0;
  for (size_t i = 0; i < s->values; i++) sum += s->times[i] * s->sorted[i];
  double mean = sum / n;
  for (size_t i = 0; i < s->values; i++) {
    double times = s->times[i], value = s->sorted[i];
    squares += times * (value - mean) * (value - mean);
    if (value < 0) falls += times * value * value;
    rise += value > 0 ? times : 0;
    fall += value < 0 ? times : 0;
  }
  // Equal values have no deviation, whatever rounding leaves of the sum.
  bool equal = s->sorted[0] == s->sorted[s->values - 1];
  out[HFT_AGGREGATE_SHARPE] = equal ? NAN : ratio(mean, sqrt(squares / (n - 1)));
  out[HFT_AGGREGATE_SORTINO] = ratio(mean, sqrt(falls / n));
  out[HFT_AGGREGATE_HIT_RATE] = ratio(rise, rise + fall);
  tails(s, out);
  for (int a = 0; a < HFT_AGGREGATE_COUNT; a++) {
    if (s->count < hft_aggregate_table[a].least) out[a] = NAN;
  }
}

static void draw(hft_rng *rng, uint32_t *times, size_t count) {
  memset(times, 0, count * sizeof *times);
  for (size_t i = 0; i < count; i++) times[hft_bounded(rng, (uint32_t)count)]++;
}

static void set_interval(double *resampled, hft_estimate *out) {
  size_t existing = 0;
  for (int i = 0; i < HFT_BOOTSTRAP_RESAMPLES; i++) {
    if (!isnan(resampled[i])) resampled[existing++] = resampled[i];
  }
  out->existing = (double)existing / HFT_BOOTSTRAP_RESAMPLES;
  out->interval = (hft_interval){NAN, NAN};
  if (out->existing < EXISTING || isnan(out->value)) return;
  hft_sort(resampled, existing);
  out->interval.low = hft_quantile(resampled, existing, (1 - CONFIDENCE) / 2);
  out->interval.high = hft_quantile(resampled, existing, (1 + CONFIDENCE) / 2);
}

// The resamples [aggregate][resample].
static void resample(sample *s, uint32_t *times, hft_rng *rng, double *resampled) {
  for (int i = 0; i < HFT_BOOTSTRAP_RESAMPLES; i++) {
    double value[HFT_AGGREGATE_COUNT];
    draw(rng, times, s->values);
    compute(s, value);
    for (int a = 0; a < HFT_AGGREGATE_COUNT; a++) {
      resampled[(size_t)a * HFT_BOOTSTRAP_RESAMPLES + (size_t)i] = value[a];
    }
  }
}

hft_status hft_aggregate_values(const double *values, size_t count, hft_rng *rng,
                                hft_estimate out[HFT_AGGREGATE_COUNT]) {
  for (int a = 0; a < HFT_AGGREGATE_COUNT; a++) {
    out[a] = (hft_estimate){.value = NAN, .interval = {NAN, NAN}};
  }
  double *sorted = malloc((count > 0 ? count : 1) * sizeof *sorted);
  uint32_t *times = malloc((count > 0 ? count : 1) * sizeof *times);
  size_t resampled_count = (size_t)HFT_AGGREGATE_COUNT * HFT_BOOTSTRAP_RESAMPLES;
  double *resampled = malloc(resampled_count * sizeof *resampled);
  bool complete = sorted != NULL && times != NULL && resampled != NULL;
  size_t existing = 0;
  for (size_t i = 0; complete && i < count; i++) {
    if (!isnan(values[i])) sorted[existing++] = values[i];
  }
  if (complete && existing > 0) {
    hft_sort(sorted, existing);
    for (size_t i = 0; i < existing; i++) times[i] = 1;
    sample s = {sorted, times, existing, existing};
    double value[HFT_AGGREGATE_COUNT];
    compute(&s, value);
    if (existing > 1) resample(&s, times, rng, resampled);
    for (int a = 0; a < HFT_AGGREGATE_COUNT; a++) {
      out[a].value = value[a];
      out[a].count = existing;
      if (existing > 1) set_interval(resampled + (size_t)a * HFT_BOOTSTRAP_RESAMPLES, &out[a]);
    }
  }
  free(sorted);
  free(times);
  free(resampled);
  return complete ? HFT_OK : HFT_ENOMEM;
}
