// Replies that their clients do not read: the memory they hold is shared, counted and bounded. The
// tests hold blobs as ZeroMQ does until it has sent them.
#include <stdlib.h>
#include <string.h>

#include "tests/server/player.h"
#include "tests/support/check.h"
#include "tests/support/server_world.h"

#define U(value) UINT64_C(value)
#define ENVS 32
#define HELD_MAX 64

static hft_service *service;
static test_player player;
static hft_blob *held[HELD_MAX];
static int held_count;

static void open_service(size_t memory_max) {
  hft_service_config config = world_service_config(1);
  config.memory_max = memory_max;
  assert_int_equal(hft_service_create(&config, &service, NULL), HFT_OK);
  player = (test_player){0};
  player_make(&player, service, ENVS, 1);
}

static void read_all(void) {
  while (held_count > 0) hft_blob_drop(held[--held_count]);
}

static void close_service(void) {
  player_free(&player);
  player = (test_player){0};
  hft_service_free(service);
  service = NULL;
}

static int tear_down(void **state) {
  (void)state;
  read_all();
  close_service();
  return 0;
}

// Leaves the last reply unread; false where it was held back.
static bool leave_unread(void) {
  assert_int_equal(player.reply.is_held_back, player.reply.blob == NULL);
  if (player.reply.is_held_back) return false;
  assert_true(held_count < HELD_MAX);
  hft_blob_keep(player.reply.blob);
  held[held_count++] = player.reply.blob;
  return true;
}

static size_t used(void) {
  return hft_service_memory_used(service);
}

static bool reset_as(uint64_t id) {
  message_pack(&player.request, "{3 su ss ss", "id", id, "kind", "reset", "session", player.token);
  return player_send(&player, id, NULL, 0);
}

static void retries_hold_the_same_bytes(void **state) {
  (void)state;
  open_service((size_t)256 << 20);
  assert_true(reset_as(2));
  assert_true(leave_unread());
  size_t before = used();
  uint64_t hash = player_hash(&player);
  for (int i = 0; i < 40; i++) {
    assert_true(reset_as(2));
    assert_true(player_hash(&player) == hash);
    assert_true(leave_unread());
    assert_ptr_equal(held[held_count - 1], held[0]);
    assert_true(used() == before);
  }
  read_all();
  assert_true(reset_as(2));  // and it is there still
  assert_true(player_hash(&player) == hash);
  assert_true(used() == before);
}

// What the client of a session has not read counts as long as it does not, whatever becomes of the
// session, and is never more than there is room for.
static void unread_replies_count(void **state) {
  (void)state;
  open_service((size_t)256 << 20);
  assert_true(reset_as(2));
  size_t alone = used(), size = hft_blob_size(player.reply.blob);
  close_service();
  open_service(alone + 3 * size + size / 2);
  assert_true(used() == alone);
  for (int i = 0; i < 4; i++) {
    assert_true(reset_as(U(2) + (uint64_t)i));
    assert_true(leave_unread());
    assert_true(used() == alone + (size_t)i * size);  // the session has room for the last
  }
  for (uint64_t id = 6; id < 9; id++) {
    assert_true(reset_as(id));
    assert_false(leave_unread());
    assert_true(used() == alone + 3 * size);
  }
  hft_blob_drop(held[0]);
  held[0] = held[--held_count];
  assert_true(used() == alone + 2 * size);
  assert_true(reset_as(8));  // what was held back can be had now
  assert_true(leave_unread());
  assert_true(used() == alone + 3 * size);
  player_close(&player);
  assert_true(used() == 4 * size);
  read_all();
  assert_int_equal(used(), 0);
}

// Specs and pictures, of which nothing is kept.
static void what_passes_counts_too(void **state) {
  (void)state;
  open_service((size_t)256 << 20);
  assert_true(reset_as(2));
  size_t alone = used();
  int held_back = 0;
  close_service();
  open_service(alone + 100000);
  assert_true(reset_as(2));
  for (int i = 0; i < HELD_MAX; i++) {
    message_pack(&player.request, "{5 su ss ss su su", "id", U(3), "kind", "render", "session",
                 player.token, "env", U(0), "levels", U(100));
    assert_true(player_send(&player, 3, NULL, 0));
    if (player.reply.blob == NULL && !player.reply.is_held_back) return;  // too small to matter
    held_back += !leave_unread();
    assert_true(used() <= alone + 100000);
  }
  message_pack(&player.request, "{2 su ss", "id", U(4), "kind", "ping");
  assert_true(player_send(&player, 4, NULL, 0));
  assert_true(held_back > 0 || used() > alone);
  read_all();
  assert_true(used() == alone);
}

// A session that fills all the memory can still be played, by a client that reads.
static void the_last_reply_has_room(void **state) {
  (void)state;
  open_service((size_t)256 << 20);
  size_t alone = used();
  close_service();
  open_service(alone);
  for (uint64_t id = 2; id < 20; id++) {
    assert_true(reset_as(id));
    assert_true(leave_unread());
    read_all();
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(retries_hold_the_same_bytes),
      TEST(unread_replies_count),
      TEST(what_passes_counts_too),
      TEST(the_last_reply_has_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
