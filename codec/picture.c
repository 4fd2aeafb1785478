#include "codec/picture.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/market/model.h"

// Offsets of the arrays in the block of a picture.
typedef struct places {
  size_t instrument, seat, level, total, account, order, size;
} places;

static places lay_out(const hft_env_model *model, int level_max) {
  HFT_CHECK(level_max >= 1 && level_max <= HFT_PICTURE_LEVELS_MAX);
  size_t instruments = (size_t)hft_model_instrument_count(hft_env_model_market(model));
  const hft_env_spec *spec = hft_env_model_spec(model);
  size_t seats = (size_t)spec->seat_count, accounts = 0, totals = 0;
  for (int g = 0; g < spec->group_count; g++) {
    const hft_group *group = &spec->group[g];
    totals += (size_t)group->seat_count * (size_t)group->total_dim;
    for (int i = 0; i < group->seat_count; i++) {
      accounts += (size_t)hft_env_seat_instruments(model, group->first_seat + i);
    }
  }
  places at = {.size = sizeof(hft_picture)};
  at.instrument = hft_layout_add(&at.size, instruments * sizeof(hft_picture_instrument));
  at.seat = hft_layout_add(&at.size, seats * sizeof(hft_picture_seat));
  at.level = hft_layout_add(&at.size, 2 * instruments * (size_t)level_max * sizeof(hft_level));
  at.total = hft_layout_add(&at.size, totals * sizeof(double));
  at.account = hft_layout_add(&at.size, accounts * sizeof(hft_picture_account));
  at.order = hft_layout_add(&at.size, accounts * HFT_SEAT_ORDERS * sizeof(hft_picture_order));
  return at;
}

size_t hft_picture_size(const hft_env_model *model, int level_max) {
  return lay_out(model, level_max).size;
}

// Where the next seat's arrays begin.
typedef struct cursor {
  hft_picture_seat *seat;
  double *total;
  hft_picture_account *account;
  hft_picture_order *order;
} cursor;

static void lay_out_seat(const hft_env_model *model, const hft_group *group, int i, cursor *next) {
  int index = group->first_seat + i, accounts = hft_env_seat_instruments(model, index);
  *next->seat = (hft_picture_seat){.index = index,
                                   .total_count = group->total_dim,
                                   .account_count = accounts,
                                   .total_index = group->total,
                                   .total = next->total,
                                   .account = next->account,
                                   .order = next->order};
  hft_spec_agent_name(group, i, next->seat->agent);
  next->seat++;
  next->total += group->total_dim;
  next->account += accounts;
  next->order += (size_t)accounts * HFT_SEAT_ORDERS;
}

hft_picture *hft_picture_init(const hft_env_model *model, int level_max, void *memory,
                              size_t size) {
  const hft_model *market = hft_env_model_market(model);
  const hft_env_spec *spec = hft_env_model_spec(model);
  places at = lay_out(model, level_max);
  HFT_CHECK(size >= at.size);
  hft_picture *picture = memory;
  *picture = (hft_picture){.model = model,
                           .level_max = level_max,
                           .instrument_count = hft_model_instrument_count(market),
                           .seat_count = spec->seat_count,
                           .instrument = hft_at(memory, at.instrument),
                           .seat = hft_at(memory, at.seat)};
  hft_level *level = hft_at(memory, at.level);
  for (int i = 0; i < picture->instrument_count; i++, level += 2 * (size_t)level_max) {
    hft_picture_instrument *instrument = &picture->instrument[i];
    *instrument = (hft_picture_instrument){.bid = level, .ask = level + level_max};
    hft_model_symbol(market, i, instrument->symbol, sizeof instrument->symbol);
  }
  cursor next = {.seat = picture->seat,
                 .total = hft_at(memory, at.total),
                 .account = hft_at(memory, at.account),
                 .order = hft_at(memory, at.order)};
  for (int g = 0; g < spec->group_count; g++) {
    const hft_group *group = &spec->group[g];
    for (int i = 0; i < group->seat_count; i++) lay_out_seat(model, group, i, &next);
  }
  HFT_CHECK(next.seat == picture->seat + picture->seat_count);
  return picture;
}

hft_picture *hft_picture_create(const hft_env_model *model, int level_max) {
  size_t size = hft_picture_size(model, level_max);
  void *memory = malloc(size);
  return memory == NULL ? NULL : hft_picture_init(model, level_max, memory, size);
}

void hft_picture_free(hft_picture *picture) {
  free(picture);
}

// ---- filling -----------------------------------------------------------------------------------
static void fill_instrument(hft_picture *picture, hft_market *market, int i) {
  const hft_model *model = hft_env_model_market(picture->model);
  const hft_book *book = hft_market_book(model, market, i);
  const hft_tape *tape = hft_market_tape(market, i);
  hft_picture_instrument *of = &picture->instrument[i];
  of->tick_size = hft_model_instrument(model)->tick_size;
  of->phase = hft_market_phase(model, market, i);
  of->bid_count = hft_book_depth(book, HFT_BID, of->bid, picture->level_max);
  of->ask_count = hft_book_depth(book, HFT_ASK, of->ask, picture->level_max);
  of->mid = 0.5 * (double)hft_market_mid2(market, i);
  of->fundamental = hft_market_fundamental(model, market, i);
  of->last_price = tape->last_price;
  of->trades = tape->trade_count;
  of->bought = tape->buy_qty;
  of->sold = tape->sell_qty;
}

static void fill_orders(hft_picture_seat *seat, const hft_desk *desk) {
  uint32_t open_count = hft_desk_open_count(desk);
  for (uint32_t i = 0; i < open_count; i++) {
    hft_order_id id = hft_desk_open(desk, i);
    hft_order order;
    if (!hft_desk_order(desk, id, &order)) continue;  // its cancellation is on its way
    HFT_CHECK(seat->order_count < seat->account_count * HFT_SEAT_ORDERS);
    seat->order[seat->order_count++] = (hft_picture_order){.instrument = desk->instrument,
                                                           .side = order.side,
                                                           .price = order.price,
                                                           .qty = order.qty,
                                                           .ahead = hft_desk_queue_ahead(desk, id)};
  }
}

static void fill_seat(hft_picture *picture, hft_env *env, hft_market *market,
                      hft_picture_seat *seat) {
  const hft_env_model *model = picture->model;
  int index = seat->index;
  seat->is_done = hft_env_seat_done(env, index);
  seat->reward_sum = (double)hft_env_return(env, index);
  float totals[HFT_TOTALS_MAX];
  hft_env_totals(model, env, index, totals);
  for (int i = 0; i < seat->total_count; i++) seat->total[i] = (double)totals[i];
  seat->order_count = 0;
  for (int k = 0; k < seat->account_count; k++) {
    hft_seat_look look = hft_env_look(model, env, index, k);
    const hft_account *account = hft_desk_account(&look.desk);
    double mid = 0.5 * (double)hft_market_mid2(market, look.desk.instrument);
    seat->account[k] = (hft_picture_account){.instrument = look.desk.instrument,
                                             .position = look.position,
                                             .cash = account->cash,
                                             .fees = HFT_FEE_UNIT * (double)account->fees,
                                             .profit = hft_account_value(account, mid)};
    fill_orders(seat, &look.desk);
  }
}

void hft_picture_fill(hft_picture *picture, hft_pool *pool, int env) {
  picture->model = hft_pool_env_model(pool, env);
  HFT_CHECK(picture->seat_count == hft_env_model_spec(hft_pool_model(pool))->seat_count);
  bool is_started = hft_pool_world(pool, env, &picture->seed, &picture->episode);
  HFT_CHECK(is_started);
  hft_env *of = hft_pool_env(pool, env);
  hft_market *market = hft_env_market(picture->model, of);
  picture->env = env;
  picture->step = hft_env_steps(of);
  picture->time = hft_market_now(market);
  for (int i = 0; i < picture->instrument_count; i++) fill_instrument(picture, market, i);
  for (int i = 0; i < picture->seat_count; i++) fill_seat(picture, of, market, &picture->seat[i]);
}

// ---- names -------------------------------------------------------------------------------------
const char *hft_picture_phase_name(hft_phase phase) {
  switch (phase) {
    case HFT_PHASE_CONTINUOUS:
      return "continuous";
    case HFT_PHASE_OPENING:
      return "opening";
    case HFT_PHASE_CLOSING:
      return "closing";
    case HFT_PHASE_HALTED:
      return "halted";
    case HFT_PHASE_CLOSED:
      return "closed";
  }
  HFT_CHECK(false);
  return "";
}

const char *hft_picture_side_name(hft_side side) {
  return side == HFT_BID ? "bid" : "ask";
}
