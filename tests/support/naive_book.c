#include "tests/support/naive_book.h"

#include <string.h>

// Is price a better than price b for resting on a side?
static bool better(hft_side side, hft_price a, hft_price b) {
  return side == HFT_BID ? a > b : a < b;
}

bool naive_match(naive_book *book, hft_side side, hft_price price, hft_qty *qty, hft_fill *fill) {
  hft_side other = hft_side_other(side);
  naive_order *front = &book->order[other][0];
  if (book->count[other] == 0 || better(other, price, front->price)) return false;
  hft_qty traded = *qty < front->qty ? *qty : front->qty;
  *qty -= traded;
  front->qty -= traded;
  *fill = (hft_fill){front->slot, front->price, traded, front->qty};
  if (front->qty == 0) naive_remove(book, other, 0);
  return true;
}

bool naive_insert(naive_book *book, uint32_t slot, hft_side side, hft_price price, hft_qty qty) {
  int order_count;
  if (naive_level(book, side, price, &order_count) + qty > INT32_MAX) return false;
  naive_order *order = book->order[side];
  int at = 0;
  while (at < book->count[side] && !better(side, price, order[at].price)) at++;
  memmove(&order[at + 1], &order[at], (size_t)(book->count[side] - at) * sizeof *order);
  order[at] = (naive_order){slot, price, qty};
  book->count[side]++;
  return true;
}

void naive_remove(naive_book *book, hft_side side, int index) {
  naive_order *order = book->order[side];
  book->count[side]--;
  memmove(&order[index], &order[index + 1], (size_t)(book->count[side] - index) * sizeof *order);
}

naive_order *naive_find(naive_book *book, uint32_t slot, hft_side *side, int *index) {
  for (int s = 0; s < 2; s++) {
    for (int i = 0; i < book->count[s]; i++) {
      if (book->order[s][i].slot != slot) continue;
      *side = (hft_side)s;
      *index = i;
      return &book->order[s][i];
    }
  }
  return NULL;
}

int64_t naive_level(const naive_book *book, hft_side side, hft_price price, int *order_count) {
  int64_t total = 0;
  *order_count = 0;
  for (int i = 0; i < book->count[side]; i++) {
    if (book->order[side][i].price != price) continue;
    total += book->order[side][i].qty;
    ++*order_count;
  }
  return total;
}

int64_t naive_ahead(const naive_book *book, hft_side side, int index) {
  int64_t ahead = 0;
  for (int i = 0; i < index; i++) {
    if (book->order[side][i].price == book->order[side][index].price) {
      ahead += book->order[side][i].qty;
    }
  }
  return ahead;
}
