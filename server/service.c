#include "server/service.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "server/play.h"
#include "server/session.h"
#include "server/spec.h"
#include "sim/base/check.h"
#include "sim/base/version.h"

struct hft_service {
  hft_service_config config;
  hft_session *sessions;  // [sessions_max]
  int session_count;
  int64_t env_count;
  size_t memory_used;
  uint64_t step_count, opened_count;
  int64_t refused_count;  // that the log could tell of
  hft_time told_at;       // when it last did
  hft_wire_request request;
  hft_wire_buffer header, spec;  // of the reply
};

// A request while it is answered.
typedef struct service_call {
  hft_service *service;
  const hft_wire_request *request;
  const hft_frame *frames;
  int frame_count;
  hft_session *session;  // null where the request names none
  hft_reply *reply;
  hft_wire_fault fault;
} service_call;

hft_status hft_service_create(const hft_service_config *config, hft_service **out,
                              hft_error *error) {
  if (config->sessions_max < 1 || config->sessions_max > HFT_SESSIONS_MAX || config->envs_max < 1 ||
      config->thread_count < 1 || config->idle_timeout < 1) {
    return hft_fail(error, HFT_EINVAL, "server", "a limit is out of range");
  }
  hft_service *service = calloc(1, sizeof *service);
  if (service == NULL) return hft_fail(error, HFT_ENOMEM, "server", "out of memory");
  service->config = *config;
  service->sessions = calloc((size_t)config->sessions_max, sizeof *service->sessions);
  // With this room, an error reply needs no memory.
  hft_status status = hft_wire_buffer_reserve(&service->header, HFT_WIRE_HEADER_MAX);
  if (service->sessions == NULL || status != HFT_OK) {
    hft_service_free(service);
    return hft_fail(error, HFT_ENOMEM, "server", "out of memory");
  }
  *out = service;
  return HFT_OK;
}

static void tell_session(const hft_service *service, const char *event,
                         const hft_session *session) {
  hft_log_event(service->config.log, event,
                (hft_log_field[]){{"session", NULL, (int64_t)session->number},
                                  {"envs", NULL, hft_pool_env_count(session->pool)},
                                  {"bytes", NULL, (int64_t)session->bytes},
                                  {"env_steps", NULL, (int64_t)session->step_count},
                                  {NULL, NULL, 0}});
}

// Tells of a refused `make` or a fault of our own, at most once a second: a client may go on
// asking. What else is refused is the client's to know, and counted.
static void tell_refused(hft_service *service, const hft_wire_fault *fault, hft_time now) {
  if (service->request.kind != HFT_WIRE_MAKE && fault->code != HFT_WIRE_INTERNAL) return;
  service->refused_count++;
  if (service->refused_count > 1 && now - service->told_at < HFT_SECOND) return;
  service->told_at = now;
  bool is_known = service->request.kind < HFT_WIRE_KIND_COUNT;
  hft_log_event(
      service->config.log, "request_refused",
      (hft_log_field[]){{"kind", is_known ? hft_wire_kind_name(service->request.kind) : "none", 0},
                        {"code", hft_wire_code_name(fault->code), 0},
                        {"where", fault->where, 0},
                        {"reason", fault->text, 0},
                        {"refused", NULL, service->refused_count},
                        {NULL, NULL, 0}});
}

static void close_session(hft_service *service, hft_session *session) {
  service->session_count--;
  service->env_count -= hft_pool_env_count(session->pool);
  service->memory_used -= session->bytes;
  hft_session_close(session);
}

void hft_service_free(hft_service *service) {
  if (service == NULL) return;
  for (int i = 0; service->sessions != NULL && i < service->config.sessions_max; i++) {
    if (service->sessions[i].pool != NULL) close_session(service, &service->sessions[i]);
  }
  free(service->sessions);
  hft_wire_buffer_free(&service->header);
  hft_wire_buffer_free(&service->spec);
  free(service);
}

int hft_service_session_count(const hft_service *service) {
  return service->session_count;
}

int64_t hft_service_env_count(const hft_service *service) {
  return service->env_count;
}

size_t hft_service_memory_used(const hft_service *service) {
  return service->memory_used;
}

uint64_t hft_service_step_count(const hft_service *service) {
  return service->step_count;
}

int hft_service_expire(hft_service *service, hft_time now) {
  int closed = 0;
  for (int i = 0; i < service->config.sessions_max && service->session_count > 0; i++) {
    hft_session *session = &service->sessions[i];
    if (session->pool == NULL || now - session->used_at <= service->config.idle_timeout) continue;
    tell_session(service, "session_expired", session);
    close_session(service, session);
    closed++;
  }
  return closed;
}

// In a time that does not tell how many digits are right.
static bool is_token(const hft_session *session, const char *token) {
  uint64_t ours[HFT_WIRE_TOKEN_DIGITS / 8], theirs[HFT_WIRE_TOKEN_DIGITS / 8];
  uint64_t difference = session->pool == NULL;
  memcpy(ours, session->token, sizeof ours);
  memcpy(theirs, token, sizeof theirs);
  for (int i = 0; i < HFT_WIRE_TOKEN_DIGITS / 8; i++) difference |= ours[i] ^ theirs[i];
  return difference == 0;
}

static hft_wire_code find_session(service_call *call, hft_time now) {
  const char *token = call->request->session;
  for (int i = 0; i < call->service->config.sessions_max; i++) {
    hft_session *session = &call->service->sessions[i];
    if (!is_token(session, token)) continue;
    session->used_at = now;
    call->session = session;
    return HFT_WIRE_OK;
  }
  return hft_wire_fail(&call->fault, HFT_WIRE_UNKNOWN_SESSION, "session",
                       "no open session has this token: it was closed, has expired or never was");
}

static void add_frame(service_call *call, hft_frame frame) {
  HFT_CHECK(call->reply->frame_count < HFT_REPLY_FRAMES_MAX);
  call->reply->frame[call->reply->frame_count++] = frame;
}

// Ends a header: its frame is the reply's first.
static hft_wire_code add_header(service_call *call, hft_status encoded) {
  if (encoded != HFT_OK) {
    return hft_wire_fail(&call->fault, HFT_WIRE_INTERNAL, "reply", "out of memory");
  }
  add_frame(call, (hft_frame){call->service->header.data, call->service->header.size});
  return HFT_WIRE_OK;
}

// Checks that the header is followed by no frame, or by one that `name` names.
static hft_wire_code check_buffers(service_call *call, const char *name, bool wanted) {
  if (call->frame_count <= 1 + (int)wanted) return HFT_WIRE_OK;
  return hft_wire_fail(&call->fault, HFT_WIRE_BAD_BUFFER, name,
                       "%d frames follow the header of this '%s'; it takes %d",
                       call->frame_count - 1, hft_wire_kind_name(call->request->kind), (int)wanted);
}

static hft_wire_code reply_plain(service_call *call) {
  return add_header(
      call, hft_wire_encode_plain(&call->service->header, call->request->id, call->request->kind));
}

static hft_wire_code handle_hello(service_call *call) {
  const hft_wire_request *request = call->request;
  const hft_service_config *config = &call->service->config;
  hft_wire_code code = check_buffers(call, "frame 2", false);
  if (code != HFT_WIRE_OK) return code;
  if (request->major != HFT_WIRE_MAJOR) {
    return hft_wire_fail(&call->fault, HFT_WIRE_VERSION, "protocol",
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
      .saves = HFT_SAVES_MAX,
      .idle_timeout_s = (uint64_t)(config->idle_timeout / HFT_SECOND),
  };
  return add_header(call, hft_wire_encode_hello(&call->service->header, request->id, &hello));
}

static hft_wire_code handle_ping(service_call *call) {
  hft_wire_code code = check_buffers(call, "frame 2", false);
  return code == HFT_WIRE_OK ? reply_plain(call) : code;
}

static hft_wire_code handle_close(service_call *call) {
  hft_wire_code code = check_buffers(call, "frame 2", false);
  if (code != HFT_WIRE_OK) return code;
  tell_session(call->service, "session_closed", call->session);
  close_session(call->service, call->session);
  return reply_plain(call);
}

static hft_wire_code check_config_name(service_call *call, const char *name) {
  const hft_service_config *config = &call->service->config;
  for (int i = 0; i < config->config_name_count; i++) {
    if (strcmp(config->config_names[i], name) == 0) return HFT_WIRE_OK;
  }
  const char *nearest = hft_nearest(name, config->config_names, config->config_name_count);
  return hft_wire_fail(&call->fault, HFT_WIRE_CONFIG, "config",
                       "the server has no config '%s'%s%s%s; 'hello' lists them", name,
                       nearest ? "; did you mean '" : "", nearest ? nearest : "",
                       nearest ? "'?" : "");
}

// The config that a `make` asks for, with its overrides. The caller frees *out.
static hft_wire_code load_config(service_call *call, hft_config **out) {
  const hft_service_config *config = &call->service->config;
  const hft_wire_request *request = call->request;
  const hft_frame *text = call->frame_count > 1 ? &call->frames[1] : NULL;
  if (text != NULL && text->size > HFT_WIRE_CONFIG_MAX) {
    return hft_wire_fail(&call->fault, HFT_WIRE_BAD_BUFFER, "config",
                         "%zu bytes; at most %d are allowed", text->size, HFT_WIRE_CONFIG_MAX);
  }
  if (text == NULL && request->config != NULL) {
    hft_wire_code code = check_config_name(call, request->config);
    if (code != HFT_WIRE_OK) return code;
  }
  hft_error error = {0};
  hft_status status =
      config->load_config(config->context, request->config, text != NULL ? text->data : NULL,
                          text != NULL ? text->size : 0, out, &error);
  if (status != HFT_OK) return hft_wire_fail_error(&call->fault, &error);
  for (int i = 0; i < request->override_count && status == HFT_OK; i++) {
    status =
        hft_config_set_value(*out, request->override[i].path, request->override[i].value, &error);
  }
  if (status == HFT_OK) return HFT_WIRE_OK;
  hft_config_free(*out);
  return hft_wire_fail_error(&call->fault, &error);
}

// Checks the limits that need no config, and finds a free place.
static hft_wire_code find_place(service_call *call, hft_session **place) {
  const hft_service *service = call->service;
  const hft_service_config *config = &service->config;
  uint64_t wanted = call->request->num_envs;
  if (wanted == 0) {
    return hft_wire_fail(&call->fault, HFT_WIRE_BAD_FIELD, "num_envs", "it must be at least 1");
  }
  if (wanted > HFT_ENVS_MAX) {
    return hft_wire_fail(&call->fault, HFT_WIRE_LIMIT, "num_envs",
                         "%" PRIu64 " envs; a session has at most %d", wanted, HFT_ENVS_MAX);
  }
  if ((int64_t)wanted > config->envs_max - service->env_count) {
    return hft_wire_fail(&call->fault, HFT_WIRE_LIMIT, "num_envs",
                         "%" PRIu64 " envs; the server's limit is %" PRId64 ", and %" PRId64
                         " are in use",
                         wanted, config->envs_max, service->env_count);
  }
  for (int i = 0; i < config->sessions_max; i++) {
    *place = &service->sessions[i];
    if ((*place)->pool == NULL) return HFT_WIRE_OK;
  }
  return hft_wire_fail(&call->fault, HFT_WIRE_LIMIT, "session",
                       "the server's limit is %d sessions, and all are open", config->sessions_max);
}

static hft_wire_code reply_make(service_call *call, const hft_session *session,
                                const hft_config *config, uint64_t seed) {
  hft_service *service = call->service;
  char *text = hft_config_print(config, 0);
  hft_status status =
      text != NULL ? hft_spec_encode(&service->spec, session->pool, seed, text) : HFT_ENOMEM;
  free(text);
  if (status == HFT_OK) {
    char hash[HFT_SPEC_HASH_SIZE];
    hft_spec_hash(&service->spec, hash);
    status = hft_wire_encode_make(&service->header, call->request->id, session->token, hash);
  }
  hft_wire_code code = add_header(call, status);
  if (code == HFT_WIRE_OK) add_frame(call, (hft_frame){service->spec.data, service->spec.size});
  return code;
}

static hft_wire_code open_session(service_call *call, hft_session *session,
                                  const hft_config *config, hft_time now) {
  hft_service *service = call->service;
  const hft_wire_request *request = call->request;
  hft_session_setup setup = {
      .config = config,
      .classes = service->config.classes,
      .class_count = service->config.class_count,
      .env_count = (int)request->num_envs,
      .thread_count = service->config.thread_count,
      .autoreset = request->manual ? HFT_AUTORESET_MANUAL : HFT_AUTORESET_SAME_STEP,
      .seed = request->has_seed ? request->seed : 0,
      .memory_left = service->config.memory_max - service->memory_used,
  };
  hft_wire_code code = hft_session_open(session, &setup, &call->fault);
  if (code != HFT_WIRE_OK) return code;
  session->used_at = now;
  service->session_count++;
  service->env_count += setup.env_count;
  service->memory_used += session->bytes;
  code = reply_make(call, session, config, setup.seed);
  if (code != HFT_WIRE_OK) {
    close_session(service, session);
    return code;
  }
  session->number = ++service->opened_count;
  tell_session(service, "session_opened", session);
  return HFT_WIRE_OK;
}

static hft_wire_code handle_make(service_call *call, hft_time now) {
  hft_session *place = NULL;
  hft_config *config = NULL;
  hft_wire_code code = check_buffers(call, "config", true);
  if (code == HFT_WIRE_OK) code = find_place(call, &place);
  if (code == HFT_WIRE_OK) code = load_config(call, &config);
  if (code != HFT_WIRE_OK) return code;
  code = open_session(call, place, config, now);
  hft_config_free(config);
  return code;
}

// The reply to the session's last request, or to its retry.
static hft_wire_code reply_last(service_call *call) {
  const hft_session_reply *last = &call->session->last;
  hft_wire_buffer *header = &call->service->header;
  hft_status status;
  if (last->kind == HFT_WIRE_STEP || last->kind == HFT_WIRE_RECV) {
    status = hft_wire_encode_count(header, last->id, last->kind, "ended", last->ended);
  } else if (last->kind == HFT_WIRE_SAVE) {
    status = hft_wire_encode_count(header, last->id, last->kind, "save", last->save);
  } else {
    status = hft_wire_encode_plain(header, last->id, last->kind);
  }
  hft_wire_code code = add_header(call, status);
  for (int i = 0; code == HFT_WIRE_OK && i < last->frame_count; i++) {
    add_frame(call, last->frame[i]);
  }
  return code;
}

static hft_wire_code handle_play(service_call *call) {
  hft_service *service = call->service;
  hft_session *session = call->session;
  size_t bytes = session->bytes;
  uint64_t step_count = session->step_count;
  const hft_play play = {.request = call->request,
                         .frames = call->frames + 1,
                         .frame_count = call->frame_count - 1,
                         .memory_left = service->config.memory_max - service->memory_used};
  hft_wire_code code = hft_play_request(session, &play, &call->fault);
  service->memory_used += session->bytes - bytes;
  service->step_count += session->step_count - step_count;
  return code == HFT_WIRE_OK ? reply_last(call) : code;
}

static hft_wire_code dispatch(service_call *call, hft_time now) {
  if (call->request->kind == HFT_WIRE_HELLO) return handle_hello(call);
  if (call->request->kind == HFT_WIRE_MAKE) return handle_make(call, now);
  if (call->request->session[0] == '\0') return handle_ping(call);
  bool is_retry;
  hft_wire_code code = find_session(call, now);
  if (code != HFT_WIRE_OK) return code;
  code = hft_session_admit(call->session, call->request, &is_retry, &call->fault);
  if (code != HFT_WIRE_OK) return code;
  if (is_retry) return reply_last(call);
  switch (call->request->kind) {
    case HFT_WIRE_CLOSE:
      return handle_close(call);
    case HFT_WIRE_PING:
      return handle_ping(call);
    default:
      return handle_play(call);
  }
}

static hft_wire_code answer(service_call *call, hft_wire_request *request, hft_time now) {
  if (call->frame_count < 1) {
    request->id = 0;
    return hft_wire_fail(&call->fault, HFT_WIRE_MALFORMED, "header", "the message is empty");
  }
  hft_wire_code code =
      hft_wire_decode(call->frames[0].data, call->frames[0].size, request, &call->fault);
  if (call->frame_count > HFT_WIRE_FRAMES_MAX) {
    return hft_wire_fail(&call->fault, HFT_WIRE_MALFORMED, "message",
                         "%d frames; at most %d are allowed", call->frame_count,
                         HFT_WIRE_FRAMES_MAX);
  }
  return code == HFT_WIRE_OK ? dispatch(call, now) : code;
}

void hft_service_handle(hft_service *service, const hft_frame *frames, int frame_count,
                        hft_time now, hft_reply *reply) {
  hft_service_expire(service, now);
  reply->frame_count = 0;
  service_call call = {.service = service,
                       .request = &service->request,
                       .frames = frames,
                       .frame_count = frame_count,
                       .reply = reply};
  service->request.kind = HFT_WIRE_KIND_COUNT;
  reply->code = answer(&call, &service->request, now);
  reply->kind = service->request.kind;
  if (reply->code == HFT_WIRE_OK) return;
  tell_refused(service, &call.fault, now);
  reply->frame_count = 0;
  hft_status status = hft_wire_encode_error(&service->header, service->request.id, &call.fault);
  HFT_CHECK(status == HFT_OK);
  add_frame(&call, (hft_frame){service->header.data, service->header.size});
}
