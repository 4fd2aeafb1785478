// Pools without autoreset: an ended env stays as it is until it is reset, or until its next step.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/slab.h"

#define ENVS 6
#define SEED 31

static hft_pool *open_manual(const hft_env_model *model, int threads) {
  return slab_make(model, &(hft_pool_config){.env_count = ENVS,
                                             .thread_count = threads,
                                             .seed = SEED,
                                             .autoreset = HFT_AUTORESET_MANUAL});
}

static bool is_score(const char *name) {
  return strncmp(name, "reward/", 7) == 0 || strncmp(name, "term/", 5) == 0;
}

static bool is_view(const char *name) {
  return strncmp(name, "obs/", 4) == 0 || strcmp(name, "state") == 0;
}

// An env at rest: scores are 0, all else is as in `before`, a copy of the slab.
static void check_rest(const hft_pool *pool, const char *before, int i) {
  static const char zero[4 * HFT_SEATS_MAX * HFT_TERMS_MAX];
  const hft_layout *layout = hft_pool_results_layout(pool);
  for (int a = 0; a < layout->count; a++) {
    const hft_array *array = &layout->array[a];
    const char *then = before + array->offset + (size_t)i * array->row_bytes;
    assert_memory_equal(slab_row(pool, array->name, i), is_score(array->name) ? zero : then,
                        array->row_bytes);
  }
}

// Env i has ended in both pools, the only one in that with autoreset: finals, scores and flags are
// the same, and what is seen is the last of the episode instead of the first of the next one.
static void check_end(const hft_pool *manual, int k, const hft_pool *automatic, int i) {
  hft_layout finals;
  hft_pool_finals_layout(manual, 1, &finals);
  for (int a = 0; a < finals.count; a++) {
    const char *name = finals.array[a].name;
    assert_memory_equal(slab_final(manual, name, k), slab_final(automatic, name, 0),
                        finals.array[a].row_bytes);
  }
  const hft_layout *results = hft_pool_results_layout(manual);
  for (int a = 0; a < results->count; a++) {
    const char *name = results->array[a].name;
    char final[HFT_NAME_SIZE + 8];
    snprintf(final, sizeof final, "final_%s", name);
    assert_memory_equal(slab_row(manual, name, i),
                        is_view(name) ? slab_final(manual, final, k) : slab_row(automatic, name, i),
                        results->array[a].row_bytes);
  }
}

// After its reset an env shows what autoreset would have shown, and no scores.
static void check_reset(const hft_pool *manual, const hft_pool *automatic, int i) {
  const hft_layout *results = hft_pool_results_layout(manual);
  static const char zero[4 * HFT_SEATS_MAX * HFT_TERMS_MAX];
  for (int a = 0; a < results->count; a++) {
    const char *name = results->array[a].name;
    assert_memory_equal(slab_row(manual, name, i),
                        is_view(name) ? slab_row(automatic, name, i) : zero,
                        results->array[a].row_bytes);
  }
}

// One step of one env alone.
static void step_one(hft_pool *pool, int32_t i, int step) {
  slab_act(pool, i, SEED, step);
  assert_int_equal(hft_pool_send(pool, &i, 1, NULL), HFT_OK);
  assert_int_equal(hft_pool_recv(pool, &i, 1, 1, NULL), 1);
}

// Two pools with the same envs. That without autoreset lets an ended env lie for as many steps as
// its index; the other waits for it.
static void check_threads(const hft_env_model *model, int threads) {
  hft_pool *manual = open_manual(model, threads);
  hft_pool *automatic = slab_open(model, ENVS, threads, SEED);
  hft_pool_reset(manual, NULL, NULL);
  hft_pool_reset(automatic, NULL, NULL);
  size_t bytes = hft_pool_results_layout(manual)->bytes;
  char *before = aligned_zeros(bytes);
  int step[ENVS] = {0}, lain[ENVS] = {0}, early = 0, late = 0;
  bool is_over[ENVS] = {false};
  for (int round = 0; round < 150; round++) {
    memcpy(before, hft_pool_results(manual), bytes);
    for (int i = 0; i < ENVS; i++) slab_act(manual, i, SEED, step[i]);
    hft_pool_step(manual);
    int ended = 0;
    uint8_t again[ENVS] = {0};
    for (int i = 0; i < ENVS; i++) {
      if (is_over[i]) {
        check_rest(manual, before, i);
        lain[i]++;
      } else {
        step_one(automatic, i, step[i]++);
        assert_int_equal(hft_pool_ended_count(automatic), slab_ended(manual, i));
        if (!slab_ended(manual, i)) {
          assert_true(slab_rows_hash(manual, i) == slab_rows_hash(automatic, i));
          continue;
        }
        check_end(manual, ended++, automatic, i);
        bool is_late = *(const uint8_t *)slab_row(manual, "truncated", i) != 0;
        late += is_late;
        early += !is_late;
      }
      is_over[i] = lain[i] < i;
      again[i] = !is_over[i];
      if (again[i]) lain[i] = 0;
    }
    assert_int_equal(hft_pool_ended_count(manual), ended);
    hft_pool_reset(manual, NULL, again);
    for (int i = 0; i < ENVS; i++) {
      if (again[i]) check_reset(manual, automatic, i);
    }
  }
  assert_true(early > 3 && late > 3);
  free(before);
  hft_pool_free(manual);
  hft_pool_free(automatic);
}

static void test_an_ended_env_rests(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  check_threads(model, 1);
  check_threads(model, 3);
  hft_env_model_free(model);
}

// All at rest: steps change nothing more, and a reset with seeds begins anew.
static void test_all_at_rest(void **context) {
  (void)context;
  hft_env_model *model = world_model(slab_config);
  hft_pool *pool = open_manual(model, 2);
  hft_pool_reset(pool, NULL, NULL);
  uint64_t first[ENVS], rest[ENVS];
  for (int i = 0; i < ENVS; i++) first[i] = slab_hash(pool, i);
  int ended = 0;
  for (int step = 0; step < 25; step++) {
    slab_step(pool, SEED, step);
    ended += hft_pool_ended_count(pool);
  }
  assert_int_equal(ended, ENVS);
  slab_step(pool, SEED, 25);
  for (int i = 0; i < ENVS; i++) rest[i] = slab_hash(pool, i);
  for (int step = 26; step < 30; step++) {
    slab_step(pool, SEED, step);
    assert_int_equal(hft_pool_ended_count(pool), 0);
    for (int i = 0; i < ENVS; i++) assert_true(slab_hash(pool, i) == rest[i]);
  }
  hft_pool_reset_from(pool, SEED, NULL);
  for (int i = 0; i < ENVS; i++) assert_true(slab_hash(pool, i) == first[i]);
  hft_pool_free(pool);
  hft_env_model_free(model);
}

// The step after an end, by autoreset, is the reset that a caller would have made instead.
static void check_next_step(const char *yaml, int threads, bool in_slices, int rounds) {
  hft_env_model *model = world_model(yaml);
  hft_pool *manual = open_manual(model, 1);
  hft_pool *next = slab_make(model, &(hft_pool_config){.env_count = ENVS,
                                                       .thread_count = threads,
                                                       .seed = SEED,
                                                       .autoreset = HFT_AUTORESET_NEXT_STEP,
                                                       .in_slices = in_slices});
  while (!hft_pool_advance(next, 0)) continue;
  hft_pool_reset(manual, NULL, NULL);
  hft_pool_reset(next, NULL, NULL);
  uint8_t over[ENVS] = {0};
  int ends = 0;
  for (int round = 0; round < rounds; round++) {
    if (round == rounds / 2) {  // a reset comes before the step that would have begun an episode
      over[0] = over[3] = 1;
      hft_pool_reset(manual, NULL, over);
      hft_pool_reset(next, NULL, over);
      memset(over, 0, sizeof over);
    }
    slab_step(manual, SEED, round);
    for (int i = 0; i < ENVS; i++) slab_act(next, i, SEED, round);
    if (round % 3 == 0) {
      int32_t envs[ENVS] = {5, 4, 3, 2, 1, 0};
      assert_int_equal(hft_pool_send(next, envs, ENVS, NULL), HFT_OK);
      assert_int_equal(hft_pool_recv(next, envs, ENVS, ENVS, NULL), ENVS);
    } else {
      hft_pool_begin_step(next);
      while (!hft_pool_advance(next, 0)) continue;
    }
    int ended = hft_pool_ended_count(manual);
    assert_int_equal(hft_pool_ended_count(next), ended);
    for (int i = 0; i < ENVS; i++) {
      if (!over[i]) assert_true(slab_hash(next, i) == slab_hash(manual, i));
    }
    hft_pool_reset(manual, NULL, over);
    for (int i = 0; i < ENVS; i++) {
      assert_true(slab_rows_hash(next, i) == slab_rows_hash(manual, i));
      if (over[i]) assert_false(slab_ended(next, i));
      over[i] = slab_ended(manual, i);
    }
    ends += ended;
  }
  assert_true(ends > ENVS);
  hft_pool_free(manual);
  hft_pool_free(next);
  hft_env_model_free(model);
}

static void test_the_next_step_resets(void **context) {
  (void)context;
  for (int threads = 1; threads <= 3; threads++) {
    check_next_step(slab_config, threads, false, 90);
    check_next_step(slab_config, threads, true, 90);
    // The market runs alone for three slices before an episode of five steps.
    check_next_step(
        "market_config: {decision_ms: 1000}\n"
        "env_config: {warmup_s: 150, episode_len: 5}\n"
        "seats: [{kind: maker}]\n",
        threads, true, 20);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_ended_env_rests),
      cmocka_unit_test(test_all_at_rest),
      cmocka_unit_test(test_the_next_step_resets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
