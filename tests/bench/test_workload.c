// The reader of workloads: which files it accepts, and the errors for all others.
#include <stdlib.h>
#include <string.h>

#include "tests/bench/file.h"
#include "tests/support/check.h"

static workload_file file;

static int setup(void **state) {
  (void)state;
  small_workload(&file);
  return 0;
}

// What is written of `file` is refused with these words, and nothing is left to free.
static void refused(size_t size, const char *words) {
  hft_workload workload;
  hft_error error = {0};
  assert_int_equal(read_workload(&file, size, &workload, &error), HFT_EDATA);
  assert_int_equal(error.status, HFT_EDATA);
  assert_non_null(strstr(error.where, "hftsim-test-"));
  if (strstr(error.text, words) == NULL) fail_msg("'%s' does not say '%s'", error.text, words);
  assert_null(workload.messages);
}

static void refused_whole(const char *words) {
  refused(workload_bytes(&file), words);
}

static void test_a_workload_is_read_as_it_is(void **state) {
  (void)state;
  hft_workload workload;
  assert_int_equal(read_workload(&file, workload_bytes(&file), &workload, NULL), HFT_OK);
  assert_int_equal(workload.prefill_count, 3);
  assert_int_equal(workload.timed_count, 7);
  assert_int_equal(workload.id_max, 9);
  assert_int_equal(workload.price_max, 200);
  assert_memory_equal(workload.messages, small_messages, sizeof small_messages);
  hft_workload_free(&workload);
  assert_null(workload.messages);
  hft_workload_free(&workload);
}

static void test_a_missing_file_is_named(void **state) {
  (void)state;
  hft_workload workload;
  hft_error error = {0};
  assert_int_equal(hft_workload_read("/no/such.bin", &workload, &error), HFT_EIO);
  assert_string_equal(error.where, "/no/such.bin");
  assert_non_null(strstr(error.text, "No such file"));
}

static void test_a_file_cut_anywhere_is_truncated(void **state) {
  (void)state;
  for (size_t size = 0; size < workload_bytes(&file); size++) refused(size, "truncated");
}

static void test_a_file_with_more_is_too_long(void **state) {
  (void)state;
  refused(workload_bytes(&file) + 1, "too long");
}

static void test_a_header_is_checked(void **state) {
  (void)state;
  file.magic[6] = '2';
  refused_whole("OBMSG01");
  small_workload(&file);
  size_t size = workload_bytes(&file);
  file.timed_count = 0;
  refused(size, "no messages to time");
  file.timed_count = UINT32_MAX;  // 64 GiB are announced, and not asked for
  refused(size, "truncated");
  small_workload(&file);
  file.id_max = 0;
  refused_whole("highest id 0 out of range");
  file.id_max = 1u << 24;
  refused_whole("highest id 16777216 out of range");
  small_workload(&file);
  file.price_max = 0;
  refused_whole("highest price 0 out of range");
  file.price_max = 65536;
  refused_whole("highest price 65536 out of range");
}

static void test_fields_are_bounded(void **state) {
  (void)state;
  hft_message *message = &file.messages[3];
  message->type = 3;
  refused_whole("message 3: type 3 is not 0");
  message->type = HFT_MESSAGE_LIMIT;
  message->side = 2;
  refused_whole("message 3: side 2 is not 0");
  message->side = 1;
  message->price = 0;
  refused_whole("message 3: price 0 out of range");
  message->price = 201;
  refused_whole("message 3: price 201 out of range");
  message->price = 200;
  message->qty = 0;
  refused_whole("message 3: quantity 0 out of range");
  message->qty = 1u << 31;
  refused_whole("message 3: quantity 2147483648 out of range");
  message->qty = 1;
  message->id = 0;
  refused_whole("message 3: id 0 out of range");
  message->id = 10;
  refused_whole("message 3: id 10 out of range");
  message->id = 2;
  refused_whole("message 3: id 2 is already used by an earlier order");
}

static void test_cancelled_orders_were_placed(void **state) {
  (void)state;
  file.messages[5].old = 8;  // comes later
  refused_whole("message 5 replaces order 8, which was never placed");
  file.messages[5].old = 6;  // itself
  refused_whole("message 5 replaces order 6, which was never placed");
  file.messages[5].old = UINT32_MAX;
  refused_whole("message 5 replaces order 4294967295, which was never placed");
  small_workload(&file);
  file.messages[7].id = 8;
  refused_whole("message 7 cancels order 8, which was never placed");
  file.messages[7].id = 3;
  refused_whole("message 7 cancels order 3, which was removed before");
  file.messages[7].id = 0;
  refused_whole("message 7 cancels order 0, which was never placed");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_a_workload_is_read_as_it_is, setup),
      cmocka_unit_test_setup(test_a_missing_file_is_named, setup),
      cmocka_unit_test_setup(test_a_file_cut_anywhere_is_truncated, setup),
      cmocka_unit_test_setup(test_a_file_with_more_is_too_long, setup),
      cmocka_unit_test_setup(test_a_header_is_checked, setup),
      cmocka_unit_test_setup(test_fields_are_bounded, setup),
      cmocka_unit_test_setup(test_cancelled_orders_were_placed, setup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
