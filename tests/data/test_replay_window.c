// Sessions that open at any time of a tape: each starts with the book of that time, down to the
// queues, and continues as a session that was configured to open there.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/lobster/replay_flow.h"
#include "data/lobster/replay_plan.h"
#include "sim/base/arena.h"
#include "tests/data/level_view.h"
#include "tests/data/tape_market.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

#define DURATION_S 60

static void window_config(char yaml[1500], const char *messages, const char *keys) {
  snprintf(yaml, 1500,
           "market_config: {duration_s: %d, fundamental: constant}\n"
           "populations: [{kind: replay, messages: '%s'%s}]\n",
           DURATION_S, messages, keys);
}

static void open_random(tape_market *m, const char *messages) {
  char yaml[1500];
  window_config(yaml, messages, ", window: random");
  tape_market_open(m, yaml);
}

static hft_time opened(const tape_market *m) {
  return hft_replay_open_time(hft_market_agent_state(m->model, m->market, 0));
}

// All orders of a book, in the order of their queues, must be those of the other.
static void expect_same_queues(const hft_book *a, const hft_book *b) {
  assert_int_equal(a->live, b->live);
  for (uint32_t tick = 0; tick < a->ticks; tick++) {
    const hft_node *of_a = hft_book_nodes(a), *of_b = hft_book_nodes(b);
    uint32_t i = of_a[tick].next, j = of_b[tick].next;
    for (; i >= a->ticks && j >= b->ticks; i = of_a[i].next, j = of_b[j].next) {
      assert_int_equal(of_a[i].qty, of_b[j].qty);
    }
    assert_true(i < a->ticks && j < b->ticks);
  }
}

static hft_time first_time(const char *messages) {
  hft_lobster_reader reader;
  hft_lobster_message message;
  bool more;
  assert_int_equal(hft_lobster_open(&reader, messages, NULL), HFT_OK);
  assert_int_equal(hft_lobster_next_message(&reader, &message, &more, NULL), HFT_OK);
  hft_lobster_close(&reader);
  return message.time;
}

static void a_random_window_is_the_fixed_one_there(void **state) {
  (void)state;
  const char *messages = TAPE_SAMPLE "message_5.csv";
  hft_time start = first_time(messages);
  tape_market random;
  open_random(&random, messages);
  for (uint32_t world = 0; world < 40; world++) {
    hft_market_reset(random.model, random.market, world / 4, world % 4, &random.sink);
    char yaml[1500], keys[64];
    hft_time at = start + opened(&random);
    snprintf(keys, sizeof keys, ", start_s: %" PRId64 ".%09" PRId64, at / HFT_SECOND,
             at % HFT_SECOND);
    window_config(yaml, messages, keys);
    tape_market fixed;
    tape_market_open(&fixed, yaml);
    random.trades = 0;
    for (int k = 0; k <= 12; k++) {
      hft_time now = k * (DURATION_S / 12) * HFT_SECOND;
      tape_market_run(&random, now);
      tape_market_run(&fixed, now);
      expect_same_queues(hft_desk_book(&random.tape), hft_desk_book(&fixed.tape));
    }
    assert_int_equal(random.trades, fixed.trades);
    tape_market_close(&fixed);
  }
  tape_market_close(&random);
}

// Also of a tape of few levels, whose rows take orders out and bring them back.
static void a_window_of_few_levels_has_the_row(void **state) {
  char messages[512], orderbook[512], yaml[1500];
  snprintf(messages, sizeof messages, "%s", path_in(*state, "T_message_3.csv"));
  snprintf(orderbook, sizeof orderbook, "%s", path_in(*state, "T_orderbook_3.csv"));
  const level_view view = {.levels = 3,
                           .operations = 5000,
                           .seed = 21,
                           .tick = 100,
                           .middle = 10000,
                           .messages = messages,
                           .orderbook = orderbook};
  level_view_write(&view);
  snprintf(yaml, sizeof yaml,
           "market_config: {duration_s: 0.001, fundamental: constant}\n"
           "populations: [{kind: replay, messages: '%s', window: random}]\n",
           messages);
  hft_lobster_messages all;
  assert_int_equal(hft_lobster_read_messages(messages, &all, NULL), HFT_OK);
  tape_market m;
  tape_market_open(&m, yaml);
  for (uint32_t world = 0; world < 60; world++) {
    hft_market_reset(m.model, m.market, 5, world, &m.sink);
    hft_lobster_reader reader;
    static hft_lobster_book row;
    bool more;
    assert_int_equal(hft_lobster_open(&reader, orderbook, NULL), HFT_OK);
    hft_time at = all.message[0].time + opened(&m);
    for (size_t i = 0; i < all.count && all.message[i].time <= at; i++) {
      assert_int_equal(hft_lobster_next_book(&reader, &row, &more, NULL), HFT_OK);
    }
    hft_lobster_close(&reader);
    for (int side = 0; side < 2; side++) {
      hft_level level[4];
      int found = hft_book_depth(hft_desk_book(&m.tape), (hft_side)side, level, 4);
      for (int i = 0; i < 3; i++) {
        const hft_lobster_level *shown = &row.side[side][i];
        assert_int_equal(i < found ? level[i].price * 100 : 0, shown->price);
        assert_int_equal(i < found ? level[i].qty : 0, shown->size);
      }
      assert_true(found <= 3);
    }
  }
  hft_lobster_messages_free(&all);
  tape_market_close(&m);
}

static void each_episode_draws_its_own(void **state) {
  (void)state;
  tape_market m;
  open_random(&m, TAPE_SAMPLE "message_5.csv");
  double worlds = hft_model_worlds(m.model);
  double span = (worlds - 1) * DURATION_S;  // seconds
  assert_near(span, 540, 1);
  enum { DRAWS = 4000, BINS = 16 };
  int bin[BINS] = {0}, equal = 0;
  hft_time last = -1;
  for (uint32_t i = 0; i < DRAWS; i++) {
    hft_market_reset(m.model, m.market, i / 8, i % 8, NULL);
    hft_time open = opened(&m);
    assert_true(open >= 0 && (double)open <= span * 1e9 + 1);
    equal += open == last;
    last = open;
    int at = (int)((double)open / (span * 1e9) * BINS);
    bin[at < BINS ? at : BINS - 1]++;
  }
  assert_int_equal(equal, 0);
  double chi2 = 0, mean = (double)DRAWS / BINS;
  for (int k = 0; k < BINS; k++) chi2 += (bin[k] - mean) * (bin[k] - mean) / mean;
  assert_true(chi2 < 37.7);  // 99.9% of 15 degrees of freedom
  // The same world is the same window, and runs on alike; so does a fork.
  hft_market_reset(m.model, m.market, 3, 2, NULL);
  hft_time open = opened(&m);
  hft_market_run(m.model, m.market, 20 * HFT_SECOND, NULL);
  size_t size = hft_align(hft_market_size(m.model));
  hft_market *fork = aligned_alloc(HFT_CACHE_LINE, size);
  assert_non_null(fork);
  memcpy(fork, m.market, hft_market_size(m.model));
  hft_market_run(m.model, fork, 60 * HFT_SECOND, NULL);
  hft_market_reset(m.model, m.market, 3, 2, NULL);
  assert_true(opened(&m) == open);
  hft_market_run(m.model, m.market, 60 * HFT_SECOND, NULL);
  assert_int_equal(hft_market_hash(m.model, fork), hft_market_hash(m.model, m.market));
  free(fork);
  tape_market_close(&m);
}

// A fixed window is one world, whatever the seed.
static void a_fixed_window_is_one_world(void **state) {
  (void)state;
  char yaml[1500];
  tape_market m;
  window_config(yaml, TAPE_SAMPLE "message_5.csv", ", window: fixed");
  tape_market_open(&m, yaml);
  assert_near(hft_model_worlds(m.model), 1, 0);
  hft_market_reset(m.model, m.market, 1, 0, NULL);
  hft_market_run(m.model, m.market, 60 * HFT_SECOND, NULL);
  uint64_t book = hft_book_hash(hft_desk_book(&m.tape));
  hft_market_reset(m.model, m.market, 2, 5, NULL);
  assert_true(opened(&m) == 0);
  hft_market_run(m.model, m.market, 60 * HFT_SECOND, NULL);
  assert_true(hft_book_hash(hft_desk_book(&m.tape)) == book);
  tape_market_close(&m);
}

static void a_tape_without_room_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *yaml, *words;
  } cases[] = {
      {"market_config: {duration_s: 601}\n"
       "populations: [{kind: replay, window: random, messages: " TAPE_SAMPLE "message_5.csv}]\n",
       "market_config.duration_s to 599 or less"},
      {"market_config: {duration_s: 60}\n"
       "populations: [{kind: replay, window: random, start_s: 34760,\n"
       "               messages: " TAPE_SAMPLE "message_5.csv}]\n",
       "market_config.duration_s to 39 or less"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    hft_error error = {0};
    assert_null(tape_model(cases[i].yaml, 0, &error));
    assert_int_equal(error.status, HFT_ECONFIG);
    if (strstr(error.text, cases[i].words) == NULL) fail_msg("%s", error.text);
  }
}

// A session's opening goes through about as many steps as it has orders, wherever it opens.
static void marks_are_near(void **state) {
  (void)state;
  const hft_instrument instrument = {.tick_size = 0.01,
                                     .initial_price = 10000,
                                     .price_min = 5000,
                                     .price_max = 15000,
                                     .duration = 60 * HFT_SECOND,
                                     .order_qty_max = 100000,
                                     .count = 1};
  const hft_replay_source source = {.messages = TAPE_SAMPLE "message_5.csv",
                                    .book0 = TAPE_SAMPLE "orderbook_5.csv",
                                    .any_start = true,
                                    .unmatched_max = 0};
  hft_replay_plan plan;
  assert_int_equal(hft_replay_plan_create(&source, &instrument, "test", &plan, NULL), HFT_OK);
  assert_true(plan.mark_count > 4);
  for (size_t step = 0; step < plan.count; step++) {
    const hft_replay_mark *mark = &plan.mark[hft_replay_plan_mark(&plan, step)];
    assert_true(mark[0].step <= step && step < mark[1].step + (size_t)1);
    assert_true(mark[1].step - mark[0].step <= 256 + plan.place_count + 8);
    assert_int_equal(hft_replay_plan_find(&plan, plan.step[step].time) <= step, 1);
  }
  assert_int_equal(hft_replay_plan_find(&plan, INT64_MAX), plan.count);
  hft_replay_plan_free(&plan);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_random_window_is_the_fixed_one_there),
      IN_FOLDER(a_window_of_few_levels_has_the_row),
      cmocka_unit_test(each_episode_draws_its_own),
      cmocka_unit_test(a_fixed_window_is_one_world),
      cmocka_unit_test(a_tape_without_room_is_refused),
      cmocka_unit_test(marks_are_near),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
