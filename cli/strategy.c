#include "cli/strategy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/setup.h"
#include "eval/episode.h"

// `name` is null where none was given.
static void print_unknown(const char *name) {
  const char *near = name != NULL ? hft_baseline_nearest(name) : NULL;
  if (name == NULL) {
    fprintf(stderr, "hftsim: --strategy is required");
  } else {
    fprintf(stderr, "hftsim: --strategy: unknown strategy '%s'", name);
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
  if (found == NULL) print_unknown(name);
  return found;
}

void cli_strategy_names(hft_baseline_kind kind, char *text, size_t size) {
  size_t length = 0;
  text[0] = '\0';
  for (int i = 0; i < hft_baseline_class_count && length < size; i++) {
    const hft_agent_class *c = hft_baseline_classes[i];
    if (hft_baseline_kind_of(c) != kind) continue;
    int written =
        snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "", c->section->name);
    length += (size_t)written;
  }
}

hft_status cli_strategy_instrument(const cli_strategy *strategy, const hft_config *config, bool all,
                                   int *instrument, hft_error *error) {
  const char *text = strategy->instrument;
  *instrument = 0;
  if (text == NULL) return HFT_OK;
  if (all && strcmp(text, "all") == 0) {
    *instrument = HFT_INSTRUMENT_ALL;
    return HFT_OK;
  }
  char *end;
  long value = strtol(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || value >= HFT_INSTRUMENTS_MAX) {
    return hft_fail(error, HFT_EINVAL, "--instrument",
                    all ? "'%s' is neither 0 to %d nor 'all'"
                        : "'%s' is not one instrument: a number from 0 to %d",
                    text, HFT_INSTRUMENTS_MAX - 1);
  }
  *instrument = (int)value;
  return cli_check_instrument(config, value, error);
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
                    "unknown key '%s'; 'hftsim baseline --strategy list' lists the keys", name);
  }
  return hft_fail(error, HFT_ECONFIG, where, "unknown key '%s'; did you mean '%s'?", name, near);
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
