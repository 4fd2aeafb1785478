// The service without its socket, over a small market: sessions, exactly-once execution, isolation.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/spec.h"
#include "sim/base/hash.h"
#include "sim/base/rng.h"
#include "sim/base/version.h"
#include "tests/server/player.h"
#include "tests/support/check.h"
#include "tests/support/sanitizer.h"
#include "tests/support/server_world.h"

#define U(value) UINT64_C(value)
#define EPISODE 5  // steps, of the config "small"

static test_player one, two;

static hft_service *open_service(int thread_count) {
  hft_service_config config = world_service_config(thread_count);
  hft_service *service = NULL;
  hft_error error = {0};
  if (hft_service_create(&config, &service, &error) != HFT_OK) fail_msg("%s", error.text);
  return service;
}

static int set_up(void **state) {
  *state = open_service(1);
  return 0;
}

static int tear_down(void **state) {
  player_free(&one);
  player_free(&two);
  hft_service_free(*state);
  return 0;
}

static void says_hello(void **state) {
  one.service = *state;
  message_pack(&one.request, "{4 su ss ss s[2uu", "id", U(7), "kind", "hello", "client", "test",
               "protocol", U(1), U(9));
  assert_true(player_send(&one, 7, NULL, 0));
  msgpack_unpacked header;
  message_read(one.reply.frame[0].data, one.reply.frame[0].size, &header);
  assert_true(message_is(&header.data, "version", hft_version));
  assert_true(message_is(&header.data, "revision", hft_revision));
  const msgpack_object *configs = message_get(&header.data, "configs");
  assert_int_equal(configs->via.array.size, 3);
  const msgpack_object *limits = message_get(&header.data, "limits");
  assert_int_equal(message_uint(limits, "envs"), 64);
  assert_int_equal(message_uint(limits, "sessions"), 4);
  assert_int_equal(message_uint(limits, "requests_per_s"), HFT_SERVICE_RATE_MAX);
  assert_int_equal(message_uint(limits, "header_bytes"), 4096);
  assert_int_equal(message_uint(limits, "frame_bytes"), 64 << 20);
  assert_int_equal(message_uint(limits, "idle_timeout_s"), 10);
  msgpack_unpacked_destroy(&header);
}

// ---- the spec --------------------------------------------------------------------------------
// Checks the arrays of a buffer; returns how many there are.
static uint32_t check_arrays(const msgpack_object *arrays, uint64_t bytes, uint64_t first_dim,
                             bool with_offsets) {
  uint64_t end = 0;
  for (uint32_t i = 0; i < arrays->via.array.size; i++) {
    const msgpack_object *array = &arrays->via.array.ptr[i];
    const msgpack_object *shape = message_get(array, "shape");
    uint64_t size = message_is(array, "dtype", "u1") ? 1 : 4;
    assert_true(shape->via.array.ptr[0].via.u64 == first_dim);
    for (uint32_t d = 0; d < shape->via.array.size; d++) size *= shape->via.array.ptr[d].via.u64;
    assert_int_equal(with_offsets, message_get(array, "offset") != NULL);
    if (!with_offsets) continue;
    uint64_t offset = message_uint(array, "offset");
    assert_int_equal(offset % 64, 0);
    assert_true(offset >= end);
    end = offset + size;
    assert_true(end <= bytes);
  }
  return arrays->via.array.size;
}

static void check_buffer(const msgpack_object *spec, const char *key, uint32_t count,
                         size_t measured) {
  const msgpack_object *buffer = message_get(spec, key);
  uint64_t bytes = message_uint(buffer, "bytes");
  assert_int_equal(bytes, measured);
  assert_int_equal(check_arrays(message_get(buffer, "arrays"), bytes, 3, true), count);
}

static hft_env_model *make_small_model(void) {
  hft_service_config service = world_service_config(1);
  hft_config *config;
  hft_env_model *model;
  assert_int_equal(world_load_config(NULL, NULL, NULL, 0, &config, NULL), HFT_OK);
  assert_int_equal(hft_env_model_create(config, service.classes, service.class_count, &model, NULL),
                   HFT_OK);
  hft_config_free(config);
  return model;
}

static hft_spec_bytes measure_small(int env_count) {
  hft_env_model *model = make_small_model();
  hft_spec_bytes bytes = hft_spec_measure(hft_env_model_spec(model), env_count);
  hft_env_model_free(model);
  return bytes;
}

static void the_spec_describes_the_buffers(void **state) {
  player_make(&one, *state, 3, 11);
  hft_frame frame = one.reply.frame[1];
  msgpack_unpacked header, spec;
  message_read(one.reply.frame[0].data, one.reply.frame[0].size, &header);
  message_read(frame.data, frame.size, &spec);
  char hash[HFT_SPEC_HASH_SIZE];
  hft_buffer bytes = {.data = (char *)(uintptr_t)frame.data, .size = frame.size};
  hft_spec_hash(&bytes, hash);
  assert_true(message_is(&header.data, "spec_hash", hash));
  assert_int_equal(message_uint(&spec.data, "num_envs"), 3);
  assert_int_equal(message_uint(&spec.data, "episode_len"), EPISODE);
  assert_int_equal(message_uint(&spec.data, "seed"), 11);
  const msgpack_object *agents = message_get(&spec.data, "agents");
  assert_int_equal(agents->via.array.size, 2);
  assert_memory_equal(agents->via.array.ptr[0].via.str.ptr, "maker_0", 7);
  assert_memory_equal(agents->via.array.ptr[1].via.str.ptr, "executor_0", 10);
  const msgpack_object *roles = message_get(&spec.data, "roles");
  assert_int_equal(roles->via.array.size, 2);
  assert_true(message_is(&roles->via.array.ptr[0], "role", "maker"));
  assert_true(message_is(&roles->via.array.ptr[1], "role", "executor"));
  hft_spec_bytes measured = measure_small(3);
  check_buffer(&spec.data, "actions", 2, measured.actions);
  check_buffer(&spec.data, "results", 2 * 5 + 3, measured.results);
  assert_int_equal(check_arrays(message_get(&spec.data, "finals"), 0, 3, false), 2 + 3 * 2 + 1);
  msgpack_unpacked_destroy(&header);
  msgpack_unpacked_destroy(&spec);
}

// Each number of an array must have the unit and the text that the simulation gives it.
static void check_meanings(const msgpack_object *spec, const msgpack_object *of, const char *key,
                           const hft_index *index, int count) {
  char name[32];
  snprintf(name, sizeof name, "%s_names", key);
  const msgpack_object *names = message_get(of, name);
  snprintf(name, sizeof name, "%s_meanings", key);
  const msgpack_object *which = message_get(of, name);
  const msgpack_object *meanings = message_get(spec, "meanings");
  assert_int_equal(names->via.array.size, count);
  assert_int_equal(which->via.array.size, count);
  for (int i = 0; i < count; i++) {
    const msgpack_object_str *text = &names->via.array.ptr[i].via.str;
    assert_int_equal(text->size, strlen(index[i].name));
    assert_memory_equal(text->ptr, index[i].name, text->size);
    uint64_t k = which->via.array.ptr[i].via.u64;
    assert_true(k < meanings->via.array.size);
    const msgpack_object *meaning = &meanings->via.array.ptr[k];
    assert_true(message_is(meaning, "unit", index[i].unit));
    assert_true(message_is(meaning, "help", index[i].help));
  }
}

static void the_spec_tells_what_numbers_mean(void **state) {
  player_make(&one, *state, 1, 1);
  hft_env_model *model = make_small_model();
  const hft_env_spec *of = hft_env_model_spec(model);
  msgpack_unpacked spec;
  message_read(one.reply.frame[1].data, one.reply.frame[1].size, &spec);
  for (int g = 0; g < of->group_count; g++) {
    const hft_group *group = &of->group[g];
    const msgpack_object *role = &message_get(&spec.data, "roles")->via.array.ptr[g];
    check_meanings(&spec.data, role, "obs", group->obs, group->obs_dim);
    check_meanings(&spec.data, role, "action", group->axis, group->axis_count);
    check_meanings(&spec.data, role, "term", group->term, group->term_dim);
    check_meanings(&spec.data, role, "total", group->total, group->total_dim);
  }
  check_meanings(&spec.data, &spec.data, "state", of->state, of->state_dim);
  // Each is told once: there are far fewer than numbers.
  assert_true(message_get(&spec.data, "meanings")->via.array.size < (uint32_t)of->state_dim);
  msgpack_unpacked_destroy(&spec);
  hft_env_model_free(model);
}

// The config in the spec is whole: a session made from its text has the same spec.
static void the_specs_config_makes_the_same_session(void **state) {
  player_make(&one, *state, 2, 3);
  uint64_t hash = player_hash(&one);
  msgpack_unpacked spec;
  message_read(one.reply.frame[1].data, one.reply.frame[1].size, &spec);
  char config[16384];
  message_text(&spec.data, "config", config, sizeof config);
  msgpack_unpacked_destroy(&spec);
  message_pack(&one.request, "{4 su ss su su", "id", U(9), "kind", "make", "num_envs", U(2), "seed",
               U(3));
  assert_true(player_send(&one, 9, config, strlen(config)));
  assert_true(player_hash(&one) == hash);
}

static uint64_t made_episode_len(const test_player *player) {
  msgpack_unpacked spec;
  message_read(player->reply.frame[1].data, player->reply.frame[1].size, &spec);
  uint64_t length = message_uint(&spec.data, "episode_len");
  msgpack_unpacked_destroy(&spec);
  return length;
}

static void a_config_comes_by_name_text_or_overrides(void **state) {
  static const char text[] = "env_config: {episode_len: 8}\n";
  one.service = *state;
  message_pack(&one.request, "{3 su ss su", "id", U(1), "kind", "make", "num_envs", U(1));
  assert_true(player_send(&one, 1, NULL, 0));
  assert_int_equal(made_episode_len(&one), EPISODE);
  assert_true(player_send(&one, 1, text, sizeof text - 1));
  assert_int_equal(made_episode_len(&one), 8);
  message_pack(&one.request, "{4 su ss su ss", "id", U(1), "kind", "make", "num_envs", U(1),
               "config", "drifting");
  assert_true(player_send(&one, 1, NULL, 0));
  assert_int_equal(made_episode_len(&one), 7);
  message_pack(&one.request, "{5 su ss su ss s{2 su sf", "id", U(1), "kind", "make", "num_envs",
               U(1), "config", "drifting", "overrides", "env_config.episode_len", U(9),
               "env_config.warmup_s", 0.5);
  assert_true(player_send(&one, 1, NULL, 0));
  assert_int_equal(made_episode_len(&one), 9);
}

// ---- stepping --------------------------------------------------------------------------------
static uint64_t ended_count(const test_player *player) {
  msgpack_unpacked header;
  message_read(player->reply.frame[0].data, player->reply.frame[0].size, &header);
  uint64_t ended = message_uint(&header.data, "ended");
  msgpack_unpacked_destroy(&header);
  return ended;
}

static void episodes_end_and_the_next_begin(void **state) {
  uint64_t seed = 5;
  player_make(&one, *state, 3, seed);
  assert_true(player_reset(&one, &seed));
  assert_int_equal(one.reply.frame_count, 2);
  for (int step = 1; step <= 3 * EPISODE; step++) {
    assert_true(player_step(&one, 0));
    assert_int_equal(one.reply.frame[1].size, one.results_size);
    if (step % EPISODE != 0) {
      assert_int_equal(ended_count(&one), 0);
      assert_int_equal(one.reply.frame_count, 2);
      continue;
    }
    assert_int_equal(ended_count(&one), 3);
    assert_int_equal(one.reply.frame_count, 3);
    int32_t env[3];
    memcpy(env, one.reply.frame[2].data, sizeof env);
    for (int i = 0; i < 3; i++) assert_int_equal(env[i], i);
  }
}

// A digest of a whole run: reset, then steps through several episodes.
static uint64_t run(test_player *player, uint64_t seed, int steps) {
  assert_true(player_reset(player, &seed));
  uint64_t hash = player_hash(player);
  for (int i = 0; i < steps; i++) {
    assert_true(player_step(player, 0));
    hash = hft_hash_u64(hash, player_hash(player));
  }
  return hash;
}

static void results_follow_from_the_seed_alone(void **state) {
  player_make(&one, *state, 8, 1);
  uint64_t hash = run(&one, 21, 12);
  assert_true(run(&one, 22, 12) != hash);
  player_make(&two, *state, 8, 2);
  uint64_t first_id = two.id;
  two.id = 1;  // the actions follow from the ids: the same as above
  assert_int_equal(first_id, 1);
  assert_true(run(&two, 21, 12) == hash);
}

static void results_do_not_depend_on_threads(void **state) {
  player_make(&one, *state, 8, 1);
  hft_service *threaded = open_service(3);
  player_make(&two, threaded, 8, 1);
  assert_true(run(&one, 4, 12) == run(&two, 4, 12));
  hft_service_free(threaded);
}

static void sessions_do_not_touch_each_other(void **state) {
  player_make(&one, *state, 4, 1);
  uint64_t alone = run(&one, 6, 12);
  uint64_t seed = 6;
  player_make(&one, *state, 4, 1);
  player_make(&two, *state, 2, 99);
  assert_true(player_reset(&one, &seed));
  uint64_t hash = player_hash(&one);
  for (int i = 0; i < 12; i++) {
    assert_true(player_reset(&two, NULL));
    assert_true(player_step(&two, 0));
    assert_true(player_step(&one, 0));
    hash = hft_hash_u64(hash, player_hash(&one));
  }
  assert_true(hash == alone);
}

static void a_reset_without_seed_begins_with_that_of_make(void **state) {
  uint64_t seed = 17;
  player_make(&one, *state, 2, seed);
  player_make(&two, *state, 2, 1);
  assert_true(player_reset(&one, NULL));
  assert_true(player_reset(&two, &seed));
  assert_true(player_hash(&one) == player_hash(&two));
  assert_true(player_reset(&one, NULL));  // the next episode of the same world
  assert_true(player_hash(&one) != player_hash(&two));
}

static void reset_some(test_player *player, const uint8_t *mask) {
  message_pack(&player->request, "{4 su ss ss sb", "id", ++player->id, "kind", "reset", "session",
               player->token, "mask", 1);
  assert_true(player_send(player, player->id, mask, (size_t)player->env_count));
}

static void a_mask_resets_some(void **state) {
  static const uint8_t first[] = {1, 0, 0}, others[] = {0, 7, 255}, none[] = {0, 0, 0};
  uint64_t seed = 2;
  player_make(&one, *state, 3, seed);
  player_make(&two, *state, 3, seed);
  reset_some(&one, first);
  assert_false(player_step(&one, 0));
  player_assert_error(&one, "not_reset", "session");
  reset_some(&one, others);
  assert_true(player_reset(&two, NULL));
  assert_true(player_hash(&one) == player_hash(&two));
  one.id = two.id = 20;
  assert_true(player_step(&one, 0) && player_step(&two, 0));
  assert_true(player_hash(&one) == player_hash(&two));
  reset_some(&one, none);
  one.id = two.id = 30;
  assert_true(player_step(&one, 0) && player_step(&two, 0));
  assert_true(player_hash(&one) == player_hash(&two));
}

// ---- exactly once ----------------------------------------------------------------------------
static void a_retry_returns_the_same_reply_and_does_nothing(void **state) {
  uint64_t seed = 8;
  player_make(&one, *state, 3, seed);
  player_make(&two, *state, 3, seed);
  assert_true(player_reset(&one, &seed) && player_reset(&two, &seed));
  for (int step = 1; step <= 2 * EPISODE + 1; step++) {
    assert_true(player_step(&one, 0));
    uint64_t hash = player_hash(&one), ended = ended_count(&one);
    int frames = one.reply.frame_count;
    for (int again = 0; again < 3; again++) {
      memset(one.actions, 0, one.actions_size);
      assert_true(player_send(&one, one.id, one.actions, one.actions_size));
      assert_true(player_hash(&one) == hash && ended_count(&one) == ended);
      assert_true(one.reply.frame_count == frames);
    }
    assert_true(player_step(&two, 0));
    assert_true(player_hash(&two) == hash);
  }
}

static void a_reset_is_retried_too(void **state) {
  player_make(&one, *state, 3, 1);
  assert_true(player_reset(&one, NULL));
  uint64_t hash = player_hash(&one);
  assert_true(player_send(&one, one.id, NULL, 0));
  assert_true(player_hash(&one) == hash);
  assert_true(player_reset(&one, NULL));
  assert_true(player_hash(&one) != hash);
}

static void stale_ids_are_refused(void **state) {
  player_make(&one, *state, 1, 1);
  one.id = 10;
  assert_true(player_reset(&one, NULL));  // 11
  assert_false(player_step(&one, 10));
  player_assert_error(&one, "stale_id", "id");
  assert_false(player_step(&one, 11));  // the id of a reset
  player_assert_error(&one, "stale_id", "id");
  assert_true(player_step(&one, 1000));
  assert_true(player_step(&one, INT64_MAX));
}

static void a_refused_step_changes_nothing(void **state) {
  uint64_t seed = 3;
  player_make(&one, *state, 2, seed);
  player_make(&two, *state, 2, seed);
  assert_true(player_reset(&one, &seed) && player_reset(&two, &seed));
  for (int step = 1; step <= EPISODE + 2; step++) {
    assert_true(player_step(&one, 0));
    uint64_t hash = player_hash(&one);
    one.actions[0] = -__builtin_nanf("");
    message_pack(&one.request, "{3 su ss ss", "id", one.id + 1, "kind", "step", "session",
                 one.token);
    assert_false(player_send(&one, one.id + 1, one.actions, one.actions_size));
    player_assert_error(&one, "bad_action", "action/maker[0, 0, 0]");
    assert_false(player_send(&one, one.id + 1, one.actions, one.actions_size - 4));
    message_pack(&one.request, "{3 su ss ss", "id", one.id, "kind", "step", "session", one.token);
    assert_true(player_send(&one, one.id, one.actions, one.actions_size));  // still the last one
    assert_true(player_hash(&one) == hash);
    assert_true(player_step(&two, 0));
    assert_true(player_hash(&two) == hash);
  }
}

// ---- time ------------------------------------------------------------------------------------
static void idle_sessions_expire(void **state) {
  hft_service *service = *state;
  one.now = two.now = 1000 * HFT_SECOND;
  player_make(&one, service, 2, 1);
  player_make(&two, service, 3, 1);
  assert_int_equal(hft_service_session_count(service), 2);
  assert_int_equal(hft_service_env_count(service), 5);
  one.now += 10 * HFT_SECOND;  // not longer than the timeout
  message_pack(&one.request, "{3 su ss ss", "id", U(2), "kind", "ping", "session", one.token);
  assert_true(player_send(&one, 2, NULL, 0));
  assert_int_equal(hft_service_expire(service, one.now), 0);
  assert_int_equal(hft_service_expire(service, one.now + 1), 1);
  assert_int_equal(hft_service_session_count(service), 1);
  assert_int_equal(hft_service_env_count(service), 2);
  two.now = one.now;
  assert_false(player_reset(&two, NULL));
  player_assert_error(&two, "unknown_session", "session");
  one.now += 10 * HFT_SECOND + 1;
  assert_false(player_reset(&one, NULL));
  player_assert_error(&one, "unknown_session", "session");
  assert_int_equal(hft_service_env_count(service), 0);
}

static void close_frees_the_envs(void **state) {
  hft_service *service = *state;
  for (int i = 0; i < 10; i++) {
    player_make(&one, service, 64, 1);
    assert_int_equal(hft_service_env_count(service), 64);
    player_close(&one);
    assert_int_equal(hft_service_env_count(service), 0);
  }
  assert_false(player_reset(&one, NULL));
  player_assert_error(&one, "unknown_session", "session");
}

static size_t resident_bytes(void) {
  unsigned long all = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%lu %lu", &all, &resident) != 2) fail_msg("no statm");
  fclose(file);
  return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

// What a session held is the system's again, and not only the allocator's, though others are open.
static void closed_sessions_give_their_memory_back(void **state) {
#ifdef SANITIZED
  skip();  // a sanitizer keeps what is freed
#endif
  hft_service *service = *state;
  enum { LARGE = 3 };
  test_player large[LARGE] = {0};
  size_t before = resident_bytes(), held = 0;
  for (int round = 0; round < 3; round++) {  // the allocator learns from the first ones
    for (int i = 0; i < LARGE; i++) {
      player_make(&large[i], service, 20, 1);
      assert_true(player_reset(&large[i], NULL));
    }
    if (round > 0) player_close(&one);
    player_make(&one, service, 1, 1);
    assert_true(player_reset(&one, NULL));
    held = hft_service_memory_used(service);
    for (int i = 0; i < LARGE; i++) player_close(&large[i]);
  }
  assert_true(held > (size_t)4 << 20);
  assert_true(resident_bytes() < before + held / 4);
  assert_int_equal(hft_service_env_count(service), 1);
  for (int i = 0; i < LARGE; i++) player_free(&large[i]);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(closed_sessions_give_their_memory_back),  // before others have left some of theirs
      TEST(says_hello),
      TEST(the_spec_describes_the_buffers),
      TEST(the_spec_tells_what_numbers_mean),
      TEST(the_specs_config_makes_the_same_session),
      TEST(a_config_comes_by_name_text_or_overrides),
      TEST(episodes_end_and_the_next_begin),
      TEST(results_follow_from_the_seed_alone),
      TEST(results_do_not_depend_on_threads),
      TEST(sessions_do_not_touch_each_other),
      TEST(a_reset_without_seed_begins_with_that_of_make),
      TEST(a_mask_resets_some),
      TEST(a_retry_returns_the_same_reply_and_does_nothing),
      TEST(a_reset_is_retried_too),
      TEST(stale_ids_are_refused),
      TEST(a_refused_step_changes_nothing),
      TEST(idle_sessions_expire),
      TEST(close_frees_the_envs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
