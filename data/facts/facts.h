// The stylised facts of financial markets: what they are (data/facts/facts_table.h), their values
// in a market that was watched (data/facts/facts_observe.h), and how far two markets are apart.
#ifndef HFTSIM_DATA_FACTS_FACTS_H
#define HFTSIM_DATA_FACTS_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "data/facts/facts_observe.h"
#include "data/facts/facts_table.h"
#include "stats/distance.h"
#include "stats/stats.h"

typedef enum hft_fact {
#define X(code, ...) HFT_FACT_##code,
  HFT_FACT_MAP(X)
#undef X
      HFT_FACT_COUNT
} hft_fact;

typedef struct hft_fact_info {
  const char *name, *unit;
  double low, high;    // the expected range, inclusive
  double absent;       // the value in a market without the fact; NaN: there is no such value
  size_t count_min;    // observations for an answer
  bool claimed;        // of the default market: it must pass
  const char *help;    // what is measured
  const char *sample;  // the sample whose distribution is compared, with its unit
  const char *source;  // of the range
} hft_fact_info;

extern const hft_fact_info hft_fact_table[HFT_FACT_COUNT];

// The fact of that name, or HFT_FACT_COUNT.
hft_fact hft_fact_find(const char *name);

// A 95% interval that leaves it open is no answer, whatever the value: "undecided".
typedef enum hft_verdict {
  HFT_VERDICT_PASS,      // the value is in the range, and the interval clear of absence
  HFT_VERDICT_FAIL,      // the whole interval is out of the range, or there is no such statistic
  HFT_VERDICT_UNDECIDED  // too few data
} hft_verdict;

// "pass", "fail", "undecided".
const char *hft_verdict_name(hft_verdict verdict);

typedef struct hft_fact_result {
  hft_estimate estimate;
  hft_verdict verdict;
} hft_fact_result;

// Measures all facts. `seed` chooses the resamples of the bootstrap. ENOMEM.
hft_status hft_facts_measure(const hft_observed *observed, uint64_t seed,
                             hft_fact_result results[HFT_FACT_COUNT]);

// The sample behind a fact, ascending, for its distribution: on the heap, the caller's to free;
// count 0 where there is none. ENOMEM.
hft_status hft_fact_sample(const hft_observed *observed, hft_fact fact, hft_doubles *out);

typedef struct hft_fact_distance {
  double wasserstein, l1;  // NaN: one of the samples is empty
} hft_fact_distance;

// How far the samples behind each fact of two markets are apart. ENOMEM.
hft_status hft_facts_compare(const hft_observed *a, const hft_observed *b,
                             hft_fact_distance distances[HFT_FACT_COUNT]);

#endif
