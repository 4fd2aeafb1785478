#include "sim/book/book.h"

#include <string.h>

#include "sim/base/hash.h"

typedef struct book_layout {
  size_t total, bitmap_at, node_at;
  uint32_t bitmap_depth;
  uint32_t bitmap_offset[HFT_BITMAP_DEPTH];
} book_layout;

static bool lay_out(const hft_book_config *config, book_layout *layout) {
  if (config->price_min < 0 || config->ticks < 1 || config->ticks > HFT_BOOK_TICKS_MAX ||
      config->order_max < 1 || config->order_max > HFT_BOOK_ORDERS_MAX ||
      config->price_min > INT32_MAX - (int32_t)config->ticks) {
    return false;
  }
  *layout = (book_layout){0};
  uint32_t words = 0;
  for (uint32_t bits = config->ticks;;) {
    uint32_t count = (bits + 63) / 64;
    layout->bitmap_offset[layout->bitmap_depth++] = words;
    words += count;
    if (count == 1) break;
    bits = count;
  }
  (void)hft_layout_add(&layout->total, sizeof(hft_book));
  layout->bitmap_at = hft_layout_add(&layout->total, words * sizeof(uint64_t));
  size_t nodes = (size_t)config->ticks + config->order_max;
  layout->node_at = hft_layout_add(&layout->total, nodes * sizeof(hft_node));
  return true;
}

size_t hft_book_size(const hft_book_config *config) {
  book_layout layout;
  return lay_out(config, &layout) ? layout.total : 0;
}

hft_status hft_book_prepare(const hft_book_config *config, void *memory, size_t size,
                            hft_book **out) {
  book_layout layout;
  if (!lay_out(config, &layout)) return HFT_EINVAL;
  if ((uintptr_t)memory % HFT_CACHE_LINE != 0) return HFT_EINVAL;
  if (size < layout.total) return HFT_ENOMEM;
  hft_book *book = memory;
  memset(book, 0, sizeof *book);
  book->price_min = config->price_min;
  book->ticks = config->ticks;
  book->order_max = config->order_max;
  book->bitmap_depth = layout.bitmap_depth;
  memcpy(book->bitmap_offset, layout.bitmap_offset, sizeof layout.bitmap_offset);
  book->bitmap_at = layout.bitmap_at;
  book->node_at = layout.node_at;
  *out = book;
  return HFT_OK;
}

hft_status hft_book_init(const hft_book_config *config, void *memory, size_t size, hft_book **out) {
  hft_status status = hft_book_prepare(config, memory, size, out);
  if (status == HFT_OK) hft_book_clear(*out);
  return status;
}

static size_t lesser(size_t a, size_t b) {
  return a < b ? a : b;
}

void hft_book_clear_part(hft_book *book, size_t first, size_t last) {
  size_t ticks = book->ticks, all = ticks + book->order_max;
  hft_node *nodes = hft_book_nodes(book);
  if (first == 0) {
    memset((char *)book + book->bitmap_at, 0, book->node_at - book->bitmap_at);
    book->live = 0;
    book->best[HFT_BID] = -1;
    book->best[HFT_ASK] = (int32_t)book->ticks;
  }
  uint32_t end = (uint32_t)lesser(last, ticks);
  for (uint32_t tick = (uint32_t)lesser(first, ticks); tick < end; tick++) {
    nodes[tick] = (hft_node){.next = tick, .prev = tick};
  }
  size_t from = first > ticks ? first : ticks, to = lesser(last, all);
  if (from < to) memset(nodes + from, 0, (to - from) * sizeof *nodes);
}

void hft_book_clear(hft_book *book) {
  hft_book_clear_part(book, 0, SIZE_MAX);
}

int32_t hft_book_above_far(const hft_book *book, uint32_t tick) {
  for (uint32_t depth = 0; depth < book->bitmap_depth; depth++) {
    uint64_t word = hft_book_bitmap(book, depth)[tick >> 6] & (~UINT64_C(1) << (tick & 63));
    if (word != 0) {
      uint32_t found = (tick & ~63u) | (uint32_t)__builtin_ctzll(word);
      while (depth-- > 0) {
        found = found << 6 | (uint32_t)__builtin_ctzll(hft_book_bitmap(book, depth)[found]);
      }
      return (int32_t)found;
    }
    tick >>= 6;
  }
  return (int32_t)book->ticks;
}

int32_t hft_book_below_far(const hft_book *book, uint32_t tick) {
  for (uint32_t depth = 0; depth < book->bitmap_depth; depth++) {
    uint64_t word = hft_book_bitmap(book, depth)[tick >> 6] & ((UINT64_C(1) << (tick & 63)) - 1);
    if (word != 0) {
      uint32_t found = (tick & ~63u) | (63u - (uint32_t)__builtin_clzll(word));
      while (depth-- > 0) {
        found = found << 6 | (63u - (uint32_t)__builtin_clzll(hft_book_bitmap(book, depth)[found]));
      }
      return (int32_t)found;
    }
    tick >>= 6;
  }
  return -1;
}

// The next worse level of a side after `tick`; outside the window if there is none.
static int32_t next_worse(const hft_book *book, hft_side side, int32_t tick) {
  return side == HFT_BID ? hft_book_below(book, (uint32_t)tick)
                         : hft_book_above(book, (uint32_t)tick);
}

__attribute__((noinline)) void hft_book_level_opened(hft_book *book, hft_side side, uint32_t tick) {
  for (uint32_t depth = 0, t = tick; depth < book->bitmap_depth; depth++, t >>= 6) {
    uint64_t *word = &hft_book_bitmap(book, depth)[t >> 6];
    uint64_t before = *word;
    *word = before | UINT64_C(1) << (t & 63);
    if (before != 0) break;
  }
  int32_t mirror = -(int32_t)side;
  if (((int32_t)tick ^ mirror) > (book->best[side] ^ mirror)) book->best[side] = (int32_t)tick;
}

// Moves the best price of a side on after the level at `tick` has become empty.
static void move_best(hft_book *book, hft_side side, int32_t tick) {
  int32_t best = book->best[side] = next_worse(book, side, tick);
  if ((uint32_t)best >= book->ticks) return;
  // The first order of the level behind trades once the new best level is gone and is probably not
  // in the cache: prefetch it one level ahead.
  int32_t behind = next_worse(book, side, best);
  if ((uint32_t)behind >= book->ticks) return;
  const hft_node *nodes = hft_book_nodes(book);
  __builtin_prefetch(&nodes[nodes[behind].next], 1);
}

__attribute__((noinline)) void hft_book_level_emptied(hft_book *book, uint32_t tick) {
  for (uint32_t depth = 0, t = tick; depth < book->bitmap_depth; depth++, t >>= 6) {
    uint64_t *word = &hft_book_bitmap(book, depth)[t >> 6];
    *word &= ~(UINT64_C(1) << (t & 63));
    if (*word != 0) break;
  }
  if ((int32_t)tick == book->best[HFT_BID]) {
    move_best(book, HFT_BID, (int32_t)tick);
  } else if ((int32_t)tick == book->best[HFT_ASK]) {
    move_best(book, HFT_ASK, (int32_t)tick);
  }
}

int hft_book_depth(const hft_book *book, hft_side side, hft_level *levels, int level_max) {
  const hft_node *nodes = hft_book_nodes(book);
  hft_walk walk = hft_book_walk_begin(book, side);
  int count = 0;
  while (count < level_max && hft_book_walk(book, side, &walk)) {
    const hft_node *level = &nodes[walk.tick];
    levels[count++] = (hft_level){book->price_min + walk.tick, level->qty, (int32_t)level->tag};
  }
  return count;
}

int64_t hft_book_ahead(const hft_book *book, uint32_t slot) {
  const hft_node *nodes = hft_book_nodes(book);
  int64_t ahead = 0;
  for (uint32_t i = nodes[book->ticks + slot].prev; i >= book->ticks; i = nodes[i].prev) {
    ahead += nodes[i].qty;
  }
  return ahead;
}

static uint64_t hash_side(const hft_book *book, hft_side side, uint64_t hash) {
  const hft_node *nodes = hft_book_nodes(book);
  hash = hft_hash_u64(hash, side);
  for (hft_walk walk = hft_book_walk_begin(book, side); hft_book_walk(book, side, &walk);) {
    hft_price price = book->price_min + walk.tick;
    hash = hft_hash_u64(hash, (uint64_t)price);
    for (uint32_t i = nodes[walk.tick].next; i >= book->ticks; i = nodes[i].next) {
      hash = hft_hash_u64(hash, (uint64_t)(i - book->ticks) << 32 | (uint32_t)nodes[i].qty);
    }
  }
  return hash;
}

uint64_t hft_book_hash(const hft_book *book) {
  return hash_side(book, HFT_ASK, hash_side(book, HFT_BID, HFT_HASH_START));
}

// Checks one level's queue: links and totals. Adds the number of its orders to *live.
static const char *verify_level(const hft_book *book, uint32_t tick, uint32_t *live) {
  const hft_node *nodes = hft_book_nodes(book);
  uint32_t count = 0, before = tick;
  int64_t qty = 0;
  for (uint32_t i = nodes[tick].next; i != tick; i = nodes[i].next) {
    if (i < book->ticks || i >= book->ticks + book->order_max)
      return "a link points outside the pool";
    if (nodes[i].prev != before) return "the links of a queue disagree";
    if (nodes[i].tag != tick) return "an order is in the queue of another price";
    if (nodes[i].qty <= 0) return "a resting order has no size";
    if (++count > book->order_max) return "a queue has a cycle";
    qty += nodes[i].qty;
    before = i;
  }
  if (nodes[tick].prev != before) return "the tail of a queue is wrong";
  if (nodes[tick].tag != count) return "the order count of a level is wrong";
  if (nodes[tick].qty != qty) return "the total of a level is wrong";
  *live += count;
  return NULL;
}

const char *hft_book_verify(const hft_book *book) {
  const hft_node *nodes = hft_book_nodes(book);
  uint32_t live = 0;
  int32_t bid = book->best[HFT_BID], ask = book->best[HFT_ASK];
  if (bid >= ask) return "the book is crossed";
  for (uint32_t tick = 0; tick < book->ticks; tick++) {
    const char *fault = verify_level(book, tick, &live);
    if (fault != NULL) return fault;
    bool occupied = nodes[tick].tag > 0;
    if (occupied && (int32_t)tick > bid && (int32_t)tick < ask) return "a best price is wrong";
    for (uint32_t depth = 0, t = tick; depth < book->bitmap_depth; depth++, t >>= 6) {
      bool marked = hft_book_bitmap(book, depth)[t >> 6] >> (t & 63) & 1;
      if (occupied && !marked) return "the bitmap misses an occupied level";
      if (depth == 0 && marked && !occupied) return "the bitmap marks an empty level";
      if (depth > 0 && marked != (hft_book_bitmap(book, depth - 1)[t] != 0)) {
        return "the levels of the bitmap disagree";
      }
    }
  }
  if (bid >= 0 && nodes[bid].tag == 0) return "the best bid is empty";
  if (ask < (int32_t)book->ticks && nodes[ask].tag == 0) return "the best ask is empty";
  if (live != book->live) return "the count of live orders is wrong";
  uint32_t slots = 0;
  for (uint32_t slot = 0; slot < book->order_max; slot++) {
    slots += nodes[book->ticks + slot].qty != 0;
  }
  return slots == live ? NULL : "a resting order is in no queue";
}
