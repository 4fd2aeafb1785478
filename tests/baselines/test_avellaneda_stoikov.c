// The formulas of Avellaneda and Stoikov against values worked out by hand, and the paper's own
// simulation against its published table.
#include "baselines/making/avellaneda_stoikov.h"

#include <math.h>
#include <string.h>

#include "baselines/making/quotes.h"
#include "sim/base/dist.h"
#include "sim/base/math.h"
#include "stats/stats.h"
#include "tests/support/check.h"

// Reservation prices and spreads, computed with 40 digits.
typedef struct formula_case {
  double gamma, k, variance, time_left, mid, inventory;
  double reservation, spread;
} formula_case;

static const formula_case table[] = {
    {.gamma = 0.1,
     .k = 1.5,
     .variance = 4,
     .time_left = 1,
     .mid = 100,
     .reservation = 100,
     .spread = 1.69077042275142343},
    {.gamma = 0.1,
     .k = 1.5,
     .variance = 4,
     .time_left = 1,
     .mid = 100,
     .inventory = 3,
     .reservation = 98.8,
     .spread = 1.69077042275142343},
    {.gamma = 0.1,
     .k = 1.5,
     .variance = 4,
     .time_left = 0.5,
     .mid = 100,
     .inventory = -2,
     .reservation = 100.4,
     .spread = 1.49077042275142343},
    {.gamma = 0.01,
     .k = 1.5,
     .variance = 4,
     .time_left = 1,
     .mid = 100,
     .inventory = 5,
     .reservation = 99.8,
     .spread = 1.36890854373371576},
    {.gamma = 0.5,
     .k = 1.5,
     .variance = 4,
     .time_left = 0.25,
     .mid = 100,
     .inventory = 1,
     .reservation = 99.5,
     .spread = 1.65072828980712371},
    {.gamma = 1,
     .k = 0.3,
     .variance = 2.25,
     .time_left = 10,
     .mid = 10000.5,
     .inventory = -7,
     .reservation = 10158,
     .spread = 25.4326741375868541},
    {.gamma = 0.001,
     .k = 0.5,
     .variance = 0.09,
     .time_left = 600,
     .mid = 10000,
     .inventory = 10,
     .reservation = 9999.46,
     .spread = 4.05000532534611204},
    {.gamma = 0.1,
     .k = 1.5,
     .variance = 4,
     .mid = 100,
     .inventory = 9,
     .reservation = 100,
     .spread = 1.29077042275142343},
    {.gamma = 1e-9,
     .k = 1.5,
     .variance = 4,
     .time_left = 1,
     .mid = 100,
     .inventory = 1,
     .reservation = 99.999999996,
     .spread = 1.33333333688888889},
};

static void formulas(void **unused) {
  (void)unused;
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    const formula_case *c = &table[i];
    hft_as_problem problem = {
        .gamma = c->gamma, .k = c->k, .variance = c->variance, .time_left = c->time_left};
    hft_quoter_quote quote = hft_as_solve(&problem, c->mid, c->inventory);
    assert_near((quote.bid + quote.ask) / 2, c->reservation, 1e-11);
    assert_near(quote.ask - quote.bid, c->spread, 1e-11);
  }
}

// As gamma tends to 0 the quotes tend to mid +- 1 / k, without a jump on the way.
static void no_risk_aversion(void **unused) {
  (void)unused;
  for (int power = 4; power <= 320; power++) {
    double gamma = hft_pow(10, -power);
    hft_as_problem problem = {.gamma = gamma, .k = 2, .variance = 9, .time_left = 100};
    hft_quoter_quote quote = hft_as_solve(&problem, 50, 4);
    double risk = gamma * 900;
    assert_near((quote.bid + quote.ask) / 2, 50 - 4 * risk, 1e-9);
    assert_near(quote.ask - quote.bid, 1 + risk, gamma + 1e-13);
    // With an infinite horizon, 1 / omega takes the place of the time left.
    problem.omega = 0.01;
    quote = hft_as_solve_infinite(&problem, 50, 4);
    assert_near((quote.bid + quote.ask) / 2, 50 - 4 * risk, 100 * risk * risk + 1e-9);
    assert_near(quote.ask - quote.bid, 1 + risk, gamma + 100 * risk * risk + 1e-13);
  }
  hft_as_problem problem = {0, 2, 9, 100, 0.01};
  hft_quoter_quote quote[2] = {hft_as_solve(&problem, 50, 4),
                               hft_as_solve_infinite(&problem, 50, 4)};
  for (int i = 0; i < 2; i++) assert_true(quote[i].bid == 49.5 && quote[i].ask == 50.5);
}

// Quotes of the infinite horizon, computed with 60 digits.
typedef struct infinite_case {
  double gamma, k, variance, omega, mid, inventory;
  double bid, ask;
} infinite_case;

static const infinite_case infinite_table[] = {
    {0.1, 1.5, 4, 0.5, 100, 0, 98.946394843421737, 101.05360515657826},
    {0.1, 1.5, 4, 0.5, 100, 3, 93.600973339588670, 97.926048056539294},
    {0.1, 1.5, 4, 2.42, 100, 9, 92.911044624719155, 97.103667074169573},
    {0.003, 0.5, 2, 1.0 / 300, 10000.5, -4, 10005.026235746663, 10011.069101118648},
    {2, 0.3, 0.25, 16, 50, 2, 48.883203889246453, 50.967549616475549},
    {1e-9, 1.5, 4, 0.01, 100, 1, 99.333332733555556, 100.66666646644444},
};

static void formulas_of_the_infinite_horizon(void **unused) {
  (void)unused;
  for (size_t i = 0; i < sizeof infinite_table / sizeof infinite_table[0]; i++) {
    const infinite_case *c = &infinite_table[i];
    hft_as_problem problem = {
        .gamma = c->gamma, .k = c->k, .variance = c->variance, .omega = c->omega};
    hft_quoter_quote quote = hft_as_solve_infinite(&problem, c->mid, c->inventory);
    assert_near(quote.bid, c->bid, 1e-9);
    assert_near(quote.ask, c->ask, 1e-9);
  }
}

// With the paper's omega: the opposite inventory gives the mirrored quotes, both fall with the
// inventory, and at the bound the side that would add to it is infinitely far away.
static void omega_bounds_the_inventory(void **unused) {
  (void)unused;
  for (int power = -100; power <= 6; power++) {
    hft_as_problem problem = {.gamma = hft_pow(10, power), .k = 1.5, .variance = 4};
    problem.omega = hft_as_omega_least(&problem, 10);
    double risk = problem.gamma * problem.gamma * 4;
    assert_near(problem.omega, risk * 121 / 2, 1e-12 * problem.omega);
    hft_quoter_quote last = {INFINITY, INFINITY};
    for (int q = -10; q <= 10; q++) {
      hft_quoter_quote quote = hft_as_solve_infinite(&problem, 0, q);
      hft_quoter_quote mirror = hft_as_solve_infinite(&problem, 0, -q);
      assert_true(quote.bid < last.bid && (quote.ask < last.ask || q == -10));
      assert_true(isfinite(quote.bid) == (q < 10) && isfinite(quote.ask) == (q > -10));
      if (isfinite(quote.bid)) assert_near(quote.bid, -mirror.ask, 1e-12 * fabs(quote.bid));
      last = quote;
    }
  }
}

static void assert_prices(double center, double spread, hft_price bid, hft_price ask) {
  hft_quote_prices prices = hft_quotes_round(center - spread / 2, center + spread / 2);
  assert_int_equal(prices.bid, bid);
  assert_int_equal(prices.ask, ask);
}

static void rounding_is_outward(void **unused) {
  (void)unused;
  assert_prices(100, 2, 99, 101);
  assert_prices(100, 1.69, 99, 101);
  assert_prices(100.5, 1, 100, 101);
  assert_prices(98.8, 1.69, 97, 100);
  assert_prices(100, 0, 100, 101);
  assert_prices(100.3, 0, 100, 101);
  assert_prices(-5, 2, 1, 2);
  assert_prices(1e300, 1, INT32_MAX - 1, INT32_MAX);
  assert_prices(100, 1e300, 1, INT32_MAX - 1);
  assert_prices(100, INFINITY, 1, INT32_MAX - 1);
  assert_prices(INFINITY, 2, INT32_MAX - 1, INT32_MAX);
}

// Section 3.3's simulation: s = 100, T = 1, sigma = 2, dt = 0.005, k = 1.5, A = 140; a quote at
// delta is filled with probability min(1, A exp(-k delta) dt), then the mid moves by
// +- sigma sqrt(dt). `spread` above 0 is the symmetric strategy's.
typedef struct path_result {
  double profit, inventory, mean_spread;
} path_result;

static double fill_probability(double delta) {
  return fmin(1, 140 * exp(-1.5 * delta) * 0.005);
}

static path_result run_path(hft_rng *rng, double gamma, double spread) {
  double mid = 100;
  double cash = 0;
  double inventory = 0;
  double spread_sum = 0;
  for (int step = 0; step < 200; step++) {
    hft_as_problem problem = {gamma, 1.5, 4, 1 - 0.005 * step, 0};
    hft_quoter_quote quote = hft_as_solve(&problem, mid, inventory);
    if (spread > 0) quote = (hft_quoter_quote){mid - spread / 2, mid + spread / 2};
    spread_sum += quote.ask - quote.bid;
    int buys = hft_uniform(rng) < fill_probability(mid - quote.bid);
    int sells = hft_uniform(rng) < fill_probability(quote.ask - mid);
    inventory += buys - sells;
    cash += sells * quote.ask - buys * quote.bid;
    mid += (hft_rng_u32(rng) >> 31 ? 2 : -2) * sqrt(0.005);
  }
  return (path_result){cash + inventory * mid, inventory, spread_sum / 200};
}

typedef struct paper_row {
  double profit, profit_sd, inventory_sd;
} paper_row;

// The same without paths: the law of the inventory, step by step, from the formulas as the paper
// prints them. A fill earns its distance, since the mid has no drift, so that the profits of the
// steps add up to the mean; while a position is held, its variance is q^2 sigma^2 dt a step, which
// bounds that of the profit from below.
enum { REACH = 201 };

static paper_row exact_row(double gamma, double spread) {
  static double law[2 * REACH + 1], next[2 * REACH + 1];
  memset(law, 0, sizeof law);
  law[REACH] = 1;
  paper_row row = {0};
  for (int step = 0; step < 200; step++) {
    double risk = gamma * 4 * (1 - 0.005 * step);
    double half = spread > 0 ? spread / 2 : risk / 2 + log(1 + gamma / 1.5) / gamma;
    memset(next, 0, sizeof next);
    for (int q = -step; q <= step; q++) {
      double shift = spread > 0 ? 0 : -q * risk, p = law[REACH + q];
      double buy = fill_probability(half - shift), sell = fill_probability(half + shift);
      row.profit += p * (buy * (half - shift) + sell * (half + shift));
      next[REACH + q + 1] += p * buy * (1 - sell);
      next[REACH + q - 1] += p * sell * (1 - buy);
      next[REACH + q] += p * (buy * sell + (1 - buy) * (1 - sell));
    }
    memcpy(law, next, sizeof law);
    for (int q = -step - 1; q <= step + 1; q++) row.profit_sd += law[REACH + q] * q * q * 0.02;
  }
  for (int q = -200; q <= 200; q++) row.inventory_sd += law[REACH + q] * q * q;
  return (paper_row){row.profit, sqrt(row.profit_sd), sqrt(row.inventory_sd)};
}

enum { PATHS = 20000 };

typedef struct sample {
  hft_moments profit, inventory;
  double mean_spread;  // of the last path
} sample;

static sample run_paths(double gamma, double spread, int paths) {
  hft_rng rng = hft_rng_stream(2008, 0, spread > 0);
  sample s = {0};
  for (int i = 0; i < paths; i++) {
    path_result path = run_path(&rng, gamma, spread);
    hft_moments_add(&s.profit, path.profit);
    hft_moments_add(&s.inventory, path.inventory);
    s.mean_spread = path.mean_spread;
  }
  return s;
}

// The mean within four standard errors; standard deviations within 3 %, five of theirs.
static double assert_paper(double gamma, double spread, paper_row expected) {
  sample s = run_paths(gamma, spread, PATHS);
  assert_near(s.profit.mean, expected.profit, 4 * expected.profit_sd / sqrt(PATHS));
  assert_near(hft_moments_sd(&s.profit), expected.profit_sd, 0.03 * expected.profit_sd);
  assert_near(hft_moments_sd(&s.inventory), expected.inventory_sd, 0.03 * expected.inventory_sd);
  paper_row exact = exact_row(gamma, spread);
  assert_near(exact.profit, expected.profit, 0.02);
  assert_near(exact.inventory_sd, expected.inventory_sd, 0.01);
  assert_true(exact.profit_sd < expected.profit_sd);
  return s.mean_spread;
}

static void the_papers_simulation(void **unused) {
  (void)unused;
  double spread = assert_paper(0.1, 0, (paper_row){64.89, 6.54, 2.93});
  assert_near(spread, 1.49, 0.005);
  assert_paper(0.1, spread, (paper_row){68.23, 13.44, 8.39});
}

// Any risk aversion: the paper's table has no other row in the design, so the law is exact.
static void the_simulation_of_any_gamma(void **unused) {
  (void)unused;
  static const double gammas[] = {1e-6, 1e-3, 0.01, 0.05, 0.5, 1, 5, 100};
  enum { FEW = 4000 };
  double last_inventory = INFINITY;
  for (size_t i = 0; i < sizeof gammas / sizeof gammas[0]; i++) {
    sample s = run_paths(gammas[i], 0, FEW);
    paper_row exact = exact_row(gammas[i], 0);
    assert_near(s.profit.mean, exact.profit, 4.5 * hft_moments_sd(&s.profit) / sqrt(FEW) + 1e-12);
    assert_near(hft_moments_sd(&s.inventory), exact.inventory_sd, 0.06 * exact.inventory_sd);
    assert_true(hft_moments_sd(&s.profit) > 0.9 * exact.profit_sd);
    assert_true(exact.inventory_sd < last_inventory);  // falls with the risk aversion
    last_inventory = exact.inventory_sd;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(formulas),
      cmocka_unit_test(no_risk_aversion),
      cmocka_unit_test(formulas_of_the_infinite_horizon),
      cmocka_unit_test(omega_bounds_the_inventory),
      cmocka_unit_test(rounding_is_outward),
      cmocka_unit_test(the_papers_simulation),
      cmocka_unit_test(the_simulation_of_any_gamma),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
