#include "sim/env/env.h"

#include <math.h>
#include <string.h>

#include "sim/base/dist.h"
#include "sim/env/state.h"

static hft_market *market_of(const hft_env_model *model, const hft_env *env) {
  return (hft_market *)((uintptr_t)env + model->market_at);
}

static hft_seat_view view_of(const hft_env_model *model, hft_env *env, int seat) {
  hft_market *market = market_of(model, env);
  return (hft_seat_view){
      .model = model,
      .env = env,
      .seat_model = &model->seat[seat],
      .seat = &env->seat[seat],
      .desk = hft_market_desk(model->market, market, model->seat[seat].owner),
  };
}

hft_price hft_seat_price(const hft_seat_view *view, hft_side side, hft_tif tif, double price) {
  const hft_instrument *instrument = hft_desk_instrument(&view->desk);
  const hft_book *book = hft_desk_book(&view->desk);
  hft_price placed = instrument->price_min;
  if (price >= instrument->price_max) {
    placed = instrument->price_max;
  } else if (price > instrument->price_min) {
    placed = (hft_price)price;
  }
  if (tif == HFT_POST_ONLY && hft_book_crosses(book, side, placed)) {
    placed = hft_book_best_price(book, hft_side_other(side)) - hft_side_sign(side);
  }
  return placed;
}

void hft_seat_quote(const hft_seat_view *view, hft_side side, hft_tif tif, double price,
                    int64_t qty) {
  const hft_desk *desk = &view->desk;
  hft_order_id *id = &view->seat->quote[side];
  hft_order resting;
  bool live = hft_desk_order(desk, *id, &resting);
  int64_t most = hft_model_market_config(view->model->market)->order_qty_max;
  hft_order order = {side, tif, hft_seat_price(view, side, tif, price),
                     (hft_qty)(qty < most ? qty : most)};
  if (order.qty == 0) {
    if (live) hft_desk_cancel(desk, *id);
  } else if (!live) {
    *id = hft_desk_submit(desk, &order);
  } else if (resting.price != order.price || resting.qty > order.qty) {
    *id = hft_desk_replace(desk, *id, order.price, order.qty);
  }
}

static void note_mid(const hft_env_model *model, hft_env *env) {
  hft_market *market = market_of(model, env);
  const hft_tape *tape = hft_market_tape(market, 0);
  int64_t bought = tape->buy_qty - env->buy_qty, sold = tape->sell_qty - env->sell_qty;
  env->trade_flow =
      bought + sold > 0 ? (float)((double)(bought - sold) / (double)(bought + sold)) : 0;
  env->buy_qty = tape->buy_qty;
  env->sell_qty = tape->sell_qty;
  env->mid2[env->step % HFT_MIDS] = hft_market_mid2(market, 0);
}

static void observe(const hft_env_model *model, hft_env *env, const hft_env_io *io) {
  hft_market *market = market_of(model, env);
  hft_fields state = {.value = io->state};
  hft_observe_market(model, env, market, &state);
  hft_observe_time(model, env, &state);
  double mid = 0.5 * (double)hft_market_mid2(market, 0);
  hft_fields_put(&state, "fundamental",
                 0.1 * (hft_market_fundamental(model->market, market, 0) - mid));
  int shared = state.count - 1;
  for (int i = 0; i < model->spec.seat_count; i++) {
    hft_seat_view view = view_of(model, env, i);
    const hft_group *group = &model->spec.group[model->seat[i].group];
    float *obs = io->obs[model->seat[i].group] + model->seat[i].index * group->obs_dim;
    memcpy(obs, io->state, (size_t)shared * sizeof *obs);
    hft_fields own = {.value = obs, .count = shared};
    hft_role_class_of(model->seat[i].role)->observe(&view, &own);
    if (state.count < model->spec.state_dim) {
      hft_fields_put(&state, "", 0.01 * (double)hft_desk_account(&view.desk)->position);
    }
  }
}

static void clear_results(const hft_env_model *model, const hft_env_io *io) {
  for (int g = 0; g < model->spec.group_count; g++) {
    const hft_group *group = &model->spec.group[g];
    size_t seats = (size_t)group->seat_count;
    memset(io->reward[g], 0, seats * sizeof(float));
    memset(io->term[g], 0, seats * (size_t)group->term_dim * sizeof(float));
    memset(io->terminated[g], 0, seats);
  }
  *io->truncated = 0;
  *io->ended = 0;
}

size_t hft_env_size(const hft_env_model *model) {
  return model->size;
}

hft_status hft_env_init(const hft_env_model *model, void *memory, size_t size, hft_env **out) {
  if ((uintptr_t)memory % HFT_CACHE_LINE != 0) return HFT_EINVAL;
  if (size < model->size) return HFT_ENOMEM;
  memset(memory, 0, model->market_at);
  hft_market *market;
  hft_status status = hft_market_init(model->market, (char *)memory + model->market_at,
                                      hft_market_size(model->market), &market);
  if (status == HFT_OK) *out = memory;
  return status;
}

void hft_env_reset(const hft_env_model *model, hft_env *env, uint64_t seed, uint32_t index,
                   const hft_env_io *io) {
  hft_market *market = market_of(model, env);
  memset(env, 0, model->market_at);
  env->order_rng = hft_rng_stream(seed, index, HFT_STREAM_SEAT_ORDER);
  hft_market_reset(model->market, market, seed, index, NULL);
  hft_market_run(model->market, market, model->warmup, NULL);
  env->alive = model->spec.seat_count;
  env->start_mid2 = hft_market_mid2(market, 0);
  env->buy_qty = hft_market_tape(market, 0)->buy_qty;
  env->sell_qty = hft_market_tape(market, 0)->sell_qty;
  note_mid(model, env);
  clear_results(model, io);
  observe(model, env, io);
}

// All seats act on the same observation, in an order drawn afresh (Fisher-Yates).
static void act_all(const hft_env_model *model, hft_env *env, const hft_env_io *io) {
  int order[HFT_SEATS_MAX];
  int count = model->spec.seat_count;
  const hft_market *market = market_of(model, env);
  const hft_book *book = hft_market_book(model->market, market, 0);
  env->seen_mid2 = hft_market_mid2(market, 0);
  for (int side = 0; side < 2; side++) {
    env->seen_best[side] = hft_book_best_price(book, (hft_side)side);
  }
  for (int i = 0; i < count; i++) {
    int j = (int)hft_bounded(&env->order_rng, (uint32_t)i + 1);
    order[i] = order[j];
    order[j] = i;
  }
  for (int k = 0; k < count; k++) {
    const hft_seat_model *seat = &model->seat[order[k]];
    if (env->seat[order[k]].done) continue;
    hft_seat_view view = view_of(model, env, order[k]);
    int dim = model->spec.group[seat->group].action_dim;
    hft_role_class_of(seat->role)->act(&view, io->action[seat->group] + seat->index * dim);
  }
}

static double value_of(const hft_seat_view *view) {
  return hft_account_value(hft_desk_account(&view->desk), hft_desk_mid2(&view->desk));
}

// Has the seat broken a risk limit?
static bool breaches(const hft_env_model *model, const hft_seat_view *view) {
  const hft_account *account = hft_desk_account(&view->desk);
  double mid = 0.5 * (double)hft_desk_mid2(&view->desk);
  double lots = fabs((double)account->position);
  double drawdown = view->seat->peak - value_of(view);
  bool executes = view->seat_model->role == HFT_ROLE_EXECUTOR;
  return (!executes && lots > (double)model->risk.max_inventory) ||
         drawdown > model->drawdown_max || lots * mid > model->position_value_max;
}

// Closes the position at market and pays for it.
static void close_out(const hft_env_model *model, hft_seat_view *view) {
  view->desk.direct = true;
  hft_desk_cancel_all(&view->desk);
  int64_t most = hft_model_market_config(model->market)->order_qty_max;
  for (;;) {
    int64_t position = hft_desk_account(&view->desk)->position;
    int64_t qty = position < 0 ? -position : position;
    if (qty == 0) return;
    hft_order order = {position < 0 ? HFT_BID : HFT_ASK, HFT_IOC, HFT_PRICE_MARKET,
                       (hft_qty)(qty < most ? qty : most)};
    hft_desk_submit(&view->desk, &order);
    if (hft_desk_account(&view->desk)->position == position) return;
    if (hft_desk_open_count(&view->desk) > 0) return;  // it waits for an auction
  }
}

// Ends the seats that have broken a limit, and at the horizon settles what is left to do. That
// trades, so nobody's reward is counted before all of it is done.
static void end_seats(const hft_env_model *model, hft_env *env, const hft_env_io *io) {
  for (int i = 0; i < model->spec.seat_count; i++) {
    const hft_seat_model *seat = &model->seat[i];
    if (env->seat[i].done) continue;
    hft_seat_view view = view_of(model, env, i);
    double value = value_of(&view);
    if (value > env->seat[i].peak) env->seat[i].peak = value;
    if (breaches(model, &view)) {
      close_out(model, &view);
      io->terminated[seat->group][seat->index] = 1;
    } else if (env->step == model->env.episode_len) {
      const hft_role_class *role = hft_role_class_of(seat->role);
      view.desk.direct = true;
      if (role->finish != NULL) role->finish(&view);
    }
  }
}

// Marks one seat and writes its reward.
static void reward(const hft_env_model *model, hft_env *env, int i, const hft_env_io *io) {
  const hft_seat_model *seat = &model->seat[i];
  const hft_group *group = &model->spec.group[seat->group];
  hft_seat_view view = view_of(model, env, i);
  double value = value_of(&view);
  double pnl = value - view.seat->value;
  view.seat->value = value;
  if (value > view.seat->peak) view.seat->peak = value;
  double inventory = 0;
  if (io->terminated[seat->group][seat->index]) {
    view.seat->done = 1;
    env->alive--;
  } else {
    double lots = (double)hft_role_class_of(seat->role)->exposure(&view);
    inventory = -model->reward.lambda_inventory * lots * lots;
  }
  float *term = io->term[seat->group] + seat->index * group->term_dim;
  term[0] = (float)pnl;
  term[1] = (float)inventory;
  float sum = (float)(model->reward.scale * (pnl + inventory));
  io->reward[seat->group][seat->index] = sum;
  view.seat->total += sum;
}

void hft_env_step(const hft_env_model *model, hft_env *env, const hft_env_io *io) {
  hft_market *market = market_of(model, env);
  clear_results(model, io);
  act_all(model, env, io);
  env->step++;
  hft_market_run(model->market, market, model->warmup + env->step * model->spec.decision, NULL);
  end_seats(model, env, io);
  note_mid(model, env);
  for (int i = 0; i < model->spec.seat_count; i++) {
    if (!env->seat[i].done) reward(model, env, i, io);
  }
  *io->truncated = env->step == model->env.episode_len;
  *io->ended = *io->truncated || env->alive == 0;
  observe(model, env, io);
}

hft_market *hft_env_market(const hft_env_model *model, hft_env *env) {
  return market_of(model, env);
}

float hft_env_return(const hft_env *env, int seat) {
  return env->seat[seat].total;
}

int64_t hft_env_steps(const hft_env *env) {
  return env->step;
}
