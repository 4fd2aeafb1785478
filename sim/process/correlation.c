#include "sim/process/correlation.h"

#include <lapacke.h>
#include <stddef.h>

hft_status hft_correlation_factor(double *matrix, int n, hft_error *error) {
  const char *where = "correlation";
  size_t size = (size_t)n;
  for (size_t i = 0; i < size; i++) {
    if (!(matrix[i * size + i] == 1)) {
      return hft_fail(error, HFT_ECONFIG, where, "row %zu: the diagonal element is not 1", i);
    }
    for (size_t j = 0; j < i; j++) {
      if (!(matrix[i * size + j] == matrix[j * size + i])) {
        return hft_fail(error, HFT_ECONFIG, where, "rows %zu and %zu: the matrix is not symmetric",
                        j, i);
      }
    }
  }
  lapack_int result = LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', n, matrix, n);
  if (result != 0) {
    return hft_fail(error, HFT_ECONFIG, where, "the matrix is not positive definite (row %d)",
                    (int)result - 1);
  }
  for (size_t i = 0; i < size; i++) {
    for (size_t j = i + 1; j < size; j++) matrix[i * size + j] = 0;
  }
  return HFT_OK;
}

void hft_correlation_apply(const double *factor, int n, const double *z, double *out) {
  size_t size = (size_t)n;
  for (size_t i = 0; i < size; i++) {
    double sum = 0;
    for (size_t j = 0; j <= i; j++) sum += factor[i * size + j] * z[j];
    out[i] = sum;
  }
}
