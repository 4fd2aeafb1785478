// What the directional strategies share: samples at equal intervals, the position that follows a
// signal between two thresholds, the market orders that bring it about, and its closing in time.
//
// A strategy samples the market from the session's open on, so that the warm-up of an episode
// counts, and holds a position from its span's start on. Its wake callback is
//
//   if (!hft_directional_due(d, s, desk)) return;
//   ... take a sample, compute a signal ...
//   hft_directional_follow_signal(d, s, desk, signal);
//
// The position is brought about by market orders, one at a time: none is sent while another is
// under way or waits for an auction. What the book cannot trade is sent again with the next sample.
// So the position never exceeds the one wanted, with any latency, in auctions and after halts. It
// is closed in the same way, close_s and two latencies before the end: what is under way then has
// arrived one latency later, and what it left is closed by the end. A position that the book cannot
// take at once needs a close_s of some samples.
#ifndef HFTSIM_BASELINES_DIRECTIONAL_DIRECTIONAL_H
#define HFTSIM_BASELINES_DIRECTIONAL_DIRECTIONAL_H

#include "baselines/span.h"

// clang-format off
// The keys of all directional strategies. SAMPLE_MS: the default interval.
#define HFT_DIRECTIONAL_KEYS(X, SAMPLE_MS)                                                        \
  HFT_SPAN_KEYS(X)                                                                                \
  X(REAL, sample_ms, SAMPLE_MS, 1, 3600000, "ms", "interval of the samples of the market")        \
  X(REAL, close_s, "0", 0, 86400, "s",                                                            \
    "the position is closed from so long before the end on, and two latencies before")

// The keys of those that compare a signal with thresholds, in the signal's UNIT.
#define HFT_DIRECTIONAL_SIGNAL_KEYS(X, ENTRY, EXIT, UNIT, SIGNAL)                                 \
  X(REAL, entry, ENTRY, 0, 1e9, UNIT,                                                             \
    "a position is opened where " SIGNAL " exceeds this, up or down")                             \
  X(REAL, exit, EXIT, 0, 1e9, UNIT,                                                               \
    "a position is closed where the signal for it falls below this; at most entry")               \
  X(INT, max_inventory, "10", 1, 1000000000, "lots", "position held, long or short")
// clang-format on

#define HFT_DIRECTIONAL_ORDERS 1  // open orders at a time

// The constants of a strategy, derived from its keys.
typedef struct hft_directional {
  hft_span span;
  hft_time sample;        // interval
  hft_time close;         // before the end, without the latency
  double entry, exit;     // thresholds of the signal; unused without one
  int64_t max_inventory;  // lots; unused without a signal
} hft_directional;

// The state of a strategy in a market.
typedef struct hft_directional_state {
  hft_time next_sample;
  int64_t target;  // the position wanted, lots, signed
} hft_directional_state;

// The values of the keys of HFT_DIRECTIONAL_KEYS.
typedef struct hft_directional_times {
  double start_s, horizon_s, sample_ms, close_s;
} hft_directional_times;

// The values of all keys of a strategy with a signal, and these from its struct of keys.
typedef struct hft_directional_signal {
  hft_directional_times times;
  double entry, exit;
  int64_t max_inventory;
} hft_directional_signal;
#define HFT_DIRECTIONAL_SIGNAL(keys)                                                         \
  {                                                                                          \
    {(keys)->start_s, (keys)->horizon_s, (keys)->sample_ms, (keys)->close_s}, (keys)->entry, \
        (keys)->exit, (keys)->max_inventory                                                  \
  }

// Derives the span and the intervals from the keys. ECONFIG as hft_span_compile.
hft_status hft_directional_compile(hft_directional_times times, const hft_instrument *instrument,
                                   const char *where, hft_directional *d, hft_error *error);
// The same for a strategy with a signal, and its thresholds and position. ECONFIG also: exit is
// above entry.
hft_status hft_directional_compile_signal(const hft_directional_signal *signal,
                                          const hft_instrument *instrument, const char *where,
                                          hft_directional *d, hft_error *error);

// Begins a session: sets the first wake, one interval after the open.
void hft_directional_reset(const hft_directional *d, hft_directional_state *s,
                           const hft_desk *desk);

// Begins a wake. Returns whether a sample is due, after which the caller takes it and calls one of
// the functions below. Otherwise it has set the next wake and, near the end of the span, closed the
// position.
bool hft_directional_due(const hft_directional *d, hft_directional_state *s, const hft_desk *desk);

// Sends what is missing to the position `target` (lots, signed), and sets the next wake. Before the
// start of the span the target is 0.
void hft_directional_follow(const hft_directional *d, hft_directional_state *s,
                            const hft_desk *desk, int64_t target);

// The same for the position that a signal asks for; a positive signal is one to buy. The position
// is +-max_inventory from where the signal exceeds +-entry to where it falls below exit, counted in
// the position's direction, and otherwise 0. NaN counts as 0.
void hft_directional_follow_signal(const hft_directional *d, hft_directional_state *s,
                                   const hft_desk *desk, double signal);

#endif
