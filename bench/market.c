#include "bench/market.h"

#include <stdlib.h>

#include "bench/measure.h"
#include "sim/base/check.h"
#include "sim/base/pages.h"

// Market time between two readings of the wall clock.
#define SLICE (10 * HFT_SECOND)

// Runs market after market.
typedef struct runner {
  const hft_model *model;
  hft_market *market;
  uint64_t seed;  // of the next session
  hft_bench_market_result *out;
} runner;

// Runs a stretch of the session, or starts the next session.
static void run_session_slice(runner *r) {
  hft_time session = hft_model_instrument(r->model)->duration;
  hft_time now = hft_market_now(r->market);
  if (now >= session) {
    hft_market_reset(r->model, r->market, r->seed++, 0, NULL);
    now = 0;
  }
  uint64_t messages = hft_market_messages(r->market);
  hft_time end = session - now < SLICE ? session : now + SLICE;
  hft_market_run(r->model, r->market, end, NULL);
  r->out->messages += hft_market_messages(r->market) - messages;
  r->out->simulated_s += (double)(end - now) / (double)HFT_SECOND;
}

// Runs for a slice of wall-clock time. Returns ns per message.
static double run_slice(runner *r, int64_t wall_ns) {
  uint64_t messages = r->out->messages;
  int64_t begin = hft_timer_ns(), spent = 0;
  do {
    run_session_slice(r);
    spent = hft_timer_ns() - begin;
  } while (spent < wall_ns);
  r->out->wall_s += (double)spent / (double)HFT_SECOND;
  messages = r->out->messages - messages;
  return messages > 0 ? (double)spent / (double)messages : 0;
}

// One slice of each market in turn, so that other load affects all markets alike.
static hft_status run(runner *runners, int count, int64_t wall_ns, const hft_progress *progress,
                      hft_error *error) {
  double ns[HFT_BENCH_MARKETS_MAX][HFT_BENCH_SLICES];
  for (int i = 0; i < HFT_BENCH_SLICES; i++) {
    if (!hft_progress_report(progress, (double)i / HFT_BENCH_SLICES)) {
      return hft_fail(error, HFT_EINTR, "bench", "interrupted");
    }
    for (int k = 0; k < count; k++) ns[k][i] = run_slice(&runners[k], wall_ns / HFT_BENCH_SLICES);
  }
  for (int k = 0; k < count; k++) {
    hft_sample_sort(ns[k], HFT_BENCH_SLICES);
    runners[k].out->ns_per_msg = ns[k][0];
    runners[k].out->ns_per_msg_median = ns[k][HFT_BENCH_SLICES / 2];
  }
  return HFT_OK;
}

static hft_status open_market(runner *r, hft_error *error) {
  size_t size = hft_market_size(r->model);
  void *memory = hft_pages_alloc(size + HFT_HUGE_PAGE);  // so that the last byte has a huge page
  if (memory == NULL) {
    return hft_fail(error, HFT_ENOMEM, "bench", "out of memory for a market of %zu bytes", size);
  }
  hft_status status = hft_market_init(r->model, memory, size, &r->market);
  HFT_CHECK(status == HFT_OK);
  hft_market_reset(r->model, r->market, r->seed++, 0, NULL);
  return HFT_OK;
}

hft_status hft_bench_market(const hft_model *const *models, int count, uint64_t seed,
                            int64_t wall_ns, const hft_progress *progress,
                            hft_bench_market_result *out, hft_error *error) {
  HFT_CHECK(wall_ns > 0 && count >= 1 && count <= HFT_BENCH_MARKETS_MAX);
  runner runners[HFT_BENCH_MARKETS_MAX] = {{0}};
  hft_status status = HFT_OK;
  for (int k = 0; k < count && status == HFT_OK; k++) {
    out[k] = (hft_bench_market_result){0};
    runners[k] = (runner){.model = models[k], .seed = seed, .out = &out[k]};
    status = open_market(&runners[k], error);
  }
  if (status == HFT_OK) status = run(runners, count, wall_ns, progress, error);
  for (int k = 0; k < count; k++) free(runners[k].market);
  return status;
}
