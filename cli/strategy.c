#include "cli/strategy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baselines/classes.h"

// `name` is null where none was given.
static void tell_none(const char *name) {
  const char *near = name != NULL ? hft_baseline_nearest(name) : NULL;
  if (name == NULL) {
    fprintf(stderr, "hftsim: --strategy is needed");
  } else {
    fprintf(stderr, "hftsim: --strategy: there is no '%s'", name);
  }
  if (near != NULL) fprintf(stderr, "; did you mean '%s'?", near);
  fprintf(stderr, "\n  strategies:");
  for (int i = 0; i < hft_baseline_class_count; i++) {
    fprintf(stderr, "%s %s", i > 0 ? "," : "", hft_baseline_classes[i]->section->name);
  }
  fprintf(stderr, "\n");
}

const hft_agent_class *cli_strategy_find(const char *name) {
  const hft_agent_class *found = name != NULL ? hft_baseline_find(name) : NULL;
  if (found == NULL) tell_none(name);
  return found;
}

static hft_status set_param(const hft_section *section, void *params, const char *name,
                            const char *value, hft_error *error) {
  char where[96];
  snprintf(where, sizeof where, "--param of %s", section->name);
  const hft_key *key = hft_section_find(section, name);
  if (key != NULL) {
    snprintf(where, sizeof where, "--param %.40s of %.40s", name, section->name);
    return hft_key_parse(key, value, params, where, error);
  }
  const char *near = hft_section_nearest(section, name);
  if (near == NULL) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "no key '%s'; 'hftsim baseline --strategy list' shows all", name);
  }
  return hft_fail(error, HFT_ECONFIG, where, "no key '%s'; did you mean '%s'?", name, near);
}

static hft_status set_params(const cli_strategy *a, const hft_section *section, void *params,
                             hft_error *error) {
  hft_section_defaults(section, params);
  char quantity[24];
  snprintf(quantity, sizeof quantity, "%" PRId64, a->quantity);
  hft_status status = HFT_OK;
  if (a->quantity > 0) status = set_param(section, params, "quantity", quantity, error);
  if (status == HFT_OK && a->side != NULL) {
    status = set_param(section, params, "side", a->side, error);
  }
  for (int i = 0; i < a->params.count && status == HFT_OK; i++) {
    const char *item = a->params.item[i];
    const char *equals = strchr(item, '=');
    char name[HFT_TEXT_MAX];
    if (equals == NULL || equals == item || (size_t)(equals - item) >= sizeof name) {
      return hft_fail(error, HFT_ECONFIG, "--param", "'%s' is not KEY=VALUE", item);
    }
    snprintf(name, sizeof name, "%.*s", (int)(equals - item), item);
    status = set_param(section, params, name, equals + 1, error);
  }
  return status;
}

hft_status cli_strategy_params(const cli_strategy *strategy, const hft_agent_class *agent_class,
                               void **out, hft_error *error) {
  size_t size = agent_class->section->size;
  *out = malloc(size > 0 ? size : 1);
  if (*out == NULL) return hft_fail(error, HFT_ENOMEM, "--param", "out of memory");
  hft_status status = set_params(strategy, agent_class->section, *out, error);
  if (status != HFT_OK) {
    free(*out);
    *out = NULL;
  }
  return status;
}
