// Fuzzes the reading of the tables of the population `reactive`: any text is refused with words, or
// gives tables whose print is read back as the same print, and which can be compiled.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"
#include "sim/flow/reactive_model.h"
#include "sim/flow/tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_print(const hft_flow_tables *tables) {
  char *print = hft_flow_tables_print(tables, NULL);
  HFT_CHECK(print != NULL);
  hft_flow_tables *again = malloc(sizeof *again);
  HFT_CHECK(again != NULL);
  // Rounded to the printed digits, values may leave their bounds or fall together.
  if (hft_flow_tables_read(print, strlen(print), "print", again, NULL) == HFT_OK) {
    char *second = hft_flow_tables_print(again, NULL);
    HFT_CHECK(second != NULL && strcmp(print, second) == 0);
    free(second);
  }
  free(again);
  free(print);
}

static void check_model(const hft_flow_tables *tables) {
  hft_reactive_model *model = aligned_alloc(64, (sizeof *model + 63) & ~(size_t)63);
  HFT_CHECK(model != NULL);
  memset(model, 0, sizeof *model);
  model->tables = *tables;
  const hft_reactive_dials dials = {0.4, 1, 0.05, 1000};
  hft_reactive_compile(model, &dials);
  for (uint32_t count = 1; count < 5000; count *= 3) {
    for (uint64_t bits = 1; bits != 0; bits <<= 1) {
      HFT_CHECK(hft_draw_rank(&model->rank[0], count, bits) < 2 * count);
      HFT_CHECK(hft_draw_rank(&model->best_rank[1], count, ~bits) < 2 * count);
    }
  }
  free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  hft_flow_tables *tables = malloc(sizeof *tables);
  HFT_CHECK(tables != NULL);
  hft_error error = {0};
  hft_status status = hft_flow_tables_read((const char *)data, size, "fuzz", tables, &error);
  if (status == HFT_OK) {
    check_print(tables);
    check_model(tables);
  } else {
    HFT_CHECK(status == HFT_ECONFIG && error.status == status && error.text[0] != '\0');
    HFT_CHECK(strncmp(error.where, "fuzz", 4) == 0);
  }
  free(tables);
  return 0;
}
