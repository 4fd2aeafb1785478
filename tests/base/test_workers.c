// A crew does what it is sent, each once, on any number of threads: those that may spin while they
// wait (no more threads than cores), and those that sleep at once.
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "sim/base/workers.h"
#include "tests/env/world.h"

#define ITEMS 500

// What the workers do: unprotected, as an index is one thread's at a time.
typedef struct bench {
  long done[ITEMS];
  long note[ITEMS];  // written by the owner before the send
  atomic_long sum;
} bench;

static void add(void *context, int index) {
  bench *of = context;
  of->done[index]++;
  atomic_fetch_add(&of->sum, of->note[index]);
}

static hft_crew *open_crew(int threads, bench *of) {
  hft_crew *crew = NULL;
  assert_int_equal(hft_crew_create(threads, ITEMS, add, of, &crew, NULL), HFT_OK);
  return crew;
}

// Sends some of those that are at home, collects some of those that are out, at random.
static void check_crew(int threads) {
  bench *of = calloc(1, sizeof *of);
  assert_non_null(of);
  hft_crew *crew = open_crew(threads, of);
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
    hft_crew_send(crew, send, count, HFT_CREW_CHUNK_MAX);
    int least = round % 50 == 49 ? out : (int)(world_draw(&stream) % ((uint64_t)out + 1));
    int got = hft_crew_collect(crew, back, least, INT_MAX);
    assert_in_range(got, least, out);
    out -= got;
    for (int k = 0; k < got; k++) {
      assert_true(is_out[back[k]]);
      is_out[back[k]] = false;
      assert_int_equal(of->done[back[k]], sent[back[k]]);
    }
    if (out == 0) assert_int_equal(atomic_load(&of->sum), sum);
  }
  hft_crew_free(crew);
  free(of);
}

static void test_each_once(void **context) {
  (void)context;
  for (int threads = 1; threads <= 5; threads++) check_crew(threads);
}

// One at a time, so that the workers fall asleep and are woken again and again.
static void test_wakes(void **context) {
  (void)context;
  for (int threads = 1; threads <= 4; threads++) {
    bench *of = calloc(1, sizeof *of);
    assert_non_null(of);
    hft_crew *crew = open_crew(threads, of);
    for (int32_t k = 0; k < 5000; k++) {
      int32_t index = k % ITEMS, back[ITEMS];
      hft_crew_send(crew, &index, 1, HFT_CREW_CHUNK_MAX);
      assert_int_equal(hft_crew_collect(crew, back, 1, INT_MAX), 1);
      assert_int_equal(back[0], index);
    }
    for (int i = 0; i < ITEMS; i++) assert_int_equal(of->done[i], 5000 / ITEMS);
    hft_crew_free(crew);
    free(of);
  }
}

static void test_order_on_one_thread(void **context) {
  (void)context;
  bench *of = calloc(1, sizeof *of);
  assert_non_null(of);
  hft_crew *crew = open_crew(1, of);
  int32_t send[ITEMS], back[ITEMS];
  for (int32_t k = 0; k < ITEMS; k++) send[k] = (k * 7) % ITEMS;
  hft_crew_send(crew, send, ITEMS, HFT_CREW_CHUNK_MAX);
  // Nobody else works: no more is done than was asked for.
  assert_int_equal(hft_crew_collect(crew, back, 0, INT_MAX), 0);
  assert_int_equal(hft_crew_collect(crew, back, 3, INT_MAX), 3);
  assert_int_equal(hft_crew_collect(crew, back + 3, ITEMS - 3, INT_MAX), ITEMS - 3);
  assert_memory_equal(back, send, sizeof send);
  hft_crew_free(crew);
  free(of);
}

// What the last index waits for.
typedef struct gate {
  atomic_bool is_reached, is_open;
  atomic_int done;
} gate;

static void pass(void *context, int index) {
  gate *of = context;
  if (index == ITEMS - 1) {
    atomic_store(&of->is_reached, true);
    while (!atomic_load(&of->is_open)) sched_yield();
  }
  atomic_fetch_add(&of->done, 1);
}

// While a thread is held up, its part is done by another.
static void test_others_help(void **context) {
  (void)context;
  gate of = {0};
  hft_crew *crew = NULL;
  assert_int_equal(hft_crew_create(2, ITEMS, pass, &of, &crew, NULL), HFT_OK);
  int32_t index[ITEMS], last = ITEMS - 1;
  hft_crew_send(crew, &last, 1, HFT_CREW_CHUNK_MAX);
  while (!atomic_load(&of.is_reached)) sched_yield();
  for (int32_t k = 0; k < ITEMS - 1; k++) index[k] = k;
  hft_crew_send(crew, index, ITEMS - 1, HFT_CREW_CHUNK_MAX);
  assert_int_equal(hft_crew_collect(crew, index, ITEMS - 1, INT_MAX), ITEMS - 1);
  assert_int_equal(atomic_load(&of.done), ITEMS - 1);
  atomic_store(&of.is_open, true);
  assert_int_equal(hft_crew_collect(crew, index, 1, INT_MAX), 1);
  assert_int_equal(index[0], last);
  hft_crew_free(crew);
}

// What was sent and not collected does not hold up the end.
static void test_free_while_out(void **context) {
  (void)context;
  int32_t send[ITEMS];
  for (int32_t k = 0; k < ITEMS; k++) send[k] = k;
  bench *of = calloc(1, sizeof *of);
  assert_non_null(of);
  for (int threads = 1; threads <= 4; threads++) {
    hft_crew *crew = open_crew(threads, of);
    hft_crew_send(crew, send, ITEMS, HFT_CREW_CHUNK_MAX);
    hft_crew_free(crew);
    for (int k = 0; k < ITEMS; k++) assert_in_range(of->done[k], 0, threads);
  }
  hft_crew_free(NULL);
  free(of);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_once),           cmocka_unit_test(test_wakes),
      cmocka_unit_test(test_order_on_one_thread), cmocka_unit_test(test_others_help),
      cmocka_unit_test(test_free_while_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
