// The server without its socket: a state machine that takes the frames of a request and the time,
// and gives the frames of its reply, at once or later. It owns the sessions. What a request may do
// to a session is decided by its token alone, not by the connection it came on, so that a client
// may reconnect.
//
// Requests of a session are carried out one after the other, in the order of their arrival. One
// that takes long is worked on in slices (sim/pool/pool.h), and all sessions with work in hand have
// their slices in turn. What the envs show does not depend on whose slices come between.
#ifndef HFTSIM_SERVER_SERVICE_H
#define HFTSIM_SERVER_SERVICE_H

#include <stdint.h>

#include "server/blob.h"
#include "server/log.h"
#include "server/pending.h"
#include "server/wire.h"
#include "sim/config/config.h"
#include "sim/market/agent.h"

#define HFT_SESSIONS_MAX 4096
#define HFT_REPLY_FRAMES_MAX 4
// Requests that a client may have unanswered, and of a session that may wait for their turn; as
// many replies in a row that a client does not read, and its session is closed.
#define HFT_SERVICE_WINDOW 16
// Bytes of replies that a session's client may leave unread, beside the last one.
#define HFT_SERVICE_UNREAD_MAX ((size_t)256 << 20)
#define HFT_SERVICE_RATE_MAX 1000000

typedef struct hft_service_config {
  int sessions_max;       // open at once, 1 .. HFT_SESSIONS_MAX
  int64_t envs_max;       // of all sessions together
  size_t memory_max;      // bytes of all sessions' envs and buffers, of requests that wait and of
                          // replies that are not read, together
  int rate_max;           // requests of a session in a second, 1 .. HFT_SERVICE_RATE_MAX
  int thread_count;       // that step the envs of a session
  int64_t slice_work;     // of a slice (sim/pool/pool.h); 0: as much as is usual
  hft_time idle_timeout;  // a session without a request for longer is closed
  const hft_agent_class *const *classes;
  int class_count;
  const char *const *config_names;  // that a client may ask for
  int config_name_count;
  // Makes the config of a session: from the text where it is not null (`name`, which may be null,
  // is then what errors call it), else the one of that name, which is one of config_names, else the
  // server's own. ECONFIG where the text is refused. The caller frees *out.
  hft_status (*load_config)(void *context, const char *name, const char *text, size_t length,
                            hft_config **out, hft_error *error);
  void *context;            // of load_config
  const uint8_t *save_key;  // [HFT_SEAL_KEY_BYTES], of exported saves, read by the create alone;
                            // null: one is drawn
  const hft_logger *log;    // of sessions and of what was refused; null: none
} hft_service_config;

// A reply: its frames and its peer are valid until the next call of the service.
typedef struct hft_reply {
  hft_wire_kind kind;  // of the request; HFT_WIRE_KIND_COUNT where it could not be read
  hft_wire_code code;  // OK, or that of the error
  const hft_peer *peer;
  hft_time arrived;  // when the request was handed in
  int place;         // of its session; -1: it names none
  uint64_t session;  // its number, as the log has it
  // Too many bytes are unread for it to be sent: it counts as HFT_PEER_SLOW, and may be asked for
  // again.
  bool is_held_back;
  int frame_count;
  hft_frame frame[HFT_REPLY_FRAMES_MAX];
  // Holds the frames after the first, so that whoever sends them need not copy them; null where
  // they are small.
  hft_blob *blob;
} hft_reply;

typedef enum hft_delivery {
  HFT_DELIVERED,
  HFT_PEER_GONE,  // there is no such connection any more
  HFT_PEER_SLOW   // it leaves as many replies unread as there may be
} hft_delivery;

typedef struct hft_service hft_service;

// What `config` points at must outlive the service. EINVAL: a bound is out of range. ENOMEM.
hft_status hft_service_create(const hft_service_config *config, hft_service **out,
                              hft_error *error);
// Closes all sessions. Replies must not be on their way any more.
void hft_service_free(hft_service *service);

// Takes a request, whatever the frames. True: *reply answers it. False: it takes more than a slice,
// or waits for its turn; hft_service_work answers it later. A message of more than
// HFT_WIRE_FRAMES_MAX frames is given by its first ones and its true count. `now` is a monotonic
// clock in nanoseconds; sessions that expired by then are closed first.
bool hft_service_handle(hft_service *service, const hft_peer *peer, const hft_frame *frames,
                        int frame_count, hft_time now, hft_reply *reply);

// Gives the next session that has work a slice, or takes up what it asked for next. True: *reply
// answers a request. Does nothing where there is no work.
bool hft_service_work(hft_service *service, hft_time now, hft_reply *reply);

// Requests without a reply: in work, or waiting for their turn.
int hft_service_unanswered(const hft_service *service);

// From now on every request is refused with `stopping`, those that wait for their turn too, so that
// the work that is left is what was begun. After `until` that is given up and refused, too.
void hft_service_stop(hft_service *service, hft_time until);

// Tells what became of a reply, and how long the client waited for it. The session of a client that
// does not read HFT_SERVICE_WINDOW replies in a row is closed; true where this was the last of
// these.
bool hft_service_sent(hft_service *service, const hft_reply *reply, hft_delivery delivery,
                      hft_time duration);

// Tells that a connection has ended. A session whose last request came on it may be asked for on
// another: until then it makes room where a `make` finds none, and is closed after
// HFT_SERVICE_GONE_MAX.
void hft_service_disconnect(hft_service *service, int64_t connection, hft_time now);
#define HFT_SERVICE_GONE_MIN (250 * HFT_MILLISECOND)  // before it makes room
#define HFT_SERVICE_GONE_MAX (300 * HFT_SECOND)

// Closes the sessions that have expired; returns how many.
int hft_service_expire(hft_service *service, hft_time now);

int hft_service_session_count(const hft_service *service);
int64_t hft_service_env_count(const hft_service *service);
// Bytes of all sessions' envs and buffers, of requests that wait and of replies that are not read.
size_t hft_service_memory_used(const hft_service *service);
// Steps of single envs since the service was made.
uint64_t hft_service_step_count(const hft_service *service);

#endif
