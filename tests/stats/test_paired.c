// Paired tests against SciPy's values and all signs, and how often they reject what is true.
#include "stats/paired.h"

#include <stdbool.h>
#include <stdlib.h>

#include "sim/base/dist.h"
#include "stats/stats.h"
#include "tests/stats/scipy_values.h"
#include "tests/support/check.h"
#include "tests/support/statistics.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static double p_of(hft_paired_test test, const double *difference, size_t count) {
  hft_rng rng = hft_rng_stream(1, 2, 3);
  double p;
  assert_int_equal(hft_paired_p(test, difference, count, &rng, &p), HFT_OK);
  return p;
}

static void check_recorded(double value, double recorded) {
  if (!isnan(recorded)) assert_near(value, recorded, fabs(recorded) * 1e-9 + 1e-300);
}

static void values_of_scipy(void **unused) {
  (void)unused;
  for (size_t i = 0; i < COUNT(sample); i++) {
    const double *difference = sample_value + sample[i].first;
    size_t count = sample[i].count;
    check_recorded(p_of(HFT_PAIRED_T, difference, count), sample[i].t);
    check_recorded(p_of(HFT_PAIRED_WILCOXON, difference, count), sample[i].wilcoxon);
    check_recorded(p_of(HFT_PAIRED_PERMUTATION, difference, count), sample[i].permutation);
    hft_effect effect;
    assert_int_equal(hft_paired_effect(difference, count, &effect), HFT_OK);
    check_recorded(effect.g, sample[i].g);
    assert_near(effect.rank, sample[i].rank, 1e-12);
    double enough = fmax(HFT_VALUES_LEAST, 25 * sample[i].skewness * sample[i].skewness);
    assert_near(hft_values_enough(difference, count), enough, 1e-9 * enough);
  }
}

// Guenther's formula against the noncentral t: one more or less.
static void episodes_needed(void **unused) {
  (void)unused;
  for (size_t i = 0; i < COUNT(needed); i++) {
    double count = hft_paired_needed(needed[i].effect, needed[i].alpha, needed[i].power);
    assert_near(count, needed[i].count, 1);
    assert_true(hft_paired_needed(-needed[i].effect, needed[i].alpha, needed[i].power) == count);
  }
  assert_true(isinf(hft_paired_needed(0, 0.05, 0.8)));
  assert_true(isnan(hft_paired_needed(NAN, 0.05, 0.8)));
  assert_true(hft_paired_needed(INFINITY, 0.05, 0.8) == 2);
}

// The p-value of the signed ranks and of the permutation by trying all signs, and ranks by
// counting.
static double by_all_signs(const double *difference, size_t count, bool ranks) {
  double weight[16];
  size_t n = 0;
  for (size_t i = 0; i < count; i++) {
    if (difference[i] == 0) continue;
    double below = 0, equal = 0;
    for (size_t k = 0; k < count; k++) {
      if (difference[k] == 0) continue;
      below += fabs(difference[k]) < fabs(difference[i]) ? 1 : 0;
      equal += fabs(difference[k]) == fabs(difference[i]) ? 1 : 0;
    }
    weight[n++] = copysign(ranks ? below + (equal + 1) / 2 : fabs(difference[i]), difference[i]);
  }
  double observed = 0;
  for (size_t i = 0; i < n; i++) observed += weight[i];
  int far = 0;
  for (int signs = 0; signs < 1 << n; signs++) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (signs >> i & 1) != 0 ? weight[i] : -weight[i];
    far += fabs(sum) >= fabs(observed) - 1e-9 ? 1 : 0;
  }
  return ldexp(far, -(int)n);
}

// Small whole numbers: many ties, zeros and sums that are equal.
static void exact_with_ties(void **unused) {
  (void)unused;
  hft_rng rng = hft_rng_stream(2, 0, 0);
  for (int trial = 0; trial < 300; trial++) {
    double difference[12];
    size_t count = 1 + hft_bounded(&rng, 12);
    for (size_t i = 0; i < count; i++) difference[i] = (double)hft_bounded(&rng, 7) - 2;
    assert_near(p_of(HFT_PAIRED_WILCOXON, difference, count), by_all_signs(difference, count, true),
                1e-12);
    assert_near(p_of(HFT_PAIRED_PERMUTATION, difference, count),
                by_all_signs(difference, count, false), 1e-12);
  }
}

// Drawn signs against all signs of the same values: a difference of 0 more changes nothing else.
static void drawn_signs(void **unused) {
  (void)unused;
  double difference[HFT_PERMUTATION_EXACT + 1] = {0};
  for (int i = 0; i < HFT_PERMUTATION_EXACT; i++) difference[i] = i % 3 == 0 ? -1.5 * i - 1 : i + 1;
  double exact = p_of(HFT_PAIRED_PERMUTATION, difference, HFT_PERMUTATION_EXACT);
  double drawn = p_of(HFT_PAIRED_PERMUTATION, difference, HFT_PERMUTATION_EXACT + 1);
  assert_true(exact > 0.01 && exact < 0.9 && drawn != exact);
  expect_near("drawn signs", drawn, exact, sqrt(exact * (1 - exact) / HFT_PERMUTATION_DRAWS));
}

static const hft_paired_test all_tests[] = {HFT_PAIRED_T, HFT_PAIRED_WILCOXON,
                                            HFT_PAIRED_PERMUTATION};

static void degenerate_samples(void **unused) {
  (void)unused;
  const double zeros[20] = {0};
  double same[20];
  for (int i = 0; i < 20; i++) same[i] = 0.1;
  for (size_t i = 0; i < COUNT(all_tests); i++) {
    assert_true(isnan(p_of(all_tests[i], zeros, 0)));
    for (size_t count = 2; count <= 20; count++) {
      assert_true(p_of(all_tests[i], zeros, count) == 1);
      double least = hft_paired_least_p(all_tests[i], count);
      assert_true(p_of(all_tests[i], same, count) <= fmax(least, 1e-3));
      assert_true(p_of(all_tests[i], same, count) >= least);
    }
  }
  assert_true(isnan(p_of(HFT_PAIRED_T, same, 1)));
  assert_true(p_of(HFT_PAIRED_WILCOXON, same, 1) == 1);
  hft_effect effect;
  assert_int_equal(hft_paired_effect(zeros, 20, &effect), HFT_OK);
  assert_true(effect.g == 0 && effect.rank == 0);
  assert_int_equal(hft_paired_effect(zeros, 0, &effect), HFT_OK);
  assert_true(isnan(effect.g) && isnan(effect.rank));
  const double halves[] = {-0.5, -0.5, -0.5};
  assert_int_equal(hft_paired_effect(halves, 3, &effect), HFT_OK);
  assert_true(effect.g == -INFINITY && effect.rank == -1);
  const double two[] = {1, 2};
  assert_int_equal(hft_paired_effect(two, 2, &effect), HFT_OK);
  assert_true(isnan(effect.g) && effect.rank == 1);
}

// Scale and order do not matter; the other sign gives the same p and the other effect.
static void symmetries(void **unused) {
  (void)unused;
  for (size_t i = 0; i < COUNT(sample); i++) {
    size_t count = sample[i].count;
    double *other = malloc(count * sizeof *other);
    assert_non_null(other);
    for (size_t k = 0; k < count; k++) {
      other[k] = -1024 * sample_value[sample[i].first + count - 1 - k];
    }
    for (size_t k = 0; k < COUNT(all_tests); k++) {
      double p = p_of(all_tests[k], sample_value + sample[i].first, count);
      double noise = k == HFT_PAIRED_PERMUTATION && count > HFT_PERMUTATION_EXACT
                         ? 7 * sqrt(2 * p * (1 - p) / HFT_PERMUTATION_DRAWS) + 1e-3
                         : p * 1e-9;
      assert_near(p_of(all_tests[k], other, count), p, noise);
    }
    hft_effect effect, mirrored;
    assert_int_equal(hft_paired_effect(sample_value + sample[i].first, count, &effect), HFT_OK);
    assert_int_equal(hft_paired_effect(other, count, &mirrored), HFT_OK);
    if (count > 2) assert_near(mirrored.g, -effect.g, 1e-12);
    assert_near(mirrored.rank, -effect.rank, 1e-12);
    free(other);
  }
}

// How often a test rejects at 5% where the null hypothesis is true: differences that are symmetric
// about 0, normal or of a double exponential, which has heavy tails.
static double rejected(hft_paired_test test, size_t count, bool normal, int trials) {
  hft_rng rng = hft_rng_stream(3, (uint32_t)test, (uint32_t)count + (normal ? 1000 : 0));
  int hits = 0;
  for (int trial = 0; trial < trials; trial++) {
    double difference[80];
    for (size_t i = 0; i < count; i++) {
      double size = normal ? hft_normal(&rng) : hft_exponential(&rng);
      difference[i] = hft_bounded(&rng, 2) != 0 ? size : -size;
    }
    double p;
    assert_int_equal(hft_paired_p(test, difference, count, &rng, &p), HFT_OK);
    hits += p < 0.05 ? 1 : 0;
  }
  return (double)hits / trials;
}

static void false_positives(void **unused) {
  (void)unused;
  const int trials = 2000;
  const double deviation = sqrt(0.05 * 0.95 / trials);
  const size_t counts[] = {12, 30, 80};
  for (size_t i = 0; i < COUNT(counts); i++) {
    expect_near("t", rejected(HFT_PAIRED_T, counts[i], true, trials), 0.05, deviation);
    double ranks = rejected(HFT_PAIRED_WILCOXON, counts[i], false, trials);
    // Of 12 values the exact level below 5% is 4.2%.
    expect_near("wilcoxon", ranks, counts[i] == 12 ? 0.042 : 0.05, deviation);
  }
  // The sums of drawn signs take a millisecond.
  const double of_few = sqrt(0.05 * 0.95 / 300);
  expect_near("permutation", rejected(HFT_PAIRED_PERMUTATION, 12, false, 300), 0.05, of_few);
  expect_near("permutation", rejected(HFT_PAIRED_PERMUTATION, 40, false, 300), 0.05, of_few);
}

// A difference of the size that the number of episodes is for is found in 80% of the cases.
static void power(void **unused) {
  (void)unused;
  const int trials = 2000;
  const size_t count = (size_t)hft_paired_needed(0.4, 0.05, 0.8);
  hft_rng rng = hft_rng_stream(4, 0, 0);
  int found = 0;
  for (int trial = 0; trial < trials; trial++) {
    double difference[80];
    assert_true(count < COUNT(difference));
    for (size_t i = 0; i < count; i++) difference[i] = 0.4 + hft_normal(&rng);
    found += p_of(HFT_PAIRED_T, difference, count) < 0.05 ? 1 : 0;
  }
  expect_near("power", (double)found / trials, 0.8, sqrt(0.8 * 0.2 / trials));
}

// Holm by its definition, from the largest p-value on each one's rank by counting.
static double holm_by_definition(const double *p, size_t count, size_t index) {
  double largest = 0;
  for (size_t i = 0; i < count; i++) {
    if (isnan(p[i]) || p[i] > p[index]) continue;
    double at_least = 0;
    for (size_t k = 0; k < count; k++) at_least += p[k] >= p[i] ? 1 : 0;
    largest = fmax(largest, fmin(1, at_least * p[i]));
  }
  return largest;
}

static void holm(void **unused) {
  (void)unused;
  // As R's p.adjust and statsmodels' multipletests give them.
  double known[] = {0.01, 0.04, 0.03, 0.005};
  const double adjusted[] = {0.03, 0.06, 0.06, 0.02};
  assert_int_equal(hft_holm(known, 4, known), HFT_OK);
  for (int i = 0; i < 4; i++) assert_near(known[i], adjusted[i], 1e-15);
  hft_rng rng = hft_rng_stream(5, 0, 0);
  for (int trial = 0; trial < 200; trial++) {
    double p[20], out[20];
    size_t count = hft_bounded(&rng, 21);
    for (size_t i = 0; i < count; i++) {
      double draw = hft_uniform(&rng);
      p[i] = draw < 0.1 ? NAN : draw < 0.3 ? 0.02 : draw * draw * draw;
    }
    assert_int_equal(hft_holm(p, count, out), HFT_OK);
    for (size_t i = 0; i < count; i++) {
      if (isnan(p[i])) {
        assert_true(isnan(out[i]));
      } else {
        assert_near(out[i], holm_by_definition(p, count, i), 1e-15);
        assert_true(out[i] >= p[i] && out[i] <= 1);
      }
    }
  }
}

static void drawn_signs_repeat(void **unused) {
  (void)unused;
  const double *difference = sample_value + sample[COUNT(sample) - 4].first;
  double first = p_of(HFT_PAIRED_PERMUTATION, difference, 90);
  assert_true(p_of(HFT_PAIRED_PERMUTATION, difference, 90) == first);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_of_scipy),
      cmocka_unit_test(episodes_needed),
      cmocka_unit_test(exact_with_ties),
      cmocka_unit_test(drawn_signs),
      cmocka_unit_test(degenerate_samples),
      cmocka_unit_test(symmetries),
      cmocka_unit_test(false_positives),
      cmocka_unit_test(power),
      cmocka_unit_test(holm),
      cmocka_unit_test(drawn_signs_repeat),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
