// Single envs of a handle: sent and received, seeded, saved, forked, and left at the end of an
// episode.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/world.h"

#define ENVS 6
#define STEPS (2 * EPISODE_LEN + 5)

static size_t row_bytes(const hftsim *sim, int array) {
  size_t bytes = hftsim_array_type(sim, array) == HFTSIM_U8 ? 1 : 4;
  for (int d = 1; d < hftsim_array_dim_count(sim, array); d++) {
    bytes *= (size_t)hftsim_array_dim(sim, array, d);
  }
  return bytes;
}

// Row `i` of every array of the results of one handle is row `k` of another's.
static void check_rows(const hftsim *one, int i, const hftsim *other, int k) {
  for (int a = 0; a < hftsim_array_count(one); a++) {
    if (hftsim_array_slab(one, a) != HFTSIM_RESULTS) continue;
    size_t bytes = row_bytes(one, a);
    const char *row = hftsim_array_data(one, a), *wanted = hftsim_array_data(other, a);
    assert_memory_equal(row + (size_t)i * bytes, wanted + (size_t)k * bytes, bytes);
  }
}

// Actions that depend on the step alone, the same for all envs.
static void act(hftsim *sim, int env, int step) {
  for (int a = 0; a < hftsim_array_count(sim); a++) {
    if (hftsim_array_slab(sim, a) != HFTSIM_ACTIONS) continue;
    size_t bytes = row_bytes(sim, a);
    char *row = (char *)hftsim_array_data(sim, a) + (size_t)env * bytes;
    world_act((float *)(void *)row, bytes, 7, step);
  }
}

static void step_all(hftsim *sim, int step) {
  for (int i = 0; i < (int)hftsim_array_dim(sim, 0, 0); i++) act(sim, i, step);
  expect(sim, hftsim_step(sim), HFTSIM_OK, NULL);
}

static void test_send_and_recv(void **context) {
  (void)context;
  hftsim *sim = world_start(ENVS, 3, 5), *whole = world_start(ENVS, 1, 5);
  int done[ENVS] = {0}, ended = 0;
  int32_t all[ENVS];
  for (int i = 0; i < ENVS; i++) {
    all[i] = i;
    act(sim, i, 0);
  }
  expect(sim, hftsim_send(sim, all, ENVS), HFTSIM_OK, NULL);
  // Each goes on as soon as it is back, whatever the others do.
  while (hftsim_under_way_count(sim) > 0) {
    int32_t back[ENVS];
    int count = hftsim_recv(sim, back, 1, ENVS);
    assert_true(count >= 1 && count <= ENVS);
    const int32_t *env = world_array(sim, "env");
    for (int k = 0; k < hftsim_ended_count(sim); k++, ended++) {
      assert_int_equal(done[env[k]] % EPISODE_LEN, EPISODE_LEN - 1);
    }
    for (int k = 0; k < count; k++) {
      if (++done[back[k]] == STEPS) continue;
      act(sim, back[k], done[back[k]]);
      expect(sim, hftsim_send(sim, &back[k], 1), HFTSIM_OK, NULL);
    }
  }
  for (int step = 0; step < STEPS; step++) step_all(whole, step);
  for (int i = 0; i < ENVS; i++) check_rows(sim, i, whole, i);
  assert_int_equal(ended, 2 * ENVS);
  hftsim_free(whole);
  hftsim_free(sim);
}

static void test_envs_under_way_are_refused(void **context) {
  (void)context;
  hftsim *sim = world_start(3, 2, 1);
  char *bytes = malloc(hftsim_env_bytes(sim));
  assert_non_null(bytes);
  const int32_t first = 0, wrong = 3, twice[] = {1, 1};
  expect(sim, hftsim_send(sim, &first, 1), HFTSIM_OK, NULL);
  expect(sim, hftsim_step(sim), HFTSIM_BAD_ARGUMENT, "env");
  expect(sim, hftsim_reset(sim, NULL), HFTSIM_BAD_ARGUMENT, "env");
  expect(sim, hftsim_reset_seed(sim, 1, (const uint8_t[]){1, 0, 0}), HFTSIM_BAD_ARGUMENT, "env");
  expect(sim, hftsim_send(sim, &first, 1), HFTSIM_BAD_ARGUMENT, "envs");
  expect(sim, hftsim_send(sim, &wrong, 1), HFTSIM_BAD_ARGUMENT, "envs");
  expect(sim, hftsim_send(sim, twice, 2), HFTSIM_BAD_ARGUMENT, "envs");
  expect(sim, hftsim_save_env(sim, 0, bytes, hftsim_env_bytes(sim)), HFTSIM_BAD_ARGUMENT, "env");
  expect(sim, hftsim_fork_env(sim, 1, &first, 1), HFTSIM_BAD_ARGUMENT, "env");
  expect(sim, hftsim_fork_env(sim, 1, (const int32_t[]){2, 1}, 2), HFTSIM_BAD_ARGUMENT, "to");
  expect(sim, hftsim_fork_env(sim, 2, twice, 2), HFTSIM_BAD_ARGUMENT, "to");
  expect(sim, hftsim_fork_env(sim, 1, &wrong, 1), HFTSIM_BAD_ARGUMENT, "env");
  expect(sim, hftsim_fork_env(sim, 1, NULL, 1), HFTSIM_BAD_ARGUMENT, "to");
  expect(sim, hftsim_fork_env(sim, 1, &first, -1), HFTSIM_BAD_ARGUMENT, "count");
  const void *picture = NULL;
  size_t size = 0;
  expect(sim, hftsim_render(sim, 0, 5, &picture, &size), HFTSIM_BAD_ARGUMENT, "env");
  expect(sim, hftsim_render(sim, wrong, 5, &picture, &size), HFTSIM_BAD_ARGUMENT, "env");
  expect(sim, hftsim_render(sim, 1, 101, &picture, &size), HFTSIM_BAD_ARGUMENT, "levels");
  expect(sim, hftsim_render(sim, 1, 5, NULL, &size), HFTSIM_BAD_ARGUMENT, "picture");
  expect(sim, hftsim_render(sim, 1, 5, &picture, &size), HFTSIM_OK, NULL);
  assert_true(picture != NULL && size > 100);
  const char *json = NULL;
  expect(sim, hftsim_render_json(sim, 0, 5, &json, &size), HFTSIM_BAD_ARGUMENT, "env");
  expect(sim, hftsim_render_json(sim, 1, 0, &json, &size), HFTSIM_BAD_ARGUMENT, "levels");
  expect(sim, hftsim_render_json(sim, 1, 5, NULL, &size), HFTSIM_BAD_ARGUMENT, "json");
  expect(sim, hftsim_render_json(sim, 1, 5, &json, &size), HFTSIM_OK, NULL);
  assert_int_equal(strlen(json), size);
  assert_true(json[0] == '{' && json[size - 1] == '}');
  expect(sim, hftsim_render_json(sim, 1, 5, &json, NULL), HFTSIM_OK, NULL);
  expect(sim, hftsim_render(sim, 1, 5, &picture, NULL), HFTSIM_BAD_ARGUMENT, "bytes");
  expect(sim, hftsim_send(sim, &wrong, -1), HFTSIM_BAD_ARGUMENT, "count");
  expect(sim, hftsim_send(sim, NULL, 1), HFTSIM_BAD_ARGUMENT, "envs");
  int32_t back[3];
  expect(sim, hftsim_recv(sim, NULL, 1, 3), HFTSIM_BAD_ARGUMENT, "envs");
  expect(sim, hftsim_recv(sim, back, 2, 3), HFTSIM_BAD_ARGUMENT, "least");
  expect(sim, hftsim_recv(sim, back, 0, 3), HFTSIM_BAD_ARGUMENT, "least");
  // The others may be reset, and an action counts only where its env is sent.
  expect(sim, hftsim_reset(sim, (const uint8_t[]){0, 1, 1}), HFTSIM_OK, NULL);
  float *maker = world_array(sim, "action/maker");
  maker[2 * 8] = NAN;
  expect(sim, hftsim_send(sim, (const int32_t[]){1}, 1), HFTSIM_OK, NULL);
  expect(sim, hftsim_send(sim, (const int32_t[]){2}, 1), HFTSIM_BAD_ACTION,
         "action/maker[2, 0, 0]");
  assert_int_equal(hftsim_under_way_count(sim), 2);
  assert_int_equal(hftsim_recv(sim, back, 2, 3), 2);
  maker[2 * 8] = 0;
  expect(sim, hftsim_step(sim), HFTSIM_OK, NULL);
  free(bytes);
  hftsim_free(sim);
}

static void test_seeds(void **context) {
  (void)context;
  hftsim *sim = world_start(3, 2, 0), *one = world_start(1, 1, 0);
  const uint64_t seeds[] = {40, 7, 40};
  expect(sim, hftsim_reset_seeds(sim, NULL, NULL), HFTSIM_BAD_ARGUMENT, "seeds");
  expect(sim, hftsim_reset_seeds(sim, seeds, NULL), HFTSIM_OK, NULL);
  expect(one, hftsim_reset_seed(one, 40, NULL), HFTSIM_OK, NULL);
  for (int step = 0; step < STEPS; step++) {
    step_all(sim, step);
    step_all(one, step);
    check_rows(sim, 0, one, 0);
    check_rows(sim, 2, one, 0);
  }
  hftsim_free(one);
  hftsim_free(sim);
}

static void test_save_load_and_fork(void **context) {
  (void)context;
  hftsim *sim = world_start(3, 2, 9), *other = world_start(1, 1, 77);
  for (int step = 0; step < 10; step++) step_all(sim, step);
  size_t bytes = hftsim_env_bytes(sim);
  assert_int_equal(bytes, hftsim_env_bytes(other));
  char *save = malloc(bytes);
  assert_non_null(save);
  expect(sim, hftsim_save_env(sim, 1, save, bytes - 1), HFTSIM_BAD_ARGUMENT, "size");
  expect(sim, hftsim_save_env(sim, 3, save, bytes), HFTSIM_BAD_ARGUMENT, "env");
  expect(sim, hftsim_save_env(sim, 1, NULL, bytes), HFTSIM_BAD_ARGUMENT, "bytes");
  expect(sim, hftsim_save_env(sim, 1, save, bytes), HFTSIM_OK, NULL);
  expect(other, hftsim_check_save(other, save, bytes), HFTSIM_OK, NULL);
  expect(other, hftsim_check_save(other, save, bytes - 1), HFTSIM_BAD_ARGUMENT, "size");
  expect(other, hftsim_load_env(other, 0, save, bytes), HFTSIM_OK, NULL);
  expect(sim, hftsim_fork_env(sim, 1, (const int32_t[]){2, 0}, 2), HFTSIM_OK, NULL);
  for (int step = 10; step < STEPS; step++) {
    step_all(sim, step);
    step_all(other, step);
    check_rows(sim, 1, other, 0);
    check_rows(sim, 1, sim, 2);
    check_rows(sim, 1, sim, 0);
  }
  save[bytes / 2] ^= 1;
  expect(other, hftsim_load_env(other, 0, save, bytes), HFTSIM_BAD_SAVE, "save");
  expect(other, hftsim_check_save(other, save, bytes), HFTSIM_BAD_SAVE, "save");
  check_rows(sim, 1, other, 0);
  free(save);
  hftsim_free(other);
  hftsim_free(sim);
}

static void test_manual_reset(void **context) {
  (void)context;
  hftsim *sim = world_create(), *rolling = world_start(1, 1, 2);
  expect(sim, hftsim_set_autoreset(sim, 3), HFTSIM_BAD_ARGUMENT, "autoreset");
  expect(sim, hftsim_set_autoreset(sim, HFTSIM_MANUAL), HFTSIM_OK, NULL);
  expect(sim, hftsim_start(sim, 1, 1, 2), HFTSIM_OK, NULL);
  expect(sim, hftsim_set_autoreset(sim, HFTSIM_SAME_STEP), HFTSIM_BAD_ARGUMENT, "config");
  expect(sim, hftsim_reset(sim, NULL), HFTSIM_OK, NULL);
  for (int step = 0; step < EPISODE_LEN; step++) {
    step_all(sim, step);
    step_all(rolling, step);
  }
  int obs = hftsim_array_find(sim, "obs/maker"), last = hftsim_array_find(sim, "final_obs/maker");
  assert_int_equal(hftsim_ended_count(sim), 1);
  // It rests with what it last saw, where the other shows the next episode's start.
  assert_memory_equal(hftsim_array_data(sim, obs), hftsim_array_data(rolling, last),
                      row_bytes(sim, obs));
  step_all(sim, 0);
  assert_int_equal(hftsim_ended_count(sim), 0);
  assert_memory_equal(hftsim_array_data(sim, obs), hftsim_array_data(rolling, last),
                      row_bytes(sim, obs));
  expect(sim, hftsim_reset(sim, NULL), HFTSIM_OK, NULL);
  assert_memory_equal(hftsim_array_data(sim, obs), hftsim_array_data(rolling, obs),
                      row_bytes(sim, obs));
  hftsim_free(rolling);
  hftsim_free(sim);
}

// The step after the end is the reset, whatever its actions.
static void test_reset_in_the_next_step(void **context) {
  (void)context;
  hftsim *sim = world_create(), *rolling = world_start(1, 1, 2);
  expect(sim, hftsim_set_autoreset(sim, HFTSIM_NEXT_STEP), HFTSIM_OK, NULL);
  expect(sim, hftsim_start(sim, 1, 1, 2), HFTSIM_OK, NULL);
  expect(sim, hftsim_reset(sim, NULL), HFTSIM_OK, NULL);
  int obs = hftsim_array_find(sim, "obs/maker"), last = hftsim_array_find(sim, "final_obs/maker");
  int ended = hftsim_array_find(sim, "ended");
  for (int episode = 0; episode < 3; episode++) {
    for (int step = 0; step < EPISODE_LEN; step++) {
      step_all(sim, step);
      step_all(rolling, step);
    }
    assert_int_equal(hftsim_ended_count(sim), 1);
    assert_memory_equal(hftsim_array_data(sim, obs), hftsim_array_data(rolling, last),
                        row_bytes(sim, obs));
    step_all(sim, 77);
    assert_int_equal(hftsim_ended_count(sim), 0);
    assert_int_equal(*(const uint8_t *)hftsim_array_data(sim, ended), 0);
    assert_memory_equal(hftsim_array_data(sim, obs), hftsim_array_data(rolling, obs),
                        row_bytes(sim, obs));
  }
  hftsim_free(rolling);
  hftsim_free(sim);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_send_and_recv),
      cmocka_unit_test(test_envs_under_way_are_refused),
      cmocka_unit_test(test_seeds),
      cmocka_unit_test(test_reset_in_the_next_step),
      cmocka_unit_test(test_save_load_and_fork),
      cmocka_unit_test(test_manual_reset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
