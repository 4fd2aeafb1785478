// The price-time order book of one instrument: an array of levels by tick, a hierarchical bitmap of
// the occupied ticks, and FIFO queues linked by index through one pool of nodes. Adding, cancelling
// and reducing an order are O(1); finding the next occupied level is O(log64 ticks).
//
// The book stores prices, sizes and queues only. The caller chooses the slot of each order (0 ..
// order_max - 1) and keeps further data of an order (owner, number, time) in its own arrays,
// indexed by slot. A tick holds orders of one side: the book never crosses, because an order is
// matched (hft_book_match) before its remainder is inserted.
//
// A book is one block of memory without pointers: memcpy copies it. Release builds check slots and
// prices only where a function says so. A book may be used by one thread at a time.
#ifndef HFTSIM_SIM_BOOK_BOOK_H
#define HFTSIM_SIM_BOOK_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/base/status.h"
#include "sim/base/units.h"

#define HFT_BOOK_TICKS_MAX (1u << 24)   // prices in the window of one book
#define HFT_BOOK_ORDERS_MAX (1u << 24)  // orders resting in one book
#define HFT_BITMAP_DEPTH 4              // 64^4 ticks
#define HFT_NO_SLOT UINT32_MAX

typedef struct hft_book_config {
  // Lowest price of the window, ticks, >= 0. Functions that return a price use 0 for "none", so a
  // caller whose window includes price 0 must use ticks instead.
  hft_price price_min;
  uint32_t ticks;      // prices in the window: price_min .. price_min + ticks - 1
  uint32_t order_max;  // slots
} hft_book_config;

// A price level as read from the book. price 0: no such level.
typedef struct hft_level {
  hft_price price;
  hft_qty qty;  // lots resting, displayed
  int32_t order_count;
} hft_level;

// One execution against a resting (maker) order.
typedef struct hft_fill {
  uint32_t slot;    // the maker's
  hft_price price;  // the maker's price, at which the trade is done
  hft_qty qty;
  hft_qty left;  // lots of the maker still resting; 0: the order has left the book
} hft_fill;

// A level (index = tick) or an order (index = ticks + slot). A level is the sentinel of the
// circular queue of its orders, so that unlinking needs no branch.
typedef struct hft_node {
  uint32_t next, prev;  // node indices
  int32_t qty;          // lots; of a level: the sum of its orders; of a free slot: 0
  uint32_t tag;         // of a level: number of orders; of an order: its tick
} hft_node;

typedef struct hft_book {
  hft_price price_min;
  uint32_t ticks;
  uint32_t order_max;
  uint32_t live;          // resting orders
  int32_t best[2];        // tick of the best bid (-1: none) and ask (ticks: none)
  uint32_t bitmap_depth;  // levels of the bitmap in use
  uint32_t bitmap_offset[HFT_BITMAP_DEPTH];  // in words from the bitmap's start
  uint64_t bitmap_at, node_at;               // offsets in bytes from the book's start
} hft_book;

// Size in bytes of a book of this configuration; 0 if the configuration is out of bounds.
size_t hft_book_size(const hft_book_config *config);

// Makes an empty book in the caller's memory, which must be aligned to a cache line. Errors: EINVAL
// if the configuration is out of bounds or the memory misaligned; ENOMEM if `size` is less than
// hft_book_size.
hft_status hft_book_init(const hft_book_config *config, void *memory, size_t size, hft_book **out);
// As hft_book_init, but the caller must clear the book before its first use.
hft_status hft_book_prepare(const hft_book_config *config, void *memory, size_t size,
                            hft_book **out);

// Removes all orders. O(ticks + order_max).
void hft_book_clear(hft_book *book);
// One part of clearing a book that is too large to be cleared at once. Levels and slots have the
// indices 0 .. ticks + order_max - 1; this clears first .. last - 1 and ignores indices beyond the
// end. Parts may come in any order; the book is clear once they have covered all indices.
void hft_book_clear_part(hft_book *book, size_t first, size_t last);

// Writes the best levels of a side, best first, to levels[0 .. level_max - 1]. Returns how many.
int hft_book_depth(const hft_book *book, hft_side side, hft_level *levels, int level_max);

// Lots ahead of this order in its queue. The order must be resting. O(orders ahead).
int64_t hft_book_ahead(const hft_book *book, uint32_t slot);

// Order-sensitive digest of all levels and queues (prices, sizes, slots).
uint64_t hft_book_hash(const hft_book *book);

// Checks every invariant: queue links, totals, counts, bitmap, best prices, not crossed. Returns
// null, or a static text that describes the first violation. O(ticks + orders); for tests.
const char *hft_book_verify(const hft_book *book);

// ---- the step path: inlined ------------------------------------------------------------------

// Internal: the array of nodes.
static inline hft_node *hft_book_nodes(const hft_book *book) {
  return (hft_node *)((uintptr_t)book + book->node_at);
}

// Internal: the words of one level of the bitmap; depth 0 has one bit per tick.
static inline uint64_t *hft_book_bitmap(const hft_book *book, uint32_t depth) {
  return (uint64_t *)((uintptr_t)book + book->bitmap_at) + book->bitmap_offset[depth];
}

// Internal: the lowest occupied tick above `tick`, or `ticks`; searches beyond the bitmap word of
// `tick`.
int32_t hft_book_above_far(const hft_book *book, uint32_t tick);
// Internal: the highest occupied tick below `tick`, or -1; searches beyond the bitmap word of
// `tick`.
int32_t hft_book_below_far(const hft_book *book, uint32_t tick);

// The lowest occupied tick above `tick`, or `ticks` if there is none.
static inline int32_t hft_book_above(const hft_book *book, uint32_t tick) {
  uint64_t word = hft_book_bitmap(book, 0)[tick >> 6] & (~UINT64_C(1) << (tick & 63));
  if (word != 0) return (int32_t)((tick & ~63u) | (uint32_t)__builtin_ctzll(word));
  return hft_book_above_far(book, tick);
}

// The highest occupied tick below `tick`, or -1 if there is none.
static inline int32_t hft_book_below(const hft_book *book, uint32_t tick) {
  uint64_t word = hft_book_bitmap(book, 0)[tick >> 6] & ((UINT64_C(1) << (tick & 63)) - 1);
  if (word != 0) return (int32_t)((tick & ~63u) | (63u - (uint32_t)__builtin_clzll(word)));
  return hft_book_below_far(book, tick);
}

// Iterator over the levels of a side, best first. The book must not change during the iteration.
typedef struct hft_walk {
  uint64_t word;  // bitmap of the remaining levels within the current 64 ticks
  int32_t first;  // the first of these ticks
  int32_t tick;   // the current level
} hft_walk;

// Starts an iteration; call hft_book_walk to move to the best level.
static inline hft_walk hft_book_walk_begin(const hft_book *book, hft_side side) {
  int32_t tick = book->best[side];
  if ((uint32_t)tick >= book->ticks) {
    return (hft_walk){0, side == HFT_BID ? 0 : (int32_t)((book->ticks - 1) & ~63u), 0};
  }
  uint64_t word = hft_book_bitmap(book, 0)[tick >> 6];
  word &= side == HFT_BID ? ~UINT64_C(0) >> (63 - (tick & 63)) : ~UINT64_C(0) << (tick & 63);
  return (hft_walk){word, tick & ~63, 0};
}

// Moves to the next level: walk->tick. Returns false after the last.
static inline bool hft_book_walk(const hft_book *book, hft_side side, hft_walk *walk) {
  if (walk->word == 0) {
    int32_t tick = side == HFT_BID ? hft_book_below_far(book, (uint32_t)walk->first)
                                   : hft_book_above_far(book, (uint32_t)walk->first | 63);
    if ((uint32_t)tick >= book->ticks) return false;
    walk->first = tick & ~63;
    walk->word = hft_book_bitmap(book, 0)[tick >> 6];
  }
  int bit = side == HFT_BID ? 63 ^ __builtin_clzll(walk->word) : __builtin_ctzll(walk->word);
  walk->word ^= UINT64_C(1) << bit;
  walk->tick = walk->first + bit;
  return true;
}

// Is the price within the book's window?
static inline bool hft_book_in_window(const hft_book *book, hft_price price) {
  return price >= book->price_min && (uint32_t)(price - book->price_min) < book->ticks;
}

// The best price of a side, ticks; 0 if the side is empty.
static inline hft_price hft_book_best_price(const hft_book *book, hft_side side) {
  int32_t tick = book->best[side];
  return (uint32_t)tick < book->ticks ? book->price_min + tick : 0;
}

// The level at a price, of either side; price 0 if the price is outside the window or has no
// orders.
static inline hft_level hft_book_level(const hft_book *book, hft_price price) {
  hft_level level = {0, 0, 0};
  if (!hft_book_in_window(book, price)) return level;
  const hft_node *node = &hft_book_nodes(book)[price - book->price_min];
  if (node->tag == 0) return level;
  level.price = price;
  level.qty = node->qty;
  level.order_count = (int32_t)node->tag;
  return level;
}

// The best level of a side; price 0 if the side is empty.
static inline hft_level hft_book_best(const hft_book *book, hft_side side) {
  return hft_book_level(book, hft_book_best_price(book, side));
}

// Is there a resting order in this slot? False if the slot is out of range.
static inline bool hft_book_is_live(const hft_book *book, uint32_t slot) {
  return slot < book->order_max && hft_book_nodes(book)[book->ticks + slot].qty != 0;
}

// The price of a resting order, ticks.
static inline hft_price hft_book_order_price(const hft_book *book, uint32_t slot) {
  return book->price_min + (hft_price)hft_book_nodes(book)[book->ticks + slot].tag;
}

// The remaining size of a resting order, lots; 0 if the slot is free.
static inline hft_qty hft_book_order_qty(const hft_book *book, uint32_t slot) {
  return hft_book_nodes(book)[book->ticks + slot].qty;
}

// The side of a resting order.
static inline hft_side hft_book_order_side(const hft_book *book, uint32_t slot) {
  int32_t tick = (int32_t)hft_book_nodes(book)[book->ticks + slot].tag;
  return tick <= book->best[HFT_BID] ? HFT_BID : HFT_ASK;
}

// The slot of the first order in the queue at the best price of a side, or HFT_NO_SLOT.
static inline uint32_t hft_book_front(const hft_book *book, hft_side side) {
  int32_t tick = book->best[side];
  if ((uint32_t)tick >= book->ticks) return HFT_NO_SLOT;
  return hft_book_nodes(book)[tick].next - book->ticks;
}

// The slot of the last order in the queue at a price with orders.
static inline uint32_t hft_book_back(const hft_book *book, hft_price price) {
  return hft_book_nodes(book)[price - book->price_min].prev - book->ticks;
}

// The slot of the order before a resting one in its queue, or HFT_NO_SLOT.
static inline uint32_t hft_book_before(const hft_book *book, uint32_t slot) {
  uint32_t index = hft_book_nodes(book)[book->ticks + slot].prev;
  return index >= book->ticks ? index - book->ticks : HFT_NO_SLOT;
}

// Would an order of `side` at `price` trade at once? The sides of orders are random, and a branch
// on the side is mispredicted every other time, so the ticks of asks are mirrored instead.
static inline bool hft_book_crosses(const hft_book *book, hft_side side, hft_price price) {
  int32_t tick = price - book->price_min;
  int32_t best = book->best[1 - side];
  int32_t mirror = -(int32_t)side;
  return (uint32_t)best < book->ticks && (tick ^ mirror) >= (best ^ mirror);
}

// Internal: updates the bitmap and the best price after a level has received its first order. Rare,
// so kept out of line.
void hft_book_level_opened(hft_book *book, hft_side side, uint32_t tick);
// Internal: updates the bitmap and the best price after a level has lost its last order.
void hft_book_level_emptied(hft_book *book, uint32_t tick);

// Appends an order to the queue of its price. The price must be in the window and not cross, the
// slot free, qty >= 1 lots. Returns false, changing nothing, if the level's total would exceed
// INT32_MAX.
static inline bool hft_book_insert(hft_book *book, uint32_t slot, hft_side side, hft_price price,
                                   hft_qty qty) {
  hft_node *nodes = hft_book_nodes(book);
  uint32_t tick = (uint32_t)(price - book->price_min);
  HFT_DEBUG_CHECK(tick < book->ticks && qty > 0 && !hft_book_crosses(book, side, price));
  HFT_DEBUG_CHECK(slot < book->order_max && nodes[book->ticks + slot].qty == 0);
  hft_node *level = &nodes[tick];
  hft_qty total;
  if (__builtin_add_overflow(level->qty, qty, &total)) return false;
  uint32_t index = book->ticks + slot;
  uint32_t tail = level->prev;
  hft_node *order = &nodes[index];
  order->prev = tail;  // not next to order->next: gcc would combine both stores in a vector
  nodes[tail].next = index;
  level->prev = index;
  order->next = tick;
  order->qty = qty;
  order->tag = tick;
  level->qty = total;
  book->live++;
  if (level->tag++ == 0) hft_book_level_opened(book, side, tick);
  return true;
}

// Removes a resting order.
static inline void hft_book_remove(hft_book *book, uint32_t slot) {
  hft_node *nodes = hft_book_nodes(book);
  hft_node *order = &nodes[book->ticks + slot];
  HFT_DEBUG_CHECK(slot < book->order_max && order->qty > 0);
  uint32_t tick = order->tag;
  nodes[order->prev].next = order->next;
  nodes[order->next].prev = order->prev;
  nodes[tick].qty -= order->qty;
  order->qty = 0;
  book->live--;
  if (--nodes[tick].tag == 0) hft_book_level_emptied(book, tick);
}

// Reduces a resting order by `by` lots; it keeps its place in the queue. 1 <= by < the order's
// size.
static inline void hft_book_reduce(hft_book *book, uint32_t slot, hft_qty by) {
  hft_node *nodes = hft_book_nodes(book);
  hft_node *order = &nodes[book->ticks + slot];
  HFT_DEBUG_CHECK(slot < book->order_max && by > 0 && by < order->qty);
  order->qty -= by;
  nodes[order->tag].qty -= by;
}

// Executes an incoming order of `side`, limited to `price`, against the first order of the opposite
// side: reduces *qty and fills *fill. Returns false if nothing crosses. Call it until *qty is 0 or
// it returns false.
static inline bool hft_book_match(hft_book *book, hft_side side, hft_price price, hft_qty *qty,
                                  hft_fill *fill) {
  if (!hft_book_crosses(book, side, price)) return false;
  uint32_t tick = (uint32_t)book->best[1 - side];
  hft_node *nodes = hft_book_nodes(book);
  hft_node *level = &nodes[tick];
  hft_node *order = &nodes[level->next];
  fill->slot = level->next - book->ticks;
  fill->price = book->price_min + (hft_price)tick;
  if (order->qty > *qty) {
    fill->qty = *qty;
    order->qty -= *qty;
    level->qty -= *qty;
    fill->left = order->qty;
    *qty = 0;
    return true;
  }
  fill->qty = order->qty;
  fill->left = 0;
  *qty -= order->qty;
  level->qty -= order->qty;
  order->qty = 0;
  level->next = order->next;
  nodes[order->next].prev = tick;
  book->live--;
  if (--level->tag == 0) hft_book_level_emptied(book, tick);
  return true;
}

// ---- hints -----------------------------------------------------------------------------------
//
// In a large book most time is spent waiting for memory. A caller that knows messages in advance
// can overlap these waits: for each message it first gives the hint for its order or price; some
// messages later (say 16) the hint for the links, which reads what the first hint has fetched;
// after as many messages again it applies the message. Hints change no state and need not come
// true. Slots and prices must be within the book's bounds.

// Internal: prefetches a node for writing.
static inline void hft_book_fetch(const hft_node *node) {
  __builtin_prefetch(node, 1);
  __asm__ volatile("");  // gcc removes calls of functions that only prefetch
}

// First hint: the order in this slot will be removed or reduced.
static inline void hft_book_hint_order(const hft_book *book, uint32_t slot) {
  hft_book_fetch(&hft_book_nodes(book)[book->ticks + slot]);
}

// Second hint for the order in this slot: fetches its neighbours and its level.
static inline void hft_book_hint_order_links(const hft_book *book, uint32_t slot) {
  const hft_node *nodes = hft_book_nodes(book);
  const hft_node *order = &nodes[book->ticks + slot];
  hft_book_fetch(&nodes[order->prev]);
  hft_book_fetch(&nodes[order->next]);
  hft_book_fetch(&nodes[order->tag]);
}

// First hint: an order at this price will be inserted.
static inline void hft_book_hint_price(const hft_book *book, hft_price price) {
  hft_book_fetch(&hft_book_nodes(book)[price - book->price_min]);
}

// Second hint for an insertion at this price: fetches the last order of the queue.
static inline void hft_book_hint_price_links(const hft_book *book, hft_price price) {
  const hft_node *nodes = hft_book_nodes(book);
  hft_book_fetch(&nodes[nodes[price - book->price_min].prev]);
}

#endif
