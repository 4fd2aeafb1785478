// Correlated normals: the lower Cholesky factor of a correlation matrix.
#ifndef HFTSIM_SIM_PROCESS_CORRELATION_H
#define HFTSIM_SIM_PROCESS_CORRELATION_H

#include "sim/base/status.h"

// Factors the symmetric positive definite matrix [n][n] (row major) into L L', in place: the lower
// triangle holds L, the rest 0 (LAPACK dpotrf). ECONFIG where the matrix has other ones than 1 on
// its diagonal, is not symmetric or not positive definite.
hft_status hft_correlation_factor(double *matrix, int n, hft_error *error);

// out[i] = sum over j <= i of factor[i][j] z[j]: n independent normals become correlated ones.
void hft_correlation_apply(const double *factor, int n, const double *z, double *out);

#endif
