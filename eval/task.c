#include "eval/task.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/check.h"
#include "sim/base/hash.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

// ---- the schema --------------------------------------------------------------------------------

const hft_task_metric_info hft_task_metric_table[HFT_TASK_METRIC_COUNT] = {
#define X(code, name, unit, help) {name, unit, help},
    HFT_TASK_METRIC_MAP(X)
#undef X
};

const char *const hft_split_names[HFT_SPLIT_COUNT] = {"train", "validation", "test"};

static const char *const role_names[HFT_ROLE_COUNT] = {
#define X(NAME, name) #name,
    HFT_ROLES(X)
#undef X
};

#define HFT_KEY_STRUCT hft_task_keys
static const hft_key task_keys[] = {HFT_TASK_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT
#define HFT_KEY_STRUCT hft_task_seed_keys
static const hft_key seed_keys[] = {HFT_TASK_SEED_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT
#define HFT_KEY_STRUCT hft_task_opponent_keys
static const hft_key opponent_keys[] = {HFT_TASK_OPPONENT_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT
#define HFT_KEY_STRUCT hft_task_fixed_keys
static const hft_key fixed_keys[] = {HFT_TASK_FIXED_KEYS(HFT_KEY_ROW)};
#undef HFT_KEY_STRUCT

static const hft_section task_section = {"task", "what is scored, and how", task_keys,
                                         COUNT(task_keys), sizeof(hft_task_keys)};
static const hft_section seed_section = {"seeds", "the worlds", seed_keys, COUNT(seed_keys),
                                         sizeof(hft_task_seed_keys)};
static const hft_section fixed_section = {"strategy", "keys of a strategy in this task", fixed_keys,
                                          COUNT(fixed_keys), sizeof(hft_task_fixed_keys)};
static const hft_section opponent_sections[HFT_ROLE_COUNT] = {
#define X(NAME, name)                                                              \
  {#name, "who holds the seats of this role", opponent_keys, COUNT(opponent_keys), \
   sizeof(hft_task_opponent_keys)},
    HFT_ROLES(X)
#undef X
};

static const hft_section *const task_kinds[] = {&task_section};
static const hft_section *const seed_kinds[] = {&seed_section};
static const hft_section *const fixed_kinds[] = {&fixed_section};
static const hft_section *const opponent_kinds[HFT_ROLE_COUNT] = {
#define X(NAME, name) &opponent_sections[HFT_ROLE_##NAME],
    HFT_ROLES(X)
#undef X
};

static const hft_schema_entry entries[] = {
    {"task", "what is scored, and how", 0, task_kinds, 1},
    {"seeds", "the worlds", 0, seed_kinds, 1},
    {"opponents", "who holds external seats that are not scored", 1, opponent_kinds,
     HFT_ROLE_COUNT},
    {"strategies", "keys of strategies in this task", 1, fixed_kinds, 1},
};
static const hft_schema schema = {entries, COUNT(entries)};

// ---- checks ------------------------------------------------------------------------------------

static hft_status missing(const char *where, const char *key, const char *what, hft_error *error) {
  return hft_fail(error, HFT_ECONFIG, where, "task.%s is not set: %s", key, what);
}

static bool is_hash(const char *text) {
  return strlen(text) == HFT_TASK_HASH_SIZE - 1 &&
         strspn(text, "0123456789abcdef") == HFT_TASK_HASH_SIZE - 1;
}

static hft_status check_keys(const hft_task_keys *keys, const char *where, hft_error *error) {
  if (keys->version < 1) return missing(where, "version", "a task has a version, from 1 on", error);
  if (keys->preset.text[0] == '\0') {
    return missing(where, "preset", "the name of a preset; 'hftsim config list' lists them", error);
  }
  if (!is_hash(keys->config_hash.text)) {
    return missing(where, "config_hash",
                   "the 16 hexadecimal digits of config_hash in the output of 'hftsim config check "
                   "PRESET --json'",
                   error);
  }
  bool executes = keys->role == HFT_ROLE_EXECUTOR, by_lot = keys->metric == HFT_TASK_SHORTFALL;
  if (executes != by_lot) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "task.metric: shortfall_per_lot is the metric of the role executor, and of no "
                    "other");
  }
  return HFT_OK;
}

static hft_status check_seeds(const hft_task *task, const char *where, hft_error *error) {
  for (int i = 0; i < HFT_SPLIT_COUNT; i++) {
    int64_t first, end;
    hft_task_seeds(task, (hft_split)i, &first, &end);
    if (end - first < task->keys.episodes) {
      return hft_fail(error, HFT_ECONFIG, where,
                      "seeds.%s_end: the range [%" PRId64 ", %" PRId64
                      ") has fewer seeds than the %" PRId64 " episodes of a run",
                      hft_split_names[i], first, end, task->keys.episodes);
    }
    for (int k = 0; k < i; k++) {
      int64_t other, other_end;
      hft_task_seeds(task, (hft_split)k, &other, &other_end);
      if (first >= other_end || other >= end) continue;
      return hft_fail(error, HFT_ECONFIG, where,
                      "seeds.%s_first: the ranges of %s and %s have common seeds",
                      hft_split_names[i], hft_split_names[k], hft_split_names[i]);
    }
  }
  return HFT_OK;
}

// ---- reading -----------------------------------------------------------------------------------

static hft_status fail_item(const hft_config *config, const char *list, int index, const char *key,
                            const char *text, hft_error *error) {
  char place[HFT_PATH_MAX];
  hft_config_item_place(config, list, index, key, place, sizeof place);
  return hft_fail(error, HFT_ECONFIG, place, "%s", text);
}

static hft_role role_of(const hft_section *section) {
  int role = (int)(section - opponent_sections);
  HFT_CHECK(role >= 0 && role < HFT_ROLE_COUNT);
  return (hft_role)role;
}

static hft_status take_opponents(const hft_config *config, hft_task *task, hft_error *error) {
  static const char list[] = "opponents";
  int count = hft_config_count(config, list);
  if (count > HFT_TASK_OPPONENTS_MAX) {
    return fail_item(config, list, HFT_TASK_OPPONENTS_MAX, "",
                     "a task has at most one item for each role", error);
  }
  for (int i = 0; i < count; i++) {
    const hft_section *section;
    const void *keys = hft_config_item(config, list, i, &section);
    hft_role role = role_of(section);
    if (role == hft_task_role(task)) {
      return fail_item(config, list, i, "",
                       "the external seats of this role are scored: the contestant holds them",
                       error);
    }
    for (int k = 0; k < i; k++) {
      if (task->opponent[k].role != role) continue;
      return fail_item(config, list, i, "", "there is an earlier item of this role", error);
    }
    task->opponent[i].role = role;
    memcpy(&task->opponent[i].keys, keys, sizeof task->opponent[i].keys);
  }
  task->opponent_count = count;
  return HFT_OK;
}

static hft_status take_fixed(const hft_config *config, hft_task *task, hft_error *error) {
  static const char list[] = "strategies";
  int count = hft_config_count(config, list);
  if (count > HFT_TASK_FIXED_MAX) {
    return fail_item(config, list, HFT_TASK_FIXED_MAX, "", "a task has at most 32 items", error);
  }
  for (int i = 0; i < count; i++) {
    const hft_section *section;
    memcpy(&task->fixed[i], hft_config_item(config, list, i, &section), sizeof task->fixed[i]);
    const char *name = task->fixed[i].name.text;
    if (name[0] == '\0') return fail_item(config, list, i, "name", "is not set", error);
    for (int k = 0; k < i; k++) {
      if (strcmp(task->fixed[k].name.text, name) != 0) continue;
      return fail_item(config, list, i, "name", "there is an earlier item of this strategy", error);
    }
  }
  task->fixed_count = count;
  return HFT_OK;
}

static hft_status take(const hft_config *config, const char *where, hft_task *task,
                       hft_error *error) {
  memset(task, 0, sizeof *task);
  memcpy(&task->keys, hft_config_map(config, "task"), sizeof task->keys);
  memcpy(&task->seeds, hft_config_map(config, "seeds"), sizeof task->seeds);
  hft_status status = check_keys(&task->keys, where, error);
  if (status == HFT_OK) status = check_seeds(task, where, error);
  if (status == HFT_OK) status = take_opponents(config, task, error);
  if (status == HFT_OK) status = take_fixed(config, task, error);
  return status;
}

hft_status hft_task_read(const char *text, size_t length, const char *where, hft_task *out,
                         hft_error *error) {
  hft_config *config = hft_config_create(&schema);
  if (config == NULL) return hft_fail(error, HFT_ENOMEM, where, "out of memory");
  hft_status status = hft_config_merge(config, text, length, where, error);
  if (status == HFT_OK) status = take(config, where, out, error);
  hft_config_free(config);
  return status;
}

hft_status hft_task_read_file(const char *path, hft_task *out, hft_error *error) {
  hft_config *config = hft_config_create(&schema);
  if (config == NULL) return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  hft_status status = hft_config_merge_file(config, path, error);
  if (status == HFT_OK) status = take(config, path, out, error);
  hft_config_free(config);
  return status;
}

// ---- what a task says --------------------------------------------------------------------------

hft_role hft_task_role(const hft_task *task) {
  return (hft_role)task->keys.role;
}

hft_task_metric hft_task_metric_of(const hft_task *task) {
  return (hft_task_metric)task->keys.metric;
}

const char *hft_task_role_name(hft_role role) {
  return role_names[role];
}

const hft_params *hft_task_params(const hft_task *task, const char *strategy) {
  static const hft_params none = {.text = "{}"};
  for (int i = 0; i < task->fixed_count; i++) {
    if (strcmp(task->fixed[i].name.text, strategy) == 0) return &task->fixed[i].params;
  }
  return &none;
}

void hft_task_seeds(const hft_task *task, hft_split split, int64_t *first, int64_t *end) {
  const hft_task_seed_keys *seeds = &task->seeds;
  switch (split) {
    case HFT_SPLIT_TRAIN:
      *first = seeds->train_first;
      *end = seeds->train_end;
      return;
    case HFT_SPLIT_VALIDATION:
      *first = seeds->validation_first;
      *end = seeds->validation_end;
      return;
    case HFT_SPLIT_TEST:
      *first = seeds->test_first;
      *end = seeds->test_end;
      return;
  }
  HFT_CHECK(false);
}

hft_status hft_task_hash(const hft_config *config, char hash[HFT_TASK_HASH_SIZE],
                         hft_error *error) {
  char *text = hft_config_print(config, 0);
  if (text == NULL) return hft_fail(error, HFT_ENOMEM, "config", "out of memory");
  snprintf(hash, HFT_TASK_HASH_SIZE, "%016" PRIx64,
           hft_hash_bytes(HFT_HASH_START, text, strlen(text)));
  free(text);
  return HFT_OK;
}

hft_status hft_task_check_config(const hft_task *task, const hft_config *config, const char *where,
                                 hft_error *error) {
  char hash[HFT_TASK_HASH_SIZE];
  hft_status status = hft_task_hash(config, hash, error);
  if (status != HFT_OK || strcmp(hash, task->keys.config_hash.text) == 0) return status;
  return hft_fail(error, HFT_ECONFIG, where,
                  "task.config_hash: the preset %s has changed since version %" PRId64
                  ": its hash is %s, not %s. If its episodes are others now, raise task.version "
                  "and set the hash",
                  task->keys.preset.text, task->keys.version, hash, task->keys.config_hash.text);
}
