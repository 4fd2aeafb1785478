#include "data/facts/facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/facts/facts_estimate.h"
#include "data/facts/facts_notes.h"
#include "sim/base/check.h"

#define CLAIMED true
#define OPEN false
const hft_fact_info hft_fact_table[HFT_FACT_COUNT] = {
#define X(code, name, unit, low, high, absent, least, claim, help, sample, source) \
  {#name, unit, low, high, absent, least, claim, help, sample, source},
    HFT_FACT_MAP(X)
#undef X
};

hft_fact hft_fact_find(const char *name) {
  int i = 0;
  while (i < HFT_FACT_COUNT && strcmp(hft_fact_table[i].name, name) != 0) i++;
  return (hft_fact)i;
}

const char *hft_verdict_name(hft_verdict verdict) {
  switch (verdict) {
    case HFT_VERDICT_PASS:
      return "pass";
    case HFT_VERDICT_FAIL:
      return "fail";
    case HFT_VERDICT_UNDECIDED:
      return "undecided";
  }
  hft_check_failed("a valid verdict", __FILE__, __LINE__);
}

// ---- one function per fact -------------------------------------------------------------------
#define MEASURE(name) \
  static hft_status measure_##name(const hft_notes *n, hft_rng *rng, hft_estimate *out)

MEASURE(return_autocorrelation) {
  return hft_estimate_correlation(n->r, n->r, n->count, 1, 1, rng, out);
}

MEASURE(long_autocorrelation) {
  size_t count = n->count / HFT_LONG;
  double *sum = hft_notes_sums(n, HFT_LONG);
  if (sum == NULL) return HFT_ENOMEM;
  hft_status status = hft_estimate_correlation(sum, sum, count, 1, 1, rng, out);
  free(sum);
  return status;
}

MEASURE(excess_kurtosis) {
  return hft_estimate_kurtosis(n->r, n->count, rng, out);
}

MEASURE(tail_index) {
  return hft_estimate_tail(n->abs_r, n->count, HFT_TAIL_SHARE, rng, out);
}

MEASURE(volatility_clustering) {
  return hft_estimate_correlation(n->abs_r, n->abs_r, n->count, 1, HFT_SHORT_LAGS, rng, out);
}

MEASURE(volatility_decay) {
  return hft_estimate_decay(n->abs_r, n->count, HFT_DECAY_OCTAVES, rng, out);
}

MEASURE(aggregational_gaussianity) {
  return hft_estimate_kurtosis_fall(n->r, n->count, HFT_SUMMED, rng, out);
}

MEASURE(leverage) {
  return hft_estimate_correlation(n->r, n->square_r, n->count, 1, HFT_SHORT_LAGS, rng, out);
}

MEASURE(volume_volatility) {
  return hft_estimate_correlation(n->seen->volume.value, n->abs_r, n->count, 0, 0, rng, out);
}

MEASURE(fano_factor) {
  return hft_estimate_fano(n->seen->arrivals.value, n->count, rng, out);
}

MEASURE(sign_memory) {
  const hft_doubles *sign = &n->seen->sign;
  return hft_estimate_correlation(sign->value, sign->value, sign->count, 1, HFT_SHORT_LAGS, rng,
                                  out);
}

MEASURE(sign_decay) {
  return hft_estimate_decay(n->seen->sign.value, n->seen->sign.count, HFT_DECAY_OCTAVES, rng, out);
}

MEASURE(spread) {
  return hft_estimate_mean(n->seen->spread_bps.value, n->seen->spread_bps.count, rng, out);
}

MEASURE(depth_profile) {
  return hft_estimate_hump(n->seen->depth.value, hft_observed_depths(n->seen), HFT_OBSERVED_LEVELS,
                           rng, out);
}

MEASURE(inter_arrival) {
  return hft_estimate_variation(n->seen->gap_s.value, n->seen->gap_s.count, rng, out);
}

MEASURE(order_size) {
  return hft_estimate_tail(n->seen->size.value, n->seen->size.count, HFT_TAIL_SHARE, rng, out);
}

// The mean of an indicator is a share.
MEASURE(time_to_cancel) {
  const hft_doubles *lifetime = &n->seen->lifetime_s;
  double *fleeting = malloc((lifetime->count + 1) * sizeof *fleeting);
  if (fleeting == NULL) return HFT_ENOMEM;
  for (size_t i = 0; i < lifetime->count; i++) {
    fleeting[i] = lifetime->value[i] < HFT_FLEETING_S ? 1 : 0;
  }
  hft_status status = hft_estimate_mean(fleeting, lifetime->count, rng, out);
  free(fleeting);
  return status;
}

// ---- all facts -------------------------------------------------------------------------------

hft_verdict hft_verdict_of(const hft_estimate *estimate, double low, double high, double absent,
                           size_t count_min) {
  const hft_interval *interval = &estimate->interval;
  double value = estimate->value;
  if (estimate->count < count_min || isnan(low)) return HFT_VERDICT_UNDECIDED;
  if (estimate->existing < 0.1) return HFT_VERDICT_FAIL;
  if (isnan(value) || isnan(interval->low)) return HFT_VERDICT_UNDECIDED;
  if (interval->low > high || interval->high < low) return HFT_VERDICT_FAIL;
  bool expected = value >= low && value <= high;
  bool clear = isnan(absent) || interval->low > absent || interval->high < absent;
  return expected && clear ? HFT_VERDICT_PASS : HFT_VERDICT_UNDECIDED;
}

hft_status hft_facts_measure(const hft_observed *observed, uint64_t seed,
                             hft_fact_result results[HFT_FACT_COUNT]) {
  static hft_status (*const measure[])(const hft_notes *, hft_rng *, hft_estimate *) = {
#define X(code, name, ...) measure_##name,
      HFT_FACT_MAP(X)
#undef X
  };
  hft_notes notes;
  hft_status status = hft_notes_create(observed, &notes);
  for (int i = 0; i < HFT_FACT_COUNT && status == HFT_OK; i++) {
    hft_rng rng = hft_rng_stream(seed, 0, (uint32_t)i);
    status = measure[i](&notes, &rng, &results[i].estimate);
    const hft_fact_info *fact = &hft_fact_table[i];
    results[i].verdict =
        hft_verdict_of(&results[i].estimate, fact->low, fact->high, fact->absent, fact->count_min);
  }
  hft_notes_free(&notes);
  return status;
}
