#include "bench/market.h"

#include <stdlib.h>

#include "bench/timer.h"
#include "sim/base/arena.h"
#include "sim/base/check.h"

// Market time between two looks at the wall's clock.
#define STRETCH (100 * HFT_MILLISECOND)

static hft_status run(const hft_model *model, hft_market *market, uint64_t seed, int64_t wall_ns,
                      const hft_bench_watch *watch, hft_bench_market_result *out,
                      hft_error *error) {
  hft_time session = hft_model_instrument(model)->duration;
  hft_time earlier_sessions = 0;
  uint64_t earlier_messages = 0;
  int64_t begin = hft_timer_ns(), spent = 0;
  hft_market_reset(model, market, seed, 0, NULL);
  while (spent < wall_ns) {
    hft_time now = hft_market_now(market);
    if (now >= session) {
      earlier_sessions += now;
      earlier_messages += hft_market_messages(market);
      hft_market_reset(model, market, ++seed, 0, NULL);
      now = 0;
    }
    hft_market_run(model, market, session - now < STRETCH ? session : now + STRETCH, NULL);
    spent = hft_timer_ns() - begin;
    if (!hft_bench_goes_on(watch, (double)spent / (double)wall_ns)) {
      return hft_fail(error, HFT_EINTR, "bench", "interrupted");
    }
  }
  out->messages = earlier_messages + hft_market_messages(market);
  out->simulated_s = (double)(earlier_sessions + hft_market_now(market)) / (double)HFT_SECOND;
  out->wall_s = (double)spent / (double)HFT_SECOND;
  return HFT_OK;
}

hft_status hft_bench_market(const hft_model *model, uint64_t seed, int64_t wall_ns,
                            const hft_bench_watch *watch, hft_bench_market_result *out,
                            hft_error *error) {
  HFT_CHECK(wall_ns > 0);
  *out = (hft_bench_market_result){0};
  size_t size = hft_market_size(model);
  void *memory = aligned_alloc(HFT_CACHE_LINE, hft_align(size));
  if (memory == NULL) {
    return hft_fail(error, HFT_ENOMEM, "bench", "out of memory for a market of %zu bytes", size);
  }
  hft_market *market;
  hft_status status = hft_market_init(model, memory, size, &market);
  HFT_CHECK(status == HFT_OK);
  status = run(model, market, seed, wall_ns, watch, out, error);
  free(memory);
  return status;
}
