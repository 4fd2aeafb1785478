#include "server/session.h"

#include <inttypes.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>

#include "codec/spec.h"
#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/base/entropy.h"

#define MIB ((size_t)1 << 20)

// Tokens are secrets: they come from the system's entropy, never from the simulation's streams.
static bool draw_token(char token[HFT_WIRE_TOKEN_DIGITS + 1]) {
  uint8_t random[HFT_WIRE_TOKEN_DIGITS / 2];
  if (!hft_entropy_draw(random, sizeof random)) return false;
  for (size_t i = 0; i < sizeof random; i++) {
    snprintf(token + 2 * i, 3, "%02x", (unsigned)random[i]);
  }
  return true;
}

// Lays out the arrays of `rows` in a block, which may be null; returns its size in bytes.
static size_t lay_out_rows(hft_session_rows *rows, void *block, int env_count,
                           const hft_spec_bytes *bytes) {
  size_t n = (size_t)env_count, total = 0;
  const size_t asked = hft_layout_add(&total, n * sizeof *rows->asked);
  const size_t envs = hft_layout_add(&total, n * sizeof *rows->envs);
  const size_t place = hft_layout_add(&total, n * sizeof *rows->place);
  const size_t mask = hft_layout_add(&total, n * sizeof *rows->mask);
  const size_t seeds = hft_layout_add(&total, n * sizeof *rows->seeds);
  const size_t results = hft_layout_add(&total, bytes->results);
  const size_t finals = hft_layout_add(&total, bytes->finals);
  if (block == NULL) return total;
  rows->block = block;
  rows->asked = hft_at(block, asked);
  rows->envs = hft_at(block, envs);
  rows->place = hft_at(block, place);
  rows->mask = hft_at(block, mask);
  rows->seeds = hft_at(block, seeds);
  rows->results = hft_at(block, results);
  rows->finals = hft_at(block, finals);
  return total;
}

// Checks the sizes before anything large is allocated.
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
  *total = hft_env_model_bytes(model) + bytes.actions + bytes.results + bytes.finals +
           (size_t)setup->env_count * hft_env_room(model) +
           lay_out_rows(NULL, NULL, setup->env_count, &bytes);
  // One copy of the last reply.
  *total += (size_t)setup->env_count * sizeof(int32_t) + bytes.results + bytes.finals;
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
  session->config = setup->config;
  session->model = setup->model;
  hft_wire_code code = check_size(setup, session->model, &session->bytes, fault);
  if (code != HFT_WIRE_OK) return code;
  hft_pool_config pool = {.env_count = setup->env_count,
                          .thread_count = setup->thread_count,
                          .seed = setup->seed,
                          .autoreset = setup->autoreset,
                          .in_slices = true,
                          .slice_work = setup->slice_work,
                          .first_env = setup->first_env};
  if (hft_pool_create(session->model, &pool, &session->pool, &error) != HFT_OK) {
    return hft_wire_fail_error(fault, &error);
  }
  hft_spec_bytes bytes = hft_spec_measure(hft_env_model_spec(session->model), setup->env_count);
  // Pages are not touched before use, so sessions that only step all envs pay nothing for them.
  size_t size = lay_out_rows(NULL, NULL, setup->env_count, &bytes);
  void *block = calloc(1, size);
  if (block == NULL) return hft_wire_fail(fault, HFT_WIRE_INTERNAL, "make", "out of memory");
  lay_out_rows(&session->rows, block, setup->env_count, &bytes);
  if (!draw_token(session->token)) {
    return hft_wire_fail(fault, HFT_WIRE_INTERNAL, "make", "the system provides no entropy");
  }
  return HFT_WIRE_OK;
}

hft_wire_code hft_session_open(hft_session *session, const hft_session_setup *setup,
                               hft_wire_fault *fault) {
  HFT_CHECK(setup->env_count >= 1 && setup->env_count <= HFT_ENVS_MAX);
  *session = (hft_session){0};
  hft_wire_code code = open_envs(session, setup, fault);
  if (code == HFT_WIRE_OK) return code;
  if (session->pool != NULL) hft_pool_free(session->pool);
  session->pool = NULL;
  session->model = NULL;
  session->config = NULL;
  hft_session_close(session);
  return code;
}

void hft_session_close(hft_session *session) {
  hft_env_model *model;
  hft_compile *compile = session->overrides.compile;
  if (compile != NULL && hft_compile_end(compile, &model, NULL) == HFT_OK) {
    hft_env_model_free(model);
  }
  if (session->pool != NULL) hft_pool_free(session->pool);
  if (session->model != NULL) hft_env_model_free(session->model);
  hft_config_free(session->config);
  free(session->rows.block);
  free(session->current.config);
  hft_saves_free(&session->saves);
  hft_blob_drop(session->sent.blob);
  *session = (hft_session){0};
#if defined(__GLIBC__)
  malloc_trim(0);  // else the allocator keeps most of it while other sessions are open
#endif
}

hft_wire_code hft_session_admit(const hft_session *session, const hft_wire_request *request,
                                bool *is_retry, hft_wire_fault *fault) {
  const hft_session_reply *last = &session->last;
  *is_retry = request->id == last->id && request->kind == last->kind;
  if (*is_retry || request->id > last->id) return HFT_WIRE_OK;
  return hft_wire_fail(fault, HFT_WIRE_STALE_ID, "id",
                       "id %" PRIu64 " follows id %" PRIu64 ", a '%s': ids must ascend",
                       request->id, last->id, hft_wire_kind_name(last->kind));
}
