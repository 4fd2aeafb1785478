// Internal to the service: its state, and the functions that its files share.
#ifndef HFTSIM_SERVER_SERVICE_STATE_H
#define HFTSIM_SERVER_SERVICE_STATE_H

#include <stdbool.h>

#include "server/compile.h"
#include "server/play.h"
#include "server/reaper.h"
#include "server/seal.h"
#include "server/service.h"
#include "server/session.h"

// The requests of one session slot. The current request is in the session.
typedef struct hft_session_queue {
  hft_pending pending;  // waiting
  hft_peer peer;        // sender of the current request
  hft_time arrived;     // of the current request
} hft_session_queue;

// The `make` whose config reads files and is being compiled: one at a time. It is the current
// request of the last slot.
typedef struct hft_making {
  hft_compile *compile;  // null: none
  bool is_given_up;
  uint64_t id;
  hft_session_setup setup;  // its model is still missing
  char *config;             // the effective config, printed
} hft_making;

struct hft_service {
  hft_service_config config;
  hft_making making;
  hft_reaper reaper;
  hft_session *sessions;     // [sessions_max]
  hft_session_queue *queue;  // [sessions_max + 1]: the last one is for requests that make sessions
  uint8_t *busy;             // [sessions_max + 1]: number of requests without a reply
  int busy_count;            // sum of `busy`
  int last_served;           // the slot that had the last turn
  bool is_stopping;
  hft_time stop_by;  // current requests are abandoned then
  int session_count;
  int64_t env_count;
  size_t memory_used;
  uint64_t step_count, opened_count;
  int64_t refused_count;  // refusals since the last log line
  hft_time told_at;       // time of the last log line about refusals
  hft_peer peer;          // of the reply
  hft_wire_request request;
  hft_buffer header;  // of the reply
  hft_buffer body;    // of the reply: a spec or a picture
  hft_blob *passing;  // holds that body while it is sent
  int passing_place;
  hft_unread unread;
  uint8_t save_key[HFT_SEAL_KEY_BYTES];
};

// One request while it is handled.
typedef struct hft_rpc {
  hft_service *service;
  const hft_wire_request *request;
  const hft_frame *frames;
  int frame_count;
  hft_time now;
  hft_session *session;  // null: the request names none
  hft_reply *reply;
  hft_wire_fault fault;
} hft_rpc;

// Bytes that sessions may still allocate.
size_t hft_service_memory_left(const hft_service *service);

// Moves the frames of a reply after its header into a blob where they are large. `place` is the
// slot of its session, or the last one.
void hft_rpc_hold_frames(hft_rpc *rpc, int place);

// Appends a frame to the reply; the bytes must live as long as the reply.
void hft_rpc_add_frame(hft_rpc *rpc, hft_frame frame);

// Makes the encoded header the first frame of the reply. INTERNAL where `encoded` is a failure.
hft_wire_code hft_rpc_add_header(hft_rpc *rpc, hft_status encoded);

// Checks the number of frames after the header: 1 where `wanted`, else 0. BAD_BUFFER names `name`.
hft_wire_code hft_rpc_check_buffers(hft_rpc *rpc, const char *name, bool wanted);

// The part of a request that hft_play_... functions need.
hft_play hft_rpc_play(const hft_rpc *rpc);

// Each answers a request of its kind at once.
hft_wire_code hft_answer_hello(hft_rpc *rpc);
hft_wire_code hft_answer_ping(hft_rpc *rpc);
hft_wire_code hft_answer_stats(hft_rpc *rpc);
hft_wire_code hft_answer_render(hft_rpc *rpc);
hft_wire_code hft_answer_export(hft_rpc *rpc);
hft_wire_code hft_answer_close(hft_rpc *rpc);

// Answers with the reply to the session's last request, also for a retry.
hft_wire_code hft_answer_last(hft_rpc *rpc);

// Logs an event of a session.
void hft_service_tell_session(const hft_service *service, const char *event,
                              const hft_session *session);

// Records the connection that the session's last request came on.
void hft_session_note_peer(hft_session *session, const hft_peer *peer, hft_time now);

// Closes the session whose connection ended longest ago, where one may be closed for a `make`.
// False: there is none.
bool hft_service_make_room(hft_service *service, hft_time now);

// Seconds until a session whose connection has ended may be closed for a `make`; 0: there is none,
// or one may be closed now.
double hft_service_room_after(const hft_service *service, hft_time now);

// Closes a session and frees its slot.
void hft_service_close_session(hft_service *service, hft_session *session);

// Begins a `make`: opens a session, whose current request it stays while the envs are created.
// Where the config has to be compiled first, there is no session yet (rpc->session is null), and
// the `make` is the current request of the last slot.
hft_wire_code hft_make_begin(hft_rpc *rpc);

// Continues a `make` whose config is compiled; rpc->session is null until there is one.
hft_wire_code hft_make_go_on(hft_rpc *rpc);

// Abandons that `make`: its result is dropped.
void hft_make_give_up(hft_service *service);

// Waits for the compile to end and drops its result.
void hft_make_end(hft_service *service);

// Answers a `make` once the envs are created.
hft_wire_code hft_make_answer(hft_rpc *rpc);

#endif
