#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/config/config_state.h"
#include "sim/config/yaml.h"

#define FILE_NAME_MAX 4096  // bytes of a file's name; longer ones name no file

// A text that is merged into a config.
typedef struct source {
  const hft_yaml *yaml;
  const char *where;
  const char *file;  // its name; null: the text is not from a file
  bool sealed;       // as in the config
  const hft_schema *schema;
  hft_error *error;
} source;

typedef struct place {
  char text[160];
} place;

static place place_of(const source *from, hft_yaml_node node) {
  place at;
  snprintf(at.text, sizeof at.text, "%.140s:%d", from->where, hft_yaml_line(from->yaml, node));
  return at;
}

static hft_status expect_kind(const source *from, hft_yaml_node node, hft_yaml_kind kind,
                              const char *name, const char *expected) {
  if (hft_yaml_kind_of(from->yaml, node) == kind) return HFT_OK;
  return hft_fail(from->error, HFT_ECONFIG, place_of(from, node).text, "%s: expected %s", name,
                  expected);
}

// Joins a YAML list of numbers to the text "[a, b]" that hft_key_parse reads.
static hft_status join_list(const source *from, const hft_key *key, hft_yaml_node list,
                            char text[HFT_CONFIG_VALUE_SIZE]) {
  int count = hft_yaml_count(from->yaml, list);
  if (count > HFT_LIST_MAX) {
    return hft_fail(from->error, HFT_ECONFIG, place_of(from, list).text,
                    "%s: the list has more than %d numbers", key->name, HFT_LIST_MAX);
  }
  size_t used = (size_t)snprintf(text, HFT_CONFIG_VALUE_SIZE, "[");
  for (int i = 0; i < count; i++) {
    hft_yaml_node node = hft_yaml_item(from->yaml, list, i);
    hft_status status = expect_kind(from, node, HFT_YAML_SCALAR, key->name, "a number");
    if (status != HFT_OK) return status;
    const char *number = hft_yaml_text(from->yaml, node);
    double value;
    if (strlen(number) >= HFT_CONFIG_VALUE_SIZE / HFT_LIST_MAX - 2 ||
        !hft_parse_real(number, &value)) {
      return hft_fail(from->error, HFT_ECONFIG, place_of(from, node).text,
                      "%s: '%.64s' is not a finite number", key->name, number);
    }
    used += (size_t)snprintf(text + used, HFT_CONFIG_VALUE_SIZE - used, "%s%s", i > 0 ? ", " : "",
                             number);
  }
  snprintf(text + used, HFT_CONFIG_VALUE_SIZE - used, "]");
  return HFT_OK;
}

// The file `name` beside the config `file`, in *path. False if the config is in the working
// directory or the name is absolute, or empty, or longer than that of any file.
static bool name_beside(const char *file, const char *name, char path[FILE_NAME_MAX]) {
  const char *slash = strrchr(file, '/');
  if (slash == NULL || name[0] == '/' || name[0] == '\0') return false;
  int length = snprintf(path, FILE_NAME_MAX, "%.*s/%s", (int)(slash - file), file, name);
  return length > 0 && length < FILE_NAME_MAX;
}

// Whether a value of a PARAMS key names a file: the section of its keys is not known yet, but those
// that have a PATH of this name are.
static bool params_name_file(const source *from, const char *name, const char *value) {
  for (int i = 0; i < from->schema->params_section_count; i++) {
    const hft_key *key = hft_section_find(from->schema->params_sections[i], name);
    if (key != NULL && key->kind == HFT_KEY_PATH) return hft_key_names_file(key, value);
  }
  return false;
}

// A single value of a PARAMS key; the name of a file that is beside the config becomes that file's,
// in `path`.
static const char *params_value(const source *from, const char *name, const char *value,
                                char path[FILE_NAME_MAX]) {
  bool beside = from->file != NULL && !from->sealed && params_name_file(from, name, value) &&
                name_beside(from->file, value, path) && access(path, F_OK) == 0;
  return beside ? path : value;
}

// A YAML map of scalars and lists of numbers as the text "{a: 1, b: [1, 2]}" that a key reads.
static hft_status join_map(const source *from, const hft_key *key, hft_yaml_node map,
                           char text[HFT_CONFIG_VALUE_SIZE]) {
  size_t used = (size_t)snprintf(text, HFT_CONFIG_VALUE_SIZE, "{");
  for (int i = 0; i < hft_yaml_count(from->yaml, map); i++) {
    hft_yaml_node name, value;
    hft_yaml_pair(from->yaml, map, i, &name, &value);
    char joined[HFT_CONFIG_VALUE_SIZE], path[FILE_NAME_MAX];
    const char *written = joined;
    hft_status status = HFT_OK;
    if (hft_yaml_kind_of(from->yaml, value) == HFT_YAML_LIST) {
      status = join_list(from, key, value, joined);
    } else {
      status = expect_kind(from, value, HFT_YAML_SCALAR, key->name, "single values or lists");
      if (status == HFT_OK) {
        written = params_value(from, hft_yaml_text(from->yaml, name),
                               hft_yaml_text(from->yaml, value), path);
      }
    }
    if (status != HFT_OK) return status;
    if (written != joined && strpbrk(written, ",:{}[]#'\"") != NULL) {
      return hft_fail(from->error, HFT_ECONFIG, place_of(from, value).text,
                      "%s: '%.64s' has a character that marks up maps and lists", key->name,
                      written);
    }
    used += (size_t)snprintf(text + used, HFT_CONFIG_VALUE_SIZE - used, "%s%s: %s",
                             i > 0 ? ", " : "", hft_yaml_text(from->yaml, name), written);
    if (used >= HFT_PARAMS_MAX) {
      return hft_fail(from->error, HFT_ECONFIG, place_of(from, map).text, "%s: more than %d bytes",
                      key->name, HFT_PARAMS_MAX - 2);
    }
  }
  snprintf(text + used, HFT_CONFIG_VALUE_SIZE - used, "}");
  return HFT_OK;
}

// Parses a PATH of a config file: it names a file beside the config, if there is one.
static hft_status parse_path(const source *from, const hft_key *key, const char *text, void *params,
                             hft_error *error) {
  char beside[FILE_NAME_MAX];
  bool tried = name_beside(from->file, text, beside), found = tried && access(beside, F_OK) == 0;
  if (found && strlen(beside) >= HFT_PATH_MAX) {
    return hft_fail(error, HFT_ECONFIG, "",
                    "with the config's folder, the path has %zu bytes; at most %d are allowed: "
                    "give a shorter one",
                    strlen(beside), HFT_PATH_MAX - 1);
  }
  hft_status status = hft_key_parse(key, found ? beside : text, params, "", error);
  if (status != HFT_OK || found || !tried) return status;
  hft_path *path = (hft_path *)(void *)((char *)params + key->offset);
  snprintf(path->beside, sizeof path->beside, "%.*s", HFT_PATH_MAX - 1, beside);
  return HFT_OK;
}

static void note_lines(const source *from, hft_config_origin *origin, const hft_key *key,
                       hft_yaml_node value) {
  hft_config_note(origin, key->name, NULL, hft_yaml_line(from->yaml, value));
  if (key->kind != HFT_KEY_PARAMS) return;
  for (int i = 0; i < hft_yaml_count(from->yaml, value); i++) {
    hft_yaml_node name, of;
    hft_yaml_pair(from->yaml, value, i, &name, &of);
    hft_config_note(origin, key->name, hft_yaml_text(from->yaml, name),
                    hft_yaml_line(from->yaml, of));
  }
}

// `origin` is null for a map at the top level.
static hft_status merge_key(const source *from, const hft_section *section, void *params,
                            hft_config_origin *origin, hft_yaml_node name, hft_yaml_node value) {
  const hft_key *key;
  hft_status status = hft_config_find_key(section, hft_yaml_text(from->yaml, name),
                                          place_of(from, name).text, from->error, &key);
  if (status != HFT_OK) return status;
  char joined[HFT_CONFIG_VALUE_SIZE];
  const char *text = joined;
  if (key->kind == HFT_KEY_LIST) {
    status = expect_kind(from, value, HFT_YAML_LIST, key->name, "a list of numbers such as [1, 2]");
    if (status == HFT_OK) status = join_list(from, key, value, joined);
  } else if (key->kind == HFT_KEY_PARAMS) {
    status = expect_kind(from, value, HFT_YAML_MAP, key->name, "a map such as {key: 1}");
    if (status == HFT_OK) status = join_map(from, key, value, joined);
  } else {
    status = expect_kind(from, value, HFT_YAML_SCALAR, key->name, "a single value");
    if (status == HFT_OK) text = hft_yaml_text(from->yaml, value);
  }
  if (status != HFT_OK) return status;
  hft_error error;
  if (from->file != NULL && key->kind == HFT_KEY_PATH && !from->sealed &&
      hft_key_names_file(key, text)) {
    status = parse_path(from, key, text, params, &error);
  } else {
    status = hft_config_parse_key(from->sealed, key, text, params, "", &error);
  }
  if (status == HFT_OK) {
    note_lines(from, origin, key, value);
    return HFT_OK;
  }
  return hft_fail(from->error, status, place_of(from, value).text, "%s: %s", key->name, error.text);
}

// Merges the pairs of a map into a struct, except the pair of the key `skip`.
static hft_status merge_keys(const source *from, const hft_config_struct *to, hft_yaml_node map,
                             hft_yaml_node skip) {
  for (int i = 0; i < hft_yaml_count(from->yaml, map); i++) {
    hft_yaml_node name, value;
    hft_yaml_pair(from->yaml, map, i, &name, &value);
    if (name == skip) continue;
    hft_status status = merge_key(from, to->section, to->params, to->origin, name, value);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

static hft_status merge_item(const source *from, const hft_schema_entry *entry, hft_config_slot *to,
                             hft_yaml_node map) {
  hft_status status =
      expect_kind(from, map, HFT_YAML_MAP, entry->name, "an item such as {kind: NAME, KEY: VALUE}");
  if (status != HFT_OK) return status;
  hft_yaml_node kind_name = 0, kind = 0;
  for (int i = 0; i < hft_yaml_count(from->yaml, map) && kind == 0; i++) {
    hft_yaml_node name, value;
    hft_yaml_pair(from->yaml, map, i, &name, &value);
    if (strcmp(hft_yaml_text(from->yaml, name), "kind") != 0) continue;
    kind_name = name;
    kind = value;
  }
  if (kind == 0) {
    return hft_fail(from->error, HFT_ECONFIG, place_of(from, map).text, "%s: the item has no kind",
                    entry->name);
  }
  status = expect_kind(from, kind, HFT_YAML_SCALAR, "kind", "a name");
  if (status != HFT_OK) return status;
  const hft_section *section;
  status = hft_config_find_kind(entry, hft_yaml_text(from->yaml, kind), place_of(from, kind).text,
                                from->error, &section);
  if (status != HFT_OK) return status;
  if (!hft_config_add_item(to, section)) return hft_config_fail_memory(from->where, from->error);
  hft_config_struct *item = &to->items[to->count - 1];
  item->origin = calloc(1, sizeof *item->origin);
  if (item->origin == NULL) return hft_config_fail_memory(from->where, from->error);
  snprintf(item->origin->source, sizeof item->origin->source, "%s", from->where);
  item->origin->line = hft_yaml_line(from->yaml, map);
  return merge_keys(from, item, map, kind_name);
}

static hft_status merge_list(const source *from, const hft_schema_entry *entry, hft_config_slot *to,
                             hft_yaml_node list) {
  int count = hft_yaml_count(from->yaml, list);
  if (count > HFT_CONFIG_ITEMS_MAX) {
    return hft_fail(from->error, HFT_ECONFIG, place_of(from, list).text,
                    "%s: %d items; at most %d are allowed", entry->name, count,
                    HFT_CONFIG_ITEMS_MAX);
  }
  hft_config_clear(to);
  hft_status status = HFT_OK;
  for (int i = 0; i < count && status == HFT_OK; i++) {
    status = merge_item(from, entry, to, hft_yaml_item(from->yaml, list, i));
  }
  return status;
}

static hft_status merge_entry(const source *from, hft_config *config, hft_yaml_node name,
                              hft_yaml_node value) {
  int index;
  hft_status status = hft_config_find_entry(config->schema, hft_yaml_text(from->yaml, name),
                                            place_of(from, name).text, from->error, &index);
  if (status != HFT_OK) return status;
  const hft_schema_entry *entry = &config->schema->entries[index];
  hft_config_slot *to = &config->slots[index];
  if (entry->is_list) {
    status = expect_kind(from, value, HFT_YAML_LIST, entry->name,
                         "a list of items, each with its kind, or []");
    return status != HFT_OK ? status : merge_list(from, entry, to, value);
  }
  if (hft_yaml_is_null(from->yaml, value)) return HFT_OK;  // a section without keys
  status = expect_kind(from, value, HFT_YAML_MAP, entry->name, "keys and their values, or {}");
  if (status != HFT_OK) return status;
  return merge_keys(from, &to->items[0], value, 0);
}

static hft_status merge_root(const source *from, hft_config *config) {
  hft_yaml_node root = hft_yaml_root(from->yaml);
  if (root == 0) return HFT_OK;
  hft_status status =
      expect_kind(from, root, HFT_YAML_MAP, "the config", "sections with their keys");
  for (int i = 0; status == HFT_OK && i < hft_yaml_count(from->yaml, root); i++) {
    hft_yaml_node name, value;
    hft_yaml_pair(from->yaml, root, i, &name, &value);
    status = merge_entry(from, config, name, value);
  }
  return status;
}

// Completes a change made on a draft: a valid draft becomes the config, an invalid one is dropped.
static hft_status commit_draft(hft_config *config, hft_config *draft, hft_status status) {
  if (status == HFT_OK) {
    hft_config old = *config;
    *config = *draft;
    *draft = old;
  }
  hft_config_free(draft);
  return status;
}

// `file` is the name of the config file, or null.
static hft_status merge_text(hft_config *config, const char *text, size_t length, const char *where,
                             const char *file, hft_error *error) {
  if (length > HFT_CONFIG_BYTES_MAX) {
    return hft_fail(error, HFT_ECONFIG, where, "the text is longer than %d bytes",
                    HFT_CONFIG_BYTES_MAX);
  }
  hft_yaml *yaml;
  hft_status status = hft_yaml_read(text, length, where, &yaml, error);
  if (status != HFT_OK) return status;
  hft_config *draft = hft_config_copy(config);
  if (draft != NULL) {
    const source from = {.yaml = yaml,
                         .where = where,
                         .file = file,
                         .sealed = config->sealed,
                         .schema = config->schema,
                         .error = error};
    status = commit_draft(config, draft, merge_root(&from, draft));
  } else {
    status = hft_config_fail_memory(where, error);
  }
  hft_yaml_free(yaml);
  return status;
}

hft_status hft_config_merge(hft_config *config, const char *text, size_t length, const char *where,
                            hft_error *error) {
  return merge_text(config, text, length, where, NULL, error);
}

hft_status hft_config_merge_file(hft_config *config, const char *path, hft_error *error) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return hft_fail(error, HFT_EIO, path, "cannot open: %s", strerror(errno));
  // Reading one byte more than allowed detects a file that is too long, whatever size it reports.
  char *text = malloc(HFT_CONFIG_BYTES_MAX + 1);
  hft_status status;
  if (text == NULL) {
    status = hft_config_fail_memory(path, error);
  } else {
    size_t length = fread(text, 1, HFT_CONFIG_BYTES_MAX + 1, file);
    status = ferror(file) ? hft_fail(error, HFT_EIO, path, "cannot read: %s", strerror(errno))
                          : merge_text(config, text, length, path, path, error);
  }
  free(text);
  fclose(file);
  return status;
}
