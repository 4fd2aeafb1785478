#include "tests/config/expect.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"

hft_config *sample_config(void) {
  hft_config *config = hft_config_create(&sample_schema);
  assert_non_null(config);
  return config;
}

hft_status sample_merge(hft_config *config, const char *text, hft_error *error) {
  return hft_config_merge(config, text, strlen(text), "test.yaml", error);
}

const sample_market *sample_market_of(const hft_config *config) {
  return hft_config_map(config, "market");
}

void expect_refused(hft_config *config, const char *text, int line, ...) {
  char *before = hft_config_print(config, 0);
  hft_error error = {0};
  hft_status status = sample_merge(config, text, &error);
  if (status != HFT_ECONFIG) fail_msg("status %d for:\n%s", status, text);
  assert_int_equal(error.status, HFT_ECONFIG);
  char place[32];
  snprintf(place, sizeof place, "test.yaml:%d", line);
  if (line > 0 ? strcmp(error.where, place) != 0 : strncmp(error.where, "test.yaml", 9) != 0) {
    fail_msg("the place is '%s', not '%s': %s; for:\n%s", error.where, place, error.text, text);
  }
  va_list words;
  va_start(words, line);
  for (const char *word; (word = va_arg(words, const char *)) != NULL;) {
    if (strstr(error.text, word) == NULL) fail_msg("'%s' is not in: %s", word, error.text);
  }
  va_end(words);
  char *after = hft_config_print(config, 0);
  assert_string_equal(before, after);
  free(before);
  free(after);
}
