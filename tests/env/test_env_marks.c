// The value of positions at the end of an episode: against a naive price, from the open orders of
// all participants; that last-step tricks gain nothing; closing; marks at the fundamental value.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/market/mark.h"
#include "tests/support/env_world.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))
#define WINDOW 4096
#define LOWEST (WORLD_PRICE - WINDOW / 2)

// ---- a naive price -----------------------------------------------------------------------------

typedef struct naive_book {
  int64_t lots[2][WINDOW];  // by tick, without the seats' orders
  hft_price last_trade;
} naive_book;

static void read_book(const world *w, naive_book *book) {
  const hft_model *model = hft_env_model_market(w->model);
  memset(book, 0, sizeof *book);
  for (int owner = 0; owner < (int)hft_model_first_extra(model); owner++) {
    hft_desk desk = hft_market_desk(model, world_market(w), (hft_owner)owner);
    for (uint32_t k = 0; k < hft_desk_open_count(&desk); k++) {
      hft_order order;
      if (!hft_desk_order(&desk, hft_desk_open(&desk, k), &order)) continue;
      book->lots[order.side][order.price - LOWEST] += order.qty;
    }
  }
  book->last_trade = hft_market_tape(world_market(w), 0)->last_price;
}

// The average price of the first `lots` lots, one by one; false: the side is empty.
static bool naive_average(const naive_book *book, int side, int64_t lots, double *average) {
  int step = side == HFT_BID ? -1 : 1, first = -1, last = -1;
  int64_t total = 0, left = lots;
  double sum = 0;
  for (int i = side == HFT_BID ? WINDOW - 1 : 0; i >= 0 && i < WINDOW; i += step) {
    int64_t here = book->lots[side][i], taken = here < left ? here : left;
    if (here == 0) continue;
    if (first < 0) first = i;
    last = i;
    total += here;
    sum += (double)taken * (LOWEST + i);
    left -= taken;
  }
  if (first < 0) return false;
  int64_t depth = total / (abs(last - first) + 1), at = last;
  if (depth < 1) depth = 1;
  for (int64_t k = 0; k < left; k++) {
    if (k % depth == 0 && at + step >= 0 && at + step < WINDOW) at += step;
    sum += (double)(LOWEST + at);
  }
  *average = sum / (double)lots;
  return true;
}

typedef struct naive_gaps {
  double half[HFT_GAPS];
  int count;
  double depth;  // mean of both sides as noted last, with the seats' orders
} naive_gaps;

static void note(const world *w, naive_gaps *gaps) {
  naive_book book;
  read_book(w, &book);
  for (int k = 0; k < HFT_GAPS; k++) {
    double average[2];
    for (int side = 0; side < 2; side++) {
      assert_true(naive_average(&book, side, INT64_C(1) << k, &average[side]));
    }
    gaps->half[k] += 0.5 * (average[1] - average[0]);
  }
  gaps->count++;
  hft_desk desk = world_hand(w, 0);
  gaps->depth = 0;
  for (int side = 0; side < 2; side++) {
    gaps->depth += 0.5 * (double)hft_close_depth(&desk, (hft_side)side);
  }
}

static double naive_price(const world *w, const naive_gaps *gaps, int64_t position) {
  naive_book book;
  read_book(w, &book);
  double most = fmin(fmax((double)llabs(position), gaps->depth), 8 * gaps->depth), exit;
  int64_t lots = (int64_t)most;
  assert_true(naive_average(&book, position < 0 ? HFT_ASK : HFT_BID, lots, &exit));
  int k = 0;
  while ((INT64_C(2) << k) <= lots) k++;
  double share = (double)(lots - (INT64_C(1) << k)) / (double)(INT64_C(1) << k);
  double half = (1 - share) * gaps->half[k] + share * gaps->half[k + 1];
  return exit + (position < 0 ? -1 : 1) * half / gaps->count;
}

// The sum of pnl over an episode is cash and position at the naive price, fees paid.
static void the_price_is_that_of_a_naive_book(void **context) {
  (void)context;
  static const char *const exchanges[] = {"", "latency_us: 700000",
                                          "taker_fee_bps: 3, maker_fee_bps: -1"};
  int held = 0, shorts = 0;
  for (int i = 0; i < 18; i++) {
    char yaml[1024];
    snprintf(yaml, sizeof yaml,
             "market_config: {window_ticks: 4096, decision_ms: 500, fundamental: constant}\n"
             "agents: [{kind: hand}]\nexchange_config: {%s}\n"
             "env_config: {warmup_s: 5, episode_len: 40}\nrisk_config: {max_inventory: 100000}\n"
             "reward_config: {lambda_inventory: 0}\n" WORLD_CROWD
             "seats: [{kind: maker, offset_max: 3, quote_qty: 8}, {kind: taker, order_qty: 3}, "
             "{kind: taker, order_qty: %d}]\n",
             exchanges[i % 3], 5 << i % 6);
    world w = world_open(yaml);
    world_reset(&w, (uint64_t)i, 0);
    naive_gaps gaps = {.count = 0};
    double sum[3] = {0}, size[3] = {0};
    uint64_t stream = (uint64_t)i;
    for (int step = 0; !*w.io.ended; step++) {
      if (step % 32 == 0) note(&w, &gaps);
      world_act_randomly(&w, &stream);
      world_step(&w);
      for (int s = 0; s < 3; s++) {
        sum[s] += (double)world_pnl(&w, s);
        size[s] += fabs((double)world_pnl(&w, s));
      }
    }
    for (int s = 0; s < 3; s++) {
      const hft_account *account = world_account(&w, s);
      double gain = (double)account->cash - 1e-4 * (double)account->fees;
      held += account->position > 0;
      shorts += account->position < 0;
      if (account->position != 0) {
        gain += (double)account->position * naive_price(&w, &gaps, account->position);
      }
      assert_near(sum[s], gain, 1e-6 * (size[s] + fabs(gain)) + 1e-3);
    }
    world_close(&w);
  }
  assert_true(held > 10 && shorts > 10);
}

// ---- tricks ------------------------------------------------------------------------------------

enum { TAKER, PORTFOLIO };
enum { NONE, BID, LIFT, HELP_LIFT, HIT, TRICKS };

// A taker long of 10 lots and a portfolio of 50, bids at 9999 and a single lot offered at 10002;
// the next offers are at 10004. Returns the gains of the last step, in which one of them does a
// trick.
static void last_step(const char *end, int trick, double gain[2]) {
  char yaml[1024];
  snprintf(yaml, sizeof yaml,
           "env_config: {warmup_s: 0, episode_len: 34}\nreward_config: {lambda_inventory: 0, end: "
           "%s}\n" WORLD_HANDS
           "seats: [{kind: taker, order_qty: 10}, {kind: portfolio, holding: 50, count_max: 10, "
           "price_range: 20}]\n",
           end);
  world w = world_open(yaml);
  world_reset(&w, 0, 0);
  for (hft_price i = 0; i < 6; i++) {
    world_rest(&w, 0, HFT_BID, 9999 - i, 20);
    world_rest(&w, 0, HFT_ASK, 10004 + i, 20);
  }
  world_rest(&w, 0, HFT_ASK, 10000, 10);
  world_set(&w, TAKER, 0, 1);
  world_step(&w);
  assert_int_equal(world_account(&w, TAKER)->position, 10);
  world_rest(&w, 0, HFT_ASK, 10002, 1);
  world_set(&w, TAKER, 0, 0);
  for (int i = 0; i < 32; i++) world_step(&w);
  if (trick == LIFT) world_set(&w, TAKER, 0, 0.1f);
  if (trick == HIT) world_set(&w, TAKER, 0, -0.1f);
  if (trick == BID || trick == HELP_LIFT) {
    world_set(&w, PORTFOLIO, 0, 0.1f);  // one lot, at 10001 or 10002
    world_set(&w, PORTFOLIO, 1, trick == BID ? 0.025f : 0.075f);
  }
  world_step(&w);
  assert_true(*w.io.truncated);
  for (int s = 0; s < 2; s++) gain[s] = (double)world_pnl(&w, s);
  world_close(&w);
}

static void tricks_gain_nothing(void **context) {
  (void)context;
  static const char *const ends[] = {"depth", "close", "reference"};
  for (int e = 0; e < 3; e++) {
    double none[2], gain[2];
    last_step(ends[e], NONE, none);
    for (int trick = 1; trick < TRICKS; trick++) {
      last_step(ends[e], trick, gain);
      double taker = gain[TAKER] - none[TAKER], portfolio = gain[PORTFOLIO] - none[PORTFOLIO];
      if (e == 2 && trick != HIT) {
        // A tick for each lot held, for one lot bid for or bought.
        assert_true(taker > 9 && portfolio > 49);
      } else {
        assert_true(taker <= 0 && portfolio <= 1e-9);
      }
    }
  }
}

// ---- books without a side ----------------------------------------------------------------------

static double mark_of(const world *w, int64_t position) {
  static const uint8_t left_out[HFT_SEATS_MAX + 2] = {0, 0, 1};  // behind two hands
  const hft_depth depth = {{4, 4}};
  const hft_gaps gaps = {.count = 0};
  hft_desk desk = world_hand(w, 0);
  return hft_mark_price(&desk, position, &(hft_mark_basis){left_out, &depth, &gaps});
}

static void sides_may_be_empty(void **context) {
  (void)context;
  world w = world_open("env_config: {warmup_s: 0, episode_len: 34}\n" WORLD_HANDS
                       "seats: [{kind: maker}]\n");
  world_reset(&w, 0, 0);
  assert_near(mark_of(&w, 7), 0, 0);
  // The seat's own quotes are no book.
  hft_desk seat = world_seat_desk(&w, 0);
  hft_desk_submit(&seat, &(hft_order){HFT_BID, HFT_POST_ONLY, 9990, 5, 0});
  hft_desk_submit(&seat, &(hft_order){HFT_ASK, HFT_POST_ONLY, 10010, 5, 0});
  assert_near(mark_of(&w, 7), 0, 0);
  // Bids alone: 4 lots at 9995 and 4 at 9994. Offers begin beyond 9995, four lots a tick.
  world_rest(&w, 0, HFT_BID, 9995, 4);
  world_rest(&w, 0, HFT_BID, 9994, 4);
  double bids = 9995 - 0.5, offers = 9996 + 0.5;
  assert_near(mark_of(&w, 8), 0.5 * (bids + offers), 1e-9);
  assert_near(mark_of(&w, -8), 0.5 * (bids + offers), 1e-9);
  assert_near(mark_of(&w, 0), 0.5 * (9995 + 9996), 1e-9);
  world_close(&w);
}

// Whatever the phase in which the episode ends, the terms sum to the total, and the price of the
// position is near the mid.
static void an_episode_may_end_in_a_call(void **context) {
  (void)context;
  static const char *const exchanges[] = {"closing_auction_s: 6", "opening_auction_s: 25",
                                          "halt_band_bps: 3, halt_s: 20"};
  int calls = 0;
  for (int i = 0; i < 18; i++) {
    char yaml[1024];
    snprintf(yaml, sizeof yaml,
             "market_config: {window_ticks: 4096, decision_ms: 500, duration_s: 25}\n"
             "exchange_config: {%s}\nenv_config: {warmup_s: 5, episode_len: 40}\n"
             "reward_config: {end: %s}\n" WORLD_CROWD
             "seats: [{kind: maker, offset_max: 3, quote_qty: 8}, {kind: taker, order_qty: 3}, "
             "{kind: portfolio, holding: 20}]\n",
             exchanges[i % 3], i % 2 ? "depth" : "close");
    world w = world_open(yaml);
    world_reset(&w, (uint64_t)i, 0);
    double sum[3] = {0}, size[3] = {0}, start = 0.5 * (double)hft_market_mid2(world_market(&w), 0);
    uint64_t stream = (uint64_t)i;
    while (!*w.io.ended) {
      world_act_randomly(&w, &stream);
      world_step(&w);
      for (int s = 0; s < 3; s++) {
        sum[s] += (double)world_pnl(&w, s);
        size[s] += fabs((double)world_pnl(&w, s));
      }
    }
    hft_desk desk = world_seat_desk(&w, 0);
    calls += hft_desk_phase(&desk) != HFT_PHASE_CONTINUOUS;
    double mid = 0.5 * (double)hft_market_mid2(world_market(&w), 0);
    for (int s = 0; s < 3; s++) {
      float totals[HFT_TOTALS_MAX];
      hft_env_totals(w.model, w.env, s, totals);
      assert_near((double)totals[0], sum[s], 1e-5 * size[s] + 1e-3);
      const hft_account *account = world_account(&w, s);
      if (i % 2 == 0) assert_int_equal(account->position, 0);
      double lots = (double)(account->position + (s == 2 ? 20 : 0));
      double gain = (double)account->cash - 1e-4 * (double)account->fees - (s == 2) * 20 * start;
      assert_near(sum[s], gain + lots * mid, 60 * fabs(lots) + 1e-3);
    }
    world_close(&w);
  }
  assert_true(calls >= 6);
}

// By how much an observed gain is scaled: 0.01 of the unit "0.01 x ticks x lots / order_qty".
static double scale_of_gain(const world *w, int seat) {
  const hft_group *group = world_group(w, seat);
  for (int i = 0; i < group->obs_dim; i++) {
    if (strcmp(group->obs[i].name, "gain") == 0) return strtod(group->obs[i].unit, NULL);
  }
  fail_msg("no gain");
  return 0;
}

// ---- the fundamental value ---------------------------------------------------------------------

static void a_mark_may_be_the_value(void **context) {
  (void)context;
  static const char *const ends[] = {"depth", "reference"};
  for (int e = 0; e < 2; e++) {
    char yaml[1024];
    snprintf(yaml, sizeof yaml,
             "market_config: {window_ticks: 4096, decision_ms: 500}\n"
             "env_config: {warmup_s: 5, episode_len: 40}\n"
             "reward_config: {lambda_inventory: 0, mark: fundamental, end: %s}\n" WORLD_CROWD
             "seats: [{kind: executor, parent_qty: 40}, {kind: taker, order_qty: 3}, "
             "{kind: portfolio, holding: 20, cash: 9000}]\n",
             ends[e]);
    world w = world_open(yaml);
    world_reset(&w, 7, 0);
    const hft_model *model = hft_env_model_market(w.model);
    double first = hft_market_fundamental(model, world_market(&w), 0), sum[3] = {0};
    double start = 0.5 * (double)hft_market_mid2(world_market(&w), 0);
    static const int64_t begun[3] = {-40, 0, 20};
    uint64_t stream = 3;
    while (!*w.io.ended) {
      world_act_randomly(&w, &stream);
      world_step(&w);
      double value = hft_market_fundamental(model, world_market(&w), 0);
      double mid = 0.5 * (double)hft_market_mid2(world_market(&w), 0);
      for (int s = 0; s < 3; s++) {
        const hft_account *account = world_account(&w, s);
        double cash = (double)account->cash, lots = (double)(account->position + begun[s]);
        sum[s] += (double)world_pnl(&w, s);
        double gain = cash + lots * value - (double)begun[s] * first;
        assert_near(sum[s], gain, 1e-2);
        // What a seat sees of its gain is at the mid.
        double seen = cash + lots * mid - (double)begun[s] * start;
        if (s == 0) continue;
        double size = s == 1 ? 3 : 10;  // order_qty, count_max
        double expected = scale_of_gain(&w, s) * seen / size;
        assert_near((double)world_obs(&w, s, "gain"), expected, 1e-4);
      }
    }
    world_close(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_price_is_that_of_a_naive_book),
      cmocka_unit_test(tricks_gain_nothing),
      cmocka_unit_test(sides_may_be_empty),
      cmocka_unit_test(an_episode_may_end_in_a_call),
      cmocka_unit_test(a_mark_may_be_the_value),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
