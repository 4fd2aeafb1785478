// The server without its socket: a state machine that takes the frames of a request and the time,
// and returns the frames of the reply, at once or later. It owns the sessions. A request gets
// access to a session by the session's token alone, not by its connection, so that a client may
// reconnect.
//
// The requests of a session are carried out one after the other, in the order of their arrival. A
// long one is done in slices (sim/pool/pool.h), and sessions with work take turns, one slice each.
// Results do not depend on this order.
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
// The most requests that a client may have unanswered, and that may wait for one session. A session
// is closed after this many consecutive undelivered replies.
#define HFT_SERVICE_WINDOW 16
// Bytes of replies that the client of a session may leave unread, besides the last reply.
#define HFT_SERVICE_UNREAD_MAX ((size_t)256 << 20)
#define HFT_SERVICE_RATE_MAX 1000000

typedef struct hft_service_config {
  int sessions_max;       // open sessions, 1 .. HFT_SESSIONS_MAX
  int64_t envs_max;       // of all sessions together
  size_t memory_max;      // bytes of all sessions' envs and buffers, of waiting requests and of
                          // unread replies, together
  int rate_max;           // requests per second of a session, 1 .. HFT_SERVICE_RATE_MAX
  int thread_count;       // threads that step the envs of a session
  int64_t slice_work;     // of a slice (sim/pool/pool.h); 0: HFT_SLICE_WORK
  hft_time idle_timeout;  // a session without a request for this long is closed
  const hft_agent_class *const *classes;
  int class_count;
  const char *const *config_names;  // the configs that a client may name
  int config_name_count;
  // Creates the config of a session: from `text` where it is not null (errors then call it `name`,
  // which may be null), else the config called `name`, one of config_names, else the server's own.
  // ECONFIG: the text is invalid. The caller frees *out.
  hft_status (*load_config)(void *context, const char *name, const char *text, size_t length,
                            hft_config **out, hft_error *error);
  void *context;            // of load_config
  const uint8_t *save_key;  // [HFT_SEAL_KEY_BYTES], of exported saves; copied by the create;
                            // null: a new key is drawn
  const hft_logger *log;    // of sessions and refusals; null: none
} hft_service_config;

// A reply. Its frames and its peer are valid until the next call of the service.
typedef struct hft_reply {
  hft_wire_kind kind;  // of the request; HFT_WIRE_KIND_COUNT where it could not be read
  hft_wire_code code;  // OK, or the code of the error
  const hft_peer *peer;
  hft_time arrived;  // when the request arrived
  int place;         // slot of its session; -1: the request names none
  uint64_t session;  // number of the session, as in the log
  // Not sent because too many bytes are unread: it counts as HFT_PEER_SLOW, and a retry may ask for
  // it again.
  bool is_held_back;
  int frame_count;
  hft_frame frame[HFT_REPLY_FRAMES_MAX];
  // Holds the frames after the first, so that the sender need not copy them; null where they are
  // small.
  hft_blob *blob;
} hft_reply;

typedef enum hft_delivery {
  HFT_DELIVERED,
  HFT_PEER_GONE,  // the connection has ended
  HFT_PEER_SLOW   // the client leaves too many replies unread
} hft_delivery;

typedef struct hft_service hft_service;

// Creates a service without sessions. What `config` points to must outlive it. EINVAL: a limit is
// out of range; ENOMEM.
hft_status hft_service_create(const hft_service_config *config, hft_service **out,
                              hft_error *error);

// Closes all sessions and frees the service. No reply may still be in transit. May be null.
void hft_service_free(hft_service *service);

// Handles a request; the frames may hold anything. True: *reply answers it. False: it takes more
// than a slice or has to wait; hft_service_work answers it later. A message with more than
// HFT_WIRE_FRAMES_MAX frames is passed as its first ones and its true count. `now` is a monotonic
// clock in ns; expired sessions are closed first.
bool hft_service_handle(hft_service *service, const hft_peer *peer, const hft_frame *frames,
                        int frame_count, hft_time now, hft_reply *reply);

// Does one slice of work for the next session in turn, or begins its next request. True: *reply
// answers a request. Does nothing where there is no work.
bool hft_service_work(hft_service *service, hft_time now, hft_reply *reply);

// The number of requests without a reply: in work or waiting.
int hft_service_unanswered(const hft_service *service);

// From now on every request is refused with `stopping`, including those that wait; only requests in
// work go on. After `until` these are abandoned and refused, too.
void hft_service_stop(hft_service *service, hft_time until);

// Reports whether a reply was delivered, and how long the client waited for it, in ns. After
// HFT_SERVICE_WINDOW consecutive undelivered replies the session is closed, and the result is true.
bool hft_service_sent(hft_service *service, const hft_reply *reply, hft_delivery delivery,
                      hft_time duration);

// Reports that a connection has ended. Sessions whose last request came on it stay available to
// other connections. Until they are used again, they are closed where a `make` needs their room
// (after HFT_SERVICE_GONE_MIN), and in any case after HFT_SERVICE_GONE_MAX.
void hft_service_disconnect(hft_service *service, int64_t connection, hft_time now);
#define HFT_SERVICE_GONE_MIN (250 * HFT_MILLISECOND)  // before it is closed for a `make`
#define HFT_SERVICE_GONE_MAX (300 * HFT_SECOND)

// Closes expired sessions; returns their number.
int hft_service_expire(hft_service *service, hft_time now);

// The number of open sessions, and of their envs.
int hft_service_session_count(const hft_service *service);
int64_t hft_service_env_count(const hft_service *service);

// Bytes of all sessions' envs and buffers, of waiting requests and of unread replies.
size_t hft_service_memory_used(const hft_service *service);

// Steps of single envs since the service was created.
uint64_t hft_service_step_count(const hft_service *service);

#endif
