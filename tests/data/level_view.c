#include "tests/data/level_view.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"
#include "sim/base/dist.h"

#define ORDERS_MAX 512
#define ROW_MAX 8192
#define REACH 15  // ticks from the opposite side that an order is placed at, at most

typedef struct order {
  int64_t id, price;  // ticks
  int side, size;
} order;

typedef struct market {
  const level_view *view;
  hft_rng rng;
  order order[ORDERS_MAX];  // the oldest first
  int count;
  int64_t last_id;
} market;

static int64_t merit(int side, int64_t price) {
  return side == HFT_BID ? price : -price;
}

// The best price of a side that is worse than `than` (INT64_MAX: at all), and its size; 0: none.
static int64_t next_price(const market *m, int side, int64_t than, int64_t *size) {
  bool found = false;
  int64_t best = 0;
  *size = 0;
  for (int i = 0; i < m->count; i++) {
    const order *o = &m->order[i];
    if (o->side != side || merit(side, o->price) >= than) continue;
    if (!found || merit(side, o->price) > merit(side, best)) {
      best = o->price;
      *size = 0;
      found = true;
    }
    if (o->price == best) *size += o->size;
  }
  return best;
}

static void print_row(const market *m, char row[ROW_MAX]) {
  int64_t than[2] = {INT64_MAX, INT64_MAX};
  size_t at = 0;
  for (int level = 0; level < m->view->levels; level++) {
    for (int k = 0; k < 2; k++) {
      int side = k == 0 ? HFT_ASK : HFT_BID;
      int64_t size, price = next_price(m, side, than[side], &size);
      than[side] = size > 0 ? merit(side, price) : INT64_MIN;
      int64_t shown = size > 0 ? price * m->view->tick : side == HFT_ASK ? 9999999999 : -9999999999;
      at += (size_t)snprintf(row + at, ROW_MAX - at, "%s%" PRId64 ",%" PRId64,
                             level + k > 0 ? "," : "", shown, size);
    }
  }
}

static int first_of(const market *m, int side) {
  int first = -1;
  for (int i = 0; i < m->count; i++) {
    const order *o = &m->order[i];
    if (o->side != side) continue;
    if (first < 0 || merit(side, o->price) > merit(side, m->order[first].price)) first = i;
  }
  return first;
}

typedef struct message {
  int kind, size;
  order order;
} message;

static message add(market *m) {
  int side = (int)hft_bounded(&m->rng, 2);
  int other = first_of(m, 1 - side);
  int64_t from = other >= 0 ? m->order[other].price : m->view->middle;
  int64_t away = 1 + (int64_t)hft_bounded(&m->rng, REACH);
  order *o = &m->order[m->count++];
  *o = (order){++m->last_id, from - (side == HFT_BID ? away : -away), side,
               1 + (int)hft_bounded(&m->rng, 40)};
  return (message){HFT_LOBSTER_ADD, o->size, *o};
}

static message take(market *m, int index, int kind, int size) {
  message out = {kind, size, m->order[index]};
  m->order[index].size -= size;
  if (m->order[index].size > 0) return out;
  if (kind == HFT_LOBSTER_REDUCE) out.kind = HFT_LOBSTER_DELETE;
  m->count--;
  memmove(&m->order[index], &m->order[index + 1], (size_t)(m->count - index) * sizeof m->order[0]);
  return out;
}

static message act(market *m) {
  uint32_t pick = hft_bounded(&m->rng, 20);
  bool thin = first_of(m, HFT_BID) < 0 || first_of(m, HFT_ASK) < 0 || m->count < 16;
  if (m->count < ORDERS_MAX && (thin || pick < 9)) return add(m);
  bool executes = pick < 13;
  int index = executes ? first_of(m, (int)hft_bounded(&m->rng, 2))
                       : (int)hft_bounded(&m->rng, (uint32_t)m->count);
  uint32_t left = (uint32_t)m->order[index].size;
  int size = hft_bounded(&m->rng, 2) == 0 ? (int)left : 1 + (int)hft_bounded(&m->rng, left);
  return take(m, index, executes ? HFT_LOBSTER_EXECUTE : HFT_LOBSTER_REDUCE, size);
}

int level_view_write(const level_view *view) {
  market *m = calloc(1, sizeof *m);
  char *before = calloc(2, ROW_MAX), *row = before + ROW_MAX;
  FILE *messages = fopen(view->messages, "w"), *rows = fopen(view->orderbook, "w");
  HFT_CHECK(m != NULL && before != NULL && messages != NULL && rows != NULL);
  *m = (market){.view = view, .rng = hft_rng_stream(view->seed, 0, 0)};
  int written = 0, planted = 0;
  for (int i = 0; i < view->operations; i++) {
    message done = act(m);
    print_row(m, row);
    bool shows = strcmp(row, before) != 0;
    memcpy(before, row, ROW_MAX);
    if (!shows || i < 100) continue;  // the file begins within the day
    fprintf(messages, "34200.%09d,%d,%" PRId64 ",%d,%" PRId64 ",%d\n", 10000 * written, done.kind,
            done.order.id, done.size, done.order.price * view->tick,
            done.order.side == HFT_BID ? 1 : -1);
    fprintf(rows, "%s\n", row);
    if (++written % 50 != 0 || planted == view->planted_count) continue;
    fprintf(messages, "34200.%09d%s\n", 10000 * (written - 1), view->planted[planted++]);
    fprintf(rows, "%s\n", row);
  }
  HFT_CHECK(fclose(messages) == 0 && fclose(rows) == 0);
  free(before);
  free(m);
  return written + planted;
}
