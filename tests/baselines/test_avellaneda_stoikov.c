// The formulas of Avellaneda and Stoikov against values worked out by hand, and the paper's own
// simulation against its published table.
#include "baselines/making/avellaneda_stoikov.h"

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
    hft_as_quote quote = hft_as_solve(&problem, c->mid, c->inventory);
    assert_near(quote.reservation, c->reservation, 1e-11);
    assert_near(quote.spread, c->spread, 1e-13);
  }
}

// As gamma tends to 0 the quotes tend to mid +- 1 / k, without a jump on the way.
static void no_risk_aversion(void **unused) {
  (void)unused;
  for (int power = 4; power <= 320; power++) {
    double gamma = hft_pow(10, -power);
    hft_as_problem problem = {.gamma = gamma, .k = 2, .variance = 9, .time_left = 100};
    hft_as_quote quote = hft_as_solve(&problem, 50, 4);
    double risk = gamma * 900;
    assert_near(quote.reservation, 50 - 4 * risk, 1e-9);
    assert_near(quote.spread, 1 + risk, gamma);
  }
  hft_as_problem problem = {0, 2, 9, 100};
  hft_as_quote quote = hft_as_solve(&problem, 50, 4);
  assert_true(quote.reservation == 50 && quote.spread == 1);
}

static void assert_prices(double center, double spread, hft_price bid, hft_price ask) {
  hft_quote_prices prices = hft_quotes_round(center, spread);
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
}

// One path of section 3's simulation: s = 100, T = 1, sigma = 2, dt = 0.005, k = 1.5, A = 140; a
// quote at delta is filled with probability min(1, A exp(-k delta) dt), then the mid moves by
// +- sigma sqrt(dt). `spread` above 0 is the symmetric strategy's.
typedef struct path_result {
  double profit, inventory, mean_spread;
} path_result;

static double fill_probability(double delta) {
  return 140 * hft_exp(-1.5 * delta) * 0.005;
}

static path_result run_path(hft_rng *rng, double gamma, double spread) {
  double mid = 100;
  double cash = 0;
  double inventory = 0;
  double spread_sum = 0;
  for (int step = 0; step < 200; step++) {
    hft_as_problem problem = {gamma, 1.5, 4, 1 - 0.005 * step};
    hft_as_quote quote = hft_as_solve(&problem, mid, inventory);
    if (spread > 0) quote = (hft_as_quote){mid, spread};
    double bid = quote.reservation - quote.spread / 2;
    double ask = quote.reservation + quote.spread / 2;
    spread_sum += quote.spread;
    int buys = hft_uniform(rng) < fill_probability(mid - bid);
    int sells = hft_uniform(rng) < fill_probability(ask - mid);
    inventory += buys - sells;
    cash += sells * ask - buys * bid;
    mid += (hft_rng_u32(rng) >> 31 ? 2 : -2) * sqrt(0.005);
  }
  return (path_result){cash + inventory * mid, inventory, spread_sum / 200};
}

typedef struct paper_row {
  double profit, profit_sd, inventory_sd;
} paper_row;

enum { PATHS = 20000 };

// The mean within four standard errors; standard deviations within 3 %, five of theirs.
static double assert_paper(double gamma, double spread, paper_row expected) {
  hft_rng rng = hft_rng_stream(2008, 0, spread > 0);
  hft_moments profit = {0};
  hft_moments inventory = {0};
  double mean_spread = 0;
  for (int i = 0; i < PATHS; i++) {
    path_result path = run_path(&rng, gamma, spread);
    hft_moments_add(&profit, path.profit);
    hft_moments_add(&inventory, path.inventory);
    mean_spread = path.mean_spread;
  }
  assert_near(profit.mean, expected.profit, 4 * expected.profit_sd / sqrt(PATHS));
  assert_near(hft_moments_sd(&profit), expected.profit_sd, 0.03 * expected.profit_sd);
  assert_near(hft_moments_sd(&inventory), expected.inventory_sd, 0.03 * expected.inventory_sd);
  return mean_spread;
}

static void the_papers_simulation(void **unused) {
  (void)unused;
  double spread = assert_paper(0.1, 0, (paper_row){64.89, 6.54, 2.93});
  assert_near(spread, 1.49, 0.005);
  assert_paper(0.1, spread, (paper_row){68.23, 13.44, 8.39});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(formulas),
      cmocka_unit_test(no_risk_aversion),
      cmocka_unit_test(rounding_is_outward),
      cmocka_unit_test(the_papers_simulation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
