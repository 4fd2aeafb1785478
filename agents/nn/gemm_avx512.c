#include "agents/nn/gemm_avx512.h"

#include <stddef.h>
#include <stdint.h>

#include "sim/base/inline.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

// A tile of the result, at most 6 x 64 or 12 x 32, stays in 24 of the 32 registers while the sums
// over k run. A panel of b, DEPTH x WIDTH, is copied so that its rows are next to each other.
#define LANES 16
#define WIDTH 64
#define DEPTH 256
#define PACK_FROM 24  // rows of the result from which the copy pays

#define AVX512 __attribute__((target("avx512f")))
#define AVX512_INLINE static inline __attribute__((always_inline, target("avx512f")))

// Where a tile's rows of a are: element (i, p) at a[i * row + p * step].
typedef struct left {
  const float *at;
  ptrdiff_t row, step;
} left;

// Rows of b or of the panel, `stride` floats apart.
typedef struct right {
  const float *at;
  ptrdiff_t stride;
} right;

// The result's tile: rows `stride` apart; the last vector of a row has the lanes of `last`.
typedef struct tile {
  float *at;
  ptrdiff_t stride;
  __mmask16 last;
  float alpha, beta;
} tile;

// c = alpha a b + beta c for a tile of rows x (16 vectors); both are constants of the caller.
AVX512_INLINE void multiply(const int rows, const int vectors, left a, right b, int k, tile c) {
  __m512 sum[12][4];
#pragma GCC unroll 12
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) sum[i][v] = _mm512_setzero_ps();
  }
  for (int p = 0; p < k; p++) {
    __m512 row[4];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      row[v] = _mm512_maskz_loadu_ps(v == vectors - 1 ? c.last : (__mmask16)0xffff,
                                     b.at + p * b.stride + (ptrdiff_t)v * LANES);
    }
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++) {
      __m512 x = _mm512_set1_ps(a.at[i * a.row + p * a.step]);
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) sum[i][v] = _mm512_fmadd_ps(x, row[v], sum[i][v]);
    }
  }
#pragma GCC unroll 12
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      float *to = c.at + i * c.stride + (ptrdiff_t)v * LANES;
      __mmask16 mask = v == vectors - 1 ? c.last : (__mmask16)0xffff;
      __m512 value = _mm512_mul_ps(sum[i][v], _mm512_set1_ps(c.alpha));
      if (c.beta != 0) {
        value = _mm512_fmadd_ps(_mm512_set1_ps(c.beta), _mm512_maskz_loadu_ps(mask, to), value);
      }
      _mm512_mask_storeu_ps(to, mask, value);
    }
  }
}

// All rows of a panel of `vectors` vectors, a constant of the caller.
AVX512_INLINE void multiply_rows(const int vectors, int m, left a, right b, int k, tile c) {
  int rows = 0;
  for (int i = 0; i < m; i += rows) {
    int rest = m - i;
    left from = {a.at + i * a.row, a.row, a.step};
    tile to = {c.at + i * c.stride, c.stride, c.last, c.alpha, c.beta};
    if (rest >= 12 && vectors <= 2) {
      multiply(vectors <= 2 ? 12 : 1, vectors, from, b, k, to);
      rows = 12;
    } else if (rest >= 6) {
      multiply(6, vectors, from, b, k, to);
      rows = 6;
    } else if (rest >= 4) {
      multiply(4, vectors, from, b, k, to);
      rows = 4;
    } else if (rest >= 2) {
      multiply(2, vectors, from, b, k, to);
      rows = 2;
    } else {
      multiply(1, vectors, from, b, k, to);
      rows = 1;
    }
  }
}

AVX512 static void multiply_panel(int columns, int m, left a, right b, int k, tile c) {
  const int vectors = (columns + LANES - 1) / LANES;
  c.last = (__mmask16)(0xffffU >> (vectors * LANES - columns));
  switch (vectors) {
    case 1:
      multiply_rows(1, m, a, b, k, c);
      break;
    case 2:
      multiply_rows(2, m, a, b, k, c);
      break;
    case 3:
      multiply_rows(3, m, a, b, k, c);
      break;
    default:
      multiply_rows(4, m, a, b, k, c);
      break;
  }
}

// Transposes 16 x 16 numbers of b[rows][.], of which `rows` x `columns` are there.
AVX512 static void transpose(const float *b, ptrdiff_t stride, int rows, int columns,
                             float *panel) {
  __m512 r[16], t[16];
  const __mmask16 mask = (__mmask16)(0xffffU >> (columns < 16 ? 16 - columns : 0));
  for (int i = 0; i < 16; i++) {
    r[i] = i < rows ? _mm512_maskz_loadu_ps(mask, b + i * stride) : _mm512_setzero_ps();
  }
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
  // r[4 q + j], lane l: column 4 l + j of the rows 4 q .. 4 q + 3.
  for (int i = 0; i < 16; i += 4) {
    __m512d low = _mm512_castps_pd(t[i]), low2 = _mm512_castps_pd(t[i + 2]);
    __m512d high = _mm512_castps_pd(t[i + 1]), high2 = _mm512_castps_pd(t[i + 3]);
    r[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, low2));
    r[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, low2));
    r[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(high, high2));
    r[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(high, high2));
  }
  for (int j = 0; j < 4; j++) {
    __m512 even = _mm512_shuffle_f32x4(r[j], r[4 + j], 0x88);
    __m512 even2 = _mm512_shuffle_f32x4(r[8 + j], r[12 + j], 0x88);
    __m512 odd = _mm512_shuffle_f32x4(r[j], r[4 + j], 0xdd);
    __m512 odd2 = _mm512_shuffle_f32x4(r[8 + j], r[12 + j], 0xdd);
    t[j] = _mm512_shuffle_f32x4(even, even2, 0x88);
    t[8 + j] = _mm512_shuffle_f32x4(even, even2, 0xdd);
    t[4 + j] = _mm512_shuffle_f32x4(odd, odd2, 0x88);
    t[12 + j] = _mm512_shuffle_f32x4(odd, odd2, 0xdd);
  }
  for (int j = 0; j < columns && j < 16; j++) _mm512_storeu_ps(panel + (ptrdiff_t)j * WIDTH, t[j]);
}

// panel[depth][WIDTH] = the columns' part of b[.][n], or of b[n][.] transposed; zero beyond.
AVX512 static void pack(bool transposed, const float *b, ptrdiff_t stride, int depth, int columns,
                        float *panel) {
  if (transposed) {
    for (int j = 0; j < columns; j += 16) {
      for (int p = 0; p < depth; p += 16) {
        transpose(b + j * stride + p, stride, columns - j, depth - p,
                  panel + (ptrdiff_t)p * WIDTH + j);
      }
    }
    return;
  }
  for (int p = 0; p < depth; p++) {
    for (int j = 0; j < columns; j += LANES) {
      int rest = columns - j;
      __mmask16 mask = (__mmask16)(0xffffU >> (rest < LANES ? LANES - rest : 0));
      _mm512_storeu_ps(panel + (ptrdiff_t)p * WIDTH + j,
                       _mm512_maskz_loadu_ps(mask, b + p * stride + j));
    }
  }
}

bool hft_gemm_avx512_works(void) {
  return __builtin_cpu_supports("avx512f") != 0;
}

void hft_gemm_avx512(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha,
                     const float *a, const float *b, float beta, float *c) {
  float panel[DEPTH * WIDTH] __attribute__((aligned(64)));
  const bool copied = transpose_b || (m >= PACK_FROM && !transpose_a);
  for (int p = 0; p < k; p += DEPTH) {
    int depth = k - p < DEPTH ? k - p : DEPTH;
    left rows = {a + (transpose_a ? (ptrdiff_t)p * m : p), transpose_a ? 1 : k,
                 transpose_a ? m : 1};
    for (int j = 0; j < n; j += WIDTH) {
      int columns = n - j < WIDTH ? n - j : WIDTH;
      const float *from = transpose_b ? b + (ptrdiff_t)j * k + p : b + (ptrdiff_t)p * n + j;
      right part = {from, n};
      if (copied) {
        pack(transpose_b, from, transpose_b ? k : n, depth, columns, panel);
        part = (right){panel, WIDTH};
      }
      tile to = {c + j, n, 0, alpha, p == 0 ? beta : 1};
      multiply_panel(columns, m, rows, part, depth, to);
    }
  }
}

#else

bool hft_gemm_avx512_works(void) {
  return false;
}

void hft_gemm_avx512(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha,
                     const float *a, const float *b, float beta, float *c) {
  (void)transpose_a, (void)transpose_b, (void)m, (void)n, (void)k;
  (void)alpha, (void)a, (void)b, (void)beta, (void)c;
}

#endif
