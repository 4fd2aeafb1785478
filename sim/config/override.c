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

// Copies a path with an index in brackets, "seats[0].key", as "seats.0.key".
static void write_plain(const char *path, char parts[PATH_SIZE]) {
  snprintf(parts, PATH_SIZE, "%s", path);
  size_t name = strcspn(parts, ".[");
  char *open = parts + name, *close = strchr(open, ']');
  if (*open != '[' || close == NULL || close == open + 1) return;
  if (strspn(open + 1, "0123456789") != (size_t)(close - open - 1)) return;
  *open = '.';
  memmove(close, close + 1, strlen(close));
}

hft_status hft_config_find(const hft_config *config, const char *path, hft_config_target *out,
                           hft_error *error) {
  char parts[PATH_SIZE];
  if (strlen(path) >= sizeof parts) {
    return hft_fail(error, HFT_ECONFIG, path, "the path is longer than %d bytes", PATH_SIZE - 1);
  }
  write_plain(path, parts);
  char *rest = strchr(parts, '.');
  if (rest != NULL) *rest++ = '\0';
  hft_config_target found = {.first = 0, .end = 1};
  hft_status status = hft_config_find_entry(config->schema, parts, path, error, &found.entry);
  if (status != HFT_OK) return status;
  const hft_schema_entry *entry = &config->schema->entries[found.entry];
  const char *which = rest;
  char *name = rest;
  if (entry->is_list && rest != NULL) {
    name = strchr(rest, '.');
    if (name != NULL) *name++ = '\0';
  }
  char *param = name != NULL ? strchr(name, '.') : NULL;
  if (param != NULL) *param++ = '\0';
  if (name == NULL || (param != NULL && (param[0] == '\0' || strchr(param, '.') != NULL))) {
    return fail_form(entry, path, error);
  }
  found.section = entry->sections[0];
  if (entry->is_list) {
    status = select_items(entry, &config->slots[found.entry], which, path, error, &found.first,
                          &found.end, &found.section);
    if (status != HFT_OK) return status;
  }
  status = hft_config_find_key(found.section, name, path, error, &found.key);
  if (status != HFT_OK) return status;
  if (param != NULL && found.key->kind != HFT_KEY_PARAMS) return fail_form(entry, path, error);
  if (param != NULL) snprintf(found.param, sizeof found.param, "%s", param);
  *out = found;
  return HFT_OK;
}

static bool is_meant(const hft_config *config, const hft_config_target *target, int item) {
  return item >= target->first && item < target->end &&
         config->slots[target->entry].items[item].section == target->section;
}

const void *hft_config_target_keys(const hft_config *config, const hft_config_target *target) {
  int item = target->first;
  while (!is_meant(config, target, item)) item++;
  return config->slots[target->entry].items[item].params;
}

hft_config_relation hft_config_compare(const hft_config *config, const hft_config_target *a,
                                       const hft_config_target *b) {
  if (a->entry != b->entry || a->key != b->key) return HFT_CONFIG_APART;
  int first = a->first < b->first ? a->first : b->first, end = a->end > b->end ? a->end : b->end;
  bool meet = false, same = strcmp(a->param, b->param) == 0;
  // The whole map of keys has each of its names.
  if (!same && a->param[0] != '\0' && b->param[0] != '\0') return HFT_CONFIG_APART;
  for (int i = first; i < end; i++) {
    meet |= is_meant(config, a, i) && is_meant(config, b, i);
    same &= is_meant(config, a, i) == is_meant(config, b, i);
  }
  return !meet ? HFT_CONFIG_APART : same ? HFT_CONFIG_SAME : HFT_CONFIG_MEET;
}

hft_status hft_config_set_value(hft_config *config, const char *path, const char *value,
                                hft_error *error) {
  hft_config_target target;
  hft_status status = hft_config_find(config, path, &target, error);
  if (status != HFT_OK) return status;
  hft_config_struct *items = config->slots[target.entry].items;
  const char *param = target.param[0] != '\0' ? target.param : NULL;
  // All items parse the value with the same key, so a failure comes before any change. A map of
  // keys may be too long in one of them only.
  for (int i = target.first; i < target.end && status == HFT_OK && param != NULL; i++) {
    if (!is_meant(config, &target, i)) continue;
    hft_params trial = *params_of(&items[i], target.key);
    status = hft_params_set(&trial, param, value, path, error);
  }
  for (int i = target.first; i < target.end && status == HFT_OK; i++) {
    if (!is_meant(config, &target, i)) continue;
    status = set_item(config, &items[i], target.key, param, value, path, error);
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
