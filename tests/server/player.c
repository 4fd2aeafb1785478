#include "tests/server/player.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/hash.h"
#include "tests/support/check.h"

bool player_send_frames(test_player *player, uint64_t id, const hft_frame *frames,
                        int frame_count) {
  player_ask(player, frames, frame_count);
  return player_read(player, id);
}

void player_ask(test_player *player, const hft_frame *frames, int frame_count) {
  const hft_peer peer = {.size = 1, .id = {7}};
  bool answered =
      hft_service_handle(player->service, &peer, frames, frame_count, player->now, &player->reply);
  while (!answered) answered = hft_service_work(player->service, player->now, &player->reply);
}

bool player_read(test_player *player, uint64_t id) {
  assert_in_range(player->reply.frame_count, 1, HFT_REPLY_FRAMES_MAX);
  msgpack_unpacked header;
  message_read(player->reply.frame[0].data, player->reply.frame[0].size, &header);
  assert_true(message_uint(&header.data, "id") == id);
  player->retry_after = 0;
  player->code[0] = player->where[0] = player->text[0] = '\0';
  bool failed = message_is(&header.data, "kind", "error");
  if (failed) {
    assert_int_equal(player->reply.frame_count, 1);
    message_text(&header.data, "code", player->code, sizeof player->code);
    message_text(&header.data, "where", player->where, sizeof player->where);
    message_text(&header.data, "message", player->text, sizeof player->text);
    assert_true(strlen(player->text) > 5);
    player->retry_after = message_retry_after(&header.data);
  }
  msgpack_unpacked_destroy(&header);
  return !failed;
}

bool player_send(test_player *player, uint64_t id, const void *buffer, size_t size) {
  const hft_frame frames[] = {message_frame(&player->request), {buffer, size}};
  return player_send_frames(player, id, frames, buffer != NULL ? 2 : 1);
}

void player_assert_error(const test_player *player, const char *code, const char *where) {
  if (strcmp(player->code, code) == 0 && strcmp(player->where, where) == 0) return;
  fail_msg("expected %s at %s, got '%s' at '%s': %s", code, where, player->code, player->where,
           player->text);
}

static size_t buffer_size(const msgpack_object *spec, const char *key) {
  return (size_t)message_uint(message_get(spec, key), "bytes");
}

void player_make(test_player *player, hft_service *service, int env_count, uint64_t seed) {
  hft_buffer request = player->request;
  hft_time now = player->now;
  free(player->actions);
  *player = (test_player){.service = service, .now = now, .request = request};
  player->env_count = env_count;
  message_pack(&player->request, "{5 su ss ss su su", "id", ++player->id, "kind", "make", "config",
               "small", "num_envs", (uint64_t)env_count, "seed", seed);
  if (!player_send(player, player->id, NULL, 0)) fail_msg("%s: %s", player->where, player->text);
  assert_int_equal(player->reply.frame_count, 2);
  msgpack_unpacked header, spec;
  message_read(player->reply.frame[0].data, player->reply.frame[0].size, &header);
  message_read(player->reply.frame[1].data, player->reply.frame[1].size, &spec);
  message_text(&header.data, "session", player->token, sizeof player->token);
  player->actions_size = buffer_size(&spec.data, "actions");
  player->results_size = buffer_size(&spec.data, "results");
  player->actions = calloc(1, player->actions_size);
  assert_non_null(player->actions);
  msgpack_unpacked_destroy(&header);
  msgpack_unpacked_destroy(&spec);
}

bool player_reset(test_player *player, const uint64_t *seed) {
  uint64_t id = ++player->id;
  if (seed != NULL) {
    message_pack(&player->request, "{4 su ss ss su", "id", id, "kind", "reset", "session",
                 player->token, "seed", *seed);
  } else {
    message_pack(&player->request, "{3 su ss ss", "id", id, "kind", "reset", "session",
                 player->token);
  }
  return player_send(player, id, NULL, 0);
}

bool player_step(test_player *player, uint64_t id) {
  if (id == 0) id = ++player->id;
  for (size_t i = 0; i < player->actions_size / sizeof(float); i++) {
    player->actions[i] = (float)((i * 7 + id * 13) % 21) / 10.0F - 1.0F;
  }
  message_pack(&player->request, "{3 su ss ss", "id", id, "kind", "step", "session", player->token);
  return player_send(player, id, player->actions, player->actions_size);
}

void player_close(test_player *player) {
  uint64_t id = ++player->id;
  message_pack(&player->request, "{3 su ss ss", "id", id, "kind", "close", "session",
               player->token);
  assert_true(player_send(player, id, NULL, 0));
}

void player_free(test_player *player) {
  hft_buffer_free(&player->request);
  free(player->actions);
  *player = (test_player){0};
}

uint64_t player_hash(const test_player *player) {
  uint64_t hash = HFT_HASH_START;
  for (int i = 1; i < player->reply.frame_count; i++) {
    hash = hft_hash_u64(hash, player->reply.frame[i].size);
    hash = hft_hash_bytes(hash, player->reply.frame[i].data, player->reply.frame[i].size);
  }
  return hash;
}
