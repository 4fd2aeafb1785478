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
// by the marketable orders of the other side that would trade at delta or farther, which arrive at
// the rate A exp(-k delta). The reach of such an order is the distance of its farthest trade from
// the mid before it. Orders that would trade nearer than the best price do not show, so that the
// rate of reaches is flat within the spread: distances below d, the lower quartile of half the
// spread, are left out. Prices lie on a grid of ticks, of which the nearest to the mid that is not
// left out is at g = d or d + 1/2. By how many ticks an order that reaches g goes beyond it has a
// geometric law, P(excess >= i) = exp(-k i), and the maximum likelihood estimates are
//
//   k = ln(1 + orders / sum of excesses) per tick
//   A = units / (2 sides x seconds of continuous trading x mean of exp(-k g))
//
// where an order fills a unit, of the strategy's quote, or as much of it as it has traded lots.
// So a quote inside the spread is expected to be filled by more orders than the market shows, those
// for which the best price is too dear; the fills of makers agree (docs/strategies_making.md). The
// intensity is that of a small quote, as in S. Laruelle, C.-A. Lehalle and G. Pages, "Optimal
// posting price of limit orders: learning by trading", Mathematics and Financial Economics 7, 2013,
// and J. Fernandez-Tapia, "Modeling, optimization and estimation for the on-line control of trading
// algorithms in limit-order markets", thesis, Paris 6, 2015.
#include <math.h>

#include "eval/estimate_state.h"
#include "sim/market/market.h"

#define LAGS 10        // H
#define DISTANCES 512  // half ticks

typedef struct quotes_record {
  double change[LAGS + 1];  // ticks: of the mid in the last steps, the latest first
  double sum[LAGS + 1];     // g_h, ticks^2
  int64_t steps;
  int64_t mid2;  // at the last step
  hft_time continuous_since, continuous;
  uint64_t taker;                   // number of the last marketable order; 0: none yet
  int64_t reach, lots;              // of it, half ticks and lots traded
  uint32_t reached[DISTANCES];      // marketable orders before it by reach
  int64_t filled[DISTANCES];        // lots of these, at most a unit of each
  uint32_t half_spread[DISTANCES];  // steps by half the spread, half ticks
} quotes_record;

static void open_span(const hft_estimate_watch *watch, void *record) {
  quotes_record *r = record;
  r->mid2 = hft_market_mid2(watch->market, watch->instrument);
  bool trades =
      hft_market_phase(watch->model, watch->market, watch->instrument) == HFT_PHASE_CONTINUOUS;
  r->continuous_since = trades ? watch->start : HFT_TIME_NEVER;
}

// ---- A and k -----------------------------------------------------------------------------------

// The last two places of a table, one of each parity, stand for all that is farther.
static int place_of(int64_t distance) {
  if (distance < 0) return 0;
  return (int)(distance < DISTANCES ? distance : DISTANCES - 2 + distance % 2);
}

static void end_order(const hft_estimate_watch *watch, quotes_record *r) {
  if (r->taker == 0) return;
  int place = place_of(r->reach);
  r->reached[place]++;
  r->filled[place] += r->lots < watch->unit ? r->lots : watch->unit;
  r->lots = 0;
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
  if (event->taker.number != r->taker) end_order(watch, r);
  r->taker = event->taker.number;
  r->lots += event->qty;
  int64_t above = 2 * (int64_t)event->price - hft_market_mid2(watch->market, watch->instrument);
  r->reach = event->side == HFT_ASK ? above : -above;  // trades get worse and worse
}

// Half the spread in half ticks is the spread in ticks.
static void note_spread(const hft_estimate_watch *watch, quotes_record *r) {
  const hft_book *book = hft_market_book(watch->model, watch->market, watch->instrument);
  hft_price bid = hft_book_best_price(book, HFT_BID), ask = hft_book_best_price(book, HFT_ASK);
  if (bid != 0 && ask != 0) r->half_spread[place_of(ask - bid)]++;
}

// All records together.
typedef struct pool {
  int64_t reached[DISTANCES], filled[DISTANCES], half_spread[DISTANCES];
  int64_t looks;  // at the spread
  hft_time continuous;
} pool;

static void add_records(const quotes_record *r, size_t count, pool *sum) {
  *sum = (pool){0};
  for (size_t i = 0; i < count; i++) {
    sum->continuous += r[i].continuous;
    for (int d = 0; d < DISTANCES; d++) {
      sum->reached[d] += r[i].reached[d];
      sum->filled[d] += r[i].filled[d];
      sum->half_spread[d] += r[i].half_spread[d];
      sum->looks += r[i].half_spread[d];
    }
  }
}

static int lower_quartile(const pool *sum) {
  int64_t below = sum->half_spread[0];
  int d = 0;
  while (d < DISTANCES - 1 && 4 * below < sum->looks) below += sum->half_spread[++d];
  return d;
}

static void estimate_fills(const hft_estimate_watch *watch, const quotes_record *r, size_t count,
                           hft_estimates *out) {
  pool sum;
  add_records(r, count, &sum);
  if (sum.looks == 0 || sum.continuous == 0) return;
  int least = lower_quartile(&sum);
  int64_t orders = 0, excess = 0, filled = 0;
  for (int d = least; d < DISTANCES; d++) {
    orders += sum.reached[d];
    filled += sum.filled[d];
    excess += sum.reached[d] * ((d - least) / 2);  // g has the parity of d
  }
  if (excess == 0) return;
  out->fill_k = log1p((double)orders / (double)excess);
  double mean = 0;
  for (int d = 0; d < DISTANCES; d++) {
    int g = least + (d + least) % 2;
    mean += (double)sum.half_spread[d] / (double)sum.looks * exp(-0.5 * out->fill_k * g);
  }
  double units = (double)filled / (double)watch->unit;
  out->fill_a = 0.5 * units / ((double)sum.continuous / (double)HFT_SECOND * mean);
}

// ---- sigma -------------------------------------------------------------------------------------

static void on_step(const hft_estimate_watch *watch, void *record) {
  quotes_record *r = record;
  int64_t mid2 = hft_market_mid2(watch->market, watch->instrument);
  for (int h = LAGS; h > 0; h--) r->change[h] = r->change[h - 1];
  r->change[0] = 0.5 * (double)(mid2 - r->mid2);
  r->mid2 = mid2;
  r->steps++;
  note_spread(watch, r);
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
  end_order(watch, r);
  end_continuous(r, watch->end);
}

static void finish(const hft_estimate_watch *watch, const void *records, size_t count,
                   hft_estimates *out) {
  estimate_sigma(records, count, out);
  estimate_fills(watch, records, count, out);
}

const hft_estimator hft_quotes_estimator = {
    .record_size = sizeof(quotes_record),
    .open = open_span,
    .event = on_event,
    .step = on_step,
    .close = close_span,
    .finish = finish,
};
