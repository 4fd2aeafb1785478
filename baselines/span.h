// The part of a session in which a baseline trades.
#ifndef HFTSIM_BASELINES_SPAN_H
#define HFTSIM_BASELINES_SPAN_H

#include "sim/market/agent.h"

// clang-format off
#define HFT_SPAN_KEYS(X)                                                                          \
  X(REAL, start_s, "0", 0, 86400, "s",                                                            \
    "time from the session's open to the start of trading; 0 in an episode: after the warm-up")   \
  X(REAL, horizon_s, "0", 0, 86400, "s",                                                          \
    "duration of trading; 0: until the end of the episode, or of the session")                    \
  X(REAL, latency_us, "-1", -1, 1e9, "us",                                                        \
    "latency; if negative, exchange_config.latency_us")
// clang-format on

typedef struct hft_span {
  hft_time start, end;  // of trading; start < end <= the session's duration
} hft_span;

// Converts seconds to time, rounded to the nearest nanosecond.
hft_time hft_span_time(double seconds);

// Derives a span from its keys, both in seconds; horizon_s = 0: to the session's end. ECONFIG: the
// span is empty or passes the session's end. `where` names the agent in the error.
hft_status hft_span_compile(double start_s, double horizon_s, const hft_instrument *instrument,
                            const char *where, hft_span *span, hft_error *error);

#endif
