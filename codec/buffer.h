// A growable byte buffer.
#ifndef HFTSIM_CODEC_BUFFER_H
#define HFTSIM_CODEC_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/status.h"

// Owns its memory. Zero-initialize it before the first use. Encoders empty the buffer first and
// keep its capacity, so that a buffer that is large enough allocates nothing.
typedef struct hft_buffer {
  char *data;
  size_t size, capacity;  // bytes
  bool failed;            // an allocation has failed since the buffer was emptied
} hft_buffer;

// Empties the buffer and ensures a capacity of at least `capacity` bytes. ENOMEM: the buffer is
// empty and keeps the capacity that it had.
hft_status hft_buffer_reserve(hft_buffer *buffer, size_t capacity);

// Frees the memory and zeroes the buffer, which may then be used again.
void hft_buffer_free(hft_buffer *buffer);

// Appends `size` bytes to `buffer`, an hft_buffer; has the signature of a msgpack_packer's
// callback. Returns 0, or -1 when out of memory; `failed` is then set, and nothing more is written.
int hft_buffer_write(void *buffer, const char *bytes, size_t size);

#endif
