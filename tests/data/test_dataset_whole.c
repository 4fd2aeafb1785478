// A dataset is complete or absent: a run that is refused, stopped, killed or out of disk space
// leaves no file.
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/data/recording.h"
#include "tests/data/world.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

static void expect_refusal(const hft_recording *recording, const hft_model *model,
                           hft_status status, const char *words) {
  hft_generate_summary summary;
  hft_error error = {0};
  assert_int_equal(hft_generate(recording, model, NULL, &summary, &error), status);
  if (strstr(error.text, words) == NULL) fail_msg("%s: %s", error.where, error.text);
}

static void an_existing_file_is_kept(void **state) {
  hft_model *model = world_model(1);
  hft_recording recording = recording_of(path_in(*state, "a.h5"), 1, 1);
  write_text(recording.path, "precious");
  expect_refusal(&recording, model, HFT_EIO, "already exists");
  size_t size;
  char *bytes = read_bytes(recording.path, &size);
  assert_int_equal(size, strlen("precious"));
  free(bytes);
  assert_int_equal(count_files(*state), 1);
  recording.force = true;
  recording_generate(&recording, model);
  dataset_rows data = dataset_open(recording.path);
  dataset_close(&data);
  assert_int_equal(count_files(*state), 1);
  hft_model_free(model);
}

static void what_cannot_be_written_is_told_at_once(void **state) {
  hft_model *model = world_model(1);
  write_text(path_in(*state, "file"), "");
  hft_recording recording = recording_of(path_in(*state, "none/a.h5"), 1, 1);
  expect_refusal(&recording, model, HFT_EIO, "No such file or directory");
  recording.path = path_in(*state, "file/a.h5");
  expect_refusal(&recording, model, HFT_EIO, "Not a directory");
  recording.path = *state;
  expect_refusal(&recording, model, HFT_EIO, "not a regular file");
  recording.path = "/dev/null";
  recording.force = true;
  expect_refusal(&recording, model, HFT_EIO, "not a regular file");
  assert_int_equal(count_files(*state), 1);
  hft_model_free(model);
}

static void inconsistent_recordings_are_refused(void **state) {
  hft_model *model = world_model(1);
  const hft_recording good = recording_of(path_in(*state, "a.h5"), 1, 1);
  hft_recording bad = good;
  bad.levels = 0;
  expect_refusal(&bad, model, HFT_EINVAL, "[1, 100]");
  bad.levels = HFT_SNAPSHOT_LEVELS_MAX + 1;
  expect_refusal(&bad, model, HFT_EINVAL, "[1, 100]");
  bad = good;
  bad.snapshot_ns = 0;
  expect_refusal(&bad, model, HFT_EINVAL, "must be positive");
  bad = good;
  bad.duration_ns = 3600 * HFT_SECOND + 1;
  expect_refusal(&bad, model, HFT_EINVAL, "market_config.duration_s");
  bad = good;
  bad.day = "2026-02-29";
  expect_refusal(&bad, model, HFT_EINVAL, "not a date");
  hft_model_free(model);
  hft_error error = {0};
  model = world_model_named("A/B", &error);
  if (model != NULL) {  // the market need not mind what HDF5 does
    expect_refusal(&good, model, HFT_ECONFIG, "cannot name a group");
    hft_model_free(model);
  }
  assert_int_equal(count_files(*state), 0);
}

static void days_are_calendar_days(void **unused) {
  (void)unused;
  const char *days[] = {"2026-01-02", "2024-02-29", "2000-02-29", "1999-12-31", "0001-01-01"};
  for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) assert_true(hft_is_day(days[i]));
  const char *others[] = {"",           "2026",       "2026-1-2",    "2026-13-01",
                          "2026-00-10", "2026-01-00", "2026-04-31",  "2025-02-29",
                          "1900-02-29", "2026/01/02", "2026-01-02x", "x026-01-02",
                          "2026-01-3"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    assert_false(hft_is_day(others[i]));
  }
}

static bool stop_halfway(void *context, double done) {
  double *last = context;
  assert_true(done >= *last && done <= 1);
  *last = done;
  return done < 0.5;
}

static void a_stopped_run_leaves_nothing(void **state) {
  hft_model *model = world_model(2);
  hft_recording recording = recording_of(path_in(*state, "a.h5"), 1, 20);
  double last = 0;
  const hft_progress progress = {stop_halfway, &last};
  hft_generate_summary summary;
  hft_error error = {0};
  assert_int_equal(hft_generate(&recording, model, &progress, &summary, &error), HFT_EINTR);
  assert_true(last == 0.5);
  assert_int_equal(count_files(*state), 0);
  hft_model_free(model);
}

static bool see_part(void *context, double done) {
  (void)done;
  assert_true(file_exists(path_in(context, "a.h5.part")));
  assert_false(file_exists(path_in(context, "a.h5")));
  return true;
}

static void the_name_comes_last(void **state) {
  hft_model *model = world_model(2);
  hft_recording recording = recording_of(path_in(*state, "a.h5"), 1, 5);
  const hft_progress progress = {see_part, *state};
  hft_generate_summary summary;
  assert_int_equal(hft_generate(&recording, model, &progress, &summary, NULL), HFT_OK);
  assert_true(file_exists(recording.path));
  assert_int_equal(count_files(*state), 1);
  hft_model_free(model);
}

static bool die_halfway(void *context, double done) {
  (void)context;
  if (done >= 0.5) raise(SIGKILL);
  return true;
}

static void a_killed_run_leaves_no_file_of_that_name(void **state) {
  hft_model *model = world_model(2);
  hft_recording recording = recording_of(path_in(*state, "a.h5"), 1, 5);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    const hft_progress progress = {die_halfway, NULL};
    hft_generate_summary summary;
    hft_generate(&recording, model, &progress, &summary, NULL);
    _exit(0);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  assert_false(file_exists(recording.path));
  assert_true(file_exists(path_in(*state, "a.h5.part")));
  // What it left is not in the way of the next run.
  recording_generate(&recording, model);
  assert_int_equal(count_files(*state), 1);
  hft_model_free(model);
}

static bool try_second(void *context, double done) {
  (void)done;
  const hft_recording *recording = context;
  hft_model *model = world_model(1);
  expect_refusal(recording, model, HFT_EIO, "another run");
  hft_model_free(model);
  return true;
}

static void two_runs_do_not_share_a_file(void **state) {
  hft_model *model = world_model(2);
  hft_recording recording = recording_of(path_in(*state, "a.h5"), 1, 3);
  const hft_progress progress = {try_second, &recording};
  hft_generate_summary summary;
  assert_int_equal(hft_generate(&recording, model, &progress, &summary, NULL), HFT_OK);
  dataset_rows data = dataset_open(recording.path);
  recording_check(&data);
  dataset_close(&data);
  hft_model_free(model);
}

// Runs in a process of its own: what HDF5 cannot close after a failure it does not free either,
// which a leak checker would hold against the test. Returns the step that went wrong, or 0.
static int fill_disk(const hft_recording *recording, const hft_model *model, int64_t whole) {
  struct rlimit before, limit;
  if (getrlimit(RLIMIT_FSIZE, &before) != 0) return 1;
  limit = before;
  signal(SIGXFSZ, SIG_IGN);
  hft_generate_summary summary;
  const double parts[] = {0, 0.001, 0.3, 0.7, 0.95, 0.999};
  for (int i = 0; i < 6; i++) {
    hft_error error = {0};
    limit.rlim_cur = (rlim_t)(parts[i] * (double)whole);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    hft_status status = hft_generate(recording, model, NULL, &summary, &error);
    if (setrlimit(RLIMIT_FSIZE, &before) != 0) return 3;
    if (status != HFT_EIO || strstr(error.text, "File too large") == NULL) return 10 + i;
    if (file_exists(recording->path)) return 20 + i;
  }
  // A later run of the same process is not harmed.
  return hft_generate(recording, model, NULL, &summary, NULL) == HFT_OK ? 0 : 4;
}

static void a_full_disk_is_told_and_leaves_nothing(void **state) {
  hft_model *model = world_model(5);
  hft_recording recording = recording_of(path_in(*state, "a.h5"), 1, 120);
  int64_t whole = recording_generate(&recording, model).bytes;
  unlink(recording.path);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) _exit(fill_disk(&recording, model, whole));
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
  assert_int_equal(count_files(*state), 1);
  dataset_rows data = dataset_open(recording.path);
  recording_check(&data);
  dataset_close(&data);
  hft_model_free(model);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(an_existing_file_is_kept),
      IN_FOLDER(what_cannot_be_written_is_told_at_once),
      IN_FOLDER(inconsistent_recordings_are_refused),
      cmocka_unit_test(days_are_calendar_days),
      IN_FOLDER(a_stopped_run_leaves_nothing),
      IN_FOLDER(the_name_comes_last),
      IN_FOLDER(a_killed_run_leaves_no_file_of_that_name),
      IN_FOLDER(two_runs_do_not_share_a_file),
      IN_FOLDER(a_full_disk_is_told_and_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
