#include "baselines/classes.h"

#include <string.h>

const hft_agent_class *const hft_baseline_classes[] = {
#define X(agent_class, kind) &agent_class,
    HFT_BASELINE_MAP(X)
#undef X
};

static const hft_baseline_kind kinds[] = {
#define X(agent_class, kind) HFT_BASELINE_##kind,
    HFT_BASELINE_MAP(X)
#undef X
};

static const struct {
  const char *name, *help;
} kind_table[] = {
#define X(code, name, help) {name, help},
    HFT_BASELINE_KIND_MAP(X)
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
  return kind_table[kind].name;
}

const char *hft_baseline_kind_help(hft_baseline_kind kind) {
  return kind_table[kind].help;
}
