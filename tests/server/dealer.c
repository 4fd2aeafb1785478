#include "tests/server/dealer.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/hash.h"
#include "tests/server/message.h"
#include "tests/support/check.h"

void dealer_open(dealer *self, const char *endpoint) {
  dealer_open_narrow(self, endpoint, 1000);
}

void dealer_open_narrow(dealer *self, const char *endpoint, int window) {
  *self = (dealer){0};
  const int linger = 0, wait = DEALER_WAIT_MS, ipv6 = strstr(endpoint, "://[") != NULL;
  self->context = zmq_ctx_new();
  self->socket = zmq_socket(self->context, ZMQ_DEALER);
  assert_non_null(self->socket);
  zmq_setsockopt(self->socket, ZMQ_LINGER, &linger, sizeof linger);
  zmq_setsockopt(self->socket, ZMQ_SNDTIMEO, &wait, sizeof wait);
  zmq_setsockopt(self->socket, ZMQ_RCVHWM, &window, sizeof window);
  zmq_setsockopt(self->socket, ZMQ_IPV6, &ipv6, sizeof ipv6);
  assert_int_equal(zmq_connect(self->socket, endpoint), 0);
}

static void drop_frames(dealer *self) {
  for (int i = 0; i < self->frame_count; i++) zmq_msg_close(&self->frame[i]);
  self->frame_count = 0;
}

void dealer_close(dealer *self) {
  drop_frames(self);
  zmq_close(self->socket);
  zmq_ctx_term(self->context);
}

void dealer_send(dealer *self, const hft_frame *frames, int frame_count) {
  for (int i = 0; i < frame_count; i++) {
    int flags = i + 1 < frame_count ? ZMQ_SNDMORE : 0;
    int sent = zmq_send(self->socket, frames[i].data, frames[i].size, flags);
    assert_int_equal(sent, (int)frames[i].size);
  }
}

bool dealer_receive(dealer *self, int wait_ms) {
  drop_frames(self);
  zmq_pollitem_t item = {.socket = self->socket, .events = ZMQ_POLLIN};
  if (zmq_poll(&item, 1, wait_ms) != 1) return false;
  bool more = true;
  while (more) {
    assert_true(self->frame_count < HFT_WIRE_FRAMES_MAX);
    zmq_msg_t *frame = &self->frame[self->frame_count];
    zmq_msg_init(frame);
    self->frame_count++;
    assert_true(zmq_msg_recv(frame, self->socket, 0) >= 0);
    more = zmq_msg_more(frame);
  }
  return true;
}

hft_frame dealer_frame(dealer *self, int index) {
  assert_true(index < self->frame_count);
  return (hft_frame){zmq_msg_data(&self->frame[index]), zmq_msg_size(&self->frame[index])};
}

void dealer_ask(dealer *self, const hft_frame *frames, int frame_count) {
  dealer_send(self, frames, frame_count);
  if (!dealer_receive(self, DEALER_WAIT_MS)) fail_msg("no reply within %d ms", DEALER_WAIT_MS);
}

// Fails the test unless the reply has this id and kind.
static void assert_reply(dealer *self, uint64_t id, const char *kind) {
  hft_frame header = dealer_frame(self, 0);
  msgpack_unpacked reply;
  message_read(header.data, header.size, &reply);
  char text[320] = "";
  if (message_is(&reply.data, "kind", "error")) {
    message_text(&reply.data, "message", text, sizeof text);
  }
  if (!message_is(&reply.data, "kind", kind)) fail_msg("not the reply to '%s': %s", kind, text);
  assert_true(message_uint(&reply.data, "id") == id);
  msgpack_unpacked_destroy(&reply);
}

bool dealer_pings(dealer *self, uint64_t id) {
  hft_buffer request = {0};
  message_pack(&request, "{2su ss", "id", id, "kind", "ping");
  hft_frame frame = message_frame(&request);
  dealer_send(self, &frame, 1);
  bool answered = dealer_receive(self, DEALER_WAIT_MS);
  if (answered) assert_reply(self, id, "ping");
  hft_buffer_free(&request);
  return answered;
}

size_t dealer_make(dealer *self, uint64_t id, int env_count, uint64_t seed, char *token) {
  hft_buffer request = {0};
  message_pack(&request, "{4su ss su su", "id", id, "kind", "make", "num_envs", (uint64_t)env_count,
               "seed", seed);
  hft_frame frame = message_frame(&request);
  dealer_ask(self, &frame, 1);
  assert_reply(self, id, "make");
  hft_buffer_free(&request);
  msgpack_unpacked header, spec;
  message_read(dealer_frame(self, 0).data, dealer_frame(self, 0).size, &header);
  message_read(dealer_frame(self, 1).data, dealer_frame(self, 1).size, &spec);
  message_text(&header.data, "session", token, HFT_WIRE_TOKEN_DIGITS + 1);
  size_t size = (size_t)message_uint(message_get(&spec.data, "actions"), "bytes");
  msgpack_unpacked_destroy(&header);
  msgpack_unpacked_destroy(&spec);
  return size;
}

void dealer_reset(dealer *self, uint64_t id, const char *token, uint64_t seed) {
  hft_buffer request = {0};
  message_pack(&request, "{4su ss ss su", "id", id, "kind", "reset", "session", token, "seed",
               seed);
  hft_frame frame = message_frame(&request);
  dealer_ask(self, &frame, 1);
  assert_reply(self, id, "reset");
  hft_buffer_free(&request);
}

void dealer_end(dealer *self, uint64_t id, const char *token) {
  hft_buffer request = {0};
  message_pack(&request, "{3su ss ss", "id", id, "kind", "close", "session", token);
  hft_frame frame = message_frame(&request);
  dealer_ask(self, &frame, 1);
  assert_reply(self, id, "close");
  hft_buffer_free(&request);
}

void dealer_send_step(dealer *self, uint64_t id, const char *token, size_t actions_size) {
  dealer_send_step_as(self, id, id, token, actions_size);
}

void dealer_send_step_as(dealer *self, uint64_t id, uint64_t step, const char *token,
                         size_t actions_size) {
  hft_buffer request = {0};
  float *actions = calloc(1, actions_size);
  assert_non_null(actions);
  for (size_t i = 0; i < actions_size / sizeof(float); i++) {
    actions[i] = (float)((i * 5 + step * 11) % 19) / 9.0F - 1.0F;
  }
  message_pack(&request, "{3su ss ss", "id", id, "kind", "step", "session", token);
  const hft_frame frames[] = {message_frame(&request), {actions, actions_size}};
  dealer_send(self, frames, 2);
  free(actions);
  hft_buffer_free(&request);
}

uint64_t dealer_hash(dealer *self) {
  uint64_t hash = HFT_HASH_START;
  for (int i = 1; i < self->frame_count; i++) {
    hash = hft_hash_bytes(hash, dealer_frame(self, i).data, dealer_frame(self, i).size);
  }
  return hash;
}
