// A buffer of bytes that grows.
#ifndef HFTSIM_CODEC_BUFFER_H
#define HFTSIM_CODEC_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/status.h"

// Whoever fills it empties it first: none of that allocates once the buffer is large enough. Zero
// it before its first use.
typedef struct hft_buffer {
  char *data;
  size_t size, capacity;
  bool failed;  // out of memory since the buffer was emptied
} hft_buffer;

// Makes the buffer empty with room for at least `capacity` bytes. ENOMEM.
hft_status hft_buffer_reserve(hft_buffer *buffer, size_t capacity);
void hft_buffer_free(hft_buffer *buffer);
// Appends bytes; the signature is that of a msgpack_packer's callback. `buffer` is the hft_buffer.
// Returns 0, or -1 when out of memory.
int hft_buffer_write(void *buffer, const char *bytes, size_t size);

#endif
