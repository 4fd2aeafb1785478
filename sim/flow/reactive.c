// One clock and one draw for all of the background flow. When the clock fires, the state of the
// book, the last events and a tilt towards the value give a weight to each of twelve outcomes: six
// kinds of events on two sides. docs/reactive.md has the model.
//
// The market answers to trades of anybody: each moves the price that the flow is tilted towards,
// for a while and a little for good. Orders of agents change the book that the weights see, but do
// not set the clock, so that the flow does not race with an agent.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/dist.h"
#include "sim/base/hash.h"
#include "sim/base/math.h"
#include "sim/flow/flow.h"
#include "sim/flow/reactive_model.h"
#include "sim/flow/recency.h"

#define PICKS_BEST 4   // the same at the best price, where the last one counts
#define PICKS 16       // tries to find an order to cancel
#define BEHIND_MIN 3   // orders that stay behind the best: no event takes the best away below that
#define SHORTEST -7.0  // log10 of s, of a wait as the activity counts it

// clang-format off
#define REACTIVE_KEYS(X)                                                                          \
  X(PATH, tables, "small_tick", 1, 1023, "large_tick|small_tick",                                                      \
    "what happens when: small_tick, large_tick, or a file written by 'hftsim calibrate'")         \
  X(REAL, pace, "1", 1e-3, 1e3, "", "factor on the speed of the flow")                            \
  X(LIST, profile, "[1]", 1e-3, 1e3, "",                                                          \
    "factors on the speed of the flow, one for each of equal parts of the session")               \
  X(REAL, value_pull, "4", 0, 100, "",                                                            \
    "strength of the tilt towards the value, per mean spread of distance")                        \
  X(REAL, informed_share, "1", 0, 1, "", "share of market orders that know the value")            \
  X(REAL, informed_quotes, "0.05", 0, 1, "",                                                      \
    "share of improving orders and cancellations at the best price that know it")                 \
  X(REAL, transient_impact, "0.3", 0, 100, "",                                                    \
    "move of the price by a market order that decays, in standard deviations of 1 s")             \
  X(REAL, permanent_impact, "0.02", 0, 100, "",                                                   \
    "move of the value by a market order, in standard deviations of 1 s")                         \
  X(REAL, impact_decay, "0.4", 0.05, 1, "", "the transient part falls as (1 + t / 1 s)^-this")    \
  X(REAL, activity_exponent, "1", 0, 4, "",                                                       \
    "the flow is faster by the value's present volatility, over its mean, to this power")         \
  X(INT, open_orders_max, "2048", 64, 1000000, "orders", "limit on resting orders")
// clang-format on

typedef struct reactive_keys {
  REACTIVE_KEYS(HFT_KEY_MEMBER)
} reactive_keys;

typedef struct reactive_params {
  reactive_keys keys;
  hft_reactive_model *model;
  uint64_t content;
  double speed[HFT_LIST_MAX];  // 1e9 / (pace x profile): ns per s of the tables
  int32_t parts;
  hft_time part;
  double pull;                  // value_pull / spread_mean, 1 / ticks
  double transient, permanent;  // ticks
  double size_scale;            // 1 / market_size
} reactive_params;

typedef struct reactive_state {
  hft_propagator impact;
  int64_t mid2;                 // at the last event
  int64_t seen_buy, seen_sell;  // lots of the tape that the impact has counted
  double volatility;            // of the value, for which `haste` stands
  double haste;                 // volatility^-activity_exponent
  double activity;              // mean of log10 of the recent waits
  double wait;                  // log10 of the present wait, s
  double expected;              // sign of the next market order
  uint32_t taker;               // number of the order that took last
  uint32_t tied;                // an auction or a halt was on at the last event
  double taken;                 // what that order has taken, lots
  int32_t previous, before;     // outcomes of the last two events
  int32_t rise, since;          // the last change of the mid was a rise; events since
} reactive_state;

// The own resting orders follow in memory.
HFT_INLINE hft_recency *orders_of(reactive_state *self) {
  return (hft_recency *)(self + 1);
}

#define HFT_KEY_STRUCT reactive_keys
static const hft_key keys[] = {REACTIVE_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

// ---- the tables --------------------------------------------------------------------------------

// The text of built-in tables, or null.
static const hft_flow_text *builtin(const char *name) {
  for (int i = 0; i < hft_flow_text_count; i++) {
    if (strcmp(hft_flow_texts[i].name, name) == 0) return &hft_flow_texts[i];
  }
  return NULL;
}

static hft_status read_file(const char *path, char *text, size_t *length, hft_error *error) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return hft_fail(error, HFT_EIO, path, "cannot open the tables: %s", strerror(errno));
  }
  *length = fread(text, 1, HFT_FLOW_TABLES_BYTES_MAX + 1, file);
  bool failed = ferror(file) != 0;
  int reason = errno;
  fclose(file);
  if (!failed) return HFT_OK;
  return hft_fail(error, HFT_EIO, path, "cannot read the tables: %s", strerror(reason));
}

static hft_status load(reactive_params *reactive, hft_error *error) {
  const char *name = reactive->keys.tables.text;
  const hft_flow_text *known = builtin(name);
  char *own = known == NULL ? malloc(HFT_FLOW_TABLES_BYTES_MAX + 1) : NULL;
  if (known == NULL && own == NULL) return hft_fail(error, HFT_ENOMEM, name, "out of memory");
  const char *text = known != NULL ? known->text : own;
  size_t length = known != NULL ? known->length : 0;
  hft_status status = known != NULL ? HFT_OK : read_file(name, own, &length, error);
  if (status == HFT_EIO) hft_path_explain(&reactive->keys.tables, error);
  if (status == HFT_OK) {
    status = hft_flow_tables_read(text, length, name, &reactive->model->tables, error);
    reactive->content = hft_hash_bytes(HFT_HASH_START, text, length) | 1;
  }
  free(own);
  return status;
}

static hft_status compile(void *params, const hft_instrument *instrument, const char *where,
                          hft_error *error) {
  reactive_params *reactive = params;
  const reactive_keys *k = &reactive->keys;
  size_t size = hft_align(sizeof(hft_reactive_model));
  reactive->model = aligned_alloc(HFT_CACHE_LINE, size);
  if (reactive->model == NULL) return hft_fail(error, HFT_ENOMEM, where, "out of memory");
  memset(reactive->model, 0, size);
  hft_status status = load(reactive, error);
  if (status != HFT_OK) return status;
  hft_reactive_compile(reactive->model, k->impact_decay);
  const hft_flow_tables *tables = &reactive->model->tables;
  if (2 * tables->orders_mean >= (double)k->open_orders_max) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "open_orders_max: the tables have %g orders a side on average; allow at "
                    "least %.0f",
                    tables->orders_mean, 4 * tables->orders_mean);
  }
  reactive->parts = k->profile.count > 0 ? (int32_t)k->profile.count : 1;
  reactive->part = instrument->duration / reactive->parts + 1;
  for (int32_t i = 0; i < reactive->parts; i++) {
    double factor = k->profile.count > 0 ? k->profile.value[i] : 1;
    reactive->speed[i] = 1e9 / (k->pace * factor);
  }
  reactive->pull = k->value_pull / tables->spread_mean;
  reactive->transient = k->transient_impact * tables->volatility;
  reactive->permanent = k->permanent_impact * tables->volatility;
  reactive->size_scale = 1 / tables->market_size;
  return HFT_OK;
}

static hft_needs measure(const void *params) {
  const reactive_params *reactive = params;
  return (hft_needs){
      .state_size =
          sizeof(reactive_state) + hft_recency_size((uint32_t)reactive->keys.open_orders_max),
      .open_orders_max = reactive->keys.open_orders_max,
      .model_bytes = sizeof(hft_reactive_model),
      .content = reactive->content,
  };
}

static void release(void *params) {
  free(((reactive_params *)params)->model);
}

// Half the cap of the spread, and where the tables put all but rare orders behind it.
static double reach(const void *params, const hft_instrument *instrument) {
  (void)instrument;
  const hft_flow_tables *tables = &((const reactive_params *)params)->model->tables;
  const double *row = tables->behind.value[HFT_FLOW_SPREADS - 1];
  return tables->spread_cap + row[tables->behind.count - 2];
}

// ---- the clock ---------------------------------------------------------------------------------

// Linear between the points of a table of waits.
static double draw_wait(const hft_wait_quantiles *wait, const double *quantile, double u) {
  double at = u * (double)(wait->count - 1);
  int32_t k = (int32_t)at;
  return quantile[k] + (at - k) * (quantile[k + 1] - quantile[k]);
}

static void set_clock(const reactive_params *reactive, reactive_state *self, const hft_desk *desk,
                      int32_t spread) {
  const hft_reactive_model *model = reactive->model;
  const hft_flow_tables *tables = &model->tables;
  int32_t group = hft_flow_spread_class(model, spread).group;
  int32_t activity =
      hft_flow_class(tables->activity_edges, HFT_FLOW_ACTIVITIES - 1, self->activity);
  const double *quantile = tables->wait.value[group][self->previous >> 1][activity];
  hft_time now = hft_desk_now(desk);
  self->wait = draw_wait(&tables->wait, quantile, hft_uniform(hft_desk_rng(desk)));
  int64_t part = reactive->parts > 1 ? now / reactive->part : 0;
  double speed = reactive->speed[part < reactive->parts ? part : reactive->parts - 1];
  double volatility = hft_desk_volatility(desk);
  if (HFT_UNLIKELY(volatility != self->volatility)) {  // it changes with the value's grid
    self->volatility = volatility;
    self->haste = hft_pow(volatility, -reactive->keys.activity_exponent);
  }
  double wait = hft_flow_exp2(model, self->wait * 3.32192809488736234787) * speed * self->haste;
  hft_desk_wake_at(desk, now + (hft_time)wait);
}

// ---- impact ------------------------------------------------------------------------------------

// Counts a trade of `size` = sqrt(lots / market_size), by how much its sign was unexpected.
static void count_trade(const reactive_params *reactive, reactive_state *self, double sign,
                        double size) {
  double surprise = (sign - self->expected) * size;
  hft_propagator_add(&reactive->model->propagator, &self->impact, reactive->transient * surprise,
                     reactive->permanent * surprise);
}

// The price that the flow is tilted towards, less the mid, ticks.
static double mispricing(const reactive_state *self, const hft_desk *desk) {
  return hft_desk_fundamental(desk) + hft_propagator_sum(&self->impact) -
         0.5 * (double)hft_desk_mid2(desk);
}

// Executions of one order count as one trade.
static void fill(const void *params, void *state, hft_desk *desk, const hft_event *event) {
  const reactive_params *reactive = params;
  reactive_state *self = state;
  if (event->owner == desk->self && event->left == 0) {
    hft_recency_remove(orders_of(self), event->order);
  }
  if (event->reason == HFT_REASON_AUCTION) return;
  hft_propagator_decay(&self->impact, hft_desk_now(desk));
  bool buys = event->side == HFT_ASK;
  *(buys ? &self->seen_buy : &self->seen_sell) += event->qty;
  if (self->taker != event->taker.number) self->taken = 0;
  self->taker = event->taker.number;
  double before = sqrt(self->taken * reactive->size_scale);
  self->taken += event->qty;
  count_trade(reactive, self, buys ? 1 : -1, sqrt(self->taken * reactive->size_scale) - before);
}

// Trades of others among themselves.
static void count_others(const reactive_params *reactive, reactive_state *self,
                         const hft_desk *desk) {
  const hft_tape *tape = hft_desk_tape(desk);
  int64_t buy = tape->buy_qty - self->seen_buy, sell = tape->sell_qty - self->seen_sell;
  if (HFT_LIKELY((buy | sell) == 0)) return;
  self->seen_buy = tape->buy_qty;
  self->seen_sell = tape->sell_qty;
  if (self->tied) return;  // an auction's
  if (buy > 0) count_trade(reactive, self, 1, sqrt((double)buy * reactive->size_scale));
  if (sell > 0) count_trade(reactive, self, -1, sqrt((double)sell * reactive->size_scale));
}

// ---- what happens ------------------------------------------------------------------------------

// What the draws see of the book.
typedef struct view {
  hft_price best[2];   // 0: the side is empty
  int32_t queue[2];    // lots at the best
  uint32_t orders[2];  // orders at the best
  uint32_t live[2];    // own orders
  int32_t spread;      // ticks; beyond the cap where a side is empty
} view;

// The spread in ticks, or one beyond the cap if a side is empty.
HFT_INLINE int32_t spread_of(const reactive_params *reactive, const hft_book *book) {
  int32_t bid = book->best[HFT_BID], ask = book->best[HFT_ASK];
  bool both = bid >= 0 && (uint32_t)ask < book->ticks;
  return HFT_LIKELY(both) ? ask - bid : (int32_t)reactive->model->tables.spread_cap + 1;
}

HFT_INLINE void look(const reactive_params *reactive, reactive_state *self, const hft_book *book,
                     view *v) {
  const hft_node *nodes = hft_book_nodes(book);
  v->spread = spread_of(reactive, book);
  for (int side = 0; side < 2; side++) {
    v->live[side] = orders_of(self)->side[side].live;
    int32_t tick = book->best[side];
    bool empty = (uint32_t)tick >= book->ticks;
    v->best[side] = HFT_UNLIKELY(empty) ? 0 : book->price_min + tick;
    v->queue[side] = HFT_UNLIKELY(empty) ? 0 : nodes[tick].qty;
    v->orders[side] = HFT_UNLIKELY(empty) ? 0 : nodes[tick].tag;
  }
}

static int32_t imbalance_class(const view *v) {
  double bid = v->queue[HFT_BID], both = bid + v->queue[HFT_ASK];
  int32_t at = (int32_t)(HFT_FLOW_IMBALANCES * bid / (both > 0 ? both : 1));
  return at < HFT_FLOW_IMBALANCES ? at : HFT_FLOW_IMBALANCES - 1;
}

// Some events are not possible in some books.
static void forbid(const hft_flow_tables *tables, const view *v, uint32_t room,
                   float weight[HFT_FLOW_OUTCOMES]) {
  if (v->spread < 2) weight[2 * HFT_FLOW_IMPROVE] = weight[2 * HFT_FLOW_IMPROVE + 1] = 0;
  if (HFT_UNLIKELY(v->spread > tables->spread_cap)) {
    for (int i = 2; i < HFT_FLOW_OUTCOMES; i++) weight[i] = 0;
  }
  if (HFT_UNLIKELY(room == 0)) {
    for (int i = 0; i < 2 * HFT_FLOW_CANCEL_BEST; i++) weight[i] = 0;
  }
  for (int side = 0; side < 2; side++) {
    int64_t behind = (int64_t)v->live[side] - v->orders[side];
    if (HFT_LIKELY(behind >= BEHIND_MIN)) continue;
    weight[2 * HFT_FLOW_CANCEL_BEST + side] = weight[2 * HFT_FLOW_MARKET + side] = 0;
    if (behind <= 0) weight[2 * HFT_FLOW_CANCEL_BEHIND + side] = 0;
  }
}

// Events that push the price up are more likely below the value.
static void tilt(const reactive_params *reactive, double distance,
                 float weight[HFT_FLOW_OUTCOMES]) {
  double t = hft_flow_tilt(reactive->model, reactive->pull * distance);
  float most = (float)(reactive->keys.informed_share * t),
        least = (float)(reactive->keys.informed_quotes * t);
  weight[2 * HFT_FLOW_MARKET + HFT_ASK] *= 1 + most;
  weight[2 * HFT_FLOW_MARKET + HFT_BID] *= 1 - most;
  weight[2 * HFT_FLOW_CANCEL_BEST + HFT_ASK] *= 1 + least;
  weight[2 * HFT_FLOW_CANCEL_BEST + HFT_BID] *= 1 - least;
  weight[2 * HFT_FLOW_IMPROVE + HFT_BID] *= 1 + least;
  weight[2 * HFT_FLOW_IMPROVE + HFT_ASK] *= 1 - least;
}

// The rows of the state's classes, multiplied.
HFT_INLINE hft_flow_row weigh(const hft_reactive_model *m, const reactive_state *self,
                              const view *v) {
  int32_t since = self->since < 1 ? 0 : self->since < 3 ? 1 : self->since < 10 ? 2 : 3;
  int32_t wait = hft_flow_class(m->wait_edge, HFT_FLOW_WAITS - 1, self->wait);
  hft_flow_row weight = m->spread[hft_flow_spread_class(m, v->spread).spread];
  hft_flow_multiply(&weight, &m->imbalance[imbalance_class(v)]);
  hft_flow_multiply(&weight, &m->previous[self->previous][wait]);
  hft_flow_multiply(&weight, &m->before[self->before]);
  hft_flow_multiply(&weight, &m->move[self->rise][4 * (v->spread > m->tables.move_spread) + since]);
  for (int side = 0; side < 2; side++) {
    int32_t queue = hft_flow_size_class(v->queue[side], m->queue_first, HFT_FLOW_QUEUE_CLASSES);
    int32_t count =
        hft_flow_size_class((int32_t)v->live[side] + 1, m->count_first, HFT_FLOW_COUNT_CLASSES);
    hft_flow_multiply(&weight, &m->queue[side][queue]);
    hft_flow_multiply(&weight, &m->count[side][count]);
  }
  return weight;
}

// ---- limit orders ------------------------------------------------------------------------------

// The nearest point of a table.
static double draw_point(const double *quantile, int64_t count, hft_rng *rng) {
  return quantile[(int64_t)(hft_uniform(rng) * (double)(count - 1) + 0.5)];
}

static hft_qty draw_size(const hft_desk *desk, const hft_quantiles *size) {
  double lots = draw_point(size->value, size->count, hft_desk_rng(desk));
  double most = (double)hft_desk_instrument(desk)->order_qty_max;
  return (hft_qty)(lots < most ? lots : most);
}

static void place(reactive_state *self, const hft_desk *desk, hft_side side, hft_tif tif,
                  hft_price price, hft_qty qty) {
  hft_order order = {side, tif, hft_flow_clamp(hft_desk_instrument(desk), price), qty};
  hft_order_id id = hft_desk_submit(desk, &order);
  if (id.number != 0) hft_recency_add(orders_of(self), side, id);
}

// The best price of a side, or where it would be if the side is empty: at the mean spread.
static hft_price best_of(const reactive_params *reactive, const hft_desk *desk, const view *v,
                         hft_side side) {
  if (HFT_LIKELY(v->best[side] != 0)) return v->best[side];
  hft_price spread = (hft_price)(reactive->model->tables.spread_mean + 0.5);
  hft_price other = v->best[hft_side_other(side)];
  if (other != 0) return other - hft_side_sign(side) * spread;
  return (hft_price)(hft_desk_mid2(desk) / 2) - hft_side_sign(side) * (spread + 1) / 2;
}

static void add_order(const reactive_params *reactive, reactive_state *self, const hft_desk *desk,
                      const view *v, int32_t outcome) {
  const hft_flow_tables *t = &reactive->model->tables;
  hft_side side = (hft_side)(outcome & 1);
  int32_t event = outcome >> 1, sign = hft_side_sign(side);
  hft_price price = best_of(reactive, desk, v, side);
  const hft_quantiles *size = event == HFT_FLOW_IMPROVE ? &t->size_improve
                              : event == HFT_FLOW_JOIN  ? &t->size_join
                                                        : &t->size_behind;
  int32_t class = hft_flow_spread_class(reactive->model, v->spread).spread;
  if (event == HFT_FLOW_IMPROVE && v->best[side] != 0) {
    int32_t room = v->spread - 1;
    double ticks = draw_point(t->improve.value[class], t->improve.count, hft_desk_rng(desk));
    int32_t in = ticks < 1e6 ? (int32_t)ticks : 1000000;
    if (v->best[hft_side_other(side)] == 0) room = in;
    price += sign * (in <= room ? in : 1 + in % room);
  } else if (event == HFT_FLOW_BEHIND) {
    double ticks = draw_point(t->behind.value[class], t->behind.count, hft_desk_rng(desk));
    price -= sign * (hft_price)ticks;
  }
  place(self, desk, side, HFT_GTC, price, draw_size(desk, size));
}

// ---- cancellations -----------------------------------------------------------------------------

// After a limit order on the same side?
static int after_add(const reactive_state *self, hft_side side) {
  return self->previous < 2 * HFT_FLOW_CANCEL_BEST && (self->previous & 1) == (int32_t)side;
}

static void cancel(reactive_state *self, const hft_desk *desk, hft_order_id id) {
  hft_recency_remove(orders_of(self), id);
  hft_desk_cancel(desk, id);
}

// Forgets an order that has left in a way that no fill tells. With latency it may be on its way.
static HFT_COLD void check_order(reactive_state *self, const hft_desk *desk, hft_order_id id) {
  hft_order order;
  if (!hft_desk_order(desk, id, &order)) hft_recency_remove(orders_of(self), id);
}

// The share of draws of an order that its size keeps.
HFT_INLINE float keep_by_size(const hft_reactive_model *m, const hft_book *book, uint32_t slot) {
  if (!m->sized) return 1;
  double lots = hft_book_order_qty(book, slot);
  return m->keep_size[hft_flow_class(m->tables.size_edges, HFT_FLOW_SIZES - 1, lots)];
}

// Draws ranks until an order is behind the best and kept by its distance and size. If there is none
// in all tries, nothing happens.
static void cancel_behind(const reactive_params *reactive, reactive_state *self,
                          const hft_desk *desk, const view *v, hft_side side) {
  const hft_reactive_model *m = reactive->model;
  const hft_rank_weights *weights = &m->rank[after_add(self, side)];
  const hft_book *book = hft_desk_book(desk);
  hft_recency *orders = orders_of(self);
  hft_rng *rng = hft_desk_rng(desk);
  for (int i = 0; i < PICKS && orders->side[side].live > 0; i++) {
    uint32_t rank = hft_draw_rank(weights, orders->side[side].live, hft_uniform(rng));
    hft_order_id id = hft_recency_latest(orders, side, rank);
    if (HFT_UNLIKELY(!hft_book_is_live(book, id.slot1 - 1))) {
      check_order(self, desk, id);
      continue;
    }
    hft_price price = hft_book_order_price(book, id.slot1 - 1);
    int32_t behind = hft_side_sign(side) * (v->best[side] - price);
    behind = behind < HFT_FLOW_DISTANCE_MAX ? behind : HFT_FLOW_DISTANCE_MAX;
    if (behind < 1) continue;
    float keep = m->keep[behind] * keep_by_size(m, book, id.slot1 - 1);
    if (hft_uniform(rng) >= keep) continue;
    cancel(self, desk, id);
    return;
  }
}

// The order of a rank from the end of the queue at the best price; orders of others are passed
// over.
static hft_order_id from_back(reactive_state *self, const hft_book *book, hft_price price,
                              uint32_t rank) {
  hft_order_id found = {0, 0};
  uint32_t slot = hft_book_back(book, price);
  for (uint32_t k = 0; slot != HFT_NO_SLOT; k++, slot = hft_book_before(book, slot)) {
    hft_order_id id = hft_recency_of_slot(orders_of(self), slot);
    if (id.number != 0) found = id;
    if (k >= rank && found.number != 0) break;
  }
  return found;
}

static void cancel_best(const reactive_params *reactive, reactive_state *self, const hft_desk *desk,
                        const view *v, hft_side side) {
  const hft_reactive_model *m = reactive->model;
  const hft_rank_weights *weights = &m->best_rank[after_add(self, side)];
  const hft_book *book = hft_desk_book(desk);
  hft_rng *rng = hft_desk_rng(desk);
  hft_order_id id = {0, 0};
  for (int i = 0; i < PICKS_BEST; i++) {
    uint32_t rank = hft_draw_rank(weights, (uint32_t)v->orders[side], hft_uniform(rng));
    id = from_back(self, book, v->best[side], rank);
    if (id.number == 0 || !m->sized) break;
    if (hft_uniform(rng) < keep_by_size(m, book, id.slot1 - 1)) break;
  }
  if (id.number != 0) cancel(self, desk, id);
}

// ---- market orders -----------------------------------------------------------------------------

static void take(const reactive_params *reactive, const hft_desk *desk, const view *v,
                 hft_side side) {
  const hft_flow_tables *t = &reactive->model->tables;
  hft_qty queue = v->queue[side], qty = queue;
  const double *split = t->market_split[hft_flow_class(t->queue_edges, HFT_FLOW_QUEUES - 1, queue)];
  double u = hft_uniform(hft_desk_rng(desk));
  if (u < split[0]) {
    qty = draw_size(desk, &t->size_partial);
    if (qty >= queue) qty = queue > 1 ? 1 + qty % (queue - 1) : 1;
  } else if (u >= split[0] + split[1]) {
    int64_t sum = (int64_t)queue + draw_size(desk, &t->size_beyond);
    int64_t most = hft_desk_instrument(desk)->order_qty_max;
    qty = (hft_qty)(sum < most ? sum : most);
  }
  // No further than the cap of the spread: an order never empties a side.
  hft_price limit = v->best[side] - hft_side_sign(side) * (hft_price)t->spread_cap;
  hft_order order = {hft_side_other(side), HFT_IOC,
                     hft_flow_clamp(hft_desk_instrument(desk), limit), qty};
  hft_desk_submit(desk, &order);
}

// ---- auctions and halts ------------------------------------------------------------------------

// Nobody sees the book: orders come around the last mid, on both sides of it, so that some can
// trade, and now and then one leaves.
static void act_in_auction(const reactive_params *reactive, reactive_state *self,
                           const hft_desk *desk) {
  const hft_flow_tables *t = &reactive->model->tables;
  hft_rng *rng = hft_desk_rng(desk);
  self->tied = 1;
  if (hft_desk_phase(desk) == HFT_PHASE_CLOSED) return;
  hft_side side = hft_uniform(rng) < 0.5 ? HFT_BID : HFT_ASK;
  uint32_t live = orders_of(self)->side[side].live;
  if (live > t->orders_mean) {
    hft_order_id id = hft_recency_latest(orders_of(self), side, hft_bounded(rng, live));
    cancel(self, desk, id);
  } else if (hft_desk_open_count(desk) < (uint32_t)reactive->keys.open_orders_max) {
    double ticks = draw_point(t->behind.value[0], t->behind.count, rng) - t->spread_mean;
    double price = 0.5 * (double)hft_desk_mid2(desk) + mispricing(self, desk);
    price -= hft_side_sign(side) * ticks;
    place(self, desk, side, HFT_GTC, hft_flow_round(hft_desk_instrument(desk), side, price),
          draw_size(desk, &t->size_join));
  }
}

// After an auction: forgets the orders that traded in it.
static void sweep(reactive_state *self, const hft_desk *desk) {
  self->tied = 0;
  for (int side = 0; side < 2; side++) {
    for (uint32_t k = orders_of(self)->side[side].live; k-- > 0;) {
      hft_order_id id = hft_recency_latest(orders_of(self), (hft_side)side, k);
      hft_order order;
      if (!hft_desk_order(desk, id, &order)) hft_recency_remove(orders_of(self), id);
    }
  }
}

// ---- the population ----------------------------------------------------------------------------

static void note_mid(reactive_state *self, int64_t mid2) {
  if (mid2 == self->mid2) {
    self->since += self->since < 99;
    return;
  }
  self->rise = mid2 > self->mid2;
  self->since = 0;
  self->mid2 = mid2;
}

static void act(const reactive_params *reactive, reactive_state *self, const hft_desk *desk) {
  view v;
  look(reactive, self, hft_desk_book(desk), &v);
  hft_flow_row weight = weigh(reactive->model, self, &v);
  tilt(reactive, mispricing(self, desk), weight.lane);
  forbid(&reactive->model->tables, &v,
         (uint32_t)reactive->keys.open_orders_max - hft_desk_open_count(desk), weight.lane);
  float up = weight.lane[2 * HFT_FLOW_MARKET + HFT_ASK];
  float down = weight.lane[2 * HFT_FLOW_MARKET + HFT_BID];
  self->expected = up + down > 0 ? (up - down) / (up + down) : 0;
  int32_t outcome = hft_draw_outcome(weight.lane, hft_uniform(hft_desk_rng(desk)));
  if (outcome < 0) return;
  hft_side side = (hft_side)(outcome & 1);
  switch ((hft_flow_event)(outcome >> 1)) {
    case HFT_FLOW_CANCEL_BEST:
      cancel_best(reactive, self, desk, &v, side);
      break;
    case HFT_FLOW_CANCEL_BEHIND:
      cancel_behind(reactive, self, desk, &v, side);
      break;
    case HFT_FLOW_MARKET:
      take(reactive, desk, &v, side);
      break;
    default:
      add_order(reactive, self, desk, &v, outcome);
  }
  self->before = self->previous;
  self->previous = outcome;
}

static void wake(const void *params, void *state, hft_desk *desk) {
  const reactive_params *reactive = params;
  reactive_state *self = state;
  hft_propagator_decay(&self->impact, hft_desk_now(desk));
  count_others(reactive, self, desk);
  note_mid(self, hft_desk_mid2(desk));
  double wait = self->wait > SHORTEST ? self->wait : SHORTEST;
  if (HFT_LIKELY(hft_desk_phase(desk) == HFT_PHASE_CONTINUOUS)) {
    if (HFT_UNLIKELY(self->tied)) sweep(self, desk);
    act(reactive, self, desk);
  } else {
    act_in_auction(reactive, self, desk);
  }
  self->activity += reactive->model->tables.activity_gain * (wait - self->activity);
  set_clock(reactive, self, desk, spread_of(reactive, hft_desk_book(desk)));
}

// The book at the open: both best prices, then orders behind them in random order.
static void open_book(const reactive_params *reactive, reactive_state *self, const hft_desk *desk) {
  const hft_flow_tables *t = &reactive->model->tables;
  hft_price spread = (hft_price)(t->spread_mean + 0.5);
  hft_price bid = hft_desk_instrument(desk)->initial_price - spread / 2;
  for (int64_t i = 0; i < (int64_t)(2 * t->orders_mean); i++) {
    hft_side side = (i & 1) == 0 ? HFT_BID : HFT_ASK;
    double ticks =
        i < 2 ? 0 : draw_point(t->open_distance.value, t->open_distance.count, hft_desk_rng(desk));
    hft_price best = side == HFT_BID ? bid : bid + spread;
    place(self, desk, side, HFT_POST_ONLY, best - hft_side_sign(side) * (hft_price)ticks,
          draw_size(desk, &t->open_size));
  }
}

static void reset(const void *params, void *state, hft_desk *desk) {
  const reactive_params *reactive = params;
  reactive_state *self = state;
  hft_recency_init(orders_of(self), (uint32_t)reactive->keys.open_orders_max);
  self->activity = reactive->model->tables.activity_start;
  self->previous = self->before = 2 * HFT_FLOW_JOIN;
  self->since = 99;
  self->volatility = self->haste = 1;
  open_book(reactive, self, desk);
  self->mid2 = hft_desk_mid2(desk);
  set_clock(reactive, self, desk, spread_of(reactive, hft_desk_book(desk)));
}

static const hft_section section = {"reactive",
                                    "order flow that depends on the book, the last events and the "
                                    "value, and that answers to trades",
                                    keys, sizeof keys / sizeof keys[0], sizeof(reactive_keys)};

const hft_agent_class hft_reactive_class = {
    .section = &section,
    .params_size = sizeof(reactive_params),
    .key = {.open_orders_max = HFT_PARAM(reactive_keys, open_orders_max)},
    .state_size = sizeof(reactive_state),
    .compile = compile,
    .measure = measure,
    .reach = reach,
    .release = release,
    .reset = reset,
    .wake = wake,
    .fill = fill,
};
