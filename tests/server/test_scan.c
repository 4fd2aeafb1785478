// The validation of MessagePack bytes: msgpack unpacks what passes within bounded memory.
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "server/scan.h"
#include "tests/support/check.h"

#define SCAN(text) hft_scan(text, sizeof(text) - 1)

static bool unpacks(const void *bytes, size_t size) {
  msgpack_unpacked unpacked;
  msgpack_unpacked_init(&unpacked);
  size_t offset = 0;
  bool whole = msgpack_unpack_next(&unpacked, bytes, size, &offset) == MSGPACK_UNPACK_SUCCESS &&
               offset == size;
  msgpack_unpacked_destroy(&unpacked);
  return whole;
}

static void accepts_each_format(void **state) {
  (void)state;
  assert_null(SCAN("\x00"));
  assert_null(SCAN("\x7f"));
  assert_null(SCAN("\xff"));
  assert_null(SCAN("\x80"));
  assert_null(
      SCAN("\x82\xa1"
           "a\x01\xa1"
           "b\x93\x01\x02\x03"));
  assert_null(SCAN("\x90"));
  assert_null(
      SCAN("\xa3"
           "abc"));
  assert_null(SCAN("\xc0"));
  assert_null(SCAN("\xc4\x02\x00\xff"));
  assert_null(SCAN("\xc7\x01\x05\x00"));
  assert_null(SCAN("\xca\x00\x00\x00\x00"));
  assert_null(SCAN("\xcb\x00\x00\x00\x00\x00\x00\x00\x00"));
  assert_null(SCAN("\xcc\xff"));
  assert_null(SCAN("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"));
  assert_null(SCAN("\xd4\x01\x00"));
  assert_null(SCAN("\xd6\xff\x00\x00\x00\x00"));
  assert_null(
      SCAN("\xd8\x01"
           "0123456789abcdef"));
  assert_null(
      SCAN("\xd9\x02"
           "ab"));
  assert_null(SCAN("\xdc\x00\x01\xc2"));
  assert_null(SCAN("\xde\x00\x01\xa1k\xc3"));
  assert_null(SCAN("\xdf\x00\x00\x00\x00"));
}

static void refuses_broken_bytes(void **state) {
  (void)state;
  assert_non_null(hft_scan("", 0));
  assert_non_null(SCAN("\xc1"));
  assert_non_null(SCAN("\x01\x02"));   // two objects
  assert_non_null(SCAN("\x81\xa1k"));  // no value
  assert_non_null(SCAN("\x92\x01"));   // an element short
  assert_non_null(
      SCAN("\xa3"
           "ab"));                                // a byte short
  assert_non_null(SCAN("\xd9"));                  // no length
  assert_non_null(SCAN("\xcb\x00\x00\x00"));      // half a double
  assert_non_null(SCAN("\xc6\xff\xff\xff\xff"));  // 4 GiB of bytes
  assert_non_null(
      SCAN("\xd8\x01"
           "0123456789abcde"));
}

// Counts for which an unpacker would ask for gigabytes.
static void refuses_huge_counts(void **state) {
  (void)state;
  assert_non_null(SCAN("\xdd\x0f\xff\xff\xff"));
  assert_non_null(SCAN("\xdd\xff\xff\xff\xff"));
  assert_non_null(SCAN("\xdf\xff\xff\xff\xff"));
  assert_non_null(SCAN("\xdf\x80\x00\x00\x00"));
  assert_non_null(SCAN("\x81\xa1k\xdd\x7f\xff\xff\xff\x00\x00"));
  assert_non_null(SCAN("\xdc\x00\x03\x01\x02"));
}

static void bounds_the_depth(void **state) {
  (void)state;
  char bytes[64];
  memset(bytes, '\x91', sizeof bytes);
  for (int depth = 1; depth < 40; depth++) {
    bytes[depth] = '\x01';
    const char *wrong = hft_scan(bytes, (size_t)depth + 1);
    if (depth <= HFT_SCAN_DEPTH_MAX) {
      assert_null(wrong);
    } else {
      assert_non_null(wrong);
    }
    bytes[depth] = '\x91';
  }
}

static void strings_are_utf8(void **state) {
  (void)state;
  assert_null(SCAN("\xa2\xc3\xa9"));              // U+00E9
  assert_null(SCAN("\xa3\xe2\x82\xac"));          // U+20AC
  assert_null(SCAN("\xa4\xf4\x8f\xbf\xbf"));      // U+10FFFF
  assert_non_null(SCAN("\xa1\x00"));              // a zero byte
  assert_non_null(SCAN("\xa1\x80"));              // a continuation alone
  assert_non_null(SCAN("\xa1\xc3"));              // cut
  assert_non_null(SCAN("\xa2\xc0\x80"));          // overlong
  assert_non_null(SCAN("\xa3\xe0\x80\x80"));      // overlong
  assert_non_null(SCAN("\xa3\xed\xa0\x80"));      // a surrogate
  assert_non_null(SCAN("\xa4\xf0\x80\x80\x80"));  // overlong
  assert_non_null(SCAN("\xa4\xf4\x90\x80\x80"));  // above U+10FFFF
  assert_non_null(SCAN("\xa2\xc3z"));
}

// Over all strings of two bytes and many of three, msgpack unpacks what passes, and scalars that
// msgpack unpacks do pass.
static void agrees_with_msgpack_on_short_bytes(void **state) {
  (void)state;
  static const uint8_t thirds[] = {0x00, 0x01, 0x7f, 0x80, 0x90, 0xa0, 0xc0, 0xc1, 0xff};
  for (uint32_t number = 0; number < 1u << 16; number++) {
    for (size_t third = 0; third <= sizeof thirds; third++) {
      size_t size = third < sizeof thirds ? 3 : 2;
      uint8_t bytes[3] = {(uint8_t)(number >> 8), (uint8_t)number,
                          third < sizeof thirds ? thirds[third] : 0};
      bool passes = hft_scan(bytes, size) == NULL;
      if (passes && !unpacks(bytes, size)) fail_msg("passed, but msgpack refuses %04x", number);
      bool is_scalar = bytes[0] < 0x80 || (bytes[0] >= 0xc0 && bytes[0] <= 0xd8) || bytes[0] > 0xdf;
      if (is_scalar && !passes && unpacks(bytes, size)) {
        fail_msg("refused, but msgpack unpacks %04x", number);
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accepts_each_format), cmocka_unit_test(refuses_broken_bytes),
      cmocka_unit_test(refuses_huge_counts), cmocka_unit_test(bounds_the_depth),
      cmocka_unit_test(strings_are_utf8),    cmocka_unit_test(agrees_with_msgpack_on_short_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
