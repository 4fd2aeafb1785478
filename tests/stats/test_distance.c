// Distances against brute force: mass moved value by value, and counts.
#include "stats/distance.h"

#include "sim/base/dist.h"
#include "stats/stats.h"
#include "tests/support/check.h"

enum { COUNT_MAX = 40 };

// On the line the best plan pairs both samples in order. Repeating each value of `a` b_count times
// and each of `b` a_count times makes the samples equally large.
static double paired(const double *a, size_t a_count, const double *b, size_t b_count) {
  double sum = 0;
  for (size_t i = 0; i < a_count * b_count; i++) sum += fabs(a[i / b_count] - b[i / a_count]);
  return sum / (double)(a_count * b_count);
}

// Values with many ties.
static size_t random_sample(hft_rng *rng, double *x) {
  size_t count = 1 + hft_bounded(rng, COUNT_MAX);
  uint32_t spread = 1 + hft_bounded(rng, 30);
  for (size_t i = 0; i < count; i++) x[i] = 0.25 * hft_bounded(rng, spread) - 2;
  hft_sort(x, count);
  return count;
}

static void wasserstein_is_the_least_work(void **unused) {
  (void)unused;
  hft_rng rng = hft_rng_stream(1, 0, 0);
  for (int trial = 0; trial < 2000; trial++) {
    double a[COUNT_MAX], b[COUNT_MAX];
    size_t a_count = random_sample(&rng, a), b_count = random_sample(&rng, b);
    double work = hft_wasserstein(a, a_count, b, b_count);
    assert_near(work, paired(a, a_count, b, b_count), 1e-12);
    assert_near(work, hft_wasserstein(b, b_count, a, a_count), 1e-12);
    assert_true(hft_wasserstein(a, a_count, a, a_count) == 0);
  }
}

// Two normal laws with the same deviation are as far apart as their means; with the same mean, as
// their deviations times the mean absolute value of a standard normal, sqrt(2 / pi).
static void wasserstein_of_normal_laws(void **unused) {
  (void)unused;
  enum { COUNT = 100000 };
  static double a[COUNT], shifted[COUNT], wider[COUNT];
  hft_rng rng = hft_rng_stream(2, 0, 0);
  for (int i = 0; i < COUNT; i++) {
    a[i] = hft_normal(&rng);
    shifted[i] = hft_normal(&rng) + 0.7;
    wider[i] = 3 * hft_normal(&rng);
  }
  hft_sort(a, COUNT);
  hft_sort(shifted, COUNT);
  hft_sort(wider, COUNT);
  assert_near(hft_wasserstein(a, COUNT, shifted, COUNT), 0.7, 0.02);
  assert_near(hft_wasserstein(a, COUNT, wider, COUNT), 2 * sqrt(2 / 3.14159265358979), 0.03);
}

static void histograms_count_every_value(void **unused) {
  (void)unused;
  hft_rng rng = hft_rng_stream(3, 0, 0);
  for (int trial = 0; trial < 500; trial++) {
    double a[COUNT_MAX], b[COUNT_MAX];
    size_t a_count = random_sample(&rng, a), b_count = random_sample(&rng, b);
    hft_histogram ha, hb;
    hft_histograms(a, a_count, b, b_count, &ha, &hb);
    assert_true(ha.low == hb.low && ha.high == hb.high && ha.low < ha.high);
    double width = (ha.high - ha.low) / HFT_HISTOGRAM_BINS, l1 = 0, total = 0;
    for (int bin = 0; bin < HFT_HISTOGRAM_BINS; bin++) {
      double low = bin == 0 ? -INFINITY : ha.low + bin * width;
      double high = bin == HFT_HISTOGRAM_BINS - 1 ? INFINITY : ha.low + (bin + 1) * width;
      // A value on a border may round to either bin: count what is surely inside.
      double inside[2] = {0, 0}, near[2] = {0, 0};
      for (size_t i = 0; i < a_count; i++) {
        inside[0] += a[i] > low + 1e-9 && a[i] < high - 1e-9 ? 1.0 / (double)a_count : 0;
        near[0] += a[i] > low - 1e-9 && a[i] < high + 1e-9 ? 1.0 / (double)a_count : 0;
      }
      assert_true(ha.share[bin] > inside[0] - 1e-12 && ha.share[bin] < near[0] + 1e-12);
      l1 += fabs(ha.share[bin] - hb.share[bin]);
      total += ha.share[bin];
    }
    assert_near(total, 1, 1e-12);
    assert_near(hft_histogram_l1(&ha, &hb), l1, 1e-12);
  }
}

static void l1_from_equal_to_apart(void **unused) {
  (void)unused;
  const double low[] = {0, 1, 2, 3}, high[] = {100, 101, 102, 103}, mixed[] = {0, 1, 102, 103};
  hft_histogram a, b;
  hft_histograms(low, 4, low, 4, &a, &b);
  assert_true(hft_histogram_l1(&a, &b) == 0);
  hft_histograms(low, 4, high, 4, &a, &b);
  assert_near(hft_histogram_l1(&a, &b), 2, 1e-12);
  hft_histograms(low, 4, mixed, 4, &a, &b);
  assert_near(hft_histogram_l1(&a, &b), 1, 1e-12);
  const double constant[] = {5, 5, 5};
  hft_histograms(constant, 3, constant, 2, &a, &b);
  assert_true(hft_histogram_l1(&a, &b) == 0 && a.low < 5 && a.high > 5);
}

// The share of a sample in a bin, counted value by value.
static double share_in(const double *x, size_t count, double low, double width, double bin) {
  size_t in = 0;
  for (size_t i = 0; i < count; i++) {
    in += (width > 0 ? floor((x[i] - low) / width) : x[i] - low) == bin;
  }
  return (double)in / (double)count;
}

// Over every bin that exists.
static double counted(const double *a, size_t a_count, const double *b, size_t b_count,
                      double width) {
  double low = fmin(a[0], b[0]), high = fmax(a[a_count - 1], b[b_count - 1]), sum = 0;
  double step = width > 0 ? width : 0.25;
  for (int k = 0; k <= (high - low) / step; k++) {
    double bin = width > 0 ? k : 0.25 * k;
    sum += fabs(share_in(a, a_count, low, width, bin) - share_in(b, b_count, low, width, bin));
  }
  return sum / 2;
}

static void total_variation_is_counted(void **unused) {
  (void)unused;
  hft_rng rng = hft_rng_stream(3, 0, 0);
  for (int trial = 0; trial < 2000; trial++) {
    double a[COUNT_MAX], b[COUNT_MAX], both[2 * COUNT_MAX];
    size_t a_count = random_sample(&rng, a), b_count = random_sample(&rng, b);
    for (size_t i = 0; i < a_count; i++) both[i] = a[i];
    for (size_t i = 0; i < b_count; i++) both[a_count + i] = b[i];
    size_t count = a_count + b_count;
    hft_sort(both, count);
    // Freedman and Diaconis' rule on the pooled values; whole bins cover the range.
    double range = both[count - 1] - both[0];
    double rule = 2 * (hft_quantile(both, count, 0.75) - hft_quantile(both, count, 0.25)) *
                  pow((double)count, -1.0 / 3);
    if (rule == 0) rule = range / (log2((double)count) + 1);
    double width = hft_bin_width(a, a_count, b, b_count);
    assert_near(width, range > 0 ? range / ceil(range / rule) : 1, 1e-12);
    hft_moments moments = {0};
    for (size_t i = 0; i < count; i++) hft_moments_add(&moments, both[i]);
    double sd = sqrt(moments.square_sum / (double)count);
    assert_near(hft_pooled_sd(a, a_count, b, b_count), sd > 0 ? sd : 1, 1e-9);
    for (int discrete = 0; discrete < 2; discrete++) {
      double w = discrete ? 0 : width;
      double distance = hft_total_variation(a, a_count, b, b_count, w);
      assert_near(distance, counted(a, a_count, b, b_count, w), 1e-9);
      assert_true(distance >= 0 && distance <= 1 + 1e-9);
      assert_true(hft_total_variation(a, a_count, a, a_count, w) == 0);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wasserstein_is_the_least_work),
      cmocka_unit_test(total_variation_is_counted),
      cmocka_unit_test(wasserstein_of_normal_laws),
      cmocka_unit_test(histograms_count_every_value),
      cmocka_unit_test(l1_from_equal_to_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
