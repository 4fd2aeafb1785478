// Files of leaderboard tasks: what is read, and what is refused, with the place of the mistake.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "eval/task.h"
#include "sim/base/rng.h"
#include "tests/support/check.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static const char good[] =
    "# A purpose.\n"
    "task:\n"
    "  version: 3\n"
    "  preset: mm_vs_execution\n"
    "  config_hash: \"0123456789abcdef\"\n"
    "  role: executor\n"
    "  metric: shortfall_per_lot\n"
    "  reward: false\n"
    "  episodes: 20\n"
    "seeds:\n"
    "  train_end: 100\n"
    "opponents:\n"
    "  - kind: maker\n"
    "    controller: random\n"
    "    params: {quote_qty: 3}\n"
    "strategies:\n"
    "  - kind: strategy\n"
    "    name: twap\n"
    "    params: {slices: 5}\n";

// Reads a copy without anything behind it, so that reading on is found.
static hft_status read(const char *text, size_t length, hft_task *task, hft_error *error) {
  char *piece = malloc(length > 0 ? length : 1);
  assert_non_null(piece);
  memcpy(piece, text, length);
  hft_status status = hft_task_read(piece, length, "t.yaml", task, error);
  free(piece);
  return status;
}

static void a_task_is_read(void **unused) {
  (void)unused;
  hft_task task;
  hft_error error = {0};
  assert_int_equal(read(good, sizeof good - 1, &task, &error), HFT_OK);
  assert_int_equal(task.keys.version, 3);
  assert_string_equal(task.keys.preset.text, "mm_vs_execution");
  assert_int_equal(hft_task_role(&task), HFT_ROLE_EXECUTOR);
  assert_int_equal(hft_task_metric_of(&task), HFT_TASK_SHORTFALL);
  assert_false(task.keys.reward);
  assert_int_equal(task.opponent_count, 1);
  assert_int_equal(task.opponent[0].role, HFT_ROLE_MAKER);
  assert_string_equal(task.opponent[0].keys.controller.text, "random");
  assert_string_equal(hft_task_params(&task, "twap")->text, "{slices: 5}");
  assert_string_equal(hft_task_params(&task, "vwap")->text, "{}");
  static const int64_t ranges[HFT_SPLIT_COUNT][2] = {
      {0, 100}, {1000000000, 1100000000}, {2000000000, 2100000000}};
  for (int i = 0; i < HFT_SPLIT_COUNT; i++) {
    int64_t first, end;
    hft_task_seeds(&task, (hft_split)i, &first, &end);
    assert_int_equal(first, ranges[i][0]);
    assert_int_equal(end, ranges[i][1]);
  }
}

// The good text with a part replaced.
static void replaced(const char *part, const char *by, char *out, size_t size) {
  const char *at = strstr(good, part);
  assert_non_null(at);
  snprintf(out, size, "%.*s%s%s", (int)(at - good), good, by, at + strlen(part));
}

static void mistakes_are_located(void **unused) {
  (void)unused;
  static const struct {
    const char *part, *by, *where, *words;
  } cases[] = {
      {"version: 3", "version: 0", "t.yaml", "task.version is not set"},
      {"version: 3", "version: -1", "t.yaml:3", "version"},
      {"version: 3", "version: 1.5", "t.yaml:3", "version"},
      {"version: 3", "versoin: 3", "t.yaml:3", "version"},
      {"version: 3", "version: 3\n  version: 3", "t.yaml:4", "version"},
      {"preset: mm_vs_execution", "preset: \"\"", "t.yaml", "task.preset is not set"},
      {"\"0123456789abcdef\"", "\"0123456789abcde\"", "t.yaml", "task.config_hash"},
      {"\"0123456789abcdef\"", "\"0123456789abcdeg\"", "t.yaml", "task.config_hash"},
      {"\"0123456789abcdef\"", "\"0123456789ABCDEF\"", "t.yaml", "task.config_hash"},
      {"role: executor", "role: trader", "t.yaml:6", "executor"},
      {"role: executor", "role: taker", "t.yaml", "task.metric"},
      {"metric: shortfall_per_lot", "metric: pnl_less_risk", "t.yaml", "task.metric"},
      {"metric: shortfall_per_lot", "metric: sharpe", "t.yaml:7", "shortfall_per_lot"},
      {"episodes: 20", "episodes: 1", "t.yaml:9", "episodes"},
      {"episodes: 20", "episodes: .nan", "t.yaml:9", "episodes"},
      {"episodes: 20", "episodes: 101", "t.yaml", "seeds.train_end"},
      {"train_end: 100", "train_end: 1000000001", "t.yaml", "train and validation"},
      {"train_end: 100", "test_first: 2000000000000000000000", "t.yaml:11", "test_first"},
      {"train_end: 100", "test_end: 5", "t.yaml", "seeds.test_end"},
      {"kind: maker", "kind: executor", "t.yaml:13", "scored"},
      {"kind: maker", "kind: broker", "t.yaml:13", "broker"},
      {"controller: random", "control: random", "t.yaml:14", "controller"},
      {"params: {quote_qty: 3}", "params: 3", "t.yaml:15", "params"},
      {"opponents:\n", "opponents:\n  - kind: maker\n", "t.yaml:14", "earlier"},
      {"name: twap", "name: \"\"", "t.yaml:18", "not set"},
      {"strategies:\n", "strategies:\n  - {kind: strategy, name: twap}\n", "t.yaml", "earlier"},
      {"seeds:", "sedes:", "t.yaml:10", "seeds"},
  };
  for (int i = 0; i < COUNT(cases); i++) {
    char text[2048];
    replaced(cases[i].part, cases[i].by, text, sizeof text);
    hft_task task;
    hft_error error = {0};
    if (read(text, strlen(text), &task, &error) != HFT_ECONFIG ||
        strncmp(error.where, cases[i].where, strlen(cases[i].where)) != 0 ||
        (strstr(error.text, cases[i].words) == NULL &&
         strstr(error.where, cases[i].words) == NULL)) {
      fail_msg("'%s' for '%s': %d at '%s': %s", cases[i].by, cases[i].part, error.status,
               error.where, error.text);
    }
  }
}

static void files_that_are_missing_or_wrong(void **unused) {
  (void)unused;
  hft_task task;
  hft_error error = {0};
  assert_int_equal(hft_task_read_file("no/such/task.yaml", &task, &error), HFT_EIO);
  assert_non_null(strstr(error.where, "no/such/task.yaml"));
  // A preset is no task.
  assert_int_equal(hft_task_read_file("configs/execution.yaml", &task, &error), HFT_ECONFIG);
  assert_non_null(strstr(error.where, "configs/execution.yaml"));
}

// Every start of a good text, and texts with random bytes, are taken or refused with words.
static void hostile_texts(void **unused) {
  (void)unused;
  static hft_task task;
  int taken = 0;
  for (size_t length = 0; length < sizeof good; length++) {
    hft_error error = {0};
    hft_status status = read(good, length, &task, &error);
    assert_true(status == HFT_OK || (status == HFT_ECONFIG && error.text[0] != '\0'));
    taken += status == HFT_OK;
  }
  assert_true(taken > 0);
  hft_rng rng = hft_rng_stream(1, 0, 0);
  for (int i = 0; i < 4000; i++) {
    char text[sizeof good];
    memcpy(text, good, sizeof good);
    for (int k = 0; k <= i % 4; k++) {
      text[hft_rng_u64(&rng) % (sizeof good - 1)] = (char)hft_rng_u64(&rng);
    }
    hft_error error = {0};
    hft_status status = read(text, sizeof good - 1, &task, &error);
    assert_true(status == HFT_OK || (status == HFT_ECONFIG && error.text[0] != '\0'));
  }
}

// The tasks of configs/tasks belong to presets as they are. Where this fails, a preset has changed:
// if its episodes are others now, the task gets a new version with the new hash.
static void the_tasks_are_those_of_the_presets(void **unused) {
  (void)unused;
  static hft_catalog catalog;
  hft_catalog_init(&catalog);
  assert_true(hft_task_file_count >= 8);
  for (int i = 0; i < hft_task_file_count; i++) {
    const hft_preset *file = &hft_task_files[i];
    hft_task task;
    hft_config *config;
    hft_error error = {0};
    if (hft_task_read(file->text, file->length, file->name, &task, &error) != HFT_OK) {
      fail_msg("%s: %s", error.where, error.text);
    }
    assert_int_equal(hft_catalog_config(&catalog, &config, &error), HFT_OK);
    assert_int_equal(hft_catalog_merge(config, task.keys.preset.text, &error), HFT_OK);
    if (hft_task_check_config(&task, config, file->name, &error) != HFT_OK) {
      fail_msg("%s: %s", error.where, error.text);
    }
    assert_int_equal(hft_config_set(config, "market_config.volatility=0.0123", &error), HFT_OK);
    assert_int_equal(hft_task_check_config(&task, config, file->name, &error), HFT_ECONFIG);
    assert_non_null(strstr(error.text, task.keys.config_hash.text));
    hft_config_free(config);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_task_is_read),
      cmocka_unit_test(mistakes_are_located),
      cmocka_unit_test(files_that_are_missing_or_wrong),
      cmocka_unit_test(hostile_texts),
      cmocka_unit_test(the_tasks_are_those_of_the_presets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
