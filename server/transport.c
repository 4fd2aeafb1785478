#include "server/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "server/endpoint.h"
#include "server/peers.h"
#include "server/zap.h"

#define POLL_MS 100
#define LINGER_MS 1000
#define BATCH 64         // messages received between two slices of work
#define ENDING_MAX 4096  // messages still answered once the work is done
#define ENDPOINT_BYTES 256

struct hft_transport {
  void *context, *socket;
  hft_zap *zap;  // null: connections are not encrypted
  hft_peers *peers;
  hft_service *service;
  const hft_logger *log;
  hft_endpoint_lock lock;
  hft_metrics metrics;
  hft_time drain_max;
  bool is_ending;      // the loop no longer waits for messages
  int failure;         // of the socket, ZeroMQ's error number; 0: none
  hft_time looked_at;  // last look for ended connections
  hft_time told_at;    // last log line about lost replies
  char endpoint[ENDPOINT_BYTES];
};

// A received message: the sender's routing id and the first frames after it.
typedef struct transport_message {
  zmq_msg_t routing;
  zmq_msg_t frame[HFT_WIRE_FRAMES_MAX];
  int frame_count;  // of the message, kept or not
} transport_message;

static hft_time monotonic_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (hft_time)now.tv_sec * HFT_SECOND + now.tv_nsec;
}

static hft_status set_option(hft_transport *transport, int option, int value, hft_error *error) {
  if (zmq_setsockopt(transport->socket, option, &value, sizeof value) == 0) return HFT_OK;
  return hft_fail(error, HFT_EIO, "socket", "option %d: %s", option, zmq_strerror(zmq_errno()));
}

static hft_status set_options(hft_transport *transport, bool ipv6, hft_error *error) {
  const int options[][2] = {
      // Sending to a client that has gone or does not read fails, instead of dropping the reply
      // silently.
      {ZMQ_ROUTER_MANDATORY, 1},
      // Of two connections with the same routing id the later one takes it over, and the earlier
      // one
      // ends. Without this ZeroMQ never reads from the later one and never sees its end.
      {ZMQ_ROUTER_HANDOVER, 1},
      // Detects peers that vanish without closing, idle or not. The timeout must exceed the time
      // that
      // one frame takes on a slow line.
      {ZMQ_HEARTBEAT_IVL, 30000},
      {ZMQ_HEARTBEAT_TIMEOUT, 120000},
      {ZMQ_TCP_KEEPALIVE, 1},
      {ZMQ_TCP_KEEPALIVE_IDLE, 60},
      {ZMQ_TCP_KEEPALIVE_INTVL, 15},
      {ZMQ_TCP_KEEPALIVE_CNT, 4},
      {ZMQ_LINGER, LINGER_MS},
      {ZMQ_RCVTIMEO, POLL_MS},
      {ZMQ_RCVHWM, HFT_SERVICE_WINDOW},
      // ZeroMQ acknowledges messages in steps of half of this, so it must be twice the number that
      // a
      // client within its window can leave unread.
      {ZMQ_SNDHWM, 2 * HFT_SERVICE_WINDOW},
      {ZMQ_IPV6, ipv6},
  };
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
    hft_status status = set_option(transport, options[i][0], options[i][1], error);
    if (status != HFT_OK) return status;
  }
  int64_t frame_max = HFT_WIRE_FRAME_MAX;
  if (zmq_setsockopt(transport->socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max) == 0) {
    return HFT_OK;
  }
  return hft_fail(error, HFT_EIO, "socket", "message size: %s", zmq_strerror(zmq_errno()));
}

static hft_status bind_failed(const char *endpoint, int reason, hft_error *error) {
  switch (reason) {
    case EADDRINUSE:
      return hft_fail(error, HFT_EIO, endpoint,
                      "the address is in use: another server may be running; stop it, or bind "
                      "another port (tcp://127.0.0.1:* chooses a free one)");
    case EADDRNOTAVAIL:
    case ENODEV:
      return hft_fail(error, HFT_EIO, endpoint, "this machine has no such address");
    case EACCES:
      return hft_fail(error, HFT_EIO, endpoint,
                      "not permitted; bind a port above 1023, or a path that you may write to");
    case EINVAL:
    case EPROTONOSUPPORT:
      return hft_fail(error, HFT_EINVAL, endpoint,
                      "not an endpoint; give one as tcp://127.0.0.1:5555 or "
                      "ipc:///tmp/hftsim.sock");
    default:
      return hft_fail(error, HFT_EIO, endpoint, "cannot bind: %s", zmq_strerror(reason));
  }
}

static hft_status protect(hft_transport *transport, const hft_transport_config *config,
                          hft_error *error) {
  if (config->curve_keys == NULL) return HFT_OK;
  hft_status status = hft_zap_create(transport->context, config->curve_keys, config->log,
                                     &transport->metrics, &transport->zap, error);
  return status == HFT_OK ? hft_zap_protect(transport->zap, transport->socket, error) : status;
}

static hft_status open_socket(hft_transport *transport, const hft_transport_config *config,
                              hft_error *error) {
  const char *endpoint = config->endpoint;
  transport->context = zmq_ctx_new();
  if (transport->context != NULL) {
    transport->socket = zmq_socket(transport->context, ZMQ_ROUTER);
  }
  if (transport->socket == NULL) {
    return hft_fail(error, HFT_EIO, "socket", "%s", zmq_strerror(zmq_errno()));
  }
  hft_status status = set_options(transport, hft_endpoint_is_ipv6(endpoint), error);
  if (status == HFT_OK) status = protect(transport, config, error);
  if (status == HFT_OK) {
    status = hft_peers_create(transport->context, transport->socket, &transport->peers, error);
  }
  if (status == HFT_OK) status = hft_endpoint_lock_take(endpoint, &transport->lock, error);
  if (status != HFT_OK) return status;
  if (zmq_bind(transport->socket, transport->lock.bind) != 0) {
    return bind_failed(endpoint, zmq_errno(), error);
  }
  hft_endpoint_lock_note(&transport->lock);
  size_t size = sizeof transport->endpoint;
  if (zmq_getsockopt(transport->socket, ZMQ_LAST_ENDPOINT, transport->endpoint, &size) == 0) {
    return HFT_OK;
  }
  return hft_fail(error, HFT_EIO, endpoint, "%s", zmq_strerror(zmq_errno()));
}

hft_status hft_transport_create(const hft_transport_config *config, hft_service *service,
                                hft_transport **out, hft_error *error) {
  bool is_open = config->insecure || config->curve_keys != NULL;
  hft_status status = hft_endpoint_check(config->endpoint, is_open, error);
  if (status != HFT_OK) return status;
  hft_transport *transport = calloc(1, sizeof *transport);
  if (transport == NULL) return hft_fail(error, HFT_ENOMEM, "server", "out of memory");
  transport->service = service;
  transport->log = config->log;
  transport->drain_max = config->drain_max > 0 ? config->drain_max : HFT_TRANSPORT_DRAIN;
  transport->metrics.started_at = monotonic_now();
  transport->lock.file = -1;
  status = open_socket(transport, config, error);
  if (status != HFT_OK) {
    hft_transport_free(transport);
    return status;
  }
  *out = transport;
  return HFT_OK;
}

void hft_transport_free(hft_transport *transport) {
  if (transport == NULL) return;
  hft_peers_free(transport->peers, transport->socket);
  if (transport->socket != NULL) zmq_close(transport->socket);
  hft_zap_free(transport->zap);
  if (transport->context != NULL) zmq_ctx_term(transport->context);
  hft_endpoint_lock_drop(&transport->lock);
  free(transport);
}

const char *hft_transport_endpoint(const hft_transport *transport) {
  return transport->endpoint;
}

const hft_metrics *hft_transport_metrics(const hft_transport *transport) {
  return &transport->metrics;
}

// Receives one frame into an initialized message. False: none is there, or an error, in errno.
static bool receive_frame(hft_transport *transport, zmq_msg_t *frame) {
  while (zmq_msg_recv(frame, transport->socket, ZMQ_DONTWAIT) < 0) {
    if (zmq_errno() != EINTR) return false;
  }
  return true;
}

// Receives the first frame of a message. Where there is no other work it blocks, up to POLL_MS or a
// signal. That takes half the system calls of a poll and a receive; each costs a round trip about a
// microsecond.
static bool receive_first(hft_transport *transport, zmq_msg_t *frame) {
  bool waits = transport->zap == NULL && !transport->is_ending &&
               hft_service_unanswered(transport->service) == 0;
  if (!waits) return receive_frame(transport, frame);
  if (zmq_msg_recv(frame, transport->socket, 0) >= 0) return true;
  int reason = zmq_errno();
  if (reason != EAGAIN && reason != EINTR) transport->failure = reason;
  return false;
}

// Receives the next message, if there is one. ZeroMQ delivers all its frames at once; frames beyond
// the protocol's maximum are read and dropped one by one.
static bool receive(hft_transport *transport, transport_message *message) {
  message->frame_count = 0;
  if (!receive_first(transport, &message->routing)) return false;
  bool more = zmq_msg_more(&message->routing);
  while (more) {
    zmq_msg_t extra;
    bool keep = message->frame_count < HFT_WIRE_FRAMES_MAX;
    zmq_msg_t *frame = keep ? &message->frame[message->frame_count] : &extra;
    if (!keep) zmq_msg_init(&extra);
    bool received = receive_frame(transport, frame);
    more = received && zmq_msg_more(frame);
    if (!keep) zmq_msg_close(&extra);
    if (!received) return false;
    message->frame_count++;
  }
  return true;
}

static bool send_frame(hft_transport *transport, zmq_msg_t *frame, bool more) {
  int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0);
  while (zmq_msg_send(frame, transport->socket, flags) < 0) {
    if (zmq_errno() != EINTR) return false;
  }
  return true;
}

// Sends the first frame of a reply. While requests arrive without a pause, ZeroMQ processes
// acknowledgements only now and then: it has to do so before a client is judged to be slow.
static bool begin_message(hft_transport *transport, zmq_msg_t *routing) {
  if (send_frame(transport, routing, true)) return true;
  int events;
  size_t size = sizeof events;
  return zmq_errno() == EAGAIN &&
         zmq_getsockopt(transport->socket, ZMQ_EVENTS, &events, &size) == 0 &&
         send_frame(transport, routing, true);
}

static bool copy_frame(const hft_frame *frame, zmq_msg_t *copy) {
  if (zmq_msg_init_size(copy, frame->size) != 0) {
    zmq_msg_init(copy);
    return false;
  }
  if (frame->size > 0) memcpy(zmq_msg_data(copy), frame->data, frame->size);
  return true;
}

// Called by ZeroMQ on its own thread once it no longer needs a frame.
static void let_go(void *data, void *blob) {
  (void)data;
  hft_blob_drop(blob);
}

// Wraps a frame that a blob holds in a message, without a copy.
static bool share_frame(const hft_frame *frame, hft_blob *blob, zmq_msg_t *message) {
  hft_blob_keep(blob);
  void *data = (void *)(uintptr_t)frame->data;
  if (zmq_msg_init_data(message, data, frame->size, let_go, blob) == 0) return true;
  hft_blob_drop(blob);
  zmq_msg_init(message);
  return false;
}

// Sends copies of the frames, or the frames that a blob holds: the next request may overwrite the
// session's own memory before the bytes have left. All messages are prepared before the first is
// sent, so that a message is never left incomplete. A client that has gone (EHOSTUNREACH) or does
// not read (EAGAIN) loses the reply, which a retry with the same id repeats; other clients do not
// wait.
static hft_delivery send_reply(hft_transport *transport, const hft_reply *reply) {
  zmq_msg_t frame[HFT_REPLY_FRAMES_MAX], routing;
  if (reply->is_held_back) return HFT_PEER_SLOW;
  const hft_frame peer = {reply->peer->id, reply->peer->size};
  bool ready = copy_frame(&peer, &routing);
  for (int i = 0; i < reply->frame_count; i++) {
    bool is_held = i > 0 && reply->blob != NULL;
    ready = (is_held ? share_frame(&reply->frame[i], reply->blob, &frame[i])
                     : copy_frame(&reply->frame[i], &frame[i])) &&
            ready;
  }
  bool sent = ready && begin_message(transport, &routing);
  bool is_slow = ready && !sent && zmq_errno() == EAGAIN;
  zmq_msg_close(&routing);
  for (int i = 0; i < reply->frame_count; i++) {
    sent = sent && send_frame(transport, &frame[i], i + 1 < reply->frame_count);
    zmq_msg_close(&frame[i]);  // a message that was sent is empty
  }
  if (sent) return HFT_DELIVERED;
  return is_slow ? HFT_PEER_SLOW : HFT_PEER_GONE;
}

// Updates the gauges of sessions, envs and memory.
static void count_held(hft_transport *transport) {
  hft_metrics *metrics = &transport->metrics;
  hft_metrics_set(&metrics->sessions, (uint64_t)hft_service_session_count(transport->service));
  hft_metrics_set(&metrics->envs, (uint64_t)hft_service_env_count(transport->service));
  hft_metrics_set(&metrics->memory_bytes, hft_service_memory_used(transport->service));
  hft_metrics_set(&metrics->unanswered, (uint64_t)hft_service_unanswered(transport->service));
}

static void count_request(hft_transport *transport, const hft_reply *reply, hft_time duration) {
  hft_metrics *metrics = &transport->metrics;
  hft_metrics_request(metrics, reply->kind, reply->code, duration);
  hft_metrics_set(&metrics->env_steps, hft_service_step_count(transport->service));
  count_held(transport);
}

// Logs a lost reply, at most once a second.
static void count_lost(hft_transport *transport, const hft_reply *reply, hft_delivery delivery,
                       hft_time now) {
  bool is_slow = delivery == HFT_PEER_SLOW;
  hft_metrics *metrics = &transport->metrics;
  hft_metrics_add(is_slow ? &metrics->unread : &metrics->gone, 1);
  if (transport->told_at != 0 && now - transport->told_at < HFT_SECOND) return;
  transport->told_at = now;
  hft_log_event(transport->log, "reply_lost",
                (hft_log_field[]){{"session", NULL, (int64_t)reply->session},
                                  {"reason", is_slow ? "not read" : "gone", 0},
                                  {"lost", NULL, (int64_t)hft_metrics_lost(metrics)},
                                  {NULL, NULL, 0}});
}

static void answer(hft_transport *transport, const hft_reply *reply) {
  hft_time duration = monotonic_now() - reply->arrived;
  // Counted before it is sent: a client that has the reply finds it counted.
  count_request(transport, reply, duration);
  hft_delivery delivery = send_reply(transport, reply);
  if (delivery != HFT_DELIVERED) count_lost(transport, reply, delivery, monotonic_now());
  if (!hft_service_sent(transport->service, reply, delivery, duration)) return;
  hft_metrics_add(&transport->metrics.sessions_dropped, 1);
  count_held(transport);
}

static void take(hft_transport *transport, transport_message *message) {
  hft_frame frames[HFT_WIRE_FRAMES_MAX];
  for (int i = 0; i < message->frame_count && i < HFT_WIRE_FRAMES_MAX; i++) {
    frames[i] = (hft_frame){zmq_msg_data(&message->frame[i]), zmq_msg_size(&message->frame[i])};
  }
  hft_peer peer = {.size = (uint8_t)zmq_msg_size(&message->routing)};
  memcpy(peer.id, zmq_msg_data(&message->routing), peer.size);
  hft_time now = monotonic_now();
  if (message->frame_count > 0) {
    int file = zmq_msg_get(&message->frame[0], ZMQ_SRCFD);
    peer.connection = hft_peers_find(transport->peers, file, &peer, transport->service, now);
  }
  hft_reply reply;
  if (hft_service_handle(transport->service, &peer, frames, message->frame_count, now, &reply)) {
    answer(transport, &reply);
  } else {
    count_held(transport);
  }
}

// Handles the next message; false where there is none.
static bool take_next(hft_transport *transport) {
  transport_message message;
  zmq_msg_init(&message.routing);
  for (int i = 0; i < HFT_WIRE_FRAMES_MAX; i++) zmq_msg_init(&message.frame[i]);
  bool received = receive(transport, &message);
  if (received) take(transport, &message);
  for (int i = 0; i < HFT_WIRE_FRAMES_MAX; i++) zmq_msg_close(&message.frame[i]);
  zmq_msg_close(&message.routing);
  return received;
}

static void work(hft_transport *transport) {
  hft_reply reply;
  if (hft_service_work(transport->service, monotonic_now(), &reply)) answer(transport, &reply);
}

// Polls the callbacks.
static void attend(hft_transport *transport, const hft_transport_orders *orders) {
  bool reload = orders->reload != NULL && orders->reload();
  if (transport->zap == NULL) return;
  if (reload) hft_zap_reload(transport->zap);
  hft_zap_answer(transport->zap);
}

// Waits for messages on either socket, unless there is work.
static void await(hft_transport *transport) {
  if (transport->zap == NULL || hft_service_unanswered(transport->service) > 0) return;
  zmq_pollitem_t items[] = {
      {.socket = transport->socket, .events = ZMQ_POLLIN},
      {.socket = hft_zap_socket(transport->zap), .events = ZMQ_POLLIN},
  };
  if (zmq_poll(items, 2, POLL_MS) < 0 && zmq_errno() != EINTR) transport->failure = zmq_errno();
}

// Does what is due by the clock. Ended connections are looked for less often: that costs a system
// call.
static void look_after(hft_transport *transport) {
  hft_time now = monotonic_now();
  hft_metrics_set(&transport->metrics.looped_at, (uint64_t)now);
  if (now - transport->looked_at >= POLL_MS / 2 * (HFT_SECOND / 1000)) {
    hft_peers_attend(transport->peers, transport->service, now);
    transport->looked_at = now;
  }
  if (hft_service_expire(transport->service, now) > 0) count_held(transport);
}

static void drain(hft_transport *transport) {
  hft_log_event(transport->log, "drain",
                (hft_log_field[]){{"sessions", NULL, hft_service_session_count(transport->service)},
                                  {"envs", NULL, hft_service_env_count(transport->service)},
                                  {NULL, NULL, 0}});
  hft_service_stop(transport->service, monotonic_now() + transport->drain_max);
  transport->is_ending = true;
  // Requests in work are finished; those that wait or arrive until then are refused.
  bool more = true;
  while (hft_service_unanswered(transport->service) > 0) {
    for (int taken = 0; taken < BATCH && take_next(transport); taken++) continue;
    work(transport);
  }
  for (int taken = 0; more && taken < ENDING_MAX; taken++) more = take_next(transport);
}

hft_status hft_transport_run(hft_transport *transport, const hft_transport_orders *orders,
                             hft_error *error) {
  hft_metrics_set(&transport->metrics.looped_at, (uint64_t)monotonic_now());
  hft_metrics_set(&transport->metrics.serving, 1);
  while (!orders->stopped() && transport->failure == 0) {
    await(transport);
    look_after(transport);
    attend(transport, orders);
    bool more = true;
    for (int taken = 0; more && taken < BATCH && !orders->stopped(); taken++) {
      more = take_next(transport);
      if (more) attend(transport, orders);
    }
    work(transport);
  }
  hft_metrics_set(&transport->metrics.serving, 0);
  if (transport->failure != 0) {
    return hft_fail(error, HFT_EIO, transport->endpoint, "%s", zmq_strerror(transport->failure));
  }
  drain(transport);
  return HFT_OK;
}
