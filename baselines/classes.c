#include "baselines/classes.h"

#include <string.h>

// One row a baseline: its class and its kind.
#define BASELINE_MAP(X)                          \
  X(hft_twap_class, EXECUTION)                   \
  X(hft_vwap_class, EXECUTION)                   \
  X(hft_avellaneda_stoikov_class, MARKET_MAKING) \
  X(hft_random_class, MARKET_MAKING)             \
  X(hft_do_nothing_class, NONE)

const hft_agent_class *const hft_baseline_classes[] = {
#define X(agent_class, kind) &agent_class,
    BASELINE_MAP(X)
#undef X
};

static const hft_baseline_kind kinds[] = {
#define X(agent_class, kind) HFT_BASELINE_##kind,
    BASELINE_MAP(X)
#undef X
};

enum { BASELINE_COUNT = sizeof kinds / sizeof kinds[0] };

const int hft_baseline_class_count = BASELINE_COUNT;

const hft_agent_class *hft_baseline_find(const char *name) {
  for (int i = 0; i < BASELINE_COUNT; i++) {
    if (strcmp(hft_baseline_classes[i]->section->name, name) == 0) return hft_baseline_classes[i];
  }
  return NULL;
}

const char *hft_baseline_nearest(const char *name) {
  const char *names[BASELINE_COUNT];
  for (int i = 0; i < BASELINE_COUNT; i++) names[i] = hft_baseline_classes[i]->section->name;
  return hft_nearest(name, names, BASELINE_COUNT);
}

hft_baseline_kind hft_baseline_kind_of(const hft_agent_class *agent_class) {
  for (int i = 0; i < BASELINE_COUNT; i++) {
    if (hft_baseline_classes[i] == agent_class) return kinds[i];
  }
  return HFT_BASELINE_NONE;
}

const char *hft_baseline_kind_name(hft_baseline_kind kind) {
  switch (kind) {
    case HFT_BASELINE_NONE:
      return "none";
    case HFT_BASELINE_EXECUTION:
      return "execution";
    case HFT_BASELINE_MARKET_MAKING:
      return "market_making";
  }
  return "?";
}
