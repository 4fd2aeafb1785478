#include "tests/bench/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/check.h"

enum { LIMIT = HFT_MESSAGE_LIMIT, CANCEL = HFT_MESSAGE_CANCEL, REPLACE = HFT_MESSAGE_REPLACE };
enum { BUY, SELL };

const hft_message small_messages[10] = {
    {LIMIT, SELL, 101, 5, 1, 0},    // the prefill
    {LIMIT, SELL, 102, 4, 2, 0},    //
    {LIMIT, BUY, 99, 7, 3, 0},      //
    {LIMIT, SELL, 101, 6, 4, 0},    // behind 1
    {LIMIT, BUY, 101, 8, 5, 0},     // trades 5 with 1, 3 with 4
    {REPLACE, BUY, 102, 10, 6, 3},  // trades 3 with 4, 4 with 2; 3 rest at 102
    {LIMIT, SELL, 103, 9, 7, 0},    //
    {CANCEL, SELL, 0, 0, 7, 0},     //
    {LIMIT, SELL, 100, 1, 8, 0},    // trades 1 with 6
    {LIMIT, BUY, 98, 2, 9, 0},      //
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
