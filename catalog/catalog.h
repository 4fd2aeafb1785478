// The agent classes, the schema of configs and the embedded presets, which the program and the C
// library share. Each layer lists its classes in a table of its own (HFT_FLOW_MAP, HFT_TAPE_MAP,
// HFT_BASELINE_MAP, HFT_AGENTS_MAP); this layer joins the tables.
#ifndef HFTSIM_CATALOG_CATALOG_H
#define HFTSIM_CATALOG_CATALOG_H

#include <stddef.h>

#include "sim/config/config.h"
#include "sim/market/agent.h"

#define HFT_CATALOG_CLASSES_MAX 64
#define HFT_CATALOG_PRESETS_MAX 64

// All agent classes: populations, then baselines, then policies.
extern const hft_agent_class *const hft_catalog_classes[];
extern const int hft_catalog_class_count;

// An embedded file of configs/.
typedef struct hft_preset {
  const char *name;  // of configs/<name>.yaml
  const char *text;
  size_t length;
} hft_preset;

extern const hft_preset hft_presets[];  // in the order of the file names
extern const int hft_preset_count;      // at most HFT_CATALOG_PRESETS_MAX

// The embedded leaderboard tasks, configs/tasks/<name>.yaml, in the order of the file names
// (eval/task.h reads them).
extern const hft_preset hft_task_files[];
extern const int hft_task_file_count;

// The embedded recipes of trainings, configs/training/<name>.yaml, named as the presets that they
// train in, in the order of the file names (agents/training.h reads them).
extern const hft_preset hft_training_files[];
extern const int hft_training_file_count;

// Returns the preset of that name, or null.
const hft_preset *hft_preset_find(const char *name);
// Writes the names of all presets. Returns their number.
int hft_preset_names(const char *names[HFT_CATALOG_PRESETS_MAX]);

// The schema of configs, in the caller's memory. It points into itself, so it must not be copied.
typedef struct hft_catalog {
  hft_schema schema;
  hft_schema_entry entry[HFT_CONFIG_ENTRIES_MAX];
  const hft_section *class_section[HFT_CATALOG_CLASSES_MAX];
} hft_catalog;

// Initialises a catalog.
void hft_catalog_init(hft_catalog *catalog);

// Makes a config from the preset "default". The catalog must outlive it; the caller frees *out.
// ENOMEM.
hft_status hft_catalog_config(const hft_catalog *catalog, hft_config **out, hft_error *error);

// Merges a preset into a config or, where no preset has the name, the file at that path; "./name"
// is always a file. On failure the config is unchanged. ECONFIG; EIO: there is no such preset or
// file, and the error names the nearest preset.
hft_status hft_catalog_merge(hft_config *config, const char *name, hft_error *error);

#endif
