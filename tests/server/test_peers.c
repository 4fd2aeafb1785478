// Clients that disconnect without closing: what happens to their sessions and connections.
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/peers.h"
#include "tests/server/dealer.h"
#include "tests/server/player.h"
#include "tests/support/check.h"
#include "tests/support/server_world.h"

#define U(value) UINT64_C(value)
#define HOUR (3600 * HFT_SECOND)

static hft_service *service;
static test_player player;
static double told_wait;  // by the last make: `retry_after`
static char token[4][HFT_WIRE_TOKEN_DIGITS + 1];

static int set_up(void **state) {
  (void)state;
  hft_service_config config = world_service_config(1);
  config.idle_timeout = HOUR;
  config.envs_max = 4;
  player = (test_player){0};
  return hft_service_create(&config, &service, NULL) == HFT_OK ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  player_free(&player);
  hft_service_free(service);
  return 0;
}

// Hands in the request of a connection; returns the reply's code.
static hft_wire_code hand_in(int64_t connection, hft_time now, msgpack_unpacked *header) {
  const hft_peer peer = {.connection = connection, .size = 1, .id = {(uint8_t)connection}};
  const hft_frame frame = message_frame(&player.request);
  hft_reply reply;
  bool answered = hft_service_handle(service, &peer, &frame, 1, now, &reply);
  while (!answered) answered = hft_service_work(service, now, &reply);
  if (header != NULL) message_read(reply.frame[0].data, reply.frame[0].size, header);
  return reply.code;
}

static hft_wire_code make(int session, int64_t connection, hft_time now) {
  message_pack(&player.request, "{3 su ss su", "id", U(1), "kind", "make", "num_envs", U(1));
  msgpack_unpacked header;
  hft_wire_code code = hand_in(connection, now, &header);
  if (code == HFT_WIRE_OK) {
    message_text(&header.data, "session", token[session], sizeof token[session]);
  }
  told_wait = code == HFT_WIRE_OK ? 0 : message_retry_after(&header.data);
  msgpack_unpacked_destroy(&header);
  return code;
}

static hft_wire_code ping(int session, int64_t connection, hft_time now) {
  message_pack(&player.request, "{3 su ss ss", "id", U(2), "kind", "ping", "session",
               token[session]);
  return hand_in(connection, now, NULL);
}

// A session is closed some minutes after its connection, unless it was asked for on another since.
static void sessions_without_a_connection_end(void **state) {
  (void)state;
  hft_time end = HFT_SERVICE_GONE_MAX;
  for (int i = 0; i < 3; i++) assert_int_equal(make(i, i == 2 ? 2 : 1, 0), HFT_WIRE_OK);
  hft_service_disconnect(service, 1, 0);
  assert_int_equal(ping(1, 3, end), HFT_WIRE_OK);
  assert_int_equal(hft_service_expire(service, end), 0);
  assert_int_equal(hft_service_expire(service, end + 1), 1);
  assert_int_equal(ping(0, 1, end + 1), HFT_WIRE_UNKNOWN_SESSION);
  assert_int_equal(ping(1, 3, end + 1), HFT_WIRE_OK);
  assert_int_equal(ping(2, 2, end + 1), HFT_WIRE_OK);
  hft_service_disconnect(service, 1, end + 1);  // it is another's by now
  hft_service_disconnect(service, 3, end + 1);
  assert_int_equal(hft_service_expire(service, 2 * end + 2), 1);
  assert_int_equal(hft_service_expire(service, end + HOUR + 2), 1);
}

// Where a `make` finds no room, the one that has been gone for longest makes it, some seconds after
// it went.
static void abandoned_sessions_make_room(void **state) {
  (void)state;
  hft_time least = HFT_SERVICE_GONE_MIN;
  for (int i = 0; i < 4; i++) assert_int_equal(make(i, i + 1, 0), HFT_WIRE_OK);
  assert_int_equal(make(0, 9, 0), HFT_WIRE_LIMIT);
  assert_true(told_wait == 0);  // nobody knows when
  hft_service_disconnect(service, 3, 5);
  hft_service_disconnect(service, 2, 6);
  assert_int_equal(make(0, 9, least + 4), HFT_WIRE_LIMIT);
  assert_true(fabs(told_wait - 1e-9) < 1e-12);  // of the one that has been gone for longer
  assert_int_equal(make(2, 9, least + 6), HFT_WIRE_OK);
  assert_int_equal(ping(1, 8, least + 6), HFT_WIRE_OK);  // it is back
  assert_int_equal(make(1, 9, 2 * least), HFT_WIRE_LIMIT);
  assert_int_equal(hft_service_session_count(service), 4);
  // A client that was gone before its `make` was taken up.
  hft_service_disconnect(service, 9, 2 * least);
  assert_int_equal(make(2, HFT_CONNECTION_GONE, 3 * least), HFT_WIRE_OK);
  assert_int_equal(make(2, 9, 4 * least), HFT_WIRE_OK);
}

// ---- over sockets ------------------------------------------------------------------------------
static void pause_briefly(void) {
  const struct timespec pause = {0, 1000000};
  nanosleep(&pause, NULL);
}

// The connection of the next message, and its sender.
static int64_t receive(void *socket, hft_peers *peers, hft_peer *peer) {
  zmq_msg_t routing, body;
  zmq_msg_init(&routing);
  zmq_msg_init(&body);
  assert_true(zmq_msg_recv(&routing, socket, 0) >= 0);
  assert_true(zmq_msg_recv(&body, socket, 0) >= 0);
  *peer = (hft_peer){.size = (uint8_t)zmq_msg_size(&routing)};
  memcpy(peer->id, zmq_msg_data(&routing), peer->size);
  peer->connection = hft_peers_find(peers, zmq_msg_get(&body, ZMQ_SRCFD), peer, service, 0);
  zmq_msg_close(&routing);
  zmq_msg_close(&body);
  return peer->connection;
}

static void connections_are_told_apart(void **state) {
  (void)state;
  const char *const endpoints[] = {"tcp://127.0.0.1:*", "ipc://@hftsim-test-peers"};
  for (int e = 0; e < 2; e++) {
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_ROUTER);
    const int wait = DEALER_WAIT_MS;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &wait, sizeof wait);
    hft_peers *peers;
    assert_int_equal(hft_peers_create(context, socket, &peers, NULL), HFT_OK);
    assert_int_equal(zmq_bind(socket, endpoints[e]), 0);
    char bound[128];
    size_t size = sizeof bound;
    zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, bound, &size);
    int64_t last = 0;
    for (int i = 0; i < 20; i++) {  // descriptors come again
      dealer client;
      hft_peer peer;
      dealer_open(&client, bound);
      for (int k = 0; k < 3; k++) zmq_send(client.socket, "x", 1, 0);
      int64_t number = receive(socket, peers, &peer);
      assert_true(number > last);
      assert_int_equal(receive(socket, peers, &peer), number);
      last = number;
      assert_int_equal(make(0, number, 0), HFT_WIRE_OK);
      hft_peers_attend(peers, service, 0);
      assert_int_equal(hft_service_expire(service, HFT_SERVICE_GONE_MAX + 1), 0);
      dealer_close(&client);
      int waited = 0;
      do {
        pause_briefly();
        hft_peers_attend(peers, service, 0);
      } while (hft_service_expire(service, HFT_SERVICE_GONE_MAX + 1) == 0 &&
               ++waited < DEALER_WAIT_MS);
      assert_int_equal(hft_service_session_count(service), 0);
      assert_int_equal(receive(socket, peers, &peer), HFT_CONNECTION_GONE);  // what it left
    }
    hft_peers_free(peers, socket);
    zmq_close(socket);
    zmq_ctx_term(context);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(sessions_without_a_connection_end),
      TEST(abandoned_sessions_make_room),
      TEST(connections_are_told_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
