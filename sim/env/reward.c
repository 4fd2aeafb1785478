#include "sim/env/reward.h"

#include <math.h>
#include <string.h>

#include "sim/env/controller.h"
#include "sim/env/features/history.h"
#include "sim/env/totals.h"
#include "sim/env/worth.h"
#include "sim/market/close.h"

void hft_reward_names(hft_fields *fields) {
  static const char unit[] = "ticks x lots";
  hft_fields_put(fields, "pnl", unit,
                 "change of cash + position x price - fees; of an executor what is left of its "
                 "parent order counts as a position that it owes or has to sell",
                 HFT_BOUNDS_ANY, 0);
  hft_fields_put(fields, "inventory", unit,
                 "-lambda_inventory q^2, q the position; of an executor what is left; 0 when the "
                 "seat terminates, as are the next three",
                 HFT_BOUNDS_ANY, 0);
  hft_fields_put(fields, "risk", unit,
                 "-lambda_risk q^2 v^2, v the volatility that the seat observes", HFT_BOUNDS_ANY,
                 0);
  hft_fields_put(fields, "impact", unit,
                 "-lambda_impact x what the seat's taking paid beyond the mid before it",
                 HFT_BOUNDS_ANY, 0);
  hft_fields_put(fields, "spread", unit,
                 "lambda_spread x what the seat's resting orders captured against the mid",
                 HFT_BOUNDS_ANY, 0);
  hft_fields_put(fields, "baseline", unit,
                 "minus what reward_config.baseline says: the gain by the fundamental value's "
                 "unexpected change, of the initial holdings, or of doing nothing; else 0",
                 HFT_BOUNDS_ANY, 0);
  hft_fields_put(fields, "team", unit,
                 "w (m - r), r the sum of the terms above, m its mean over the team's seats that "
                 "are not out, w = team_weight; where w < 0: w m",
                 HFT_BOUNDS_ANY, 0);
}

// ---- ends --------------------------------------------------------------------------------------

// Whether the seat breaks a risk limit.
static bool breaches(const hft_seat_view *view, double value) {
  const hft_env_model *model = view->model;
  const hft_seat_model *seat = view->seat_model;
  const hft_role_class *role = hft_role_class_of(seat->role);
  if (view->seat->drawdown.peak - value > model->max_drawdown) return true;
  double held = 0;
  for (int k = 0; k < seat->instrument_count; k++) {
    hft_desk desk = hft_seat_desk(view, k);
    double lots = fabs((double)(hft_desk_account(&desk)->position + seat->begun));
    if (role->inventory_limited && lots > (double)model->risk.max_inventory) return true;
    held += lots * hft_env_mark(model, view->env, seat->instrument + k);
  }
  return held > model->max_position_value;
}

// Closes the seat's positions: its accounts and `begun` lots of each instrument. Returns the lots
// that the books could not take.
static int64_t close_out(const hft_seat_view *view, int64_t begun) {
  int64_t unfilled = 0;
  for (int k = 0; k < view->seat_model->instrument_count; k++) {
    hft_desk desk = hft_seat_desk(view, k);
    int64_t position = hft_desk_account(&desk)->position + begun;
    unfilled += hft_close_position(&desk, position, &view->history[k].depth).unfilled;
  }
  return unfilled;
}

// Has the seat ended, in this step or before?
static bool is_out(const hft_step_state *step, int s) {
  const hft_seat_model *of = &step->model->seat[s];
  return step->env->seat[s].done || step->io->terminated[of->group][of->index] != 0;
}

static void close_seat(const hft_step_state *step, const hft_seat_view *view, int64_t begun) {
  const hft_seat_model *of = view->seat_model;
  step->io->unfilled[of->group][of->index] = (float)close_out(view, begun);
  if (of->control == HFT_CONTROL_STRATEGY) hft_controller_stop(view);
}

// Values a seat at the end of a step, and closes it if it breaks a limit or, in the last step, its
// parent order is due or positions are closed: then a portfolio keeps its initial holdings. Returns
// whether it was closed, which may have traded.
static bool settle(hft_step_state *step, int s) {
  hft_seat_view *view = &step->view[s];
  hft_seat *seat = view->seat;
  const hft_seat_model *of = view->seat_model;
  hft_worth_value(step, s);
  double value = step->worth[s].value;
  hft_totals_note(seat, value);
  bool out = breaches(view, value);
  bool parent = !hft_seat_is_marked(of), closes = step->model->reward.end == HFT_END_CLOSE;
  bool due = (parent || closes) && step->env->step == step->model->env.episode_len;
  if (!out && !due) return false;
  step->io->terminated[of->group][of->index] = out;
  close_seat(step, view, out || parent ? of->begun : 0);
  return true;
}

// Is any seat left whose end the episode waits for?
static bool goes_on(const hft_step_state *step) {
  for (int s = 0; s < step->model->spec.all_seat_count; s++) {
    if (step->model->seat[s].counts && !is_out(step, s)) return true;
  }
  return false;
}

// Closes the parent orders that are left when an episode ends early, since the learners are out.
static void close_parents(hft_step_state *step) {
  for (int k = 0; k < step->model->spec.all_seat_count; k++) {
    int s = step->order[k];
    hft_seat_view *view = &step->view[s];
    if (is_out(step, s) || hft_seat_is_marked(view->seat_model)) continue;
    view->desk.direct = true;
    close_seat(step, view, view->seat_model->begun);
    view->desk.direct = false;
  }
}

void hft_reward_end_seats(hft_step_state *step) {
  int count = step->model->spec.all_seat_count;
  bool traded = false;
  if (step->env->step == step->model->env.episode_len) hft_worth_end(step);
  for (int k = 0; k < count; k++) {
    int s = step->order[k];
    if (step->env->seat[s].done) continue;
    step->view[s].desk.direct = true;  // what it trades now does not travel
    if (settle(step, s)) traded = true;
    step->view[s].desk.direct = false;
  }
  if (traded && step->env->step < step->model->env.episode_len && !goes_on(step)) {
    close_parents(step);
  }
  for (int s = 0; s < count && traded; s++) {
    if (!step->env->seat[s].done) hft_worth_value(step, s);
  }
}

// ---- rewards -----------------------------------------------------------------------------------

// Computes a seat's own terms. Returns their sum.
static double own_terms(const hft_seat_view *view, const hft_seat_worth *now, bool terminated,
                        double *term) {
  const hft_reward_config *keys = &view->model->reward;
  const hft_seat_model *seat = view->seat_model;
  const hft_role_class *role = hft_role_class_of(seat->role);
  term[HFT_TERM_PNL] = now->value - view->seat->value;
  if (!terminated) {
    for (int k = 0; k < seat->instrument_count; k++) {
      double lots = (double)role->exposure(view, k);
      term[HFT_TERM_INVENTORY] -= seat->lambda_inventory * lots * lots;
      if (seat->lambda_risk > 0) {
        double v = hft_history_volatility(&view->history[k]);
        term[HFT_TERM_RISK] -= seat->lambda_risk * lots * lots * v * v;
      }
    }
    int64_t paid2 = view->seat->taker_edge2 - now->taker_edge2;
    int64_t captured2 = now->maker_edge2 - view->seat->maker_edge2;
    term[HFT_TERM_IMPACT] = -0.5 * keys->lambda_impact * (double)paid2;
    term[HFT_TERM_SPREAD] = 0.5 * keys->lambda_spread * (double)captured2;
  }
  term[HFT_TERM_BASELINE] = now->baseline - view->seat->baseline;
  view->seat->value = now->value;
  view->seat->baseline = now->baseline;
  view->seat->maker_edge2 = now->maker_edge2;
  view->seat->taker_edge2 = now->taker_edge2;
  hft_totals_note(view->seat, now->value);
  double sum = 0, share = keys->per_lot ? 1 / (double)role->size(seat->keys) : 1;
  for (int t = 0; t < HFT_TERM_TEAM; t++) {
    term[t] *= share;
    sum += term[t];
  }
  return sum;
}

// Writes the team terms. Seats that are out no longer belong to their team.
static void share_with_team(const hft_env_model *model, const hft_env *env, const double *own,
                            double (*term)[HFT_TERM_COUNT]) {
  double w = model->reward.team_weight, sum[HFT_ROLE_COUNT] = {0};
  int count[HFT_ROLE_COUNT] = {0};
  bool roles = model->reward.team == HFT_TEAM_ROLE;
  for (int i = 0; i < model->spec.all_seat_count; i++) {
    if (env->seat[i].done) continue;
    int team = roles ? (int)model->seat[i].role : 0;
    sum[team] += own[i];
    count[team]++;
  }
  for (int i = 0; i < model->spec.all_seat_count; i++) {
    if (env->seat[i].done) continue;
    int team = roles ? (int)model->seat[i].role : 0;
    double mean = sum[team] / count[team];
    term[i][HFT_TERM_TEAM] = w * (w > 0 ? mean - own[i] : mean);
  }
}

static void show_nothing(const hft_step_state *step, int s) {
  const hft_seat_model *of = &step->model->seat[s];
  float *shown = step->io->term[of->group] + (ptrdiff_t)of->index * HFT_TERM_COUNT;
  for (int t = 0; t < HFT_TERM_COUNT; t++) shown[t] = 0;
  step->io->reward[of->group][of->index] = 0;
}

// Writes a seat's terms and their sum. A seat that was terminated in this step is out from now on.
static void show(hft_step_state *step, int s, double own, const double *term) {
  const hft_seat_model *of = &step->model->seat[s];
  hft_seat *seat = &step->env->seat[s];
  float *shown = step->io->term[of->group] + (ptrdiff_t)of->index * HFT_TERM_COUNT;
  // Adding 0 turns a negative zero into a positive one.
  for (int t = 0; t < HFT_TERM_COUNT; t++) shown[t] = (float)(term[t] + 0.0);
  float sum = (float)(step->model->reward.scale * (own + term[HFT_TERM_TEAM]) + 0.0);
  step->io->reward[of->group][of->index] = sum;
  seat->total += sum;
  if (!step->io->terminated[of->group][of->index]) return;
  seat->done = 1;
  step->env->alive -= of->counts;
}

void hft_reward_all(hft_step_state *step) {
  const hft_env_model *model = step->model;
  double term[HFT_SEATS_MAX][HFT_TERM_COUNT], own[HFT_SEATS_MAX];
  int count = model->spec.all_seat_count;
  for (int s = 0; s < count; s++) {
    const hft_seat_model *of = &model->seat[s];
    if (step->env->seat[s].done) continue;
    memset(term[s], 0, sizeof term[s]);
    bool terminated = step->io->terminated[of->group][of->index] != 0;
    own[s] = own_terms(&step->view[s], &step->worth[s], terminated, term[s]);
  }
  if (model->reward.team_weight != 0) share_with_team(model, step->env, own, term);
  for (int s = 0; s < count; s++) {
    if (step->env->seat[s].done) {
      show_nothing(step, s);
    } else {
      // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): own[s] is set above
      show(step, s, own[s], term[s]);
    }
  }
}

void hft_reward_none(const hft_step_state *step) {
  for (int s = 0; s < step->model->spec.all_seat_count; s++) show_nothing(step, s);
}
