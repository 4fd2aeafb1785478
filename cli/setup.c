#include "cli/setup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "baselines/classes.h"
#include "sim/base/check.h"
#include "sim/env/env.h"
#include "sim/flow/flow.h"
#include "sim/market/model.h"

#define PRESETS_MAX 64

const hft_agent_class *const cli_classes[] = {
    // populations
    &hft_noise_class,
    &hft_value_class,
    &hft_maker_class,
    &hft_momentum_flow_class,
    &hft_metaorder_class,
    // baselines
    &hft_twap_class,
    &hft_vwap_class,
    &hft_avellaneda_stoikov_class,
    &hft_random_class,
    &hft_do_nothing_class,
};
enum {
  CLASS_COUNT = sizeof cli_classes / sizeof cli_classes[0],
  POPULATION_COUNT = 5,
  BASELINE_COUNT = CLASS_COUNT - POPULATION_COUNT,
};
const int cli_class_count = CLASS_COUNT;

const hft_schema *cli_schema(void) {
  static const hft_section *class_sections[CLASS_COUNT];
  static const hft_section *const market[] = {&hft_market_section};
  static const hft_section *const exchange[] = {&hft_exchange_section};
  static const hft_section *const env[] = {&hft_env_section};
  static const hft_section *const risk[] = {&hft_risk_section};
  static const hft_section *const reward[] = {&hft_reward_section};
  static const hft_schema_entry entries[] = {
      {"market_config", "the instrument, its session and its fundamental value", 0, market, 1},
      {"exchange_config", "fees, latency, limits of agents and seats, auctions and halts", 0,
       exchange, 1},
      {"env_config", "what an episode is and what seats see of the market", 0, env, 1},
      {"risk_config", "limits that end a seat's episode", 0, risk, 1},
      {"reward_config", "what seats are rewarded for", 0, reward, 1},
      {"populations", "the background of the market, each simulated in aggregate", 1,
       class_sections, POPULATION_COUNT},
      {"agents", "baselines that trade in the market", 1, class_sections + POPULATION_COUNT,
       BASELINE_COUNT},
      {"seats", "the learners' chairs", 1, hft_seat_sections, HFT_ROLE_COUNT},
  };
  static const hft_schema schema = {entries, sizeof entries / sizeof entries[0]};
  HFT_CHECK(hft_baseline_class_count == BASELINE_COUNT);
  for (int i = 0; i < CLASS_COUNT; i++) class_sections[i] = cli_classes[i]->section;
  return &schema;
}

const cli_preset *cli_find_preset(const char *name) {
  for (int i = 0; i < cli_preset_count; i++) {
    if (strcmp(cli_presets[i].name, name) == 0) return &cli_presets[i];
  }
  return NULL;
}

static hft_status no_config(const char *name, hft_error *error) {
  const char *names[PRESETS_MAX];
  int count = cli_preset_count < PRESETS_MAX ? cli_preset_count : PRESETS_MAX;
  for (int i = 0; i < count; i++) names[i] = cli_presets[i].name;
  const char *near = hft_nearest(name, names, count);
  if (near == NULL) {
    return hft_fail(error, HFT_EIO, name,
                    "there is no such file or preset; 'hftsim config list' lists the presets");
  }
  return hft_fail(error, HFT_EIO, name, "there is no such file or preset; did you mean '%s'?",
                  near);
}

static hft_status merge_preset(hft_config *config, const cli_preset *preset, hft_error *error) {
  char where[HFT_TEXT_MAX];
  snprintf(where, sizeof where, "preset %s", preset->name);
  return hft_config_merge(config, preset->text, preset->length, where, error);
}

// The name of a preset stands for the preset; "./name" is a file of that name.
static hft_status merge_named(hft_config *config, const char *name, hft_error *error) {
  const cli_preset *preset = cli_find_preset(name);
  if (preset != NULL) return merge_preset(config, preset, error);
  if (access(name, F_OK) != 0 && errno == ENOENT) return no_config(name, error);
  return hft_config_merge_file(config, name, error);
}

static hft_status merge_all(hft_config *config, const char *name, const cli_list *overrides,
                            hft_error *error) {
  const cli_preset *base = cli_find_preset("default");
  HFT_CHECK(base != NULL);
  hft_status status = merge_preset(config, base, error);
  if (status == HFT_OK && name != NULL) status = merge_named(config, name, error);
  for (int i = 0; i < overrides->count && status == HFT_OK; i++) {
    status = hft_config_set(config, overrides->item[i], error);
  }
  return status;
}

hft_status cli_load_config(const char *name, const cli_list *overrides, hft_config **out,
                           hft_error *error) {
  *out = NULL;
  hft_config *config = hft_config_create(cli_schema());
  if (config == NULL) return hft_fail(error, HFT_ENOMEM, "config", "out of memory");
  hft_status status = merge_all(config, name, overrides, error);
  if (status != HFT_OK) {
    hft_config_free(config);
    return status;
  }
  *out = config;
  return HFT_OK;
}
