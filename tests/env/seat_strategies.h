// Strategies that hold a seat, each with the same strategy as an agent of the config.
#ifndef HFTSIM_TESTS_ENV_SEAT_STRATEGIES_H
#define HFTSIM_TESTS_ENV_SEAT_STRATEGIES_H

typedef struct strategy_case {
  const char *seat, *agent;
  int parent;  // lots to buy
  double latency_us;
} strategy_case;

// An agent of the config's list has to be told what a seat's strategy takes from the seat. The
// roles of these seats come before takers, so that the taker has the same place in both markets:
// the random part of latency depends on it.
static const strategy_case strategies[] = {
    {"kind: executor, parent_qty: 60, controller: twap, params: {slices: 7}",
     "kind: twap, slices: 7, side: buy, quantity: 60", 60, -1},
    {"kind: executor, parent_qty: 45, side: sell, controller: vwap, latency_us: 30000",
     "kind: vwap, side: sell, quantity: 45, latency_us: 30000", -45, 30000},
    {"kind: executor, parent_qty: 50, controller: pov, params: {rate: 0.3, interval_ms: 400}",
     "kind: pov, rate: 0.3, interval_ms: 400, quantity: 50", 50, -1},
    {"kind: executor, parent_qty: 70, side: sell, controller: almgren-chriss, params: {slices: 9, "
     "lambda: 0.1, style: pegged, peg: mid, catch_up: spread}",
     "kind: almgren-chriss, slices: 9, lambda: 0.1, style: pegged, peg: mid, catch_up: spread, "
     "side: sell, quantity: 70",
     -70, -1},
    {"kind: executor, parent_qty: 40, controller: immediate, params: {limit_ticks: 2}",
     "kind: immediate, limit_ticks: 2, quantity: 40", 40, -1},
    {"kind: executor, parent_qty: 60, side: sell, controller: obizhaeva-wang, params: {rho: 0.4}",
     "kind: obizhaeva-wang, rho: 0.4, side: sell, quantity: 60", -60, -1},
    {"kind: maker, controller: avellaneda-stoikov, params: {quote_qty: 4}",
     "kind: avellaneda-stoikov, quote_qty: 4", 0, -1},
    {"kind: maker, controller: avellaneda-stoikov, params: {quote_qty: 4, horizon: infinite, k: 2}",
     "kind: avellaneda-stoikov, quote_qty: 4, horizon: infinite, k: 2", 0, -1},
    {"kind: maker, controller: glft, params: {quote_qty: 5, k: 2, max_inventory: 40}",
     "kind: glft, quote_qty: 5, k: 2, max_inventory: 40", 0, -1},
    {"kind: maker, controller: symmetric, params: {half_spread: 1}, latency_us: 20000",
     "kind: symmetric, half_spread: 1, latency_us: 20000", 0, 20000},
    {"kind: maker, controller: random, params: {latency_us: 500}", "kind: random, latency_us: 500",
     0, 500},
    {"kind: maker, controller: random, params: {reference: fundamental, offset_max: 2}",
     "kind: random, reference: fundamental, offset_max: 2", 0, -1},
    {"kind: maker, controller: momentum, params: {sample_ms: 300, lookback: 2, hold: 1}",
     "kind: momentum, sample_ms: 300, lookback: 2, hold: 1", 0, -1},
    {"kind: maker, controller: do-nothing", "kind: do-nothing", 0, -1},
    {"kind: taker, controller: momentum, params: {sample_ms: 300, lookback: 2, hold: 1}",
     "kind: momentum, sample_ms: 300, lookback: 2, hold: 1", 0, -1},
    {"kind: taker, controller: mean-reversion, params: {sample_ms: 300, lookback: 4, entry: 0.5}",
     "kind: mean-reversion, sample_ms: 300, lookback: 4, entry: 0.5", 0, -1},
    {"kind: taker, controller: rsi, params: {sample_ms: 300, period: 3, entry: 10}",
     "kind: rsi, sample_ms: 300, period: 3, entry: 10", 0, -1},
    {"kind: taker, controller: sma, latency_us: 30000, params: {sample_ms: 300, fast: 1, slow: 3, "
     "entry: 0}",
     "kind: sma, sample_ms: 300, fast: 1, slow: 3, entry: 0, latency_us: 30000", 0, 30000},
    {"kind: taker, controller: ofi, params: {sample_ms: 100, window: 5, entry: 0.5, exit: 0.2}",
     "kind: ofi, sample_ms: 100, window: 5, entry: 0.5, exit: 0.2", 0, -1},
};
enum { STRATEGIES = sizeof strategies / sizeof strategies[0] };

#endif
