// The reference market of Avellaneda and Stoikov (2008) through the environment's own step: a maker
// seat of the preset that quotes what the paper's closed form says.
//
// Their table (gamma 0.1), from 10^6 paths of the bare model: inventory strategy profit 64.89,
// standard deviation 6.54, of the final position 2.93; the same average spread, 1.49, held around
// the mid: 68.23, 13.44, 8.39. For other gamma the bare model is simulated here, apart from the
// engine: quotes, fills with the probability min(1, A exp(-k d) dt), a mid that moves by
// +-sigma sqrt(dt).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "tests/support/env_world.h"

#define STEPS 200
#define PATHS 100000
#define FEWER_PATHS 25000
#define SIGMA 2.0
#define K 1.5
#define A 140.0
#define DT 0.005
#define TICK 0.001
#define RANGE 30.0  // currency: the seat's offsets

typedef struct strategy {
  double gamma;
  bool symmetric;
} strategy;

typedef struct moments {
  int64_t count;
  double sum[4];  // of powers
} moments;

static void add(moments *m, double x) {
  m->count++;
  for (double power = x, *sum = m->sum; sum < m->sum + 4; sum++, power *= x) *sum += power;
}

static double mean(const moments *m) {
  return m->sum[0] / (double)m->count;
}

// The k-th central moment, k = 2 or 4.
static double central(const moments *m, int k) {
  double n = (double)m->count, u = mean(m), two = m->sum[1] / n - u * u;
  if (k == 2) return two;
  return m->sum[3] / n - 4 * u * m->sum[2] / n + 6 * u * u * m->sum[1] / n - 3 * u * u * u * u;
}

static double deviation(const moments *m) {
  return sqrt(central(m, 2));
}

static double error_of_mean(const moments *m) {
  return sqrt(central(m, 2) / (double)m->count);
}

// Of the standard deviation: by the delta method from the fourth moment.
static double error_of_deviation(const moments *m) {
  double two = central(m, 2);
  return sqrt((central(m, 4) - two * two) / (double)m->count) / (2 * sqrt(two));
}

typedef struct results {
  moments profit, position, spread;
} results;

// Equations (29) and (30): the spread around the reservation price r = s - q gamma sigma^2 (T - t).
static double full_spread(double gamma, int step) {
  double left = 1 - step * DT;
  return gamma * SIGMA * SIGMA * left + 2 / gamma * log(1 + gamma / K);
}

static double mean_spread(double gamma) {
  double sum = 0;
  for (int step = 0; step < STEPS; step++) sum += full_spread(gamma, step);
  return sum / STEPS;
}

// Distances of the bid below and the offer above the mid.
static void quote(const strategy *s, int step, double q, double away[2]) {
  double half = 0.5 * (s->symmetric ? mean_spread(s->gamma) : full_spread(s->gamma, step));
  double lean = s->symmetric ? 0 : q * s->gamma * SIGMA * SIGMA * (1 - step * DT);
  away[HFT_BID] = half + lean;
  away[HFT_ASK] = half - lean;
}

// ---- the bare model ----------------------------------------------------------------------------

static double draw(uint64_t *stream) {
  return (double)(world_draw(stream) >> 11) * 0x1p-53;
}

static results simulate(const strategy *s, int paths) {
  results r = {0};
  uint64_t stream = 42;
  for (int path = 0; path < paths; path++) {
    double mid = 100, cash = 0, q = 0;
    for (int step = 0; step < STEPS; step++) {
      double away[2];
      quote(s, step, q, away);
      for (int side = 0; side < 2; side++) {
        if (draw(&stream) >= A * exp(-K * away[side]) * DT) continue;
        cash += side == HFT_BID ? -(mid - away[side]) : mid + away[side];
        q += side == HFT_BID ? 1 : -1;
      }
      mid += (draw(&stream) < 0.5 ? -1 : 1) * SIGMA * sqrt(DT);
    }
    add(&r.profit, cash + q * mid);
    add(&r.position, q);
  }
  return r;
}

// ---- the engine --------------------------------------------------------------------------------

static hft_env_model *preset_model(void) {
  hft_catalog catalog;
  hft_catalog_init(&catalog);
  hft_config *config = hft_config_create(&catalog.schema);
  hft_error error = {0};
  // The paper's quotes reach farther than the preset's actions, and its dealer pays no penalty.
  const char wide[] =
      "reward_config: {lambda_inventory: 0, scale: 1}\n"
      "seats: [{kind: maker, quote_qty: 1, offset_unit: ticks, withdraw: false,\n"
      "  offset_min: -30000, offset_max: 30000}]\n";
  const char *names[] = {"default", "avellaneda_stoikov"};
  for (int i = 0; i < 2; i++) {
    const hft_preset *preset = hft_preset_find(names[i]);
    assert_non_null(preset);
    assert_int_equal(
        hft_config_merge(config, preset->text, strlen(preset->text), preset->name, &error), HFT_OK);
  }
  assert_int_equal(hft_config_merge(config, wide, strlen(wide), "wide", &error), HFT_OK);
  hft_env_model *model = NULL;
  hft_status status =
      hft_env_model_create(config, hft_catalog_classes, hft_catalog_class_count, &model, &error);
  if (status != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  hft_config_free(config);
  return model;
}

static void run_path(world *w, const strategy *s, uint64_t seed, results *r) {
  hft_env_reset(w->model, w->env, seed, 0, &w->io);
  const hft_account *account = world_account(w, 0);
  double reward = 0;
  for (int step = 0; step < STEPS; step++) {
    double away[2];
    quote(s, step, (double)account->position, away);
    world_act(w, 0, (float)(away[HFT_BID] / RANGE), (float)(away[HFT_ASK] / RANGE));
    assert_false(*w->io.ended);
    hft_env_step(w->model, w->env, &w->io);
    reward += (double)world_reward(w, 0);
    add(&r->spread, away[0] + away[1]);
  }
  assert_true(*w->io.ended && *w->io.truncated);
  // The rewards are the profit, which is the account's, marked at the value.
  double value = hft_market_fundamental(hft_env_model_market(w->model), world_market(w), 0);
  double profit = ((double)account->cash + (double)account->position * value) * TICK;
  assert_near(reward * TICK, profit, 1e-3);
  add(&r->profit, profit);
  add(&r->position, (double)account->position);
}

static results drive(const strategy *s, int paths) {
  world w = world_of(preset_model());
  results r = {0};
  for (int path = 0; path < paths; path++) run_path(&w, s, (uint64_t)path, &r);
  assert_null(hft_market_verify(hft_env_model_market(w.model), world_market(&w)));
  world_close(&w);
  return r;
}

static void check(const char *what, double found, double expected, double error) {
  printf("%-28s %10.4f  expected %10.4f  standard error %.4f\n", what, found, expected, error);
  if (!(fabs(found - expected) <= 4 * error)) fail_msg("%s is off", what);
}

// The published figures are of 10^6 paths: their error counts, too, and their last digit.
static void check_table(const results *r, double profit, double deviation_of_profit,
                        double deviation_of_position) {
  double scale = sqrt(1 + PATHS / 1e6), digit = 0.005 / 4;
  check("profit", mean(&r->profit), profit, digit + scale * error_of_mean(&r->profit));
  check("its standard deviation", deviation(&r->profit), deviation_of_profit,
        digit + scale * error_of_deviation(&r->profit));
  check("that of the position", deviation(&r->position), deviation_of_position,
        digit + scale * error_of_deviation(&r->position));
  check("position", mean(&r->position), 0, error_of_mean(&r->position));
}

static void test_the_inventory_strategy(void **context) {
  (void)context;
  results r = drive(&(strategy){0.1, false}, PATHS);
  assert_near(mean(&r.spread), 1.49, 0.005);
  check_table(&r, 64.89, 6.54, 2.93);
}

static void test_the_symmetric_strategy(void **context) {
  (void)context;
  results r = drive(&(strategy){0.1, true}, PATHS);
  assert_near(mean(&r.spread), 1.49, 0.005);
  check_table(&r, 68.23, 13.44, 8.39);
}

static void check_gamma(double gamma) {
  const strategy s = {gamma, false};
  printf("gamma %g\n", gamma);
  results found = drive(&s, FEWER_PATHS), bare = simulate(&s, FEWER_PATHS);
  double two = sqrt(2);
  check("profit", mean(&found.profit), mean(&bare.profit), two * error_of_mean(&found.profit));
  check("its standard deviation", deviation(&found.profit), deviation(&bare.profit),
        two * error_of_deviation(&found.profit));
  check("that of the position", deviation(&found.position), deviation(&bare.position),
        two * error_of_deviation(&found.position));
}

// Down to next to no aversion, and up to so much that quotes stand on the far side of the value.
static void test_any_gamma(void **context) {
  (void)context;
  check_gamma(0.001);
  check_gamma(0.01);
  check_gamma(0.5);
  check_gamma(2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_inventory_strategy),
      cmocka_unit_test(test_the_symmetric_strategy),
      cmocka_unit_test(test_any_gamma),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
