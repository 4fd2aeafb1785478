// One session: a client's own envs, the spec they were made with, and the memory of its last reply.
#ifndef HFTSIM_SERVER_SESSION_H
#define HFTSIM_SERVER_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/wire.h"
#include "sim/config/config.h"
#include "sim/env/pool.h"

typedef struct hft_session {
  char token[HFT_WIRE_TOKEN_DIGITS + 1];  // "": the place is free
  hft_time used_at;                       // of the last request
  hft_env_model *model;
  hft_pool *pool;
  size_t bytes;      // of its envs and buffers
  uint64_t last_id;  // of the last `reset` or `step`; 0: none
  hft_wire_kind last_kind;
} hft_session;

typedef struct hft_session_setup {
  const hft_config *config;
  const hft_agent_class *const *classes;
  int class_count;
  int env_count;  // 1 .. HFT_ENVS_MAX
  int thread_count;
  uint64_t seed;
  size_t memory_left;  // bytes that the session may take
} hft_session_setup;

// Opens a session in a free place: draws a token from the system's randomness, compiles the config
// and makes the envs. CONFIG, LIMIT or INTERNAL: *fault tells why, and the place is still free.
hft_wire_code hft_session_open(hft_session *session, const hft_session_setup *setup,
                               hft_wire_fault *fault);
// Frees the envs, and the place.
void hft_session_close(hft_session *session);

// Whether the request is to be done, or is a retry of the last one, whose reply still stands.
// STALE_ID where it is neither.
hft_wire_code hft_session_admit(const hft_session *session, const hft_wire_request *request,
                                bool *is_retry, hft_wire_fault *fault);

// Performs a `reset`. `mask` has a byte for each env, or is null for all envs.
void hft_session_reset(hft_session *session, const hft_wire_request *request, const uint8_t *mask);

// Performs a `step` with a buffer of the actions layout. NOT_RESET, BAD_ACTION: nothing changed.
hft_wire_code hft_session_step(hft_session *session, const hft_wire_request *request,
                               const void *actions, hft_wire_fault *fault);

// The buffers of the last reset's or step's reply, valid until the next one: the results, and the
// finals, empty where no env has ended.
hft_frame hft_session_results(const hft_session *session);
hft_frame hft_session_finals(const hft_session *session);

#endif
