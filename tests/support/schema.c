#include "tests/support/schema.h"

#include "sim/base/check.h"
#include "sim/env/env.h"
#include "sim/market/model.h"

static const hft_section *const market_section[] = {&hft_market_section};
static const hft_section *const exchange_section[] = {&hft_exchange_section};
static const hft_section *const env_section[] = {&hft_env_section};
static const hft_section *const risk_section[] = {&hft_risk_section};
static const hft_section *const reward_section[] = {&hft_reward_section};

static void add_map(test_schema *self, const char *name, const hft_section *const *section) {
  self->entry[self->schema.entry_count++] =
      (hft_schema_entry){.name = name, .help = "", .sections = section, .section_count = 1};
}

static void add_list(test_schema *self, const char *name, const hft_section *const *kinds,
                     int kind_count) {
  self->entry[self->schema.entry_count++] = (hft_schema_entry){
      .name = name, .help = "", .is_list = 1, .sections = kinds, .section_count = kind_count};
}

static void begin(test_schema *self, const hft_agent_class *const *classes, int class_count) {
  HFT_CHECK(class_count <= HFT_CONFIG_KINDS_MAX);
  self->schema = (hft_schema){.entries = self->entry};
  for (int i = 0; i < class_count; i++) self->kind[i] = classes[i]->section;
  add_map(self, "market_config", market_section);
  add_map(self, "exchange_config", exchange_section);
}

const hft_schema *test_schema_market(test_schema *self, const hft_agent_class *const *classes,
                                     int class_count) {
  begin(self, classes, class_count);
  add_list(self, "populations", self->kind, class_count);
  add_list(self, "agents", self->kind, class_count);
  return &self->schema;
}

const hft_schema *test_schema_env(test_schema *self, const hft_agent_class *const *classes,
                                  int class_count) {
  begin(self, classes, class_count);
  add_map(self, "env_config", env_section);
  add_map(self, "risk_config", risk_section);
  add_map(self, "reward_config", reward_section);
  add_list(self, "populations", self->kind, class_count);
  add_list(self, "agents", self->kind, class_count);
  add_list(self, "seats", hft_seat_sections, HFT_ROLE_COUNT);
  add_list(self, "randomise", hft_randomise_sections, HFT_RANDOMISE_KINDS);
  return &self->schema;
}
