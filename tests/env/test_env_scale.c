// The default config is small: 512 KiB a market, with or without seats, so that ten thousand
// markets fit into one process, each independent of the others.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/slab.h"

#define MARKET_BYTES_MAX (512u << 10)
#define MARKETS 10000
#define LOOKED_AT 997  // every so manieth is held against one that is alone

static char *read_default(void) {
  FILE *file = fopen("configs/default.yaml", "rb");
  assert_non_null(file);
  char *text = calloc(1, 65536);
  assert_non_null(text);
  assert_true(fread(text, 1, 65535, file) > 0);
  fclose(file);
  return text;
}

static hft_model *default_market_model(void) {
  char *text = read_default();
  hft_model *model = world_market_model(text);
  free(text);
  return model;
}

static hft_env_model *default_env_model(void) {
  char *text = read_default();
  hft_env_model *model = world_model(text);
  free(text);
  return model;
}

// Skips the test where the machine has not that much memory to spare.
static void need_memory(size_t bytes) {
  double spare = (double)sysconf(_SC_AVPHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
  if (spare > 1.2 * (double)bytes) return;
  print_message("%.1f GB of memory are needed, %.1f GB are free: skipped\n", 1e-9 * (double)bytes,
                1e-9 * spare);
  skip();
}

static void a_market_is_small(void **state) {
  (void)state;
  hft_model *alone = default_market_model();
  hft_env_model *seated = default_env_model();
  size_t bytes = hft_market_size(alone), with_seats = hft_market_size(hft_env_model_market(seated));
  print_message("a market: %zu bytes, with its seats %zu\n", bytes, with_seats);
  assert_true(bytes <= MARKET_BYTES_MAX);
  assert_true(with_seats >= bytes && with_seats <= MARKET_BYTES_MAX);
  hft_env_model_free(seated);
  hft_model_free(alone);
}

static void check_market(const hft_model *model, hft_market *market, int i, hft_time until) {
  void *memory = aligned_zeros(hft_market_size(model));
  hft_market *alone;
  assert_int_equal(hft_market_init(model, memory, hft_align(hft_market_size(model)), &alone),
                   HFT_OK);
  hft_market_reset(model, alone, 5, (uint32_t)i, NULL);
  hft_market_run(model, alone, until, NULL);
  assert_true(hft_market_messages(alone) > 0);
  assert_int_equal(hft_market_messages(market), hft_market_messages(alone));
  assert_true(hft_market_hash(model, market) == hft_market_hash(model, alone));
  assert_null(hft_market_verify(model, market));
  free(memory);
}

static void ten_thousand_markets_run_side_by_side(void **state) {
  (void)state;
  hft_model *model = default_market_model();
  size_t size = hft_align(hft_market_size(model));
  need_memory(MARKETS * size);
  char *memory = aligned_alloc(HFT_CACHE_LINE, MARKETS * size);
  assert_non_null(memory);
  hft_market **market = calloc(MARKETS, sizeof(hft_market *));
  assert_non_null(market);
  for (int i = 0; i < MARKETS; i++) {
    assert_int_equal(hft_market_init(model, memory + (size_t)i * size, size, &market[i]), HFT_OK);
    hft_market_reset(model, market[i], 5, (uint32_t)i, NULL);
  }
  for (int step = 1; step <= 4; step++) {
    for (int i = 0; i < MARKETS; i++) {
      hft_market_run(model, market[i], step * HFT_SECOND / 2, NULL);
    }
  }
  for (int i = 0; i < MARKETS; i += LOOKED_AT) check_market(model, market[i], i, 2 * HFT_SECOND);
  free(market);
  free(memory);
  hft_model_free(model);
}

static void ten_thousand_environments_step_together(void **state) {
  (void)state;
  enum { STEPS = 3, SEED = 11 };
  hft_env_model *model = default_env_model();
  need_memory(MARKETS * hft_align(hft_market_size(hft_env_model_market(model))));
  hft_pool *many = slab_open(model, MARKETS, 2, SEED);
  hft_pool_reset(many, NULL, NULL);
  for (int step = 0; step < STEPS; step++) slab_step(many, SEED, step);
  for (int i = 0; i < MARKETS; i += LOOKED_AT) {
    hft_pool *one = slab_open(model, 1, 1, hft_world_seed(SEED, (uint64_t)i));
    hft_pool_reset(one, NULL, NULL);
    for (int step = 0; step < STEPS; step++) slab_step(one, SEED + (uint64_t)i, step);
    assert_true(slab_hash(one, 0) == slab_hash(many, i));
    hft_pool_free(one);
  }
  hft_pool_free(many);
  hft_env_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_market_is_small),
      cmocka_unit_test(ten_thousand_markets_run_side_by_side),
      cmocka_unit_test(ten_thousand_environments_step_together),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
