#include "sim/market/market_config.h"

#define HFT_KEY_STRUCT hft_market_config
static const hft_key market_keys[] = {HFT_MARKET_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

const hft_section hft_market_section = {"market_config", "the instrument and its fundamental value",
                                        market_keys, sizeof market_keys / sizeof market_keys[0],
                                        sizeof(hft_market_config)};
