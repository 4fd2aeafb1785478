#include "sim/env/features/parts.h"

#include <string.h>

#include "sim/base/inline.h"
#include "sim/env/features/history.h"
#include "sim/env/features/scale.h"

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
  double most = 0.1 * (double)(model->risk.max_inventory + size) / (double)size;
  return (hft_bounds){-most, most};
}

static void name_side(const hft_env_model *model, hft_side side, int depth, hft_fields *fields) {
  const char *distance = hft_scale_unit(model, HFT_MEASURE_DISTANCE);
  hft_bounds reach = hft_observe_reach(model, hft_scale_of(model, HFT_MEASURE_DISTANCE));
  for (int i = 1; i <= depth; i++) {
    hft_fields_put_level(fields, distance_names[side], i, distance, distance_help[side], reach, 0);
    hft_fields_put_level(fields, size_names[side], i, HFT_SCALE_LOTS, size_help[side],
                         HFT_SCALE_LOTS_BOUNDS, 0);
  }
}

// Writes the values of the same numbers. They are most of an observation, so each side has a loop
// of its own.
HFT_INLINE void observe_side(const hft_env_model *model, const hft_book *book, double mark,
                             hft_side side, int depth, float *value) {
  const hft_node *levels = hft_book_nodes(book);
  hft_walk walk = hft_book_walk_begin(book, side);
  double scale = hft_scale_of(model, HFT_MEASURE_DISTANCE) * hft_side_sign(side);
  float *end = value + (ptrdiff_t)2 * depth;
  for (; value < end && hft_book_walk(book, side, &walk); value += 2) {
    value[0] = (float)(scale * (mark - (book->price_min + walk.tick)) + 0.0);
    value[1] = hft_scale_lots(model, levels[walk.tick].qty);
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

// The numbers of the best prices and of the windows.
static void observe_best(const hft_env_model *model, const hft_book *book,
                         const hft_instrument_history *history, hft_fields *fields) {
  double scale = hft_scale_of(model, HFT_MEASURE_DISTANCE), spread = 0, imbalance = 0;
  hft_bounds width = HFT_BOUNDS_ANY;
  if (book != NULL) {
    hft_price bid = hft_book_best_price(book, HFT_BID), ask = hft_book_best_price(book, HFT_ASK);
    if (bid != 0 && ask != 0) {
      spread = (double)(ask - bid);
      imbalance = hft_history_imbalance(book);
    }
  } else if (fields->index != NULL) {
    width = (hft_bounds){0, scale * window_of(model)};
  }
  const char *unit = hft_scale_unit(model, HFT_MEASURE_DISTANCE);
  hft_fields_put(fields, "spread", unit, "from the best bid to the best offer", width,
                 scale * spread);
  hft_fields_put(fields, "imbalance", "",
                 "(bid - ask) / (bid + ask) of the lots at the best prices", HFT_BOUNDS_SIGN,
                 imbalance);
  for (int w = 1; w < HFT_WINDOWS; w++) {
    int steps = hft_window_steps[w];
    hft_fields_put_level(fields, "imbalance", steps, "",
                         "its mean over so many observations, this one included", HFT_BOUNDS_SIGN,
                         history != NULL ? hft_history_mean_imbalance(history, steps) : 0);
  }
  hft_fields_put(
      fields, "microprice", unit,
      "from the mid to the mean of best bid and offer, each weighted by the other's lots",
      (hft_bounds){-0.5 * width.high, 0.5 * width.high}, scale * 0.5 * spread * imbalance);
}

static void observe_windows(const hft_env_model *model, const hft_instrument_history *history,
                            hft_fields *fields) {
  static const char *const return_help[HFT_WINDOWS] = {
      "change of the reference price in the last step", "change of the reference price in 8 steps",
      "change of the reference price in 32 steps"};
  static const char *const flow_help[HFT_WINDOWS] = {
      "(bought - sold) / (bought + sold) of the takers' lots in the last step",
      "the same in 8 steps", "the same in 32 steps"};
  double scale = hft_scale_of(model, HFT_MEASURE_RETURN);
  double wild = hft_scale_of(model, HFT_MEASURE_VOLATILITY);
  hft_bounds reach = hft_observe_reach(model, scale);
  for (int w = 0; w < HFT_WINDOWS; w++) {
    int steps = hft_window_steps[w];
    hft_fields_put_level(fields, "return", steps, hft_scale_unit(model, HFT_MEASURE_RETURN),
                         return_help[w], reach,
                         history != NULL ? scale * hft_history_return(history, steps) : 0);
  }
  hft_fields_put(fields, "volatility", hft_scale_unit(model, HFT_MEASURE_VOLATILITY),
                 "root mean square change of the reference price a step, over up to 32 steps",
                 (hft_bounds){0, hft_observe_reach(model, wild).high},
                 history != NULL ? wild * hft_history_volatility(history) : 0);
  for (int w = 0; w < HFT_WINDOWS; w++) {
    int steps = hft_window_steps[w];
    hft_fields_put_level(fields, "trade_flow", steps, "", flow_help[w], HFT_BOUNDS_SIGN,
                         history != NULL ? hft_history_flow(history, steps) : 0);
  }
}

// The state of the auction. Only for markets with auctions or halts.
static void observe_auction(const hft_env_model *model, const hft_env *env, int instrument,
                            const hft_instrument_history *history, hft_fields *fields) {
  double scale = hft_scale_of(model, HFT_MEASURE_DISTANCE), in_auction = 0, away = 0;
  if (history != NULL) {
    hft_desk desk = hft_env_desk(model, env, 0);
    desk = hft_desk_at(&desk, instrument);
    in_auction = hft_desk_phase(&desk) != HFT_PHASE_CONTINUOUS;
    hft_indication indication = hft_desk_indication(&desk);
    if (indication.price != 0) away = scale * (indication.price - history->mark);
  }
  hft_fields_put(fields, "in_call", "",
                 "1 in a call, a halt or after the close; 0: trading is "
                 "continuous",
                 HFT_BOUNDS_SHARE, in_auction);
  hft_fields_put(fields, "indicative_price", hft_scale_unit(model, HFT_MEASURE_DISTANCE),
                 "from the reference price to that at which a call would trade now; 0: none",
                 hft_observe_reach(model, scale), away);
}

void hft_observe_instrument(const hft_env_model *model, const hft_env *env,
                            const hft_instrument_history *histories, int instrument, int depth,
                            hft_fields *fields) {
  const hft_book *book = NULL;
  const hft_instrument_history *history = NULL;
  if (env != NULL) {
    book = hft_market_book(model->market, hft_env_market_of(model, env), instrument);
    history = &histories[instrument];
  }
  observe_levels(model, book, history != NULL ? history->mark : 0, depth, fields);
  observe_best(model, book, history, fields);
  observe_windows(model, history, fields);
  if (model->has_auctions) observe_auction(model, env, instrument, history, fields);
}

void hft_observe_fundamental(const hft_env_model *model, const hft_env *env, int instrument,
                             hft_fields *fields) {
  double away = 0;
  if (env != NULL) {
    away = hft_market_fundamental(model->market, hft_env_market_of(model, env), instrument) -
           hft_env_histories(model, env)[instrument].mark;
  }
  hft_fields_put(fields, "fundamental", hft_scale_unit(model, HFT_MEASURE_DISTANCE),
                 "from the reference price to the fundamental value; in the state alone",
                 HFT_BOUNDS_ANY, hft_scale_of(model, HFT_MEASURE_DISTANCE) * away);
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
