// The compact letter display: letters for the items of a ranking such that two items share a letter
// if and only if they are not told apart. H. P. Piepho, "An algorithm for a letter-based
// representation of all pairwise comparisons", Journal of Computational and Graphical Statistics
// 13, 2004.
#ifndef HFTSIM_EVAL_LETTERS_H
#define HFTSIM_EVAL_LETTERS_H

#include <stdbool.h>
#include <stdint.h>

#define HFT_LETTERS_ITEMS_MAX 32
#define HFT_LETTERS_MAX 1024

// Letters as sets of items: bit i of a letter is set where item i has it. No letter's set is within
// another's.
typedef struct hft_letters {
  int count;
  uint32_t items[HFT_LETTERS_MAX];
} hft_letters;

// Gives one letter to all of 1 .. HFT_LETTERS_ITEMS_MAX items.
void hft_letters_init(hft_letters *letters, int items);

// Tells two items apart: no letter has both afterwards. False, with the letters incomplete, if that
// takes more than HFT_LETTERS_MAX.
bool hft_letters_split(hft_letters *letters, int i, int j);

// Drops letters without which every two items that share a letter still do, and orders the others
// by their first items. Returns how many are left.
int hft_letters_sort(hft_letters *letters);

// Writes the letters of an item as a text: a .. z, A .. Z. `text` has room for one character a
// letter and the zero; there are at most 52 letters.
void hft_letters_print(const hft_letters *letters, int item, char *text);

#endif
