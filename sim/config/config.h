// A config: YAML text read against a schema of sections into checked structs.
//
// A schema has two kinds of entries: a MAP holds the keys of one section; a LIST holds items, each
// a map whose `kind` names its section among the allowed ones. A config starts as the schema's
// defaults; a text is then laid over it: maps key by key, a list as a whole. So a file needs only
// what it changes, and what it says about a list replaces that list.
#ifndef HFTSIM_SIM_CONFIG_CONFIG_H
#define HFTSIM_SIM_CONFIG_CONFIG_H

#include <stddef.h>

#include "sim/base/status.h"
#include "sim/config/key.h"

#define HFT_CONFIG_BYTES_MAX (1 << 20)  // of a YAML text
#define HFT_CONFIG_ITEMS_MAX 256        // of a LIST
#define HFT_CONFIG_ENTRIES_MAX 16       // of a schema
#define HFT_CONFIG_KINDS_MAX 64         // of a LIST entry

typedef struct hft_schema_entry {
  const char *name;
  const char *help;
  int is_list;
  const hft_section *const *sections;  // MAP: one; LIST: the kinds
  int section_count;
} hft_schema_entry;

typedef struct hft_schema {
  const hft_schema_entry *entries;
  int entry_count;
} hft_schema;

typedef struct hft_config hft_config;

// A config of all defaults with empty lists. Null when out of memory. Free it with hft_config_free.
// The schema must outlive it.
hft_config *hft_config_create(const hft_schema *schema);
hft_config *hft_config_copy(const hft_config *config);
void hft_config_free(hft_config *config);

// Lays a YAML text over the config. `where` names it in errors ("configs/ou.yaml"). On failure the
// config is as it was, and the error names where:line, the key and what is allowed.
hft_status hft_config_merge(hft_config *config, const char *text, size_t length, const char *where,
                            hft_error *error);
// As hft_config_merge, from a file.
hft_status hft_config_merge_file(hft_config *config, const char *path, hft_error *error);

// One override, "section.key=value" or "list.kind.key=value" (every item of that kind) or
// "list.index.key=value". On failure the config is as it was.
hft_status hft_config_set(hft_config *config, const char *assignment, hft_error *error);
// The same with path and value apart.
hft_status hft_config_set_value(hft_config *config, const char *path, const char *value,
                                hft_error *error);

// Adds an item of that kind with its defaults at the end of a list.
hft_status hft_config_append(hft_config *config, const char *list, const char *kind,
                             hft_error *error);

// From now on no text and no override may name a file (a key of kind PATH): they come from somebody
// who must not choose what this program reads. Copies are sealed as well.
void hft_config_seal_paths(hft_config *config);
// Whether it names any, in a key of its own or in an item of a list.
bool hft_config_names_files(const hft_config *config);

// The struct of a MAP entry. The entry must be in the schema.
const void *hft_config_map(const hft_config *config, const char *name);
// Is the section one of the kinds of a LIST entry? False, too, where the schema has no such entry.
bool hft_config_has_kind(const hft_config *config, const char *list, const hft_section *section);
// The items of a LIST entry.
int hft_config_count(const hft_config *config, const char *list);
const void *hft_config_item(const hft_config *config, const char *list, int index,
                            const hft_section **section);

// The whole effective config as YAML, with units and help as comments where `comments` is set.
// The caller frees it. Null when out of memory. Merging it into a new config gives the same one.
char *hft_config_print(const hft_config *config, int comments);

#endif
