// The rewards of seats are audited: for each role and setting of rewards, the term `pnl` of every
// step and the totals of the episode equal what the metrics (eval/plain.h) reckon from the seat's
// fills and the marks alone. The seat's rewards and the metrics share no code but the account.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "eval/plain.h"
#include "sim/market/market.h"
#include "tests/support/env_world.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))
enum { STEPS = 60, FILLS = 2 * STEPS, DECISION_MS = 500 };

// A seat, what it holds at the start (of an executor: minus its parent order), and its size.
typedef struct seat_case {
  const char *yaml;
  int64_t begun, sign, size;
} seat_case;

static const seat_case seats[] = {
    {"{kind: maker, offset_unit: ticks, offset_max: 4, quote_qty: 8}", 0, 0, 8},
    {"{kind: executor, parent_qty: 90}", -90, 1, 90},
    {"{kind: executor, side: sell, parent_qty: 70}", 70, -1, 70},
    {"{kind: taker, order_qty: 6}", 0, 0, 6},
    {"{kind: portfolio, count_max: 7, holding: 11, cash: 30000, price_range: 6}", 11, 0, 7},
};
static const char *const fees[] = {
    "", ", maker_fee_bps: -0.2, taker_fee_bps: 0.4, taker_fee_per_lot: 0.01"};
static const char *const latencies[] = {"", ", latency_us: 30000, latency_jitter_us: 200000"};
static const char *const markets[] = {
    "opening_auction_s: 0",
    "opening_auction_s: 8",                         // the first seconds are in a call
    "opening_auction_s: 0, closing_auction_s: 10",  // ends in the call
};
static const char *const marks[] = {"reference", "fundamental"};
static const char *const ends[] = {"reference", "close"};
static const char *const limits[] = {"max_inventory: 1000000", "max_inventory: 12"};

// A setting of the rewards.
typedef struct setting {
  int seat, fee, latency, market, mark, end, limit;
  bool per_lot;
} setting;

static world open_world(const setting *s) {
  char yaml[1400];
  snprintf(yaml, sizeof yaml,
           "market_config: {window_ticks: 1024, decision_ms: %d, duration_s: 40}\n"
           "exchange_config: {%s%s%s}\n"
           "env_config: {warmup_s: 5, episode_len: %d}\n"
           "risk_config: {%s}\n"
           "reward_config: {lambda_inventory: 0.001, mark: %s, end: %s, per_lot: %s}\n" WORLD_CROWD
           "seats: [%s]\n",
           DECISION_MS, markets[s->market], fees[s->fee], latencies[s->latency], STEPS,
           limits[s->limit], marks[s->mark], ends[s->end], s->per_lot ? "true" : "false",
           seats[s->seat].yaml);
  return world_open(yaml);
}

// What is known of the seat from outside: what each step has booked, and the mid at its end.
typedef struct notes {
  hft_fill_note fill[FILLS];
  hft_mid_note mid[STEPS + 1];
  size_t fills, mids;
  hft_account before;
} notes;

// Notes the fills of a step as one purchase and one sale: their sums are all that a P&L needs.
static void note_step(notes *n, const hft_account *now, hft_time time, int64_t mid2) {
  int64_t moved = now->transferred - n->before.transferred;
  int64_t lots[2] = {now->bought - n->before.bought, n->before.sold - now->sold};
  lots[moved < 0] += moved;
  hft_cash cash = now->cash - n->before.cash;
  int64_t fee = now->fees - n->before.fees;
  for (int side = 0; side < 2; side++) {
    if (lots[side] == 0) continue;
    bool last = side == 1 || lots[1] == 0;
    hft_cash own = last ? cash : -lots[side] * (mid2 / 2);
    n->fill[n->fills++] = (hft_fill_note){.time = time,
                                          .qty = lots[side],
                                          .cash = own,
                                          .fee = last ? fee : 0,
                                          .mid2 = mid2,
                                          .role = HFT_FILL_TAKER};
    cash -= own;
  }
  n->mid[n->mids++] = (hft_mid_note){time, mid2};
  n->before = *now;
}

// The metrics of the episode so far, in ticks.
static void reckon(const notes *n, const seat_case *seat, hft_time start, hft_time end,
                   double value[HFT_METRIC_COUNT]) {
  const hft_plain plain = {
      .trading = {.fill = n->fill,
                  .mid = n->mid,
                  .fill_count = n->fills,
                  .mid_count = n->mids,
                  .start = start,
                  .end = end,
                  .arrival_mid2 = n->mid[0].mid2,
                  .end_mid2 = n->mid[n->mids - 1].mid2},
      .parent = {seat->sign, seat->sign != 0 ? seat->size : 0},
      .tick_size = 1,
      .step = DECISION_MS * HFT_MILLISECOND,
  };
  assert_int_equal(hft_plain_metrics(&plain, value), HFT_OK);
  // By hand, since rewards and metrics value accounts by one function.
  double by_hand = 0;
  for (size_t i = 0; i < n->fills; i++) {
    by_hand += (double)n->fill[i].cash - HFT_FEE_UNIT * (double)n->fill[i].fee +
               0.5 * (double)n->fill[i].qty * (double)plain.trading.end_mid2;
  }
  assert_near(value[HFT_METRIC_PNL], by_hand, 1e-6);
}

static double price_of(const world *w, const setting *s) {
  if (s->mark == 0) return 0.5 * (double)hft_market_mid2(world_market(w), 0);
  return hft_market_fundamental(hft_env_model_market(w->model), world_market(w), 0);
}

static void audit_totals(const world *w, const setting *s, const double *value, double pnl,
                         double size) {
  const seat_case *seat = &seats[s->seat];
  double near = 1e-6 * (size + 1);
  assert_near(world_total(w, 0, "pnl"), pnl, near);
  assert_near(world_total(w, 0, "fees"), value[HFT_METRIC_FEES], near);
  assert_near(world_total(w, 0, "bought") + world_total(w, 0, "sold"), value[HFT_METRIC_TRADED],
              near);
  assert_near(world_total(w, 0, "baseline"), 0, 0);
  assert_near(world_total(w, 0, "shortfall"), seat->sign != 0 ? -pnl : 0, near);
  if (seat->begun == 0 && s->mark == 0 && s->end == 0 && !world_terminated(w, 0)) {
    assert_near(world_total(w, 0, "max_drawdown"), value[HFT_METRIC_MAX_DRAWDOWN], near);
  }
}

// Audits an episode. Returns its fills.
static int64_t audit(const setting *s, uint64_t seed) {
  const seat_case *seat = &seats[s->seat];
  world w = open_world(s);
  world_reset(&w, seed, 0);
  hft_time start = hft_market_now(world_market(&w));
  static notes n;
  n = (notes){.before = *world_account(&w, 0)};
  int64_t mid2 = hft_market_mid2(world_market(&w), 0);
  n.mid[n.mids++] = (hft_mid_note){start, mid2};
  double arrival = 0.5 * (double)mid2, first = price_of(&w, s), last = 0, size = 0, pnl = 0;
  double per = s->per_lot ? (double)seat->size : 1, value[HFT_METRIC_COUNT];
  uint64_t stream = seed;
  while (!*w.io.ended) {
    world_act_randomly(&w, &stream);
    world_step(&w);
    hft_time now = hft_market_now(world_market(&w));
    mid2 = hft_market_mid2(world_market(&w), 0);
    note_step(&n, world_account(&w, 0), now, mid2);
    reckon(&n, seat, start, now, value);
    // The position and what was held before, at the price of the mark instead of the mid.
    double price = price_of(&w, s), mid = 0.5 * (double)mid2;
    double position = (double)world_account(&w, 0)->position, held = position + (double)seat->begun;
    double term = (double)world_pnl(&w, 0) * per;
    double paid = value[HFT_METRIC_PNL] - position * mid - (double)seat->begun * first;
    if (*w.io.ended && s->end == 1 && s->mark == 0 && held != 0) {
      // The holdings that a portfolio keeps have the price that the book gave for them before it
      // was closed (test_env_marks.c has that). It is the only number that is taken from the term.
      price = (last + term - paid) / held;
      assert_near(price, mid, 20);
    }
    pnl = paid + held * price;
    double gain = pnl - last;
    size += fabs(term) + fabs(gain);
    assert_near(term, gain, 1e-6 * fabs(gain) + 1e-5);
    if (seat->sign != 0 && s->mark == 0) {
      double bps = value[HFT_METRIC_SHORTFALL];
      assert_near(bps * 1e-4 * (double)seat->size * arrival, -pnl, 1e-6 * (fabs(pnl) + 1));
    }
    last = pnl;
  }
  audit_totals(&w, s, value, pnl, size);
  int64_t fills = world_account(&w, 0)->fill_count;
  world_close(&w);
  return fills;
}

// All settings of a seat.
static void audit_seat(int seat) {
  int64_t fills = 0, charged = 0, ended = 0;
  for (int fee = 0; fee < COUNT(fees); fee++)
    for (int latency = 0; latency < COUNT(latencies); latency++)
      for (int market = 0; market < COUNT(markets); market++)
        for (int mark = 0; mark < COUNT(marks); mark++)
          for (int end = 0; end < COUNT(ends); end++)
            for (int limit = 0; limit < COUNT(limits); limit++) {
              bool per_lot = (fee + latency + market + mark + end + limit) % 2 != 0;
              const setting s = {seat, fee, latency, market, mark, end, limit, per_lot};
              int64_t own = audit(&s, (uint64_t)(3 + market + latency));
              fills += own;
              charged += fee * own;
              ended += limit * own;
            }
  assert_true(fills > 100 && charged > 50 && ended > 10);
}

static void makers(void **context) {
  (void)context;
  audit_seat(0);
}

static void executors(void **context) {
  (void)context;
  audit_seat(1);
  audit_seat(2);
}

static void takers(void **context) {
  (void)context;
  audit_seat(3);
}

static void portfolios(void **context) {
  (void)context;
  audit_seat(4);
}

int main(void) {
  const struct CMUnitTest all[] = {
      cmocka_unit_test(makers),
      cmocka_unit_test(executors),
      cmocka_unit_test(takers),
      cmocka_unit_test(portfolios),
  };
  return cmocka_run_group_tests(all, NULL, NULL);
}
