#include "bench/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "sim/base/arena.h"
#include "sim/base/check.h"

// Market time between two snapshots.
#define STRETCH (100 * HFT_MILLISECOND)

enum { SNAPSHOT, RESTORE, COPY, KINDS };

typedef struct blocks {
  hft_market *market, *snapshot, *other;
  size_t size;
  double *taken[KINDS];  // ns, by round
} blocks;

static void copy(const blocks *b, int kind) {
  switch (kind) {
    case SNAPSHOT:
      memcpy(b->snapshot, b->market, b->size);
      return;
    case RESTORE:
      memcpy(b->market, b->snapshot, b->size);
      return;
    default:
      memcpy(b->other, b->market, b->size);
      return;
  }
}

// In every order of the three, a round's restore follows its snapshot.
static void run(const hft_model *model, const blocks *b, int rounds) {
  hft_time session = hft_model_instrument(model)->duration;
  for (int round = 0; round < rounds; round++) {
    hft_time now = hft_market_now(b->market);
    if (now + STRETCH > session) {
      hft_market_reset(model, b->market, (uint64_t)round, 1, NULL);
      now = 0;
    }
    hft_market_run(model, b->market, now + STRETCH, NULL);
    static const int turns[KINDS][KINDS] = {
        {SNAPSHOT, RESTORE, COPY}, {COPY, SNAPSHOT, RESTORE}, {SNAPSHOT, COPY, RESTORE}};
    for (int turn = 0; turn < KINDS; turn++) {
      int kind = turns[round % KINDS][turn];
      int64_t begin = hft_timer_ns();
      copy(b, kind);
      b->taken[kind][round] = (double)(hft_timer_ns() - begin);
    }
  }
}

// Runs the same future twice and compares.
static void check(const hft_model *model, const blocks *b) {
  hft_time until = hft_market_now(b->market) + HFT_SECOND;
  memcpy(b->snapshot, b->market, b->size);
  hft_market_run(model, b->market, until, NULL);
  uint64_t hash = hft_market_hash(model, b->market);
  memcpy(b->market, b->snapshot, b->size);
  hft_market_run(model, b->market, until, NULL);
  HFT_CHECK(hft_market_hash(model, b->market) == hash);
}

hft_status hft_bench_snapshot(const hft_model *model, uint64_t seed, int rounds,
                              hft_bench_snapshot_result *out, hft_error *error) {
  HFT_CHECK(rounds >= 1 && rounds <= HFT_BENCH_ROUNDS_MAX);
  size_t size = hft_market_size(model), whole = hft_align(size);
  char *memory = aligned_alloc(HFT_CACHE_LINE, 3 * whole);
  double *times = calloc((size_t)KINDS * (size_t)rounds, sizeof times[0]);
  if (memory == NULL || times == NULL) {
    free(memory);
    free(times);
    return hft_fail(error, HFT_ENOMEM, "bench", "out of memory for markets of %zu bytes", size);
  }
  blocks b = {.snapshot = (hft_market *)(memory + whole),
              .other = (hft_market *)(memory + 2 * whole),
              .size = size};
  for (int kind = 0; kind < KINDS; kind++) b.taken[kind] = times + (size_t)kind * (size_t)rounds;
  HFT_CHECK(hft_market_init(model, memory, whole, &b.market) == HFT_OK);
  hft_market_reset(model, b.market, seed, 0, NULL);
  memset(memory + whole, 0, 2 * whole);  // so that no page is touched first while timed
  run(model, &b, rounds);
  check(model, &b);
  *out = (hft_bench_snapshot_result){
      .bytes = size,
      .snapshot_ns = hft_sample_median(b.taken[SNAPSHOT], (size_t)rounds),
      .restore_ns = hft_sample_median(b.taken[RESTORE], (size_t)rounds),
      .memcpy_ns = hft_sample_median(b.taken[COPY], (size_t)rounds)};
  free(times);
  free(memory);
  return HFT_OK;
}
