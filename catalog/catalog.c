#include "catalog/catalog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agents/policy.h"
#include "baselines/classes.h"
#include "data/lobster/replay_flow.h"
#include "sim/base/check.h"
#include "sim/env/env.h"
#include "sim/flow/flow.h"
#include "sim/market/model.h"

#define POPULATION(agent_class) &agent_class,
#define POLICY(agent_class) &agent_class,
#define BASELINE(agent_class, kind) &agent_class,
#define ONE(...) +1

const hft_agent_class *const hft_catalog_classes[] = {HFT_FLOW_MAP(POPULATION) HFT_TAPE_MAP(
    POPULATION) HFT_BASELINE_MAP(BASELINE) HFT_POLICY_MAP(POLICY) HFT_AGENTS_MAP(POLICY)};

enum {
  POPULATION_COUNT = HFT_FLOW_MAP(ONE) HFT_TAPE_MAP(ONE),
  BASELINE_COUNT = HFT_BASELINE_MAP(ONE),
  POLICY_COUNT = HFT_POLICY_MAP(ONE) HFT_AGENTS_MAP(ONE),
  CLASS_COUNT = POPULATION_COUNT + BASELINE_COUNT + POLICY_COUNT
};
const int hft_catalog_class_count = CLASS_COUNT;
_Static_assert(CLASS_COUNT <= HFT_CATALOG_CLASSES_MAX, "HFT_CATALOG_CLASSES_MAX is too small");

void hft_catalog_init(hft_catalog *catalog) {
  static const hft_section *const market[] = {&hft_market_section};
  static const hft_section *const exchange[] = {&hft_exchange_section};
  static const hft_section *const env[] = {&hft_env_section};
  static const hft_section *const risk[] = {&hft_risk_section};
  static const hft_section *const reward[] = {&hft_reward_section};
  const hft_section *const *classes = catalog->class_section;
  const hft_schema_entry entries[] = {
      {"market_config", "the instruments, their session and fundamental values", 0, market, 1},
      {"exchange_config", "fees, latency, limits of agents and seats, auctions and halts", 0,
       exchange, 1},
      {"env_config", "what an episode is and what seats see of the market", 0, env, 1},
      {"risk_config", "limits that end a seat's episode", 0, risk, 1},
      {"reward_config", "what seats are rewarded for", 0, reward, 1},
      {"populations", "the background order flow; each population is simulated in aggregate", 1,
       classes, POPULATION_COUNT},
      {"agents", "strategies that trade in the market", 1, classes + POPULATION_COUNT,
       BASELINE_COUNT},
      {"seats", "the participants that learners, strategies or policies control", 1,
       hft_seat_sections, HFT_ROLE_COUNT},
      {"randomise", "keys that are drawn from ranges, anew in each episode", 1,
       hft_randomise_sections, HFT_RANDOMISE_KINDS},
  };
  enum { ENTRY_COUNT = sizeof entries / sizeof entries[0] };
  _Static_assert(ENTRY_COUNT <= HFT_CONFIG_ENTRIES_MAX, "HFT_CONFIG_ENTRIES_MAX is too small");
  for (int i = 0; i < CLASS_COUNT; i++) {
    catalog->class_section[i] = hft_catalog_classes[i]->section;
  }
  memcpy(catalog->entry, entries, sizeof entries);
  catalog->schema = (hft_schema){catalog->entry, ENTRY_COUNT, classes, CLASS_COUNT};
}

const hft_preset *hft_preset_find(const char *name) {
  for (int i = 0; i < hft_preset_count; i++) {
    if (strcmp(hft_presets[i].name, name) == 0) return &hft_presets[i];
  }
  return NULL;
}

int hft_preset_names(const char *names[HFT_CATALOG_PRESETS_MAX]) {
  HFT_CHECK(hft_preset_count <= HFT_CATALOG_PRESETS_MAX);
  for (int i = 0; i < hft_preset_count; i++) names[i] = hft_presets[i].name;
  return hft_preset_count;
}

static hft_status no_config(const char *name, hft_error *error) {
  const char *names[HFT_CATALOG_PRESETS_MAX];
  const char *near = hft_nearest(name, names, hft_preset_names(names));
  if (near == NULL) {
    return hft_fail(error, HFT_EIO, name,
                    "no such file or preset; 'hftsim config list' lists the presets");
  }
  return hft_fail(error, HFT_EIO, name, "no such file or preset; did you mean '%s'?", near);
}

static hft_status merge_preset(hft_config *config, const hft_preset *preset, hft_error *error) {
  char where[HFT_TEXT_MAX];
  snprintf(where, sizeof where, "preset %s", preset->name);
  return hft_config_merge(config, preset->text, preset->length, where, error);
}

hft_status hft_catalog_merge(hft_config *config, const char *name, hft_error *error) {
  const hft_preset *preset = hft_preset_find(name);
  if (preset != NULL) return merge_preset(config, preset, error);
  if (access(name, F_OK) != 0 && errno == ENOENT) return no_config(name, error);
  return hft_config_merge_file(config, name, error);
}

hft_status hft_catalog_config(const hft_catalog *catalog, hft_config **out, hft_error *error) {
  *out = NULL;
  hft_config *config = hft_config_create(&catalog->schema);
  if (config == NULL) return hft_fail(error, HFT_ENOMEM, "config", "out of memory");
  hft_status status = hft_catalog_merge(config, "default", error);
  if (status != HFT_OK) {
    hft_config_free(config);
    return status;
  }
  *out = config;
  return HFT_OK;
}
