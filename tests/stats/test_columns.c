// Bootstrap intervals of many columns from the same resamples, against those of one column.
#include <stdbool.h>
#include <stdlib.h>

#include "sim/base/dist.h"
#include "stats/stats.h"
#include "tests/support/check.h"

enum { ROWS = 300, COLUMNS = 5 };

typedef struct table {
  double value[COLUMNS][ROWS];
  const double *column[COLUMNS];
} table;

static void fill(table *t, size_t rows) {
  hft_rng rng = hft_rng_stream(1, 0, 0);
  for (size_t c = 0; c < COLUMNS; c++) {
    t->column[c] = t->value[c];
    for (size_t i = 0; i < rows; i++) t->value[c][i] = hft_exponential(&rng) * (double)(c + 1);
  }
  // Whole numbers, whose resampled means are often equal to the mean.
  for (size_t i = 0; i < rows; i++) t->value[3][i] = i % 3 == 0 ? 1 : 0;
  for (size_t i = 0; i < rows; i++) t->value[4][i] = t->value[0][i] - t->value[1][i];
}

static void same_as_one_column(void **unused) {
  (void)unused;
  const size_t rows[] = {2, 3, 7, 255, 256, 257, ROWS};
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    table t;
    fill(&t, rows[k]);
    hft_interval together[COLUMNS];
    hft_rng rng = hft_rng_stream(2, 0, 0);
    const hft_columns columns = {t.column, COLUMNS, rows[k]};
    assert_int_equal(hft_bootstrap_columns(&columns, 0.9, &rng, together), HFT_OK);
    for (int c = 0; c < COLUMNS; c++) {
      hft_interval alone;
      rng = hft_rng_stream(2, 0, 0);
      assert_int_equal(hft_bootstrap_mean(t.column[c], rows[k], 0.9, &rng, &alone), HFT_OK);
      assert_near(together[c].low, alone.low, 1e-9);
      assert_near(together[c].high, alone.high, 1e-9);
    }
  }
}

// Missing values count for nothing: the interval is that of the others, but for the noise of
// resamples; and other columns do not see them.
static void missing_values(void **unused) {
  (void)unused;
  table t;
  fill(&t, ROWS);
  double others[ROWS];
  size_t count = 0;
  for (size_t i = 0; i < ROWS; i++) {
    if (i % 4 == 0) t.value[2][i] = NAN;
    if (i % 4 != 0) others[count++] = t.value[2][i];
  }
  hft_rng rng = hft_rng_stream(3, 0, 0);
  const hft_columns columns = {t.column, COLUMNS, ROWS};
  hft_interval interval[COLUMNS], alone;
  assert_int_equal(hft_bootstrap_columns(&columns, 0.95, &rng, interval), HFT_OK);
  assert_int_equal(hft_bootstrap_mean(others, count, 0.95, &rng, &alone), HFT_OK);
  double width = alone.high - alone.low;
  assert_near(interval[2].low, alone.low, 0.06 * width);
  assert_near(interval[2].high, alone.high, 0.06 * width);
  rng = hft_rng_stream(3, 0, 0);
  assert_int_equal(hft_bootstrap_mean(t.column[0], ROWS, 0.95, &rng, &alone), HFT_OK);
  assert_near(interval[0].low, alone.low, 1e-9);
}

static void degenerate_columns(void **unused) {
  (void)unused;
  enum { FEW = 6 };
  const double none[FEW] = {NAN, NAN, NAN, NAN, NAN, NAN};
  const double one[FEW] = {NAN, NAN, 4, NAN, NAN, NAN};
  const double equal[FEW] = {2, 2, NAN, 2, 2, 2};
  const double two[FEW] = {1, NAN, NAN, NAN, NAN, 3};
  const double *column[] = {none, one, equal, two};
  const hft_columns columns = {column, 4, FEW};
  hft_interval interval[4];
  hft_rng rng = hft_rng_stream(4, 0, 0);
  assert_int_equal(hft_bootstrap_columns(&columns, 0.95, &rng, interval), HFT_OK);
  assert_true(isnan(interval[0].low) && isnan(interval[0].high));
  assert_true(isnan(interval[1].low) && isnan(interval[1].high));
  assert_true(interval[2].low == 2 && interval[2].high == 2);
  assert_true(interval[3].low == 1 && interval[3].high == 3);
  for (size_t rows = 0; rows < 2; rows++) {
    const hft_columns short_ones = {column + 2, 2, rows};
    assert_int_equal(hft_bootstrap_columns(&short_ones, 0.95, &rng, interval), HFT_OK);
    assert_true(isnan(interval[0].low) && isnan(interval[1].high));
  }
  const hft_columns nothing = {column, 0, FEW};
  assert_int_equal(hft_bootstrap_columns(&nothing, 0.95, &rng, interval), HFT_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_as_one_column),
      cmocka_unit_test(missing_values),
      cmocka_unit_test(degenerate_columns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
