// Directional strategies that hold a taker's seat: rows of the type strategy_case, which the
// including file defines before.
#ifndef HFTSIM_TESTS_ENV_SEAT_TAKERS_H
#define HFTSIM_TESTS_ENV_SEAT_TAKERS_H

static const strategy_case takers[] = {
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
enum { TAKERS = sizeof takers / sizeof takers[0] };

#endif
