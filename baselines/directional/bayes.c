// The policy `bayes`: trades on the forecast of a seat with forecast_r2 > 0 (docs/environment.md).
//
// With f the expected move of the price, c the cost of a lot one way and (b / 2) q^2 what a
// position q costs by itself (the seat's own impact, and risk), a lot more is worth f - b q: buying
// pays while that is above c, selling while it is below -c, and in between nothing pays. So the
// position is kept in a band around f / b,
//
//   (f - c) / b <= q <= (f + c) / b,   |q| <= cap,
//
// and brought to the nearest edge from outside, as is optimal with proportional costs (Davis and
// Norman 1990; Martin and Schoeneborn 2011). With a large 1 / b this is the threshold policy of
// de Lataillade, Deremble, Potters and Bouchaud (2012): cap where f > c, -cap where f < -c, else
// the position that there is. The best c is above the cost one way, since forecasts change before
// they have paid.
//
// f is the forecast F(t + h) - F(t), plus what the mid has still to catch up with: it follows the
// value some seconds late, and a mean of the recent forecasts tells in which direction. When less
// than h is left, only that share of f is still to come.
//
// With latency the observed position lags behind the orders, and an order that waits for an auction
// may trade after the next one has been sent. So a policy that is told its latency rests between
// two orders for two latencies: in the first the order arrives; a step without an order cancels
// what waits for an auction, and in the second the cancellation arrives. Then the position does not
// pass `cap`. What is held at the end is closed by the env, as reward_config.end says.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "baselines/classes.h"
#include "sim/env/policy.h"

// clang-format off
#define BAYES_KEYS(X)                                                                             \
  X(REAL, band, "8", 0, 1e9, "ticks", "a position changes where a lot gains more than this")     \
  X(REAL, per_tick, "1", 0, 1e9, "orders / tick",                                               \
    "position per tick of the forecast beyond the band, in order_qty")                            \
  X(REAL, cap, "9", 0, 1e9, "orders", "largest position, long or short, in order_qty")            \
  X(REAL, past, "0.5", -1e3, 1e3, "", "weight of the mean of the recent forecasts")               \
  X(REAL, past_s, "20", 0, 86400, "s", "time constant of that mean")                               \
  X(REAL, horizon_s, "60", 0, 86400, "s", "forecast_s of the seat")                               \
  X(REAL, latency_us, "0", 0, 1e9, "us",                                                          \
    "latency of the seat with its jitter; no order is sent while one may be under way")
// clang-format on

typedef struct bayes_keys {
  BAYES_KEYS(HFT_KEY_MEMBER)
} bayes_keys;

#define HFT_KEY_STRUCT bayes_keys
static const hft_key keys[] = {BAYES_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section section = {
    .name = "bayes",
    .help = "holds a position on the seat's forecast of the value, outside a band for the costs",
    .keys = keys,
    .key_count = sizeof keys / sizeof keys[0],
    .size = sizeof(bayes_keys),
};

typedef struct bayes_params {
  bayes_keys keys;
  int forecast, inventory, time_left;  // indices in the observation
  double per_forecast, per_inventory;  // ticks and orders for each 1 observed
  double turn;                         // weight of the present forecast in the mean
  double episode_s;
  int64_t wait;  // steps from an order to the next
} bayes_params;

typedef struct bayes_state {
  double mean;    // of the recent forecasts, ticks
  int64_t count;  // of steps
  int64_t sent;   // the count at the last order; 0: none
} bayes_state;

static int find(const hft_group *group, const char *name) {
  for (int i = 0; i < group->obs_dim; i++) {
    if (strcmp(group->obs[i].name, name) == 0) return i;
  }
  return -1;
}

// By how much a number of an observation is scaled: 0.1 of the unit "0.1 x ticks".
static double scale_of(const hft_index *index) {
  char *end;
  double scale = strtod(index->unit, &end);
  return end != index->unit && strncmp(end, " x ", 3) == 0 ? scale : 1;
}

static hft_status check(void *params, const hft_env_spec *spec, const hft_group *group,
                        const char *where, hft_error *error) {
  bayes_params *p = params;
  if (group->role != HFT_ROLE_TAKER || spec->action_space != HFT_ACTION_BOX) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "bayes acts for a taker with env_config.action_space: box");
  }
  p->forecast = find(group, "forecast");
  p->inventory = find(group, "inventory");
  p->time_left = find(group, "time_left");
  if (p->forecast < 0) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "bayes needs a forecast: set forecast_r2 of the seat above 0");
  }
  p->per_forecast = 1 / scale_of(&group->obs[p->forecast]);
  p->per_inventory = 1 / scale_of(&group->obs[p->inventory]);
  double step_s = (double)spec->decision * 1e-9;
  p->episode_s = (double)spec->episode_len * step_s;
  p->wait = 2 * (int64_t)ceil(1e-6 * p->keys.latency_us / step_s);
  p->turn = p->keys.past_s > step_s ? step_s / p->keys.past_s : 1;
  return HFT_OK;
}

// The expected move of the price in what is left of the episode, at most over the horizon, ticks.
static double expected_move(const bayes_params *p, bayes_state *state, const float *obs) {
  double forecast = p->per_forecast * (double)obs[p->forecast];
  double left = (double)obs[p->time_left] * p->episode_s;
  double share = left < p->keys.horizon_s ? left / p->keys.horizon_s : 1;
  if (state->count++ == 0) state->mean = forecast;
  state->mean += p->turn * (forecast - state->mean);
  return share * (forecast + p->keys.past * state->mean);
}

static double clip(double value, double most) {
  return value > most ? most : value < -most ? -most : value;
}

static void act(const void *params, void *state, const hft_policy_view *view, void *action) {
  const bayes_params *p = params;
  bayes_state *s = state;
  double move = expected_move(p, s, view->obs);
  double held = p->per_inventory * (double)view->obs[p->inventory];
  double low = clip(p->keys.per_tick * (move - p->keys.band), p->keys.cap);
  double high = clip(p->keys.per_tick * (move + p->keys.band), p->keys.cap);
  double order = held < low ? low - held : held > high ? high - held : 0;
  if (s->sent != 0 && s->count - s->sent < p->wait) order = 0;
  if (order != 0) s->sent = s->count;
  float *numbers = action;
  for (int i = 0; i < view->group->action_dim; i++) numbers[i] = 0;
  numbers[0] = (float)clip(order, 1);
}

static const hft_policy policy = {check, act};

const hft_agent_class hft_bayes_class = {
    .section = &section,
    .params_size = sizeof(bayes_params),
    .state_size = sizeof(bayes_state),
    .policy = &policy,
};
