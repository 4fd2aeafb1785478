// The dealer of baselines/making/glft.h on the book.
#include "baselines/making/glft.h"

#include "baselines/classes.h"
#include "baselines/making/quoter.h"
#include "sim/base/math.h"

#define BISECTIONS 80
#define STEP_SHARE 0.05  // length of an implicit step, times the fastest rate of the system
#define STEPS_MAX 64     // in an interval
#define VALUE_LEAST 1e-290

// ---- the formulas ------------------------------------------------------------------------------

// ln(1 + x) / x, which tends to 1.
static double log_ratio(double x) {
  return x > 1e-12 ? hft_log1p(x) / x : 1;
}

static double alpha_of(const hft_glft_problem *p) {
  return 0.5 * p->k * p->gamma * p->variance;
}

// (1 + x)^-(1 + 1 / x) = exp(-(1 + x) ln(1 + x) / x) with x = gamma / k, which tends to 1 / e.
static double eta_of(const hft_glft_problem *p) {
  double x = p->gamma / p->k;
  return p->a * hft_exp(-(1 + x) * log_ratio(x));
}

// (1 / gamma) ln(1 + gamma / k)
static double distance_of_fills(const hft_glft_problem *p) {
  return log_ratio(p->gamma / p->k) / p->k;
}

double hft_glft_closed_form(const hft_glft_problem *p, double inventory) {
  double lean = sqrt(alpha_of(p) / eta_of(p)) / p->k;
  return distance_of_fills(p) + (inventory + 0.5) * lean;
}

// delta_b at a whole number q of units.
static double distance_at(const hft_glft_problem *p, const hft_glft_steps *steps, int q) {
  double lean = q >= 0 ? steps->step[q] : -steps->step[-q - 1];
  return distance_of_fills(p) + lean / p->k;
}

double hft_glft_distance(const hft_glft_problem *p, const hft_glft_steps *steps, int units,
                         double inventory) {
  int below = (int)floor(inventory), most = units - 1;
  if (below >= most) return distance_at(p, steps, most);
  if (below < -units) return distance_at(p, steps, -units);
  double part = inventory - below;
  double near = distance_at(p, steps, below);
  return part > 0 ? near + part * (distance_at(p, steps, below + 1) - near) : near;
}

// ---- infinite horizon --------------------------------------------------------------------------

// With m = -(the eigenvalue) / eta and a = alpha / eta, the rows i >= 1 of the eigenvector say that
// r_i = v_i / v_{i-1} = 1 / (a i^2 + m - r_{i+1}) with r_{Q+1} = 0, and row 0 that m = 2 r_1, whose
// right-hand side falls with m. False: m is too small.
static bool reaches(double m, double a, int units, double *ratio) {
  double next = 0;
  for (int i = units; i >= 1; i--) {
    double rest = a * i * i + m - next;
    if (!(rest > 0)) return false;
    next = 1 / rest;
    ratio[i - 1] = next;
  }
  return 2 * next <= m;
}

void hft_glft_solve_infinite(const hft_glft_problem *problem, int units, hft_glft_steps *out) {
  double a = alpha_of(problem) / eta_of(problem);
  double low = 0, high = 2;  // by the row sums of the matrix; v is positive, and so is m
  double ratio[HFT_GLFT_UNITS_MAX];
  for (int i = 0; i < BISECTIONS; i++) {
    double middle = low + (high - low) / 2;
    if (reaches(middle, a, units, ratio)) {
      high = middle;
    } else {
      low = middle;
    }
  }
  reaches(high, a, units, ratio);
  for (int i = 0; i < units; i++) out->step[i] = -hft_log(ratio[i]);
}

// ---- finite horizon ----------------------------------------------------------------------------

// v on the way back from the end, scaled so that v_0 is 1, and v_q / v_{q-1}, which stays accurate
// where v underflows.
typedef struct values {
  double v[HFT_GLFT_UNITS_MAX + 1];
  double ratio[HFT_GLFT_UNITS_MAX + 1];
} values;

// One implicit step h of the time left, from v to w: solves
//
//   (1 + h (alpha q^2 + 2 eta)) w_q - h eta (w_{q-1} + w_{q+1}) = v_q
//
// for 0 <= q <= Q, where w_{-1} = w_1, from Q down. The term 2 eta multiplies all v by the same
// factor, and makes the diagonal dominant with any h: all terms are positive, so that the smallest
// w are as accurate as the largest.
static void step_back(double h_alpha, double h_eta, int units, values *at) {
  double factor[HFT_GLFT_UNITS_MAX + 1];  // w_q = rest_q + factor_q w_{q-1}
  double above = 0, rest = 0, *v = at->v;
  for (int q = units; q >= 1; q--) {
    double pivot = 1 + 2 * h_eta + h_alpha * q * q - h_eta * above;
    rest = (v[q] + h_eta * rest) / pivot;
    above = h_eta / pivot;
    v[q] = rest;
    factor[q] = above;
  }
  // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): the caller has set all of v
  double first = (v[0] + 2 * h_eta * rest) / (1 + 2 * h_eta * (1 - above));
  v[0] = 1;
  for (int q = 1; q <= units; q++) {
    double scaled = v[q] / first;
    at->ratio[q] = factor[q] + (v[q - 1] > VALUE_LEAST ? scaled / v[q - 1] : 0);
    v[q] = scaled + factor[q] * v[q - 1];
  }
}

static double grid_time(double length, int i) {
  double share = (double)i / HFT_GLFT_GRID;
  return length * share * share * share;
}

// Walks the grid with `refine` times the steps, and adds `weight` times ln(v_{i-1} / v_i) to it.
static void walk(const hft_glft_problem *p, int units, int refine, double weight,
                 hft_glft_path *out) {
  double alpha = alpha_of(p), eta = eta_of(p), fastest = eta + alpha * units * units;
  values at;
  for (int q = 0; q <= units; q++) at.v[q] = at.ratio[q] = 1;
  for (int i = 1; i <= HFT_GLFT_GRID; i++) {
    double interval = grid_time(out->length, i) - grid_time(out->length, i - 1);
    double wanted = ceil(interval * fastest / STEP_SHARE);
    int steps = wanted < 1 ? 1 : wanted < STEPS_MAX ? (int)wanted : STEPS_MAX;
    steps *= refine;
    double h = interval / steps;
    for (int s = 0; s < steps; s++) step_back(h * alpha, h * eta, units, &at);
    for (int q = 1; q <= units; q++) {
      out->at[i].step[q - 1] -= weight * hft_log(at.ratio[q]);
    }
  }
}

void hft_glft_solve_finite(const hft_glft_problem *problem, int units, double length,
                           hft_glft_path *out) {
  *out = (hft_glft_path){.length = length};
  walk(problem, units, 2, 2, out);
  walk(problem, units, 1, -1, out);
}

void hft_glft_interpolate(const hft_glft_path *path, int units, double time_left,
                          hft_glft_steps *out) {
  int low = 0, high = HFT_GLFT_GRID;
  while (high - low > 1) {
    int middle = (low + high) / 2;
    if (grid_time(path->length, middle) <= time_left) {
      low = middle;
    } else {
      high = middle;
    }
  }
  double from = grid_time(path->length, low), to = grid_time(path->length, high);
  double part = (time_left - from) / (to - from);
  if (part > 1) part = 1;
  for (int i = 0; i < units; i++) {
    double near = path->at[low].step[i];
    out->step[i] = near + part * (path->at[high].step[i] - near);
  }
}

// ---- the agent ---------------------------------------------------------------------------------

// clang-format off
#define HFT_GLFT_KEYS(X)                                                                          \
  HFT_QUOTES_KEYS(X)                                                                              \
  X(REAL, gamma, "0.01", 0, 1e6, "1/ticks",                                                       \
    "risk aversion, with inventory in units of quote_qty; 0: none, the limit of the formulas")    \
  X(REAL, a, "0.7", 1e-9, 1e9, "1/s",                                                             \
    "A of the fill rate A exp(-k delta) of a unit at the distance delta from the mid")            \
  X(REAL, k, "0.4", 1e-6, 1e6, "1/ticks", "decay k of that rate")                                 \
  HFT_SIGMA_KEYS(X)                                                                               \
  X(CHOICE, solution, "infinite", 0, 0, "infinite|finite|closed-form",                            \
    "of the model: with an infinite horizon; until the end of trading, which needs sigma; or "    \
    "the approximation without bounds on the inventory. With bounds, max_inventory is at most "   \
    "32 quote_qty")
// clang-format on

typedef struct glft_keys {
  HFT_GLFT_KEYS(HFT_KEY_MEMBER)
} glft_keys;

#define HFT_KEY_STRUCT glft_keys
static const hft_key keys[] = {HFT_GLFT_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

enum { SOLUTION_INFINITE, SOLUTION_FINITE, SOLUTION_CLOSED_FORM };

static const hft_section section = {
    .name = "glft",
    .help =
        "quotes both sides by Gueant, Lehalle and Fernandez-Tapia (2013), with bounds on its "
        "inventory",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(glft_keys),
};

typedef struct glft_params {
  glft_keys keys;
  hft_quoter quoter;
  int64_t units;       // Q; 0: the closed form
  hft_glft_path path;  // of the finite horizon
} glft_params;

typedef struct glft_state {
  hft_quoter_state quoter;
  int64_t solved;   // 1: steps are those of `variance`
  double variance;  // ticks^2 / s
  hft_glft_steps steps;
} glft_state;

static hft_glft_problem problem_of(const glft_keys *k, double variance) {
  return (hft_glft_problem){.gamma = k->gamma, .k = k->k, .a = k->a, .variance = variance};
}

// Where the volatility is estimated, the infinite horizon is solved anew after each sample.
static void solve(const glft_params *p, const hft_glft_problem *problem, glft_state *state,
                  const hft_quoter_view *view) {
  if (p->keys.solution == SOLUTION_FINITE) {
    hft_glft_interpolate(&p->path, (int)p->units, view->time_left, &state->steps);
  } else if (state->solved == 0 || state->variance != view->variance) {
    hft_glft_solve_infinite(problem, (int)p->units, &state->steps);
    state->variance = view->variance;
    state->solved = 1;
  }
}

static hft_quoter_quote formula(const void *params, void *state, const hft_quoter_view *view) {
  const glft_params *p = params;
  glft_state *s = state;
  const hft_glft_problem problem = problem_of(&p->keys, view->variance);
  double distance[2];
  if (p->units > 0) solve(p, &problem, s, view);
  for (int side = 0; side < 2; side++) {
    double inventory = side == HFT_BID ? view->inventory : -view->inventory;
    distance[side] = p->units > 0 ? hft_glft_distance(&problem, &s->steps, (int)p->units, inventory)
                                  : hft_glft_closed_form(&problem, inventory);
  }
  return (hft_quoter_quote){view->mid - distance[HFT_BID], view->mid + distance[HFT_ASK]};
}

static hft_status compile_bounds(glft_params *p, const char *where, hft_error *error) {
  int64_t most = p->keys.max_inventory, unit = p->keys.quote_qty;
  p->units = most / unit + (most % unit != 0);
  if (p->units > HFT_GLFT_UNITS_MAX) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "max_inventory: %lld lots are more than %d quotes of %lld lots; raise "
                    "quote_qty, lower max_inventory, or set solution to closed-form",
                    (long long)most, HFT_GLFT_UNITS_MAX, (long long)unit);
  }
  if (p->keys.solution != SOLUTION_FINITE) return HFT_OK;
  if (p->quoter.sample != 0) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "sigma: 0 is not enough for solution finite; give the volatility in "
                    "ticks/sqrt(s), or have it estimated (--estimate)");
  }
  const hft_glft_problem problem = problem_of(&p->keys, p->quoter.variance);
  double length = (double)(p->quoter.span.end - p->quoter.span.start) / (double)HFT_SECOND;
  hft_glft_solve_finite(&problem, (int)p->units, length, &p->path);
  return HFT_OK;
}

#define HFT_KEY_FROM (&p->keys)

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  glft_params *p = params;
  const hft_quotes_keys quotes = {HFT_QUOTES_KEYS(HFT_KEY_COPY)};
  const hft_sigma_keys sigma = {HFT_SIGMA_KEYS(HFT_KEY_COPY)};
  hft_status status = hft_quoter_compile(&quotes, &sigma, instrument, where, &p->quoter, error);
  if (status != HFT_OK || p->keys.solution == SOLUTION_CLOSED_FORM) return status;
  return compile_bounds(p, where, error);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  hft_quoter_reset(&((const glft_params *)params)->quoter, &((glft_state *)state)->quoter, desk);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  hft_quoter_wake(&((const glft_params *)params)->quoter, &((glft_state *)state)->quoter, desk,
                  formula, params, state);
}

static void fill(const void *params, void *state, hft_desk *desk, const hft_event *event) {
  (void)params;
  hft_quoter_fill(&((glft_state *)state)->quoter, desk, event);
}

const hft_agent_class hft_glft_class = {
    .section = &section,
    .params_size = sizeof(glft_params),
    .key = {.latency_us = HFT_PARAM(glft_keys, latency_us),
            .start_s = HFT_PARAM(glft_keys, start_s),
            .horizon_s = HFT_PARAM(glft_keys, horizon_s),
            .sigma = HFT_PARAM(glft_keys, sigma),
            .fill_a = HFT_PARAM(glft_keys, a),
            .unit = HFT_PARAM(glft_keys, quote_qty),
            .fill_k = HFT_PARAM(glft_keys, k)},
    .state_size = sizeof(glft_state),
    .open_orders_max = HFT_QUOTES_ORDERS,
    .compile = compile,
    .reset = reset,
    .wake = wake,
    .fill = fill,
};
