#include "tests/env/linear.h"

#include <math.h>
#include <string.h>

typedef struct linear_keys {
  double gain;
} linear_keys;

static const hft_key linear_table[] = {
    {"gain", HFT_KEY_REAL, offsetof(linear_keys, gain), "1", 0, 10, "", "of the observation"}};
static const hft_section linear_section = {"linear", "a linear policy", linear_table, 1,
                                           sizeof(linear_keys)};

void linear_decide(const hft_group *group, const float *obs, const uint8_t *mask, double gain,
                   uint32_t count, void *action) {
  int d = group->obs_dim;
  for (int a = 0; a < group->action_dim; a++) {
    double mix =
        gain * (double)obs[(7 * a + 3) % d] - obs[(int)((count + (uint32_t)a) % (uint32_t)d)];
    mix = mix / (1 + fabs(mix));
    if (group->mask_dim == 0) {
      ((float *)action)[a] = (float)mix;
      continue;
    }
    int n =
        group->action_dim == 1 && group->axis_count != 1 ? group->mask_dim : group->choice_count[a];
    if (group->axis_count == 1) n = group->choice_count[0];
    int choice = (int)((mix + 1) / 2 * (n - 1));
    while (!mask[choice % n]) choice++;
    ((int32_t *)action)[a] = choice % n;
    mask += n;
  }
}

typedef struct linear_state {
  uint32_t count;
} linear_state;

static void linear_act(const void *params, void *state, const hft_policy_view *view, void *action) {
  linear_state *s = state;
  assert_non_null(view->rng);
  linear_decide(view->group, view->obs, view->mask, ((const linear_keys *)params)->gain, s->count++,
                action);
}

static hft_status linear_check(void *params, const hft_env_spec *spec, const hft_group *group,
                               const char *where, hft_error *error) {
  (void)spec;
  assert_in_range(group->control, 0, HFT_CONTROL_POLICY);
  assert_in_range(group->obs_dim, 1, HFT_NUMBERS_MAX);
  assert_string_not_equal(group->obs[0].name, "");  // the spec is complete
  if (((const linear_keys *)params)->gain < 9) return HFT_OK;
  return hft_fail(error, HFT_ECONFIG, where, "gain: does not fit a %s", group->role_name);
}

static const hft_policy linear_policy = {linear_check, linear_act};
const hft_agent_class linear_class = {.section = &linear_section,
                                      .params_size = sizeof(linear_keys),
                                      .state_size = sizeof(linear_state),
                                      .policy = &linear_policy};

hft_catalog linear_catalog;

void linear_init(void) {
  hft_catalog_init(&linear_catalog);
}

hft_status linear_make_as(const char *yaml, const hft_env_model *base, hft_env_model **model,
                          hft_error *error) {
  const hft_agent_class *classes[HFT_CATALOG_CLASSES_MAX + 1];
  int count = hft_catalog_class_count;
  for (int i = 0; i < count; i++) classes[i] = hft_catalog_classes[i];
  classes[count++] = &linear_class;
  hft_config *config = hft_config_create(&linear_catalog.schema);
  hft_status status = hft_config_merge(config, yaml, strlen(yaml), "test", error);
  if (status == HFT_OK) {
    status = base == NULL ? hft_env_model_create(config, classes, count, model, error)
                          : hft_env_model_create_as(config, classes, count, base, model, error);
  }
  hft_config_free(config);
  return status;
}

hft_status linear_make(const char *yaml, hft_env_model **model, hft_error *error) {
  return linear_make_as(yaml, NULL, model, error);
}

hft_env_model *linear_model_as(const char *yaml, const hft_env_model *base) {
  hft_env_model *model = NULL;
  hft_error error = {0};
  if (linear_make_as(yaml, base, &model, &error) != HFT_OK) {
    fail_msg("%s: %s\n%s", error.where, error.text, yaml);
  }
  return model;
}

hft_env_model *linear_model(const char *yaml) {
  return linear_model_as(yaml, NULL);
}
