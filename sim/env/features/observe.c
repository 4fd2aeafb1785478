#include "sim/env/features/observe.h"

#include <math.h>
#include <string.h>

#include "sim/base/inline.h"
#include "sim/base/math.h"
#include "sim/env/action.h"
#include "sim/env/features/forecast.h"

#define VOLATILITY_STEPS 32
#define SPREAD_STEPS 32

#define TENTHS "0.1 x ticks"
#define SIZES "0.2 ln(1 + lots)"

static float log_size_of(int64_t lots) {
  return (float)(0.2 * hft_log1p((double)lots));
}

void hft_observe_compile(hft_env_model *model) {
  for (int lots = 0; lots < HFT_SIZES_TABLE; lots++) model->log_size[lots] = log_size_of(lots);
}

static inline float log_size(const hft_env_model *model, int64_t lots) {
  return lots < HFT_SIZES_TABLE ? model->log_size[lots] : log_size_of(lots);
}

// ---- an instrument -----------------------------------------------------------------------------

static const char *const distance_names[2] = {"bid_distance", "ask_distance"};
static const char *const size_names[2] = {"bid_size", "ask_size"};
static const char *const distance_help[2] = {
    "from the reference price down to the i-th best bid; 0 where there is none",
    "from the reference price up to the i-th best offer; 0 where there is none"};
static const char *const size_help[2] = {"lots that show at the i-th best bid",
                                         "lots that show at the i-th best offer"};

static double window_of(const hft_env_model *model) {
  return (double)hft_model_market_config(model->market)->window_ticks;
}

// Mids lie in the price window, so a distance from the mid is at most the window's width.
hft_bounds hft_observe_reach(const hft_env_model *model, double scale) {
  if (model->env.reference != HFT_REFERENCE_MID) return HFT_BOUNDS_ANY;
  double reach = scale * window_of(model);
  return (hft_bounds){-reach, reach};
}

hft_bounds hft_observe_held(const hft_env_model *model, int64_t size) {
  double most = (double)(model->risk.max_inventory + size) / (double)size;
  return (hft_bounds){-most, most};
}

static void name_side(const hft_env_model *model, hft_side side, int depth, hft_fields *fields) {
  const hft_bounds sizes = {0, 0.2 * hft_log1p((double)INT32_MAX)};  // a level's lots are hft_qty
  for (int i = 1; i <= depth; i++) {
    hft_fields_put_level(fields, distance_names[side], i, TENTHS, distance_help[side],
                         hft_observe_reach(model, 0.1), 0);
    hft_fields_put_level(fields, size_names[side], i, SIZES, size_help[side], sizes, 0);
  }
}

// Writes the values of the same numbers. They are most of an observation, so each side has a loop
// of its own.
HFT_INLINE void observe_side(const hft_env_model *model, const hft_book *book, double mark,
                             hft_side side, int depth, float *value) {
  const hft_node *levels = hft_book_nodes(book);
  hft_walk walk = hft_book_walk_begin(book, side);
  double tenths = 0.1 * hft_side_sign(side);
  float *end = value + (ptrdiff_t)2 * depth;
  for (; value < end && hft_book_walk(book, side, &walk); value += 2) {
    value[0] = (float)(tenths * (mark - (book->price_min + walk.tick)) + 0.0);
    value[1] = log_size(model, levels[walk.tick].qty);
  }
  for (; value < end; value++) *value = 0;
}

static void observe_sides(const hft_env_model *model, const hft_book *book, double mark, int depth,
                          float *value) {
  observe_side(model, book, mark, HFT_BID, depth, value);
  observe_side(model, book, mark, HFT_ASK, depth, value + (ptrdiff_t)2 * depth);
}

static void observe_levels(const hft_env_model *model, const hft_book *book, double mark, int depth,
                           hft_fields *fields) {
  if (book == NULL) {  // names only
    name_side(model, HFT_BID, depth, fields);
    name_side(model, HFT_ASK, depth, fields);
  } else {
    observe_sides(model, book, mark, depth, fields->value + fields->count);
    fields->count += 4 * depth;
  }
}

// The mark after a step, in half ticks.
static inline int64_t mid_of(const hft_instrument_history *history, int64_t step) {
  return history->mid2[(uint64_t)step % HFT_MIDS];
}

// The change of the mark over the last `steps` steps (or since the first), in tenths of ticks.
static double change(const hft_env *env, const hft_instrument_history *history, int64_t steps) {
  if (env == NULL) return 0;
  int64_t before = env->step > steps ? env->step - steps : 0;
  return 0.05 * (double)(mid_of(history, env->step) - mid_of(history, before));
}

double hft_observe_volatility(const hft_env_model *model, const hft_env *env, int instrument) {
  int64_t count = env->step < VOLATILITY_STEPS ? env->step : VOLATILITY_STEPS;
  if (count == 0) return 0;
  double squares = (double)hft_env_histories(model, env)[instrument].squares;
  return 0.5 * sqrt(squares / (double)count);
}

// The state of the auction. Only for markets with auctions or halts.
static void observe_auction(const hft_env_model *model, const hft_env *env, int instrument,
                            hft_bounds reach, hft_fields *fields) {
  double in_auction = 0, away = 0;
  if (env != NULL) {
    hft_desk desk = hft_env_desk(model, env, 0);
    desk = hft_desk_at(&desk, instrument);
    in_auction = hft_desk_phase(&desk) != HFT_PHASE_CONTINUOUS;
    hft_indication indication = hft_desk_indication(&desk);
    if (indication.price != 0) {
      away = 0.1 * (indication.price - hft_env_histories(model, env)[instrument].mark);
    }
  }
  hft_fields_put(fields, "in_call", "",
                 "1 in a call, a halt or after the close; 0: trading is "
                 "continuous",
                 HFT_BOUNDS_SHARE, in_auction);
  hft_fields_put(fields, "indicative_price", TENTHS,
                 "from the reference price to that at which a call would trade now; 0: none", reach,
                 away);
}

void hft_observe_instrument(const hft_env_model *model, const hft_env *env, int instrument,
                            int depth, hft_fields *fields) {
  const hft_book *book = NULL;
  const hft_instrument_history *history = NULL;
  double spread = 0, imbalance = 0, microprice = 0, mark = 0;
  hft_bounds reach = HFT_BOUNDS_ANY, width = HFT_BOUNDS_ANY;
  if (env == NULL) {
    reach = hft_observe_reach(model, 0.1);
    width = (hft_bounds){0, 0.1 * window_of(model)};
  } else {
    book = hft_market_book(model->market, hft_env_market_of(model, env), instrument);
    history = &hft_env_histories(model, env)[instrument];
    mark = history->mark;
  }
  observe_levels(model, book, mark, depth, fields);
  if (book != NULL) {
    hft_level bid = hft_book_best(book, HFT_BID), ask = hft_book_best(book, HFT_ASK);
    if (bid.price != 0 && ask.price != 0) {
      double total = (double)bid.qty + (double)ask.qty;
      spread = (double)(ask.price - bid.price);
      imbalance = ((double)bid.qty - (double)ask.qty) / total;
      microprice = 0.5 * spread * imbalance;
    }
  }
  hft_fields_put(fields, "spread", TENTHS, "from the best bid to the best offer", width,
                 0.1 * spread);
  hft_fields_put(fields, "imbalance", "",
                 "(bid - ask) / (bid + ask) of the lots at the best prices", HFT_BOUNDS_SIGN,
                 imbalance);
  hft_fields_put(
      fields, "microprice", TENTHS,
      "from the mid to the mean of best bid and offer, each weighted by the other's lots",
      (hft_bounds){-0.5 * width.high, 0.5 * width.high}, 0.1 * microprice);
  hft_fields_put(fields, "return_1", TENTHS, "change of the reference price in the last step",
                 reach, change(env, history, 1));
  hft_fields_put(fields, "return_8", TENTHS, "change of the reference price in 8 steps", reach,
                 change(env, history, 8));
  hft_fields_put(fields, "return_32", TENTHS, "change of the reference price in 32 steps", reach,
                 change(env, history, 32));
  hft_fields_put(fields, "volatility", "ticks",
                 "root mean square change of the reference price a step, over up to 32 steps",
                 (hft_bounds){0, 10 * reach.high},
                 env != NULL ? hft_observe_volatility(model, env, instrument) : 0);
  hft_fields_put(fields, "trade_flow", "",
                 "(bought - sold) / (bought + sold) of the takers' lots in the last step",
                 HFT_BOUNDS_SIGN, history != NULL ? history->trade_flow : 0);
  if (model->has_auctions) observe_auction(model, env, instrument, reach, fields);
}

void hft_observe_fundamental(const hft_env_model *model, const hft_env *env, int instrument,
                             hft_fields *fields) {
  double away = 0;
  if (env != NULL) {
    away = hft_market_fundamental(model->market, hft_env_market_of(model, env), instrument) -
           hft_env_histories(model, env)[instrument].mark;
  }
  hft_fields_put(fields, "fundamental", TENTHS,
                 "from the reference price to the fundamental value; in the state alone",
                 HFT_BOUNDS_ANY, 0.1 * away);
}

void hft_observe_time(const hft_env_model *model, const hft_env *env, hft_fields *fields) {
  double length = (double)model->env.episode_len;
  hft_fields_put(fields, "time_left", "", "1 at the start of the episode, 0 at its end",
                 HFT_BOUNDS_SHARE, env != NULL ? 1 - (double)env->step / length : 0);
}

// ---- others ------------------------------------------------------------------------------------

static void name_other(const hft_env_model *model, int other, int place, hft_fields *fields) {
  const hft_group *group = &model->spec.group[model->seat[other].group];
  int messages = (int)model->env.message_dim;
  int first = model->env.see_actions ? 0 : group->axis_count - messages;
  const char *before = fields->prefix;
  char prefix[HFT_NAME_SIZE];
  hft_fields_prefix(prefix, "other_%d_%s_", place, group->role_name);
  fields->prefix = prefix;
  for (int axis = first; axis < group->axis_count; axis++) {
    hft_fields_put(fields, group->axis[axis].name, "",
                   axis < group->axis_count - messages
                       ? "last action of the k-th other seat, seats in their order"
                       : "last message of the k-th other seat",
                   HFT_BOUNDS_SIGN, 0);
  }
  fields->prefix = before;
}

void hft_observe_others(const hft_env_model *model, const hft_env *env, int seat,
                        hft_fields *fields) {
  int messages = (int)model->env.message_dim;
  if (!model->env.see_actions && messages == 0) return;
  for (int other = 0, place = 0; other < model->spec.all_seat_count; other++) {
    if (other == seat || !model->seat[other].observes) continue;
    if (env == NULL) {
      name_other(model, other, place++, fields);
      continue;
    }
    int count = model->spec.group[model->seat[other].group].axis_count;
    int first = model->env.see_actions ? 0 : count - messages;
    const float *last = hft_env_last(model, env) + model->seat[other].last_at;
    memcpy(fields->value + fields->count, last + first, (size_t)(count - first) * sizeof *last);
    fields->count += count - first;
  }
}

// ---- a whole step ------------------------------------------------------------------------------

// The mean of the spread: of all steps up to SPREAD_STEPS, then with the weight 1 / SPREAD_STEPS of
// the last one. Steps in which a side is empty, or orders wait for an auction, do not count.
static void note_spread(const hft_book *book, int64_t step, hft_instrument_history *history) {
  hft_price bid = hft_book_best_price(book, HFT_BID), ask = hft_book_best_price(book, HFT_ASK);
  if (bid == 0 || ask <= bid) return;
  double spread = ask - bid, count = (double)(step < SPREAD_STEPS ? step + 1 : SPREAD_STEPS);
  if (history->spread == 0) history->spread = spread;
  history->spread += (spread - history->spread) / count;
}

void hft_observe_note(const hft_env_model *model, hft_env *env) {
  hft_market *market = hft_env_market_of(model, env);
  for (int i = 0; i < model->instrument_count; i++) {
    hft_instrument_history *history = &hft_env_histories(model, env)[i];
    const hft_tape *tape = hft_market_tape(market, i);
    int64_t bought = tape->buy_qty - history->buy_qty, sold = tape->sell_qty - history->sell_qty;
    history->trade_flow = bought + sold > 0 ? (double)(bought - sold) / (double)(bought + sold) : 0;
    history->buy_qty = tape->buy_qty;
    history->sell_qty = tape->sell_qty;
    history->mark = hft_env_mark(model, env, i);
    note_spread(hft_market_book(model->market, market, i), env->step, history);
    int64_t step = env->step, then = step - VOLATILITY_STEPS;
    history->mid2[(uint64_t)step % HFT_MIDS] = (int64_t)floor(2 * history->mark + 0.5);
    if (step == 0) continue;
    int64_t now = mid_of(history, step) - mid_of(history, step - 1);
    history->squares += now * now;
    if (then <= 0) continue;
    int64_t gone = mid_of(history, then) - mid_of(history, then - 1);
    history->squares -= gone * gone;
  }
}

static float *put(float *to, const float *from, int count) {
  memcpy(to, from, (size_t)count * sizeof *to);
  return to + count;
}

// Copies the features of the seat's instruments and of the time from the state, which may have more
// levels per side.
static float *copy_common(const hft_env_model *model, const hft_seat_model *seat,
                          const float *state, float *obs) {
  int depth = (int)model->env.depth, deeper = model->state_depth;
  bool all = seat->instrument_count == model->instrument_count;
  if (all && depth == deeper) return put(obs, state, model->common_at + model->common_dim);
  for (int k = 0; k < seat->instrument_count; k++) {
    const float *part = state + (ptrdiff_t)(seat->instrument + k) * model->state_part;
    obs = put(obs, part, 2 * depth);
    obs = put(obs, part + (ptrdiff_t)2 * deeper, 2 * depth);
    obs = put(obs, part + (ptrdiff_t)4 * deeper, model->features_dim);
  }
  return put(obs, state + model->common_at, model->common_dim);
}

// A strategy in the seat of a learner is not bound by the role's rules: its numbers are clipped to
// the bounds of the spec.
static void clip_own(const hft_env_model *model, float *state, ptrdiff_t first, int end) {
  for (ptrdiff_t i = first; i < end; i++) {
    const hft_index *index = &model->spec.state[i];
    if (state[i] < index->low) state[i] = index->low;
    if (state[i] > index->high) state[i] = index->high;
  }
}

void hft_observe(const hft_step_state *step) {
  const hft_env_model *model = step->model;
  const hft_env_io *io = step->io;
  bool sees_others = model->env.see_actions || model->env.message_dim > 0;
  hft_fields state = {.value = io->state};
  for (int i = 0; i < model->instrument_count; i++) {
    hft_observe_instrument(model, step->env, i, model->state_depth, &state);
  }
  hft_observe_time(model, step->env, &state);
  for (int i = 0; i < model->instrument_count; i++) {
    hft_observe_fundamental(model, step->env, i, &state);
  }
  for (int s = 0; s < model->spec.all_seat_count; s++) {
    const hft_seat_view *view = &step->view[s];
    const hft_seat_model *seat = view->seat_model;
    if (!seat->observes) continue;
    const hft_group *group = &model->spec.group[seat->group];
    const float *own = io->state + state.count;
    hft_role_class_of(seat->role)->observe(view, seat->instrument_count, &state);
    hft_forecast_observe(model, step->env, s, &state);
    if (HFT_UNLIKELY(!seat->acts)) clip_own(model, state.value, own - state.value, state.count);
    float *obs = io->obs[seat->group] + (ptrdiff_t)seat->index * group->obs_dim;
    float *at = copy_common(model, seat, io->state, obs);
    at = put(at, own, model->own_dim[seat->group]);
    hft_fields others = {.value = at};
    if (sees_others) hft_observe_others(model, step->env, s, &others);
    HFT_DEBUG_CHECK(at + others.count == obs + group->obs_dim);
    if (group->mask_dim > 0) {
      hft_action_mask(view, io->mask[seat->group] + (ptrdiff_t)seat->index * group->mask_dim);
    }
  }
  HFT_DEBUG_CHECK(state.count == model->spec.state_dim);
}
