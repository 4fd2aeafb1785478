// All there is to choose from: the classes of agents, the schema of configs, the embedded presets.
// The program and the library stand on the same.
#ifndef HFTSIM_CATALOG_CATALOG_H
#define HFTSIM_CATALOG_CATALOG_H

#include <stddef.h>

#include "sim/config/config.h"
#include "sim/market/agent.h"

#define HFT_CATALOG_CLASSES_MAX 64
#define HFT_CATALOG_PRESETS_MAX 64

// Every agent class there is: populations, then baselines.
extern const hft_agent_class *const hft_catalog_classes[];
extern const int hft_catalog_class_count;

// A file of configs/, built in.
typedef struct hft_preset {
  const char *name;  // of configs/<name>.yaml
  const char *text;
  size_t length;
} hft_preset;

extern const hft_preset hft_presets[];  // in the order of the file names
extern const int hft_preset_count;      // at most HFT_CATALOG_PRESETS_MAX

// The embedded preset of that name, or null.
const hft_preset *hft_preset_find(const char *name);
// The names of all presets; returns how many.
int hft_preset_names(const char *names[HFT_CATALOG_PRESETS_MAX]);

// The schema of configs, in the caller's memory. It points into itself and so must not move.
typedef struct hft_catalog {
  hft_schema schema;
  hft_schema_entry entry[HFT_CONFIG_ENTRIES_MAX];
  const hft_section *class_section[HFT_CATALOG_CLASSES_MAX];
} hft_catalog;

void hft_catalog_init(hft_catalog *catalog);

// A config that is the preset "default". The catalog must outlive it. ENOMEM. The caller frees
// *out.
hft_status hft_catalog_config(const hft_catalog *catalog, hft_config **out, hft_error *error);

// Lays a preset over a config, or the file of that path where no preset has the name: "./name" is
// always a file. On failure the config is as it was. ECONFIG; EIO: neither is there, and the error
// names the nearest preset.
hft_status hft_catalog_merge(hft_config *config, const char *name, hft_error *error);

#endif
