// Records the children of a population of metaorders: the parent of each, and the mid.
#ifndef HFTSIM_TESTS_FLOW_CHILDREN_H
#define HFTSIM_TESTS_FLOW_CHILDREN_H

#include "sim/flow/metaorder.h"
#include "tests/support/market_world.h"

typedef struct child {
  hft_time time;
  hft_parent parent;  // as it was when it sent the child
  hft_price move2;    // twice the way of the mid in the parent's direction, from its coming to
                      // just after the child
} child;

typedef struct children {
  const world *w;
  hft_owner owner;  // the population
  child *child;
  size_t count, capacity;
  // Within.
  uint32_t taker;  // number of the last child's order
  bool pending;    // the mid after it is not known yet
} children;

// Of participant `owner` of a world.
children children_of(const world *w, hft_owner owner);
// The sink that must see every event; call children_end after the last.
hft_sink children_sink(children *c);
void children_end(children *c);
void children_free(children *c);

#endif
