// The fit of the population `reactive` to a tape: against plain implementations, against markets
// whose tables are known, and by hand.
#include "data/calibrate/calibrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/calibrate/context.h"
#include "data/calibrate/laws.h"
#include "data/calibrate/marks.h"
#include "data/calibrate/zero.h"
#include "sim/base/dist.h"
#include "sim/base/rng.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

static double uniform(hft_rng *rng) {
  return hft_uniform(rng);
}

static int below(hft_rng *rng, int n) {
  return (int)(uniform(rng) * n);
}

// ---- orders by arrival -----------------------------------------------------------------------

#define PLAIN_MAX 4000

// All orders that ever came, oldest first.
typedef struct plain {
  struct {
    uint32_t slot;
    hft_price price;
    hft_qty qty;
    bool left;
  } order[PLAIN_MAX];
  int count;
} plain;

// The classes, written out.
static int class_of(int64_t value, const int *first, int count) {
  int k = count - 1;
  while (value < first[k]) k--;
  return k;
}
static const int ranks[] = {0, 1, 2, 4, 8, 16, 32, 64, 128};
static const int distances[] = {1, 2, 4, 7, 12, 20, 35, 60, 100, 160};
static const double size_edges[] = {10, 20, 50, 100, 200};

static int size_of(hft_qty qty) {
  int k = 0;
  while (k < 5 && qty >= size_edges[k]) k++;
  return k;
}

static void count_plain(const plain *p, uint32_t slot, hft_price best, hft_cancel_counts *behind,
                        hft_cancel_best_counts *at_best) {
  for (int i = 0; i < p->count; i++) {
    if (p->order[i].left) continue;
    int rank = 0, rank_best = 0;
    for (int k = i + 1; k < p->count; k++) {
      rank += !p->order[k].left;
      rank_best += !p->order[k].left && p->order[k].price == best;
    }
    bool own = p->order[i].slot == slot;
    int z = size_of(p->order[i].qty);
    if (p->order[i].price == best) {
      int r = class_of(rank_best, ranks, 9);
      at_best->exposed[r][z]++;
      at_best->cancelled[r][z] += own;
    } else {
      int r = class_of(rank, ranks, 9), d = class_of(best - p->order[i].price, distances, 10);
      behind->exposed[r][d][z]++;
      behind->cancelled[r][d][z] += own;
    }
  }
}

static hft_book *bid_book(void **memory) {
  const hft_book_config config = {.price_min = 1, .ticks = 1024, .order_max = PLAIN_MAX};
  size_t size = hft_book_size(&config);
  *memory = aligned_alloc(HFT_CACHE_LINE, hft_align(size));
  hft_book *book;
  assert_int_equal(hft_book_init(&config, *memory, size, &book), HFT_OK);
  return book;
}

static void arrivals_match_a_plain_list(void **state) {
  (void)state;
  static plain p;
  static hft_cancel_counts behind, behind_plain;
  static hft_cancel_best_counts at_best, at_best_plain;
  memset(&behind, 0, sizeof behind);
  memset(&behind_plain, 0, sizeof behind_plain);
  memset(&at_best, 0, sizeof at_best);
  memset(&at_best_plain, 0, sizeof at_best_plain);
  p.count = 0;
  void *memory;
  hft_book *book = bid_book(&memory);
  hft_arrivals arrivals = {0};
  hft_rng rng = hft_rng_stream(1, 2, 3);
  const hft_price best = 900;
  int live = 0;
  while (p.count < PLAIN_MAX) {
    bool add = live < 5 || uniform(&rng) < (live < 300 ? 0.55 : 0.4);
    if (add) {
      uint32_t slot = (uint32_t)p.count;
      hft_price price = uniform(&rng) < 0.3 ? best : best - 1 - below(&rng, 300);
      hft_qty qty = 1 + below(&rng, 400);
      p.order[p.count].slot = slot;
      p.order[p.count].price = price;
      p.order[p.count].qty = qty;
      p.order[p.count++].left = false;
      assert_true(hft_book_insert(book, slot, HFT_BID, price, qty));
      assert_int_equal(hft_arrivals_add(&arrivals, slot, price, NULL), HFT_OK);
      live++;
      continue;
    }
    int k = below(&rng, p.count);
    while (p.order[k].left) k = (k + 1) % p.count;
    count_plain(&p, p.order[k].slot, best, &behind_plain, &at_best_plain);
    hft_book_remove(book, p.order[k].slot);
    const hft_cancelled cancelled = {p.order[k].slot, HFT_BID, best,
                                     p.order[k].qty,  book,    size_edges};
    if (p.order[k].price == best) {
      hft_arrivals_count_best(&arrivals, &cancelled, &at_best);
    } else {
      hft_arrivals_count_behind(&arrivals, &cancelled, &behind);
    }
    // The other count is not asked for: take the plain one's.
    if (p.order[k].price == best) {
      memcpy(&behind, &behind_plain, sizeof behind);
    } else {
      memcpy(&at_best, &at_best_plain, sizeof at_best);
    }
    hft_arrivals_remove(&arrivals, p.order[k].slot);
    p.order[k].left = true;
    live--;
    assert_int_equal(arrivals.live, live);
    assert_memory_equal(&behind, &behind_plain, sizeof behind);
    assert_memory_equal(&at_best, &at_best_plain, sizeof at_best);
  }
  assert_true(arrivals.count < (size_t)p.count);  // it has closed its gaps
  hft_arrivals_free(&arrivals);
  free(memory);
}

// ---- what happens ----------------------------------------------------------------------------

#define EVENTS 6000

static void draw_context(hft_rng *rng, hft_context *c) {
  *c = (hft_context){
      .part = HFT_TAPE_TRAIN,
      .spread = 1 + below(rng, 4),
      .spread_class = (uint8_t)below(rng, HFT_FLOW_SPREADS),
      .wait_class = (uint8_t)below(rng, HFT_FLOW_WAITS),
      .imbalance = (uint8_t)below(rng, HFT_FLOW_IMBALANCES),
      .last = (uint8_t)below(rng, HFT_OUTCOMES),
      .before = (uint8_t)below(rng, HFT_OUTCOMES),
      .move = (uint8_t)below(rng, 8),
      .rose = below(rng, 2) == 1,
  };
  for (int side = 0; side < 2; side++) {
    c->log_queue[side] = 2 * uniform(rng) - 1;
    c->log_orders[side] = uniform(rng) - 0.5;
  }
}

// The exponent of an outcome's weight, by the text of sim/flow/tables.h.
static double exponent(const hft_flow_tables *t, const hft_context *c, int event, bool ask) {
  bool last_same = (c->last % 2 == 1) == ask, before_same = (c->before % 2 == 1) == ask;
  bool along = c->rose == ask;
  return t->base[event] + t->spread[event][c->spread_class] +
         t->imbalance[event][ask ? 6 - c->imbalance : c->imbalance] +
         t->previous[event][2 * (c->last / 2) + (last_same ? 1 : 0)][c->wait_class] +
         t->before[event][2 * (c->before / 2) + (before_same ? 1 : 0)] +
         t->move[event][(along ? 8 : 0) + c->move] +
         t->queue_exponent[event] * c->log_queue[ask ? 1 : 0] +
         t->orders_exponent[event] * c->log_orders[ask ? 1 : 0];
}

static void shares_of(const hft_flow_tables *t, const hft_context *c, double p[HFT_OUTCOMES]) {
  double sum = 0;
  for (int k = 0; k < HFT_OUTCOMES; k++) {
    bool possible = c->spread > 1 || k / 2 != HFT_FLOW_IMPROVE;
    sum += p[k] = possible ? exp(exponent(t, c, k / 2, k % 2 == 1)) : 0;
  }
  for (int k = 0; k < HFT_OUTCOMES; k++) p[k] /= sum;
}

static double square(const double *x, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += x[i] * x[i];
  return sum;
}

#define SQUARE(member) square((const double *)t->member, sizeof t->member / sizeof(double))

// The likelihood less the ridge.
static double penalised(const hft_flow_tables *t, const hft_context *contexts) {
  double sum = 0, p[HFT_OUTCOMES];
  for (int i = 0; i < EVENTS; i++) {
    shares_of(t, &contexts[i], p);
    sum += log(p[contexts[i].outcome]);
  }
  sum -= 1.5 * (SQUARE(base) + SQUARE(spread) + SQUARE(imbalance) + SQUARE(previous) +
                SQUARE(before) + SQUARE(move));
  for (int event = 0; event < HFT_FLOW_EVENTS; event++) {
    double queue = t->queue_exponent[event] - (event == HFT_FLOW_CANCEL_BEST ? 0.5 : 0);
    double orders = t->orders_exponent[event] - (event == HFT_FLOW_CANCEL_BEHIND ? 1 : 0);
    sum -= 150 * (queue * queue + orders * orders);
  }
  return sum;
}

static void draw_outcomes(hft_rng *rng, const hft_flow_tables *t, hft_context *contexts) {
  for (int i = 0; i < EVENTS; i++) {
    double p[HFT_OUTCOMES], u = uniform(rng);
    draw_context(rng, &contexts[i]);
    shares_of(t, &contexts[i], p);
    int k = 0;
    while (k < HFT_OUTCOMES - 1 && u >= p[k]) u -= p[k++];
    contexts[i].outcome = (uint8_t)k;
  }
}

static void known_weights(hft_flow_tables *t) {
  *t = (hft_flow_tables){0};
  for (int e = 0; e < HFT_FLOW_EVENTS; e++) {
    t->base[e] = 0.3 * (e % 3);
    for (int k = 0; k < HFT_FLOW_SPREADS; k++) t->spread[e][k] = 0.1 * (k - 4) * (e == 0 ? 1 : -1);
    for (int k = 0; k < HFT_FLOW_IMBALANCES; k++) t->imbalance[e][k] = 0.15 * (k - 3) * (e - 2);
    for (int k = 0; k < 12; k++) t->before[e][k] = k == 2 * e + 1 ? 0.5 : 0;
    for (int k = 0; k < 16; k++) t->move[e][k] = k >= 8 && e == HFT_FLOW_MARKET ? 0.7 : 0;
    for (int k = 0; k < 12; k++) {
      for (int w = 0; w < 6; w++) t->previous[e][k][w] = k == 2 * e + 1 ? 1.2 - 0.2 * w : 0;
    }
  }
  t->queue_exponent[HFT_FLOW_CANCEL_BEST] = 0.5;
  t->orders_exponent[HFT_FLOW_CANCEL_BEHIND] = 1;
}

// No weight can be moved for the better: the slope by central differences, from the plain
// likelihood, is 0.
static void expect_stationary(hft_flow_tables *t, double *weight, size_t count, size_t every,
                              const hft_context *contexts) {
  for (size_t i = 0; i < count; i += every) {
    double kept = weight[i], h = 1e-3;
    weight[i] = kept + h;
    double above = penalised(t, contexts);
    weight[i] = kept - h;
    double slope = (above - penalised(t, contexts)) / (2 * h);
    weight[i] = kept;
    assert_near(slope, 0, 0.02);
  }
}

static void the_weights_maximise_the_likelihood(void **state) {
  (void)state;
  hft_context *contexts = calloc(EVENTS, sizeof *contexts);
  hft_flow_tables *truth = calloc(1, sizeof *truth), *t = calloc(1, sizeof *t);
  known_weights(truth);
  hft_rng rng = hft_rng_stream(4, 5, 6);
  draw_outcomes(&rng, truth, contexts);
  double likelihood;
  hft_error error = {0};
  assert_int_equal(hft_marks_fit(contexts, EVENTS, NULL, t, &likelihood, &error), HFT_OK);
  assert_near(likelihood, penalised(t, contexts) / EVENTS, 1e-9);
  assert_true(penalised(t, contexts) > penalised(truth, contexts));
  expect_stationary(t, t->base, HFT_FLOW_EVENTS, 1, contexts);
  expect_stationary(t, t->spread[0], sizeof t->spread / 8, 5, contexts);
  expect_stationary(t, t->imbalance[0], sizeof t->imbalance / 8, 5, contexts);
  expect_stationary(t, t->previous[0][0], sizeof t->previous / 8, 23, contexts);
  expect_stationary(t, t->before[0], sizeof t->before / 8, 7, contexts);
  expect_stationary(t, t->move[0], sizeof t->move / 8, 9, contexts);
  expect_stationary(t, t->queue_exponent, HFT_FLOW_EVENTS, 1, contexts);
  expect_stationary(t, t->orders_exponent, HFT_FLOW_EVENTS, 1, contexts);
  // Probabilities are those that the outcomes were drawn with, up to the noise of 6,000 draws.
  double off = 0;
  for (int i = 0; i < EVENTS; i++) {
    double p[HFT_OUTCOMES], q[HFT_OUTCOMES];
    shares_of(truth, &contexts[i], p);
    shares_of(t, &contexts[i], q);
    for (int k = 0; k < HFT_OUTCOMES; k++) off += fabs(p[k] - q[k]) / (HFT_OUTCOMES * EVENTS);
  }
  assert_near(off, 0, 0.03);
  free(t);
  free(truth);
  free(contexts);
}

// ---- waits, places, sizes --------------------------------------------------------------------

// The mean of a table of waits as the population draws from it, s.
static double mean_wait(const double *quantile, int64_t count) {
  double sum = 0;
  const int steps = 2000;
  for (int64_t k = 0; k + 1 < count; k++) {
    for (int i = 0; i < steps; i++) {
      double x = (i + 0.5) / steps;
      sum += pow(10, quantile[k] + x * (quantile[k + 1] - quantile[k])) / steps;
    }
  }
  return sum / (double)(count - 1);
}

static void waits_keep_the_tapes_mean(void **state) {
  (void)state;
  const int count = 40000;
  hft_context *contexts = calloc((size_t)count, sizeof *contexts);
  hft_flow_tables *t = calloc(1, sizeof *t);
  hft_rng rng = hft_rng_stream(7, 8, 9);
  double sum = 0;
  int n = 0;
  for (int i = 0; i < count; i++) {
    bool rare = i % 1000 == 0;  // 40 waits of the other cell: it takes all waits of its kind
    double wait = pow(10, -6 + 5 * uniform(&rng)) * (uniform(&rng) < 0.01 ? 50 : 1);
    contexts[i] = (hft_context){.part = HFT_TAPE_TRAIN,
                                .wait = i == 5 ? NAN : wait,
                                .last = 2 * HFT_FLOW_JOIN,
                                .activity_class = rare ? 5 : 1,
                                .wait_group = 1};
    if (rare || i == 5) continue;
    sum += wait;
    n++;
  }
  assert_int_equal(hft_fit_waits(contexts, (size_t)count, t, NULL), HFT_OK);
  const double *cell = t->wait.value[1][HFT_FLOW_JOIN][1];
  assert_near(mean_wait(cell, t->wait.count) / (sum / n), 1, 0.03);
  for (int64_t k = 1; k < t->wait.count; k++) assert_true(cell[k] >= cell[k - 1]);
  // Cells without events have the law of others, up to the 40 of the rare class.
  for (int g = 0; g < HFT_FLOW_GROUPS; g++) {
    for (int kind = 0; kind < HFT_FLOW_EVENTS; kind++) {
      const double *other = t->wait.value[g][kind][3];
      assert_near(other[t->wait.count / 2], cell[t->wait.count / 2], 0.05);
    }
  }
  free(t);
  free(contexts);
}

// Market orders of given sizes against a queue of 100, and limit orders at given distances.
static void sizes_and_places(void **state) {
  (void)state;
  enum { COUNT = 5000 };
  hft_watched w = {.event = calloc(COUNT, sizeof(hft_tape_event)), .count = COUNT};
  hft_context *contexts = calloc(COUNT, sizeof *contexts);
  hft_flow_tables *t = calloc(1, sizeof *t);
  for (int k = 0; k < HFT_FLOW_QUEUES - 1; k++) t->queue_edges[k] = 50 + 100 * k;
  double mean = 0;
  int behind = 0;
  for (int i = 0; i < COUNT; i++) {
    bool market = i % 2 == 0;
    int64_t size = market ? (int64_t[]){30, 100, 100, 250}[i / 2 % 4] : 1 + i % 400;
    if (i == 1001) size = 1000000;  // one huge order does not become one in 512
    w.event[i] = (hft_tape_event){.kind = market ? HFT_FLOW_MARKET : HFT_FLOW_BEHIND,
                                  .part = HFT_TAPE_TRAIN,
                                  .qty = size,
                                  .distance = market ? 0 : 1 + i % 10,
                                  .queue = {100, 100}};
    if (!market) mean += (double)size, behind++;
  }
  assert_int_equal(hft_fit_orders(&w, contexts, 1, t, NULL), HFT_OK);
  for (int c = 0; c < HFT_FLOW_QUEUES; c++) {  // all queues are of one class, which others take
    assert_near(t->market_split[c][0], 0.25, 1e-12);
    assert_near(t->market_split[c][1], 0.5, 1e-12);
    assert_near(t->market_split[c][2], 0.25, 1e-12);
  }
  assert_near(t->size_partial.value[100], 30, 0);
  assert_near(t->size_beyond.value[100], 150, 0);
  assert_near(t->market_size, 100, 0);
  // The mean of the table, whose ends are drawn half as often, is the tape's.
  const hft_quantiles *q = &t->size_behind;
  double sum = 0;
  for (int64_t k = 0; k < q->count; k++) {
    sum += q->value[k] * (k == 0 || k == q->count - 1 ? 0.5 : 1);
    if (k > 0) assert_true(q->value[k] >= q->value[k - 1]);
  }
  assert_near(sum / (double)(q->count - 1) / (mean / behind), 1, 0.15);
  for (int c = 0; c < HFT_FLOW_SPREADS; c++) {
    assert_near(t->behind.value[c][32], 6, 1);
    assert_near(t->behind.value[c][64], 10, 0);
  }
  free(t);
  free(contexts);
  free(w.event);
}

// ---- cancellations ---------------------------------------------------------------------------

static void cancel_weights_are_recovered(void **state) {
  (void)state;
  hft_watched *w = calloc(1, sizeof *w);
  hft_flow_tables *t = calloc(1, sizeof *t);
  memcpy(w->size_edges, size_edges, sizeof size_edges);
  double rank[2][9], distance[10], size[6];
  hft_rng rng = hft_rng_stream(10, 11, 12);
  for (int k = 0; k < 18; k++) rank[k / 9][k % 9] = 1 / (1.0 + k % 9) / (k < 9 ? 1 : 2);
  for (int k = 0; k < 10; k++) distance[k] = 1 / (1 + 0.3 * k);
  for (int k = 0; k < 6; k++) size[k] = 1 - 0.15 * k;
  // Exposures at random, picks as expected from the weights.
  for (int after = 0; after < 2; after++) {
    for (int r = 0; r < 9; r++) {
      for (int z = 0; z < 6; z++) {
        double shown = 1e4 * uniform(&rng);
        w->at_best[after].exposed[r][z] = shown;
        w->at_best[after].cancelled[r][z] = shown * rank[after][r] * size[z] * 0.01;
        for (int d = 0; d < 10; d++) {
          double exposed = 1e5 * uniform(&rng);
          w->behind[after].exposed[r][d][z] = exposed;
          w->behind[after].cancelled[r][d][z] =
              exposed * rank[after][r] * distance[d] * size[z] * 0.01;
        }
      }
    }
  }
  hft_fit_cancels(w, 1, t);
  for (int k = 0; k < 10; k++) assert_near(t->cancel_distance[k] / distance[k], 1, 0.01);
  for (int k = 0; k < 6; k++) assert_near(t->cancel_size[k] / size[k], 1, 0.01);
  for (int after = 0; after < 2; after++) {
    for (int r = 1; r < 9; r++) {
      assert_near(t->cancel_rank[after][r] / t->cancel_rank[after][0],
                  rank[after][r] / rank[after][0], 0.01);
      assert_near(t->cancel_best_rank[after][r] / t->cancel_best_rank[after][0],
                  rank[after][r] / rank[after][0], 0.05);
    }
  }
  free(t);
  free(w);
}

// ---- a tape by hand --------------------------------------------------------------------------

static const char by_hand[] =
    "34200.0,1,1,100,1000000,1\n"   // 10000 | the book's first order is no event
    "34200.1,1,2,100,1000500,-1\n"  // the other side is empty before it
    "34200.2,1,3,50,1000200,1\n"    // inside the spread
    "34200.3,1,4,70,1000500,-1\n"   // joins the best
    "34200.4,1,5,30,999900,1\n"     // behind
    "34200.5,4,3,20,1000200,1\n"    // two executions of one order ...
    "34200.5,4,3,30,1000200,1\n"
    "34200.5,4,1,10,1000000,1\n"    // ... and one more level
    "34200.6,5,0,5,1000300,1\n"     // hidden
    "34200.7,2,4,20,1000500,-1\n"   // part of an order at the best
    "34200.8,3,5,30,999900,1\n"     // behind the best
    "34200.9,3,2,100,1000500,-1\n"  // at the best
    "34201.0,4,9,40,1002000,-1\n"   // an order from before the file, behind the best: it rested
    "34400.0,1,10,10,1000100,1\n"
    "34400.1,4,4,1,1000500,-1\n"
    "34400.2,3,1,90,1000000,1\n";

static void a_tape_by_hand(void **state) {
  const char *path = path_in(*state, "tape.csv");
  write_text(path, by_hand);
  const hft_tape_files files = {.messages = path, .resting = true};
  const hft_watch_plan plan = {HFT_HOLDOUT_NONE, 0, 300};
  hft_watched w = {0};
  hft_error error = {0};
  int status = hft_watch_tape(&files, &plan, NULL, &w, &error);
  if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  // Order 9 rested from the start: the ask side is never empty, and order 2 improves it.
  const int kinds[] = {HFT_FLOW_IMPROVE,       HFT_FLOW_IMPROVE,     HFT_FLOW_JOIN,
                       HFT_FLOW_BEHIND,        HFT_FLOW_MARKET,      HFT_FLOW_CANCEL_BEST,
                       HFT_FLOW_CANCEL_BEHIND, HFT_FLOW_CANCEL_BEST, HFT_FLOW_MARKET,
                       HFT_FLOW_IMPROVE,       HFT_FLOW_MARKET,      HFT_FLOW_CANCEL_BEHIND};
  const int sides[] = {1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0};
  const int quantities[] = {100, 50, 70, 30, 60, 20, 30, 100, 40, 10, 1, 90};
  const int far[] = {-15, -2, 0, 3, 0, 0, 1, 0, 15, -1, 0, 1};
  assert_int_equal(w.count, sizeof kinds / sizeof kinds[0]);
  for (size_t i = 0; i < w.count; i++) {
    assert_int_equal(w.event[i].kind, kinds[i]);
    assert_int_equal(w.event[i].side, sides[i]);
    assert_int_equal(w.event[i].qty, quantities[i]);
    assert_int_equal(w.event[i].distance, far[i]);
    assert_int_equal(w.event[i].first, i == 0);
  }
  const hft_tape_event *market = &w.event[4];  // before it: 50 at 100.02, then 100 at 100.00
  assert_int_equal(market->best[HFT_BID], 10002);
  assert_int_equal(market->best[HFT_ASK], 10005);
  assert_int_equal(market->queue[HFT_BID], 50);
  assert_int_equal(market->queue[HFT_ASK], 170);
  assert_int_equal(market->orders[HFT_BID], 3);
  assert_int_equal(market->orders[HFT_ASK], 3);
  assert_int_equal(market->mid2_after, 10000 + 10005);
  assert_int_equal(w.hidden, 1);
  assert_int_equal(w.unknown, 0);
  hft_watched_free(&w);
}

// ---- a real tape -----------------------------------------------------------------------------

// The numbers of events, the mean spread, the cap and the volatility over half a minute and one, as
// an independent implementation in NumPy finds them.
static void events_of_aapl(void **state) {
  (void)state;
  static char messages[512];
  snprintf(messages, sizeof messages, "%s", shared_file(AAPL_MESSAGES));
  const hft_tape_files files = {
      .messages = messages, .book0 = shared_file(AAPL_BOOK0), .resting = true};
  const hft_watch_plan plan = {HFT_HOLDOUT_NONE, 120, 300};
  hft_watched w = {0};
  hft_flow_tables *t = calloc(1, sizeof *t);
  hft_calibration fit;
  hft_error error = {0};
  assert_int_equal(hft_watch_tape(&files, &plan, NULL, &w, &error), HFT_OK);
  assert_int_equal(hft_calibrate(&w, 1, NULL, t, &fit, &error), HFT_OK);
  const double counts[HFT_FLOW_EVENTS] = {4984, 1656, 13359, 3675, 15050, 1632};
  for (int k = 0; k < HFT_FLOW_EVENTS; k++) assert_near(fit.events[k], counts[k], 0);
  assert_near(t->spread_cap, 82, 0);
  assert_near(t->spread_mean, 22.155, 0.01);
  assert_near(sqrt(w.move_square[0] / w.moves[0]), 6.1357, 0.001);
  assert_near(fit.likelihood, -1.778, 0.002);
  free(t);
  hft_watched_free(&w);
}

// ---- zero intelligence -----------------------------------------------------------------------

static void zero_intelligence_rates(void **state) {
  (void)state;
  enum { COUNT = 3000 };
  hft_watched w = {.event = calloc(COUNT, sizeof(hft_tape_event)),
                   .count = COUNT,
                   .train_s = 100,
                   .samples = 100,
                   .sampled_orders = 100 * 2 * 40};
  for (int i = 0; i < COUNT; i++) {
    int at = i % 3;  // a limit order 2 ticks from the other side, a cancellation at 40, a trade
    w.event[i] = (hft_tape_event){.kind = at == 0   ? HFT_FLOW_JOIN
                                          : at == 1 ? HFT_FLOW_CANCEL_BEHIND
                                                    : HFT_FLOW_MARKET,
                                  .part = HFT_TAPE_TRAIN,
                                  .best = {1000, 1002},
                                  .qty = 7,
                                  .distance = at == 1 ? 38 : 0};
  }
  w.opposite[2] = 100 * 10;
  w.opposite[40] = 100 * 20;  // 20 orders at any time
  hft_zero_intelligence z;
  hft_zero_fit(&w, 1, &z);
  assert_near(z.limit_rates[1], 1000 / 200.0, 1e-9);
  assert_near(z.limit_rates[0], 0, 1e-9);
  assert_near(z.market_rate, 1000 / 200.0, 1e-9);
  assert_near(z.cancel_rates[HFT_LIST_MAX - 1], 1000.5 / (20 * 100 + 1), 1e-9);
  assert_near(z.size_mean, 7, 1e-9);
  assert_near(z.opening_orders, 40, 1e-9);
  free(w.event);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arrivals_match_a_plain_list),
      cmocka_unit_test(the_weights_maximise_the_likelihood),
      cmocka_unit_test(waits_keep_the_tapes_mean),
      cmocka_unit_test(sizes_and_places),
      cmocka_unit_test(cancel_weights_are_recovered),
      cmocka_unit_test_setup_teardown(a_tape_by_hand, folder_setup, folder_teardown),
      cmocka_unit_test(events_of_aapl),
      cmocka_unit_test(zero_intelligence_rates),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
