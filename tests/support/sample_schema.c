#include "tests/support/sample_schema.h"

#define KEY_COUNT(keys) (int)(sizeof(keys) / sizeof((keys)[0]))

#define HFT_KEY_STRUCT sample_market
static const hft_key market_keys[] = {SAMPLE_MARKET_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT
#define HFT_KEY_STRUCT sample_noise
static const hft_key noise_keys[] = {SAMPLE_NOISE_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT
#define HFT_KEY_STRUCT sample_value
static const hft_key value_keys[] = {SAMPLE_VALUE_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

const hft_section sample_market_section = {"market", "the market", market_keys,
                                           KEY_COUNT(market_keys), sizeof(sample_market)};
static const hft_section noise_section = {"noise", "noise traders", noise_keys,
                                          KEY_COUNT(noise_keys), sizeof(sample_noise)};
static const hft_section value_section = {"value", "value traders", value_keys,
                                          KEY_COUNT(value_keys), sizeof(sample_value)};

static const hft_section *const market_sections[] = {&sample_market_section};
static const hft_section *const population_sections[] = {&noise_section, &value_section};
static const hft_schema_entry entries[] = {
    {"market", "the market", 0, market_sections, 1},
    {"populations", "who trades", 1, population_sections, 2},
};
const hft_schema sample_schema = {entries, 2};
