#include "sim/config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/base/check.h"
#include "sim/config/yaml.h"

#define NAMES_MAX 128    // of one choice offered in an error
#define PATH_SIZE 160    // of an override
#define VALUE_SIZE 2048  // of a printed value; a full list takes HFT_LIST_MAX times 26
#define COMMENT_COLUMN 36

typedef struct item {
  const hft_section *section;
  void *params;
} item;

// What a config holds of a schema entry: a MAP has one item.
typedef struct slot {
  item *items;
  int count;
} slot;

struct hft_config {
  const hft_schema *schema;
  slot slots[HFT_CONFIG_ENTRIES_MAX];
};

// A text being laid over a config.
typedef struct source {
  const hft_yaml *yaml;
  const char *where;
  hft_error *error;
} source;

typedef struct place {
  char text[160];
} place;

// --- Names and the words about unknown ones ---

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
  return hft_fail(error, HFT_ECONFIG, where, "unknown %s '%.64s'; known are: %s%s", what, name,
                  count > 0 ? list : "none", used >= sizeof list ? "..." : "");
}

static int entry_index(const hft_schema *schema, const char *name) {
  for (int i = 0; i < schema->entry_count; i++) {
    if (strcmp(schema->entries[i].name, name) == 0) return i;
  }
  return -1;
}

static hft_status find_entry(const hft_schema *schema, const char *name, const char *where,
                             hft_error *error, int *index) {
  *index = entry_index(schema, name);
  if (*index >= 0) return HFT_OK;
  const char *names[HFT_CONFIG_ENTRIES_MAX];
  for (int i = 0; i < schema->entry_count; i++) names[i] = schema->entries[i].name;
  return unknown("section", name, names, schema->entry_count, where, error);
}

static hft_status find_kind(const hft_schema_entry *entry, const char *name, const char *where,
                            hft_error *error, const hft_section **section) {
  const char *names[HFT_CONFIG_KINDS_MAX];
  for (int i = 0; i < entry->section_count; i++) {
    *section = entry->sections[i];
    if (strcmp((*section)->name, name) == 0) return HFT_OK;
    names[i] = (*section)->name;
  }
  return unknown("kind", name, names, entry->section_count, where, error);
}

static hft_status find_key(const hft_section *section, const char *name, const char *where,
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

// --- Life ---

// Adds an item with its defaults; false when out of memory. The slot must have room.
static bool add_item(slot *to, const hft_section *section) {
  void *params = malloc(section->size > 0 ? section->size : 1);
  if (params == NULL) return false;
  hft_section_defaults(section, params);
  to->items[to->count++] = (item){.section = section, .params = params};
  return true;
}

static void clear_slot(slot *at) {
  for (int i = 0; i < at->count; i++) free(at->items[i].params);
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
    slot *at = &config->slots[i];
    at->items = calloc(entry->is_list ? HFT_CONFIG_ITEMS_MAX : 1, sizeof at->items[0]);
    if (at->items == NULL || (!entry->is_list && !add_item(at, entry->sections[0]))) {
      hft_config_free(config);
      return NULL;
    }
  }
  return config;
}

hft_config *hft_config_copy(const hft_config *config) {
  hft_config *copy = hft_config_create(config->schema);
  if (copy == NULL) return NULL;
  for (int i = 0; i < config->schema->entry_count; i++) {
    const slot *from = &config->slots[i];
    slot *to = &copy->slots[i];
    for (int k = 0; k < from->count; k++) {
      if (k == to->count && !add_item(to, from->items[k].section)) {
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
    clear_slot(&config->slots[i]);
    free(config->slots[i].items);
  }
  free(config);
}

static hft_status fail_memory(const char *where, hft_error *error) {
  return hft_fail(error, HFT_ENOMEM, where, "out of memory for the config");
}

// Ends a change that was made to a draft: a good draft becomes the config, a bad one is dropped.
static hft_status settle(hft_config *config, hft_config *draft, hft_status status) {
  if (status == HFT_OK) {
    hft_config old = *config;
    *config = *draft;
    *draft = old;
  }
  hft_config_free(draft);
  return status;
}

// --- Merging ---

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

// A YAML list of numbers as the text "[a, b]" that a key reads.
static hft_status join_list(const source *from, const hft_key *key, hft_yaml_node list,
                            char text[VALUE_SIZE]) {
  int count = hft_yaml_count(from->yaml, list);
  if (count > HFT_LIST_MAX) {
    return hft_fail(from->error, HFT_ECONFIG, place_of(from, list).text, "%s: more than %d numbers",
                    key->name, HFT_LIST_MAX);
  }
  size_t used = (size_t)snprintf(text, VALUE_SIZE, "[");
  for (int i = 0; i < count; i++) {
    hft_yaml_node node = hft_yaml_item(from->yaml, list, i);
    hft_status status = expect_kind(from, node, HFT_YAML_SCALAR, key->name, "a number");
    if (status != HFT_OK) return status;
    const char *number = hft_yaml_text(from->yaml, node);
    double value;
    if (strlen(number) >= VALUE_SIZE / HFT_LIST_MAX - 2 || !hft_parse_real(number, &value)) {
      return hft_fail(from->error, HFT_ECONFIG, place_of(from, node).text,
                      "%s: '%.64s' is not a number", key->name, number);
    }
    used += (size_t)snprintf(text + used, VALUE_SIZE - used, "%s%s", i > 0 ? ", " : "", number);
  }
  snprintf(text + used, VALUE_SIZE - used, "]");
  return HFT_OK;
}

static hft_status merge_key(const source *from, const hft_section *section, void *params,
                            hft_yaml_node name, hft_yaml_node value) {
  const hft_key *key;
  hft_status status = find_key(section, hft_yaml_text(from->yaml, name), place_of(from, name).text,
                               from->error, &key);
  if (status != HFT_OK) return status;
  char joined[VALUE_SIZE];
  const char *text = joined;
  if (key->kind == HFT_KEY_LIST) {
    status = expect_kind(from, value, HFT_YAML_LIST, key->name, "a list of numbers such as [1, 2]");
    if (status == HFT_OK) status = join_list(from, key, value, joined);
  } else {
    status = expect_kind(from, value, HFT_YAML_SCALAR, key->name, "a single value");
    if (status == HFT_OK) text = hft_yaml_text(from->yaml, value);
  }
  if (status != HFT_OK) return status;
  return hft_key_parse(key, text, params, place_of(from, value).text, from->error);
}

// Lays the pairs of a map over a struct, but for the pair of the key `skip`.
static hft_status merge_keys(const source *from, const hft_section *section, void *params,
                             hft_yaml_node map, hft_yaml_node skip) {
  for (int i = 0; i < hft_yaml_count(from->yaml, map); i++) {
    hft_yaml_node name, value;
    hft_yaml_pair(from->yaml, map, i, &name, &value);
    if (name == skip) continue;
    hft_status status = merge_key(from, section, params, name, value);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

static hft_status merge_item(const source *from, const hft_schema_entry *entry, slot *to,
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
    return hft_fail(from->error, HFT_ECONFIG, place_of(from, map).text,
                    "%s: an item without its kind", entry->name);
  }
  status = expect_kind(from, kind, HFT_YAML_SCALAR, "kind", "a name");
  if (status != HFT_OK) return status;
  const hft_section *section;
  status = find_kind(entry, hft_yaml_text(from->yaml, kind), place_of(from, kind).text, from->error,
                     &section);
  if (status != HFT_OK) return status;
  if (!add_item(to, section)) return fail_memory(from->where, from->error);
  return merge_keys(from, section, to->items[to->count - 1].params, map, kind_name);
}

static hft_status merge_list(const source *from, const hft_schema_entry *entry, slot *to,
                             hft_yaml_node list) {
  int count = hft_yaml_count(from->yaml, list);
  if (count > HFT_CONFIG_ITEMS_MAX) {
    return hft_fail(from->error, HFT_ECONFIG, place_of(from, list).text,
                    "%s: %d items; allowed are %d", entry->name, count, HFT_CONFIG_ITEMS_MAX);
  }
  clear_slot(to);
  hft_status status = HFT_OK;
  for (int i = 0; i < count && status == HFT_OK; i++) {
    status = merge_item(from, entry, to, hft_yaml_item(from->yaml, list, i));
  }
  return status;
}

static hft_status merge_entry(const source *from, hft_config *config, hft_yaml_node name,
                              hft_yaml_node value) {
  int index;
  hft_status status = find_entry(config->schema, hft_yaml_text(from->yaml, name),
                                 place_of(from, name).text, from->error, &index);
  if (status != HFT_OK) return status;
  const hft_schema_entry *entry = &config->schema->entries[index];
  slot *to = &config->slots[index];
  if (entry->is_list) {
    status = expect_kind(from, value, HFT_YAML_LIST, entry->name,
                         "a list of items, each with its kind, or []");
    return status != HFT_OK ? status : merge_list(from, entry, to, value);
  }
  status = expect_kind(from, value, HFT_YAML_MAP, entry->name, "keys and their values, or {}");
  if (status != HFT_OK) return status;
  return merge_keys(from, to->items[0].section, to->items[0].params, value, 0);
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

hft_status hft_config_merge(hft_config *config, const char *text, size_t length, const char *where,
                            hft_error *error) {
  if (length > HFT_CONFIG_BYTES_MAX) {
    return hft_fail(error, HFT_ECONFIG, where, "the text is longer than %d bytes",
                    HFT_CONFIG_BYTES_MAX);
  }
  hft_yaml *yaml;
  hft_status status = hft_yaml_read(text, length, where, &yaml, error);
  if (status != HFT_OK) return status;
  hft_config *draft = hft_config_copy(config);
  if (draft != NULL) {
    source from = {.yaml = yaml, .where = where, .error = error};
    status = settle(config, draft, merge_root(&from, draft));
  } else {
    status = fail_memory(where, error);
  }
  hft_yaml_free(yaml);
  return status;
}

hft_status hft_config_merge_file(hft_config *config, const char *path, hft_error *error) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return hft_fail(error, HFT_EIO, path, "cannot open: %s", strerror(errno));
  // One byte more than is allowed shows a file that is too long, whatever its reported size.
  char *text = malloc(HFT_CONFIG_BYTES_MAX + 1);
  hft_status status;
  if (text == NULL) {
    status = fail_memory(path, error);
  } else {
    size_t length = fread(text, 1, HFT_CONFIG_BYTES_MAX + 1, file);
    status = ferror(file) ? hft_fail(error, HFT_EIO, path, "cannot read: %s", strerror(errno))
                          : hft_config_merge(config, text, length, path, error);
  }
  free(text);
  fclose(file);
  return status;
}

// --- Overrides ---

// The items of a list that `which`, a kind or an index, means: [*first, *end) of kind *section.
static hft_status select_items(const hft_schema_entry *entry, const slot *list, const char *which,
                               const char *path, hft_error *error, int *first, int *end,
                               const hft_section **section) {
  if (which[0] != '\0' && strspn(which, "-0123456789") == strlen(which)) {
    int64_t index;
    if (!hft_parse_int(which, &index) || index < 0 || index >= list->count) {
      return hft_fail(error, HFT_ECONFIG, path, "%s has no item %s; its %d items count from 0",
                      entry->name, which, list->count);
    }
    *first = (int)index;
    *end = *first + 1;
    *section = list->items[*first].section;
    return HFT_OK;
  }
  hft_status status = find_kind(entry, which, path, error, section);
  if (status != HFT_OK) return status;
  *first = 0;
  *end = list->count;
  for (int i = 0; i < list->count; i++) {
    if (list->items[i].section == *section) return HFT_OK;
  }
  return hft_fail(error, HFT_ECONFIG, path, "%s has no item of kind %s", entry->name, which);
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
  hft_status status = find_entry(config->schema, parts, path, error, &index);
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
  slot *to = &config->slots[index];
  int first = 0, end = 1;
  const hft_section *section = entry->sections[0];
  if (entry->is_list) {
    status = select_items(entry, to, which, path, error, &first, &end, &section);
    if (status != HFT_OK) return status;
  }
  const hft_key *key;
  status = find_key(section, name, path, error, &key);
  // One key reads the value into each item alike, so a failure comes before any change.
  for (int i = first; i < end && status == HFT_OK; i++) {
    if (to->items[i].section != section) continue;
    status = hft_key_parse(key, value, to->items[i].params, path, error);
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

hft_status hft_config_append(hft_config *config, const char *list, const char *kind,
                             hft_error *error) {
  int index;
  hft_status status = find_entry(config->schema, list, list, error, &index);
  if (status != HFT_OK) return status;
  const hft_schema_entry *entry = &config->schema->entries[index];
  if (!entry->is_list) return hft_fail(error, HFT_ECONFIG, list, "%s is not a list", list);
  const hft_section *section;
  status = find_kind(entry, kind, list, error, &section);
  if (status != HFT_OK) return status;
  slot *to = &config->slots[index];
  if (to->count == HFT_CONFIG_ITEMS_MAX) {
    return hft_fail(error, HFT_EFULL, list, "the list has its %d items already",
                    HFT_CONFIG_ITEMS_MAX);
  }
  return add_item(to, section) ? HFT_OK : fail_memory(list, error);
}

// --- Reading ---

static const slot *slot_of(const hft_config *config, const char *name, int is_list) {
  int index = entry_index(config->schema, name);
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
  const slot *at = slot_of(config, list, 1);
  HFT_CHECK(index >= 0 && index < at->count);
  if (section != NULL) *section = at->items[index].section;
  return at->items[index].params;
}

// --- Printing ---

// Whether YAML could take a text for something else than a string when it is not quoted.
static bool needs_quotes(const char *text) {
  static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  if (strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") == 0) return true;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (strcasecmp(text, words[i]) == 0) return true;
  }
  return false;
}

static void print_key(FILE *out, const hft_key *key, const void *params, const char *indent,
                      int comments) {
  char value[VALUE_SIZE];
  hft_key_print(key, params, value, sizeof value);
  const char *quote = key->kind == HFT_KEY_TEXT && needs_quotes(value) ? "'" : "";
  int width = fprintf(out, "%s%s: %s%s%s", indent, key->name, quote, value, quote);
  if (comments) {
    int pad = width < COMMENT_COLUMN ? COMMENT_COLUMN - width : 1;
    fprintf(out, "%*s# ", pad, "");
    if (key->unit[0] != '\0') fprintf(out, "%s; ", key->unit);
    fputs(key->help, out);
  }
  fputc('\n', out);
}

static void print_map(FILE *out, const hft_schema_entry *entry, const item *map, int comments) {
  const hft_section *section = map->section;
  fprintf(out, "%s:%s\n", entry->name, section->key_count == 0 ? " {}" : "");
  for (int i = 0; i < section->key_count; i++) {
    print_key(out, &section->keys[i], map->params, "  ", comments);
  }
}

static void print_list(FILE *out, const hft_schema_entry *entry, const slot *list, int comments) {
  fprintf(out, "%s:%s\n", entry->name, list->count == 0 ? " []" : "");
  for (int i = 0; i < list->count; i++) {
    const hft_section *section = list->items[i].section;
    fprintf(out, "  - kind: %s", section->name);
    if (comments) fprintf(out, "  # %s", section->help);
    fputc('\n', out);
    for (int k = 0; k < section->key_count; k++) {
      print_key(out, &section->keys[k], list->items[i].params, "    ", comments);
    }
  }
}

char *hft_config_print(const hft_config *config, int comments) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (out == NULL) return NULL;
  for (int i = 0; i < config->schema->entry_count; i++) {
    const hft_schema_entry *entry = &config->schema->entries[i];
    const slot *at = &config->slots[i];
    if (comments) fprintf(out, "%s# %s\n", i > 0 ? "\n" : "", entry->help);
    if (entry->is_list) {
      print_list(out, entry, at, comments);
    } else {
      print_map(out, entry, &at->items[0], comments);
    }
  }
  bool failed = ferror(out) != 0;
  if (fclose(out) != 0 || failed) {
    free(text);
    return NULL;
  }
  return text;
}
