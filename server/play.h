// Carries out the requests that concern the envs of a session: reset, step, send, recv, save, load,
// fork, drop, render, export, import.
#ifndef HFTSIM_SERVER_PLAY_H
#define HFTSIM_SERVER_PLAY_H

#include "server/session.h"

typedef struct hft_play {
  const hft_wire_request *request;
  const hft_frame *frames;  // after the header; owned by the caller
  int frame_count;
  size_t memory_left;                     // bytes that the session may still allocate
  const uint8_t *save_key;                // [HFT_SEAL_KEY_BYTES]
  const hft_agent_class *const *classes;  // of configs
  int class_count;
} hft_play;

// Begins a request, which becomes the session's current request. On a fault nothing has changed:
// the answer to the last request stands, and there is no current request. Updates session->bytes
// where saves are added or removed.
hft_wire_code hft_play_begin(hft_session *session, const hft_play *play, hft_wire_fault *fault);

// Answers a `render`: replaces the content of `reply` by the picture of the env. Changes nothing,
// and never becomes the current request.
hft_wire_code hft_play_render(const hft_session *session, const hft_play *play, hft_buffer *reply,
                              hft_wire_fault *fault);

// Answers an `export`: *save is the sealed save, in memory that the session owns. Changes nothing
// that a client can see, and never becomes the current request.
hft_wire_code hft_play_export(const hft_session *session, const hft_play *play, hft_frame *save,
                              hft_wire_fault *fault);

// Does one slice (sim/pool/pool.h) of the current request. *done once it is done: session->last is
// the answer, and there is no current request. Updates session->bytes where models of overrides are
// added or dropped. CONFIG or LIMIT, of a reset with overrides: *fault has the reason, nothing has
// changed, and there is no current request.
hft_wire_code hft_play_work(hft_session *session, size_t memory_left, bool *done,
                            hft_wire_fault *fault);

#endif
