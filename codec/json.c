#include "codec/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *hft_json_number(double value) {
  return isfinite(value) ? json_real(value + 0.0) : json_null();
}

json_t *hft_json_seed(uint64_t seed) {
  if (seed <= INT64_MAX) return json_integer((json_int_t)seed);
  return json_sprintf("%" PRIu64, seed);
}

json_t *hft_json_text(const char *text) {
  json_t *json = json_string(text);
  if (json != NULL) return json;
  char *ascii = strdup(text);
  if (ascii == NULL) return NULL;
  for (char *at = ascii; *at != '\0'; at++) {
    if ((unsigned char)*at >= 0x80) *at = '?';
  }
  json = json_string(ascii);
  free(ascii);
  return json;
}

// Appends to the buffer; the signature of a callback of json_dump_callback.
static int append(const char *bytes, size_t size, void *buffer) {
  return hft_buffer_write(buffer, bytes, size);
}

hft_status hft_json_write(json_t *value, hft_buffer *buffer) {
  buffer->size = 0;
  buffer->failed = false;
  if (value == NULL) return HFT_ENOMEM;
  int failed = json_dump_callback(value, append, buffer,
                                  JSON_COMPACT | JSON_REAL_PRECISION(17) | JSON_ENCODE_ANY);
  json_decref(value);
  if (failed != 0 || hft_buffer_write(buffer, "", 1) != 0) return HFT_ENOMEM;
  buffer->size--;
  return HFT_OK;
}
