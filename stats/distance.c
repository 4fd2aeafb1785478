#include "stats/distance.h"

#include <math.h>

#include "sim/base/check.h"
#include "stats/stats.h"

double hft_wasserstein(const double *a, size_t a_count, const double *b, size_t b_count) {
  HFT_CHECK(a_count > 0 && b_count > 0);
  double area = 0;
  size_t i = 0, j = 0;
  double at = fmin(a[0], b[0]);
  while (i < a_count || j < b_count) {
    double next = j == b_count || (i < a_count && a[i] <= b[j]) ? a[i] : b[j];
    // Both distribution functions are constant between two neighbouring values.
    area += (next - at) * fabs((double)i / (double)a_count - (double)j / (double)b_count);
    while (i < a_count && a[i] == next) i++;
    while (j < b_count && b[j] == next) j++;
    at = next;
  }
  return area;
}

static void fill(hft_histogram *histogram, double low, double high, const double *x, size_t count) {
  *histogram = (hft_histogram){.low = low, .high = high};
  for (size_t i = 0; i < count; i++) {
    double place = (x[i] - low) / (high - low) * HFT_HISTOGRAM_BINS;
    int bin = place > 0 ? (int)fmin(place, HFT_HISTOGRAM_BINS - 1) : 0;
    histogram->share[bin] += 1 / (double)count;
  }
}

void hft_histograms(const double *a, size_t a_count, const double *b, size_t b_count,
                    hft_histogram *a_out, hft_histogram *b_out) {
  double low = fmin(hft_quantile(a, a_count, 0.01), hft_quantile(b, b_count, 0.01));
  double high = fmax(hft_quantile(a, a_count, 0.99), hft_quantile(b, b_count, 0.99));
  if (!(low < high)) {
    low -= 0.5;
    high += 0.5;
  }
  fill(a_out, low, high, a, a_count);
  fill(b_out, low, high, b, b_count);
}

double hft_histogram_l1(const hft_histogram *a, const hft_histogram *b) {
  double sum = 0;
  for (int i = 0; i < HFT_HISTOGRAM_BINS; i++) sum += fabs(a->share[i] - b->share[i]);
  return sum;
}
