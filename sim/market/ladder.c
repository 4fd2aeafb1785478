#include "sim/market/ladder.h"

hft_ladder hft_ladder_begin(const hft_desk *desk, hft_side side, const uint8_t *left_out) {
  hft_ladder ladder = {.desk = desk,
                       .book = hft_instrument_book(desk->model, desk->instrument_state),
                       .left_out = left_out,
                       .side = side};
  if (hft_instrument_in_auction(desk->model, desk->instrument_state)) {
    ladder.before = hft_instrument_before(desk->model, desk->instrument_state);
    ladder.tick = hft_instrument_auction(desk->model, desk->instrument_state)->before_best[side];
  } else {
    ladder.walk = hft_book_walk_begin(ladder.book, side);
  }
  return ladder;
}

static bool next_before(hft_ladder *ladder, hft_rung *next) {
  int32_t down = hft_side_sign(ladder->side);
  for (; (uint32_t)ladder->tick < ladder->book->ticks; ladder->tick -= down) {
    if (ladder->before[ladder->tick] == 0) continue;
    *next = (hft_rung){ladder->book->price_min + ladder->tick, ladder->before[ladder->tick]};
    ladder->tick -= down;
    return true;
  }
  return false;
}

// Lots at a tick without the orders that are left out.
static int64_t lots_of_others(const hft_ladder *ladder, int32_t tick) {
  const hft_desk *desk = ladder->desk;
  const hft_book *book = ladder->book;
  const hft_node *nodes = hft_book_nodes(book);
  const hft_resting *resting = hft_instrument_resting(desk->model, desk->instrument_state);
  int64_t total = 0;
  for (uint32_t i = nodes[tick].next; i >= book->ticks; i = nodes[i].next) {
    uint32_t slot = i - book->ticks;
    if (ladder->left_out[resting[slot].owner] == 0) total += hft_resting_qty(desk, book, slot);
  }
  return total;
}

bool hft_ladder_next(hft_ladder *ladder, hft_rung *next) {
  if (ladder->before != NULL) return next_before(ladder, next);
  while (hft_book_walk(ladder->book, ladder->side, &ladder->walk)) {
    int32_t tick = ladder->walk.tick;
    int64_t lots = ladder->left_out == NULL ? hft_resting_lots_at(ladder->desk, ladder->book, tick)
                                            : lots_of_others(ladder, tick);
    if (lots == 0) continue;
    *next = (hft_rung){ladder->book->price_min + tick, lots};
    return true;
  }
  return false;
}

hft_ladder_shape hft_ladder_measure(const hft_desk *desk, hft_side side, const uint8_t *left_out) {
  hft_ladder ladder = hft_ladder_begin(desk, side, left_out);
  hft_price first = 0;
  int64_t lots = 0;
  hft_ladder_shape shape = {0, 0};
  for (hft_rung rung; hft_ladder_next(&ladder, &rung);) {
    if (first == 0) first = rung.price;
    shape.last = rung.price;
    lots += rung.lots;
  }
  if (shape.last == 0) return shape;
  int64_t ticks = (int64_t)(shape.last > first ? shape.last - first : first - shape.last) + 1;
  shape.depth = lots > ticks ? lots / ticks : 1;
  return shape;
}
