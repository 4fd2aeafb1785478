// Every error code of docs/protocol.md; and that no message, however broken, affects other clients'
// sessions.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/hash.h"
#include "sim/base/rng.h"
#include "tests/server/player.h"
#include "tests/support/check.h"
#include "tests/support/server_world.h"

#define U(value) UINT64_C(value)
#define NO_SESSION "00112233445566778899aabbccddeeff"

static test_player client;

static hft_service *open_service(const hft_service_config *config) {
  hft_service *service = NULL;
  hft_error error = {0};
  if (hft_service_create(config, &service, &error) != HFT_OK) fail_msg("%s", error.text);
  return service;
}

static int set_up(void **state) {
  hft_service_config config = world_service_config(1);
  *state = client.service = open_service(&config);
  return 0;
}

static int tear_down(void **state) {
  player_free(&client);
  hft_service_free(*state);
  return 0;
}

// Sends client.request, with a buffer where it is not null, and expects the error.
static void refused_with(uint64_t id, const void *buffer, size_t size, const char *code,
                         const char *where) {
  assert_false(player_send(&client, id, buffer, size));
  player_assert_error(&client, code, where);
}

static void refused(uint64_t id, const char *code, const char *where) {
  refused_with(id, NULL, 0, code, where);
}

static void malformed(void **state) {
  (void)state;
  message_pack(&client.request, "");
  refused(0, "malformed", "header");
  message_pack(&client.request, "{1su", "id", U(4));
  refused(4, "malformed", "kind");
  message_pack(&client.request, "{2su ss", "id", U(5), "kind", "ping");
  hft_frame frames[HFT_WIRE_FRAMES_MAX];
  for (int i = 0; i < HFT_WIRE_FRAMES_MAX; i++) frames[i] = message_frame(&client.request);
  assert_false(player_send_frames(&client, 5, frames, 1000));
  player_assert_error(&client, "malformed", "message");
  assert_false(player_send_frames(&client, 0, frames, 0));
  player_assert_error(&client, "malformed", "header");
}

static void bad_field(void **state) {
  player_make(&client, *state, 1, 1);
  message_pack(&client.request, "{2su ss", "id", U(0), "kind", "ping");
  refused(0, "bad_field", "id");
  message_pack(&client.request, "{3su ss su", "id", U(2), "kind", "make", "num_envs", U(0));
  refused(2, "bad_field", "num_envs");
  message_pack(&client.request, "{4su ss ss si", "id", U(2), "kind", "reset", "session",
               client.token, "seed", INT64_C(-1));
  refused(2, "bad_field", "seed");
}

static void bad_buffer(void **state) {
  static const char zeros[1 << 17];
  player_make(&client, *state, 3, 1);
  const char *token = client.token;
  message_pack(&client.request, "{3su ss ss", "id", U(2), "kind", "step", "session", token);
  refused(2, "bad_buffer", "actions");
  refused_with(2, zeros, client.actions_size - 1, "bad_buffer", "actions");
  refused_with(2, zeros, client.actions_size + 1, "bad_buffer", "actions");
  refused_with(2, zeros, 0, "bad_buffer", "actions");
  const hft_frame three[] = {
      message_frame(&client.request), {zeros, client.actions_size}, {zeros, 1}};
  assert_false(player_send_frames(&client, 2, three, 3));
  player_assert_error(&client, "bad_buffer", "actions");
  message_pack(&client.request, "{4su ss ss sb", "id", U(2), "kind", "reset", "session", token,
               "mask", 1);
  refused(2, "bad_buffer", "mask");
  refused_with(2, zeros, 2, "bad_buffer", "mask");
  refused_with(2, zeros, 4, "bad_buffer", "mask");
  message_pack(&client.request, "{4su ss ss sb", "id", U(2), "kind", "reset", "session", token,
               "mask", 0);
  refused_with(2, zeros, 3, "bad_buffer", "mask");
  message_pack(&client.request, "{3su ss su", "id", U(2), "kind", "make", "num_envs", U(1));
  refused_with(2, zeros, HFT_WIRE_CONFIG_MAX + 1, "bad_buffer", "config");
  const char *const kinds[] = {"ping", "close"};
  for (int i = 0; i < 2; i++) {
    message_pack(&client.request, "{3su ss ss", "id", U(2), "kind", kinds[i], "session", token);
    refused_with(2, zeros, 1, "bad_buffer", "frame 2");
  }
}

static void bad_action(void **state) {
  player_make(&client, *state, 3, 1);
  assert_true(player_reset(&client, NULL));
  const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    memset(client.actions, 0, client.actions_size);
    client.actions[5] = bad[i];  // env 1 of the makers, whose actions are [3, 1, 4]
    message_pack(&client.request, "{3su ss ss", "id", U(9), "kind", "step", "session",
                 client.token);
    refused_with(9, client.actions, client.actions_size, "bad_action", "action/maker[1, 0, 1]");
  }
  client.actions[5] = 3e38F;  // far outside, and clipped
  assert_true(player_send(&client, 9, client.actions, client.actions_size));
}

static void unknown_kind(void **state) {
  (void)state;
  message_pack(&client.request, "{2su ss", "id", U(2), "kind", "replay");
  refused(2, "unknown_kind", "kind");
}

static void unknown_session(void **state) {
  player_make(&client, *state, 1, 1);
  const char *const kinds[] = {"reset", "step", "close", "ping"};
  for (int i = 0; i < 4; i++) {
    message_pack(&client.request, "{3su ss ss", "id", U(2), "kind", kinds[i], "session",
                 NO_SESSION);
    refused(2, "unknown_session", "session");
  }
  char near[HFT_WIRE_TOKEN_DIGITS + 1];
  for (int i = 0; i < HFT_WIRE_TOKEN_DIGITS; i++) {
    memcpy(near, client.token, sizeof near);
    near[i] = near[i] == '0' ? '1' : '0';
    message_pack(&client.request, "{3su ss ss", "id", U(2), "kind", "close", "session", near);
    refused(2, "unknown_session", "session");
  }
}

static void not_reset(void **state) {
  player_make(&client, *state, 2, 1);
  assert_false(player_step(&client, 0));
  player_assert_error(&client, "not_reset", "session");
}

static void stale_id(void **state) {
  player_make(&client, *state, 1, 1);
  client.id = 5;
  assert_true(player_reset(&client, NULL));
  assert_false(player_step(&client, 5));
  player_assert_error(&client, "stale_id", "id");
}

static void version(void **state) {
  (void)state;
  for (uint64_t major = 0; major < 4; major += 2) {
    message_pack(&client.request, "{4su ss ss s[2uu", "id", U(2), "kind", "hello", "client", "c",
                 "protocol", major, U(0));
    refused(2, "version", "protocol");
  }
}

static void make_with(const char *path, double value) {
  message_pack(&client.request, "{4su ss su s{1sf", "id", U(2), "kind", "make", "num_envs", U(1),
               "overrides", path, value);
}

static void config(void **state) {
  (void)state;
  static const char wrong[] = "env_config:\n  episode_length: 8\n", broken[] = "a: [1";
  message_pack(&client.request, "{4su ss su ss", "id", U(2), "kind", "make", "num_envs", U(1),
               "config", "smal");
  refused(2, "config", "config");
  assert_non_null(strstr(client.text, "did you mean 'small'?"));
  message_pack(&client.request, "{4su ss su ss", "id", U(2), "kind", "make", "num_envs", U(1),
               "config", "/etc/passwd");
  refused(2, "config", "config");
  message_pack(&client.request, "{3su ss su", "id", U(2), "kind", "make", "num_envs", U(1));
  refused_with(2, wrong, sizeof wrong - 1, "config", "config:2");
  assert_false(player_send(&client, 2, broken, sizeof broken - 1));
  assert_string_equal(client.code, "config");
  make_with("env_config.episode_len", 0.5);
  refused(2, "config", "env_config.episode_len");
  make_with("env_config.episode_length", 5);
  refused(2, "config", "env_config.episode_length");
  make_with("market_config.volatility", 1e6);
  refused(2, "config", "market_config.volatility");
  assert_int_equal(hft_service_env_count(*state), 0);
}

static void limit_of_envs(void **state) {
  player_make(&client, *state, 60, 1);
  message_pack(&client.request, "{3su ss su", "id", U(2), "kind", "make", "num_envs", U(5));
  refused(2, "limit", "num_envs");
  assert_non_null(strstr(client.text, "64"));
  const uint64_t many[] = {65536, 65537, UINT64_C(1) << 32 | 1, UINT64_MAX};
  for (int i = 0; i < 4; i++) {
    message_pack(&client.request, "{3su ss su", "id", U(2), "kind", "make", "num_envs", many[i]);
    refused(2, "limit", "num_envs");
  }
  message_pack(&client.request, "{3su ss su", "id", U(2), "kind", "make", "num_envs", U(4));
  assert_true(player_send(&client, 2, NULL, 0));
}

static void limit_of_sessions(void **state) {
  for (int i = 0; i < 4; i++) player_make(&client, *state, 1, 1);
  message_pack(&client.request, "{3su ss su", "id", U(2), "kind", "make", "num_envs", U(1));
  refused(2, "limit", "session");
  player_close(&client);
  player_make(&client, *state, 1, 1);
}

// More than the limit is refused before it is allocated: these envs would take gigabytes.
static void limit_of_memory(void **state) {
  (void)state;
  message_pack(&client.request, "{4su ss su s{1su", "id", U(2), "kind", "make", "num_envs", U(64),
               "overrides", "market_config.window_ticks", U(1048576));
  refused(2, "limit", "num_envs");
  assert_non_null(strstr(client.text, "MiB"));
  assert_int_equal(hft_service_session_count(*state), 0);
}

static void limit_of_a_frame(void **state) {
  (void)state;
  hft_service_config config = world_service_config(1);
  config.envs_max = 65536;
  config.memory_max = SIZE_MAX;
  client.service = open_service(&config);
  message_pack(&client.request, "{4su ss su s{1su", "id", U(2), "kind", "make", "num_envs",
               U(65536), "overrides", "seats.maker.count", U(64));
  refused(2, "limit", "num_envs");
  assert_non_null(strstr(client.text, "a frame holds 67108864"));
  hft_service_free(client.service);
}

static void internal(void **state) {
  (void)state;
  message_pack(&client.request, "{4su ss su ss", "id", U(2), "kind", "make", "num_envs", U(1),
               "config", "broken");
  refused(2, "internal", "config");
}

// Broken bytes of three sorts: noise, requests cut anywhere, requests with one byte changed.
static hft_frame break_request(hft_rng *rng, char *bytes) {
  size_t size = client.request.size;
  uint32_t sort = hft_rng_u32(rng) % 3;
  memcpy(bytes, client.request.data, size);
  if (sort == 0) {
    size = hft_rng_u32(rng) % 64;
    for (size_t i = 0; i < size; i++) bytes[i] = (char)hft_rng_u32(rng);
  } else if (sort == 1) {
    size = hft_rng_u32(rng) % size;
  } else {
    bytes[hft_rng_u32(rng) % size] = (char)hft_rng_u32(rng);
  }
  return (hft_frame){bytes, size};
}

static void storm(hft_service *service, hft_rng *rng, int count) {
  const char *const kinds[] = {"hello", "make", "reset", "step", "close", "ping",   "send",
                               "recv",  "save", "load",  "fork", "drop",  "render", "stats"};
  char bytes[256], other[256];
  for (int i = 0; i < count; i++) {
    message_pack(&client.request, "{4su ss ss s[2uu", "id", U(1), "kind",
                 kinds[hft_rng_u32(rng) % 14], "session", NO_SESSION, "protocol", U(1), U(0));
    hft_frame frames[2] = {break_request(rng, bytes), break_request(rng, other)};
    hft_reply reply;
    const hft_peer peer = {0};
    assert_true(
        hft_service_handle(service, &peer, frames, 1 + (int)(hft_rng_u32(rng) % 2), 0, &reply));
    assert_in_range(reply.frame_count, 1, HFT_REPLY_FRAMES_MAX);
  }
}

static uint64_t play(hft_service *service, hft_rng *rng, int storms) {
  test_player player = {0};
  uint64_t seed = 12, hash = 0;
  player_make(&player, service, 4, seed);
  assert_true(player_reset(&player, &seed));
  for (int i = 0; i < 30; i++) {
    storm(service, rng, storms);
    assert_true(player_step(&player, 0));
    hash = hft_hash_u64(hash, player_hash(&player));
  }
  player_close(&player);
  player_free(&player);
  return hash;
}

static void a_storm_of_broken_messages_changes_nothing(void **state) {
  hft_rng rng = hft_rng_stream(1, 2, 3);
  uint64_t quiet = play(*state, &rng, 0);
  assert_true(play(*state, &rng, 200) == quiet);
  assert_int_equal(hft_service_session_count(*state), 0);
}

// ---- a client with a session of its own that asks for anything ----
#define HOSTILE_ENVS 3

// A number that is mostly one that might do.
static uint64_t any_number(hft_rng *rng) {
  static const uint64_t odd[] = {UINT64_MAX, U(1) << 31, U(1) << 32, INT64_MAX, HOSTILE_ENVS};
  uint32_t draw = hft_rng_u32(rng);
  return draw % 8 == 0 ? odd[(draw >> 8) % 5] : (draw >> 8) % (HOSTILE_ENVS + 1);
}

// Indices, seeds, actions, a mask, or noise, of about the right size.
static hft_frame any_buffer(hft_rng *rng, char *bytes, size_t actions_size) {
  const size_t sizes[] = {4, 8, 12, 24, HOSTILE_ENVS, 64, 128, actions_size, 0, 1000};
  size_t size = sizes[hft_rng_u32(rng) % 10];
  uint32_t sort = hft_rng_u32(rng) % 4;
  for (size_t i = 0; i < size; i++) bytes[i] = sort == 0 ? (char)hft_rng_u32(rng) : 0;
  for (size_t i = 0; sort == 1 && i < size; i += 4) {
    bytes[i] = (char)(hft_rng_u32(rng) % (HOSTILE_ENVS + 1));
  }
  for (size_t i = 0; sort == 2 && i < size; i += 4) bytes[i] = (char)((i / 4) % HOSTILE_ENVS);
  return (hft_frame){bytes, size};
}

#define HOSTILE_KINDS 11
#define HOSTILE_SAVE 4  // among them

// Counts what was done, by kind.
static void ask_anything(test_player *hostile, hft_rng *rng, int *done) {
  static const char *const kinds[HOSTILE_KINDS] = {
      "reset", "step", "send", "recv", "save", "load", "fork", "drop", "ping", "render", "stats"};
  uint32_t kind = hft_rng_u32(rng) % HOSTILE_KINDS;
  static char bytes[3][4096];
  assert_true(hostile->actions_size <= sizeof bytes[0]);
  hostile->id += hft_rng_u32(rng) % 8 != 0;
  // Drawn in this order, whatever that of a call's arguments.
  bool envs = hft_rng_u32(rng) % 2, mask = hft_rng_u32(rng) % 4 == 0;
  bool seeds = hft_rng_u32(rng) % 4 == 0;
  uint64_t number[5];
  for (int i = 0; i < 5; i++) number[i] = any_number(rng);
  uint64_t save = hft_rng_u32(rng) % (uint32_t)(done[HOSTILE_SAVE] + 2);
  message_pack(&hostile->request, "{9 su ss ss sb sb sb su su su", "id", hostile->id, "kind",
               kinds[kind], "session", hostile->token, "envs", envs, "mask", mask, "seeds", seeds,
               "env", number[0], "save", save, "from", number[1]);
  // The packer counts to nine: three more by hand.
  hostile->request.data[0] = (char)(0x80 + 12);
  static hft_buffer more;
  message_pack(&more, "su su su", "to", number[2], "least", number[3], "room", number[4]);
  hft_buffer_write(&hostile->request, more.data, more.size);
  hft_frame frames[4] = {message_frame(&hostile->request)};
  int count = 1 + (int)(hft_rng_u32(rng) % 4);
  for (int i = 1; i < count; i++) {
    frames[i] = any_buffer(rng, bytes[i - 1], hostile->actions_size);
  }
  done[kind] += player_send_frames(hostile, hostile->id, frames, count);
}

static void a_hostile_session_harms_only_itself(void **state) {
  hft_rng rng = hft_rng_stream(4, 5, 6);
  uint64_t quiet = play(*state, &rng, 0);
  test_player hostile = {0}, other = {0};
  uint64_t seed = 12, hash = 0;
  int done[HOSTILE_KINDS] = {0};
  player_make(&hostile, *state, HOSTILE_ENVS, 1);
  player_make(&other, *state, 4, seed);
  assert_true(player_reset(&hostile, NULL) && player_reset(&other, &seed));
  for (int i = 0; i < 30; i++) {
    for (int k = 0; k < 600; k++) ask_anything(&hostile, &rng, done);
    assert_true(player_step(&other, 0));
    hash = hft_hash_u64(hash, player_hash(&other));
  }
  assert_true(hash == quiet);
  for (int i = 0; i < HOSTILE_KINDS; i++) assert_in_range(done[i], 1, 1900);  // and many not
  player_close(&hostile);
  player_close(&other);
  player_free(&hostile);
  player_free(&other);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(malformed),
      TEST(bad_field),
      TEST(bad_buffer),
      TEST(bad_action),
      TEST(unknown_kind),
      TEST(unknown_session),
      TEST(not_reset),
      TEST(stale_id),
      TEST(version),
      TEST(config),
      TEST(limit_of_envs),
      TEST(limit_of_sessions),
      TEST(limit_of_memory),
      TEST(limit_of_a_frame),
      TEST(internal),
      TEST(a_storm_of_broken_messages_changes_nothing),
      TEST(a_hostile_session_harms_only_itself),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
