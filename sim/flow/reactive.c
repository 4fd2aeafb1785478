// One clock and one draw for all of the background flow. When the clock fires, the state of the
// book, the last events and a tilt towards the value give a weight to each of twelve outcomes: six
// kinds of events on two sides. docs/reactive.md has the model.
//
// The market answers to trades of anybody: each moves the price that the flow is tilted towards,
// for a while and a little for good. Orders of agents change the book that the weights see, but do
// not set the clock, so that the flow does not race with an agent.
#include "sim/base/dist.h"
#include "sim/base/math.h"
#include "sim/flow/flow.h"
#include "sim/flow/reactive_orders.h"
#include "sim/flow/reactive_params.h"
#include "sim/flow/reactive_turn.h"

#define BEHIND_MIN 3    // orders that stay behind the best: no event takes the best away below that
#define SHORTEST 1e-7F  // s, of a wait as the activity counts it
#define LONGEST 1e18    // ns
#define LINEAR 0.25     // of a market order: the impact of smaller parents is linear
#define IN_AUCTION 0.1  // s, mean wait while the book is not shown

// ---- the clock ---------------------------------------------------------------------------------

// The speed of the flow changes from part to part of the session, and with the volatility of the
// value, which changes with the value's grid.
static HFT_COLD void set_speed(const hft_reactive_params *reactive, hft_reactive_state *self,
                               hft_time now, double volatility) {
  int64_t part = now / reactive->part;
  part = part < reactive->parts ? part : reactive->parts - 1;
  self->volatility = volatility;
  double exponent = reactive->keys.activity_exponent;
  double faster = exponent == 1 ? volatility : hft_pow(volatility, exponent);  // 1 is the default
  self->speed = reactive->speed[part] / faster;
  self->speed_until = part < reactive->parts - 1 ? (part + 1) * reactive->part : HFT_TIME_NEVER;
}

HFT_INLINE void set_clock(const hft_reactive_turn *turn, hft_flow_spread spread, uint32_t bits) {
  const hft_reactive_model *model = turn->params->model;
  hft_reactive_state *self = turn->self;
  hft_time now = hft_desk_now(turn->desk);
  double volatility = hft_desk_volatility(turn->desk);
  if (HFT_UNLIKELY(now >= self->speed_until || volatility != self->volatility)) {
    set_speed(turn->params, self, now, volatility);
  }
  uint32_t activity = model->activity_class[hft_flow_cell((int32_t)self->activity)];
  self->wait = hft_draw_wait(model, spread, self->previous, activity, bits);
  double wait = (double)hft_flow_seconds(self->wait) * self->speed;
  // At least 1 ns, so that time goes on whatever the tables are. Recorded events often share a
  // time: tables with waits of 0 take the 1 ns once in 256 waits.
  hft_time more = !model->instant || (bits & 255) == 0;
  hft_desk_wake_at(turn->desk, now + more + (hft_time)(wait < LONGEST ? wait : LONGEST));
}

// ---- impact ------------------------------------------------------------------------------------

// Counts a trade of `size` = sqrt(lots / market_size), by how much its sign was unexpected.
static void count_trade(const hft_reactive_params *reactive, hft_reactive_state *self, double sign,
                        double size) {
  float both = self->up + self->down;
  double expected = both > 0 ? (double)((self->up - self->down) / both) : 0;
  double surprise = (sign - expected) * size;
  hft_propagator_add(&reactive->model->propagator, &self->impact, reactive->transient * surprise,
                     reactive->permanent * surprise);
}

// The price that the flow is tilted towards, ticks.
HFT_INLINE double value_of(const hft_reactive_turn *turn) {
  return hft_desk_fundamental(turn->desk) + hft_propagator_sum(&turn->self->impact);
}

// Counts lots that agents take. What they have taken on a side lately counts as one parent order,
// whose impact is that of its size, however it is cut: with the impact of single orders, many small
// ones would push the price further than a few large ones push it back.
static HFT_COLD void count_agents(const hft_reactive_params *reactive, hft_reactive_state *self,
                                  hft_time now, hft_side taker_side, double lots) {
  double left = hft_exp(-1e-9 * (double)(now - self->parent_time) / reactive->keys.parent_memory_s);
  self->parent_time = now;
  for (int side = 0; side < 2; side++) self->parent[side] *= left;
  double before = sqrt(LINEAR + self->parent[taker_side] * reactive->size_scale);
  self->parent[taker_side] += lots;
  double after = sqrt(LINEAR + self->parent[taker_side] * reactive->size_scale);
  count_trade(reactive, self, hft_side_sign(taker_side),
              reactive->keys.parent_impact * (after - before));
}

// Executions of one order of the flow count as one trade.
static void fill(const void *params, void *state, hft_desk *desk, const hft_event *event) {
  const hft_reactive_params *reactive = params;
  hft_reactive_state *self = state;
  if (event->owner == desk->self && event->left == 0) {
    hft_recency_remove(hft_reactive_orders(self), event->order);
  }
  if (event->reason == HFT_REASON_AUCTION) return;
  hft_time now = hft_desk_now(desk);
  hft_propagator_decay(&reactive->model->propagator, &self->impact, now);
  bool buys = event->side == HFT_ASK;
  *(buys ? &self->seen_buy : &self->seen_sell) += event->qty;
  if (HFT_UNLIKELY(event->taker_owner != desk->self)) {
    count_agents(reactive, self, now, buys ? HFT_BID : HFT_ASK, event->qty);
    return;
  }
  if (self->taker != event->taker.number) self->taken = 0;
  self->taker = event->taker.number;
  double before = sqrt(self->taken * reactive->size_scale);
  self->taken += event->qty;
  count_trade(reactive, self, buys ? 1 : -1, sqrt(self->taken * reactive->size_scale) - before);
}

static HFT_COLD void count_others(const hft_reactive_turn *turn, int64_t buy, int64_t sell) {
  hft_reactive_state *self = turn->self;
  hft_time now = hft_desk_now(turn->desk);
  self->seen_buy += buy;
  self->seen_sell += sell;
  if (self->tied) return;  // an auction's
  if (buy > 0) count_agents(turn->params, self, now, HFT_BID, (double)buy);
  if (sell > 0) count_agents(turn->params, self, now, HFT_ASK, (double)sell);
}

// Lets the impact decay, and counts the trades of others among themselves.
HFT_INLINE void note_trades(const hft_reactive_turn *turn) {
  hft_reactive_state *self = turn->self;
  hft_propagator_decay(&turn->params->model->propagator, &self->impact, hft_desk_now(turn->desk));
  const hft_tape *tape = hft_desk_tape(turn->desk);
  int64_t buy = tape->buy_qty - self->seen_buy, sell = tape->sell_qty - self->seen_sell;
  if (HFT_UNLIKELY((buy | sell) != 0)) count_others(turn, buy, sell);
}

// ---- what happens ------------------------------------------------------------------------------

// The spread in ticks, or one beyond the cap if a side is empty.
HFT_INLINE int32_t spread_of(const hft_reactive_params *reactive, const hft_book *book) {
  int32_t bid = book->best[HFT_BID], ask = book->best[HFT_ASK];
  bool none = ((uint32_t)bid >= book->ticks) | ((uint32_t)ask >= book->ticks);
  return HFT_UNLIKELY(none) ? reactive->beyond_cap : ask - bid;
}

// As look, for a side that may be empty.
static HFT_COLD void look_at_side(hft_reactive_turn *turn, int side) {
  int32_t tick = turn->book->best[side];
  bool empty = (uint32_t)tick >= turn->book->ticks;
  const hft_node *level = &hft_book_nodes(turn->book)[empty ? 0 : tick];
  turn->best[side] = empty ? 0 : turn->book->price_min + tick;
  turn->queue[side] = empty ? 0 : level->qty;
  turn->orders[side] = empty ? 0 : (int32_t)level->tag;
}

HFT_INLINE void look(hft_reactive_turn *turn) {
  const hft_book *book = turn->book;
  const hft_node *nodes = hft_book_nodes(book);
  turn->spread = spread_of(turn->params, book);
  turn->class = hft_flow_spread_class(turn->params->model, turn->spread);
  turn->live[HFT_BID] = (int32_t)hft_reactive_orders(turn->self)->side[HFT_BID].live;
  turn->live[HFT_ASK] = (int32_t)hft_reactive_orders(turn->self)->side[HFT_ASK].live;
  if (HFT_UNLIKELY(turn->spread == turn->params->beyond_cap)) {
    look_at_side(turn, HFT_BID);
    look_at_side(turn, HFT_ASK);
    return;
  }
  for (int side = 0; side < 2; side++) {
    const hft_node *level = &nodes[book->best[side]];
    turn->best[side] = book->price_min + book->best[side];
    turn->queue[side] = level->qty;
    turn->orders[side] = (int32_t)level->tag;
  }
}

// Whether the mid moves, and where to, is hard to predict: without branches.
HFT_INLINE void note_mid(hft_reactive_state *self, int64_t mid2) {
  int32_t moved = mid2 != self->mid2, rises = mid2 > self->mid2;
  self->rise ^= (self->rise ^ rises) & -moved;
  self->since = (self->since + (self->since < HFT_FLOW_SINCE_MAX)) & (moved - 1);
  self->mid2 = mid2;
}

// The class of the imbalance as seen from a side: exactly mirrored for the other side.
HFT_INLINE int32_t imbalance_class(float own, float per_lot) {
  int32_t at = (int32_t)(own * per_lot);
  return at < HFT_FLOW_IMBALANCES ? at : HFT_FLOW_IMBALANCES - 1;
}

// The weight of each outcome, but for the tilt and for what is not possible: the product of the
// rows of the state's classes.
HFT_INLINE hft_flow_row weigh(const hft_reactive_model *m, const hft_reactive_turn *turn) {
  const hft_reactive_state *self = turn->self;
  const hft_flow_row *previous =
      &m->previous[self->previous][m->wait_class[hft_flow_cell(self->wait)]];
  const hft_flow_row *before = &m->before[self->before];
  const hft_flow_row *spread = &m->spread[self->rise][m->since[self->since]][turn->class.row];
  int32_t bids = turn->queue[HFT_BID], asks = turn->queue[HFT_ASK];
  bids |= bids == 0, asks |= asks == 0;
  float per_lot = HFT_FLOW_IMBALANCES / ((float)bids + (float)asks);
  int32_t bid_class = imbalance_class((float)bids, per_lot);
  int32_t ask_class = imbalance_class((float)asks, per_lot);
  const hft_flow_row *imbalance = &m->imbalance[bid_class][ask_class];
  const hft_flow_side_row *bid = &m->queue[hft_flow_size_class(bids)];
  const hft_flow_side_row *ask = &m->queue[hft_flow_size_class(asks)];
  const hft_flow_side_row *bid_count = &m->count[hft_flow_size_class(turn->live[HFT_BID] + 1)];
  const hft_flow_side_row *ask_count = &m->count[hft_flow_size_class(turn->live[HFT_ASK] + 1)];
  hft_flow_row weight;
  hft_four memory[3];
  for (int i = 0; i < 3; i++) memory[i] = previous->four[i] * before->four[i] * spread->four[i];
  hft_pair rest = {bid->pair[2], ask->pair[2]};
  hft_pair rest_count = {bid_count->pair[2], ask_count->pair[2]};
  weight.four[0] = bid->four[0] * bid_count->four[0] * (imbalance->four[0] * memory[0]);
  weight.four[1] = ask->four[0] * ask_count->four[0] * (imbalance->four[1] * memory[1]);
  weight.four[2] = (hft_four)rest * (hft_four)rest_count * (imbalance->four[2] * memory[2]);
  return weight;
}

// Events that push the price up are more likely below the value.
HFT_INLINE void tilt(const hft_reactive_turn *turn, hft_flow_row *weight) {
  const hft_reactive_model *m = turn->params->model;
  double distance = value_of(turn) - 0.5 * (double)turn->self->mid2;
  float t = hft_flow_tilt(m, turn->params->pull * (float)distance);
  hft_four all = {t, t, t, t};
  for (int i = 0; i < 3; i++) weight->four[i] *= 1 + all * m->tilt_push.four[i];
}

// Whether a drawn outcome is possible: by rounding it may not be.
HFT_INLINE bool is_possible(const hft_flow_row *weight, hft_flow_event event, hft_side side) {
  return HFT_LIKELY(weight->lane[HFT_FLOW_LANE(event, side)] > 0);
}

// Draws an event and sends its request. Returns the outcome, or -1: the event is not possible,
// since nothing is or by rounding.
HFT_INLINE int32_t draw_and_send(const hft_reactive_turn *turn, const hft_flow_row *weight,
                                 uint32_t bits) {
  float rest;
  hft_flow_event event = hft_draw_event(weight, hft_flow_unit(bits), &rest);
  if (event <= HFT_FLOW_BEHIND) {
    hft_side side = hft_draw_side(weight, event, rest);
    if (!is_possible(weight, event, side)) return -1;
    hft_reactive_add(turn, event, side);
    return 2 * (int32_t)event + (int32_t)side;
  }
  hft_side side = hft_draw_side(weight, event, rest);
  if (!is_possible(weight, event, side)) return -1;
  if (event == HFT_FLOW_CANCEL_BEHIND) {
    hft_reactive_cancel_behind(turn, side);
  } else if (event == HFT_FLOW_CANCEL_BEST) {
    hft_reactive_cancel_best(turn, side);
  } else {
    hft_reactive_take(turn, side);
  }
  return 2 * (int32_t)event + (int32_t)side;
}

// No event takes the best of a side away that has next to nothing behind it.
static HFT_COLD void forbid_thinning(const hft_reactive_turn *turn, hft_flow_row *weight) {
  for (int side = 0; side < 2; side++) {
    int32_t behind = turn->live[side] - turn->orders[side];
    if (behind >= BEHIND_MIN) continue;
    weight->lane[HFT_FLOW_LANE(HFT_FLOW_CANCEL_BEST, side)] = 0;
    weight->lane[HFT_FLOW_LANE(HFT_FLOW_MARKET, side)] = 0;
    if (behind <= 0) weight->lane[HFT_FLOW_LANE(HFT_FLOW_CANCEL_BEHIND, side)] = 0;
  }
}

static HFT_COLD void forbid_adding(hft_flow_row *weight) {
  for (int e = HFT_FLOW_IMPROVE; e <= HFT_FLOW_BEHIND; e++) {
    weight->lane[HFT_FLOW_LANE(e, 0)] = weight->lane[HFT_FLOW_LANE(e, 1)] = 0;
  }
}

HFT_INLINE void act(const hft_reactive_turn *turn, uint32_t bits) {
  hft_reactive_state *self = turn->self;
  hft_flow_row weight = weigh(turn->params->model, turn);
  if (HFT_LIKELY(turn->params->pull > 0)) tilt(turn, &weight);
  int32_t bids_behind = turn->live[HFT_BID] - turn->orders[HFT_BID];
  int32_t asks_behind = turn->live[HFT_ASK] - turn->orders[HFT_ASK];
  int32_t least = bids_behind < asks_behind ? bids_behind : asks_behind;
  if (HFT_UNLIKELY(least < BEHIND_MIN)) forbid_thinning(turn, &weight);
  bool full = hft_desk_open_count(turn->desk) >= (uint32_t)turn->params->keys.open_orders_max;
  if (HFT_UNLIKELY(full)) forbid_adding(&weight);
  self->up = weight.lane[HFT_FLOW_LANE(HFT_FLOW_MARKET, HFT_ASK)];
  self->down = weight.lane[HFT_FLOW_LANE(HFT_FLOW_MARKET, HFT_BID)];
  int32_t outcome = draw_and_send(turn, &weight, bits);
  if (HFT_UNLIKELY(outcome < 0)) {
    if (full) hft_reactive_make_room(turn);
    return;
  }
  self->before = self->previous;
  self->previous = outcome;
}

// ---- the population ----------------------------------------------------------------------------

HFT_INLINE hft_reactive_turn begin(const void *params, void *state, const hft_desk *desk) {
  return (hft_reactive_turn){.params = params,
                             .self = state,
                             .desk = desk,
                             .rng = hft_desk_rng(desk),
                             .book = hft_desk_book(desk)};
}

static hft_needs measure(const void *params) {
  const hft_reactive_params *reactive = params;
  uint32_t orders = (uint32_t)reactive->keys.open_orders_max;
  return (hft_needs){
      .state_size = sizeof(hft_reactive_state) + hft_recency_size(orders),
      .open_orders_max = reactive->keys.open_orders_max,
      .model_bytes = sizeof(hft_reactive_model),
      .content = reactive->content,
  };
}

// Nobody answers to a book that is not shown: orders come at one mean rate, and the flow after the
// auction begins as at the open.
static HFT_COLD void wake_in_auction(const hft_reactive_turn *turn) {
  hft_reactive_state *self = turn->self;
  self->tied = 1;
  self->activity = turn->params->model->activity_start;
  self->previous = self->before = 2 * HFT_FLOW_JOIN;
  self->wait = hft_flow_bits((float)IN_AUCTION);
  double wait = hft_exponential(turn->rng) * IN_AUCTION * self->speed;
  hft_desk_wake_at(turn->desk, hft_desk_now(turn->desk) + 1 + (hft_time)wait);
  hft_reactive_act_in_auction(turn, value_of(turn));
}

static HFT_COLD void end_auction(const hft_reactive_turn *turn) {
  turn->self->tied = 0;
  hft_reactive_sweep(turn);
}

static void wake(const void *params, void *state, hft_desk *desk) {
  hft_reactive_turn turn = begin(params, state, desk);
  hft_reactive_state *self = state;
  const hft_reactive_model *model = turn.params->model;
  uint64_t bits = hft_rng_u64(turn.rng);
  note_trades(&turn);
  note_mid(self, hft_desk_mid2(desk));
  const int32_t shortest = hft_flow_bits(SHORTEST);
  int32_t wait = self->wait > shortest ? self->wait : shortest;
  self->activity += model->activity_gain * ((float)wait - self->activity);
  if (HFT_LIKELY(hft_desk_phase(desk) == HFT_PHASE_CONTINUOUS)) {
    if (HFT_UNLIKELY(self->tied)) end_auction(&turn);
    look(&turn);
    act(&turn, (uint32_t)(bits >> 32));
  } else {
    wake_in_auction(&turn);
    return;
  }
  hft_flow_spread spread = hft_flow_spread_class(model, spread_of(turn.params, turn.book));
  set_clock(&turn, spread, (uint32_t)bits);
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const hft_reactive_turn turn = begin(params, state, desk);
  hft_reactive_state *self = state;
  hft_recency_init(hft_reactive_orders(self), (uint32_t)turn.params->keys.open_orders_max);
  self->activity = turn.params->model->activity_start;
  self->previous = self->before = 2 * HFT_FLOW_JOIN;
  self->since = HFT_FLOW_SINCE_MAX;
  hft_reactive_open(&turn);
  self->mid2 = hft_desk_mid2(desk);
  hft_flow_spread spread =
      hft_flow_spread_class(turn.params->model, spread_of(turn.params, turn.book));
  set_clock(&turn, spread, hft_rng_u32(turn.rng));
}

const hft_agent_class hft_reactive_class = {
    .section = &hft_reactive_section,
    .params_size = sizeof(hft_reactive_params),
    .key = {.open_orders_max = HFT_PARAM(hft_reactive_keys, open_orders_max)},
    .state_size = sizeof(hft_reactive_state),
    .compile = hft_reactive_params_compile,
    .measure = measure,
    .reach = hft_reactive_params_reach,
    .release = hft_reactive_params_release,
    .reset = reset,
    .wake = wake,
    .fill = fill,
};
