#define _DEFAULT_SOURCE  // explicit_bzero

#include "server/zap.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "server/curve.h"

#define ADDRESS "inproc://zeromq.zap.01"
#define DOMAIN "hftsim"
#define VERSION "1.0"
#define PART_BYTES 256
#define ANSWERS_MAX 16  // per call, so that requests are not delayed

struct hft_zap {
  void *socket;
  const hft_logger *log;
  char *folder;
  hft_curve_pair pair;
  hft_curve_clients clients;
  hft_metrics *metrics;
  time_t told_at;  // last log line about refused keys, monotonic clock, s
};

// The frames of a ZAP request, in order.
enum { PART_VERSION, PART_ID, PART_DOMAIN, PART_PEER, PART_ROUTING, PART_MECHANISM, PART_KEY };
#define PART_COUNT (PART_KEY + 1)

typedef struct zap_part {
  size_t size;
  char bytes[PART_BYTES + 1];
} zap_part;

static hft_status open_socket(hft_zap *zap, void *context, hft_error *error) {
  zap->socket = zmq_socket(context, ZMQ_REP);
  const int linger = 0;
  if (zap->socket != NULL && zmq_bind(zap->socket, ADDRESS) == 0 &&
      zmq_setsockopt(zap->socket, ZMQ_LINGER, &linger, sizeof linger) == 0) {
    return HFT_OK;
  }
  return hft_fail(error, HFT_EIO, "keys", "%s", zmq_strerror(zmq_errno()));
}

static void log_count(const hft_zap *zap) {
  hft_log_event(
      zap->log, "keys_read",
      (hft_log_field[]){
          {"folder", zap->folder, 0}, {"clients", NULL, zap->clients.count}, {NULL, NULL, 0}});
}

hft_status hft_zap_create(void *context, const char *folder, const hft_logger *log,
                          hft_metrics *metrics, hft_zap **out, hft_error *error) {
  hft_zap *zap = calloc(1, sizeof *zap);
  if (zap == NULL) return hft_fail(error, HFT_ENOMEM, "keys", "out of memory");
  zap->log = log;
  zap->metrics = metrics;
  zap->folder = strdup(folder);
  hft_status status = zap->folder != NULL ? HFT_OK : HFT_ENOMEM;
  if (status != HFT_OK) hft_fail(error, status, "keys", "out of memory");
  if (status == HFT_OK) status = hft_curve_pair_read(folder, &zap->pair, error);
  if (status == HFT_OK) status = hft_curve_clients_read(folder, &zap->clients, error);
  if (status == HFT_OK) status = open_socket(zap, context, error);
  if (status != HFT_OK) {
    hft_zap_free(zap);
    return status;
  }
  log_count(zap);
  *out = zap;
  return HFT_OK;
}

void hft_zap_free(hft_zap *zap) {
  if (zap == NULL) return;
  if (zap->socket != NULL) zmq_close(zap->socket);
  hft_curve_clients_free(&zap->clients);
  free(zap->folder);
  explicit_bzero(zap, sizeof *zap);
  free(zap);
}

hft_status hft_zap_protect(const hft_zap *zap, void *socket, hft_error *error) {
  const int on = 1;
  const char *secret = zap->pair.secret_key;
  if (zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &on, sizeof on) == 0 &&
      zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, HFT_CURVE_TEXT) == 0 &&
      zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, DOMAIN, strlen(DOMAIN)) == 0) {
    return HFT_OK;
  }
  return hft_fail(error, HFT_EIO, "keys", "%s", zmq_strerror(zmq_errno()));
}

void *hft_zap_socket(const hft_zap *zap) {
  return zap->socket;
}

void hft_zap_reload(hft_zap *zap) {
  hft_error error = {0};
  if (hft_curve_clients_read(zap->folder, &zap->clients, &error) == HFT_OK) {
    log_count(zap);
    return;
  }
  hft_log_event(zap->log, "keys_kept",
                (hft_log_field[]){{"clients", NULL, zap->clients.count},
                                  {"where", error.where, 0},
                                  {"reason", error.text, 0},
                                  {NULL, NULL, 0}});
}

// Receives a ZAP request; false where there is none. A frame that is too long is truncated, and
// then no valid key.
static bool receive(hft_zap *zap, zap_part part[PART_COUNT], int *count) {
  int more = 1;
  size_t more_size = sizeof more;
  for (*count = 0; more != 0; ++*count) {
    zap_part extra, *to = *count < PART_COUNT ? &part[*count] : &extra;
    int size = zmq_recv(zap->socket, to->bytes, PART_BYTES, ZMQ_DONTWAIT);
    if (size < 0) return false;
    to->size = size <= PART_BYTES ? (size_t)size : PART_BYTES;
    to->bytes[to->size] = '\0';
    zmq_getsockopt(zap->socket, ZMQ_RCVMORE, &more, &more_size);
  }
  return true;
}

static void tell_refused(hft_zap *zap, const char *key, const char *peer) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  hft_metrics_add(&zap->metrics->keys_refused, 1);
  uint64_t refused = hft_metrics_get(&zap->metrics->keys_refused);
  if (refused > 1 && now.tv_sec == zap->told_at) return;
  zap->told_at = now.tv_sec;
  hft_log_event(zap->log, "key_refused",
                (hft_log_field[]){{"key", key, 0},
                                  {"peer", peer, 0},
                                  {"refused", NULL, (int64_t)refused},
                                  {NULL, NULL, 0}});
}

static void reply(hft_zap *zap, const zap_part *id, const char *name) {
  const char *code = name != NULL ? "200" : "400";
  const char *words = name != NULL ? "OK" : "this key is not admitted";
  const char *user = name != NULL ? name : "";
  zmq_send(zap->socket, VERSION, strlen(VERSION), ZMQ_SNDMORE);
  zmq_send(zap->socket, id->bytes, id->size, ZMQ_SNDMORE);
  zmq_send(zap->socket, code, strlen(code), ZMQ_SNDMORE);
  zmq_send(zap->socket, words, strlen(words), ZMQ_SNDMORE);
  zmq_send(zap->socket, user, strlen(user), ZMQ_SNDMORE);
  zmq_send(zap->socket, "", 0, 0);  // no metadata
}

void hft_zap_answer(hft_zap *zap) {
  zap_part part[PART_COUNT];
  int count;
  for (int i = 0; i < ANSWERS_MAX && receive(zap, part, &count); i++) {
    const char *name = NULL;
    const zap_part *key = &part[PART_KEY];
    if (count == PART_COUNT && key->size == HFT_CURVE_BYTES &&
        strcmp(part[PART_MECHANISM].bytes, "CURVE") == 0) {
      char text[HFT_CURVE_TEXT];
      name = hft_curve_clients_find(&zap->clients, (const uint8_t *)key->bytes);
      zmq_z85_encode(text, (const uint8_t *)key->bytes, HFT_CURVE_BYTES);
      if (name == NULL) tell_refused(zap, text, part[PART_PEER].bytes);
    }
    reply(zap, count > PART_ID ? &part[PART_ID] : &(zap_part){0}, name);
  }
}
