#include "bench/book.h"

#include <inttypes.h>
#include <stdlib.h>

#include "bench/measure.h"
#include "sim/base/check.h"
#include "sim/base/pages.h"
#include "sim/book/book.h"

// Messages between the first hint for a message and the second, and between that and its
// application.
#define AHEAD 16

// A book, the digest of its trades, and the reason why it stopped (null: it did not).
typedef struct engine {
  hft_book *book;
  hft_digest digest;
  const char *fault;
} engine;

// Applies one message; ids of orders are slots. Returns null, or why it cannot be applied.
static inline const char *apply(hft_book *book, hft_digest *digest, const hft_message *m) {
  if (m->type != HFT_MESSAGE_LIMIT) {
    uint32_t out = m->type == HFT_MESSAGE_CANCEL ? m->id : m->old;
    if (hft_book_order_qty(book, out) == 0) return "removes an order that has been filled";
    hft_book_remove(book, out);
    if (m->type == HFT_MESSAGE_CANCEL) return NULL;
  }
  hft_side side = (hft_side)m->side;
  hft_qty qty = (hft_qty)m->qty;
  hft_fill fill;
  while (hft_book_match(book, side, m->price, &qty, &fill)) {
    hft_digest_trade(digest, fill.slot, m->id, (uint32_t)fill.qty, (uint32_t)fill.price);
    if (qty == 0) return NULL;
  }
  if (hft_book_insert(book, m->id, side, m->price, qty)) return NULL;
  return "exceeds the maximum lots of a level";
}

// Returns the number of messages applied: all, or those before the first that cannot be applied.
static __attribute__((noinline)) uint32_t apply_all(engine *e, const hft_message *messages,
                                                    uint32_t count) {
  const hft_message *m = messages, *end = messages + count;
  const char *fault = NULL;
  while (m < end && (fault = apply(e->book, &e->digest, m)) == NULL) m++;
  e->fault = fault;
  return (uint32_t)(m - messages);
}

// The memory that a message will touch.
typedef struct targets {
  uint32_t slot;    // of the order removed; of a limit order: its own
  hft_price price;  // of the order added; of a cancel: the lowest price
} targets;

// Message types are unpredictable, so masks select here instead of branches.
static inline targets targets_of(const hft_message *m) {
  uint32_t replaces = -(uint32_t)(m->type == HFT_MESSAGE_REPLACE);
  uint32_t cancels = -(uint32_t)(m->type == HFT_MESSAGE_CANCEL);
  return (targets){.slot = m->id ^ ((m->id ^ m->old) & replaces),
                   .price = (hft_price)(1 + ((m->price - 1u) & ~cancels))};
}

static inline void hint(const hft_book *book, const hft_message *m) {
  targets t = targets_of(m);
  hft_book_hint_order(book, t.slot);
  hft_book_hint_price(book, t.price);
}

static inline void hint_links(const hft_book *book, const hft_message *m) {
  targets t = targets_of(m);
  hft_book_hint_order_links(book, t.slot);
  hft_book_hint_price_links(book, t.price);
}

// Applies a batch: while one message is applied, memory for the next 2 * AHEAD is being fetched.
// Returns as apply_all.
static inline uint32_t apply_batch(engine *e, const hft_message *m, uint32_t count) {
  hft_book *book = e->book;
  for (uint32_t i = 0; i < 2 * AHEAD && i < count; i++) hint(book, &m[i]);
  for (uint32_t i = 0; i < AHEAD && i < count; i++) hint_links(book, &m[i]);
  for (uint32_t i = 0; i < count; i++) {
    if (i + 2 * AHEAD < count) hint(book, &m[i + 2 * AHEAD]);
    if (i + AHEAD < count) hint_links(book, &m[i + AHEAD]);
    const char *fault = apply(book, &e->digest, &m[i]);
    if (fault != NULL) {
      e->fault = fault;
      return i;
    }
  }
  return count;
}

// As apply_all, with messages in batches of `batch`.
static __attribute__((noinline)) uint32_t apply_batches(engine *e, const hft_message *messages,
                                                        uint32_t count, uint32_t batch) {
  if (batch == 1) return apply_all(e, messages, count);
  uint32_t done = 0;
  while (done < count) {
    uint32_t size = count - done < batch ? count - done : batch;
    uint32_t applied = apply_batch(e, messages + done, size);
    done += applied;
    if (applied < size) break;
  }
  return done;
}

// As apply_all; records the ticks of each message.
static __attribute__((noinline)) uint32_t apply_timed(engine *e, const hft_message *messages,
                                                      uint32_t count, uint32_t *ticks) {
  uint32_t i = 0;
  while (i < count) {
    uint64_t begin = hft_timer_begin();
    e->fault = apply(e->book, &e->digest, &messages[i]);
    uint64_t took = hft_timer_end() - begin;
    if (e->fault != NULL) break;
    ticks[i++] = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
  }
  return i;
}

static hft_status check_applied(const engine *e, uint64_t index, hft_error *error) {
  if (e->fault == NULL) return HFT_OK;
  return hft_fail(error, HFT_EDATA, "the workload", "message %" PRIu64 " %s", index, e->fault);
}

static hft_status prefill(engine *e, const hft_workload *w, hft_error *error) {
  hft_book_clear(e->book);
  e->digest = (hft_digest){0};
  uint32_t applied = apply_all(e, w->messages, w->prefill_count);
  return check_applied(e, applied, error);
}

static int compare_ticks(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static hft_status measure_throughput(engine *e, const hft_workload *w, int repeats, uint32_t batch,
                                     const hft_progress *progress, hft_bench_book_result *out,
                                     hft_error *error) {
  double ns[HFT_BENCH_REPEATS_MAX];
  for (int r = 0; r < repeats; r++) {
    if (!hft_progress_report(progress, r / (repeats + 1.0))) {
      return hft_fail(error, HFT_EINTR, "bench", "interrupted");
    }
    hft_status status = prefill(e, w, error);
    if (status != HFT_OK) return status;
    int64_t begin = hft_timer_ns();
    uint32_t applied = apply_batches(e, w->messages + w->prefill_count, w->timed_count, batch);
    ns[r] = (double)(hft_timer_ns() - begin) / w->timed_count;
    status = check_applied(e, (uint64_t)w->prefill_count + applied, error);
    if (status != HFT_OK) return status;
    if (r == 0) out->digest = e->digest;
    HFT_CHECK(hft_digest_equal(&out->digest, &e->digest));
  }
  hft_sample_sort(ns, (size_t)repeats);
  out->ns_per_msg = ns[0];
  out->ns_per_msg_median = ns[repeats / 2];
  return HFT_OK;
}

// The latency quantile `share`, without the clock's overhead.
static double percentile(const uint32_t *sorted, uint32_t count, double share, uint32_t overhead,
                         double ns_per_tick) {
  uint32_t ticks = sorted[(uint32_t)(share * (count - 1))];
  return ticks > overhead ? (ticks - overhead) * ns_per_tick : 0;
}

static hft_status measure_latency(engine *e, const hft_workload *w, uint32_t *ticks,
                                  hft_bench_book_result *out, hft_error *error) {
  uint32_t overhead = hft_timer_overhead();
  hft_status status = prefill(e, w, error);
  if (status != HFT_OK) return status;
  int64_t begin_ns = hft_timer_ns();
  uint64_t begin = hft_timer_begin();
  uint32_t applied = apply_timed(e, w->messages + w->prefill_count, w->timed_count, ticks);
  double all_ticks = (double)(hft_timer_end() - begin);
  double ns_per_tick = all_ticks > 0 ? (double)(hft_timer_ns() - begin_ns) / all_ticks : 0;
  status = check_applied(e, (uint64_t)w->prefill_count + applied, error);
  if (status != HFT_OK) return status;
  HFT_CHECK(hft_digest_equal(&out->digest, &e->digest));
  qsort(ticks, w->timed_count, sizeof *ticks, compare_ticks);
  out->p50_ns = percentile(ticks, w->timed_count, 0.5, overhead, ns_per_tick);
  out->p99_ns = percentile(ticks, w->timed_count, 0.99, overhead, ns_per_tick);
  out->p999_ns = percentile(ticks, w->timed_count, 0.999, overhead, ns_per_tick);
  return HFT_OK;
}

static hft_status measure(engine *e, const hft_workload *w, int repeats, uint32_t batch,
                          const hft_progress *progress, hft_bench_book_result *out,
                          hft_error *error) {
  hft_status status = measure_throughput(e, w, repeats, batch, progress, out, error);
  if (status != HFT_OK) return status;
  if (!hft_progress_report(progress, repeats / (repeats + 1.0))) {
    return hft_fail(error, HFT_EINTR, "bench", "interrupted");
  }
  uint32_t *ticks = malloc(w->timed_count * sizeof *ticks);
  if (ticks == NULL) return hft_fail(error, HFT_ENOMEM, "bench", "out of memory for the latencies");
  status = measure_latency(e, w, ticks, out, error);
  free(ticks);
  out->best_bid = hft_book_best_price(e->book, HFT_BID);
  out->best_ask = hft_book_best_price(e->book, HFT_ASK);
  return status;
}

hft_status hft_bench_book(const hft_workload *workload, int repeats, int batch,
                          const hft_progress *progress, hft_bench_book_result *out,
                          hft_error *error) {
  HFT_CHECK(repeats >= 1 && repeats <= HFT_BENCH_REPEATS_MAX);
  HFT_CHECK(batch >= 1 && batch <= HFT_BENCH_BATCH_MAX);
  *out = (hft_bench_book_result){0};
  const hft_book_config config = {
      .price_min = 1, .ticks = workload->price_max, .order_max = workload->id_max + 1};
  size_t size = hft_book_size(&config);
  HFT_CHECK(size > 0);
  void *memory = hft_pages_alloc(size + HFT_HUGE_PAGE);  // so that the last byte has a huge page
  if (memory == NULL) {
    return hft_fail(error, HFT_ENOMEM, "bench", "out of memory for a book of %zu bytes", size);
  }
  engine e = {0};
  hft_status status = hft_book_init(&config, memory, size, &e.book);
  HFT_CHECK(status == HFT_OK);
  status = measure(&e, workload, repeats, (uint32_t)batch, progress, out, error);
  free(memory);
  return status;
}
