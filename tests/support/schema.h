// Config schemas over the agent classes that a test names.
#ifndef HFTSIM_TESTS_SUPPORT_SCHEMA_H
#define HFTSIM_TESTS_SUPPORT_SCHEMA_H

#include "sim/config/config.h"
#include "sim/market/agent.h"

#define TEST_SCHEMA_ENTRIES 9

typedef struct test_schema {
  hft_schema schema;
  hft_schema_entry entry[TEST_SCHEMA_ENTRIES];
  const hft_section *kind[HFT_CONFIG_KINDS_MAX];
} test_schema;

// Fills `self` and returns its schema, which is valid as long as `self` and refers to it: do not
// copy `self`. Entries: market_config, exchange_config, populations, agents; the latter two of any
// of the classes. class_count <= HFT_CONFIG_KINDS_MAX.
const hft_schema *test_schema_market(test_schema *self, const hft_agent_class *const *classes,
                                     int class_count);

// The same with the entries of an environment, too: env_config, risk_config, reward_config, seats.
const hft_schema *test_schema_env(test_schema *self, const hft_agent_class *const *classes,
                                  int class_count);

#endif
