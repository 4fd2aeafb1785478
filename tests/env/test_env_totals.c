// The totals of an episode: worked out by hand, and against accounts, terms and positions over
// complete episodes of every role, with fees, latency, auctions and halts; and in the final rows of
// pools.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/slab.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

// ---- by hand -----------------------------------------------------------------------------------

static void check_totals(const world *w, const double (*expected)[2]) {
  static const char *const names[] = {"pnl",    "shortfall", "fees",         "fills",
                                      "bought", "sold",      "max_drawdown", "unfilled"};
  for (int i = 0; i < COUNT(names); i++) {
    for (int seat = 0; seat < 2; seat++) {
      assert_near(world_total(w, seat, names[i]), expected[i][seat], 0);
    }
  }
}

static void test_a_taker_and_an_executor(void **context) {
  (void)context;
  world w = world_open(WORLD_HANDS
                       "exchange_config: {taker_fee_per_lot: 1}\n"
                       "env_config: {warmup_s: 0, episode_len: 2}\n"
                       "seats: [{kind: executor, parent_qty: 4, side: sell}, {kind: taker, "
                       "order_qty: 5}]\n");
  world_reset(&w, 0, 0);
  const double nothing[8][2] = {{0}};
  check_totals(&w, nothing);
  world_rest(&w, 0, HFT_ASK, 10002, 3);
  world_rest(&w, 0, HFT_ASK, 10003, 20);
  world_rest(&w, 0, HFT_BID, 9998, 2);
  world_rest(&w, 0, HFT_BID, 9990, 4);
  // The mid was 10000 when the episode began. The taker buys 3 lots at 10002 and 2 at 10003; the
  // mid is 10000.5. The executor still has its 4 lots, which gain half a tick each.
  world_act(&w, 0, -1, 1);
  world_set(&w, 1, 0, 1);
  world_step(&w);
  const double first[8][2] = {{2, -14.5}, {-2, 0}, {0, 5}, {0, 2}, {0, 5}, {0, 0}, {0, 14.5}, {0}};
  check_totals(&w, first);
  // The taker sells 2 lots at 9998 and 3 at 9990, and has lost 46 and 10 of fees. The executor's
  // rest is closed: 1 lot at 9990, and 3 beyond the book, one at each price from 9989 down, since
  // the side has but one lot a tick. The mid before was that of 9990 and 10003.
  world_set(&w, 1, 0, -1);
  world_step(&w);
  assert_true(*w.io.truncated);
  const double paid = 10000 - 9990 + (10000 - 9989) + (10000 - 9988) + (10000 - 9987) + 4;
  const double last[8][2] = {{-paid, -56}, {paid, 0}, {4, 10},        {1, 4},
                             {0, 5},       {4, 5},    {2 + paid, 56}, {3, 0}};
  check_totals(&w, last);
  world_close(&w);
}

// ---- at random ---------------------------------------------------------------------------------

#define SEATS                                                                                      \
  "seats: [{kind: maker, count: 2, offset_unit: ticks, offset_max: 4, quote_qty: 8, instrument: "  \
  "1}, {kind: maker, "                                                                             \
  "offset_unit: ticks, offset_min: -2, offset_max: 3}, {kind: executor, parent_qty: 90}, {kind: "  \
  "executor, side: "                                                                               \
  "sell, instrument: 1, parent_qty: 1500}, {kind: taker, order_qty: 6}, {kind: taker, order_qty: " \
  "3, instrument: 1}, {kind: portfolio, count_max: 7, holding: 11, cash: 3000, price_range: 6}]\n"
#define SEAT_COUNT 8
#define INSTRUMENTS 2

// What a seat's episode comes to by other ways.
typedef struct tally {
  double pnl, size, unfilled;  // sums of terms, of their sizes, of the arrays of the steps
  double baseline;             // sum of the terms
  double highest, fall;        // of the sum
  bool done;
} tally;

// Lots by which terms are divided.
static double share_of(int seat, bool per_lot) {
  static const double sizes[SEAT_COUNT] = {8, 8, 10, 90, 1500, 6, 3, 7};
  return per_lot ? sizes[seat] : 1;
}

static void check_accounts(const world *w, int s, const tally *t) {
  hft_account sum = {0};
  int64_t transferred = 0;
  for (int k = 0; k < INSTRUMENTS; k++) {
    const hft_account *account = world_account_at(w, s, k);
    sum.position += account->position;
    sum.fees += account->fees;
    sum.fill_count += account->fill_count;
    sum.maker_qty += account->maker_qty + account->taker_qty;
    transferred += llabs(account->transferred);
  }
  double bought = world_total(w, s, "bought"), sold = world_total(w, s, "sold");
  assert_near(bought - sold, (double)sum.position, 0);
  assert_near(bought + sold, (double)(sum.maker_qty + transferred), 0);
  assert_near(world_total(w, s, "fills"), (double)sum.fill_count, 0);
  double fees = 1e-4 * (double)sum.fees;
  assert_near(world_total(w, s, "fees"), fees, 1e-6 * fabs(fees));
  assert_near(world_total(w, s, "unfilled"), t->unfilled, 0);
}

static void check_seat(const world *w, int s, const tally *t, bool closed) {
  double near = 1e-5 * t->size + 1e-3, pnl = world_total(w, s, "pnl");
  assert_near(pnl, t->pnl, near);
  assert_near(world_total(w, s, "baseline"), t->baseline, near + 1e-5 * fabs(t->baseline));
  bool executes = world_group(w, s)->role == HFT_ROLE_EXECUTOR;
  assert_near(world_total(w, s, "shortfall"), executes ? -pnl : 0, 0);
  // Closing adds a look at the value that no term shows.
  double fall = world_total(w, s, "max_drawdown");
  assert_true(fall >= t->fall - near);
  if (!closed) assert_near(fall, t->fall, near);
  check_accounts(w, s, t);
}

// Perold (1988), of a parent order that is done.
static void check_shortfall(const world *w, int s, double arrival) {
  const hft_account *account = world_account(w, s);
  double paid = -(double)account->cash + 1e-4 * (double)account->fees;
  double shortfall = paid - (double)account->position * arrival;
  assert_near(world_total(w, s, "shortfall"), shortfall, 1e-6 * fabs(shortfall) + 1e-3);
}

typedef struct seen {
  int terminated, unfilled, rebates;
} seen;

static void run_episode(world *w, uint32_t episode, bool per_lot, seen *all) {
  tally tallies[SEAT_COUNT] = {0};
  uint64_t stream = episode;
  bool closed = false;
  world_reset(w, 4, episode);
  double arrival[INSTRUMENTS];
  for (int k = 0; k < INSTRUMENTS; k++) {
    arrival[k] = 0.5 * (double)hft_market_mid2(world_market(w), k);
  }
  while (!*w->io.ended) {
    world_act_randomly(w, &stream);
    world_step(w);
    closed = closed || *w->io.truncated;
    for (int s = 0; s < SEAT_COUNT; s++) closed = closed || world_terminated(w, s);
    for (int s = 0; s < SEAT_COUNT; s++) {
      tally *t = &tallies[s];
      double pnl = share_of(s, per_lot) * (double)world_pnl(w, s);
      assert_true(!t->done || pnl == 0);
      t->pnl += pnl;
      double baseline = share_of(s, per_lot) * (double)world_term(w, s, "baseline");
      assert_true(!t->done || baseline == 0);
      t->baseline += baseline;
      t->size += fabs(pnl) + fabs(baseline);
      t->unfilled += (double)world_unfilled(w, s);
      t->highest = fmax(t->highest, t->pnl);
      t->fall = fmax(t->fall, t->highest - t->pnl);
      t->done = t->done || world_terminated(w, s);
      check_seat(w, s, t, closed);
    }
  }
  for (int s = 0; s < SEAT_COUNT; s++) {
    all->terminated += tallies[s].done;
    all->unfilled += tallies[s].unfilled > 0;
    all->rebates += world_total(w, s, "fees") < 0;
  }
  check_shortfall(w, 3, arrival[0]);
  check_shortfall(w, 4, arrival[1]);
}

static void test_every_role_at_random(void **context) {
  (void)context;
  static const char *const exchanges[] = {
      "",
      "maker_fee_bps: -1, taker_fee_bps: 0.4, taker_fee_per_lot: 0.01",
      "latency_us: 30000, latency_jitter_us: 20000, taker_fee_bps: 2",
      "latency_us: 700000, latency_jitter_us: 900000, maker_fee_per_lot: 0.003",
      "halt_band_bps: 3, halt_s: 5, halt_reference_s: 10, latency_us: 20000, taker_fee_bps: 1",
      "closing_auction_s: 20, maker_fee_bps: -1, latency_us: 600000",
  };
  static const char *const baselines[] = {"hold", "fundamental", "twin"};
  static const char *const ends[] = {"depth", "close", "reference"};
  static const char *const spaces[] = {"box", "multi_discrete"};
  seen all = {0};
  for (int k = 0; k < COUNT(exchanges); k++) {
    for (int form = 0; form < 2; form++) {
      bool per_lot = (k + form) % 2 != 0;
      char yaml[2048];
      snprintf(yaml, sizeof yaml,
               "market_config: {window_ticks: 1024, decision_ms: 500, instruments: 2, "
               "correlation: 0.3, duration_s: 65}\nexchange_config: {%s}\n"
               "env_config: {warmup_s: 5, episode_len: 120, action_choices: 5, action_space: %s}\n"
               "risk_config: {max_inventory: 30, max_drawdown: 6}\n"
               "reward_config: {scale: 0.5, per_lot: %s, lambda_impact: 0.5, team_weight: 0.3, "
               "baseline: %s, end: %s}\n" WORLD_CROWD SEATS,
               exchanges[k], spaces[form], per_lot ? "true" : "false", baselines[k % 3],
               ends[(k + form) % 3]);
      world w = world_open(yaml);
      for (uint32_t episode = 0; episode < 3; episode++) run_episode(&w, episode, per_lot, &all);
      world_close(&w);
    }
  }
  assert_true(all.terminated > 10 && all.unfilled > 3 && all.rebates > 3);
}

// ---- pools -------------------------------------------------------------------------------------

// Env i of a pool rests at its end: what its row k of the finals tells is what it still shows.
static void check_final(hft_pool *pool, int k, int i) {
  const hft_env_model *model = hft_pool_model(pool);
  const hft_env_spec *spec = hft_env_model_spec(model);
  for (int s = 0; s < spec->seat_count; s++) {
    const hft_group *group = &spec->group[s < 2 ? 0 : 1];
    char name[HFT_NAME_SIZE + 8];
    snprintf(name, sizeof name, "total/%s", group->role_name);
    float totals[HFT_TOTALS_MAX];
    hft_env_totals(model, hft_pool_env(pool, i), s, totals);
    size_t bytes = (size_t)group->total_dim * sizeof *totals;
    const char *row = slab_final(pool, name, k);
    assert_memory_equal(row + (size_t)(s - group->first_seat) * bytes, totals, bytes);
  }
  for (int g = 0; g < spec->group_count; g++) {
    char mask[HFT_NAME_SIZE], final[HFT_NAME_SIZE + 8];
    snprintf(mask, sizeof mask, "mask/%s", spec->group[g].role_name);
    snprintf(final, sizeof final, "final_%s", mask);
    size_t bytes = slab_row_bytes(pool, mask);
    assert_memory_equal(slab_final(pool, final, k), slab_row(pool, mask, i), bytes);
  }
}

// The first episode of an env, row k of the finals of the one pool, ends alike in the other.
static void check_same(const hft_pool *a, int k, const hft_pool *b) {
  hft_layout layout;
  hft_pool_finals_layout(a, hft_pool_ended_count(a), &layout);
  int other = 0;
  size_t bytes = sizeof(int32_t);
  while (memcmp(slab_final(a, "env", k), slab_final(b, "env", other), bytes) != 0) {
    assert_true(++other < hft_pool_ended_count(b));
  }
  for (int i = 0; i < layout.count; i++) {
    const hft_array *array = &layout.array[i];
    assert_memory_equal(slab_final(a, array->name, k), slab_final(b, array->name, other),
                        array->row_bytes);
  }
}

static void test_finals(void **context) {
  (void)context;
  enum { ENVS = 5 };
  hft_env_model *model = world_model(
      "market_config: {window_ticks: 1024, decision_ms: 500}\n"
      "env_config: {warmup_s: 2, episode_len: 25, action_space: multi_discrete}\n"
      "risk_config: {max_inventory: 22, max_position_value: 2500}\n" WORLD_CROWD
      "seats: [{kind: maker, count: 2, offset_unit: ticks, offset_max: 3}, {kind: executor, "
      "parent_qty: 60}]\n");
  hft_pool *pools[HFT_AUTORESET_COUNT];
  for (int mode = 0; mode < HFT_AUTORESET_COUNT; mode++) {
    pools[mode] = slab_make(
        model,
        &(hft_pool_config){
            .env_count = ENVS, .thread_count = 2, .seed = 9, .autoreset = (hft_autoreset)mode});
    hft_pool_reset(pools[mode], NULL, NULL);
  }
  int ended = 0;
  for (int step = 0; step < 25; step++) {
    for (int mode = 0; mode < HFT_AUTORESET_COUNT; mode++) slab_step(pools[mode], 9, step);
    hft_pool *manual = pools[HFT_AUTORESET_MANUAL];
    for (int k = 0; k < hft_pool_ended_count(manual); k++, ended++) {
      int32_t i;
      memcpy(&i, slab_final(manual, "env", k), sizeof i);
      check_final(manual, k, i);
      check_same(manual, k, pools[HFT_AUTORESET_SAME_STEP]);
      check_same(manual, k, pools[HFT_AUTORESET_NEXT_STEP]);
    }
  }
  assert_int_equal(ended, ENVS);
  for (int mode = 0; mode < HFT_AUTORESET_COUNT; mode++) hft_pool_free(pools[mode]);
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_taker_and_an_executor),
      cmocka_unit_test(test_every_role_at_random),
      cmocka_unit_test(test_finals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
