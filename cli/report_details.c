// The recorded episodes of the page of hftsim report: prices in currency, times in s since the
// episode's start.
#include <math.h>
#include <stdlib.h>

#include "cli/report.h"
#include "codec/json.h"
#include "sim/base/check.h"
#include "sim/base/units.h"

#define DETAILS_MAX 3   // episodes of a contestant
#define STEPS_MAX 1000  // points of an episode; longer ones are thinned out
#define FILLS_MAX 5000
#define DEPTHS_MAX 600
#define PIECE_ROWS 1024  // read at once

// The rows of an episode in a table.
typedef struct span {
  int64_t first, count;
} span;

typedef struct detail {
  int64_t episode;
  span rows[HFT_RESULTS_TABLES];
} detail;

static int64_t row_episode(hft_results_table table, const void *rows, size_t i) {
  switch (table) {
    case HFT_RESULTS_STEPS:
      return ((const hft_results_step *)rows)[i].episode;
    case HFT_RESULTS_FILLS:
      return ((const hft_results_fill *)rows)[i].episode;
    default:
      return ((const hft_results_depth *)rows)[i].episode;
  }
}

// The detail of an episode. One that is new takes a place while there is one; null: there is none.
static detail *detail_of(detail *details, int *count, int64_t episode, bool may_add) {
  for (int d = 0; d < *count; d++) {
    if (details[d].episode == episode) return &details[d];
  }
  if (!may_add || *count == DETAILS_MAX) return NULL;
  details[*count] = (detail){.episode = episode};
  return &details[(*count)++];
}

// Finds the rows of the details in a table; the steps tell which episodes they are.
static hft_status find_rows(const hft_run *run, int c, hft_results_table table, void *piece,
                            detail *details, int *count, hft_error *error) {
  int64_t rows = hft_run_rows(run, c, table);
  for (int64_t first = 0; first < rows; first += PIECE_ROWS) {
    size_t got = (size_t)(rows - first < PIECE_ROWS ? rows - first : PIECE_ROWS);
    hft_status status = hft_run_read(run, c, table, first, got, piece, error);
    if (status != HFT_OK) return status;
    for (size_t i = 0; i < got; i++) {
      int64_t episode = row_episode(table, piece, i);
      if (episode < 0 || episode >= run->contestants[c].episodes) {
        return hft_fail(error, HFT_EDATA, run->path, "a row of %s is of no episode: damaged",
                        hft_results_schema[table]->name);
      }
      detail *d = detail_of(details, count, episode, table == HFT_RESULTS_STEPS);
      if (d == NULL) continue;
      span *at = &d->rows[table];
      if (at->count == 0) at->first = first + (int64_t)i;
      if (at->first + at->count == first + (int64_t)i) at->count++;
    }
  }
  return HFT_OK;
}

// The rows of a span; at most `max` of them, the first where it has more. Null: none, or an error.
static void *read_span(const hft_run *run, int c, hft_results_table table, span *at, int64_t max,
                       hft_status *status, hft_error *error) {
  if (at->count > max) at->count = max;
  if (*status != HFT_OK || at->count == 0) return NULL;
  void *rows = malloc((size_t)at->count * hft_results_schema[table]->row_size);
  if (rows == NULL) {
    *status = hft_fail(error, HFT_ENOMEM, run->path, "out of memory");
    return NULL;
  }
  *status = hft_run_read(run, c, table, at->first, (size_t)at->count, rows, error);
  return rows;
}

static double seconds(int64_t time, int64_t start) {
  return ((double)time - (double)start) / (double)HFT_SECOND;
}

static void push(json_t *list, double value) {
  json_array_append_new(list, hft_json_number(value));
}

static json_t *column(json_t *object, const char *name) {
  json_t *list = json_array();
  json_object_set_new(object, name, list);
  return list;
}

// ---- the tables ------------------------------------------------------------------------------

static void add_steps(json_t *object, const hft_results_step *rows, int64_t count, double tick) {
  json_t *time = column(object, "time"), *mid = column(object, "mid");
  json_t *equity = column(object, "equity"), *inventory = column(object, "inventory");
  json_t *executed = column(object, "executed"), *plan = column(object, "plan");
  int64_t points = count < STEPS_MAX ? count : STEPS_MAX;
  for (int64_t p = 0; p < points; p++) {
    int64_t i = points < 2 ? 0 : p * (count - 1) / (points - 1);
    push(time, seconds(rows[i].time, rows[0].time));
    push(mid, rows[i].mid * tick);
    push(equity, rows[i].equity);
    json_array_append_new(inventory, json_integer(rows[i].inventory));
    json_array_append_new(executed, json_integer(rows[i].executed));
    push(plan, rows[i].plan);
  }
}

static json_t *fills_json(const hft_results_fill *rows, int64_t count, int64_t start, double tick) {
  json_t *object = json_object();
  json_t *time = column(object, "time"), *price = column(object, "price");
  json_t *qty = column(object, "qty"), *role = column(object, "role");
  for (int64_t i = 0; i < count; i++) {
    push(time, seconds(rows[i].time, start));
    push(price, rows[i].price * tick);
    json_array_append_new(qty, json_integer(rows[i].qty));
    json_array_append_new(role, json_integer(rows[i].role));
  }
  return object;
}

static void push_levels(json_t *prices, json_t *sizes, const int32_t *price, const int32_t *qty,
                        double tick) {
  json_t *level_price = json_array(), *level_qty = json_array();
  for (int k = 0; k < HFT_RESULTS_LEVELS && price[k] > 0; k++) {
    push(level_price, price[k] * tick);
    json_array_append_new(level_qty, json_integer(qty[k]));
  }
  json_array_append_new(prices, level_price);
  json_array_append_new(sizes, level_qty);
}

static json_t *depth_json(const hft_results_depth *rows, int64_t count, int64_t start,
                          double tick) {
  if (count == 0) return json_null();
  json_t *object = json_object();
  json_t *time = column(object, "time");
  json_t *bid_price = column(object, "bid_price"), *bid_qty = column(object, "bid_qty");
  json_t *ask_price = column(object, "ask_price"), *ask_qty = column(object, "ask_qty");
  for (int64_t i = 0; i < count; i++) {
    push(time, seconds(rows[i].time, start));
    push_levels(bid_price, bid_qty, rows[i].bid_price, rows[i].bid_qty, tick);
    push_levels(ask_price, ask_qty, rows[i].ask_price, rows[i].ask_qty, tick);
  }
  return object;
}

// ---- an episode ------------------------------------------------------------------------------

static json_t *detail_json(const hft_run *run, int c, detail *d, hft_error *error) {
  const hft_run_contestant *contestant = &run->contestants[c];
  static const int64_t most[HFT_RESULTS_TABLES] = {10000000, FILLS_MAX, DEPTHS_MAX};
  hft_status status = HFT_OK;
  void *rows[HFT_RESULTS_TABLES];
  for (int t = 0; t < HFT_RESULTS_TABLES; t++) {
    rows[t] = read_span(run, c, (hft_results_table)t, &d->rows[t], most[t], &status, error);
  }
  json_t *object = NULL;
  if (status == HFT_OK) {
    const hft_results_step *steps = rows[HFT_RESULTS_STEPS];
    HFT_CHECK(steps != NULL);  // an episode is found by its steps
    double tick = contestant->tick_size;
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)contestant->seeds[d->episode]);
    object = json_pack("{s:I, s:s, s:f}", "episode", (json_int_t)d->episode, "seed", seed,
                       "tick_size", tick);
    add_steps(object, steps, d->rows[HFT_RESULTS_STEPS].count, tick);
    json_object_set_new(
        object, "fills",
        fills_json(rows[HFT_RESULTS_FILLS], d->rows[HFT_RESULTS_FILLS].count, steps[0].time, tick));
    json_object_set_new(
        object, "depth",
        depth_json(rows[HFT_RESULTS_DEPTH], d->rows[HFT_RESULTS_DEPTH].count, steps[0].time, tick));
  }
  for (int t = 0; t < HFT_RESULTS_TABLES; t++) free(rows[t]);
  return object;
}

json_t *cli_report_details(const hft_run *run, int c, hft_error *error) {
  detail details[DETAILS_MAX];
  int count = 0;
  void *piece = malloc(PIECE_ROWS * sizeof(hft_results_depth));
  hft_status status =
      piece != NULL ? HFT_OK : hft_fail(error, HFT_ENOMEM, run->path, "out of memory");
  for (int t = 0; t < HFT_RESULTS_TABLES && status == HFT_OK; t++) {
    status = find_rows(run, c, (hft_results_table)t, piece, details, &count, error);
  }
  free(piece);
  json_t *list = status == HFT_OK ? json_array() : NULL;
  for (int d = 0; d < count && list != NULL; d++) {
    json_t *object = detail_json(run, c, &details[d], error);
    if (object == NULL) {
      json_decref(list);
      return NULL;
    }
    json_array_append_new(list, object);
  }
  return list;
}
