// The compact letter display against its definition, for all relations of a few items and random
// ones of many.
#include "eval/letters.h"

#include <string.h>

#include "sim/base/rng.h"
#include "tests/support/check.h"

typedef struct relation {
  int items;
  bool apart[HFT_LETTERS_ITEMS_MAX][HFT_LETTERS_ITEMS_MAX];  // i < j
} relation;

static bool share(const char *x, const char *y) {
  return strpbrk(x, y) != NULL;
}

// Makes the letters of a relation and checks that two items share one if and only if they are not
// told apart, that each item has one, that the first has an `a`, and that letters begin in order.
static int check_letters(const relation *r) {
  hft_letters letters;
  hft_letters_init(&letters, r->items);
  for (int i = 0; i < r->items; i++) {
    for (int j = i + 1; j < r->items; j++) {
      if (r->apart[i][j]) assert_true(hft_letters_split(&letters, i, j));
    }
  }
  int count = hft_letters_sort(&letters);
  assert_in_range(count, 1, 52);
  char text[HFT_LETTERS_ITEMS_MAX][53];
  for (int i = 0; i < r->items; i++) {
    hft_letters_print(&letters, i, text[i]);
    assert_int_not_equal(text[i][0], '\0');
    for (int j = 0; j < i; j++) assert_true(share(text[j], text[i]) == !r->apart[j][i]);
  }
  assert_int_equal(text[0][0], 'a');
  return count;
}

// Every relation of up to five items.
static void all_small_relations(void **unused) {
  (void)unused;
  for (int items = 1; items <= 5; items++) {
    for (int set = 0; set < 1 << (items * (items - 1) / 2); set++) {
      relation r = {.items = items};
      int pair = 0;
      for (int i = 0; i < items; i++) {
        for (int j = i + 1; j < items; j++, pair++) r.apart[i][j] = (set >> pair & 1) != 0;
      }
      check_letters(&r);
    }
  }
}

static void random_relations(void **unused) {
  (void)unused;
  hft_rng rng = hft_rng_stream(1, 0, 0);
  for (int trial = 0; trial < 400; trial++) {
    relation r = {.items = 2 + trial % 9};
    for (int i = 0; i < r.items; i++) {
      for (int j = i + 1; j < r.items; j++) r.apart[i][j] = hft_rng_u32(&rng) % 4 <= 1u;
    }
    check_letters(&r);
  }
}

// As rankings mostly are: told apart from some distance on. There are as few letters as intervals.
static void ladders(void **unused) {
  (void)unused;
  for (int items = 1; items <= HFT_LETTERS_ITEMS_MAX; items++) {
    for (int reach = 1; reach <= items; reach++) {
      relation r = {.items = items};
      for (int i = 0; i < items; i++) {
        for (int j = i + reach; j < items; j++) r.apart[i][j] = true;
      }
      assert_int_equal(check_letters(&r), items - reach + 1);
    }
  }
}

static void known_letters(void **unused) {
  (void)unused;
  hft_letters letters;
  hft_letters_init(&letters, 4);
  assert_true(hft_letters_split(&letters, 0, 2));
  assert_true(hft_letters_split(&letters, 0, 3));
  assert_true(hft_letters_split(&letters, 1, 3));
  assert_int_equal(hft_letters_sort(&letters), 3);
  const char *expected[] = {"a", "ab", "bc", "c"};
  for (int i = 0; i < 4; i++) {
    char text[53];
    hft_letters_print(&letters, i, text);
    assert_string_equal(text, expected[i]);
  }
}

// Pairs that are told apart one by one, and nothing else: each choice of one of each pair is a
// letter, 2^16 in all.
static void too_many(void **unused) {
  (void)unused;
  hft_letters letters;
  hft_letters_init(&letters, HFT_LETTERS_ITEMS_MAX);
  bool complete = true;
  for (int i = 0; i < HFT_LETTERS_ITEMS_MAX && complete; i += 2) {
    complete = hft_letters_split(&letters, i, i + 1);
  }
  assert_false(complete);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_small_relations),
      cmocka_unit_test(random_relations),
      cmocka_unit_test(ladders),
      cmocka_unit_test(known_letters),
      cmocka_unit_test(too_many),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
