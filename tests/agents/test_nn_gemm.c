// Matrix products, ours and OpenBLAS's, against three loops in double.
#include <stdlib.h>
#include <string.h>

#include "agents/nn/blas.h"
#include "agents/nn/gemm_avx512.h"
#include "sim/base/rng.h"
#include "tests/support/check.h"

typedef void product(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha,
                     const float *a, const float *b, float beta, float *c);

static hft_rng rng;

static float uniform(void) {
  return (float)hft_rng_u32(&rng) / 4294967296.0F - 0.5F;
}

static float *draw(int count) {
  float *out = malloc((size_t)count * sizeof *out);
  for (int i = 0; i < count; i++) out[i] = uniform();
  return out;
}

static void check(product *multiply, int mode, int m, int n, int k, float alpha, float beta) {
  enum { GUARD = 16 };
  const bool ta = (mode & 1) != 0, tb = (mode & 2) != 0;
  float *a = draw(m * k), *b = draw(k * n), *c = draw(m * n + GUARD), *before = draw(m * n + GUARD);
  memcpy(before, c, (size_t)(m * n + GUARD) * sizeof *c);
  if (beta == 0) {
    for (int i = 0; i < m * n; i++) c[i] = NAN;  // not read
  }
  multiply(ta, tb, m, n, k, alpha, a, b, beta, c);
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

static void check_all(product *multiply) {
  static const int edges[] = {1, 2, 3, 5, 7, 12, 13, 16, 17, 31, 33, 64, 65, 130};
  const int count = (int)(sizeof edges / sizeof *edges);
  rng = hft_rng_seed(1, 2);
  for (int mode = 0; mode < 4; mode++) {
    for (int round = 0; round < 200; round++) {
      int m = edges[hft_rng_u32(&rng) % (uint32_t)count];
      int n = edges[hft_rng_u32(&rng) % (uint32_t)count];
      int k = edges[hft_rng_u32(&rng) % (uint32_t)count];
      check(multiply, mode, m, n, k, round % 3 == 0 ? -0.5F : 1, round % 2 == 0 ? 0 : 1);
    }
    static const int depths[] = {255, 256, 257, 513};
    for (int i = 0; i < 4; i++) check(multiply, mode, 29, 70, depths[i], 1, 0.25F);
  }
}

static void test_the_one_in_use(void **context) {
  (void)context;
  check_all(hft_gemm);
}

static void test_openblas(void **context) {
  (void)context;
  check_all(hft_gemm_openblas);
}

// A row's product does not depend on the rows beside it: a batch may be cut anywhere.
static void test_rows_are_independent(void **context) {
  (void)context;
  if (!hft_gemm_avx512_works()) {
    print_message("skipped: this CPU has no AVX-512\n");
    skip();
  }
  const int m = 61, n = 70, k = 300;
  rng = hft_rng_seed(5, 2);
  for (int tb = 0; tb < 2; tb++) {
    float *a = draw(m * k), *b = draw(k * n), *whole = draw(m * n), *parts = draw(m * n);
    hft_gemm_avx512(false, tb == 1, m, n, k, 1, a, b, 0, whole);
    for (int from = 0, rows = 1; from < m; from += rows, rows++) {
      if (rows > m - from) rows = m - from;
      hft_gemm_avx512(false, tb == 1, rows, n, k, 1, a + (size_t)from * (size_t)k, b, 0,
                      parts + (size_t)from * (size_t)n);
    }
    assert_memory_equal(whole, parts, (size_t)(m * n) * sizeof *whole);
    free(a);
    free(b);
    free(whole);
    free(parts);
  }
}

int main(void) {
  hft_blas_hold();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_one_in_use),
      cmocka_unit_test(test_openblas),
      cmocka_unit_test(test_rows_are_independent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
