// Corrects a reconstruction by the rows of an orderbook file.
#include <stdlib.h>

#include "data/lobster/reconstruct_state.h"

// The differences of a side from a row, found while correcting it.
typedef struct side_check {
  hft_side side;
  hft_price best;  // shown by the row; 0: none
  bool wrong;      // a difference at or before the best price that the view does not explain
} side_check;

// Is a price (USD x 10,000) strictly worse than another?
static bool is_worse(hft_side side, int64_t price, int64_t than) {
  return side == HFT_BID ? price < than : price > than;
}

static void read_side(const hft_reconstruct *r, const hft_lobster_book *row, hft_side side,
                      hft_shown *shown) {
  shown->count = 0;
  int rows = 0;
  for (; rows < row->levels && row->side[side][rows].price != 0; rows++) {
    const hft_lobster_level *level = &row->side[side][rows];
    shown->worst = level->price;
    if (hft_price_window_fit(&r->window, level->price) != HFT_PRICE_FITS) continue;
    shown->level[shown->count++] =
        (hft_level){.price = (hft_price)(level->price / r->window.tick), .qty = level->size};
  }
  shown->full = rows == row->levels;
}

// Does the view explain that a level differs from the row, or is it a contradiction?
static bool explained(const hft_reconstruct *r, hft_side side, hft_price price) {
  return r->edge[side] != 0 && is_worse(side, (int64_t)price * r->window.tick, r->edge[side]);
}

static void note_difference(hft_reconstruct *r, side_check *check, hft_price price) {
  if (explained(r, check->side, price)) return;
  r->counts.levels_wrong++;
  if (check->best == 0 || !is_worse(check->side, price, check->best)) check->wrong = true;
}

// Removes shares from a level, last in the queue first; removing all empties it.
static hft_status remove_shares(hft_reconstruct *r, hft_side side, hft_price price, hft_qty qty,
                                hft_error *error) {
  hft_book *book = r->book;
  const hft_node *nodes = hft_book_nodes(book);
  uint32_t tick = (uint32_t)(price - book->price_min);
  hft_status status = HFT_OK;
  while (qty > 0 && status == HFT_OK) {
    uint32_t slot = nodes[tick].prev - book->ticks;
    hft_qty part = hft_book_order_qty(book, slot);
    if (part > qty) {
      part = qty;
      hft_book_reduce(book, slot, part);
    } else {
      hft_book_remove(book, slot);
    }
    qty -= part;
    status = hft_reconstruct_note(r,
                                  &(hft_book_change){.slot = slot,
                                                     .price = price,
                                                     .qty = part,
                                                     .side = (uint8_t)side,
                                                     .kind = HFT_CHANGE_LEAVE,
                                                     .by_row = true},
                                  error);
  }
  return status;
}

// Adds shares to a level as an older order. An existing older order is replaced by their sum.
static hft_status add_shares(hft_reconstruct *r, hft_side side, hft_price price, hft_qty qty,
                             hft_error *error) {
  int64_t id = hft_older_id((int64_t)price * r->window.tick);
  uint32_t slot = hft_id_map_find(&r->slots, id);
  hft_status status = HFT_OK;
  if (slot == HFT_NO_SLOT) {
    status = hft_reconstruct_name(r, id, &slot, error);
  } else if (hft_book_is_live(r->book, slot)) {
    hft_qty before = hft_book_order_qty(r->book, slot);
    qty += before;
    hft_book_remove(r->book, slot);
    status = hft_reconstruct_note(r,
                                  &(hft_book_change){.slot = slot,
                                                     .price = price,
                                                     .qty = before,
                                                     .side = (uint8_t)side,
                                                     .kind = HFT_CHANGE_LEAVE,
                                                     .by_row = true},
                                  error);
  }
  if (status == HFT_OK) status = hft_reconstruct_rest(r, slot, side, price, qty, error);
  if (status != HFT_OK) return status;
  return hft_reconstruct_note(r,
                              &(hft_book_change){.slot = slot,
                                                 .price = price,
                                                 .qty = qty,
                                                 .side = (uint8_t)side,
                                                 .kind = HFT_CHANGE_ADD,
                                                 .by_row = true},
                              error);
}

// The size that the row shows at a price; 0: none. `i` advances with worsening prices.
static hft_qty size_at(const hft_shown *shown, hft_side side, hft_price price, int *i) {
  while (*i < shown->count && is_worse(side, price, shown->level[*i].price)) ++*i;
  return *i < shown->count && shown->level[*i].price == price ? shown->level[*i].qty : 0;
}

// Removes what a side has beyond the row.
static hft_status remove_excess(hft_reconstruct *r, side_check *check, hft_error *error) {
  hft_book *book = r->book;
  hft_side side = check->side;
  const hft_shown *shown = &r->shown[side];
  int i = 0;
  hft_status status = HFT_OK;
  for (int32_t tick = book->best[side]; (uint32_t)tick < book->ticks && status == HFT_OK;) {
    // The tick may become empty, which does not affect the search for the next one.
    int32_t next = side == HFT_BID ? hft_book_below(book, (uint32_t)tick)
                                   : hft_book_above(book, (uint32_t)tick);
    const hft_level level = hft_book_level(book, book->price_min + tick);
    bool beyond =
        shown->full && is_worse(side, (int64_t)level.price * r->window.tick, shown->worst);
    if (beyond && r->deep) return HFT_OK;
    hft_qty size = size_at(shown, side, level.price, &i);
    if (level.qty > size) {
      if (beyond) {
        r->counts.levels_out++;
      } else {
        note_difference(r, check, level.price);
      }
      status = remove_shares(r, side, level.price, level.qty - size, error);
    }
    tick = next;
  }
  return status;
}

// Adds what a side lacks.
static hft_status add_missing(hft_reconstruct *r, side_check *check, hft_error *error) {
  const hft_shown *shown = &r->shown[check->side];
  for (int i = 0; i < shown->count; i++) {
    const hft_level *level = &shown->level[i];
    hft_qty size = hft_book_level(r->book, level->price).qty;
    if (size >= level->qty) continue;
    if (explained(r, check->side, level->price)) {
      r->counts.levels_in++;
    } else {
      note_difference(r, check, level->price);
    }
    hft_status status = add_shares(r, check->side, level->price, level->qty - size, error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

hft_status hft_reconstruct_correct(hft_reconstruct *r, const hft_lobster_book *row,
                                   hft_row_check *check, hft_error *error) {
  HFT_CHECK(r->rows);
  side_check sides[2];
  for (int k = 0; k < 2; k++) {
    hft_shown *shown = &r->shown[k];
    read_side(r, row, (hft_side)k, shown);
    bool none = shown->count == 0;
    sides[k] = (side_check){(hft_side)k, none ? 0 : shown->level[0].price, false};
    check->got.best[k] = hft_reconstruct_best(r, (hft_side)k);
    check->expected.best[k] =
        none ? (hft_lobster_level){0, 0}
             : (hft_lobster_level){(int64_t)shown->level[0].price * r->window.tick,
                                   shown->level[0].qty};
  }
  // The row's prices beyond the window count too: they tell how far its sides reach.
  int64_t bid = row->side[HFT_BID][0].price, ask = row->side[HFT_ASK][0].price;
  bool crossed = bid != 0 && ask != 0 && bid >= ask;
  check->equal = !crossed;
  if (crossed) return HFT_OK;  // not a valid book: keep what the messages say
  // Removals come first, so that additions cannot cross.
  hft_status status = HFT_OK;
  for (int k = 0; k < 2 && status == HFT_OK; k++) status = remove_excess(r, &sides[k], error);
  for (int k = 0; k < 2 && status == HFT_OK; k++) status = add_missing(r, &sides[k], error);
  for (int k = 0; k < 2; k++) {
    if (sides[k].wrong) check->equal = false;
    r->edge[k] = !r->deep && r->shown[k].full ? r->shown[k].worst : 0;
  }
  return status;
}
