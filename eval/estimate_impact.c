// What an execution costs: the spread, the permanent and the temporary impact, and the resilience.
//
// epsilon. Half the mean spread at the steps (1 s), while both sides have orders.
//
// gamma. The slope of the mid's change on the net lots that takers bought, over intervals of 10 s:
// A. Kyle, "Continuous auctions and insider trading", Econometrica 53, 1985; J. Hasbrouck,
// "Measuring the information content of stock trades", Journal of Finance 46, 1991, and R. Cont, A.
// Kukanov and S. Stoikov, "The price impact of order book events", Journal of Financial
// Econometrics 12, 2014, for the regression over intervals. Takers who know more than the market
// make it larger than the impact of an order without information; so it is bounded, below.
//
// rho. In A. Obizhaeva and J. Wang, "Optimal trading strategy and supply/demand dynamics", Journal
// of Financial Markets 16, 2013, a trade displaces the best price, and what is not permanent of it
// decays as exp(-rho t). The permanent part moves both best prices, so the decay shows in the
// spread s: between two marketable orders ds/dt = -rho (s - s*), or
//
//   change of s = -rho (integral of s dt) + rho s* (time).
//
// H. Degryse, F. de Jong, M. van Ravenswaaij and G. Wuyts, "Aggressive orders and the resiliency of
// a limit order market", Review of Finance 9, 2005, and J. Large, "Measuring the resiliency of an
// electronic limit order book", Journal of Financial Markets 10, 2007, follow spread and depth
// after trades alike. The noise of s enters the integral too, so least squares would not be
// consistent; the spread just after the order is the instrument.
//
// eta. A marketable order of n lots walks a side with q lots a tick (within 10 ticks of its best
// price) and pays n / (2 q) a lot on average. At a pace of v lots a second in blocks of n = v tau,
// the decayed displacements of all earlier blocks come on top, n / q (a + a^2 + ...) with
// a = exp(-rho tau):
//
//   eta = tau / (2 q) coth(rho tau / 2),   which tends to 1 / (rho q) for small tau,
//
// tau being the length of the strategy's slices. Obizhaeva and Wang's density of the book allows no
// permanent impact above 1 / q, the whole displacement; gamma is at most 0.9 of it. So eta is above
// gamma tau / 2, as R. Almgren and N. Chriss, "Optimal execution of portfolio transactions",
// Journal of Risk 3, 2001, need.
#include <math.h>

#include "eval/estimate_state.h"
#include "sim/base/math.h"
#include "sim/market/market.h"

#define FLOW_STEPS 10             // of an interval of the regression
#define DEPTH_TICKS 10            // of a side, from its best price on
#define WINDOW (10 * HFT_SECOND)  // of the spread after a marketable order
#define PERMANENT_MOST 0.9        // of the displacement
#define INTERVALS_LEAST 3         // for an estimate

// Sums of a regression of y on x with a constant.
typedef struct line {
  double count, x, y, xx, xy;
} line;

// Sums for rho: z = 1 and the spread s at the window's start, with the change of s, the integral of
// s and the time of each window.
typedef struct decay {
  double count, start, change, change_start, area, area_start, time, time_start;
} decay;

typedef struct impact_record {
  line flow;
  decay spread;
  double spread_sum, depth_sum;
  int64_t spread_count, depth_count, steps;
  int64_t mid2, net;  // at the start of the interval of the regression
  // The window after a marketable order.
  uint64_t taker;        // its number; 0: no window is open
  hft_time start, last;  // of the window, and of the latest event
  int64_t first, now;    // spread just after the order, and after the latest event; 0: none
  double area;           // integral of the spread, ticks s
} impact_record;

static double seconds(hft_time time) {
  return (double)time / (double)HFT_SECOND;
}

static bool is_continuous(const hft_estimate_watch *watch) {
  return hft_market_phase(watch->model, watch->market, watch->instrument) == HFT_PHASE_CONTINUOUS;
}

// Ticks; 0: a side is empty.
static int64_t spread_of(const hft_estimate_watch *watch) {
  const hft_book *book = hft_market_book(watch->model, watch->market, watch->instrument);
  hft_price bid = hft_book_best_price(book, HFT_BID), ask = hft_book_best_price(book, HFT_ASK);
  return bid != 0 && ask != 0 ? ask - bid : 0;
}

// ---- rho ---------------------------------------------------------------------------------------

// Goes on to a time: the spread was the one after the latest event.
static void advance(impact_record *r, hft_time time) {
  if (r->taker == 0 || time == r->last) return;
  if (r->first == 0) r->first = r->now;
  r->area += (double)r->now * seconds(time - r->last);
  r->last = time;
}

static void end_window(impact_record *r) {
  if (r->taker != 0 && r->first != 0 && r->last > r->start) {
    double first = (double)r->first, change = (double)(r->now - r->first);
    double time = seconds(r->last - r->start);
    decay *d = &r->spread;
    d->count++;
    d->start += first;
    d->change += change;
    d->change_start += change * first;
    d->area += r->area;
    d->area_start += r->area * first;
    d->time += time;
    d->time_start += time * first;
  }
  r->taker = 0;
}

static void on_event(const hft_estimate_watch *watch, void *record, const hft_event *event) {
  impact_record *r = record;
  if (r->taker != 0 && event->time - r->start > WINDOW) {
    advance(r, r->start + WINDOW);
    end_window(r);
  }
  advance(r, event->time);
  bool trades = event->kind == HFT_EVENT_TRADE && event->reason != HFT_REASON_AUCTION;
  if (trades && event->taker.number != r->taker) {
    end_window(r);
    r->taker = event->taker.number;
    r->start = r->last = event->time;
    r->first = 0;
    r->area = 0;
  }
  r->now = is_continuous(watch) ? spread_of(watch) : 0;
  if (r->now == 0) r->taker = 0;  // a window that cannot be followed to its end
}

// Solves rho (area z) - rho s* (time z) = -(change z) for both z.
static double solve_decay(const decay *d) {
  double determinant = d->area * d->time_start - d->area_start * d->time;
  if (d->count < INTERVALS_LEAST || determinant == 0) return NAN;
  double rho = (d->change_start * d->time - d->change * d->time_start) / determinant;
  return rho > 0 ? rho : NAN;
}

// ---- spread, depth and flow --------------------------------------------------------------------

static int64_t net_of(const hft_estimate_watch *watch) {
  const hft_tape *tape = hft_market_tape(watch->market, watch->instrument);
  return tape->buy_qty - tape->sell_qty;
}

static void mark(const hft_estimate_watch *watch, impact_record *r) {
  r->mid2 = hft_market_mid2(watch->market, watch->instrument);
  r->net = net_of(watch);
}

static void open_span(const hft_estimate_watch *watch, void *record) {
  mark(watch, record);
}

static void note_depth(const hft_estimate_watch *watch, impact_record *r) {
  const hft_book *book = hft_market_book(watch->model, watch->market, watch->instrument);
  for (int side = 0; side < 2; side++) {
    hft_price best = hft_book_best_price(book, (hft_side)side);
    for (int k = 0; k < DEPTH_TICKS; k++) {
      hft_price price = best - k * hft_side_sign((hft_side)side);
      r->depth_sum += hft_book_level(book, price).qty;
    }
    r->depth_count += DEPTH_TICKS;
  }
}

static void on_step(const hft_estimate_watch *watch, void *record) {
  impact_record *r = record;
  int64_t spread = spread_of(watch);
  if (spread > 0 && is_continuous(watch)) {
    r->spread_sum += (double)spread;
    r->spread_count++;
    note_depth(watch, r);
  }
  if (++r->steps % FLOW_STEPS != 0) return;
  double x = (double)(net_of(watch) - r->net);
  double y = 0.5 * (double)(hft_market_mid2(watch->market, watch->instrument) - r->mid2);
  line *l = &r->flow;
  l->count++;
  l->x += x;
  l->y += y;
  l->xx += x * x;
  l->xy += x * y;
  mark(watch, r);
}

static double slope(const line *l) {
  double variance = l->count * l->xx - l->x * l->x;
  if (l->count < INTERVALS_LEAST || !(variance > 0)) return NAN;
  return fmax(0, (l->count * l->xy - l->x * l->y) / variance);
}

// ---- the estimator -----------------------------------------------------------------------------

static double temporary(double depth, double rho, double tau) {
  if (tau <= 0) return 1 / (rho * depth);
  double decayed = hft_expm1(-rho * tau);
  return 0.5 * tau / depth * (2 + decayed) / -decayed;  // coth(rho tau / 2)
}

static void add_sums(double *sum, const double *more, size_t count) {
  for (size_t i = 0; i < count; i++) sum[i] += more[i];
}

static void finish(const hft_estimate_watch *watch, const void *records, size_t count,
                   hft_estimates *out) {
  const impact_record *r = records;
  line flow = {0};
  decay spread = {0};
  double spreads = 0, spread_count = 0, lots = 0, ticks = 0;
  for (size_t i = 0; i < count; i++) {
    add_sums((double *)&flow, (const double *)&r[i].flow, sizeof flow / sizeof(double));
    add_sums((double *)&spread, (const double *)&r[i].spread, sizeof spread / sizeof(double));
    spreads += r[i].spread_sum;
    spread_count += (double)r[i].spread_count;
    lots += r[i].depth_sum;
    ticks += (double)r[i].depth_count;
  }
  if (spread_count > 0) out->epsilon = 0.5 * spreads / spread_count;
  out->rho = solve_decay(&spread);
  out->impact_gamma = slope(&flow);
  if (!(lots > 0)) return;
  double depth = lots / ticks;
  if (out->impact_gamma > PERMANENT_MOST / depth) out->impact_gamma = PERMANENT_MOST / depth;
  if (!isnan(out->rho)) out->eta = temporary(depth, out->rho, seconds(watch->slice));
}

const hft_estimator hft_impact_estimator = {
    .record_size = sizeof(impact_record),
    .open = open_span,
    .event = on_event,
    .step = on_step,
    .close = NULL,
    .finish = finish,
};
