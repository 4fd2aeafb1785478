// Saves that are exported and imported: the continuation is the same, and only bytes written by a
// server with the same key are accepted.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/saves.h"
#include "server/seal.h"
#include "sim/pool/pool.h"
#include "tests/server/player.h"
#include "tests/support/check.h"
#include "tests/support/files.h"
#include "tests/support/server_world.h"

#define U(value) UINT64_C(value)

static hft_service *service;
static test_player player;
static char *kept;  // an export
static size_t kept_size;

static void open_service(const uint8_t *key) {
  hft_service_config config = world_service_config(1);
  config.save_key = key;
  config.memory_max = (size_t)1 << 30;
  assert_int_equal(hft_service_create(&config, &service, NULL), HFT_OK);
}

static int set_up(void **state) {
  (void)state;
  open_service(NULL);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  player_free(&player);
  free(kept);
  kept = NULL;
  hft_service_free(service);
  service = NULL;
  return 0;
}

static bool ask(const char *kind, const char *key, uint64_t value) {
  uint64_t id = ++player.id;
  message_pack(&player.request, "{4 su ss ss su", "id", id, "kind", kind, "session", player.token,
               key, value);
  return player_send(&player, id, NULL, 0);
}

static bool import_as(uint64_t id, const void *bytes, size_t size) {
  message_pack(&player.request, "{3 su ss ss", "id", id, "kind", "import", "session", player.token);
  return player_send(&player, id, bytes, size);
}

static bool import_bytes(const void *bytes, size_t size) {
  return import_as(++player.id, bytes, size);
}

static uint64_t handle(void) {
  msgpack_unpacked header;
  message_read(player.reply.frame[0].data, player.reply.frame[0].size, &header);
  uint64_t save = message_uint(&header.data, "save");
  msgpack_unpacked_destroy(&header);
  return save;
}

static void refused(const char *code, const char *where, bool done) {
  assert_false(done);
  player_assert_error(&player, code, where);
}

static void keep_export(uint64_t save) {
  assert_true(ask("export", "save", save));
  assert_int_equal(player.reply.frame_count, 2);
  free(kept);
  kept_size = player.reply.frame[1].size;
  kept = malloc(kept_size);
  assert_non_null(kept);
  memcpy(kept, player.reply.frame[1].data, kept_size);
}

// Three steps in, with a save of it.
static void play_and_save(void) {
  player_make(&player, service, 1, 5);
  assert_true(player_reset(&player, NULL));
  for (int i = 0; i < 3; i++) assert_true(player_step(&player, 0));
  assert_true(ask("save", "env", 0));
  keep_export(handle());
}

// What follows from here: digests of the next steps' results.
static void look_ahead(uint64_t *hashes, int count) {
  player.id = 1000;  // the actions follow from the ids
  for (int i = 0; i < count; i++) {
    assert_true(player_step(&player, 0));
    hashes[i] = player_hash(&player);
  }
}

#define STEPS 7  // past the end of the episode

static void check_comes_back(void) {
  uint64_t wanted[STEPS], found[STEPS];
  look_ahead(wanted, STEPS);
  player_close(&player);
  assert_true(hft_service_memory_used(service) < kept_size);
  player_make(&player, service, 1, 99);
  assert_true(import_bytes(kept, kept_size));
  uint64_t save = handle();
  assert_int_equal(save, 1);
  message_pack(&player.request, "{5 su ss ss su su", "id", ++player.id, "kind", "load", "session",
               player.token, "env", U(0), "save", save);
  assert_true(player_send(&player, player.id, NULL, 0));
  look_ahead(found, STEPS);
  assert_memory_equal(wanted, found, sizeof wanted);
}

static void an_imported_save_continues_identically(void **state) {
  (void)state;
  play_and_save();
  check_comes_back();
}

static void servers_with_one_key_take_each_others_saves(void **state) {
  (void)state;
  const uint8_t key[HFT_SEAL_KEY_BYTES] = {1, 2, 3};
  hft_service_free(service);
  open_service(key);
  play_and_save();
  hft_service *first = service;
  open_service(key);
  test_player other = player;
  player = (test_player){0};
  player_make(&player, service, 1, 1);
  assert_true(import_bytes(kept, kept_size));
  hft_service_free(service);
  open_service(NULL);  // a key of its own
  player_make(&player, service, 1, 1);
  refused("bad_save", "save", import_bytes(kept, kept_size));
  uint8_t near[HFT_SEAL_KEY_BYTES] = {1, 2, 3};
  near[HFT_SEAL_KEY_BYTES - 1] = 1;
  hft_service_free(service);
  open_service(near);
  player_make(&player, service, 1, 1);
  refused("bad_save", "save", import_bytes(kept, kept_size));
  player_free(&other);
  hft_service_free(first);
}

// Any other bytes are refused, and change nothing.
static void nothing_else_is_taken(void **state) {
  (void)state;
  play_and_save();
  size_t used = hft_service_memory_used(service);
  uint64_t stream = 3;
  for (int i = 0; i < 300; i++) {
    stream = stream * U(6364136223846793005) + U(1442695040888963407);
    size_t at = (size_t)(stream >> 16) % kept_size;
    if (i < HFT_SEAL_BYTES) at = kept_size - 1 - (size_t)i;  // every byte of the seal
    if (i >= 100 && i < 164) at = (size_t)(i - 100);         // and of the save's header
    char bit = (char)(1 << (stream >> 8) % 8);
    kept[at] = (char)(kept[at] ^ bit);
    refused("bad_save", "save", import_bytes(kept, kept_size));
    kept[at] = (char)(kept[at] ^ bit);
  }
  const size_t sizes[] = {1, 63, 64, HFT_SEAL_BYTES + 1, kept_size - HFT_SEAL_BYTES, kept_size - 1};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    refused("bad_save", "save", import_bytes(kept, sizes[i]));
  }
  refused("bad_save", "save", import_bytes("", 0));
  char *longer = calloc(2, kept_size);
  assert_non_null(longer);
  memcpy(longer, kept, kept_size);
  refused("bad_save", "save", import_bytes(longer, kept_size + 1));
  refused("bad_save", "save", import_bytes(longer, 2 * kept_size));
  free(longer);
  refused("bad_buffer", "save", import_bytes(NULL, 0));
  assert_int_equal(hft_service_memory_used(service), used);
  assert_true(import_bytes(kept, kept_size));
}

static void a_save_of_another_config_is_refused(void **state) {
  (void)state;
  play_and_save();
  player.id = 5000;
  message_pack(&player.request, "{5 su ss ss su s{1 sf", "id", U(5001), "kind", "make", "config",
               "small", "num_envs", U(1), "overrides", "market_config.volatility", 0.0375);
  assert_true(player_send(&player, 5001, NULL, 0));
  msgpack_unpacked header;
  message_read(player.reply.frame[0].data, player.reply.frame[0].size, &header);
  message_text(&header.data, "session", player.token, sizeof player.token);
  msgpack_unpacked_destroy(&header);
  player.id = 0;
  refused("bad_save", "save", import_bytes(kept, kept_size));
  assert_non_null(strstr(player.text, "another config"));
}

static void retries_and_handles(void **state) {
  (void)state;
  play_and_save();
  refused("unknown_save", "save", ask("export", "save", 2));
  refused("bad_field", "save", ask("export", "other", 2));
  uint64_t id = ++player.id;
  assert_true(import_as(id, kept, kept_size));
  assert_int_equal(handle(), 2);
  size_t used = hft_service_memory_used(service);
  assert_true(import_as(id, kept, kept_size));  // a retry
  assert_int_equal(handle(), 2);
  assert_int_equal(hft_service_memory_used(service), used);
  // An export is not remembered: any id will do, and it may be asked again.
  player.id = 1;
  assert_true(ask("export", "save", 2));
  assert_int_equal(player.reply.frame[1].size, kept_size);
  assert_memory_equal(player.reply.frame[1].data, kept, kept_size);
  player.id = id;
  assert_true(ask("drop", "save", 1));
  assert_true(ask("drop", "save", 2));
  refused("unknown_save", "save", ask("export", "save", 2));
  const hft_frame frames[] = {message_frame(&player.request), {kept, 8}};
  assert_false(player_send_frames(&player, player.id, frames, 2));
  player_assert_error(&player, "bad_buffer", "frame 2");
}

static void imports_are_bounded(void **state) {
  (void)state;
  play_and_save();
  for (int i = 1; i < HFT_SAVES_MAX && import_bytes(kept, kept_size); i++) continue;
  if (strcmp(player.code, "limit") != 0) refused("limit", "save", import_bytes(kept, kept_size));
  player_close(&player);
  assert_true(hft_service_memory_used(service) < kept_size);
}

// The envs are made; only the frame would be too large.
static void an_export_that_no_frame_holds_is_refused(void **state) {
  (void)state;
  player.service = service;
  message_pack(&player.request, "{5 su ss ss su s{2 su su", "id", U(1), "kind", "make", "config",
               "small", "num_envs", U(1), "overrides", "market_config.window_ticks", U(1048576),
               "market_config.instruments", U(4));
  if (!player_send(&player, 1, NULL, 0)) fail_msg("%s: %s", player.where, player.text);
  msgpack_unpacked header;
  message_read(player.reply.frame[0].data, player.reply.frame[0].size, &header);
  message_text(&header.data, "session", player.token, sizeof player.token);
  msgpack_unpacked_destroy(&header);
  player.id = 1;
  assert_true(player_reset(&player, NULL));
  assert_true(ask("save", "env", 0));
  refused("limit", "save", ask("export", "save", 1));
  assert_non_null(strstr(player.text, "67108864"));
}

static void key_files(void **state) {
  const char *path = path_in(*state, "saves.key");
  hft_error error = {0};
  assert_int_equal(hft_seal_key_write(path, &error), HFT_OK);
  assert_int_equal(hft_seal_key_write(path, &error), HFT_EIO);  // never overwritten
  uint8_t key[HFT_SEAL_KEY_BYTES], again[HFT_SEAL_KEY_BYTES];
  assert_int_equal(hft_seal_key_read(path, key, &error), HFT_OK);
  assert_int_equal(hft_seal_key_read(path, again, &error), HFT_OK);
  assert_memory_equal(key, again, sizeof key);
  assert_int_equal(chmod(path, 0644), 0);
  assert_int_equal(hft_seal_key_read(path, key, &error), HFT_EIO);
  const char *const bad[] = {"",
                             "00",
                             "zz",
                             "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1",
                             "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1fff",
                             "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g",
                             "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\nx"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    write_text(path, bad[i]);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(hft_seal_key_read(path, key, &error), HFT_EDATA);
  }
  unlink(path);
  assert_int_equal(hft_seal_key_read(path, key, &error), HFT_EIO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(an_imported_save_continues_identically),
      TEST(servers_with_one_key_take_each_others_saves),
      TEST(nothing_else_is_taken),
      TEST(a_save_of_another_config_is_refused),
      TEST(retries_and_handles),
      TEST(imports_are_bounded),
      TEST(an_export_that_no_frame_holds_is_refused),
      cmocka_unit_test_setup_teardown(key_files, folder_setup, folder_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
