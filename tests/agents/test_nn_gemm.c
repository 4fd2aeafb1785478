// Matrix products against three loops in double.
#include <stdlib.h>
#include <string.h>

#include "agents/nn/blas.h"
#include "sim/base/rng.h"
#include "tests/support/check.h"

static hft_rng rng;

static float uniform(void) {
  return (float)hft_rng_u32(&rng) / 4294967296.0F - 0.5F;
}

static float *draw(int count) {
  float *out = malloc((size_t)count * sizeof *out);
  for (int i = 0; i < count; i++) out[i] = uniform();
  return out;
}

static void check(int mode, int m, int n, int k, float alpha, float beta) {
  enum { GUARD = 16 };
  const bool ta = (mode & 1) != 0, tb = (mode & 2) != 0;
  float *a = draw(m * k), *b = draw(k * n), *c = draw(m * n + GUARD), *before = draw(m * n + GUARD);
  memcpy(before, c, (size_t)(m * n + GUARD) * sizeof *c);
  if (beta == 0) {
    for (int i = 0; i < m * n; i++) c[i] = NAN;  // not read
  }
  hft_gemm(ta, tb, m, n, k, alpha, a, b, beta, c);
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < n; j++) {
      double sum = 0;
      for (int p = 0; p < k; p++) {
        sum +=
            (double)(ta ? a[p * m + i] : a[i * k + p]) * (double)(tb ? b[j * k + p] : b[p * n + j]);
      }
      double want = (double)alpha * sum + (double)beta * (double)before[i * n + j];
      assert_near((double)c[i * n + j], want, 2e-6 * sqrt(k) + 1e-6);
    }
  }
  assert_memory_equal(c + (size_t)m * (size_t)n, before + (size_t)m * (size_t)n, GUARD * sizeof *c);
  free(a);
  free(b);
  free(c);
  free(before);
}

static void test_all_shapes(void **context) {
  (void)context;
  static const int edges[] = {1, 2, 3, 5, 7, 12, 13, 16, 17, 31, 33, 64, 65, 130};
  const int count = (int)(sizeof edges / sizeof *edges);
  rng = hft_rng_seed(1, 2);
  for (int mode = 0; mode < 4; mode++) {
    for (int round = 0; round < 200; round++) {
      int m = edges[hft_rng_u32(&rng) % (uint32_t)count];
      int n = edges[hft_rng_u32(&rng) % (uint32_t)count];
      int k = edges[hft_rng_u32(&rng) % (uint32_t)count];
      check(mode, m, n, k, round % 3 == 0 ? -0.5F : 1, round % 2 == 0 ? 0 : 1);
    }
    static const int depths[] = {255, 256, 257, 513};
    for (int i = 0; i < 4; i++) check(mode, 29, 70, depths[i], 1, 0.25F);
  }
}

int main(void) {
  hft_blas_hold();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_shapes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
