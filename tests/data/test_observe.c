// What is observed in a market: worked out by hand, the same from every source, and against the
// recorded book of a real tape.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/facts/facts_source.h"
#include "data/lobster/lobster.h"
#include "tests/data/world.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

#define MS HFT_MILLISECOND

static hft_observer *observer_of(hft_time warmup, bool lenient) {
  const hft_observer_config config = {.warmup = warmup,
                                      .interval = HFT_SECOND,
                                      .price_min = 1,
                                      .price_max = 200,
                                      .lenient = lenient};
  hft_observer *observer;
  assert_int_equal(hft_observer_create(&config, &observer, NULL), HFT_OK);
  return observer;
}

// What happens in a market, by name.
typedef struct happening {
  int64_t ms;
  hft_event_kind kind;
  hft_side side;  // of the order; of a trade, the maker's
  uint32_t order, taker;
  hft_price price;
  hft_qty qty;
} happening;

static hft_event make_event(happening h) {
  return (hft_event){.time = h.ms * MS,
                     .order = {0, h.order},
                     .taker = {0, h.taker},
                     .price = h.price,
                     .qty = h.qty,
                     .kind = (uint8_t)h.kind,
                     .side = (uint8_t)h.side};
}

static void see_event(hft_observer *observer, happening h) {
  const hft_event event = make_event(h);
  hft_observer_event(observer, &event);
}

#define event_of(...) make_event((happening){__VA_ARGS__})
#define see(observer, ...) see_event(observer, (happening){__VA_ARGS__})

static hft_observed finish(hft_observer *observer, int64_t ms) {
  hft_observed seen;
  hft_error error = {0};
  if (hft_observer_finish(observer, ms * MS, &seen, &error) != HFT_OK) fail_msg("%s", error.text);
  hft_observer_free(observer);
  return seen;
}

static void check_values(const hft_doubles *array, const double *expected, size_t count) {
  assert_int_equal(array->count, count);
  for (size_t i = 0; i < count; i++) assert_near(array->value[i], expected[i], 1e-9);
}

// ---- by hand ---------------------------------------------------------------------------------

// Samples at 0, 1, 2, 3 and 4 s; the book has two sides from 0.5 s on, so the first that counts is
// the one at 1 s.
static void observations_by_hand(void **unused) {
  (void)unused;
  hft_observer *o = observer_of(0, false);
  see(o, .ms = 100, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 1, .price = 99, .qty = 5);
  see(o, .ms = 200, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 2, .price = 98, .qty = 7);
  see(o, .ms = 500, .kind = HFT_EVENT_ADD, .side = HFT_ASK, .order = 3, .price = 101, .qty = 4);
  see(o, .ms = 600, .kind = HFT_EVENT_TRADE, .side = HFT_BID, .order = 1, .taker = 4, .price = 99,
      .qty = 1);  // before the first sample: not counted
  see(o, .ms = 1000, .kind = HFT_EVENT_ADD, .side = HFT_ASK, .order = 5, .price = 102,
      .qty = 6);  // at the sample's time: before it
  see(o, .ms = 1200, .kind = HFT_EVENT_TRADE, .side = HFT_ASK, .order = 3, .taker = 6, .price = 101,
      .qty = 4);  // one market order, two executions
  see(o, .ms = 1200, .kind = HFT_EVENT_TRADE, .side = HFT_ASK, .order = 5, .taker = 6, .price = 102,
      .qty = 2);
  see(o, .ms = 1450, .kind = HFT_EVENT_TRADE, .side = HFT_BID, .order = 1, .taker = 7, .price = 99,
      .qty = 1);
  see(o, .ms = 1500, .kind = HFT_EVENT_ADD, .side = HFT_ASK, .order = 8, .price = 101, .qty = 1);
  see(o, .ms = 1900, .kind = HFT_EVENT_REDUCE, .side = HFT_BID, .order = 2, .price = 98, .qty = 3);
  see(o, .ms = 2250, .kind = HFT_EVENT_CANCEL, .side = HFT_ASK, .order = 8, .price = 101,
      .qty = 1);  // it rested 0.75 s
  see(o, .ms = 2300, .kind = HFT_EVENT_CANCEL, .side = HFT_BID, .order = 2, .price = 98,
      .qty = 4);  // placed before what is watched
  see(o, .ms = 2400, .kind = HFT_EVENT_EXPIRE, .side = HFT_BID, .order = 9, .price = 0,
      .qty = 50);  // never rested
  see(o, .ms = 2400, .kind = HFT_EVENT_REJECT, .side = HFT_BID, .order = 10, .price = 5000,
      .qty = 0);
  see(o, .ms = 3000, .kind = HFT_EVENT_TRADE, .side = HFT_ASK, .order = 5, .taker = 11,
      .price = 102, .qty = 4);  // the last ask, at the sample's time
  hft_observed seen = finish(o, 4000);
  assert_int_equal(seen.begin, HFT_SECOND);
  assert_int_equal(seen.end, 4 * HFT_SECOND);
  assert_int_equal(seen.events, 15);
  assert_int_equal(seen.left_out, 0);
  const double mid[] = {100, 100, 100.5, 100.5};
  check_values(&seen.mid, mid, 4);
  const double spread[] = {2 / 100.0 * 1e4, 2 / 100.0 * 1e4};
  check_values(&seen.spread_bps, spread, 2);  // at 3 and 4 s there is no ask
  const double volume[] = {7, 4, 0}, arrivals[] = {2, 1, 0};
  check_values(&seen.volume, volume, 3);
  check_values(&seen.arrivals, arrivals, 3);
  const double sign[] = {1, -1, 1}, size[] = {6, 1, 4}, gap[] = {0.25, 1.55};
  check_values(&seen.sign, sign, 3);
  check_values(&seen.size, size, 3);
  check_values(&seen.gap_s, gap, 2);
  const double lifetime[] = {0.75};
  check_values(&seen.lifetime_s, lifetime, 1);
  const double depth[] = {4, 6.5, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0};
  check_values(&seen.depth, depth, 20);
  hft_observed_free(&seen);
}

static void the_warmup_is_left_out(void **unused) {
  (void)unused;
  hft_observer *o = observer_of(2500 * MS, false);
  see(o, .ms = 0, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 1, .price = 99, .qty = 100);
  see(o, .ms = 0, .kind = HFT_EVENT_ADD, .side = HFT_ASK, .order = 2, .price = 101, .qty = 100);
  for (uint32_t i = 0; i < 50; i++)
    see(o, .ms = 100 + 100 * i, .kind = HFT_EVENT_TRADE, .side = HFT_ASK, .order = 2,
        .taker = 3 + i, .price = 101, .qty = 1);
  hft_observed seen = finish(o, 5400);
  assert_int_equal(seen.begin, 2500 * MS);
  assert_int_equal(seen.mid.count, 3);  // 2.5, 3.5, 4.5 s
  assert_int_equal(seen.sign.count, 25);
  const double arrivals[] = {10, 10};
  check_values(&seen.arrivals, arrivals, 2);
  hft_observed_free(&seen);
  // An empty session has no samples.
  seen = finish(observer_of(0, false), 3000);
  assert_int_equal(seen.mid.count, 0);
  assert_true(seen.begin == seen.end);
  hft_observed_free(&seen);
}

static void see_phase(hft_observer *observer, int64_t ms, hft_reason phase) {
  hft_event event =
      event_of(.ms = ms, .kind = HFT_EVENT_PHASE, .side = HFT_BID, .price = 0, .qty = 0);
  event.reason = (uint8_t)phase;
  hft_observer_event(observer, &event);
}

// In a call orders may cross, and there is no book to be seen; the auction's trades take from both
// sides and are no market orders; what was not to rest leaves.
static void calls_and_auctions(void **unused) {
  (void)unused;
  hft_observer *o = observer_of(0, false);
  see(o, .ms = 100, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 1, .price = 99, .qty = 5);
  see(o, .ms = 100, .kind = HFT_EVENT_ADD, .side = HFT_ASK, .order = 2, .price = 101, .qty = 4);
  see_phase(o, 1500, HFT_REASON_HALTED);
  see(o, .ms = 1600, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 3, .price = 104,
      .qty = 6);  // crosses
  see(o, .ms = 1700, .kind = HFT_EVENT_ADD, .side = HFT_ASK, .order = 4, .price = 103, .qty = 1);
  see(o, .ms = 1700, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 5, .price = 98, .qty = 9);
  see(o, .ms = 2500, .kind = HFT_EVENT_IMBALANCE, .side = HFT_BID, .price = 103, .qty = 5);
  hft_event auction = event_of(.ms = 2600, .kind = HFT_EVENT_TRADE, .side = HFT_BID, .order = 3,
                               .price = 103, .qty = 4);
  auction.reason = HFT_REASON_AUCTION;
  auction.taker.number = 2;
  hft_observer_event(o, &auction);
  auction.taker.number = 4;
  auction.qty = 1;
  hft_observer_event(o, &auction);
  see(o, .ms = 2600, .kind = HFT_EVENT_EXPIRE, .side = HFT_BID, .order = 5, .price = 98, .qty = 9);
  see_phase(o, 2600, HFT_REASON_CONTINUOUS);
  see(o, .ms = 2700, .kind = HFT_EVENT_ADD, .side = HFT_ASK, .order = 6, .price = 106, .qty = 3);
  see(o, .ms = 2800, .kind = HFT_EVENT_TRADE, .side = HFT_BID, .order = 3, .taker = 7, .price = 104,
      .qty = 1);  // the rest of the bid that crossed
  hft_observed seen = finish(o, 4000);
  const double mid[] = {100, 100, 102.5, 102.5}, volume[] = {0, 1, 0};
  check_values(&seen.mid, mid, 4);
  check_values(&seen.volume, volume, 3);
  assert_int_equal(seen.spread_bps.count, 3);  // none at 2 s
  assert_int_equal(seen.sign.count, 1);
  assert_near(seen.depth.value[HFT_OBSERVED_LEVELS], 4, 1e-9);  // 5 bid at 99, 3 asked at 106
  assert_int_equal(seen.lifetime_s.count, 0);
  hft_observed_free(&seen);
}

// An iceberg's hidden lots leave without a change of what shows: of a REDUCE what the order shows
// after it counts, of a CANCEL all leaves. Market orders wait in a call without a price.
static void hidden_lots_and_market_orders(void **unused) {
  (void)unused;
  hft_observer *o = observer_of(0, false);
  see(o, .ms = 100, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 1, .price = 99, .qty = 5);
  see(o, .ms = 100, .kind = HFT_EVENT_ADD, .side = HFT_ASK, .order = 2, .price = 101, .qty = 4);
  see(o, .ms = 100, .kind = HFT_EVENT_ADD, .side = HFT_ASK, .order = 3, .price = 102, .qty = 4);
  hft_event reduce = event_of(.ms = 200, .kind = HFT_EVENT_REDUCE, .side = HFT_BID, .order = 1,
                              .price = 99, .qty = 20);
  reduce.left = 5;  // all of it hidden
  hft_observer_event(o, &reduce);
  reduce.qty = 8;
  reduce.left = 3;  // 6 hidden, 2 that showed
  hft_observer_event(o, &reduce);
  see(o, .ms = 300, .kind = HFT_EVENT_CANCEL, .side = HFT_ASK, .order = 3, .price = 102, .qty = 30);
  see_phase(o, 1500, HFT_REASON_HALTED);
  see(o, .ms = 1600, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 4, .price = 0, .qty = 6);
  see(o, .ms = 1600, .kind = HFT_EVENT_ADD, .side = HFT_ASK, .order = 5, .price = 0, .qty = 1);
  see(o, .ms = 1600, .kind = HFT_EVENT_IMBALANCE, .side = HFT_SIDE_NONE, .price = 101, .qty = 5);
  hft_event auction = event_of(.ms = 1700, .kind = HFT_EVENT_TRADE, .side = HFT_BID, .order = 4,
                               .price = 100, .qty = 1);
  auction.reason = HFT_REASON_AUCTION;
  auction.taker.number = 5;
  hft_observer_event(o, &auction);
  see(o, .ms = 1700, .kind = HFT_EVENT_EXPIRE, .side = HFT_BID, .order = 4, .price = 0, .qty = 5);
  see_phase(o, 1700, HFT_REASON_CONTINUOUS);
  hft_observed seen = finish(o, 3000);
  assert_near(seen.depth.value[0], 3.5, 1e-9);  // 3 bid at 99, 4 asked at 101
  assert_near(seen.depth.value[1], 0, 1e-9);
  assert_int_equal(seen.left_out, 0);
  hft_observed_free(&seen);
}

// ---- faults ----------------------------------------------------------------------------------

static const hft_event rests[] = {
    {.order = {0, 1}, .price = 99, .qty = 5, .kind = HFT_EVENT_ADD, .side = HFT_BID},
    {.order = {0, 2}, .price = 101, .qty = 5, .kind = HFT_EVENT_ADD, .side = HFT_ASK},
};

static void contradictory_events_are_refused(void **unused) {
  (void)unused;
  const struct {
    hft_event event;
    const char *words;
    bool always;  // lenient or not
  } bad[] = {
      {event_of(.ms = 1, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 1, .price = 98, .qty = 1),
       "already resting", false},
      {event_of(.ms = 1, .kind = HFT_EVENT_ADD, .side = HFT_BID, .price = 98, .qty = 1),
       "already resting", false},
      {event_of(.ms = 1, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 3, .price = 98, .qty = 0),
       "without a size", false},
      {event_of(.ms = 1, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 3, .price = 201,
                .qty = 1),
       "outside the price range", false},
      {event_of(.ms = 1, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 3, .price = 0, .qty = 1),
       "outside the price range", false},
      {event_of(.ms = 1, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 3, .price = 101,
                .qty = 1),
       "would have traded", false},
      {event_of(.ms = 1, .kind = HFT_EVENT_ADD, .side = HFT_ASK, .order = 3, .price = 101,
                .qty = INT32_MAX),
       "too many lots", false},
      {event_of(.ms = 1, .kind = HFT_EVENT_CANCEL, .side = HFT_BID, .order = 3, .price = 99,
                .qty = 5),
       "not resting", false},
      {event_of(.ms = 1, .kind = HFT_EVENT_REDUCE, .side = HFT_BID, .price = 99, .qty = 1),
       "not resting", false},
      {event_of(.ms = 1, .kind = HFT_EVENT_REDUCE, .side = HFT_BID, .order = 1, .price = 99,
                .qty = 6),
       "contradicts its order", false},
      {event_of(.ms = 1, .kind = HFT_EVENT_TRADE, .side = HFT_BID, .order = 1, .price = 98,
                .qty = 1),
       "contradicts its order", false},
      {event_of(.ms = 1, .kind = HFT_EVENT_TRADE, .side = HFT_ASK, .order = 1, .price = 99,
                .qty = 1),
       "contradicts its order", false},
      {event_of(.ms = 1, .kind = HFT_EVENT_TRADE, .side = HFT_ASK, .order = UINT32_MAX, .price = 99,
                .qty = 1),
       "not resting", false},
      {event_of(.ms = -1, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 3, .price = 98,
                .qty = 1),
       "time goes back", true},
      {event_of(.ms = 1, .kind = HFT_EVENT_ADD, .side = (hft_side)2, .order = 3, .price = 98,
                .qty = 1),
       "side is invalid", true},
      {event_of(.ms = 1, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = UINT32_MAX, .price = 98,
                .qty = 1),
       "far above", true},
      {event_of(.ms = INT64_C(9000000000000), .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 3,
                .price = 98, .qty = 1),
       "too far", true},
      {event_of(.ms = 9000, .kind = HFT_EVENT_ADD, .side = HFT_BID, .order = 3, .price = 98,
                .qty = 1),
       "after the end", true},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    for (int lenient = 0; lenient < 2; lenient++) {
      hft_observer *o = observer_of(0, lenient);
      for (int k = 0; k < 2; k++) hft_observer_event(o, &rests[k]);
      hft_observer_event(o, &bad[i].event);
      hft_observed seen;
      hft_error error = {0};
      hft_status status = hft_observer_finish(o, 3 * HFT_SECOND, &seen, &error);
      hft_observer_free(o);
      if (!bad[i].always && lenient) {
        assert_int_equal(status, HFT_OK);
        assert_int_equal(seen.left_out, 1);
        hft_observed_free(&seen);
        continue;
      }
      assert_int_equal(status, HFT_EDATA);
      if (strstr(error.text, "event 3: ") == NULL || strstr(error.text, bad[i].words) == NULL) {
        fail_msg("case %zu: '%s' lacks '%s'", i, error.text, bad[i].words);
      }
    }
  }
}

static void prices_must_fit_into_a_book(void **unused) {
  (void)unused;
  const hft_price bad[][2] = {{0, 5}, {10, 9}, {1, INT32_MAX}};
  for (int i = 0; i < 3; i++) {
    const hft_observer_config config = {
        .interval = 1, .price_min = bad[i][0], .price_max = bad[i][1]};
    hft_observer *o;
    hft_error error = {0};
    assert_int_equal(hft_observer_create(&config, &o, &error), HFT_EDATA);
    assert_null(o);
  }
}

// ---- sources ---------------------------------------------------------------------------------

static void equal_arrays(const hft_doubles *a, const hft_doubles *b) {
  assert_int_equal(a->count, b->count);
  assert_true(a->count > 0);
  assert_memory_equal(a->value, b->value, a->count * sizeof *a->value);
}

static void equal_notes(const hft_observed *a, const hft_observed *b) {
  assert_true(a->begin == b->begin && a->end == b->end && a->interval == b->interval);
  assert_int_equal(a->events, b->events);
  equal_arrays(&a->mid, &b->mid);
  equal_arrays(&a->spread_bps, &b->spread_bps);
  equal_arrays(&a->depth, &b->depth);
  equal_arrays(&a->volume, &b->volume);
  equal_arrays(&a->arrivals, &b->arrivals);
  equal_arrays(&a->sign, &b->sign);
  equal_arrays(&a->size, &b->size);
  equal_arrays(&a->gap_s, &b->gap_s);
  equal_arrays(&a->lifetime_s, &b->lifetime_s);
}

// A market and its recording are the same market.
static void a_market_and_its_dataset_agree(void **state) {
  hft_model *model = world_model(5);
  const hft_recording recording = {.path = path_in(*state, "a.h5"),
                                   .day = "2026-01-02",
                                   .config = "",
                                   .seed = 9,
                                   .levels = 1,
                                   .snapshot_ns = HFT_SECOND,
                                   .duration_ns = 200 * HFT_SECOND};
  hft_generate_summary summary;
  assert_int_equal(hft_generate(&recording, model, NULL, &summary, NULL), HFT_OK);
  const hft_time durations[] = {200 * HFT_SECOND, 61500 * MS};
  for (int i = 0; i < 2; i++) {
    const hft_observe_plan plan = {10 * HFT_SECOND, 500 * MS, durations[i]};
    hft_observed run, read;
    assert_int_equal(hft_facts_observe_market(model, 0, 9, &plan, NULL, &run, NULL), HFT_OK);
    assert_int_equal(hft_facts_observe_dataset(recording.path, NULL, &plan, NULL, &read, NULL),
                     HFT_OK);
    equal_notes(&run, &read);
    if (i == 0) assert_int_equal(run.events, summary.rows.events);
    assert_int_equal(run.mid.count, (durations[i] - plan.warmup) / plan.interval + 1);
    hft_observed_free(&run);
    hft_observed_free(&read);
  }
  hft_model_free(model);
}

static bool stop_at_half(void *context, double done) {
  double *last = context;
  assert_true(done >= *last && done <= 1);
  *last = done;
  return done < 0.5;
}

static void a_run_can_be_stopped(void **unused) {
  (void)unused;
  hft_model *model = world_model(2);
  double done = 0;
  const hft_progress watch = {stop_at_half, &done};
  hft_observe_plan plan = {0, HFT_SECOND, 20 * HFT_SECOND};
  hft_observed seen;
  assert_int_equal(hft_facts_observe_market(model, 0, 1, &plan, &watch, &seen, NULL), HFT_EINTR);
  assert_near(done, 0.5, 0.06);
  plan.duration = 3601 * HFT_SECOND;
  assert_int_equal(hft_facts_observe_market(model, 0, 1, &plan, NULL, &seen, NULL), HFT_EINVAL);
  plan.duration = HFT_SECOND;
  assert_int_equal(hft_facts_observe_market(model, 1, 1, &plan, NULL, &seen, NULL), HFT_EINVAL);
  hft_model_free(model);
}

// ---- a tape ----------------------------------------------------------------------------------

static hft_observed observe_text(const char *folder, const char *messages, const char *book0) {
  const char *path = path_in(folder, "messages.csv"), *book_path = path_in(folder, "book.csv");
  write_text(path, messages);
  if (book0 != NULL) write_text(book_path, book0);
  const hft_observe_plan plan = {0, HFT_SECOND, 0};
  hft_observed seen;
  hft_error error = {0};
  const hft_tape_files files = {.messages = path, .book0 = book0 != NULL ? book_path : NULL};
  hft_status status = hft_facts_observe_lobster(&files, 0.01, &plan, NULL, &seen, &error);
  if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  return seen;
}

#define MESSAGES            \
  "100.0,1,11,20,1000,1\n"  \
  "100.5,1,12,10,1020,-1\n" \
  "101.5,4,99,5,1010,-1\n"  \
  "101.5,4,99,5,1010,-1\n"  \
  "101.6,5,0,7,1005,1\n"    \
  "102.25,3,11,20,1000,1\n" \
  "102.75,3,97,4,1000,1\n"  \
  "103.5,2,12,4,1020,-1\n"  \
  "104.0,7,-1,0,-1,-1\n"    \
  "104.0,4,12,6,1020,-1\n"

// The first book holds an order of 8 at 1010 that was there before the file, and 30 more at 1000.
static void a_tape_by_hand(void **state) {
  hft_observed seen = observe_text(*state, MESSAGES, "1010,8,1000,50\n");
  assert_int_equal(seen.begin, 100 * HFT_SECOND);
  // At 102 s the older order is used up (its second execution was larger than what it had left).
  const double mid[] = {1005, 1005, 1010, 1010, 1010};
  check_values(&seen.mid, mid, 5);
  const double best[] = {29, 29, 30, 18};  // (50 + 8) / 2, ..., (50 + 10) / 2, (26 + 10) / 2
  for (int i = 0; i < 4; i++) assert_near(seen.depth.value[i * HFT_OBSERVED_LEVELS], best[i], 1e-9);
  const double sign[] = {1, -1, 1}, size[] = {10, 7, 6}, gap[] = {0.1, 2.4};
  check_values(&seen.sign, sign, 3);
  check_values(&seen.size, size, 3);
  check_values(&seen.gap_s, gap, 2);
  const double lifetime[] = {2.25};
  check_values(&seen.lifetime_s, lifetime, 1);
  assert_int_equal(seen.left_out, 1);
  hft_observed_free(&seen);
}

// Without the first book the same orders are unknown: the trades are seen all the same.
static void a_tape_without_a_first_book(void **state) {
  hft_observed seen = observe_text(*state, MESSAGES, NULL);
  assert_int_equal(seen.begin, 101 * HFT_SECOND);  // two sides from 100.5 s on
  assert_near(seen.mid.value[0], 1010, 1e-9);
  assert_int_equal(seen.sign.count, 3);
  assert_int_equal(seen.left_out, 1);  // the deletion
  hft_observed_free(&seen);
}

// The recorded book in force at a time: the row of the last message up to then.
static hft_lobster_book book_at(hft_lobster_reader *rows, const hft_lobster_messages *messages,
                                size_t *next, hft_time time, hft_lobster_book last) {
  bool more;
  while (*next < messages->count && messages->message[*next].time <= time) {
    assert_int_equal(hft_lobster_next_book(rows, &last, &more, NULL), HFT_OK);
    ++*next;
  }
  return last;
}

// AAPL's recorded best prices at every second, which no reconstruction made.
static void the_real_tape(void **unused) {
  (void)unused;
  const char *path = shared_file(AAPL_MESSAGES), *book0 = shared_file(AAPL_BOOK0);
  const char *truth = shared_file(AAPL_BEST);
  const hft_observe_plan plan = {60 * HFT_SECOND, HFT_SECOND, 0};
  hft_observed seen;
  const hft_tape_files files = {.messages = path, .book0 = book0};
  assert_int_equal(hft_facts_observe_lobster(&files, 0, &plan, NULL, &seen, NULL), HFT_OK);
  hft_lobster_messages messages;
  assert_int_equal(hft_lobster_read_messages(path, &messages, NULL), HFT_OK);
  hft_lobster_reader rows;
  assert_int_equal(hft_lobster_open(&rows, truth, NULL), HFT_OK);
  static hft_lobster_book book;
  size_t next = 0;
  assert_int_equal(seen.mid.count, 1777);
  for (size_t i = 0; i < seen.mid.count; i++) {
    book = book_at(&rows, &messages, &next, seen.begin + (hft_time)i * HFT_SECOND, book);
    const hft_lobster_level *ask = &book.side[HFT_ASK][0], *bid = &book.side[HFT_BID][0];
    double mid = 0.5 * ((double)ask->price + (double)bid->price);
    assert_near(seen.mid.value[i], mid, 1e-9);
    assert_near(seen.spread_bps.value[i], (double)(ask->price - bid->price) / mid * 1e4, 1e-9);
    assert_near(seen.depth.value[i * HFT_OBSERVED_LEVELS],
                0.5 * ((double)ask->size + (double)bid->size), 1e-9);
  }
  double traded = 0, noted = 0;
  for (size_t i = 0; i < messages.count; i++) {
    const hft_lobster_message *m = &messages.message[i];
    bool execution = m->kind == HFT_LOBSTER_EXECUTE || m->kind == HFT_LOBSTER_HIDDEN;
    if (execution && m->time > seen.begin) traded += m->size;
  }
  for (size_t i = 0; i < seen.size.count; i++) noted += seen.size.value[i];
  assert_near(noted, traded, 1e-6);
  hft_lobster_close(&rows);
  hft_lobster_messages_free(&messages);
  hft_observed_free(&seen);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(observations_by_hand),
      cmocka_unit_test(the_warmup_is_left_out),
      cmocka_unit_test(calls_and_auctions),
      cmocka_unit_test(hidden_lots_and_market_orders),
      cmocka_unit_test(contradictory_events_are_refused),
      cmocka_unit_test(prices_must_fit_into_a_book),
      IN_FOLDER(a_market_and_its_dataset_agree),
      cmocka_unit_test(a_run_can_be_stopped),
      IN_FOLDER(a_tape_by_hand),
      IN_FOLDER(a_tape_without_a_first_book),
      cmocka_unit_test(the_real_tape),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
