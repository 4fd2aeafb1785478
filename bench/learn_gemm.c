#include <stdint.h>
#include <stdlib.h>

#include "agents/nn/blas.h"
#include "bench/learn.h"
#include "bench/measure.h"
#include "sim/base/arena.h"

#define LAYERS 3
#define BATCH_NS 200000  // products between two readings of the clock take about so long

static void add(hft_bench_gemm_shape *shape, int *count, const char *what, int m, int n, int k) {
  shape[(*count)++] = (hft_bench_gemm_shape){
      what, m, n, k, .transpose_a = what[0] == 'w', .transpose_b = what[0] == 'i'};
}

int hft_bench_gemm_shapes(const hft_bench_recipe *recipe, int rows,
                          hft_bench_gemm_shape shape[HFT_BENCH_GEMM_SHAPES_MAX]) {
  int count = 0;
  for (int net = 0; net < 2; net++) {
    int inputs = net == 0 ? recipe->obs : recipe->obs + recipe->state;
    int outputs = net == 0 ? recipe->axes : 1;
    const int size[LAYERS + 1] = {inputs, recipe->hidden, recipe->hidden, outputs};
    for (int i = 0; i < LAYERS; i++) {
      add(shape, &count, "forward", rows, size[i + 1], size[i]);
      add(shape, &count, "weights", size[i], size[i + 1], rows);
      if (i > 0) add(shape, &count, "inputs", rows, size[i], size[i + 1]);
    }
  }
  return count;
}

typedef void product(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha,
                     const float *a, const float *b, float beta, float *c);

static double measure(product *multiply, const hft_bench_gemm_shape *s, int64_t wall_ns,
                      const float *a, const float *b, float *c) {
  double work = 2.0 * s->m * s->n * s->k;
  int repeats = 1;
  int64_t best = INT64_MAX, begin = hft_timer_ns();
  do {
    int64_t from = hft_timer_ns();
    for (int i = 0; i < repeats; i++) {
      multiply(s->transpose_a, s->transpose_b, s->m, s->n, s->k, 1, a, b, 0, c);
    }
    int64_t took = hft_timer_ns() - from;
    if (took < BATCH_NS / 2 && repeats < 1 << 20) {
      repeats *= 2;
      continue;
    }
    if (took / repeats < best) best = took / repeats;
  } while (best == INT64_MAX || hft_timer_ns() - begin < wall_ns);
  return best > 0 ? 1e9 * work / (double)best : 0;
}

static float *numbers(size_t count) {
  float *x = aligned_alloc(HFT_CACHE_LINE, hft_align(count * sizeof *x));
  for (size_t i = 0; x != NULL && i < count; i++) x[i] = (float)(i % 7) * 0.25F - 0.75F;
  return x;
}

hft_status hft_bench_gemm(const hft_bench_gemm_shape *shape, int64_t wall_ns, double *flops,
                          hft_error *error) {
  hft_bench_gemm_shape s = *shape;
  product *multiply = hft_gemm;
  if (s.m == 0) {
    multiply = hft_gemm_openblas;
    s = (hft_bench_gemm_shape){
        .m = HFT_BENCH_GEMM_PEAK, .n = HFT_BENCH_GEMM_PEAK, .k = HFT_BENCH_GEMM_PEAK};
  }
  hft_blas_hold();
  float *a = numbers((size_t)s.m * (size_t)s.k), *b = numbers((size_t)s.k * (size_t)s.n);
  float *c = numbers((size_t)s.m * (size_t)s.n);
  hft_status status = HFT_OK;
  if (a != NULL && b != NULL && c != NULL) {
    *flops = measure(multiply, &s, wall_ns, a, b, c);
  } else {
    status = hft_fail(error, HFT_ENOMEM, "bench", "out of memory");
  }
  free(a);
  free(b);
  free(c);
  return status;
}
