#include "stats/stats.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sim/base/check.h"
#include "sim/base/dist.h"
#include "stats/distribution.h"

double hft_moments_sd(const hft_moments *moments) {
  if (moments->count < 2) return NAN;
  return sqrt(moments->square_sum / (double)(moments->count - 1));
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;
  return (x > y) - (x < y);
}

void hft_sort(double *values, size_t count) {
  qsort(values, count, sizeof *values, compare);
}

double hft_quantile(const double *sorted, size_t count, double p) {
  HFT_CHECK(count > 0 && p >= 0 && p <= 1);
  double place = p * (double)(count - 1);
  size_t below = (size_t)place;
  if (below >= count - 1) return sorted[count - 1];
  double part = place - (double)below;
  return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

// Computes the means of samples drawn with replacement.
static void resample(const double *values, size_t count, hft_rng *rng, double *means) {
  for (int i = 0; i < HFT_BOOTSTRAP_RESAMPLES; i++) {
    double sum = 0;
    for (size_t j = 0; j < count; j++) sum += values[hft_bounded(rng, (uint32_t)count)];
    means[i] = sum / (double)count;
  }
}

// Efron's z0: how far the sample's mean is from the median of the resampled ones, in normal units.
// The means are in ascending order. Some equal the sample's but for rounding: half of them count as
// below it.
static double bias_correction(const double *means, size_t count, double mean) {
  double rounding = 1e-12 * (means[count - 1] - means[0] + fabs(mean));
  double below = 0;
  for (size_t i = 0; i < count; i++) {
    double deviation = means[i] - mean;
    below += deviation < -rounding ? 1 : deviation <= rounding ? 0.5 : 0;
  }
  double least = 0.5 / (double)count;
  return hft_normal_quantile(fmin(fmax(below / (double)count, least), 1 - least));
}

// Efron's a from the jackknife, which has a closed form for a mean: a sixth of the skewness over
// the root of the sample's size. NaN are left out.
static double acceleration(const double *values, size_t count, double mean) {
  double squares = 0;
  double cubes = 0;
  for (size_t i = 0; i < count; i++) {
    double deviation = isnan(values[i]) ? 0 : values[i] - mean;
    squares += deviation * deviation;
    cubes += deviation * deviation * deviation;
  }
  return cubes / (6 * squares * sqrt(squares));
}

// The interval of a mean with the acceleration a, from its resampled means in ascending order.
static hft_interval bca(const double *means, size_t count, double mean, double a,
                        double confidence) {
  double z0 = bias_correction(means, count, mean);
  double end[2];
  for (int i = 0; i < 2; i++) {
    double z = z0 + hft_normal_quantile(i == 0 ? (1 - confidence) / 2 : (1 + confidence) / 2);
    end[i] = hft_quantile(means, count, hft_normal_cdf(z0 + z / (1 - a * z)));
  }
  return (hft_interval){end[0], end[1]};
}

hft_status hft_bootstrap_mean(const double *values, size_t count, double confidence, hft_rng *rng,
                              hft_interval *out) {
  HFT_CHECK(confidence > 0 && confidence < 1 && count <= UINT32_MAX);
  if (count < 2) {
    *out = (hft_interval){NAN, NAN};
    return HFT_OK;
  }
  hft_moments moments = {0};
  for (size_t i = 0; i < count; i++) hft_moments_add(&moments, values[i]);
  if (!(moments.square_sum > 0)) {
    *out = (hft_interval){values[0], values[0]};
    return HFT_OK;
  }
  double *means = malloc(HFT_BOOTSTRAP_RESAMPLES * sizeof *means);
  if (means == NULL) return HFT_ENOMEM;
  resample(values, count, rng, means);
  double a = acceleration(values, count, moments.mean);
  hft_sort(means, HFT_BOOTSTRAP_RESAMPLES);
  *out = bca(means, HFT_BOOTSTRAP_RESAMPLES, moments.mean, a, confidence);
  free(means);
  return HFT_OK;
}

// ---- columns -----------------------------------------------------------------------------------

#define AT_ONCE 8  // resamples, whose sums are independent: they fill a vector register
#define TILE 256   // rows whose weights stay in the nearest cache while all columns pass

typedef double weights[AT_ONCE];  // how many times each resample has drawn a row

// A column that is resampled.
typedef struct resampled {
  const double *value;    // [rows], 0 where there is none
  const double *present;  // [rows]: 1 where there is a value, else 0; null: everywhere
  hft_moments moments;    // of its values
  size_t valid;           // resamples with a mean
  double *means;
  weights sum, drawn;  // of the resamples at work: of values, and their number
} resampled;

typedef struct columns_work {
  const hft_columns *columns;
  resampled *column;  // [columns]
  double *means;      // [columns][HFT_BOOTSTRAP_RESAMPLES]
  double *filled;     // [columns with NaN][2][rows]: value and present
  weights *weight;    // [rows]
} columns_work;

static hft_moments moments_of(const double *values, size_t count) {
  hft_moments moments = {0};
  for (size_t i = 0; i < count; i++) {
    if (!isnan(values[i])) hft_moments_add(&moments, values[i]);
  }
  return moments;
}

static hft_status columns_allocate(columns_work *work, const hft_columns *columns) {
  size_t rows = columns->rows;
  size_t gaps = 0;
  for (size_t c = 0; c < columns->columns; c++) {
    if (moments_of(columns->column[c], rows).count < rows) gaps++;
  }
  *work = (columns_work){
      .columns = columns,
      .column = calloc(columns->columns + 1, sizeof *work->column),
      .means = calloc(columns->columns + 1, HFT_BOOTSTRAP_RESAMPLES * sizeof *work->means),
      .filled = calloc(gaps * rows + 1, 2 * sizeof *work->filled),
      .weight = calloc(rows + 1, sizeof *work->weight),
  };
  bool complete =
      work->column != NULL && work->means != NULL && work->filled != NULL && work->weight != NULL;
  return complete ? HFT_OK : HFT_ENOMEM;
}

static void columns_release(columns_work *work) {
  free(work->column);
  free(work->means);
  free(work->filled);
  free(work->weight);
}

// Points each column to its values, and those with NaN to a copy without.
static void columns_prepare(columns_work *work) {
  size_t rows = work->columns->rows;
  double *filled = work->filled;
  for (size_t c = 0; c < work->columns->columns; c++) {
    const double *value = work->columns->column[c];
    resampled *column = &work->column[c];
    column->value = value;
    column->means = work->means + c * HFT_BOOTSTRAP_RESAMPLES;
    column->moments = moments_of(value, rows);
    if (column->moments.count == rows) continue;
    for (size_t i = 0; i < rows; i++) {
      filled[i] = isnan(value[i]) ? 0 : value[i];
      filled[rows + i] = isnan(value[i]) ? 0 : 1;
    }
    column->value = filled;
    column->present = filled + rows;
    filled += 2 * rows;
  }
}

static void draw_weights(weights *weight, size_t rows, hft_rng *rng) {
  for (size_t i = 0; i < rows; i++) {
    for (int k = 0; k < AT_ONCE; k++) weight[i][k] = 0;
  }
  for (int k = 0; k < AT_ONCE; k++) {
    for (size_t i = 0; i < rows; i++) weight[hft_bounded(rng, (uint32_t)rows)][k] += 1;
  }
}

static void add_weighted(const double *value, const weights *weight, size_t count, weights sum) {
  weights total;
  for (int k = 0; k < AT_ONCE; k++) total[k] = sum[k];
  for (size_t i = 0; i < count; i++) {
    for (int k = 0; k < AT_ONCE; k++) total[k] += value[i] * weight[i][k];
  }
  for (int k = 0; k < AT_ONCE; k++) sum[k] = total[k];
}

// Draws as many resamples as are computed at once.
static void columns_resample(columns_work *work, hft_rng *rng) {
  size_t rows = work->columns->rows;
  draw_weights(work->weight, rows, rng);
  for (size_t i = 0; i < rows; i += TILE) {
    size_t count = rows - i < TILE ? rows - i : TILE;
    const weights *weight = (const weights *)(work->weight + i);
    for (size_t c = 0; c < work->columns->columns; c++) {
      resampled *column = &work->column[c];
      add_weighted(column->value + i, weight, count, column->sum);
      if (column->present != NULL) {
        add_weighted(column->present + i, weight, count, column->drawn);
      }
    }
  }
  for (size_t c = 0; c < work->columns->columns; c++) {
    resampled *column = &work->column[c];
    for (int k = 0; k < AT_ONCE; k++) {
      double drawn = column->present != NULL ? column->drawn[k] : (double)rows;
      if (drawn > 0) column->means[column->valid++] = column->sum[k] / drawn;
      column->sum[k] = column->drawn[k] = 0;
    }
  }
}

// The interval of a column that has been resampled.
static hft_interval column_interval(const resampled *column, const double *values, size_t rows,
                                    double confidence) {
  const hft_moments *moments = &column->moments;
  if (moments->count < 2 || column->valid == 0) return (hft_interval){NAN, NAN};
  if (!(moments->square_sum > 0)) return (hft_interval){moments->mean, moments->mean};
  hft_sort(column->means, column->valid);
  double a = acceleration(values, rows, moments->mean);
  return bca(column->means, column->valid, moments->mean, a, confidence);
}

hft_status hft_bootstrap_columns(const hft_columns *columns, double confidence, hft_rng *rng,
                                 hft_interval *out) {
  size_t rows = columns->rows;
  HFT_CHECK(confidence > 0 && confidence < 1 && rows <= UINT32_MAX);
  columns_work work;
  hft_status status = columns_allocate(&work, columns);
  if (status == HFT_OK) {
    columns_prepare(&work);
    for (int i = 0; i < HFT_BOOTSTRAP_RESAMPLES && rows > 1; i += AT_ONCE) {
      columns_resample(&work, rng);
    }
    for (size_t c = 0; c < columns->columns; c++) {
      out[c] = column_interval(&work.column[c], columns->column[c], rows, confidence);
    }
  }
  columns_release(&work);
  return status;
}

_Static_assert(HFT_BOOTSTRAP_RESAMPLES % AT_ONCE == 0, "whole groups of resamples");

// ---- series ----------------------------------------------------------------------------------

// Computes prefix sums: sum[t] is the sum of rows 0 .. t - 1, so that the sum of any block is a
// difference. Null: out of memory.
static double *prefix_sums(const hft_series *series) {
  size_t columns = series->columns;
  double *sum = malloc((series->count + 1) * columns * sizeof *sum);
  if (sum == NULL) return NULL;
  for (size_t c = 0; c < columns; c++) sum[c] = 0;
  for (size_t i = 0; i < series->count * columns; i++) sum[columns + i] = sum[i] + series->row[i];
  return sum;
}

// Adds the rows start .. start + length - 1 to the total; start + length <= count.
static void add_block(const double *sum, size_t columns, size_t start, size_t length,
                      double *total) {
  const double *before = sum + start * columns;
  const double *after = before + length * columns;
  for (size_t c = 0; c < columns; c++) total[c] += after[c] - before[c];
}

// Draws the column means of one resample.
static void draw_means(const hft_series *series, const double *sum, double scale, hft_rng *rng,
                       double *mean) {
  size_t count = series->count;
  for (size_t c = 0; c < series->columns; c++) mean[c] = 0;
  for (size_t drawn = 0; drawn < count;) {
    size_t start = hft_bounded(rng, (uint32_t)count);
    size_t length = (size_t)hft_geometric(rng, scale, INT32_MAX);
    if (length > count - drawn) length = count - drawn;
    size_t first = length < count - start ? length : count - start;
    add_block(sum, series->columns, start, first, mean);
    add_block(sum, series->columns, 0, length - first, mean);  // past the end: wraps around
    drawn += length;
  }
  for (size_t c = 0; c < series->columns; c++) mean[c] /= (double)count;
}

static hft_interval percentile_interval(double *values, size_t count, double confidence) {
  if (10 * count < 9 * (size_t)HFT_BOOTSTRAP_RESAMPLES) return (hft_interval){NAN, NAN};
  hft_sort(values, count);
  return (hft_interval){hft_quantile(values, count, (1 - confidence) / 2),
                        hft_quantile(values, count, (1 + confidence) / 2)};
}

hft_status hft_bootstrap_series(const hft_series *series, hft_statistic statistic,
                                const void *context, double confidence, hft_rng *rng,
                                hft_estimate *out) {
  size_t count = series->count;
  HFT_CHECK(confidence > 0 && confidence < 1 && count <= UINT32_MAX);
  HFT_CHECK(series->columns > 0 && series->columns <= HFT_SERIES_COLUMNS_MAX);
  *out = (hft_estimate){.value = NAN, .interval = {NAN, NAN}, .count = count};
  if (count < 2) return HFT_OK;
  double *sum = prefix_sums(series);
  double *values = malloc(HFT_BOOTSTRAP_RESAMPLES * sizeof *values);
  if (sum != NULL && values != NULL) {
    double mean[HFT_SERIES_COLUMNS_MAX] = {0};
    add_block(sum, series->columns, 0, count, mean);
    for (size_t c = 0; c < series->columns; c++) mean[c] /= (double)count;
    out->value = statistic(mean, context);
    double scale = hft_geometric_scale(sqrt((double)count));
    size_t valid = 0;
    for (int i = 0; i < HFT_BOOTSTRAP_RESAMPLES; i++) {
      draw_means(series, sum, scale, rng, mean);
      double value = statistic(mean, context);
      if (!isnan(value)) values[valid++] = value;
    }
    out->interval = percentile_interval(values, valid, confidence);
    out->existing = (double)valid / HFT_BOOTSTRAP_RESAMPLES;
  }
  hft_status status = sum != NULL && values != NULL ? HFT_OK : HFT_ENOMEM;
  free(values);
  free(sum);
  return status;
}

// ---- independent rows --------------------------------------------------------------------------

// Computes the column means of all rows, or of as many rows drawn with replacement.
static void row_means(const hft_series *series, hft_rng *rng, double *mean) {
  size_t count = series->count;
  size_t columns = series->columns;
  for (size_t c = 0; c < columns; c++) mean[c] = 0;
  for (size_t i = 0; i < count; i++) {
    size_t drawn = rng != NULL ? hft_bounded(rng, (uint32_t)count) : i;
    for (size_t c = 0; c < columns; c++) mean[c] += series->row[drawn * columns + c];
  }
  for (size_t c = 0; c < columns; c++) mean[c] /= (double)count;
}

// Resamples into values[statistic][resample], of which valid[statistic] exist.
static void resample_rows(const hft_series *series, hft_statistics *statistics, int statistic_count,
                          const void *context, hft_rng *rng, double *values, size_t *valid) {
  for (int i = 0; i < HFT_BOOTSTRAP_RESAMPLES; i++) {
    double mean[HFT_SERIES_COLUMNS_MAX];
    double of_resample[HFT_STATISTICS_MAX];
    row_means(series, rng, mean);
    statistics(mean, context, of_resample);
    for (int s = 0; s < statistic_count; s++) {
      if (isnan(of_resample[s])) continue;
      values[(size_t)s * HFT_BOOTSTRAP_RESAMPLES + valid[s]++] = of_resample[s];
    }
  }
}

hft_status hft_bootstrap_rows(const hft_series *series, hft_statistics *statistics,
                              int statistic_count, const void *context, double confidence,
                              hft_rng *rng, hft_estimate *out) {
  size_t count = series->count;
  HFT_CHECK(confidence > 0 && confidence < 1 && count <= UINT32_MAX);
  HFT_CHECK(series->columns > 0 && series->columns <= HFT_SERIES_COLUMNS_MAX);
  HFT_CHECK(statistic_count > 0 && statistic_count <= HFT_STATISTICS_MAX);
  for (int s = 0; s < statistic_count; s++) {
    out[s] = (hft_estimate){.value = NAN, .interval = {NAN, NAN}, .count = count};
  }
  if (count == 0) return HFT_OK;
  double mean[HFT_SERIES_COLUMNS_MAX];
  double of_sample[HFT_STATISTICS_MAX];
  row_means(series, NULL, mean);
  statistics(mean, context, of_sample);
  for (int s = 0; s < statistic_count; s++) out[s].value = of_sample[s];
  if (count < 2) return HFT_OK;
  double *values = malloc((size_t)statistic_count * HFT_BOOTSTRAP_RESAMPLES * sizeof *values);
  if (values == NULL) return HFT_ENOMEM;
  size_t valid[HFT_STATISTICS_MAX] = {0};
  resample_rows(series, statistics, statistic_count, context, rng, values, valid);
  for (int s = 0; s < statistic_count; s++) {
    out[s].interval =
        percentile_interval(values + (size_t)s * HFT_BOOTSTRAP_RESAMPLES, valid[s], confidence);
    out[s].existing = (double)valid[s] / HFT_BOOTSTRAP_RESAMPLES;
  }
  free(values);
  return HFT_OK;
}
