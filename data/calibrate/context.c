#include "data/calibrate/context.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/math.h"
#include "stats/stats.h"

#define LN10 2.302585092994046
#define ACTIVITY_GAIN 0.1
#define ACTIVITY_BEGIN 200  // waits, whose mean the activity begins with
#define LOG10_LEAST (-7)    // of a wait, for the activity
#define UNKNOWN_WAIT 1.0    // s, the class of a wait that is not known
#define LOG_QUEUE_MAX 3
#define LOG_ORDERS_MAX 2

static const double spread_edges[HFT_FLOW_SPREADS - 1] = {2, 3, 4, 6, 9, 13, 19, 28, 41};
static const double wait_edges[HFT_FLOW_WAITS - 1] = {2e-6, 2e-5, 2e-4, 2e-3, 5e-2};
static const double class_shares[5] = {0.1, 0.3, 0.5, 0.7, 0.9};
static const double wait_spread_shares[HFT_FLOW_GROUPS - 1] = {0.5, 0.85};
#define SPREAD_CAP_SHARE 0.9995
#define SPREAD_TOP_SHARE 0.95

int hft_edge_class(const double *edges, int count, double value) {
  int k = 0;
  while (k < count && value >= edges[k]) k++;
  return k;
}

double hft_quantile_of(double *values, size_t count, double p) {
  if (count == 0) return NAN;
  hft_sort(values, count);
  return hft_quantile(values, count, p);
}

static double log10_of(double seconds) {
  return seconds > 1e-7 ? hft_log(seconds) / LN10 : LOG10_LEAST;
}

static double clip(double x, double most) {
  return x < -most ? -most : x > most ? most : x;
}

static int32_t spread_of(const hft_tape_event *event) {
  return event->best[HFT_ASK] - event->best[HFT_BID];
}

// ---- edges -----------------------------------------------------------------------------------

// Edges at quantiles of values, which it sorts. Equal ones stand once; above them come edges that
// no value reaches.
static void edges_at(double *values, size_t count, const double *shares, int edge_count,
                     double *edges) {
  int used = 0;
  if (count > 0) hft_sort(values, count);
  for (int k = 0; k < edge_count && count > 0; k++) {
    double edge = hft_quantile(values, count, shares[k]);
    if (used == 0 || edge > edges[used - 1]) edges[used++] = edge;
  }
  double above = count > 0 ? values[count - 1] : 0;
  for (int k = used; k < edge_count; k++) {
    double last = k > 0 ? edges[k - 1] : 0;
    edges[k] = 1 + floor(last > above ? last : above) + (last > above ? 1 : 0);
  }
}

// Wide spreads get wide classes: the uppermost begins within what the tape shows.
static void set_spread_edges(double top, hft_flow_tables *tables) {
  double last = spread_edges[HFT_FLOW_SPREADS - 2];
  double scale = top > last ? top / last : 1;
  for (int k = 0; k < HFT_FLOW_SPREADS - 1; k++) {
    double edge = floor(spread_edges[k] * scale + 0.5);
    double least = k > 0 ? tables->spread_edges[k - 1] + 1 : 2;
    tables->spread_edges[k] = edge > least ? edge : least;
  }
}

static void set_spreads(double *values, size_t count, hft_flow_tables *tables) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += values[i];
  tables->spread_mean = sum / (double)count;
  hft_sort(values, count);
  tables->spread_cap = floor(hft_quantile(values, count, SPREAD_CAP_SHARE));
  tables->move_spread = hft_quantile(values, count, 0.5);
  set_spread_edges(hft_quantile(values, count, SPREAD_TOP_SHARE), tables);
  for (int k = 0; k < HFT_FLOW_GROUPS - 1; k++) {
    double edge = floor(hft_quantile(values, count, wait_spread_shares[k])) + 1;
    double least = k > 0 ? tables->wait_spread_edges[k - 1] + 1 : edge;
    tables->wait_spread_edges[k] = edge > least ? edge : least;
  }
}

// The edges that do not depend on the order of the events.
static hft_status set_book_edges(const hft_watched *watched, double lot, hft_flow_tables *tables,
                                 hft_error *error) {
  double *spread = malloc(3 * (watched->count + 1) * sizeof *spread);
  if (spread == NULL) return hft_fail(error, HFT_ENOMEM, "calibrate", "out of memory");
  double *queue = spread + watched->count + 1;
  size_t count = 0;
  for (size_t i = 0; i < watched->count; i++) {
    const hft_tape_event *event = &watched->event[i];
    if (event->part != HFT_TAPE_TRAIN) continue;
    queue[2 * count] = ceil((double)event->queue[HFT_BID] / lot);
    queue[2 * count + 1] = ceil((double)event->queue[HFT_ASK] / lot);
    spread[count++] = spread_of(event);
  }
  if (count > 0) set_spreads(spread, count, tables);
  edges_at(queue, 2 * count, class_shares, HFT_FLOW_QUEUES - 1, tables->queue_edges);
  tables->queue_mean = count > 0 ? hft_quantile(queue, 2 * count, 0.5) : 1;
  free(spread);
  tables->orders_mean =
      watched->samples > 0 ? watched->sampled_orders / (2 * (double)watched->samples) : 1;
  memcpy(tables->wait_edges, wait_edges, sizeof wait_edges);
  return HFT_OK;
}

// ---- the order of events ---------------------------------------------------------------------

static double wait_of(const hft_watched *watched, size_t i) {
  if (i == 0 || watched->event[i].first) return NAN;
  return (double)(watched->event[i].time - watched->event[i - 1].time) / (double)HFT_SECOND;
}

static double first_activity(const hft_watched *watched) {
  double sum = 0;
  int count = 0;
  for (size_t i = 0; i < watched->count && count < ACTIVITY_BEGIN; i++) {
    double wait = wait_of(watched, i);
    if (isnan(wait)) continue;
    sum += log10_of(wait);
    count++;
  }
  return count > 0 ? sum / count : 0;
}

// Sets the waits and the activity of all contexts, and the tables' edges of the activity.
static hft_status set_activity(const hft_watched *watched, hft_flow_tables *tables,
                               hft_context *contexts, hft_error *error) {
  double *values = malloc((watched->count + 1) * sizeof *values);
  if (values == NULL) return hft_fail(error, HFT_ENOMEM, "calibrate", "out of memory");
  tables->activity_gain = ACTIVITY_GAIN;
  double activity = first_activity(watched), sum = 0;
  size_t count = 0;
  for (size_t i = 0; i < watched->count; i++) {
    hft_context *c = &contexts[i];
    c->wait = wait_of(watched, i);
    c->activity = activity;
    if (watched->event[i].part == HFT_TAPE_TRAIN) {
      values[count++] = activity;
      sum += activity;
    }
    if (!isnan(c->wait)) activity += ACTIVITY_GAIN * (log10_of(c->wait) - activity);
  }
  tables->activity_start = count > 0 ? sum / (double)count : 0;
  edges_at(values, count, class_shares, HFT_FLOW_ACTIVITIES - 1, tables->activity_edges);
  free(values);
  return HFT_OK;
}

// What happened before an event.
typedef struct history {
  uint8_t last, before;
  bool rose;
  int since;
} history;

static void remember(history *h, const hft_tape_event *event) {
  h->before = h->last;
  h->last = (uint8_t)(2 * event->kind + event->side);
  int64_t mid2 = (int64_t)event->best[HFT_BID] + event->best[HFT_ASK];
  if (event->mid2_after != 0 && event->mid2_after != mid2) {
    h->rose = event->mid2_after > mid2;
    h->since = 0;
  } else {
    h->since++;
  }
}

static uint8_t imbalance_of(const hft_tape_event *event) {
  double bid = (double)event->queue[HFT_BID], ask = (double)event->queue[HFT_ASK];
  int k = (int)(((bid - ask) / (bid + ask) + 1) * (HFT_FLOW_IMBALANCES / 2.0));
  return (uint8_t)(k < 0 ? 0 : k >= HFT_FLOW_IMBALANCES ? HFT_FLOW_IMBALANCES - 1 : k);
}

static void set_context(const hft_tape_event *event, const history *h, double lot,
                        const hft_flow_tables *t, hft_context *c) {
  c->spread = spread_of(event);
  c->outcome = (uint8_t)(2 * event->kind + event->side);
  c->part = event->part;
  c->spread_class = (uint8_t)hft_edge_class(t->spread_edges, HFT_FLOW_SPREADS - 1, c->spread);
  double wait = isnan(c->wait) ? UNKNOWN_WAIT : c->wait;
  c->wait_class = (uint8_t)hft_edge_class(t->wait_edges, HFT_FLOW_WAITS - 1, wait);
  c->activity_class =
      (uint8_t)hft_edge_class(t->activity_edges, HFT_FLOW_ACTIVITIES - 1, c->activity);
  c->wait_group = (uint8_t)hft_edge_class(t->wait_spread_edges, HFT_FLOW_GROUPS - 1, c->spread);
  c->imbalance = imbalance_of(event);
  c->last = h->last;
  c->before = h->before;
  int since = h->since < 1 ? 0 : h->since < 3 ? 1 : h->since < 10 ? 2 : 3;
  c->move = (uint8_t)((c->spread > t->move_spread ? 4 : 0) + since);
  c->rose = h->rose;
  for (int side = 0; side < 2; side++) {
    double queue = ceil((double)event->queue[side] / lot);
    c->log_queue[side] = clip(hft_log(queue / t->queue_mean), LOG_QUEUE_MAX);
    c->log_orders[side] = clip(hft_log((event->orders[side] + 1) / t->orders_mean), LOG_ORDERS_MAX);
  }
}

hft_status hft_contexts(const hft_watched *watched, double lot, hft_flow_tables *tables,
                        hft_context **out, hft_error *error) {
  *out = calloc(watched->count + 1, sizeof **out);
  if (*out == NULL) return hft_fail(error, HFT_ENOMEM, "calibrate", "out of memory");
  hft_status status = set_book_edges(watched, lot, tables, error);
  if (status == HFT_OK) status = set_activity(watched, tables, *out, error);
  history h = {.rose = true, .since = HFT_MOVE_LONG_AGO};
  for (size_t i = 0; i < watched->count && status == HFT_OK; i++) {
    set_context(&watched->event[i], &h, lot, tables, &(*out)[i]);
    remember(&h, &watched->event[i]);
  }
  if (status == HFT_OK) return HFT_OK;
  free(*out);
  *out = NULL;
  return status;
}
