// Counters of a running server: written by the thread that serves, read at any time by another,
// and printed in the text format of Prometheus.
#ifndef HFTSIM_SERVER_METRICS_H
#define HFTSIM_SERVER_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "server/wire.h"
#include "sim/base/units.h"

// Requests whose kind could not be read are counted behind the last kind.
#define HFT_METRICS_KINDS (HFT_WIRE_KIND_COUNT + 1)

// Bucket i has the durations of up to 2^(14 + i) ns (16 us .. 69 s) that are in none before it; the
// last one has all longer ones.
#define HFT_METRICS_BUCKETS 24
#define HFT_METRICS_BUCKET_BITS 14

// Has one writer, so that a counter is added to with a load and a store. Zero it before its first
// use, but for `started_at`.
typedef struct hft_metrics {
  hft_time started_at;         // of the monotonic clock
  _Atomic uint64_t serving;    // 1 while it answers
  _Atomic uint64_t looped_at;  // when its loop last came round, of the same clock; 0: never yet
  _Atomic uint64_t duration[HFT_METRICS_KINDS][HFT_METRICS_BUCKETS];  // requests
  _Atomic uint64_t duration_sum[HFT_METRICS_KINDS];                   // ns
  _Atomic uint64_t errors[HFT_WIRE_CODE_COUNT];                       // replies
  _Atomic uint64_t gone;                                      // replies whose client was gone
  _Atomic uint64_t unread;                                    // replies whose client did not read
  _Atomic uint64_t sessions_dropped;                          // for that
  _Atomic uint64_t keys_refused;                              // connections
  _Atomic uint64_t env_steps;                                 // since the start
  _Atomic uint64_t sessions, envs, memory_bytes, unanswered;  // now
} hft_metrics;

static inline void hft_metrics_set(_Atomic uint64_t *value, uint64_t to) {
  atomic_store_explicit(value, to, memory_order_relaxed);
}

static inline uint64_t hft_metrics_get(const _Atomic uint64_t *value) {
  return atomic_load_explicit(value, memory_order_relaxed);
}

static inline void hft_metrics_add(_Atomic uint64_t *value, uint64_t amount) {
  hft_metrics_set(value, hft_metrics_get(value) + amount);
}

// Counts a request that was answered with `code` (OK or an error) after `duration`. `kind` is
// HFT_WIRE_KIND_COUNT where it could not be read.
void hft_metrics_request(hft_metrics *metrics, hft_wire_kind kind, hft_wire_code code,
                         hft_time duration);

// All replies so far that were lost.
static inline uint64_t hft_metrics_lost(const hft_metrics *metrics) {
  return hft_metrics_get(&metrics->gone) + hft_metrics_get(&metrics->unread);
}

// All requests so far.
uint64_t hft_metrics_requests(const hft_metrics *metrics);

// A loop that has not come round for so long is taken for one that hangs: all work is done in
// pieces of some milliseconds, and nothing is waited for longer than a tenth of a second.
#define HFT_METRICS_STALL (10 * HFT_SECOND)
// How long ago that was.
hft_time hft_metrics_since_loop(const hft_metrics *metrics, hft_time now);

// The page for Prometheus at `now`, which the caller frees; null when out of memory.
char *hft_metrics_print(const hft_metrics *metrics, hft_time now);

#endif
