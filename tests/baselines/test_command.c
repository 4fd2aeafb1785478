// `hftsim baseline` as a user runs it. HFTSIM_BIN names the program.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/support/check.h"

#define SHORT "--set env_config.warmup_s=2 --set env_config.episode_len=20 --episodes 6 "

enum { OUTPUT_MAX = 1 << 16 };

// Runs `hftsim baseline ARGUMENTS`; its stdout into `output`. Returns the exit code.
static int run(const char *arguments, char output[OUTPUT_MAX]) {
  char command[1024];
  const char *program = getenv("HFTSIM_BIN");
  if (program == NULL) {
    print_message("HFTSIM_BIN is not set\n");
    skip();
  }
  snprintf(command, sizeof command, "'%s' baseline %s", program, arguments);
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  size_t size = fread(output, 1, OUTPUT_MAX - 1, pipe);
  output[size] = '\0';
  int status = pclose(pipe);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static json_t *run_json(const char *arguments) {
  static char output[OUTPUT_MAX];
  char all[512];
  snprintf(all, sizeof all, "%s --json", arguments);
  assert_int_equal(run(all, output), 0);
  json_error_t error;
  json_t *json = json_loads(output, 0, &error);
  if (json == NULL) fail_msg("%s in: %s", error.text, output);
  return json;
}

static double metric(const json_t *report, const char *name, const char *field) {
  json_t *value = json_object_get(json_object_get(json_object_get(report, "metrics"), name), field);
  assert_true(json_is_number(value));
  return json_number_value(value);
}

static const char *text(const json_t *object, const char *key) {
  const char *value = json_string_value(json_object_get(object, key));
  assert_non_null(value);
  return value;
}

static void doing_nothing_scores_zero(void **unused) {
  (void)unused;
  json_t *report = run_json(SHORT "--strategy do-nothing");
  assert_string_equal(text(report, "strategy"), "do-nothing");
  assert_string_equal(text(report, "kind"), "none");
  assert_int_equal(json_integer_value(json_object_get(report, "episodes")), 6);
  const char *fields[] = {"mean", "ci_low", "ci_high", "sd", "median"};
  for (size_t i = 0; i < 5; i++) assert_true(metric(report, "pnl", fields[i]) == 0);
  assert_string_equal(text(json_object_get(json_object_get(report, "metrics"), "pnl"), "unit"),
                      "currency");
  json_decref(report);
}

static void executions_report_their_costs(void **unused) {
  (void)unused;
  json_t *report = run_json(SHORT "--strategy twap --quantity 30 --side sell --param slices=3");
  assert_string_equal(text(report, "kind"), "execution");
  const json_t *params = json_object_get(report, "params");
  assert_int_equal(json_integer_value(json_object_get(params, "quantity")), 30);
  assert_int_equal(json_integer_value(json_object_get(params, "slices")), 3);
  assert_string_equal(text(params, "side"), "sell");
  assert_true(metric(report, "shortfall_bps", "ci_low") <= metric(report, "shortfall_bps", "mean"));
  assert_true(metric(report, "fill_ratio", "mean") > 0);
  assert_true(metric(report, "traded_lots", "mean") <= 30);
  json_decref(report);
}

static void makers_report_their_inventory(void **unused) {
  (void)unused;
  json_t *report = run_json(SHORT "--strategy avellaneda-stoikov --param max_inventory=20");
  assert_string_equal(text(report, "kind"), "market_making");
  assert_true(metric(report, "inventory_max_lots", "mean") <= 20);
  assert_true(metric(report, "orders", "mean") > 0);
  json_decref(report);
}

static void results_do_not_depend_on_threads(void **unused) {
  (void)unused;
  json_t *one = run_json(SHORT "--strategy random --seed 5 --threads 1");
  json_t *two = run_json(SHORT "--strategy random --seed 5 --threads 2");
  json_t *other = run_json(SHORT "--strategy random --seed 6 --threads 2");
  assert_true(json_equal(one, two));
  assert_false(json_equal(json_object_get(one, "metrics"), json_object_get(other, "metrics")));
  assert_string_equal(text(one, "config_hash"), text(other, "config_hash"));
  json_decref(one);
  json_decref(two);
  json_decref(other);
}

static void tables_are_readable(void **unused) {
  (void)unused;
  char output[OUTPUT_MAX];
  assert_int_equal(run(SHORT "--strategy vwap", output), 0);
  assert_non_null(strstr(output, "shortfall_bps"));
  assert_non_null(strstr(output, "95% low"));
  assert_int_equal(run("--strategy list", output), 0);
  assert_non_null(strstr(output, "avellaneda-stoikov:"));
  assert_non_null(strstr(output, "do-nothing:"));
}

static void mistakes_are_explained(void **unused) {
  (void)unused;
  char output[OUTPUT_MAX];
  assert_int_equal(run("--strategy twapp 2>&1", output), 2);
  assert_non_null(strstr(output, "did you mean 'twap'?"));
  assert_int_equal(run("2>&1", output), 2);
  assert_non_null(strstr(output, "--strategy is required"));
  assert_int_equal(run("--strategy twap --param slice=3 2>&1", output), 2);
  assert_non_null(strstr(output, "did you mean 'slices'?"));
  assert_int_equal(run("--strategy twap --param slices=0 2>&1", output), 2);
  assert_int_equal(run("--strategy twap --param slices 2>&1", output), 2);
  assert_int_equal(run("--strategy random --quantity 5 2>&1", output), 2);
  assert_int_equal(run("--strategy twap --episodes 0 2>&1", output), 2);
  assert_int_equal(run("--strategy twap --set env_config.episode_len=9999999 2>&1", output), 1);
  assert_non_null(strstr(output, "market_config.duration_s"));
}

// The whole table of the complete episodes, or nothing where none is complete.
static void an_interrupt_prints_what_is_complete(void **unused) {
  (void)unused;
  char output[OUTPUT_MAX];
  const char *program = getenv("HFTSIM_BIN");
  if (program == NULL) skip();
  char command[1024];
  snprintf(command, sizeof command,
           "timeout --preserve-status -s INT 0.5 '%s' baseline --strategy twap --episodes 100000 "
           "2>/dev/null; "
           "echo code $?",
           program);
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  size_t size = fread(output, 1, OUTPUT_MAX - 1, pipe);
  output[size] = '\0';
  pclose(pipe);
  char *code = strstr(output, "code 130\n");
  assert_non_null(code);
  assert_string_equal(code, "code 130\n");
  if (code == output) return;
  assert_non_null(strstr(output, " of 100000 episodes, those that were complete"));
  assert_non_null(strstr(output, "\nfees "));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(doing_nothing_scores_zero),
      cmocka_unit_test(executions_report_their_costs),
      cmocka_unit_test(makers_report_their_inventory),
      cmocka_unit_test(results_do_not_depend_on_threads),
      cmocka_unit_test(tables_are_readable),
      cmocka_unit_test(mistakes_are_explained),
      cmocka_unit_test(an_interrupt_prints_what_is_complete),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
