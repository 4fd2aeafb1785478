// Counters of a running server: written by the serving thread, read by any thread, and printed in
// the text format of Prometheus.
#ifndef HFTSIM_SERVER_METRICS_H
#define HFTSIM_SERVER_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "server/wire.h"
#include "sim/base/units.h"

// Requests whose kind could not be read are counted in one more place, after the last kind.
#define HFT_METRICS_KINDS (HFT_WIRE_KIND_COUNT + 1)

// Bucket i counts durations up to 2^(14 + i) ns (16 us .. 69 s) that no earlier bucket counts; the
// last bucket counts all longer ones.
#define HFT_METRICS_BUCKETS 24
#define HFT_METRICS_BUCKET_BITS 14

// There is one writing thread, so a counter is incremented by a load and a store. Zero-initialize
// it before the first use and set `started_at`.
typedef struct hft_metrics {
  hft_time started_at;         // monotonic clock
  _Atomic uint64_t serving;    // 1 while requests are answered
  _Atomic uint64_t looped_at;  // last iteration of the serving loop, same clock; 0: none yet
  _Atomic uint64_t duration[HFT_METRICS_KINDS][HFT_METRICS_BUCKETS];  // requests
  _Atomic uint64_t duration_sum[HFT_METRICS_KINDS];                   // ns
  _Atomic uint64_t errors[HFT_WIRE_CODE_COUNT];                       // replies
  _Atomic uint64_t gone;              // replies whose client had gone
  _Atomic uint64_t unread;            // replies whose client did not read
  _Atomic uint64_t sessions_dropped;  // closed because their client did not read
  _Atomic uint64_t keys_refused;      // connections refused for their key
  _Atomic uint64_t env_steps;         // since the start
  _Atomic uint64_t sessions, envs, memory_bytes, unanswered;  // now
} hft_metrics;

// Sets a counter. Serving thread only.
static inline void hft_metrics_set(_Atomic uint64_t *value, uint64_t to) {
  atomic_store_explicit(value, to, memory_order_relaxed);
}

// Reads a counter. Any thread.
static inline uint64_t hft_metrics_get(const _Atomic uint64_t *value) {
  return atomic_load_explicit(value, memory_order_relaxed);
}

// Increments a counter. Serving thread only.
static inline void hft_metrics_add(_Atomic uint64_t *value, uint64_t amount) {
  hft_metrics_set(value, hft_metrics_get(value) + amount);
}

// Counts a request that was answered with `code` (OK or an error) after `duration`. `kind` is
// HFT_WIRE_KIND_COUNT where it could not be read.
void hft_metrics_request(hft_metrics *metrics, hft_wire_kind kind, hft_wire_code code,
                         hft_time duration);

// The number of undelivered replies so far.
static inline uint64_t hft_metrics_lost(const hft_metrics *metrics) {
  return hft_metrics_get(&metrics->gone) + hft_metrics_get(&metrics->unread);
}

// The number of requests so far.
uint64_t hft_metrics_requests(const hft_metrics *metrics);

// A serving loop without an iteration for this long is reported as stalled: all work is done in
// slices of a few milliseconds, and the loop never waits longer than a tenth of a second.
#define HFT_METRICS_STALL (10 * HFT_SECOND)

// Time since the last iteration of the serving loop, ns; 0 before the first.
hft_time hft_metrics_since_loop(const hft_metrics *metrics, hft_time now);

// Prints the page for Prometheus at `now`, the monotonic clock. The caller frees it. Null: out of
// memory.
char *hft_metrics_print(const hft_metrics *metrics, hft_time now);

#endif
