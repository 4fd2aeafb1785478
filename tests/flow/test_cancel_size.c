// The optional tables of the population `reactive` by which large orders rest longer.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/flow/tables.h"
#include "tests/flow/reactive_world.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

// The built-in tables small_tick with more text at the end. Free it.
static char *with(const char *more) {
  const hft_flow_text *good = NULL;
  for (int i = 0; i < hft_flow_text_count; i++) {
    if (strcmp(hft_flow_texts[i].name, "small_tick") == 0) good = &hft_flow_texts[i];
  }
  assert_non_null(good);
  size_t size = good->length + strlen(more) + 1;
  char *text = malloc(size);
  snprintf(text, size, "%.*s%s", (int)good->length, good->text, more);
  return text;
}

static void a_file_may_lack_them(void **state) {
  (void)state;
  hft_flow_tables *t = malloc(sizeof *t);
  char *text = with("");
  hft_error error = {0};
  assert_int_equal(hft_flow_tables_read(text, strlen(text), "t.yaml", t, &error), HFT_OK);
  for (int k = 0; k < HFT_FLOW_SIZES; k++) assert_near(t->cancel_size[k], 1, 0);
  char *print = hft_flow_tables_print(t, NULL);
  assert_non_null(strstr(print, "cancel_size: [1, 1, 1, 1, 1, 1]"));
  free(print);
  free(text);
  free(t);
}

static void faults_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *more, *words;
  } faults[] = {
      {"cancel_size: [1, 1, 1, 1, 1, 0]\n", "cancel_size: no order of size class 5"},
      {"cancel_size: [1, 1, 1, 1, 1]\n", "cancel_size: expected a list of 6 numbers, found 5"},
      {"cancel_size: [1, 1, 1, 1, 1, -1]\n", "cancel_size: -1 is outside"},
      {"size_edges: [2, 3, 4, 5, 5]\n", "size_edges: 5 after 5; values must increase"},
      {"size_edges: 7\n", "size_edges: expected a list of 5 numbers"},
  };
  hft_flow_tables *t = malloc(sizeof *t);
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    char *text = with(faults[i].more);
    hft_error error = {0};
    assert_int_equal(hft_flow_tables_read(text, strlen(text), "t.yaml", t, &error), HFT_ECONFIG);
    if (strstr(error.text, faults[i].words) == NULL) fail_msg("%s", error.text);
    free(text);
  }
  free(t);
}

// The share of resting orders of at least 20 lots, mean over a session.
static double share_of_large(const char *tables) {
  char yaml[1024];
  snprintf(yaml, sizeof yaml,
           "market_config: {fundamental: brownian, volatility: 0.02, window_ticks: 4096}\n"
           "populations: [{kind: reactive, tables: '%s'}]\n",
           tables);
  world w = world_create(yaml, 0);
  double large = 0, all = 0;
  for (uint64_t seed = 0; seed < 4; seed++) {
    hft_market_reset(w.model, w.market, seed, 0, NULL);
    for (int minute = 1; minute <= 30; minute++) {
      hft_market_run(w.model, w.market, minute * 60 * HFT_SECOND, NULL);
      const hft_book *book = hft_market_book(w.model, w.market, 0);
      for (uint32_t slot = 0; minute > 5 && slot < book->order_max; slot++) {
        if (!hft_book_is_live(book, slot)) continue;
        all++;
        large += hft_book_order_qty(book, slot) >= 20;
      }
    }
  }
  world_free(&w);
  return large / all;
}

// The neutral tables are those without, draw by draw; otherwise the larger orders are the more, the
// less often they are cancelled.
static void large_orders_rest_longer(void **state) {
  char path[512];
  double share[4];
  static const char *const more[4] = {
      "", "size_edges: [2, 3, 4, 5, 6]\ncancel_size: [3, 3, 3, 3, 3, 3]\n",
      "size_edges: [20, 30, 40, 50, 60]\ncancel_size: [1, 0.4, 0.4, 0.4, 0.4, 0.4]\n",
      "size_edges: [20, 30, 40, 50, 60]\ncancel_size: [0.4, 1, 1, 1, 1, 1]\n"};
  for (int i = 0; i < 4; i++) {
    char *text = with(more[i]);
    snprintf(path, sizeof path, "%s", path_in(*state, "t.yaml"));
    write_text(path, text);
    free(text);
    share[i] = share_of_large(path);
  }
  assert_near(share[1], share[0], 0);
  assert_true(share[2] > 1.2 * share[0]);
  assert_true(share[3] < share[0] / 1.2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_file_may_lack_them),
      cmocka_unit_test(faults_are_refused),
      cmocka_unit_test_setup_teardown(large_orders_rest_longer, folder_setup, folder_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
