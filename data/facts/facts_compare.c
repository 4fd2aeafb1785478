// The samples behind the facts, and the distances between the samples of two markets.
#include <math.h>
#include <stdlib.h>

#include "data/facts/facts.h"
#include "data/facts/facts_notes.h"

// ---- making samples --------------------------------------------------------------------------

static hft_status reserve(hft_doubles *out, size_t count) {
  *out = (hft_doubles){malloc((count + 1) * sizeof(double)), 0, count};
  return out->value != NULL ? HFT_OK : HFT_ENOMEM;
}

static hft_moments moments_of(const double *x, size_t count) {
  hft_moments moments = {0};
  for (size_t i = 0; i < count; i++) hft_moments_add(&moments, x[i]);
  return moments;
}

// The values in units of their standard deviation or mean; no sample if that is 0.
static hft_status scaled(const double *x, size_t count, double unit, hft_doubles *out) {
  hft_status status = reserve(out, count);
  if (status != HFT_OK || !(unit > 0)) return status;
  for (size_t i = 0; i < count; i++) out->value[i] = x[i] / unit;
  out->count = count;
  return HFT_OK;
}

static hft_status in_deviations(const double *x, size_t count, hft_doubles *out) {
  hft_moments moments = moments_of(x, count);
  return scaled(x, count, hft_moments_sd(&moments), out);
}

static hft_status in_means(const hft_doubles *x, hft_doubles *out) {
  hft_moments moments = moments_of(x->value, x->count);
  return scaled(x->value, x->count, moments.mean, out);
}

static hft_status in_logs(const hft_doubles *seconds, hft_doubles *out) {
  hft_status status = reserve(out, seconds->count);
  if (status != HFT_OK) return status;
  for (size_t i = 0; i < seconds->count; i++) {
    out->value[i] = log10(fmax(seconds->value[i], 1e-9));  // resolution of the clock
  }
  out->count = seconds->count;
  return HFT_OK;
}

// The offset and the unit of a series.
typedef struct scale {
  double center, unit;
} scale;

static scale scale_of(const double *x, size_t count) {
  hft_moments moments = moments_of(x, count);
  return (scale){moments.mean, hft_moments_sd(&moments)};
}

// The scaled products of a[t] and the mean of b over the lags.
static hft_status products_in(const double *a, scale a_scale, const double *b, scale b_scale,
                              size_t count, size_t first, size_t last, hft_doubles *out) {
  hft_status status = reserve(out, count);
  double unit = (double)(last - first + 1) * a_scale.unit * b_scale.unit, sum = 0;
  if (status != HFT_OK || count <= last || !(unit > 0)) return status;
  for (size_t k = first; k < last; k++) sum += b[k] - b_scale.center;
  for (size_t t = 0; t + last < count; t++) {
    sum += b[t + last] - b_scale.center;
    out->value[out->count++] = (a[t] - a_scale.center) * sum / unit;
    sum -= b[t + first] - b_scale.center;
  }
  return HFT_OK;
}

// The products whose mean is the correlation of a[t] with b[t + lag], averaged over the lags.
static hft_status products(const double *a, const double *b, size_t count, size_t first,
                           size_t last, hft_doubles *out) {
  return products_in(a, scale_of(a, count), b, scale_of(b, count), count, first, last, out);
}

// ---- one function per fact -------------------------------------------------------------------
#define SAMPLE(name) static hft_status sample_##name(const hft_notes *n, hft_doubles *out)

enum { FAR_FIRST = 1 << (HFT_DECAY_OCTAVES - 1), FAR_LAST = (1 << HFT_DECAY_OCTAVES) - 1 };

SAMPLE(return_autocorrelation) {
  return products(n->r, n->r, n->count, 1, 1, out);
}

SAMPLE(long_autocorrelation) {
  double *sum = hft_notes_sums(n, HFT_LONG);
  if (sum == NULL) return HFT_ENOMEM;
  hft_status status = products(sum, sum, n->count / HFT_LONG, 1, 1, out);
  free(sum);
  return status;
}

SAMPLE(excess_kurtosis) {
  return in_deviations(n->r, n->count, out);
}

SAMPLE(tail_index) {
  hft_moments moments = moments_of(n->r, n->count);
  return scaled(n->abs_r, n->count, hft_moments_sd(&moments), out);
}

SAMPLE(volatility_clustering) {
  return products(n->abs_r, n->abs_r, n->count, 1, HFT_SHORT_LAGS, out);
}

SAMPLE(volatility_decay) {
  return products(n->abs_r, n->abs_r, n->count, FAR_FIRST, FAR_LAST, out);
}

SAMPLE(aggregational_gaussianity) {
  double *sum = hft_notes_sums(n, HFT_SUMMED);
  if (sum == NULL) return HFT_ENOMEM;
  hft_status status = in_deviations(sum, n->count / HFT_SUMMED, out);
  free(sum);
  return status;
}

SAMPLE(leverage) {
  return products(n->r, n->square_r, n->count, 1, HFT_SHORT_LAGS, out);
}

SAMPLE(volume_volatility) {
  return products(n->seen->volume.value, n->abs_r, n->count, 0, 0, out);
}

SAMPLE(fano_factor) {
  return in_means(&n->seen->arrivals, out);
}

SAMPLE(sign_memory) {
  const hft_doubles *sign = &n->seen->sign;
  hft_status status = reserve(out, sign->count);
  for (size_t i = 0; i < sign->count && status == HFT_OK; i++) {
    if (i == 0 || sign->value[i] != sign->value[i - 1]) out->value[out->count++] = 0;
    out->value[out->count - 1]++;
  }
  return status;
}

// Signs are not centred: subtracting the mean would shift the few values that products can have.
SAMPLE(sign_decay) {
  const hft_doubles *sign = &n->seen->sign;
  const scale plain = {0, 1};
  return products_in(sign->value, plain, sign->value, plain, sign->count, FAR_FIRST, FAR_LAST, out);
}

SAMPLE(spread) {
  return scaled(n->seen->spread_bps.value, n->seen->spread_bps.count, 1, out);
}

SAMPLE(depth_profile) {
  const hft_doubles *depth = &n->seen->depth;
  size_t rows = hft_observed_depths(n->seen);
  hft_status status = reserve(out, rows);
  for (size_t i = 0; i < rows && status == HFT_OK; i++) {
    const double *level = depth->value + i * HFT_OBSERVED_LEVELS;
    double sum = 0;
    for (int k = 0; k < HFT_OBSERVED_LEVELS; k++) sum += level[k];
    out->value[out->count++] = level[0] * HFT_OBSERVED_LEVELS / sum;
  }
  return status;
}

SAMPLE(inter_arrival) {
  return in_logs(&n->seen->gap_s, out);
}

SAMPLE(order_size) {
  return in_means(&n->seen->size, out);
}

SAMPLE(time_to_cancel) {
  return in_logs(&n->seen->lifetime_s, out);
}

// ---- all facts -------------------------------------------------------------------------------

hft_status hft_fact_sample(const hft_observed *observed, hft_fact fact, hft_doubles *out) {
  static hft_status (*const sample[])(const hft_notes *, hft_doubles *) = {
#define X(code, name, ...) sample_##name,
      HFT_FACT_MAP(X)
#undef X
  };
  *out = (hft_doubles){0};
  hft_notes notes;
  hft_status status = hft_notes_create(observed, &notes);
  if (status == HFT_OK) status = sample[fact](&notes, out);
  hft_notes_free(&notes);
  if (status == HFT_OK && out->count > 0) hft_sort(out->value, out->count);
  return status;
}

static hft_fact_distance distance(const hft_doubles *a, const hft_doubles *b) {
  if (a->count == 0 || b->count == 0) return (hft_fact_distance){NAN, NAN};
  hft_histogram a_histogram, b_histogram;
  hft_histograms(a->value, a->count, b->value, b->count, &a_histogram, &b_histogram);
  return (hft_fact_distance){hft_wasserstein(a->value, a->count, b->value, b->count),
                             hft_histogram_l1(&a_histogram, &b_histogram)};
}

hft_status hft_facts_compare(const hft_observed *a, const hft_observed *b,
                             hft_fact_distance distances[HFT_FACT_COUNT]) {
  hft_status status = HFT_OK;
  for (int i = 0; i < HFT_FACT_COUNT && status == HFT_OK; i++) {
    hft_doubles a_sample, b_sample = {0};
    status = hft_fact_sample(a, (hft_fact)i, &a_sample);
    if (status == HFT_OK) status = hft_fact_sample(b, (hft_fact)i, &b_sample);
    if (status == HFT_OK) distances[i] = distance(&a_sample, &b_sample);
    free(a_sample.value);
    free(b_sample.value);
  }
  return status;
}
