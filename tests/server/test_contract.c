// Promises of docs/protocol.md besides the replies themselves: padding, ids, ignored actions,
// closing while other requests are refused, and a reply to every request at shutdown.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/rows.h"
#include "sim/pool/pool.h"
#include "tests/server/player.h"
#include "tests/support/check.h"
#include "tests/support/server_world.h"

#define U(value) UINT64_C(value)
#define ENVS 5

static hft_service *service;
static test_player player;

static void open_service(int rate_max) {
  hft_service_config config = world_service_config(1);
  config.rate_max = rate_max;
  assert_int_equal(hft_service_create(&config, &service, NULL), HFT_OK);
}

static int set_up(void **state) {
  (void)state;
  open_service(HFT_SERVICE_RATE_MAX);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  player_free(&player);
  player = (test_player){0};
  hft_service_free(service);
  service = NULL;
  return 0;
}

static void pack(uint64_t id, const char *kind) {
  message_pack(&player.request, "{4 su ss ss su", "id", id, "kind", kind, "session", player.token,
               "env", U(0));
}

static bool ask(uint64_t id, const char *kind) {
  pack(id, kind);
  return player_send(&player, id, NULL, 0);
}

static void refused(const char *code, const char *where, bool done) {
  assert_false(done);
  player_assert_error(&player, code, where);
}

// ---- padding -----------------------------------------------------------------------------------
// Rows that are packed into memory that held anything else have zeros between them.
static void padding_is_zero(void **state) {
  (void)state;
  static char slab[1 << 14], packed[1 << 14];
  hft_layout layout = {.count = 3};
  const size_t row_bytes[] = {4, 1, 60};
  size_t at = 0;
  for (int a = 0; a < 3; a++) {
    layout.array[a] = (hft_array){.row_bytes = row_bytes[a], .offset = at};
    at += (ENVS * row_bytes[a] + 63) / 64 * 64;
  }
  memset(slab, 0x5a, sizeof slab);
  for (int count = 1; count <= ENVS; count++) {
    const int32_t rows[ENVS] = {4, 2, 0, 1, 3};
    memset(packed, 0x77, sizeof packed);
    hft_rows_gather(&layout, slab, rows, count, packed);
    size_t end = hft_rows_bytes(&layout, count), start = 0;
    for (int a = 0; a < 3; a++) {
      size_t bytes = (size_t)count * row_bytes[a], next = start + (bytes + 63) / 64 * 64;
      for (size_t i = start; i < next; i++) {
        assert_int_equal(packed[i], i < start + bytes ? 0x5a : 0);
      }
      start = next;
    }
    assert_int_equal(start, end);
    assert_int_equal(packed[end], 0x77);
  }
}

// ---- actions that do not count -----------------------------------------------------------------
static hft_env_model *open_pools(const char *text, hft_autoreset autoreset, hft_pool *pool[2]) {
  hft_service_config world = world_service_config(1);
  hft_config *config;
  hft_env_model *model;
  hft_error error = {0};
  if (world_load_config(NULL, NULL, text, strlen(text), &config, &error) != HFT_OK ||
      hft_env_model_create(config, world.classes, world.class_count, &model, &error) != HFT_OK) {
    fail_msg("%s: %s", error.where, error.text);
  }
  hft_config_free(config);
  for (int p = 0; p < 2; p++) {
    const hft_pool_config shape = {
        .env_count = 2, .thread_count = 1, .seed = 7, .autoreset = autoreset};
    assert_int_equal(hft_pool_create(model, &shape, &pool[p], NULL), HFT_OK);
    hft_pool_reset(pool[p], NULL, NULL);
  }
  return model;
}

// A number that no action may be, of either kind.
static void spoil(hft_pool *pool, int array, int env) {
  const hft_array *of = &hft_pool_actions_layout(pool)->array[array];
  char *row = (char *)hft_pool_actions(pool) + of->offset + (size_t)env * of->row_bytes;
  const float nan = NAN;
  const int32_t none = -1;
  for (size_t i = 0; i < of->row_bytes; i += 4) {
    memcpy(row + i, of->dtype == HFT_DTYPE_F32 ? (const void *)&nan : &none, 4);
  }
}

static void clear(hft_pool *pool) {
  memset(hft_pool_actions(pool), 0, hft_pool_actions_layout(pool)->bytes);
}

static bool are_allowed(const hft_pool *pool) {
  static const int32_t both[] = {0, 1};
  bool all = hft_pool_check_actions(pool, NULL) == HFT_OK;
  assert_int_equal(hft_pool_check_actions_of(pool, both, 2, NULL) == HFT_OK, all);
  return all;
}

static void seats_that_are_out_may_send_anything(void **state) {
  (void)state;
  const char *const spaces[] = {"box", "multi_discrete", "discrete", "mixed"};
  for (int space = 0; space < 4; space++) {
    char text[256];
    snprintf(text, sizeof text,
             "market_config: {decision_ms: 2000}\nrisk_config: {max_drawdown: 0.01}\n"
             "env_config: {episode_len: 60, warmup_s: 1, action_space: %s}\n"
             "seats: [{kind: maker, count: 4, withdraw: false}]\n",
             spaces[space]);
    hft_pool *pool[2];
    hft_env_model *model = open_pools(text, HFT_AUTORESET_MANUAL, pool);
    int compared = 0;
    for (int step = 0; step < 70; step++) {
      for (int p = 0; p < 2; p++) clear(pool[p]);
      const hft_array *of = &hft_pool_actions_layout(pool[0])->array[0];
      for (int env = 0; env < 2; env++) {
        for (int seat = 0; seat < 4; seat++) {
          bool is_out = hft_env_seat_done(hft_pool_env(pool[0], env), seat);
          size_t seat_bytes = of->row_bytes / 4;
          char *row = (char *)hft_pool_actions(pool[0]) + (size_t)env * of->row_bytes;
          char keep[256];
          memcpy(keep, row, of->row_bytes);
          memset(row + (size_t)seat * seat_bytes, 0xff, seat_bytes);  // NaN, and -1
          bool is_over = step >= 60;
          assert_int_equal(are_allowed(pool[0]), is_out || is_over);
          if (!is_out && !is_over) memcpy(row, keep, of->row_bytes);
          compared += is_out && !is_over;
        }
      }
      for (int p = 0; p < 2; p++) hft_pool_step(pool[p]);
      assert_memory_equal(hft_pool_results(pool[0]), hft_pool_results(pool[1]),
                          hft_pool_results_layout(pool[0])->bytes);
    }
    assert_true(compared > 0);
    for (int p = 0; p < 2; p++) hft_pool_free(pool[p]);
    hft_env_model_free(model);
  }
}

// An env whose episode is over rests until its reset, whatever is sent; the others do not.
static void envs_that_rest_may_be_sent_anything(void **state) {
  (void)state;
  hft_pool *pool[2];
  hft_env_model *model = open_pools("env_config: {episode_len: 2}", HFT_AUTORESET_MANUAL, pool);
  const uint8_t first[] = {1, 0};
  for (int step = 0; step < 2; step++) hft_pool_step(pool[0]);
  spoil(pool[0], 0, 0);
  spoil(pool[0], 1, 1);
  assert_true(are_allowed(pool[0]));
  hft_pool_reset(pool[0], NULL, first);
  assert_false(are_allowed(pool[0]));
  clear(pool[0]);
  spoil(pool[0], 1, 1);
  assert_true(are_allowed(pool[0]));
  for (int p = 0; p < 2; p++) hft_pool_free(pool[p]);
  hft_env_model_free(model);
}

// ---- ids and closing ---------------------------------------------------------------------------
// `render`, `ping` and `stats` take any id, and none of them is remembered.
static void looks_take_any_id(void **state) {
  (void)state;
  const char *const looks[] = {"render", "ping", "stats"};
  player_make(&player, service, 1, 1);
  player.id = 10;
  assert_true(player_reset(&player, NULL));  // 11
  uint64_t hash = player_hash(&player);
  for (int i = 0; i < 3; i++) {
    const uint64_t ids[] = {3, 11, 12, INT64_MAX, 3};
    for (int k = 0; k < 5; k++) assert_true(ask(ids[k], looks[i]));
  }
  message_pack(&player.request, "{3 su ss ss", "id", U(11), "kind", "reset", "session",
               player.token);
  assert_true(player_send(&player, 11, NULL, 0));  // a retry
  assert_true(player_hash(&player) == hash);
  assert_true(player_step(&player, 12));
}

static void a_session_can_be_closed_whatever_the_id(void **state) {
  (void)state;
  const uint64_t ids[] = {1, 11, 12, INT64_MAX};
  for (int i = 0; i < 4; i++) {
    player_make(&player, service, 1, 1);
    player.id = 10;
    assert_true(player_reset(&player, NULL));
    if (i == 3) assert_true(player_step(&player, INT64_MAX));
    if (i == 3) refused("stale_id", "id", player_step(&player, 13));
    assert_true(ask(ids[i], "close"));
    refused("unknown_session", "session", ask(ids[i], "close"));
    assert_int_equal(hft_service_session_count(service), 0);
  }
}

static void a_session_can_be_closed_beyond_its_rate(void **state) {
  (void)state;
  hft_service_free(service);
  open_service(2);
  player_make(&player, service, 1, 1);
  while (player_reset(&player, NULL)) continue;
  player_assert_error(&player, "limit", "session");
  assert_true(ask(++player.id, "close"));
  assert_int_equal(hft_service_session_count(service), 0);
}

static void a_session_can_be_closed_while_envs_are_under_way(void **state) {
  (void)state;
  for (int threads = 1; threads <= 3; threads += 2) {
    hft_service_free(service);
    hft_service_config config = world_service_config(threads);
    assert_int_equal(hft_service_create(&config, &service, NULL), HFT_OK);
    player_make(&player, service, ENVS, 1);
    assert_true(player_reset(&player, NULL));
    static const int32_t envs[] = {3, 1};
    const size_t rows = 2 * 64;  // of two roles, padded
    message_pack(&player.request, "{3 su ss ss", "id", ++player.id, "kind", "send", "session",
                 player.token);
    const hft_frame frames[] = {
        message_frame(&player.request), {envs, sizeof envs}, {player.actions, rows}};
    assert_true(player_send_frames(&player, player.id, frames, 3));
    assert_true(ask(++player.id, "close"));
    assert_int_equal(hft_service_session_count(service), 0);
    assert_int_equal(hft_service_memory_used(service), 0);
  }
}

static bool hand_in(uint64_t id, const char *kind, hft_reply *reply) {
  const hft_peer peer = {.size = 1, .id = {9}};
  pack(id, kind);
  const hft_frame frame = message_frame(&player.request);
  return hft_service_handle(service, &peer, &frame, 1, 0, reply);
}

// Makes a session whose resets take many slices.
static void make_slow(void) {
  player_make(&player, service, 1, 1);
  player_close(&player);
  message_pack(&player.request, "{4 su ss su s{1 sf", "id", U(1), "kind", "make", "num_envs", U(1),
               "overrides", "env_config.warmup_s", 600.0);
  assert_true(player_send(&player, 1, NULL, 0));
  msgpack_unpacked header;
  message_read(player.reply.frame[0].data, player.reply.frame[0].size, &header);
  message_text(&header.data, "session", player.token, sizeof player.token);
  msgpack_unpacked_destroy(&header);
}

static void a_session_can_be_closed_when_none_may_wait(void **state) {
  (void)state;
  hft_reply reply;
  make_slow();
  uint64_t id = 2;
  assert_false(hand_in(id++, "reset", &reply));
  for (int i = 0; i < HFT_SERVICE_WINDOW; i++) assert_false(hand_in(id++, "reset", &reply));
  assert_true(hand_in(id++, "reset", &reply));
  assert_int_equal(reply.code, HFT_WIRE_LIMIT);
  assert_false(hand_in(id++, "close", &reply));
  assert_true(hand_in(id++, "close", &reply));  // one is enough
  assert_int_equal(reply.code, HFT_WIRE_LIMIT);
  while (hft_service_session_count(service) > 0) hft_service_work(service, 0, &reply);
  assert_int_equal(hft_service_unanswered(service), 0);
  assert_int_equal(hft_service_memory_used(service), 0);
}

// ---- the end -----------------------------------------------------------------------------------
// Hands in a request that has all keys of any kind. True where it was answered at once.
static bool hand_in_full(const char *kind, hft_reply *reply) {
  const hft_peer peer = {.size = 1, .id = {9}};
  message_pack(&player.request, "{7 su ss ss su su s[2uu ss", "id", U(9), "kind", kind, "session",
               player.token, "env", U(0), "num_envs", U(1), "protocol", U(1), U(0), "client", "c");
  const hft_frame frame = message_frame(&player.request);
  return hft_service_handle(service, &peer, &frame, 1, 0, reply);
}

static void everything_is_answered_at_the_end(void **state) {
  (void)state;
  const char *const kinds[] = {"reset", "make", "hello", "ping", "stats", "render", "close"};
  hft_reply reply;
  make_slow();
  assert_false(hand_in(2, "reset", &reply));
  assert_false(hand_in(3, "reset", &reply));
  assert_false(hand_in_full("make", &reply));
  hft_service_stop(service, HFT_TIME_NEVER);
  for (int i = 0; i < 7; i++) {
    assert_true(hand_in_full(kinds[i], &reply));
    assert_int_equal(reply.code, HFT_WIRE_STOPPING);
  }
  int done = 0, refusals = 0;
  while (hft_service_unanswered(service) > 0) {
    if (!hft_service_work(service, 0, &reply)) continue;
    done += reply.code == HFT_WIRE_OK;
    refusals += reply.code == HFT_WIRE_STOPPING;
  }
  assert_int_equal(done, 1);
  assert_int_equal(refusals, 2);
}

// Work that takes too long at the end is given up, and its client is told.
static void long_work_is_given_up_at_the_end(void **state) {
  (void)state;
  hft_reply reply;
  make_slow();
  assert_false(hand_in(2, "reset", &reply));
  assert_false(hand_in_full("make", &reply));
  hft_service_stop(service, 5);
  int late = 0, refusals = 0;
  for (hft_time now = 4; hft_service_unanswered(service) > 0; now++) {
    if (!hft_service_work(service, now, &reply)) continue;
    assert_int_equal(reply.code, HFT_WIRE_STOPPING);
    late += reply.kind == HFT_WIRE_RESET;
    refusals++;
  }
  assert_int_equal(late, 1);
  assert_int_equal(refusals, 2);
  assert_true(hand_in(2, "reset", &reply));  // a retry
  assert_int_equal(reply.code, HFT_WIRE_STOPPING);
  // A session whose envs are still being made.
  hft_service_free(service);
  open_service(HFT_SERVICE_RATE_MAX);
  const hft_peer peer = {.size = 1, .id = {9}};
  message_pack(&player.request, "{3 su ss su", "id", U(1), "kind", "make", "num_envs", U(40));
  const hft_frame frame = message_frame(&player.request);
  assert_false(hft_service_handle(service, &peer, &frame, 1, 0, &reply));
  hft_service_stop(service, 0);
  assert_true(hft_service_work(service, 0, &reply));
  assert_int_equal(reply.code, HFT_WIRE_STOPPING);
}

// ---- words -------------------------------------------------------------------------------------
static void a_negative_index_is_told_as_it_is(void **state) {
  (void)state;
  const int32_t wrong[] = {-1, INT32_MIN, 5};
  const char *const words[] = {"env -1 out of range [0, 4]", "env -2147483648 out of",
                               "env 5 out of"};
  player_make(&player, service, 5, 1);
  assert_true(player_reset(&player, NULL));
  for (int i = 0; i < 3; i++) {
    message_pack(&player.request, "{4 su ss ss sb", "id", U(50), "kind", "reset", "session",
                 player.token, "envs", 1);
    refused("bad_field", "envs", player_send(&player, 50, &wrong[i], sizeof wrong[i]));
    if (strstr(player.text, words[i]) == NULL) fail_msg("%s", player.text);
  }
}

// The limit is told in seconds, whole ones as a uint.
static void the_idle_timeout_is_reported(void **state) {
  (void)state;
  const struct {
    int64_t ns;
    double s;
  } table[] = {{HFT_SECOND / 2, 0.5}, {HFT_SECOND, 1}, {1800 * HFT_SECOND, 1800}, {1, 1e-9}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    const hft_wire_hello hello = {.version = "", .revision = "", .idle_timeout_ns = table[i].ns};
    hft_buffer buffer = {0};
    msgpack_unpacked reply;
    assert_int_equal(hft_wire_encode_hello(&buffer, 1, &hello), HFT_OK);
    message_read(buffer.data, buffer.size, &reply);
    const msgpack_object *told = message_get(message_get(&reply.data, "limits"), "idle_timeout_s");
    bool is_whole = table[i].ns % HFT_SECOND == 0;
    assert_int_equal(told->type,
                     is_whole ? MSGPACK_OBJECT_POSITIVE_INTEGER : MSGPACK_OBJECT_FLOAT64);
    assert_true(fabs((is_whole ? (double)told->via.u64 : told->via.f64) - table[i].s) < 1e-12);
    msgpack_unpacked_destroy(&reply);
    hft_buffer_free(&buffer);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(padding_is_zero),
      TEST(seats_that_are_out_may_send_anything),
      TEST(envs_that_rest_may_be_sent_anything),
      TEST(looks_take_any_id),
      TEST(a_session_can_be_closed_whatever_the_id),
      TEST(a_session_can_be_closed_beyond_its_rate),
      TEST(a_session_can_be_closed_while_envs_are_under_way),
      TEST(a_session_can_be_closed_when_none_may_wait),
      TEST(everything_is_answered_at_the_end),
      TEST(long_work_is_given_up_at_the_end),
      TEST(a_negative_index_is_told_as_it_is),
      TEST(the_idle_timeout_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
