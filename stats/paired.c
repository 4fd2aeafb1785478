#include "stats/paired.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sim/base/check.h"
#include "stats/distribution.h"
#include "stats/stats.h"

static hft_moments moments_of(const double *value, size_t count) {
  hft_moments moments = {0};
  for (size_t i = 0; i < count; i++) hft_moments_add(&moments, value[i]);
  return moments;
}

static double student(const double *difference, size_t count) {
  if (count < 2) return NAN;
  hft_moments moments = moments_of(difference, count);
  double sd = hft_moments_sd(&moments);
  if (!(sd > 0)) return moments.mean == 0 ? 1 : 0;
  double t = moments.mean / (sd / sqrt((double)count));
  return fmin(1, 2 * hft_student_cdf(-fabs(t), (double)(count - 1)));
}

// ---- signed ranks ------------------------------------------------------------------------------

typedef struct signed_ranks {
  size_t count;     // of the differences other than 0
  double positive;  // sum of the ranks of positive differences
  double negative;
  double ties;   // sum over groups of t equal sizes of t^3 - t
  int *doubled;  // [count]: twice each rank, a whole number
} signed_ranks;

static int by_size(const void *a, const void *b) {
  double x = fabs(*(const double *)a);
  double y = fabs(*(const double *)b);
  return (x > y) - (x < y);
}

// Ranks the differences by size. The caller frees out->doubled. ENOMEM.
static hft_status rank(const double *difference, size_t count, signed_ranks *out) {
  HFT_CHECK(count < INT32_MAX / 2);
  *out = (signed_ranks){0};
  double *size = malloc((count + 1) * sizeof *size);
  int *doubled = malloc((count + 1) * sizeof *doubled);
  if (size == NULL || doubled == NULL) {
    free(size);
    free(doubled);
    return HFT_ENOMEM;
  }
  size_t n = 0;
  for (size_t i = 0; i < count; i++) {
    if (difference[i] != 0) size[n++] = difference[i];
  }
  qsort(size, n, sizeof *size, by_size);
  for (size_t i = 0, end = 0; i < n; i = end) {
    while (end < n && fabs(size[end]) == fabs(size[i])) end++;
    double t = (double)(end - i);
    out->ties += t * t * t - t;
    for (size_t k = i; k < end; k++) {
      doubled[k] = (int)(i + end + 1);  // of the ranks i + 1 .. end
      *(size[k] > 0 ? &out->positive : &out->negative) += 0.5 * doubled[k];
    }
  }
  free(size);
  out->count = n;
  out->doubled = doubled;
  return HFT_OK;
}

#define DOUBLED_SUM_MAX (HFT_WILCOXON_EXACT * (HFT_WILCOXON_EXACT + 1))

// Twice the share of the 2^count signs for which the sum of the positive ranks is at most `least`:
// the distribution is symmetric.
static double exact_p(const signed_ranks *ranks, double least) {
  double ways[DOUBLED_SUM_MAX + 1] = {1};  // by twice the sum of the positive ranks
  int largest = 0;
  for (size_t i = 0; i < ranks->count; i++) {
    int step = ranks->doubled[i];
    largest += step;
    for (int sum = largest; sum >= step; sum--) ways[sum] += ways[sum - step];
  }
  double below = 0;
  for (int sum = 0; sum <= (int)(2 * least); sum++) below += ways[sum];
  return fmin(1, 2 * ldexp(below, -(int)ranks->count));
}

static double approximate_p(const signed_ranks *ranks) {
  double n = (double)ranks->count;
  double variance = n * (n + 1) * (2 * n + 1) / 24 - ranks->ties / 48;
  double z = (ranks->positive - n * (n + 1) / 4) / sqrt(variance);
  return fmin(1, 2 * hft_normal_cdf(-fabs(z)));
}

static hft_status wilcoxon(const double *difference, size_t count, double *p) {
  *p = count > 0 ? 1 : NAN;
  signed_ranks ranks;
  hft_status status = rank(difference, count, &ranks);
  if (status != HFT_OK) return status;
  if (ranks.count > HFT_WILCOXON_EXACT) {
    *p = approximate_p(&ranks);
  } else if (ranks.count > 0) {
    *p = exact_p(&ranks, fmin(ranks.positive, ranks.negative));
  }
  free(ranks.doubled);
  return HFT_OK;
}

// ---- permutations ------------------------------------------------------------------------------

// Sums that differ by less than this share of the sum of the sizes are equal but for rounding.
#define ROUNDING 1e-12
#define SIGNS 256  // of eight differences

// Sums of eight differences for each set of signs: bit i is set where difference i changes its
// sign.
typedef double sums_of_signs[SIGNS];

static void fill(const double *difference, size_t count, sums_of_signs sums) {
  for (unsigned signs = 0; signs < SIGNS; signs++) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
      sum += (signs >> i & 1) != 0 ? -difference[i] : difference[i];
    sums[signs] = sum;
  }
}

static double draw_sum(sums_of_signs *sums, size_t groups, hft_rng *rng) {
  double sum = 0;
  uint64_t bits = 0;
  for (size_t g = 0; g < groups; g++) {
    bits = g % 8 == 0 ? hft_rng_u64(rng) : bits >> 8;
    sum += sums[g][bits % SIGNS];
  }
  return sum;
}

static hft_status permutation(const double *difference, size_t count, hft_rng *rng, double *p) {
  *p = NAN;
  if (count == 0) return HFT_OK;
  size_t groups = (count + 7) / 8;
  sums_of_signs *sums = malloc(groups * sizeof *sums);
  if (sums == NULL) return HFT_ENOMEM;
  double total = 0, sizes = 0;
  for (size_t i = 0; i < count; i++) {
    total += difference[i];
    sizes += fabs(difference[i]);
  }
  for (size_t g = 0; g < groups; g++) {
    fill(difference + 8 * g, g + 1 < groups ? 8 : count - 8 * g, sums[g]);
  }
  double least = fabs(total) - ROUNDING * sizes;
  size_t far = 0;
  if (count <= HFT_PERMUTATION_EXACT) {
    size_t all = (size_t)1 << count;
    for (size_t signs = 0; signs < all; signs++) {
      double sum = sums[0][signs % SIGNS] + (groups > 1 ? sums[1][signs / SIGNS] : 0);
      far += fabs(sum) >= least;
    }
    *p = (double)far / (double)all;
  } else {
    for (int i = 0; i < HFT_PERMUTATION_DRAWS; i++)
      far += fabs(draw_sum(sums, groups, rng)) >= least;
    *p = (double)(1 + far) / (1 + HFT_PERMUTATION_DRAWS);
  }
  free(sums);
  return HFT_OK;
}

hft_status hft_paired_p(hft_paired_test test, const double *difference, size_t count, hft_rng *rng,
                        double *p) {
  switch (test) {
    case HFT_PAIRED_T:
      *p = student(difference, count);
      return HFT_OK;
    case HFT_PAIRED_WILCOXON:
      return wilcoxon(difference, count, p);
    case HFT_PAIRED_PERMUTATION:
      return permutation(difference, count, rng, p);
  }
  HFT_CHECK(false);
  return HFT_EINVAL;
}

double hft_paired_least_p(hft_paired_test test, size_t count) {
  if (test == HFT_PAIRED_T) return 0;
  // All signs equal, one way or the other.
  double exact = count > 0 ? ldexp(1, 1 - (int)fmin((double)count, 1000)) : 1;
  bool drawn = test == HFT_PAIRED_PERMUTATION && count > HFT_PERMUTATION_EXACT;
  return drawn ? 1.0 / (1 + HFT_PERMUTATION_DRAWS) : exact;
}

// ---- several pairs -----------------------------------------------------------------------------

typedef struct place {
  double p;
  size_t index;
} place;

static int by_p(const void *a, const void *b) {
  const place *x = a;
  const place *y = b;
  if (x->p != y->p) return x->p < y->p ? -1 : 1;
  return (x->index > y->index) - (x->index < y->index);
}

hft_status hft_holm(const double *p, size_t count, double *adjusted) {
  place *order = malloc((count + 1) * sizeof *order);
  if (order == NULL) return HFT_ENOMEM;
  size_t tests = 0;
  for (size_t i = 0; i < count; i++) {
    if (!isnan(p[i])) order[tests++] = (place){p[i], i};
    if (isnan(p[i])) adjusted[i] = NAN;
  }
  qsort(order, tests, sizeof *order, by_p);
  double least = 0;
  for (size_t i = 0; i < tests; i++) {
    least = fmax(least, fmin(1, (double)(tests - i) * order[i].p));
    adjusted[order[i].index] = least;
  }
  free(order);
  return HFT_OK;
}

// ---- sizes -------------------------------------------------------------------------------------

hft_status hft_paired_effect(const double *difference, size_t count, hft_effect *out) {
  *out = (hft_effect){NAN, NAN};
  hft_moments moments = moments_of(difference, count);
  double sd = hft_moments_sd(&moments);
  if (count >= 2 && !(sd > 0)) out->g = moments.mean == 0 ? 0 : copysign(INFINITY, moments.mean);
  if (count >= 3 && sd > 0) {
    double half = (double)(count - 2) / 2;
    out->g = moments.mean / sd * hft_gamma_ratio(half) / sqrt(half + 0.5);
  }
  signed_ranks ranks;
  hft_status status = rank(difference, count, &ranks);
  if (status != HFT_OK) return status;
  double sum = ranks.positive + ranks.negative;
  if (count > 0) out->rank = sum > 0 ? (ranks.positive - ranks.negative) / sum : 0;
  free(ranks.doubled);
  return HFT_OK;
}

double hft_paired_needed(double effect, double alpha, double power) {
  HFT_CHECK(alpha > 0 && alpha < 1 && power > 0 && power < 1);
  double z = -hft_normal_quantile(alpha / 2);
  double ratio = (z + hft_normal_quantile(power)) / effect;
  if (isnan(ratio)) return NAN;
  return fmax(2, ceil(ratio * ratio + z * z / 2));
}

double hft_values_enough(const double *value, size_t count) {
  hft_moments moments = moments_of(value, count);
  if (count < 2 || !(moments.square_sum > 0)) return HFT_VALUES_LEAST;
  double sd = sqrt(moments.square_sum / (double)count);
  double cubes = 0;
  for (size_t i = 0; i < count; i++) {
    double deviation = (value[i] - moments.mean) / sd;
    cubes += deviation * deviation * deviation;
  }
  double skewness = cubes / (double)count;
  return fmax(HFT_VALUES_LEAST, 25 * skewness * skewness);
}
