// The data of the page of hftsim report.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"
#include "codec/json.h"
#include "eval/run_bands.h"
#include "sim/base/version.h"
#include "stats/stats.h"

#define POINTS_MAX 300   // of the bands over time
#define VALUES_MAX 2000  // of a metric; of more episodes, so many evenly spaced order statistics
#define CONFIDENCE 0.95

// ---- metrics ---------------------------------------------------------------------------------

// The summaries of a contestant's metrics in summary.json; null where it has none of that form: the
// metrics of the only strategy, or those of the i-th in `strategies`.
static const json_t *summaries_of(const hft_run *run, int contestant, const json_t *summary) {
  const json_t *list = json_object_get(summary, "strategies");
  if (json_is_array(list) && json_array_size(list) == (size_t)run->count) {
    return json_object_get(json_array_get(list, (size_t)contestant), "metrics");
  }
  return run->count == 1 ? json_object_get(summary, "metrics") : NULL;
}

// The values of a metric that are not NaN, ascending. The caller frees them.
static double *sorted_values(const hft_run_contestant *c, int metric, size_t *count) {
  double *values = malloc((size_t)(c->episodes + 1) * sizeof *values);
  *count = 0;
  for (int64_t i = 0; values != NULL && i < c->episodes; i++) {
    double value = c->values[i * c->metric_count + metric];
    if (!isnan(value)) values[(*count)++] = value;
  }
  if (values != NULL) hft_sort(values, *count);
  return values;
}

static json_t *summarised(const hft_run_contestant *c, int metric) {
  size_t count;
  double *values = sorted_values(c, metric, &count);
  if (values == NULL) return NULL;
  hft_moments moments = {0};
  for (size_t i = 0; i < count; i++) hft_moments_add(&moments, values[i]);
  hft_rng rng = hft_rng_seed(0, (uint64_t)metric);
  hft_interval interval;
  hft_status status = hft_bootstrap_mean(values, count, CONFIDENCE, &rng, &interval);
  double median = count > 0 ? hft_quantile(values, count, 0.5) : NAN;
  free(values);
  if (status != HFT_OK) return NULL;
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I}", "mean",
                   hft_json_number(count > 0 ? moments.mean : NAN), "ci_low",
                   hft_json_number(interval.low), "ci_high", hft_json_number(interval.high), "sd",
                   hft_json_number(hft_moments_sd(&moments)), "median", hft_json_number(median),
                   "episodes", (json_int_t)count);
}

// A copy of the summary, in which everything that is no number is null.
static json_t *copied(const json_t *found) {
  static const char *const keys[] = {"mean", "ci_low", "ci_high", "sd", "median", "episodes"};
  json_t *summary = json_object();
  for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
    json_t *value = json_object_get(found, keys[k]);
    json_object_set_new(summary, keys[k], json_is_number(value) ? json_incref(value) : json_null());
  }
  return summary;
}

json_t *cli_report_metrics(const hft_run *run, int contestant, const json_t *summary) {
  const hft_run_contestant *c = &run->contestants[contestant];
  const json_t *summaries = summaries_of(run, contestant, summary);
  json_t *list = json_array();
  for (int m = 0; m < c->metric_count; m++) {
    const hft_results_metric *about = &c->metrics[m];
    const json_t *found = json_object_get(summaries, about->name);
    json_t *metric = json_is_object(found) ? copied(found) : summarised(c, m);
    if (metric == NULL) {
      json_decref(list);
      return NULL;
    }
    json_object_set_new(metric, "name", hft_json_text(about->name));
    json_object_set_new(metric, "unit", hft_json_text(about->unit));
    json_object_set_new(metric, "help", hft_json_text(about->help));
    json_object_set_new(metric, "direction", json_integer(about->direction));
    json_array_append_new(list, metric);
  }
  return list;
}

static json_t *values_json(const hft_run_contestant *c) {
  json_t *object = json_object();
  for (int m = 0; m < c->metric_count; m++) {
    size_t count;
    double *values = sorted_values(c, m, &count);
    if (values == NULL) {
      json_decref(object);
      return NULL;
    }
    size_t shown = count < VALUES_MAX ? count : VALUES_MAX;
    json_t *list = json_array();
    for (size_t i = 0; i < shown; i++) {
      size_t at = shown < 2 ? 0 : i * (count - 1) / (shown - 1);
      json_array_append_new(list, hft_json_number(values[at]));
    }
    free(values);
    json_object_set_new(object, c->metrics[m].name, list);
  }
  return object;
}

// ---- series ----------------------------------------------------------------------------------

static json_t *numbers(const double *values, int count) {
  json_t *list = json_array();
  for (int i = 0; i < count; i++) json_array_append_new(list, hft_json_number(values[i]));
  return list;
}

static bool has_value(const double *values, int count) {
  for (int i = 0; i < count; i++) {
    if (!isnan(values[i])) return true;
  }
  return false;
}

// Null without a JSON value: an error.
static json_t *bands_json(const hft_run *run, int contestant, hft_error *error) {
  static const char *const names[HFT_BAND_QUANTITIES] = {"equity", "drawdown", "inventory",
                                                         "executed", "plan"};
  hft_run_bands bands;
  if (hft_run_bands_read(run, contestant, POINTS_MAX, &bands, error) != HFT_OK) return NULL;
  if (bands.episodes == 0) return json_null();
  json_t *object = json_pack("{s:i, s:o}", "episodes", bands.episodes, "time",
                             numbers(bands.time, bands.points));
  for (int q = 0; q < HFT_BAND_QUANTITIES; q++) {
    if (!has_value(bands.value[q][HFT_BAND_MEAN], bands.points)) continue;
    json_t *band = json_object();
    for (int s = 0; s < HFT_BAND_STATISTICS; s++) {
      json_object_set_new(band, hft_band_statistic_name[s],
                          numbers(bands.value[q][s], bands.points));
    }
    json_object_set_new(object, names[q], band);
  }
  hft_run_bands_free(&bands);
  return object;
}

// ---- the whole -------------------------------------------------------------------------------

static json_t *params_json(const char *text) {
  json_t *params = json_loads(text, 0, NULL);
  if (json_is_object(params)) return params;
  json_decref(params);
  return json_object();
}

static json_t *contestant_json(const hft_run *run, int number, int contestant,
                               const json_t *summary, hft_error *error) {
  const hft_run_contestant *c = &run->contestants[contestant];
  (void)hft_fail(error, HFT_ENOMEM, run->path, "out of memory");
  json_t *metrics = cli_report_metrics(run, contestant, summary);
  json_t *values = metrics != NULL ? values_json(c) : NULL;
  json_t *bands = values != NULL ? bands_json(run, contestant, error) : NULL;
  json_t *details = bands != NULL ? cli_report_details(run, contestant, error) : NULL;
  if (details == NULL) {
    json_decref(metrics);
    json_decref(values);
    json_decref(bands);
    return NULL;
  }
  return json_pack("{s:i, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "run", number, "name",
                   hft_json_text(c->name), "kind", hft_json_text(c->kind), "params",
                   params_json(c->params), "episodes", (json_int_t)c->episodes, "metrics", metrics,
                   "values", values, "bands", bands, "details", details);
}

// The last part of a path.
static const char *base_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static hft_status add_run(json_t *list, json_t *contestants, const hft_run *run, int number,
                          hft_error *error) {
  json_error_t found = {.line = 0};
  json_t *summary = json_loads(run->summary, 0, &found);
  if (!json_is_object(summary)) {
    json_decref(summary);
    return hft_fail(error, HFT_EDATA, run->path, "summary.json is damaged: %s",
                    found.text[0] != '\0' ? found.text : "not a JSON object");
  }
  hft_status status = HFT_OK;
  for (int c = 0; c < run->count && status == HFT_OK; c++) {
    json_t *contestant = contestant_json(run, number, c, summary, error);
    if (contestant == NULL) {
      status = error->status;
    } else {
      json_array_append_new(contestants, contestant);
    }
  }
  json_array_append_new(
      list,
      json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", hft_json_text(base_of(run->path)),
                "command", hft_json_text(run->command), "created", hft_json_text(run->created),
                "version", hft_json_text(run->version), "revision", hft_json_text(run->revision),
                "config", hft_json_text(run->config), "summary", summary));
  return status;
}

json_t *cli_report_data(hft_run *const *runs, int count, hft_error *error) {
  json_t *list = json_array(), *contestants = json_array();
  hft_status status = HFT_OK;
  for (int i = 0; i < count && status == HFT_OK; i++) {
    status = add_run(list, contestants, runs[i], i, error);
  }
  json_t *data = json_pack("{s:s, s:s, s:o, s:o}", "version", hft_version, "revision", hft_revision,
                           "runs", list, "contestants", contestants);
  if (status == HFT_OK && data == NULL) {
    status = hft_fail(error, HFT_ENOMEM, "report", "out of memory");
  }
  if (status == HFT_OK) return data;
  json_decref(data);
  return NULL;
}
