// The conventions of all JSON that hftsim writes, on top of Jansson. Values are owned by the
// caller, who gives each to a container (json_pack's "o") or to json_decref. Null: out of memory.
#ifndef HFTSIM_CODEC_JSON_H
#define HFTSIM_CODEC_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "codec/buffer.h"

// A number; null where it is not finite, and 0 for a negative zero.
json_t *hft_json_number(double value);

// A seed: an integer up to 2^63 - 1, the largest that Jansson holds; above, its decimal digits as a
// text.
json_t *hft_json_seed(uint64_t seed);

// A text in UTF-8; of one that is not valid UTF-8, each byte beyond ASCII becomes '?'.
json_t *hft_json_text(const char *text);

// Replaces the content of a buffer by a value without white space, doubles with all 17 digits, and
// a 0 byte that is not counted; takes the value. ENOMEM, also where the value is null.
hft_status hft_json_write(json_t *value, hft_buffer *buffer);

#endif
