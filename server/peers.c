#include "server/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "sim/base/hash.h"

#define MONITOR "inproc://peers"
#define FILES_MAX (1 << 20)

// The connection of a file descriptor, which a later connection may reuse.
typedef struct place {
  int64_t number;  // 0: no message seen yet
  uint64_t hash;   // of its routing id
  bool is_open;
} place;

struct hft_peers {
  void *monitor;
  place *at;  // [count]
  int count;
  int64_t last;  // number issued
};

hft_status hft_peers_create(void *context, void *socket, hft_peers **out, hft_error *error) {
  const int linger = 0;
  hft_peers *peers = calloc(1, sizeof *peers);
  if (peers == NULL) return hft_fail(error, HFT_ENOMEM, "server", "out of memory");
  peers->monitor = zmq_socket(context, ZMQ_PAIR);
  if (peers->monitor != NULL &&
      zmq_setsockopt(peers->monitor, ZMQ_LINGER, &linger, sizeof linger) == 0 &&
      zmq_socket_monitor(socket, MONITOR, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED) == 0 &&
      zmq_connect(peers->monitor, MONITOR) == 0) {
    *out = peers;
    return HFT_OK;
  }
  hft_status status = hft_fail(error, HFT_EIO, "monitor", "%s", zmq_strerror(zmq_errno()));
  hft_peers_free(peers, socket);
  return status;
}

void hft_peers_free(hft_peers *peers, void *socket) {
  if (peers == NULL) return;
  zmq_socket_monitor(socket, NULL, 0);
  if (peers->monitor != NULL) zmq_close(peers->monitor);
  free(peers->at);
  free(peers);
}

// The entry of a file descriptor; null where it is out of range.
static place *place_of(hft_peers *peers, int file) {
  if (file < 0 || file >= FILES_MAX) return NULL;
  if (file >= peers->count) {
    int count = 2 * file + 64;
    place *grown = realloc(peers->at, (size_t)count * sizeof *grown);
    if (grown == NULL) return NULL;
    memset(grown + peers->count, 0, (size_t)(count - peers->count) * sizeof *grown);
    peers->at = grown;
    peers->count = count;
  }
  return &peers->at[file];
}

// Reads an event: its number and value are in the first frame, the endpoint in the second.
static bool next_event(hft_peers *peers, uint16_t *event, uint32_t *value) {
  char bytes[6], endpoint[1];
  int size;
  do {
    size = zmq_recv(peers->monitor, bytes, sizeof bytes, ZMQ_DONTWAIT);
  } while (size < 0 && zmq_errno() == EINTR);
  if (size < (int)sizeof bytes) return false;
  memcpy(event, bytes, sizeof *event);
  memcpy(value, bytes + sizeof *event, sizeof *value);
  zmq_recv(peers->monitor, endpoint, sizeof endpoint, ZMQ_DONTWAIT);
  return true;
}

void hft_peers_attend(hft_peers *peers, hft_service *service, hft_time now) {
  uint16_t event;
  uint32_t value;
  while (next_event(peers, &event, &value)) {
    place *at = place_of(peers, (int)value);
    if (at == NULL) continue;
    // Where ZeroMQ itself ended a connection, only the reuse of its descriptor shows it.
    if (at->number != 0) hft_service_disconnect(service, at->number, now);
    *at = (place){.is_open = event == ZMQ_EVENT_ACCEPTED};
  }
}

int64_t hft_peers_find(hft_peers *peers, int file, const hft_peer *peer, hft_service *service,
                       hft_time now) {
  uint64_t hash = hft_hash_bytes(HFT_HASH_START, peer->id, peer->size);
  place *at = place_of(peers, file);
  if (at == NULL) return 0;
  if (at->number != 0 && at->hash == hash) return at->number;
  // The first message of a connection. The end of the previous connection with this descriptor was
  // reported before the descriptor was reused.
  hft_peers_attend(peers, service, now);
  at = place_of(peers, file);
  if (!at->is_open) return HFT_CONNECTION_GONE;
  if (at->number != 0) hft_service_disconnect(service, at->number, now);
  at->number = ++peers->last;
  at->hash = hash;
  return at->number;
}
