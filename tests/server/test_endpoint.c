// Which endpoints may be bound, and the lock on ipc paths.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>
#include <unistd.h>

#include "server/endpoint.h"

static void only_this_machine_unless_insecure(void **state) {
  (void)state;
  const char *const local[] = {"tcp://127.0.0.1:5555", "tcp://127.9.8.7:*", "tcp://localhost:1",
                               "tcp://[::1]:5555",     "ipc:///tmp/x",      "ipc://@x"};
  const char *const open_to_all[] = {
      "tcp://0.0.0.0:5555", "tcp://*:5555",      "tcp://eth0:5555",        "tcp://10.0.0.1:5555",
      "tcp://[::]:5555",    "tcp://128.0.0.1:1", "tcp://127.0.0.1.x.y:80", "tcp://[::2]:1"};
  for (size_t i = 0; i < sizeof local / sizeof local[0]; i++) {
    assert_int_equal(hft_endpoint_check(local[i], false, NULL), HFT_OK);
    assert_int_equal(hft_endpoint_check(local[i], true, NULL), HFT_OK);
  }
  for (size_t i = 0; i < sizeof open_to_all / sizeof open_to_all[0]; i++) {
    hft_error error;
    assert_int_equal(hft_endpoint_check(open_to_all[i], false, &error), HFT_EINVAL);
    assert_non_null(strstr(error.text, "--insecure"));
    assert_int_equal(hft_endpoint_check(open_to_all[i], true, NULL), HFT_OK);
  }
}

static void what_is_no_endpoint_is_refused(void **state) {
  (void)state;
  const char *const wrong[] = {"",
                               "5555",
                               "127.0.0.1:5555",
                               "tcp://",
                               "tcp://:80",
                               "tcp://a:",
                               "tcp://a",
                               "udp://127.0.0.1:5555",
                               "ipc://",
                               "tcp://[]:80",
                               "inproc://x",
                               "tcp://[::1:80",
                               "tcp://127.0.0.1:65536",
                               "tcp://127.0.0.1:-1",
                               "tcp://127.0.0.1:80x",
                               "tcp://127.0.0.1:!"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    hft_error error;
    assert_int_equal(hft_endpoint_check(wrong[i], true, &error), HFT_EINVAL);
    assert_string_equal(error.where, wrong[i]);
  }
}

static void a_path_has_one_server(void **state) {
  (void)state;
  char endpoint[64], path[64];
  snprintf(endpoint, sizeof endpoint, "ipc:///tmp/hftsim-lock-%ld", (long)getpid());
  snprintf(path, sizeof path, "%s.lock", endpoint + strlen("ipc://"));
  hft_endpoint_lock one, two;
  hft_error error;
  assert_int_equal(hft_endpoint_lock_take(endpoint, &one, &error), HFT_OK);
  assert_int_equal(access(path, F_OK), 0);
  assert_int_equal(hft_endpoint_lock_take(endpoint, &two, &error), HFT_EIO);
  assert_non_null(strstr(error.text, "another server"));
  hft_endpoint_lock_drop(&two);
  assert_int_equal(access(path, F_OK), 0);
  hft_endpoint_lock_drop(&one);
  assert_int_not_equal(access(path, F_OK), 0);
  hft_endpoint_lock_drop(&one);
  // A file that a crash left behind locks nothing.
  FILE *left = fopen(path, "w");
  assert_non_null(left);
  fclose(left);
  assert_int_equal(hft_endpoint_lock_take(endpoint, &one, &error), HFT_OK);
  hft_endpoint_lock_drop(&one);
}

// ZeroMQ removes what is at the path before it binds.
static void a_file_in_the_way_is_kept(void **state) {
  (void)state;
  char endpoint[64];
  snprintf(endpoint, sizeof endpoint, "ipc:///tmp/hftsim-file-%ld", (long)getpid());
  const char *path = endpoint + strlen("ipc://");
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fclose(file);
  hft_endpoint_lock lock;
  hft_error error;
  assert_int_equal(hft_endpoint_lock_take(endpoint, &lock, &error), HFT_EIO);
  assert_non_null(strstr(error.text, "in the way"));
  assert_int_equal(access(path, F_OK), 0);
  unlink(path);
}

static void only_paths_are_locked(void **state) {
  (void)state;
  const char *const free_ones[] = {"tcp://127.0.0.1:5555", "ipc://@name", "ipc://*"};
  for (size_t i = 0; i < sizeof free_ones / sizeof free_ones[0]; i++) {
    hft_endpoint_lock lock;
    assert_int_equal(hft_endpoint_lock_take(free_ones[i], &lock, NULL), HFT_OK);
    assert_int_equal(lock.file, -1);
    hft_endpoint_lock_drop(&lock);
  }
}

static void a_lock_that_cannot_be_had_is_an_error(void **state) {
  (void)state;
  hft_endpoint_lock lock;
  hft_error error;
  assert_int_equal(hft_endpoint_lock_take("ipc:///no/such/folder/s", &lock, &error), HFT_EIO);
  char path[300] = "ipc:///tmp/";
  memset(path + strlen(path), 'x', 200);
  path[299] = '\0';
  assert_int_equal(hft_endpoint_lock_take(path, &lock, &error), HFT_EIO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_this_machine_unless_insecure),
      cmocka_unit_test(what_is_no_endpoint_is_refused),
      cmocka_unit_test(a_path_has_one_server),
      cmocka_unit_test(a_file_in_the_way_is_kept),
      cmocka_unit_test(only_paths_are_locked),
      cmocka_unit_test(a_lock_that_cannot_be_had_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
