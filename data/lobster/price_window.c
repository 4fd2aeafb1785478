#include "data/lobster/price_window.h"

#include <stdlib.h>

#define FAR 10  // times the median: not a price of the market

static const int32_t bases[HFT_PRICE_WINDOW_BASES] = {100, 50, 10, 5, 1};

hft_status hft_price_notes_begin(hft_price_notes *notes, hft_error *error) {
  *notes = (hft_price_notes){.stride = 1};
  notes->sample = malloc(HFT_PRICE_WINDOW_SAMPLES * sizeof *notes->sample);
  return notes->sample != NULL ? HFT_OK : hft_fail(error, HFT_ENOMEM, "", "out of memory");
}

void hft_price_notes_end(hft_price_notes *notes) {
  free(notes->sample);
  *notes = (hft_price_notes){0};
}

static void sample(hft_price_notes *notes, int64_t price) {
  if (notes->seen++ % notes->stride != 0) return;
  if (notes->count == HFT_PRICE_WINDOW_SAMPLES) {
    for (size_t i = 0; i < HFT_PRICE_WINDOW_SAMPLES / 2; i++)
      notes->sample[i] = notes->sample[2 * i];
    notes->count = HFT_PRICE_WINDOW_SAMPLES / 2;
    notes->stride *= 2;
  }
  notes->sample[notes->count++] = price;
}

static void divide(hft_price_notes *notes, int64_t price) {
  for (int b = 0; b < HFT_PRICE_WINDOW_BASES; b++) {
    if (price % bases[b] != 0) continue;
    int64_t *divisor = &notes->divisor[b];
    if (*divisor != 0 && price % *divisor == 0) continue;
    int64_t rest = price;
    while (rest != 0) {
      int64_t next = *divisor % rest;
      *divisor = rest;
      rest = next;
    }
  }
}

void hft_price_notes_add_book(hft_price_notes *notes, const hft_lobster_book *book,
                              const hft_lobster_book *before) {
  int64_t bid = book->side[HFT_BID][0].price, ask = book->side[HFT_ASK][0].price;
  int64_t least = bid != 0 ? bid : ask, most = ask != 0 ? ask : bid;
  for (int side = 0; side < 2; side++) {
    const hft_lobster_level *level = book->side[side];
    if (level[0].price != 0) sample(notes, level[0].price);
    for (int i = 0; i < book->levels && level[i].price != 0; i++) {
      if (before != NULL && before->side[side][i].price == level[i].price) continue;
      if (level[i].price < least / FAR || level[i].price > most * FAR) continue;
      divide(notes, level[i].price);
    }
  }
}

static int compare(const void *a, const void *b) {
  int64_t x, y;
  x = *(const int64_t *)a;
  y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static bool is_near(int64_t price, int64_t median) {
  return price >= median / FAR && price <= median * FAR;
}

// The range of the market's prices; returns their median.
static int64_t market_range(hft_price_notes *notes, int64_t *low, int64_t *high) {
  if (notes->count == 0) sample(notes, 1);  // only hidden executions
  qsort(notes->sample, notes->count, sizeof *notes->sample, compare);
  int64_t median = notes->sample[notes->count / 2];
  *low = *high = median;
  for (size_t i = 0; i < notes->count; i++) {
    int64_t price = notes->sample[i];
    if (!is_near(price, median)) continue;
    if (price < *low) *low = price;
    if (price > *high) *high = price;
  }
  return median;
}

static void note_messages(hft_price_notes *notes, const hft_lobster_messages *messages) {
  for (size_t i = 0; i < messages->count; i++) {
    const hft_lobster_message *message = &messages->message[i];
    if (message->kind == HFT_LOBSTER_EXECUTE) sample(notes, message->price);
  }
  if (notes->seen > 0) return;
  for (size_t i = 0; i < messages->count; i++) {
    const hft_lobster_message *message = &messages->message[i];
    if (message->kind == HFT_LOBSTER_ADD) sample(notes, message->price);
  }
}

// The coarsest base that divides nearly all prices of messages in the window.
static int choose_base(hft_price_notes *notes, const hft_lobster_messages *messages, int64_t low,
                       int64_t high) {
  size_t count = 0, odd[HFT_PRICE_WINDOW_BASES] = {0};
  for (size_t i = 0; i < messages->count; i++) {
    const hft_lobster_message *message = &messages->message[i];
    bool visible = message->kind <= HFT_LOBSTER_EXECUTE;
    if (!visible || message->price < low || message->price > high) continue;
    count++;
    for (int b = 0; b < HFT_PRICE_WINDOW_BASES; b++) odd[b] += message->price % bases[b] != 0;
    divide(notes, message->price);
  }
  for (int b = 0; b < HFT_PRICE_WINDOW_BASES; b++) {
    bool representable = high / bases[b] <= INT32_MAX;
    bool all_but_few = odd[b] * 100 <= count;
    // Without messages only the rows count.
    if (count == 0) all_but_few = notes->divisor[b] == notes->divisor[HFT_PRICE_WINDOW_BASES - 1];
    bool finer_fits = b + 1 < HFT_PRICE_WINDOW_BASES && high / bases[b + 1] <= INT32_MAX;
    if (representable && (all_but_few || !finer_fits)) return b;
  }
  return HFT_PRICE_WINDOW_BASES - 1;
}

hft_price_window hft_price_window_choose(hft_price_notes *notes,
                                         const hft_lobster_messages *messages) {
  note_messages(notes, messages);
  int64_t low, high;
  int64_t median = market_range(notes, &low, &high);
  low -= low / 2;
  high += high / 2;
  if (high > HFT_LOBSTER_PRICE_MAX) high = HFT_LOBSTER_PRICE_MAX;
  int base = choose_base(notes, messages, low, high);
  int64_t tick = notes->divisor[base];
  if (tick == 0 || tick > median) tick = bases[base];
  if (median < tick) tick = 1;
  int64_t room = tick * (HFT_PRICE_WINDOW_TICKS_MAX / 2 - 1);
  if (low < median - room) low = median - room;
  if (high > median + room) high = median + room;
  low = (low + tick - 1) / tick * tick;
  high = high / tick * tick;
  if (low < tick) low = tick;
  if (high < low) high = low;
  return (hft_price_window){low, high, (int32_t)tick};
}
