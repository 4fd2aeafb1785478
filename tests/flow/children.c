#include "tests/flow/children.h"

#include <stdlib.h>

children children_of(const world *w, hft_owner owner) {
  return (children){.w = w, .owner = owner};
}

void children_end(children *c) {
  if (!c->pending) return;
  c->pending = false;
  child *last = &c->child[c->count - 1];
  int64_t move2 = hft_market_mid2(c->w->market, 0) - last->parent.begin_mid2;
  last->move2 = (hft_price)(hft_side_sign((hft_side)last->parent.side) * move2);
}

// The market notes a new mid after the events of a request, so it is known at the next event.
static void look(void *context, const hft_event *event) {
  children *c = context;
  bool trade = event->kind == HFT_EVENT_TRADE;
  if (trade && event->taker_owner == c->owner && event->taker.number == c->taker) return;
  children_end(c);
  if (!trade || event->taker_owner != c->owner) return;
  if (c->count == c->capacity) {
    c->capacity = c->capacity > 0 ? 2 * c->capacity : 1024;
    c->child = realloc(c->child, c->capacity * sizeof *c->child);
    assert_non_null(c->child);
  }
  const hft_metaorders *state = hft_market_agent_state(c->w->model, c->w->market, c->owner);
  c->child[c->count++] = (child){.time = event->time, .parent = state->parent[state->acting]};
  c->taker = event->taker.number;
  c->pending = true;
}

hft_sink children_sink(children *c) {
  return (hft_sink){look, c};
}

void children_free(children *c) {
  free(c->child);
}
