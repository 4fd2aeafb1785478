// The benchmark of the order book reports the right trades. Of its times only the order is checked.
#include <stdlib.h>
#include <string.h>

#include "bench/book.h"
#include "sim/base/dist.h"
#include "sim/base/rng.h"
#include "tests/bench/file.h"
#include "tests/support/check.h"
#include "tests/support/naive_book.h"

static workload_file file;

static int setup(void **state) {
  (void)state;
  small_workload(&file);
  return 0;
}

static hft_status bench_batches(int batch, int repeats, const hft_progress *progress,
                                hft_bench_book_result *out, hft_error *error) {
  hft_workload workload;
  assert_int_equal(read_workload(&file, workload_bytes(&file), &workload, error), HFT_OK);
  hft_status status = hft_bench_book(&workload, repeats, batch, progress, out, error);
  hft_workload_free(&workload);
  return status;
}

static hft_status bench(int repeats, const hft_progress *progress, hft_bench_book_result *out,
                        hft_error *error) {
  return bench_batches(1, repeats, progress, out, error);
}

static void check_digest(const hft_digest *got, const hft_digest *expected) {
  assert_int_equal(got->trades, expected->trades);
  assert_int_equal(got->volume, expected->volume);
  assert_int_equal(got->notional, expected->notional);
  assert_int_equal(got->ids, expected->ids);
  assert_int_equal(got->full, expected->full);
}

static void test_the_small_workload_trades_as_by_hand(void **state) {
  (void)state;
  static const struct {
    uint32_t maker, taker, qty, price;
  } trades[] = {{1, 5, 5, 101}, {4, 5, 3, 101}, {4, 6, 3, 101}, {2, 6, 4, 102}, {6, 8, 1, 102}};
  hft_digest expected = {0};
  for (size_t i = 0; i < sizeof trades / sizeof trades[0]; i++) {
    hft_digest_trade(&expected, trades[i].maker, trades[i].taker, trades[i].qty, trades[i].price);
  }
  assert_int_equal(expected.trades, 5);
  assert_int_equal(expected.volume, 16);
  assert_int_equal(expected.notional, 11 * 101 + 5 * 102);
  hft_bench_book_result result;
  assert_int_equal(bench(3, NULL, &result, NULL), HFT_OK);
  check_digest(&result.digest, &expected);
  assert_int_equal(result.best_bid, 102);
  assert_int_equal(result.best_ask, 0);
}

// The digest of one trade, worked out apart from this program.
static void test_a_digest_is_the_agreed_one(void **state) {
  (void)state;
  hft_digest digest = {0};
  hft_digest_trade(&digest, 1, 2, 3, 4);
  assert_int_equal(digest.trades, 1);
  assert_int_equal(digest.volume, 3);
  assert_int_equal(digest.notional, 12);
  assert_int_equal(digest.ids, UINT64_C(0x965fdcb47c746c69));
  assert_int_equal(digest.full, UINT64_C(0x849c47bb9ae8988b));
}

static void test_times_are_in_order(void **state) {
  (void)state;
  hft_bench_book_result result;
  assert_int_equal(bench(5, NULL, &result, NULL), HFT_OK);
  assert_true(result.ns_per_msg > 0);
  assert_true(result.ns_per_msg <= result.ns_per_msg_median);
  assert_true(result.p50_ns >= 0);
  assert_true(result.p50_ns <= result.p99_ns);
  assert_true(result.p99_ns <= result.p999_ns);
}

// ---- random workloads against the naive book --------------------------------------------------

// Applies a message to the naive book, as the benchmark's to the real one.
static void naive_apply(naive_book *book, const hft_message *m, hft_digest *digest) {
  hft_side side;
  int index;
  if (m->type != HFT_MESSAGE_LIMIT) {
    uint32_t out = m->type == HFT_MESSAGE_CANCEL ? m->id : m->old;
    assert_non_null(naive_find(book, out, &side, &index));
    naive_remove(book, side, index);
    if (m->type == HFT_MESSAGE_CANCEL) return;
  }
  hft_qty qty = (hft_qty)m->qty;
  hft_fill fill;
  while (qty > 0 && naive_match(book, (hft_side)m->side, m->price, &qty, &fill)) {
    hft_digest_trade(digest, fill.slot, m->id, (uint32_t)fill.qty, (uint32_t)fill.price);
  }
  if (qty > 0) assert_true(naive_insert(book, m->id, (hft_side)m->side, m->price, qty));
}

// A message that the book can take: what it takes out rests.
static hft_message draw_message(hft_rng *rng, const naive_book *book, uint32_t id) {
  hft_message m = {.type = HFT_MESSAGE_LIMIT, .id = id};
  int resting = book->count[HFT_BID] + book->count[HFT_ASK];
  m.side = (uint8_t)hft_bounded(rng, 2);
  m.price = (uint16_t)(1 + hft_bounded(rng, 40));
  m.qty = 1 + hft_bounded(rng, 9);
  if (resting == 0 || hft_bounded(rng, 2) == 0) return m;
  int pick = (int)hft_bounded(rng, (uint32_t)resting);
  hft_side side = pick < book->count[HFT_BID] ? HFT_BID : HFT_ASK;
  uint32_t out = book->order[side][side == HFT_BID ? pick : pick - book->count[HFT_BID]].slot;
  if (resting > NAIVE_ORDERS_MAX / 4 || hft_bounded(rng, 2) == 0) {
    return (hft_message){.type = HFT_MESSAGE_CANCEL, .side = (uint8_t)side, .id = out};
  }
  m.type = HFT_MESSAGE_REPLACE;
  m.old = out;
  return m;
}

static void test_random_workloads_trade_as_the_reference_book(void **state) {
  (void)state;
  for (uint64_t seed = 0; seed < 20; seed++) {
    hft_rng rng = hft_rng_seed(seed, 0);
    naive_book book = {0};
    hft_digest expected = {0};
    uint32_t id = 0;
    file.prefill_count = (uint32_t)seed * 10;
    file.timed_count = FILE_MESSAGES_MAX - file.prefill_count;
    file.id_max = FILE_MESSAGES_MAX;
    file.price_max = 40;
    for (size_t i = 0; i < FILE_MESSAGES_MAX; i++) {
      file.messages[i] = draw_message(&rng, &book, id + 1);
      if (file.messages[i].type != HFT_MESSAGE_CANCEL) id++;
      naive_apply(&book, &file.messages[i], &expected);
    }
    assert_true(expected.trades > 100);
    static const int batches[] = {1, 2, 7, 64, HFT_BENCH_BATCH_MAX};
    for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
      hft_bench_book_result result;
      assert_int_equal(bench_batches(batches[b], 2, NULL, &result, NULL), HFT_OK);
      check_digest(&result.digest, &expected);
      for (int side = 0; side < 2; side++) {
        hft_price best = book.count[side] > 0 ? book.order[side][0].price : 0;
        assert_int_equal(side == HFT_BID ? result.best_bid : result.best_ask, best);
      }
    }
  }
}

// ---- what it refuses --------------------------------------------------------------------------

static void fails(hft_status status, const char *words) {
  hft_bench_book_result result;
  for (int batch = 1; batch <= 10; batch++) {
    hft_error error = {0};
    assert_int_equal(bench_batches(batch, 1, NULL, &result, &error), status);
    if (strstr(error.text, words) == NULL) fail_msg("'%s' does not say '%s'", error.text, words);
  }
}

static void test_a_filled_order_cannot_be_taken_out(void **state) {
  (void)state;
  file.messages[7].id = 1;
  fails(HFT_EDATA, "message 7 removes an order that has been filled");
  small_workload(&file);
  file.messages[5].old = 1;
  fails(HFT_EDATA, "message 5 removes an order that has been filled");
  file.prefill_count = 6;
  file.timed_count = 4;
  fails(HFT_EDATA, "message 5 removes an order that has been filled");
}

static void test_a_level_cannot_be_overfilled(void **state) {
  (void)state;
  file.messages[2].qty = INT32_MAX;
  file.messages[3] =
      (hft_message){.type = HFT_MESSAGE_LIMIT, .side = HFT_BID, .price = 99, .qty = 1, .id = 4};
  fails(HFT_EDATA, "message 3 exceeds the maximum lots of a level");
}

static bool allow_some(void *context, double done) {
  int *left = context;
  assert_true(done >= 0 && done <= 1);
  return (*left)-- > 0;
}

static void test_a_watch_can_stop_a_run(void **state) {
  (void)state;
  hft_bench_book_result result;
  hft_error error = {0};
  for (int allowed = 0; allowed <= 3; allowed++) {
    int left = allowed;
    const hft_progress progress = {allow_some, &left};
    assert_int_equal(bench(2, &progress, &result, &error), allowed < 3 ? HFT_EINTR : HFT_OK);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_the_small_workload_trades_as_by_hand, setup),
      cmocka_unit_test_setup(test_a_digest_is_the_agreed_one, setup),
      cmocka_unit_test_setup(test_times_are_in_order, setup),
      cmocka_unit_test_setup(test_random_workloads_trade_as_the_reference_book, setup),
      cmocka_unit_test_setup(test_a_filled_order_cannot_be_taken_out, setup),
      cmocka_unit_test_setup(test_a_level_cannot_be_overfilled, setup),
      cmocka_unit_test_setup(test_a_watch_can_stop_a_run, setup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
