#include "tests/fuzz/tape.h"

#include <stdio.h>

#include "data/lobster/lobster.h"
#include "sim/base/check.h"
#include "sim/base/dist.h"

#define OPEN_S 34200  // of the files, after midnight
#define LEVELS 3      // of the book at the open, two ticks from one to the next
#define REACH 40      // ticks that an order may be away from the middle: some are out of the window
#define UNIT 100      // a file's price of a tick
#define OLDER_ID 9000  // orders that no message of the tape has added

typedef struct tape_order {
  int64_t id;
  hft_side side;
  hft_price price;
  hft_qty left;
} tape_order;

// The recorded market: its orders, oldest first.
typedef struct recorder {
  hft_rng rng;
  FILE *file;
  tape *tape;
  hft_time time;
  hft_price around;
  tape_order order[TAPE_MESSAGES + 8];
  int count;
  int64_t last_id;
} recorder;

static void note(recorder *r, const tape_order *order, int64_t qty) {
  r->tape->change[r->tape->count++] = (tape_change){r->time, order->side, order->price, qty};
}

static void write_message(recorder *r, hft_lobster_kind kind, const tape_order *order,
                          hft_qty size) {
  int64_t ms = r->time / HFT_MILLISECOND;
  fprintf(r->file, "%lld.%03lld,%d,%lld,%d,%d,%d\n", (long long)(OPEN_S + ms / 1000),
          (long long)(ms % 1000), kind, (long long)order->id, size, order->price * UNIT,
          hft_side_sign(order->side));
}

// The first in the queue of a side's best price, or -1.
static int find_first(const recorder *r, hft_side side) {
  int first = -1;
  for (int i = 0; i < r->count; i++) {
    if (r->order[i].side != side) continue;
    int better = first < 0 ? 1 : hft_side_sign(side) * (r->order[i].price - r->order[first].price);
    if (better > 0) first = i;
  }
  return first;
}

static void take(recorder *r, int index, hft_lobster_kind kind, hft_qty qty) {
  tape_order *order = &r->order[index];
  write_message(r, kind, order, qty);
  note(r, order, -qty);
  order->left -= qty;
  if (order->left > 0) return;
  r->count--;
  for (int i = index; i < r->count; i++) r->order[i] = r->order[i + 1];
}

static void add(recorder *r) {
  hft_side side = hft_bounded(&r->rng, 2) == 0 ? HFT_BID : HFT_ASK;
  int opposite = find_first(r, hft_side_other(side));
  hft_price from = opposite < 0 ? r->around : r->order[opposite].price;
  hft_price away = 1 + (hft_price)hft_bounded(&r->rng, hft_bounded(&r->rng, 8) == 0 ? REACH : 6);
  tape_order *order = &r->order[r->count++];
  *order = (tape_order){++r->last_id, side, from - hft_side_sign(side) * away,
                        1 + (hft_qty)hft_bounded(&r->rng, 30)};
  write_message(r, HFT_LOBSTER_ADD, order, order->left);
  note(r, order, order->left);
}

// Trades with the first of a side, or now and then with another order, as real tapes do.
static void execute(recorder *r) {
  hft_side side = hft_bounded(&r->rng, 2) == 0 ? HFT_BID : HFT_ASK;
  int index = find_first(r, side);
  if (hft_bounded(&r->rng, 8) == 0) index = (int)hft_bounded(&r->rng, (uint32_t)r->count);
  if (index < 0) return;
  hft_qty left = r->order[index].left;
  take(r, index, HFT_LOBSTER_EXECUTE, 1 + (hft_qty)hft_bounded(&r->rng, (uint32_t)left));
}

static void leave(recorder *r) {
  int index = (int)hft_bounded(&r->rng, (uint32_t)r->count);
  hft_qty left = r->order[index].left;
  hft_qty qty = 1 + (hft_qty)hft_bounded(&r->rng, (uint32_t)left);
  take(r, index, qty < left ? HFT_LOBSTER_REDUCE : HFT_LOBSTER_DELETE, qty);
}

// Of what is not in the visible book.
static void write_aside(recorder *r) {
  static const tape_order unseen = {0, HFT_BID, 10000, 7};
  static const hft_lobster_kind kinds[] = {HFT_LOBSTER_HIDDEN, HFT_LOBSTER_CROSS};
  write_message(r, kinds[hft_bounded(&r->rng, 2)], &unseen, unseen.left);
}

// The book right after the first message, which added order 1.
static void open_book(recorder *r, const char *orderbook) {
  FILE *file = fopen(orderbook, "w");
  HFT_CHECK(file != NULL);
  for (int level = 0; level < LEVELS; level++) {
    for (int k = 0; k < 2; k++) {
      hft_side side = k == 0 ? HFT_ASK : HFT_BID;
      hft_price price = r->around - hft_side_sign(side) * (2 + 2 * level);
      tape_order order = {OLDER_ID + 2 * level + k, side, price, 20};
      bool first = level == 0 && side == HFT_BID;
      r->order[r->count++] = order;
      note(r, &order, order.left);
      fprintf(file, "%s%d,%d", level + k > 0 ? "," : "", price * UNIT, first ? 25 : 20);
    }
  }
  fprintf(file, "\n");
  HFT_CHECK(fclose(file) == 0);
  tape_order *order = &r->order[r->count++];
  *order = (tape_order){++r->last_id, HFT_BID, r->around - 2, 5};
  write_message(r, HFT_LOBSTER_ADD, order, order->left);
  note(r, order, order->left);
}

void tape_write(hft_price around, const char *messages, const char *orderbook, tape *out) {
  recorder r = {.rng = hft_rng_stream(1, 0, 0), .tape = out, .around = around};
  out->count = 0;
  r.file = fopen(messages, "w");
  HFT_CHECK(r.file != NULL);
  open_book(&r, orderbook);
  for (int i = 1; i < TAPE_MESSAGES; i++) {
    if (hft_bounded(&r.rng, 4) != 0) {  // else at the same time as the last one
      r.time += HFT_MILLISECOND * (1 + (hft_time)hft_bounded(&r.rng, 400));
    }
    uint32_t pick = hft_bounded(&r.rng, 20);
    if (pick < 9 || r.count < 4) {
      add(&r);
    } else if (pick < 14) {
      execute(&r);
    } else if (pick < 19) {
      leave(&r);
    } else {
      write_aside(&r);
    }
  }
  HFT_CHECK(r.time < TAPE_SECONDS * HFT_SECOND);
  HFT_CHECK(fclose(r.file) == 0);
}

int64_t tape_qty(const tape *recorded, hft_time time, hft_side side, hft_price price) {
  int64_t qty = 0;
  for (int i = 0; i < recorded->count && recorded->change[i].time <= time; i++) {
    const tape_change *change = &recorded->change[i];
    if (change->side == side && change->price == price) qty += change->qty;
  }
  return qty;
}
