// Files that a config names: their content is part of the spec hash and of saves, even where the
// text of the config is the same.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/world.h"
#include "tests/support/files.h"

#define WINDOWS 6

// The tape's files in a folder.
#define MESSAGES_FILE "a_message_1.csv"
#define ORDERBOOK_FILE "a_orderbook_1.csv"

// The size of a hidden execution, and what is offered all the time.
#define MESSAGES(qty) "100,1,1,10,990000,1\n101,5,0," #qty ",1000000,1\n160,3,1,5,990000,1\n"
#define BOOKS(qty) \
  "1010000," #qty ",990000,15\n1010000," #qty ",990000,15\n1010000," #qty ",990000,5\n"

// Envs of the tape that the folder now holds; all reset.
static hftsim *start(const char *folder) {
  char config[1200];
  snprintf(config, sizeof config,
           "market_config: {duration_s: 60, fundamental: constant}\n"
           "env_config: {episode_len: 20, warmup_s: 1}\n"
           "populations: [{kind: replay, messages: '%s'}]\n"
           "seats: [{kind: maker}]\n",
           path_in(folder, MESSAGES_FILE));
  hftsim *sim = hftsim_create();
  assert_non_null(sim);
  expect(sim, hftsim_load_text(sim, config, strlen(config), NULL), HFTSIM_OK, NULL);
  expect(sim, hftsim_start(sim, 1, 1, 3), HFTSIM_OK, NULL);
  expect(sim, hftsim_reset(sim, NULL), HFTSIM_OK, NULL);
  return sim;
}

// Are two handles' saves and spec hashes taken for the same?
static bool are_the_same(hftsim *a, hftsim *b) {
  size_t size = hftsim_env_bytes(a);
  assert_int_equal(hftsim_env_bytes(b), size);
  void *save = malloc(size);
  assert_non_null(save);
  expect(a, hftsim_save_env(a, 0, save, size), HFTSIM_OK, NULL);
  int status = hftsim_load_env(b, 0, save, size);
  free(save);
  if (status != HFTSIM_OK) expect(b, status, HFTSIM_BAD_SAVE, "save");
  bool same = strcmp(hftsim_spec_hash(a), hftsim_spec_hash(b)) == 0;
  assert_int_equal(same, status == HFTSIM_OK);
  return same;
}

static void the_content_of_a_tape_counts(void **state) {
  const char *folder = *state;
  write_text(path_in(folder, MESSAGES_FILE), MESSAGES(5));
  write_text(path_in(folder, ORDERBOOK_FILE), BOOKS(50));
  hftsim *first = start(folder), *again = start(folder);
  assert_true(are_the_same(first, again));
  hftsim_free(again);
  // Another size in a message; then the same messages, and other rows.
  write_text(path_in(folder, MESSAGES_FILE), MESSAGES(6));
  hftsim *other = start(folder);
  assert_false(are_the_same(first, other));
  assert_false(are_the_same(other, first));
  hftsim_free(other);
  write_text(path_in(folder, MESSAGES_FILE), MESSAGES(5));
  write_text(path_in(folder, ORDERBOOK_FILE), BOOKS(51));
  other = start(folder);
  assert_false(are_the_same(first, other));
  hftsim_free(other);
  write_text(path_in(folder, ORDERBOOK_FILE), BOOKS(50));
  other = start(folder);
  assert_true(are_the_same(first, other));
  hftsim_free(other);
  hftsim_free(first);
}

// Episodes of a tape open at times of their own, the same on any number of threads.
static const char windows_config[] =
    "market_config: {duration_s: 60, fundamental: constant}\n"
    "env_config: {episode_len: 20, warmup_s: 1}\n"
    "populations:\n"
    "  - kind: replay\n"
    "    window: random\n"
    "    messages: data/sample/SYMA_2026-01-02_34200000_34800000_message_5.csv\n"
    "seats: [{kind: maker}]\n";

static hftsim *start_windows(int threads) {
  hftsim *sim = hftsim_create();
  assert_non_null(sim);
  size_t length = strlen(windows_config);
  expect(sim, hftsim_load_text(sim, windows_config, length, NULL), HFTSIM_OK, NULL);
  expect(sim, hftsim_start(sim, WINDOWS, threads, 5), HFTSIM_OK, NULL);
  expect(sim, hftsim_reset(sim, NULL), HFTSIM_OK, NULL);
  return sim;
}

static void windows_are_the_same_on_any_number_of_threads(void **state) {
  (void)state;
  hftsim *one = start_windows(1), *three = start_windows(3);
  size_t bytes;
  const float *obs = world_array(one, "obs/maker");
  size_t row = (size_t)hftsim_array_dim(one, hftsim_array_find(one, "obs/maker"), 2);
  int alike = 0;
  for (size_t i = 0; i < WINDOWS; i++) {
    for (size_t k = 0; k < i; k++) {
      alike += memcmp(obs + i * row, obs + k * row, row * sizeof *obs) == 0;
    }
  }
  assert_int_equal(alike, 0);
  for (int step = 0; step < 50; step++) {
    world_step(one, 1, step);
    world_step(three, 1, step);
    const void *results = hftsim_slab(one, HFTSIM_RESULTS, &bytes);
    assert_memory_equal(results, hftsim_slab(three, HFTSIM_RESULTS, &bytes), bytes);
  }
  hftsim_free(three);
  hftsim_free(one);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(windows_are_the_same_on_any_number_of_threads),
      cmocka_unit_test_setup_teardown(the_content_of_a_tape_counts, folder_setup, folder_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
