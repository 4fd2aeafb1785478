// The metrics of the C API: plain arrays as an episode of eval/plain.h.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval/aggregates.h"
#include "eval/plain.h"
#include "include/hftsim.h"
#include "include/hftsim_metrics.h"

_Static_assert(HFTSIM_FILL_MAKER == HFT_FILL_MAKER && HFTSIM_FILL_TAKER == HFT_FILL_TAKER &&
                   HFTSIM_FILL_AUCTION == HFT_FILL_AUCTION &&
                   HFTSIM_FILL_TRANSFER == HFT_FILL_TRANSFER,
               "roles are those of the layers below");

#define PRICE_MAX ((int64_t)1 << 31)
#define LOTS_MAX ((int64_t)1 << 28)

static const hft_metric_info *info_of(int metric) {
  return metric >= 0 && metric < HFT_METRIC_COUNT ? &hft_metric_table[metric] : NULL;
}

int hftsim_metric_count(void) {
  return HFT_METRIC_COUNT;
}

const char *hftsim_metric_name(int metric) {
  return info_of(metric) != NULL ? info_of(metric)->name : NULL;
}

const char *hftsim_metric_unit(int metric) {
  return info_of(metric) != NULL ? info_of(metric)->unit : NULL;
}

const char *hftsim_metric_help(int metric) {
  return info_of(metric) != NULL ? info_of(metric)->help : NULL;
}

int hftsim_metric_direction(int metric) {
  return info_of(metric) != NULL ? info_of(metric)->direction : 0;
}

int hftsim_metric_find(const char *name) {
  for (int m = 0; name != NULL && m < HFT_METRIC_COUNT; m++) {
    if (strcmp(hft_metric_table[m].name, name) == 0) return m;
  }
  return -1;
}

// ---- an episode --------------------------------------------------------------------------------

static int fail(char *where, size_t bytes, int status, const char *member, const char *rule) {
  if (where != NULL && bytes > 0) snprintf(where, bytes, "%s: %s", member, rule);
  return status;
}

// Null: the pointers and counts are there. Else the name of the member that is wrong.
static const char *find_missing(const hftsim_trading *t) {
  if (t->bytes != sizeof *t) return "bytes";
  if (t->fill_count < 0 || t->fill_count > INT32_MAX) return "fill_count";
  if (t->mid_count < 1 || t->mid_count > INT32_MAX) return "mid_count";
  if (t->mid_time == NULL) return "mid_time";
  if (t->mid2 == NULL) return "mid2";
  if (t->fill_count == 0) return NULL;
  if (t->fill_time == NULL) return "fill_time";
  if (t->fill_lots == NULL) return "fill_lots";
  return t->fill_price == NULL ? "fill_price" : NULL;
}

// The mid of the path before a time, or at it where `at` is set. *from does not decrease.
static int64_t path_mid2(const hftsim_trading *t, int64_t *from, int64_t time, bool at) {
  while (*from + 1 < t->mid_count &&
         (t->mid_time[*from + 1] < time || (at && t->mid_time[*from + 1] == time))) {
    (*from)++;
  }
  return t->mid2[*from];
}

static int64_t given_or_path(const hftsim_trading *t, int64_t given, int64_t time, bool at) {
  int64_t from = 0;
  return given != 0 ? given : path_mid2(t, &from, time, at);
}

// A product that an invalid lot or price cannot make overflow: the check refuses 0.
static hft_cash cash_of(int64_t lots, int64_t price) {
  bool valid = lots >= -LOTS_MAX && lots <= LOTS_MAX && price > 0 && price <= PRICE_MAX;
  return valid ? -lots * price : 0;
}

static void copy_notes(const hftsim_trading *t, hft_fill_note *fill, hft_mid_note *mid) {
  int64_t at = 0;
  for (int64_t i = 0; i < t->mid_count; i++) mid[i] = (hft_mid_note){t->mid_time[i], t->mid2[i]};
  for (int64_t i = 0; i < t->fill_count; i++) {
    fill[i] = (hft_fill_note){
        .time = t->fill_time[i],
        .rested = t->fill_queue_time != NULL ? t->fill_queue_time[i] : 0,
        .qty = t->fill_lots[i],
        .cash = cash_of(t->fill_lots[i], t->fill_price[i]),
        .fee = t->fill_fee != NULL ? t->fill_fee[i] : 0,
        .mid2 = t->fill_mid2 != NULL ? t->fill_mid2[i] : path_mid2(t, &at, t->fill_time[i], false),
        .other = HFT_OWNER_NONE,
        .role = t->fill_role != NULL ? t->fill_role[i] : HFT_FILL_MAKER,
        .closing = t->fill_closing != NULL && t->fill_closing[i] != 0,
    };
  }
}

static hft_plain plain_of(const hftsim_trading *t, const hft_fill_note *fill,
                          const hft_mid_note *mid) {
  return (hft_plain){
      .trading = {.fill = fill,
                  .mid = mid,
                  .fill_count = (size_t)t->fill_count,
                  .mid_count = (size_t)t->mid_count,
                  .start = t->start,
                  .end = t->end,
                  .arrival_mid2 = given_or_path(t, t->arrival_mid2, t->start, false),
                  .release_mid2 = t->release_mid2,
                  .end_mid2 = given_or_path(t, t->end_mid2, t->end, true)},
      .parent = {t->parent_side, t->parent_lots},
      .tick_size = t->tick_size,
      .step = t->step,
      .tape = {.buy_qty = t->market_lots, .notional = t->market_notional},
      .orders = t->orders,
      .unfilled = t->unfilled_lots,
  };
}

static int compute(const hft_plain *plain, double *values, int count, char *where, size_t bytes) {
  hft_error error = {0};
  double all[HFT_METRIC_COUNT];
  if (hft_plain_check(plain, &error) != HFT_OK) {
    return fail(where, bytes, HFTSIM_BAD_ARGUMENT, error.where, error.text);
  }
  if (hft_plain_metrics(plain, all) != HFT_OK) {
    return fail(where, bytes, HFTSIM_LIMIT, "values", "out of memory");
  }
  for (int m = 0; m < count && m < HFT_METRIC_COUNT; m++) values[m] = all[m];
  return HFTSIM_OK;
}

int hftsim_metrics(const hftsim_trading *trading, double *values, int count, char *where,
                   size_t where_bytes) {
  if (where != NULL && where_bytes > 0) where[0] = '\0';
  if (trading == NULL || values == NULL || count < 0) {
    return fail(where, where_bytes, HFTSIM_BAD_ARGUMENT, trading == NULL ? "trading" : "values",
                "null, or a negative count");
  }
  const char *missing = find_missing(trading);
  if (missing != NULL) {
    return fail(where, where_bytes, HFTSIM_BAD_ARGUMENT, missing, "null, or out of range");
  }
  hft_fill_note *fill = malloc((size_t)(trading->fill_count + 1) * sizeof *fill);
  hft_mid_note *mid = malloc((size_t)trading->mid_count * sizeof *mid);
  int status = HFTSIM_LIMIT;
  if (fill != NULL && mid != NULL) {
    copy_notes(trading, fill, mid);
    const hft_plain plain = plain_of(trading, fill, mid);
    status = compute(&plain, values, count, where, where_bytes);
  }
  free(fill);
  free(mid);
  return status;
}

// ---- over episodes -----------------------------------------------------------------------------

int hftsim_aggregate_count(void) {
  return HFT_AGGREGATE_COUNT;
}

const char *hftsim_aggregate_name(int aggregate) {
  bool exists = aggregate >= 0 && aggregate < HFT_AGGREGATE_COUNT;
  return exists ? hft_aggregate_table[aggregate].name : NULL;
}

int hftsim_aggregates(const double *values, size_t value_count, uint64_t seed, double *estimates,
                      int count) {
  bool given = values != NULL || value_count == 0;
  if (!given || estimates == NULL || count < 0 || value_count > UINT32_MAX) {
    return HFTSIM_BAD_ARGUMENT;
  }
  hft_rng rng = hft_rng_stream(seed, 0, 0);
  hft_estimate all[HFT_AGGREGATE_COUNT];
  if (hft_aggregate_values(values, value_count, &rng, all) != HFT_OK) return HFTSIM_LIMIT;
  for (int a = 0; a < count && a < HFT_AGGREGATE_COUNT; a++) {
    double *triple = estimates + 3 * (size_t)a;
    triple[0] = all[a].value;
    triple[1] = all[a].interval.low;
    triple[2] = all[a].interval.high;
  }
  return HFTSIM_OK;
}
