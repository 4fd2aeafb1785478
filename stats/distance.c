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

// The value at place k of both ascending arrays merged: the smallest count of values of `a` that
// leaves none of its others below is found by bisection.
static double merged_at(const double *a, size_t a_count, const double *b, size_t b_count,
                        size_t k) {
  size_t low = k > b_count ? k - b_count : 0, high = k < a_count ? k : a_count;
  while (low < high) {
    size_t i = low + (high - low) / 2;
    if (b[k - i - 1] > a[i]) {
      low = i + 1;
    } else {
      high = i;
    }
  }
  size_t j = k - low;
  if (low == a_count) return b[j];
  return j == b_count ? a[low] : fmin(a[low], b[j]);
}

static double merged_quantile(const double *a, size_t a_count, const double *b, size_t b_count,
                              double p) {
  size_t count = a_count + b_count;
  double place = p * (double)(count - 1);
  size_t below = (size_t)place;
  double low = merged_at(a, a_count, b, b_count, below);
  if (below + 1 == count) return low;
  return low + (place - (double)below) * (merged_at(a, a_count, b, b_count, below + 1) - low);
}

double hft_bin_width(const double *a, size_t a_count, const double *b, size_t b_count) {
  HFT_CHECK(a_count > 0 && b_count > 0);
  double count = (double)(a_count + b_count);
  double range = fmax(a[a_count - 1], b[b_count - 1]) - fmin(a[0], b[0]);
  if (!(range > 0)) return 1;
  double half =
      merged_quantile(a, a_count, b, b_count, 0.75) - merged_quantile(a, a_count, b, b_count, 0.25);
  double width = 2 * half * pow(count, -1.0 / 3);
  if (!(width > 0)) width = range / (log2(count) + 1);
  return range / ceil(range / width);
}

// The number of values from `from` on that fall into the bin that begins at `low + bin * width`.
static size_t in_bin(const double *x, size_t count, size_t from, double low, double width,
                     double bin) {
  size_t i = from;
  while (i < count && (width > 0 ? floor((x[i] - low) / width) : x[i]) == bin) i++;
  return i - from;
}

double hft_total_variation(const double *a, size_t a_count, const double *b, size_t b_count,
                           double width) {
  HFT_CHECK(a_count > 0 && b_count > 0);
  double low = fmin(a[0], b[0]), sum = 0;
  for (size_t i = 0, j = 0; i < a_count || j < b_count;) {
    double next = j == b_count || (i < a_count && a[i] <= b[j]) ? a[i] : b[j];
    double bin = width > 0 ? floor((next - low) / width) : next;
    size_t of_a = in_bin(a, a_count, i, low, width, bin);
    size_t of_b = in_bin(b, b_count, j, low, width, bin);
    sum += fabs((double)of_a / (double)a_count - (double)of_b / (double)b_count);
    i += of_a;
    j += of_b;
  }
  return sum / 2;
}

double hft_pooled_sd(const double *a, size_t a_count, const double *b, size_t b_count) {
  double sum = 0, squares = 0, count = (double)(a_count + b_count);
  for (size_t i = 0; i < a_count; i++) sum += a[i];
  for (size_t i = 0; i < b_count; i++) sum += b[i];
  double mean = sum / count;
  for (size_t i = 0; i < a_count; i++) squares += (a[i] - mean) * (a[i] - mean);
  for (size_t i = 0; i < b_count; i++) squares += (b[i] - mean) * (b[i] - mean);
  return squares > 0 ? sqrt(squares / count) : 1;
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
