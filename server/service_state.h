// Inside of the service: what it is made of.
#ifndef HFTSIM_SERVER_SERVICE_STATE_H
#define HFTSIM_SERVER_SERVICE_STATE_H

#include <stdbool.h>

#include "server/compile.h"
#include "server/play.h"
#include "server/reaper.h"
#include "server/seal.h"
#include "server/service.h"
#include "server/session.h"

// What a place has to do. The request in hand is its session's.
typedef struct hft_session_queue {
  hft_pending pending;  // that wait
  hft_peer peer;        // who asked for the one in hand
  hft_time arrived;     // when
} hft_session_queue;

// A `make` whose config reads files, while it is compiled: one at a time. It is in hand at the last
// place.
typedef struct hft_making {
  hft_compile *compile;  // null: there is none
  bool is_given_up;
  uint64_t id;
  hft_session_setup setup;  // without its model
  char *config;             // printed
} hft_making;

struct hft_service {
  hft_service_config config;
  hft_making making;
  hft_reaper reaper;
  hft_session *sessions;     // [sessions_max]
  hft_session_queue *queue;  // [sessions_max + 1]: the last is of what makes sessions
  uint8_t *busy;             // [sessions_max + 1]: requests without a reply
  int busy_count;            // of all
  int last_served;           // whose it was
  bool is_stopping;
  hft_time stop_by;  // then what is in hand is given up
  int session_count;
  int64_t env_count;
  size_t memory_used;
  uint64_t step_count, opened_count;
  int64_t refused_count;  // that the log could tell of
  hft_time told_at;       // when it last did
  hft_peer peer;          // of the reply
  hft_wire_request request;
  hft_buffer header;  // of the reply
  hft_buffer body;    // of the reply: a spec, a picture
  hft_blob *passing;  // that body as it is sent
  int passing_place;
  hft_unread unread;
  uint8_t save_key[HFT_SEAL_KEY_BYTES];
};

// A request while it is looked at.
typedef struct hft_rpc {
  hft_service *service;
  const hft_wire_request *request;
  const hft_frame *frames;
  int frame_count;
  hft_time now;
  hft_session *session;  // null where the request names none
  hft_reply *reply;
  hft_wire_fault fault;
} hft_rpc;

// Bytes that sessions may still take.
size_t hft_service_memory_left(const hft_service *service);

// Has the frames of a reply, but its header, held by a blob where they are large. `place` is that
// of its session, or the last one.
void hft_rpc_hold_frames(hft_rpc *rpc, int place);

void hft_rpc_add_frame(hft_rpc *rpc, hft_frame frame);
// Ends a header: its frame is the reply's first.
hft_wire_code hft_rpc_add_header(hft_rpc *rpc, hft_status encoded);
// Checks that the header is followed by no frame, or by one that `name` names.
hft_wire_code hft_rpc_check_buffers(hft_rpc *rpc, const char *name, bool wanted);
// The request as it is for the envs of its session.
hft_play hft_rpc_play(const hft_rpc *rpc);

// Each answers a request of its kind.
hft_wire_code hft_answer_hello(hft_rpc *rpc);
hft_wire_code hft_answer_ping(hft_rpc *rpc);
hft_wire_code hft_answer_stats(hft_rpc *rpc);
hft_wire_code hft_answer_render(hft_rpc *rpc);
hft_wire_code hft_answer_export(hft_rpc *rpc);
hft_wire_code hft_answer_close(hft_rpc *rpc);
// The reply to the session's last request, or to its retry.
hft_wire_code hft_answer_last(hft_rpc *rpc);

void hft_service_tell_session(const hft_service *service, const char *event,
                              const hft_session *session);
// Notes on which connection a session was asked for.
void hft_session_note_peer(hft_session *session, const hft_peer *peer, hft_time now);
// Closes the session whose connection has been gone for longest, if there is one that must make
// room.
bool hft_service_make_room(hft_service *service, hft_time now);
// Seconds after which a session whose connection has gone will make room; 0: there is none, or it
// would already.
double hft_service_room_after(const hft_service *service, hft_time now);
void hft_service_close_session(hft_service *service, hft_session *session);

// Opens a session for a `make`, and leaves it in hand there while its envs are made. Where its
// config has to be compiled before, there is no session yet (rpc->session is null), and the `make`
// is in hand at the last place.
hft_wire_code hft_make_begin(hft_rpc *rpc);
// Goes on with that; rpc->session is null until there is one.
hft_wire_code hft_make_go_on(hft_rpc *rpc);
// Nobody waits for it any more.
void hft_make_give_up(hft_service *service);
// Waits for what is compiled, and forgets it.
void hft_make_end(hft_service *service);
// Answers it, once they are.
hft_wire_code hft_make_answer(hft_rpc *rpc);

#endif
