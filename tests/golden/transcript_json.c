#include "tests/golden/transcript_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"

#define ALIGNMENT 64

// ---- maps --------------------------------------------------------------------------------------
static const char *const volatile_keys[] = {"version", "revision",     "configs", "limits",
                                            "message", "spec_hash",    "config",  "content",
                                            "server",  "memory_bytes", "seconds"};

static bool is_volatile(const char *key) {
  for (size_t i = 0; i < sizeof volatile_keys / sizeof volatile_keys[0]; i++) {
    if (strcmp(key, volatile_keys[i]) == 0) return true;
  }
  return false;
}

static void pack_text(msgpack_packer *packer, const char *text) {
  msgpack_pack_str_with_body(packer, text, strlen(text));
}

static void pack_map(msgpack_packer *packer, const json_t *map, const transcript_names *names) {
  const char *key;
  json_t *each;
  msgpack_pack_map(packer, json_object_size(map));
  json_object_foreach((json_t *)(uintptr_t)map, key, each) {
    pack_text(packer, key);
    transcript_pack(packer, each, names);
  }
}

void transcript_pack(msgpack_packer *packer, const json_t *value, const transcript_names *names) {
  switch (json_typeof(value)) {
    case JSON_OBJECT:
      pack_map(packer, value, names);
      break;
    case JSON_ARRAY:
      msgpack_pack_array(packer, json_array_size(value));
      for (size_t i = 0; i < json_array_size(value); i++) {
        transcript_pack(packer, json_array_get(value, i), names);
      }
      break;
    case JSON_STRING: {
      const json_t *token = json_object_get(names->tokens, json_string_value(value));
      pack_text(packer, json_string_value(token != NULL ? token : value));
      break;
    }
    case JSON_INTEGER:
      msgpack_pack_int64(packer, json_integer_value(value));
      break;
    case JSON_REAL:
      msgpack_pack_double(packer, json_real_value(value));
      break;
    case JSON_TRUE:
      msgpack_pack_true(packer);
      break;
    case JSON_FALSE:
      msgpack_pack_false(packer);
      break;
    case JSON_NULL:
      msgpack_pack_nil(packer);
      break;
  }
}

// A token becomes its name.
static json_t *text_json(const msgpack_object_str *text, const transcript_names *names) {
  const char *name;
  json_t *token;
  json_object_foreach(names->tokens, name, token) {
    if (json_string_length(token) == text->size &&
        memcmp(json_string_value(token), text->ptr, text->size) == 0) {
      return json_string(name);
    }
  }
  return json_stringn(text->ptr, text->size);
}

json_t *transcript_json(const msgpack_object *value, const transcript_names *names) {
  json_t *out;
  switch (value->type) {
    case MSGPACK_OBJECT_NIL:
      return json_null();
    case MSGPACK_OBJECT_BOOLEAN:
      return json_boolean(value->via.boolean);
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
      return json_integer((json_int_t)value->via.u64);
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
      return json_integer(value->via.i64);
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
      return json_real(value->via.f64);
    case MSGPACK_OBJECT_STR:
      return text_json(&value->via.str, names);
    case MSGPACK_OBJECT_ARRAY:
      out = json_array();
      for (uint32_t i = 0; i < value->via.array.size; i++) {
        json_array_append_new(out, transcript_json(&value->via.array.ptr[i], names));
      }
      return out;
    case MSGPACK_OBJECT_MAP:
      out = json_object();
      for (uint32_t i = 0; i < value->via.map.size; i++) {
        const msgpack_object_kv *pair = &value->via.map.ptr[i];
        char key[64];
        snprintf(key, sizeof key, "%.*s", (int)pair->key.via.str.size, pair->key.via.str.ptr);
        json_object_set_new(
            out, key,
            is_volatile(key) ? json_string(TRANSCRIPT_ANY) : transcript_json(&pair->val, names));
      }
      return out;
    default:
      HFT_CHECK(false);
      return NULL;
  }
}

json_t *transcript_map(hft_frame frame, const transcript_names *names) {
  msgpack_unpacked unpacked;
  msgpack_unpacked_init(&unpacked);
  size_t offset = 0;
  HFT_CHECK(msgpack_unpack_next(&unpacked, frame.data, frame.size, &offset) ==
            MSGPACK_UNPACK_SUCCESS);
  HFT_CHECK(offset == frame.size);
  json_t *out = transcript_json(&unpacked.data, names);
  msgpack_unpacked_destroy(&unpacked);
  return out;
}

// ---- arrays ------------------------------------------------------------------------------------
static const char *text_of(const json_t *map, const char *key) {
  const char *text = json_string_value(json_object_get(map, key));
  HFT_CHECK(text != NULL);
  return text;
}

static size_t item_bytes(const char *dtype) {
  return (size_t)(dtype[1] - '0');
}

static void write_item(hft_buffer *out, const char *dtype, const json_t *value) {
  if (strcmp(dtype, "f4") == 0) {
    float number = (float)json_number_value(value);
    hft_buffer_write(out, (const char *)&number, sizeof number);
    return;
  }
  int64_t number = json_integer_value(value);  // little-endian, as this machine is
  hft_buffer_write(out, (const char *)&number, item_bytes(dtype));
}

static void pad(hft_buffer *out) {
  while (out->size % ALIGNMENT != 0) hft_buffer_write(out, "", 1);
}

static void write_array(hft_buffer *out, const json_t *array) {
  const json_t *values = json_object_get(array, "values");
  for (size_t i = 0; i < json_array_size(values); i++) {
    write_item(out, text_of(array, "dtype"), json_array_get(values, i));
  }
}

void transcript_write_arrays(hft_buffer *out, const json_t *frame) {
  out->size = 0;
  const json_t *raw = json_object_get(frame, "raw"), *arrays = json_object_get(frame, "buffer");
  if (raw != NULL) write_array(out, raw);
  for (size_t i = 0; i < json_array_size(arrays); i++) {
    write_array(out, json_array_get(arrays, i));
    pad(out);
  }
}

static json_t *read_item(const char *dtype, const char *bytes) {
  if (strcmp(dtype, "f4") == 0) {
    float number;
    memcpy(&number, bytes, sizeof number);
    return json_real((double)number);
  }
  if (strcmp(dtype, "i4") == 0) {
    int32_t number;
    memcpy(&number, bytes, sizeof number);
    return json_integer(number);
  }
  HFT_CHECK(strcmp(dtype, "u1") == 0);
  return json_integer(*(const uint8_t *)bytes);
}

static json_t *values_json(const char *dtype, const char *bytes, json_int_t count) {
  json_t *values = json_array();
  for (json_int_t i = 0; i < count; i++) {
    json_array_append_new(values, read_item(dtype, bytes + (size_t)i * item_bytes(dtype)));
  }
  return values;
}

json_t *transcript_read_arrays(hft_frame frame, const json_t *arrays, json_int_t rows) {
  json_t *out = json_array();
  size_t at = 0;
  for (size_t i = 0; i < json_array_size(arrays); i++) {
    const json_t *array = json_array_get(arrays, i);
    const char *dtype = text_of(array, "dtype");
    json_t *shape = json_deep_copy(json_object_get(array, "shape"));
    if (rows >= 0) json_array_set_new(shape, 0, json_integer(rows));
    json_int_t count = 1;
    for (size_t d = 0; d < json_array_size(shape); d++) {
      count *= json_integer_value(json_array_get(shape, d));
    }
    size_t end = at + (size_t)count * item_bytes(dtype);
    HFT_CHECK(end <= frame.size);
    json_t *values = values_json(dtype, (const char *)frame.data + at, count);
    json_array_append_new(out, json_pack("{s:s, s:s, s:o, s:o}", "name", text_of(array, "name"),
                                         "dtype", dtype, "shape", shape, "values", values));
    for (at = end; at % ALIGNMENT != 0; at++) HFT_CHECK(((const char *)frame.data)[at] == 0);
  }
  HFT_CHECK(at == frame.size);
  return json_pack("{s:o}", "buffer", out);
}

json_t *transcript_read_raw(hft_frame frame, const char *name, const char *dtype) {
  json_int_t count = (json_int_t)(frame.size / item_bytes(dtype));
  return json_pack("{s:{s:s, s:s, s:[I], s:o}}", "raw", "name", name, "dtype", dtype, "shape",
                   count, "values", values_json(dtype, frame.data, count));
}
