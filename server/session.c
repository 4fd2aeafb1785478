#include "server/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "server/spec.h"
#include "sim/base/check.h"

#define MIB ((size_t)1 << 20)

// Tokens are secrets: they come from the system, never from the simulation's streams.
static bool draw_token(char token[HFT_WIRE_TOKEN_DIGITS + 1]) {
  uint8_t random[HFT_WIRE_TOKEN_DIGITS / 2];
  size_t filled = 0;
  while (filled < sizeof random) {
    ssize_t got = getrandom(random + filled, sizeof random - filled, 0);
    if (got < 0 && errno != EINTR) return false;
    if (got > 0) filled += (size_t)got;
  }
  for (size_t i = 0; i < sizeof random; i++) {
    snprintf(token + 2 * i, 3, "%02x", (unsigned)random[i]);
  }
  return true;
}

// Refuses what would not fit before anything large is allocated.
static hft_wire_code check_size(const hft_session_setup *setup, const hft_env_model *model,
                                size_t *total, hft_wire_fault *fault) {
  hft_spec_bytes bytes = hft_spec_measure(hft_env_model_spec(model), setup->env_count);
  const struct {
    const char *name;
    size_t size;
  } buffers[] = {{"actions", bytes.actions}, {"results", bytes.results}, {"finals", bytes.finals}};
  for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) {
    if (buffers[i].size > HFT_WIRE_FRAME_MAX) {
      return hft_wire_fail(fault, HFT_WIRE_LIMIT, "num_envs",
                           "the %s of %d envs take %zu bytes; a frame holds %d", buffers[i].name,
                           setup->env_count, buffers[i].size, HFT_WIRE_FRAME_MAX);
    }
  }
  *total =
      bytes.actions + bytes.results + bytes.finals + (size_t)setup->env_count * hft_env_size(model);
  if (*total > setup->memory_left) {
    return hft_wire_fail(fault, HFT_WIRE_LIMIT, "num_envs",
                         "%d envs take %zu MiB; %zu MiB are left of the server's memory limit",
                         setup->env_count, (*total + MIB - 1) / MIB, setup->memory_left / MIB);
  }
  return HFT_WIRE_OK;
}

static hft_wire_code open_envs(hft_session *session, const hft_session_setup *setup,
                               hft_wire_fault *fault) {
  hft_error error = {0};
  if (hft_env_model_create(setup->config, setup->classes, setup->class_count, &session->model,
                           &error) != HFT_OK) {
    return hft_wire_fail_error(fault, &error);
  }
  hft_wire_code code = check_size(setup, session->model, &session->bytes, fault);
  if (code != HFT_WIRE_OK) return code;
  hft_pool_config pool = {
      .env_count = setup->env_count, .thread_count = setup->thread_count, .seed = setup->seed};
  if (hft_pool_create(session->model, &pool, &session->pool, &error) != HFT_OK) {
    return hft_wire_fail_error(fault, &error);
  }
  if (!draw_token(session->token)) {
    return hft_wire_fail(fault, HFT_WIRE_INTERNAL, "make", "the system gives no randomness");
  }
  return HFT_WIRE_OK;
}

hft_wire_code hft_session_open(hft_session *session, const hft_session_setup *setup,
                               hft_wire_fault *fault) {
  HFT_CHECK(setup->env_count >= 1 && setup->env_count <= HFT_ENVS_MAX);
  *session = (hft_session){0};
  hft_wire_code code = open_envs(session, setup, fault);
  if (code != HFT_WIRE_OK) hft_session_close(session);
  return code;
}

void hft_session_close(hft_session *session) {
  if (session->pool != NULL) hft_pool_free(session->pool);
  if (session->model != NULL) hft_env_model_free(session->model);
  *session = (hft_session){0};
}

hft_wire_code hft_session_admit(const hft_session *session, const hft_wire_request *request,
                                bool *is_retry, hft_wire_fault *fault) {
  *is_retry = request->id == session->last_id && request->kind == session->last_kind;
  if (*is_retry || request->id > session->last_id) return HFT_WIRE_OK;
  return hft_wire_fail(fault, HFT_WIRE_STALE_ID, "id",
                       "id %" PRIu64 " comes after %" PRIu64 ", a '%s': ids must rise", request->id,
                       session->last_id, hft_wire_kind_name(session->last_kind));
}

static void remember(hft_session *session, const hft_wire_request *request) {
  session->last_id = request->id;
  session->last_kind = request->kind;
}

void hft_session_reset(hft_session *session, const hft_wire_request *request, const uint8_t *mask) {
  if (request->has_seed) {
    hft_pool_reset_from(session->pool, request->seed, mask);
  } else {
    hft_pool_reset(session->pool, NULL, mask);
  }
  remember(session, request);
}

hft_wire_code hft_session_step(hft_session *session, const hft_wire_request *request,
                               const void *actions, hft_wire_fault *fault) {
  int unstarted = hft_pool_unstarted_count(session->pool);
  if (unstarted > 0) {
    return hft_wire_fail(fault, HFT_WIRE_NOT_RESET, "session",
                         "'step' before the first 'reset': %d of %d envs have never been reset",
                         unstarted, hft_pool_env_count(session->pool));
  }
  // The slab is only read by the step that follows, so that refused actions in it change nothing.
  memcpy(hft_pool_actions(session->pool), actions, hft_pool_actions_layout(session->pool)->bytes);
  hft_error error = {0};
  if (hft_pool_check_actions(session->pool, &error) != HFT_OK) {
    return hft_wire_fail(fault, HFT_WIRE_BAD_ACTION, error.where, "%s", error.text);
  }
  hft_pool_step(session->pool);
  remember(session, request);
  return HFT_WIRE_OK;
}

hft_frame hft_session_results(const hft_session *session) {
  const hft_layout *layout = hft_pool_results_layout(session->pool);
  return (hft_frame){hft_pool_results(session->pool), layout->bytes};
}

hft_frame hft_session_finals(const hft_session *session) {
  int ended = hft_pool_ended_count(session->pool);
  if (ended == 0) return (hft_frame){NULL, 0};
  hft_layout layout;
  hft_pool_finals_layout(session->pool, ended, &layout);
  return (hft_frame){hft_pool_finals(session->pool), layout.bytes};
}
