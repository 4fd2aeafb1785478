#include "eval/letters.h"

#include "sim/base/check.h"

static uint32_t bit(int item) {
  return UINT32_C(1) << item;
}

void hft_letters_init(hft_letters *letters, int items) {
  HFT_CHECK(items >= 1 && items <= HFT_LETTERS_ITEMS_MAX);
  letters->count = 1;
  letters->items[0] = UINT32_MAX >> (HFT_LETTERS_ITEMS_MAX - items);
}

// Adds a letter unless another has all its items; drops letters whose items it has.
static bool add(hft_letters *letters, uint32_t items) {
  int kept = 0;
  for (int k = 0; k < letters->count; k++) {
    if ((items & ~letters->items[k]) == 0) return true;
  }
  for (int k = 0; k < letters->count; k++) {
    if ((letters->items[k] & ~items) != 0) letters->items[kept++] = letters->items[k];
  }
  letters->count = kept;
  if (kept == HFT_LETTERS_MAX) return false;
  letters->items[letters->count++] = items;
  return true;
}

bool hft_letters_split(hft_letters *letters, int i, int j) {
  hft_letters before = *letters;
  uint32_t both = bit(i) | bit(j);
  letters->count = 0;
  for (int k = 0; k < before.count; k++) {
    if ((before.items[k] & both) != both) letters->items[letters->count++] = before.items[k];
  }
  for (int k = 0; k < before.count; k++) {
    if ((before.items[k] & both) != both) continue;
    if (!add(letters, before.items[k] & ~bit(i)) || !add(letters, before.items[k] & ~bit(j))) {
      return false;
    }
  }
  return true;
}

// Whether every two items of a letter share another one, and a single item has another.
static bool is_redundant(const hft_letters *letters, int letter) {
  for (int i = 0; i < HFT_LETTERS_ITEMS_MAX; i++) {
    if ((letters->items[letter] & bit(i)) == 0) continue;
    uint32_t with = 0;  // items that share another letter with i
    for (int k = 0; k < letters->count; k++) {
      if (k != letter && (letters->items[k] & bit(i)) != 0) with |= letters->items[k];
    }
    if ((letters->items[letter] & ~with) != 0) return false;
  }
  return true;
}

// Whether x has an item before all those that are only y's.
static bool comes_first(uint32_t x, uint32_t y) {
  uint32_t different = x ^ y;
  return (x & different & (~different + 1)) != 0;
}

int hft_letters_sort(hft_letters *letters) {
  for (int k = letters->count - 1; k >= 0; k--) {
    if (is_redundant(letters, k)) letters->items[k] = letters->items[--letters->count];
  }
  for (int k = 1; k < letters->count; k++) {
    uint32_t items = letters->items[k];
    int place = k;
    for (; place > 0 && comes_first(items, letters->items[place - 1]); place--) {
      letters->items[place] = letters->items[place - 1];
    }
    letters->items[place] = items;
  }
  return letters->count;
}

void hft_letters_print(const hft_letters *letters, int item, char *text) {
  static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  HFT_CHECK(letters->count <= (int)sizeof alphabet - 1);
  for (int k = 0; k < letters->count; k++) {
    if ((letters->items[k] & bit(item)) != 0) *text++ = alphabet[k];
  }
  *text = '\0';
}
