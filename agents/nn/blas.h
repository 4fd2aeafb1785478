// Matrix products by OpenBLAS. The only file that includes its header is blas.c.
#ifndef HFTSIM_AGENTS_NN_BLAS_H
#define HFTSIM_AGENTS_NN_BLAS_H

#include <stdbool.h>

// Holds OpenBLAS to the calling thread: training has threads of its own, and small products lose
// with two. Safe to call again.
void hft_blas_hold(void);
// c[m][n] = alpha a b + beta c, all row-major and dense; a is [m][k], or [k][m] with transpose_a;
// b is [k][n], or [n][k] with transpose_b. Sizes are at least 1. With beta = 0, c is not read. No
// allocation; the bits are the same for every call on one machine.
void hft_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a,
              const float *b, float beta, float *c);

#endif
