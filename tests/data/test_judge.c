// The scores of the judge: the same numbers as another implementation, in Python on arrays, gave
// for the same files; and by hand on small streams.
#include "data/judge/judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/facts/facts_source.h"
#include "data/judge/judge_source.h"
#include "sim/base/dist.h"
#include "stats/stats.h"
#include "tests/data/world.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

#define MSFT_MESSAGES "lobster/MSFT_2012-06-21_34200000_36000000_message_50.csv"

// ---- a tape that any language can write ------------------------------------------------------

typedef struct order {
  int id, side;
  int64_t price;
  int qty;
} order;

enum { LIVE_MAX = 20000 };

// A random market of limit orders, cancellations and executions, whose mid moves, so that some new
// orders cross old ones; 20 orders rest before the first message.
typedef struct maker {
  uint64_t x;
  FILE *file;
  int64_t time, mid;
  order live[LIVE_MAX];
  int count, id;
} maker;

static int draw(maker *m, int below) {
  m->x = m->x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (int)((m->x >> 33) % (uint64_t)below);
}

static void put(const maker *m, int kind, const order *o, int qty) {
  fprintf(m->file, "%" PRId64 ".%09" PRId64 ",%d,%d,%d,%" PRId64 ",%d\n", m->time / HFT_SECOND,
          m->time % HFT_SECOND, kind, o->id, qty, o->price * 100, o->side == 0 ? 1 : -1);
}

static void drop(maker *m, int at) {
  m->count--;
  memmove(&m->live[at], &m->live[at + 1], (size_t)(m->count - at) * sizeof m->live[0]);
}

static void add(maker *m) {
  order o = {.side = draw(m, 2)};
  int distance = 1 + draw(m, 30);
  o.price = o.side == 0 ? m->mid - distance : m->mid + distance;
  o.qty = 1 + draw(m, 500);
  o.id = m->id++;
  m->live[m->count++] = o;
  put(m, 1, &o, o.qty);
}

static void execute(maker *m) {
  int side = draw(m, 2), best = -1;
  for (int j = 0; j < m->count; j++) {
    const order *o = &m->live[j], *b = best < 0 ? NULL : &m->live[best];
    if (o->side != side) continue;
    if (b == NULL || (side == 0 ? o->price > b->price : o->price < b->price)) best = j;
  }
  if (best < 0) return;
  int qty = 1 + draw(m, m->live[best].qty);
  put(m, 4, &m->live[best], qty);
  m->live[best].qty -= qty;
  if (m->live[best].qty == 0) drop(m, best);
}

static void step(maker *m) {
  if (draw(m, 8) > 0) m->time += draw(m, 4) == 0 ? draw(m, 300000000) : draw(m, 2000);
  if (draw(m, 50) == 0) m->mid += draw(m, 3) - 1;
  int what = draw(m, 100);
  if (what < 45 || m->count < 20) {
    add(m);
  } else if (what < 75) {
    int at = draw(m, m->count);
    put(m, 3, &m->live[at], m->live[at].qty);
    drop(m, at);
  } else if (what < 85) {
    order *o = &m->live[draw(m, m->count)];
    if (o->qty <= 1) return;
    int qty = 1 + draw(m, o->qty - 1);
    put(m, 2, o, qty);
    o->qty -= qty;
  } else {
    execute(m);
  }
}

static void write_random_tape(const char *path, uint64_t seed, int steps) {
  maker *m = calloc(1, sizeof *m);
  *m = (maker){.x = seed, .time = 34200 * HFT_SECOND, .mid = 30000, .id = 1};
  m->file = fopen(path, "w");
  assert_non_null(m->file);
  for (int k = 0; k < 20; k++) {
    int64_t price = k % 2 == 0 ? m->mid - 1 - k : m->mid + 1 + k;
    order o = {m->id++, k % 2, price, 0};
    o.qty = 1 + draw(m, 9);
    m->live[m->count++] = o;
  }
  for (int i = 0; i < steps; i++) step(m);
  assert_int_equal(fclose(m->file), 0);
  free(m);
}

// ---- recorded scores -------------------------------------------------------------------------

static hft_judge_rows rows_of(const char *messages, const char *book0) {
  hft_judge_rows rows;
  hft_error error = {0};
  hft_status status = hft_judge_rows_of_tape(messages, book0, &rows, NULL, &error);
  if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  return rows;
}

static bool same_rows(const hft_judge_rows *a, const hft_judge_rows *b) {
  return a->count == b->count && a->orders == b->orders && a->begin == b->begin &&
         memcmp(a->row, b->row, a->count * sizeof *a->row) == 0;
}

static hft_judge_samples samples_of(const hft_judge_rows *rows, int skip_s, int block_s,
                                    hft_judge_blocks blocks) {
  hft_judge_samples samples = {0};
  const hft_judge_part part = {skip_s * HFT_SECOND, block_s * HFT_SECOND, (uint8_t)blocks};
  assert_int_equal(hft_judge_add(rows, &part, &samples), HFT_OK);
  return samples;
}

// Compares and frees the samples.
static void check_scores(hft_judge_samples a, hft_judge_samples b,
                         const hft_judge_score expected[HFT_SCORE_COUNT], double mean_l1,
                         double mean_w1) {
  hft_judge_scores scores, back;
  assert_int_equal(hft_judge_compare(&a, &b, &scores), HFT_OK);
  assert_int_equal(hft_judge_compare(&b, &a, &back), HFT_OK);
  for (int i = 0; i < HFT_SCORE_COUNT; i++) {
    const hft_judge_score *got = &scores.score[i];
    if (!(fabs(got->l1 - expected[i].l1) <= 1e-6 && fabs(got->w1 - expected[i].w1) <= 1e-6)) {
      fail_msg("%s is %.9f, %.9f", hft_score_table[i].name, got->l1, got->w1);
    }
    assert_near(back.score[i].l1, got->l1, 1e-12);
    assert_near(back.score[i].w1, got->w1, 1e-9);
  }
  assert_near(scores.mean_l1, mean_l1, 1e-6);
  assert_near(scores.mean_w1, mean_w1, 1e-6);
  hft_judge_samples_free(&a);
  hft_judge_samples_free(&b);
}

// Even blocks of AAPL's half hour against odd ones: the tape's own floor.
static void the_floor_of_a_small_tick_tape(void **unused) {
  (void)unused;
  static const hft_judge_score expected[HFT_SCORE_COUNT] = {
      {0.139780959, 0.187713471}, {0.129306587, 0.165085519}, {0.076201318, 0.113006749},
      {0.086661874, 0.105141596}, {0.142826990, 0.058284158}, {0.230083477, 0.101562301},
      {0.090230619, 0.033620207}, {0.080836858, 0.034513410}, {0.055211997, 0.071840101},
      {0.065845484, 0.107520468}, {0.142598870, 0.116844883}, {0.136751814, 0.164283749},
      {0.174335936, 0.333303551}, {0.128071395, 0.093110639}, {0.177670107, 0.443016997},
      {0.053481656, 0.015361190}, {0.094356200, 0.058346779}};
  hft_judge_rows rows = rows_of(shared_file(AAPL_MESSAGES), shared_file(AAPL_BOOK0));
  check_scores(samples_of(&rows, 120, 300, HFT_JUDGE_EVEN),
               samples_of(&rows, 120, 300, HFT_JUDGE_ODD), expected, 0.110126349, 0.086601789);
  hft_judge_rows_free(&rows);
}

// The same of MSFT, whose book at the open is known from later messages alone.
static void the_floor_of_a_large_tick_tape(void **unused) {
  (void)unused;
  static const hft_judge_score expected[HFT_SCORE_COUNT] = {
      {0.159895014, 0.329085570}, {0.160911150, 0.135047555}, {0.121401036, 0.118772609},
      {0.166094114, 0.318645101}, {0.175539290, 0.128314938}, {0.369080765, 0.224126977},
      {0.165743326, 0.048945218}, {0.175067181, 0.100261217}, {0.069407557, 0.091907146},
      {0.079291987, 0.106911813}, {0.178963982, 0.273641046}, {0.147588484, 0.191495786},
      {0.374659971, 0.714943286}, {0.148747644, 0.190986695}, {0.155629139, 0.244279661},
      {0.148660393, 0.051655725}, {0.177622200, 0.257210192}};
  hft_judge_rows rows = rows_of(shared_file(MSFT_MESSAGES), NULL);
  check_scores(samples_of(&rows, 300, 300, HFT_JUDGE_EVEN),
               samples_of(&rows, 300, 300, HFT_JUDGE_ODD), expected, 0.167285095, 0.143905341);
  hft_judge_rows_free(&rows);
}

static void the_scores_of_random_tapes(void **state) {
  static const hft_judge_score within[HFT_SCORE_COUNT] = {
      {0.190647321, 0.373822077}, {0.232310778, 0.408174584}, {0.043319524, 0.024005541},
      {0.112125843, 0.129936910}, {0.241401284, 0.181964979}, {0.386998648, 0.267256660},
      {0.067004271, 0.034137487}, {0.101386330, 0.036418575}, {0.057531637, 0.065916092},
      {0.059702670, 0.070827772}, {0.174247430, 0.089961300}, {0.277578112, 0.179822826},
      {0.276645768, 0.236661598}, {0.284600207, 0.180598747}, {0.417746760, 0.227518429},
      {0.039718078, 0.027930942}, {0.115786603, 0.041469523}};
  static const hft_judge_score between[HFT_SCORE_COUNT] = {
      {0.175563801, 0.303903312}, {0.322075846, 0.549621924}, {0.046341711, 0.018874397},
      {0.111117153, 0.054538650}, {0.283834973, 0.093038859}, {0.309917333, 0.383310236},
      {0.045685367, 0.031236453}, {0.083839505, 0.148212788}, {0.042022175, 0.053985262},
      {0.034994914, 0.048439111}, {0.131547619, 0.089123907}, {0.275119364, 0.352443151},
      {0.377155172, 0.290568589}, {0.277607101, 0.352820172}, {0.271563089, 0.429007040},
      {0.030589402, 0.019567968}, {0.105775260, 0.041955874}};
  const char *path = path_in(*state, "tape.csv");
  write_random_tape(path, 1, 20000);
  hft_judge_rows one = rows_of(path, NULL);
  hft_lobster_messages messages;
  assert_int_equal(hft_lobster_read_messages(path, &messages, NULL), HFT_OK);
  hft_judge_rows read;
  hft_judge_tape told;
  assert_int_equal(hft_judge_rows_of_messages(&messages, NULL, &read, &told, NULL), HFT_OK);
  assert_true(same_rows(&one, &read));
  assert_int_equal(told.tick, 100);
  assert_true(told.resting > 0 && told.resting <= 20 && told.far == 0 && told.hidden == 0);
  hft_judge_rows_free(&read);
  hft_lobster_messages_free(&messages);
  write_random_tape(path, 2, 20000);
  hft_judge_rows two = rows_of(path, NULL);
  assert_int_equal(one.left_out, 1896);
  assert_int_equal(two.left_out, 1572);
  check_scores(samples_of(&one, 60, 60, HFT_JUDGE_EVEN), samples_of(&one, 60, 60, HFT_JUDGE_ODD),
               within, 0.1504033216, 0.1405613902);
  check_scores(samples_of(&one, 60, 60, HFT_JUDGE_ODD), samples_of(&two, 60, 60, HFT_JUDGE_ODD),
               between, 0.1409804405, 0.1527114814);
  hft_judge_rows_free(&one);
  hft_judge_rows_free(&two);
}

// ---- by hand ---------------------------------------------------------------------------------

static hft_judge_stream *stream_of(hft_price price_max) {
  hft_judge_stream *stream;
  assert_int_equal(hft_judge_stream_create(1, price_max, &stream, NULL), HFT_OK);
  return stream;
}

static hft_judge_rows finish(hft_judge_stream *stream) {
  hft_judge_rows rows;
  hft_error error = {0};
  if (hft_judge_stream_finish(stream, &rows, &error) != HFT_OK) fail_msg("%s", error.text);
  hft_judge_stream_free(stream);
  return rows;
}

#define event(stream, ...) hft_judge_stream_event(stream, &(hft_event){__VA_ARGS__})

// Hidden lots of an iceberg are not in the book; in a call there are no rows, and the book follows.
static void events_by_hand(void **unused) {
  (void)unused;
  hft_judge_stream *s = stream_of(100);
  event(s, .time = 1, .kind = HFT_EVENT_ADD, .order = {0, 1}, .price = 50, .qty = 10);
  event(s, .time = 2, .kind = HFT_EVENT_ADD, .order = {0, 2}, .price = 53, .qty = 7, .side = 1);
  event(s, .time = 3, .kind = HFT_EVENT_ADD, .order = {0, 3}, .price = 50, .qty = 4);
  // 20 of the first leave: 17 were hidden.
  event(s, .time = 4, .kind = HFT_EVENT_REDUCE, .order = {0, 1}, .price = 50, .qty = 20, .left = 7);
  event(s, .time = 5, .kind = HFT_EVENT_REDUCE, .order = {0, 1}, .price = 50, .qty = 5, .left = 7);
  event(s, .time = 6, .kind = HFT_EVENT_TRADE, .order = {0, 1}, .taker = {0, 9}, .price = 50,
        .qty = 7);
  event(s, .time = 6, .kind = HFT_EVENT_ADD, .order = {0, 1}, .price = 50, .qty = 3,
        .reason = HFT_REASON_REFRESHED);
  event(s, .time = 7, .kind = HFT_EVENT_PHASE, .reason = HFT_REASON_CLOSING);
  event(s, .time = 8, .kind = HFT_EVENT_ADD, .order = {0, 4}, .price = 60, .qty = 5);  // crosses
  event(s, .time = 9, .kind = HFT_EVENT_TRADE, .order = {0, 4}, .taker = {0, 2}, .price = 55,
        .qty = 5, .reason = HFT_REASON_AUCTION);
  event(s, .time = 9, .kind = HFT_EVENT_PHASE, .reason = HFT_REASON_CONTINUOUS);
  event(s, .time = 10, .kind = HFT_EVENT_CANCEL, .order = {0, 3}, .price = 50, .qty = 4);
  hft_judge_rows rows = finish(s);
  static const struct {
    int64_t time, deep;
    int kind, bid, ask, ahead, qty;
  } expected[] = {
      {2, 10, HFT_JUDGE_LIMIT, 10, 7, 0, 7},  {3, 14, HFT_JUDGE_LIMIT, 14, 7, 10, 4},
      {4, 11, HFT_JUDGE_REDUCE, 11, 7, 0, 3}, {6, 4, HFT_JUDGE_EXECUTE, 4, 7, 0, 7},
      {6, 7, HFT_JUDGE_LIMIT, 7, 7, 4, 3},    {10, 3, HFT_JUDGE_CANCEL, 3, 2, 0, 4},
  };
  assert_int_equal(rows.count, sizeof expected / sizeof expected[0]);
  for (size_t i = 0; i < rows.count; i++) {
    const hft_judge_row *r = &rows.row[i];
    assert_int_equal(r->time, expected[i].time);
    assert_int_equal(r->kind, expected[i].kind);
    assert_int_equal(r->touch[HFT_BID], expected[i].bid);
    assert_int_equal(r->touch[HFT_ASK], expected[i].ask);
    assert_int_equal(r->deep[HFT_BID], expected[i].deep);
    assert_int_equal(r->ahead, expected[i].ahead);
    assert_int_equal(r->qty, expected[i].qty);
    assert_int_equal(r->level, 1);
  }
  assert_int_equal(rows.left_out, 0);
  hft_judge_rows_free(&rows);
}

// What contradicts the book is counted, and gives no row.
static void contradictions(void **unused) {
  (void)unused;
  hft_judge_stream *s = stream_of(100);
  hft_judge_message m = {1, 1, 50, 5, HFT_JUDGE_LIMIT, HFT_BID};
  hft_judge_stream_message(s, &m);
  hft_judge_stream_message(s, &m);  // twice
  m = (hft_judge_message){2, 9, 0, 5, HFT_JUDGE_CANCEL, HFT_BID};
  hft_judge_stream_message(s, &m);  // unknown
  m = (hft_judge_message){2, 2, 101, 5, HFT_JUDGE_LIMIT, HFT_ASK};
  hft_judge_stream_message(s, &m);  // outside: ignored
  m = (hft_judge_message){2, 3, 60, 0, HFT_JUDGE_LIMIT, HFT_ASK};
  hft_judge_stream_message(s, &m);  // no size
  m = (hft_judge_message){2, 1, 0, 0, HFT_JUDGE_EXECUTE, HFT_BID};
  hft_judge_stream_message(s, &m);
  m = (hft_judge_message){2, 1, 0, -3, HFT_JUDGE_REDUCE, HFT_BID};
  hft_judge_stream_message(s, &m);
  m = (hft_judge_message){3, 4, 50, 6, HFT_JUDGE_LIMIT, HFT_ASK};
  hft_judge_stream_message(s, &m);  // crosses the bid, which leaves: one side is empty
  hft_judge_rows rows = finish(s);
  assert_int_equal(rows.left_out, 5);
  assert_int_equal(rows.count, 0);
  hft_judge_rows_free(&rows);

  s = stream_of(100);
  m = (hft_judge_message){5, 1, 50, 5, HFT_JUDGE_LIMIT, HFT_BID};
  hft_judge_stream_message(s, &m);
  m.time = 4;
  hft_judge_stream_message(s, &m);
  assert_false(hft_judge_stream_well(s));
  assert_int_equal(hft_judge_stream_finish(s, &rows, NULL), HFT_EDATA);
  hft_judge_stream_free(s);
  assert_int_equal(hft_judge_stream_create(0, 10, &s, NULL), HFT_EDATA);
  assert_int_equal(hft_judge_stream_create(1, INT32_MAX, &s, NULL), HFT_EDATA);
}

// A market with itself has distance 0; without some sample there is no mean.
static void the_same_and_nothing(void **state) {
  const char *path = path_in(*state, "tape.csv");
  write_random_tape(path, 3, 3000);
  hft_judge_rows rows = rows_of(path, NULL);
  hft_judge_samples all = samples_of(&rows, 0, 0, HFT_JUDGE_ALL), none = {0};
  hft_judge_samples pooled = samples_of(&rows, 0, 0, HFT_JUDGE_ALL);
  const hft_judge_part part = {0};
  assert_int_equal(hft_judge_add(&rows, &part, &pooled), HFT_OK);
  hft_judge_scores scores;
  // Twice the same values have the same distribution.
  assert_int_equal(hft_judge_compare(&all, &pooled, &scores), HFT_OK);
  for (int i = 0; i < HFT_SCORE_COUNT; i++) {
    assert_int_equal(pooled.sample[i].values.count, 2 * all.sample[i].values.count);
    assert_near(scores.score[i].l1, 0, 1e-12);
    assert_near(scores.score[i].w1, 0, 1e-12);
  }
  assert_near(scores.mean_l1, 0, 1e-12);
  assert_int_equal(hft_judge_compare(&all, &none, &scores), HFT_OK);
  assert_true(isnan(scores.mean_l1) && isnan(scores.mean_w1) && isnan(scores.score[0].l1));
  hft_judge_samples_free(&all);
  hft_judge_samples_free(&pooled);
  hft_judge_rows_free(&rows);
}

static size_t count_of(const hft_judge_rows *rows, int skip_s, int block_s,
                       hft_judge_blocks blocks) {
  hft_judge_samples samples = samples_of(rows, skip_s, block_s, blocks);
  size_t count = samples.sample[HFT_SCORE_SPREAD].values.count;
  hft_judge_samples_free(&samples);
  return count;
}

// Blocks by time since the first message: every message belongs to one, and short ones to none.
static void blocks_of_time(void **state) {
  const char *path = path_in(*state, "tape.csv");
  write_random_tape(path, 4, 6000);
  hft_judge_rows rows = rows_of(path, NULL);
  size_t odd = count_of(&rows, 0, 20, HFT_JUDGE_ODD), even = count_of(&rows, 0, 20, HFT_JUDGE_EVEN);
  size_t all = count_of(&rows, 0, 20, HFT_JUDGE_ALL);
  assert_int_equal(odd + even, all);
  assert_true(odd > 0 && even > 0 && rows.count - all < HFT_JUDGE_BLOCK_MIN);
  assert_int_equal(count_of(&rows, 0, 1, HFT_JUDGE_ALL), 0);
  assert_int_equal(count_of(&rows, 100000, 0, HFT_JUDGE_ALL), 0);
  hft_judge_rows_free(&rows);
}

// The same rows from a market in memory, from its dataset, and beside the observer of facts. No
// event of a market contradicts the book, also with auctions, icebergs and refusals of all kinds.
static void a_market_and_its_dataset(void **state) {
  static const char *const exchanges[] = {
      "", "opening_auction_s: 20, halt_band_bps: 4, halt_s: 3, halt_reference_s: 10"};
  for (int i = 0; i < 2; i++) {
    hft_model *model = world_model_under(5, exchanges[i]);
    const hft_recording recording = {.path = path_in(*state, i == 0 ? "a.h5" : "b.h5"),
                                     .day = "2026-01-02",
                                     .config = "",
                                     .seed = 9,
                                     .levels = 1,
                                     .snapshot_ns = HFT_SECOND,
                                     .duration_ns = 200 * HFT_SECOND};
    hft_generate_summary summary;
    assert_int_equal(hft_generate(&recording, model, NULL, &summary, NULL), HFT_OK);
    hft_judge_rows run, read, beside;
    assert_int_equal(hft_judge_rows_of_market(model, 0, 9, 200 * HFT_SECOND, NULL, &run, NULL),
                     HFT_OK);
    assert_int_equal(hft_judge_rows_of_dataset(recording.path, NULL, 0, NULL, &read, NULL), HFT_OK);
    hft_judge_listener listener = {0};
    const hft_watcher watcher = hft_judge_watcher(&listener);
    const hft_observe_plan plan = {
        .interval = HFT_SECOND, .duration = 200 * HFT_SECOND, .also = &watcher};
    hft_observed seen;
    assert_int_equal(hft_facts_observe_market(model, 0, 9, &plan, NULL, &seen, NULL), HFT_OK);
    assert_int_equal(hft_judge_stream_finish(listener.stream, &beside, NULL), HFT_OK);
    assert_true(run.count > 1000 && run.left_out == 0);
    assert_true(same_rows(&run, &read) && same_rows(&run, &beside));
    hft_judge_stream_free(listener.stream);
    hft_observed_free(&seen);
    hft_judge_rows_free(&run);
    hft_judge_rows_free(&read);
    hft_judge_rows_free(&beside);
    hft_model_free(model);
  }
}

// ---- intervals -------------------------------------------------------------------------------

enum { NORMAL_CHUNKS = 60, NORMAL_VALUES = 20 };  // values of a chunk

// A set whose every sample is normal around `mean`; values of a chunk are alike by `alike`.
static hft_judge_samples normal_samples(hft_rng *rng, double mean, double alike) {
  hft_judge_samples samples = {.chunks = NORMAL_CHUNKS};
  size_t count = (size_t)NORMAL_CHUNKS * NORMAL_VALUES;
  for (int k = 0; k < HFT_SCORE_COUNT; k++) {
    hft_judge_sample *sample = &samples.sample[k];
    assert_true(hft_doubles_reserve(&sample->values, count));
    sample->chunk = malloc(count * sizeof *sample->chunk);
    double common = 0;
    for (size_t i = 0; i < count; i++) {
      if (i % NORMAL_VALUES == 0) common = alike * hft_normal(rng);
      hft_doubles_push(&sample->values, mean + common + sqrt(1 - alike * alike) * hft_normal(rng));
      sample->chunk[i] = (uint16_t)(i / NORMAL_VALUES);
    }
  }
  return samples;
}

// The interval is as wide as scores of independent sets differ, also where values of a chunk are
// alike, which a bootstrap of single values would not see.
static void intervals_are_as_wide_as_scores_differ(void **unused) {
  (void)unused;
  enum { SETS = 12 };  // each with 17 scores
  for (int k = 0; k < 2; k++) {
    double alike = k == 0 ? 0 : 0.6;
    hft_rng rng = hft_rng_stream(5, 0, (uint32_t)k);
    hft_moments l1 = {0}, w1 = {0};
    double l1_width = 0, w1_width = 0;
    for (int i = 0; i < SETS; i++) {
      hft_judge_samples a = normal_samples(&rng, 0, alike), b = normal_samples(&rng, 1, alike);
      hft_judge_scores scores;
      hft_judge_intervals intervals, again;
      assert_int_equal(hft_judge_compare(&a, &b, &scores), HFT_OK);
      assert_int_equal(hft_judge_bootstrap(&a, &b, &scores, 3, &intervals), HFT_OK);
      assert_int_equal(hft_judge_bootstrap(&a, &b, &scores, 3, &again), HFT_OK);
      assert_memory_equal(&intervals, &again, sizeof intervals);
      for (int j = 0; j < HFT_SCORE_COUNT; j++) {
        if (hft_score_table[j].discrete) continue;  // no value occurs twice
        const hft_judge_score *score = &scores.score[j];
        const hft_interval *il = &intervals.score[j].l1, *iw = &intervals.score[j].w1;
        assert_true(il->low <= score->l1 && score->l1 <= il->high);
        assert_true(iw->low <= score->w1 && score->w1 <= iw->high);
        hft_moments_add(&l1, score->l1);
        hft_moments_add(&w1, score->w1);
        l1_width += il->high - il->low;
        w1_width += iw->high - iw->low;
      }
      hft_judge_samples_free(&a);
      hft_judge_samples_free(&b);
    }
    // 95% of normal values are within 1.96 deviations.
    double l1_expected = 2 * 1.96 * hft_moments_sd(&l1),
           w1_expected = 2 * 1.96 * hft_moments_sd(&w1);
    l1_width /= (double)l1.count;
    w1_width /= (double)w1.count;
    assert_true(l1_width > 0.75 * l1_expected && l1_width < 1.35 * l1_expected);
    assert_true(w1_width > 0.75 * w1_expected && w1_width < 1.35 * w1_expected);
  }
}

// Too little time has no interval; neither has a score that does not exist.
static void intervals_that_do_not_exist(void **unused) {
  (void)unused;
  hft_rng rng = hft_rng_stream(5, 0, 9);
  hft_judge_samples a = normal_samples(&rng, 0, 0), b = normal_samples(&rng, 0, 0);
  hft_judge_scores scores;
  hft_judge_intervals intervals;
  a.sample[HFT_SCORE_OFI_UP].values.count = HFT_JUDGE_SAMPLE_MIN - 1;
  assert_int_equal(hft_judge_compare(&a, &b, &scores), HFT_OK);
  assert_int_equal(hft_judge_bootstrap(&a, &b, &scores, 3, &intervals), HFT_OK);
  assert_true(isnan(intervals.score[HFT_SCORE_OFI_UP].l1.low));
  assert_true(intervals.mean.l1.low <= scores.mean_l1 && scores.mean_l1 <= intervals.mean.l1.high);
  hft_judge_samples none = {0};
  assert_int_equal(hft_judge_compare(&a, &none, &scores), HFT_OK);
  assert_int_equal(hft_judge_bootstrap(&a, &none, &scores, 3, &intervals), HFT_OK);
  assert_true(isnan(intervals.score[0].l1.low) && isnan(intervals.mean.w1.high));
  hft_judge_samples_free(&a);
  hft_judge_samples_free(&b);
}

// A tape without a visible order, and one of hidden executions alone.
static void tapes_without_a_book(void **state) {
  const char *path = path_in(*state, "tape.csv");
  hft_judge_rows rows;
  hft_error error = {0};
  write_text(path, "34200.1,5,0,10,1000000,1\n34200.2,7,0,0,-1,-1\n");
  assert_int_equal(hft_judge_rows_of_tape(path, NULL, &rows, NULL, &error), HFT_EDATA);
  assert_string_equal(error.where, path);
  write_text(path, "");
  assert_int_equal(hft_judge_rows_of_tape(path, NULL, &rows, NULL, &error), HFT_EDATA);
  assert_int_equal(hft_judge_rows_of_tape(path_in(*state, "none"), NULL, &rows, NULL, &error),
                   HFT_EIO);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_floor_of_a_small_tick_tape),
      cmocka_unit_test(the_floor_of_a_large_tick_tape),
      IN_FOLDER(the_scores_of_random_tapes),
      cmocka_unit_test(events_by_hand),
      cmocka_unit_test(contradictions),
      IN_FOLDER(the_same_and_nothing),
      IN_FOLDER(blocks_of_time),
      IN_FOLDER(a_market_and_its_dataset),
      cmocka_unit_test(intervals_are_as_wide_as_scores_differ),
      cmocka_unit_test(intervals_that_do_not_exist),
      IN_FOLDER(tapes_without_a_book),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
