#include "tests/bench/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/check.h"

enum { LIMIT = HFT_MESSAGE_LIMIT, CANCEL = HFT_MESSAGE_CANCEL, REPLACE = HFT_MESSAGE_REPLACE };
enum { BUY, SELL };

const hft_message small_messages[10] = {
    {.type = LIMIT, .side = SELL, .price = 101, .qty = 5, .id = 1},  // the prefill
    {.type = LIMIT, .side = SELL, .price = 102, .qty = 4, .id = 2},
    {.type = LIMIT, .side = BUY, .price = 99, .qty = 7, .id = 3},
    {.type = LIMIT, .side = SELL, .price = 101, .qty = 6, .id = 4},  // behind 1
    {.type = LIMIT, .side = BUY, .price = 101, .qty = 8, .id = 5},   // trades 5 with 1, 3 with 4
    // trades 3 with 4, 4 with 2; 3 rest at 102
    {.type = REPLACE, .side = BUY, .price = 102, .qty = 10, .id = 6, .old = 3},
    {.type = LIMIT, .side = SELL, .price = 103, .qty = 9, .id = 7},
    {.type = CANCEL, .side = SELL, .id = 7},
    {.type = LIMIT, .side = SELL, .price = 100, .qty = 1, .id = 8},  // trades 1 with 6
    {.type = LIMIT, .side = BUY, .price = 98, .qty = 2, .id = 9},
};

void small_workload(workload_file *file) {
  *file = (workload_file){"OBMSG01", .prefill_count = 3, .timed_count = 7, .id_max = 9,
                          .price_max = 200};
  memcpy(file->messages, small_messages, sizeof small_messages);
}

size_t workload_bytes(const workload_file *file) {
  return offsetof(workload_file, messages) +
         ((size_t)file->prefill_count + file->timed_count) * sizeof file->messages[0];
}

hft_status read_workload(const workload_file *file, size_t size, hft_workload *out,
                         hft_error *error) {
  char path[] = "/tmp/hftsim-test-XXXXXX";
  int descriptor = mkstemp(path);
  HFT_CHECK(descriptor >= 0);
  FILE *stream = fdopen(descriptor, "wb");
  HFT_CHECK(stream != NULL && size <= sizeof *file);
  HFT_CHECK(fwrite(file, 1, size, stream) == size);
  HFT_CHECK(fclose(stream) == 0);
  hft_status status = hft_workload_read(path, out, error);
  remove(path);
  return status;
}
