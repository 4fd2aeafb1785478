#include "server/scan.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct scan_cursor {
  const uint8_t *at, *end;
} scan_cursor;

// The sizes that the head of an object declares.
typedef struct object_head {
  uint64_t payload;   // bytes that follow
  uint64_t children;  // objects that follow
  bool nests, is_text;
} object_head;

static bool is_continuation(uint8_t byte) {
  return (byte & 0xc0) == 0x80;
}

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF; and no zero byte.
static bool is_text(const uint8_t *byte, uint64_t size) {
  for (uint64_t i = 0; i < size;) {
    uint8_t lead = byte[i];
    uint64_t more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (lead == 0 || (lead >= 0x80 && lead < 0xc2) || lead > 0xf4) return false;
    if (more >= size - i) return false;
    for (uint64_t k = 1; k <= more; k++) {
      if (!is_continuation(byte[i + k])) return false;
    }
    if (lead == 0xe0 && byte[i + 1] < 0xa0) return false;
    if (lead == 0xed && byte[i + 1] > 0x9f) return false;
    if (lead == 0xf0 && byte[i + 1] < 0x90) return false;
    if (lead == 0xf4 && byte[i + 1] > 0x8f) return false;
    i += more + 1;
  }
  return true;
}

// Reads a big-endian number of `width` bytes; false at the end of the input.
static bool read_number(scan_cursor *cursor, int width, uint64_t *number) {
  if (cursor->end - cursor->at < width) return false;
  *number = 0;
  for (int i = 0; i < width; i++) *number = *number << 8 | *cursor->at++;
  return true;
}

static bool read_length(scan_cursor *cursor, int width, uint64_t extra, uint64_t *length) {
  if (!read_number(cursor, width, length)) return false;
  *length += extra;
  return true;
}

// Reads a head of the formats 0xc0 .. 0xdf.
static bool read_tagged(scan_cursor *cursor, uint8_t tag, object_head *head) {
  static const uint8_t number_bytes[] = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8};  // 0xca .. 0xd3
  if (tag == 0xc1) return false;
  if (tag <= 0xc3) return true;  // nil, false, true
  if (tag <= 0xc6) return read_length(cursor, 1 << (tag - 0xc4), 0, &head->payload);  // bin
  if (tag <= 0xc9) return read_length(cursor, 1 << (tag - 0xc7), 1, &head->payload);  // ext
  if (tag <= 0xd3) {
    head->payload = number_bytes[tag - 0xca];
    return true;
  }
  if (tag <= 0xd8) {  // fixext: a type and 1, 2, 4, 8 or 16 bytes
    head->payload = 1 + (UINT64_C(1) << (tag - 0xd4));
    return true;
  }
  if (tag <= 0xdb) {
    head->is_text = true;
    return read_length(cursor, 1 << (tag - 0xd9), 0, &head->payload);
  }
  head->nests = true;
  bool is_map = tag >= 0xde;
  if (!read_length(cursor, (tag & 1) == 0 ? 2 : 4, 0, &head->children)) return false;
  if (is_map) head->children *= 2;
  return true;
}

static bool read_head(scan_cursor *cursor, object_head *head) {
  *head = (object_head){0};
  if (cursor->at == cursor->end) return false;
  uint8_t tag = *cursor->at++;
  if (tag < 0x80 || tag >= 0xe0) return true;  // small integers
  if (tag >= 0xc0) return read_tagged(cursor, tag, head);
  if (tag >= 0xa0) {
    head->is_text = true;
    head->payload = tag & 0x1f;
  } else {
    head->nests = true;
    head->children = (uint64_t)(tag & 0x0f) * (tag < 0x90 ? 2 : 1);
  }
  return true;
}

const char *hft_scan(const void *bytes, size_t size) {
  scan_cursor cursor = {bytes, (const uint8_t *)bytes + size};
  uint64_t left[HFT_SCAN_DEPTH_MAX + 1] = {1};  // objects still to come, at each depth
  int depth = 0;
  while (true) {
    while (depth > 0 && left[depth] == 0) depth--;
    if (left[depth] == 0) break;
    left[depth]--;
    object_head head;
    if (!read_head(&cursor, &head)) return "ends within an object, or is not MessagePack";
    uint64_t rest = (uint64_t)(cursor.end - cursor.at);
    if (head.payload > rest) return "a length exceeds the remaining bytes";
    if (head.children > rest) return "a map or array declares more elements than follow";
    if (head.is_text && !is_text(cursor.at, head.payload)) return "a string is not UTF-8";
    cursor.at += head.payload;
    if (!head.nests) continue;
    if (depth == HFT_SCAN_DEPTH_MAX) return "maps and arrays are nested too deep";
    left[++depth] = head.children;
  }
  return cursor.at == cursor.end ? NULL : "bytes follow the object";
}
