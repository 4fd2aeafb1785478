// `make`: from a config to a session with its envs.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "server/entropy.h"
#include "server/service_state.h"
#include "server/spec.h"

static hft_wire_code check_config_name(hft_call *call, const char *name) {
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
static hft_wire_code load_config(hft_call *call, hft_config **out) {
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
  if (status != HFT_OK) return hft_wire_fail_config(&call->fault, &error);
  for (int i = 0; i < request->override_count && status == HFT_OK; i++) {
    status =
        hft_config_set_value(*out, request->override[i].path, request->override[i].value, &error);
  }
  if (status == HFT_OK) return HFT_WIRE_OK;
  hft_config_free(*out);
  return hft_wire_fail_error(&call->fault, &error);
}

// Checks the limits that need no config, and finds a free place.
static hft_wire_code find_place(hft_call *call, hft_session **place) {
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

static hft_wire_code open_session(hft_call *call, hft_session *session, const hft_config *config) {
  hft_service *service = call->service;
  const hft_wire_request *request = call->request;
  hft_session_setup setup = {
      .config = config,
      .classes = service->config.classes,
      .class_count = service->config.class_count,
      .env_count = (int)request->num_envs,
      .thread_count = service->config.thread_count,
      .slice_work = service->config.slice_work,
      .autoreset = request->autoreset,
      .seed = request->seed,
      .first_env = (uint32_t)request->first_env,
      .memory_left = hft_service_memory_left(service),
  };
  if (!request->has_seed && !hft_entropy_draw(&setup.seed, sizeof setup.seed)) {
    return hft_wire_fail(&call->fault, HFT_WIRE_INTERNAL, "seed", "the system gives no randomness");
  }
  char *text = hft_config_print(config, 0);
  if (text == NULL) {
    return hft_wire_fail(&call->fault, HFT_WIRE_INTERNAL, "config", "out of memory");
  }
  hft_wire_code code = hft_session_open(session, &setup, &call->fault);
  if (code != HFT_WIRE_OK) {
    free(text);
    return code;
  }
  session->hand = (hft_session_hand){
      .id = request->id, .kind = HFT_WIRE_MAKE, .seed = setup.seed, .config = text};
  session->used_at = call->now;
  session->number = ++service->opened_count;
  service->session_count++;
  service->env_count += setup.env_count;
  service->memory_used += session->bytes;
  call->session = session;
  return HFT_WIRE_OK;
}

static hft_wire_code begin(hft_call *call) {
  hft_session *place = NULL;
  hft_config *config = NULL;
  hft_wire_code code = hft_call_check_buffers(call, "config", true);
  if (code == HFT_WIRE_OK) code = find_place(call, &place);
  if (code == HFT_WIRE_OK) code = load_config(call, &config);
  if (code != HFT_WIRE_OK) return code;
  code = open_session(call, place, config);
  hft_config_free(config);
  return code;
}

hft_wire_code hft_make_begin(hft_call *call) {
  hft_wire_code code;
  do {
    code = begin(call);
  } while (code == HFT_WIRE_LIMIT && hft_service_make_room(call->service, call->now));
  if (code != HFT_WIRE_OK) return code;
  hft_session_note_peer(call->session, &call->service->peer, call->now);
  return code;
}

hft_wire_code hft_make_answer(hft_call *call) {
  hft_service *service = call->service;
  hft_session *session = call->session;
  hft_session_hand hand = session->hand;
  session->hand = (hft_session_hand){0};
  hft_status status = hft_spec_encode(&service->body, session->pool, hand.seed, hand.config);
  free(hand.config);
  if (status == HFT_OK) {
    char hash[HFT_SPEC_HASH_SIZE];
    hft_spec_hash(&service->body, hash);
    status = hft_wire_encode_make(&service->header, hand.id, session->token, hash);
  }
  hft_wire_code code = hft_call_add_header(call, status);
  if (code != HFT_WIRE_OK) {
    hft_service_close_session(service, session);
    return code;
  }
  hft_call_add_frame(call, (hft_frame){service->body.data, service->body.size});
  hft_service_tell_session(service, "session_opened", session);
  return HFT_WIRE_OK;
}
