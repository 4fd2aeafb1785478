#include "data/calibrate/laws.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/math.h"
#include "stats/stats.h"

#define LN10 2.302585092994046
#define WAIT_POINTS 45
#define WAIT_LEAST 60     // waits of a cell
#define LOG10_ZERO (-10)  // of a wait of 0 s
#define PLACE_POINTS 65
#define PLACE_LEAST 40  // orders of a class
#define SIZE_POINTS 257
#define OPEN_POINTS 129
#define SPLIT_LEAST 30    // market orders of a class
#define SPREAD_LEAST 100  // events of a class
#define MOVES_LEAST 2
#define VOLATILITY_LEAST 0.01  // ticks per sqrt(s)
#define CANCEL_ROUNDS 200
#define CANCEL_PRIOR 0.5  // orders, added to both sides of each ratio

static hft_status out_of_memory(hft_error *error) {
  return hft_fail(error, HFT_ENOMEM, "calibrate", "out of memory");
}

// ---- quantiles -------------------------------------------------------------------------------

// The mean of 10^x for x uniform in a .. b.
static double mean_between(double a, double b) {
  if (b - a < 1e-6) return hft_exp(a * LN10);
  return (hft_exp(b * LN10) - hft_exp(a * LN10)) / ((b - a) * LN10);
}

// Quantiles of logarithms of waits, which it sorts, at points 0, 1 / (points - 1), ..., 1, for
// linear interpolation. The largest wait stands for all above the last point but one: it is such
// that their mean is that of the tape.
static void interpolated(double *values, size_t count, int points, double *out) {
  hft_sort(values, count);
  for (int k = 0; k < points; k++) {
    out[k] = hft_quantile(values, count, (double)k / (points - 1));
  }
  double last = out[points - 2], sum = 0;
  size_t n = 0;
  for (size_t i = count; i-- > 0 && values[i] > last; n++) sum += hft_exp(values[i] * LN10);
  double low = last, high = out[points - 1];
  for (int i = 0; n > 0 && i < 50; i++) {
    double middle = (low + high) / 2;
    *(mean_between(last, middle) < sum / (double)n ? &low : &high) = middle;
  }
  out[points - 1] = high;
}

// The mean of an end of sorted values, rounded.
static double end_mean(const double *sorted, size_t first, size_t last) {
  double sum = 0;
  for (size_t i = first; i < last; i++) sum += sorted[i];
  return floor(sum / (double)(last - first) + 0.5);
}

// Values to draw from, each as often: quantiles that are values themselves (Hyndman and Fan's type
// 3, the nearest order statistic). The ends, which are drawn half as often, are the means of what
// they stand for, so that a rare large value is drawn no more often than it was seen.
static void nearest(double *values, size_t count, int points, double otherwise, double *out) {
  if (count > 0) hft_sort(values, count);
  for (int k = 0; k < points; k++) {
    if (count == 0) {
      out[k] = otherwise;
      continue;
    }
    double at = (double)count * ((double)k / (points - 1)) - 1.5;
    double below = floor(at);
    if (at != below || fmod(below, 2) == 0) below += 1;
    out[k] = values[below < 0 ? 0 : (size_t)below];
  }
  size_t end = count / (size_t)(2 * (points - 1));
  if (count == 0 || end == 0) return;
  out[0] = end_mean(values, 0, end);
  out[points - 1] = end_mean(values, count - end, count);
  if (out[0] > out[1]) out[0] = out[1];
  if (out[points - 1] < out[points - 2]) out[points - 1] = out[points - 2];
}

static void size_table(double *values, size_t count, hft_quantiles *out) {
  out->count = SIZE_POINTS;
  nearest(values, count, SIZE_POINTS, 1, out->value);
}

// ---- waits -----------------------------------------------------------------------------------

// Which waits a cell takes; -1: all.
typedef struct wait_cell {
  int group, kind, activity;
  int reach;  // of classes of activity on both sides
} wait_cell;

static bool in_cell(const hft_context *c, const wait_cell *cell) {
  if (isnan(c->wait) || c->part != HFT_TAPE_TRAIN) return false;
  if (cell->group >= 0 && c->wait_group != cell->group) return false;
  if (cell->kind >= 0 && c->last / 2 != cell->kind) return false;
  return cell->activity < 0 || abs(c->activity_class - cell->activity) <= cell->reach;
}

static size_t gather_waits(const hft_context *contexts, size_t count, const wait_cell *cell,
                           double *values) {
  size_t n = 0;
  for (size_t i = 0; i < count; i++) {
    if (!in_cell(&contexts[i], cell)) continue;
    double wait = contexts[i].wait;
    values[n++] = wait > 0 ? hft_log(wait) / LN10 : LOG10_ZERO;
  }
  return n;
}

static void fit_cell(const hft_context *contexts, size_t count, int group, int kind, int activity,
                     double *values, double *out) {
  const wait_cell cells[] = {
      {group, kind, activity, 0}, {group, kind, activity, 1}, {group, kind, -1, 0},
      {-1, kind, activity, 0},    {-1, -1, activity, 0},      {-1, -1, -1, 0},
  };
  const int cell_count = sizeof cells / sizeof cells[0];
  size_t n = 0;
  for (int k = 0; k < cell_count; k++) {
    n = gather_waits(contexts, count, &cells[k], values);
    if (n >= WAIT_LEAST) break;
  }
  if (n > 0) interpolated(values, n, WAIT_POINTS, out);
}

hft_status hft_fit_waits(const hft_context *contexts, size_t count, hft_flow_tables *tables,
                         hft_error *error) {
  double *values = malloc((count + 1) * sizeof *values);
  if (values == NULL) return out_of_memory(error);
  hft_wait_quantiles *wait = &tables->wait;
  wait->count = WAIT_POINTS;
  for (int g = 0; g < HFT_FLOW_GROUPS; g++) {
    for (int kind = 0; kind < HFT_FLOW_EVENTS; kind++) {
      for (int a = 0; a < HFT_FLOW_ACTIVITIES; a++) {
        fit_cell(contexts, count, g, kind, a, values, wait->value[g][kind][a]);
      }
    }
  }
  free(values);
  return HFT_OK;
}

// ---- orders ----------------------------------------------------------------------------------

// The events of a tape that a table is fitted to.
typedef struct orders {
  const hft_watched *watched;
  const hft_context *context;
  double lot;
  double *values;  // room for one of each event
} orders;

static bool is_fitted(const orders *o, size_t i, int kind) {
  const hft_tape_event *event = &o->watched->event[i];
  return event->part == HFT_TAPE_TRAIN && event->kind == kind;
}

static double lots(double shares, double lot) {
  return ceil(shares / lot);
}

static void fit_places(const orders *o, hft_flow_event kind, hft_place_quantiles *out) {
  out->count = PLACE_POINTS;
  for (int c = 0; c < HFT_FLOW_SPREADS; c++) {
    size_t n = 0;
    for (int reach = 0; reach < HFT_FLOW_SPREADS && n < PLACE_LEAST; reach++) {
      n = 0;
      for (size_t i = 0; i < o->watched->count; i++) {
        if (!is_fitted(o, i, (int)kind) || abs(o->context[i].spread_class - c) > reach) continue;
        o->values[n++] = abs(o->watched->event[i].distance);
      }
    }
    nearest(o->values, n, PLACE_POINTS, 1, out->value[c]);
  }
}

static void fit_sizes(const orders *o, hft_flow_event kind, hft_quantiles *out) {
  size_t n = 0;
  for (size_t i = 0; i < o->watched->count; i++) {
    if (!is_fitted(o, i, (int)kind)) continue;
    o->values[n++] = lots((double)o->watched->event[i].qty, o->lot);
  }
  size_table(o->values, n, out);
}

// The share of market orders of a class of the queue, or of all, that are smaller than it, equal
// and larger. Returns how many there are.
static size_t split(const orders *o, const hft_flow_tables *tables, int class, double share[3]) {
  size_t n = 0, of[3] = {0};
  for (size_t i = 0; i < o->watched->count; i++) {
    const hft_tape_event *event = &o->watched->event[i];
    if (!is_fitted(o, i, HFT_FLOW_MARKET)) continue;
    int64_t queue = event->queue[event->side];
    double edge = lots((double)queue, o->lot);
    if (class >= 0 && hft_edge_class(tables->queue_edges, HFT_FLOW_QUEUES - 1, edge) != class) {
      continue;
    }
    of[event->qty < queue ? 0 : event->qty == queue ? 1 : 2]++;
    n++;
  }
  for (int k = 0; k < 3; k++) share[k] = n > 0 ? (double)of[k] / (double)n : k == 0;
  return n;
}

static void fit_market(const orders *o, hft_flow_tables *tables) {
  for (int c = 0; c < HFT_FLOW_QUEUES; c++) {
    if (split(o, tables, c, tables->market_split[c]) <= SPLIT_LEAST) {
      split(o, tables, -1, tables->market_split[c]);
    }
  }
  for (int beyond = 0; beyond < 2; beyond++) {
    size_t n = 0;
    for (size_t i = 0; i < o->watched->count; i++) {
      const hft_tape_event *event = &o->watched->event[i];
      int64_t queue = event->queue[event->side];
      if (!is_fitted(o, i, HFT_FLOW_MARKET)) continue;
      if (beyond ? event->qty <= queue : event->qty >= queue) continue;
      o->values[n++] = lots((double)(beyond ? event->qty - queue : event->qty), o->lot);
    }
    size_table(o->values, n, beyond ? &tables->size_beyond : &tables->size_partial);
  }
  size_t n = 0;
  for (size_t i = 0; i < o->watched->count; i++) {
    if (is_fitted(o, i, HFT_FLOW_MARKET)) {
      o->values[n++] = lots((double)o->watched->event[i].qty, o->lot);
    }
  }
  tables->market_size = n > 0 ? hft_quantile_of(o->values, n, 0.5) : 1;
}

hft_status hft_fit_orders(const hft_watched *watched, const hft_context *contexts, double lot,
                          hft_flow_tables *tables, hft_error *error) {
  const orders o = {watched, contexts, lot, malloc((watched->count + 1) * sizeof(double))};
  if (o.values == NULL) return out_of_memory(error);
  fit_places(&o, HFT_FLOW_IMPROVE, &tables->improve);
  fit_places(&o, HFT_FLOW_BEHIND, &tables->behind);
  fit_sizes(&o, HFT_FLOW_IMPROVE, &tables->size_improve);
  fit_sizes(&o, HFT_FLOW_JOIN, &tables->size_join);
  fit_sizes(&o, HFT_FLOW_BEHIND, &tables->size_behind);
  fit_market(&o, tables);
  free(o.values);
  return HFT_OK;
}

// ---- cancellations ---------------------------------------------------------------------------

static double ratio(double cancelled, double expected) {
  return (cancelled + CANCEL_PRIOR) / (expected + CANCEL_PRIOR);
}

// The tables that an entry of the counts belongs to: the one that is updated, and the product of
// the others.
typedef struct sums {
  double cancelled, expected;
} sums;

static void add_ratio(sums *s, double cancelled, double exposed, double others) {
  s->cancelled += cancelled;
  s->expected += exposed * others;
}

static void fit_ranks(const hft_watched *watched, hft_flow_tables *t) {
  for (int k = 0; k < 2 * HFT_FLOW_RANKS; k++) {
    int after = k / HFT_FLOW_RANKS, r = k % HFT_FLOW_RANKS;
    const hft_cancel_counts *behind = &watched->behind[after];
    const hft_cancel_best_counts *best = &watched->at_best[after];
    sums s = {0, 0}, b = {0, 0};
    for (int z = 0; z < HFT_FLOW_SIZES; z++) {
      for (int d = 0; d < HFT_FLOW_DISTANCES; d++) {
        add_ratio(&s, behind->cancelled[r][d][z], behind->exposed[r][d][z],
                  t->cancel_distance[d] * t->cancel_size[z]);
      }
      add_ratio(&b, best->cancelled[r][z], best->exposed[r][z], t->cancel_size[z]);
    }
    t->cancel_rank[after][r] = ratio(s.cancelled, s.expected);
    t->cancel_best_rank[after][r] = ratio(b.cancelled, b.expected);
  }
}

static void fit_distances(const hft_watched *watched, hft_flow_tables *t) {
  for (int d = 0; d < HFT_FLOW_DISTANCES; d++) {
    sums s = {0, 0};
    for (int k = 0; k < 2 * HFT_FLOW_RANKS; k++) {
      int after = k / HFT_FLOW_RANKS, r = k % HFT_FLOW_RANKS;
      const hft_cancel_counts *behind = &watched->behind[after];
      for (int z = 0; z < HFT_FLOW_SIZES; z++) {
        add_ratio(&s, behind->cancelled[r][d][z], behind->exposed[r][d][z],
                  t->cancel_rank[after][r] * t->cancel_size[z]);
      }
    }
    t->cancel_distance[d] = ratio(s.cancelled, s.expected);
  }
}

static void fit_order_sizes(const hft_watched *watched, hft_flow_tables *t) {
  for (int z = 0; z < HFT_FLOW_SIZES; z++) {
    sums s = {0, 0};
    for (int k = 0; k < 2 * HFT_FLOW_RANKS; k++) {
      int after = k / HFT_FLOW_RANKS, r = k % HFT_FLOW_RANKS;
      const hft_cancel_counts *behind = &watched->behind[after];
      const hft_cancel_best_counts *best = &watched->at_best[after];
      for (int d = 0; d < HFT_FLOW_DISTANCES; d++) {
        add_ratio(&s, behind->cancelled[r][d][z], behind->exposed[r][d][z],
                  t->cancel_rank[after][r] * t->cancel_distance[d]);
      }
      add_ratio(&s, best->cancelled[r][z], best->exposed[r][z], t->cancel_best_rank[after][r]);
    }
    t->cancel_size[z] = ratio(s.cancelled, s.expected);
  }
}

static void scale_to_one(double *weight, int count) {
  double most = 0;
  for (int k = 0; k < count; k++) most = weight[k] > most ? weight[k] : most;
  for (int k = 0; k < count; k++) weight[k] /= most;
}

void hft_fit_cancels(const hft_watched *watched, double lot, hft_flow_tables *tables) {
  for (int k = 0; k < HFT_FLOW_SIZES - 1; k++) {
    double edge = lots(watched->size_edges[k], lot);
    double least = k > 0 ? tables->size_edges[k - 1] + 1 : 2;
    tables->size_edges[k] = edge > least ? edge : least;
  }
  for (int d = 0; d < HFT_FLOW_DISTANCES; d++) tables->cancel_distance[d] = 1;
  for (int z = 0; z < HFT_FLOW_SIZES; z++) tables->cancel_size[z] = 1;
  for (int round = 0; round < CANCEL_ROUNDS; round++) {
    fit_ranks(watched, tables);
    fit_distances(watched, tables);
    fit_order_sizes(watched, tables);
  }
  scale_to_one(tables->cancel_distance, HFT_FLOW_DISTANCES);
  scale_to_one(tables->cancel_size, HFT_FLOW_SIZES);
}

// ---- the rest --------------------------------------------------------------------------------

void hft_fit_book(hft_watched *watched, double lot, hft_flow_tables *tables) {
  size_t count = watched->open_count;
  for (size_t i = 0; i < count; i++) watched->open_size[i] = lots(watched->open_size[i], lot);
  tables->open_distance.count = tables->open_size.count = OPEN_POINTS;
  nearest(watched->open_distance, count, OPEN_POINTS, 0, tables->open_distance.value);
  nearest(watched->open_size, count, OPEN_POINTS, 1, tables->open_size.value);
  double square = 0, scales = 0;
  for (int k = 0; k < HFT_MOVE_SCALES; k++) {
    if (watched->moves[k] < MOVES_LEAST) continue;
    square += watched->move_square[k] / watched->moves[k];
    scales++;
  }
  double volatility = scales > 0 ? sqrt(square / scales) : 0;
  tables->volatility = volatility > VOLATILITY_LEAST ? volatility : VOLATILITY_LEAST;
}

void hft_clip_spreads(const hft_context *contexts, size_t count, hft_flow_tables *tables) {
  size_t of[HFT_FLOW_SPREADS] = {0};
  for (size_t i = 0; i < count; i++) {
    if (contexts[i].part == HFT_TAPE_TRAIN) of[contexts[i].spread_class]++;
  }
  int last = HFT_FLOW_SPREADS - 1;
  while (last > 0 && of[last] < SPREAD_LEAST) last--;
  for (int kind = 0; kind < HFT_FLOW_EVENTS; kind++) {
    for (int c = last + 1; c < HFT_FLOW_SPREADS; c++) {
      tables->spread[kind][c] = tables->spread[kind][last];
    }
  }
}
