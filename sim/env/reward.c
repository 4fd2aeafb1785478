#include "sim/env/reward.h"

#include <math.h>

#include "sim/env/observe.h"
#include "sim/env/view.h"

void hft_reward_names(hft_fields *fields) {
  static const char unit[] = "ticks x lots";
  hft_fields_put(fields, "pnl", unit, "change of cash + position x reference price - fees", 0);
  hft_fields_put(fields, "inventory", unit,
                 "-lambda_inventory q^2, q the position; of an executor what is left; 0 when the "
                 "seat terminates, as are the next three",
                 0);
  hft_fields_put(fields, "risk", unit,
                 "-lambda_risk q^2 v^2, v the volatility that the seat observes", 0);
  hft_fields_put(fields, "impact", unit,
                 "-lambda_impact x what the seat's taking paid beyond the mid before it", 0);
  hft_fields_put(fields, "spread", unit,
                 "lambda_spread x what the seat's resting orders captured against the mid", 0);
  hft_fields_put(fields, "team", unit,
                 "w (m - r), r the sum of the terms above, m its mean over the team's seats that "
                 "are not out, w = team_weight; where w < 0: w m",
                 0);
}

// ---- value -------------------------------------------------------------------------------------

// What a seat's accounts have gained since the start, and their edges.
typedef struct worth {
  double value;                      // ticks x lots, fees paid
  int64_t maker_edge2, taker_edge2;  // half ticks x lots
} worth;

// Lots that the seat had of each instrument at the start, beside its accounts.
static int64_t holding_of(const hft_seat_view *view) {
  const hft_seat_model *seat = view->seat_model;
  const hft_role_class *role = hft_role_class_of(seat->role);
  return role->holding != NULL ? role->holding(&seat->keys) : 0;
}

static worth worth_of(const hft_seat_view *view) {
  const hft_seat_model *seat = view->seat_model;
  double holding = (double)holding_of(view);
  worth sum = {0};
  for (int k = 0; k < seat->instrument_count; k++) {
    hft_desk desk = hft_seat_desk(view, k);
    const hft_account *account = hft_desk_account(&desk);
    double mark = hft_env_mark(view->model, view->env, seat->instrument + k);
    sum.value += (double)account->cash + (double)account->position * mark;
    sum.value -= HFT_FEE_UNIT * (double)account->fees;
    if (holding > 0) sum.value += holding * (mark - view->watch[k].start);
    sum.maker_edge2 += account->maker_edge2;
    sum.taker_edge2 += account->taker_edge2;
  }
  return sum;
}

// ---- ends --------------------------------------------------------------------------------------

// Has the seat broken a risk limit?
static bool breaches(const hft_seat_view *view, double value) {
  const hft_env_model *model = view->model;
  const hft_seat_model *seat = view->seat_model;
  const hft_role_class *role = hft_role_class_of(seat->role);
  if (view->seat->peak - value > model->drawdown_max) return true;
  int64_t holding = holding_of(view);
  double held = 0;
  for (int k = 0; k < seat->instrument_count; k++) {
    hft_desk desk = hft_seat_desk(view, k);
    double lots = fabs((double)(hft_desk_account(&desk)->position + holding));
    if (role->inventory_limited && lots > (double)model->risk.max_inventory) return true;
    held += lots * hft_env_mark(model, view->env, seat->instrument + k);
  }
  return held > model->position_value_max;
}

// Closes the seat's positions at market, with what it held at the start, and pays for it.
static void close_out(const hft_seat_view *view) {
  for (int k = 0; k < view->seat_model->instrument_count; k++) {
    hft_desk desk = hft_seat_desk(view, k);
    hft_desk_cancel_all(&desk);
    int64_t position = hft_desk_account(&desk)->position + holding_of(view);
    hft_seat_trade(&desk, position < 0 ? HFT_BID : HFT_ASK, position < 0 ? -position : position);
  }
}

void hft_reward_end_seats(const hft_env_model *model, hft_env *env, const hft_env_io *io,
                          const int *order) {
  for (int k = 0; k < model->spec.seat_count; k++) {
    int i = order[k];
    const hft_seat_model *seat = &model->seat[i];
    if (env->seat[i].done) continue;
    hft_seat_view view = hft_seat_view_of(model, env, i);
    view.desk.direct = true;
    double value = worth_of(&view).value;
    if (value > env->seat[i].peak) env->seat[i].peak = value;
    if (breaches(&view, value)) {
      close_out(&view);
      io->terminated[seat->group][seat->index] = 1;
    } else if (env->step == model->env.episode_len) {
      const hft_role_class *role = hft_role_class_of(seat->role);
      if (role->finish != NULL) role->finish(&view);
    }
  }
}

// ---- rewards -----------------------------------------------------------------------------------

// Values a seat and computes its own terms. Returns their sum.
static double own_terms(const hft_seat_view *view, bool terminated, double *term) {
  const hft_reward_config *keys = &view->model->reward;
  const hft_seat_model *seat = view->seat_model;
  const hft_role_class *role = hft_role_class_of(seat->role);
  worth now = worth_of(view);
  term[HFT_TERM_PNL] = now.value - view->seat->value;
  if (!terminated) {
    for (int k = 0; k < seat->instrument_count; k++) {
      double lots = (double)role->exposure(view, k);
      term[HFT_TERM_INVENTORY] -= keys->lambda_inventory * lots * lots;
      if (keys->lambda_risk > 0) {
        double v = hft_observe_volatility(view->model, view->env, seat->instrument + k);
        term[HFT_TERM_RISK] -= keys->lambda_risk * lots * lots * v * v;
      }
    }
    int64_t paid2 = view->seat->taker_edge2 - now.taker_edge2;
    int64_t captured2 = now.maker_edge2 - view->seat->maker_edge2;
    term[HFT_TERM_IMPACT] = -0.5 * keys->lambda_impact * (double)paid2;
    term[HFT_TERM_SPREAD] = 0.5 * keys->lambda_spread * (double)captured2;
  }
  view->seat->value = now.value;
  view->seat->maker_edge2 = now.maker_edge2;
  view->seat->taker_edge2 = now.taker_edge2;
  if (now.value > view->seat->peak) view->seat->peak = now.value;
  double sum = 0, share = keys->per_lot ? 1 / (double)role->size(&seat->keys) : 1;
  for (int t = 0; t < HFT_TERM_TEAM; t++) {
    term[t] *= share;
    sum += term[t];
  }
  return sum;
}

// Seats that are out have left their team.
static void share_with_team(const hft_env_model *model, const hft_env *env, const double *own,
                            double (*term)[HFT_TERM_COUNT]) {
  double w = model->reward.team_weight, sum[HFT_ROLE_COUNT] = {0};
  int count[HFT_ROLE_COUNT] = {0};
  bool roles = model->reward.team == HFT_TEAM_ROLE;
  for (int i = 0; i < model->spec.seat_count; i++) {
    if (env->seat[i].done) continue;
    int team = roles ? model->seat[i].group : 0;
    sum[team] += own[i];
    count[team]++;
  }
  for (int i = 0; i < model->spec.seat_count; i++) {
    if (env->seat[i].done) continue;
    int team = roles ? model->seat[i].group : 0;
    double mean = sum[team] / count[team];
    term[i][HFT_TERM_TEAM] = w * (w > 0 ? mean - own[i] : mean);
  }
}

void hft_reward_all(const hft_env_model *model, hft_env *env, const hft_env_io *io) {
  double term[HFT_SEATS_MAX][HFT_TERM_COUNT], own[HFT_SEATS_MAX];
  for (int i = 0; i < model->spec.seat_count; i++) {
    const hft_seat_model *seat = &model->seat[i];
    for (int t = 0; t < HFT_TERM_COUNT; t++) term[i][t] = 0;
    own[i] = 0;
    if (env->seat[i].done) continue;
    hft_seat_view view = hft_seat_view_of(model, env, i);
    own[i] = own_terms(&view, io->terminated[seat->group][seat->index] != 0, term[i]);
  }
  if (model->reward.team_weight != 0) share_with_team(model, env, own, term);
  for (int i = 0; i < model->spec.seat_count; i++) {
    const hft_seat_model *seat = &model->seat[i];
    if (env->seat[i].done) continue;
    float *shown = io->term[seat->group] + seat->index * HFT_TERM_COUNT;
    for (int t = 0; t < HFT_TERM_COUNT; t++) shown[t] = (float)term[i][t];
    float sum = (float)(model->reward.scale * (own[i] + term[i][HFT_TERM_TEAM]));
    io->reward[seat->group][seat->index] = sum;
    env->seat[i].total += sum;
    if (io->terminated[seat->group][seat->index]) {
      env->seat[i].done = 1;
      env->alive--;
    }
  }
}
