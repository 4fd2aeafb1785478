#include "server/overrides.h"

#include <stdio.h>
#include <string.h>

hft_wire_code hft_overrides_begin(hft_session *session, const hft_wire_request *request,
                                  const hft_agent_class *const *classes, int class_count,
                                  hft_wire_fault *fault) {
  hft_session_overrides *self = &session->overrides;
  *self = (hft_session_overrides){0};  // set 0: the config's own values
  if (request->override_count == 0) return HFT_WIRE_OK;
  hft_error error = {0};
  hft_config *config;
  hft_status status = hft_env_override(session->config, request->override, request->override_count,
                                       &config, &error);
  if (status != HFT_OK) return hft_wire_fail_error(fault, &error);
  bool is_one = request->override_count == 1;
  snprintf(self->where, sizeof self->where, "%s", is_one ? request->override[0].path : "overrides");
  self->digest = hft_pool_config_digest(config);
  self->set = hft_pool_find_overrides(session->pool, self->digest);
  if (self->set >= 0) {
    hft_config_free(config);
    return HFT_WIRE_OK;
  }
  const hft_env_model *base = hft_pool_model(session->pool);
  status = hft_compile_begin(config, classes, class_count, base, &self->compile, &error);
  return status == HFT_OK ? HFT_WIRE_OK : hft_wire_fail_error(fault, &error);
}

// Adds a model, which the pool owns from then on.
static hft_wire_code add(hft_session *session, hft_env_model *model, size_t memory_left,
                         hft_wire_fault *fault) {
  hft_session_overrides *self = &session->overrides;
  size_t bytes = hft_env_model_bytes(model), before = hft_pool_overrides_bytes(session->pool);
  if (bytes > memory_left) {
    return hft_wire_fail(fault, HFT_WIRE_LIMIT, self->where,
                         "the config with these overrides takes %zu bytes; %zu are left of the "
                         "server's memory limit",
                         bytes, memory_left);
  }
  hft_error error = {0};
  hft_status status =
      hft_pool_add_overrides(session->pool, self->digest, model, self->where, &self->set, &error);
  if (status == HFT_EFULL) {
    return hft_wire_fail(fault, HFT_WIRE_LIMIT, error.where, "%s", error.text);
  }
  if (status != HFT_OK) return hft_wire_fail_error(fault, &error);
  session->bytes += hft_pool_overrides_bytes(session->pool) - before;
  return HFT_WIRE_OK;
}

static void drop_reset(hft_session *session) {
  if (session->current.masked) {
    memset(session->rows.mask, 0, (size_t)hft_pool_env_count(session->pool));
  }
  session->current = (hft_session_request){0};
}

hft_wire_code hft_overrides_work(hft_session *session, size_t memory_left, hft_wire_fault *fault) {
  hft_session_overrides *self = &session->overrides;
  if (!hft_compile_is_done(self->compile, 0)) return HFT_WIRE_OK;
  hft_compile *compile = self->compile;
  self->compile = NULL;
  hft_env_model *model;
  hft_error error = {0};
  if (hft_compile_end(compile, &model, &error) != HFT_OK) {
    drop_reset(session);
    return hft_wire_fail_config(fault, &error);
  }
  hft_wire_code code = add(session, model, memory_left, fault);
  if (code == HFT_WIRE_OK) return code;
  hft_env_model_free(model);
  drop_reset(session);
  return code;
}
