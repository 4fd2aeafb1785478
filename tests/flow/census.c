#include "tests/flow/census.h"

#include <stdlib.h>
#include <string.h>

#define WALL_QTY 1000000000

static hft_price best(const census *c, hft_side side) {
  const naive_book *book = &c->shadow.book;
  return book->count[side] > 0 ? book->order[side][0].price : 0;
}

// A population that finds a side empty looks at the mid: no such case may be counted here.
static int distance_of(const census *c, hft_side side, hft_price price) {
  hft_price opposite = best(c, hft_side_other(side));
  assert_int_not_equal(opposite, 0);
  int distance = hft_side_sign(side) * (opposite - price);
  assert_true(distance >= 1);
  return distance < CENSUS_DISTANCES ? distance : CENSUS_DISTANCES;
}

static void expose(census *c, hft_time until) {
  double seconds = (double)(until - c->time) * 1e-9;
  c->time = until;
  if (seconds <= 0) return;
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < c->shadow.book.count[side]; i++) {
      const naive_order *order = &c->shadow.book.order[side][i];
      if (c->shadow.order[order->slot].owner != c->owner) continue;
      c->exposure[distance_of(c, (hft_side)side, order->price)] += seconds;
    }
  }
}

static void end_taker(census *c) {
  if (c->taker != 0) c->market_size[c->taker_qty < CENSUS_SIZES ? c->taker_qty : CENSUS_SIZES]++;
  c->taker = 0;
  c->taker_qty = 0;
}

static void note_taker(census *c, uint32_t number, hft_side side, const hft_event *event) {
  if (number != c->taker) {
    end_taker(c);
    c->taker = number;
    c->market[side]++;
    if (c->last_market > 0 && c->gap_count < CENSUS_GAPS) {
      c->gap[c->gap_count++] = (double)(event->time - c->last_market) * 1e-9;
    }
    c->last_market = event->time;
  }
  c->taker_qty += event->qty;
}

static void count(census *c, const hft_event *event) {
  hft_side side = (hft_side)event->side;
  if (event->kind == HFT_EVENT_ADD && event->owner == c->owner) {
    c->limit[side][distance_of(c, side, event->price)]++;
    c->limit_size[event->qty < CENSUS_SIZES ? event->qty : CENSUS_SIZES]++;
  } else if (event->kind == HFT_EVENT_CANCEL && event->owner == c->owner) {
    c->cancel[distance_of(c, side, event->price)]++;
  } else if (event->kind == HFT_EVENT_TRADE && event->taker_owner == c->owner) {
    note_taker(c, event->taker.number, hft_side_other(side), event);
  } else if (event->kind == HFT_EVENT_EXPIRE && event->owner == c->owner) {
    note_taker(c, event->order.number, side, event);
  }
}

static void on_event(void *context, const hft_event *event) {
  census *c = context;
  if (event->time > 0) {  // what happens at the open is no arrival
    expose(c, event->time);
    count(c, event);
  }
  hft_sink sink = shadow_sink(&c->shadow);
  sink.on_event(sink.context, event);
}

census *census_open(const world *w, uint64_t seed, hft_price bid, hft_price ask) {
  census *c = calloc(1, sizeof *c);
  assert_non_null(c);
  shadow_start(&c->shadow, w);
  const hft_sink sink = {on_event, c};
  hft_market_reset(w->model, w->market, seed, 0, &sink);
  hft_desk desk = hft_market_desk(w->model, w->market, w->seat);
  desk.sink = &sink;
  if (bid != 0) hft_desk_submit(&desk, &(hft_order){HFT_BID, HFT_POST_ONLY, bid, WALL_QTY});
  if (ask != 0) hft_desk_submit(&desk, &(hft_order){HFT_ASK, HFT_POST_ONLY, ask, WALL_QTY});
  assert_int_equal(hft_desk_open_count(&desk), (bid != 0) + (ask != 0));
  return c;
}

void census_run(census *c, const world *w, hft_time until) {
  const hft_sink sink = {on_event, c};
  hft_market_run(w->model, w->market, until, &sink);
  expose(c, until);
  end_taker(c);
  world_verify(w);
  shadow_compare(&c->shadow);
}

void census_free(census *c) {
  free(c);
}
