// What heads draw has the density that they tell: distribution functions, frequencies, moments,
// entropies; densities integrate to 1.
#include <stdlib.h>

#include "sim/base/hash.h"
#include "tests/agents/heads.h"
#include "tests/support/statistics.h"

#define DRAWS 100000
#define CELLS 20000  // of an integral

static const layout one_number = {"one number", 1, {0}};

// Outputs and the logarithm of a deviation.
typedef struct point {
  hft_density density;
  float y[2], param;
} point;

static const point points[] = {
    {HFT_DENSITY_GAUSSIAN, {0}, 0},        {HFT_DENSITY_GAUSSIAN, {-0.7F}, -1.2F},
    {HFT_DENSITY_GAUSSIAN, {40}, 2},       {HFT_DENSITY_SQUASHED, {0}, -0.5F},
    {HFT_DENSITY_SQUASHED, {0.4F}, -1.2F}, {HFT_DENSITY_SQUASHED, {-0.8F}, -0.3F},
    {HFT_DENSITY_BETA, {-20, -20}, 0},     {HFT_DENSITY_BETA, {0, 0}, 0},
    {HFT_DENSITY_BETA, {3, -2}, 0},        {HFT_DENSITY_BETA, {-3, 5}, 0},
    {HFT_DENSITY_BETA, {300, 200}, 0},     {HFT_DENSITY_BETA, {-100, 10}, 0},
};

// The number that the head evaluates for an action in its cell.
static float raw_of(hft_density density, double action) {
  if (density == HFT_DENSITY_SQUASHED) return (float)atanh(action);
  return (float)(density == HFT_DENSITY_BETA ? (action + 1) / 2 : action);
}

// The density over CELLS cells of the actions from *low to *high.
static void tabulate(const point *at, double *low, double *high, double *density, double *width) {
  hft_head *head = heads_make(&one_number, at->density, 0.3);
  *low = -1;
  *high = 1;
  if (at->density == HFT_DENSITY_GAUSSIAN) {
    double reach = 12 * exp((double)at->param);
    *low = at->y[0] - reach;
    *high = at->y[0] + reach;
  }
  *width = (*high - *low) / CELLS;
  for (int i = 0; i < CELLS; i++) {
    float raw = raw_of(at->density, *low + (i + 0.5) * *width), log_prob, entropy;
    hft_head_evaluate(head, &at->param, at->y, NULL, &raw, 1, &log_prob, &entropy);
    density[i] = exp((double)log_prob);
  }
  hft_head_free(head);
}

static void densities_integrate_to_1(void **state) {
  (void)state;
  for (int k = 0; k < COUNT(points); k++) {
    double density[CELLS], low, high, width, sum = 0, entropy = 0;
    tabulate(&points[k], &low, &high, density, &width);
    for (int i = 0; i < CELLS; i++) {
      sum += density[i] * width;
      if (density[i] > 0) entropy -= density[i] * log(density[i]) * width;
    }
    assert_near(sum, 1, 2e-5);
    if (points[k].density == HFT_DENSITY_SQUASHED) continue;  // it tells another entropy
    hft_head *head = heads_make(&one_number, points[k].density, 0.3);
    float raw = 0.5F, log_prob, told;
    hft_head_evaluate(head, &points[k].param, points[k].y, NULL, &raw, 1, &log_prob, &told);
    assert_near(told, entropy, 2e-4);
    hft_head_free(head);
  }
}

// Kolmogorov-Smirnov of what is sent, by the integral of the density.
static void draws_have_the_density(void **state) {
  (void)state;
  double *value = heads_alloc(DRAWS, sizeof *value);
  for (int k = 0; k < COUNT(points); k++) {
    double density[CELLS], below[CELLS + 1], low, high, width;
    tabulate(&points[k], &low, &high, density, &width);
    below[0] = 0;
    for (int i = 0; i < CELLS; i++) below[i + 1] = below[i] + density[i] * width;
    hft_head *head = heads_make(&one_number, points[k].density, 0.3);
    hft_rng rng = hft_rng_seed(11, (uint64_t)k);
    for (int i = 0; i < DRAWS; i++) {
      float raw, sent;
      (void)hft_head_sample(head, &points[k].param, points[k].y, NULL, &rng, &raw, &sent);
      double cell = (sent - low) / width;
      assert_true(cell >= 0 && cell <= CELLS);
      int c = cell < CELLS ? (int)cell : CELLS - 1;
      value[i] = (below[c] + (cell - c) * (below[c + 1] - below[c])) / below[CELLS];
      if (points[k].density == HFT_DENSITY_SQUASHED) assert_near(sent, tanh((double)raw), 1e-6);
    }
    expect_uniform(density_names[points[k].density], value, DRAWS);
    hft_head_free(head);
  }
  free(value);
}

// Closed forms, so that an error that sampling and density share is seen.
static void moments(const point *at, double *mean, double *variance, double *mode) {
  if (at->density == HFT_DENSITY_BETA) {
    double a = 1 + naive_softplus(at->y[0]), b = 1 + naive_softplus(at->y[1]), n = a + b;
    *mean = *mode = 2 * a / n - 1;
    *variance = 4 * a * b / (n * n * (n + 1));
    return;
  }
  *mean = *mode = at->y[0];
  *variance = exp(2 * (double)at->param);
  if (at->density == HFT_DENSITY_SQUASHED) *mode = tanh(*mode);
}

static void draws_have_the_moments(void **state) {
  (void)state;
  for (int k = 0; k < COUNT(points); k++) {
    double mean, variance, mode, sum = 0, squares = 0;
    moments(&points[k], &mean, &variance, &mode);
    hft_head *head = heads_make(&one_number, points[k].density, 0.3);
    hft_rng rng = hft_rng_seed(12, (uint64_t)k);
    float raw, sent;
    for (int i = 0; i < DRAWS; i++) {
      (void)hft_head_sample(head, &points[k].param, points[k].y, NULL, &rng, &raw, &sent);
      // Of a squashed head the moments before tanh.
      double x = points[k].density == HFT_DENSITY_SQUASHED ? raw : sent;
      sum += x - mean;
      squares += (x - mean) * (x - mean);
    }
    expect_near("mean", mean + sum / DRAWS, mean, sqrt(variance / DRAWS));
    // The fourth moment is at most 3 squared variances of these, but for Beta's long tails: 9.
    expect_near("variance", squares / DRAWS, variance, variance * sqrt(8.0 / DRAWS));
    hft_head_greedy(head, &points[k].param, points[k].y, NULL, &sent);
    assert_near(sent, mode, 1e-6 * (1 + fabs(mode)));
    hft_head_free(head);
  }
}

static void choices_have_the_probabilities(void **state) {
  (void)state;
  static const layout of = {"choices", 3, {5, 2, 3}};
  static const float y[10] = {0.3F, 5, -1, 0.9F, 0, 2, 2, -2, 9, -1};
  static const uint8_t mask[10] = {1, 0, 1, 1, 1, 1, 1, 1, 0, 1};
  static const int allowed[3] = {4, 2, 2};
  hft_head *head = heads_make(&of, HFT_DENSITY_GAUSSIAN, 0.3);
  hft_rng rng = hft_rng_seed(13, 1);
  int64_t count[10] = {0};
  float raw[3], sent[3];
  for (int i = 0; i < DRAWS; i++) {
    (void)hft_head_sample(head, NULL, y, mask, &rng, raw, sent);
    assert_memory_equal(raw, sent, sizeof raw);
    for (int j = 0, at = 0; j < 3; at += of.choice[j++]) {
      assert_true(mask[at + (int)raw[j]] == 1);
      count[at + (int)raw[j]]++;
    }
  }
  for (int j = 0, at = 0; j < 3; at += of.choice[j++]) {
    int64_t seen[5];
    double probability[5], logit[5];
    naive_copy(y + at, of.choice[j], logit);
    int k = 0;
    for (int c = 0; c < of.choice[j]; c++) {
      if (mask[at + c] == 0) continue;
      seen[k] = count[at + c];
      probability[k++] = exp(naive_choice(logit, mask + at, of.choice[j], c).log_prob);
    }
    assert_int_equal(k, allowed[j]);
    expect_fit("choices", seen, probability, (size_t)k);
  }
  hft_head_free(head);
}

// Axes are independent, and the mean of -log p is the entropy.
static void axes_are_independent(void **state) {
  (void)state;
  static const layout of = {"a mixture", 4, {0, 3, 0, 3}};
  static const float y[10] = {0.2F, -0.4F, 0.1F, 0, 0.3F, 0.2F, 0.5F, 0.3F, 0, -0.3F};
  for (int density = 0; density < COUNT(density_names); density++) {
    hft_head *head = heads_make(&of, (hft_density)density, 0.4);
    float param[2], raw[4], sent[4], log_prob, entropy = 0;
    hft_head_init(head, param);
    hft_rng rng = hft_rng_seed(14, 2);
    double sum[4] = {0}, product[4][4] = {{0}}, told = 0, squares = 0;
    for (int i = 0; i < DRAWS; i++) {
      double surprise = -(double)hft_head_sample(head, param, y, NULL, &rng, raw, sent);
      for (int j = 0; j < 4 && density == HFT_DENSITY_SQUASHED; j += 2) {
        surprise -= log(1 - tanh((double)raw[j]) * tanh((double)raw[j]));
      }
      told += surprise;
      squares += surprise * surprise;
      for (int j = 0; j < 4; j++) sum[j] += sent[j];
      for (int j = 0; j < 16; j++) product[j / 4][j % 4] += sent[j / 4] * sent[j % 4];
    }
    hft_head_evaluate(head, param, y, NULL, raw, 1, &log_prob, &entropy);
    told /= DRAWS;
    expect_near("entropy", told, entropy, sqrt((squares / DRAWS - told * told) / DRAWS));
    for (int j = 0; j < 16; j++) {
      int a = j / 4, b = j % 4;
      if (a >= b) continue;
      double mean_a = sum[a] / DRAWS, mean_b = sum[b] / DRAWS;
      double spread =
          (product[a][a] / DRAWS - mean_a * mean_a) * (product[b][b] / DRAWS - mean_b * mean_b);
      expect_near("correlation", (product[a][b] / DRAWS - mean_a * mean_b) / sqrt(spread), 0,
                  1 / sqrt(DRAWS));
    }
    hft_head_free(head);
  }
}

// Everything that heads compute, in one number: the same with every compiler and at every level of
// optimisation.
static void bits_are_the_same_everywhere(void **state) {
  (void)state;
  uint64_t hash = HFT_HASH_START;
  for (int k = 0; k < COUNT(layouts); k++) {
    for (int density = 0; density < COUNT(density_names); density++) {
      rows r = rows_make(&layouts[k], (hft_density)density, 64, 2);
      rows_sample(&r);
      size_t numbers = (size_t)r.count * (size_t)r.axes;
      hash = hft_hash_bytes(hash, r.raw, numbers * sizeof *r.raw);
      hash = hft_hash_bytes(hash, r.sent, numbers * sizeof *r.sent);
      hash = hft_hash_bytes(hash, r.log_prob, (size_t)r.count * sizeof *r.log_prob);
      for (int i = 0; i < r.count; i++) {
        hft_head_greedy(r.head, r.param, r.y + (ptrdiff_t)i * r.outputs, rows_mask(&r, i), r.sent);
        hash = hft_hash_bytes(hash, r.sent, (size_t)r.axes * sizeof *r.sent);
      }
      rows_free(&r);
    }
  }
  assert_int_equal(hash, UINT64_C(0x7739e3808787c68f));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(densities_integrate_to_1), cmocka_unit_test(draws_have_the_density),
      cmocka_unit_test(draws_have_the_moments),   cmocka_unit_test(choices_have_the_probabilities),
      cmocka_unit_test(axes_are_independent),     cmocka_unit_test(bits_are_the_same_everywhere)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
