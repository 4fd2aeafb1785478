#include <stdio.h>
#include <string.h>

#include "sim/config/config_state.h"

#define PATH_SIZE 160  // bytes of an override's path

// Selects the items of a list by `which`, a kind or an index: [*first, *end), of kind *section.
static hft_status select_items(const hft_schema_entry *entry, const hft_config_slot *list,
                               const char *which, const char *path, hft_error *error, int *first,
                               int *end, const hft_section **section) {
  if (which[0] != '\0' && strspn(which, "-0123456789") == strlen(which)) {
    int64_t index;
    if (!hft_parse_int(which, &index) || index < 0 || index >= list->count) {
      return hft_fail(error, HFT_ECONFIG, path,
                      "%s: item %s does not exist; the list has %d items, counted from 0",
                      entry->name, which, list->count);
    }
    *first = (int)index;
    *end = *first + 1;
    *section = list->items[*first].section;
    return HFT_OK;
  }
  hft_status status = hft_config_find_kind(entry, which, path, error, section);
  if (status != HFT_OK) return status;
  *first = 0;
  *end = list->count;
  for (int i = 0; i < list->count; i++) {
    if (list->items[i].section == *section) return HFT_OK;
  }
  return hft_fail(error, HFT_ECONFIG, path, "%s: the list has no item of kind %s", entry->name,
                  which);
}

hft_status hft_config_set_value(hft_config *config, const char *path, const char *value,
                                hft_error *error) {
  char parts[PATH_SIZE];
  if (strlen(path) >= sizeof parts) {
    return hft_fail(error, HFT_ECONFIG, path, "the path is longer than %d bytes", PATH_SIZE - 1);
  }
  snprintf(parts, sizeof parts, "%s", path);
  char *rest = strchr(parts, '.');
  if (rest != NULL) *rest++ = '\0';
  int index;
  hft_status status = hft_config_find_entry(config->schema, parts, path, error, &index);
  if (status != HFT_OK) return status;
  const hft_schema_entry *entry = &config->schema->entries[index];
  const char *which = rest;
  char *name = rest;
  if (entry->is_list && rest != NULL) {
    name = strchr(rest, '.');
    if (name != NULL) *name++ = '\0';
  }
  if (name == NULL || strchr(name, '.') != NULL) {
    return hft_fail(error, HFT_ECONFIG, path, "expected %s.%sKEY", entry->name,
                    entry->is_list ? "KIND_OR_INDEX." : "");
  }
  hft_config_slot *to = &config->slots[index];
  int first = 0, end = 1;
  const hft_section *section = entry->sections[0];
  if (entry->is_list) {
    status = select_items(entry, to, which, path, error, &first, &end, &section);
    if (status != HFT_OK) return status;
  }
  const hft_key *key;
  status = hft_config_find_key(section, name, path, error, &key);
  // All items parse the value with the same key, so a failure comes before any change.
  for (int i = first; i < end && status == HFT_OK; i++) {
    if (to->items[i].section != section) continue;
    status = hft_config_parse_key(config->sealed, key, value, to->items[i].params, path, error);
  }
  return status;
}

hft_status hft_config_set(hft_config *config, const char *assignment, hft_error *error) {
  const char *equals = strchr(assignment, '=');
  if (equals == NULL) {
    return hft_fail(error, HFT_ECONFIG, assignment, "expected PATH=VALUE");
  }
  char path[PATH_SIZE];
  size_t length = (size_t)(equals - assignment);
  if (length >= sizeof path) {
    return hft_fail(error, HFT_ECONFIG, assignment, "the path is longer than %d bytes",
                    PATH_SIZE - 1);
  }
  memcpy(path, assignment, length);
  path[length] = '\0';
  return hft_config_set_value(config, path, equals + 1, error);
}
