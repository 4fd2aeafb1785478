// A config: YAML text, checked against a schema of sections and stored in structs.
//
// A schema has two kinds of entries. A MAP holds the keys of one section; a LIST holds items, each
// a map whose `kind` names its section among the allowed ones. A config starts with the schema's
// defaults. Merging a text replaces maps key by key and lists as a whole, so a file states only
// what it changes, and a list in a file replaces the earlier list.
#ifndef HFTSIM_SIM_CONFIG_CONFIG_H
#define HFTSIM_SIM_CONFIG_CONFIG_H

#include <stddef.h>

#include "sim/base/status.h"
#include "sim/config/key.h"

#define HFT_CONFIG_BYTES_MAX (1 << 20)  // bytes of a YAML text
#define HFT_CONFIG_ITEMS_MAX 256        // items of a LIST
#define HFT_CONFIG_ENTRIES_MAX 16       // entries of a schema
#define HFT_CONFIG_KINDS_MAX 64         // kinds of a LIST entry

// A section or list at the top level of a config.
typedef struct hft_schema_entry {
  const char *name;
  const char *help;
  int is_list;
  const hft_section *const *sections;  // MAP: one; LIST: the allowed kinds
  int section_count;
} hft_schema_entry;

// The entries of a config; constant.
typedef struct hft_schema {
  const hft_schema_entry *entries;
  int entry_count;
  // Sections whose keys a PARAMS key may have: by these it is known which of them name files.
  const hft_section *const *params_sections;
  int params_section_count;
} hft_schema;

// Opaque handle: one config. Not for concurrent use.
typedef struct hft_config hft_config;

// Creates a config with all defaults and empty lists; free it with hft_config_free. The schema must
// outlive it. Null if out of memory.
hft_config *hft_config_create(const hft_schema *schema);
// A deep copy with the same schema; free it with hft_config_free. Null if out of memory.
hft_config *hft_config_copy(const hft_config *config);
// Frees a config; null is ignored.
void hft_config_free(hft_config *config);

// Merges `length` bytes of YAML into the config. `where` names the text in errors
// ("configs/ou.yaml"). On failure the config is unchanged, and the error names where:line, the key
// and what is allowed. Errors: ECONFIG, ENOMEM.
hft_status hft_config_merge(hft_config *config, const char *text, size_t length, const char *where,
                            hft_error *error);
// As hft_config_merge, from a file. A relative value of a PATH key that names an existing file
// beside this one, in the folder of `path` as given, becomes the name of that file; otherwise it
// stays and starts at the working directory. Errors: also EIO.
hft_status hft_config_merge_file(hft_config *config, const char *path, hft_error *error);

// Applies one override: "section.key=value", "list.kind.key=value" (every item of that kind),
// "list.index.key=value" or "list[index].key=value". Where the key is a map of keys,
// "list.index.params.name=value" sets one of these and keeps the others. On failure the config is
// unchanged. Errors: ECONFIG, ENOMEM.
hft_status hft_config_set(hft_config *config, const char *assignment, hft_error *error);
// As hft_config_set, with path and value given separately.
hft_status hft_config_set_value(hft_config *config, const char *path, const char *value,
                                hft_error *error);

// What the path of an override means: a key of a map, or of one or more items of a list.
typedef struct hft_config_target {
  int entry;       // index in the schema
  int first, end;  // items [first, end) of the list, of which those of `section`; [0, 1)
  const hft_section *section;  // of the map, or kind of the items
  const hft_key *key;
  char param[160];  // the name in a map of keys; "": the whole key
} hft_config_target;

// Finds what a path means. ECONFIG: no such key, or no such item in the config's list.
hft_status hft_config_find(const hft_config *config, const char *path, hft_config_target *out,
                           hft_error *error);
// The struct of the map, or of the first of the items, owned by the config.
const void *hft_config_target_keys(const hft_config *config, const hft_config_target *target);
// Whether two paths mean the same keys, or some keys that both have, or none.
typedef enum hft_config_relation {
  HFT_CONFIG_APART,
  HFT_CONFIG_MEET,
  HFT_CONFIG_SAME
} hft_config_relation;
hft_config_relation hft_config_compare(const hft_config *config, const hft_config_target *a,
                                       const hft_config_target *b);

// Appends an item of `kind`, with its defaults, to a list. Errors: ECONFIG; EFULL beyond
// HFT_CONFIG_ITEMS_MAX items; ENOMEM.
hft_status hft_config_append(hft_config *config, const char *list, const char *kind,
                             hft_error *error);

// Forbids keys of kind PATH in later texts and overrides, which come from a client that must not
// choose what files this program reads. Copies are sealed as well.
void hft_config_seal_paths(hft_config *config);
// Does the config name a file, in a map or in an item of a list?
bool hft_config_names_files(const hft_config *config);

// The struct of a MAP entry, owned by the config. The entry must be in the schema.
const void *hft_config_map(const hft_config *config, const char *name);
// Is the section one of the kinds of a LIST entry? False, too, where the schema has no such entry.
bool hft_config_has_kind(const hft_config *config, const char *list, const hft_section *section);
// The number of items of a LIST entry, which must be in the schema.
int hft_config_count(const hft_config *config, const char *list);
// The struct of item `index` of a LIST entry, owned by the config; *section receives its kind. The
// index must be in range.
const void *hft_config_item(const hft_config *config, const char *list, int index,
                            const hft_section **section);
// Writes where item `index` of a LIST entry was read, and its key, for an error: with the file and
// line of the key, "e.yaml:5: seats[1].params.slices", or "seats[1].params.slices" where the value
// is from an override. `key` is "", a key of the item, or "params.NAME" in a map of keys. The index
// must be in range.
void hft_config_item_place(const hft_config *config, const char *list, int index, const char *key,
                           char *text, size_t size);

// Whether the text or an override that gave item `index` of a LIST entry states the key, be it at
// its default value. The index must be in range.
bool hft_config_item_states(const hft_config *config, const char *list, int index, const char *key);

// The whole effective config as YAML, with units and help as comments if `comments` is set. Merging
// it into a new config gives an equal one. The caller frees it; null if out of memory.
char *hft_config_print(const hft_config *config, int comments);

#endif
