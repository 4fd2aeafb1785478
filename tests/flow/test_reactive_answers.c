// How a market with the population `reactive` behaves over hours: it has no drift, keeps its book,
// follows the value, answers to trades, and does not race with an agent.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/flow/reactive_world.h"
#include "tests/support/check.h"
#include "tests/support/statistics.h"

#define SMALL "populations: [{kind: reactive, tables: small_tick}]\n"

static void run_to(const world *w, hft_time time) {
  hft_market_run(w->model, w->market, time, NULL);
}

static double mid_of(const world *w) {
  return 0.5 * (double)hft_market_mid2(w->market, 0);
}

// Mean and variance of a sample.
typedef struct moments {
  double sum, squares;
  int count;
} moments;

static void add(moments *m, double x) {
  m->sum += x;
  m->squares += x * x;
  m->count++;
}

static double mean_of(const moments *m) {
  return m->sum / m->count;
}

static double error_of(const moments *m) {
  double mean = mean_of(m);
  return sqrt((m->squares / m->count - mean * mean) / m->count);
}

// ---- symmetry and stability --------------------------------------------------------------------

static void there_is_no_drift(void **state) {
  (void)state;
  world w = world_create("market_config: {fundamental: constant, window_ticks: 8192}\n" SMALL, 0);
  moments move = {0}, bought = {0};
  for (uint64_t seed = 0; seed < 300; seed++) {
    hft_market_reset(w.model, w.market, seed, 0, NULL);
    double start = mid_of(&w);
    run_to(&w, 120 * HFT_SECOND);
    const hft_tape *tape = hft_market_tape(w.market, 0);
    add(&move, mid_of(&w) - start);
    add(&bought, (double)(tape->buy_qty - tape->sell_qty));
  }
  expect_near("mid", mean_of(&move), 0, error_of(&move));
  expect_near("bought less sold", mean_of(&bought), 0, error_of(&bought));
  assert_true(error_of(&move) < 1);  // ticks: a drift would be seen
  world_free(&w);
}

// Days without an empty side, and with spreads of no more than three times the cap.
static void the_book_holds_for_days(void **state) {
  (void)state;
  static const char *const tables[] = {"small_tick", "large_tick"};
  for (int i = 0; i < 2; i++) {
    int32_t cap = (int32_t)reactive_tables(tables[i])->spread_cap;
    double usual = reactive_tables(tables[i])->orders_mean;
    char yaml[512];
    snprintf(yaml, sizeof yaml,
             "market_config: {fundamental: brownian, volatility: 0.02, window_ticks: 16384,\n"
             "  duration_s: 23400, volatility_of_volatility: 1}\n"
             "populations: [{kind: reactive, tables: %s}]\n",
             tables[i]);
    world w = world_create(yaml, 0);
    for (uint64_t seed = 0; seed < 2; seed++) {
      hft_market_reset(w.model, w.market, seed, 0, NULL);
      for (int step = 1; step <= 234000; step++) {
        run_to(&w, step * 100 * HFT_MILLISECOND);
        int32_t spread = reactive_spread(&w);
        if (spread < 1 || spread > 3 * cap) {
          fail_msg("%s, seed %d, %.1f s: a spread of %d", tables[i], (int)seed, step / 10.0,
                   spread);
        }
      }
      for (int side = 0; side < 2; side++) {
        double live = hft_reactive_orders(reactive_of(&w, 0))->side[side].live;
        assert_true(live > usual / 5 && live < usual * 5);
      }
    }
    world_free(&w);
  }
}

// ---- rates -------------------------------------------------------------------------------------

static double messages_in(const char *keys, int from_s, int to_s) {
  char yaml[512];
  snprintf(yaml, sizeof yaml,
           "market_config: {fundamental: constant, window_ticks: 8192, duration_s: 4000}\n"
           "populations: [{kind: reactive, tables: small_tick%s}]\n",
           keys);
  world w = world_create(yaml, 0);
  double count = 0;
  for (uint64_t seed = 0; seed < 4; seed++) {
    hft_market_reset(w.model, w.market, seed, 0, NULL);
    run_to(&w, from_s * HFT_SECOND);
    uint64_t before = hft_market_messages(w.market);
    run_to(&w, to_s * HFT_SECOND);
    count += (double)(hft_market_messages(w.market) - before);
  }
  world_free(&w);
  return count;
}

static void expect_ratio(const char *what, double ratio, double expected) {
  if (!(ratio > expected * 0.85 && ratio < expected * 1.15)) {
    fail_msg("%s: %.3g, not %.3g", what, ratio, expected);
  }
}

static void pace_and_profile_scale_the_rate(void **state) {
  (void)state;
  double usual = messages_in("", 0, 4000);
  assert_true(usual > 50000);
  expect_ratio("pace 2", messages_in(", pace: 2", 0, 4000) / usual, 2);
  expect_ratio("pace 0.25", messages_in(", pace: 0.25", 0, 4000) / usual, 0.25);
  const char *profile = ", profile: [1, 3, 0.5, 1.5]";
  const double factor[] = {1, 3, 0.5, 1.5};
  for (int i = 0; i < 4; i++) {
    double part = messages_in(profile, 1000 * i, 1000 * (i + 1));
    expect_ratio("a part", part / (usual / 4), factor[i]);
  }
}

// ---- answers -----------------------------------------------------------------------------------

static void the_mid_follows_the_value(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {fundamental: brownian, volatility: 0.02, window_ticks: 16384}\n" SMALL, 0);
  double xy = 0, xx = 0, yy = 0;
  for (uint64_t seed = 0; seed < 100; seed++) {
    hft_market_reset(w.model, w.market, seed, 0, NULL);
    double mid = mid_of(&w), value = hft_market_fundamental(w.model, w.market, 0);
    run_to(&w, 600 * HFT_SECOND);
    double x = hft_market_fundamental(w.model, w.market, 0) - value, y = mid_of(&w) - mid;
    xy += x * y, xx += x * x, yy += y * y;
  }
  if (!(xy / sqrt(xx * yy) > 0.5)) fail_msg("a correlation of %.2f", xy / sqrt(xx * yy));
  world_free(&w);
}

typedef enum habit { JOINS, IMPROVES, TAKES, HABITS } habit;

// The orders that an agent of a habit sends 20 times a second.
static void act(const world *w, habit h, int step, hft_order_id *last) {
  hft_desk desk = hft_market_desk(w->model, w->market, w->seat);
  const hft_book *book = hft_market_book(w->model, w->market, 0);
  hft_side side = (hft_side)(step & 1);
  hft_price best = hft_book_best_price(book, side);
  if (best == 0) return;
  if (h == TAKES) {
    reactive_send(w, side, HFT_IOC, HFT_PRICE_MARKET, 1);
    return;
  }
  if (last->number != 0) hft_desk_cancel(&desk, *last);
  hft_price price = best + (h == IMPROVES && reactive_spread(w) > 1 ? hft_side_sign(side) : 0);
  *last = reactive_send(w, side, HFT_POST_ONLY, price, 1);
}

static void an_agent_does_not_set_the_pace(void **state) {
  (void)state;
  world w = world_create(
      "market_config: {fundamental: brownian, volatility: 0.02, window_ticks: 8192}\n" SMALL, 1);
  double alone = 0, beside[HABITS] = {0};
  for (int h = -1; h < HABITS; h++) {
    for (uint64_t seed = 0; seed < 4; seed++) {
      hft_market_reset(w.model, w.market, seed, 0, NULL);
      hft_order_id last = {0, 0};
      uint64_t sent = 0;
      for (int step = 0; step < 12000; step++) {
        run_to(&w, step * 50 * HFT_MILLISECOND);
        uint64_t before = hft_market_messages(w.market);
        if (h >= 0) act(&w, (habit)h, step, &last);
        sent += hft_market_messages(w.market) - before;
      }
      *(h < 0 ? &alone : &beside[h]) += (double)(hft_market_messages(w.market) - sent);
    }
  }
  for (int h = 0; h < HABITS; h++) {
    double ratio = beside[h] / alone;
    // 20 lots a second are more than the background itself trades: the spread is wider, and with it
    // the flow faster.
    double most = h == TAKES ? 1.35 : 1.1;
    if (!(ratio > 0.75 && ratio < most)) fail_msg("habit %d: %.2f times the rate", h, ratio);
  }
  world_free(&w);
}

// The move of the mid that a parent order makes: forks with and without it, from the same state.
typedef struct answer {
  moments at_end, later;
} answer;

static answer answer_to(hft_side side, const char *keys, int forks) {
  char yaml[512];
  snprintf(yaml, sizeof yaml,
           "market_config: {fundamental: constant, window_ticks: 8192}\n"
           "populations: [{kind: reactive, tables: small_tick%s}]\n",
           keys);
  world w = world_create(yaml, 1);
  hft_market *start = create_market(w.model);
  size_t size = hft_market_size(w.model);
  answer found = {{0}, {0}};
  for (int fork = 0; fork < forks; fork++) {
    hft_market_reset(w.model, w.market, (uint64_t)fork, 0, NULL);
    run_to(&w, 20 * HFT_SECOND);
    memcpy(start, w.market, size);
    double end[2], later[2];
    for (int with = 0; with < 2; with++) {
      memcpy(w.market, start, size);
      for (int child = 0; child < 20; child++) {
        if (with) reactive_send(&w, side, HFT_IOC, HFT_PRICE_MARKET, 10);
        run_to(&w, 20 * HFT_SECOND + (child + 1) * 500 * HFT_MILLISECOND);
      }
      end[with] = mid_of(&w);
      run_to(&w, 120 * HFT_SECOND);
      later[with] = mid_of(&w);
    }
    int sign = hft_side_sign(side);
    add(&found.at_end, sign * (end[1] - end[0]));
    add(&found.later, sign * (later[1] - later[0]));
  }
  free(start);
  world_free(&w);
  return found;
}

static void parents_move_the_price_which_comes_partly_back(void **state) {
  (void)state;
  for (int side = 0; side < 2; side++) {
    answer a = answer_to((hft_side)side, "", 400);
    double end = mean_of(&a.at_end), later = mean_of(&a.later);
    if (!(end > STATISTIC_LIMIT * error_of(&a.at_end))) fail_msg("moved by %.2f ticks", end);
    double noise = hypot(error_of(&a.at_end), error_of(&a.later));
    if (!(later < end - 2 * noise)) fail_msg("moved by %.2f ticks, later %.2f", end, later);
  }
}

// The dials of impact are felt.
static void more_impact_moves_the_price_more(void **state) {
  (void)state;
  answer none = answer_to(HFT_BID, ", transient_impact: 0, permanent_impact: 0", 200);
  answer usual = answer_to(HFT_BID, "", 200);
  answer much = answer_to(HFT_BID, ", transient_impact: 1", 200);
  answer lasting = answer_to(HFT_BID, ", permanent_impact: 1", 200);
  double noise = 2 * error_of(&usual.at_end);
  assert_true(mean_of(&none.at_end) + noise < mean_of(&usual.at_end));
  assert_true(mean_of(&usual.at_end) + noise < mean_of(&much.at_end));
  assert_true(mean_of(&usual.later) + 2 * error_of(&usual.later) < mean_of(&lasting.later));
}

// ---- manipulation ------------------------------------------------------------------------------

// What a round trip earns, ticks x lots, by market orders of `in` and then `out` lots, which are
// equally spaced over the two times.
static double round_trip(world *w, hft_side side, hft_qty in, hft_time in_time, hft_qty out,
                         hft_time out_time) {
  enum { LOTS = 1000 };
  hft_time start = hft_market_now(w->market);
  for (hft_qty k = 0; k < LOTS / in; k++) {
    run_to(w, start + in_time * k / (LOTS / in));
    reactive_send(w, side, HFT_IOC, HFT_PRICE_MARKET, in);
  }
  for (hft_qty k = 0; k < LOTS / out; k++) {
    run_to(w, start + in_time + out_time * k / (LOTS / out));
    reactive_send(w, hft_side_other(side), HFT_IOC, HFT_PRICE_MARKET, out);
  }
  // A side may have had too few lots: closes what is left.
  const hft_account *account = hft_market_account(w->model, w->market, w->seat, 0);
  for (int tries = 0; account->position != 0 && tries < 600; tries++) {
    run_to(w, hft_market_now(w->market) + HFT_SECOND);
    hft_side closes = account->position > 0 ? HFT_ASK : HFT_BID;
    int64_t lots = account->position > 0 ? account->position : -account->position;
    reactive_send(w, closes, HFT_IOC, HFT_PRICE_MARKET, (hft_qty)lots);
  }
  assert_int_equal(account->position, 0);
  return (double)account->cash;
}

// However orders are cut, pushing the price up and selling into it loses.
static void round_trips_lose(void **state) {
  (void)state;
  static const struct {
    hft_qty in, out;
    int in_s, out_s;
  } trips[] = {
      {1, 100, 60, 10}, {1, 50, 20, 10}, {100, 1, 10, 60}, {10, 200, 30, 5}, {1, 1, 60, 60}};
  static const char *const tables[] = {"small_tick", "large_tick"};
  for (int i = 0; i < 2; i++) {
    char yaml[256];
    snprintf(yaml, sizeof yaml,
             "market_config: {fundamental: brownian, window_ticks: 16384}\n"
             "populations: [{kind: reactive, tables: %s, transient_impact: 0.6}]\n",
             tables[i]);
    world w = world_create(yaml, 1);
    for (size_t k = 0; k < sizeof trips / sizeof trips[0]; k++) {
      moments earned = {0};
      for (uint64_t seed = 0; seed < 40; seed++) {
        hft_market_reset(w.model, w.market, seed, 0, NULL);
        run_to(&w, 60 * HFT_SECOND);
        add(&earned,
            round_trip(&w, seed % 2 == 0 ? HFT_BID : HFT_ASK, trips[k].in,
                       trips[k].in_s * HFT_SECOND, trips[k].out, trips[k].out_s * HFT_SECOND));
      }
      if (mean_of(&earned) + 3 * error_of(&earned) >= 0) {
        fail_msg("%s: in by %d, out by %d lots: %.0f +- %.0f", tables[i], trips[k].in, trips[k].out,
                 mean_of(&earned), error_of(&earned));
      }
    }
    world_free(&w);
  }
}

// The flow does not race while the book is not shown.
static void calls_are_calm(void **state) {
  (void)state;
  static const char *const tables[] = {"small_tick", "large_tick"};
  for (int i = 0; i < 2; i++) {
    char yaml[256];
    snprintf(yaml, sizeof yaml,
             "market_config: {duration_s: 700}\n"
             "exchange_config: {closing_auction_s: 300}\n"
             "populations: [{kind: reactive, tables: %s}]\n",
             tables[i]);
    world w = world_create(yaml, 0);
    hft_market_reset(w.model, w.market, 1, 0, NULL);
    run_to(&w, 401 * HFT_SECOND);
    uint64_t before = hft_market_messages(w.market);
    run_to(&w, 699 * HFT_SECOND);
    double rate = (double)(hft_market_messages(w.market) - before) / 298;
    if (rate < 5 || rate > 20) fail_msg("%s: %.1f messages a second", tables[i], rate);
    world_free(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(there_is_no_drift),
      cmocka_unit_test(the_book_holds_for_days),
      cmocka_unit_test(pace_and_profile_scale_the_rate),
      cmocka_unit_test(the_mid_follows_the_value),
      cmocka_unit_test(an_agent_does_not_set_the_pace),
      cmocka_unit_test(parents_move_the_price_which_comes_partly_back),
      cmocka_unit_test(more_impact_moves_the_price_more),
      cmocka_unit_test(round_trips_lose),
      cmocka_unit_test(calls_are_calm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
