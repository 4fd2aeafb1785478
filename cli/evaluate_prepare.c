#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/evaluate.h"
#include "cli/setup.h"

#define EPISODES 100  // where no task says how many
#define CONTROLLER "policy"

// ---- the config --------------------------------------------------------------------------------

static hft_status load_stored(cli_evaluation *v, hft_error *error) {
  const cli_list none = {0}, *overrides = &v->options->overrides;
  const char *text = hft_checkpoint_read(v->checkpoint)->config;
  char where[HFT_TEXT_MAX];
  snprintf(where, sizeof where, "config of %.50s", v->options->path);
  v->config_name = "the checkpoint's own";
  hft_status status = cli_load_config(NULL, &none, &v->config, error);
  if (status == HFT_OK) status = hft_config_merge(v->config, text, strlen(text), where, error);
  for (int i = 0; i < overrides->count && status == HFT_OK; i++) {
    status = hft_config_set(v->config, overrides->item[i], error);
  }
  if (status != HFT_OK) return status;
  return hft_env_check_seats(v->config, hft_catalog_classes, hft_catalog_class_count, error);
}

static hft_status load_config(cli_evaluation *v, hft_error *error) {
  const cli_evaluate_options *o = v->options;
  hft_status status = HFT_OK;
  if (o->config != NULL) {
    v->config_name = o->config;
    status = cli_load_config(o->config, &o->overrides, &v->config, error);
  } else {
    status = load_stored(v, error);
  }
  return status == HFT_OK ? cli_draw_windows(v->config, error) : status;
}

// The name of the role of an item of `seats`; null: the item is not external.
static const char *external_role(const hft_config *config, int item) {
  const hft_section *section;
  const char *keys = hft_config_item(config, "seats", item, &section);
  const hft_key *key = hft_section_find(section, "controller");
  const hft_text *controller = (const void *)(keys + key->offset);
  return strcmp(controller->text, "external") == 0 ? section->name : NULL;
}

static bool acts_for(const hft_checkpoint *checkpoint, const char *role) {
  const hft_checkpoint_spec *spec = hft_checkpoint_read(checkpoint);
  for (int k = 0; k < spec->actor_count; k++) {
    if (strcmp(spec->actor[k].actor->role, role) == 0) return true;
  }
  return false;
}

// ---- what is run -------------------------------------------------------------------------------

static hft_status set_params(cli_evaluation *v, hft_error *error) {
  snprintf(v->params.text, sizeof v->params.text, "{}");
  hft_status status =
      hft_params_set(&v->params, "checkpoint", v->options->path, "CHECKPOINT", error);
  if (status == HFT_OK && v->options->explore) {
    status = hft_params_set(&v->params, "explore", "true", "--explore", error);
  }
  return status;
}

static hft_status plan(cli_evaluation *v, cli_evaluated_role *role, hft_error *error) {
  const hft_seated_contestant contestant = {CONTROLLER, &v->params};
  const hft_seated_spec spec = cli_task_spec(&role->task, &contestant);
  return hft_seated_plan_create(&spec, &role->plan, error);
}

// A task of a config: the seats of one role are scored, those of the others are held by the same
// checkpoint.
static void make_task(cli_evaluation *v, hft_role scored, bool *external, cli_task *out) {
  snprintf(out->name, sizeof out->name, "%s", hft_task_role_name(scored));
  out->config = v->config;
  hft_task *task = &out->task;
  snprintf(task->keys.preset.text, sizeof task->keys.preset.text, "%s", v->config_name);
  task->keys.role = scored;
  for (int r = 0; r < HFT_ROLE_COUNT; r++) {
    if (!external[r] || r == (int)scored) continue;
    hft_task_opponent *other = &task->opponent[task->opponent_count++];
    other->role = (hft_role)r;
    snprintf(other->keys.controller.text, sizeof other->keys.controller.text, CONTROLLER);
    other->keys.params = v->params;
  }
}

static hft_status find_roles(cli_evaluation *v, bool external[HFT_ROLE_COUNT], hft_error *error) {
  for (int i = 0; i < hft_config_count(v->config, "seats"); i++) {
    const char *name = external_role(v->config, i);
    if (name == NULL) continue;
    if (!acts_for(v->checkpoint, name)) {
      return hft_fail(
          error, HFT_ECONFIG, "seats",
          "seats.%d, of the role %s, is external, and the checkpoint has no actor for it: say "
          "who controls it, as by --set seats.%d.controller=do-nothing",
          i, name, i);
    }
    for (int r = 0; r < HFT_ROLE_COUNT; r++) {
      if (strcmp(hft_task_role_name((hft_role)r), name) == 0) external[r] = true;
    }
  }
  return HFT_OK;
}

static hft_status prepare_config(cli_evaluation *v, hft_error *error) {
  bool external[HFT_ROLE_COUNT] = {false};
  hft_status status = load_config(v, error);
  if (status == HFT_OK) status = find_roles(v, external, error);
  for (int r = 0; r < HFT_ROLE_COUNT && status == HFT_OK; r++) {
    if (!external[r]) continue;
    cli_evaluated_role *role = &v->role[v->roles++];
    make_task(v, (hft_role)r, external, &role->task);
    status = plan(v, role, error);
  }
  if (status != HFT_OK || v->roles > 0) return status;
  return hft_fail(error, HFT_ECONFIG, "seats",
                  "the config has no external seat that the checkpoint could hold; 'hftsim config "
                  "show' lists its seats");
}

static hft_status prepare_task(cli_evaluation *v, hft_error *error) {
  cli_evaluated_role *role = &v->role[0];
  hft_status status = cli_task_load(v->options->task, &role->task, error);
  if (status != HFT_OK) return status;
  v->config = role->task.config;
  v->roles = 1;
  return plan(v, role, error);
}

static hft_status find_seeds(cli_evaluation *v, hft_error *error) {
  const cli_evaluate_options *o = v->options;
  bool is_task = o->task != NULL;
  const hft_task fallback = {
      .seeds = {0, 1000000000, 1000000000, 1100000000, 2000000000, 2100000000}};
  hft_split split;
  hft_status status = cli_task_split(o->split, &split, error);
  if (status != HFT_OK) return status;
  int64_t first, end, episodes = is_task ? v->role[0].task.task.keys.episodes : EPISODES;
  hft_task_seeds(is_task ? &v->role[0].task.task : &fallback, split, &first, &end);
  v->count = (int)(o->episodes > 0 ? o->episodes : episodes);
  v->seed = o->seed_given ? o->seed : (uint64_t)first;
  if (o->seed_given || v->count <= end - first) return HFT_OK;
  return hft_fail(error, HFT_EINVAL, "--episodes", "%d; the range %s has %" PRId64 " seeds",
                  v->count, hft_split_names[split], end - first);
}

hft_status cli_evaluation_prepare(cli_evaluation *evaluation, hft_error *error) {
  cli_evaluation *v = evaluation;
  hft_status status = hft_checkpoint_open(v->options->path, &v->checkpoint, error);
  if (status == HFT_OK) status = set_params(v, error);
  if (status == HFT_OK) {
    status = v->options->task != NULL ? prepare_task(v, error) : prepare_config(v, error);
  }
  return status == HFT_OK ? find_seeds(v, error) : status;
}

void cli_evaluation_close(cli_evaluation *evaluation) {
  cli_evaluation *v = evaluation;
  for (int r = 0; r < v->roles; r++) hft_seated_plan_free(v->role[r].plan);
  hft_config_free(v->config);
  hft_checkpoint_close(v->checkpoint);
  free(v->episode);
  free(v->value);
}
