#include "bench/dealer.h"

#include <errno.h>

#define WAIT_MS 60000

static hft_status failed(hft_error *error) {
  int reason = zmq_errno();
  if (reason == EINTR) return hft_fail(error, HFT_EINTR, "bench", "interrupted");
  if (reason == EAGAIN) {
    return hft_fail(error, HFT_EIO, "bench", "no reply within %d s", WAIT_MS / 1000);
  }
  return hft_fail(error, HFT_EIO, "bench", "%s", zmq_strerror(reason));
}

hft_status hft_dealer_open(hft_dealer *dealer, void *context, const char *endpoint,
                           hft_error *error) {
  const int linger = 0, wait = WAIT_MS;
  dealer->socket = zmq_socket(context, ZMQ_DEALER);
  if (dealer->socket == NULL) return failed(error);
  if (zmq_setsockopt(dealer->socket, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
      zmq_setsockopt(dealer->socket, ZMQ_SNDTIMEO, &wait, sizeof wait) != 0 ||
      zmq_setsockopt(dealer->socket, ZMQ_RCVTIMEO, &wait, sizeof wait) != 0 ||
      zmq_connect(dealer->socket, endpoint) != 0) {
    return failed(error);
  }
  return HFT_OK;
}

static void drop_frames(hft_dealer *dealer) {
  for (int i = 0; i < dealer->frame_count; i++) zmq_msg_close(&dealer->frame[i]);
  dealer->frame_count = 0;
}

void hft_dealer_close(hft_dealer *dealer) {
  drop_frames(dealer);
  if (dealer->socket != NULL) zmq_close(dealer->socket);
  dealer->socket = NULL;
}

hft_status hft_dealer_send(hft_dealer *dealer, const void *data, size_t size, bool more,
                           hft_error *error) {
  return zmq_send(dealer->socket, data, size, more ? ZMQ_SNDMORE : 0) < 0 ? failed(error) : HFT_OK;
}

hft_status hft_dealer_receive(hft_dealer *dealer, hft_error *error) {
  drop_frames(dealer);
  bool more = true;
  while (more) {
    if (dealer->frame_count == HFT_DEALER_FRAMES_MAX) {
      return hft_fail(error, HFT_EIO, "bench", "the reply has more than %d frames",
                      HFT_DEALER_FRAMES_MAX);
    }
    zmq_msg_t *frame = &dealer->frame[dealer->frame_count++];
    zmq_msg_init(frame);
    if (zmq_msg_recv(frame, dealer->socket, 0) < 0) return failed(error);
    more = zmq_msg_more(frame);
  }
  return HFT_OK;
}
