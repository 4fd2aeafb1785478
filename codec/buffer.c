#include "codec/buffer.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_LEAST 1024  // bytes: fits any error reply

hft_status hft_buffer_reserve(hft_buffer *buffer, size_t capacity) {
  buffer->size = 0;
  buffer->failed = false;
  if (capacity <= buffer->capacity) return HFT_OK;
  char *data = realloc(buffer->data, capacity);
  if (data == NULL) return HFT_ENOMEM;
  buffer->data = data;
  buffer->capacity = capacity;
  return HFT_OK;
}

void hft_buffer_free(hft_buffer *buffer) {
  free(buffer->data);
  *buffer = (hft_buffer){0};
}

int hft_buffer_write(void *context, const char *bytes, size_t size) {
  hft_buffer *buffer = context;
  if (buffer->failed) return -1;
  if (size > buffer->capacity - buffer->size) {
    size_t capacity = 2 * (buffer->capacity + size) + BUFFER_LEAST;
    char *data = realloc(buffer->data, capacity);
    if (data == NULL) {
      buffer->failed = true;
      return -1;
    }
    buffer->data = data;
    buffer->capacity = capacity;
  }
  if (size > 0) memcpy(buffer->data + buffer->size, bytes, size);
  buffer->size += size;
  return 0;
}
