// Correlated normals by the lower Cholesky factor of a correlation matrix.
#ifndef HFTSIM_SIM_PROCESS_CORRELATION_H
#define HFTSIM_SIM_PROCESS_CORRELATION_H

#include "sim/base/status.h"

// Factors the symmetric positive definite matrix [n][n] (row major) into L L', in place: the lower
// triangle receives L, the rest 0 (LAPACK dpotrf). ECONFIG if the diagonal is not 1 or the matrix
// is not symmetric or not positive definite.
hft_status hft_correlation_factor(double *matrix, int n, hft_error *error);

// Turns n independent normals into correlated ones: out[i] = sum over j <= i of factor[i][j] z[j].
void hft_correlation_apply(const double *factor, int n, const double *z, double *out);

#endif
