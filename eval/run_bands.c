#include "eval/run_bands.h"

#include <math.h>
#include <stdlib.h>

#include "sim/base/units.h"
#include "stats/stats.h"

#define PIECE_ROWS 4096  // read at once

const char *const hft_band_statistic_name[HFT_BAND_STATISTICS] = {"mean", "p5", "p25", "p75",
                                                                  "p95"};

// A walk over the rows of all episodes.
typedef struct walk {
  const hft_run *run;
  int contestant;
  int64_t episode;  // of the last row; -1: none
  int64_t count;    // episodes so far
  int64_t step;     // of the row in its episode
  int64_t longest;  // steps of the longest episode so far
  double start;     // time of the episode's first row, ns
  double peak;      // highest equity so far
} walk;

// What a walk stores: values[point][quantity][episode].
typedef struct table {
  int episodes, points;
  int64_t longest;
  double *time, *values;
  int next;  // point that is stored next
} table;

static int64_t step_of(const table *t, int point) {
  return t->points < 2 ? 0 : (int64_t)point * (t->longest - 1) / (t->points - 1);
}

static double *value_at(const table *t, int point, int quantity) {
  return t->values + ((size_t)point * HFT_BAND_QUANTITIES + (size_t)quantity) * (size_t)t->episodes;
}

static void store(const walk *w, table *t, const hft_results_step *row) {
  if (w->count > t->episodes || t->next == t->points || w->step != step_of(t, t->next)) return;
  int64_t episode = w->count - 1;
  double time = ((double)row->time - w->start) / (double)HFT_SECOND;
  if (isnan(t->time[t->next])) t->time[t->next] = time;
  value_at(t, t->next, HFT_BAND_EQUITY)[episode] = row->equity;
  value_at(t, t->next, HFT_BAND_DRAWDOWN)[episode] = row->equity - w->peak;
  value_at(t, t->next, HFT_BAND_INVENTORY)[episode] = (double)row->inventory;
  value_at(t, t->next, HFT_BAND_EXECUTED)[episode] = (double)row->executed;
  value_at(t, t->next, HFT_BAND_PLAN)[episode] = row->plan;
  t->next++;
}

static void visit(walk *w, table *t, const hft_results_step *row) {
  if (row->episode != w->episode || w->count == 0) {
    w->episode = row->episode;
    w->count++;
    w->step = 0;
    w->start = (double)row->time;
    w->peak = 0;
    if (t != NULL) t->next = 0;
  } else {
    w->step++;
  }
  if (w->step >= w->longest) w->longest = w->step + 1;
  if (row->equity > w->peak) w->peak = row->equity;
  if (t != NULL) store(w, t, row);
}

// Walks over all rows; stores values where `t` is not null.
static hft_status walk_rows(walk *w, table *t, hft_results_step *piece, hft_error *error) {
  int64_t rows = hft_run_rows(w->run, w->contestant, HFT_RESULTS_STEPS);
  for (int64_t first = 0; first < rows; first += PIECE_ROWS) {
    size_t count = (size_t)(rows - first < PIECE_ROWS ? rows - first : PIECE_ROWS);
    hft_status status =
        hft_run_read(w->run, w->contestant, HFT_RESULTS_STEPS, first, count, piece, error);
    if (status != HFT_OK) return status;
    for (size_t i = 0; i < count; i++) visit(w, t, &piece[i]);
  }
  return HFT_OK;
}

// The statistics of values[count], of which those that are NaN do not count. Sorts them.
static void summarise(double *values, int count, double out[HFT_BAND_STATISTICS]) {
  static const double share[HFT_BAND_STATISTICS] = {0, 0.05, 0.25, 0.75, 0.95};
  hft_moments moments = {0};
  size_t kept = 0;
  for (int i = 0; i < count; i++) {
    if (isnan(values[i])) continue;
    hft_moments_add(&moments, values[i]);
    values[kept++] = values[i];
  }
  hft_sort(values, kept);
  for (int s = 0; s < HFT_BAND_STATISTICS; s++) {
    out[s] = kept == 0            ? NAN
             : s == HFT_BAND_MEAN ? moments.mean
                                  : hft_quantile(values, kept, share[s]);
  }
}

static hft_status allocate(hft_run_bands *out, table *t) {
  size_t points = (size_t)t->points, values = points * HFT_BAND_QUANTITIES * (size_t)t->episodes;
  t->time = out->time = malloc(points * sizeof *out->time);
  t->values = malloc(values * sizeof *t->values);
  bool made = t->time != NULL && t->values != NULL;
  for (int q = 0; q < HFT_BAND_QUANTITIES; q++) {
    for (int s = 0; s < HFT_BAND_STATISTICS; s++) {
      out->value[q][s] = malloc(points * sizeof(double));
      made = made && out->value[q][s] != NULL;
    }
  }
  if (!made) return HFT_ENOMEM;
  for (size_t i = 0; i < points; i++) t->time[i] = NAN;
  for (size_t i = 0; i < values; i++) t->values[i] = NAN;
  return HFT_OK;
}

static hft_status read_bands(const hft_run *run, int contestant, int points_max,
                             hft_results_step *piece, table *t, hft_run_bands *out,
                             hft_error *error) {
  walk first = {.run = run, .contestant = contestant, .episode = -1}, second = first;
  hft_status status = walk_rows(&first, NULL, piece, error);
  if (status != HFT_OK || first.count == 0) return status;
  t->episodes = (int)(first.count < HFT_BAND_EPISODES_MAX ? first.count : HFT_BAND_EPISODES_MAX);
  t->longest = first.longest;
  t->points = (int)(first.longest < points_max ? first.longest : points_max);
  status = allocate(out, t);
  if (status != HFT_OK) return hft_fail(error, status, run->path, "out of memory");
  status = walk_rows(&second, t, piece, error);
  if (status != HFT_OK) return status;
  for (int p = 0; p < t->points; p++) {
    for (int q = 0; q < HFT_BAND_QUANTITIES; q++) {
      double statistic[HFT_BAND_STATISTICS];
      summarise(value_at(t, p, q), t->episodes, statistic);
      for (int s = 0; s < HFT_BAND_STATISTICS; s++) out->value[q][s][p] = statistic[s];
    }
  }
  out->episodes = t->episodes;
  out->points = t->points;
  return HFT_OK;
}

hft_status hft_run_bands_read(const hft_run *run, int contestant, int points_max,
                              hft_run_bands *out, hft_error *error) {
  *out = (hft_run_bands){0};
  if (hft_run_rows(run, contestant, HFT_RESULTS_STEPS) == 0) return HFT_OK;
  hft_results_step *piece = malloc(PIECE_ROWS * sizeof *piece);
  if (piece == NULL) return hft_fail(error, HFT_ENOMEM, run->path, "out of memory");
  table t = {0};
  hft_status status = read_bands(run, contestant, points_max, piece, &t, out, error);
  free(t.values);
  free(piece);
  if (status != HFT_OK) hft_run_bands_free(out);
  return status;
}

void hft_run_bands_free(hft_run_bands *bands) {
  free(bands->time);
  for (int q = 0; q < HFT_BAND_QUANTITIES; q++) {
    for (int s = 0; s < HFT_BAND_STATISTICS; s++) free(bands->value[q][s]);
  }
  *bands = (hft_run_bands){0};
}
