// What a client does with the envs of its session: reset, step, send, recv, save, load, fork,
// drop, export, import.
#ifndef HFTSIM_SERVER_PLAY_H
#define HFTSIM_SERVER_PLAY_H

#include "server/session.h"

typedef struct hft_play {
  const hft_wire_request *request;
  const hft_frame *frames;  // after the header
  int frame_count;
  size_t memory_left;       // bytes that the session may take beside what it has
  const uint8_t *save_key;  // [HFT_SEAL_KEY_BYTES]
} hft_play;

// Takes a request in hand. Any fault: nothing has changed, the answer to the request before stands
// and nothing is in hand. session->bytes follows the saves.
hft_wire_code hft_play_begin(hft_session *session, const hft_play *play, hft_wire_fault *fault);
// Writes what a `render` asks for, which changes nothing: it is never in hand.
hft_wire_code hft_play_render(const hft_session *session, const hft_play *play, hft_buffer *picture,
                              hft_wire_fault *fault);
// The sealed save that an `export` asks for, whose memory is the session's. It changes nothing that
// a client can see, and is never in hand.
hft_wire_code hft_play_export(const hft_session *session, const hft_play *play, hft_frame *save,
                              hft_wire_fault *fault);
// Does a slice of the request in hand (sim/pool/pool.h). True once it is done: session->last has
// the answer, and nothing is in hand.
bool hft_play_work(hft_session *session);

#endif
