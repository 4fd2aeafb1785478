// The observations behind the dynamics, from rows.
#include "data/judge/dynamics_series.h"

#include <math.h>
#include <stdlib.h>

#define REACTION_TIME HFT_MILLISECOND

// A market order: all executions with the same time and side.
typedef struct trade {
  hft_time time;
  double sign;         // +1: it buys
  double lots, value;  // value: lots x ticks
  double before;       // mid before
  size_t last;         // row of its last execution
} trade;

// A stretch under work. `lacks` memory: a value could not be kept.
typedef struct work {
  const hft_judge_row *row;
  size_t count;
  hft_dynamics *out;
  trade *trade;  // [trades], room for [count]
  size_t trades;
  double *mid;  // [mids] at a regular grid of times
  size_t mids;
  uint32_t *place;  // [orders] bin + 1 of an order that joined the best price; 0: it did not
  bool lacks;
} work;

static const hft_time horizon[HFT_HORIZONS] = {0,          HFT_MILLISECOND, 100 * HFT_MILLISECOND,
                                               HFT_SECOND, 10 * HFT_SECOND, 30 * HFT_SECOND};
static const size_t sign_lag[HFT_SIGN_LAGS] = {1, 4, 16, 64};

static void put(work *w, hft_dynamic_series series, const double *row, size_t columns) {
  hft_doubles *array = &w->out->series[series];
  if (!hft_doubles_reserve(array, columns)) {
    w->lacks = true;
    return;
  }
  for (size_t c = 0; c < columns; c++) array->value[array->count++] = row[c];
}

static double mid_of(const hft_judge_row *row) {
  return ((double)row->best[HFT_BID] + (double)row->best[HFT_ASK]) / 2;
}

// The number of rows with a time up to `time`, at least 1.
static size_t rows_until(const work *w, hft_time time) {
  size_t low = 1, high = w->count;
  while (low < high) {
    size_t i = low + (high - low) / 2;
    if (w->row[i].time <= time) {
      low = i + 1;
    } else {
      high = i;
    }
  }
  return low;
}

static double mid_at(const work *w, hft_time time) {
  return mid_of(&w->row[rows_until(w, time) - 1]);
}

static hft_time begin_of(const work *w) {
  return w->row[0].time;
}

static hft_time end_of(const work *w) {
  return w->row[w->count - 1].time;
}

// ---- market orders ---------------------------------------------------------------------------

static void find_trades(work *w) {
  w->trades = 0;
  bool known = false;  // the book before the current order had both sides
  for (size_t i = 0; i < w->count; i++) {
    const hft_judge_row *r = &w->row[i], *before = i > 0 ? &w->row[i - 1] : NULL;
    if (r->kind != HFT_JUDGE_EXECUTE) continue;
    bool same = before != NULL && before->kind == HFT_JUDGE_EXECUTE && before->time == r->time &&
                before->side == r->side;
    if (!same) known = r->best_before[HFT_BID] != 0 && r->best_before[HFT_ASK] != 0;
    if (!known) continue;
    trade *t = &w->trade[w->trades - (same ? 1 : 0)];
    if (!same) {
      // The mid before all messages of that time.
      size_t j = i;
      while (j > 0 && w->row[j - 1].time == r->time) j--;
      *t = (trade){r->time, r->side == HFT_ASK ? 1 : -1,        0,
                   0,       mid_of(&w->row[j > 0 ? j - 1 : 0]), i};
      w->trades++;
    }
    t->lots += r->qty;
    t->value += (double)r->qty * r->price;
    t->last = i;
  }
}

static void observe_responses(work *w, int h) {
  for (size_t i = 0; i < w->trades; i++) {
    const trade *t = &w->trade[i];
    double c[HFT_ANSWER_COLUMNS] = {0};
    if (t->time < end_of(w) - horizon[h]) {
      double after = mid_at(w, t->time + horizon[h]);
      c[HFT_ANSWER_THERE] = 1;
      c[HFT_ANSWER_RESPONSE] = t->sign * (after - t->before);
      c[HFT_ANSWER_LOTS] = t->lots;
      c[HFT_ANSWER_EFFECTIVE] = t->sign * (t->value - t->lots * t->before);
      c[HFT_ANSWER_REALISED] = t->sign * (t->value - t->lots * after);
    }
    put(w, (hft_dynamic_series)(HFT_SERIES_TRADE_0 + h), c, HFT_ANSWER_COLUMNS);
  }
}

static void observe_signs(work *w) {
  for (size_t i = 0; i < w->trades; i++) {
    double row[HFT_SIGN_FIRST + HFT_SIGN_LAGS * HFT_SIGN_COLUMNS] = {0};
    double sign = w->trade[i].sign;
    row[HFT_SIGN_ONE] = sign;
    row[HFT_SIGN_SQUARE] = sign * sign;
    for (size_t k = 0; k < HFT_SIGN_LAGS && i + sign_lag[k] < w->trades; k++) {
      double *c = row + HFT_SIGN_FIRST + k * HFT_SIGN_COLUMNS;
      c[HFT_SIGN_THERE] = 1;
      c[HFT_SIGN_THIS] = sign;
      c[HFT_SIGN_LATER] = w->trade[i + sign_lag[k]].sign;
      c[HFT_SIGN_PRODUCT] = sign * c[HFT_SIGN_LATER];
    }
    put(w, HFT_SERIES_SIGN, row, sizeof row / sizeof row[0]);
  }
}

// The messages after a market order and up to 1 ms later, over those of 1 ms at the mean rate.
static void observe_reactions(work *w) {
  double mean = (double)w->count * (double)REACTION_TIME / (double)(end_of(w) - begin_of(w));
  for (size_t i = 0; i < w->trades; i++) {
    const trade *t = &w->trade[i];
    if (t->time >= end_of(w) - REACTION_TIME) break;
    double after = (double)(rows_until(w, t->time + REACTION_TIME) - 1 - t->last) / mean;
    put(w, HFT_SERIES_REACTION, &after, 1);
  }
}

// ---- queues ----------------------------------------------------------------------------------

// The bin of an order that joins or improves the best price of its side.
static uint32_t place_of(const hft_judge_row *r, double mean_queue) {
  if (r->ahead == 0) return 1;
  double ahead = r->ahead / mean_queue;
  return ahead <= 0.5 ? 2 : ahead <= 1 ? 3 : ahead <= 2 ? 4 : 5;
}

// Each order at the best price when it came, whose first execution or cancellation is seen.
static void observe_queues(work *w) {
  double mean = 0;
  for (size_t i = 0; i < w->count; i++) {
    mean += ((double)w->row[i].touch[HFT_BID] + (double)w->row[i].touch[HFT_ASK]) / 2;
  }
  mean /= (double)w->count;
  for (size_t i = 0; i < w->count; i++) {
    const hft_judge_row *r = &w->row[i];
    uint32_t *place = &w->place[r->order];
    if (r->kind == HFT_JUDGE_LIMIT) {
      *place = r->level == 1 ? place_of(r, mean) : 0;
    } else if (*place > 0) {
      double row[2 * HFT_PLACES] = {0};
      size_t first = 2 * ((size_t)*place - 1);
      row[first] = 1;
      row[first + 1] = r->kind == HFT_JUDGE_EXECUTE ? 1 : 0;
      put(w, HFT_SERIES_QUEUE, row, sizeof row / sizeof row[0]);
      *place = 0;
    }
  }
  for (size_t i = 0; i < w->count; i++) w->place[w->row[i].order] = 0;
}

// ---- moves -----------------------------------------------------------------------------------

// Fills the mids at the times begin, begin + step, ... before the end.
static void take_mids(work *w, hft_time step) {
  w->mids = 0;
  size_t i = 0;
  for (hft_time at = begin_of(w); at < end_of(w); at += step) {
    while (i + 1 < w->count && w->row[i + 1].time <= at) i++;
    w->mid[w->mids++] = mid_of(&w->row[i]);
  }
}

static void observe_moves(work *w, hft_dynamic_series series, hft_time step) {
  take_mids(w, step);
  for (size_t i = 1; i < w->mids; i++) {
    double move = w->mid[i] - w->mid[i - 1];
    double square = move * move / ((double)step / 1e9);
    put(w, series, &square, 1);
  }
}

static void put_pair(work *w, hft_dynamic_series series, double x, double y) {
  const double row[] = {x, x * x, y, y * y, x * y};
  put(w, series, row, 5);
}

static void observe_powers(work *w, hft_dynamic_series series) {
  for (size_t i = 1; i < w->mids; i++) {
    double x = w->mid[i] - w->mid[i - 1];
    const double row[] = {x, x * x, x * x * x, x * x * x * x};
    put(w, series, row, 4);
  }
}

static void observe_absolute(work *w, hft_dynamic_series series, size_t lag) {
  for (size_t i = 1; i + lag < w->mids; i++) {
    put_pair(w, series, fabs(w->mid[i + lag] - w->mid[i + lag - 1]),
             fabs(w->mid[i] - w->mid[i - 1]));
  }
}

static void observe_signature(work *w) {
  enum { LONG = 60 };
  for (size_t i = 0; i + LONG < w->mids; i += LONG) {
    double far = w->mid[i + LONG] - w->mid[i], row[] = {0, far * far};
    for (size_t k = i; k < i + LONG; k++) {
      row[0] += (w->mid[k + 1] - w->mid[k]) * (w->mid[k + 1] - w->mid[k]);
    }
    put(w, HFT_SERIES_SIGNATURE, row, 2);
  }
}

// The order flow imbalance of each whole window, and the move of the mid over it.
static void observe_flow(work *w, hft_dynamic_series series, hft_time step) {
  take_mids(w, step);
  hft_time begin = begin_of(w);
  size_t windows = (size_t)((end_of(w) - begin) / step), i = 1;
  for (size_t k = 0; k < windows; k++) {
    double flow = 0;
    for (; i < w->count && (size_t)((w->row[i].time - begin) / step) == k; i++) {
      flow += hft_judge_flow(&w->row[i - 1], &w->row[i]);
    }
    double after = k + 1 < w->mids ? w->mid[k + 1] : mid_of(&w->row[w->count - 1]);
    put_pair(w, series, flow, after - w->mid[k]);
  }
}

// The messages in each second, and in each ten; the last, which is not whole, is left out.
static void observe_counts(work *w) {
  enum { LONG = 10 };
  hft_time begin = begin_of(w);
  size_t windows = (size_t)((end_of(w) - begin) / HFT_SECOND), i = 0;
  double ten = 0;
  for (size_t k = 0; k < windows; k++) {
    size_t first = i;
    while (i < w->count && (size_t)((w->row[i].time - begin) / HFT_SECOND) == k) i++;
    double count = (double)(i - first);
    put(w, HFT_SERIES_COUNT_1, (double[]){count, count * count}, 2);
    if (k > 0 && k % LONG == 0) {
      put(w, HFT_SERIES_COUNT_10, (double[]){ten, ten * ten}, 2);
      ten = 0;
    }
    ten += count;
  }
}

static void observe_spread(work *w) {
  for (size_t i = 0; i + 1 < w->count; i++) {
    const hft_judge_row *r = &w->row[i];
    double time = (double)(r[1].time - r->time) / 1e9;
    double spread = (double)r->best[HFT_ASK] - (double)r->best[HFT_BID];
    put(w, HFT_SERIES_SPREAD, (double[]){spread * time, time}, 2);
  }
}

static void observe_stretch(work *w) {
  find_trades(w);
  for (int h = 0; h < HFT_HORIZONS; h++) observe_responses(w, h);
  observe_signs(w);
  observe_reactions(w);
  observe_queues(w);
  observe_counts(w);
  observe_spread(w);
  observe_flow(w, HFT_SERIES_FLOW_1, HFT_SECOND);
  observe_flow(w, HFT_SERIES_FLOW_10, 10 * HFT_SECOND);
  observe_moves(w, HFT_SERIES_MOVE_100MS, 100 * HFT_MILLISECOND);
  observe_moves(w, HFT_SERIES_MOVE_5, 5 * HFT_SECOND);
  observe_moves(w, HFT_SERIES_MOVE_10, 10 * HFT_SECOND);
  observe_moves(w, HFT_SERIES_MOVE_30, 30 * HFT_SECOND);
  observe_moves(w, HFT_SERIES_MOVE_60, 60 * HFT_SECOND);
  observe_powers(w, HFT_SERIES_POWERS_60);
  observe_moves(w, HFT_SERIES_MOVE_1, HFT_SECOND);
  observe_powers(w, HFT_SERIES_POWERS_1);
  observe_signature(w);
  observe_absolute(w, HFT_SERIES_ABS_1, 1);
  observe_absolute(w, HFT_SERIES_ABS_5, 5);
  observe_absolute(w, HFT_SERIES_ABS_30, 30);
}

// Room for the mids of the finest grid over the longest stretch: the whole time of the rows.
static size_t mids_of(const hft_judge_rows *rows) {
  if (rows->count == 0) return 1;
  hft_time time = rows->row[rows->count - 1].time - rows->row[0].time;
  return (size_t)(time / (100 * HFT_MILLISECOND)) + 2;
}

hft_status hft_dynamics_add(const hft_judge_rows *rows, const hft_judge_part *part,
                            hft_dynamics *dynamics) {
  work w = {.out = dynamics};
  w.trade = malloc((rows->count + 1) * sizeof *w.trade);
  w.mid = malloc(mids_of(rows) * sizeof *w.mid);
  w.place = calloc((size_t)rows->orders + 1, sizeof *w.place);
  w.lacks = w.trade == NULL || w.mid == NULL || w.place == NULL;
  hft_judge_stretch stretch = {0};
  while (!w.lacks && hft_judge_next_stretch(rows, part, &stretch)) {
    w.row = rows->row + stretch.first;
    w.count = stretch.last - stretch.first;
    if (end_of(&w) > begin_of(&w)) observe_stretch(&w);
  }
  free(w.trade);
  free(w.mid);
  free(w.place);
  return w.lacks ? HFT_ENOMEM : HFT_OK;
}

void hft_dynamics_free(hft_dynamics *dynamics) {
  for (int i = 0; i < HFT_SERIES_COUNT; i++) free(dynamics->series[i].value);
  *dynamics = (hft_dynamics){0};
}
