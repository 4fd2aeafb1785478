// Requests of the kind `make`: from a config to a session with its envs.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codec/spec.h"
#include "server/service_state.h"
#include "sim/base/check.h"
#include "sim/base/entropy.h"

static hft_wire_code check_config_name(hft_rpc *rpc, const char *name) {
  const hft_service_config *config = &rpc->service->config;
  for (int i = 0; i < config->config_name_count; i++) {
    if (strcmp(config->config_names[i], name) == 0) return HFT_WIRE_OK;
  }
  const char *nearest = hft_nearest(name, config->config_names, config->config_name_count);
  return hft_wire_fail(&rpc->fault, HFT_WIRE_CONFIG, "config",
                       "the server has no config '%s'%s%s%s; 'hello' lists them", name,
                       nearest ? "; did you mean '" : "", nearest ? nearest : "",
                       nearest ? "'?" : "");
}

// Creates the config that a `make` names, with its overrides. The caller frees *out.
static hft_wire_code load_config(hft_rpc *rpc, hft_config **out) {
  const hft_service_config *config = &rpc->service->config;
  const hft_wire_request *request = rpc->request;
  const hft_frame *text = rpc->frame_count > 1 ? &rpc->frames[1] : NULL;
  if (text != NULL && text->size > HFT_WIRE_CONFIG_MAX) {
    return hft_wire_fail(&rpc->fault, HFT_WIRE_BAD_BUFFER, "config",
                         "%zu bytes; at most %d are allowed", text->size, HFT_WIRE_CONFIG_MAX);
  }
  if (text == NULL && request->config != NULL) {
    hft_wire_code code = check_config_name(rpc, request->config);
    if (code != HFT_WIRE_OK) return code;
  }
  hft_error error = {0};
  hft_status status =
      config->load_config(config->context, request->config, text != NULL ? text->data : NULL,
                          text != NULL ? text->size : 0, out, &error);
  if (status != HFT_OK) return hft_wire_fail_config(&rpc->fault, &error);
  for (int i = 0; i < request->override_count && status == HFT_OK; i++) {
    status =
        hft_config_set_value(*out, request->override[i].path, request->override[i].value, &error);
  }
  if (status == HFT_OK) return HFT_WIRE_OK;
  hft_config_free(*out);
  return hft_wire_fail_error(&rpc->fault, &error);
}

// Checks the limits that need no config, and finds a free slot.
static hft_wire_code find_place(hft_rpc *rpc, uint64_t wanted, hft_session **place) {
  const hft_service *service = rpc->service;
  const hft_service_config *config = &service->config;
  if (wanted == 0) {
    return hft_wire_fail(&rpc->fault, HFT_WIRE_BAD_FIELD, "num_envs", "must be at least 1");
  }
  if (wanted > HFT_ENVS_MAX) {
    return hft_wire_fail(&rpc->fault, HFT_WIRE_LIMIT, "num_envs",
                         "%" PRIu64 " envs; a session has at most %d", wanted, HFT_ENVS_MAX);
  }
  if ((int64_t)wanted > config->envs_max - service->env_count) {
    return hft_wire_fail(&rpc->fault, HFT_WIRE_LIMIT, "num_envs",
                         "%" PRIu64 " envs; the server's limit is %" PRId64 ", and %" PRId64
                         " are in use",
                         wanted, config->envs_max, service->env_count);
  }
  for (int i = 0; i < config->sessions_max; i++) {
    *place = &service->sessions[i];
    if ((*place)->pool == NULL) return HFT_WIRE_OK;
  }
  return hft_wire_fail(&rpc->fault, HFT_WIRE_LIMIT, "session",
                       "the server's limit is %d sessions, and all are open", config->sessions_max);
}

// The settings of a `make` besides its config.
static hft_wire_code read_setup(hft_rpc *rpc, hft_session_setup *setup) {
  const hft_wire_request *request = rpc->request;
  *setup = (hft_session_setup){
      .env_count = (int)request->num_envs,
      .thread_count = rpc->service->config.thread_count,
      .slice_work = rpc->service->config.slice_work,
      .autoreset = request->autoreset,
      .seed = request->seed,
      .first_env = (uint32_t)request->first_env,
  };
  if (request->has_seed || hft_entropy_draw(&setup->seed, sizeof setup->seed)) return HFT_WIRE_OK;
  return hft_wire_fail(&rpc->fault, HFT_WIRE_INTERNAL, "seed", "the system provides no entropy");
}

static hft_wire_code open_session(hft_rpc *rpc, hft_session_setup *setup, char *text) {
  hft_service *service = rpc->service;
  hft_session *session = NULL;
  hft_wire_code code = find_place(rpc, (uint64_t)setup->env_count, &session);
  if (code != HFT_WIRE_OK) return code;
  setup->memory_left = hft_service_memory_left(service);
  code = hft_session_open(session, setup, &rpc->fault);
  if (code != HFT_WIRE_OK) return code;
  session->current = (hft_session_request){
      .id = rpc->request->id, .kind = HFT_WIRE_MAKE, .seed = setup->seed, .config = text};
  session->used_at = rpc->now;
  session->number = ++service->opened_count;
  service->session_count++;
  service->env_count += setup->env_count;
  service->memory_used += session->bytes;
  rpc->session = session;
  hft_session_note_peer(session, &service->peer, rpc->now);
  return HFT_WIRE_OK;
}

// Sets retry_after of a `make` for which there is no room now. A request beyond the server's limits
// gets none.
static void tell_when(hft_rpc *rpc, uint64_t wanted) {
  if ((int64_t)wanted > rpc->service->config.envs_max) return;
  rpc->fault.retry_after = hft_service_room_after(rpc->service, rpc->now);
}

// Opens a session. Takes ownership of the model and of the config and its text, also on failure.
// Closes sessions whose connections have ended where their room is needed.
static hft_wire_code open_with(hft_rpc *rpc, hft_session_setup *setup, char *text) {
  hft_wire_code code;
  do {
    code = open_session(rpc, setup, text);
  } while (code == HFT_WIRE_LIMIT && hft_service_make_room(rpc->service, rpc->now));
  if (code == HFT_WIRE_OK) return code;
  if (code == HFT_WIRE_LIMIT) tell_when(rpc, (uint64_t)setup->env_count);
  hft_env_model_free(setup->model);
  hft_config_free(setup->config);
  free(text);
  return code;
}

// Whether a config may take long to compile: it names files, has variants, or is measured with each
// controller in its seats.
static bool is_long_to_compile(const hft_config *config) {
  const hft_env_config *env = hft_config_map(config, "env_config");
  return hft_config_names_files(config) || hft_config_count(config, "randomise") > 0 || env->reseat;
}

// Compiles the config, of which it takes ownership: at once, or on a thread where it may be long.
static hft_wire_code compile(hft_rpc *rpc, hft_session_setup *setup, hft_config *config) {
  const hft_service_config *of = &rpc->service->config;
  hft_error error = {0};
  char *text = hft_config_print(config, 0);
  if (text == NULL) {
    hft_config_free(config);
    return hft_wire_fail(&rpc->fault, HFT_WIRE_INTERNAL, "config", "out of memory");
  }
  hft_making *making = &rpc->service->making;
  bool is_long = is_long_to_compile(config);
  hft_status status;
  setup->config = config;
  if (is_long) {
    *making = (hft_making){.id = rpc->request->id, .setup = *setup, .config = text};
    status = hft_compile_begin(hft_config_copy(config), of->classes, of->class_count, NULL,
                               &making->compile, &error);
  } else {
    status = hft_env_model_create(config, of->classes, of->class_count, &setup->model, &error);
  }
  if (status == HFT_OK) return is_long ? HFT_WIRE_OK : open_with(rpc, setup, text);
  free(text);
  hft_config_free(config);
  *making = (hft_making){0};
  return hft_wire_fail_config(&rpc->fault, &error);
}

hft_wire_code hft_make_begin(hft_rpc *rpc) {
  hft_session *place;
  hft_session_setup setup;
  hft_config *config = NULL;
  HFT_CHECK(rpc->service->making.compile == NULL);
  hft_wire_code code = hft_rpc_check_buffers(rpc, "config", true);
  if (code != HFT_WIRE_OK) return code;
  do {
    code = find_place(rpc, rpc->request->num_envs, &place);
  } while (code == HFT_WIRE_LIMIT && hft_service_make_room(rpc->service, rpc->now));
  if (code == HFT_WIRE_LIMIT) tell_when(rpc, rpc->request->num_envs);
  if (code == HFT_WIRE_OK) code = read_setup(rpc, &setup);
  if (code == HFT_WIRE_OK) code = load_config(rpc, &config);
  return code == HFT_WIRE_OK ? compile(rpc, &setup, config) : code;
}

hft_wire_code hft_make_go_on(hft_rpc *rpc) {
  hft_making *making = &rpc->service->making;
  if (!hft_compile_is_done(making->compile, rpc->service->busy_count == 1 ? HFT_COMPILE_WAIT : 0)) {
    return HFT_WIRE_OK;
  }
  hft_making done = *making;
  *making = (hft_making){0};
  hft_error error = {0};
  if (hft_compile_end(done.compile, &done.setup.model, &error) == HFT_OK) {
    return open_with(rpc, &done.setup, done.config);
  }
  free(done.config);
  hft_config_free(done.setup.config);
  return hft_wire_fail_config(&rpc->fault, &error);
}

void hft_make_give_up(hft_service *service) {
  service->making.is_given_up = true;
}

void hft_make_end(hft_service *service) {
  hft_making *making = &service->making;
  hft_env_model *model = NULL;
  if (making->compile != NULL && hft_compile_end(making->compile, &model, NULL) == HFT_OK) {
    hft_env_model_free(model);
  }
  free(making->config);
  hft_config_free(making->setup.config);
  *making = (hft_making){0};
}

hft_wire_code hft_make_answer(hft_rpc *rpc) {
  hft_service *service = rpc->service;
  hft_session *session = rpc->session;
  hft_session_request current = session->current;
  session->current = (hft_session_request){0};
  hft_status status = hft_spec_encode(&service->body, session->pool, current.seed, current.config);
  free(current.config);
  if (status == HFT_OK) {
    char hash[HFT_SPEC_HASH_SIZE], spaces[HFT_SPEC_HASH_SIZE];
    hft_spec_hash(&service->body, hash);
    hft_spec_spaces_hash(hft_env_model_spec(session->model), spaces);
    status = hft_wire_encode_make(&service->header, current.id, session->token, hash, spaces);
  }
  hft_wire_code code = hft_rpc_add_header(rpc, status);
  if (code != HFT_WIRE_OK) {
    hft_service_close_session(service, session);
    return code;
  }
  hft_rpc_add_frame(rpc, (hft_frame){service->body.data, service->body.size});
  hft_service_tell_session(service, "session_opened", session);
  return HFT_WIRE_OK;
}
