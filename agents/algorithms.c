// The table of algorithms.
#include <string.h>

#include "agents/learner.h"
#include "agents/mappo.h"

const hft_algorithm *const hft_algorithms[] = {&hft_mappo, &hft_ippo};
// NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
const int hft_algorithm_count = (int)(sizeof hft_algorithms / sizeof *hft_algorithms);

const hft_algorithm *hft_algorithm_find(const char *name) {
  for (int i = 0; i < hft_algorithm_count; i++) {
    if (strcmp(hft_algorithms[i]->section->name, name) == 0) return hft_algorithms[i];
  }
  return NULL;
}
