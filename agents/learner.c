#include "agents/learner.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

#define HFT_KEY_STRUCT hft_network_keys
static const hft_key network_keys[] = {HFT_NETWORK_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

const hft_section hft_network_section = {"network", "actors and critics", network_keys,
                                         COUNT(network_keys), sizeof(hft_network_keys)};
