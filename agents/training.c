#include "agents/training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"
#include "sim/config/yaml.h"
#include "sim/env/env.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))
#define FIXED_ENTRIES 4  // beside the algorithms'

#define HFT_KEY_STRUCT hft_training_keys
static const hft_key training_keys[] = {HFT_TRAINING_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT
#define HFT_KEY_STRUCT hft_training_override
static const hft_key override_keys[] = {HFT_TRAINING_OVERRIDE_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT
#define HFT_KEY_STRUCT hft_training_baseline
static const hft_key baseline_keys[] = {HFT_TRAINING_BASELINE_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section training_section = {"training",
                                             "what is trained, how long, and how "
                                             "it is evaluated",
                                             training_keys, COUNT(training_keys),
                                             sizeof(hft_training_keys)};
static const hft_section override_section = {
    "override", "a key of the env's config that holds in training alone", override_keys,
    COUNT(override_keys), sizeof(hft_training_override)};
static const hft_section baseline_section = {"strategy", "what the learner is compared with",
                                             baseline_keys, COUNT(baseline_keys),
                                             sizeof(hft_training_baseline)};

static const hft_section *const training_kinds[] = {&training_section};
static const hft_section *const network_kinds[] = {&hft_network_section};
static const hft_section *const override_kinds[] = {&override_section};
static const hft_section *const baseline_kinds[] = {&baseline_section};

// The schema has a section for each algorithm of the table. It points into itself.
typedef struct schema_table {
  hft_schema schema;
  hft_schema_entry entry[HFT_CONFIG_ENTRIES_MAX];
  const hft_section *algorithm[HFT_CONFIG_ENTRIES_MAX];
} schema_table;

struct hft_training {
  schema_table table;
  hft_config *config;
};

static void fill_table(schema_table *t) {
  HFT_CHECK(hft_algorithm_count + FIXED_ENTRIES <= HFT_CONFIG_ENTRIES_MAX);
  int n = 0;
  t->entry[n++] = (hft_schema_entry){"training", training_section.help, 0, training_kinds, 1};
  t->entry[n++] = (hft_schema_entry){"network", hft_network_section.help, 0, network_kinds, 1};
  for (int i = 0; i < hft_algorithm_count; i++) {
    t->algorithm[i] = hft_algorithms[i]->section;
    t->entry[n++] =
        (hft_schema_entry){t->algorithm[i]->name, t->algorithm[i]->help, 0, &t->algorithm[i], 1};
  }
  t->entry[n++] = (hft_schema_entry){"overrides", "keys of the env's config in training alone", 1,
                                     override_kinds, 1};
  t->entry[n++] =
      (hft_schema_entry){"baselines", "what the learner is compared with", 1, baseline_kinds, 1};
  t->schema = (hft_schema){t->entry, n};
}

// ---- creation ----------------------------------------------------------------------------------

static hft_status fail_memory(hft_error *error) {
  return hft_fail(error, HFT_ENOMEM, "training", "out of memory");
}

hft_status hft_training_create(hft_training **out, hft_error *error) {
  *out = NULL;
  hft_training *training = calloc(1, sizeof *training);
  if (training == NULL) return fail_memory(error);
  fill_table(&training->table);
  training->config = hft_config_create(&training->table.schema);
  if (training->config == NULL) {
    free(training);
    return fail_memory(error);
  }
  *out = training;
  return HFT_OK;
}

hft_status hft_training_copy(const hft_training *training, hft_training **out, hft_error *error) {
  hft_status status = hft_training_create(out, error);
  if (status != HFT_OK) return status;
  char *text = hft_training_print(training, false);
  if (text == NULL) {
    status = fail_memory(error);
  } else {
    status = hft_training_merge(*out, text, strlen(text), "training", error);
  }
  free(text);
  if (status == HFT_OK) return HFT_OK;
  hft_training_free(*out);
  *out = NULL;
  return status;
}

void hft_training_free(hft_training *training) {
  if (training == NULL) return;
  hft_config_free(training->config);
  free(training);
}

// ---- reading -----------------------------------------------------------------------------------

static bool is_section(const char *name, size_t length) {
  schema_table table;
  fill_table(&table);
  for (int i = 0; i < table.schema.entry_count; i++) {
    const char *known = table.entry[i].name;
    if (strlen(known) == length && memcmp(known, name, length) == 0) return true;
  }
  return false;
}

bool hft_training_is_file(const char *text, size_t length) {
  hft_yaml *yaml;
  if (hft_yaml_read(text, length, "training", &yaml, NULL) != HFT_OK) return false;
  hft_yaml_node root = hft_yaml_root(yaml);
  bool found = false;
  if (root != 0 && hft_yaml_kind_of(yaml, root) == HFT_YAML_MAP) {
    for (int i = 0; i < hft_yaml_count(yaml, root) && !found; i++) {
      hft_yaml_node key, value;
      hft_yaml_pair(yaml, root, i, &key, &value);
      const char *name = hft_yaml_text(yaml, key);
      found = is_section(name, strlen(name));
    }
  }
  hft_yaml_free(yaml);
  return found;
}

hft_status hft_training_merge(hft_training *training, const char *text, size_t length,
                              const char *where, hft_error *error) {
  return hft_config_merge(training->config, text, length, where, error);
}

hft_status hft_training_merge_file(hft_training *training, const char *path, hft_error *error) {
  return hft_config_merge_file(training->config, path, error);
}

bool hft_training_owns(const char *assignment) {
  return is_section(assignment, strcspn(assignment, ".[="));
}

hft_status hft_training_set(hft_training *training, const char *assignment, hft_error *error) {
  return hft_config_set(training->config, assignment, error);
}

// ---- parts -------------------------------------------------------------------------------------

const hft_training_keys *hft_training_values(const hft_training *training) {
  return hft_config_map(training->config, "training");
}

const hft_network_keys *hft_training_network(const hft_training *training) {
  return hft_config_map(training->config, "network");
}

const hft_algorithm *hft_training_algorithm(const hft_training *training) {
  return hft_algorithm_find(hft_training_values(training)->algorithm.text);
}

const void *hft_training_algorithm_keys(const hft_training *training) {
  return hft_config_map(training->config, hft_training_values(training)->algorithm.text);
}

int hft_training_override_count(const hft_training *training) {
  return hft_config_count(training->config, "overrides");
}

int hft_training_baseline_count(const hft_training *training) {
  return hft_config_count(training->config, "baselines");
}

const hft_training_baseline *hft_training_baseline_at(const hft_training *training, int index) {
  const hft_section *section;
  return hft_config_item(training->config, "baselines", index, &section);
}

static const hft_training_override *override_at(const hft_training *training, int index) {
  const hft_section *section;
  return hft_config_item(training->config, "overrides", index, &section);
}

// Writes the next name of a list with commas, without spaces, and returns what follows it; null at
// the end of the list.
static const char *next_name(const char *list, char name[HFT_TEXT_MAX]) {
  list += strspn(list, " ");
  size_t length = strcspn(list, ","), bare = length;
  while (bare > 0 && list[bare - 1] == ' ') bare--;
  snprintf(name, HFT_TEXT_MAX, "%.*s", (int)bare, list);
  return list[length] == ',' ? list + length + 1 : NULL;
}

int hft_training_tasks(const hft_training *training,
                       char names[HFT_TRAINING_TASKS_MAX][HFT_TEXT_MAX]) {
  const char *list = hft_training_values(training)->task.text;
  int count = 0;
  while (list != NULL && list[0] != '\0' && count < HFT_TRAINING_TASKS_MAX) {
    list = next_name(list, names[count]);
    if (names[count][0] != '\0') count++;
  }
  return count;
}

hft_status hft_training_config(const hft_training *training, const hft_config *config,
                               hft_config **out, hft_error *error) {
  hft_override list[HFT_TRAINING_OVERRIDES_MAX];
  *out = NULL;
  int count = hft_training_override_count(training);
  for (int i = 0; i < count; i++) {
    const hft_training_override *item = override_at(training, i);
    list[i] = (hft_override){item->key.text, item->value.text};
  }
  // One at a time, so that an error can name the item.
  hft_config *now = hft_config_copy(config);
  hft_status status = now != NULL ? HFT_OK : fail_memory(error);
  for (int i = 0; i < count && status == HFT_OK; i++) {
    hft_config *next = NULL;
    hft_error inner;
    status = hft_env_override(now, &list[i], 1, &next, &inner);
    if (status == HFT_OK) {
      hft_config_free(now);
      now = next;
      continue;
    }
    char place[HFT_PATH_MAX];
    hft_config_item_place(training->config, "overrides", i, "key", place, sizeof place);
    (void)hft_fail(error, status, place, "%s: %s", inner.where, inner.text);
  }
  if (status != HFT_OK) {
    hft_config_free(now);
    return status;
  }
  *out = now;
  return HFT_OK;
}

// ---- checks ------------------------------------------------------------------------------------

static hft_status fail_item(const hft_training *training, const char *list, int index,
                            const char *key, const char *text, hft_error *error) {
  char place[HFT_PATH_MAX];
  hft_config_item_place(training->config, list, index, key, place, sizeof place);
  return hft_fail(error, HFT_ECONFIG, place, "%s", text);
}

static hft_status check_algorithm(const char *name, const char *where, hft_error *error) {
  if (hft_algorithm_find(name) != NULL) return HFT_OK;
  const char *names[HFT_CONFIG_ENTRIES_MAX];
  char list[160] = "";
  size_t used = 0;
  for (int i = 0; i < hft_algorithm_count; i++) {
    names[i] = hft_algorithms[i]->section->name;
    if (used >= sizeof list) continue;
    used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", names[i]);
  }
  const char *near = hft_nearest(name, names, hft_algorithm_count);
  if (near != NULL) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "training.algorithm: there is no '%s'; did you mean '%s'?", name, near);
  }
  return hft_fail(error, HFT_ECONFIG, where,
                  "training.algorithm: there is no '%s'; choose one of %s", name, list);
}

static hft_status check_tasks(const hft_training *training, const char *where, hft_error *error) {
  const char *list = hft_training_values(training)->task.text;
  char name[HFT_TRAINING_TASKS_MAX][HFT_TEXT_MAX];
  for (int count = 0; list != NULL && list[0] != '\0'; count++) {
    if (count == HFT_TRAINING_TASKS_MAX) {
      return hft_fail(error, HFT_ECONFIG, where, "training.task: more than %d tasks",
                      HFT_TRAINING_TASKS_MAX);
    }
    list = next_name(list, name[count]);
    bool again = false;
    for (int i = 0; i < count; i++) again = again || strcmp(name[i], name[count]) == 0;
    if (name[count][0] != '\0' && !again) continue;
    return hft_fail(
        error, HFT_ECONFIG, where, "training.task: %s",
        again ? "a task comes twice" : "a name is empty: name tasks with commas between");
  }
  return HFT_OK;
}

static hft_status check_baselines(const hft_training *training, hft_error *error) {
  char task[HFT_TRAINING_TASKS_MAX][HFT_TEXT_MAX];
  int tasks = hft_training_tasks(training, task), count = hft_training_baseline_count(training);
  if (count > HFT_TRAINING_BASELINES_MAX) {
    return fail_item(training, "baselines", HFT_TRAINING_BASELINES_MAX, "", "at most 16 items",
                     error);
  }
  for (int i = 0; i < count; i++) {
    const hft_training_baseline *b = hft_training_baseline_at(training, i);
    if (b->name.text[0] == '\0') {
      return fail_item(training, "baselines", i, "name", "is not set: name a strategy", error);
    }
    bool known = b->task.text[0] == '\0';
    for (int k = 0; k < tasks; k++) known = known || strcmp(task[k], b->task.text) == 0;
    if (!known) {
      return fail_item(training, "baselines", i, "task", "is not one of training.task", error);
    }
  }
  return HFT_OK;
}

hft_status hft_training_check(const hft_training *training, const char *where, hft_error *error) {
  hft_status status = check_algorithm(hft_training_values(training)->algorithm.text, where, error);
  if (status == HFT_OK) status = check_tasks(training, where, error);
  if (status == HFT_OK) status = check_baselines(training, error);
  if (status != HFT_OK) return status;
  int count = hft_training_override_count(training);
  if (count > HFT_TRAINING_OVERRIDES_MAX) {
    return fail_item(training, "overrides", HFT_TRAINING_OVERRIDES_MAX, "", "at most 32 items",
                     error);
  }
  for (int i = 0; i < count; i++) {
    if (override_at(training, i)->key.text[0] != '\0') continue;
    return fail_item(training, "overrides", i, "key",
                     "is not set: name a key of the env's config, as reward_config.baseline",
                     error);
  }
  return HFT_OK;
}

// ---- printing and comparing --------------------------------------------------------------------

// Removes the section of an algorithm that is not the training's: it has no effect.
static void cut_section(char *text, const char *name) {
  char head[HFT_TEXT_MAX + 4];
  size_t length = (size_t)snprintf(head, sizeof head, "\n%s:", name);
  char *begin = strstr(text, head);
  if (begin == NULL) return;
  char *end = begin + length;
  while ((end = strchr(end, '\n')) != NULL && (end[1] == ' ' || end[1] == '#')) end++;
  // A comment that belongs to the section after it stays.
  if (end == NULL) {
    begin[1] = '\0';
  } else {
    memmove(begin, end, strlen(end) + 1);
  }
}

char *hft_training_print(const hft_training *training, bool comments) {
  char *text = hft_config_print(training->config, comments);
  const char *own = hft_training_values(training)->algorithm.text;
  for (int i = 0; i < hft_algorithm_count && text != NULL && !comments; i++) {
    const char *name = hft_algorithms[i]->section->name;
    if (strcmp(name, own) != 0) cut_section(text, name);
  }
  return text;
}

static bool may_change(const char *key) {
  static const char *const names[] = {"steps", "seconds", "threads", "patience"};
  for (int i = 0; i < COUNT(names); i++) {
    if (strcmp(names[i], key) == 0) return true;
  }
  return false;
}

static hft_status compare_section(const hft_section *section, const void *before, const void *now,
                                  bool is_training, const char *where, hft_error *error) {
  for (int k = 0; k < section->key_count; k++) {
    const hft_key *key = &section->keys[k];
    char a[2 * HFT_PATH_MAX], b[2 * HFT_PATH_MAX];
    if (is_training && may_change(key->name)) continue;
    hft_key_print(key, before, a, sizeof a);
    hft_key_print(key, now, b, sizeof b);
    if (strcmp(a, b) == 0) continue;
    return hft_fail(error, HFT_ECONFIG, where,
                    "%s.%s is %.60s, not %.60s: a run that goes on keeps its keys, but for "
                    "training.steps, seconds, threads and patience; begin a new run",
                    section->name, key->name, a, b);
  }
  return HFT_OK;
}

static hft_status compare_list(const hft_training *before, const hft_training *now,
                               const char *list, const char *where, hft_error *error) {
  int count = hft_config_count(before->config, list);
  if (hft_config_count(now->config, list) != count) {
    return hft_fail(error, HFT_ECONFIG, where, "%s: a run that goes on keeps this list", list);
  }
  for (int i = 0; i < count; i++) {
    const hft_section *section;
    const void *a = hft_config_item(before->config, list, i, &section);
    const void *b = hft_config_item(now->config, list, i, &section);
    hft_status status = compare_section(section, a, b, false, where, error);
    if (status != HFT_OK) return status;
  }
  return HFT_OK;
}

hft_status hft_training_same(const hft_training *before, const hft_training *now, const char *where,
                             hft_error *error) {
  hft_status status = compare_section(&training_section, hft_training_values(before),
                                      hft_training_values(now), true, where, error);
  if (status == HFT_OK) {
    status = compare_section(&hft_network_section, hft_training_network(before),
                             hft_training_network(now), false, where, error);
  }
  if (status == HFT_OK) {
    status = compare_section(hft_training_algorithm(before)->section,
                             hft_training_algorithm_keys(before), hft_training_algorithm_keys(now),
                             false, where, error);
  }
  if (status == HFT_OK) status = compare_list(before, now, "overrides", where, error);
  if (status == HFT_OK) status = compare_list(before, now, "baselines", where, error);
  return status;
}
