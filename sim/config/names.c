#include <stdio.h>
#include <string.h>

#include "sim/base/check.h"
#include "sim/config/config_state.h"

#define NAMES_MAX 128  // bytes of the names listed in an error

static hft_status unknown(const char *what, const char *name, const char *const *known, int count,
                          const char *where, hft_error *error) {
  const char *nearest = hft_nearest(name, known, count);
  if (nearest != NULL) {
    return hft_fail(error, HFT_ECONFIG, where, "unknown %s '%.64s'; did you mean '%s'?", what, name,
                    nearest);
  }
  char list[200] = "";
  size_t used = 0;
  for (int i = 0; i < count && used < sizeof list; i++) {
    used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", known[i]);
  }
  return hft_fail(error, HFT_ECONFIG, where, "unknown %s '%.64s'; known: %s%s", what, name,
                  count > 0 ? list : "none", used >= sizeof list ? "..." : "");
}

int hft_config_entry_index(const hft_schema *schema, const char *name) {
  for (int i = 0; i < schema->entry_count; i++) {
    if (strcmp(schema->entries[i].name, name) == 0) return i;
  }
  return -1;
}

hft_status hft_config_find_entry(const hft_schema *schema, const char *name, const char *where,
                                 hft_error *error, int *index) {
  *index = hft_config_entry_index(schema, name);
  if (*index >= 0) return HFT_OK;
  const char *names[HFT_CONFIG_ENTRIES_MAX];
  for (int i = 0; i < schema->entry_count; i++) names[i] = schema->entries[i].name;
  return unknown("section", name, names, schema->entry_count, where, error);
}

hft_status hft_config_find_kind(const hft_schema_entry *entry, const char *name, const char *where,
                                hft_error *error, const hft_section **section) {
  const char *names[HFT_CONFIG_KINDS_MAX];
  for (int i = 0; i < entry->section_count; i++) {
    *section = entry->sections[i];
    if (strcmp((*section)->name, name) == 0) return HFT_OK;
    names[i] = (*section)->name;
  }
  return unknown("kind", name, names, entry->section_count, where, error);
}

hft_status hft_config_find_key(const hft_section *section, const char *name, const char *where,
                               hft_error *error, const hft_key **key) {
  *key = hft_section_find(section, name);
  if (*key != NULL) return HFT_OK;
  const char *names[NAMES_MAX];
  HFT_CHECK(section->key_count <= NAMES_MAX);
  for (int i = 0; i < section->key_count; i++) names[i] = section->keys[i].name;
  char what[96];
  snprintf(what, sizeof what, "key of %.80s", section->name);
  return unknown(what, name, names, section->key_count, where, error);
}
