// The parts of networks: elementary functions, orthogonal initialisation, Adam, norms, running
// moments and the value's scale.
#include <stdlib.h>
#include <string.h>

#include "agents/nn/adam.h"
#include "agents/nn/elementary.h"
#include "agents/nn/net.h"
#include "agents/nn/scaler.h"
#include "sim/base/dist.h"
#include "tests/support/check.h"

static void test_elementary(void **context) {
  (void)context;
  double worst = 0;
  for (int i = -200000; i <= 200000; i++) {
    float x = (float)i / 200000.0F;
    x = 12.0F * x * x * x;
    double want = tanh((double)x), got = (double)hft_tanh(x);
    if (want != 0) worst = fmax(worst, fabs(got / want - 1));
    assert_true(hft_tanh(-x) == -hft_tanh(x));
    assert_near((double)hft_sigmoid(x), 1 / (1 + exp(-(double)x)), 3e-7);
    want = x > 0 ? (double)x : expm1((double)x);
    assert_near((double)hft_elu(x), want, 1e-6 * fabs(want) + 1e-30);
  }
  assert_true(worst < 4e-7);
  assert_true(hft_tanh(0.0F) == 0.0F && hft_tanh(1e30F) == 1.0F && hft_tanh(-INFINITY) == -1.0F);
  assert_true(isnan(hft_tanh(NAN)) && isnan(hft_sigmoid(NAN)) && isnan(hft_elu(NAN)));
  assert_true(hft_sigmoid(-INFINITY) == 0.0F && hft_sigmoid(INFINITY) == 1.0F);
  assert_true(hft_elu(-INFINITY) == -1.0F && hft_elu(INFINITY) == INFINITY);
}

// The columns of w[rows][cols] (or, if there are fewer, the rows) are orthogonal and of length
// gain.
static void check_orthogonal(const float *w, int rows, int cols, int stride, double gain) {
  const bool columns = rows >= cols;
  const int count = columns ? cols : rows, length = columns ? rows : cols;
  const int step = columns ? 1 : stride, along = columns ? stride : 1;
  for (int a = 0; a < count; a++) {
    for (int b = 0; b <= a; b++) {
      double dot = 0;
      for (int i = 0; i < length; i++) {
        dot += (double)w[a * step + i * along] * (double)w[b * step + i * along];
      }
      assert_near(dot, a == b ? gain * gain : 0, 1e-6 * gain * gain);
    }
  }
}

static void test_initial_weights_are_orthogonal(void **context) {
  (void)context;
  const hft_net_def defs[] = {
      {.inputs = 10, .outputs = 3, .hidden_count = 2, .hidden = {20, 15}, .output_gain = 0.01},
      {.inputs = 5,
       .outputs = 40,
       .hidden_count = 1,
       .hidden = {5},
       .layer_norm = true,
       .output_gain = 1},
      {.inputs = 1, .outputs = 1, .output_gain = 2},
      {.inputs = 7, .outputs = 2, .hidden_count = 1, .hidden = {24}, .gru = 12, .output_gain = 1},
      {.inputs = 130, .outputs = 2, .hidden_count = 1, .hidden = {130}, .output_gain = 1},
  };
  for (size_t d = 0; d < sizeof defs / sizeof *defs; d++) {
    hft_net *net;
    assert_int_equal(hft_net_create(&defs[d], &net, NULL), HFT_OK);
    float *params = malloc((size_t)hft_net_param_count(net) * sizeof *params);
    hft_rng rng = hft_rng_seed(d, 1);
    hft_net_init(net, params, &rng);
    for (int i = 0; i < hft_net_tensor_count(net); i++) {
      const hft_net_tensor *t = &hft_net_tensors(net)[i];
      const float *w = params + t->offset;
      if (t->rows == 1 && strstr(t->name, ".weight") == NULL) {
        for (int j = 0; j < t->cols; j++) assert_true(w[j] == 0);
      } else if (strncmp(t->name, "norm", 4) == 0) {
        for (int j = 0; j < t->cols; j++) assert_true(w[j] == 1);
      } else if (strncmp(t->name, "gru", 3) == 0) {
        for (int gate = 0; gate < 3; gate++) {
          check_orthogonal(w + gate * t->cols / 3, t->rows, t->cols / 3, t->cols, 1);
        }
      } else {
        bool last = strncmp(t->name, "output", 6) == 0;
        check_orthogonal(w, t->rows, t->cols, t->cols, last ? defs[d].output_gain : sqrt(2));
      }
    }
    free(params);
    hft_net_free(net);
  }
}

// PyTorch's torch.optim.Adam and AdamW (2.13) on the same gradients: lr 0.01, eps 1e-5, three
// steps from (1, -2, 0.5).
static void test_adam_against_recorded(void **context) {
  (void)context;
  static const float grad[3][3] = {{0.1F, -3, 0}, {0.2F, 1, 1e-4F}, {-0.3F, 0.5F, -1e-4F}};
  static const double recorded[2][3] = {{0.981015801, -1.98394072, 0.493882954},
                                        {0.978048503, -1.97797084, 0.49239099}};
  for (int kind = 0; kind < 2; kind++) {
    hft_adam adam = hft_adam_default();
    adam.weight_decay = kind == 1 ? 0.1 : 0;
    float p[3] = {1, -2, 0.5F}, m[3] = {0}, v[3] = {0};
    for (int step = 0; step < 3; step++) {
      float half[3];
      for (int i = 0; i < 3; i++) half[i] = 2 * grad[step][i];
      hft_adam_update(&adam, 0.01, 0.5, 3, half, m, v, p);
    }
    assert_int_equal(adam.step, 3);
    for (int i = 0; i < 3; i++) assert_near((double)p[i], recorded[kind][i], 3e-7);
  }
}

// Against the formulas in double, over lengths that are no multiple of a vector.
static void test_adam_against_the_formulas(void **context) {
  (void)context;
  for (int count = 0; count < 40; count++) {
    hft_rng rng = hft_rng_seed(9, (uint64_t)count);
    float p[40] = {0}, m[40] = {0}, v[40] = {0}, grad[40];
    double p64[40] = {0}, m64[40] = {0}, v64[40] = {0};
    hft_adam adam = {.beta1 = 0.8, .beta2 = 0.99, .epsilon = 1e-8, .weight_decay = 0.02};
    for (int step = 1; step <= 20; step++) {
      double square = 0;
      for (int i = 0; i < 40; i++) grad[i] = (float)hft_normal(&rng);
      for (int i = 0; i < count; i++) square += (double)grad[i] * (double)grad[i];
      double norm = hft_norm(grad, count);
      assert_near(norm, sqrt(square), 1e-12 * (1 + norm));
      double scale = hft_clip_scale(norm, 1.5);
      hft_adam_update(&adam, 0.03, scale, count, grad, m, v, p);
      for (int i = 0; i < count; i++) {
        double g = (double)grad[i] * (norm > 1.5 ? 1.5 / norm : 1);
        m64[i] = 0.8 * m64[i] + 0.2 * g;
        v64[i] = 0.99 * v64[i] + 0.01 * g * g;
        double m_hat = m64[i] / (1 - pow(0.8, step)), v_hat = v64[i] / (1 - pow(0.99, step));
        p64[i] -= 0.03 * (0.02 * p64[i] + m_hat / (sqrt(v_hat) + 1e-8));
        assert_near((double)p[i], p64[i], 1e-5);
      }
    }
    for (int i = count; i < 40; i++) assert_true(p[i] == 0 && m[i] == 0 && v[i] == 0);
  }
  assert_true(hft_clip_scale(5, 0) == 1 && hft_clip_scale(0, 1) == 1 &&
              hft_clip_scale(4, 1) == .25);
}

// Rows in portions of many sizes against two passes over all of them; large means lose nothing.
static void test_running_moments(void **context) {
  (void)context;
  enum { ROWS = 1000, DIM = 70 };
  static float x[ROWS * DIM];
  double mean[DIM] = {0}, variance[DIM] = {0};
  hft_rng rng = hft_rng_seed(4, 4);
  for (int i = 0; i < ROWS * DIM; i++) {
    int j = i % DIM;
    x[i] = (float)(hft_normal(&rng) * (j + 1) + (j % 2 == 0 ? 0 : 1e5));
  }
  hft_scaler scaler = {DIM, 0, mean, variance};
  float shift[DIM], factor[DIM], y[DIM + 3];
  hft_scaler_map(&scaler, shift, factor);
  assert_true(shift[3] == 0 && factor[3] == 1);
  hft_scaler_add(&scaler, x, 0);
  assert_true(scaler.count == 0);
  for (int from = 0, size = 1; from < ROWS; from += size, size = size * 2 + 1) {
    if (size > ROWS - from) size = ROWS - from;
    hft_scaler_add(&scaler, x + (size_t)from * DIM, size);
  }
  assert_true(scaler.count == ROWS);
  hft_scaler_map(&scaler, shift, factor);
  for (int j = 0; j < DIM; j++) {
    double want_mean = 0, want = 0;
    for (int r = 0; r < ROWS; r++) want_mean += (double)x[r * DIM + j] / ROWS;
    for (int r = 0; r < ROWS; r++) want += pow((double)x[r * DIM + j] - want_mean, 2) / ROWS;
    assert_near(mean[j], want_mean, 1e-9 * (1 + fabs(want_mean)));
    assert_near(variance[j], want, 1e-8 * want);
    assert_near((double)factor[j], 1 / sqrt(want), 1e-6 / sqrt(want));
  }
  float row[DIM];
  for (int j = 0; j < DIM; j++) row[j] = shift[j] + (j == 1 ? 1e6F : 1) / factor[j];
  row[2] = -1e9F;
  hft_standardise(row, DIM, 1, DIM, shift, factor, y, DIM + 3);
  assert_near((double)y[0], 1, 1e-5);
  assert_true(y[1] == HFT_SCALER_CLIP && y[2] == -HFT_SCALER_CLIP);
  hft_standardise(row, DIM, 1, DIM, shift, factor, row, DIM);
  assert_memory_equal(row, y, sizeof row);
}

// The past counts for no more than HFT_SCALER_FORGET rows; a constant column has no deviation.
static void test_forgetting(void **context) {
  (void)context;
  double mean = 10, variance = 4;
  hft_scaler scaler = {1, 50 * HFT_SCALER_FORGET, &mean, &variance};
  const float row = 13;
  hft_scaler_add(&scaler, &row, 1);
  assert_near(mean, 10 + 3 / (HFT_SCALER_FORGET + 1), 1e-12);
  const float constant[3] = {5, 5, 5};
  scaler.count = 0;
  hft_scaler_add(&scaler, constant, 3);
  float shift, factor;
  hft_scaler_map(&scaler, &shift, &factor);
  assert_true(mean == 5 && variance == 0 && shift == 5 && factor == 1e4F);
}

// Rows that are not finite leave the moments as those of the others; networks see NaN as 0.
static void test_not_finite(void **context) {
  (void)context;
  enum { WIDE = 70 };
  const float bad[] = {NAN, INFINITY, -INFINITY};
  for (int k = 0; k < 3; k++) {
    double mean[2][WIDE], variance[2][WIDE];
    hft_scaler all = {WIDE, 0, mean[0], variance[0]}, good = {WIDE, 0, mean[1], variance[1]};
    float row[5][WIDE];
    for (int i = 0; i < 5 * WIDE; i++) row[i / WIDE][i % WIDE] = (float)(i * i % 17);
    row[1][WIDE - 1] = row[3][0] = bad[k];
    assert_int_equal(hft_scaler_add(&all, row[0], 5), 2);
    for (int r = 0; r < 5; r += 2) assert_int_equal(hft_scaler_add(&good, row[r], 1), 0);
    assert_true(all.count == 3 && good.count == 3);
    assert_memory_equal(mean[0], mean[1], sizeof mean[0]);
    assert_memory_equal(variance[0], variance[1], sizeof variance[0]);
    const float shift = 1, factor = 2, seen[] = {0, HFT_SCALER_CLIP, -HFT_SCALER_CLIP};
    float y;
    hft_standardise(&bad[k], 1, 1, 1, &shift, &factor, &y, 1);
    assert_true(y == seen[k]);
  }
}

// The critic's value mean + deviation x output stays what it was; the scale has the moments of the
// mixture.
static void test_value_scale(void **context) {
  (void)context;
  float weight[3] = {1, -2, 0.5F}, bias = 0.25F;
  const float feature[3] = {0.3F, 0.1F, -2};
  hft_value_scale scale = {0, 0};
  hft_value_rescale(&scale, 100, 5, 0.9, weight, 3, &bias);
  assert_true(scale.mean == 100 && scale.deviation == 5 && weight[1] == -2 && bias == 0.25F);
  for (int round = 0; round < 20; round++) {
    double before = 0, after = 0, old = scale.deviation, mean = scale.mean;
    for (int i = 0; i < 3; i++) before += (double)weight[i] * (double)feature[i];
    before = scale.mean + scale.deviation * (before + (double)bias);
    hft_value_rescale(&scale, 90, 2, 0.9, weight, 3, &bias);
    for (int i = 0; i < 3; i++) after += (double)weight[i] * (double)feature[i];
    after = scale.mean + scale.deviation * (after + (double)bias);
    assert_near(after, before, 1e-4);
    double square = 0.9 * (old * old + mean * mean) + 0.1 * (4 + 8100);
    assert_near(scale.mean, 0.9 * mean + 9, 1e-9);
    assert_near(scale.deviation, sqrt(square - scale.mean * scale.mean), 1e-6);
  }
  hft_value_rescale(&scale, 90, 0, 0, weight, 3, &bias);
  assert_true(scale.deviation == 1e-4 && isfinite(weight[0]) && isfinite(bias));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_elementary),
      cmocka_unit_test(test_initial_weights_are_orthogonal),
      cmocka_unit_test(test_adam_against_recorded),
      cmocka_unit_test(test_adam_against_the_formulas),
      cmocka_unit_test(test_running_moments),
      cmocka_unit_test(test_forgetting),
      cmocka_unit_test(test_not_finite),
      cmocka_unit_test(test_value_scale),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
