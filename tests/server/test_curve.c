// Key pairs, their files, and the folder of admitted clients.
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "server/curve.h"
#include "tests/support/check.h"
#include "tests/support/files.h"

// A folder of keys for one test, with an empty folder for clients in it.
static const char *folder;

static int set_up(void **state) {
  if (folder_setup(state) != 0) return -1;
  folder = *state;
  return mkdir(path_in(folder, "clients"), 0700);
}

static const char *in_folder(const char *name) {
  return path_in(folder, name);
}

static void write_key(const char *name, const char *text) {
  write_text(in_folder(name), text);
  assert_int_equal(chmod(in_folder(name), 0600), 0);
}

static hft_curve_pair make_pair(const char *name) {
  hft_curve_pair pair;
  assert_int_equal(hft_curve_pair_draw(&pair, NULL), HFT_OK);
  assert_int_equal(hft_curve_pair_write(&pair, in_folder(name), NULL), HFT_OK);
  return pair;
}

static mode_t mode_of(const char *name) {
  struct stat about;
  assert_int_equal(stat(in_folder(name), &about), 0);
  return about.st_mode & 0777;
}

static void a_pair_is_read_as_it_was_written(void **state) {
  (void)state;
  hft_curve_pair pair = make_pair("server.key"), other, read;
  assert_int_equal(strlen(pair.public_key), 40);
  assert_int_equal(mode_of("server.key_secret"), 0600);
  assert_int_equal(hft_curve_pair_read(folder, &read, NULL), HFT_OK);
  assert_string_equal(read.public_key, pair.public_key);
  assert_string_equal(read.secret_key, pair.secret_key);
  char derived[HFT_CURVE_TEXT];
  assert_int_equal(zmq_curve_public(derived, pair.secret_key), 0);
  assert_string_equal(derived, pair.public_key);
  assert_int_equal(hft_curve_pair_draw(&other, NULL), HFT_OK);
  assert_string_not_equal(other.secret_key, pair.secret_key);
}

static void nothing_is_overwritten(void **state) {
  (void)state;
  hft_curve_pair first = make_pair("server.key"), second, read;
  hft_error error;
  hft_curve_pair_draw(&second, NULL);
  assert_int_equal(hft_curve_pair_write(&second, in_folder("server.key"), &error), HFT_EIO);
  assert_non_null(strstr(error.text, "overwritten"));
  assert_int_equal(unlink(in_folder("server.key")), 0);
  // The secret file alone is in the way: no public file is left that would not belong to it.
  assert_int_equal(hft_curve_pair_write(&second, in_folder("server.key"), &error), HFT_EIO);
  assert_int_not_equal(access(in_folder("server.key"), F_OK), 0);
  assert_int_equal(hft_curve_pair_read(folder, &read, NULL), HFT_OK);
  assert_string_equal(read.secret_key, first.secret_key);
}

static void expect_refused(hft_status status, const char *words) {
  hft_curve_pair pair;
  hft_error error = {0};
  assert_int_equal(hft_curve_pair_read(folder, &pair, &error), status);
  if (strstr(error.text, words) == NULL) fail_msg("'%s' is not in: %s", words, error.text);
  assert_non_null(strstr(error.where, "server.key_secret"));
}

static void a_pair_that_is_none_is_refused(void **state) {
  (void)state;
  expect_refused(HFT_EIO, "cannot open");
  hft_curve_pair one = make_pair("server.key"), two = make_pair("other.key");
  chmod(in_folder("server.key_secret"), 0640);
  expect_refused(HFT_EIO, "chmod 600");
  char text[256];
  snprintf(text, sizeof text, "curve\n  public-key = \"%s\"\n  secret-key = \"%s\"\n",
           one.public_key, two.secret_key);
  write_key("server.key_secret", text);
  expect_refused(HFT_EDATA, "do not belong together");
  snprintf(text, sizeof text, "curve\n  public-key = \"%s\"\n", one.public_key);
  write_key("server.key_secret", text);
  expect_refused(HFT_EDATA, "no secret-key");
  write_key("server.key_secret", "");
  expect_refused(HFT_EDATA, "no public-key");
  const char *const wrong[] = {"public-key = \"short\"",
                               "public-key = ",
                               "public-key = \"",
                               "public-key = \"0123456789012345678901234567890123456789",
                               "public-key = \"\x01~~~~678901234567890123456789012345678\"",
                               "public-key = 0123456789012345678901234567890123456789"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    write_key("server.key_secret", wrong[i]);
    expect_refused(HFT_EDATA, "not a key");
  }
}

static void clients_are_found_by_their_keys(void **state) {
  (void)state;
  hft_curve_pair alice = make_pair("clients/alice.key"), bob = make_pair("bob.key");
  write_key("clients/README", "no key, and no business of ours");
  write_key("clients/.hidden.key", "nor is this");
  hft_curve_clients clients = {0};
  assert_int_equal(hft_curve_clients_read(folder, &clients, NULL), HFT_OK);
  assert_int_equal(clients.count, 1);
  uint8_t key[HFT_CURVE_BYTES];
  zmq_z85_decode(key, alice.public_key);
  assert_string_equal(hft_curve_clients_find(&clients, key), "alice");
  zmq_z85_decode(key, bob.public_key);
  assert_null(hft_curve_clients_find(&clients, key));
  hft_curve_clients_free(&clients);
}

static void a_broken_folder_leaves_the_list_alone(void **state) {
  (void)state;
  hft_curve_pair alice = make_pair("clients/alice.key");
  hft_curve_clients clients = {0};
  hft_error error;
  assert_int_equal(hft_curve_clients_read(folder, &clients, NULL), HFT_OK);
  write_key("clients/broken.key", "public-key = \"half of");
  assert_int_equal(hft_curve_clients_read(folder, &clients, &error), HFT_EDATA);
  assert_non_null(strstr(error.where, "broken.key"));
  unlink(in_folder("clients/broken.key"));
  assert_int_equal(mkfifo(in_folder("clients/pipe.key"), 0600), 0);
  assert_int_equal(hft_curve_clients_read(folder, &clients, &error), HFT_EIO);
  assert_int_equal(hft_curve_clients_read("/no/such/folder", &clients, &error), HFT_EIO);
  uint8_t key[HFT_CURVE_BYTES];
  zmq_z85_decode(key, alice.public_key);
  assert_int_equal(clients.count, 1);
  assert_string_equal(hft_curve_clients_find(&clients, key), "alice");
  hft_curve_clients_free(&clients);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, folder_teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_pair_is_read_as_it_was_written),      TEST(nothing_is_overwritten),
      TEST(a_pair_that_is_none_is_refused),        TEST(clients_are_found_by_their_keys),
      TEST(a_broken_folder_leaves_the_list_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
