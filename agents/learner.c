#include "agents/learner.h"

#include <string.h>

#include "agents/mappo.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

#define HFT_KEY_STRUCT hft_network_keys
static const hft_key network_keys[] = {HFT_NETWORK_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

const hft_section hft_network_section = {"network", "actors and critics", network_keys,
                                         COUNT(network_keys), sizeof(hft_network_keys)};

const hft_algorithm *const hft_algorithms[] = {&hft_mappo, &hft_ippo};
const int hft_algorithm_count = COUNT(hft_algorithms);

const hft_algorithm *hft_algorithm_find(const char *name) {
  for (int i = 0; i < hft_algorithm_count; i++) {
    if (strcmp(hft_algorithms[i]->section->name, name) == 0) return hft_algorithms[i];
  }
  return NULL;
}
