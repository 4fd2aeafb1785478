// Round trips over real sockets: several clients at once, broken messages, lost replies, busy
// addresses.
#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/hash.h"
#include "tests/server/dealer.h"
#include "tests/server/message.h"
#include "tests/server/serving.h"
#include "tests/support/check.h"
#include "tests/support/server_world.h"

#define U(value) UINT64_C(value)
#define STEPS 12
#define PINGS 20000

static serving server;
static atomic_bool told_of_unread;

// Called by the server's thread.
static void hear_log(void *context, const char *line, size_t size) {
  (void)context;
  char text[HFT_LOG_LINE_MAX];
  snprintf(text, sizeof text, "%.*s", (int)size, line);
  if (strstr(text, "reply lost") != NULL && strstr(text, "not read") != NULL) {
    atomic_store(&told_of_unread, true);
  }
}

static void start_server(const char *endpoint) {
  static const hft_logger log = {.format = HFT_LOG_TEXT, .write = hear_log};
  const hft_service_config config = serving_config();
  serving_start(&server, &config, &(hft_transport_config){.endpoint = endpoint, .log = &log});
}

static void stop_server(void) {
  serving_stop(&server);
  serving_free(&server);
}

static int set_up(void **state) {
  (void)state;
  start_server("tcp://127.0.0.1:*");
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  if (server.transport != NULL) stop_server();
  return 0;
}

// A digest of a run of STEPS steps over a connection.
static uint64_t play(const char *endpoint, int env_count, uint64_t seed) {
  dealer client;
  char token[HFT_WIRE_TOKEN_DIGITS + 1];
  dealer_open(&client, endpoint);
  size_t size = dealer_make(&client, 1, env_count, seed, token);
  dealer_reset(&client, 2, token, seed);
  uint64_t hash = dealer_hash(&client);
  for (uint64_t id = 3; id < 3 + STEPS; id++) {
    dealer_send_step(&client, id, token, size);
    assert_true(dealer_receive(&client, DEALER_WAIT_MS));
    hash = hft_hash_u64(hash, dealer_hash(&client));
  }
  dealer_end(&client, 3 + STEPS, token);
  dealer_close(&client);
  return hash;
}

static void tcp_and_ipc_carry_the_same_bytes(void **state) {
  (void)state;
  uint64_t over_tcp = play(serving_endpoint(&server), 4, 9);
  stop_server();
  char endpoint[64];
  snprintf(endpoint, sizeof endpoint, "ipc:///tmp/hftsim-test-%ld", (long)getpid());
  start_server(endpoint);
  assert_string_equal(serving_endpoint(&server), endpoint);
  assert_true(play(endpoint, 4, 9) == over_tcp);
  assert_true(play(endpoint, 4, 10) != over_tcp);
}

// Two clients whose requests are on their way at the same time have the results that each has
// alone.
static void two_clients_at_once(void **state) {
  (void)state;
  const char *endpoint = serving_endpoint(&server);
  const uint64_t alone[2] = {play(endpoint, 3, 1), play(endpoint, 5, 2)};
  dealer client[2];
  char token[2][HFT_WIRE_TOKEN_DIGITS + 1];
  size_t size[2];
  uint64_t hash[2];
  for (int c = 0; c < 2; c++) {
    dealer_open(&client[c], endpoint);
    size[c] = dealer_make(&client[c], 1, c == 0 ? 3 : 5, 0, token[c]);
    dealer_reset(&client[c], 2, token[c], (uint64_t)c + 1);
    hash[c] = dealer_hash(&client[c]);
  }
  assert_string_not_equal(token[0], token[1]);
  for (uint64_t id = 3; id < 3 + STEPS; id++) {
    for (int c = 0; c < 2; c++) dealer_send_step(&client[c], id, token[c], size[c]);
    for (int c = 1; c >= 0; c--) {
      assert_true(dealer_receive(&client[c], DEALER_WAIT_MS));
      hash[c] = hft_hash_u64(hash[c], dealer_hash(&client[c]));
    }
  }
  for (int c = 0; c < 2; c++) {
    assert_true(hash[c] == alone[c]);
    dealer_close(&client[c]);
  }
}

static void send_ping(dealer *client, uint64_t id) {
  hft_buffer request = {0};
  message_pack(&request, "{2su ss", "id", id, "kind", "ping");
  hft_frame frame = message_frame(&request);
  dealer_send(client, &frame, 1);
  hft_buffer_free(&request);
}

// A client that keeps as many requests unanswered as it may has all of them answered, in order,
// however fast it is: while the server finds requests all the time, ZeroMQ does not look by itself
// for what its clients have read.
static void requests_of_a_connection_are_answered_in_order(void **state) {
  (void)state;
  dealer client;
  dealer_open(&client, serving_endpoint(&server));
  for (uint64_t id = 1; id <= HFT_SERVICE_WINDOW; id++) send_ping(&client, id);
  for (uint64_t id = 1; id <= PINGS; id++) {
    if (!dealer_receive(&client, DEALER_WAIT_MS)) fail_msg("no reply to request %d", (int)id);
    msgpack_unpacked reply;
    message_read(dealer_frame(&client, 0).data, dealer_frame(&client, 0).size, &reply);
    assert_true(message_uint(&reply.data, "id") == id);
    msgpack_unpacked_destroy(&reply);
    if (id + HFT_SERVICE_WINDOW <= PINGS) send_ping(&client, id + HFT_SERVICE_WINDOW);
  }
  dealer_close(&client);
}

// A client that lost its connection asks again over a new one, with the same id.
static void a_lost_reply_is_had_again(void **state) {
  (void)state;
  dealer client;
  char token[HFT_WIRE_TOKEN_DIGITS + 1];
  const char *endpoint = serving_endpoint(&server);
  uint64_t whole = play(endpoint, 4, 9);
  dealer_open(&client, endpoint);
  size_t size = dealer_make(&client, 1, 4, 0, token);
  dealer_reset(&client, 2, token, 9);
  uint64_t hash = dealer_hash(&client);
  for (uint64_t id = 3; id < 3 + STEPS; id++) {
    dealer_send_step(&client, id, token, size);
    if (id % 2 == 0) {
      assert_true(dealer_receive(&client, DEALER_WAIT_MS));  // and then it is "lost"
      dealer_close(&client);
      dealer_open(&client, endpoint);
      dealer_send_step(&client, id, token, size);
    }
    assert_true(dealer_receive(&client, DEALER_WAIT_MS));
    hash = hft_hash_u64(hash, dealer_hash(&client));
  }
  assert_true(hash == whole);
  dealer_close(&client);
}

// Asks a session for a reset, as a client that does not wait for the reply.
static void send_reset(dealer *client, uint64_t id, const char *token) {
  hft_buffer request = {0};
  message_pack(&request, "{3su ss ss", "id", id, "kind", "reset", "session", token);
  const hft_frame frame = message_frame(&request);
  dealer_send(client, &frame, 1);
  hft_buffer_free(&request);
}

// Makes a session whose replies to a reset have some MB.
static void make_wide(dealer *client, char *token) {
  static const char config[] =
      "env_config: {warmup_s: 0, see_actions: true, message_dim: 16}\n"
      "seats: [{kind: maker, count: 60}]\n";
  hft_buffer request = {0};
  message_pack(&request, "{3su ss su", "id", U(1), "kind", "make", "num_envs", U(16));
  const hft_frame frames[] = {message_frame(&request), {config, sizeof config - 1}};
  dealer_ask(client, frames, 2);
  msgpack_unpacked reply;
  message_read(dealer_frame(client, 0).data, dealer_frame(client, 0).size, &reply);
  message_text(&reply.data, "session", token, HFT_WIRE_TOKEN_DIGITS + 1);
  msgpack_unpacked_destroy(&reply);
  hft_buffer_free(&request);
}

static size_t peak_bytes(void) {
  struct rusage usage;
  assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
  return (size_t)usage.ru_maxrss << 10;
}

// Clients that ask for a large reply again and again, and read none, cost its bytes once.
static void retries_that_nobody_reads_take_no_memory(void **state) {
  (void)state;
  enum { CLIENTS = 4, RETRIES = 20 };
  dealer client[CLIENTS];
  char token[HFT_WIRE_TOKEN_DIGITS + 1];
  const char *endpoint = serving_endpoint(&server);
  for (int c = 0; c < CLIENTS; c++) dealer_open_narrow(&client[c], endpoint, 1);
  make_wide(&client[0], token);
  send_reset(&client[0], 2, token);
  assert_true(dealer_receive(&client[0], DEALER_WAIT_MS));
  size_t size = dealer_frame(&client[0], 1).size, before = peak_bytes();
  uint64_t hash = dealer_hash(&client[0]);
  assert_true(size > (size_t)2 << 20);
  for (int i = 0; i < RETRIES; i++) {
    for (int c = 0; c < CLIENTS; c++) send_reset(&client[c], 2, token);
  }
  dealer other;
  dealer_open(&other, endpoint);
  for (uint64_t id = 1; id < 200; id++) assert_true(dealer_pings(&other, id));
  // A client of ours has a few in its buffers, too.
  assert_true(peak_bytes() - before < CLIENTS * 6 * size);
  for (int c = 0; c < CLIENTS; c++) {
    assert_true(dealer_receive(&client[c], DEALER_WAIT_MS));
    assert_true(dealer_hash(&client[c]) == hash);
    dealer_close(&client[c]);
  }
  dealer_close(&other);
}

static int open_files(void) {
  DIR *folder = opendir("/proc/self/fd");
  assert_non_null(folder);
  int count = 0;
  while (readdir(folder) != NULL) count++;
  closedir(folder);
  return count;
}

// Clients that share a routing id are answered, the last one to connect always, and leave nothing
// behind.
static void a_routing_id_may_come_again(void **state) {
  (void)state;
  enum { COPIES = 30 };
  const char *endpoint = serving_endpoint(&server);
  void *context = zmq_ctx_new(), *copy[COPIES];
  const int zero = 0, wait = DEALER_WAIT_MS, never = -1;
  int before = open_files();
  for (int i = 0; i < COPIES; i++) {
    copy[i] = zmq_socket(context, ZMQ_DEALER);
    zmq_setsockopt(copy[i], ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(copy[i], ZMQ_RCVTIMEO, &wait, sizeof wait);
    zmq_setsockopt(copy[i], ZMQ_RECONNECT_IVL, &never, sizeof never);
    zmq_setsockopt(copy[i], ZMQ_ROUTING_ID, "same", 4);
    assert_int_equal(zmq_connect(copy[i], endpoint), 0);
    dealer client = {.context = context, .socket = copy[i]};
    assert_true(dealer_pings(&client, 1 + (uint64_t)i));
    for (int k = 0; k < client.frame_count; k++) zmq_msg_close(&client.frame[k]);
  }
  for (int i = 0; i < COPIES; i++) zmq_close(copy[i]);
  zmq_ctx_term(context);
  const struct timespec pause = {0, 1000000};
  for (int i = 0; i < DEALER_WAIT_MS && open_files() > before + 2; i++) nanosleep(&pause, NULL);
  assert_true(open_files() <= before + 2);
  dealer client;
  dealer_open(&client, endpoint);
  assert_true(dealer_pings(&client, 1));
  dealer_close(&client);
}

static void superfluous_frames_are_drained(void **state) {
  (void)state;
  dealer client;
  dealer_open(&client, serving_endpoint(&server));
  hft_buffer request = {0};
  message_pack(&request, "{2su ss", "id", U(5), "kind", "ping");
  hft_frame frames[200];
  for (int i = 0; i < 200; i++) frames[i] = message_frame(&request);
  for (int count = 2; count <= 200; count += 33) {
    dealer_ask(&client, frames, count);
    msgpack_unpacked reply;
    message_read(dealer_frame(&client, 0).data, dealer_frame(&client, 0).size, &reply);
    assert_true(message_is(&reply.data, "code", count > 4 ? "malformed" : "bad_buffer"));
    assert_true(message_uint(&reply.data, "id") == 5);
    msgpack_unpacked_destroy(&reply);
    assert_true(dealer_pings(&client, 6));
  }
  hft_buffer_free(&request);
  dealer_close(&client);
}

static void an_oversized_frame_closes_its_connection_alone(void **state) {
  (void)state;
  dealer good, bad;
  dealer_open(&good, serving_endpoint(&server));
  assert_true(dealer_pings(&good, 1));
  dealer_open(&bad, serving_endpoint(&server));
  size_t size = HFT_WIRE_FRAME_MAX + 1;
  void *bytes = calloc(1, size);
  assert_non_null(bytes);
  const hft_frame frame = {bytes, size};
  dealer_send(&bad, &frame, 1);
  assert_false(dealer_receive(&bad, 300));
  free(bytes);
  assert_true(dealer_pings(&good, 2));
  dealer_close(&good);
  dealer_close(&bad);
}

// A client that never reads loses replies, and nobody waits for it. It asks for the same step again
// and again, so that the replies are large and cost no stepping.
static void a_client_that_does_not_read_stops_nobody(void **state) {
  (void)state;
  dealer slow, good;
  char token[HFT_WIRE_TOKEN_DIGITS + 1];
  dealer_open_narrow(&slow, serving_endpoint(&server), 1);
  dealer_open(&good, serving_endpoint(&server));
  size_t size = dealer_make(&slow, 1, 64, 0, token);
  dealer_reset(&slow, 2, token, 0);
  for (uint64_t sent = 1; sent <= 4000; sent++) {
    dealer_send_step(&slow, 3, token, size);
    if (sent % 200 == 0) assert_true(dealer_pings(&good, sent));
  }
  serving_stop(&server);
  const hft_metrics *metrics = hft_transport_metrics(server.transport);
  assert_true(atomic_load(&told_of_unread));
  assert_in_range(hft_metrics_get(&metrics->unread), HFT_SERVICE_WINDOW, 4000);
  assert_int_equal(hft_metrics_get(&metrics->sessions_dropped), 1);
  serving_free(&server);
  dealer_close(&slow);
  dealer_close(&good);
}

// ---- addresses -------------------------------------------------------------------------------
static void expect_no_server(const char *endpoint, bool insecure, hft_status status,
                             const char *words) {
  hft_service_config config = world_service_config(1);
  hft_service *service;
  hft_transport *transport;
  hft_error error = {0};
  const hft_transport_config where = {.endpoint = endpoint, .insecure = insecure};
  assert_int_equal(hft_service_create(&config, &service, NULL), HFT_OK);
  assert_int_equal(hft_transport_create(&where, service, &transport, &error), status);
  assert_string_equal(error.where, endpoint);
  if (strstr(error.text, words) == NULL) fail_msg("'%s' is not in '%s'", words, error.text);
  hft_service_free(service);
}

static void a_busy_port_is_a_clear_error(void **state) {
  (void)state;
  expect_no_server(serving_endpoint(&server), false, HFT_EIO, "in use");
  dealer client;
  dealer_open(&client, serving_endpoint(&server));
  assert_true(dealer_pings(&client, 1));
  dealer_close(&client);
}

static void a_busy_path_is_a_clear_error(void **state) {
  (void)state;
  stop_server();
  char endpoint[64];
  snprintf(endpoint, sizeof endpoint, "ipc:///tmp/hftsim-busy-%ld", (long)getpid());
  start_server(endpoint);
  expect_no_server(endpoint, false, HFT_EIO, "another server");
  dealer client;
  dealer_open(&client, endpoint);
  assert_true(dealer_pings(&client, 1));
  dealer_close(&client);
  stop_server();
  const char *path = endpoint + strlen("ipc://");
  assert_int_not_equal(access(path, F_OK), 0);
  // A socket that is not its own is not removed; one that a crash left is (test_endpoint).
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int left = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(bind(left, (const struct sockaddr *)&address, sizeof address), 0);
  close(left);
  assert_int_equal(access(path, F_OK), 0);
  expect_no_server(endpoint, false, HFT_EIO, "remove it");
  assert_int_equal(access(path, F_OK), 0);
  unlink(path);
}

static void other_machines_are_shut_out(void **state) {
  (void)state;
  expect_no_server("tcp://0.0.0.0:*", false, HFT_EINVAL, "--insecure");
  expect_no_server("tcp://*:5555", false, HFT_EINVAL, "--insecure");
  expect_no_server("tcp://127.0.0.1:99999", false, HFT_EINVAL, "not an endpoint");
  expect_no_server("tcp://203.0.113.7:5555", true, HFT_EIO, "no such address");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(tcp_and_ipc_carry_the_same_bytes),
      TEST(two_clients_at_once),
      TEST(requests_of_a_connection_are_answered_in_order),
      TEST(a_lost_reply_is_had_again),
      TEST(retries_that_nobody_reads_take_no_memory),
      TEST(a_routing_id_may_come_again),
      TEST(superfluous_frames_are_drained),
      TEST(an_oversized_frame_closes_its_connection_alone),
      TEST(a_client_that_does_not_read_stops_nobody),
      TEST(a_busy_port_is_a_clear_error),
      TEST(a_busy_path_is_a_clear_error),
      TEST(other_machines_are_shut_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
