// One session: a client's own envs, the spec they were made with, its saves, and the memory of its
// last reply. What a client does with the envs is in server/play.h.
#ifndef HFTSIM_SERVER_SESSION_H
#define HFTSIM_SERVER_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/blob.h"
#include "server/saves.h"
#include "server/wire.h"
#include "sim/config/config.h"
#include "sim/pool/pool.h"

#define HFT_SESSION_FRAMES_MAX 3  // of a reply, after its header

// What was answered to the last request that did something: a retry of it gets the same again.
typedef struct hft_session_reply {
  uint64_t id;  // 0: there was none
  hft_wire_kind kind;
  uint64_t ended;  // step, recv: rows of the finals
  uint64_t save;   // save: its handle
  int frame_count;
  hft_frame frame[HFT_SESSION_FRAMES_MAX];  // of the pool's slabs, or of `rows`
} hft_session_reply;

// The frames of a reply as they were sent: whoever asks again is sent the same memory.
typedef struct hft_session_sent {
  uint64_t id;
  hft_wire_kind kind;
  hft_blob *blob;  // null: there are none
} hft_session_sent;

// The request in hand: begun, and not answered yet. What its kind does not need is 0.
typedef struct hft_session_request {
  uint64_t id;  // 0: there is none
  hft_wire_kind kind;
  bool some;        // step, reset: it is about rows.asked[0 .. count - 1], not about all
  int count;        // of these
  int least, room;  // recv
  bool masked;      // reset: it is about those of rows.mask
  bool each;        // reset: rows.seeds has the seeds
  bool has_seed;    // reset
  uint64_t seed;    // make, reset
  bool moving;      // reset: the envs are on their way, and none that was under way is waited for
  char *config;     // make: the effective one, printed
} hft_session_request;

// Memory for requests and replies that are about some of the envs. All arrays are for N of them.
typedef struct hft_session_rows {
  void *block;             // that holds all
  int32_t *asked;          // the envs of a request
  int32_t *envs;           // of a reply to `recv`
  int32_t *place;          // by env: scratch, all 0 between requests
  uint8_t *mask;           // by env: the same
  uint64_t *seeds;         // by env
  char *results, *finals;  // packed rows of a reply
} hft_session_rows;

typedef struct hft_session {
  char token[HFT_WIRE_TOKEN_DIGITS + 1];  // "": the place is free
  uint64_t number;                        // in the log: the token is nobody else's to know
  hft_time used_at;                       // of the last request
  int64_t connection;                     // of the last request; 0: not known
  bool is_gone;                           // that has ended
  hft_time gone_at;                       // when
  hft_time due;                           // when it would have asked for so much at its rate
  int unread;                             // replies in a row that its client did not read
  hft_env_model *model;
  hft_pool *pool;
  size_t bytes;            // of its envs, buffers and saves
  uint64_t step_count;     // of single envs, whose results were answered
  uint64_t episode_count;  // that ended in these
  uint64_t error_count;
  uint64_t answered[HFT_WIRE_KIND_COUNT];     // requests
  uint64_t answered_ns[HFT_WIRE_KIND_COUNT];  // from their arrival to their replies
  hft_session_rows rows;
  hft_saves saves;
  hft_session_request current;
  hft_session_reply last;
  hft_session_sent sent;
} hft_session;

typedef struct hft_session_setup {
  hft_env_model *model;
  int env_count;  // 1 .. HFT_ENVS_MAX
  int thread_count;
  int64_t slice_work;
  hft_autoreset autoreset;
  uint64_t seed;
  uint32_t first_env;
  size_t memory_left;  // bytes that the session may take
} hft_session_setup;

// Opens a session in a free place: draws a token from the system's randomness, takes the model and
// begins to make the envs, which hft_pool_advance goes on with. LIMIT or INTERNAL: *fault tells
// why, the place is still free, and the model the caller's.
hft_wire_code hft_session_open(hft_session *session, const hft_session_setup *setup,
                               hft_wire_fault *fault);
// Frees the envs, and the place. What was in hand is lost.
void hft_session_close(hft_session *session);

// Whether the request is to be done, or is a retry of the last one, whose reply still stands.
// STALE_ID where it is neither.
hft_wire_code hft_session_admit(const hft_session *session, const hft_wire_request *request,
                                bool *is_retry, hft_wire_fault *fault);

#endif
