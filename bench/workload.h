// A workload: a file of messages to an order book, in two parts. The prefill builds the book; what
// follows is timed.
//
// The file is little-endian: a header of 24 bytes (the text "OBMSG01" with its final zero, then
// four uint32: messages of the prefill, messages to time, highest id, highest price), then all
// messages, of 16 bytes each, laid out as hft_message.
#ifndef HFTSIM_BENCH_WORKLOAD_H
#define HFTSIM_BENCH_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

typedef enum hft_message_type {
  HFT_MESSAGE_LIMIT = 0,    // a limit order: trades what it can, the rest of it rests
  HFT_MESSAGE_CANCEL = 1,   // takes the resting order `id` out; price and qty mean nothing
  HFT_MESSAGE_REPLACE = 2,  // takes the resting order `old` out, then as a limit order `id`
  HFT_MESSAGE_TYPE_COUNT
} hft_message_type;

typedef struct hft_message {
  uint8_t type;    // hft_message_type
  uint8_t side;    // hft_side
  uint16_t price;  // ticks, 1 .. price_max
  uint32_t qty;    // lots, 1 .. INT32_MAX
  uint32_t id;     // 1 .. id_max; no two orders have the same
  uint32_t old;    // of a replace: the order that goes
} hft_message;

typedef struct hft_workload {
  uint32_t prefill_count;
  uint32_t timed_count;   // >= 1
  uint32_t id_max;        // below HFT_BOOK_ORDERS_MAX: an id can be the slot of its order
  uint32_t price_max;     // 1 .. UINT16_MAX
  hft_message *messages;  // prefill_count + timed_count
} hft_workload;

// Reads a file and checks all that can be checked without matching: its size, the bounds of every
// field, that ids are new, and that what is cancelled or replaced was placed before and not taken
// out since. EIO: the file cannot be read. EDATA: it is not as it should be; the error names the
// message, the first being 0. ENOMEM. Free it with hft_workload_free.
hft_status hft_workload_read(const char *path, hft_workload *out, hft_error *error);

// Frees what a workload holds. A zeroed workload is fine.
void hft_workload_free(hft_workload *workload);

#endif
