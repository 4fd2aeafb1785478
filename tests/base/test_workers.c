// A worker pool runs each task once, on any number of threads: pools whose threads may spin while
// they wait (no more threads than cores), and pools whose threads sleep at once.
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "sim/base/workers.h"
#include "tests/support/env_world.h"

#define ITEMS 500
#define THREADS_MAX 8
#define PIECE 40  // indices, where each is one of work

// What the workers do: unprotected, as an index is one thread's at a time.
typedef struct bench {
  long done[ITEMS];
  long note[ITEMS];             // written by the owner before the send
  long by_thread[THREADS_MAX];  // unprotected: of one thread each
  atomic_long sum;
} bench;

static bool add(void *context, int thread, int index, int64_t *budget) {
  bench *of = context;
  of->by_thread[thread]++;
  --*budget;
  of->done[index]++;
  atomic_fetch_add(&of->sum, of->note[index]);
  return true;
}

static hft_workers *open_workers(int threads, bench *of) {
  hft_workers *workers = NULL;
  assert_int_equal(hft_workers_create(threads, ITEMS, PIECE, add, of, &workers, NULL), HFT_OK);
  return workers;
}

// Sends some of those that are at home, collects some of those that are out, at random.
static void check_workers(int threads) {
  bench *of = calloc(1, sizeof *of);
  assert_non_null(of);
  hft_workers *workers = open_workers(threads, of);
  uint64_t stream = (uint64_t)threads;
  bool is_out[ITEMS] = {false};
  long sent[ITEMS] = {0}, sum = 0;
  int out = 0;
  for (int round = 0; round < 2000; round++) {
    int32_t send[ITEMS], back[ITEMS];
    int count = 0;
    uint64_t one_in = 1 + world_draw(&stream) % 8;
    for (int i = 0; i < ITEMS; i++) {
      if (is_out[i] || world_draw(&stream) % one_in != 0) continue;
      of->note[i] = (long)(world_draw(&stream) % 1000);
      sum += of->note[i];
      is_out[i] = true;
      sent[i]++;
      send[count++] = i;
    }
    out += count;
    hft_workers_send(workers, send, count, HFT_WORKERS_CHUNK_MAX);
    int least = round % 50 == 49 ? out : (int)(world_draw(&stream) % ((uint64_t)out + 1));
    int got = hft_workers_collect(workers, back, least);
    assert_in_range(got, least, out);
    out -= got;
    for (int k = 0; k < got; k++) {
      assert_true(is_out[back[k]]);
      is_out[back[k]] = false;
      assert_int_equal(of->done[back[k]], sent[back[k]]);
    }
    if (out == 0) assert_int_equal(atomic_load(&of->sum), sum);
  }
  hft_workers_free(workers);
  long by_threads = 0, done = 0;
  for (int t = 0; t < THREADS_MAX; t++) {
    by_threads += of->by_thread[t];
    if (t >= threads) assert_int_equal(of->by_thread[t], 0);
  }
  for (int i = 0; i < ITEMS; i++) done += of->done[i];
  assert_int_equal(by_threads, done);
  free(of);
}

static void test_each_once(void **context) {
  (void)context;
  for (int threads = 1; threads <= 5; threads++) check_workers(threads);
}

// ---- what takes more than a piece ----

// An index needs so much more work; the owner wrote how much.
typedef struct toil {
  int64_t left[ITEMS];
  atomic_long pieces, done;
} toil;

static bool dig(void *context, int thread, int index, int64_t *budget) {
  toil *of = context;
  (void)thread;
  if (*budget <= 0) return false;
  int64_t part = of->left[index] < *budget ? of->left[index] : *budget;
  of->left[index] -= part;
  *budget -= part;
  atomic_fetch_add(&of->pieces, 1);
  atomic_fetch_add(&of->done, of->left[index] == 0);
  return of->left[index] == 0;
}

// All is done to its end, and the owner comes back after a piece of its own work at most.
static void check_pieces(int threads, bool in_pieces) {
  toil *of = calloc(1, sizeof *of);
  assert_non_null(of);
  hft_workers *workers = NULL;
  assert_int_equal(hft_workers_create(threads, ITEMS, PIECE, dig, of, &workers, NULL), HFT_OK);
  uint64_t stream = (uint64_t)threads;
  for (int round = 0; round < 200; round++) {
    int32_t send[ITEMS], back[ITEMS];
    int64_t work = 0;
    int count = 1 + (int)(world_draw(&stream) % 40), got = 0, turns = 0;
    for (int32_t i = 0; i < count; i++) {
      of->left[i] = 1 + (int64_t)(world_draw(&stream) % (round % 2 == 0 ? 8 : 8 * PIECE));
      work += of->left[i];
      send[i] = i;
    }
    hft_workers_send(workers, send, count, HFT_WORKERS_CHUNK_MAX);
    while (got < count) {
      long before = atomic_load(&of->done);
      int most = 1 + (int)(world_draw(&stream) % 8);
      int now = in_pieces ? hft_workers_collect_some(workers, back + got, count - got, most)
                          : hft_workers_collect(workers, back + got, count - got);
      if (in_pieces && threads == 1) {
        assert_in_range(now, 0, most);
        assert_int_equal(atomic_load(&of->done) - before, now);
      }
      got += now;
      turns++;
    }
    if (!in_pieces) assert_int_equal(turns, 1);
    if (in_pieces && threads == 1) assert_true(turns >= work / PIECE);
    if (threads == 1) assert_memory_equal(back, send, (size_t)count * sizeof *back);
    for (int i = 0; i < count; i++) assert_int_equal(of->left[i], 0);
  }
  hft_workers_free(workers);
  free(of);
}

static void test_pieces(void **context) {
  (void)context;
  for (int threads = 1; threads <= 5; threads++) {
    check_pieces(threads, false);
    check_pieces(threads, true);
  }
}

// Nothing that is begun stays with the owner: whoever has time goes on with it. The one that the
// owner has left must come by itself, while the owner collects only what others have done.
static void test_pieces_left_by_the_owner_are_finished(void **context) {
  (void)context;
  toil *of = calloc(1, sizeof *of);
  assert_non_null(of);
  hft_workers *workers = NULL;
  assert_int_equal(hft_workers_create(2, ITEMS, PIECE, dig, of, &workers, NULL), HFT_OK);
  for (int round = 0; round < 100; round++) {
    int32_t send[2] = {0, ITEMS - 1}, back[ITEMS];
    of->left[0] = of->left[ITEMS - 1] = 50 * PIECE;
    atomic_store(&of->done, 0);
    hft_workers_send(workers, send, 2, HFT_WORKERS_CHUNK_MAX);
    int got = hft_workers_collect_some(workers, back, 2, 1);
    while (atomic_load(&of->done) < 2) sched_yield();  // the owner does nothing
    got += hft_workers_collect(workers, back + got, 2 - got);
    assert_int_equal(got, 2);
  }
  hft_workers_free(workers);
  free(of);
}

// Workers are freed while they process indices that never end.
static void test_free_in_between(void **context) {
  (void)context;
  toil *of = calloc(1, sizeof *of);
  assert_non_null(of);
  for (int threads = 1; threads <= 4; threads++) {
    hft_workers *workers = NULL;
    assert_int_equal(hft_workers_create(threads, ITEMS, PIECE, dig, of, &workers, NULL), HFT_OK);
    int32_t send[8] = {0, 70, 130, 190, 260, 330, 400, 499}, back[ITEMS];
    for (int k = 0; k < 8; k++) of->left[send[k]] = INT64_MAX;
    hft_workers_send(workers, send, 8, HFT_WORKERS_CHUNK_MAX);
    for (int k = 0; k < 5; k++) assert_int_equal(hft_workers_collect_some(workers, back, 8, 8), 0);
    hft_workers_free(workers);
  }
  free(of);
}

// One at a time, so that the workers fall asleep and are woken again and again.
static void test_wakes(void **context) {
  (void)context;
  for (int threads = 1; threads <= 4; threads++) {
    bench *of = calloc(1, sizeof *of);
    assert_non_null(of);
    hft_workers *workers = open_workers(threads, of);
    for (int32_t k = 0; k < 5000; k++) {
      int32_t index = k % ITEMS, back[ITEMS];
      hft_workers_send(workers, &index, 1, HFT_WORKERS_CHUNK_MAX);
      assert_int_equal(hft_workers_collect(workers, back, 1), 1);
      assert_int_equal(back[0], index);
    }
    for (int i = 0; i < ITEMS; i++) assert_int_equal(of->done[i], 5000 / ITEMS);
    hft_workers_free(workers);
    free(of);
  }
}

static void test_order_on_one_thread(void **context) {
  (void)context;
  bench *of = calloc(1, sizeof *of);
  assert_non_null(of);
  hft_workers *workers = open_workers(1, of);
  int32_t send[ITEMS], back[ITEMS];
  for (int32_t k = 0; k < ITEMS; k++) send[k] = (k * 7) % ITEMS;
  hft_workers_send(workers, send, ITEMS, HFT_WORKERS_CHUNK_MAX);
  // Nobody else works: no more is done than was asked for.
  assert_int_equal(hft_workers_collect(workers, back, 0), 0);
  assert_int_equal(hft_workers_collect(workers, back, 3), 3);
  assert_int_equal(hft_workers_collect(workers, back + 3, ITEMS - 3), ITEMS - 3);
  assert_memory_equal(back, send, sizeof send);
  hft_workers_free(workers);
  free(of);
}

// What the last index waits for.
typedef struct gate {
  atomic_bool is_reached, is_open;
  atomic_int done;
} gate;

static bool pass(void *context, int thread, int index, int64_t *budget) {
  gate *of = context;
  (void)thread;
  (void)budget;
  if (index == ITEMS - 1) {
    atomic_store(&of->is_reached, true);
    while (!atomic_load(&of->is_open)) sched_yield();
  }
  atomic_fetch_add(&of->done, 1);
  return true;
}

// While a thread is held up, its part is done by another.
static void test_held_up_threads_are_replaced(void **context) {
  (void)context;
  gate of = {0};
  hft_workers *workers = NULL;
  assert_int_equal(hft_workers_create(2, ITEMS, PIECE, pass, &of, &workers, NULL), HFT_OK);
  int32_t index[ITEMS], last = ITEMS - 1;
  hft_workers_send(workers, &last, 1, HFT_WORKERS_CHUNK_MAX);
  while (!atomic_load(&of.is_reached)) sched_yield();
  for (int32_t k = 0; k < ITEMS - 1; k++) index[k] = k;
  hft_workers_send(workers, index, ITEMS - 1, HFT_WORKERS_CHUNK_MAX);
  assert_int_equal(hft_workers_collect(workers, index, ITEMS - 1), ITEMS - 1);
  assert_int_equal(atomic_load(&of.done), ITEMS - 1);
  atomic_store(&of.is_open, true);
  assert_int_equal(hft_workers_collect(workers, index, 1), 1);
  assert_int_equal(index[0], last);
  hft_workers_free(workers);
}

// What was sent and not collected does not hold up the end.
static void test_free_while_out(void **context) {
  (void)context;
  int32_t send[ITEMS];
  for (int32_t k = 0; k < ITEMS; k++) send[k] = k;
  bench *of = calloc(1, sizeof *of);
  assert_non_null(of);
  for (int threads = 1; threads <= 4; threads++) {
    hft_workers *workers = open_workers(threads, of);
    hft_workers_send(workers, send, ITEMS, HFT_WORKERS_CHUNK_MAX);
    hft_workers_free(workers);
    for (int k = 0; k < ITEMS; k++) assert_in_range(of->done[k], 0, threads);
  }
  hft_workers_free(NULL);
  free(of);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_once),
      cmocka_unit_test(test_wakes),
      cmocka_unit_test(test_order_on_one_thread),
      cmocka_unit_test(test_held_up_threads_are_replaced),
      cmocka_unit_test(test_free_while_out),
      cmocka_unit_test(test_pieces),
      cmocka_unit_test(test_pieces_left_by_the_owner_are_finished),
      cmocka_unit_test(test_free_in_between),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
