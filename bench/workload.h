// A workload: a file of messages to an order book in two parts. The prefill builds the book; the
// rest is timed.
//
// The file is little-endian: a header of 24 bytes (the text "OBMSG01" with its terminating 0, then
// four uint32: messages of the prefill, messages to time, highest id, highest price), followed by
// the messages, 16 bytes each, in the layout of hft_message.
#ifndef HFTSIM_BENCH_WORKLOAD_H
#define HFTSIM_BENCH_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

typedef enum hft_message_type {
  HFT_MESSAGE_LIMIT = 0,    // trades as far as possible; the remainder rests
  HFT_MESSAGE_CANCEL = 1,   // removes the resting order `id`; price and qty are ignored
  HFT_MESSAGE_REPLACE = 2,  // removes the resting order `old`, then as a limit order `id`
  HFT_MESSAGE_TYPE_COUNT
} hft_message_type;

// One message of a workload.
typedef struct hft_message {
  uint8_t type;    // hft_message_type
  uint8_t side;    // hft_side
  uint16_t price;  // ticks, 1 .. price_max
  uint32_t qty;    // lots, 1 .. INT32_MAX
  uint32_t id;     // 1 .. id_max; unique
  uint32_t old;    // of a replace: the order to remove
} hft_message;

// A workload in memory; free it with hft_workload_free.
typedef struct hft_workload {
  uint32_t prefill_count;
  uint32_t timed_count;   // >= 1
  uint32_t id_max;        // below HFT_BOOK_ORDERS_MAX: an id can be its order's slot
  uint32_t price_max;     // 1 .. UINT16_MAX
  hft_message *messages;  // prefill_count + timed_count
} hft_workload;

// Reads a file and checks everything that does not need matching: its size, the bounds of every
// field, that ids are new, and that cancelled or replaced orders were placed before and not removed
// since. Free the workload with hft_workload_free. Errors: EIO if the file cannot be read; EDATA if
// it is invalid, naming the message, counted from 0; ENOMEM.
hft_status hft_workload_read(const char *path, hft_workload *out, hft_error *error);

// Frees a workload's messages. Does nothing for a zeroed workload.
void hft_workload_free(hft_workload *workload);

#endif
