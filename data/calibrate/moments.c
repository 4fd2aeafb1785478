#include "data/calibrate/moments.h"

#include <math.h>
#include <stdlib.h>

#include "data/facts/facts_feed.h"
#include "data/judge/judge_source.h"
#include "stats/doubles.h"

// Sums over events, of one or several runs.
typedef struct sums {
  double events, market, spread, queue, queues;
  double orders, order_events;
  hft_doubles sign;  // of market orders
} sums;

// The autocorrelation at a lag; 0 for too few.
static double autocorrelation(const hft_doubles *x, size_t lag) {
  if (x->count < lag + 20) return 0;
  double mean = 0, variance = 0, covariance = 0;
  for (size_t i = 0; i < x->count; i++) mean += x->value[i] / (double)x->count;
  for (size_t i = 0; i < x->count; i++) {
    double d = x->value[i] - mean;
    variance += d * d;
    if (i >= lag) covariance += d * (x->value[i - lag] - mean);
  }
  return variance > 0 ? covariance / variance : 0;
}

static void set_moments(const sums *s, hft_flow_moments *out) {
  double n = s->events > 0 ? s->events : 1;
  *out = (hft_flow_moments){
      .market = s->market / n,
      .orders = s->order_events > 0 ? s->orders / s->order_events : 0,
      .spread = s->spread / n,
      .queue = s->queues > 0 ? s->queue / s->queues : 0,
      .sign = (autocorrelation(&s->sign, 1) + autocorrelation(&s->sign, 4)) / 2,
  };
}

static void add_book(sums *s, double spread, const double queue[2]) {
  s->events++;
  s->spread += spread;
  for (int side = 0; side < 2; side++) {
    s->queue += queue[side];
    s->queues++;
  }
}

static bool add_market(sums *s, uint8_t side) {
  s->market++;
  return hft_doubles_push(&s->sign, side == HFT_ASK ? 1 : -1);
}

hft_status hft_moments_of_tape(const hft_watched *watched, double lot, hft_flow_moments *out,
                               hft_error *error) {
  sums s = {0};
  bool well = true;
  for (size_t i = 0; i < watched->count && well; i++) {
    const hft_tape_event *event = &watched->event[i];
    if (event->part != HFT_TAPE_TRAIN) continue;
    const double queue[2] = {ceil((double)event->queue[HFT_BID] / lot),
                             ceil((double)event->queue[HFT_ASK] / lot)};
    add_book(&s, event->best[HFT_ASK] - event->best[HFT_BID], queue);
    s.orders += 0.5 * (event->orders[HFT_BID] + event->orders[HFT_ASK]);
    s.order_events++;
    if (event->kind == HFT_FLOW_MARKET) well = add_market(&s, event->side);
  }
  set_moments(&s, out);
  free(s.sign.value);
  return well ? HFT_OK : hft_fail(error, HFT_ENOMEM, "calibrate", "out of memory");
}

// ---- a market --------------------------------------------------------------------------------

// Counts the resting orders.
typedef struct counter {
  hft_time begin;
  double resting;
  sums *sums;
} counter;

static hft_status begin(void *context, hft_price price_min, hft_price price_max, hft_error *error) {
  (void)context, (void)price_min, (void)price_max, (void)error;
  return HFT_OK;
}

static void on_event(void *context, const hft_event *event) {
  counter *c = context;
  bool leaves =
      event->kind == HFT_EVENT_CANCEL || (event->kind == HFT_EVENT_TRADE && event->left == 0);
  if (event->kind == HFT_EVENT_ADD) c->resting++;
  if (leaves) c->resting--;
  if (event->time < c->begin) return;
  c->sums->orders += c->resting / 2;
  c->sums->order_events++;
}

static bool well(const void *context) {
  (void)context;
  return true;
}

// Executions of one time and side are one event.
static bool add_rows(const hft_judge_rows *rows, hft_time from, sums *s) {
  for (size_t i = 1; i < rows->count; i++) {
    const hft_judge_row *row = &rows->row[i], *last = row - 1;
    if (row->time < from) continue;
    bool executes = row->kind == HFT_JUDGE_EXECUTE;
    if (executes && last->kind == HFT_JUDGE_EXECUTE && last->time == row->time &&
        last->side == row->side) {
      continue;
    }
    const double queue[2] = {last->touch[HFT_BID], last->touch[HFT_ASK]};
    add_book(s, row->best_before[HFT_ASK] - row->best_before[HFT_BID], queue);
    if (executes && !add_market(s, row->side)) return false;
  }
  return true;
}

// Judges one run.
static hft_status run(const hft_model *model, uint64_t seed, hft_time from, hft_time end,
                      const hft_progress *progress, sums *s, hft_error *error) {
  counter count = {from, 0, s};
  hft_judge_listener listener = {0};
  const hft_watcher watcher[] = {hft_judge_watcher(&listener), {begin, on_event, well, &count}};
  const hft_watchers watchers = {watcher, 2};
  hft_time last;
  hft_judge_rows rows = {0};
  hft_status status = hft_feed_market(model, 0, seed, end, &watchers, progress, &last, error);
  if (status == HFT_OK) status = hft_judge_stream_finish(listener.stream, &rows, error);
  hft_judge_stream_free(listener.stream);
  if (status == HFT_OK && !add_rows(&rows, from, s)) {
    status = hft_fail(error, HFT_ENOMEM, "calibrate", "out of memory");
  }
  hft_judge_rows_free(&rows);
  return status;
}

hft_status hft_moments_of_market(const hft_model *model, uint64_t first_seed, int seeds,
                                 double warmup_s, double seconds, const hft_progress *progress,
                                 hft_flow_moments *out, hft_error *error) {
  sums s = {0};
  const hft_time from = (hft_time)(warmup_s * HFT_SECOND);
  const hft_time end = (hft_time)((warmup_s + seconds) * HFT_SECOND);
  hft_status status = HFT_OK;
  for (int i = 0; i < seeds && status == HFT_OK; i++) {
    status = run(model, first_seed + (uint64_t)i, from, end, progress, &s, error);
  }
  if (status == HFT_OK) set_moments(&s, out);
  free(s.sign.value);
  return status;
}
