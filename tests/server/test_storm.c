// A well-behaved client among hostile ones: with the service alone, and over a socket. Whatever
// they send, its results equal those of a quiet server bit for bit, and in the end all memory is
// returned. Usage: test_storm [FRAMES [SEED]], with the number of hostile frames of each test
// (200000).
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/scan.h"
#include "sim/base/hash.h"
#include "tests/server/dealer.h"
#include "tests/server/message.h"
#include "tests/server/player.h"
#include "tests/server/raw.h"
#include "tests/server/serving.h"
#include "tests/server/storm.h"
#include "tests/support/check.h"
#include "tests/support/server_world.h"

#define ENVS 3
#define BETWEEN 20  // hostile messages between two steps of the client, to the service alone
#define STEPS 20    // from a reset to the next, over a socket
#define STORMS 2
#define RECONNECT 200  // messages

static uint64_t wanted_frames = 200000, seed = 1;

static void report(const char *what, uint64_t frames, uint64_t messages, uint64_t steps) {
  print_message("%s: %llu hostile frames in %llu messages, %llu steps of a client\n", what,
                (unsigned long long)frames, (unsigned long long)messages,
                (unsigned long long)steps);
}

// ---- the service alone -------------------------------------------------------------------------
typedef struct toll {
  uint64_t frames, messages, codes[HFT_WIRE_CODE_COUNT];
} toll;

static void strike(storm *foe, test_player *hostile, toll *sum) {
  storm_next(foe);
  player_ask(hostile, foe->frame, foe->frame_count);
  const hft_reply *reply = &hostile->reply;
  assert_in_range(reply->frame_count, 1, HFT_REPLY_FRAMES_MAX);
  assert_in_range(reply->frame[0].size, 1, HFT_WIRE_HEADER_MAX);
  assert_null(hft_scan(reply->frame[0].data, reply->frame[0].size));
  if (reply->code != HFT_WIRE_OK) assert_int_equal(reply->frame_count, 1);
  if (reply->code == HFT_WIRE_OK) storm_hear(foe, reply->frame, reply->frame_count);
  sum->frames += (uint64_t)foe->frame_count;
  sum->messages++;
  sum->codes[reply->code]++;
}

// Two players make the same steps, one of them on a service in a storm. A millisecond passes with
// each message, so that sessions that the storm has lost expire.
static void the_service_in_a_storm(void **state) {
  (void)state;
  hft_service_config config = world_service_config(1);
  hft_service *quiet, *stormy;
  assert_int_equal(hft_service_create(&config, &quiet, NULL), HFT_OK);
  assert_int_equal(hft_service_create(&config, &stormy, NULL), HFT_OK);
  test_player alone = {0}, among = {0}, hostile = {.service = stormy};
  storm foe;
  storm_begin(&foe, seed);
  player_make(&alone, quiet, ENVS, seed);
  player_make(&among, stormy, ENVS, seed);
  assert_true(player_reset(&alone, &seed) && player_reset(&among, &seed));
  toll sum = {0};
  uint64_t steps = 0;
  for (; sum.frames < wanted_frames; steps++) {
    for (int i = 0; i < BETWEEN; i++) strike(&foe, &hostile, &sum);
    hostile.now += BETWEEN * HFT_MILLISECOND;
    alone.now = among.now = hostile.now;
    assert_true(player_step(&alone, 0));
    assert_true(player_step(&among, 0));
    if (player_hash(&alone) != player_hash(&among)) fail_msg("step %d is another", (int)steps);
  }
  for (int code = 0; code < HFT_WIRE_CODE_COUNT; code++) {
    bool never = code == HFT_WIRE_INTERNAL || code == HFT_WIRE_STOPPING;
    if ((sum.codes[code] == 0) != never) fail_msg("%s", hft_wire_code_name((hft_wire_code)code));
  }
  report("service", sum.frames, sum.messages, steps);
  player_close(&alone);
  player_close(&among);
  hft_service_expire(stormy, hostile.now + config.idle_timeout + 1);
  assert_int_equal(hft_service_session_count(stormy), 0);
  assert_int_equal(hft_service_env_count(stormy), 0);
  assert_int_equal(hft_service_memory_used(stormy), 0);
  hft_service_free(quiet);
  hft_service_free(stormy);
  player_free(&alone);
  player_free(&among);
  player_free(&hostile);
  storm_end(&foe);
}

// ---- over a socket -----------------------------------------------------------------------------
static atomic_bool storm_over;
static _Atomic uint64_t frames_sent, messages_sent;
static atomic_int striker_number;

// Sends a message; false where the socket takes it no more.
static bool send_message(void *socket, const storm *foe) {
  for (int i = 0; i < foe->frame_count; i++) {
    int flags = ZMQ_DONTWAIT | (i + 1 < foe->frame_count ? ZMQ_SNDMORE : 0);
    if (zmq_send(socket, foe->frame[i].data, foe->frame[i].size, flags) < 0) return false;
    atomic_fetch_add(&frames_sent, 1);
  }
  atomic_fetch_add(&messages_sent, 1);
  return true;
}

// Reads a reply where there is one.
static bool hear(void *socket, storm *foe) {
  zmq_msg_t message[HFT_REPLY_FRAMES_MAX];
  hft_frame frame[HFT_REPLY_FRAMES_MAX];
  int count = 0;
  for (bool more = true; more && count < HFT_REPLY_FRAMES_MAX; count++) {
    zmq_msg_init(&message[count]);
    if (zmq_msg_recv(&message[count], socket, ZMQ_DONTWAIT) < 0) break;
    frame[count] = (hft_frame){zmq_msg_data(&message[count]), zmq_msg_size(&message[count])};
    more = zmq_msg_more(&message[count]);
  }
  if (count > 0) storm_hear(foe, frame, count);
  for (int i = 0; i < count; i++) zmq_msg_close(&message[i]);
  return count > 0;
}

// Sends hostile messages as fast as the server takes them, over one connection after the other, and
// reads some of the replies.
static void *strike_socket(void *endpoint) {
  const int linger = 0, window = 4, wait = 100;
  void *context = zmq_ctx_new();
  storm foe;
  storm_begin(&foe, seed + (uint64_t)atomic_fetch_add(&striker_number, 1));
  while (!atomic_load(&storm_over)) {
    void *socket = zmq_socket(context, ZMQ_DEALER);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &window, sizeof window);
    zmq_connect(socket, endpoint);
    for (int i = 0; i < RECONNECT && !atomic_load(&storm_over); i++) {
      storm_next(&foe);
      if (!send_message(socket, &foe)) {
        zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLOUT};
        zmq_poll(&item, 1, wait);
      }
      if (i % 3 != 0) continue;
      while (hear(socket, &foe)) continue;
    }
    zmq_close(socket);
  }
  storm_end(&foe);
  zmq_ctx_term(context);
  return NULL;
}

// Bytes that are no messages at all, over one connection after the other.
static void *strike_port(void *endpoint) {
  raw_storm foe;
  raw_storm_begin(&foe, seed, endpoint);
  while (!atomic_load(&storm_over)) {
    atomic_fetch_add(&frames_sent, (uint64_t)raw_storm_strike(&foe));
  }
  return NULL;
}

// A client with its session, which the storm would take if it could.
typedef struct victim {
  dealer dealer;
  char token[HFT_WIRE_TOKEN_DIGITS + 1];
  size_t actions_size;
  uint64_t id;  // of the last request
} victim;

// A digest of STEPS steps from a reset on.
static uint64_t play(victim *self) {
  dealer_reset(&self->dealer, ++self->id, self->token, seed);
  uint64_t hash = dealer_hash(&self->dealer);
  for (uint64_t step = 1; step <= STEPS; step++) {
    dealer_send_step_as(&self->dealer, ++self->id, step, self->token, self->actions_size);
    if (!dealer_receive(&self->dealer, DEALER_WAIT_MS)) fail_msg("no reply to step %d", (int)step);
    hash = hft_hash_u64(hash, dealer_hash(&self->dealer));
  }
  return hash;
}

static void a_server_in_a_storm(void **state) {
  (void)state;
  serving server;
  const hft_service_config config = serving_config();
  serving_start(&server, &config, &(hft_transport_config){.endpoint = "tcp://127.0.0.1:*"});
  char endpoint[128];
  snprintf(endpoint, sizeof endpoint, "%s", serving_endpoint(&server));
  victim client = {.id = 1};
  dealer_open(&client.dealer, endpoint);
  client.actions_size = dealer_make(&client.dealer, 1, ENVS, 0, client.token);
  uint64_t quiet = play(&client), plays = 0;
  pthread_t threads[STORMS + 1];
  for (int i = 0; i <= STORMS; i++) {
    void *(*strike_with)(void *) = i < STORMS ? strike_socket : strike_port;
    assert_int_equal(pthread_create(&threads[i], NULL, strike_with, endpoint), 0);
  }
  bool same = true;
  do {
    same = same && play(&client) == quiet;
    plays++;
  } while (same && atomic_load(&frames_sent) < wanted_frames);
  atomic_store(&storm_over, true);
  for (int i = 0; i <= STORMS; i++) pthread_join(threads[i], NULL);
  assert_true(same);
  dealer_end(&client.dealer, ++client.id, client.token);
  dealer_close(&client.dealer);
  serving_stop(&server);
  const hft_metrics *metrics = hft_transport_metrics(server.transport);
  assert_int_equal(hft_metrics_get(&metrics->errors[HFT_WIRE_INTERNAL]), 0);
  report("socket", atomic_load(&frames_sent), atomic_load(&messages_sent), plays * STEPS);
  hft_service_expire(server.service, HFT_TIME_NEVER);
  assert_int_equal(hft_service_session_count(server.service), 0);
  assert_int_equal(hft_service_memory_used(server.service), 0);
  serving_free(&server);
}

int main(int argc, char **argv) {
  if (argc > 1) wanted_frames = strtoull(argv[1], NULL, 10);
  if (argc > 2) seed = strtoull(argv[2], NULL, 10);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_service_in_a_storm),
      cmocka_unit_test(a_server_in_a_storm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
