#include "tests/agents/checkpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "sim/base/check.h"

static const hft_catalog *the_catalog(void) {
  static hft_catalog catalog;
  if (catalog.schema.entry_count == 0) hft_catalog_init(&catalog);
  return &catalog;
}

static hft_status compile(const hft_config *config, const hft_env_model *base, hft_env_model **out,
                          hft_error *error) {
  const hft_agent_class *const *classes = hft_catalog_classes;
  int count = hft_catalog_class_count;
  if (base == NULL) return hft_env_model_create(config, classes, count, out, error);
  return hft_env_model_create_as(config, classes, count, base, out, error);
}

// From a text, or a file if that is null.
static hft_status make(const char *yaml, const char *path, bool sealed, const hft_env_model *base,
                       hft_env_model **out, hft_error *error) {
  hft_config *config;
  *out = NULL;
  hft_status status = hft_catalog_config(the_catalog(), &config, error);
  if (status != HFT_OK) return status;
  if (sealed) hft_config_seal_paths(config);
  status = yaml != NULL ? hft_config_merge(config, yaml, strlen(yaml), "test", error)
                        : hft_config_merge_file(config, path, error);
  if (status == HFT_OK) status = compile(config, base, out, error);
  hft_config_free(config);
  return status;
}

hft_status checkpoints_make(const char *yaml, const hft_env_model *base, hft_env_model **out,
                            hft_error *error) {
  return make(yaml, NULL, false, base, out, error);
}

hft_status checkpoints_make_file(const char *path, hft_env_model **out, hft_error *error) {
  return make(NULL, path, false, NULL, out, error);
}

hft_status checkpoints_make_sealed(const char *yaml, hft_env_model **out, hft_error *error) {
  return make(yaml, NULL, true, NULL, out, error);
}

hft_actor *checkpoints_actor(const hft_env_spec *spec, const hft_group *group,
                             const checkpoint_kind *kind, uint64_t seed) {
  hft_head_def head = hft_head_of_group(group, spec->action_space, kind->density, 0.3);
  hft_head *sized;
  HFT_CHECK(hft_head_create(&head, &sized, NULL) == HFT_OK);
  hft_net_def net = {.inputs = group->obs_dim,
                     .outputs = hft_head_outputs(sized),
                     .hidden_count = kind->hidden > 0,
                     .hidden = {kind->hidden},
                     .gru = kind->gru,
                     .layer_norm = kind->layer_norm,
                     .output_gain = 1};
  hft_head_free(sized);
  hft_actor *actor;
  hft_error error;
  if (hft_actor_create(group, spec->action_space, &net, &head, &actor, &error) != HFT_OK) {
    fprintf(stderr, "%s: %s\n", error.where, error.text);
    HFT_CHECK(false);
  }
  hft_rng rng = hft_rng_stream(kind->seed, (uint32_t)seed, (uint32_t)group->role);
  hft_net_init(actor->net, actor->params, &rng);
  hft_head_init(actor->head, actor->params + hft_net_param_count(actor->net));
  for (int i = 0; i < actor->obs_dim; i++) {
    actor->shift[i] = (float)hft_rng_u32(&rng) * 0x1p-32F - 0.5F;
    actor->factor[i] = 0.5F + (float)hft_rng_u32(&rng) * 0x1p-32F;
  }
  return actor;
}

void checkpoints_write(const char *path, const hft_env_spec *spec, const checkpoint_kind *kind,
                       const char *config) {
  hft_checkpoint_actor actor[HFT_CHECKPOINT_ACTORS_MAX];
  hft_actor *owned[HFT_CHECKPOINT_ACTORS_MAX];
  int count = 0;
  for (int g = 0; g < spec->group_count; g++) {
    int seats = kind->each ? spec->group[g].seat_count : 1;
    for (int s = 0; s < seats; s++) {
      owned[count] = checkpoints_actor(spec, &spec->group[g], kind, (uint64_t)s);
      actor[count] = (hft_checkpoint_actor){owned[count], kind->each ? s : -1};
      count++;
    }
  }
  const hft_checkpoint_spec written = {.algorithm = "mappo",
                                       .config = config,
                                       .training = "algorithm: mappo\n",
                                       .steps = 1000,
                                       .actor_count = count,
                                       .actor = actor};
  hft_error error;
  if (hft_checkpoint_write(path, &written, &error) != HFT_OK) {
    fprintf(stderr, "%s: %s\n", error.where, error.text);
    HFT_CHECK(false);
  }
  for (int k = 0; k < count; k++) hft_actor_free(owned[k]);
}
