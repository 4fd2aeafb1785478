// TensorBoard's event files, written without its libraries. A file is a sequence of TFRecords
// (tensorflow/core/lib/io/record_writer.h), all numbers little-endian:
//   u64 length, u32 masked CRC32C of these 8 bytes, length bytes of data, u32 masked CRC32C of them
// where masked(c) = rotate_right(c, 15) + 0xa282ead8. The data are messages Event
// (tensorflow/core/util/event.proto), of which these fields are written:
//   Event    1 wall_time double, 2 step int64, 3 file_version string ("brain.Event:2", first record
//            alone), 5 summary Summary
//   Summary  1 value Value, repeated
//   Value    1 tag string, 2 simple_value float
#ifndef HFTSIM_AGENTS_TENSORBOARD_H
#define HFTSIM_AGENTS_TENSORBOARD_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

#define HFT_TENSORBOARD_TAG_MAX 128

// Opaque handle: an event file being written. Not for concurrent use.
typedef struct hft_tensorboard hft_tensorboard;

// Creates a new file events.out.tfevents.<time>.hftsim.<pid>.<k> in a folder. The caller closes it.
// EIO; ENOMEM.
hft_status hft_tensorboard_open(const char *folder, hft_tensorboard **out, hft_error *error);
// Writes one event with `count` scalars at a step, and flushes it. Values that are not finite, and
// tags of HFT_TENSORBOARD_TAG_MAX bytes or more, are left out. EIO; ENOMEM.
hft_status hft_tensorboard_write(hft_tensorboard *board, int64_t step, const char *const *tag,
                                 const double *value, int count, hft_error *error);
// Null is ignored.
void hft_tensorboard_close(hft_tensorboard *board);

// CRC-32C (Castagnoli), of the polynomial 0x1EDC6F41, reflected.
uint32_t hft_crc32c(const void *bytes, size_t size);

#endif
