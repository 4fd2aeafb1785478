// The replies of the service, and the requests that are answered without stepping envs.
#include <inttypes.h>
#include <string.h>

#include "server/service_state.h"
#include "sim/base/check.h"
#include "sim/base/version.h"

#define HELD_BYTES_MIN 4096  // smaller frames are copied for each send

void hft_rpc_add_frame(hft_rpc *rpc, hft_frame frame) {
  HFT_CHECK(rpc->reply->frame_count < HFT_REPLY_FRAMES_MAX);
  rpc->reply->frame[rpc->reply->frame_count++] = frame;
}

hft_wire_code hft_rpc_add_header(hft_rpc *rpc, hft_status encoded) {
  if (encoded != HFT_OK) {
    return hft_wire_fail(&rpc->fault, HFT_WIRE_INTERNAL, "reply", "out of memory");
  }
  hft_rpc_add_frame(rpc, (hft_frame){rpc->service->header.data, rpc->service->header.size});
  return HFT_WIRE_OK;
}

// ---- unread replies ----------------------------------------------------------------------------
// Whether this many more bytes may be unread.
static bool may_be_unread(hft_service *service, int place, size_t bytes) {
  return atomic_load(&service->unread.of_place[place]) + bytes <= HFT_SERVICE_UNREAD_MAX &&
         bytes <= hft_service_memory_left(service);
}

// Holds the last reply of a session, whose memory includes the bytes of one reply. The reply before
// it counts as unread from now on, unless it was read.
static hft_blob *hold_last(hft_rpc *rpc, int place) {
  hft_service *service = rpc->service;
  hft_session *session = rpc->session;
  hft_session_sent *sent = &session->sent;
  bool is_again =
      sent->blob != NULL && sent->id == session->last.id && sent->kind == session->last.kind;
  if (is_again) return sent->blob;
  bool is_unread = sent->blob != NULL && hft_blob_is_shared(sent->blob);
  if (is_unread && !may_be_unread(service, place, hft_blob_size(sent->blob))) return NULL;
  hft_blob *blob = hft_blob_create(rpc->reply->frame + 1, rpc->reply->frame_count - 1);
  if (blob == NULL) return NULL;
  hft_blob_leave(sent->blob, &service->unread, place);
  *sent = (hft_session_sent){session->last.id, session->last.kind, blob};
  return blob;
}

// Holds a spec or a picture, which no session keeps. One may be unread even at the limit.
static hft_blob *hold_passing(hft_rpc *rpc, int place, size_t bytes) {
  hft_service *service = rpc->service;
  bool is_first = atomic_load(&service->unread.of_place[place]) == 0;
  if (!is_first && !may_be_unread(service, place, bytes)) return NULL;
  hft_blob *blob = hft_blob_create(rpc->reply->frame + 1, rpc->reply->frame_count - 1);
  if (blob == NULL) return NULL;
  service->passing = blob;
  service->passing_place = place;
  return blob;
}

void hft_rpc_hold_frames(hft_rpc *rpc, int place) {
  hft_reply *reply = rpc->reply;
  const hft_session *session = rpc->session;
  size_t bytes = 0;
  for (int i = 1; i < reply->frame_count; i++) bytes += reply->frame[i].size;
  if (bytes < HELD_BYTES_MIN) return;
  bool is_last = session != NULL && session->last.id == rpc->request->id &&
                 session->last.kind == rpc->request->kind;
  reply->blob = is_last ? hold_last(rpc, place) : hold_passing(rpc, place, bytes);
  reply->is_held_back = reply->blob == NULL;
  if (reply->is_held_back) return;
  const char *data = hft_blob_data(reply->blob);
  for (int i = 1; i < reply->frame_count; i++) {
    reply->frame[i].data = data;
    data += reply->frame[i].size;
  }
}

hft_wire_code hft_rpc_check_buffers(hft_rpc *rpc, const char *name, bool wanted) {
  if (rpc->frame_count <= 1 + (int)wanted) return HFT_WIRE_OK;
  return hft_wire_fail(&rpc->fault, HFT_WIRE_BAD_BUFFER, name,
                       "%d frames follow the header of this '%s'; it takes %d",
                       rpc->frame_count - 1, hft_wire_kind_name(rpc->request->kind), (int)wanted);
}

static hft_wire_code reply_plain(hft_rpc *rpc) {
  return hft_rpc_add_header(
      rpc, hft_wire_encode_plain(&rpc->service->header, rpc->request->id, rpc->request->kind));
}

hft_wire_code hft_answer_hello(hft_rpc *rpc) {
  const hft_wire_request *request = rpc->request;
  const hft_service_config *config = &rpc->service->config;
  hft_wire_code code = hft_rpc_check_buffers(rpc, "frame 2", false);
  if (code != HFT_WIRE_OK) return code;
  if (request->major != HFT_WIRE_MAJOR) {
    return hft_wire_fail(&rpc->fault, HFT_WIRE_VERSION, "protocol",
                         "the client speaks version %" PRIu64 ".%" PRIu64
                         " of the protocol, this server %d.%d",
                         request->major, request->minor, HFT_WIRE_MAJOR, HFT_WIRE_MINOR);
  }
  hft_wire_hello hello = {
      .version = hft_version,
      .revision = hft_revision,
      .configs = config->config_names,
      .config_count = config->config_name_count,
      .envs = (uint64_t)config->envs_max,
      .sessions = (uint64_t)config->sessions_max,
      .session_envs = HFT_ENVS_MAX,
      .saves = HFT_SAVES_MAX,
      .requests_per_s = (uint64_t)config->rate_max,
      .window = HFT_SERVICE_WINDOW,
      .memory_bytes = config->memory_max,
      .unread_bytes = HFT_SERVICE_UNREAD_MAX,
      .idle_timeout_ns = config->idle_timeout,
  };
  return hft_rpc_add_header(rpc, hft_wire_encode_hello(&rpc->service->header, request->id, &hello));
}

hft_wire_code hft_answer_ping(hft_rpc *rpc) {
  hft_wire_code code = hft_rpc_check_buffers(rpc, "frame 2", false);
  return code == HFT_WIRE_OK ? reply_plain(rpc) : code;
}

// The figures of the server, and of the session where the request names one.
hft_wire_code hft_answer_stats(hft_rpc *rpc) {
  hft_wire_code code = hft_rpc_check_buffers(rpc, "frame 2", false);
  if (code != HFT_WIRE_OK) return code;
  const hft_service *service = rpc->service;
  const hft_session *session = rpc->session;
  hft_wire_stats stats = {.has_session = session != NULL,
                          .server_sessions = (uint64_t)service->session_count,
                          .server_envs = (uint64_t)service->env_count,
                          .server_unanswered = (uint64_t)service->busy_count};
  if (session != NULL) {
    stats.envs = (uint64_t)hft_pool_env_count(session->pool);
    stats.saves = (uint64_t)session->saves.count;
    stats.memory_bytes = session->bytes;
    stats.unanswered = service->busy[session - service->sessions];
    stats.env_steps = session->step_count;
    stats.episodes = session->episode_count;
    stats.errors = session->error_count;
    memcpy(stats.count, session->answered, sizeof stats.count);
    memcpy(stats.ns, session->answered_ns, sizeof stats.ns);
  }
  return hft_rpc_add_header(rpc,
                            hft_wire_encode_stats(&rpc->service->header, rpc->request->id, &stats));
}

hft_wire_code hft_answer_close(hft_rpc *rpc) {
  hft_wire_code code = hft_rpc_check_buffers(rpc, "frame 2", false);
  if (code != HFT_WIRE_OK) return code;
  hft_service_tell_session(rpc->service, "session_closed", rpc->session);
  hft_service_close_session(rpc->service, rpc->session);
  return reply_plain(rpc);
}

hft_wire_code hft_answer_last(hft_rpc *rpc) {
  const hft_session_reply *last = &rpc->session->last;
  hft_buffer *header = &rpc->service->header;
  hft_status status;
  if (last->kind == HFT_WIRE_STEP || last->kind == HFT_WIRE_RECV) {
    status = hft_wire_encode_count(header, last->id, last->kind, "ended", last->ended);
  } else if (last->kind == HFT_WIRE_SAVE || last->kind == HFT_WIRE_IMPORT) {
    status = hft_wire_encode_count(header, last->id, last->kind, "save", last->save);
  } else {
    status = hft_wire_encode_plain(header, last->id, last->kind);
  }
  hft_wire_code code = hft_rpc_add_header(rpc, status);
  for (int i = 0; code == HFT_WIRE_OK && i < last->frame_count; i++) {
    hft_rpc_add_frame(rpc, last->frame[i]);
  }
  return code;
}

hft_play hft_rpc_play(const hft_rpc *rpc) {
  const hft_service *service = rpc->service;
  return (hft_play){.request = rpc->request,
                    .frames = rpc->frames + 1,
                    .frame_count = rpc->frame_count - 1,
                    .memory_left = hft_service_memory_left(service),
                    .save_key = service->save_key,
                    .classes = service->config.classes,
                    .class_count = service->config.class_count};
}

hft_wire_code hft_answer_render(hft_rpc *rpc) {
  hft_buffer *body = &rpc->service->body;
  const hft_play play = hft_rpc_play(rpc);
  hft_wire_code code = hft_play_render(rpc->session, &play, body, &rpc->fault);
  if (code == HFT_WIRE_OK) code = reply_plain(rpc);
  if (code == HFT_WIRE_OK) hft_rpc_add_frame(rpc, (hft_frame){body->data, body->size});
  return code;
}

hft_wire_code hft_answer_export(hft_rpc *rpc) {
  const hft_play play = hft_rpc_play(rpc);
  hft_frame save;
  hft_wire_code code = hft_play_export(rpc->session, &play, &save, &rpc->fault);
  if (code == HFT_WIRE_OK) code = reply_plain(rpc);
  if (code == HFT_WIRE_OK) hft_rpc_add_frame(rpc, save);
  return code;
}
