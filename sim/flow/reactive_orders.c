#include "sim/flow/reactive_orders.h"

#include "sim/base/dist.h"

#define PICKS 16      // tries to find an order to cancel
#define PICKS_BEST 4  // orders that are tried at the best price

// ---- limit orders ------------------------------------------------------------------------------

static void place(const hft_reactive_turn *turn, hft_side side, hft_tif tif, hft_price price,
                  hft_qty qty) {
  hft_order order = {side, tif, hft_flow_clamp(hft_desk_instrument(turn->desk), price), qty};
  hft_order_id id = hft_desk_submit(turn->desk, &order);
  if (HFT_LIKELY(id.number != 0)) hft_recency_add(hft_reactive_orders(turn->self), side, id);
}

// Where the best price of an empty side would be: at the mean spread.
static HFT_COLD hft_price missing_best(const hft_reactive_turn *turn, hft_side side) {
  hft_price spread = (hft_price)(turn->params->model->tables.spread_mean + 0.5);
  hft_price other = turn->best[hft_side_other(side)];
  if (other != 0) return other - hft_side_sign(side) * spread;
  return (hft_price)(hft_desk_mid2(turn->desk) / 2) - hft_side_sign(side) * (spread + 1) / 2;
}

// Ticks from the best price to one inside the spread. Distances that do not fit are wrapped.
HFT_INLINE int32_t fit(const hft_reactive_turn *turn, int32_t in) {
  int32_t room = turn->spread - 1;
  if (HFT_LIKELY(in <= room)) return in;
  bool both = turn->best[HFT_BID] != 0 && turn->best[HFT_ASK] != 0;
  if (HFT_UNLIKELY(!both || room < 1)) return both ? 0 : in;
  return 1 + in % room;
}

static hft_qty draw_size(const hft_quantiles *size, hft_qty most, uint32_t bits) {
  double lots = size->value[hft_flow_point((uint32_t)size->count - 1, bits)];
  return lots < most ? (hft_qty)lots : most;
}

void hft_reactive_add(const hft_reactive_turn *turn, hft_flow_event event, hft_side side) {
  const hft_reactive_model *m = turn->params->model;
  uint64_t bits = hft_rng_u64(turn->rng);
  const hft_flow_places *places = &m->place[event];
  int32_t behind = places->value[turn->class.place][hft_flow_point(places->last, (uint32_t)bits)];
  hft_price best = turn->best[side];
  if (HFT_UNLIKELY(best == 0)) {
    best = missing_best(turn, side);
    behind = behind < 0 ? 0 : behind;
  } else if (event == HFT_FLOW_IMPROVE) {
    behind = -fit(turn, -behind);
  }
  const hft_flow_points *size = &m->size[event];
  hft_qty qty = size->value[hft_flow_point(size->last, (uint32_t)(bits >> 32))];
  place(turn, side, HFT_GTC, best - hft_side_sign(side) * behind, qty);
}

void hft_reactive_open(const hft_reactive_turn *turn) {
  const hft_flow_tables *t = &turn->params->model->tables;
  const hft_instrument *instrument = hft_desk_instrument(turn->desk);
  hft_price spread = (hft_price)(t->spread_mean + 0.5);
  hft_price bid = instrument->initial_price - spread / 2;
  for (int64_t i = 0; i < (int64_t)(2 * t->orders_mean); i++) {
    hft_side side = (i & 1) == 0 ? HFT_BID : HFT_ASK;
    uint64_t bits = hft_rng_u64(turn->rng);
    uint32_t point = hft_flow_point((uint32_t)t->open_distance.count - 1, (uint32_t)bits);
    hft_price ticks = i < 2 ? 0 : (hft_price)t->open_distance.value[point];
    hft_price best = side == HFT_BID ? bid : bid + spread;
    place(turn, side, HFT_POST_ONLY, best - hft_side_sign(side) * ticks,
          draw_size(&t->open_size, instrument->order_qty_max, (uint32_t)(bits >> 32)));
  }
}

// ---- cancellations -----------------------------------------------------------------------------

// After a limit order on the same side?
static int after_add(const hft_reactive_state *self, hft_side side) {
  return (self->previous < 2 * HFT_FLOW_CANCEL_BEST) & ((self->previous & 1) == (int32_t)side);
}

static void cancel(const hft_reactive_turn *turn, hft_order_id id) {
  hft_recency_remove(hft_reactive_orders(turn->self), id);
  hft_desk_cancel(turn->desk, id);
}

// Forgets an order that has left in a way that no fill tells. With latency it may be on its way.
static HFT_COLD void check_order(const hft_reactive_turn *turn, hft_order_id id) {
  hft_order order;
  if (!hft_desk_order(turn->desk, id, &order)) {
    hft_recency_remove(hft_reactive_orders(turn->self), id);
  }
}

// Draws ranks until an order is behind the best and kept by its distance and size. If there is none
// in all tries, nothing happens.
void hft_reactive_cancel_behind(const hft_reactive_turn *turn, hft_side side) {
  const hft_reactive_model *m = turn->params->model;
  const hft_rank_weights *weights = &m->rank[after_add(turn->self, side)];
  const hft_book *book = turn->book;
  hft_recency *orders = hft_reactive_orders(turn->self);
  const uint32_t live = orders->side[side].live;
  if (HFT_UNLIKELY(live == 0)) return;
  const hft_recency_view view = hft_recency_look(orders, side);
  const int32_t sign = hft_side_sign(side), best = sign * turn->best[side];
  hft_order_id gone = {0, 0};
  hft_rng rng = *turn->rng;
  for (int i = 0; i < PICKS; i++) {
    uint32_t rank = hft_draw_rank(weights, live, hft_rng_u64(&rng));
    uint32_t random = hft_rng_u32(&rng);
    if (HFT_UNLIKELY(rank >= live)) continue;
    uint32_t at = hft_recency_find(&view, rank);
    hft_order_id id = view.id[at];
    if (HFT_UNLIKELY(!hft_book_is_live(book, id.slot1 - 1))) {
      gone = id;
      continue;
    }
    int32_t behind = best - sign * hft_book_order_price(book, id.slot1 - 1);
    behind = behind < HFT_FLOW_DISTANCE_MAX ? behind : HFT_FLOW_DISTANCE_MAX;
    behind = behind > 0 ? behind : 0;  // keep[0] is 0
    uint32_t kept = m->keep[behind];
    if (m->sized) {
      hft_qty lots = hft_book_order_qty(book, id.slot1 - 1);
      kept = (uint32_t)((uint64_t)kept * hft_flow_keep_size(m, lots) >> 32);
    }
    if (random >= kept) continue;
    hft_recency_drop(orders, side, at);
    hft_desk_cancel(turn->desk, id);
    break;
  }
  *turn->rng = rng;
  if (HFT_UNLIKELY(gone.number != 0)) check_order(turn, gone);
}

// Whether the next level behind a tick is farther than the cap of the spread, or there is none.
static bool is_gap(const hft_reactive_turn *turn, hft_side side, int32_t tick) {
  int32_t next = side == HFT_BID ? hft_book_below(turn->book, (uint32_t)tick)
                                 : hft_book_above(turn->book, (uint32_t)tick);
  int32_t behind = hft_side_sign(side) * (tick - next);
  return (uint32_t)next >= turn->book->ticks || behind >= turn->params->beyond_cap;
}

// The order of a rank from the end of the queue; orders of others are passed over.
static hft_order_id from_back(const hft_reactive_turn *turn, hft_side side, uint32_t rank) {
  hft_recency *orders = hft_reactive_orders(turn->self);
  hft_order_id found = {0, 0};
  uint32_t slot = hft_book_back(turn->book, turn->best[side]);
  for (uint32_t k = 0; slot != HFT_NO_SLOT; k++, slot = hft_book_before(turn->book, slot)) {
    hft_order_id id = hft_recency_of_slot(orders, slot);
    if (id.number != 0) found = id;
    if (k >= rank && found.number != 0) break;
  }
  return found;
}

// Draws ranks until an order is kept by its size; after some tries the last one is taken. The last
// order before a gap stays.
void hft_reactive_cancel_best(const hft_reactive_turn *turn, hft_side side) {
  const hft_reactive_model *m = turn->params->model;
  const hft_rank_weights *weights = &m->best_rank[after_add(turn->self, side)];
  uint32_t count = (uint32_t)turn->orders[side];
  hft_order_id found = {0, 0};
  for (int draw = 0; draw < PICKS_BEST; draw++) {
    uint32_t rank = count;
    for (int i = 0; i < PICKS && rank >= count; i++) {
      rank = count > 1 ? hft_draw_rank(weights, count, hft_rng_u64(turn->rng)) : 0;
    }
    found = from_back(turn, side, rank);
    if (found.number == 0 || count == 1 || !m->sized) break;
    hft_qty lots = hft_book_order_qty(turn->book, found.slot1 - 1);
    if (hft_rng_u32(turn->rng) < hft_flow_keep_size(m, lots)) break;
  }
  if (found.number == 0) return;
  bool last = turn->orders[side] == 1;
  if (last && HFT_UNLIKELY(is_gap(turn, side, turn->book->best[side]))) return;
  cancel(turn, found);
}

void hft_reactive_make_room(const hft_reactive_turn *turn) {
  hft_recency *orders = hft_reactive_orders(turn->self);
  hft_side side = orders->side[HFT_BID].live > orders->side[HFT_ASK].live ? HFT_BID : HFT_ASK;
  uint32_t live = orders->side[side].live;
  if (live > 0) cancel(turn, hft_recency_latest(orders, side, live - 1));
}

// ---- market orders -----------------------------------------------------------------------------

static int32_t queue_class(const hft_flow_tables *t, hft_qty queue) {
  int32_t at = 0;
  for (int i = 0; i < HFT_FLOW_QUEUES - 1; i++) at += queue >= t->queue_edges[i];
  return at;
}

// The lots of a market order, so that it leaves a lot at its limit or before where the next level
// is beyond it.
static hft_qty leave_a_lot(const hft_reactive_turn *turn, hft_side side, hft_price limit,
                           hft_qty qty) {
  const hft_book *book = turn->book;
  const hft_node *nodes = hft_book_nodes(book);
  int64_t sum = 0;
  for (hft_walk walk = hft_book_walk_begin(book, side); hft_book_walk(book, side, &walk);) {
    if (hft_side_sign(side) * (book->price_min + walk.tick - limit) < 0) break;
    sum += nodes[walk.tick].qty;
    if (sum > qty) return qty;
  }
  return (hft_qty)(sum - 1);
}

void hft_reactive_take(const hft_reactive_turn *turn, hft_side side) {
  const hft_flow_tables *t = &turn->params->model->tables;
  const hft_instrument *instrument = hft_desk_instrument(turn->desk);
  hft_qty queue = turn->queue[side], qty = queue, most = instrument->order_qty_max;
  const double *split = t->market_split[queue_class(t, queue)];
  uint64_t bits = hft_rng_u64(turn->rng);
  double u = (double)hft_flow_unit((uint32_t)(bits >> 32));
  if (u < split[0]) {
    qty = draw_size(&t->size_partial, most, (uint32_t)bits);
    if (qty >= queue) qty = queue > 1 ? 1 + qty % (queue - 1) : 1;
  } else if (u >= split[0] + split[1]) {
    int64_t sum = (int64_t)queue + draw_size(&t->size_beyond, most, (uint32_t)bits);
    qty = (hft_qty)(sum < most ? sum : most);
  }
  // No further than the cap of the spread, and without leaving a gap beyond.
  hft_price limit = turn->best[side] - hft_side_sign(side) * (turn->params->beyond_cap - 1);
  qty = qty < most ? qty : most;
  if (qty >= queue) qty = leave_a_lot(turn, side, limit, qty);
  if (qty < 1) return;
  hft_order order = {hft_side_other(side), HFT_IOC, hft_flow_clamp(instrument, limit), qty};
  hft_desk_submit(turn->desk, &order);
}

// ---- auctions and halts ------------------------------------------------------------------------

// Nobody sees the book: orders come around the value, on both sides of it, so that some can trade,
// and now and then one leaves.
void hft_reactive_act_in_auction(const hft_reactive_turn *turn, double value) {
  const hft_flow_tables *t = &turn->params->model->tables;
  const hft_instrument *instrument = hft_desk_instrument(turn->desk);
  uint64_t bits = hft_rng_u64(turn->rng);
  if (hft_desk_phase(turn->desk) == HFT_PHASE_CLOSED) return;
  hft_side side = (bits >> 63) == 0 ? HFT_BID : HFT_ASK;
  hft_recency *orders = hft_reactive_orders(turn->self);
  uint32_t live = orders->side[side].live;
  if (live > t->orders_mean) {
    cancel(turn, hft_recency_latest(orders, side, hft_bounded(turn->rng, live)));
  } else if (hft_desk_open_count(turn->desk) < (uint32_t)turn->params->keys.open_orders_max) {
    double ticks =
        t->behind.value[0][hft_flow_point((uint32_t)t->behind.count - 1, (uint32_t)bits)];
    double price = value - hft_side_sign(side) * (ticks - t->spread_mean);
    place(turn, side, HFT_GTC, hft_flow_round(instrument, side, price),
          draw_size(&t->size_join, instrument->order_qty_max, hft_rng_u32(turn->rng)));
  }
}

void hft_reactive_sweep(const hft_reactive_turn *turn) {
  hft_recency *orders = hft_reactive_orders(turn->self);
  for (int side = 0; side < 2; side++) {
    for (uint32_t k = orders->side[side].live; k-- > 0;) {
      check_order(turn, hft_recency_latest(orders, (hft_side)side, k));
    }
  }
}
