// What quotes depend on: the volatility of the mid, and the rate at which marketable orders reach a
// distance from it.
//
// sigma. The mid is sampled every step (1 s). Its changes x_j hold, beside those of the price, the
// bounce of the mid when quotes at the touch come and go, which reverts within seconds and is no
// risk over minutes. The realised kernel of O. E. Barndorff-Nielsen, P. R. Hansen, A. Lunde and
// N. Shephard, "Realized kernels in practice: trades and quotes", Econometrics Journal 12, 2009,
// equation (1), removes it by the autocovariances, with Parzen's weights, which never make the
// variance negative:
//
//   K = sum_h k(h / (H + 1)) g_|h|  over |h| <= H,   g_h = sum_j x_j x_{j-h},   sigma^2 = K / time
//
// A and k. M. Avellaneda and S. Stoikov, "High-frequency trading in a limit order book",
// Quantitative Finance 8, 2008, section 2.5: a quote at the distance delta from the mid is filled
// by the marketable orders of the other side that would trade at delta or farther. The reach of
// such an order is the distance of its last trade from the mid before it. On a grid of half ticks,
// where the mid and the prices are, the model says P(reach >= j) = exp(-k j / 2), a geometric law,
// whose maximum likelihood estimate has a closed form in the mean reach m (in half ticks):
//
//   k = 2 ln(1 + 1 / m) per tick,   A = orders / (2 sides x seconds of continuous trading)
//
// As in S. Laruelle, C.-A. Lehalle and G. Pages, "Optimal posting price of limit orders: learning
// by trading", Mathematics and Financial Economics 7, 2013, and J. Fernandez-Tapia, "Modeling,
// optimization and estimation for the on-line control of trading algorithms in limit-order
// markets", thesis, Paris 6, 2015, the intensity is that of a small quote.
#include <math.h>

#include "eval/estimate_state.h"
#include "sim/market/market.h"

#define LAGS 10         // H
#define ORDERS_LEAST 2  // marketable orders for an estimate of A and k

typedef struct quotes_record {
  double change[LAGS + 1];  // ticks: of the mid in the last steps, the latest first
  double sum[LAGS + 1];     // g_h, ticks^2
  int64_t steps;
  int64_t mid2;  // at the last step
  hft_time continuous_since, continuous;
  uint64_t taker;           // number of the last marketable order; 0: none yet
  int64_t reach;            // of it, half ticks
  int64_t orders, reached;  // marketable orders before it, and the sum of their reaches
} quotes_record;

static void open_span(const hft_estimate_watch *watch, void *record) {
  quotes_record *r = record;
  r->mid2 = hft_market_mid2(watch->market, watch->instrument);
  bool trades =
      hft_market_phase(watch->model, watch->market, watch->instrument) == HFT_PHASE_CONTINUOUS;
  r->continuous_since = trades ? watch->start : HFT_TIME_NEVER;
}

// ---- A and k -----------------------------------------------------------------------------------

static void end_order(quotes_record *r) {
  if (r->taker == 0) return;
  r->orders++;
  r->reached += r->reach;
  r->taker = 0;
}

static void end_continuous(quotes_record *r, hft_time now) {
  if (r->continuous_since == HFT_TIME_NEVER) return;
  r->continuous += now - r->continuous_since;
  r->continuous_since = HFT_TIME_NEVER;
}

static void on_event(const hft_estimate_watch *watch, void *record, const hft_event *event) {
  quotes_record *r = record;
  if (event->kind == HFT_EVENT_PHASE) {
    end_continuous(r, event->time);
    if (event->reason == HFT_REASON_CONTINUOUS) r->continuous_since = event->time;
  }
  if (event->kind != HFT_EVENT_TRADE || event->reason == HFT_REASON_AUCTION) return;
  if (event->taker.number != r->taker) {
    end_order(r);
    r->taker = event->taker.number;
    r->reach = 0;
  }
  int64_t above = 2 * (int64_t)event->price - hft_market_mid2(watch->market, watch->instrument);
  int64_t reach = event->side == HFT_ASK ? above : -above;
  if (reach > r->reach) r->reach = reach;
}

static void estimate_fills(const quotes_record *r, size_t count, hft_estimates *out) {
  int64_t orders = 0, reached = 0;
  hft_time continuous = 0;
  for (size_t i = 0; i < count; i++) {
    orders += r[i].orders;
    reached += r[i].reached;
    continuous += r[i].continuous;
  }
  if (orders < ORDERS_LEAST || reached == 0 || continuous == 0) return;
  out->fill_a = 0.5 * (double)orders / ((double)continuous / (double)HFT_SECOND);
  out->fill_k = 2 * log1p((double)orders / (double)reached);
}

// ---- sigma -------------------------------------------------------------------------------------

static void on_step(const hft_estimate_watch *watch, void *record) {
  quotes_record *r = record;
  int64_t mid2 = hft_market_mid2(watch->market, watch->instrument);
  for (int h = LAGS; h > 0; h--) r->change[h] = r->change[h - 1];
  r->change[0] = 0.5 * (double)(mid2 - r->mid2);
  r->mid2 = mid2;
  r->steps++;
  for (int h = 0; h <= LAGS && h < r->steps; h++) r->sum[h] += r->change[0] * r->change[h];
}

static double parzen(double x) {
  return x <= 0.5 ? 1 - 6 * x * x * (1 - x) : 2 * (1 - x) * (1 - x) * (1 - x);
}

static void estimate_sigma(const quotes_record *r, size_t count, hft_estimates *out) {
  double kernel = 0, steps = 0;
  for (size_t i = 0; i < count; i++) {
    for (int h = 0; h <= LAGS; h++) {
      kernel += (h == 0 ? 1 : 2) * parzen(h / (LAGS + 1.0)) * r[i].sum[h];
    }
    steps += (double)r[i].steps;
  }
  if (steps == 0) return;
  double time_s = steps * ((double)HFT_ESTIMATE_STEP / (double)HFT_SECOND);
  out->sigma = sqrt(fmax(0, kernel) / time_s);
}

// ---- the estimator -----------------------------------------------------------------------------

static void close_span(const hft_estimate_watch *watch, void *record) {
  quotes_record *r = record;
  end_order(r);
  end_continuous(r, watch->end);
}

static void finish(const hft_estimate_watch *watch, const void *records, size_t count,
                   hft_estimates *out) {
  (void)watch;
  estimate_sigma(records, count, out);
  estimate_fills(records, count, out);
}

const hft_estimator hft_quotes_estimator = {
    .record_size = sizeof(quotes_record),
    .open = open_span,
    .event = on_event,
    .step = on_step,
    .close = close_span,
    .finish = finish,
};
