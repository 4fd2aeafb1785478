#include <stdio.h>
#include <string.h>

#include "sim/config/config_state.h"

#define PATH_SIZE 160  // bytes of an override's path

static hft_status fail_form(const hft_schema_entry *entry, const char *path, hft_error *error) {
  return hft_fail(error, HFT_ECONFIG, path, "expected %s.%sKEY", entry->name,
                  entry->is_list ? "KIND_OR_INDEX." : "");
}

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

static hft_params *params_of(const hft_config_struct *item, const hft_key *key) {
  return (hft_params *)(void *)((char *)item->params + key->offset);
}

// Sets the key of an item, or where `name` is not null, that name in its map of keys.
static hft_status set_item(const hft_config *config, hft_config_struct *item, const hft_key *key,
                           const char *name, const char *value, const char *path,
                           hft_error *error) {
  hft_status status =
      name == NULL ? hft_config_parse_key(config->sealed, key, value, item->params, path, error)
                   : hft_params_set(params_of(item, key), name, value, path, error);
  if (status == HFT_OK && name != NULL) params_of(item, key)->sealed |= config->sealed;
  if (status == HFT_OK) hft_config_note(item->origin, key->name, name, 0);
  return status;
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
  char *param = name != NULL ? strchr(name, '.') : NULL;
  if (param != NULL) *param++ = '\0';
  if (name == NULL || (param != NULL && strchr(param, '.') != NULL)) {
    return fail_form(entry, path, error);
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
  if (status == HFT_OK && param != NULL && key->kind != HFT_KEY_PARAMS) {
    return fail_form(entry, path, error);
  }
  // All items parse the value with the same key, so a failure comes before any change. A map of
  // keys may be too long in one of them only.
  for (int i = first; i < end && status == HFT_OK && param != NULL; i++) {
    if (to->items[i].section != section) continue;
    hft_params trial = *params_of(&to->items[i], key);
    status = hft_params_set(&trial, param, value, path, error);
  }
  for (int i = first; i < end && status == HFT_OK; i++) {
    if (to->items[i].section != section) continue;
    status = set_item(config, &to->items[i], key, param, value, path, error);
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
