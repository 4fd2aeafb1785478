#include "server/service.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "server/service_state.h"
#include "sim/base/check.h"
#include "sim/base/entropy.h"

#define MAKES_MAX 64  // waiting requests without a session

// Copies the save key of the config, or draws one.
static bool take_save_key(hft_service *service) {
  if (service->config.save_key == NULL) {
    return hft_entropy_draw(service->save_key, sizeof service->save_key);
  }
  memcpy(service->save_key, service->config.save_key, sizeof service->save_key);
  return true;
}

hft_status hft_service_create(const hft_service_config *config, hft_service **out,
                              hft_error *error) {
  if (config->sessions_max < 1 || config->sessions_max > HFT_SESSIONS_MAX || config->envs_max < 1 ||
      config->rate_max < 1 || config->rate_max > HFT_SERVICE_RATE_MAX || config->thread_count < 1 ||
      config->idle_timeout < 1) {
    return hft_fail(error, HFT_EINVAL, "server", "a limit is out of range");
  }
  hft_service *service = calloc(1, sizeof *service);
  if (service == NULL) return hft_fail(error, HFT_ENOMEM, "server", "out of memory");
  service->config = *config;
  size_t places = (size_t)config->sessions_max;
  service->sessions = calloc(places, sizeof *service->sessions);
  service->queue = calloc(places + 1, sizeof *service->queue);
  service->busy = calloc(places + 1, sizeof *service->busy);
  service->unread.of_place = calloc(places + 1, sizeof *service->unread.of_place);
  // With this capacity an error reply needs no allocation.
  hft_status status = hft_buffer_reserve(&service->header, HFT_WIRE_HEADER_MAX);
  if (service->sessions == NULL || service->queue == NULL || service->busy == NULL ||
      service->unread.of_place == NULL || status != HFT_OK) {
    hft_service_free(service);
    return hft_fail(error, HFT_ENOMEM, "server", "out of memory");
  }
  if (!hft_seal_start() || !take_save_key(service)) {
    hft_service_free(service);
    return hft_fail(error, HFT_EIO, "server", "the system provides no entropy");
  }
  *out = service;
  return HFT_OK;
}

void hft_service_tell_session(const hft_service *service, const char *event,
                              const hft_session *session) {
  hft_log_event(service->config.log, event,
                (hft_log_field[]){{"session", NULL, (int64_t)session->number},
                                  {"envs", NULL, hft_pool_env_count(session->pool)},
                                  {"bytes", NULL, (int64_t)session->bytes},
                                  {"env_steps", NULL, (int64_t)session->step_count},
                                  {NULL, NULL, 0}});
}

// Logs a refused `make` or an internal fault, at most once a second, since a client may repeat it.
// Other refusals are only counted.
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

void hft_service_close_session(hft_service *service, hft_session *session) {
  service->session_count--;
  service->env_count -= hft_pool_env_count(session->pool);
  service->memory_used -= session->bytes;
  hft_blob_leave(session->sent.blob, &service->unread, (int)(session - service->sessions));
  session->sent.blob = NULL;
  hft_reaper_close(&service->reaper, session);
}

static void count_busy(hft_service *service, int place, int change) {
  service->busy[place] = (uint8_t)(service->busy[place] + change);
  service->busy_count += change;
}

// Drops the waiting requests.
static void drop_pending(hft_service *service) {
  for (int place = 0; place <= service->config.sessions_max; place++) {
    for (hft_pending_request *waiting;
         (waiting = hft_pending_take(&service->queue[place].pending)) != NULL; free(waiting)) {
      service->memory_used -= waiting->bytes;
      count_busy(service, place, -1);
    }
  }
}

void hft_service_free(hft_service *service) {
  if (service == NULL) return;
  for (int i = 0; service->sessions != NULL && i < service->config.sessions_max; i++) {
    if (service->sessions[i].pool != NULL)
      hft_service_close_session(service, &service->sessions[i]);
  }
  if (service->queue != NULL) drop_pending(service);
  hft_make_end(service);
  hft_reaper_wait(&service->reaper);
  free(service->sessions);
  free(service->queue);
  free(service->busy);
  hft_blob_drop(service->passing);
  free(service->unread.of_place);
  hft_buffer_free(&service->header);
  hft_buffer_free(&service->body);
  free(service);
}

int hft_service_session_count(const hft_service *service) {
  return service->session_count;
}

int64_t hft_service_env_count(const hft_service *service) {
  return service->env_count;
}

size_t hft_service_memory_used(const hft_service *service) {
  return service->memory_used + atomic_load(&service->unread.total);
}

size_t hft_service_memory_left(const hft_service *service) {
  size_t most = service->config.memory_max, used = hft_service_memory_used(service);
  return used < most ? most - used : 0;
}

uint64_t hft_service_step_count(const hft_service *service) {
  return service->step_count;
}

int hft_service_expire(hft_service *service, hft_time now) {
  int closed = 0;
  for (int i = 0; i < service->config.sessions_max && service->session_count > 0; i++) {
    hft_session *session = &service->sessions[i];
    if (session->pool == NULL || service->busy[i] > 0) continue;
    bool is_left = session->is_gone && now - session->gone_at > HFT_SERVICE_GONE_MAX;
    if (!is_left && now - session->used_at <= service->config.idle_timeout) continue;
    hft_service_tell_session(service, is_left ? "session_abandoned" : "session_expired", session);
    hft_service_close_session(service, session);
    closed++;
  }
  return closed;
}

void hft_session_note_peer(hft_session *session, const hft_peer *peer, hft_time now) {
  session->connection = peer->connection;
  session->is_gone = peer->connection == HFT_CONNECTION_GONE;
  session->gone_at = now;
}

void hft_service_disconnect(hft_service *service, int64_t connection, hft_time now) {
  for (int i = 0; i < service->config.sessions_max; i++) {
    hft_session *session = &service->sessions[i];
    if (session->pool == NULL || session->connection != connection) continue;
    session->connection = HFT_CONNECTION_GONE;
    session->is_gone = true;
    session->gone_at = now;
  }
  // A `make` that waits, or whose config is being compiled, belongs to no connection any more.
  hft_session_queue *makes = &service->queue[service->config.sessions_max];
  if (makes->peer.connection == connection) makes->peer.connection = HFT_CONNECTION_GONE;
  hft_pending_request *waiting = makes->pending.first;
  for (; waiting != NULL; waiting = waiting->next) {
    if (waiting->peer.connection == connection) waiting->peer.connection = HFT_CONNECTION_GONE;
  }
}

double hft_service_room_after(const hft_service *service, hft_time now) {
  double soonest = 0;
  for (int i = 0; i < service->config.sessions_max; i++) {
    const hft_session *session = &service->sessions[i];
    if (session->pool == NULL || service->busy[i] > 0 || !session->is_gone) continue;
    double wait = 1e-9 * (double)(session->gone_at + HFT_SERVICE_GONE_MIN - now);
    if (wait > 0 && (soonest == 0 || wait < soonest)) soonest = wait;
  }
  return soonest;
}

bool hft_service_make_room(hft_service *service, hft_time now) {
  hft_session *first = NULL;
  for (int i = 0; i < service->config.sessions_max; i++) {
    hft_session *session = &service->sessions[i];
    if (session->pool == NULL || service->busy[i] > 0 || !session->is_gone) continue;
    if (now - session->gone_at < HFT_SERVICE_GONE_MIN) continue;
    if (first == NULL || session->gone_at < first->gone_at) first = session;
  }
  if (first == NULL) return false;
  hft_service_tell_session(service, "session_abandoned", first);
  hft_service_close_session(service, first);
  return true;
}

// Compares in constant time, so that the time does not reveal how many digits are right.
static bool is_token(const hft_session *session, const char *token) {
  uint64_t ours[HFT_WIRE_TOKEN_DIGITS / 8], theirs[HFT_WIRE_TOKEN_DIGITS / 8];
  uint64_t difference = session->pool == NULL;
  memcpy(ours, session->token, sizeof ours);
  memcpy(theirs, token, sizeof theirs);
  for (int i = 0; i < HFT_WIRE_TOKEN_DIGITS / 8; i++) difference |= ours[i] ^ theirs[i];
  return difference == 0;
}

static hft_wire_code find_session(hft_rpc *rpc) {
  const char *token = rpc->request->session;
  for (int i = 0; i < rpc->service->config.sessions_max; i++) {
    hft_session *session = &rpc->service->sessions[i];
    if (!is_token(session, token)) continue;
    session->used_at = rpc->now;
    rpc->session = session;
    return HFT_WIRE_OK;
  }
  return hft_wire_fail(&rpc->fault, HFT_WIRE_UNKNOWN_SESSION, "session",
                       "no open session has this token: the session was closed, has expired, was "
                       "dropped because its client had gone or did not read, or never existed");
}

// ---- one request -------------------------------------------------------------------------------
// Begins a request of a session; rpc->session->current.id is not 0 where it is not answered yet.
static hft_wire_code begin(hft_rpc *rpc) {
  hft_service *service = rpc->service;
  if (rpc->request->kind == HFT_WIRE_MAKE) return hft_make_begin(rpc);
  // These are not remembered, so their ids may be any: a picture or an export may be repeated, and
  // a client that has lost its count can still close the session.
  if (rpc->request->kind == HFT_WIRE_CLOSE) return hft_answer_close(rpc);
  if (rpc->request->kind == HFT_WIRE_RENDER) return hft_answer_render(rpc);
  if (rpc->request->kind == HFT_WIRE_EXPORT) return hft_answer_export(rpc);
  hft_session *session = rpc->session;
  bool is_retry;
  hft_wire_code code = hft_session_admit(session, rpc->request, &is_retry, &rpc->fault);
  if (code != HFT_WIRE_OK) return code;
  if (is_retry) return hft_answer_last(rpc);
  size_t bytes = session->bytes;
  const hft_play play = hft_rpc_play(rpc);
  code = hft_play_begin(session, &play, &rpc->fault);
  service->memory_used += session->bytes - bytes;
  return code;
}

// Does a slice of the current request; the reply has frames once it is done.
static hft_wire_code go_on(hft_rpc *rpc) {
  hft_session *session = rpc->session;
  if (session->current.kind == HFT_WIRE_MAKE) {
    return hft_pool_advance(session->pool, 0) ? hft_make_answer(rpc) : HFT_WIRE_OK;
  }
  if (session->overrides.compile != NULL &&
      !hft_compile_is_done(session->overrides.compile,
                           rpc->service->busy_count <= 1 ? HFT_COMPILE_WAIT : 0)) {
    return HFT_WIRE_OK;
  }
  uint64_t step_count = session->step_count;
  size_t bytes = session->bytes;
  bool done;
  hft_wire_code code =
      hft_play_work(session, hft_service_memory_left(rpc->service), &done, &rpc->fault);
  rpc->service->memory_used += session->bytes - bytes;
  if (code != HFT_WIRE_OK || !done) return code;
  rpc->service->step_count += session->step_count - step_count;
  session->used_at = rpc->now;
  return hft_answer_last(rpc);
}

static hft_wire_code begin_and_go_on(hft_rpc *rpc) {
  hft_wire_code code = begin(rpc);
  bool in_hand = code == HFT_WIRE_OK && rpc->reply->frame_count == 0 && rpc->session != NULL;
  return in_hand ? go_on(rpc) : code;
}

static int place_of(const hft_rpc *rpc) {
  const hft_service *service = rpc->service;
  return rpc->session == NULL ? service->config.sessions_max
                              : (int)(rpc->session - service->sessions);
}

static hft_rpc begin_rpc(hft_service *service, hft_time now, hft_reply *reply) {
  *reply = (hft_reply){.peer = &service->peer, .place = -1};
  hft_blob_leave(service->passing, &service->unread, service->passing_place);
  service->passing = NULL;
  return (hft_rpc){.service = service, .request = &service->request, .now = now, .reply = reply};
}

// Ends the handling of a request: true where the reply has frames.
static bool end_rpc(hft_rpc *rpc, hft_wire_code code) {
  hft_service *service = rpc->service;
  hft_reply *reply = rpc->reply;
  reply->kind = service->request.kind;
  reply->code = code;
  if (code != HFT_WIRE_OK) {
    tell_refused(service, &rpc->fault, rpc->now);
    reply->frame_count = 0;
    hft_status status = hft_wire_encode_error(&service->header, service->request.id, &rpc->fault);
    HFT_CHECK(status == HFT_OK);
    hft_rpc_add_frame(rpc, (hft_frame){service->header.data, service->header.size});
  }
  hft_rpc_hold_frames(rpc, place_of(rpc));
  return reply->frame_count > 0;
}

// ---- turns -------------------------------------------------------------------------------------
// Keeps a request as the current one: its session continues it in its next turns.
static void keep_in_hand(hft_rpc *rpc, const hft_peer *peer, hft_time arrived) {
  int place = place_of(rpc);
  hft_session_queue *queue = &rpc->service->queue[place];
  queue->peer = *peer;
  queue->arrived = arrived;
  count_busy(rpc->service, place, 1);
}

// Queues a request.
static hft_wire_code enqueue(hft_rpc *rpc, const hft_peer *peer) {
  hft_service *service = rpc->service;
  int place = place_of(rpc);
  hft_pending *pending = &service->queue[place].pending;
  bool closes = rpc->request->kind == HFT_WIRE_CLOSE;  // which may always wait
  int most = (rpc->session != NULL ? HFT_SERVICE_WINDOW : MAKES_MAX) + closes;
  if (pending->count >= most) {
    return hft_wire_fail(&rpc->fault, HFT_WIRE_LIMIT, "session",
                         "%d requests of %s are waiting, which is the limit", most,
                         rpc->session != NULL ? "the session" : "new sessions");
  }
  size_t bytes = hft_pending_bytes(rpc->frames, rpc->frame_count);
  if (!closes && bytes > hft_service_memory_left(service)) {
    return hft_wire_fail(&rpc->fault, HFT_WIRE_LIMIT, "session",
                         "the request has to wait, and its %zu bytes exceed what is left of the "
                         "server's memory limit",
                         bytes);
  }
  hft_status status = hft_pending_add(pending, peer, rpc->now, rpc->frames, rpc->frame_count);
  if (status != HFT_OK) {
    return hft_wire_fail(&rpc->fault, HFT_WIRE_INTERNAL, "session", "out of memory");
  }
  service->memory_used += bytes;
  count_busy(service, place, 1);
  return HFT_WIRE_OK;
}

// Enforces the rate limit of a session; a burst may be as large as the requests of a second.
static hft_wire_code check_rate(hft_rpc *rpc) {
  int64_t rate = rpc->service->config.rate_max;
  hft_session *session = rpc->session;
  if (session->due < rpc->now) session->due = rpc->now;
  if (session->due - rpc->now >= HFT_SECOND) {
    hft_wire_fail(&rpc->fault, HFT_WIRE_LIMIT, "session",
                  "more than %" PRId64 " requests per second, the server's limit", rate);
    // Rounded up, so that a retry comes after the request is due.
    rpc->fault.retry_after = 1e-9 * (double)(session->due - rpc->now - HFT_SECOND + 1);
    return HFT_WIRE_LIMIT;
  }
  session->due += HFT_SECOND / rate;
  return HFT_WIRE_OK;
}

static hft_wire_code refuse_at_end(hft_rpc *rpc) {
  return hft_wire_fail(&rpc->fault, HFT_WIRE_STOPPING, "server",
                       "the server is stopping; the request was not carried out");
}

static hft_wire_code dispatch(hft_rpc *rpc, const hft_peer *peer) {
  hft_wire_kind kind = rpc->request->kind;
  if (rpc->service->is_stopping) return refuse_at_end(rpc);
  if (kind == HFT_WIRE_HELLO) return hft_answer_hello(rpc);
  bool is_sign = kind == HFT_WIRE_PING || kind == HFT_WIRE_STATS;  // answered at once
  bool has_session = kind != HFT_WIRE_MAKE && rpc->request->session[0] != '\0';
  if (has_session) {
    hft_wire_code code = find_session(rpc);
    if (code == HFT_WIRE_OK) hft_session_note_peer(rpc->session, peer, rpc->now);
    if (code == HFT_WIRE_OK && kind != HFT_WIRE_CLOSE) code = check_rate(rpc);
    if (code == HFT_WIRE_OK && kind == HFT_WIRE_CLOSE) {
      code = hft_rpc_check_buffers(rpc, "frame 2", false);
    }
    if (code != HFT_WIRE_OK) return code;
  }
  if (is_sign) return kind == HFT_WIRE_PING ? hft_answer_ping(rpc) : hft_answer_stats(rpc);
  // Without other work it is begun at once.
  if (rpc->service->busy_count > 0) return enqueue(rpc, peer);
  hft_wire_code code = begin_and_go_on(rpc);
  if (code == HFT_WIRE_OK && rpc->reply->frame_count == 0) keep_in_hand(rpc, peer, rpc->now);
  return code;
}

static hft_wire_code read_request(hft_rpc *rpc) {
  hft_wire_request *request = &rpc->service->request;
  request->kind = HFT_WIRE_KIND_COUNT;
  if (rpc->frame_count < 1) {
    request->id = 0;
    return hft_wire_fail(&rpc->fault, HFT_WIRE_MALFORMED, "header", "the message is empty");
  }
  hft_wire_code code =
      hft_wire_decode(rpc->frames[0].data, rpc->frames[0].size, request, &rpc->fault);
  if (rpc->frame_count > HFT_WIRE_FRAMES_MAX) {
    return hft_wire_fail(&rpc->fault, HFT_WIRE_MALFORMED, "message",
                         "%d frames; at most %d are allowed", rpc->frame_count,
                         HFT_WIRE_FRAMES_MAX);
  }
  return code;
}

// Sets the session of the reply, for hft_service_sent.
static void name_session(const hft_rpc *rpc) {
  if (rpc->session == NULL || rpc->session->pool == NULL) return;
  rpc->reply->place = place_of(rpc);
  rpc->reply->session = rpc->session->number;
}

bool hft_service_handle(hft_service *service, const hft_peer *peer, const hft_frame *frames,
                        int frame_count, hft_time now, hft_reply *reply) {
  hft_service_expire(service, now);
  hft_rpc rpc = begin_rpc(service, now, reply);
  rpc.frames = frames;
  rpc.frame_count = frame_count;
  service->peer = *peer;
  reply->arrived = now;
  hft_wire_code code = read_request(&rpc);
  if (code == HFT_WIRE_OK) code = dispatch(&rpc, peer);
  name_session(&rpc);
  return end_rpc(&rpc, code);
}

// Begins the first waiting request of a slot, whose session may have been closed since.
static hft_wire_code take_up(hft_rpc *rpc, hft_pending_request *waiting) {
  rpc->frames = waiting->frame;
  rpc->frame_count = waiting->frame_count;
  hft_wire_code code = read_request(rpc);
  if (code == HFT_WIRE_OK && rpc->service->is_stopping) code = refuse_at_end(rpc);
  if (code == HFT_WIRE_OK && rpc->request->kind != HFT_WIRE_MAKE) code = find_session(rpc);
  if (code == HFT_WIRE_OK) code = begin_and_go_on(rpc);
  if (code == HFT_WIRE_OK && rpc->reply->frame_count == 0) {
    keep_in_hand(rpc, &waiting->peer, waiting->arrived);
  }
  return code;
}

static bool work_on_pending(hft_rpc *rpc, int place) {
  hft_service *service = rpc->service;
  hft_pending_request *waiting = hft_pending_take(&service->queue[place].pending);
  HFT_CHECK(waiting != NULL);
  service->memory_used -= waiting->bytes;
  service->peer = waiting->peer;
  rpc->reply->arrived = waiting->arrived;
  hft_wire_code code = take_up(rpc, waiting);
  count_busy(service, place, -1);
  free(waiting);
  name_session(rpc);
  return end_rpc(rpc, code);
}

// The envs stay unfinished: no request can reach them any more.
static hft_wire_code give_up(hft_rpc *rpc) {
  free(rpc->session->current.config);
  rpc->session->current = (hft_session_request){0};
  return refuse_at_end(rpc);
}

static bool work_on_hand(hft_rpc *rpc, int place) {
  hft_service *service = rpc->service;
  rpc->session = &service->sessions[place];
  service->peer = service->queue[place].peer;
  rpc->reply->arrived = service->queue[place].arrived;
  service->request.id = rpc->session->current.id;
  service->request.kind = rpc->session->current.kind;
  bool is_late = service->is_stopping && rpc->now >= service->stop_by;
  hft_wire_code code = is_late ? give_up(rpc) : go_on(rpc);
  if (code != HFT_WIRE_OK || rpc->reply->frame_count > 0) count_busy(service, place, -1);
  name_session(rpc);
  return end_rpc(rpc, code);
}

// Continues a `make` whose config is being compiled; then its session continues it.
static bool work_on_making(hft_rpc *rpc, int place) {
  hft_service *service = rpc->service;
  hft_session_queue *queue = &service->queue[place];
  service->peer = queue->peer;
  rpc->reply->arrived = queue->arrived;
  service->request.id = service->making.id;
  service->request.kind = HFT_WIRE_MAKE;
  bool is_late = service->is_stopping && rpc->now >= service->stop_by;
  if (is_late) hft_make_give_up(service);
  hft_wire_code code = is_late ? refuse_at_end(rpc) : hft_make_go_on(rpc);
  bool is_open = code == HFT_WIRE_OK && rpc->session != NULL;
  if (is_open) code = go_on(rpc);
  if (is_open && code == HFT_WIRE_OK && rpc->reply->frame_count == 0) {
    keep_in_hand(rpc, &queue->peer, queue->arrived);
  }
  if (is_open || code != HFT_WIRE_OK) count_busy(service, place, -1);
  name_session(rpc);
  return end_rpc(rpc, code);
}

// Whether the waiting `make` requests can go on: not while a config is being compiled, except that
// a stopping service refuses them at once.
static bool goes_on_making(const hft_service *service) {
  const hft_pending *pending = &service->queue[service->config.sessions_max].pending;
  if (service->making.compile == NULL || service->making.is_given_up) return false;
  return !service->is_stopping || pending->count == 0;
}

bool hft_service_work(hft_service *service, hft_time now, hft_reply *reply) {
  hft_rpc rpc = begin_rpc(service, now, reply);
  if (service->busy_count == 0) return false;
  int places = service->config.sessions_max + 1;
  int place = service->last_served;
  do {
    place = (place + 1) % places;
  } while (service->busy[place] == 0);
  service->last_served = place;
  bool makes = place == service->config.sessions_max;
  if (makes && goes_on_making(service)) return work_on_making(&rpc, place);
  bool in_hand = !makes && service->sessions[place].current.id != 0;
  return in_hand ? work_on_hand(&rpc, place) : work_on_pending(&rpc, place);
}

int hft_service_unanswered(const hft_service *service) {
  return service->busy_count;
}

void hft_service_stop(hft_service *service, hft_time until) {
  service->is_stopping = true;
  service->stop_by = until;
}

static void count_answer(hft_session *session, const hft_reply *reply, hft_time duration) {
  session->error_count += reply->code != HFT_WIRE_OK;
  if (reply->kind == HFT_WIRE_KIND_COUNT) return;
  session->answered[reply->kind]++;
  session->answered_ns[reply->kind] += duration > 0 ? (uint64_t)duration : 0;
}

bool hft_service_sent(hft_service *service, const hft_reply *reply, hft_delivery delivery,
                      hft_time duration) {
  if (reply->place < 0) return false;
  hft_session *session = &service->sessions[reply->place];
  if (session->pool == NULL || session->number != reply->session) return false;
  count_answer(session, reply, duration);
  session->unread = delivery == HFT_PEER_SLOW ? session->unread + 1 : 0;
  if (session->unread < HFT_SERVICE_WINDOW || service->busy[reply->place] > 0) return false;
  hft_log_event(service->config.log, "session_dropped",
                (hft_log_field[]){{"session", NULL, (int64_t)session->number},
                                  {"envs", NULL, hft_pool_env_count(session->pool)},
                                  {"env_steps", NULL, (int64_t)session->step_count},
                                  {"reason", "its client does not read the replies", 0},
                                  {NULL, NULL, 0}});
  hft_service_close_session(service, session);
  return true;
}
