#include "sim/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"
#include "sim/config/config_state.h"

bool hft_config_add_item(hft_config_slot *to, const hft_section *section) {
  void *params = malloc(section->size > 0 ? section->size : 1);
  if (params == NULL) return false;
  hft_section_defaults(section, params);
  to->items[to->count++] = (hft_config_struct){.section = section, .params = params};
  return true;
}

void hft_config_note(hft_config_origin *origin, const char *prefix, const char *name, int line) {
  if (origin == NULL) return;
  hft_config_mark mark = {.line = line};
  int length = snprintf(mark.name, sizeof mark.name, "%s%s%s", prefix, name != NULL ? "." : "",
                        name != NULL ? name : "");
  if (length < 0 || (size_t)length >= sizeof mark.name) return;
  int kept = 0;
  for (int i = 0; i < origin->mark_count; i++) {
    const char *other = origin->mark[i].name;
    bool under = strncmp(other, mark.name, (size_t)length) == 0 &&
                 (other[length] == '\0' || other[length] == '.');
    if (!under) origin->mark[kept++] = origin->mark[i];
  }
  if (kept < HFT_CONFIG_MARKS_MAX) origin->mark[kept++] = mark;
  origin->mark_count = kept;
}

void hft_config_clear(hft_config_slot *at) {
  for (int i = 0; i < at->count; i++) {
    free(at->items[i].params);
    free(at->items[i].origin);
  }
  at->count = 0;
}

hft_config *hft_config_create(const hft_schema *schema) {
  HFT_CHECK(schema->entry_count <= HFT_CONFIG_ENTRIES_MAX);
  hft_config *config = calloc(1, sizeof *config);
  if (config == NULL) return NULL;
  config->schema = schema;
  for (int i = 0; i < schema->entry_count; i++) {
    const hft_schema_entry *entry = &schema->entries[i];
    HFT_CHECK(entry->is_list ? entry->section_count <= HFT_CONFIG_KINDS_MAX
                             : entry->section_count == 1);
    hft_config_slot *at = &config->slots[i];
    at->items = calloc(entry->is_list ? HFT_CONFIG_ITEMS_MAX : 1, sizeof at->items[0]);
    if (at->items == NULL || (!entry->is_list && !hft_config_add_item(at, entry->sections[0]))) {
      hft_config_free(config);
      return NULL;
    }
  }
  return config;
}

static bool copy_origin(hft_config_struct *to, const hft_config_struct *from) {
  if (from->origin == NULL) return true;
  to->origin = malloc(sizeof *to->origin);
  if (to->origin != NULL) *to->origin = *from->origin;
  return to->origin != NULL;
}

hft_config *hft_config_copy(const hft_config *config) {
  hft_config *copy = hft_config_create(config->schema);
  if (copy == NULL) return NULL;
  copy->sealed = config->sealed;
  for (int i = 0; i < config->schema->entry_count; i++) {
    const hft_config_slot *from = &config->slots[i];
    hft_config_slot *to = &copy->slots[i];
    for (int k = 0; k < from->count; k++) {
      if ((k == to->count && !hft_config_add_item(to, from->items[k].section)) ||
          !copy_origin(&to->items[k], &from->items[k])) {
        hft_config_free(copy);
        return NULL;
      }
      memcpy(to->items[k].params, from->items[k].params, from->items[k].section->size);
    }
  }
  return copy;
}

void hft_config_free(hft_config *config) {
  if (config == NULL) return;
  for (int i = 0; i < config->schema->entry_count; i++) {
    hft_config_clear(&config->slots[i]);
    free(config->slots[i].items);
  }
  free(config);
}

void hft_config_seal_paths(hft_config *config) {
  config->sealed = true;
}

bool hft_config_names_files(const hft_config *config) {
  for (int i = 0; i < config->schema->entry_count; i++) {
    const hft_config_slot *at = &config->slots[i];
    for (int k = 0; k < at->count; k++) {
      if (hft_section_names_file(at->items[k].section, at->items[k].params)) return true;
    }
  }
  return false;
}

hft_status hft_config_parse_key(bool sealed, const hft_key *key, const char *text, void *params,
                                const char *where, hft_error *error) {
  if (!sealed || key->kind != HFT_KEY_PATH ||
      (key->unit[0] != '\0' && !hft_key_names_file(key, text))) {
    hft_status status = hft_key_parse(key, text, params, where, error);
    if (status == HFT_OK && key->kind == HFT_KEY_PARAMS) {
      ((hft_params *)(void *)((char *)params + key->offset))->sealed = sealed;
    }
    return status;
  }
  return hft_fail(error, HFT_ECONFIG, where, "a path is not allowed here%s%s",
                  key->unit[0] != '\0' ? "; allowed are " : "", key->unit);
}

hft_status hft_config_fail_memory(const char *where, hft_error *error) {
  return hft_fail(error, HFT_ENOMEM, where, "out of memory for the config");
}

hft_status hft_config_append(hft_config *config, const char *list, const char *kind,
                             hft_error *error) {
  int index;
  hft_status status = hft_config_find_entry(config->schema, list, list, error, &index);
  if (status != HFT_OK) return status;
  const hft_schema_entry *entry = &config->schema->entries[index];
  if (!entry->is_list) return hft_fail(error, HFT_ECONFIG, list, "%s is not a list", list);
  const hft_section *section;
  status = hft_config_find_kind(entry, kind, list, error, &section);
  if (status != HFT_OK) return status;
  hft_config_slot *to = &config->slots[index];
  if (to->count == HFT_CONFIG_ITEMS_MAX) {
    return hft_fail(error, HFT_EFULL, list, "the list is full: at most %d items",
                    HFT_CONFIG_ITEMS_MAX);
  }
  return hft_config_add_item(to, section) ? HFT_OK : hft_config_fail_memory(list, error);
}

// --- Reading ---

bool hft_config_has_kind(const hft_config *config, const char *list, const hft_section *section) {
  int index = hft_config_entry_index(config->schema, list);
  if (index < 0) return false;
  const hft_schema_entry *entry = &config->schema->entries[index];
  for (int i = 0; i < entry->section_count; i++) {
    if (entry->sections[i] == section) return true;
  }
  return false;
}

static const hft_config_slot *slot_of(const hft_config *config, const char *name, int is_list) {
  int index = hft_config_entry_index(config->schema, name);
  HFT_CHECK(index >= 0 && !config->schema->entries[index].is_list == !is_list);
  return &config->slots[index];
}

const void *hft_config_map(const hft_config *config, const char *name) {
  return slot_of(config, name, 0)->items[0].params;
}

int hft_config_count(const hft_config *config, const char *list) {
  return slot_of(config, list, 1)->count;
}

const void *hft_config_item(const hft_config *config, const char *list, int index,
                            const hft_section **section) {
  const hft_config_slot *at = slot_of(config, list, 1);
  HFT_CHECK(index >= 0 && index < at->count);
  if (section != NULL) *section = at->items[index].section;
  return at->items[index].params;
}

// The line of a key, or of the longest part of its name that has one. 0: an override has set it.
static int line_of(const hft_config_origin *origin, const char *key) {
  size_t longest = 0;
  int line = origin->line;
  for (int i = 0; i < origin->mark_count; i++) {
    const hft_config_mark *mark = &origin->mark[i];
    size_t length = strlen(mark->name);
    if (length <= longest || strncmp(mark->name, key, length) != 0) continue;
    if (key[length] != '\0' && key[length] != '.') continue;
    longest = length;
    line = mark->line;
  }
  return line;
}

void hft_config_item_place(const hft_config *config, const char *list, int index, const char *key,
                           char *text, size_t size) {
  const hft_config_slot *at = slot_of(config, list, 1);
  HFT_CHECK(index >= 0 && index < at->count);
  const hft_config_origin *origin = at->items[index].origin;
  const char *dot = key[0] != '\0' ? "." : "";
  int line = origin != NULL ? line_of(origin, key) : 0;
  if (line == 0) {
    snprintf(text, size, "%s[%d]%s%s", list, index, dot, key);
  } else {
    snprintf(text, size, "%s:%d: %s[%d]%s%s", origin->source, line, list, index, dot, key);
  }
}

bool hft_config_item_states(const hft_config *config, const char *list, int index,
                            const char *key) {
  const hft_config_slot *at = slot_of(config, list, 1);
  HFT_CHECK(index >= 0 && index < at->count);
  const hft_config_origin *origin = at->items[index].origin;
  for (int i = 0; origin != NULL && i < origin->mark_count; i++) {
    if (strcmp(origin->mark[i].name, key) == 0) return true;
  }
  return false;
}
