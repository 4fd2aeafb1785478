// A small workload, changed by each test as it needs it, and written to a file.
#ifndef HFTSIM_TESTS_BENCH_FILE_H
#define HFTSIM_TESTS_BENCH_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/workload.h"

#define FILE_MESSAGES_MAX 4096

typedef struct workload_file {
  char magic[8];
  uint32_t prefill_count, timed_count, id_max, price_max;
  hft_message messages[FILE_MESSAGES_MAX];
} workload_file;

// A valid workload of 3 + 7 messages that rests, trades across levels, cancels and replaces.
extern const hft_message small_messages[10];
void small_workload(workload_file *file);

// The bytes of a file with as many messages as its header says.
size_t workload_bytes(const workload_file *file);

// Writes the first `size` bytes to a new temporary file, reads it as a workload and removes it.
hft_status read_workload(const workload_file *file, size_t size, hft_workload *out,
                         hft_error *error);

#endif
