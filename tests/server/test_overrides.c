// A reset with overrides over the protocol: it runs as a session made with these overrides, a wrong
// one changes nothing, and other clients do not wait for its compile.
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "tests/server/player.h"
#include "tests/support/check.h"
#include "tests/support/server_world.h"

#define U(value) UINT64_C(value)
#define ENVS 3
#define SEED 11
#define VOLATILITY "market_config.volatility"

static hft_service *service;
static test_player one, two;

static void start(int threads, size_t memory_max) {
  hft_service_config config = world_service_config(threads);
  if (memory_max > 0) config.memory_max = memory_max;
  assert_int_equal(hft_service_create(&config, &service, NULL), HFT_OK);
}

static int tear_down(void **state) {
  (void)state;
  hft_service_free(service);
  service = NULL;
  player_free(&one);
  player_free(&two);
  world_on_read = NULL;
  return 0;
}

// A session whose `make` has an override, or none (path null), and a text as its config, or none.
static void make(test_player *player, const char *path, double value, const char *text) {
  player_make(player, service, ENVS, SEED);  // for its buffers
  player_close(player);
  if (path != NULL) {
    message_pack(&player->request, "{5 su ss su su s{1 sf", "id", ++player->id, "kind", "make",
                 "num_envs", U(ENVS), "seed", U(SEED), "overrides", path, value);
  } else {
    message_pack(&player->request, "{4 su ss su su", "id", ++player->id, "kind", "make", "num_envs",
                 U(ENVS), "seed", U(SEED));
  }
  size_t size = text != NULL ? strlen(text) : 0;
  if (!player_send(player, player->id, text, size)) fail_msg("%s: %s", player->where, player->text);
  msgpack_unpacked header;
  message_read(player->reply.frame[0].data, player->reply.frame[0].size, &header);
  message_text(&header.data, "session", player->token, sizeof player->token);
  msgpack_unpacked_destroy(&header);
}

static bool reset_with(test_player *player, const char *path, double value) {
  message_pack(&player->request, "{5 su ss ss su s{1 sf", "id", ++player->id, "kind", "reset",
               "session", player->token, "seed", U(SEED), "overrides", path, value);
  return player_send(player, player->id, NULL, 0);
}

static bool reset_with_none(test_player *player) {
  message_pack(&player->request, "{5 su ss ss su s{0", "id", ++player->id, "kind", "reset",
               "session", player->token, "seed", U(SEED), "overrides");
  return player_send(player, player->id, NULL, 0);
}

#define STEPS 12  // of episodes of 5

// Ids differ, and actions follow from them: both sessions get the same ones.
static void play(test_player *player, uint64_t hash[STEPS + 1]) {
  player->id = 1000 * (player->id / 1000 + 1);
  hash[0] = player_hash(player);
  for (int step = 1; step <= STEPS; step++) {
    uint64_t id = ++player->id;
    for (size_t i = 0; i < player->actions_size / sizeof(float); i++) {
      player->actions[i] = (float)((i * 7 + (size_t)step * 13) % 21) / 10.0F - 1.0F;
    }
    message_pack(&player->request, "{3 su ss ss", "id", id, "kind", "step", "session",
                 player->token);
    assert_true(player_send(player, id, player->actions, player->actions_size));
    hash[step] = player_hash(player);
  }
}

static void a_reset_runs_as_a_make(void **state) {
  (void)state;
  for (int threads = 1; threads <= 2; threads++) {
    uint64_t plain[STEPS + 1], expected[STEPS + 1], got[STEPS + 1];
    start(threads, 0);
    make(&one, NULL, 0, NULL);
    assert_true(reset_with_none(&one));
    play(&one, plain);
    // A larger volatility would have another scale of observations where it is made so.
    make(&two, VOLATILITY, 0.012, NULL);
    assert_true(player_reset(&two, &(uint64_t){SEED}));
    play(&two, expected);
    assert_true(memcmp(plain, expected, sizeof plain) != 0);
    for (int times = 0; times < 2; times++) {  // compiled, then found
      assert_true(reset_with(&one, VOLATILITY, 0.012));
      play(&one, got);
      assert_memory_equal(got, expected, sizeof got);
    }
    assert_true(player_reset(&one, &(uint64_t){SEED}));  // they hold
    play(&one, got);
    assert_memory_equal(got, expected, sizeof got);
    assert_true(reset_with_none(&one));
    play(&one, got);
    assert_memory_equal(got, plain, sizeof got);
    tear_down(NULL);
  }
}

// Rows of other envs stay.
static void some_envs_have_overrides(void **state) {
  (void)state;
  start(1, 0);
  make(&one, NULL, 0, NULL);
  make(&two, NULL, 0, NULL);
  const int32_t envs[] = {2, 0};
  assert_true(reset_with_none(&one));
  message_pack(&one.request, "{6 su ss ss su sb s{1 sf", "id", ++one.id, "kind", "reset", "session",
               one.token, "seed", U(SEED), "envs", 1, "overrides", VOLATILITY, 0.2);
  assert_true(player_send(&one, one.id, envs, sizeof envs));
  assert_true(reset_with(&two, VOLATILITY, 0.2));
  uint64_t a[STEPS + 1], b[STEPS + 1];
  play(&one, a);
  play(&two, b);
  assert_true(memcmp(a, b, sizeof a) != 0);  // env 1 differs
  message_pack(&one.request, "{5 su ss ss sb s{1 sf", "id", ++one.id, "kind", "reset", "session",
               one.token, "mask", 1, "overrides", VOLATILITY, 0.2);
  const uint8_t mask[ENVS] = {0, 1, 0};
  assert_true(player_send(&one, one.id, mask, sizeof mask));
  assert_true(player_reset(&one, &(uint64_t){SEED}));
  play(&one, a);
  assert_true(player_reset(&two, &(uint64_t){SEED}));
  play(&two, b);
  assert_memory_equal(a, b, sizeof a);
}

static void refused_overrides_change_nothing(void **state) {
  (void)state;
  static const struct {
    const char *path;
    double value;
  } cases[] = {
      {"market_config.volatilty", 1},
      {VOLATILITY, -1},
      {VOLATILITY, 1e300},
      {"seats[0].count", 2},
      {"seats[4].quote_qty", 2},
      {"env_config.depth", 7},
      {"market_config.instruments", 2},
      {"market_config.window_ticks", 2048},
      {"env_config.warmup_s", 86400},
      {"populations.0.open_orders_max", 1000000},
      {"randomise.0.low", 1},
      {"", 1},
  };
  start(1, 0);
  make(&one, NULL, 0, NULL);
  make(&two, NULL, 0, NULL);
  assert_true(reset_with(&one, VOLATILITY, 0.05));
  assert_true(reset_with(&two, VOLATILITY, 0.05));
  size_t used = hft_service_memory_used(service);
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    uint64_t a[STEPS + 1], b[STEPS + 1];
    assert_false(reset_with(&one, cases[k].path, cases[k].value));
    assert_string_equal(one.code, "config");
    if (strcmp(cases[k].path, "env_config.warmup_s") != 0) {
      assert_string_equal(one.where, cases[k].path);
    }
    assert_true(hft_service_memory_used(service) == used);
    one.reply = two.reply = (hft_reply){0};  // their frames are gone
    play(&one, a);
    play(&two, b);
    assert_memory_equal(a, b, sizeof a);
  }
  // With a mask, too, which a later reset of all must not find.
  const uint8_t mask[ENVS] = {1, 0, 0};
  message_pack(&one.request, "{5 su ss ss sb s{1 sf", "id", ++one.id, "kind", "reset", "session",
               one.token, "mask", 1, "overrides", "seats[0].count", 2.0);
  assert_false(player_send(&one, one.id, mask, sizeof mask));
  player_assert_error(&one, "config", "seats[0].count");
  assert_true(player_reset(&one, &(uint64_t){3}));
  assert_true(player_reset(&two, &(uint64_t){3}));
  assert_true(player_hash(&one) == player_hash(&two));
}

static void the_memory_of_overrides_counts(void **state) {
  (void)state;
  start(1, 0);
  make(&one, NULL, 0, NULL);
  size_t used = hft_service_memory_used(service);
  assert_true(reset_with(&one, VOLATILITY, 0.05));
  size_t model = hft_service_memory_used(service) - used;
  assert_true(model > 50000);
  assert_true(reset_with(&one, VOLATILITY, 0.05));
  assert_true(hft_service_memory_used(service) == used + model);
  player_close(&one);
  size_t empty = hft_service_memory_used(service);
  tear_down(NULL);
  start(1, used - empty + model / 2);
  make(&one, NULL, 0, NULL);
  assert_false(reset_with(&one, VOLATILITY, 0.05));
  player_assert_error(&one, "limit", VOLATILITY);
  assert_true(player_reset(&one, NULL));
}

// The sets that a session holds are bounded; a new one replaces one that no env uses.
static void many_sets(void **state) {
  (void)state;
  start(1, 0);
  make(&one, NULL, 0, NULL);
  size_t most = 0;
  for (int k = 0; k < 3 * HFT_OVERRIDES_MAX; k++) {
    assert_true(reset_with(&one, VOLATILITY, 0.01 + 0.001 * k));
    size_t used = hft_service_memory_used(service);
    assert_true(k <= HFT_OVERRIDES_MAX || used <= most);
    if (used > most) most = used;
  }
}

static void a_retry_gets_the_same_reply(void **state) {
  (void)state;
  start(1, 0);
  make(&one, NULL, 0, NULL);
  assert_true(reset_with(&one, VOLATILITY, 0.05));
  uint64_t hash = player_hash(&one);
  assert_true(player_send(&one, one.id, NULL, 0));
  assert_true(player_hash(&one) == hash);
}

static void a_list_draws_over_the_protocol(void **state) {
  (void)state;
  static const char list[] =
      "env_config: {variants: 9}\n"
      "randomise: [{kind: uniform, key: market_config.volatility, low: 0.01, high: 0.2}]\n";
  start(2, 0);
  make(&one, NULL, 0, list);
  msgpack_unpacked spec;
  message_read(one.reply.frame[1].data, one.reply.frame[1].size, &spec);
  const msgpack_object *names = message_get(&spec.data, "drawn_names");
  assert_int_equal(names->via.array.size, 1);
  assert_memory_equal(names->via.array.ptr[0].via.str.ptr, VOLATILITY, strlen(VOLATILITY));
  assert_int_equal(message_get(&spec.data, "drawn_low")->via.array.size, 1);
  msgpack_unpacked_destroy(&spec);
  assert_true(reset_with_none(&one));
  uint64_t drawn = player_hash(&one);
  assert_true(reset_with(&one, VOLATILITY, 0.3));
  assert_true(player_hash(&one) != drawn);
  assert_true(reset_with_none(&one));
  assert_true(player_hash(&one) == drawn);
}

// ---- the compile -------------------------------------------------------------------------------

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_open;
static int waiting;
static hft_status verdict;

static hft_status wait_at_gate(void) {
  pthread_mutex_lock(&lock);
  waiting++;
  pthread_cond_broadcast(&changed);
  while (!is_open) pthread_cond_wait(&changed, &lock);
  waiting--;
  hft_status status = verdict;
  pthread_mutex_unlock(&lock);
  return status;
}

static void set_gate(bool open, hft_status status) {
  pthread_mutex_lock(&lock);
  is_open = open;
  verdict = status;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void await_reader(void) {
  pthread_mutex_lock(&lock);
  while (waiting == 0) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
}

static const char reads[] = "populations: [{kind: noise}, {kind: reader, file: somewhere}]\n";

// Hands in a reset with overrides, and waits until its config is being compiled.
static void ask_long_reset(void) {
  set_gate(false, HFT_OK);
  message_pack(&one.request, "{4 su ss ss s{1 sf", "id", ++one.id, "kind", "reset", "session",
               one.token, "overrides", VOLATILITY, 0.05);
  const hft_frame frame = message_frame(&one.request);
  const hft_peer peer = {.connection = 9, .size = 1, .id = {9}};
  assert_false(hft_service_handle(service, &peer, &frame, 1, 0, &one.reply));
  await_reader();
}

static void finish_long_reset(void) {
  while (!hft_service_work(service, 0, &one.reply)) continue;
  assert_int_equal(one.reply.peer->id[0], 9);
}

static void others_do_not_wait(void **state) {
  (void)state;
  world_on_read = wait_at_gate;
  set_gate(true, HFT_OK);
  start(1, 0);
  make(&one, NULL, 0, reads);
  player_make(&two, service, 2, 3);
  assert_true(player_reset(&two, NULL));
  for (int fails = 0; fails < 2; fails++) {
    ask_long_reset();
    for (int step = 0; step < 8; step++) assert_true(player_step(&two, 0));
    hft_reply none;
    for (int k = 0; k < 3; k++) assert_false(hft_service_work(service, 0, &none));
    set_gate(true, fails ? HFT_ECONFIG : HFT_OK);
    finish_long_reset();
    assert_true(player_read(&one, one.id) == (fails == 0));
    if (fails) assert_string_equal(one.code, "config");
    set_gate(true, HFT_OK);
    assert_true(reset_with_none(&one));
    if (fails == 0) {  // let go of the set: another one is compiled anew
      for (int k = 0; k < HFT_OVERRIDES_MAX; k++) {
        assert_true(reset_with(&one, VOLATILITY, 0.1 + 0.001 * k));
      }
      assert_true(reset_with_none(&one));
    }
  }
}

static void *open_later(void *unused) {
  (void)unused;
  set_gate(true, HFT_OK);
  return NULL;
}

// A service that ends while a reset compiles gives it up, and waits for the thread.
static void an_end_meanwhile(void **state) {
  (void)state;
  world_on_read = wait_at_gate;
  set_gate(true, HFT_OK);
  start(1, 0);
  make(&one, NULL, 0, reads);
  ask_long_reset();
  hft_service_stop(service, 0);
  hft_reply reply;
  while (!hft_service_work(service, 1, &reply)) continue;
  assert_int_equal(reply.code, HFT_WIRE_STOPPING);
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, open_later, NULL), 0);
  hft_service_free(service);
  service = NULL;
  pthread_join(thread, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(a_reset_runs_as_a_make, tear_down),
      cmocka_unit_test_teardown(some_envs_have_overrides, tear_down),
      cmocka_unit_test_teardown(refused_overrides_change_nothing, tear_down),
      cmocka_unit_test_teardown(the_memory_of_overrides_counts, tear_down),
      cmocka_unit_test_teardown(many_sets, tear_down),
      cmocka_unit_test_teardown(a_retry_gets_the_same_reply, tear_down),
      cmocka_unit_test_teardown(a_list_draws_over_the_protocol, tear_down),
      cmocka_unit_test_teardown(others_do_not_wait, tear_down),
      cmocka_unit_test_teardown(an_end_meanwhile, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
