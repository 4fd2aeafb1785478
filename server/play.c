#include "server/play.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codec/picture.h"
#include "server/overrides.h"
#include "server/rows.h"
#include "server/seal.h"
#include "sim/base/check.h"

#define HFT_PLAY_FORK_BYTES ((size_t)4 << 20)  // that a slice of a fork copies, and one env more

// One request while it is carried out.
typedef struct play_task {
  hft_session *session;
  hft_pool *pool;
  const hft_play *play;
  const hft_wire_request *request;
  hft_wire_fault *fault;
} play_task;

// ---- reading a request -------------------------------------------------------------------------
// Checks that there are exactly `count` frames, called `names`. A fault about surplus frames names
// `last`.
static hft_wire_code check_frames(const play_task *task, const char *const *names, int count,
                                  const char *last) {
  int given = task->play->frame_count;
  if (names != NULL && given < count) {
    return hft_wire_fail(task->fault, HFT_WIRE_BAD_BUFFER, names[given], "the frame is missing");
  }
  if (given == count) return HFT_WIRE_OK;
  return hft_wire_fail(task->fault, HFT_WIRE_BAD_BUFFER, last,
                       "%d frames follow the header of this '%s'; it takes %d", given,
                       hft_wire_kind_name(task->request->kind), count);
}

static hft_wire_code check_size(const play_task *task, const char *name, const hft_frame *frame,
                                size_t wanted) {
  if (frame->size == wanted) return HFT_WIRE_OK;
  return hft_wire_fail(task->fault, HFT_WIRE_BAD_BUFFER, name, "%zu bytes; must have %zu",
                       frame->size, wanted);
}

static hft_wire_code no_env(const play_task *task, const char *key, const char *sign,
                            uint64_t env) {
  return hft_wire_fail(task->fault, HFT_WIRE_BAD_FIELD, key,
                       "env %s%" PRIu64 " out of range [0, %d]", sign, env,
                       hft_pool_env_count(task->pool) - 1);
}

static hft_wire_code check_env(const play_task *task, const char *key, uint64_t env) {
  int count = hft_pool_env_count(task->pool);
  if (env >= (uint64_t)count) return no_env(task, key, "", env);
  if (!hft_pool_is_under_way(task->pool, (int)env)) return HFT_WIRE_OK;
  return hft_wire_fail(task->fault, HFT_WIRE_UNDER_WAY, key,
                       "env %" PRIu64 " is under way; 'recv' it first", env);
}

static hft_wire_code check_none_under_way(const play_task *task) {
  int count = hft_pool_under_way(task->pool);
  if (count == 0) return HFT_WIRE_OK;
  return hft_wire_fail(task->fault, HFT_WIRE_UNDER_WAY, "session",
                       "%d envs are under way; 'recv' them first", count);
}

// Reads the frame of indices into rows.asked: distinct envs, none of them under way.
static hft_wire_code read_envs(const play_task *task, int *count) {
  const hft_frame *frame = &task->play->frames[0];
  int32_t *asked = task->session->rows.asked, *seen = task->session->rows.place;
  size_t given = frame->size / sizeof *asked;
  int env_count = hft_pool_env_count(task->pool);
  if (frame->size % sizeof *asked != 0 || given == 0 || given > (size_t)env_count) {
    return hft_wire_fail(task->fault, HFT_WIRE_BAD_BUFFER, "envs",
                         "%zu bytes; must have 1 to %d indices of 4 bytes each", frame->size,
                         env_count);
  }
  memcpy(asked, frame->data, frame->size);
  hft_wire_code code = HFT_WIRE_OK;
  int read = 0;
  while (read < (int)given && code == HFT_WIRE_OK) {
    int32_t env = asked[read];
    code = env < 0 ? no_env(task, "envs", "-", -(uint64_t)env)
                   : check_env(task, "envs", (uint64_t)env);
    if (code == HFT_WIRE_OK && seen[env] != 0) {
      code = hft_wire_fail(task->fault, HFT_WIRE_BAD_FIELD, "envs", "env %d occurs twice", env);
    }
    if (code == HFT_WIRE_OK) seen[asked[read++]] = 1;
  }
  for (int k = 0; k < read; k++) seen[asked[k]] = 0;
  *count = (int)given;
  return code;
}

// ---- writing a reply ---------------------------------------------------------------------------
static hft_session_reply *answer(hft_session *session) {
  hft_session_reply *last = &session->last;
  *last = (hft_session_reply){.id = session->current.id, .kind = session->current.kind};
  return last;
}

static void add_frame(hft_session_reply *reply, const void *data, size_t size) {
  HFT_CHECK(reply->frame_count < HFT_SESSION_FRAMES_MAX);
  reply->frame[reply->frame_count++] = (hft_frame){data, size};
}

static void answer_all(hft_session *session) {
  const hft_pool *pool = session->pool;
  hft_session_reply *reply = answer(session);
  add_frame(reply, hft_pool_results(pool), hft_pool_results_layout(pool)->bytes);
  int ended = reply->kind == HFT_WIRE_STEP ? hft_pool_ended_count(pool) : 0;
  if (ended == 0) return;
  hft_layout layout;
  hft_pool_finals_layout(pool, ended, &layout);
  reply->ended = (uint64_t)ended;
  session->episode_count += reply->ended;
  add_frame(reply, hft_pool_finals(pool), layout.bytes);
}

static void add_rows(const hft_session *session, hft_session_reply *reply, const int32_t *envs,
                     int count) {
  const hft_layout *layout = hft_pool_results_layout(session->pool);
  char *packed = session->rows.results;
  hft_rows_gather(layout, hft_pool_results(session->pool), envs, count, packed);
  add_frame(reply, packed, hft_rows_bytes(layout, count));
}

// Sorts the finals by `envs`: the pool has them in the order in which its threads finished.
static void add_finals(hft_session *session, hft_session_reply *reply, const int32_t *envs,
                       int count) {
  int ended = hft_pool_ended_count(session->pool);
  if (ended == 0) return;
  hft_session_rows *rows = &session->rows;
  hft_layout layout;
  hft_pool_finals_layout(session->pool, ended, &layout);
  const char *slab = hft_pool_finals(session->pool);
  const int32_t *env = (const int32_t *)(const void *)(slab + layout.array[0].offset);
  for (int row = 0; row < ended; row++) rows->place[env[row]] = row + 1;
  // rows.asked may be `envs`: each element is read before it is overwritten.
  int found = 0;
  for (int k = 0; k < count; k++) {
    int32_t place = rows->place[envs[k]];
    if (place == 0) continue;
    rows->place[envs[k]] = 0;
    rows->asked[found++] = place - 1;
  }
  HFT_CHECK(found == ended);
  hft_rows_gather(&layout, slab, rows->asked, ended, rows->finals);
  reply->ended = (uint64_t)ended;
  session->episode_count += reply->ended;
  add_frame(reply, rows->finals, layout.bytes);
}

// ---- reset -------------------------------------------------------------------------------------
// Copies the seeds and the mask: their frames are freed before they are used.
static void keep_reset(const play_task *task, const uint8_t *mask, const hft_frame *seeds) {
  hft_session_rows *rows = &task->session->rows;
  hft_session_request *current = &task->session->current;
  current->has_seed = task->request->has_seed;
  current->seed = task->request->seed;
  current->each = seeds != NULL;
  if (mask != NULL) memcpy(rows->mask, mask, (size_t)hft_pool_env_count(task->pool));
  if (seeds != NULL && !current->some) memcpy(rows->seeds, seeds->data, seeds->size);
  for (int k = 0; k < current->count; k++) {
    rows->mask[rows->asked[k]] = 1;
    if (seeds == NULL) continue;
    memcpy(&rows->seeds[rows->asked[k]],
           (const char *)seeds->data + (size_t)k * sizeof *rows->seeds, sizeof *rows->seeds);
  }
  current->masked = mask != NULL || current->some;
}

static hft_wire_code begin_reset(const play_task *task) {
  const hft_wire_request *request = task->request;
  const char *names[2] = {0};
  int frame_count = 0;
  if (request->mask || request->envs) names[frame_count++] = request->mask ? "mask" : "envs";
  if (request->seeds) names[frame_count++] = "seeds";
  const char *last = frame_count > 0 ? names[frame_count - 1] : "mask";
  hft_wire_code code = check_frames(task, names, frame_count, last);
  if (code != HFT_WIRE_OK) return code;
  const hft_frame *frames = task->play->frames;
  const hft_frame *seeds = request->seeds ? &frames[frame_count - 1] : NULL;
  int count = hft_pool_env_count(task->pool);
  if (request->envs) code = read_envs(task, &count);
  if (request->mask) code = check_size(task, "mask", &frames[0], (size_t)count);
  if (code == HFT_WIRE_OK && seeds != NULL) {
    code = check_size(task, "seeds", seeds, (size_t)count * sizeof(uint64_t));
  }
  if (code == HFT_WIRE_OK && request->mask) code = check_none_under_way(task);
  if (code == HFT_WIRE_OK && request->has_overrides)
    code = hft_overrides_begin(task->session, request, task->play->classes, task->play->class_count,
                               task->fault);
  if (code != HFT_WIRE_OK) return code;
  task->session->current.overrides = request->has_overrides;
  task->session->current.some = request->envs;
  if (request->envs) task->session->current.count = count;
  keep_reset(task, request->mask ? frames[0].data : NULL, seeds);
  return HFT_WIRE_OK;
}

// Waits for envs under way and drops their results: a reset may follow a `send` without a `recv`.
// True once none is under way.
static bool end_steps(hft_session *session) {
  int count = hft_pool_under_way(session->pool);
  if (count == 0 || session->current.some) return true;
  if (!hft_pool_advance(session->pool, count)) return false;
  int done = hft_pool_recv(session->pool, session->rows.envs, count, count, NULL);
  HFT_CHECK(done == count);
  return true;
}

static bool work_reset(hft_session *session) {
  hft_session_request *current = &session->current;
  hft_session_rows *rows = &session->rows;
  if (!current->moving) {
    if (!end_steps(session)) return false;
    current->moving = true;
    const uint8_t *mask = current->masked ? rows->mask : NULL;
    if (current->overrides) {
      hft_pool_choose_overrides(session->pool, session->overrides.set, mask);
    }
    if (current->has_seed) {
      hft_pool_begin_reset_from(session->pool, current->seed, mask);
    } else {
      hft_pool_begin_reset(session->pool, current->each ? rows->seeds : NULL, mask);
    }
  }
  if (!hft_pool_advance(session->pool, 0)) return false;
  if (current->masked) memset(rows->mask, 0, (size_t)hft_pool_env_count(session->pool));
  if (current->some) {
    add_rows(session, answer(session), rows->asked, current->count);
  } else {
    answer_all(session);
  }
  return true;
}

// ---- step, send, recv --------------------------------------------------------------------------
static hft_wire_code bad_action(const play_task *task, const hft_error *error) {
  return hft_wire_fail(task->fault, HFT_WIRE_BAD_ACTION, error->where, "%s", error->text);
}

static hft_wire_code begin_step_of_all(const play_task *task) {
  static const char *const names[] = {"actions"};
  size_t bytes = hft_pool_actions_layout(task->pool)->bytes;
  hft_wire_code code = check_frames(task, names, 1, "actions");
  if (code == HFT_WIRE_OK) code = check_size(task, "actions", &task->play->frames[0], bytes);
  if (code == HFT_WIRE_OK) code = check_none_under_way(task);
  if (code != HFT_WIRE_OK) return code;
  int unstarted = hft_pool_unstarted_count(task->pool);
  if (unstarted > 0) {
    return hft_wire_fail(task->fault, HFT_WIRE_NOT_RESET, "session",
                         "'step' before the first 'reset': %d of %d envs have never been reset",
                         unstarted, hft_pool_env_count(task->pool));
  }
  // Only the next step reads the slab, so refused actions in it change nothing.
  memcpy(hft_pool_actions(task->pool), task->play->frames[0].data, bytes);
  hft_error error = {0};
  if (hft_pool_check_actions(task->pool, &error) != HFT_OK) return bad_action(task, &error);
  hft_pool_begin_step(task->pool);
  return HFT_WIRE_OK;
}

// Sends the envs of a `step` or `send` to the pool.
static hft_wire_code send_some(const play_task *task) {
  static const char *const names[] = {"envs", "actions"};
  const hft_layout *layout = hft_pool_actions_layout(task->pool);
  const hft_frame *frames = task->play->frames;
  const int32_t *envs = task->session->rows.asked;
  int count = 0;
  hft_wire_code code = check_frames(task, names, 2, "actions");
  if (code == HFT_WIRE_OK) code = read_envs(task, &count);
  if (code == HFT_WIRE_OK) {
    code = check_size(task, "actions", &frames[1], hft_rows_bytes(layout, count));
  }
  if (code != HFT_WIRE_OK) return code;
  // None of them is under way, so no thread reads these rows.
  hft_rows_scatter(layout, frames[1].data, envs, count, hft_pool_actions(task->pool));
  hft_error error = {0};
  if (hft_pool_check_actions_of(task->pool, envs, count, &error) != HFT_OK) {
    return bad_action(task, &error);
  }
  if (hft_pool_send(task->pool, envs, count, &error) != HFT_OK) {
    return hft_wire_fail(task->fault, HFT_WIRE_NOT_RESET, error.where, "%s", error.text);
  }
  task->session->current.count = count;
  return HFT_WIRE_OK;
}

static hft_wire_code begin_step(const play_task *task) {
  if (!task->request->envs) return begin_step_of_all(task);
  hft_wire_code code = check_none_under_way(task);
  if (code == HFT_WIRE_OK) code = send_some(task);
  task->session->current.some = true;
  return code;
}

static bool work_step(hft_session *session) {
  int count = session->current.count;  // 0: a step of all envs
  if (!hft_pool_advance(session->pool, count)) return false;
  if (!session->current.some) {
    session->step_count += (uint64_t)hft_pool_env_count(session->pool);
    answer_all(session);
    return true;
  }
  hft_session_rows *rows = &session->rows;
  int done = hft_pool_recv(session->pool, rows->envs, count, count, NULL);
  HFT_CHECK(done == count);
  session->step_count += (uint64_t)count;
  hft_session_reply *reply = answer(session);
  add_rows(session, reply, rows->asked, count);
  add_finals(session, reply, rows->asked, count);
  return true;
}

static hft_wire_code begin_recv(const play_task *task) {
  hft_wire_code code = check_frames(task, NULL, 0, "frame 2");
  if (code != HFT_WIRE_OK) return code;
  uint64_t env_count = (uint64_t)hft_pool_env_count(task->pool);
  uint64_t least = task->request->least, room = task->request->room;
  if (!task->request->has_room || room > env_count) room = env_count;
  int under_way = hft_pool_under_way(task->pool);
  if (least < 1 || least > room || least > (uint64_t)under_way) {
    uint64_t most = room < (uint64_t)under_way ? room : (uint64_t)under_way;
    return hft_wire_fail(task->fault, HFT_WIRE_BAD_FIELD, "least",
                         "%" PRIu64 " out of range [1, %" PRIu64 "]: 'room' is %" PRIu64
                         ", and %d envs are under way",
                         least, most, room, under_way);
  }
  task->session->current.least = (int)least;
  task->session->current.room = (int)room;
  return HFT_WIRE_OK;
}

static bool work_recv(hft_session *session) {
  int least = session->current.least;
  if (!hft_pool_advance(session->pool, least)) return false;
  int32_t *envs = session->rows.envs;
  int count = hft_pool_recv(session->pool, envs, least, session->current.room, NULL);
  HFT_CHECK(count >= least);
  session->step_count += (uint64_t)count;
  hft_session_reply *reply = answer(session);
  add_frame(reply, envs, (size_t)count * sizeof *envs);
  add_rows(session, reply, envs, count);
  add_finals(session, reply, envs, count);
  return true;
}

// ---- save, load, fork, drop --------------------------------------------------------------------
static hft_wire_code unknown_save(const play_task *task) {
  return hft_wire_fail(task->fault, HFT_WIRE_UNKNOWN_SAVE, "save",
                       "the session has no save %" PRIu64 "; it was dropped or never existed",
                       task->request->save);
}

static hft_wire_code not_reset(const play_task *task, const hft_error *error) {
  return hft_wire_fail(task->fault, HFT_WIRE_NOT_RESET, error->where, "%s", error->text);
}

// Adds a written save to the session.
static hft_wire_code keep_save(const play_task *task, void *bytes) {
  uint64_t handle;
  hft_wire_code code = hft_saves_add(&task->session->saves, bytes, &handle, task->fault);
  if (code != HFT_WIRE_OK) return code;
  task->session->bytes += hft_saves_bytes(task->pool);
  answer(task->session)->save = handle;
  return HFT_WIRE_OK;
}

static hft_wire_code play_save(const play_task *task) {
  void *bytes;
  hft_wire_code code = check_env(task, "env", task->request->env);
  size_t left = task->play->memory_left;
  if (code == HFT_WIRE_OK) code = hft_saves_allocate(task->pool, left, &bytes, task->fault);
  if (code != HFT_WIRE_OK) return code;
  int env = (int)task->request->env;
  hft_error error = {0};
  // The index is valid: the only error left is an env that was never reset.
  if (hft_pool_save(task->pool, env, bytes, hft_pool_env_bytes(task->pool), &error) != HFT_OK) {
    code = not_reset(task, &error);
  } else {
    code = keep_save(task, bytes);
  }
  if (code != HFT_WIRE_OK) free(bytes);
  return code;
}

static hft_wire_code play_load(const play_task *task) {
  hft_wire_code code = check_env(task, "env", task->request->env);
  if (code != HFT_WIRE_OK) return code;
  const void *bytes = hft_saves_find(&task->session->saves, task->request->save);
  if (bytes == NULL) return unknown_save(task);
  int32_t env = (int32_t)task->request->env;
  hft_error error = {0};
  if (hft_pool_load(task->pool, env, bytes, hft_pool_env_bytes(task->pool), &error) != HFT_OK) {
    return hft_wire_fail_error(task->fault, &error);
  }
  add_rows(task->session, answer(task->session), &env, 1);
  return HFT_WIRE_OK;
}

// Reads the envs that a fork replaces into rows.asked.
static hft_wire_code read_targets(const play_task *task, int *count) {
  static const char *const names[] = {"envs"};
  bool several = task->request->envs;
  hft_wire_code code = check_frames(task, names, several, several ? "envs" : "frame 2");
  if (code != HFT_WIRE_OK || several) return code == HFT_WIRE_OK ? read_envs(task, count) : code;
  task->session->rows.asked[0] = (int32_t)task->request->to_env;
  *count = 1;
  return check_env(task, "to", task->request->to_env);
}

static hft_wire_code begin_fork(const play_task *task) {
  hft_session_request *current = &task->session->current;
  const int32_t *to = task->session->rows.asked;
  uint64_t from = task->request->from_env;
  hft_wire_code code = check_env(task, "from", from);
  if (code == HFT_WIRE_OK) code = read_targets(task, &current->count);
  if (code != HFT_WIRE_OK) return code;
  hft_error error = {0};
  current->from = (int)from;
  if (hft_pool_check_env(task->pool, (int)from, &error) != HFT_OK) return not_reset(task, &error);
  if (hft_pool_check_fork(task->pool, current->from, to, current->count, &error) == HFT_OK) {
    return HFT_WIRE_OK;
  }
  const char *where = task->request->envs ? "envs" : "to";
  return hft_wire_fail(task->fault, HFT_WIRE_BAD_FIELD, where, "%s", error.text);
}

// A slice copies some megabytes.
static bool work_fork(hft_session *session) {
  hft_session_request *current = &session->current;
  const int32_t *to = session->rows.asked;
  int most = (int)(HFT_PLAY_FORK_BYTES / hft_pool_env_bytes(session->pool)) + 1;
  int left = current->count - current->done, count = left < most ? left : most;
  hft_status status = hft_pool_fork(session->pool, current->from, to + current->done, count, NULL);
  HFT_CHECK(status == HFT_OK);
  current->done += count;
  if (count == left) add_rows(session, answer(session), to, current->count);
  return count == left;
}

static hft_wire_code play_drop(const play_task *task) {
  hft_saves *saves = &task->session->saves;
  if (hft_saves_find(saves, task->request->save) == NULL) return unknown_save(task);
  hft_saves_drop(saves, task->request->save);
  task->session->bytes -= hft_saves_bytes(task->pool);
  answer(task->session);
  return HFT_WIRE_OK;
}

hft_wire_code hft_play_export(const hft_session *session, const hft_play *play, hft_frame *save,
                              hft_wire_fault *fault) {
  const play_task task = {NULL, session->pool, play, play->request, fault};
  hft_wire_code code = check_frames(&task, NULL, 0, "frame 2");
  if (code != HFT_WIRE_OK) return code;
  void *bytes = hft_saves_find(&session->saves, play->request->save);
  if (bytes == NULL) return unknown_save(&task);
  size_t size = hft_saves_bytes(session->pool);
  if (size > HFT_WIRE_FRAME_MAX) {
    return hft_wire_fail(fault, HFT_WIRE_LIMIT, "save",
                         "an export of this config takes %zu bytes; a frame holds %d", size,
                         HFT_WIRE_FRAME_MAX);
  }
  hft_seal(bytes, hft_pool_env_bytes(session->pool), play->save_key);
  *save = (hft_frame){bytes, size};
  return HFT_WIRE_OK;
}

static hft_wire_code play_import(const play_task *task) {
  static const char *const names[] = {"save"};
  void *bytes;
  hft_wire_code code = check_frames(task, names, 1, "save");
  if (code != HFT_WIRE_OK) return code;
  const hft_frame *given = &task->play->frames[0];
  code = hft_saves_check_import(task->pool, given, task->play->save_key, task->fault);
  if (code != HFT_WIRE_OK) return code;
  code = hft_saves_allocate(task->pool, task->play->memory_left, &bytes, task->fault);
  if (code != HFT_WIRE_OK) return code;
  memcpy(bytes, given->data, given->size);
  code = keep_save(task, bytes);
  if (code != HFT_WIRE_OK) free(bytes);
  return code;
}

static hft_wire_code play_with_saves(const play_task *task) {
  hft_wire_code code = check_frames(task, NULL, 0, "frame 2");
  if (code != HFT_WIRE_OK) return code;
  switch (task->request->kind) {
    case HFT_WIRE_SAVE:
      return play_save(task);
    case HFT_WIRE_LOAD:
      return play_load(task);
    default:
      return play_drop(task);
  }
}

// Checks the request and reads its frames.
static hft_wire_code begin(const play_task *task) {
  switch (task->request->kind) {
    case HFT_WIRE_RESET:
      return begin_reset(task);
    case HFT_WIRE_STEP:
      return begin_step(task);
    case HFT_WIRE_SEND:
      return send_some(task);
    case HFT_WIRE_RECV:
      return begin_recv(task);
    case HFT_WIRE_FORK:
      return begin_fork(task);
    case HFT_WIRE_IMPORT:
      return play_import(task);
    default:
      return play_with_saves(task);
  }
}

hft_wire_code hft_play_render(const hft_session *session, const hft_play *play, hft_buffer *reply,
                              hft_wire_fault *fault) {
  const play_task task = {NULL, session->pool, play, play->request, fault};
  hft_wire_code code = check_frames(&task, NULL, 0, "frame 2");
  if (code == HFT_WIRE_OK) code = check_env(&task, "env", play->request->env);
  if (code != HFT_WIRE_OK) return code;
  uint64_t levels = play->request->has_levels ? play->request->levels : HFT_PICTURE_LEVELS;
  if (levels < 1 || levels > HFT_PICTURE_LEVELS_MAX) {
    return hft_wire_fail(fault, HFT_WIRE_BAD_FIELD, "levels", "%" PRIu64 " out of range [1, %d]",
                         levels, HFT_PICTURE_LEVELS_MAX);
  }
  int env = (int)play->request->env;
  uint64_t seed;
  uint32_t episode;
  if (!hft_pool_world(session->pool, env, &seed, &episode)) {
    return hft_wire_fail(fault, HFT_WIRE_NOT_RESET, "env", "env %d has never been reset", env);
  }
  hft_picture *picture = hft_picture_create(session->model, (int)levels);
  hft_status status = HFT_ENOMEM;
  if (picture != NULL) {
    hft_picture_fill(picture, session->pool, env);
    status = hft_picture_encode_msgpack(picture, reply);
  }
  hft_picture_free(picture);
  if (status == HFT_OK) return HFT_WIRE_OK;
  return hft_wire_fail(fault, HFT_WIRE_INTERNAL, "render", "out of memory");
}

hft_wire_code hft_play_begin(hft_session *session, const hft_play *play, hft_wire_fault *fault) {
  HFT_CHECK(session->current.id == 0);
  const play_task task = {session, session->pool, play, play->request, fault};
  session->current = (hft_session_request){.id = play->request->id, .kind = play->request->kind};
  hft_wire_code code = begin(&task);
  if (code != HFT_WIRE_OK) session->current = (hft_session_request){0};
  return code;
}

// Does a slice of the current request; true once it is answered.
static bool work(hft_session *session) {
  switch (session->current.kind) {
    case HFT_WIRE_RESET:
      return work_reset(session);
    case HFT_WIRE_STEP:
      return work_step(session);
    case HFT_WIRE_RECV:
      return work_recv(session);
    case HFT_WIRE_FORK:
      return work_fork(session);
    case HFT_WIRE_SEND:
      answer(session);
      return true;
    default:
      return true;
  }
}

hft_wire_code hft_play_work(hft_session *session, size_t memory_left, bool *done,
                            hft_wire_fault *fault) {
  *done = false;
  if (session->current.overrides && session->overrides.set < 0) {
    hft_wire_code code = hft_overrides_work(session, memory_left, fault);
    if (code != HFT_WIRE_OK || session->overrides.set < 0) return code;
  }
  *done = work(session);
  if (*done) session->current = (hft_session_request){0};
  return HFT_WIRE_OK;
}
