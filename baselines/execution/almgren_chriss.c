// The trajectory of baselines/execution/almgren_chriss.h in slices: by the end of slice j of N,
// X - x_j lots should be done, rounded to the nearest. With lambda = 0 it is twap, lot for lot.
#include "baselines/execution/almgren_chriss.h"

#include <stddef.h>

#include "baselines/classes.h"
#include "baselines/execution/execution.h"
#include "sim/base/math.h"

// clang-format off
#define HFT_AC_KEYS(X)                                                                            \
  HFT_EXECUTION_KEYS(X, "passive")                                                                \
  X(REAL, lambda, "1e-5", 0, 1e6, "1/(ticks lots)",                                               \
    "risk aversion: the cost's mean plus lambda times its variance is least; 0: twap")            \
  X(REAL, sigma, "1.3", 0, 1e6, "ticks/sqrt(s)", "volatility of the mid")                         \
  X(REAL, eta, "0.4", 1e-9, 1e9, "ticks s/lot",                                                   \
    "temporary impact: cost of a lot for each lot a second of the pace of trading")               \
  X(REAL, gamma, "0.001", 0, 1e6, "ticks/lot", "permanent impact of a lot on the mid")            \
  X(REAL, epsilon, "2.2", 0, 1e6, "ticks",                                                        \
    "fixed cost of a lot: half the spread and fees; does not change the trajectory")
// clang-format on

typedef struct ac_keys {
  HFT_AC_KEYS(HFT_KEY_MEMBER)
} ac_keys;

#define HFT_KEY_STRUCT ac_keys
static const hft_key keys[] = {HFT_AC_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "almgren-chriss",
    .help =
        "executes a parent order by Almgren and Chriss (2000), with the least cost for its risk",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(ac_keys),
};

typedef struct ac_plan {
  hft_execution execution;  // the first: hft_schedule_target gets it
  hft_ac_problem problem;
  double kappa;  // 1/s
} ac_plan;

typedef struct ac_params {
  ac_keys keys;
  ac_plan plan;
} ac_params;

// ---- the model ---------------------------------------------------------------------------------

static double interval(const hft_ac_problem *problem) {
  return problem->horizon / (double)problem->intervals;
}

// eta - gamma tau / 2: what a lot of an interval pays for the others in it, beyond the half of
// their permanent impact that the total counts anyway.
static double net_eta(const hft_ac_problem *problem) {
  return problem->eta - 0.5 * problem->gamma * interval(problem);
}

double hft_ac_kappa(const hft_ac_problem *problem) {
  double tau = interval(problem);
  double risk = problem->lambda * problem->sigma * problem->sigma;
  // cosh z - 1 = y has the solution z = ln(1 + y + sqrt(y^2 + 2 y)).
  double y = 0.5 * tau * tau * risk / net_eta(problem);
  return hft_log1p(y + sqrt(y) * sqrt(y + 2)) / tau;
}

// sinh(a) / sinh(b) for 0 <= a <= b and b > 0; neither overflows.
static double sinh_ratio(double a, double b) {
  return hft_exp(a - b) * hft_expm1(-2 * a) / hft_expm1(-2 * b);
}

double hft_ac_holding(const hft_ac_problem *problem, double kappa, int64_t j) {
  if (j >= problem->intervals) return 0;
  double left = 1 - (double)j / (double)problem->intervals;
  double urgency = kappa * problem->horizon;
  return urgency > 0 ? sinh_ratio(urgency * left, urgency) : left;
}

#define URGENCY_MIN 1e-4  // below this kappa T, formulas in kappa lose more than their limit does

double hft_ac_cost(const hft_ac_problem *problem) {
  double x = problem->quantity, horizon = problem->horizon, tau = interval(problem);
  double kappa = hft_ac_kappa(problem), whole = kappa * horizon, part = kappa * tau;
  double paths = 1 / horizon;  // sum of n_k^2 / (tau X^2)
  if (whole > URGENCY_MIN) {
    // tanh(part / 2) (tau sinh(2 whole) + 2 T sinh(part)) / (2 tau^2 sinh(whole)^2)
    double e = hft_expm1(-2 * whole), tanh_half = -hft_expm1(-part) / (1 + hft_exp(-part));
    double coth = (2 + e) / -e;
    double rest = -2 * hft_exp(part - 2 * whole) * hft_expm1(-2 * part) / (e * e);
    paths = tanh_half / tau * (coth + horizon / tau * rest);
  }
  return 0.5 * problem->gamma * x * x + problem->epsilon * x + net_eta(problem) * x * x * paths;
}

double hft_ac_variance(const hft_ac_problem *problem) {
  double horizon = problem->horizon, tau = interval(problem), n = (double)problem->intervals;
  double kappa = hft_ac_kappa(problem), whole = kappa * horizon, part = kappa * tau;
  if (problem->intervals == 1) return 0;  // all is traded at once
  double spread = problem->sigma * problem->quantity;
  double paths = horizon / 3 * (1 - 1 / n) * (1 - 0.5 / n);  // tau times the sum of (x_k / X)^2
  if (whole > URGENCY_MIN) {
    // (tau sinh(whole) cosh(whole - part) - T sinh(part)) / (2 sinh(whole)^2 sinh(part))
    double e = hft_expm1(-2 * whole);
    double cosh_ratio =
        hft_exp(-2 * part) * (1 + hft_exp(-2 * (whole - part))) / (e * hft_expm1(-2 * part));
    paths = tau * cosh_ratio - 2 * horizon * hft_exp(-2 * whole) / (e * e);
  }
  return spread * spread * paths;
}

// ---- the strategy ------------------------------------------------------------------------------

static int64_t target(const hft_execution *execution, const hft_execution_state *state,
                      const hft_desk *desk, int64_t i) {
  const ac_plan *plan = (const ac_plan *)(const void *)execution;
  (void)state;
  (void)desk;
  if (i <= 0 || plan->kappa <= 0) return hft_execution_target(execution, i);
  return hft_execution_lots(execution, 1 - hft_ac_holding(&plan->problem, plan->kappa, i));
}

#define HFT_KEY_FROM (&ac->keys)

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  ac_params *ac = params;
  ac_plan *plan = &ac->plan;
  const hft_execution_keys shared = {HFT_EXECUTION_KEYS(HFT_KEY_COPY, "")};
  hft_execution *execution = &plan->execution;
  hft_status status = hft_execution_compile(&shared, NULL, instrument, where, execution, error);
  if (status != HFT_OK) return status;
  execution->target = target;
  double length = (double)(execution->span.end - execution->span.start);
  plan->problem = (hft_ac_problem){.quantity = (double)execution->quantity,
                                   .horizon = length / (double)HFT_SECOND,
                                   .intervals = execution->slices,
                                   .sigma = ac->keys.sigma,
                                   .epsilon = ac->keys.epsilon,
                                   .eta = ac->keys.eta,
                                   .gamma = ac->keys.gamma,
                                   .lambda = ac->keys.lambda};
  if (!(net_eta(&plan->problem) > 0)) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "eta: %.12g is not above gamma tau / 2 = %.12g, tau = %.12g s being the length "
                    "of a slice: no schedule has the least cost; raise eta or slices, or lower "
                    "gamma",
                    ac->keys.eta, 0.5 * ac->keys.gamma * interval(&plan->problem),
                    interval(&plan->problem));
  }
  plan->kappa = hft_ac_kappa(&plan->problem);
  return HFT_OK;
}

static void reset(const void *params, void *state, hft_desk *desk) {
  hft_execution_reset(&((const ac_params *)params)->plan.execution, state, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  hft_execution_wake(&((const ac_params *)params)->plan.execution, state, desk);
}

const hft_agent_class hft_almgren_chriss_class = {
    .section = &section,
    .params_size = sizeof(ac_params),
    .key = {.latency_us = HFT_PARAM(ac_keys, latency_us),
            .start_s = HFT_PARAM(ac_keys, start_s),
            .horizon_s = HFT_PARAM(ac_keys, horizon_s),
            .side = HFT_PARAM(ac_keys, side),
            .quantity = HFT_PARAM(ac_keys, quantity),
            .slices = HFT_PARAM(ac_keys, slices),
            .sigma = HFT_PARAM(ac_keys, sigma),
            .eta = HFT_PARAM(ac_keys, eta),
            .impact_gamma = HFT_PARAM(ac_keys, gamma),
            .epsilon = HFT_PARAM(ac_keys, epsilon)},
    .state_size = sizeof(hft_execution_state),
    .planned = HFT_PARAM(hft_execution_state, plan[1]),
    .open_orders_max = HFT_EXECUTION_ORDERS,
    .compile = compile,
    .reset = reset,
    .wake = wake,
};
