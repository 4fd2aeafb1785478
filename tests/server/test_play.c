// Single envs over the protocol, against single envs that are stepped alone: steps, sends and
// receipts, seeds, manual resets, saves and forks, each done once however often it is requested.
#include <stdlib.h>
#include <string.h>

#include "sim/pool/pool.h"
#include "tests/server/player.h"
#include "tests/support/check.h"
#include "tests/support/server_world.h"

#define U(value) UINT64_C(value)
#define ENVS 6
#define EPISODE 5  // steps, of the config "small"
#define SEED 40

// What the server's envs must be: each alone in a pool of its own.
static struct {
  hft_env_model *model;
  hft_pool *pool[ENVS];
  int steps[ENVS];
} alone;

static hft_service *service;
static test_player player;
static char packed[1 << 16];  // actions
static size_t packed_size;

static void make_alone(hft_autoreset autoreset) {
  hft_service_config world = world_service_config(1);
  hft_config *config;
  assert_int_equal(world_load_config(NULL, NULL, NULL, 0, &config, NULL), HFT_OK);
  assert_int_equal(
      hft_env_model_create(config, world.classes, world.class_count, &alone.model, NULL), HFT_OK);
  hft_config_free(config);
  for (int i = 0; i < ENVS; i++) {
    hft_pool_config pool = {1, 1, hft_world_seed(SEED, (uint64_t)i), autoreset};
    assert_int_equal(hft_pool_create(alone.model, &pool, &alone.pool[i], NULL), HFT_OK);
    alone.steps[i] = 0;
  }
}

static void make(int thread_count, hft_autoreset autoreset) {
  hft_service_config config = world_service_config(thread_count);
  assert_int_equal(hft_service_create(&config, &service, NULL), HFT_OK);
  player_make(&player, service, ENVS, 0);  // for its buffers; the session below plays
  message_pack(&player.request, "{6 su ss ss su su ss", "id", ++player.id, "kind", "make", "config",
               "small", "num_envs", U(ENVS), "seed", U(SEED), "autoreset",
               hft_autoreset_name(autoreset));
  assert_true(player_send(&player, player.id, NULL, 0));
  msgpack_unpacked header;
  message_read(player.reply.frame[0].data, player.reply.frame[0].size, &header);
  message_text(&header.data, "session", player.token, sizeof player.token);
  msgpack_unpacked_destroy(&header);
  make_alone(autoreset);
}

static int tear_down(void **state) {
  (void)state;
  for (int i = 0; i < ENVS; i++) {
    hft_pool_free(alone.pool[i]);
    alone.pool[i] = NULL;
  }
  if (alone.model != NULL) hft_env_model_free(alone.model);
  alone.model = NULL;
  player_free(&player);
  hft_service_free(service);
  service = NULL;
  return 0;
}

// ---- requests ----------------------------------------------------------------------------------
static bool ask(const char *kind, const hft_frame *buffers, int count) {
  hft_frame frames[4];
  message_pack(&player.request, "{4 su ss ss sb", "id", ++player.id, "kind", kind, "session",
               player.token, "envs", 1);
  frames[0] = message_frame(&player.request);
  for (int i = 0; i < count; i++) frames[1 + i] = buffers[i];
  return player_send_frames(&player, player.id, frames, 1 + count);
}

static bool ask_fork(uint64_t from, const int32_t *to, size_t count) {
  message_pack(&player.request, "{5 su ss ss su sb", "id", ++player.id, "kind", "fork", "session",
               player.token, "from", from, "envs", 1);
  return player_send(&player, player.id, to, count * sizeof *to);
}

static bool ask_number(const char *kind, const char *key, uint64_t value) {
  message_pack(&player.request, "{4 su ss ss su", "id", ++player.id, "kind", kind, "session",
               player.token, key, value);
  return player_send(&player, player.id, NULL, 0);
}

static bool ask_numbers(const char *kind, const char *key, uint64_t value, const char *other_key,
                        uint64_t other) {
  message_pack(&player.request, "{5 su ss ss su su", "id", ++player.id, "kind", kind, "session",
               player.token, key, value, other_key, other);
  return player_send(&player, player.id, NULL, 0);
}

static uint64_t told(const char *key) {
  msgpack_unpacked header;
  message_read(player.reply.frame[0].data, player.reply.frame[0].size, &header);
  uint64_t value = message_uint(&header.data, key);
  msgpack_unpacked_destroy(&header);
  return value;
}

static bool reset_all(void) {
  for (int i = 0; i < ENVS; i++) hft_pool_reset(alone.pool[i], NULL, NULL);
  return player_reset(&player, NULL);
}

// The action of an env's next step, for itself and into the buffer of a request.
static size_t align(size_t size) {
  return (size + 63) / 64 * 64;
}

static void set_actions(const int32_t *envs, int count) {
  const hft_layout *layout = hft_pool_actions_layout(alone.pool[0]);
  size_t at = 0;
  for (int a = 0; a < layout->count; a++) {
    const hft_array *array = &layout->array[a];
    size_t numbers = array->row_bytes / sizeof(float);
    for (int k = 0; k < count; k++) {
      float *action =
          (float *)(void *)((char *)hft_pool_actions(alone.pool[envs[k]]) + array->offset);
      for (size_t n = 0; n < numbers; n++) {
        int draw = (envs[k] * 31 + alone.steps[envs[k]] * 17 + (int)n * 5 + a * 3) % 21;
        action[n] = (float)draw / 10.0F - 1.0F;
      }
      memcpy(packed + at + (size_t)k * array->row_bytes, action, array->row_bytes);
    }
    at += align((size_t)count * array->row_bytes);
  }
  packed_size = at;
}

static bool move(const char *kind, const int32_t *envs, int count) {
  set_actions(envs, count);
  const hft_frame frames[] = {{envs, (size_t)count * sizeof *envs}, {packed, packed_size}};
  return ask(kind, frames, 2);
}

static void step_alone(const int32_t *envs, int count) {
  for (int k = 0; k < count; k++) {
    hft_pool_step(alone.pool[envs[k]]);
    alone.steps[envs[k]]++;
  }
}

// ---- comparisons -------------------------------------------------------------------------------
// A frame must be the rows that single envs have, in this order.
static void check_packed(const hft_frame *frame, const hft_layout *layout, const int32_t *envs,
                         int count, const void *(*slab)(const hft_pool *)) {
  size_t at = 0;
  for (int a = 0; a < layout->count; a++) {
    const hft_array *array = &layout->array[a];
    for (int k = 0; k < count; k++) {
      const char *row = (const char *)slab(alone.pool[envs[k]]) + array->offset;
      if (strcmp(array->name, "env") == 0) row = (const char *)&envs[k];
      assert_memory_equal((const char *)frame->data + at, row, array->row_bytes);
      at += array->row_bytes;
    }
    at = align(at);
  }
  assert_int_equal(frame->size, at);
}

// The reply's frames from `first` on must be the results of these envs, and the finals of those
// that have just ended.
static int check_rows(int first, const int32_t *envs, int count) {
  int32_t ended[ENVS];
  int ended_count = 0;
  for (int k = 0; k < count; k++) {
    if (hft_pool_ended_count(alone.pool[envs[k]]) > 0) ended[ended_count++] = envs[k];
  }
  const hft_layout *layout = hft_pool_results_layout(alone.pool[0]);
  check_packed(&player.reply.frame[first], layout, envs, count, hft_pool_results);
  assert_int_equal(player.reply.frame_count, first + 1 + (ended_count > 0));
  if (ended_count == 0) return 0;
  hft_layout finals;
  hft_pool_finals_layout(alone.pool[0], 1, &finals);
  check_packed(&player.reply.frame[first + 1], &finals, ended, ended_count, hft_pool_finals);
  return ended_count;
}

// The same request again has the same bytes in its reply.
static void ask_again(const hft_frame *buffers, int count) {
  uint64_t hash = player_hash(&player);
  hft_frame frames[4] = {message_frame(&player.request)};
  for (int i = 0; i < count; i++) frames[1 + i] = buffers[i];
  for (int again = 0; again < 2; again++) {
    assert_true(player_send_frames(&player, player.id, frames, 1 + count));
    assert_true(player_hash(&player) == hash);
  }
}

static const int32_t all[ENVS] = {0, 1, 2, 3, 4, 5};

// ---- tests -------------------------------------------------------------------------------------
static void steps_of_some(void **state) {
  (void)state;
  static const int32_t lists[][4] = {{4, 1, 3, 0}, {5, 2, 4, 1}, {0, 3, 5, 4}};
  int ended = 0;
  uint64_t stepped = 0;
  make(3, HFT_AUTORESET_SAME_STEP);
  assert_true(reset_all());
  for (int step = 0; step < 6 * EPISODE; step++) {
    const int32_t *envs = lists[step % 3];
    int count = 1 + step % 4;
    assert_true(move("step", envs, count));
    step_alone(envs, count);
    int now = check_rows(1, envs, count);
    assert_int_equal(told("ended"), now);
    ended += now;
    ask_again(NULL, 0);
    stepped += (uint64_t)count;
    assert_true(hft_service_step_count(service) == stepped);  // retries count for nothing
  }
  assert_true(ended > 5);
}

static void packed_for_all_is_the_whole(void **state) {
  (void)state;
  make(1, HFT_AUTORESET_SAME_STEP);
  assert_true(reset_all());
  for (int step = 0; step < EPISODE; step++) {
    set_actions(all, ENVS);
    message_pack(&player.request, "{3 su ss ss", "id", ++player.id, "kind", "step", "session",
                 player.token);
    assert_true(player_send(&player, player.id, packed, packed_size));
    step_alone(all, ENVS);
    check_rows(1, all, ENVS);
  }
  assert_true(hft_service_step_count(service) == (uint64_t)EPISODE * ENVS);
}

static void sends_and_receipts(void **state) {
  (void)state;
  for (int threads = 1; threads <= 3; threads += 2) {
    make(threads, HFT_AUTORESET_SAME_STEP);
    assert_true(reset_all());
    int ended = 0, received = 0;
    assert_true(move("send", all, ENVS));
    step_alone(all, ENVS);
    assert_int_equal(player.reply.frame_count, 1);
    ask_again(NULL, 0);
    while (received < 100) {
      assert_true(ask_numbers("recv", "least", 2, "room", 3));
      size_t count = player.reply.frame[1].size / sizeof(int32_t);
      assert_in_range(count, 2, 3);
      int32_t envs[ENVS];
      memcpy(envs, player.reply.frame[1].data, count * sizeof *envs);
      int now = check_rows(2, envs, (int)count);
      assert_int_equal(told("ended"), now);
      ended += now;
      received += (int)count;
      ask_again(NULL, 0);
      assert_true(hft_service_step_count(service) == (uint64_t)received);
      assert_true(move("send", envs, (int)count));
      step_alone(envs, (int)count);
      ask_again(NULL, 0);
    }
    assert_true(ended > 10);
    tear_down(NULL);
  }
}

static void seeds_of_each(void **state) {
  (void)state;
  static const uint64_t seeds[ENVS] = {7, UINT64_MAX, 7, 0, 123456789012345, 3};
  static const uint8_t mask[ENVS] = {0, 1, 0, 1, 1, 0};
  static const int32_t some[] = {4, 0, 2};
  make(2, HFT_AUTORESET_SAME_STEP);
  hft_frame frames[4] = {{0}, {seeds, sizeof seeds}};
  message_pack(&player.request, "{4 su ss ss sb", "id", ++player.id, "kind", "reset", "session",
               player.token, "seeds", 1);
  frames[0] = message_frame(&player.request);
  assert_true(player_send_frames(&player, player.id, frames, 2));
  for (int i = 0; i < ENVS; i++) hft_pool_reset(alone.pool[i], &seeds[i], NULL);
  check_rows(1, all, ENVS);
  ask_again(frames + 1, 1);
  // The masked ones go back to these seeds, the others stay.
  assert_true(move("step", all, ENVS));
  step_alone(all, ENVS);
  message_pack(&player.request, "{5 su ss ss sb sb", "id", ++player.id, "kind", "reset", "session",
               player.token, "mask", 1, "seeds", 1);
  frames[0] = message_frame(&player.request);
  frames[1] = (hft_frame){mask, sizeof mask};
  frames[2] = (hft_frame){seeds, sizeof seeds};
  assert_true(player_send_frames(&player, player.id, frames, 3));
  for (int i = 0; i < ENVS; i++) {
    if (mask[i]) hft_pool_reset(alone.pool[i], &seeds[i], NULL);
  }
  check_rows(1, all, ENVS);
  // By index: seeds[k] is that of envs[k].
  message_pack(&player.request, "{5 su ss ss sb sb", "id", ++player.id, "kind", "reset", "session",
               player.token, "envs", 1, "seeds", 1);
  frames[0] = message_frame(&player.request);
  frames[1] = (hft_frame){some, sizeof some};
  frames[2] = (hft_frame){seeds, 3 * sizeof *seeds};
  assert_true(player_send_frames(&player, player.id, frames, 3));
  for (int k = 0; k < 3; k++) hft_pool_reset(alone.pool[some[k]], &seeds[k], NULL);
  check_rows(1, some, 3);
  ask_again(frames + 1, 2);
}

static void manual_resets(void **state) {
  (void)state;
  static const int32_t some[] = {5, 2};
  make(2, HFT_AUTORESET_MANUAL);
  assert_true(reset_all());
  for (int step = 0; step < EPISODE + 2; step++) {
    assert_true(move("step", all, ENVS));
    step_alone(all, ENVS);
    assert_int_equal(check_rows(1, all, ENVS), step + 1 == EPISODE ? ENVS : 0);
  }
  // While one is under way, others are reset.
  assert_true(move("send", all, 1));
  step_alone(all, 1);
  const hft_frame frame = {some, sizeof some};
  assert_true(ask("reset", &frame, 1));
  for (int k = 0; k < 2; k++) hft_pool_reset(alone.pool[some[k]], NULL, NULL);
  check_rows(1, some, 2);
  assert_true(move("step", all, ENVS) == false);
  player_assert_error(&player, "under_way", "session");
  assert_true(ask_number("recv", "least", 1));
  check_rows(2, all, 1);
  assert_true(move("step", some, 2));
  step_alone(some, 2);
  check_rows(1, some, 2);
}

// Copies a single env over another, as the server is asked to.
static void copy_alone(int from, int to) {
  size_t size = hft_pool_env_bytes(alone.pool[from]);
  void *save = malloc(size);
  assert_non_null(save);
  assert_int_equal(hft_pool_save(alone.pool[from], 0, save, size, NULL), HFT_OK);
  assert_int_equal(hft_pool_load(alone.pool[to], 0, save, size, NULL), HFT_OK);
  alone.steps[to] = alone.steps[from];
  free(save);
}

static void saves_and_forks(void **state) {
  (void)state;
  static const int32_t two[] = {3}, moved[] = {1, 3, 4};
  make(2, HFT_AUTORESET_SAME_STEP);
  assert_true(reset_all());
  assert_true(move("step", moved, 3));
  step_alone(moved, 3);
  assert_true(ask_number("save", "env", 1));
  assert_int_equal(told("save"), 1);
  ask_again(NULL, 0);
  assert_int_equal(told("save"), 1);  // and there is no second one
  copy_alone(1, 2);                   // env 2 alone keeps it
  assert_true(move("step", moved, 3));
  step_alone(moved, 3);
  assert_true(ask_numbers("fork", "from", 1, "to", 3));
  copy_alone(1, 3);
  check_rows(1, two, 1);
  ask_again(NULL, 0);
  static const int32_t several[] = {4, 0, 3};
  assert_true(move("step", moved, 3));
  step_alone(moved, 3);
  assert_true(ask_fork(1, several, 3));
  for (int k = 0; k < 3; k++) copy_alone(1, several[k]);
  check_rows(1, several, 3);
  assert_true(ask_numbers("load", "env", 5, "save", 1));
  copy_alone(2, 5);
  check_rows(1, (const int32_t[]){5}, 1);
  assert_true(ask_numbers("load", "env", 2, "save", 1));
  check_rows(1, (const int32_t[]){2}, 1);
  for (int step = 0; step < 2 * EPISODE; step++) {
    assert_true(move("step", all, ENVS));
    step_alone(all, ENVS);
    check_rows(1, all, ENVS);
  }
  assert_true(ask_number("drop", "save", 1));
  ask_again(NULL, 0);
  assert_false(ask_numbers("load", "env", 5, "save", 1));
  player_assert_error(&player, "unknown_save", "save");
  assert_true(ask_number("save", "env", 0));
  assert_int_equal(told("save"), 2);  // no handle comes back
}

static void saves_count_as_memory(void **state) {
  (void)state;
  make(1, HFT_AUTORESET_SAME_STEP);
  hft_service_config config = world_service_config(1);
  size_t size = hft_pool_env_bytes(alone.pool[0]);
  assert_true(reset_all());
  uint64_t most = config.memory_max / size, saves = 0;
  while (ask_number("save", "env", 0)) saves++;
  player_assert_error(&player, "limit", "save");
  assert_true(saves >= 1 && saves <= most);
  assert_false(ask_number("save", "env", 1));
  assert_true(ask_number("drop", "save", 1 + saves / 2));
  assert_true(ask_number("save", "env", 1));
  assert_false(ask_number("save", "env", 1));
  // All of it comes back with the session.
  player_close(&player);
  player_make(&player, service, ENVS, 1);
  assert_true(player_reset(&player, NULL));
  for (uint64_t i = 0; i < saves; i++) assert_true(ask_number("save", "env", 0));
}

static void refused(const char *code, const char *where, bool done) {
  assert_false(done);
  player_assert_error(&player, code, where);
}

static void refuse_lists(void) {
  static const int32_t low[] = {0, -1}, high[] = {ENVS}, twice[] = {3, 2, 3};
  static const int32_t many[ENVS + 1] = {0};
  const char *const kinds[] = {"step", "send"};
  for (int i = 0; i < 2; i++) {
    hft_frame frames[3] = {{low, sizeof low}, {packed, packed_size}, {packed, 1}};
    refused("bad_field", "envs", ask(kinds[i], frames, 2));
    frames[0] = (hft_frame){high, sizeof high};
    refused("bad_field", "envs", ask(kinds[i], frames, 2));
    frames[0] = (hft_frame){twice, sizeof twice};
    refused("bad_field", "envs", ask(kinds[i], frames, 2));
    frames[0] = (hft_frame){many, sizeof many};
    refused("bad_buffer", "envs", ask(kinds[i], frames, 2));
    frames[0] = (hft_frame){all, 7};
    refused("bad_buffer", "envs", ask(kinds[i], frames, 2));
    frames[0] = (hft_frame){all, 0};
    refused("bad_buffer", "envs", ask(kinds[i], frames, 2));
    refused("bad_buffer", "envs", ask(kinds[i], frames, 0));
    frames[0] = (hft_frame){all, sizeof all};
    refused("bad_buffer", "actions", ask(kinds[i], frames, 1));
    refused("bad_buffer", "actions", ask(kinds[i], frames, 3));
    frames[1].size--;
    refused("bad_buffer", "actions", ask(kinds[i], frames, 2));
  }
  const hft_frame reset[3] = {{low, sizeof low}, {packed, 8}, {packed, 8}};
  refused("bad_field", "envs", ask("reset", reset, 1));
  refused("bad_buffer", "envs", ask("reset", reset, 3));
}

static void refuse_numbers(void) {
  refused("bad_field", "least", ask_number("recv", "least", 1));  // none is under way
  refused("bad_field", "least", ask_number("recv", "least", 0));
  refused("bad_field", "least", ask_number("recv", "least", UINT64_MAX));
  refused("bad_field", "env", ask_number("save", "env", ENVS));
  refused("bad_field", "env", ask_number("save", "env", UINT64_MAX));
  refused("bad_field", "env", ask_number("save", "other", 1));
  refused("bad_field", "env", ask_numbers("load", "env", U(1) << 32, "save", 1));
  refused("unknown_save", "save", ask_numbers("load", "env", 1, "save", 1));
  refused("unknown_save", "save", ask_number("drop", "save", UINT64_MAX));
  refused("bad_field", "from", ask_numbers("fork", "from", ENVS, "to", 1));
  refused("bad_field", "to", ask_numbers("fork", "from", 1, "to", ENVS));
  refused("bad_field", "to", ask_numbers("fork", "from", 1, "to", 1));
  refused("bad_field", "to", ask_number("fork", "from", 1));
  static const int32_t wrong[][3] = {{0, 1, 2}, {0, 2, 0}, {0, ENVS, 2}, {0, -1, 2}};
  for (int i = 0; i < 4; i++) refused("bad_field", "envs", ask_fork(1, wrong[i], 3));
  refused("bad_field", "from", ask_fork(ENVS, wrong[0], 1));
  refused("bad_buffer", "envs", ask_fork(1, wrong[0], 0));
  refused("bad_field", "from", ask("fork", (const hft_frame[]){{wrong, 4}}, 1));
}

static void refusals_change_nothing(void **state) {
  (void)state;
  make(2, HFT_AUTORESET_SAME_STEP);
  static const int32_t some[] = {2, 5};
  refused("not_reset", "envs", move("step", some, 2));
  refused("not_reset", "env", ask_number("save", "env", 1));
  refused("not_reset", "env", ask_numbers("fork", "from", 1, "to", 2));
  refused("not_reset", "env", ask_fork(1, some, 2));
  assert_true(reset_all());
  assert_true(move("step", some, 2));
  step_alone(some, 2);
  uint64_t id = player.id, hash = player_hash(&player);
  set_actions(all, ENVS);
  refuse_lists();
  refuse_numbers();
  const float bad = __builtin_inff();
  memcpy(packed, &bad, sizeof bad);
  const hft_frame frames[] = {{all, sizeof all}, {packed, packed_size}};
  refused("bad_action", "action/maker[0, 0, 0]", ask("step", frames, 2));
  refused("bad_action", "action/maker[0, 0, 0]", ask("send", frames, 2));
  // The step before is still the last request, and its reply stands.
  message_pack(&player.request, "{3 su ss ss", "id", id, "kind", "step", "session", player.token);
  assert_true(player_send(&player, id, NULL, 0));
  assert_true(player_hash(&player) == hash);
  player.id += 100;
  assert_true(move("step", all, ENVS));
  step_alone(all, ENVS);
  check_rows(1, all, ENVS);
}

static bool reset_with_mask(void) {
  static const uint8_t mask[ENVS] = {0, 1};
  message_pack(&player.request, "{4 su ss ss sb", "id", ++player.id, "kind", "reset", "session",
               player.token, "mask", 1);
  return player_send(&player, player.id, mask, sizeof mask);
}

static void envs_under_way_are_left_alone(void **state) {
  (void)state;
  static const int32_t some[] = {0, 3};
  make(3, HFT_AUTORESET_SAME_STEP);
  assert_true(reset_all());
  assert_true(move("send", some, 2));
  step_alone(some, 2);
  const hft_frame frames[] = {{some, sizeof some}, {packed, packed_size}};
  refused("under_way", "envs", ask("send", frames, 2));
  refused("under_way", "session", ask("step", frames, 2));
  refused("under_way", "envs", ask("reset", frames, 1));
  refused("under_way", "session", reset_with_mask());
  refused("under_way", "session", player_step(&player, 0));
  refused("under_way", "env", ask_number("save", "env", 3));
  refused("under_way", "to", ask_numbers("fork", "from", 1, "to", 3));
  refused("under_way", "envs", ask_fork(1, (const int32_t[]){2, 3}, 2));
  refused("under_way", "from", ask_fork(0, (const int32_t[]){2, 1}, 2));
  refused("bad_field", "least", ask_number("recv", "least", 3));
  assert_true(ask_number("recv", "least", 2));
  int32_t envs[2];
  memcpy(envs, player.reply.frame[1].data, sizeof envs);
  check_rows(2, envs, 2);
  // A reset of all ends what is under way.
  assert_true(move("send", some, 2));
  step_alone(some, 2);
  assert_true(reset_all());
  check_rows(1, all, ENVS);
  refused("bad_field", "least", ask_number("recv", "least", 1));
  assert_true(move("step", all, ENVS));
  step_alone(all, ENVS);
  check_rows(1, all, ENVS);
  assert_true(move("send", all, ENVS));  // and the session ends meanwhile
  player_close(&player);
}

int main(void) {
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(steps_of_some),
      TEST(packed_for_all_is_the_whole),
      TEST(sends_and_receipts),
      TEST(seeds_of_each),
      TEST(manual_resets),
      TEST(saves_and_forks),
      TEST(saves_count_as_memory),
      TEST(refusals_change_nothing),
      TEST(envs_under_way_are_left_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
