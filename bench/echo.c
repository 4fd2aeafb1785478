#include "bench/echo.h"

#include <pthread.h>
#include <stdlib.h>

#include "bench/dealer.h"
#include "bench/signals.h"

#define ENDPOINT_BYTES 256

struct hft_bench_echo {
  void *server, *client;  // two contexts with an I/O thread each, as in two processes
  void *router;
  hft_dealer dealer;
  hft_bench_frames request, reply;
  char *bytes;  // as many as the largest frame; sent by both sides
  pthread_t thread;
  bool started;
};

// Answers requests until the context is shut down.
static void *answer(void *context) {
  hft_bench_block_signals();
  hft_bench_echo *echo = context;
  zmq_msg_t routing, frame;
  zmq_msg_init(&routing);
  zmq_msg_init(&frame);
  while (zmq_msg_recv(&routing, echo->router, 0) >= 0) {
    bool more = true;
    while (more && zmq_msg_recv(&frame, echo->router, 0) >= 0) more = zmq_msg_more(&frame);
    if (zmq_msg_send(&routing, echo->router, ZMQ_SNDMORE) < 0 ||
        zmq_send(echo->router, echo->bytes, echo->reply.header, ZMQ_SNDMORE) < 0 ||
        zmq_send(echo->router, echo->bytes, echo->reply.buffer, 0) < 0) {
      break;
    }
  }
  zmq_msg_close(&routing);
  zmq_msg_close(&frame);
  zmq_close(echo->router);
  return NULL;
}

static hft_status open_sockets(hft_bench_echo *echo, const char *endpoint, hft_error *error) {
  char bound[ENDPOINT_BYTES];
  size_t size = sizeof bound;
  const int linger = 0;
  echo->server = zmq_ctx_new();
  echo->client = zmq_ctx_new();
  if (echo->server != NULL) echo->router = zmq_socket(echo->server, ZMQ_ROUTER);
  if (echo->client == NULL || echo->router == NULL ||
      zmq_setsockopt(echo->router, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
      zmq_bind(echo->router, endpoint) != 0 ||
      zmq_getsockopt(echo->router, ZMQ_LAST_ENDPOINT, bound, &size) != 0) {
    return hft_fail(error, HFT_EIO, endpoint, "%s", zmq_strerror(zmq_errno()));
  }
  return hft_dealer_open(&echo->dealer, echo->client, bound, error);
}

static size_t larger(size_t a, size_t b) {
  return a > b ? a : b;
}

hft_status hft_bench_echo_start(const char *endpoint, hft_bench_frames request,
                                hft_bench_frames reply, hft_bench_echo **out, hft_error *error) {
  hft_bench_echo *echo = calloc(1, sizeof *echo);
  if (echo == NULL) return hft_fail(error, HFT_ENOMEM, "bench", "out of memory");
  echo->request = request;
  echo->reply = reply;
  echo->bytes =
      calloc(1, larger(larger(request.header, request.buffer), larger(reply.header, reply.buffer)));
  hft_status status = echo->bytes != NULL ? open_sockets(echo, endpoint, error)
                                          : hft_fail(error, HFT_ENOMEM, "bench", "out of memory");
  if (status == HFT_OK && pthread_create(&echo->thread, NULL, answer, echo) != 0) {
    status = hft_fail(error, HFT_EFULL, "bench", "a thread could not be started");
  }
  echo->started = status == HFT_OK;
  if (status != HFT_OK) {
    hft_bench_echo_stop(echo);
    return status;
  }
  *out = echo;
  return HFT_OK;
}

void hft_bench_echo_stop(hft_bench_echo *echo) {
  if (echo == NULL) return;
  hft_dealer_close(&echo->dealer);
  if (echo->client != NULL) zmq_ctx_term(echo->client);
  if (echo->started) {
    zmq_ctx_shutdown(echo->server);
    pthread_join(echo->thread, NULL);
  } else if (echo->router != NULL) {
    zmq_close(echo->router);
  }
  if (echo->server != NULL) zmq_ctx_term(echo->server);
  free(echo->bytes);
  free(echo);
}

hft_status hft_bench_echo_ask(hft_bench_echo *echo, hft_error *error) {
  hft_dealer *dealer = &echo->dealer;
  hft_status status = hft_dealer_send(dealer, echo->bytes, echo->request.header, true, error);
  if (status == HFT_OK) {
    status = hft_dealer_send(dealer, echo->bytes, echo->request.buffer, false, error);
  }
  return status == HFT_OK ? hft_dealer_receive(dealer, error) : status;
}
