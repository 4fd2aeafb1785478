// Paths in config files: beside the config, otherwise from the working directory.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/config/expect.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

static char home[4096];

// A folder with c/, c/sub/ and elsewhere/, which is the working directory: "both" is in c/ and in
// elsewhere/.
static int folders_setup(void **state) {
  if (getcwd(home, sizeof home) == NULL || folder_setup(state) != 0) return -1;
  const char *const folders[] = {"c", "c/sub", "elsewhere"};
  for (int i = 0; i < 3; i++) {
    if (mkdir(path_in(*state, folders[i]), 0700) != 0) return -1;
  }
  write_text(path_in(*state, "c/beside"), "");
  write_text(path_in(*state, "c/both"), "");
  write_text(path_in(*state, "c/sub/below"), "");
  write_text(path_in(*state, "elsewhere/both"), "");
  write_text(path_in(*state, "elsewhere/here"), "");
  write_text(path_in(*state, "above"), "");
  return chdir(path_in(*state, "elsewhere"));
}

static int folders_teardown(void **state) {
  return chdir(home) != 0 || folder_teardown(state) != 0 ? -1 : 0;
}

// The path that a config file, given as `config`, has after `tape: value`.
static hft_status read_tape(const char *config, const char *value, hft_path *tape,
                            hft_error *error) {
  char text[2048];
  snprintf(text, sizeof text, "market: {tape: '%s'}\n", value);
  write_text(config, text);
  hft_config *read = sample_config();
  hft_status status = hft_config_merge_file(read, config, error);
  *tape = sample_market_of(read)->tape;
  hft_config_free(read);
  return status;
}

static void expect_tape(const char *config, const char *value, const char *text,
                        const char *beside) {
  hft_error error = {0};
  hft_path tape;
  if (read_tape(config, value, &tape, &error) != HFT_OK) fail_msg("%s", error.text);
  assert_string_equal(tape.text, text);
  assert_string_equal(tape.beside, beside);
}

// Each value with a config given by a relative name, by an absolute one, and in the working
// directory. "F" is the config's folder.
static void names_are_looked_for_beside_the_config(void **state) {
  static const struct {
    const char *value, *text, *beside;
  } cases[] = {
      {"beside", "F/beside", ""},
      {"both", "F/both", ""},
      {"./both", "F/./both", ""},
      {"sub/below", "F/sub/below", ""},
      {"../above", "F/../above", ""},
      {"here", "here", "F/here"},
      {"nowhere", "nowhere", "F/nowhere"},
      {"sub/nowhere", "sub/nowhere", "F/sub/nowhere"},
      {"/dev/null", "/dev/null", ""},
      {"/no/where", "/no/where", ""},
      {"", "", ""},
  };
  char folder[3][512] = {"../c", "", "./../c/sub/.."};
  snprintf(folder[1], sizeof folder[1], "%s", path_in(*state, "c"));
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    for (int k = 0; k < 3; k++) {
      char config[2048], text[2048], beside[2048];
      snprintf(config, sizeof config, "%s/config.yaml", folder[k]);
      snprintf(text, sizeof text, "%s%s", cases[i].text[0] == 'F' ? folder[k] : "",
               cases[i].text + (cases[i].text[0] == 'F'));
      snprintf(beside, sizeof beside, "%s%s", cases[i].beside[0] == 'F' ? folder[k] : "",
               cases[i].beside + (cases[i].beside[0] == 'F'));
      expect_tape(config, cases[i].value, text, beside);
    }
    expect_tape("config.yaml", cases[i].value, cases[i].value, "");
  }
}

// The folder of a link is the link's, not that of the file that it leads to.
static void a_link_has_its_own_folder(void **state) {
  (void)state;
  write_text("../c/config.yaml", "");
  assert_int_equal(mkdir("links", 0700), 0);
  assert_int_equal(symlink("../../c/config.yaml", "links/config.yaml"), 0);
  write_text("links/linked", "");
  expect_tape("links/config.yaml", "linked", "links/linked", "");
  expect_tape("links/config.yaml", "beside", "beside", "links/beside");
  assert_int_equal(symlink("../c", "folder"), 0);
  expect_tape("folder/config.yaml", "beside", "folder/beside", "");
}

// Overrides, texts and sealed configs do not look beside any file; an override forgets where a file
// looked.
static void only_files_have_a_folder(void **state) {
  (void)state;
  write_text("../c/config.yaml", "market: {tape: nowhere}\n");
  hft_config *config = sample_config();
  hft_error error = {0};
  assert_int_equal(hft_config_merge_file(config, "../c/config.yaml", &error), HFT_OK);
  assert_string_equal(sample_market_of(config)->tape.beside, "../c/nowhere");
  hft_config *copy = hft_config_copy(config);
  assert_string_equal(sample_market_of(copy)->tape.beside, "../c/nowhere");
  hft_config_free(copy);
  assert_int_equal(hft_config_set(config, "market.tape=beside", &error), HFT_OK);
  assert_string_equal(sample_market_of(config)->tape.text, "beside");
  assert_string_equal(sample_market_of(config)->tape.beside, "");
  const char *text = "market: {tape: both}\n";
  assert_int_equal(hft_config_merge(config, text, strlen(text), "../c/config.yaml", &error),
                   HFT_OK);
  assert_string_equal(sample_market_of(config)->tape.text, "both");
  hft_config_seal_paths(config);
  write_text("../c/config.yaml", "market: {tape: beside}\n");
  assert_int_equal(hft_config_merge_file(config, "../c/config.yaml", &error), HFT_ECONFIG);
  assert_non_null(strstr(error.text, "a path is not allowed here"));
  hft_config_free(config);
}

// A name that is too long with the folder is refused only if it is that of a file.
static void long_names_are_refused(void **state) {
  (void)state;
  char value[HFT_PATH_MAX] = "", config[2048] = "../c", wanted[64];
  hft_error error = {0};
  hft_path tape;
  while (strlen(value) < HFT_PATH_MAX - 16) strcat(value, "./");
  strcat(value, "both");
  expect_tape("config.yaml", value, value, "");
  assert_int_equal(read_tape("../c/config.yaml", value, &tape, &error), HFT_OK);
  assert_true(strlen(tape.text) == strlen(value) + strlen("../c/"));
  while (strlen(config) < 1000) strcat(config, "/.");
  strcat(config, "/config.yaml");
  assert_int_equal(read_tape(config, value, &tape, &error), HFT_ECONFIG);
  snprintf(wanted, sizeof wanted, "at most %d are allowed", HFT_PATH_MAX - 1);
  assert_non_null(strstr(error.text, "tape: with the config's folder"));
  assert_non_null(strstr(error.text, wanted));
  assert_string_equal(tape.text, "");
  memcpy(value + strlen(value) - 4, "here", 4);
  assert_int_equal(read_tape(config, value, &tape, &error), HFT_OK);
  assert_string_equal(tape.text, value);
  assert_true(strlen(tape.beside) == HFT_PATH_MAX - 1);
  memset(value, 'x', HFT_PATH_MAX - 1);
  assert_int_equal(read_tape("../c/config.yaml", value, &tape, &error), HFT_OK);
  assert_string_equal(tape.text, value);
}

static void errors_name_the_places(void **state) {
  (void)state;
  hft_path tape;
  hft_error error = {0};
  assert_int_equal(read_tape("../c/config.yaml", "nowhere", &tape, &error), HFT_OK);
  (void)hft_fail(&error, HFT_EIO, "nowhere", "cannot open");
  hft_path_explain(&tape, &error);
  assert_string_equal(error.text,
                      "cannot open; neither in the working directory nor beside the config: "
                      "../c/nowhere");
  tape.beside[0] = '\0';
  (void)hft_fail(&error, HFT_EIO, "nowhere", "cannot open");
  hft_path_explain(&tape, &error);
  assert_string_equal(error.text, "cannot open; a relative path starts at the working directory");
  // Not for another file, an existing one, an absolute path or no error.
  const char *const others[] = {"other", "here", "/no/where", ""};
  for (int i = 0; i < 4; i++) {
    snprintf(tape.text, sizeof tape.text, "%s", i > 0 ? others[i] : "nowhere");
    (void)hft_fail(&error, HFT_EIO, others[i], "cannot open");
    hft_path_explain(&tape, &error);
    assert_string_equal(error.text, "cannot open");
  }
  hft_path_explain(&tape, NULL);
}

int main(void) {
#define IN_FOLDERS(test) cmocka_unit_test_setup_teardown(test, folders_setup, folders_teardown)
  const struct CMUnitTest tests[] = {
      IN_FOLDERS(names_are_looked_for_beside_the_config),
      IN_FOLDERS(a_link_has_its_own_folder),
      IN_FOLDERS(only_files_have_a_folder),
      IN_FOLDERS(long_names_are_refused),
      IN_FOLDERS(errors_name_the_places),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
