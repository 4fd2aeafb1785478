// One session: the envs of a client, its saves, its current request and its last reply.
// server/play.h carries out the requests on its envs.
#ifndef HFTSIM_SERVER_SESSION_H
#define HFTSIM_SERVER_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/blob.h"
#include "server/compile.h"
#include "server/saves.h"
#include "server/wire.h"
#include "sim/config/config.h"
#include "sim/pool/pool.h"

#define HFT_SESSION_FRAMES_MAX 3  // frames of a reply after its header

// The reply to the last request that changed the session; a retry of that request gets it again.
typedef struct hft_session_reply {
  uint64_t id;  // of the request; 0: none
  hft_wire_kind kind;
  uint64_t ended;  // step, recv: rows of the finals
  uint64_t save;   // save: its handle
  int frame_count;
  hft_frame frame[HFT_SESSION_FRAMES_MAX];  // in the pool's slabs or in `rows`
} hft_session_reply;

// The frames of the last reply as they were sent; a retry sends the same memory.
typedef struct hft_session_sent {
  uint64_t id;
  hft_wire_kind kind;
  hft_blob *blob;  // null: none
} hft_session_sent;

// The current request: begun and not yet answered. Members that its kind does not need are 0.
typedef struct hft_session_request {
  uint64_t id;  // 0: none
  hft_wire_kind kind;
  bool some;        // step, reset: concerns rows.asked[0 .. count - 1] only
  int count;        // of the envs in rows.asked
  int from, done;   // fork: copies env `from` to rows.asked; so many copies are made
  int least, room;  // recv
  bool masked;      // reset: concerns the envs of rows.mask only
  bool each;        // reset: rows.seeds holds a seed for each env
  bool has_seed;    // reset
  uint64_t seed;    // make, reset
  bool moving;      // reset: has begun; before that, envs under way are waited for
  bool overrides;   // reset: names overrides
  char *config;     // make: the effective config, printed
} hft_session_request;

// Memory for requests and replies that concern some of the envs. Each array has room for N envs.
typedef struct hft_session_rows {
  void *block;             // the allocation that holds all arrays
  int32_t *asked;          // envs of a request
  int32_t *envs;           // envs of a reply to `recv`
  int32_t *place;          // by env: scratch, all 0 between requests
  uint8_t *mask;           // by env: scratch, all 0 between requests
  uint64_t *seeds;         // by env
  char *results, *finals;  // packed rows of a reply
} hft_session_rows;

// The overrides of the current reset.
typedef struct hft_session_overrides {
  hft_compile *compile;  // of their model; null: none is compiled
  uint64_t digest;       // of the config
  int set;               // of the pool, or -1: the model is still missing
  char where[160];       // the path in errors, or "overrides" where there are several
} hft_session_overrides;

typedef struct hft_session {
  char token[HFT_WIRE_TOKEN_DIGITS + 1];  // "": the slot is free
  uint64_t number;                        // identifies it in the log, since the token is secret
  hft_time used_at;                       // of the last request
  int64_t connection;                     // of the last request; 0: unknown
  bool is_gone;                           // that connection has ended
  hft_time gone_at;                       // when it ended
  hft_time due;                           // of the rate limit: when its requests so far were due
  int unread;                             // consecutive undelivered replies
  hft_config *config;                     // of the model
  hft_env_model *model;
  hft_pool *pool;
  hft_session_overrides overrides;
  size_t bytes;            // of its envs, buffers and saves
  uint64_t step_count;     // of single envs
  uint64_t episode_count;  // ended in these steps
  uint64_t error_count;
  uint64_t answered[HFT_WIRE_KIND_COUNT];     // requests, by kind
  uint64_t answered_ns[HFT_WIRE_KIND_COUNT];  // from arrival to reply, summed
  hft_session_rows rows;
  hft_saves saves;
  hft_session_request current;
  hft_session_reply last;
  hft_session_sent sent;
} hft_session;

typedef struct hft_session_setup {
  hft_config *config;
  hft_env_model *model;
  int env_count;  // 1 .. HFT_ENVS_MAX
  int thread_count;
  int64_t slice_work;
  hft_autoreset autoreset;
  uint64_t seed;
  uint32_t first_env;
  size_t memory_left;  // bytes that the session may allocate
} hft_session_setup;

// Opens a session in a free slot: draws a token from the system's entropy, takes ownership of the
// model and the config and begins to create the envs, which hft_pool_advance continues. LIMIT or
// INTERNAL: *fault has the reason, the slot is still free, and the caller still owns both.
hft_wire_code hft_session_open(hft_session *session, const hft_session_setup *setup,
                               hft_wire_fault *fault);

// Frees the envs and the slot. A current request is dropped.
void hft_session_close(hft_session *session);

// Checks the id of a request: OK where it is new, or (*is_retry) a retry of the last request, whose
// reply is still available. STALE_ID otherwise.
hft_wire_code hft_session_admit(const hft_session *session, const hft_wire_request *request,
                                bool *is_retry, hft_wire_fault *fault);

#endif
