// Run folders: what is written is read back, and the folder is complete or not there.
#include "eval/results.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "eval/folder.h"
#include "eval/results_read.h"
#include "sim/base/dist.h"
#include "sim/base/version.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

enum { METRICS_MAX = 20, EPISODES_MAX = 9000 };

static hft_results *begin(const char *path) {
  hft_results *results = NULL;
  hft_error error = {0};
  const hft_results_spec spec = {path, "name", "hftsim baseline", "market_config: {}\n"};
  if (hft_results_begin(&spec, &results, &error) != HFT_OK) {
    fail_msg("%s: %s", error.where, error.text);
  }
  return results;
}

static void expect_refusal(const char *path, const char *words) {
  hft_results *results = NULL;
  hft_error error = {0};
  const hft_results_spec spec = {path, "name", "", ""};
  assert_int_equal(hft_results_begin(&spec, &results, &error), HFT_EIO);
  assert_null(results);
  if (strstr(error.text, words) == NULL) fail_msg("'%s' lacks '%s'", error.text, words);
}

static hft_run *opened(const char *path) {
  hft_run *run = NULL;
  hft_error error = {0};
  if (hft_run_open(path, &run, &error) != HFT_OK) fail_msg("%s: %s", error.where, error.text);
  return run;
}

// ---- contestants of random values --------------------------------------------------------------

typedef struct sample {
  hft_results_contestant contestant;
  hft_results_metric metric[METRICS_MAX];
  char text[METRICS_MAX][20];
  double *values;
  uint64_t *seeds;
  int8_t *sides;
} sample;

static sample *sample_make(const char *name, int metrics, int64_t episodes, bool sides) {
  sample *s = calloc(1, sizeof *s);
  hft_rng rng = hft_rng_seed((uint64_t)metrics, (uint64_t)episodes);
  s->values = malloc(sizeof(double) * (size_t)(episodes * metrics + 1));
  s->seeds = malloc(sizeof(uint64_t) * (size_t)(episodes + 1));
  s->sides = malloc((size_t)episodes + 1);
  for (int m = 0; m < metrics; m++) {
    snprintf(s->text[m], sizeof s->text[m], "metric_%d", m);
    s->metric[m] = (hft_results_metric){s->text[m], m % 2 ? "bps" : "1", "help", m % 3 - 1};
  }
  for (int64_t i = 0; i < episodes; i++) {
    s->seeds[i] = UINT64_MAX - (uint64_t)i;
    s->sides[i] = i % 2 ? 1 : -1;
    for (int m = 0; m < metrics; m++) {
      double value = hft_bounded(&rng, 1000) * 1e-3;
      s->values[i * metrics + m] = value < 0.1 ? NAN : value < 0.2 ? -1e300 : value;
    }
  }
  s->contestant = (hft_results_contestant){
      .name = name,
      .kind = "execution",
      .params = metrics > 0 ? "{\"slices\":20}" : NULL,
      .metric_count = metrics,
      .metrics = s->metric,
      .episodes = episodes,
      .values = s->values,
      .seeds = s->seeds,
      .sides = sides ? s->sides : NULL,
  };
  return s;
}

static void sample_free(sample *s) {
  free(s->values);
  free(s->seeds);
  free(s->sides);
  free(s);
}

static void expect_sample(const hft_run_contestant *got, const sample *s) {
  const hft_results_contestant *c = &s->contestant;
  assert_string_equal(got->name, c->name);
  assert_string_equal(got->kind, c->kind);
  assert_string_equal(got->params, c->params != NULL ? c->params : "{}");
  assert_int_equal(got->metric_count, c->metric_count);
  assert_int_equal(got->episodes, c->episodes);
  for (int m = 0; m < c->metric_count; m++) {
    assert_string_equal(got->metrics[m].name, c->metrics[m].name);
    assert_string_equal(got->metrics[m].unit, c->metrics[m].unit);
    assert_string_equal(got->metrics[m].help, c->metrics[m].help);
    assert_int_equal(got->metrics[m].direction, c->metrics[m].direction);
  }
  assert_memory_equal(got->seeds, c->seeds, sizeof *c->seeds * (size_t)c->episodes);
  assert_int_equal(got->sides != NULL, c->sides != NULL);
  if (c->sides != NULL) assert_memory_equal(got->sides, c->sides, (size_t)c->episodes);
  for (int64_t i = 0; i < c->episodes * c->metric_count; i++) {
    assert_true(got->values[i] == c->values[i] || (isnan(got->values[i]) && isnan(c->values[i])));
  }
}

static void scores_are_read_back(void **state) {
  static const int64_t episodes[] = {0, 1, 2, 4096, EPISODES_MAX};
  static const int metrics[] = {0, 1, METRICS_MAX};
  enum { COUNT = 5 * 3 * 2 };
  sample *all[COUNT];
  char names[COUNT][32];
  const char *path = path_in(*state, "run");
  hft_results *results = begin(path);
  for (int i = 0; i < COUNT; i++) {
    snprintf(names[i], sizeof names[i], "%d <b> ü %d.", COUNT - i, i);
    all[i] = sample_make(names[i], metrics[i % 3], episodes[i / 3 % 5], i / 15 == 0);
    assert_int_equal(hft_results_add(results, &all[i]->contestant, NULL), HFT_OK);
  }
  hft_results_log(results, "%d strategies", COUNT);
  assert_false(file_exists(path));
  assert_int_equal(hft_results_commit(results, "{\"a\": 1}", NULL), HFT_OK);
  assert_string_equal(hft_results_path(results), path);
  hft_results_free(results);
  assert_int_equal(count_files(path), 4);
  assert_int_equal(count_files(*state), 1);
  hft_run *run = opened(path);
  assert_int_equal(run->count, COUNT);
  assert_string_equal(run->summary, "{\"a\": 1}\n");
  assert_string_equal(run->config, "market_config: {}\n");
  assert_string_equal(run->command, "hftsim baseline");
  assert_string_equal(run->version, hft_version);
  assert_string_equal(run->revision, hft_revision);
  for (int i = 0; i < COUNT; i++) {
    expect_sample(&run->contestants[i], all[i]);
    assert_int_equal(hft_run_rows(run, i, HFT_RESULTS_STEPS), 0);
    sample_free(all[i]);
  }
  hft_run_close(run);
}

static void series_are_read_back(void **state) {
  enum { STEPS = 5000, FILLS = 4096, DEPTHS = 300 };
  hft_results_step *steps = calloc(STEPS, sizeof *steps);
  hft_results_fill *fills = calloc(FILLS, sizeof *fills);
  hft_results_depth *depth = calloc(DEPTHS, sizeof *depth);
  for (int i = 0; i < STEPS; i++) steps[i] = (hft_results_step){i, 0, i + 0.5, 100 + i, -i, i, 7};
  for (int i = 0; i < FILLS; i++)
    fills[i] = (hft_results_fill){i, 0, 0.5 * i, i - 9, (uint16_t)(i % 3)};
  for (int i = 0; i < DEPTHS; i++) {
    depth[i].time = i;
    for (int k = 0; k < HFT_RESULTS_LEVELS; k++) {
      depth[i].bid_price[k] = i * k;
      depth[i].ask_qty[k] = INT32_MAX - i - k;
    }
  }
  sample *s = sample_make("a", 1, 4, false);
  const char *path = path_in(*state, "run");
  hft_results *results = begin(path);
  assert_int_equal(hft_results_add(results, &s->contestant, NULL), HFT_OK);
  static const int64_t order[] = {2, 0, 3};
  for (int i = 0; i < 3; i++) {
    const hft_results_series series = {0,      order[i], 0.01,  STEPS, FILLS,
                                       DEPTHS, steps,    fills, depth};
    assert_int_equal(hft_results_series_add(results, &series, NULL), HFT_OK);
  }
  assert_int_equal(hft_results_commit(results, "{}", NULL), HFT_OK);
  hft_results_free(results);
  hft_run *run = opened(path);
  assert_true(run->contestants[0].tick_size == 0.01);
  assert_int_equal(hft_run_rows(run, 0, HFT_RESULTS_STEPS), 3 * STEPS);
  assert_int_equal(hft_run_rows(run, 0, HFT_RESULTS_DEPTH), 3 * DEPTHS);
  hft_results_step *got = malloc(STEPS * sizeof *got);
  hft_results_fill *filled = malloc(FILLS * sizeof *filled);
  hft_results_depth *book = malloc(DEPTHS * sizeof *book);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(hft_run_read(run, 0, HFT_RESULTS_STEPS, i * STEPS, STEPS, got, NULL), HFT_OK);
    assert_int_equal(hft_run_read(run, 0, HFT_RESULTS_FILLS, i * FILLS, FILLS, filled, NULL),
                     HFT_OK);
    assert_int_equal(hft_run_read(run, 0, HFT_RESULTS_DEPTH, i * DEPTHS, DEPTHS, book, NULL),
                     HFT_OK);
    for (int k = 0; k < STEPS; k++) steps[k].episode = order[i];
    for (int k = 0; k < FILLS; k++) fills[k].episode = order[i];
    for (int k = 0; k < DEPTHS; k++) depth[k].episode = order[i];
    assert_memory_equal(got, steps, STEPS * sizeof *got);
    for (int k = 0; k < FILLS; k++) {
      assert_true(filled[k].time == fills[k].time && filled[k].episode == order[i] &&
                  filled[k].price == fills[k].price && filled[k].qty == fills[k].qty &&
                  filled[k].role == fills[k].role);
    }
    for (int k = 0; k < DEPTHS; k++) {
      assert_int_equal(book[k].episode, order[i]);
      assert_memory_equal(book[k].bid_price, depth[k].bid_price, 4 * HFT_RESULTS_LEVELS);
      assert_memory_equal(book[k].ask_qty, depth[k].ask_qty, 4 * HFT_RESULTS_LEVELS);
    }
  }
  hft_run_close(run);
  sample_free(s);
  free(got);
  free(filled);
  free(book);
  free(steps);
  free(fills);
  free(depth);
}

static void names_that_cannot_be_are_refused(void **state) {
  hft_results *results = begin(path_in(*state, "run"));
  static const char *const bad[] = {"", ".", "a/b", "/", "twap"};
  sample *s = sample_make("twap", 2, 3, false);
  assert_int_equal(hft_results_add(results, &s->contestant, NULL), HFT_OK);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    s->contestant.name = bad[i];
    hft_error error = {0};
    assert_int_equal(hft_results_add(results, &s->contestant, &error), HFT_EINVAL);
    assert_non_null(strstr(error.text, bad[i]));
  }
  static const char *const bad_metrics[] = {"", ".", "a/b", "seed", "side", "metric_0"};
  for (size_t i = 0; i < sizeof bad_metrics / sizeof bad_metrics[0]; i++) {
    s->contestant.name = "vwap";
    s->metric[1].name = bad_metrics[i];
    assert_int_equal(hft_results_add(results, &s->contestant, NULL), HFT_EINVAL);
  }
  hft_results_free(results);
  sample_free(s);
  assert_int_equal(count_files(*state), 0);
}

// ---- complete or not there ---------------------------------------------------------------------

static void what_is_not_committed_is_removed(void **state) {
  hft_results *results = begin(path_in(*state, "a/b/run//"));
  assert_string_equal(hft_results_path(results), path_in(*state, "a/b/run"));
  assert_true(file_exists(path_in(*state, "a/b/run.part")));
  hft_results_free(results);
  hft_results_free(NULL);
  assert_int_equal(count_files(path_in(*state, "a/b")), 0);
}

static void a_name_that_is_taken_is_kept(void **state) {
  char path[512];
  snprintf(path, sizeof path, "%s", path_in(*state, "run"));
  for (int kind = 0; kind < 4; kind++) {
    if (kind == 0) write_text(path, "mine");
    if (kind == 1) mkdir(path, 0700);
    if (kind == 2) assert_int_equal(symlink("nowhere", path), 0);
    if (kind == 3) assert_int_equal(mkfifo(path, 0600), 0);
    expect_refusal(path, "taken");
    expect_refusal(path_in(*state, "run/"), "taken");
    assert_int_equal(count_files(*state), 1);
    assert_int_equal(remove(path), 0);
    // Taken meanwhile.
    hft_results *results = begin(path);
    if (kind == 1) mkdir(path, 0700);
    if (kind != 1) write_text(path, "mine");
    hft_error error = {0};
    assert_int_equal(hft_results_commit(results, "{}", &error), HFT_EIO);
    assert_non_null(strstr(error.text, "taken"));
    hft_results_free(results);
    assert_int_equal(count_files(*state), 1);
    assert_int_equal(remove(path), 0);
  }
  expect_refusal("", "empty");
}

static void a_part_in_hand_is_not_taken_and_a_stale_one_is(void **state) {
  const char *path = path_in(*state, "run"), *part = path_in(*state, "run.part");
  hft_results *first = begin(path);
  expect_refusal(path, "another run");
  hft_results_free(first);
  mkdir(part, 0700);  // of a killed process: without a lock
  write_text(path_in(part, "log.txt"), "old");
  hft_results *second = begin(path);
  assert_int_equal(hft_results_commit(second, "{}", NULL), HFT_OK);
  hft_results_free(second);
  hft_run_close(opened(path));
  // A folder in it is somebody's.
  mkdir(path_in(*state, "b.part"), 0700);
  mkdir(path_in(*state, "b.part/mine"), 0700);
  expect_refusal(path_in(*state, "b"), "cannot remove");
  assert_true(file_exists(path_in(*state, "b.part/mine")));
  write_text(path_in(*state, "c.part"), "mine");
  expect_refusal(path_in(*state, "c"), "temporary name is taken");
}

static void a_part_that_others_remove_is_a_failure(void **state) {
  for (int replaced = 0; replaced < 2; replaced++) {
    hft_results *results = begin(path_in(*state, "run"));
    assert_int_equal(rename(path_in(*state, "run.part"), path_in(*state, "moved")), 0);
    if (replaced) mkdir(path_in(*state, "run.part"), 0700);
    hft_error error = {0};
    assert_int_equal(hft_results_commit(results, "{}", &error), HFT_EIO);
    hft_results_free(results);
    assert_false(file_exists(path_in(*state, "run")));
    assert_int_equal(file_exists(path_in(*state, "run.part")), replaced);
    if (replaced) rmdir(path_in(*state, "run.part"));
    static const char *const files[] = {"summary.json", "config.yaml", "log.txt", "episodes.h5"};
    for (int i = 0; i < 4; i++) unlink(path_in(path_in(*state, "moved"), files[i]));
    assert_int_equal(rmdir(path_in(*state, "moved")), 0);
  }
}

static void dated_names_are_free_ones(void **state) {
  char before[512];
  assert_non_null(getcwd(before, sizeof before));
  assert_int_equal(chdir(*state), 0);
  hft_results *results[5];
  const hft_results_spec spec = {NULL, "a/b <c>.2", "", ""};
  for (int i = 0; i < 5; i++) {
    assert_int_equal(hft_results_begin(&spec, &results[i], NULL), HFT_OK);
    const char *path = hft_results_path(results[i]);
    assert_int_equal(strncmp(path, "results/20", 10), 0);
    assert_int_equal(strspn(path + 8, "0123456789TZ"), 16);
    assert_int_equal(strncmp(path + 24, "-a-b--c-.2", 10), 0);
    if (i % 2) assert_int_equal(hft_results_commit(results[i], "{}", NULL), HFT_OK);
  }
  for (int i = 0; i < 5; i++) hft_results_free(results[i]);
  assert_int_equal(count_files("results"), 2);
  assert_int_equal(chdir(before), 0);
}

// ---- failures of the system --------------------------------------------------------------------

// Writes a run of some megabytes. Returns its status; *words receives the error.
static hft_status write_all(const char *path, hft_error *error) {
  hft_results *results = NULL;
  const hft_results_spec spec = {path, "name", "", "market_config: {}\n"};
  hft_status status = hft_results_begin(&spec, &results, error);
  sample *s = sample_make("a", METRICS_MAX, EPISODES_MAX, true);
  if (status == HFT_OK) status = hft_results_add(results, &s->contestant, error);
  if (status == HFT_OK) status = hft_results_commit(results, "{}", error);
  hft_results_free(results);
  sample_free(s);
  return status;
}

// In a child: HDF5 may not be used after it failed to close a file.
static int run_child(void (*prepare)(long), long value, const char *path, const char *words) {
  fflush(NULL);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    prepare(value);
    hft_error error = {0};
    hft_status status = write_all(path, &error);
    bool told = status == HFT_OK || (strstr(error.text, words) != NULL && error.where[0] != '\0');
    if (!told) fprintf(stderr, "%s: %s\n", error.where, error.text);
    _exit(status == HFT_OK ? 0 : status == HFT_EIO && told ? 1 : 2);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void limit_files(long size) {
  signal(SIGXFSZ, SIG_IGN);
  struct rlimit limit = {(rlim_t)size, (rlim_t)size};
  setrlimit(RLIMIT_FSIZE, &limit);
}

static void a_full_disk_leaves_nothing(void **state) {
  const char *path = path_in(*state, "run");
  for (long size = 0; size < 400000; size = size == 0 ? 1 : size * 3) {
    assert_int_equal(run_child(limit_files, size, path, "File too large"), 1);
    assert_int_equal(count_files(*state), 0);
  }
  assert_int_equal(run_child(limit_files, 100000000, path, ""), 0);
  assert_int_equal(count_files(path), 4);
}

static void become_nobody(long unused) {
  (void)unused;
  if (geteuid() == 0 && seteuid(65534) != 0) _exit(3);
}

static void a_folder_that_is_read_only(void **state) {
  mkdir(path_in(*state, "locked"), 0555);
  chmod(*state, 0755);
  assert_int_equal(run_child(become_nobody, 0, path_in(*state, "locked/run"), "Permission denied"),
                   1);
  assert_int_equal(
      run_child(become_nobody, 0, path_in(*state, "locked/a/run"), "Permission denied"), 1);
  assert_int_equal(count_files(path_in(*state, "locked")), 0);
}

// Killed at any moment, a run leaves no folder of the final name; the next takes its place.
static void a_killed_run_is_replaced(void **state) {
  char path[512];  // path_in remembers four
  snprintf(path, sizeof path, "%s", path_in(*state, "run"));
  int unfinished = 0;
  for (long wait_us = 0; wait_us < 40000; wait_us += 2500) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
      hft_error error;
      _exit(write_all(path, &error) == HFT_OK ? 0 : 1);
    }
    nanosleep(&(struct timespec){.tv_nsec = 1000 * wait_us}, NULL);
    kill(child, SIGKILL);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (file_exists(path)) {
      hft_run_close(opened(path));  // complete
      static const char *const files[] = {"summary.json", "config.yaml", "log.txt", "episodes.h5"};
      for (int i = 0; i < 4; i++) assert_int_equal(unlink(path_in(path, files[i])), 0);
      assert_int_equal(rmdir(path), 0);
    } else {
      unfinished++;
    }
  }
  assert_true(unfinished > 0);
  hft_results *results = begin(path);
  assert_int_equal(hft_results_commit(results, "{}", NULL), HFT_OK);
  hft_results_free(results);
  assert_int_equal(count_files(*state), 1);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(scores_are_read_back),
      IN_FOLDER(series_are_read_back),
      IN_FOLDER(names_that_cannot_be_are_refused),
      IN_FOLDER(what_is_not_committed_is_removed),
      IN_FOLDER(a_name_that_is_taken_is_kept),
      IN_FOLDER(a_part_in_hand_is_not_taken_and_a_stale_one_is),
      IN_FOLDER(a_part_that_others_remove_is_a_failure),
      IN_FOLDER(dated_names_are_free_ones),
      IN_FOLDER(a_full_disk_leaves_nothing),
      IN_FOLDER(a_folder_that_is_read_only),
      IN_FOLDER(a_killed_run_is_replaced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
