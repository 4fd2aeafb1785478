// The dealer of baselines/making/avellaneda_stoikov.h on the book.
#include "baselines/making/avellaneda_stoikov.h"

#include "baselines/classes.h"
#include "sim/base/math.h"

// clang-format off
#define HFT_AS_KEYS(X)                                                                            \
  HFT_QUOTES_KEYS(X)                                                                              \
  X(REAL, gamma, "0.003", 0, 1e6, "1/ticks",                                                      \
    "risk aversion, with inventory in units of quote_qty; 0: none, the limit of the formulas")    \
  X(REAL, k, "0.6", 1e-6, 1e6, "1/ticks",                                                         \
    "decay k of the fill rate A exp(-k delta) with the distance delta from the mid")              \
  HFT_SIGMA_KEYS(X)                                                                               \
  X(CHOICE, horizon, "finite", 0, 0, "finite|infinite",                                           \
    "finite: risk counts until the end of trading; infinite: discounted at the rate omega")       \
  X(REAL, omega, "0", 0, 1e6, "1/s",                                                              \
    "discount rate of the infinite horizon, at least gamma^2 sigma^2 (max_inventory / quote_qty " \
    "+ 1)^2 / 2; 0: one over the duration of trading, or that least rate")
// clang-format on

typedef struct as_keys {
  HFT_AS_KEYS(HFT_KEY_MEMBER)
} as_keys;

#define HFT_KEY_STRUCT as_keys
static const hft_key keys[] = {HFT_AS_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

enum { HORIZON_FINITE, HORIZON_INFINITE };

static const hft_section section = {
    .name = "avellaneda-stoikov",
    .help =
        "quotes both sides by Avellaneda and Stoikov (2008), around a price shifted against its "
        "inventory",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(as_keys),
};

typedef struct as_params {
  as_keys keys;
  hft_quoter quoter;
} as_params;

// ---- the formulas ------------------------------------------------------------------------------

// (2 / gamma) ln(1 + gamma / k) = (2 / k) ln(1 + x) / x with x = gamma / k, which tends to 2 / k.
static double spread_of_fills(const hft_as_problem *problem) {
  double x = problem->gamma / problem->k;
  double ratio = x > 1e-12 ? hft_log1p(x) / x : 1;
  return 2 / problem->k * ratio;
}

hft_quoter_quote hft_as_solve(const hft_as_problem *problem, double mid, double inventory) {
  double risk = problem->gamma * problem->variance * problem->time_left;
  double reservation = mid - inventory * risk;
  double spread = risk + spread_of_fills(problem);
  return (hft_quoter_quote){reservation - spread / 2, reservation + spread / 2};
}

double hft_as_omega_least(const hft_as_problem *problem, double most) {
  double risk = problem->gamma * (most + 1);
  return 0.5 * risk * risk * problem->variance;
}

// (1 / gamma) ln(1 + gamma y), where gamma y >= -1 but for rounding: y as gamma tends to 0.
static double shift(double gamma, double y) {
  double x = gamma * y;
  if (!(x > -1 + 1e-12)) return -INFINITY;
  return fabs(x) > 1e-12 ? hft_log1p(x) / gamma : y;
}

hft_quoter_quote hft_as_solve_infinite(const hft_as_problem *problem, double mid,
                                       double inventory) {
  double risk = problem->gamma * problem->variance;
  double left = 2 * problem->omega - problem->gamma * inventory * inventory * risk;
  double half = spread_of_fills(problem) / 2;
  if (risk == 0) return (hft_quoter_quote){mid - half, mid + half};
  double buy = (1 + 2 * inventory) * risk / left, sell = (1 - 2 * inventory) * risk / left;
  return (hft_quoter_quote){mid + shift(problem->gamma, -buy) - half,
                            mid - shift(problem->gamma, -sell) + half};
}

// ---- the agent ---------------------------------------------------------------------------------

static hft_quoter_quote formula(const void *params, void *state, const hft_quoter_view *view) {
  (void)state;
  const as_keys *k = &((const as_params *)params)->keys;
  hft_as_problem problem = {.gamma = k->gamma,
                            .k = k->k,
                            .variance = view->variance,
                            .time_left = view->time_left,
                            .omega = k->omega > 0 ? k->omega : 1 / view->length};
  if (k->horizon == HORIZON_FINITE) return hft_as_solve(&problem, view->mid, view->inventory);
  double least = hft_as_omega_least(&problem, view->most);
  if (problem.omega < least) problem.omega = least;
  return hft_as_solve_infinite(&problem, view->mid, view->inventory);
}

#define HFT_KEY_FROM (&p->keys)

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  as_params *p = params;
  const hft_quotes_keys quotes = {HFT_QUOTES_KEYS(HFT_KEY_COPY)};
  const hft_sigma_keys sigma = {HFT_SIGMA_KEYS(HFT_KEY_COPY)};
  return hft_quoter_compile(&quotes, &sigma, instrument, where, &p->quoter, error);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  hft_quoter_reset(&((const as_params *)params)->quoter, state, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  hft_quoter_wake(&((const as_params *)params)->quoter, state, desk, formula, params, state);
}

static void fill(const void *params, void *state, hft_desk *desk, const hft_event *event) {
  (void)params;
  hft_quoter_fill(state, desk, event);
}

const hft_agent_class hft_avellaneda_stoikov_class = {
    .section = &section,
    .params_size = sizeof(as_params),
    .key = {.latency_us = HFT_PARAM(as_keys, latency_us),
            .start_s = HFT_PARAM(as_keys, start_s),
            .horizon_s = HFT_PARAM(as_keys, horizon_s),
            .sigma = HFT_PARAM(as_keys, sigma),
            .unit = HFT_PARAM(as_keys, quote_qty),
            .fill_k = HFT_PARAM(as_keys, k)},
    .state_size = sizeof(hft_quoter_state),
    .open_orders_max = HFT_QUOTES_ORDERS,
    .compile = compile,
    .reset = reset,
    .wake = wake,
    .fill = fill,
};
