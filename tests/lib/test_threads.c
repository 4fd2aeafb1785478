// Handles used by several threads and processes.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/world.h"

#define ENVS 4
#define STEPS 30

// All results of STEPS steps.
static char *play(int threads, uint64_t seed, size_t *size) {
  hftsim *sim = world_start(ENVS, threads, seed);
  size_t bytes;
  const void *results = hftsim_slab(sim, HFTSIM_RESULTS, &bytes);
  char *all = malloc(STEPS * bytes);
  assert_non_null(all);
  for (int step = 0; step < STEPS; step++) {
    world_step(sim, seed, step);
    memcpy(all + (size_t)step * bytes, results, bytes);
  }
  hftsim_free(sim);
  *size = STEPS * bytes;
  return all;
}

typedef struct player {
  pthread_t thread;
  int threads;
  uint64_t seed;
  char *all;
  size_t size;
} player;

static void *play_in_thread(void *argument) {
  player *who = argument;
  who->all = play(who->threads, who->seed, &who->size);
  return NULL;
}

// Several handles at once, each with its own threads, do not see each other.
static void test_handles_apart(void **context) {
  (void)context;
  player players[4];
  for (int i = 0; i < 4; i++) {
    players[i] = (player){.threads = 1 + i % 2, .seed = (uint64_t)(i / 2)};
    assert_int_equal(pthread_create(&players[i].thread, NULL, play_in_thread, &players[i]), 0);
  }
  for (int i = 0; i < 4; i++) pthread_join(players[i].thread, NULL);
  for (int i = 0; i < 4; i++) {
    size_t size;
    char *alone = play(1, players[i].seed, &size);
    assert_int_equal(size, players[i].size);
    assert_memory_equal(alone, players[i].all, size);
    free(alone);
  }
  for (int i = 0; i < 4; i++) free(players[i].all);
}

typedef struct rival {
  pthread_t thread;
  hftsim *sim;
  atomic_int *done;  // steps of all rivals
  int refused;
} rival;

static void *step_and_count(void *argument) {
  rival *who = argument;
  for (int i = 0; i < 200; i++) {
    int status = hftsim_step(who->sim);
    if (status == HFTSIM_OK) {
      atomic_fetch_add(who->done, 1);
    } else if (status == HFTSIM_BUSY) {
      who->refused++;
    } else {
      return (void *)"another status";
    }
  }
  return NULL;
}

// Threads that fight over one handle: each call is done whole or refused.
static void test_one_handle_among_threads(void **context) {
  (void)context;
  hftsim *sim = world_start(ENVS, 2, 6), *alone = world_start(ENVS, 2, 6);
  atomic_int done = 0;
  rival rivals[2] = {{.sim = sim, .done = &done}, {.sim = sim, .done = &done}};
  int refused = 0;
  for (int i = 0; i < 2; i++) {
    assert_int_equal(pthread_create(&rivals[i].thread, NULL, step_and_count, &rivals[i]), 0);
  }
  for (int i = 0; i < 2; i++) {
    void *wrong;
    pthread_join(rivals[i].thread, &wrong);
    assert_null(wrong);
    refused += rivals[i].refused;
  }
  assert_int_equal(done + refused, 400);
  for (int step = 0; step < done; step++) expect(alone, hftsim_step(alone), HFTSIM_OK, NULL);
  size_t bytes;
  const void *results = hftsim_slab(sim, HFTSIM_RESULTS, &bytes);
  assert_memory_equal(results, hftsim_slab(alone, HFTSIM_RESULTS, NULL), bytes);
  hftsim_free(alone);
  hftsim_free(sim);
}

// In the child: 0 where all is as promised, else the number of what is not.
static int in_child(hftsim *parents) {
  if (hftsim_step(parents) != HFTSIM_FORKED) return 1;
  if (hftsim_reset(parents, NULL) != HFTSIM_FORKED) return 2;
  if (hftsim_config(parents) != NULL) return 3;
  hftsim_free(parents);
  hftsim *own = hftsim_create();
  if (own == NULL) return 4;
  if (hftsim_start(own, 1, 1, 0) != HFTSIM_OK) return 5;
  if (hftsim_reset(own, NULL) != HFTSIM_OK || hftsim_step(own) != HFTSIM_OK) return 6;
  hftsim_free(own);
  return 0;
}

static void test_fork(void **context) {
  (void)context;
  hftsim *sim = world_start(ENVS, 2, 1), *quiet = world_start(ENVS, 2, 1);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) _exit(in_child(sim));
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
  world_step(sim, 2, 0);
  world_step(quiet, 2, 0);
  size_t bytes;
  const void *results = hftsim_slab(sim, HFTSIM_RESULTS, &bytes);
  assert_memory_equal(results, hftsim_slab(quiet, HFTSIM_RESULTS, NULL), bytes);
  hftsim_free(quiet);
  hftsim_free(sim);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_handles_apart),
      cmocka_unit_test(test_one_handle_among_threads),
      cmocka_unit_test(test_fork),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
