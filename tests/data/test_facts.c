// The table of stylised facts, verdicts on markets built to have them or not, and distances.
#include "data/facts/facts.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"
#include "tests/support/check.h"

static void put(hft_doubles *array, double value) {
  if (array->count == array->capacity) {
    array->capacity = array->capacity == 0 ? 1024 : 2 * array->capacity;
    array->value = realloc(array->value, array->capacity * sizeof(double));
    assert_non_null(array->value);
  }
  array->value[array->count++] = value;
}

// ---- two markets -----------------------------------------------------------------------------

enum { INTERVALS = 40000, SCALES = 12 };

// Both are made so that what is claimed of them is far from what would be refused, in deviations of
// the estimates: returns have all moments, and volatility is bounded.

// A market without memory: even returns, whose kurtosis is below the normal's, Poisson orders of
// exponential sizes and random sides, a book that is deepest at its best price, orders that rest an
// hour.
static hft_observed plain_market(uint32_t index, size_t intervals) {
  hft_rng rng = hft_rng_stream(38, 0, index);
  hft_observed seen = {.interval = HFT_SECOND, .end = (hft_time)intervals * HFT_SECOND};
  double log_mid = log(10000);
  for (size_t i = 0; i <= intervals; i++) {
    put(&seen.mid, exp(log_mid));
    put(&seen.spread_bps, 40 + hft_uniform(&rng));
    for (int k = 0; k < HFT_OBSERVED_LEVELS; k++) put(&seen.depth, 20 - k + hft_uniform(&rng));
    put(&seen.lifetime_s, 3000 + hft_exponential(&rng));
    log_mid += 1e-4 * (2 * hft_uniform(&rng) - 1);
    if (i == intervals) break;
    double volume = 0, arrivals = 0;
    for (double t = hft_exponential(&rng); t < 3; t += hft_exponential(&rng)) {
      double size = hft_exponential(&rng);
      put(&seen.sign, hft_bounded(&rng, 2) == 0 ? 1 : -1);
      put(&seen.size, size);
      put(&seen.gap_s, hft_exponential(&rng) / 3);
      arrivals++;
      volume += size;
    }
    put(&seen.volume, volume);
    put(&seen.arrivals, arrivals);
  }
  return seen;
}

// Sums of autoregressions on scales from 1 to 2^11 steps, whose variances are such that their
// autocorrelation falls about as lag^-beta: long memory for any use.
typedef struct long_memory {
  double state[SCALES];
} long_memory;

static double remember(long_memory *m, hft_rng *rng, double beta) {
  double sum = 0, total = 0;
  for (int k = 0; k < SCALES; k++) {
    double scale = (double)(1 << k), phi = exp(-1 / scale), variance = pow(scale, -beta);
    m->state[k] = phi * m->state[k] + sqrt(variance * (1 - phi * phi)) * hft_normal(rng);
    sum += m->state[k];
    total += variance;
  }
  return sum / sqrt(total);
}

// A market with every fact: activity with a long memory drives volatility, volume and the arrival
// of orders; signs remember; falls make volatility rise; sizes are Pareto.
static hft_observed lively_market(uint32_t index, size_t intervals) {
  hft_rng rng = hft_rng_stream(32, 0, index);
  hft_observed seen = {.interval = HFT_SECOND, .end = (hft_time)intervals * HFT_SECOND};
  long_memory activity = {0}, side = {0};
  double log_mid = log(10000), fear = 0;
  for (size_t i = 0; i <= intervals; i++) {
    put(&seen.mid, exp(log_mid));
    put(&seen.spread_bps, 2 + hft_uniform(&rng));
    for (int k = 0; k < HFT_OBSERVED_LEVELS; k++) put(&seen.depth, 10 + 2 * k);
    put(&seen.lifetime_s, 0.5 * exp(2 * hft_normal(&rng)));
    double level = exp(0.8 * remember(&activity, &rng, 0.2));
    double volatility = (1 + 0.95 * (level - 1) / (level + 1)) * exp(fear);
    double large = hft_bounded(&rng, 20) == 0 ? 3 : 1;
    double shock = volatility * large * hft_normal(&rng);
    fear = 0.8 * fear - 0.07 * fmin(fmax(shock, -3), 3);
    log_mid += 1e-4 * shock;
    if (i == intervals) break;
    double volume = 0, arrivals = 0;
    for (double t = hft_exponential(&rng); t < 3 * level; t += hft_exponential(&rng)) {
      double size = pow(1 - hft_uniform(&rng), -1 / 1.8);
      put(&seen.sign, remember(&side, &rng, 0.5) > 0 ? 1 : -1);
      put(&seen.size, size);
      put(&seen.gap_s, hft_exponential(&rng) / (3 * level));
      arrivals++;
      volume += 1;
    }
    put(&seen.volume, volume);
    put(&seen.arrivals, arrivals);
  }
  return seen;
}

static void check_verdict(const hft_fact_result *results, hft_fact fact, hft_verdict expected) {
  const hft_fact_result *r = &results[fact];
  if (r->verdict == expected) return;
  fail_msg("%s: %s, not %s: %g in %g .. %g, %zu", hft_fact_table[fact].name,
           hft_verdict_name(r->verdict), hft_verdict_name(expected), r->estimate.value,
           r->estimate.interval.low, r->estimate.interval.high, r->estimate.count);
}

static void a_market_with_every_fact_passes(void **unused) {
  (void)unused;
  hft_observed seen = lively_market(0, INTERVALS);
  hft_fact_result results[HFT_FACT_COUNT];
  assert_int_equal(hft_facts_measure(&seen, 1, results), HFT_OK);
  for (int i = 0; i < HFT_FACT_COUNT; i++) check_verdict(results, (hft_fact)i, HFT_VERDICT_PASS);
  hft_observed_free(&seen);
}

static void a_market_without_memory_fails(void **unused) {
  (void)unused;
  hft_observed seen = plain_market(0, INTERVALS);
  hft_fact_result results[HFT_FACT_COUNT];
  assert_int_equal(hft_facts_measure(&seen, 1, results), HFT_OK);
  for (int i = 0; i < HFT_FACT_COUNT; i++) {
    // The absence of autocorrelation is what it does have. Of a memory that is not there, noise
    // decides whether it seems to decay: there may be no answer, but not that it is there.
    bool has = i == HFT_FACT_RETURN_AUTOCORRELATION || i == HFT_FACT_LONG_AUTOCORRELATION;
    bool decays = i == HFT_FACT_VOLATILITY_DECAY || i == HFT_FACT_SIGN_DECAY;
    if (decays) {
      assert_int_not_equal(results[i].verdict, HFT_VERDICT_PASS);
    } else {
      check_verdict(results, (hft_fact)i, has ? HFT_VERDICT_PASS : HFT_VERDICT_FAIL);
    }
  }
  assert_near(results[HFT_FACT_FANO_FACTOR].estimate.value, 1, 0.05);
  assert_near(results[HFT_FACT_INTER_ARRIVAL].estimate.value, 1, 0.05);
  assert_near(results[HFT_FACT_SPREAD].estimate.value, 40.5, 0.05);
  hft_observed_free(&seen);
}

static void too_few_data_give_no_answer(void **unused) {
  (void)unused;
  hft_observed none = {.interval = HFT_SECOND};
  hft_observed few = lively_market(0, 60);
  hft_fact_result results[HFT_FACT_COUNT];
  assert_int_equal(hft_facts_measure(&none, 1, results), HFT_OK);
  for (int i = 0; i < HFT_FACT_COUNT; i++) {
    check_verdict(results, (hft_fact)i, HFT_VERDICT_UNDECIDED);
  }
  assert_int_equal(hft_facts_measure(&few, 1, results), HFT_OK);
  for (int i = 0; i < HFT_FACT_COUNT; i++) {
    if (results[i].estimate.count < hft_fact_table[i].count_min) {
      check_verdict(results, (hft_fact)i, HFT_VERDICT_UNDECIDED);
    }
  }
  assert_true(results[HFT_FACT_EXCESS_KURTOSIS].estimate.count == 60);
  hft_observed_free(&few);
}

// Enough values, and still nothing to say: an interval that holds the value of absence, or an end
// of the range.
static void an_open_interval_gives_no_answer(void **unused) {
  (void)unused;
  int undecided = 0;
  for (uint32_t seed = 0; seed < 20; seed++) {
    hft_observed seen = lively_market(seed, 600);
    hft_rng rng = hft_rng_stream(33, 0, seed);
    // Volume that hardly follows volatility: a true correlation near 0.1 in 600 intervals.
    for (size_t i = 0; i < seen.volume.count; i++) {
      double r = 1e4 * fabs(log(seen.mid.value[i + 1] / seen.mid.value[i]));
      seen.volume.value[i] = 0.06 * r + hft_normal(&rng);
    }
    hft_fact_result results[HFT_FACT_COUNT];
    assert_int_equal(hft_facts_measure(&seen, 1, results), HFT_OK);
    const hft_fact_result *r = &results[HFT_FACT_VOLUME_VOLATILITY];
    double low = r->estimate.interval.low, high = r->estimate.interval.high;
    bool fails = high < 0.1, passes = r->estimate.value >= 0.1 && low > 0;
    assert_true(r->estimate.value < 0.9);
    bool open = !fails && !passes;
    assert_int_equal(r->verdict == HFT_VERDICT_UNDECIDED, open);
    undecided += open;
    hft_observed_free(&seen);
  }
  assert_true(undecided > 0);
}

static void the_seed_chooses_the_resamples(void **unused) {
  (void)unused;
  hft_observed seen = plain_market(0, 1000);
  hft_fact_result a[HFT_FACT_COUNT], b[HFT_FACT_COUNT], other[HFT_FACT_COUNT];
  assert_int_equal(hft_facts_measure(&seen, 1, a), HFT_OK);
  assert_int_equal(hft_facts_measure(&seen, 1, b), HFT_OK);
  assert_int_equal(hft_facts_measure(&seen, 2, other), HFT_OK);
  for (int i = 0; i < HFT_FACT_COUNT; i++) {
    assert_memory_equal(&a[i].estimate, &b[i].estimate, sizeof a[i].estimate);
  }
  const hft_fact fact = HFT_FACT_EXCESS_KURTOSIS;
  assert_true(a[fact].estimate.value == other[fact].estimate.value);
  assert_true(a[fact].estimate.interval.low != other[fact].estimate.interval.low);
  hft_observed_free(&seen);
}

// ---- the table -------------------------------------------------------------------------------

static void the_table_is_whole(void **unused) {
  (void)unused;
  int claimed = 0;
  for (int i = 0; i < HFT_FACT_COUNT; i++) {
    const hft_fact_info *fact = &hft_fact_table[i];
    assert_int_equal(hft_fact_find(fact->name), i);
    assert_true(fact->low < fact->high);
    // Absence is out of the range: else it could not be told from presence.
    if (!isnan(fact->absent)) assert_true(fact->absent < fact->low || fact->absent > fact->high);
    assert_true(fact->count_min >= 25);
    assert_true(strlen(fact->unit) > 0 && strlen(fact->help) > 10 && strlen(fact->sample) > 5 &&
                strlen(fact->source) > 5);
    claimed += fact->claimed;
  }
  assert_true(claimed > 0);
  assert_int_equal(hft_fact_find("kurtosis"), HFT_FACT_COUNT);
}

// ---- distances -------------------------------------------------------------------------------

static void samples_are_ascending(void **unused) {
  (void)unused;
  hft_observed seen = lively_market(0, 2000);
  for (int i = 0; i < HFT_FACT_COUNT; i++) {
    hft_doubles sample;
    assert_int_equal(hft_fact_sample(&seen, (hft_fact)i, &sample), HFT_OK);
    assert_true(sample.count > 50);
    for (size_t k = 1; k < sample.count; k++) {
      assert_true(sample.value[k - 1] <= sample.value[k]);
    }
    free(sample.value);
  }
  hft_observed_free(&seen);
}

// The mean of the sample of products is the correlation itself; runs of signs fill the tape.
static void samples_are_what_they_say(void **unused) {
  (void)unused;
  hft_observed seen = lively_market(0, 5000);
  hft_fact_result results[HFT_FACT_COUNT];
  assert_int_equal(hft_facts_measure(&seen, 1, results), HFT_OK);
  const hft_fact products[] = {HFT_FACT_RETURN_AUTOCORRELATION, HFT_FACT_VOLATILITY_CLUSTERING,
                               HFT_FACT_LEVERAGE, HFT_FACT_VOLUME_VOLATILITY};
  for (int i = 0; i < 4; i++) {
    hft_doubles found;
    assert_int_equal(hft_fact_sample(&seen, products[i], &found), HFT_OK);
    double sum = 0;
    for (size_t k = 0; k < found.count; k++) sum += found.value[k];
    assert_near(sum / (double)found.count, results[products[i]].estimate.value, 0.01);
    free(found.value);
  }
  hft_doubles sample;
  hft_moments volume = {0}, size = {0};
  double *expected = malloc(seen.volume.count * sizeof *expected);
  for (size_t k = 0; k < seen.volume.count; k++) {
    expected[k] = fabs(log(seen.mid.value[k + 1] / seen.mid.value[k]));
    hft_moments_add(&volume, seen.volume.value[k]);
    hft_moments_add(&size, expected[k]);
  }
  for (size_t k = 0; k < seen.volume.count; k++) {
    expected[k] = (seen.volume.value[k] - volume.mean) * (expected[k] - size.mean) /
                  (hft_moments_sd(&volume) * hft_moments_sd(&size));
  }
  hft_sort(expected, seen.volume.count);
  assert_int_equal(hft_fact_sample(&seen, HFT_FACT_VOLUME_VOLATILITY, &sample), HFT_OK);
  assert_int_equal(sample.count, seen.volume.count);
  for (size_t k = 0; k < sample.count; k++) assert_near(sample.value[k], expected[k], 1e-9);
  free(sample.value);
  free(expected);
  hft_doubles runs;
  assert_int_equal(hft_fact_sample(&seen, HFT_FACT_SIGN_MEMORY, &runs), HFT_OK);
  double orders = 0;
  for (size_t k = 0; k < runs.count; k++) orders += runs.value[k];
  assert_near(orders, (double)seen.sign.count, 1e-9);
  free(runs.value);
  hft_observed_free(&seen);
}

static void distances_tell_markets_apart(void **unused) {
  (void)unused;
  hft_observed plain = plain_market(0, 5000), again = plain_market(1, 5000);
  hft_observed lively = lively_market(0, 5000), none = {.interval = HFT_SECOND};
  hft_fact_distance itself[HFT_FACT_COUNT], alike[HFT_FACT_COUNT], apart[HFT_FACT_COUNT];
  assert_int_equal(hft_facts_compare(&plain, &plain, itself), HFT_OK);
  assert_int_equal(hft_facts_compare(&plain, &again, alike), HFT_OK);
  assert_int_equal(hft_facts_compare(&plain, &lively, apart), HFT_OK);
  for (int i = 0; i < HFT_FACT_COUNT; i++) {
    assert_true(itself[i].wasserstein == 0 && itself[i].l1 == 0);
    assert_true(alike[i].wasserstein > 0 && alike[i].l1 < 2);
    // Returns over many intervals are few, and nearly normal in both markets; what is left of
    // volatility's memory after so many is little.
    bool faint = i == HFT_FACT_AGGREGATIONAL_GAUSSIANITY || i == HFT_FACT_LONG_AUTOCORRELATION ||
                 i == HFT_FACT_VOLATILITY_DECAY;
    if (faint) continue;
    assert_true(apart[i].wasserstein > 2 * alike[i].wasserstein);
    assert_true(apart[i].l1 > 1.15 * alike[i].l1 && apart[i].l1 <= 2 + 1e-9);
  }
  assert_near(apart[HFT_FACT_SPREAD].wasserstein, 38, 0.1);
  assert_near(apart[HFT_FACT_SPREAD].l1, 2, 0.1);
  assert_int_equal(hft_facts_compare(&plain, &none, apart), HFT_OK);
  for (int i = 0; i < HFT_FACT_COUNT; i++) {
    assert_true(isnan(apart[i].wasserstein) && isnan(apart[i].l1));
  }
  hft_observed_free(&plain);
  hft_observed_free(&again);
  hft_observed_free(&lively);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_market_with_every_fact_passes),
      cmocka_unit_test(a_market_without_memory_fails),
      cmocka_unit_test(too_few_data_give_no_answer),
      cmocka_unit_test(an_open_interval_gives_no_answer),
      cmocka_unit_test(the_seed_chooses_the_resamples),
      cmocka_unit_test(the_table_is_whole),
      cmocka_unit_test(samples_are_ascending),
      cmocka_unit_test(samples_are_what_they_say),
      cmocka_unit_test(distances_tell_markets_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
