// The functions of the C API that change a handle or an env. Each begins with `enter`, which
// detects misuse, and ends with `leave`.
#include "include/hftsim.h"

#include <stdlib.h>
#include <unistd.h>

#include "codec/picture.h"
#include "lib/handle.h"
#include "sim/base/entropy.h"
#include "sim/base/version.h"

int hftsim_abi(void) {
  return HFTSIM_ABI;
}

const char *hftsim_version(void) {
  return hft_version;
}

const char *hftsim_revision(void) {
  return hft_revision;
}

int hftsim_preset_count(void) {
  return hft_preset_count;
}

const char *hftsim_preset_name(int index) {
  return index >= 0 && index < hft_preset_count ? hft_presets[index].name : NULL;
}

const char *hftsim_error_text(const hftsim *sim) {
  return sim != NULL ? sim->error.text : "";
}

const char *hftsim_error_where(const hftsim *sim) {
  return sim != NULL ? sim->error.where : "";
}

static int enter(hftsim *sim) {
  if (sim == NULL) return HFTSIM_BAD_ARGUMENT;
  if (!hft_owner_mark_holds(&sim->owner)) return HFTSIM_FORKED;
  if (atomic_flag_test_and_set_explicit(&sim->busy, memory_order_acquire)) return HFTSIM_BUSY;
  return HFTSIM_OK;
}

static int leave(hftsim *sim, int status) {
  atomic_flag_clear_explicit(&sim->busy, memory_order_release);
  return status;
}

// The API's status for a status of the layers below.
static int status_of(hft_status status) {
  switch (status) {
    case HFT_OK:
      return HFTSIM_OK;
    case HFT_EINVAL:
      return HFTSIM_BAD_ARGUMENT;
    case HFT_EDATA:
      return HFTSIM_BAD_SAVE;
    case HFT_ECONFIG:
    case HFT_EIO:  // the only files are configs
      return HFTSIM_CONFIG;
    case HFT_ENOMEM:
    case HFT_EFULL:
      return HFTSIM_LIMIT;
    default:
      return HFTSIM_INTERNAL;
  }
}

static int refuse(hftsim *sim, const char *where, const char *text) {
  return status_of(hft_fail(&sim->error, HFT_EINVAL, where, "%s", text));
}

// ---- the handle and its config -----------------------------------------------------------------
static hft_status fill(hftsim *sim) {
  atomic_flag_clear(&sim->busy);
  if (!hft_owner_mark_init(&sim->owner)) return HFT_ENOMEM;
  hft_catalog_init(&sim->catalog);
  return hft_catalog_config(&sim->catalog, &sim->config, NULL);
}

hftsim *hftsim_create(void) {
  hftsim *sim = calloc(1, sizeof *sim);
  if (sim == NULL || fill(sim) == HFT_OK) return sim;
  hft_owner_mark_free(&sim->owner);
  free(sim);
  return NULL;
}

static void stop(hftsim *sim) {
  hft_pool_free(sim->pool);
  sim->pool = NULL;
  if (sim->model != NULL) hft_env_model_free(sim->model);
  sim->model = NULL;
  hft_buffer_free(&sim->spec);
  hft_buffer_free(&sim->picture);
  hft_buffer_free(&sim->picture_json);
}

void hftsim_free(hftsim *sim) {
  // A forked child has none of the pool's threads to join, and their locks may stay locked.
  if (sim == NULL || !hft_owner_mark_holds(&sim->owner)) return;
  stop(sim);
  hft_config_free(sim->config);
  free(sim->config_text);
  hft_owner_mark_free(&sim->owner);
  free(sim);
}

// Enters a function that changes the config.
static int enter_config(hftsim *sim) {
  int status = enter(sim);
  if (status != HFTSIM_OK || sim->pool == NULL) return status;
  return leave(sim, refuse(sim, "config", "the config is fixed once hftsim_start has run"));
}

int hftsim_load(hftsim *sim, const char *preset_or_file) {
  int status = enter_config(sim);
  if (status != HFTSIM_OK) return status;
  if (preset_or_file == NULL) return leave(sim, refuse(sim, "preset_or_file", "must not be null"));
  return leave(sim, status_of(hft_catalog_merge(sim->config, preset_or_file, &sim->error)));
}

int hftsim_load_text(hftsim *sim, const char *yaml, size_t size, const char *name) {
  int status = enter_config(sim);
  if (status != HFTSIM_OK) return status;
  if (yaml == NULL) return leave(sim, refuse(sim, "yaml", "must not be null"));
  const char *where = name != NULL ? name : "config";
  return leave(sim, status_of(hft_config_merge(sim->config, yaml, size, where, &sim->error)));
}

int hftsim_set(hftsim *sim, const char *key, const char *value) {
  int status = enter_config(sim);
  if (status != HFTSIM_OK) return status;
  if (key == NULL) return leave(sim, refuse(sim, "key", "must not be null"));
  if (value == NULL) return leave(sim, refuse(sim, key, "the value must not be null"));
  return leave(sim, status_of(hft_config_set_value(sim->config, key, value, &sim->error)));
}

int hftsim_set_autoreset(hftsim *sim, int autoreset) {
  int status = enter_config(sim);
  if (status != HFTSIM_OK) return status;
  switch (autoreset) {
    case HFTSIM_SAME_STEP:
      sim->autoreset = HFT_AUTORESET_SAME_STEP;
      return leave(sim, HFTSIM_OK);
    case HFTSIM_MANUAL:
      sim->autoreset = HFT_AUTORESET_MANUAL;
      return leave(sim, HFTSIM_OK);
    case HFTSIM_NEXT_STEP:
      sim->autoreset = HFT_AUTORESET_NEXT_STEP;
      return leave(sim, HFTSIM_OK);
    default:
      return leave(sim,
                   refuse(sim, "autoreset", "must be HFTSIM_SAME_STEP, _MANUAL or _NEXT_STEP"));
  }
}

const char *hftsim_config(hftsim *sim) {
  if (enter(sim) != HFTSIM_OK) return NULL;
  free(sim->config_text);
  sim->config_text = hft_config_print(sim->config, 1);
  leave(sim, HFTSIM_OK);
  return sim->config_text;
}

// ---- the envs ----------------------------------------------------------------------------------
static int core_count(void) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return cores < 1 ? 1 : cores > HFT_THREADS_MAX ? HFT_THREADS_MAX : (int)cores;
}

static hft_status write_spec(hftsim *sim, uint64_t seed) {
  char *config = hft_config_print(sim->config, 0);
  hft_status status =
      config != NULL ? hft_spec_encode(&sim->spec, sim->pool, seed, config) : HFT_ENOMEM;
  free(config);
  if (status != HFT_OK) return hft_fail(&sim->error, status, "spec", "out of memory");
  hft_spec_hash(&sim->spec, sim->spec_hash);
  hft_spec_spaces_hash(hft_env_model_spec(sim->model), sim->spaces_hash);
  return HFT_OK;
}

static hft_status make_envs(hftsim *sim, int num_envs, int threads, uint64_t seed) {
  hft_status status = hft_env_model_create(sim->config, hft_catalog_classes,
                                           hft_catalog_class_count, &sim->model, &sim->error);
  if (status != HFT_OK) return status;
  const hft_pool_config config = {num_envs, threads, seed, sim->autoreset};
  status = hft_pool_create(sim->model, &config, &sim->pool, &sim->error);
  if (status != HFT_OK) return status;
  hft_pool_finals_layout(sim->pool, 0, &sim->finals);
  return write_spec(sim, seed);
}

static int start(hftsim *sim, int num_envs, int threads, uint64_t seed) {
  int status = status_of(make_envs(sim, num_envs, threads != 0 ? threads : core_count(), seed));
  if (status != HFTSIM_OK) stop(sim);
  sim->seed = seed;
  return status;
}

int hftsim_start(hftsim *sim, int num_envs, int threads, uint64_t seed) {
  int status = enter_config(sim);
  return status != HFTSIM_OK ? status : leave(sim, start(sim, num_envs, threads, seed));
}

int hftsim_start_unseeded(hftsim *sim, int num_envs, int threads) {
  uint64_t seed;
  int status = enter_config(sim);
  if (status != HFTSIM_OK) return status;
  if (!hft_entropy_draw(&seed, sizeof seed)) {
    hft_fail(&sim->error, HFT_EIO, "seed", "the system provides no entropy");
    return leave(sim, HFTSIM_INTERNAL);
  }
  return leave(sim, start(sim, num_envs, threads, seed));
}

int hftsim_draw_seed(uint64_t *seed) {
  if (seed == NULL) return HFTSIM_BAD_ARGUMENT;
  return hft_entropy_draw(seed, sizeof *seed) ? HFTSIM_OK : HFTSIM_INTERNAL;
}

// Enters a function that needs the envs.
static int enter_envs(hftsim *sim) {
  int status = enter(sim);
  if (status != HFTSIM_OK || sim->pool != NULL) return status;
  return leave(sim, refuse(sim, "hftsim_start", "call it first: the handle has no envs yet"));
}

int hftsim_seed(hftsim *sim, uint64_t *seed) {
  int status = enter_envs(sim);
  if (status != HFTSIM_OK) return status;
  if (seed == NULL) return leave(sim, refuse(sim, "seed", "must not be null"));
  *seed = sim->seed;
  return leave(sim, HFTSIM_OK);
}

static hft_status check_at_rest(hftsim *sim, const uint8_t *mask) {
  if (hft_pool_under_way(sim->pool) == 0) return HFT_OK;
  for (int i = 0; i < hft_pool_env_count(sim->pool); i++) {
    if ((mask != NULL && !mask[i]) || !hft_pool_is_under_way(sim->pool, i)) continue;
    return hft_fail(&sim->error, HFT_EINVAL, "env",
                    "env %d is under way: receive it with hftsim_recv first", i);
  }
  return HFT_OK;
}

// Enters a reset.
static int enter_reset(hftsim *sim, const uint8_t *mask) {
  int status = enter_envs(sim);
  if (status != HFTSIM_OK || check_at_rest(sim, mask) == HFT_OK) return status;
  return leave(sim, HFTSIM_BAD_ARGUMENT);
}

static int leave_reset(hftsim *sim) {
  hft_pool_finals_layout(sim->pool, 0, &sim->finals);
  return leave(sim, HFTSIM_OK);
}

int hftsim_reset(hftsim *sim, const uint8_t *mask) {
  int status = enter_reset(sim, mask);
  if (status != HFTSIM_OK) return status;
  hft_pool_reset(sim->pool, NULL, mask);
  return leave_reset(sim);
}

int hftsim_reset_seed(hftsim *sim, uint64_t seed, const uint8_t *mask) {
  int status = enter_reset(sim, mask);
  if (status != HFTSIM_OK) return status;
  hft_pool_reset_from(sim->pool, seed, mask);
  return leave_reset(sim);
}

int hftsim_reset_seeds(hftsim *sim, const uint64_t *seeds, const uint8_t *mask) {
  int status = enter_reset(sim, mask);
  if (status != HFTSIM_OK) return status;
  if (seeds == NULL) return leave(sim, refuse(sim, "seeds", "must not be null"));
  hft_pool_reset(sim->pool, seeds, mask);
  return leave_reset(sim);
}

// Compiles overrides and adds their model to the pool, unless it has it. Writes the pool's set.
static hft_status find_overrides(hftsim *sim, const hft_override *override, int count, int *set) {
  hft_config *config;
  hft_env_model *model;
  *set = 0;  // the config's own values
  if (count == 0) return HFT_OK;
  hft_status status = hft_env_override(sim->config, override, count, &config, &sim->error);
  if (status != HFT_OK) return status;
  uint64_t digest = hft_pool_config_digest(config);
  *set = hft_pool_find_overrides(sim->pool, digest);
  if (*set < 0) {
    status = hft_env_model_create_as(config, hft_catalog_classes, hft_catalog_class_count,
                                     hft_pool_model(sim->pool), &model, &sim->error);
    if (status == HFT_OK) {
      const char *where = count == 1 ? override[0].path : "overrides";
      status = hft_pool_add_overrides(sim->pool, digest, model, where, set, &sim->error);
      if (status != HFT_OK) hft_env_model_free(model);
    }
  }
  hft_config_free(config);
  return status;
}

static int choose_overrides(hftsim *sim, const char *const *keys, const char *const *values,
                            int count, const uint8_t *mask) {
  if (count < 0 || count > HFTSIM_OVERRIDES_MAX) return refuse(sim, "count", "out of range");
  if (count > 0 && keys == NULL) return refuse(sim, "keys", "must not be null");
  if (count > 0 && values == NULL) return refuse(sim, "values", "must not be null");
  hft_override override[HFTSIM_OVERRIDES_MAX];
  for (int i = 0; i < count; i++) {
    if (keys[i] == NULL) return refuse(sim, "keys", "a key must not be null");
    if (values[i] == NULL) return refuse(sim, keys[i], "the value must not be null");
    override[i] = (hft_override){keys[i], values[i]};
  }
  int set;
  hft_status status = find_overrides(sim, override, count, &set);
  if (status == HFT_OK) hft_pool_choose_overrides(sim->pool, set, mask);
  return status_of(status);
}

int hftsim_override(hftsim *sim, const char *const *keys, const char *const *values, int count,
                    const uint8_t *mask) {
  int status = enter_reset(sim, mask);
  return status != HFTSIM_OK ? status
                             : leave(sim, choose_overrides(sim, keys, values, count, mask));
}

// Lays out the finals for the episodes that have just ended.
static void lay_out_finals(hftsim *sim) {
  int ended = hft_pool_ended_count(sim->pool);
  if (ended != sim->finals.array[0].shape[0]) {
    hft_pool_finals_layout(sim->pool, ended, &sim->finals);
  }
}

static int step(hftsim *sim) {
  if (check_at_rest(sim, NULL) != HFT_OK) return HFTSIM_BAD_ARGUMENT;
  int unstarted = hft_pool_unstarted_count(sim->pool);
  if (unstarted > 0) {
    hft_fail(&sim->error, HFT_EINVAL, "hftsim_step", "%d of %d envs have never been reset",
             unstarted, hft_pool_env_count(sim->pool));
    return HFTSIM_NOT_RESET;
  }
  if (hft_pool_check_actions(sim->pool, &sim->error) != HFT_OK) return HFTSIM_BAD_ACTION;
  hft_pool_step(sim->pool);
  lay_out_finals(sim);
  return HFTSIM_OK;
}

int hftsim_step(hftsim *sim) {
  int status = enter_envs(sim);
  return status != HFTSIM_OK ? status : leave(sim, step(sim));
}

// ---- some envs at a time -----------------------------------------------------------------------
int hftsim_send(hftsim *sim, const int32_t *envs, int count) {
  int status = enter_envs(sim);
  if (status != HFTSIM_OK) return status;
  if (envs == NULL) return leave(sim, refuse(sim, "envs", "must not be null"));
  if (count < 0) return leave(sim, refuse(sim, "count", "must not be negative"));
  if (hft_pool_check_actions_of(sim->pool, envs, count, &sim->error) != HFT_OK) {
    return leave(sim, HFTSIM_BAD_ACTION);
  }
  return leave(sim, status_of(hft_pool_send(sim->pool, envs, count, &sim->error)));
}

int hftsim_recv(hftsim *sim, int32_t *envs, int least, int room) {
  int status = enter_envs(sim);
  if (status != HFTSIM_OK) return status;
  if (envs == NULL) return leave(sim, refuse(sim, "envs", "must not be null"));
  int count = hft_pool_recv(sim->pool, envs, least, room, &sim->error);
  if (count < 0) return leave(sim, status_of((hft_status)count));
  lay_out_finals(sim);
  return leave(sim, count);
}

int hftsim_save_env(hftsim *sim, int env, void *bytes, size_t size) {
  int status = enter_envs(sim);
  if (status != HFTSIM_OK) return status;
  if (bytes == NULL) return leave(sim, refuse(sim, "bytes", "must not be null"));
  return leave(sim, status_of(hft_pool_save(sim->pool, env, bytes, size, &sim->error)));
}

int hftsim_load_env(hftsim *sim, int env, const void *bytes, size_t size) {
  int status = enter_envs(sim);
  if (status != HFTSIM_OK) return status;
  if (bytes == NULL) return leave(sim, refuse(sim, "bytes", "must not be null"));
  return leave(sim, status_of(hft_pool_load(sim->pool, env, bytes, size, &sim->error)));
}

int hftsim_check_save(hftsim *sim, const void *bytes, size_t size) {
  int status = enter_envs(sim);
  if (status != HFTSIM_OK) return status;
  if (bytes == NULL) return leave(sim, refuse(sim, "bytes", "must not be null"));
  return leave(sim, status_of(hft_pool_check_save(sim->pool, bytes, size, &sim->error)));
}

int hftsim_fork_env(hftsim *sim, int from, const int32_t *to, int count) {
  int status = enter_envs(sim);
  if (status != HFTSIM_OK) return status;
  if (to == NULL) return leave(sim, refuse(sim, "to", "must not be null"));
  if (count < 0) return leave(sim, refuse(sim, "count", "must not be negative"));
  return leave(sim, status_of(hft_pool_fork(sim->pool, from, to, count, &sim->error)));
}

typedef hft_status encode_picture(const hft_picture *picture, hft_buffer *buffer);

static hft_status render(hftsim *sim, int env, int levels, encode_picture *encode,
                         hft_buffer *buffer) {
  hft_status status = hft_pool_check_env(sim->pool, env, &sim->error);
  if (status != HFT_OK) return status;
  if (levels < 1 || levels > HFT_PICTURE_LEVELS_MAX) {
    return hft_fail(&sim->error, HFT_EINVAL, "levels", "%d is out of range [1, %d]", levels,
                    HFT_PICTURE_LEVELS_MAX);
  }
  hft_picture *picture = hft_picture_create(sim->model, levels);
  status = HFT_ENOMEM;
  if (picture != NULL) {
    hft_picture_fill(picture, sim->pool, env);
    status = encode(picture, buffer);
  }
  hft_picture_free(picture);
  return status == HFT_OK ? HFT_OK : hft_fail(&sim->error, status, "render", "out of memory");
}

int hftsim_render(hftsim *sim, int env, int levels, const void **picture, size_t *bytes) {
  int status = enter_envs(sim);
  if (status != HFTSIM_OK) return status;
  if (picture == NULL) return leave(sim, refuse(sim, "picture", "must not be null"));
  if (bytes == NULL) return leave(sim, refuse(sim, "bytes", "must not be null"));
  status = status_of(render(sim, env, levels, hft_picture_encode_msgpack, &sim->picture));
  if (status == HFTSIM_OK) {
    *picture = sim->picture.data;
    *bytes = sim->picture.size;
  }
  return leave(sim, status);
}

int hftsim_render_json(hftsim *sim, int env, int levels, const char **json, size_t *bytes) {
  int status = enter_envs(sim);
  if (status != HFTSIM_OK) return status;
  if (json == NULL) return leave(sim, refuse(sim, "json", "must not be null"));
  status = status_of(render(sim, env, levels, hft_picture_encode_json, &sim->picture_json));
  if (status == HFTSIM_OK) {
    *json = sim->picture_json.data;
    if (bytes != NULL) *bytes = sim->picture_json.size;
  }
  return leave(sim, status);
}
