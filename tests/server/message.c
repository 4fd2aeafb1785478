#include "tests/server/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "codec/pack.h"
#include "tests/support/check.h"

void message_pack(hft_buffer *buffer, const char *format, ...) {
  buffer->size = 0;
  buffer->failed = false;
  msgpack_packer packer;
  msgpack_packer_init(&packer, buffer, hft_buffer_write);
  va_list arguments;
  va_start(arguments, format);
  for (const char *at = format; *at != '\0'; at++) {
    switch (*at) {
      case ' ':
        break;
      case '{':
        msgpack_pack_map(&packer, (size_t)(*++at - '0'));
        break;
      case '[':
        msgpack_pack_array(&packer, (size_t)(*++at - '0'));
        break;
      case 'u':
        msgpack_pack_uint64(&packer, va_arg(arguments, uint64_t));
        break;
      case 'i':
        msgpack_pack_int64(&packer, va_arg(arguments, int64_t));
        break;
      case 'f':
        msgpack_pack_double(&packer, va_arg(arguments, double));
        break;
      case 's':
        hft_pack_text(&packer, va_arg(arguments, const char *));
        break;
      case 'b':
        if (va_arg(arguments, int)) {
          msgpack_pack_true(&packer);
        } else {
          msgpack_pack_false(&packer);
        }
        break;
      case 'n':
        msgpack_pack_nil(&packer);
        break;
      default:
        fail_msg("no such letter: %c", *at);
    }
  }
  va_end(arguments);
  assert_false(buffer->failed);
}

hft_frame message_frame(const hft_buffer *buffer) {
  return (hft_frame){buffer->data, buffer->size};
}

void message_read(const void *bytes, size_t size, msgpack_unpacked *out) {
  msgpack_unpacked_init(out);
  size_t offset = 0;
  assert_int_equal(msgpack_unpack_next(out, bytes, size, &offset), MSGPACK_UNPACK_SUCCESS);
  assert_int_equal(offset, size);
  assert_int_equal(out->data.type, MSGPACK_OBJECT_MAP);
}

const msgpack_object *message_get(const msgpack_object *map, const char *key) {
  assert_int_equal(map->type, MSGPACK_OBJECT_MAP);
  for (uint32_t i = 0; i < map->via.map.size; i++) {
    const msgpack_object_kv *pair = &map->via.map.ptr[i];
    assert_int_equal(pair->key.type, MSGPACK_OBJECT_STR);
    if (pair->key.via.str.size == strlen(key) &&
        memcmp(pair->key.via.str.ptr, key, strlen(key)) == 0) {
      return &pair->val;
    }
  }
  return NULL;
}

uint64_t message_uint(const msgpack_object *map, const char *key) {
  const msgpack_object *value = message_get(map, key);
  assert_non_null(value);
  assert_int_equal(value->type, MSGPACK_OBJECT_POSITIVE_INTEGER);
  return value->via.u64;
}

void message_text(const msgpack_object *map, const char *key, char *text, size_t size) {
  const msgpack_object *value = message_get(map, key);
  assert_non_null(value);
  assert_int_equal(value->type, MSGPACK_OBJECT_STR);
  assert_true(value->via.str.size < size);
  snprintf(text, size, "%.*s", (int)value->via.str.size, value->via.str.ptr);
}

bool message_is(const msgpack_object *map, const char *key, const char *text) {
  const msgpack_object *value = message_get(map, key);
  return value != NULL && value->type == MSGPACK_OBJECT_STR &&
         value->via.str.size == strlen(text) && memcmp(value->via.str.ptr, text, strlen(text)) == 0;
}

double message_retry_after(const msgpack_object *header) {
  const msgpack_object *value = message_get(header, "retry_after");
  if (value == NULL) return 0;
  assert_true(value->type == MSGPACK_OBJECT_FLOAT64 && value->via.f64 > 0);
  return value->via.f64;
}
