// Fuzzes the reading of configs: any text is refused with words and changes nothing, or gives a
// config whose print makes the same one; any assignment likewise.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"
#include "sim/config/config.h"
#include "tests/support/sample_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A status of the reading, and what it left of a config that printed as `before`.
static void check_outcome(const hft_config *config, hft_status status, const hft_error *error,
                          const char *before) {
  if (status != HFT_OK) {
    HFT_CHECK(status == HFT_ECONFIG && error->status == status && error->text[0] != '\0');
  }
  char *print = hft_config_print(config, 0);
  HFT_CHECK(print != NULL);
  HFT_CHECK(status == HFT_OK || strcmp(print, before) == 0);
  hft_config *again = hft_config_create(&sample_schema);
  HFT_CHECK(again != NULL);
  HFT_CHECK(hft_config_merge(again, print, strlen(print), "print", NULL) == HFT_OK);
  char *second = hft_config_print(again, 0);
  HFT_CHECK(second != NULL && strcmp(print, second) == 0);
  free(second);
  free(print);
  hft_config_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  hft_config *config = hft_config_create(&sample_schema);
  HFT_CHECK(config != NULL);
  char *before = hft_config_print(config, 0);
  HFT_CHECK(before != NULL);
  hft_error error = {0};
  hft_status status = hft_config_merge(config, (const char *)data, size, "fuzz", &error);
  HFT_CHECK(status == HFT_OK || strncmp(error.where, "fuzz", 4) == 0);
  check_outcome(config, status, &error, before);
  free(before);

  char *assignment = malloc(size + 1);
  HFT_CHECK(assignment != NULL);
  if (size > 0) memcpy(assignment, data, size);
  assignment[size] = '\0';
  before = hft_config_print(config, 0);
  HFT_CHECK(before != NULL);
  status = hft_config_set(config, assignment, &error);
  check_outcome(config, status, &error, before);
  free(assignment);
  free(before);
  hft_config_free(config);
  return 0;
}
