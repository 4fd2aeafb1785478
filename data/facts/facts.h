// The stylised facts of financial markets: their definitions (data/facts/facts_table.h), their
// values for an observed market (data/facts/facts_observe.h), and distances between two markets.
#ifndef HFTSIM_DATA_FACTS_FACTS_H
#define HFTSIM_DATA_FACTS_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "data/facts/facts_observe.h"
#include "data/facts/facts_table.h"
#include "stats/distance.h"
#include "stats/stats.h"

// The facts, in the order of the table.
typedef enum hft_fact {
#define X(code, ...) HFT_FACT_##code,
  HFT_FACT_MAP(X)
#undef X
      HFT_FACT_COUNT
} hft_fact;

// The definition of a fact.
typedef struct hft_fact_info {
  const char *name, *unit;
  double low, high;    // expected range, inclusive
  double absent;       // value in a market without the fact; NaN: none
  size_t count_min;    // observations needed for a verdict
  bool claimed;        // the default market must pass
  const char *help;    // the statistic
  const char *sample;  // sample whose distribution is compared, with its unit
  const char *source;  // of the expected range
} hft_fact_info;

// All facts, indexed by hft_fact.
extern const hft_fact_info hft_fact_table[HFT_FACT_COUNT];

// The fact of this name, or HFT_FACT_COUNT.
hft_fact hft_fact_find(const char *name);

// The result of a test. If the 95% interval allows both outcomes, it is "undecided", whatever the
// value.
typedef enum hft_verdict {
  HFT_VERDICT_PASS,      // the value is in the range, and the interval excludes `absent`
  HFT_VERDICT_FAIL,      // the whole interval is outside the range, or the statistic does not exist
  HFT_VERDICT_UNDECIDED  // too few data
} hft_verdict;

// The verdict on an estimate by an expected range, the value in a market without the fact (NaN:
// none), and the observations that a verdict needs. Undecided if low is NaN: there is no range.
hft_verdict hft_verdict_of(const hft_estimate *estimate, double low, double high, double absent,
                           size_t count_min);
// "pass", "fail" or "undecided".
const char *hft_verdict_name(hft_verdict verdict);

// A measured fact.
typedef struct hft_fact_result {
  hft_estimate estimate;
  hft_verdict verdict;
} hft_fact_result;

// Measures all facts. `seed` selects the bootstrap resamples. ENOMEM.
hft_status hft_facts_measure(const hft_observed *observed, uint64_t seed,
                             hft_fact_result results[HFT_FACT_COUNT]);

// The sample behind a fact, ascending. *out belongs to the caller, who frees out->value; its count
// is 0 if there is no sample. ENOMEM.
hft_status hft_fact_sample(const hft_observed *observed, hft_fact fact, hft_doubles *out);

// Distances between two samples (stats/distance.h).
typedef struct hft_fact_distance {
  double wasserstein, l1;  // NaN if a sample is empty
} hft_fact_distance;

// The distances between the samples behind each fact of two markets. ENOMEM.
hft_status hft_facts_compare(const hft_observed *a, const hft_observed *b,
                             hft_fact_distance distances[HFT_FACT_COUNT]);

#endif
