// A `make` whose config takes long to compile: other clients do not wait, and the result is as
// usual.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/server/player.h"
#include "tests/support/check.h"
#include "tests/support/server_world.h"

#define U(value) UINT64_C(value)

static const char reads[] = "populations: [{kind: noise}, {kind: reader, file: somewhere}]\n";

// ---- the gate that compiling waits at ----------------------------------------------------------
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_open;
static int waiting, passed;
static hft_status verdict;

static hft_status wait_at_gate(void) {
  pthread_mutex_lock(&lock);
  waiting++;
  pthread_cond_broadcast(&changed);
  while (!is_open) pthread_cond_wait(&changed, &lock);
  waiting--;
  passed++;
  hft_status status = verdict;
  pthread_mutex_unlock(&lock);
  return status;
}

static void open_gate(hft_status status) {
  pthread_mutex_lock(&lock);
  is_open = true;
  verdict = status;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void await_reader(void) {
  pthread_mutex_lock(&lock);
  while (waiting == 0) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
}

// ---- clients -----------------------------------------------------------------------------------
static hft_service *service;
static test_player client[3];

static int set_up(void **state) {
  (void)state;
  const hft_service_config config = world_service_config(1);
  is_open = false;
  passed = 0;
  world_on_read = wait_at_gate;
  for (int i = 0; i < 3; i++) client[i] = (test_player){0};
  return hft_service_create(&config, &service, NULL) == HFT_OK ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  open_gate(HFT_OK);
  hft_service_free(service);
  for (int i = 0; i < 3; i++) player_free(&client[i]);
  world_on_read = NULL;
  return 0;
}

static hft_peer peer_of(int number) {
  return (hft_peer){.connection = 10 + number, .size = 1, .id = {(uint8_t)number}};
}

// Hands in a `make` of the text, or of the server's own config; true where it is answered at once.
static bool ask_make(int number, const char *text, uint64_t envs) {
  test_player *player = &client[number];
  player->service = service;
  player->id = 1;
  message_pack(&player->request, "{4 su ss su su", "id", U(1), "kind", "make", "num_envs", envs,
               "seed", U(7));
  const hft_frame frames[] = {message_frame(&player->request),
                              {text, text != NULL ? strlen(text) : 0}};
  const hft_peer peer = peer_of(number);
  return hft_service_handle(service, &peer, frames, text != NULL ? 2 : 1, 0, &player->reply);
}

// Works until a reply comes; whose it is.
static int next_reply(hft_time now) {
  hft_reply reply;
  while (!hft_service_work(service, now, &reply)) assert_true(hft_service_unanswered(service) > 0);
  int number = reply.peer->id[0];
  client[number].reply = reply;
  return number;
}

static void read_token(int number) {
  test_player *player = &client[number];
  assert_true(player_read(player, 1));
  msgpack_unpacked header;
  message_read(player->reply.frame[0].data, player->reply.frame[0].size, &header);
  message_text(&header.data, "session", player->token, sizeof player->token);
  msgpack_unpacked_destroy(&header);
}

// A number of turns in which nothing comes of it.
static void assert_still_compiled(void) {
  hft_reply reply;
  for (int i = 0; i < 5; i++) assert_false(hft_service_work(service, 0, &reply));
  assert_int_equal(hft_service_unanswered(service), 1);
}

// ---- tests -------------------------------------------------------------------------------------
static void others_do_not_wait(void **state) {
  (void)state;
  player_make(&client[1], service, 2, 3);
  assert_true(player_reset(&client[1], NULL));
  assert_false(ask_make(0, reads, 2));
  await_reader();
  assert_still_compiled();
  for (int i = 0; i < 20; i++) assert_true(player_step(&client[1], 0));
  message_pack(&client[1].request, "{2 su ss", "id", U(99), "kind", "ping");
  assert_true(player_send(&client[1], 99, NULL, 0));
  assert_int_equal(hft_service_session_count(service), 1);
  // Another `make` has its turn after it.
  assert_false(ask_make(2, NULL, 1));
  hft_reply reply;
  for (int i = 0; i < 5; i++) assert_false(hft_service_work(service, 0, &reply));
  assert_int_equal(hft_service_unanswered(service), 2);
  open_gate(HFT_OK);
  assert_int_equal(next_reply(0), 0);
  read_token(0);
  assert_int_equal(next_reply(0), 2);
  read_token(2);
  assert_int_equal(hft_service_session_count(service), 3);
  assert_int_equal(hft_service_env_count(service), 5);
  assert_int_equal(hft_service_unanswered(service), 0);
  // It steps as any other does.
  client[0].env_count = 2;
  message_pack(&client[0].request, "{3 su ss ss", "id", U(2), "kind", "reset", "session",
               client[0].token);
  client[0].id = 2;
  assert_true(player_send(&client[0], 2, NULL, 0));
  player_close(&client[1]);
}

// A config that names no file is answered as ever: at once.
static void what_reads_nothing_is_made_at_once(void **state) {
  (void)state;
  assert_true(ask_make(0, "populations: [{kind: noise}]\n", 1));
  assert_true(player_read(&client[0], 1));
  assert_int_equal(passed, 0);
}

static void a_refused_config_is_reported(void **state) {
  (void)state;
  assert_false(ask_make(0, reads, 2));
  open_gate(HFT_ECONFIG);
  assert_int_equal(next_reply(0), 0);
  assert_false(player_read(&client[0], 1));
  player_assert_error(&client[0], "config", "populations.1 (reader)");
  assert_int_equal(hft_service_session_count(service), 0);
  assert_int_equal(hft_service_memory_used(service), 0);
  assert_true(ask_make(1, NULL, 1));  // the place is free again
  assert_true(player_read(&client[1], 1));
}

// What limits a `make` is looked at once the model is there.
static void limits_hold(void **state) {
  (void)state;
  assert_true(ask_make(0, reads, 65));
  assert_false(player_read(&client[0], 1));
  player_assert_error(&client[0], "limit", "num_envs");
  hft_service_free(service);
  hft_service_config config = world_service_config(1);
  config.memory_max = 1000;
  assert_int_equal(hft_service_create(&config, &service, NULL), HFT_OK);
  assert_false(ask_make(0, reads, 2));
  open_gate(HFT_OK);
  assert_int_equal(next_reply(0), 0);
  assert_false(player_read(&client[0], 1));
  player_assert_error(&client[0], "limit", "num_envs");
  assert_int_equal(hft_service_memory_used(service), 0);
}

// Whoever has gone meanwhile leaves a session that makes room.
static void a_client_goes(void **state) {
  (void)state;
  assert_false(ask_make(0, reads, 2));
  await_reader();
  hft_service_disconnect(service, 10, 0);
  open_gate(HFT_OK);
  assert_int_equal(next_reply(0), 0);
  assert_int_equal(hft_service_session_count(service), 1);
  assert_int_equal(hft_service_expire(service, HFT_SERVICE_GONE_MAX), 1);
}

// A server that ends waits until its time has come, then answers; and is freed once the config is
// compiled.
static void an_end_does_not_wait(void **state) {
  (void)state;
  assert_false(ask_make(0, reads, 2));
  await_reader();
  assert_false(ask_make(1, NULL, 1));
  hft_service_stop(service, 10);
  assert_int_equal(next_reply(5), 1);
  assert_false(player_read(&client[1], 1));
  player_assert_error(&client[1], "stopping", "server");
  hft_reply reply;
  for (int i = 0; i < 5; i++) assert_false(hft_service_work(service, 9, &reply));
  assert_int_equal(next_reply(10), 0);
  assert_false(player_read(&client[0], 1));
  player_assert_error(&client[0], "stopping", "server");
  assert_int_equal(hft_service_unanswered(service), 0);
  assert_false(hft_service_work(service, 11, &reply));
}

static void a_service_ends_meanwhile(void **state) {
  (void)state;
  assert_false(ask_make(0, reads, 2));
  open_gate(HFT_OK);
  hft_service_free(service);
  assert_int_equal(passed, 1);
  const hft_service_config config = world_service_config(1);
  assert_int_equal(hft_service_create(&config, &service, NULL), HFT_OK);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(others_do_not_wait),
      TEST(what_reads_nothing_is_made_at_once),
      TEST(a_refused_config_is_reported),
      TEST(limits_hold),
      TEST(a_client_goes),
      TEST(an_end_does_not_wait),
      TEST(a_service_ends_meanwhile),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
