// Matrix products with AVX-512, an inner header of blas. OpenBLAS chooses its kernels by the CPU's
// model: a version older than the CPU chooses AVX2, with half the speed (0.3.21 on Zen 4 and 5).
#ifndef HFTSIM_AGENTS_NN_GEMM_AVX512_H
#define HFTSIM_AGENTS_NN_GEMM_AVX512_H

#include <stdbool.h>

// Whether this CPU can run hft_gemm_avx512.
bool hft_gemm_avx512_works(void);
// As hft_gemm. Each element is a sum over k in its order, so it does not depend on m and n.
void hft_gemm_avx512(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha,
                     const float *a, const float *b, float beta, float *c);

#endif
